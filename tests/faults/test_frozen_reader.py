"""A session that stands still for a while: it misses nothing, and nobody waits for it."""

from __future__ import annotations

import threading
from contextlib import ExitStack

import pytest

from tests.faults.network import DOWN, Network
from tests.link.clients import Client
from tests.link.serving import address, nats_server, serve, trader_key, until
from tests.session.scripted import ScriptedLink, asset
from xtnb.link.nats import NatsLink
from xtnb.vocabulary.messages import PushKind
from xtnb.vocabulary.records import StockAccount

PUSHES = 6_000
NOBODY = StockAccount("1")


class Sluggish:
    """A callback that stands still from its first news on, until it is let go."""

    def __init__(self) -> None:
        self.goes = threading.Event()
        self.stands = threading.Event()

    def on_stock_asset(self, _: object) -> None:
        self.stands.set()
        self.goes.wait(60)


class Floor:
    """A terminal that pushes as fast as it is told to, and sessions at it."""

    def __init__(self, leaving: ExitStack) -> None:
        self.link = ScriptedLink(subscribe=0, query_account_status=[])
        self.server = serve(self.link, lease_seconds=3.0)
        self.server.start()
        leaving.callback(self.server.stop)
        self._leaving = leaving

    def join(self, number: int, where: str = "") -> Client:
        client = Client(NatsLink(where or address(self.server.name), trader_key()), number)
        self._leaving.callback(client.trader.stop)
        client.connect(subscribe=False)
        assert client.trader.subscribe(NOBODY) == 0
        return client

    def push(self, count: int) -> None:
        """Push so many, as fast as the link takes them."""
        for n in range(count):
            self.link.say(self.link.push(PushKind.ASSET, asset(float(n))))
        self.link.quiet()

    def keeps_nothing(self) -> bool:
        """Whether everything has left the server's memory."""
        return self.server._news._publisher.waiting == 0 and not self.server._news._outbox._pushes


@pytest.fixture
def leaving():
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def floor(leaving):
    return Floor(leaving)


def whole(client: Client) -> bool:
    return client.numbers() == list(range(1, PUSHES + 1))


def test_a_session_whose_callback_stands_still_misses_nothing_and_keeps_nobody(floor, leaving):
    frozen, other = floor.join(1), floor.join(2)
    callback = Sluggish()
    leaving.callback(callback.goes.set)
    frozen.trader.register_callback(callback)

    floor.push(PUSHES)
    assert callback.stands.wait(10)
    until(lambda: whole(other), 30)  # while the other one stands still
    until(floor.keeps_nothing, 30)
    heard = len(frozen.pushes)
    callback.goes.set()
    until(lambda: whole(frozen), 30)

    assert heard <= 2
    until(lambda: other.trader._dispatcher._pushes.idle, 10)


def test_a_kernel_that_reads_nothing_is_left_behind_and_fetches_what_it_missed(floor, leaving):
    network = Network(nats_server().port)
    leaving.callback(network.close)
    other = floor.join(2)
    frozen = floor.join(1, f"nats://127.0.0.1:{network.port}/{floor.server.name}")

    network.hold(DOWN)
    floor.push(PUSHES)
    until(lambda: whole(other), 30)
    until(floor.keeps_nothing, 30)
    assert frozen.lost.wait(20)
    network.up()
    until(lambda: frozen.trader.connect() == 0, 20)
    until(lambda: whole(frozen), 30)

    assert frozen.link.resumed
    assert not other.lost.is_set()
