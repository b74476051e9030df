"""A link to a cluster: which of its servers a session comes to."""

from __future__ import annotations

import pytest

from tests.link.clients import Client
from tests.link.serving import Proxy, nats_server, trader_key
from xtnb.link.address import parse, shuffled
from xtnb.link.nats import NatsLink


@pytest.fixture
def ways(leaving):
    """Two ways to the nats-server, as if it were two."""
    ways = [Proxy(nats_server().port) for _ in range(2)]
    for way in ways:
        leaving.callback(way.close)
    return ways


@pytest.fixture
def client(server, ways, leaving):
    hosts = ",".join(f"127.0.0.1:{way.port}" for way in ways)
    link = NatsLink(f"nats://{hosts}/{server.name}", trader_key(), order=tuple)
    client = Client(link).connect()
    leaving.callback(client.trader.stop)
    return client


def port(client: Client) -> int:
    return client.link._life.server.port


def test_servers_are_tried_in_the_order_that_is_asked_for(client, ways):
    assert port(client) == ways[0].port


def test_the_server_that_was_lost_is_tried_last(client, ways):
    for here, there in (ways, ways[::-1]):
        here.cut()
        assert client.lost.wait(10)
        client.lost.clear()
        client.connect(subscribe=False)

        assert port(client) == there.port


def test_each_of_a_clusters_servers_is_the_first_of_some_sessions():
    servers = parse("nats://127.0.0.1:1,127.0.0.1:2,127.0.0.1:3/main").servers

    orders = [shuffled(servers) for _ in range(300)]

    assert {order[0] for order in orders} == set(servers)
    assert all(sorted(order, key=str) == sorted(servers, key=str) for order in orders)
