"""What each order type does to an account for options on futures."""

from __future__ import annotations

from collections.abc import Iterator

from tests.conformance.case import Row
from tests.conformance.orders import Dealt, Effect, Setting, near, nothing, order_case
from tests.conformance.stage import FUTURE_OPTION, Ledger, Stage
from xtnb import xtconstant as c
from xtnb.terminal.accounts.options_opening import future_series

RIGHTS, DUTY = c.DIRECTION_FLAG_LONG, c.DIRECTION_FLAG_SHORT
OPEN, CLOSE = c.OFFSET_FLAG_OPEN, c.OFFSET_FLAG_CLOSE
TODAY, PAST = c.OFFSET_FLAG_CLOSETODAY, c.OFFSET_FLAG_CLOSEYESTERDAY
MEAL = "m2705.DF"
CALL = future_series(MEAL, True, 2)  # 10 rights from before
PUT = future_series(MEAL, False, 1).stock_code  # 6 obligations from before
METAL = future_series("cu2701.SF", False, 1).stock_code  # 2 rights from before
CODE = CALL.stock_code

Lots = tuple[int, int]  # overnight, of today


def _lots(ledger: Ledger, code: str, direction: int) -> Lots:
    row = ledger.rows.get((code.partition(".")[0], direction))
    return (row.yesterday_position, row.today_position) if row else (0, 0)


def _moves(code: str, direction: int, change: Lots, *flags: tuple[int, int]) -> Effect:
    def effect(dealt: Dealt) -> None:
        old, new = _lots(dealt.before, code, direction), _lots(dealt.after, code, direction)
        assert (new[0] - old[0], new[1] - old[1]) == change, (old, new)
        assert [(trade.offset_flag, trade.traded_volume) for trade in dealt.trades] == list(flags)
        buys = (sum(change) > 0) == (direction == RIGHTS)
        premium = -dealt.amount if buys else dealt.amount
        worth = dealt.after.asset.total_asset - dealt.before.asset.total_asset
        assert near(worth, premium - dealt.fees), "premium is paid and received at once"
        margin = dealt.after.asset.market_value - dealt.before.asset.market_value
        assert margin * (sum(change) if direction == DUTY else 0) >= 0
        assert (margin != 0) == (direction == DUTY), "obligations hold margin, rights do not"

    return effect


def _opened(order_type: int, code: str, lots: int) -> Setting:
    def before(stage: Stage) -> None:
        stage.deal(FUTURE_OPTION, order_type, code, lots, order_type == c.FUTURE_OPEN_LONG)

    return before


def _exercise() -> Row:
    def run() -> None:
        with Stage() as stage:
            account = FUTURE_OPTION
            before = stage.ledger(account)
            number = stage.send(account, c.OPTION_FUTURE_OPTION_EXERCISE, CODE, 3)
            stage.ended(number, c.ORDER_REPORTED)
            assert stage.trader.cancel_order_stock(account, number) == 0
            assert stage.ledger(account).figures() == before.figures()

            number = stage.send(account, c.OPTION_FUTURE_OPTION_EXERCISE, CODE, 3)
            assert stage.ledger(account).position(CODE, RIGHTS).can_use_volume == 7
            stage.next_day()
            stage.ended(number, c.ORDER_SUCCEEDED)
            after = stage.ledger(account)
            after.check()
            assert after.volume(CODE, RIGHTS) == 7
            assert after.volume(MEAL, RIGHTS) == before.volume(MEAL, RIGHTS) + 3
            gain = (stage.last(MEAL) - CALL.strike / 10_000) * CALL.unit * 3
            worth = after.asset.total_asset - before.asset.total_asset
            assert 0 <= gain - worth <= 30, "the lots are settled from the strike, for a fee"

    return "委托类型(order_type)", "FUTURE_OPTION 100 exercise", run


def rows() -> Iterator[Row]:
    """Order types 0 to 9, and 100."""
    long, short = c.FUTURE_OPEN_LONG, c.FUTURE_OPEN_SHORT

    def case(
        order_type: int, code: str, lots: int, effect: Effect, buy: bool, before: Setting = nothing
    ) -> Row:
        return order_case(FUTURE_OPTION, order_type, code, lots, effect, buy=buy, before=before)

    yield case(0, CODE, 2, _moves(CODE, RIGHTS, (0, 2), (OPEN, 2)), True)
    yield case(1, CODE, 2, _moves(CODE, RIGHTS, (-2, 0), (CLOSE, 2)), False)
    today = _opened(long, CODE, 2)
    yield case(2, CODE, 2, _moves(CODE, RIGHTS, (0, -2), (CLOSE, 2)), False, today)
    yield case(3, PUT, 2, _moves(PUT, DUTY, (0, 2), (OPEN, 2)), False)
    yield case(4, PUT, 2, _moves(PUT, DUTY, (-2, 0), (CLOSE, 2)), True)
    today = _opened(short, PUT, 2)
    yield case(5, PUT, 2, _moves(PUT, DUTY, (0, -2), (CLOSE, 2)), True, today)
    metal = _opened(long, METAL, 2)
    effect = _moves(METAL, RIGHTS, (-1, -2), (TODAY, 2), (PAST, 1))
    yield case(6, METAL, 3, effect, False, metal)
    effect = _moves(METAL, RIGHTS, (-2, -1), (PAST, 2), (TODAY, 1))
    yield case(7, METAL, 3, effect, False, metal)
    yield case(8, PUT, 3, _moves(PUT, DUTY, (-1, -2), (CLOSE, 3)), True, today)
    yield case(9, PUT, 7, _moves(PUT, DUTY, (-6, -1), (CLOSE, 7)), True, today)
    yield _exercise()
