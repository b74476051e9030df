"""Who serves a terminal is killed while notebooks trade, at marked points and at random.

Over `xtnb serve FOLDER` and `xtnb serve --vendor FOLDER`. 20 random kills by default,
200 of the 500 with `XTNB_KILLS=500`.
"""

from __future__ import annotations

import os
from random import Random

import pytest

from tests.durable.going_on import WAYS, GoingOn

KILLS = int(os.environ.get("XTNB_KILLS", "50")) // 5
BLOCK = 10


@pytest.fixture(params=WAYS)
def serving(request, tmp_path, free_port, monkeypatch):
    monkeypatch.setenv("XTNB_CONFIG", str(tmp_path / "config"))
    serving = WAYS[request.param](tmp_path, free_port, tmp_path)
    yield serving
    serving.end()


@pytest.fixture
def going_on(serving):
    with GoingOn(serving, 1) as going_on:
        yield going_on


def test_killed_at_each_marked_point_nothing_is_lost_or_doubled(going_on):
    going_on.endure(f"{point}:8" for point in going_on.serving.points)

    going_on.check()


@pytest.mark.parametrize("block", range(-(-KILLS // BLOCK)))
def test_killed_at_random_moments_nothing_is_lost_or_doubled(going_on, block):
    chance, points = Random(block), going_on.serving.points
    going_on.endure(
        chance.choice((chance.randint(-20, 30), f"{chance.choice(points)}:{chance.randint(1, 15)}"))
        for _ in range(BLOCK)
    )

    going_on.check()
