"""Order: a handle on an order that was sent, kept up by pushes.

A refused order is news and no exception: its status is "rejected" and its
`reason` says why. What raises is a mistake in the call (InputError), or a
session that cannot carry it (SessionError).
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass
from math import inf
from time import monotonic
from typing import Any, Protocol

from xtnb import xtconstant as c
from xtnb.errors import NotConnected, RequestTimeout
from xtnb.frames.schema import Frame
from xtnb.frames.tables import trades_frame
from xtnb.live.books import AccountBooks
from xtnb.live.loop import wait
from xtnb.vocabulary.codes import OrderStatus, OrderType, PriceType
from xtnb.vocabulary.options import in_language, options
from xtnb.vocabulary.outcomes import to_look_at
from xtnb.vocabulary.records import XtOrder, XtOrderResponse, XtTrade

FINAL = frozenset({c.ORDER_PART_CANCEL, c.ORDER_CANCELED, c.ORDER_SUCCEEDED, c.ORDER_JUNK})

_STEP = 0.5  # a longer wait cannot be interrupted on Windows
_LOST = (
    "连接已断开，结果未知，恢复后核对 / the link was lost; the outcome is unknown until it is back"
)
_CLOSED = (
    "desk 已关闭，委托此后的情况未知；请用新的 desk 查询 / "
    "the desk is closed, and what became of the order since is unknown: ask a new desk"
)


@dataclass(frozen=True, slots=True)
class CancelAnswer:
    """What became of the request to cancel. True when the terminal took it.

    Attributes:
        sent: the cancel was taken, which does not mean cancelled yet.
        text: why not, as "中文 / English"; "" when it was taken.
    """

    sent: bool
    text: str = ""

    @property
    def reason(self) -> str:
        """Why not, in the language of `xtnb.options`."""
        return in_language(self.text)

    def __bool__(self) -> bool:
        return self.sent

    def __repr__(self) -> str:
        return "cancel sent" if self.sent else f"not cancelled: {self.reason}"


class Registry(Protocol):
    """What a handle asks of those who sent it."""

    @property
    def books(self) -> AccountBooks: ...
    @property
    def held(self) -> Callable[[], object]: ...
    def cancel(self, order: Order) -> CancelAnswer: ...


class Order:
    """An order that was sent, and what has become of it. Made by a desk.

    Every property may be read at any time and on any thread.

    Attributes:
        stock_code: what is traded.
        order_type, price_type: numbers of `xtconstant`, as they were sent.
        volume: shares or fund units.
        price: yuan, as it was sent; 0.0 for price types that need none.
        remark: comes back with every push.
        key: names this intent; a terminal carries one key out once.
        asked: the arguments, as they were sent.
        due_at: when its answer is overdue, on the monotonic clock.
        id: the order number; 0 until the answer comes, -1 when there is none.
        unknown: the link was lost before the answer came, so that it may be there or not.
        error: why it was refused or not sent, as "中文 / English"; "" otherwise.
        record: the latest `XtOrder` that was pushed, or None before the first.
        earlier: its fills of days before, the latest first.
    """

    def __init__(self, registry: Registry, asked: dict[str, Any], key: str = "") -> None:
        self.key = key
        self.asked = asked
        self.due_at = inf
        self.unknown = False
        self.stock_code: str = asked["stock_code"]
        self.order_type: int = asked["order_type"]
        self.volume: int = asked["order_volume"]
        self.price_type: int = asked["price_type"]
        self.price: float = asked["price"]
        self.remark: str = asked["order_remark"]
        self.id = 0
        self.error = ""
        self.record: XtOrder | None = None
        self.earlier: list[XtTrade] = []
        self.cancel_wanted = False
        self._registry = registry
        self._held = registry.held()  # its session goes on while somebody has the order
        self._listeners: list[Callable[[Any], None]] = []
        self._answered: Future[Order] = Future()
        self._finished: Future[Order] = Future()

    # -- what it is now ------------------------------------------------------------------

    @property
    def status_code(self) -> int:
        """The `OrderStatus` number: 48 before the answer, 49 until there is news of the order,
        57 without an order, 255 if unknown, as once the desk is closed."""
        known = self._known_code
        return c.ORDER_UNKNOWN if self._is_cut_off and known not in FINAL else known

    @property
    def _known_code(self) -> int:
        if self.record is not None:
            return self.record.order_status
        if self.unknown:
            return c.ORDER_UNKNOWN
        if self.id < 0 or (self.error and not self.id):
            return c.ORDER_JUNK
        return c.ORDER_WAIT_REPORTING if self.id else c.ORDER_UNREPORTED

    @property
    def status(self) -> str:
        """The status in words, in the language of `xtnb.options`: "working", "filled" …"""
        return OrderStatus.label_of(self.status_code, options.language)

    @property
    def reason(self) -> str:
        """Why it was refused, or ended early, in the language of `xtnb.options`; else ""."""
        if self._is_cut_off and self.status_code == c.ORDER_UNKNOWN:
            return in_language(_CLOSED)
        said = self.record.status_msg if self.record is not None else ""
        return in_language(said or self.error)

    @property
    def filled(self) -> int:
        """Shares that were traded so far."""
        return self.record.traded_volume if self.record is not None else 0

    @property
    def average_price(self) -> float:
        """Average price of the fills so far, yuan; 0.0 before the first."""
        return self.record.traded_price if self.record is not None else 0.0

    @property
    def done(self) -> bool:
        """Whether nothing more will come: filled, cancelled or rejected."""
        return self._finished.done() and not self._is_cut_off

    @property
    def _is_cut_off(self) -> bool:
        return self._finished.done() and self._finished.exception() is not None

    def trades(self) -> Frame:
        """The fills of this order so far, one a row."""
        fills = self._registry.books.trades.records()
        ours = [fill for fill in fills if fill.order_id == self.id]
        return trades_frame([*reversed(self.earlier), *ours])

    # -- waiting -------------------------------------------------------------------------

    def wait(self, timeout: float | None = 5) -> Order:
        """Wait until nothing more will come, or until the time is up.

        Args:
            timeout: seconds; None waits without end, which Ctrl+C ends.

        Returns:
            This order, finished or not: `done` and `status` say which. Inside a push
            callback it returns at once, because the news could not come meanwhile.

        Raises:
            NotConnected: the desk was closed first, so that nothing will come.
        """
        if not self._registry.books.inside_a_callback() and _wait(self._finished, timeout):
            self._finished.result()
        return self

    def __await__(self) -> Generator[Any, None, Order]:
        yield from wait(self._finished).__await__()
        return self

    def wait_for_answer(self, seconds: float) -> None:
        """Wait until the terminal has numbered or refused it.

        Raises:
            RequestTimeout: no answer in time; the order may still have got there.
        """
        if not _wait(self._answered, seconds):
            raise RequestTimeout("order_stock", seconds, *to_look_at("order_stock"))

    # -- doing ---------------------------------------------------------------------------

    def cancel(self) -> CancelAnswer:
        """Ask the terminal to cancel what is left.

        Returns:
            True when the cancel was taken; otherwise false, with the reason. Inside a
            push callback it is only sent, and the refusal comes to `on_cancel_error`.

        Raises:
            SessionError: the session cannot carry it.
        """
        return self._registry.cancel(self)

    def on_change(self, callback: Callable[[Any], None]) -> Callable[[], None]:
        """Call `callback(order)` after each change; the returned function ends that.

        It runs on the session's push thread and must return at once.
        """
        self._listeners.append(callback)

        def forget() -> None:
            if callback in self._listeners:
                self._listeners.remove(callback)

        return forget

    # -- on the push thread --------------------------------------------------------------

    def take_answer(self, response: XtOrderResponse | None) -> None:
        """The terminal has answered; None when the link was lost first: unknown, not failed."""
        self.unknown = response is None
        if response is None:
            self.error = _LOST
        else:
            self.error = response.error_msg
            self.id = response.order_id
            if self.id <= 0:
                _complete(self._finished, self)
        _complete(self._answered, self)
        self._changed()

    def take_doubt(self, text: str, *, final: bool) -> None:
        """What reconciliation says of an order whose answer never came."""
        self.error = text
        self.unknown = not final
        if final:
            self.id = -1
            _complete(self._finished, self)
        self._changed()

    def take(self, record: XtOrder) -> None:
        """A push: the order's next state."""
        self.record = record
        if record.order_status in FINAL:
            _complete(self._finished, self)
        self._changed()

    def cut_off(self) -> None:
        """The desk is closed: no push will come any more."""
        with suppress(InvalidStateError):
            self._finished.set_exception(NotConnected(_CLOSED))

    def _changed(self) -> None:
        for listener in list(self._listeners):
            listener(self)

    # -- for people ----------------------------------------------------------------------

    def __repr__(self) -> str:
        kind = self._registry.books.account.account_type
        side = OrderType.label_of(self.order_type, "en", kind)
        priced = self.price_type == c.FIX_PRICE
        at = f"{self.price:,.3f}".rstrip("0") if priced else PriceType.label_of(self.price_type)
        if priced and len(at.partition(".")[2]) < 2:
            at = f"{self.price:,.2f}"
        done = f", {self.filled:,} filled at {self.average_price:,.3f}" if self.filled else ""
        status = OrderStatus.label_of(self.status_code)
        told = self.status_code == c.ORDER_JUNK or self._is_cut_off
        why = f": {self.reason}" if told and self.reason else ""
        number = self.id if self.id > 0 else "-"
        return (
            f"<Order {number} {side} {self.volume:,} {self.stock_code} @ {at}, {status}{done}{why}>"
        )


def _complete(future: Future[Order], order: Order) -> None:
    with suppress(InvalidStateError):
        future.set_result(order)


def _wait(future: Future[Order], timeout: float | None) -> bool:
    """Wait in steps that Ctrl+C can end; whether it was completed."""
    until = None if timeout is None else monotonic() + timeout
    while not future.done():
        left = _STEP if until is None else min(_STEP, until - monotonic())
        if left <= 0:
            return False
        try:
            future.result(left)
        except TimeoutError:
            continue
    return True
