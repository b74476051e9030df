"""Pulse: how old a click is, told without a clock that browser and kernel share.

A page pings the kernel about once a second and is answered at once, on the thread that
takes clicks. A click that sends bears the name of the last ping that was answered, and
how long ago the answer came. What waited on a lost line, or for a frozen kernel, is
known by that, and is not sent. The browser's half is widgets/src/desk/pulse.ts.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from threading import Lock
from time import monotonic
from typing import Any

LATE_SECONDS = 5.0
KEPT_SECONDS = 60.0
DRIFT_SECONDS = 1.0
_UNTOLD = "无法得知何时确认，未发送 / it cannot be told how long ago this was confirmed: not sent"


class Beats:
    """When each ping came. Every method may be called on any thread.

    Args:
        clock: seconds that only rise.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._came: dict[str, float] = {}

    def note(self, beat: str) -> None:
        """A ping of that name has come."""
        with self._lock:
            now = self._clock()
            self._came[beat] = now
            for old in [one for one, at in self._came.items() if now - at > KEPT_SECONDS]:
                del self._came[old]

    def late(self, message: dict[str, Any]) -> str:
        """Why a click is too late to do anything, as "中文 / English"; "" when it is not.

        Args:
            message: `beat`, the ping that was answered last, and `since`, the milliseconds
                between that answer and the click; below 0 for a click that the page was slow
                to take.
        """
        beat, since = message.get("beat"), message.get("since")
        with self._lock:
            came = self._came.get(beat) if isinstance(beat, str) else None
            now = self._clock()
        if came is None or isinstance(since, bool) or not isinstance(since, int | float):
            return _UNTOLD
        age = now - came - since / 1000
        if not -DRIFT_SECONDS < age < inf:
            return _UNTOLD  # a click of the future
        if age <= LATE_SECONDS:
            return ""
        return (
            f"确认于 {age:.0f} 秒前，已过时，未发送 / confirmed {age:.0f} s ago, too late: not sent"
        )


beats = Beats()  # of this kernel: the views of a page share one pulse
