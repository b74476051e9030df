"""How long one rests between attempts that fail."""

from __future__ import annotations

import pytest

from xtnb.link.rests import Rests


class Clock:
    at = 100.0

    def __call__(self) -> float:
        return self.at


def lengths(rests, clock, count):
    """How long it rests after each of so many attempts that fail."""
    found = []
    for _ in range(count):
        before = clock.at
        rests.tried(False)
        while not rests.over:
            clock.at += 0.125
        found.append(clock.at - before)
    return found


def test_the_first_attempt_is_due_at_once():
    assert Rests(0.25, 10.0).over


@pytest.mark.parametrize(
    ("chance", "wanted"),
    [
        (1.0, [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0]),
        (0.0, [0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 5.0, 5.0]),
    ],
)
def test_rests_grow_to_the_longest_and_chance_shortens_them_by_half_at_most(chance, wanted):
    clock = Clock()

    assert lengths(Rests(0.25, 10.0, clock, lambda: chance), clock, 8) == wanted


def test_after_an_attempt_that_went_well_it_begins_anew():
    clock = Clock()
    rests = Rests(0.25, 10.0, clock, lambda: 1.0)
    lengths(rests, clock, 5)
    rests.tried(False)
    rests.tried(True)

    assert rests.over
    assert lengths(rests, clock, 2) == [0.25, 0.5]
