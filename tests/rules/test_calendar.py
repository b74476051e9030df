"""Trading days, and the phases of one."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtnb.errors import InputError
from xtnb.rules import calendar
from xtnb.rules.instruments import find

days = st.dates(date(2020, 1, 1), date(2030, 12, 31))


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (date(2024, 2, 8), date(2024, 2, 19)),
        (date(2024, 9, 30), date(2024, 10, 8)),
        (date(2025, 1, 27), date(2025, 2, 5)),
        (date(2025, 9, 30), date(2025, 10, 9)),
        (date(2026, 2, 13), date(2026, 2, 24)),
        (date(2026, 6, 18), date(2026, 6, 22)),
        (date(2026, 9, 30), date(2026, 10, 8)),
    ],
)
def test_a_holiday_lies_between_two_trading_days(start, end):
    assert calendar.next_trading_day(start) == end
    assert calendar.previous_trading_day(end) == start
    assert calendar.trading_days(start, end) == [start, end]


@pytest.mark.parametrize(("year", "count"), [(2024, 242), (2025, 243), (2026, 242)])
def test_a_known_year_has_its_number_of_trading_days(year, count):
    assert calendar.knows(year)
    assert len(calendar.trading_days(date(year, 1, 1), date(year, 12, 31))) == count


def test_a_weekend_on_which_offices_work_is_no_trading_day():
    assert not calendar.is_trading_day(date(2026, 2, 28))
    assert not calendar.is_trading_day(date(2026, 10, 10))


def test_a_holiday_is_named():
    assert calendar.holiday(date(2026, 2, 17)) == "春节"
    assert calendar.holiday(date(2026, 11, 20)) is None


def test_a_datetime_counts_as_its_day():
    assert not calendar.is_trading_day(datetime(2026, 2, 17, 10, 30))
    assert calendar.is_trading_day(datetime(2026, 11, 20, 10, 30))


def test_in_an_unlisted_year_every_weekday_trades_and_we_say_so():
    assert not calendar.knows(2030)
    assert calendar.is_trading_day(date(2030, 10, 1))
    assert not calendar.is_trading_day(date(2030, 10, 5))


@given(day=days)
def test_next_and_previous_are_neighbours(day):
    following = calendar.next_trading_day(day)

    assert calendar.is_trading_day(following)
    assert calendar.trading_days(day + timedelta(days=1), following) == [following]
    if calendar.is_trading_day(day):
        assert calendar.previous_trading_day(following) == day


def test_a_range_that_ends_before_it_starts_is_an_error():
    with pytest.raises(InputError, match="end"):
        calendar.trading_days(date(2026, 2, 2), date(2026, 2, 1))


@pytest.mark.parametrize(
    ("moment", "name", "submit", "cancel", "market_orders"),
    [
        ("09:14:59", "closed", False, False, False),
        ("09:15", "open_call", True, True, False),
        ("09:20", "open_call_nocancel", True, False, False),
        ("09:25", "gap", False, False, False),
        ("09:30", "continuous", True, True, True),
        ("11:29:59", "continuous", True, True, True),
        ("11:30", "lunch", False, False, False),
        ("13:00", "continuous", True, True, True),
        ("14:57", "close_call", True, False, False),
        ("15:00", "closed", False, False, False),
        ("00:00", "closed", False, False, False),
        ("23:59:59", "closed", False, False, False),
    ],
)
def test_the_phase_at_each_boundary(moment, name, submit, cancel, market_orders):
    phase = calendar.phase_of(time.fromisoformat(moment))

    assert phase.name == name
    assert (phase.submit, phase.cancel, phase.market_orders) == (submit, cancel, market_orders)


def test_call_auctions_are_settled_when_they_end():
    settled = {phase.name: phase.uncross for phase in calendar.phases() if phase.uncross}

    assert settled == {"open_call_nocancel": time(9, 25), "close_call": time(15)}


def test_the_phases_follow_one_another():
    every = calendar.phases()

    assert [phase.end for phase in every[:-1]] == [phase.start for phase in every[1:]]
    for phase in every:
        assert calendar.phase_of(phase.start) == phase


def test_shanghai_funds_have_a_closing_call_since_july_2026():
    late, fund = time(14, 58), find("510300.SH")

    assert calendar.phase_of(late, fund, date(2026, 7, 3)).name == "continuous"
    assert calendar.phase_of(late, fund, date(2026, 7, 6)).name == "close_call"
    assert calendar.phase_of(late, find("600000.SH"), date(2026, 7, 3)).name == "close_call"
    assert calendar.phase_of(late, find("159915.SZ"), date(2026, 7, 3)).name == "close_call"
