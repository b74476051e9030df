"""What is under way at a served terminal: so much of each session, and no more.

A program that sends faster than the terminal answers must hear so at once. Otherwise
its requests would wait in a line that only grows, every other session would wait behind
them, and its own orders would be carried out long after it wanted them. Cancels have
room of their own: they go through when everything else is full.
"""

from __future__ import annotations

from collections import Counter, OrderedDict

from xtnb.errors import RefusalCode
from xtnb.link.desks import Asked
from xtnb.link.once import NOTHING
from xtnb.vocabulary.messages import Reply, Request

MOST_UNDER_WAY = 5_000
_REMEMBERED = 20_000
_CANCELS = frozenset({"cancel_order_stock", "cancel_order_stock_sysid"})


class UnderWay:
    """The requests of all sessions that wait for the terminal. Used under one lock.

    Args:
        most: of one session at once, and as many cancels.
    """

    def __init__(self, most: int = MOST_UNDER_WAY) -> None:
        self.most = most
        self._asked: dict[int, Asked] = {}
        self._own: dict[int, Request] = {}  # of the server itself
        self._told: OrderedDict[int, Asked] = OrderedDict()  # answered; pushes may still come
        self._count: Counter[tuple[int, bool]] = Counter()

    def add(self, seq: int, asked: Asked) -> bool:
        """A request goes to the terminal under that number; False when it is one too many."""
        whose = _whose(asked)
        if self._count[whose] >= self.most:
            return False
        self._count[whose] += 1
        self._asked[seq] = asked
        return True

    def add_own(self, seq: int, request: Request) -> None:
        """A request of the server's own goes to the terminal under that number."""
        self._own[seq] = request

    def own(self, seq: int) -> Request | None:
        """The server's own request of that number, if it is one that was not popped."""
        return self._own.get(seq)

    def pop(self, seq: int) -> Asked | None:
        """It was answered, or never went."""
        self._own.pop(seq, None)
        asked = self._asked.pop(seq, None)
        if asked is not None:
            whose = _whose(asked)
            self._count[whose] -= 1
            if not self._count[whose]:
                del self._count[whose]
            self._told[seq] = asked
            if len(self._told) > _REMEMBERED:
                self._told.popitem(last=False)
        return asked

    def get(self, seq: int) -> Asked | None:
        """Who asked under that number, lately."""
        return self._asked.get(seq) or self._told.get(seq)

    def clear(self) -> None:
        """Nobody will answer them any more."""
        self._asked.clear()
        self._own.clear()
        self._count.clear()

    def refusal(self, request: Request) -> Reply:
        """What one more is answered with."""
        words = (
            f"本会话已有 {self.most} 笔请求未答复，本笔未执行 / {self.most} requests of this "
            "session wait for their answers already; this one was not carried out"
        )
        return Reply(0, NOTHING.get(request.method), words, int(RefusalCode.LIMITED))


def _whose(asked: Asked) -> tuple[int, bool]:
    return asked.fence, asked.request.method in _CANCELS
