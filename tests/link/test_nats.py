"""A link to a cluster: which of its servers a session comes to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.link.clients import ACCOUNT, ORDER, Client
from tests.link.serving import Proxy, address, nats_server, serve, trader_key, until
from tests.session.scripted import ScriptedLink
from xtnb.errors import NotConnected, RequestTimeout
from xtnb.link.address import nearest_first, parse, shuffled
from xtnb.link.keys import LOCAL, TRADER, User
from xtnb.link.nats import NatsLink
from xtnb.link.serve import TerminalServer
from xtnb.link.server import NatsServer


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
    return client.link._life._wire.server.port


def test_servers_are_tried_in_the_order_that_is_asked_for(client, ways):
    assert port(client) == ways[0].port


def test_the_server_that_was_lost_is_tried_last(client, ways):
    for here, there in (ways, ways[::-1]):
        here.cut()
        assert client.lost.wait(10)
        client.lost.clear()
        client.connect(subscribe=False)

        assert port(client) == there.port


def test_a_number_is_taken_over_from_a_dead_link_also_when_the_first_try_fails(
    terminal, tmp_path, leaving
):
    key = trader_key()
    broker = NatsServer(tmp_path, ["main"])
    broker.start([User(LOCAL, key.public, TRADER)])
    leaving.callback(broker.stop)
    server = TerminalServer(terminal, "main", [broker.address], broker.own, lease_seconds=600)
    server.start()
    leaving.callback(server.stop)
    dead, heir = (Client(NatsLink(f"{broker.address}/main", key)) for _ in range(2))
    leaving.callback(heir.trader.stop)
    dead.connect()

    broker.kill()
    assert dead.lost.wait(10)
    assert heir.trader.connect() != 0
    broker.start([User(LOCAL, key.public, TRADER)])

    until(lambda: heir.trader.connect() == 0)


def test_each_of_a_clusters_servers_is_the_first_of_some_sessions():
    servers = parse("nats://127.0.0.1:1,127.0.0.1:2,127.0.0.1:3/main").servers

    orders = [shuffled(servers) for _ in range(300)]

    assert {order[0] for order in orders} == set(servers)
    assert all(sorted(order, key=str) == sorted(servers, key=str) for order in orders)


def test_a_terminal_tries_its_first_server_first_and_the_one_it_has_just_lost_last():
    servers = parse("nats://127.0.0.1:1,127.0.0.1:2,127.0.0.1:3/main").servers

    orders = [nearest_first(servers) for _ in range(300)]
    after = [nearest_first(servers, servers[0]) for _ in range(300)]

    assert {order[0] for order in orders} == {servers[0]}
    assert {order[1] for order in orders} == set(servers[1:])
    assert {order[0] for order in after} == set(servers[1:])
    assert {order[2] for order in after} == {servers[0]}


def test_an_order_whose_answer_cannot_be_read_is_unknown_and_a_query_has_failed(leaving):
    silent = ScriptedLink(subscribe=0, query_account_status=[])
    server = serve(silent)
    server.start()
    leaving.callback(server.stop)
    client = Client(NatsLink(address(server.name), trader_key())).connect()
    leaving.callback(client.trader.stop)
    asking = leaving.enter_context(ThreadPoolExecutor(1))

    def answered_by_a_newer_one(ask):
        answer = asking.submit(ask)
        asked = server._asked.get(silent.next().seq)
        server.wire.publish(asked.inbox, b"\x97\x02 a newer form")
        return answer

    order = answered_by_a_newer_one(lambda: client.trader.order_stock(*ORDER))
    query = answered_by_a_newer_one(lambda: client.trader.query_stock_orders(ACCOUNT))

    with pytest.raises(RequestTimeout, match="the outcome is unknown"):
        order.result(10)
    assert query.result(10) is None


def test_an_order_that_the_terminals_own_link_did_not_take_was_not_sent(scripted):
    link, client = scripted
    link.close()  # without a word

    with pytest.raises(NotConnected, match="not open"):
        client.trader.order_stock(*ORDER)
