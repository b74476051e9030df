"""No bytes break what reads them: found at random, and by a search led by coverage."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS

ROOT = Path(__file__).resolve().parents[2]
SLOW = {"journal": 15, "log": 15, "address": 300}  # open a folder, or read all authorities
RUNS = 2_500


@st.composite
def edited(draw, sound: list[bytes]) -> bytes:
    """Bytes of which most are right."""
    data = bytearray(draw(st.sampled_from(sound)))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data)))
        data[at : at + draw(st.integers(0, 8))] = draw(st.binary(max_size=8))
    return bytes(data)


@pytest.mark.parametrize("name", TARGETS)
def test_what_is_right_is_taken_and_what_is_cut_short_breaks_nothing(name):
    target, sound = TARGETS[name]
    for data in sound:
        for size in {0, 1, len(data) // 2, len(data) - 1, len(data)}:
            target(data[:size])


@pytest.mark.parametrize("name", sorted(TARGETS.keys() - SLOW))
def test_whatever_bytes_arrive_are_taken_or_refused(name):
    target, sound = TARGETS[name]

    @given(st.binary(max_size=200) | edited(sound))
    def whatever(data: bytes) -> None:
        target(data)

    whatever()


@pytest.mark.skipif(
    not importlib.util.find_spec("atheris"), reason="atheris is not for this system"
)
@pytest.mark.parametrize("name", TARGETS)
def test_a_search_led_by_coverage_finds_nothing(name):
    told = [sys.executable, "-m", "tests.fuzz", name, str(SLOW.get(name, RUNS))]
    ran = subprocess.run(told, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr[-4000:]
    assert "number_of_executed_units" in ran.stderr
