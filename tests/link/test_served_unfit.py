"""A client that is none of ours sends what no session would: it costs nobody else an answer."""

from __future__ import annotations

import pytest

from tests.link.clients import ACCOUNT, ORDER, Client
from tests.link.serving import address, serve, trader_key
from xtnb import endpoints
from xtnb.link.nats import NatsLink

NAMES = ("stock_code", "order_type", "order_volume", "price_type", "price")
FINE = dict(zip(NAMES, ORDER[1:], strict=True)) | {"strategy_name": "", "order_remark": ""}


@pytest.fixture
def clients(tmp_path, leaving):
    link, journal, _ = endpoints.link_to_serve(tmp_path / "userdata_mini", 7, False, "a test")
    server = serve(link, journal=journal)
    server.start()
    leaving.callback(server.stop)
    made = [Client(NatsLink(address(server.name), trader_key()), number) for number in (1, 2)]
    for client in made:
        leaving.callback(client.trader.stop)
        client.connect(subscribe=False)
        client.trader.set_timeout(3)
    return made


@pytest.mark.parametrize(
    ("method", "asked"),
    [
        ("order_stock", {**FINE, "strategy_name": 5}),
        ("order_stock", {**FINE, "order_remark": ["x"]}),
        ("order_stock", {**FINE, "order_type": "23"}),
        ("order_stock", {**FINE, "price": "10"}),
        ("order_stock", {**FINE, "stock_code": 600000}),
        ("order_stock", {}),
        ("smart_algo_order", {**FINE, "strategy_name": 5}),
        ("cancel_order_stock", {"order_id": "7"}),
        ("cancel_order_stock", {"order_id": [7]}),
        ("cancel_order_stock", {}),
        ("cancel_order_stock_sysid", {"market": 0, "order_sysid": 7}),
        ("open_account", {"cash": "much"}),
        ("open_account", {"cash": 2**62}),
        ("open_account", {}),
    ],
)
def test_what_is_no_order_leaves_everybody_with_their_answers(clients, method, asked):
    stranger, other = clients

    stranger.trader.requests.send(method, ACCOUNT, asked, lambda answer: None)

    assert other.trader.order_stock(*ORDER) > 0
    assert len(other.trader.query_stock_orders(ACCOUNT)) == 1
    other.trader.subscribe(ACCOUNT)
    assert other.trader.order_stock(*ORDER) > 0
