"""The file of limits and the kill switch: what holds while nobody can tell, and for how long."""

from __future__ import annotations

import pytest

from xtnb.errors import RefusalCode, Refused
from xtnb.link.limits import FILE, LimitsFile
from xtnb.rules.limits import Limits


@pytest.mark.parametrize("besides", [False, True])
def test_a_folder_that_cannot_be_looked_at_lets_nothing_through(tmp_path, besides):
    hidden = tmp_path / ("x" * 300)  # longer than a name may be
    limits = LimitsFile(tmp_path, hidden) if besides else LimitsFile(hidden)

    with pytest.raises(Refused, match="no order passes") as refused:
        limits.of("1")

    assert refused.value.code == RefusalCode.STOPPED


@pytest.mark.parametrize("save", ["truncate", "unlink"])
def test_a_file_that_is_being_saved_limits_as_before_for_some_seconds(tmp_path, save):
    seconds = [100.0]
    limits = LimitsFile(tmp_path, steady=lambda: seconds[0])
    path = tmp_path / FILE
    path.write_text("[every]\norder_volume = 100\n", encoding="utf-8")
    before = limits.of("1")

    path.write_bytes(b"") if save == "truncate" else path.unlink()
    held = [limits.of("1")]
    seconds[0] += 4.9
    held.append(limits.of("1"))
    seconds[0] += 0.2
    after = limits.of("1")

    assert [one is before for one in held] == [True, True]
    assert after == Limits()
    path.write_text("[every]\norder_volume = 300\n", encoding="utf-8")
    assert limits.of("1").order_volume == 300


def test_a_file_that_goes_again_and_again_holds_for_some_seconds_each_time(tmp_path):
    seconds = [100.0]
    limits = LimitsFile(tmp_path, steady=lambda: seconds[0])
    path = tmp_path / FILE
    for _ in range(3):
        path.write_text("[every]\norder_volume = 100\n", encoding="utf-8")
        assert limits.of("1").order_volume == 100
        path.unlink()
        seconds[0] += 4
        assert limits.of("1").order_volume == 100


def test_a_file_that_cannot_be_read_and_goes_lets_nothing_through_for_some_seconds(tmp_path):
    seconds = [100.0]
    limits = LimitsFile(tmp_path, steady=lambda: seconds[0])
    (tmp_path / FILE).write_text("[every", encoding="utf-8")
    with pytest.raises(Refused):
        limits.of("1")
    (tmp_path / FILE).unlink()

    with pytest.raises(Refused):
        limits.of("1")
    seconds[0] += 5
    assert limits.of("1") == Limits()


def test_a_file_that_says_the_same_leaves_its_limits_as_they_are(tmp_path):
    limits = LimitsFile(tmp_path)
    (tmp_path / FILE).write_text("[every]\norder_volume = 100\n", encoding="utf-8")
    before = limits.of("1")

    (tmp_path / FILE).write_text("# the same\n[every]\norder_volume = 100\n", encoding="utf-8")

    assert limits.of("1") is before


def test_without_a_file_nothing_is_limited_from_the_first_moment(tmp_path):
    assert LimitsFile(tmp_path).of("1") == Limits()
