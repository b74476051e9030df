"""Every order type that an account does not have is refused, in words, and moves nothing."""

from __future__ import annotations

from collections.abc import Iterator

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
    shared,
)
from xtnb import xtconstant as c
from xtnb.errors import RefusalCode
from xtnb.terminal.accounts.options_opening import future_series, series
from xtnb.vocabulary.codes import OrderType
from xtnb.xttype import StockAccount

# Source: the table "which order type for which account".
_TRADES = {c.STOCK_BUY, c.STOCK_SELL}
VALID: dict[StockAccount, set[int]] = {
    STOCK: {*_TRADES, c.ETF_PURCHASE, c.ETF_REDEMPTION},
    CREDIT: {*_TRADES, *range(27, 33), *range(40, 46)},
    FUTURE: set(range(23)),
    OPTION: set(range(48, 58)),
    FUTURE_OPTION: {*range(10), c.OPTION_FUTURE_OPTION_EXERCISE},
    HGT: _TRADES,
    SGT: _TRADES,
    BEIJING: _TRADES,
}
# What the order is for: something that the account trades.
_FOR = {
    STOCK: ("600000.SH", 100),
    CREDIT: ("600036.SH", 100),
    FUTURE: ("rb2701.SF", 1),
    OPTION: (series("510300.SH", True, 12, 2).stock_code, 1),
    FUTURE_OPTION: (future_series("m2705.DF", True, 2).stock_code, 1),
    HGT: ("00700.HGT", 100),
    SGT: ("09988.SGT", 100),
    BEIJING: ("920185.BJ", 100),
}


def refused(
    stage: Stage,
    account: StockAccount,
    code: str,
    order_type: int,
    volume: int,
    price: float,
    price_type: int = c.FIX_PRICE,
) -> int:
    """Send an order that must be refused and move nothing; returns the code of the refusal."""
    before = stage.ledger(account).figures()
    number = stage.send(account, order_type, code, volume, price, price_type)
    assert number > 0
    order = stage.trader.query_stock_order(account, number)
    assert order is not None
    assert order.order_status == c.ORDER_JUNK, (order.order_status, order.status_msg)
    error = stage.heard.until("on_order_error", lambda e: e.order_id == number)
    assert error.error_id > 0
    zh, _, en = error.error_msg.partition(" / ")
    assert any("\u4e00" <= letter <= "\u9fff" for letter in zh), error.error_msg
    assert len(en) > 10, error.error_msg
    assert order.status_msg == error.error_msg
    assert (error.strategy_name, error.order_remark) == ("plan", "note")
    stage.ended(number, c.ORDER_JUNK)
    assert stage.ledger(account).figures() == before
    return int(error.error_id)


def _case(account: StockAccount, order_type: int) -> Row:
    def run() -> None:
        stage = shared()
        code, volume = _FOR[account]
        found = refused(stage, account, code, order_type, volume, stage.last(code))
        assert found == RefusalCode.ORDER_TYPE, found

    kind = c.ACCOUNT_TYPE_DICT[account.account_type]
    name = OrderType.label_of(order_type, "en")
    return "委托类型(order_type)", f"{kind} has no {order_type} {name}", run


def rows() -> Iterator[Row]:
    """Every account with every order type of xtconstant that is not its own."""
    for account, valid in VALID.items():
        for order_type in sorted({int(member) for member in OrderType} - valid):
            yield _case(account, order_type)
