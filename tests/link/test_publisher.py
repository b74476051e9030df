"""How long pushes gather before the stream gets them."""

from __future__ import annotations

import pytest

from xtnb.link.nats import _PATIENCE
from xtnb.link.publisher import gather_seconds, rest_seconds


@pytest.mark.parametrize(
    ("since", "waiting", "seconds"),
    [
        (60.0, 1, 0.005),  # after a quiet while
        (0.025, 1, 0.005),
        (0.005, 1, 0.020),  # in a steady stream a batch begins each 25 ms
        (0.0, 499, 0.025),
        (0.0, 500, 0.0),  # a full batch waits for nothing
        (60.0, 200_000, 0.0),
    ],
)
def test_a_steady_stream_gathers_longer_and_a_full_batch_not_at_all(since, waiting, seconds):
    assert gather_seconds(since, waiting) == pytest.approx(seconds)


def test_a_row_is_stored_before_a_session_would_fetch_it():
    assert gather_seconds(0.0, 1) < _PATIENCE / 2


@pytest.mark.parametrize(
    ("faults", "seconds"), [(1, 0.0), (2, 0.3), (3, 0.6), (6, 4.8), (7, 5.0), (10**6, 5.0)]
)
def test_what_cannot_be_stored_is_tried_again_at_once_and_then_less_and_less(faults, seconds):
    assert rest_seconds(faults) == pytest.approx(seconds)
