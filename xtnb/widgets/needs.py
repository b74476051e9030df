"""What the ticket, the charts and the panel ask of a desk.

Widgets stand below the desk, so they never import it: whatever has these
methods will do. All of them return at once and may be called on any thread.
Money that a person reads is float yuan, as in the records; money that the rule
engine counts is whole 1e-4 yuan, and its names say `units`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from xtnb.rules.day import DayRules
from xtnb.vocabulary.records import Quote, XtOrder

Forget = Callable[[], None]


class PreviewLike(Protocol):
    """What the terminal would say to an order, and charge for it. Amounts are yuan."""

    @property
    def accepted(self) -> bool:
        """False when the order would be refused; the reasons say why."""
        ...

    @property
    def reason_zh(self) -> str: ...
    @property
    def reason_en(self) -> str: ...
    @property
    def amount(self) -> float:
        """Turnover at the price at which the order is counted, without fees."""
        ...

    @property
    def commission(self) -> float: ...
    @property
    def stamp_duty(self) -> float: ...
    @property
    def transfer_fee(self) -> float: ...
    @property
    def cash_after(self) -> float:
        """Available cash once the order is accepted (a buy) or filled (a sale)."""
        ...


class OrderHandle(Protocol):
    """An order that was sent, perhaps not answered yet."""

    @property
    def id(self) -> int:
        """The order number; 0 until the answer comes, -1 when there is none."""
        ...

    @property
    def error(self) -> str:
        """Why it was refused, as "中文 / English"; "" otherwise."""
        ...

    @property
    def record(self) -> XtOrder | None:
        """The latest state that was pushed."""
        ...

    def on_change(self, callback: Callable[[Any], None]) -> Forget:
        """Call `callback(handle)` after each change, on a thread that must not be kept."""
        ...


class TicketDesk(Protocol):
    """What a ticket needs."""

    def preview(
        self, stock_code: str, side: str, volume: int, price: float = 0.0, price_type: int = 11
    ) -> PreviewLike:
        """What would happen to this order now, without sending it."""
        ...

    def send(
        self,
        stock_code: str,
        side: str,
        volume: int,
        price: float = 0.0,
        price_type: int = 11,
        remark: str = "",
    ) -> OrderHandle:
        """Hand an order over to the session and return without waiting for the answer."""
        ...

    def rules_of(self, stock_code: str) -> DayRules:
        """Lot, tick, limits and fees of today. Raises Refused for an unknown code."""
        ...

    def cash_units(self) -> int:
        """Available cash, 1e-4 yuan."""
        ...

    def sellable(self, stock_code: str) -> int:
        """Shares that may be sold today."""
        ...

    def on_account(self, callback: Callable[[], None]) -> Forget:
        """Call `callback()` when cash or a position has changed."""
        ...

    def on_quote(self, stock_code: str, callback: Callable[[Quote], None]) -> Forget:
        """Watch a code: its present quote at once, if there is one, then each new one."""
        ...
