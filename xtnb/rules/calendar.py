"""Trading days, and the phases of one.

The three exchanges keep the same days. Closing days of 2024 to 2026 are those of
the exchanges' notices (data/calendar.json); of other years we know only the
weekends, so every weekday there counts as a trading day, and `knows` says so.

Dates and times are those of Shanghai. The paper market's default clock does not ask
this calendar: it trades on every day, around the clock.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from functools import cache

from xtnb.errors import InputError
from xtnb.rules.instruments import Instrument
from xtnb.rules.tables import load

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of the trading day; `start` belongs to it, `end` does not.

    Attributes:
        name: "open_call", "open_call_nocancel", "gap", "continuous", "lunch",
            "close_call" or "closed".
        zh, en: the name for people.
        submit, cancel: whether the exchange takes orders, and cancels.
        market_orders: whether it takes market orders.
        uncross: when the call auction is settled, None in other phases.
    """

    name: str
    zh: str
    en: str
    start: time
    end: time
    submit: bool
    cancel: bool
    market_orders: bool
    uncross: time | None = None


def knows(year: int) -> bool:
    """Whether the closing days of a year are listed."""
    return str(year) in load("calendar")["years"]


@cache
def _closed_days() -> dict[date, str]:
    closed = {}
    for year in load("calendar")["years"].values():
        for row in year["closed"]:
            day, end = date.fromisoformat(row["from"]), date.fromisoformat(row["to"])
            while day <= end:
                closed[day] = row["name"]
                day += _DAY
    return closed


def holiday(day: date) -> str | None:
    """The holiday that closes the exchanges on a day, in Chinese, if one does."""
    return _closed_days().get(date(day.year, day.month, day.day))  # day may be a datetime


def is_trading_day(day: date) -> bool:
    """A weekday that no listed holiday closes."""
    return day.weekday() < 5 and holiday(day) is None


def next_trading_day(day: date) -> date:
    """The first trading day after `day`."""
    day += _DAY
    while not is_trading_day(day):
        day += _DAY
    return day


def previous_trading_day(day: date) -> date:
    """The last trading day before `day`."""
    day -= _DAY
    while not is_trading_day(day):
        day -= _DAY
    return day


def trading_days(start: date, end: date) -> list[date]:
    """The trading days from `start` to `end`, both included.

    Raises:
        InputError: end is before start.
    """
    if end < start:
        raise InputError("end", end, f"{start} or later")
    days = (start + timedelta(days=n) for n in range((end - start).days + 1))
    return [day for day in days if is_trading_day(day)]


def _at(text: str) -> time:
    return time.fromisoformat(text)


@cache
def phases() -> tuple[Phase, ...]:
    """The phases of a trading day in order. Source: exchange rules, as quoted by others."""
    return tuple(
        Phase(
            row["name"],
            row["zh"],
            row["en"],
            _at(row["from"]),
            _at(row["to"]),
            row["submit"],
            row["cancel"],
            row["market_orders"],
            _at(row["uncross"]) if "uncross" in row else None,
        )
        for row in load("calendar")["phases"]["rows"]
    )


_CLOSED = ("closed", "休市", "closed")


def phase_of(moment: time, instrument: Instrument | None = None, day: date | None = None) -> Phase:
    """The phase of a trading day at a time of day.

    Args:
        moment: time of day in Shanghai.
        instrument, day: Shanghai funds had no closing call before 2026-07-06; without
            both, today's phases are meant.
    """
    every = phases()
    for phase in every:
        if phase.start <= moment < phase.end:
            if phase.name == "close_call" and _trades_on(instrument, day):
                return replace(_continuous(), start=phase.start, end=phase.end)
            return phase
    before = moment < every[0].start
    start = time.min if before else every[-1].end
    end = every[0].start if before else time.max
    return Phase(*_CLOSED, start, end, submit=False, cancel=False, market_orders=False)


def _continuous() -> Phase:
    return next(phase for phase in phases() if phase.name == "continuous")


def _trades_on(instrument: Instrument | None, day: date | None) -> bool:
    """Whether continuous trading goes on until 15:00: Shanghai funds, in the past."""
    if instrument is None or day is None:
        return False
    since = date.fromisoformat(load("calendar")["phases"]["shanghai_funds_closing_call"]["from"])
    return instrument.kind == "etf" and instrument.market == "SH" and day < since
