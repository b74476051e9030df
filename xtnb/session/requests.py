"""Requests of a session: numbered, sent, and waited for no longer than a limit."""

from __future__ import annotations

import itertools
import os
import secrets
import time
from base64 import b32encode
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

from xtnb.errors import InputError, NotConnected, RequestTimeout, WouldDeadlock
from xtnb.link.base import Link
from xtnb.session.calls import BY_HAND, CALLS, OTHER
from xtnb.session.dispatcher import Dispatcher, Waiting
from xtnb.vocabulary.masking import conceal
from xtnb.vocabulary.messages import MOVES, Request
from xtnb.vocabulary.outcomes import to_look_at
from xtnb.vocabulary.records import StockAccount

DEFAULT_SECONDS = 10.0
_NOBODY = (0, "")
_NO_LINK = (
    "会话未连接；请先 start()，再 connect() / the session is not connected: call start(), then "
    "connect()"
)


def new_key() -> str:
    """A key for one intent: 13 characters, of which no two are alike in practice. Ours."""
    return b32encode(secrets.token_bytes(8)).decode("ascii").rstrip("=").lower()


class Requests:
    """Carries requests over the link of a session, and their answers back.

    What moves money or securities carries a key, so that the terminal carries it out
    once, and an end, so that it is never carried out later than its sender waits.

    Attributes:
        link: the open link, or None.
        seconds: how long a synchronous call waits, and an order may be on its way.
        origin: says who asks, for the terminal's audit.
        unavailable: why the last attempt to connect failed, else "".
        without_link: says what to do where there is no link; a desk knows more.
    """

    def __init__(self, dispatcher: Dispatcher) -> None:
        self.link: Link | None = None
        self.seconds = DEFAULT_SECONDS
        self.origin: Callable[[], str] = str
        self.unavailable = ""
        self.without_link: Callable[[], str] = _NO_LINK.__str__
        self._dispatcher = dispatcher
        self._numbers = itertools.count(1)

    def ask(self, method: str, account: StockAccount | None, arguments: Mapping[str, Any]) -> Any:
        """Send a request and wait for its answer, as `CALLS` reads it.

        Raises:
            NotConnected: no link, or it was lost while waiting.
            WouldDeadlock: on the push thread, in default mode.
            RequestTimeout: no answer within `seconds`.
        """
        link = self._open_link(method)
        waiting = self._new(method, account, arguments)
        return self._wait(waiting, lambda: link.send(waiting.request))

    def send(
        self,
        method: str,
        account: StockAccount | None,
        arguments: Mapping[str, Any],
        listener: Callable[[Any], Any] | None = None,
        key: str = "",
    ) -> int:
        """Send a request and return its seq; the answer goes to `listener` or the callback.

        `key` names the intent; what moves money or securities gets a new one without it.

        Raises:
            NotConnected: no link.
        """
        link = self._open_link(method)
        with self._dispatcher.gate:
            waiting = self._new(method, account, arguments, key)
            waiting.listener = listener
            return self._leave(waiting, lambda: link.send(waiting.request))

    # -- by hand ----------------------------------------------------------------------------

    def number(self) -> int:
        """A number that no other request has."""
        return next(self._numbers)

    def hand_over(self, request: Request) -> None:
        """Hand a request to the link as it is. Raises NotConnected when there is none."""
        self._open_link(request.method).send(request)

    def ask_by_hand(self, seq: int, operation: Callable[[], Any]) -> Any:
        """Do what sends the request `seq`, and wait for its answer. Raises as `ask` does."""
        return self._wait(self._by_hand("common_op_sync_with_seq", seq), operation)

    def send_by_hand(
        self, seq: int, operation: Callable[[], Any], listener: Callable[[Any], Any]
    ) -> int:
        """Do what sends the request `seq`; its answer goes to `listener`. Returns the seq."""
        with self._dispatcher.gate:
            waiting = self._by_hand("common_op_async_with_seq", seq)
            waiting.listener = listener
            return self._leave(waiting, operation)

    def _by_hand(self, method: str, seq: int) -> Waiting:
        self._open_link(method)
        if self._dispatcher.waits(seq):
            raise InputError("seq", seq, "a number from next_seq() that no request bears")
        return Waiting(Request(seq, method, *_NOBODY, {}, self._dispatcher.session), BY_HAND)

    # -- how they go ------------------------------------------------------------------------

    def _wait(self, waiting: Waiting, send: Callable[[], Any]) -> Any:
        method = waiting.request.method
        waiting.at_once = waiting.at_once or self._dispatcher.relaxed
        if not waiting.at_once and self._dispatcher.on_push_thread():
            raise WouldDeadlock(method)
        future: Future[Any] = Future()
        waiting.future = future
        self._send(waiting, send)
        try:
            return future.result(self.seconds)
        except TimeoutError:
            if self._dispatcher.give_up(waiting):
                raise RequestTimeout(method, self.seconds, *to_look_at(method)) from None
            return future.result()

    def _leave(self, waiting: Waiting, send: Callable[[], Any]) -> int:
        self._send(waiting, send)
        waiting.returned = time.monotonic()
        return waiting.request.seq

    def _open_link(self, method: str) -> Link:
        link = self.link
        if link is None or not self._dispatcher.live:
            zh, _, en = self.without_link().partition(" / ")
            raise NotConnected(f"{method}：{zh} / {method}: {en}")
        if self._dispatcher.process != os.getpid():  # its answers would go to the parent
            raise NotConnected(
                f"{method}: this session belongs to the process that forked this one"
            )
        return link

    def _new(
        self,
        method: str,
        account: StockAccount | None,
        arguments: Mapping[str, Any],
        key: str = "",
    ) -> Waiting:
        kind, number = (account.account_type, account.account_id) if account else _NOBODY
        if number and self.link is not None and not self.link.paper:
            conceal(number)
        session, until = self._dispatcher.session, 0
        if method in MOVES:
            key = key or new_key()
            until = time.time_ns() + round(self.seconds * 1e9)
        origin = self.origin()
        request = Request(
            self.number(), method, kind, number, arguments, session, key, until, origin
        )
        return Waiting(request, CALLS.get(method, OTHER))

    def _send(self, waiting: Waiting, send: Callable[[], Any]) -> None:
        self._dispatcher.expect(waiting)
        try:
            send()
        except BaseException:
            self._dispatcher.give_up(waiting)
            raise
