"""The way of an order through its statuses, in every kind of account."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.conformance.case import Row
from tests.conformance.stage import (
    BEIJING,
    CREDIT,
    FUTURE,
    FUTURE_OPTION,
    HGT,
    OPTION,
    SGT,
    STOCK,
    Stage,
)
from xtnb import xtconstant as c
from xtnb.terminal.accounts.options_opening import future_series, series
from xtnb.xttype import StockAccount

_LOCKED = "510050.SH"
# What the account buys: order type, code, lot.
_BUYS = {
    STOCK: (23, "600000.SH", 100),
    CREDIT: (27, "601318.SH", 100),
    FUTURE: (0, "m2701.DF", 1),
    OPTION: (48, series("510300.SH", True, 12, 2).stock_code, 1),
    FUTURE_OPTION: (0, future_series("m2705.DF", True, 2).stock_code, 1),
    HGT: (23, "00700.HGT", 100),
    SGT: (23, "09988.SGT", 100),
    BEIJING: (23, "920185.BJ", 100),
}


def _part(stage: Stage, account: StockAccount) -> int:
    """An order of four lots, of which two are filled."""
    order_type, code, lot = _BUYS[account]
    stage.offer(code, False, stage.last(code), 2 * lot)
    number = stage.send(account, order_type, code, 4 * lot, stage.last(code))
    order = stage.ended(number, c.ORDER_PART_SUCC)
    assert (order.traded_volume, order.order_volume) == (2 * lot, 4 * lot)
    stage.ledger(account).check()
    return number


def _seen(stage: Stage, number: int) -> list[int]:
    return [o.order_status for o in stage.heard.of("on_stock_order") if o.order_id == number]


def _filled_in_two(stage: Stage, account: StockAccount) -> None:
    number = _part(stage, account)
    _, code, lot = _BUYS[account]
    stage.take(code, 2 * lot)
    order = stage.ended(number, c.ORDER_SUCCEEDED)
    assert order.traded_volume == 4 * lot
    trades = [t for t in stage.heard.of("on_stock_trade") if t.order_id == number]
    assert [trade.traded_volume for trade in trades] == [2 * lot, 2 * lot]
    assert len({trade.traded_id for trade in trades}) == 2
    statuses = _seen(stage, number)
    assert statuses == [c.ORDER_REPORTED, c.ORDER_PART_SUCC, c.ORDER_SUCCEEDED], statuses
    assert stage.trader.cancel_order_stock(account, number) == -1
    assert stage.heard.until("on_cancel_error").order_id == number


def _part_cancelled(stage: Stage, account: StockAccount) -> None:
    number = _part(stage, account)
    assert stage.trader.cancel_order_stock(account, number) == 0
    order = stage.ended(number, c.ORDER_PART_CANCEL)
    assert order.traded_volume == order.order_volume // 2
    way = [c.ORDER_REPORTED, c.ORDER_PART_SUCC, c.ORDER_PARTSUCC_CANCEL, c.ORDER_PART_CANCEL]
    assert _seen(stage, number) == way
    assert not stage.trader.query_stock_orders(account, True)
    assert stage.trader.cancel_order_stock(account, number) == -1


def _cancelled(stage: Stage, account: StockAccount) -> None:
    order_type, code, lot = _BUYS[account]
    number = stage.send(account, order_type, code, lot, stage.last(code) - stage.tick(code))
    assert stage.trader.cancel_order_stock(account, number) == 0
    stage.ended(number, c.ORDER_CANCELED)
    way = [c.ORDER_REPORTED, c.ORDER_REPORTED_CANCEL, c.ORDER_CANCELED]
    assert _seen(stage, number) == way


def _over_night(stage: Stage, account: StockAccount) -> None:
    part = _part(stage, account)
    order_type, code, lot = _BUYS[account]
    whole = stage.send(account, order_type, code, lot, stage.last(code) - stage.tick(code))
    stage.next_day()
    assert stage.ended(part, c.ORDER_PART_CANCEL).status_msg
    assert stage.ended(whole, c.ORDER_CANCELED).status_msg
    assert not stage.trader.query_stock_orders(account)
    assert not stage.trader.query_stock_trades(account)
    after = stage.ledger(account)
    after.check()
    for held in after.held.values():
        assert held.yesterday_volume == held.volume
        assert held.on_road_volume == 0


def _locked_shares_stay(stage: Stage) -> None:
    free = stage.ledger(OPTION).position(_LOCKED).can_use_volume
    moved = c.SECU_TRANSFER_SPEED_TO_NORMAL, _LOCKED
    done, text = stage.trader.secu_transfer(OPTION, *moved, free + 1, c.TRANS_TRANSFER_SHARE)
    assert not done
    assert text
    assert stage.trader.secu_transfer(OPTION, *moved, free, c.TRANS_TRANSFER_SHARE)[0]


def rows() -> Iterator[Row]:
    """Partial fills, their cancels, and the close, in each account."""
    section = "委托状态(order_status)"

    def case(
        play: Callable[[Stage, StockAccount], None], account: StockAccount
    ) -> Callable[[], None]:
        def run() -> None:
            with Stage() as stage:
                play(stage, account)

        return run

    def of(account: StockAccount) -> Iterator[Row]:
        kind = c.ACCOUNT_TYPE_DICT[account.account_type]
        yield section, f"{kind} 50 55 56: filled in two", case(_filled_in_two, account)
        yield section, f"{kind} 50 55 52 53: the rest is cancelled", case(_part_cancelled, account)
        yield section, f"{kind} 53 and 54 at the close", case(_over_night, account)

    for account in _BUYS:
        if account is not BEIJING:
            yield from of(account)

    def locked() -> None:
        with Stage() as stage:
            _locked_shares_stay(stage)

    yield "资金划拨", "STOCK_OPTION cannot give locked shares away", locked
    yield from of(BEIJING)
    for account in _BUYS:
        kind = c.ACCOUNT_TYPE_DICT[account.account_type]
        yield section, f"{kind} 50 51 54: it is cancelled", case(_cancelled, account)
