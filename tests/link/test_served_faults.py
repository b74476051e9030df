"""A served terminal whose disk is full, or whose link was lost: what its clients hear of it."""

from __future__ import annotations

import pytest

from tests.link.clients import ACCOUNT, ORDER, Client
from tests.link.serving import address, serve, trader_key, until
from xtnb import endpoints
from xtnb.errors import RequestTimeout, TerminalUnavailable
from xtnb.link.base import ConnectResult
from xtnb.link.nats import NatsLink


@pytest.fixture
def durable(tmp_path, leaving):
    """A served terminal with a journal and limits, as `xtnb serve` makes it."""
    found = endpoints.link_to_serve(tmp_path / "userdata_mini", 7, False, "a test")
    link, journal, _ = found
    server = serve(link, journal=journal)
    server.start()
    leaving.callback(server.stop)
    return server, link


def connected(client: Client) -> bool:
    try:
        return client.trader.connect() == ConnectResult.OK
    except TerminalUnavailable:
        return False


def order_until_it_fails(client: Client, numbers: list[int]) -> None:
    for _ in range(300):
        numbers.append(client.trader.order_stock(*ORDER))


def test_a_terminal_whose_disk_was_full_is_served_again_once_there_is_room(durable, leaving):
    server, link = durable
    clients = [Client(NatsLink(address(server.name), trader_key()), n) for n in (1, 2)]
    for client in clients:
        leaving.callback(client.trader.stop)
        client.connect()
    first, other = clients
    host = link.inner.host
    host.call(lambda: link.inner.journal._connection.execute("PRAGMA max_page_count=1"))

    numbers = []
    with pytest.raises(RequestTimeout, match="the outcome is unknown"):
        order_until_it_fails(first, numbers)

    for client in clients:
        assert client.lost.wait(10)
        until(lambda client=client: connected(client))
        client.trader.subscribe(ACCOUNT)
    orders = first.trader.query_stock_orders(ACCOUNT)
    assert [order.order_id for order in orders] == numbers
    number = first.trader.order_stock(*ORDER)
    assert number == len(numbers) + 1
    until(lambda: number in {getattr(push.record, "order_id", 0) for push in other.pushes})
