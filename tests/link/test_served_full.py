"""A served terminal with a journal in front of it whose disk is full: cancels still get through."""

from __future__ import annotations

from functools import partial

import pytest

from tests.contract import house
from tests.link.clients import ACCOUNT, ORDER, Client
from tests.link.serving import address, serve, trader_key, until
from tests.live.cuttable import CuttableLink
from xtnb import xtconstant as c
from xtnb.errors import NotConnected, QueryFailed, RequestTimeout, TerminalUnavailable
from xtnb.journal import Journal
from xtnb.link.base import ConnectResult
from xtnb.link.nats import NatsLink
from xtnb.link.recorded import RecordedLink


def connected(client: Client) -> bool:
    try:
        return client.trader.connect() == ConnectResult.OK
    except TerminalUnavailable:
        return False


def order_until_it_fails(trader) -> None:
    for _ in range(400):
        trader.order_stock(*ORDER)


def in_the_end(client: Client, ask):
    """The answer to what is asked again until no loss comes between."""
    while True:
        until(lambda: connected(client))
        try:
            return ask()
        except (NotConnected, RequestTimeout, QueryFailed) as lost:
            if "cancels still work" in str(lost):
                return lost


def test_a_client_cancels_while_the_disk_is_full_and_orders_again_once_it_is_not(tmp_path, leaving):
    room = [True]
    host = house.host(house.market())
    stay = host.link("demo")
    assert stay.open(99, lambda item: None) == 0
    leaving.callback(stay.close)
    link = RecordedLink(
        CuttableLink(host.link("demo")),
        partial(Journal, tmp_path, "a test"),
        room=lambda folder: room[0],
    )
    server = serve(link, journal=lambda: link.journal)
    server.start()
    leaving.callback(server.stop)
    client = Client(NatsLink(address(server.name), trader_key())).connect()
    leaving.callback(client.trader.stop)
    trader = client.trader

    def numbers() -> set[int]:
        return {order.order_id for order in trader.query_stock_orders(ACCOUNT)}

    first = trader.order_stock(*ORDER)
    assert first > 0
    room[0] = False
    link.journal._connection.execute("PRAGMA max_page_count=1")
    with pytest.raises((NotConnected, RequestTimeout)):
        order_until_it_fails(trader)

    in_the_end(client, lambda: trader.cancel_order_stock(ACCOUNT, first))
    refused = in_the_end(client, lambda: trader.order_stock(*ORDER))
    order = in_the_end(client, lambda: trader.query_stock_order(ACCOUNT, first))

    assert isinstance(refused, NotConnected)
    assert order.order_status == c.ORDER_CANCELED
    room[0] = True
    before = in_the_end(client, numbers)
    until(lambda: isinstance(in_the_end(client, lambda: trader.order_stock(*ORDER)), int))
    assert len(in_the_end(client, numbers) - before) == 1
