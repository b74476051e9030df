"""What each order type does to a futures account: the 23 types over lots, margin and flags."""

from __future__ import annotations

from collections.abc import Iterator

from tests.conformance.case import Row
from tests.conformance.orders import Dealt, Effect, Setting, near, order_case
from tests.conformance.stage import FUTURE, Ledger, Stage
from xtnb import xtconstant as c

LONG, SHORT = c.DIRECTION_FLAG_LONG, c.DIRECTION_FLAG_SHORT
OPEN, CLOSE = c.OFFSET_FLAG_OPEN, c.OFFSET_FLAG_CLOSE
TODAY, PAST = c.OFFSET_FLAG_CLOSETODAY, c.OFFSET_FLAG_CLOSEYESTERDAY
STEEL, STEEL_LATER = "rb2701.SF", "rb2705.SF"  # long 6 overnight and 4 of today; short 5 overnight
MEAL, MEAL_LATER = "m2701.DF", "m2705.DF"  # long 10 overnight and 5 of today
SILICON = "si2701.GF"  # short 3 overnight and 3 of today
SUGAR = "SR701.ZF"  # short 8 overnight and 2 of today
OIL = "sc2701.INE"  # short 1 of today
SPREAD = "SP m2701&m2705.DF"

Lots = tuple[int, int]  # overnight, of today


def _lots(ledger: Ledger, code: str, direction: int) -> Lots:
    row = ledger.rows.get((code.partition(".")[0], direction))
    return (row.yesterday_position, row.today_position) if row else (0, 0)


def _moves(changes: dict[tuple[str, int], Lots], *flags: tuple[int, int]) -> Effect:
    """Lots that come or go, by contract and direction; and the fills' offset flags and lots."""

    def effect(dealt: Dealt) -> None:
        for (code, direction), change in changes.items():
            old = _lots(dealt.before, code, direction)
            new = _lots(dealt.after, code, direction)
            assert (new[0] - old[0], new[1] - old[1]) == change, (code, direction, old, new)
        for key in dealt.before.rows.keys() | dealt.after.rows.keys():
            if key not in {(code.partition(".")[0], way) for code, way in changes}:
                old, new = dealt.before.rows.get(key), dealt.after.rows.get(key)
                assert (old.position if old else 0) == (new.position if new else 0)
        assert [(trade.offset_flag, trade.traded_volume) for trade in dealt.trades] == list(flags)
        asset, first = dealt.after.asset, dealt.before.asset
        assert near(asset.total_asset, first.total_asset - dealt.fees)
        assert near(asset.frozen_cash, first.frozen_cash)
        assert all(row.frozen_margin == 0 for row in dealt.after.rows.values())

    return effect


def _case(order_type: int, code: str, lots: int, effect: Effect, buy: bool) -> Row:
    return order_case(FUTURE, order_type, code, lots, effect, buy=buy)


def rows() -> Iterator[Row]:
    """Order types 0 to 22."""
    steel, steel_short = (STEEL, LONG), (STEEL, SHORT)
    yield _case(0, STEEL, 2, _moves({steel: (0, 2)}, (OPEN, 2)), True)
    yield _case(1, STEEL, 3, _moves({steel: (-3, 0)}, (PAST, 3)), False)
    yield _case(2, STEEL, 3, _moves({steel: (0, -3)}, (TODAY, 3)), False)
    yield _case(3, STEEL, 2, _moves({steel_short: (0, 2)}, (OPEN, 2)), False)
    yield _case(4, SUGAR, 3, _moves({(SUGAR, SHORT): (-3, 0)}, (CLOSE, 3)), True)
    yield _case(5, OIL, 1, _moves({(OIL, SHORT): (0, -1)}, (TODAY, 1)), True)
    yield _case(6, STEEL, 6, _moves({steel: (-2, -4)}, (TODAY, 4), (PAST, 2)), False)
    yield _case(7, STEEL, 8, _moves({steel: (-6, -2)}, (PAST, 6), (TODAY, 2)), False)
    yield _case(8, SILICON, 4, _moves({(SILICON, SHORT): (-1, -3)}, (CLOSE, 4)), True)
    yield _case(9, SILICON, 4, _moves({(SILICON, SHORT): (-3, -1)}, (CLOSE, 4)), True)
    net = {steel: (-6, -4), steel_short: (0, 2)}
    yield _case(10, STEEL, 12, _moves(net, (TODAY, 4), (PAST, 6), (OPEN, 2)), False)
    yield _case(11, STEEL, 12, _moves(net, (PAST, 6), (TODAY, 4), (OPEN, 2)), False)
    net = {(SILICON, SHORT): (-3, -3), (SILICON, LONG): (0, 2)}
    yield _case(12, SILICON, 8, _moves(net, (CLOSE, 6), (OPEN, 2)), True)
    yield _case(13, SILICON, 8, _moves(net, (CLOSE, 6), (OPEN, 2)), True)
    yield _case(14, STEEL, 2, _moves({steel: (0, 2)}, (OPEN, 2)), True)
    yield _case(15, STEEL, 2, _moves({steel_short: (0, 2)}, (OPEN, 2)), False)
    yield from _spreads()
    yield from _rolls()


