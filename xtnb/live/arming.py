"""Arming: whether a click or a cell may trade on a terminal with real money.

On a paper terminal there is nothing to arm. On a live one every desk starts
disarmed. A click arms it, for a while; a lost link, the end of the kernel and time
disarm it. No code arms: else Run All would trade again what was traded yesterday.
A cell that is to trade gives its order a key, with which it is one order however
often the cell runs.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from time import monotonic, time

from xtnb.errors import InputError, NotArmed

SECONDS = 900.0


class Arming:
    """Whether orders may go out.

    Args:
        live: whether the terminal's money is real.
        clock: seconds that only rise, and may stand still while the computer sleeps.
        wall: seconds since the epoch, which may be put right. The time is up by whichever
            is first.
    """

    def __init__(
        self,
        live: bool,
        clock: Callable[[], float] = monotonic,
        wall: Callable[[], float] = time,
    ) -> None:
        self.live = live
        self._clocks = clock, wall
        self._until = 0.0, 0.0
        self._lock = Lock()
        self._listeners: list[Callable[[], None]] = []

    @property
    def armed(self) -> bool:
        """Whether a click trades now."""
        return not self.live or self.left > 0

    @property
    def left(self) -> float:
        """Seconds until it disarms itself; 0.0 when it is disarmed, or paper."""
        if not self.live:
            return 0.0
        ends = zip(self._until, self._clocks, strict=True)
        return max(0.0, min(until - clock() for until, clock in ends))

    def arm(self, seconds: float = SECONDS) -> None:
        """Let clicks trade for a while. For the handler of a click, and for nobody else.

        Raises:
            InputError: not above 0, or above an hour.
        """
        if not 0 < seconds <= 3600:
            raise InputError("seconds", seconds, "above 0 and at most 3600")
        with self._lock:
            first, second = (clock() + seconds for clock in self._clocks)
            self._until = first, second
        self._tell()

    def disarm(self) -> None:
        """Let nothing trade by a click until somebody arms it again."""
        with self._lock:
            self._until = 0.0, 0.0
        self._tell()

    def check_click(self) -> None:
        """Raise NotArmed when a click may not trade now."""
        if not self.armed:
            raise NotArmed(
                "实盘未解锁：请先点“解锁交易”",
                "this is a live account and trading is locked: click Unlock trading first",
            )

    def check_cell(self, key: str) -> None:
        """Raise NotArmed when an order of a cell has no key on a live terminal."""
        if self.live and not key:
            raise NotArmed(
                "实盘下单须带 key，如 desk.buy(..., key='2026-11-20-建仓-1')；"
                "同一 key 无论运行多少次只下一次单",
                "an order by code on a live account needs a key, such as "
                "desk.buy(..., key='2026-11-20-open-1'): the same key is one order, "
                "however often the cell runs",
            )

    def on_change(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener()` when it is armed or disarmed by hand; the result ends that.

        That time has run out is told to nobody: look at `left`.
        """
        self._listeners.append(listener)

        def forget() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return forget

    def _tell(self) -> None:
        for listener in list(self._listeners):
            listener()
