"""Connections that are dead without saying so, and ways that are slow."""

from __future__ import annotations

import time

import pytest

from tests.faults.desks import Trial
from tests.faults.network import DOWN, UP
from tests.faults.ways import LEASE, ME, Served
from tests.link.serving import until
from xtnb.errors import SessionError
from xtnb.live.connection import LinkState

FEW_SECONDS = 6.0


@pytest.fixture
def trial(tmp_path):
    trial = Trial(Served(tmp_path / "terminal", 1))
    yield trial
    trial.close()


@pytest.mark.parametrize("ways", [(UP,), (DOWN,), (UP, DOWN)], ids=["up", "down", "both"])
def test_a_half_open_connection_is_found_and_what_it_missed_is_told(trial, ways):
    states = []
    trial.connection.on_change(states.append)
    began = time.monotonic()

    trial.way.network.swallow(*ways)
    trial.elsewhere(200)
    until(lambda: LinkState.LOST in states, FEW_SECONDS)

    assert time.monotonic() - began < 2 * LEASE + 2
    trial.until_live()
    until(lambda: trial.heard, FEW_SECONDS)
    assert states[-2:] == [LinkState.RESYNCING, LinkState.LIVE]
    trial.check()


def test_a_slow_and_narrow_way_loses_nothing(trial):
    trial.way.network.slow(DOWN, delay=0.02, rate=60_000)
    trial.way.network.slow(UP, delay=0.02)
    for _ in range(30):
        trial.elsewhere(100)
    trial.buy(100, crossing=True)

    trial.check()

    fills = [one.traded_id for one in trial.way.other.query_stock_trades(ME)]
    assert trial.heard == fills


def test_what_came_while_the_network_was_away_is_told_when_it_is_back(trial):
    trial.way.network.down()
    trial.until_lost()
    trial.elsewhere(100)
    trial.way.network.up()

    trial.check()

    assert len(trial.heard) == 1


def test_at_a_terminal_that_has_restarted_no_comparison_passes_without_an_answer(trial):
    trial.way.restart()
    trial.elsewhere(200)  # at a server that knows no session

    try:
        trial.session.compare()
    except SessionError:
        trial.check()

    assert len(trial.desk._live.books.orders.by_key()) == 1


def test_what_a_restarted_terminal_did_before_anybody_was_back_is_told_in_its_place(trial):
    trial.buy(100, crossing=True)
    trial.way.restart()
    trial.elsewhere(200)  # at a server that nobody has subscribed yet

    until(lambda: len(trial.heard) == 2, 2 * FEW_SECONDS)

    trial.check()
