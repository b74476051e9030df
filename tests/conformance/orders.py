"""How an order case goes: rest and cancel, then deal, then look at the ledger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.conformance.case import Row
from tests.conformance.stage import Ledger, Stage
from xtnb import xtconstant as c
from xtnb.vocabulary.codes import OrderType
from xtnb.xttype import StockAccount, XtTrade


@dataclass(frozen=True)
class Dealt:
    """What a deal did: the account before, while the order rested, and after; its fills."""

    stage: Stage
    before: Ledger
    after: Ledger
    trades: list[XtTrade]

    @property
    def amount(self) -> float:
        return sum(trade.traded_amount for trade in self.trades)

    @property
    def fees(self) -> float:
        return sum(trade.commission for trade in self.trades)

    @property
    def cash(self) -> float:
        """How much cash came, or went where negative."""
        return self.after.asset.cash - self.before.asset.cash

    def came(self, code: str, direction: int = 0, covered: bool = False) -> int:
        """How many shares or contracts came, or went."""
        before = self.before.volume(code, direction, covered)
        return self.after.volume(code, direction, covered) - before


Effect = Callable[[Dealt], None]
Setting = Callable[[Stage], None]
SECTION = "委托类型(order_type)"


def near(one: float, other: float) -> bool:
    """Equal to the fen."""
    return abs(one - other) < 0.01


def nothing(stage: Stage) -> None:
    """No setting is needed."""


def order_case(
    account: StockAccount,
    order_type: int,
    code: str,
    volume: int,
    effect: Effect,
    *,
    buy: bool | None,
    before: Setting = nothing,
    rests: bool = True,
    asks: Callable[[Stage], float] | None = None,
    words: str = "",
) -> Row:
    """One order type of one account.

    Args:
        buy: whether it buys; None when it needs no market, and then it is done at once.
        before: what is done first.
        rests: whether it can wait in a book; then it is also sent, cancelled, and the
            ledger compared.
        asks: its price, when it is not the last price; then `before` puts what it needs
            into the books.
        effect: what must be true of the ledger afterwards.
    """

    def run() -> None:
        with Stage() as stage:
            before(stage)
            first = stage.ledger(account)
            asked = 0.0
            if buy is not None:
                asked = asks(stage) if asks else stage.last(code)
            if buy is not None and rests:
                _rest_and_cancel(stage, account, order_type, code, volume, asked)
                assert stage.ledger(account).figures() == first.figures()
            if buy is not None and asks is None:
                stage.offer(code, not buy, asked, volume)
            known = {trade.traded_id for trade in stage.trader.query_stock_trades(account) or []}
            orders = {one.order_id for one in stage.trader.query_stock_orders(account) or []}
            number = stage.send(account, order_type, code, volume, asked)
            assert number > 0
            after = stage.ledger(account)
            after.check()
            new = [
                one
                for one in stage.trader.query_stock_orders(account) or []
                if one.order_id not in orders
            ]
            assert new
            assert new[0].order_id == number
            for one in new:
                assert one.order_status == c.ORDER_SUCCEEDED, (one.order_status, one.status_msg)
                assert one.order_type == order_type
                assert one.traded_volume == one.order_volume
                assert (one.strategy_name, one.order_remark) == ("plan", "note")
                stage.ended(one.order_id, c.ORDER_SUCCEEDED)
            trades = [
                trade
                for trade in stage.trader.query_stock_trades(account) or []
                if trade.traded_id not in known
            ]
            assert bool(trades) == (buy is not None)
            for trade in trades:
                stage.heard.until("on_stock_trade", lambda t, n=trade.traded_id: t.traded_id == n)
            effect(Dealt(stage, first, after, trades))

    kind = c.ACCOUNT_TYPE_DICT[account.account_type]
    name = OrderType.label_of(order_type, "en", account.account_type)
    return SECTION, f"{kind} {order_type} {name}{words}", run


def _rest_and_cancel(
    stage: Stage, account: StockAccount, order_type: int, code: str, volume: int, price: float
) -> None:
    number = stage.send(account, order_type, code, volume, price)
    order = stage.trader.query_stock_order(account, number)
    assert order is not None
    assert order.order_status == c.ORDER_REPORTED, (order.order_status, order.status_msg)
    stage.ended(number, c.ORDER_REPORTED)
    resting = stage.ledger(account)
    resting.check()
    while left := stage.trader.query_stock_orders(account, True):  # a roll ends with its closes
        assert stage.trader.cancel_order_stock(account, left[0].order_id) == 0
        stage.ended(left[0].order_id, c.ORDER_CANCELED)
