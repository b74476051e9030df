"""An order of a stock option account, with what it holds."""

from __future__ import annotations

from xtnb.rules.options import OptionDay
from xtnb.rules.options_settings import COVERED, EXERCISES, RIGHTS
from xtnb.terminal.accounts.orders import Order
from xtnb.terminal.ledgers.options import OptionHold


class OptionOrder(Order):
    """An order for a contract, or one to lock or unlock shares.

    Attributes:
        kind: its order type, 48 to 57.
        key: the side of the contract that it opens, closes or exercises.
        terms: the contract on its day; not set for locks and refused orders.
        hold: cash that it holds.
        margin_each, fee_each: of one contract, 1e-4 yuan.
        shares_each: of the underlying that one contract takes.
    """

    __slots__ = ("fee_each", "hold", "key", "kind", "margin_each", "shares_each", "terms")

    fee_each: int
    hold: OptionHold
    key: tuple[str, bool, bool]
    kind: int
    margin_each: int
    shares_each: int
    terms: OptionDay

    @property
    def code(self) -> str:
        """The contract, or the underlying of a lock."""
        return str(self.fixed["stock_code"])

    @property
    def unfilled(self) -> int:
        """What is not filled."""
        return self.volume - self.traded

    @property
    def exercises(self) -> bool:
        """Whether it is an exercise."""
        return self.kind in EXERCISES


def side_of(code: str, order_type: int) -> tuple[str, bool, bool]:
    """The side of a contract that an order type is about: code, rights, covered."""
    return code, order_type in RIGHTS, order_type in COVERED
