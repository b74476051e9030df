"""Time of the paper terminal: nanoseconds since the epoch, told by a clock that is handed in.

There are two clocks. A `HandClock` stands still until someone moves it, so a
test or a notebook says what time it is. An `OpenClock` reads a source of time,
such as `time.time_ns`, and never goes back even when its source does.

Days and labels are those of Shanghai, which has been eight hours ahead of UTC
all year since 1992; no time zone data is read.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Protocol

from xtnb.errors import InputError

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
MS = 1_000_000
SECOND = 1_000_000_000
MINUTE = 60 * SECOND
DAY = 86_400 * SECOND

_OFFSET = 8 * 3_600 * SECOND
_EPOCH = date(1970, 1, 1).toordinal()
_EARLIEST = datetime(1990, 1, 1, tzinfo=SHANGHAI)
_FORM = "a time since 1990, such as '2026-11-20 09:30:00', a datetime, or ns since the epoch"


class Clock(Protocol):
    """Something that knows the time."""

    def now(self) -> int:
        """Nanoseconds since the epoch, UTC. Never less than the time before."""
        ...


class HandClock:
    """A clock that a test or a notebook moves by hand.

    Args:
        start: a text such as "2026-11-20 09:30:00" or a datetime, both Shanghai
            time unless the datetime says otherwise; or ns since the epoch.

    Raises:
        InputError: not a time.
    """

    def __init__(self, start: datetime | str | int = "2026-11-20 09:30:00") -> None:
        self._now = at(start, "start")

    def now(self) -> int:
        """The time it was set to, ns since the epoch."""
        return self._now

    def set(self, ns: int) -> None:
        """Move to a later time. Only the market's host calls this.

        Raises:
            InputError: a time before the present one.
        """
        if ns < self._now:
            raise InputError("ns", ns, f"a time not before {self._now}")
        self._now = ns


class OpenClock:
    """A clock that follows a source of time and never goes back.

    Args:
        read: tells ns since the epoch, such as `time.time_ns`.
    """

    def __init__(self, read: Callable[[], int]) -> None:
        self._read = read
        self._last = read()

    def now(self) -> int:
        """The source's time, or the latest that was told when the source went back."""
        self._last = max(self._last, self._read())
        return self._last


def at(time: datetime | str | int, argument: str = "time") -> int:
    """A moment as ns since the epoch. A text or a naive datetime is Shanghai time.

    Raises:
        InputError: not a time, or one before 1990.
    """
    moment: datetime | None = None
    if isinstance(time, int) and not isinstance(time, bool):
        if time >= _ns(_EARLIEST):
            return time
    elif isinstance(time, str):
        try:
            moment = datetime.fromisoformat(time)
        except ValueError:
            moment = None
    elif isinstance(time, datetime):
        moment = time
    if moment is None:
        raise InputError(argument, time, _FORM)
    moment = moment.replace(tzinfo=SHANGHAI) if moment.tzinfo is None else moment
    if moment < _EARLIEST:
        raise InputError(argument, time, _FORM)
    return _ns(moment)


def _ns(moment: datetime) -> int:
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds * 1_000


def local(ns: int) -> datetime:
    """The moment in Shanghai, to the microsecond."""
    whole, rest = divmod(ns, SECOND)
    return datetime.fromtimestamp(whole, SHANGHAI).replace(microsecond=rest // 1_000)


def day_of(ns: int) -> date:
    """The calendar day in Shanghai."""
    return date.fromordinal(_EPOCH + (ns + _OFFSET) // DAY)


def midnight(ns: int) -> int:
    """The beginning of that moment's day in Shanghai, ns since the epoch."""
    return (ns + _OFFSET) // DAY * DAY - _OFFSET


def day_start(day: date) -> int:
    """The beginning of a day in Shanghai, ns since the epoch."""
    return (day.toordinal() - _EPOCH) * DAY - _OFFSET
