"""An order of a margin account, and the record of one of its fills."""

from __future__ import annotations

from xtnb.rules.credit_figures import SELL, SELL_TO_REPAY
from xtnb.terminal.accounts.orders import Books, Order
from xtnb.terminal.ledgers.credit import Hold
from xtnb.terminal.ledgers.debts import Contract
from xtnb.vocabulary.records import XtTrade

_SELLS_HOLDING = frozenset({SELL, SELL_TO_REPAY})


class CreditOrder(Order):
    """An order with what it reserves and the debt that it makes.

    Attributes:
        kind, special: the base order type (23, 24, 27 to 32) and its pool.
        hold: what it reserves.
        hold_price: what each share counts for money, margin and quota.
        ratio: margin ratio of the contract that it opens.
        contract: that contract, once there was a fill.
    """

    __slots__ = ("contract", "hold", "hold_price", "kind", "ratio", "special")

    contract: Contract | None
    hold: Hold
    hold_price: int
    kind: int
    ratio: int
    special: bool

    @property
    def code(self) -> str:
        """The security, as it was asked for."""
        return str(self.fixed["stock_code"])

    @property
    def remark(self) -> str:
        """The request's remark; it may name a contract."""
        return str(self.fixed["order_remark"])

    @property
    def unfilled(self) -> int:
        """Shares that are not filled."""
        return self.volume - self.traded

    @property
    def sells_holding(self) -> bool:
        """Whether it holds shares of the account."""
        return self.kind in _SELLS_HOLDING


def fill_record(
    books: Books, order: Order, number: int, price: int, volume: int, fee: int, at: int
) -> XtTrade:
    """The record of one fill. `price` and `fee` in 1e-4 yuan, `at` in epoch seconds."""
    fixed = order.fixed
    trade = XtTrade.__new__(XtTrade)
    trade.__dict__ = {
        "account_id": books.account_id,
        "stock_code": fixed["stock_code"],
        "order_type": fixed["order_type"],
        "traded_id": f"{number:012d}",
        "traded_time": at,
        "traded_price": price / 10_000,
        "traded_volume": volume,
        "traded_amount": price * volume / 10_000,
        "order_id": order.id,
        "order_sysid": order.sysid,
        "strategy_name": fixed["strategy_name"],
        "order_remark": fixed["order_remark"],
        "direction": fixed["direction"],
        "offset_flag": fixed["offset_flag"],
        "commission": fee / 10_000,
        "secu_account": fixed["secu_account"],
        "instrument_name": fixed["instrument_name"],
        "account_type": books.account_type,
    }
    return trade
