"""When a contract is traded."""

import pytest

from xtnb.errors import RefusalCode, Refused
from xtnb.rules.sessions import check_session, second_of_day, shown

NIGHT = ("21:00-02:30", "09:00-10:15", "10:30-11:30", "13:30-15:00")


def at(text):
    hours, minutes, seconds = map(int, text.split(":"))
    return hours * 3_600 + minutes * 60 + seconds


@pytest.mark.parametrize("time", ["21:00:00", "23:59:59", "00:00:00", "02:29:59", "09:00:00"])
def test_an_order_inside_a_session_passes(time):
    check_session("au2702.SF", NIGHT, at(time))


@pytest.mark.parametrize("time", ["02:30:00", "08:59:59", "10:15:00", "12:00:00", "20:59:59"])
def test_an_order_outside_the_sessions_is_refused_with_time_and_sessions(time):
    with pytest.raises(Refused) as refused:
        check_session("au2702.SF", NIGHT, at(time))

    assert refused.value.code == RefusalCode.CLOSED
    assert time in refused.value.en
    assert "21:00-02:30、09:00-10:15" in refused.value.zh


def test_an_unknown_time_refuses_nothing():
    check_session("au2702.SF", NIGHT, -1)


def test_the_second_of_the_day_is_that_of_shanghai():
    assert shown(second_of_day(0)) == "08:00:00"
    assert shown(second_of_day(57_599 * 10**9)) == "23:59:59"
    assert second_of_day(57_600 * 10**9) == 0
