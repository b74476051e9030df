"""AccountOrders: sends the orders of one account, and keeps their handles up to date."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Lock
from time import monotonic
from typing import Any
from weakref import WeakValueDictionary

from xtnb import xtconstant as c
from xtnb.errors import InputError, NotConnected, RequestTimeout, SessionError
from xtnb.live.arming import Arming
from xtnb.live.books import AccountBooks
from xtnb.live.handle import CancelAnswer, Order
from xtnb.session.calls import order_arguments
from xtnb.session.requests import new_key
from xtnb.session.trader import XtQuantTrader
from xtnb.vocabulary.reconciliation import FindingKind
from xtnb.vocabulary.records import XtCancelOrderResponse, XtOrder, XtOrderResponse

_log = logging.getLogger("xtnb.live")

CANCELLABLE = frozenset(
    {c.ORDER_UNREPORTED, c.ORDER_WAIT_REPORTING, c.ORDER_REPORTED, c.ORDER_PART_SUCC}
)
SIDES = {"buy": c.STOCK_BUY, "sell": c.STOCK_SELL}

_LONGEST_KEY = 128
_BEGIN, _END = 19_900_101, 29_991_231  # every day that there is
_NEVER = "委托未送达，也不会再送达 / it never reached the terminal, and never will"
_NOBODY_KNOWS = (
    "结果未知，柜台无法核对，请先查询委托 / "
    "the outcome is unknown and the terminal cannot tell; look at the orders first"
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
        self._unknown: dict[str, Order] = {}
        self._by_key: WeakValueDictionary[str, Order] = WeakValueDictionary()
        self._closed = False
        self.held: Callable[[], object] = _always
        self.may_send: Callable[[], None] = _always
        self.may_cancel: Callable[[], None] = _always
        self.arming = Arming(live=False)
        self._forget = books.orders.on_change(self._moved)

    def close(self) -> None:
        """Stop following pushes, and tell the handles that nothing more will come."""
        self._forget()
        with self._lock:
            self._closed = True
            handles = {*self._handles.values(), *self._by_key.values(), *self._unknown.values()}
        for order in handles:
            order.cut_off()

    def send(self, *args: Any, **kwargs: Any) -> Order:
        """Hand an order of a click over to the session and return without waiting.

        Arguments as in `submit`.

        Raises:
            InputError: an argument that no terminal could accept; nothing was sent.
            NotArmed: the account is live, and nobody has unlocked it.
            NotConnected: the session is not connected, or is being brought up to date.
        """
        self.arming.check_click()
        return self._send(*args, **kwargs)

    def _send(
        self,
        stock_code: str,
        order_type: int,
        volume: int,
        price_type: int,
        price: float,
        strategy_name: str = "",
        remark: str = "",
        key: str = "",
    ) -> Order:
        asked = order_arguments(
            stock_code, order_type, volume, price_type, price, strategy_name, remark
        )
        if not isinstance(key, str) or len(key) > _LONGEST_KEY or not key.isprintable():
            raise InputError("key", key, f"text of at most {_LONGEST_KEY} characters")
        sent = self._by_key.get(key) if key else None
        if sent is not None and sent.id >= 0:  # whether one without a number used its key up
            return self._same(sent, asked)
        self.may_send()
        order = Order(self, asked, key or new_key())
        order.due_at = monotonic() + self._trader.requests.seconds

        def answered(response: XtOrderResponse | None) -> None:
            self._answered(order, response)

        with self._lock:
            self._unanswered.add(order)
            self._by_key[order.key] = order
            if self._closed:
                order.cut_off()
        try:
            self._trader.requests.send(
                "order_stock", self.books.account, asked, answered, order.key
            )
        except BaseException:
            with self._lock:
                self._unanswered.discard(order)
                self._by_key.pop(order.key, None)
            raise
        return order

    def _same(self, sent: Order, asked: dict[str, Any]) -> Order:
        """The order that bears a key, when it is the same one."""
        if sent.asked != asked:
            other = ", ".join(
                f"{name} {before!r} and not {asked[name]!r}"
                for name, before in sent.asked.items()
                if asked[name] != before
            )
            raise InputError("key", sent.key, f"a new key; that of {sent!r} had {other}")
        return sent

    def submit(
        self,
        stock_code: str,
        order_type: int,
        volume: int,
        price_type: int,
        price: float,
        strategy_name: str = "",
        remark: str = "",
        key: str = "",
    ) -> Order:
        """Send an order of a cell, and wait until the terminal has answered and its news is here.

        Args:
            key: names the intent: the same key in this account is the same order, however
                often it is sent. By default each call is a new intent; a live account
                takes none without a key.

        Raises:
            InputError: an argument that no terminal could accept; nothing was sent.
            NotArmed: the account is live, and there is no key.
            NotConnected: the session is not connected, or is being brought up to date.
            RequestTimeout: no answer in time; the outcome is unknown.
        """
        self.arming.check_cell(key)
        order = self._send(
            stock_code, order_type, volume, price_type, price, strategy_name, remark, key
        )
        if not self.books.inside_a_callback():
            order.wait_for_answer(self._trader.requests.seconds)
            self.books.settle()
            if order.id > 0 and order.record is None:
                self._look_up(order)
        return order

    def _look_up(self, order: Order) -> None:
        """Find the order of a key that was used before this session, or on another day."""
        try:
            found = self._trader.requests.ask(
                "query_stock_order", self.books.account, {"order_id": order.id}
            )
            if found is None:
                found = next(iter(self._past("orders", order.id)), None)
                order.earlier = self._past("trades", order.id) if found is not None else []
        except SessionError as fault:
            _log.warning("order %s could not be asked for: %s", order.id, fault)
            return
        if found is not None and order.record is None:
            order.take(found)

    def _past(self, kind: str, order_id: int) -> list[Any]:
        """What the days before have of an order, the latest first."""
        asked = {"kind": kind, "start": _BEGIN, "end": _END}
        told = self._trader.requests.ask("history", self.books.account, asked)
        return [one for one in reversed(told[1] if told else ()) if one.order_id == order_id]

    def is_ours(self, order_id: int) -> bool:
        """Whether an order was sent, or looked at, through here."""
        return order_id in self._handles

    def settle_unknown(self) -> list[tuple[Order, FindingKind]]:
        """Find out by their keys what became of the orders whose answers never came.

        What has not arrived by now will never be carried out: asking voids its key.

        Raises:
            SessionError: the terminal cannot be asked.
        """
        now = monotonic()
        with self._lock:
            overdue = [order for order in self._unanswered if order.due_at < now]
            doubtful = [*self._unknown.values(), *overdue]
        if not doubtful:
            return []
        outcomes = self._outcomes(doubtful)
        if outcomes is None and len(doubtful) > 1:  # one that nobody knows hides no other
            return [(one, self._settle(one, self._outcomes([one]))) for one in doubtful]
        told = [None if outcomes is None else [outcome] for outcome in outcomes or doubtful]
        return [(one, self._settle(one, each)) for one, each in zip(doubtful, told, strict=True)]

    def _outcomes(self, orders: list[Order]) -> list[Any] | None:
        """What the terminal says of each; None when it does not know one of them."""
        keys = {"keys": tuple(order.key for order in orders)}
        try:
            found: list[Any] | None = self._trader.requests.ask("outcome", self.books.account, keys)
        except RequestTimeout:
            return None
        return found

    def _settle(self, order: Order, outcomes: list[Any] | None) -> FindingKind:
        if outcomes is None:
            order.take_doubt(_NOBODY_KNOWS, final=False)
            return FindingKind.STILL_UNKNOWN
        with self._lock:
            self._unknown.pop(order.key, None)
            self._unanswered.discard(order)
        if outcomes[0] is None:
            order.take_doubt(_NEVER, final=True)
            return FindingKind.NOT_SENT
        number, error = outcomes[0]
        number = number if isinstance(number, int) else -1  # a refusal may have none
        account = self.books.account
        self._answered(
            order,
            XtOrderResponse(
                *(account.account_id, number, "", order.remark, error, 0, account.account_type)
            ),
        )
        return FindingKind.SENT

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
            if self._closed:
                order.cut_off()
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

        Raises:
            NotConnected: there is no link, or its key may only read.
        """
        self.may_cancel()
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
            if response is None:
                self._unknown[order.key] = order
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


def _always() -> None:
    """Nobody has said when orders may go out: always."""


def _ignore(_: Any) -> None:
    """The answer to a cancel nobody waits for: the order's own push tells."""
