"""Which contract months are listed on a day, and the last day of each.

A month is written as in codes, "2701" for January 2027. A contract is listed up to and
including its last day; on the next calendar day the exchange's cycle brings another
month instead, so that what is listed once stays listed until it expires.

The last days follow the usual rules of the exchanges by our calendar (U), which
does not know the holidays of 2027 and later. The years are those from 2000 to 2099.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from typing import Any, NamedTuple

from xtnb.rules.calendar import is_trading_day, previous_trading_day

DEMO_DAY = date(2026, 11, 20)  # where a clock moved by hand starts; the references are of that day

_DAY = timedelta(days=1)


class Cycle(NamedTuple):
    """How an exchange lists months.

    Attributes:
        months: 1 to 12, that can be the nearest ones; nearest: how many of them are listed.
        more, then: months that can follow those, and how many of these.
    """

    months: tuple[int, ...]
    nearest: int
    more: tuple[int, ...] = ()
    then: int = 0


def cycle_of(row: dict[str, Any]) -> Cycle:
    """A cycle as the data files write it."""
    more = tuple(row.get("more", ()))
    return Cycle(tuple(row["months"]), row["count"], more, row.get("then", 0))


def listed_months(cycle: Cycle, day: date, rule: str) -> list[str]:
    """The months that are listed on a day, nearest first.

    Args:
        cycle: how the exchange lists them.
        day: any calendar day.
        rule: of their last day; see `last_day`.
    """
    found: list[str] = []
    year, number = day.year, day.month
    while len(found) < cycle.nearest + cycle.then:
        month = f"{year % 100:02d}{number:02d}"
        wanted = cycle.months if len(found) < cycle.nearest else cycle.more
        if number in wanted and last_day(month, rule) >= day:
            found.append(month)
        year, number = (year, number + 1) if number < 12 else (year + 1, 1)
    return found


@cache
def last_day(month: str, rule: str) -> date:
    """The last trading day of a month, by the exchange's usual rule. U."""
    return _RULES[rule](date(2000 + int(month[:2]), int(month[2:]), 1))


def _open_from(day: date) -> date:
    while not is_trading_day(day):
        day += _DAY
    return day


def _nth_weekday(first: date, weekday: int, nth: int) -> date:
    return _open_from(first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1)))


def _nth_trading_day(first: date, nth: int) -> date:
    day = _open_from(first)
    for _ in range(nth - 1):
        day = _open_from(day + _DAY)
    return day


def _before(first: date) -> date:
    """The first day of the month before."""
    return (first - _DAY).replace(day=1)


def _nth_last_before(first: date, nth: int) -> date:
    """A trading day of the month before, counted from its end."""
    day = first
    for _ in range(nth):
        day = previous_trading_day(day)
    return day


_RULES: dict[str, Callable[[date], date]] = {
    "fifteenth": lambda first: _open_from(first + timedelta(days=14)),
    "tenth": lambda first: _nth_trading_day(first, 10),
    "third_friday": lambda first: _nth_weekday(first, 4, 3),
    "second_friday": lambda first: _nth_weekday(first, 4, 2),
    "fourth_wednesday": lambda first: _nth_weekday(first, 2, 4),
    "month_before": previous_trading_day,
    "third_of_month_before": lambda first: _nth_trading_day(_before(first), 3),
    "fifth_of_month_before": lambda first: _nth_trading_day(_before(first), 5),
    "fifth_last_of_month_before": lambda first: _nth_last_before(first, 5),
}
