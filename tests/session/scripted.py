"""A link that answers as a test tells it to, and sessions over it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from xtnb.errors import NotConnected
from xtnb.vocabulary.messages import Push, PushKind, Reply, Request
from xtnb.vocabulary.records import XtAsset, XtCancelError, XtOrder, XtOrderError

SECONDS = 5.0


class ScriptedLink:
    """Hands over what a test says, on a thread of its own, in the order in which it says it.

    Requests wait in `requests`. With `answers` a request is answered as soon as
    it comes: method -> value, or a function of the request that returns what to
    deliver.
    """

    terminal = "scripted"
    paper = True
    reason = ""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.sent: list[Request] = []
        self.requests: SimpleQueue[Request] = SimpleQueue()
        self.result = 0
        self.session = 0
        self.opened = 0
        self.closed = 0
        self.number = 0
        self._deliver: Callable[[Reply | Push], None] | None = None
        self._out: SimpleQueue[Reply | Push | threading.Event | None] = SimpleQueue()

    def open(self, session: int, deliver: Callable[[Reply | Push], None]) -> int:
        self.opened += 1
        if self.result == 0:
            self.session, self._deliver = session, deliver
            self._out = SimpleQueue()
            threading.Thread(target=self._run, args=(self._out, deliver), daemon=True).start()
        return self.result

    def send(self, request: Request) -> None:
        if self._deliver is None:
            raise NotConnected("not open")
        self.sent.append(request)
        answer = self.answers.get(request.method)
        if callable(answer):
            for item in answer(request):
                self.say(item)
        elif answer is not None:
            self.say(Reply(request.seq, answer))
        else:
            self.requests.put(request)

    def close(self) -> None:
        self.closed += 1
        if self._deliver is not None:
            self._deliver = None
            self._out.put(None)

    def next(self) -> Request:
        return self.requests.get(timeout=SECONDS)

    def say(self, *items: Reply | Push) -> None:
        for item in items:
            self._out.put(item)

    def answer(self, request: Request, value: Any, error: str = "") -> None:
        self.say(Reply(request.seq, value, error))

    def lose(self) -> None:
        """Lose the link: one push of it, and nothing after."""
        self.say(self.push(PushKind.DISCONNECTED, None))
        self._deliver = None
        self._out.put(None)

    def quiet(self) -> None:
        """Return once everything said so far has been delivered."""
        done = threading.Event()
        self._out.put(done)
        assert done.wait(SECONDS)

    def push(self, kind: str, record: Any, seq: int = 0, session: int | None = None) -> Push:
        self.number += 1
        whose = (self.session if seq else 0) if session is None else session
        return Push(self.terminal, 1, self.number, kind, 2, "1", record, whose, seq)

    def _run(self, out: SimpleQueue[Any], deliver: Callable[[Reply | Push], None]) -> None:
        while (item := out.get()) is not None:
            if isinstance(item, threading.Event):
                item.set()
            else:
                deliver(item)


class Diary:
    """A callback that writes everything down, and that tests can wait for."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, Any]] = []
        self.threads: set[str] = set()
        self.actions: dict[str, Callable[[Any], None]] = {}
        self._changed = threading.Condition()

    def __getattr__(self, name: str) -> Callable[..., None]:
        if not name.startswith("on_"):
            raise AttributeError(name)

        def note(record: Any = None) -> None:
            self.write(name, record)
            if action := self.actions.get(name):
                action(record)

        return note

    def write(self, name: str, record: Any = None) -> None:
        with self._changed:
            self.entries.append((name, record))
            self.threads.add(threading.current_thread().name)
            self._changed.notify_all()

    def names(self) -> list[str]:
        return [name for name, _ in self.entries]

    def wait(self, name: str, count: int = 1) -> Any:
        """The record of the count-th entry of that name, once it is there."""
        with self._changed:
            found = self._changed.wait_for(lambda: self.names().count(name) >= count, SECONDS)
            assert found, f"{name} did not come; there were {self.names()}"
            return [record for entry, record in self.entries if entry == name][count - 1]


def asset(cash: float = 1.0) -> XtAsset:
    return XtAsset("1", cash, 0.0, 0.0, cash)


def order(order_id: int, status: int = 50) -> XtOrder:
    return XtOrder(
        *("1", "600000.SH", order_id, f"S{order_id}", 0, 23, 200, 50, 10.5, 0, 0.0),
        *(status, "", "", "", 0, 48),
    )


def order_error(order_id: int, seq: int = 0) -> XtOrderError:
    return XtOrderError("1", order_id, 1006, "废单 / refused", seq=seq)


def cancel_error(order_id: int, order_sysid: str = "") -> XtCancelError:
    return XtCancelError("1", order_id, 0, order_sysid, 1021, "不可撤 / not cancellable")
