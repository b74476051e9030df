"""A cluster of three nats-servers of which one dies under load."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import ExitStack, suppress

import pytest

from tests.link.clients import ACCOUNT, ORDER, Client
from tests.link.load import Load
from tests.link.serving import until
from xtnb.endpoints import paper_host
from xtnb.errors import XtnbError
from xtnb.link.jetstream import Span, call, span
from xtnb.link.keys import LOCAL, TRADER, User
from xtnb.link.nats import NatsLink
from xtnb.link.nkeys import Key
from xtnb.link.serve import TerminalServer
from xtnb.link.server import Cluster, NatsServer
from xtnb.link.wire import Wire
from xtnb.vocabulary.messages import PushKind

SIZE = 3


@pytest.fixture
def leaving():
    with ExitStack() as stack:
        yield stack


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


@pytest.fixture
def cluster(tmp_path, leaving):
    """Three servers that know each other, with a leader, and the clients' key."""
    key, own = Key.new(), Key.new()
    ports = free_ports(2 * SIZE)
    routes = [f"nats-route://127.0.0.1:{port}" for port in ports[:SIZE]]
    servers = [
        NatsServer(
            *(tmp_path / f"{place}", ["main"], "127.0.0.1", ports[SIZE + place]),
            cluster=Cluster("xtnb", ports[place], routes),
            own=own,
        )
        for place in range(SIZE)
    ]
    for server in servers:
        server.start([User(LOCAL, key.public, TRADER)])
        leaving.callback(server.stop)
    until(lambda: all(len(known_to(server)) == SIZE for server in servers), 60)
    wire = Wire([servers[0].address], own)
    wire.connect()
    until(lambda: has_leader(wire), 60)
    wire.close()
    return servers, key


def known_to(server: NatsServer) -> list[str]:
    """The servers of the cluster that a server has a way to, and itself."""
    return server._info().get("connect_urls", [])


def has_leader(wire: Wire) -> bool:
    stream = "XTNB_main"
    with suppress(XtnbError):
        call(wire, f"STREAM.INFO.{stream}")
    try:
        call(wire, f"STREAM.CREATE.{stream}", {"name": stream, "num_replicas": SIZE})
    except XtnbError:
        return False
    call(wire, f"STREAM.DELETE.{stream}")
    return True


@pytest.mark.parametrize("victim", ["the client's server", "the terminal's server"])
def test_a_server_that_dies_under_load_loses_and_doubles_nothing(cluster, leaving, victim):
    servers, key = cluster
    addresses = [server.address for server in servers]
    link = paper_host(seed=5, clock="hand").link("cluster")
    terminal = TerminalServer(
        link, "main", [addresses[1], addresses[2]], servers[0].own, replicas=SIZE, lease_seconds=3
    )
    until(lambda: started(terminal), 60)
    leaving.callback(terminal.stop)
    hosts = [f"127.0.0.1:{address.port}" for address in addresses]

    def client(number: int, first: int) -> Client:
        order = hosts[first:] + hosts[:first]
        address = f"nats://{','.join(order)}/main"
        made = Client(NatsLink(address, key, order=tuple), number)
        leaving.callback(made.trader.stop)
        join(made)
        made.trader.set_timeout(5)
        return made

    trading, watching = client(1, 0), client(2, 2)
    load = Load(trading)
    leaving.callback(load.end)
    until(lambda: len(load.sure) > 100, 60)

    servers[0 if victim == "the client's server" else 1].kill()
    before = len(load.sure)
    until(lambda: len(load.sure) > before + 100, 60)
    load.end()
    found = answer(trading, lambda: trading.trader.query_stock_orders(ACCOUNT))
    orders = [order.order_id for order in found]
    assert set(load.sure) <= set(orders)
    assert len(load.sure) <= len(orders) <= len(load.sure) + load.unknown
    last = terminal.last
    for one in (trading, watching):
        until(lambda one=one: answer(one, one.settled)[-1:] == [last], 90)
        numbers = one.numbers()
        assert numbers == list(range(numbers[0], last + 1))
        told = [push.record.order_id for push in one.pushes if push.kind == PushKind.ORDER]
        assert told == orders
    assert terminal._news.drain(30)


def test_one_server_of_three_is_enough_to_trade_and_what_it_could_not_store_is_stored_later(
    cluster, leaving
):
    """Alone it can elect nobody, so that no stream and no bucket can be written or asked."""
    servers, key = cluster
    link = paper_host(seed=5, clock="hand").link("cluster")
    terminal = TerminalServer(
        *(link, "main", [server.address for server in servers], servers[0].own),
        replicas=SIZE,
        lease_seconds=3,
    )
    until(lambda: started(terminal), 60)
    leaving.callback(terminal.stop)
    hosts = ",".join(f"127.0.0.1:{server.port}" for server in servers)
    links = [NatsLink(f"nats://{hosts}/main", key, order=tuple) for _ in range(3)]
    clients = [Client(link, number) for number, link in enumerate(links, 1)]
    for client in clients:
        leaving.callback(client.trader.stop)
    first, second, third = clients
    join(first)
    join(second)
    first.trader.order_stock(*ORDER)
    until(lambda: first.settled() == second.settled() == [1, 2])

    for server in servers[:2]:
        server.kill()
    assert first.lost.wait(30)
    assert second.lost.wait(30)
    until(lambda: comes_back(first), 60)
    first.trader.order_stock(*ORDER)
    until(lambda: comes_back(second), 60)
    third.connect()
    third.trader.order_stock(*ORDER)

    assert second.link.resumed
    for client, heard in ((first, 6), (second, 6), (third, 2)):
        until(lambda client=client, heard=heard: client.settled() == [1, 2, 3, 4, 5, 6][-heard:])
        assert len(client.trader.query_stock_orders(ACCOUNT)) == 3
    assert not terminal._news.drain(0)
    servers[0].start([User(LOCAL, key.public, TRADER)])
    assert terminal._news.drain(60)
    wire = Wire([servers[2].address], servers[2].own)
    wire.connect()
    leaving.callback(wire.close)
    assert span(wire, "XTNB_main") == Span(1, 6)


def started(terminal: TerminalServer) -> bool:
    try:
        terminal._connect()
    except XtnbError:
        return False
    terminal._begin()
    return True


def join(client: Client) -> None:
    """Connect once the client's server has heard of the terminal, which is at another."""
    until(lambda: client.trader.connect() == 0)
    client.connect()


def comes_back(client: Client) -> bool:
    return client.trader.connected or client.trader.connect() == 0


def answer(client: Client, ask: Callable[[], list]) -> list:
    """What a client is told, once it is back; a loss that it finds out just now is one more."""
    found = []

    def asked() -> bool:
        with suppress(XtnbError):
            found.append(ask() if comes_back(client) else None)
        return bool(found) and found[-1] is not None

    until(asked, 90)
    return found[-1]
