"""The clocks, and what day it is in Shanghai."""

from datetime import UTC, date, datetime

import pytest

from xtnb.errors import InputError
from xtnb.terminal.clock import (
    DAY,
    SECOND,
    SHANGHAI,
    HandClock,
    OpenClock,
    at,
    day_of,
    day_start,
    local,
    midnight,
)


def test_a_hand_clock_stands_until_it_is_moved():
    clock = HandClock("2026-11-20 09:30:00")
    start = clock.now()

    clock.set(start + SECOND)

    assert clock.now() == start + SECOND
    assert local(start) == datetime(2026, 11, 20, 9, 30, tzinfo=SHANGHAI)


def test_a_hand_clock_does_not_go_back():
    clock = HandClock()

    with pytest.raises(InputError):
        clock.set(clock.now() - 1)


def test_an_open_clock_follows_its_source_but_never_back():
    times = iter([100, 200, 150, 300])
    clock = OpenClock(lambda: next(times))

    assert [clock.now(), clock.now(), clock.now()] == [200, 200, 300]


def test_a_start_may_be_text_a_datetime_or_nanoseconds():
    ns = HandClock("2026-11-20 09:30:00").now()

    assert HandClock(datetime(2026, 11, 20, 9, 30)).now() == ns
    assert HandClock(datetime(2026, 11, 20, 1, 30, tzinfo=UTC)).now() == ns
    assert HandClock(ns).now() == ns


@pytest.mark.parametrize("start", ["noon", "", None, True, 5, 1.5, "1980-01-01"])
def test_what_is_no_time_is_an_input_error(start):
    with pytest.raises(InputError, match="start"):
        HandClock(start)


def test_days_begin_at_midnight_in_shanghai():
    last = at("2026-11-20 23:59:59.999999")
    first = at("2026-11-21 00:00:00")

    assert (day_of(last), day_of(first)) == (date(2026, 11, 20), date(2026, 11, 21))
    assert midnight(first) == first == day_start(date(2026, 11, 21))
    assert midnight(last) == first - DAY


def test_a_moment_keeps_its_microseconds():
    assert local(at("2026-11-20 09:30:00.123456")).microsecond == 123456
