"""Rests between attempts that fail: ever longer ones, and never all at the same moment."""

from __future__ import annotations

import random
import time
from collections.abc import Callable


class Rests:
    """See above. The first attempt, and the first after one that went well, is due at once.

    Args:
        shortest, longest: seconds, of which each rest is cut short by up to half.
        now: a clock that never goes back.
        chance: 0 to 1.
    """

    def __init__(
        self,
        shortest: float,
        longest: float,
        now: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._shortest, self._longest = shortest, longest
        self._now, self._chance = now, chance
        self._next = shortest
        self._until: float | None = None

    @property
    def over(self) -> bool:
        """Whether the next attempt is due."""
        return self._until is None or self._now() >= self._until

    def tried(self, well: bool) -> None:
        """An attempt has ended."""
        if well:
            self._next, self._until = self._shortest, None
            return
        self._until = self._now() + self._next * (0.5 + self._chance() / 2)
        self._next = min(self._longest, self._next * 2)
