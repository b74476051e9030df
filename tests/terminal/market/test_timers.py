"""Calls at a market time: in order, once, whatever the steps of the host."""

from tests.terminal.market.makers import market
from xtnb.terminal.clock import DAY, MINUTE, SECOND, midnight


def heard(trading, *seconds):
    """Ask for calls so many seconds from now; returns the list they write to."""
    start, calls = trading.now(), []
    for after in seconds:
        trading.at(
            start + after * SECOND,
            lambda after=after: calls.append((after, (trading.now() - start) // SECOND)),
        )
    return calls


def test_calls_come_in_the_order_of_time_at_their_own_time():
    trading = market()
    calls = heard(trading, 30, 10, 20)

    trading.advance(trading.now() + 25 * SECOND)

    assert calls == [(10, 10), (20, 20)]
    trading.advance(trading.now() + 25 * SECOND)
    assert calls == [(10, 10), (20, 20), (30, 30)]


def test_calls_of_one_time_come_in_the_order_they_were_asked_for():
    trading = market(flow=False)
    calls = []
    for name in "cab":
        trading.at(trading.now() + SECOND, lambda name=name: calls.append(name))

    trading.advance(trading.now() + SECOND)

    assert calls == ["c", "a", "b"]


def test_a_time_that_has_passed_comes_with_the_next_step():
    trading = market(flow=False)
    calls = heard(trading, -5)

    trading.advance(trading.now())

    assert calls == [(-5, 0)]


def test_a_call_that_was_ended_does_not_come():
    trading = market(flow=False)
    calls = []
    forget = trading.at(trading.now() + SECOND, lambda: calls.append(1))

    forget()
    trading.advance(trading.now() + MINUTE)

    assert calls == []


def test_a_call_may_ask_for_the_next_one():
    trading = market(flow=False)
    times = []

    def again():
        times.append(trading.now())
        trading.at(trading.now() + 10 * SECOND, again)

    start = trading.now()
    trading.at(start + 10 * SECOND, again)
    trading.advance(start + 35 * SECOND)

    assert [(time - start) // SECOND for time in times] == [10, 20, 30]


def test_in_a_long_gap_calls_come_in_order_at_the_end_of_their_step():
    trading = market()
    calls = heard(trading, 3 * 3_600, 70)

    trading.advance(trading.now() + 6 * 3_600 * SECOND)

    assert [after for after, _ in calls] == [70, 3 * 3_600]
    assert all(0 <= came - after <= 60 for after, came in calls)


def test_a_call_for_midnight_comes_on_the_new_day_with_or_without_a_gap():
    days = []
    for steps in (1, 1_440):
        trading = market(start="2026-11-20 12:00:00", flow=False)
        night = midnight(trading.now()) + DAY
        trading.at(night, lambda trading=trading: days.append(trading.day().isoformat()))
        begin = trading.now()
        for step in range(1, steps + 1):
            trading.advance(begin + DAY * step // steps)

    assert days == ["2026-11-21", "2026-11-21"]


def test_what_a_call_raises_comes_out_and_the_next_step_goes_on():
    trading = market(flow=False)
    calls = []

    def fail():
        raise ValueError("broken")

    trading.at(trading.now() + SECOND, fail)
    trading.at(trading.now() + 2 * SECOND, lambda: calls.append(1))
    end = trading.now() + 5 * SECOND
    try:
        trading.advance(end)
    except ValueError as fault:
        calls.append(str(fault))
    trading.advance(end)

    assert calls == ["broken", 1]
