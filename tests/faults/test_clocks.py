"""Two clocks that differ by minutes: who may trade can, and what is too late is refused."""

from __future__ import annotations

import time
from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contract import house
from tests.faults.network import UP, Network
from tests.link.clients import ACCOUNT, ORDER, Client
from tests.link.serving import nats_server, serve, trader_key
from xtnb.errors import RequestTimeout
from xtnb.link.local import PaperHost
from xtnb.link.nats import NatsLink
from xtnb.link.skew import TheirClock
from xtnb.vocabulary.messages import Request
from xtnb.xttrader import XtQuantTrader

MINUTE = 60 * 1_000_000_000
SKEWS = pytest.mark.parametrize("skew", [-2 * MINUTE, 2 * MINUTE], ids=["behind", "ahead"])


class Machine:
    """A terminal on a machine with a clock of its own, and a client here."""

    def __init__(self, skew: int, leaving: ExitStack) -> None:
        def wall() -> int:
            return time.time_ns() + skew

        market = house.market()
        self.host = PaperHost(
            market, lambda name: house.every_account(name, market), None, {}, wall
        )
        server = serve(self.host.link("served"), now=wall)
        server.start()
        leaving.callback(server.stop)
        self.network = Network(nats_server().port)
        leaving.callback(self.network.close)
        self._where = f"nats://127.0.0.1:{self.network.port}/{server.name}"
        self._leaving = leaving

    def trader(self, session: int = 1) -> XtQuantTrader:
        client = Client(NatsLink(self._where, trader_key()), session).connect()
        self._leaving.callback(client.trader.stop)
        return client.trader


@pytest.fixture
def machine(skew):
    with ExitStack() as leaving:
        yield Machine(skew, leaving)


@SKEWS
def test_a_client_whose_clock_is_minutes_off_can_trade(machine):
    assert machine.trader().order_stock(*ORDER) > 0


@SKEWS
def test_an_order_that_arrives_after_its_end_is_refused_whatever_the_clocks_say(machine):
    trader = machine.trader()
    machine.network.hold(UP)
    trader.set_timeout(0.3)
    with pytest.raises(RequestTimeout, match="the outcome is unknown"):
        trader.order_stock(*ORDER)
    trader.set_timeout(0)

    machine.network.flow()

    assert trader.query_stock_orders(ACCOUNT) == []  # asked after it, so it has arrived


@SKEWS
def test_an_order_is_valid_no_longer_because_the_way_is_slow(machine):
    machine.network.slow(UP, delay=0.4)
    trader = machine.trader()
    trader.set_timeout(0.2)

    with pytest.raises(RequestTimeout):
        trader.order_stock(*ORDER)

    trader.set_timeout(0)
    assert trader.query_stock_orders(ACCOUNT) == []


@given(
    st.integers(-(10**15), 10**15),
    st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**9)), min_size=1, max_size=9),
    st.integers(-(10**12), 10**12),
)
def test_a_moment_is_never_told_too_late_nor_earlier_than_one_round_trip(skew, trips, step):
    steady, wall = [10**12], [10**18]
    clock = TheirClock(lambda: steady[0], lambda: wall[0])

    def theirs() -> int:
        return steady[0] + 10**18 + skew

    def goes(ns: int) -> None:
        steady[0] += ns
        wall[0] += ns

    for there, back in trips:
        asked = steady[0]
        goes(there)
        said = theirs()
        goes(back)
        clock.heard(asked, said, steady[0])
    wall[0] += step  # this machine's clock is put right meanwhile

    in_a_second = clock.their_time(wall[0] + 10**9)

    shortest = min(there + back for there, back in trips)
    assert theirs() + 10**9 - shortest <= in_a_second <= theirs() + 10**9


def test_a_clock_that_was_put_right_is_believed_at_once():
    clock = TheirClock(lambda: 100, lambda: 1_000)
    clock.heard(100, 5_000, 101)
    clock.heard(100, 2_000, 110)

    assert clock.their_time(1_010) == 2_000 - 110 + 100 + 10


def test_what_has_no_end_has_none_elsewhere():
    clock = TheirClock()
    clock.heard(0, 5, 1)

    assert clock.their_time(0) == 0
    assert Request(1, "query_stock_asset", 2, "1", {}).valid_until == 0
