"""What is under way to a MiniQMT, the place of its answer, and how long it may take."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, NamedTuple

from xtnb.link.vendor_calls import Call
from xtnb.vocabulary.messages import Request


@dataclass(frozen=True, slots=True)
class Limits:
    """How long each thing may take, in seconds, and the clocks that say so.

    Attributes:
        connect: until `connect` of the vendor's returns.
        answer: until a request counts as unanswered.
        cancel: until the order of an unanswered cancel is looked at, and looked at again.
        told: until an order is answered with the number that news of it had.
        inner: until a question of the link's own does.
        send: until the next request is sent although this one still hangs.
        rest: between two sessions with one terminal.
        patience: between two attempts to connect, once some have not returned.
        now: a clock that never goes back.
        wall: nanoseconds since the epoch.
        pause: waits so many seconds.
    """

    connect: float = 30.0
    answer: float = 30.0
    cancel: float = 4.0
    told: float = 2.0
    inner: float = 5.0
    send: float = 5.0
    rest: float = 3.0
    patience: float = 600.0
    now: Callable[[], float] = time.monotonic
    wall: Callable[[], int] = time.time_ns
    pause: Callable[[float], None] = time.sleep


class News(NamedTuple):
    """A push that has no number yet."""

    kind: str
    account_type: int
    account_id: str
    record: Any
    session: int = 0
    seq: int = 0


class Slot:
    """The place of a reply among the pushes, taken when its answer came, filled a moment later.

    A synchronous call of the vendor's reads its answer on the thread that waits for it;
    until then the pushes behind it must wait.
    """

    def __init__(self) -> None:
        self._filled = threading.Event()
        self._lock = threading.Lock()
        self._items: list[Any] = []
        self._given_up = False

    def fill(self, items: list[Any]) -> bool:
        """Put in what belongs here. False when nobody waits for it any more."""
        with self._lock:
            self._items = items
            self._filled.set()
            return not self._given_up

    def take(self, seconds: float) -> list[Any]:
        """What was put in; nothing when it took too long."""
        self._filled.wait(seconds)
        with self._lock:
            self._given_up = not self._filled.is_set()
            return self._items


class Asked:
    """A request under way.

    Attributes:
        request: the request.
        call: how it is made; None where the link makes it by itself.
        deadline: when it is seen to, on the link's clock.
        until: when it counts as unanswered.
        tag: the mark of an order in the broker's remark; "" for other requests.
        sent: set once the vendor's client has it, so that the next may follow.
        future: where the vendor's synchronous call waits.
        found: the terminal's own answer to such a call.
        slot: the place of its reply.
        held: news of its order that came before its answer.
        repeats: requests with the same key that came meanwhile.
        done: it was answered, or counts as unanswered.
        again: it has no answer, and the terminal is looked at for what became of it.
        inner: the link asks on its own behalf meanwhile.
        numbered: the vendor gave it its number, and sends it next.
    """

    __slots__ = (
        "again",
        "call",
        "deadline",
        "done",
        "found",
        "future",
        "held",
        "inner",
        "numbered",
        "repeats",
        "request",
        "sent",
        "slot",
        "tag",
        "until",
    )

    def __init__(self, request: Request, call: Call | None, deadline: float, tag: str = "") -> None:
        self.request = request
        self.call = call
        self.deadline = self.until = deadline
        self.tag = tag
        self.sent = threading.Event()
        self.future: Future[Any] | None = None
        self.found: Any = None
        self.slot: Slot | None = None
        self.held: list[News] = []
        self.repeats: list[Request] = []
        self.done = False
        self.again = False
        self.inner = False
        self.numbered = False

    @property
    def account(self) -> tuple[int, str]:
        return self.request.account_type, self.request.account_id
