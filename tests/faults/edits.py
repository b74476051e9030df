"""What may happen to messages on their way, by chance that a seed repeats."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from random import Random

from tests.faults.network import Frame
from xtnb.link.codec import CodecError, decode
from xtnb.vocabulary.messages import Reply

LATE = 0.05  # seconds: so late that later ones overtake it


def is_push(frame: Frame) -> bool:
    """Whether a message is a push that is told live."""
    return frame.subject.endswith(".live")


def is_reply(frame: Frame) -> bool:
    """Whether a message answers a request of the API."""
    if not frame.subject.startswith("xtnb.inbox."):
        return False
    try:
        return isinstance(decode(frame.body), Reply)
    except CodecError:
        return False


class Mischief:
    """Drops, doubles and delays, each about as often as `share` says, of the pushes alone.

    While `lose_replies` is set, no answer to a request arrives.
    """

    def __init__(self, seed: int, drop: float = 0.1, double: float = 0.1, late: float = 0.1):
        self._chance = Random(seed)
        self._shares = (drop, double, late)
        self._lock = threading.Lock()
        self.lose_replies = False
        self.count = [0, 0, 0]

    def __call__(self, frame: Frame) -> Iterable[float]:
        if self.lose_replies and is_reply(frame):
            return ()
        return self.lateness() if is_push(frame) else (0.0,)

    def lateness(self) -> tuple[float, ...]:
        """When copies of the next message arrive: nothing, once, twice, or late."""
        with self._lock:
            chosen, below = self._chance.random(), 0.0
            for place, (share, ways) in enumerate(
                zip(self._shares, ((), (0.0, 0.0), (LATE,)), strict=True)
            ):
                below += share
                if chosen < below:
                    self.count[place] += 1
                    return ways
        return (0.0,)


def loses(method_subject: str):
    """Drops what is sent to a subject that ends like this."""
    return lambda frame: () if frame.subject.endswith(method_subject) else (0.0,)
