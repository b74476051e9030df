"""Another gateway, in one file: what a new `Link` takes to pass the contract.

It is written against `xtnb.link.base` and `xtnb.vocabulary` only, and knows nothing
of the other links. Behind it stands anything with `handle(request) -> Reply` and
`drain() -> pushes`; a broker's gateway would ask its own library there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, Protocol

from xtnb.errors import NotConnected
from xtnb.link.base import ConnectResult, Deliver
from xtnb.vocabulary.messages import Push, PushKind, Reply, Request

_ERRORS = (PushKind.ORDER_ERROR, PushKind.CANCEL_ERROR)


class Behind(Protocol):
    """What answers behind the gateway."""

    def handle(self, request: Request) -> Reply: ...
    def drain(self) -> list[Push]: ...


class Gateway:
    """One terminal, asked by one thread, and the sessions that are connected to it."""

    def __init__(self, name: str, behind: Behind) -> None:
        self.name = name
        self.behind = behind
        self.sessions: dict[int, ScriptedGatewayLink] = {}
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        threading.Thread(target=self._run, name="gateway", daemon=True).start()

    def link(self) -> ScriptedGatewayLink:
        """A new link to the terminal."""
        return ScriptedGatewayLink(self)

    def post(self, job: Callable[[], None]) -> None:
        """Do something on the gateway's thread, after what was posted before."""
        self._jobs.put(job)

    def call(self, job: Callable[[], Any]) -> Any:
        """The same, and wait for what it returns."""
        done: Future[Any] = Future()

        def run() -> None:
            try:
                done.set_result(job())
            except BaseException as fault:
                done.set_exception(fault)

        self.post(run)
        return done.result()

    def end(self) -> None:
        """End the thread."""
        self._jobs.put(None)

    def tell(self) -> None:
        """Hand each push to the sessions that may hear it."""
        for push in self.behind.drain():
            account = (push.account_type, push.account_id)
            for number, link in list(self.sessions.items()):
                asked = push.kind in _ERRORS and push.session == number
                if asked or account in link.accounts:
                    link.hand(push)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()


class ScriptedGatewayLink:
    """A link to a gateway's terminal. See `Link`."""

    paper = True

    def __init__(self, gateway: Gateway) -> None:
        self.terminal = gateway.name
        self.accounts: set[tuple[int, str]] = set()
        self.hand: Deliver = lambda item: None
        self._gateway = gateway
        self._session: int | None = None

    def open(self, session: int, deliver: Deliver) -> int:
        """Take the session's number, if nobody has it."""

        def join() -> int:
            if self._gateway.sessions.setdefault(session, self) is not self:
                return ConnectResult.SESSION_IN_USE
            self.hand, self._session = deliver, session
            return ConnectResult.OK

        return int(self._gateway.call(join))

    def send(self, request: Request) -> None:
        """Queue a request for the gateway's thread."""
        if self._session is None:
            raise NotConnected(f"{request.method}: the gateway is not open")
        self._gateway.post(lambda: self._carry(request))

    def close(self) -> None:
        """Give the number back, and hear nothing more."""

        def leave() -> None:
            if self._session is not None:
                del self._gateway.sessions[self._session]
                self._session = None
                self.hand = lambda item: None
                self.accounts.clear()

        if threading.current_thread().name == "gateway":
            leave()
        else:
            self._gateway.call(leave)

    def _carry(self, request: Request) -> None:
        """The reply first, then what follows from it."""
        reply = self._gateway.behind.handle(request)
        account = (request.account_type, request.account_id)
        if request.method == "subscribe" and reply.value == 0:
            self.accounts.add(account)
        elif request.method == "unsubscribe":
            if account not in self.accounts:
                reply = Reply(request.seq, -1, "the account was not subscribed")
            self.accounts.discard(account)
        self.hand(reply)
        self._gateway.tell()
