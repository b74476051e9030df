"""A key that may trade no more: what it sends is refused, what it had sent before is not."""

from __future__ import annotations

import json
from queue import SimpleQueue

import pytest

from tests.link.clients import ACCOUNT, ORDER, Client
from tests.session.scripted import ScriptedLink
from xtnb.errors import NotConnected
from xtnb.link.keys import READER, TRADER, KeyRing
from xtnb.link.nats import NatsLink
from xtnb.link.service import Service

NAMES = ("stock_code", "order_type", "order_volume", "price_type", "price")
ASKED = dict(zip(NAMES, ORDER[1:], strict=True)) | {"strategy_name": "", "order_remark": ""}


def test_an_order_that_arrived_is_not_refused_with_one_that_may_not_be_sent(tmp_path, leaving):
    silent = ScriptedLink(query_account_status=[], subscribe=0)
    ring = KeyRing(tmp_path / "config")
    ring.add("anna", TRADER)
    service = Service(silent, "main", tmp_path / "nats", ring)
    leaving.callback(service.stop)
    service.start()
    client = Client(NatsLink(service.address, ring.key("anna"))).connect()
    leaving.callback(client.trader.stop)
    answers: SimpleQueue = SimpleQueue()
    client.trader.requests.send("order_stock", ACCOUNT, ASKED, answers.put)
    arrived = silent.next()

    users = json.loads(ring.listing.read_text(encoding="utf-8"))
    ring.listing.write_text(
        json.dumps([{**user, "role": READER} for user in users]), encoding="utf-8"
    )
    service._look()
    with pytest.raises(NotConnected, match="may only read"):
        client.trader.order_stock(*ORDER)

    assert answers.empty()
    denied: SimpleQueue = SimpleQueue()
    for _ in range(20):
        client.trader.requests.send("order_stock", ACCOUNT, ASKED, denied.put)
    for _ in range(20):
        assert "may only read" in denied.get(timeout=10).error_msg
    silent.answer(arrived, 7)
    assert answers.get(timeout=10).order_id == 7
