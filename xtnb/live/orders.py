"""Order: a handle on an order that was sent, kept up by pushes.

A refused order is news and no exception: its status is "rejected" and its
`reason` says why. What raises is a mistake in the call (InputError), or a
session that cannot carry it (SessionError).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Any
from weakref import WeakValueDictionary

from xtnb import xtconstant as c
from xtnb.errors import InputError, NotConnected, RequestTimeout
from xtnb.frames.schema import Frame
from xtnb.frames.tables import trades_frame
from xtnb.live.books import AccountBooks
from xtnb.live.loop import wait
from xtnb.session.calls import order_arguments
from xtnb.session.trader import XtQuantTrader
from xtnb.vocabulary.codes import OrderStatus, PriceType
from xtnb.vocabulary.options import options
from xtnb.vocabulary.records import XtCancelOrderResponse, XtOrder, XtOrderResponse

_log = logging.getLogger("xtnb.live")

FINAL = frozenset({c.ORDER_PART_CANCEL, c.ORDER_CANCELED, c.ORDER_SUCCEEDED, c.ORDER_JUNK})
CANCELLABLE = frozenset(
    {c.ORDER_UNREPORTED, c.ORDER_WAIT_REPORTING, c.ORDER_REPORTED, c.ORDER_PART_SUCC}
)
SIDES = {"buy": c.STOCK_BUY, "sell": c.STOCK_SELL}

_STEP = 0.5  # a longer wait cannot be interrupted on Windows
_LOST = (
    "连接已断开，结果未知，请先查询委托 / the link was lost; the outcome is unknown, query first"
)


def priced(price: float | None, price_type: int | None) -> tuple[float, int]:
    """Price and price type, each read from the other where it is missing.

    Raises:
        InputError: a limit order without a price.
    """
    if price_type is None:
        price_type = c.LATEST_PRICE if price is None else c.FIX_PRICE
    if price is None:
        if price_type == c.FIX_PRICE:
            raise InputError("price", price, "yuan a share, for a limit order")
        price = 0.0
    return price, price_type


def in_language(text: str) -> str:
    """Of "中文 / English" the half that `xtnb.options.language` asks for."""
    zh, slash, en = text.partition(" / ")
    return text if not slash else zh if options.language == "zh" else en


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


class Order:
    """An order that was sent, and what has become of it. Made by a desk.

    Every property may be read at any time and on any thread.

    Attributes:
        stock_code: what is traded.
        order_type, price_type: numbers of `xtconstant`, as they were sent.
        volume: shares or fund units.
        price: yuan, as it was sent; 0.0 for price types that need none.
        remark: comes back with every push.
        id: the order number; 0 until the answer comes, -1 when there is none.
        error: why it was refused or not sent, as "中文 / English"; "" otherwise.
        record: the latest `XtOrder` that was pushed, or None before the first.
    """

    def __init__(self, registry: AccountOrders, asked: dict[str, Any]) -> None:
        self.stock_code: str = asked["stock_code"]
        self.order_type: int = asked["order_type"]
        self.volume: int = asked["order_volume"]
        self.price_type: int = asked["price_type"]
        self.price: float = asked["price"]
        self.remark: str = asked["order_remark"]
        self.id = 0
        self.error = ""
        self.record: XtOrder | None = None
        self.cancel_wanted = False
        self._registry = registry
        self._listeners: list[Callable[[Any], None]] = []
        self._answered: Future[Order] = Future()
        self._finished: Future[Order] = Future()

    # -- what it is now ------------------------------------------------------------------

    @property
    def status_code(self) -> int:
        """The `OrderStatus` number: 48 before the answer, 57 when there is no order."""
        if self.record is not None:
            return self.record.order_status
        return c.ORDER_JUNK if self.id < 0 or (self.error and not self.id) else c.ORDER_UNREPORTED

    @property
    def status(self) -> str:
        """The status in words, in the language of `xtnb.options`: "working", "filled" …"""
        return OrderStatus.label_of(self.status_code, options.language)

    @property
    def reason(self) -> str:
        """Why it was refused, or ended early, in the language of `xtnb.options`; else ""."""
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
        return self._finished.done()

    def trades(self) -> Frame:
        """The fills of this order so far, one a row."""
        fills = self._registry.books.trades.records()
        return trades_frame([fill for fill in fills if fill.order_id == self.id])

    # -- waiting -------------------------------------------------------------------------

    def wait(self, timeout: float | None = 5) -> Order:
        """Wait until nothing more will come, or until the time is up.

        Args:
            timeout: seconds; None waits without end, which Ctrl+C ends.

        Returns:
            This order, finished or not: `done` and `status` say which. Inside a push
            callback it returns at once, because the news could not come meanwhile.
        """
        if not self._registry.books.inside_a_callback():
            _wait(self._finished, timeout)
        return self

    def __await__(self) -> Generator[Any, None, Order]:
        return wait(self._finished).__await__()

    def wait_for_answer(self, seconds: float) -> None:
        """Wait until the terminal has numbered or refused it.

        Raises:
            RequestTimeout: no answer in time; the order may still have got there.
        """
        if not _wait(self._answered, seconds):
            raise RequestTimeout("order_stock", seconds)

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
        """The terminal has answered; None when it never will."""
        if response is None:
            self.error = _LOST
        else:
            self.error = response.error_msg
            self.id = response.order_id
        if self.id <= 0:
            _complete(self._finished, self)
        _complete(self._answered, self)
        self._changed()

    def take(self, record: XtOrder) -> None:
        """A push: the order's next state."""
        self.record = record
        if record.order_status in FINAL:
            _complete(self._finished, self)
        self._changed()

    def _changed(self) -> None:
        for listener in list(self._listeners):
            listener(self)

    # -- for people ----------------------------------------------------------------------

    def __repr__(self) -> str:
        side = {c.STOCK_BUY: "buy", c.STOCK_SELL: "sell"}.get(self.order_type, str(self.order_type))
        priced = self.price_type == c.FIX_PRICE
        at = f"{self.price:,.3f}".rstrip("0") if priced else PriceType.label_of(self.price_type)
        if priced and len(at.partition(".")[2]) < 2:
            at = f"{self.price:,.2f}"
        done = f", {self.filled:,} filled at {self.average_price:,.3f}" if self.filled else ""
        status = OrderStatus.label_of(self.status_code)
        why = f": {self.reason}" if self.status_code == c.ORDER_JUNK and self.reason else ""
        number = self.id if self.id > 0 else "-"
        return (
            f"<Order {number} {side} {self.volume:,} {self.stock_code} @ {at}, {status}{done}{why}>"
        )


