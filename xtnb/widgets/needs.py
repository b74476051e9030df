"""What the ticket, the charts and the panel ask of a desk.

Widgets stand below the desk, so they never import it: whatever has these
methods will do. All of them return at once and may be called on any thread.
Money that a person reads is float yuan, as in the records; money that the rule
engine counts is whole 1e-4 yuan, and the name says `units`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from xtnb.live.screen import Screen
from xtnb.live.standing import Standing
from xtnb.live.store import Rows
from xtnb.rules.listed import DayTerms, Listed
from xtnb.vocabulary.records import StockAccount, XtOrder

Forget = Callable[[], None]


class Books(Protocol):
    """What is true now, kept by pushes (live/store.py)."""

    @property
    def asset(self) -> Rows:
        """XtAsset: one row."""
        ...

    @property
    def orders(self) -> Rows:
        """XtOrder by `order_id`."""
        ...

    @property
    def trades(self) -> Rows:
        """XtTrade, each of today, oldest first."""
        ...

    @property
    def lost(self) -> bool:
        """Whether the link was lost, so that none of this is true any more."""
        ...

    def on_lost(self, callback: Callable[[], None]) -> Forget:
        """Call `callback()` when the link is lost."""
        ...

    def on_back(self, callback: Callable[[], None]) -> Forget:
        """Call `callback()` when it is back and all of this is true again."""
        ...

    @property
    def positions(self) -> Rows:
        """XtPosition by `stock_code`."""
        ...

    @property
    def quotes(self) -> Rows:
        """Quote by `stock_code`, of the codes that are watched."""
        ...


class PreviewLike(Protocol):
    """What the terminal would say to an order, and charge for it. Amounts are yuan."""

    @property
    def accepted(self) -> bool:
        """False when the order would be refused; the reasons say why."""
        ...

    @property
    def code(self) -> int:
        """The `RefusalCode`, 0 when accepted."""
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
    def other_fees(self) -> float:
        """Levies of Hong Kong."""
        ...

    @property
    def price(self) -> float:
        """At which the order is counted."""
        ...

    @property
    def margin(self) -> float | None:
        """What it ties up as margin; None where there is none."""
        ...

    @property
    def margin_after(self) -> float | None:
        """Available margin of a margin account; None where that is not known."""
        ...

    @property
    def quota_after(self) -> float | None:
        """Its credit line; None where that is not known."""
        ...

    @property
    def ratio_after(self) -> float | None:
        """Its maintenance ratio once all is filled, per cent."""
        ...

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
        """Why it was refused or not sent, as "中文 / English"; "" otherwise."""
        ...

    @property
    def unknown(self) -> bool:
        """Whether its answer was lost, so that it may be there or not."""
        ...

    @property
    def record(self) -> XtOrder | None:
        """The latest state that was pushed."""
        ...

    def on_change(self, callback: Callable[[Any], None]) -> Forget:
        """Call `callback(handle)` after each change; it returns at once."""
        ...


class WatchingDesk(Protocol):
    """What anything that shows prices needs."""

    @property
    def books(self) -> Books: ...

    @property
    def standing(self) -> Standing:
        """Where the session stands."""
        ...

    def watch(self, stock_code: str) -> Forget:
        """Keep the quotes of a code coming into `books.quotes`, until the result is called."""
        ...


class CreditLike(Protocol):
    """What a margin account owes and may still do (live/credit.py)."""

    @property
    def detail(self) -> Rows:
        """XtCreditDetail: one row, none before it was told."""
        ...

    @property
    def debts(self) -> Rows:
        """StkCompacts by `compact_id`."""
        ...


class ContractsLike(Protocol):
    """The positions of futures and options in detail (live/contracts.py)."""

    @property
    def statistics(self) -> Rows:
        """XtPositionStatistics."""
        ...

    def on_told(self, listener: Callable[[], None]) -> Forget:
        """Call `listener()` after each answer."""
        ...


class TicketDesk(WatchingDesk, Protocol):
    """What a ticket needs."""

    @property
    def account(self) -> StockAccount: ...

    @property
    def credit(self) -> CreditLike:
        """Of a margin account. Raises InputError on another kind."""
        ...

    @property
    def contracts(self) -> ContractsLike:
        """Of an account of futures or options. Raises InputError on another kind."""
        ...

    def listed(self) -> Mapping[str, Listed]:
        """What is listed today, of every kind, by code."""
        ...

    def terms_of(self, stock_code: str) -> DayTerms:
        """The rules of an instrument today. Raises Refused for an unknown code."""
        ...

    def cancel(self, order: int) -> Any:
        """Ask for the cancel of an order by its number; does not wait."""
        ...

    def preview(
        self,
        stock_code: str,
        side: str | int,
        volume: int,
        price: float = 0.0,
        price_type: int = 11,
    ) -> PreviewLike:
        """What would happen to this order now, without sending it."""
        ...

    def send(
        self,
        stock_code: str,
        side: str | int,
        volume: int,
        price: float = 0.0,
        price_type: int = 11,
        remark: str = "",
    ) -> OrderHandle:
        """Hand an order over to the session and return without waiting for the answer."""
        ...

    def cash_units(self) -> int:
        """Available cash, 1e-4 yuan."""
        ...

    def sellable(self, stock_code: str) -> int:
        """Shares that may be sold today."""
        ...


class ChartDesk(WatchingDesk, Protocol):
    """What a price chart needs."""

    def terms_of(self, stock_code: str) -> DayTerms:
        """The rules of an instrument today. Raises Refused for an unknown code."""
        ...

    def day_bars(self, stock_code: str) -> Sequence[tuple[float, ...]]:
        """The minutes of the day so far: (time_ms, open, high, low, close, volume, amount,
        previous close), yuan and shares, oldest first; `time_ms` is the end of a minute."""
        ...


class PanelDesk(TicketDesk, ChartDesk, Protocol):
    """What the panel needs besides."""

    @property
    def screen(self) -> Screen:
        """What is remembered of forms and panel."""
        ...

    def cancel_all(self) -> Any:
        """Ask for the cancel of every order that can be cancelled; does not wait."""
        ...
