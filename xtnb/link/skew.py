"""How the clock of another machine stands to this one's, from questions and answers.

Two machines may differ by minutes. A request says until when it is valid by the clock
of whoever asks, and the terminal compares that with its own: so the end is said in the
terminal's time. What is not known, half a round trip or so, is taken off, never added:
a request may end a little early, and never late. This machine's wall clock may be put
right meanwhile: what is measured is its monotonic one.
"""

from __future__ import annotations

import time
from collections.abc import Callable


class TheirClock:
    """The clock at the other end of a link.

    Args:
        steady: ns of a clock that never goes back.
        wall: ns since the epoch, as requests say when they end.
    """

    def __init__(
        self,
        steady: Callable[[], int] = time.monotonic_ns,
        wall: Callable[[], int] = time.time_ns,
    ) -> None:
        self.steady = steady
        self._wall = wall
        self._bounds: tuple[int, int] | None = None

    def heard(self, asked: int, theirs: int, answered: int) -> None:
        """It said `theirs` between two moments of the steady clock, in ns all of them."""
        low, high = theirs - answered, theirs - asked
        if self._bounds is not None:
            both = max(low, self._bounds[0]), min(high, self._bounds[1])
            if both[0] <= both[1]:
                low, high = both
            # otherwise one of the clocks was put right: what was known before is of no use
        self._bounds = low, high

    def their_time(self, moment: int) -> int:
        """A moment of this machine's wall clock by the other one, or a little before it.

        0, which is no moment, stays 0; so does everything while nothing was heard.
        """
        if not moment or self._bounds is None:
            return moment
        return max(1, moment - self._wall() + self.steady() + self._bounds[0])
