"""`xtnb serve` is killed under load: what it had acknowledged is there when it is back."""

from __future__ import annotations

import itertools

import pytest

from tests.link.clients import ACCOUNT, Client
from tests.link.load import Load
from tests.link.serving import until
from tests.test_cli_serve import Served
from xtnb.link.keys import LOCAL, TRADER, KeyRing, User
from xtnb.link.nats import NatsLink
from xtnb.link.nkeys import Key
from xtnb.link.server import NatsServer
from xtnb.vocabulary.messages import PushKind


@pytest.fixture
def serve(tmp_path, monkeypatch, free_port):
    monkeypatch.setenv("XTNB_CONFIG", str(tmp_path / "config"))
    running: list[Served] = []

    def serve() -> Served:
        running.append(Served(tmp_path / "terminal", "--port", str(free_port)))
        return running[-1]

    yield serve
    for one in running:
        one.end()


def test_a_server_that_is_killed_keeps_every_acknowledged_order_and_every_push(serve):
    server = serve()
    address = server.address()
    key = KeyRing().key()
    trading, watching = (Client(NatsLink(address, key), number).connect() for number in (1, 2))
    trading.trader.set_timeout(2)
    load = Load(trading)

    for _ in range(2):
        enough = len(load.sure) + 50
        until(lambda enough=enough: len(load.sure) > enough, 60)
        server.process.kill()
        server.process.wait(30)
        server = serve()
        assert server.address() == address
    load.end()
    until(lambda: all(comes_back(one) for one in (trading, watching)), 30)

    orders = [order.order_id for order in trading.trader.query_stock_orders(ACCOUNT)]
    assert set(load.sure) <= set(orders)
    assert len(load.sure) == len(set(load.sure))
    assert len(orders) <= len(load.sure) + load.unknown
    for one in (trading, watching):
        numbers = one.settled()
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        told = [push.record.order_id for push in one.pushes if push.kind == PushKind.ORDER]
        assert told == orders
        epochs = [epoch for epoch, _ in itertools.groupby(push.epoch for push in one.pushes)]
        assert epochs == sorted(epochs)
        assert len(epochs) >= 2
        one.trader.stop()


def comes_back(client: Client) -> bool:
    return client.trader.connected or client.trader.connect() == 0


def test_a_nats_server_that_outlived_its_program_gives_way(tmp_path):
    key, own = Key.new(), Key.new()
    orphan = NatsServer(tmp_path, ["main"], own=own)
    orphan.start([User(LOCAL, key.public, TRADER)])

    server = NatsServer(tmp_path, ["main"], port=orphan.port, own=own)
    server.start([User(LOCAL, key.public, TRADER)])

    assert not orphan.running
    assert server.running
    server.stop()


def test_a_nats_server_that_was_still_starting_when_its_program_died_gives_way(
    tmp_path, monkeypatch, free_port
):
    key = Key.new()
    orphan = NatsServer(tmp_path, ["main"], port=free_port)
    monkeypatch.setattr(orphan, "_wait_for", die)
    monkeypatch.setattr(orphan, "stop", lambda: None)  # whoever was killed stops nothing
    with pytest.raises(Died):
        orphan.start([])

    server = NatsServer(tmp_path, ["main"], port=free_port)
    server.start([User(LOCAL, key.public, TRADER)])

    assert orphan._process.wait(30) is not None
    assert server.running
    assert server.port == free_port
    server.stop()


class Died(Exception):
    """In place of `kill -9`."""


def die(ports, said):
    raise Died


def test_a_new_link_of_the_same_process_takes_over_the_number_of_a_lost_one(join, proxy):
    first = join(1, proxy.port).connect()
    proxy.cut()
    assert first.lost.wait(10)

    second = join(1, proxy.port)

    assert second.trader.connect() == 0