def _both_legs(stage: Stage) -> None:
    """Somebody to trade both legs with, on both sides."""
    for code in (MEAL, MEAL_LATER):
        last, tick = stage.last(code), stage.tick(code)
        stage.offer(code, True, last, 50)
        stage.offer(code, False, last + tick, 50)


def _spread(stage: Stage) -> None:
    """Both legs are open: a later month is short."""
    _both_legs(stage)
    stage.send(FUTURE, c.FUTURE_ARBITRAGE_OPEN, SPREAD, 2, _worst(stage, True))


def _worst(stage: Stage, opens: bool) -> float:
    apart = stage.last(MEAL) - stage.last(MEAL_LATER)
    return apart + stage.tick(MEAL) * (2 if opens else -2)


def _spreads() -> Iterator[Row]:
    legs = (MEAL, LONG), (MEAL_LATER, SHORT)

    def moved(near_leg: Lots, far_leg: Lots, flag: int) -> Effect:
        def effect(dealt: Dealt) -> None:
            for (code, direction), change in zip(legs, (near_leg, far_leg), strict=True):
                old = _lots(dealt.before, code, direction)
                new = _lots(dealt.after, code, direction)
                assert (new[0] - old[0], new[1] - old[1]) == change, (code, old, new)
            assert {trade.offset_flag for trade in dealt.trades} == {flag}
            assert {trade.stock_code for trade in dealt.trades} == {MEAL, MEAL_LATER}

        return effect

    cases = (
        (c.FUTURE_ARBITRAGE_OPEN, (0, 2), (0, 2), OPEN, _both_legs),
        (c.FUTURE_ARBITRAGE_CLOSE_HISTORY_FIRST, (-2, 0), (0, -2), CLOSE, _spread),
        (c.FUTURE_ARBITRAGE_CLOSE_TODAY_FIRST, (0, -2), (0, -2), CLOSE, _spread),
    )
    for order_type, near_leg, far_leg, flag, before in cases:
        yield order_case(
            FUTURE,
            order_type,
            SPREAD,
            2,
            moved(near_leg, far_leg, flag),
            buy=order_type == c.FUTURE_ARBITRAGE_OPEN,
            before=before,
            rests=False,
            asks=lambda stage, opens=order_type == c.FUTURE_ARBITRAGE_OPEN: _worst(stage, opens),
        )


def _rolls() -> Iterator[Row]:
    def later(code: str, buy: bool) -> Setting:
        def before(stage: Stage) -> None:
            stage.offer(code, not buy, stage.last(code), 50)

        return before

    steel, next_steel = (STEEL, LONG), (STEEL_LATER, LONG)
    sugar, next_sugar = (SUGAR, SHORT), ("SR705.ZF", SHORT)
    for order_type, near_leg, flags in (
        (c.FUTURE_RENEW_LONG_CLOSE_HISTORY_FIRST, (-6, -1), ((PAST, 6), (TODAY, 1))),
        (c.FUTURE_RENEW_LONG_CLOSE_TODAY_FIRST, (-3, -4), ((TODAY, 4), (PAST, 3))),
    ):
        effect = _moves({steel: near_leg, next_steel: (0, 7)}, *flags, (OPEN, 7))
        yield order_case(
            FUTURE,
            order_type,
            STEEL,
            7,
            effect,
            buy=False,
            before=later(STEEL_LATER, True),
        )
    for order_type, near_leg in (
        (c.FUTURE_RENEW_SHORT_CLOSE_HISTORY_FIRST, (-3, 0)),
        (c.FUTURE_RENEW_SHORT_CLOSE_TODAY_FIRST, (-1, -2)),
    ):
        effect = _moves({sugar: near_leg, next_sugar: (0, 3)}, (CLOSE, 3), (OPEN, 3))
        yield order_case(
            FUTURE,
            order_type,
            SUGAR,
            3,
            effect,
            buy=True,
            before=later(next_sugar[0], False),
        )
