"""Counts: what accounts have ordered, of which their limits leave them only so much.

One is shared by all links to a terminal, so that a second session has no second quota.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from xtnb.rules.limits import Counted, Limits, by_count

_MINUTE = 60 * 1_000_000_000
_SHANGHAI = 8 * 3600
_DAY = 86_400

Account = tuple[int, str]


@dataclass
class _Day:
    """What an account has been asked for today, counted for limits as they were then."""

    day: int
    limits: Limits
    orders: int = 0
    value: float = 0.0
    old: bool = False  # others may have ordered since


class Counts:
    """Orders of this minute and of today, by account. On any thread.

    Args:
        now: ns since the epoch.
        steady: ns of a clock that is never put right.
    """

    def __init__(
        self, now: Callable[[], int] = time.time_ns, steady: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self._now = now
        self._steady = steady
        self._lock = Lock()
        self._days: dict[Account, _Day] = {}
        self._minutes: dict[Account, deque[int]] = {}

    def forget(self) -> None:
        """A session has come: what was ordered today is asked for again."""
        with self._lock:
            for day in self._days.values():
                day.old = True

    def known(self, account: Account, limits: Limits) -> bool:
        """Whether today's orders are counted for these limits."""
        with self._lock:
            day = self._of(account, limits)
            return day is not None and not day.old

    def begin(self, account: Account, limits: Limits, orders: int, value: float) -> None:
        """Take over what was ordered today, as it was asked for; unless it is known."""
        with self._lock:
            day = self._of(account, limits)
            if day is None:
                self._days[account] = _Day(self._day(), limits, orders, value)
            elif day.old:  # what was refused counts too, and nobody can be asked for it
                day.orders, day.value = max(day.orders, orders), max(day.value, value)
                day.old = False

    def so_far(self, account: Account, limits: Limits) -> Counted:
        """What was ordered until now."""
        with self._lock:
            return self._so_far(account, limits)

    def take(self, account: Account, limits: Limits, value: float) -> None:
        """Count one order more.

        Raises:
            Refused: it is one too many, or too much; it is not counted.
        """
        with self._lock:
            by_count(limits, self._so_far(account, limits), value)
            day = self._of(account, limits)
            if day is None:
                day = self._days[account] = _Day(self._day(), limits)
            self._minutes.setdefault(account, deque()).append(self._steady())
            day.orders += 1
            day.value += value

    def _so_far(self, account: Account, limits: Limits) -> Counted:
        minute, now = self._minutes.get(account, deque()), self._steady()
        while minute and minute[0] <= now - _MINUTE:
            minute.popleft()
        day = self._of(account, limits)
        return Counted(len(minute), day.orders, day.value) if day else Counted(len(minute))

    def _of(self, account: Account, limits: Limits) -> _Day | None:
        found = self._days.get(account)
        fits = found is not None and found.day == self._day() and found.limits is limits
        return found if fits else None

    def _day(self) -> int:
        return (self._now() // 1_000_000_000 + _SHANGHAI) // _DAY