class AccountOrders:
    """Sends the orders of one account and keeps their handles up to date.

    Args:
        trader: a connected session.
        books: the account's tables, open.
    """

    def __init__(self, trader: XtQuantTrader, books: AccountBooks) -> None:
        self.books = books
        self._trader = trader
        self._lock = Lock()
        self._handles: WeakValueDictionary[int, Order] = WeakValueDictionary()
        self._unanswered: set[Order] = set()
        self._forget = books.orders.on_change(self._moved)

    def close(self) -> None:
        """Stop following pushes."""
        self._forget()

    def send(
        self,
        stock_code: str,
        order_type: int,
        volume: int,
        price_type: int,
        price: float,
        strategy_name: str = "",
        remark: str = "",
    ) -> Order:
        """Hand an order over to the session and return without waiting for the answer.

        Raises:
            InputError: an argument that no terminal could accept; nothing was sent.
            NotConnected: the session is not connected.
        """
        asked = order_arguments(
            stock_code, order_type, volume, price_type, price, strategy_name, remark
        )
        order = Order(self, asked)

        def answered(response: XtOrderResponse | None) -> None:
            self._answered(order, response)

        with self._lock:
            self._unanswered.add(order)
        try:
            self._trader.requests.send("order_stock", self.books.account, asked, answered)
        except BaseException:
            with self._lock:
                self._unanswered.discard(order)
            raise
        return order

    def submit(self, *args: Any, **kwargs: Any) -> Order:
        """Like `send`, and wait until the terminal has answered and its news is here.

        Raises:
            RequestTimeout: no answer in time; the outcome is unknown.
        """
        order = self.send(*args, **kwargs)
        if not self.books.inside_a_callback():
            order.wait_for_answer(self._trader.requests.seconds)
            self.books.settle()
        return order

    def handle(self, order_id: int) -> Order:
        """The handle of an order that the terminal knows, ours or another session's.

        Raises:
            InputError: the account has no such order today.
        """
        with self._lock:
            known = self._handles.get(order_id)
        if known is not None:
            return known
        record: XtOrder | None = self.books.orders.get(order_id)
        if record is None:
            raise InputError("order", order_id, "an order of this account, or its number")
        order = Order(
            self,
            {
                "stock_code": record.stock_code,
                "order_type": record.order_type,
                "order_volume": record.order_volume,
                "price_type": _request_price_type(record.price_type),
                "price": record.price,
                "order_remark": record.order_remark,
            },
        )
        order.take_answer(_numbered(record))
        order.take(record)
        with self._lock:
            return self._handles.setdefault(order_id, order)

    def cancel(self, order: Order) -> CancelAnswer:
        """Ask for a cancel; see `Order.cancel`."""
        requests, account = self._trader.requests, self.books.account
        if self.books.inside_a_callback():
            self._cancel_later(order)
            return CancelAnswer(True)
        if not order.id:
            order.wait_for_answer(requests.seconds)
        if order.id <= 0:
            return CancelAnswer(False, order.error)
        asked = {"order_id": order.id}
        response: XtCancelOrderResponse = requests.ask("cancel_order_stock", account, asked)
        self.books.settle()
        if response.cancel_result == 0:
            return CancelAnswer(True)
        return CancelAnswer(False, response.error_msg or "撤单被拒绝 / the cancel was refused")

    def cancel_id(self, order_id: int) -> None:
        """Send a cancel and do not wait; a refusal comes to `on_cancel_error`."""
        asked = {"order_id": order_id}
        self._trader.requests.send("cancel_order_stock", self.books.account, asked, _ignore)

    def cancel_all(self) -> int:
        """Send the cancel of every order that can be cancelled; does not wait.

        Returns:
            How many were sent, orders that the terminal has not answered yet included.
        """
        open_orders = [
            record.order_id
            for record in self.books.orders.records()
            if record.order_status in CANCELLABLE
        ]
        with self._lock:
            waiting = [order for order in self._unanswered if not order.cancel_wanted]
            for order in waiting:
                order.cancel_wanted = True
        for order_id in open_orders:
            self.cancel_id(order_id)
        return len(open_orders) + len(waiting)

    def _cancel_later(self, order: Order) -> None:
        with self._lock:
            if order in self._unanswered:
                order.cancel_wanted = True
                return
        if order.id > 0:
            self.cancel_id(order.id)

    # -- on the push thread --------------------------------------------------------------

    def _answered(self, order: Order, response: XtOrderResponse | None) -> None:
        number = response.order_id if response is not None else -1
        with self._lock:
            self._unanswered.discard(order)
            if number > 0:
                self._handles[number] = order
        order.take_answer(response)
        if number > 0:
            record = self.books.orders.get(number)
            if record is not None:  # its push was quicker than the answer
                order.take(record)
            if order.cancel_wanted and not order.done and not order.error:
                self._cancel_at_last(number)

    def _cancel_at_last(self, order_id: int) -> None:
        """Send the cancel that was asked for before the order had a number."""
        try:
            self.cancel_id(order_id)
        except NotConnected:
            _log.warning("order %s was to be cancelled, but the link is gone", order_id)

    def _moved(self, order_id: int, cells: dict[str, Any]) -> None:
        order = self._handles.get(order_id)
        record = self.books.orders.get(order_id)
        if order is not None and cells and record is not None:
            order.take(record)


def _numbered(record: XtOrder) -> XtOrderResponse:
    """The answer that an order must have had."""
    return XtOrderResponse(record.account_id, record.order_id, "", "", "", 0, record.account_type)


def _request_price_type(broker_price_type: int) -> int:
    """How a price type that comes back reads as one that is sent: only limit is certain."""
    return c.FIX_PRICE if broker_price_type == c.BROKER_PRICE_LIMIT else broker_price_type


def _complete(future: Future[Order], order: Order) -> None:
    if not future.done():
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


def _ignore(_: Any) -> None:
    """The answer to a cancel nobody waits for: the order's own push tells."""
