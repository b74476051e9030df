"""A served terminal, and what a test needs to join it and to break it."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from tests.link.clients import Client
from tests.link.serving import Proxy, address, nats_server, serve, trader_key
from tests.session.scripted import Diary, ScriptedLink
from xtnb.endpoints import paper_host
from xtnb.link.nats import NatsLink
from xtnb.xttype import StockAccount


@pytest.fixture
def leaving():
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def terminal():
    return paper_host(seed=5, clock="hand").link("served")


@pytest.fixture
def server(terminal, leaving):
    server = serve(terminal, lease_seconds=1.5)
    server.start()
    leaving.callback(server.stop)
    return server


@pytest.fixture
def join(server, leaving):
    def join(number: int = 1, port: int | None = None) -> Client:
        where = address(server.name)
        if port is not None:
            where = f"nats://127.0.0.1:{port}/{server.name}"
        client = Client(NatsLink(where, trader_key()), number)
        leaving.callback(client.trader.stop)
        return client

    return join


@pytest.fixture
def proxy(leaving):
    proxy = Proxy(nats_server().port)
    leaving.callback(proxy.close)
    return proxy


@pytest.fixture
def scripted(leaving):
    """A link that says what a test tells it to, served, and a client of it."""
    link = ScriptedLink(subscribe=0, query_account_status=[])
    link.paper = True
    server = serve(link)
    server.start()
    leaving.callback(server.stop)
    client = Client(NatsLink(address(server.name), trader_key()), 7)
    leaving.callback(client.trader.stop)
    client.diary = Diary()
    client.trader.register_callback(client.diary)
    client.connect(subscribe=False)
    assert client.trader.subscribe(StockAccount("1")) == 0
    return link, client
