"""Requests of a session: numbered, sent, and waited for no longer than a limit."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

from xtnb.errors import NotConnected, RequestTimeout, WouldDeadlock
from xtnb.link.base import Link
from xtnb.session.calls import CALLS, OTHER
from xtnb.session.dispatcher import Dispatcher, Waiting
from xtnb.vocabulary.messages import Request
from xtnb.vocabulary.records import StockAccount

DEFAULT_SECONDS = 10.0
_NOBODY = (0, "")


class Requests:
    """Carries requests over the link of a session, and their answers back.

    Attributes:
        link: the open link, or None.
        seconds: how long a synchronous call waits.
    """

    def __init__(self, dispatcher: Dispatcher) -> None:
        self.link: Link | None = None
        self.seconds = DEFAULT_SECONDS
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
        waiting.at_once = waiting.at_once or self._dispatcher.relaxed
        if not waiting.at_once and self._dispatcher.on_push_thread():
            raise WouldDeadlock(method)
        future: Future[Any] = Future()
        waiting.future = future
        self._send(link, waiting)
        try:
            return future.result(self.seconds)
        except TimeoutError:
            if self._dispatcher.give_up(waiting):
                raise RequestTimeout(method, self.seconds) from None
            return future.result()

    def send(
        self,
        method: str,
        account: StockAccount | None,
        arguments: Mapping[str, Any],
        listener: Callable[[Any], Any] | None = None,
    ) -> int:
        """Send a request and return its seq; the answer goes to `listener` or the callback.

        Raises:
            NotConnected: no link.
        """
        link = self._open_link(method)
        with self._dispatcher.gate:
            waiting = self._new(method, account, arguments)
            waiting.listener = listener
            self._send(link, waiting)
            waiting.returned = time.monotonic()
            return waiting.request.seq

    def _open_link(self, method: str) -> Link:
        link = self.link
        if link is None or not self._dispatcher.live:
            raise NotConnected(
                f"{method}: the session is not connected; call start() and connect()"
            )
        return link

    def _new(
        self, method: str, account: StockAccount | None, arguments: Mapping[str, Any]
    ) -> Waiting:
        kind, number = (account.account_type, account.account_id) if account else _NOBODY
        session = self._dispatcher.session
        request = Request(next(self._numbers), method, kind, number, arguments, session)
        return Waiting(request, CALLS.get(method, OTHER))

    def _send(self, link: Link, waiting: Waiting) -> None:
        self._dispatcher.expect(waiting)
        try:
            link.send(waiting.request)
        except BaseException:
            self._dispatcher.give_up(waiting)
            raise
