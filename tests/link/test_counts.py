"""What accounts have ordered: counted once, for all who are connected."""

from __future__ import annotations

import pytest

from xtnb.errors import Refused
from xtnb.link.counts import Counts
from xtnb.rules.limits import Counted, Limits

ME = (2, "1")
SECOND = 1_000_000_000
LIMITS = Limits(orders_a_minute=2, orders_a_day=3, value_a_day=1000.0)


class Clocks:
    """Two clocks that stand until a test moves them."""

    def __init__(self) -> None:
        self.time = 1_700_000_000 * SECOND
        self.steady = 0

    def pass_by(self, seconds: int) -> None:
        self.time += seconds * SECOND
        self.steady += seconds * SECOND


@pytest.fixture
def clocks():
    return Clocks()


@pytest.fixture
def counts(clocks):
    return Counts(lambda: clocks.time, lambda: clocks.steady)


def test_what_is_refused_is_not_counted(counts):
    counts.begin(ME, LIMITS, 1, 900.0)

    with pytest.raises(Refused, match="1,001 exceeds"):
        counts.take(ME, LIMITS, 101.0)
    counts.take(ME, LIMITS, 100.0)

    assert counts.so_far(ME, LIMITS) == Counted(1, 2, 1000.0)


def test_a_minute_and_a_day_pass(counts, clocks):
    counts.take(ME, LIMITS, 1.0)
    counts.take(ME, LIMITS, 1.0)
    with pytest.raises(Refused, match="of this minute"):
        counts.take(ME, LIMITS, 1.0)

    clocks.pass_by(61)
    assert counts.so_far(ME, LIMITS) == Counted(0, 2, 2.0)
    clocks.pass_by(86_400)

    assert counts.so_far(ME, LIMITS) == Counted()
    assert not counts.known(ME, LIMITS)


def test_a_new_session_has_the_day_asked_for_and_lowers_nothing(counts):
    counts.begin(ME, LIMITS, 0, 0.0)
    counts.take(ME, LIMITS, 10.0)  # refused by the terminal, so that nobody can be asked for it

    counts.forget()
    assert not counts.known(ME, LIMITS)
    counts.begin(ME, LIMITS, 0, 0.0)
    assert counts.so_far(ME, LIMITS) == Counted(1, 1, 10.0)

    counts.forget()
    counts.begin(ME, LIMITS, 2, 30.0)  # another program has ordered
    assert counts.so_far(ME, LIMITS) == Counted(1, 2, 30.0)


def test_limits_that_were_written_anew_count_the_day_anew(counts):
    counts.begin(ME, LIMITS, 2, 30.0)

    assert not counts.known(ME, Limits(orders_a_day=3))


def test_a_question_keeps_nothing_of_an_account_that_somebody_makes_up(counts):
    for number in range(100):
        counts.so_far((2, str(number)), LIMITS)

    assert (counts._minutes, counts._days) == ({}, {})
