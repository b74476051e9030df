"""Replies and pushes put back into the one order in which the terminal made them.

They come over different ways: replies to whoever asked, pushes live to all, and
from the stream what was lost. Whatever the ways do, drop, double, reorder or
delay, what leaves here is what a `LocalLink` would have delivered:

- pushes in the order of their numbers, each once;
- a push that was made after a reply of ours, after that reply;
- a reply that was made after a push, after that push;
- an account's pushes from the answer to `subscribe` on, until that to `unsubscribe`.

A reply that never comes holds pushes back for a few seconds and no longer.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from xtnb.link.base import Deliver
from xtnb.link.codec import CodecError, decode
from xtnb.link.protocol import TO_THE_REQUESTER, whose
from xtnb.vocabulary.messages import Push, Reply, Request

_log = logging.getLogger("xtnb.link")

HOLD_SECONDS = 5.0
_MOST_AHEAD = 20_000
_SUBSCRIBE, _UNSUBSCRIBE = "subscribe", "unsubscribe"


class Came(NamedTuple):
    """A push as it arrived: its number, its account as in the subject, its bytes.

    `causes` are our requests that were answered just before it was made; `ours`
    says whether it is about a request of ours.
    """

    number: int
    account: str
    data: bytes
    causes: tuple[int, ...] = ()
    ours: bool = False


@dataclass
class _Asked:
    """A request of ours whose answer was not delivered; `after` once it has come."""

    method: str
    account: str
    after: int | None = None
    holds: bool = True  # until it has been waited for long enough

    @property
    def subscribes(self) -> bool:
        return self.method in (_SUBSCRIBE, _UNSUBSCRIBE)


class Merge:
    """One life of a link. Safe on any thread; `deliver` is called under its lock.

    Args:
        deliver: where the items go.
        done: number of the last push that was delivered, or that was before us.
        accounts: what is subscribed already, as `whose` writes it.
        now: seconds, for what waits too long.
    """

    def __init__(
        self,
        deliver: Deliver,
        done: int,
        accounts: set[str] | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.done = done
        self.accounts = accounts if accounts is not None else set()
        self._deliver = deliver
        self._now = now
        self._next = done + 1  # the number that is to arrive next
        self._known = done  # the highest number that is known to exist
        self._ready: deque[Came] = deque()
        self._ahead: dict[int, Came] = {}
        self._asked: dict[int, _Asked] = {}
        self._replies: deque[tuple[float, Reply]] = deque()
        self._blocked: float | None = None  # since when the next push waits for a reply
        self._behind: float | None = None  # since when a push is missing
        self._ended = False
        self._lock = threading.RLock()

    # -- what goes in ------------------------------------------------------------------------

    def expect(self, request: Request) -> None:
        """A request is about to be sent."""
        asked = _Asked(request.method, whose(request.account_type, request.account_id))
        with self._lock:
            self._asked[request.seq] = asked

    def forget(self, seq: int) -> None:
        """It was not sent."""
        with self._lock:
            self._asked.pop(seq, None)
            self._run()

    def push(self, came: Came) -> bool:
        """A push arrived; False when it leaves a gap that must be fetched."""
        with self._lock:
            number = came.number
            waits = self._ready or self._replies or (self._asked and self._holders(came))
            if number == self._next > self._known and not waits:
                self._known = number  # nothing is missing and nothing waits: the usual case
                self._next += 1
                self._hand_push(came)
                return True
            self._known = max(self._known, number)
            if number == self._next:
                self._ready.append(came)
                self._next += 1
                while (after := self._ahead.pop(self._next, None)) is not None:
                    self._ready.append(after)
                    self._next += 1
                self._run()
            elif number > self._next and len(self._ahead) < _MOST_AHEAD:
                self._ahead.setdefault(number, came)
            self._look_behind()
            return self._next > number

    def reply(self, reply: Reply) -> None:
        """A reply arrived."""
        with self._lock:
            asked = self._asked.get(reply.seq)
            if asked is None or asked.after is not None:
                return  # doubled on the way, or given up
            asked.after = reply.after
            if reply.after <= self.done and not self._ready and not self._replies:
                self._hand_reply(reply)  # the usual case
                return
            self._known = max(self._known, reply.after)
            self._replies.append((self._now(), reply))
            self._run()
            self._look_behind()

    def known(self, number: int) -> None:
        """Pushes exist up to that number."""
        with self._lock:
            self._known = max(self._known, number)
            self._look_behind()

    def aside(self, push: Push) -> None:
        """A push without a place in the order, such as a quote."""
        with self._lock:
            self._hand(push)

    def end(self, last: Push | None) -> None:
        """Deliver this one, and nothing after it."""
        with self._lock:
            if last is not None:
                self._hand(last)
            self._ended = True

    # -- what is missing ---------------------------------------------------------------------

    def missing(self, patience: float) -> tuple[int, int] | None:
        """First and last number to fetch, when some have been missing for so long."""
        with self._lock:
            if self._behind is None or self._now() - self._behind < patience:
                return None
            return self._next, self._known

    def _look_behind(self) -> None:
        if self._known < self._next:
            self._behind = None
        elif self._behind is None:
            self._behind = self._now()

    def tick(self) -> None:
        """Let go what has waited too long."""
        with self._lock:
            late = self._now() - HOLD_SECONDS
            if self._blocked is not None and self._blocked < late and self._ready:
                head = self._ready[0]
                for seq in self._holders(head):
                    _log.warning("request %s was not answered; its pushes go on", seq)
                    self._asked[seq].holds = False
                self._run()
            while self._replies and self._replies[0][0] < late:
                _log.warning("pushes up to %s are late", self._replies[0][1].after)
                self._hand_reply(self._replies.popleft()[1])
                self._run()

    # -- what comes out ------------------------------------------------------------------------

    def _run(self) -> None:
        moved = True
        while moved:
            moved = self._run_replies()
            while self._ready and not self._holders(self._ready[0]):
                self._hand_push(self._ready.popleft())
                moved = True
                if self._replies and self._replies[0][1].after <= self.done:
                    break
        if not self._ready:
            self._blocked = None
        elif self._blocked is None:
            self._blocked = self._now()

    def _run_replies(self) -> bool:
        """Hand over the replies, as they came, whose pushes have all been."""
        moved = False
        waiting: deque[tuple[float, Reply]] = deque()
        while self._replies:
            since, reply = self._replies.popleft()
            if reply.after <= self.done:
                self._hand_reply(reply)
                moved = True
            else:
                waiting.append((since, reply))
        self._replies = waiting
        return moved

    def _holders(self, came: Came) -> list[int]:
        """Our requests whose answers come before that push."""
        if not self._asked:
            return []
        return [
            seq
            for seq, asked in self._asked.items()
            if asked.holds
            and (seq in came.causes or (asked.subscribes and asked.account == came.account))
            and (asked.after is None or asked.after < came.number)
        ]

    def _hand_reply(self, reply: Reply) -> None:
        asked = self._asked.pop(reply.seq, None)
        if asked is not None and asked.subscribes and reply.value == 0 and not reply.error:
            change = self.accounts.add if asked.method == _SUBSCRIBE else self.accounts.discard
            change(asked.account)
        self._hand(reply)

    def _hand_push(self, came: Came) -> None:
        self.done = came.number
        mine = came.account in self.accounts
        if not mine and not came.ours:
            return
        try:
            push = decode(came.data)
        except CodecError as fault:
            _log.error("push %s cannot be read: %s", came.number, fault)
            return
        if not isinstance(push, Push):
            _log.error("push %s is none", came.number)
        elif mine or push.kind in TO_THE_REQUESTER:
            self._hand(push)

    def _hand(self, item: Reply | Push) -> None:
        if self._ended:
            return
        try:
            self._deliver(item)
        except Exception:
            _log.exception("the session could not take %s", type(item).__name__)
