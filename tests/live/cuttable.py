"""A link to a real paper terminal that a test can cut, and mend again."""

from __future__ import annotations

import threading
from collections.abc import Callable

from xtnb.errors import NotConnected
from xtnb.link.base import ConnectResult, Link
from xtnb.vocabulary.messages import Push, PushKind, Reply, Request

SECONDS = 10.0


class CuttableLink:
    """Passes everything on until it is cut.

    While it is cut, `open` fails and nothing is heard. `lose_replies` lets requests
    through and drops the answers; `lose_requests` drops requests of a method without a
    word; `drop` drops pushes of a kind; `refuse` has a method answered with an error.
    """

    def __init__(self, inner: Link) -> None:
        self.inner = inner
        self.terminal = inner.terminal
        self.paper = inner.paper
        self.reason = ""
        self.cut_off = False
        self.lose_replies = False
        self.lose_requests: set[str] = set()
        self.drop: set[str] = set()
        self.refuse: set[str] = set()
        self.sent: list[Request] = []
        self.attempts = 0
        self.tried = threading.Event()
        self._deliver: Callable[[Reply | Push], None] | None = None

    def open(self, session: int, deliver: Callable[[Reply | Push], None]) -> int:
        self.attempts += 1
        self.tried.set()
        if self.cut_off:
            return ConnectResult.UNREACHABLE
        self._deliver = deliver
        return self.inner.open(session, self._heard)

    def send(self, request: Request) -> None:
        if self.cut_off or self._deliver is None:
            raise NotConnected("cut")
        self.sent.append(request)
        if request.method in self.refuse:
            request = request._replace(method="no_such_method")
        if request.method not in self.lose_requests:
            self.inner.send(request)

    def close(self) -> None:
        self._deliver = None
        self.inner.close()

    def cut(self) -> None:
        """Lose the link: one push says so, and nothing more is heard."""
        self.cut_off = True
        deliver, self._deliver = self._deliver, None
        self.inner.close()
        assert deliver is not None
        deliver(Push(self.terminal, 1, 0, PushKind.DISCONNECTED, 0, "", None))

    def mend(self) -> None:
        self.cut_off = False
        self.lose_replies = False
        self.lose_requests.clear()

    def _heard(self, item: Reply | Push) -> None:
        deliver = self._deliver
        if deliver is None or (isinstance(item, Reply) and self.lose_replies):
            return
        if isinstance(item, Push) and item.kind in self.drop:
            return
        deliver(item)
