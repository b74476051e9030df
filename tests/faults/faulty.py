"""A link between a session and its terminal on which requests, replies and pushes suffer."""

from __future__ import annotations

import threading
from collections.abc import Callable

from tests.faults.edits import Mischief
from xtnb.errors import NotConnected
from xtnb.link.base import ConnectResult, Link
from xtnb.vocabulary.messages import Push, PushKind, Reply, Request


class FaultyLink:
    """Passes everything on, except what a test has it lose.

    Attributes:
        cut_off: `open` fails; see `cut`.
        lose_replies: answers vanish.
        lose_orders: orders vanish on their way.
        mischief: what happens to pushes; None for nothing.
        on_send: hears each request before it goes.
    """

    def __init__(self, inner: Link, mischief: Mischief | None = None) -> None:
        self.inner = inner
        self.terminal, self.paper, self.reason = inner.terminal, inner.paper, ""
        self.cut_off = self.lose_replies = self.lose_orders = False
        self.mischief = mischief
        self.on_send: Callable[[Request], None] | None = None
        self._held: list[Request] | None = None
        self._deliver: Callable[[Reply | Push], None] | None = None
        self._late: list[Push] = []
        self._lock = threading.RLock()

    def open(self, session: int, deliver: Callable[[Reply | Push], None]) -> int:
        if self.cut_off:
            return ConnectResult.UNREACHABLE
        self._late.clear()
        result = self.inner.open(session, lambda item: self._heard(deliver, item))
        if result == ConnectResult.OK:
            self._deliver = deliver
        return result

    def send(self, request: Request) -> None:
        if self.on_send is not None:
            self.on_send(request)
        if self.cut_off or self._deliver is None:
            raise NotConnected("cut")
        with self._lock:
            if self._held is not None:
                self._held.append(request)
            elif not (self.lose_orders and request.method == "order_stock"):
                self.inner.send(request)

    def close(self) -> None:
        self._deliver = None
        self.inner.close()

    def cut(self) -> None:
        """Lose the link: one push says so, and nothing more is heard."""
        self.cut_off = True
        deliver, self._deliver = self._deliver, None
        self.inner.close()
        if deliver is not None:
            deliver(Push(self.terminal, 1, 0, PushKind.DISCONNECTED, 0, "", None))

    def mend(self) -> None:
        self.cut_off = self.lose_replies = self.lose_orders = False

    def hold(self) -> None:
        """Keep requests on their way until `flow`."""
        self._held = []

    def flow(self) -> None:
        """Let the requests arrive that were on their way."""
        with self._lock:
            held, self._held = self._held or [], None
            for request in held:
                self.inner.send(request)

    def _heard(self, deliver: Callable[[Reply | Push], None], item: Reply | Push) -> None:
        if self.cut_off or (isinstance(item, Reply) and self.lose_replies):
            return
        late, self._late = self._late, []
        if isinstance(item, Push) and self.mischief is not None:
            for delay in self.mischief.lateness():
                if delay:
                    self._late.append(item)  # the next one overtakes it
                else:
                    deliver(item)
        else:
            deliver(item)
        for push in late:
            deliver(push)
