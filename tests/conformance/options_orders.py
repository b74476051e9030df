"""What each order type does to a stock option account."""

from __future__ import annotations

from collections.abc import Iterator

from tests.conformance.case import Row
from tests.conformance.orders import Dealt, near, order_case
from tests.conformance.stage import EXPIRY, OPTION, Stage
from xtnb import xtconstant as c
from xtnb.terminal.accounts.options_opening import series

RIGHTS, DUTY = c.DIRECTION_FLAG_LONG, c.DIRECTION_FLAG_SHORT
FUND = "510050.SH"
UNIT = 10_000
CALL = series("510300.SH", True, 12, 2).stock_code  # 10 rights
PUT = series("510300.SH", False, 12, 1).stock_code  # 4 obligations
COVERED = series(FUND, True, 12, 3).stock_code  # 3, covered by 30,000 of 40,000 locked shares
FIRST_CALL = series(FUND, True, 11, 0)
LAST_PUT = series(FUND, False, 11, -1)


def _buy_open(dealt: Dealt) -> None:
    assert dealt.came(CALL, RIGHTS) == 2
    assert near(dealt.cash, -dealt.amount - dealt.fees)
    assert near(dealt.after.asset.total_asset, dealt.before.asset.total_asset - dealt.fees)


def _sell_close(dealt: Dealt) -> None:
    assert dealt.came(CALL, RIGHTS) == -2
    assert near(dealt.cash, dealt.amount - dealt.fees)


def _sell_open(dealt: Dealt) -> None:
    margin = dealt.after.rows[PUT, DUTY].used_margin - dealt.before.rows[PUT, DUTY].used_margin
    assert dealt.came(PUT, DUTY) == 2
    assert margin > 0
    assert near(dealt.cash, dealt.amount - dealt.fees - margin)
    assert near(dealt.after.asset.total_asset, dealt.before.asset.total_asset - dealt.fees)


def _buy_close(dealt: Dealt) -> None:
    margin = dealt.before.rows[PUT, DUTY].used_margin - dealt.after.rows[PUT, DUTY].used_margin
    assert dealt.came(PUT, DUTY) == -2
    assert near(dealt.cash, margin - dealt.amount - dealt.fees)


def _covered_open(dealt: Dealt) -> None:
    assert dealt.came(COVERED, DUTY, True) == 1
    assert near(dealt.cash, dealt.amount - dealt.fees), "no margin is taken"
    assert dealt.after.position(FUND).frozen_volume == dealt.before.position(FUND).frozen_volume
    free = dealt.stage.send(OPTION, c.STOCK_OPTION_SECU_UNLOCK, FUND, 1)
    order = dealt.stage.trader.query_stock_order(OPTION, free)
    assert order is not None
    assert order.order_status == c.ORDER_JUNK, "every locked share covers a call now"


def _covered_close(dealt: Dealt) -> None:
    assert dealt.came(COVERED, DUTY, True) == -1
    assert near(dealt.cash, -dealt.amount - dealt.fees)
    assert dealt.after.position(FUND).frozen_volume == dealt.before.position(FUND).frozen_volume


def _locked(dealt: Dealt) -> None:
    new, old = dealt.after.position(FUND), dealt.before.position(FUND)
    assert new.frozen_volume == old.frozen_volume + UNIT
    assert new.can_use_volume == old.can_use_volume - UNIT
    assert (new.volume, dealt.cash) == (old.volume, 0)


def _unlocked(dealt: Dealt) -> None:
    new, old = dealt.after.position(FUND), dealt.before.position(FUND)
    assert new.frozen_volume == old.frozen_volume - UNIT
    assert new.can_use_volume == old.can_use_volume + UNIT
    assert (new.volume, dealt.cash) == (old.volume, 0)


def _exercise(order_type: int, call: bool) -> Row:
    option = FIRST_CALL if call else LAST_PUT

    def run() -> None:
        with Stage(EXPIRY) as stage:
            stage.deal(OPTION, c.STOCK_OPTION_BUY_OPEN, option.stock_code, 1, True)
            before = stage.ledger(OPTION)
            number = stage.send(OPTION, order_type, option.stock_code, 1)
            stage.ended(number, c.ORDER_REPORTED)
            assert stage.trader.cancel_order_stock(OPTION, number) == 0
            assert stage.ledger(OPTION).figures() == before.figures()

            number = stage.send(OPTION, order_type, option.stock_code, 1)
            asked = stage.ledger(OPTION)
            assert asked.position(option.stock_code, RIGHTS).can_use_volume == 0
            strike = option.strike * UNIT / 10_000
            if call:
                assert asked.asset.cash <= before.asset.cash - strike
            else:
                free = asked.position(FUND).can_use_volume
                assert free == before.position(FUND).can_use_volume - UNIT
            stage.next_day()
            stage.ended(number, c.ORDER_SUCCEEDED)
            after = stage.ledger(OPTION)
            after.check()
            moved = after.volume(FUND) - before.volume(FUND)
            assert moved == (UNIT if call else -UNIT)
            assert after.volume(option.stock_code, RIGHTS) == 0
            change = after.asset.cash - before.asset.cash
            assert abs(change - (-strike if call else strike)) < 20, "the strike, and a fee"

    name = "exercise call" if call else "exercise put"
    return "委托类型(order_type)", f"STOCK_OPTION {order_type} {name}", run


def rows() -> Iterator[Row]:
    """Order types 48 to 57."""
    yield order_case(OPTION, c.STOCK_OPTION_BUY_OPEN, CALL, 2, _buy_open, buy=True)
    yield order_case(OPTION, c.STOCK_OPTION_SELL_CLOSE, CALL, 2, _sell_close, buy=False)
    yield order_case(OPTION, c.STOCK_OPTION_SELL_OPEN, PUT, 2, _sell_open, buy=False)
    yield order_case(OPTION, c.STOCK_OPTION_BUY_CLOSE, PUT, 2, _buy_close, buy=True)
    yield order_case(OPTION, c.STOCK_OPTION_COVERED_OPEN, COVERED, 1, _covered_open, buy=False)
    yield order_case(OPTION, c.STOCK_OPTION_COVERED_CLOSE, COVERED, 1, _covered_close, buy=True)
    yield _exercise(c.STOCK_OPTION_CALL_EXERCISE, True)
    yield _exercise(c.STOCK_OPTION_PUT_EXERCISE, False)
    yield order_case(OPTION, c.STOCK_OPTION_SECU_LOCK, FUND, UNIT, _locked, buy=None)
    yield order_case(OPTION, c.STOCK_OPTION_SECU_UNLOCK, FUND, UNIT, _unlocked, buy=None)
