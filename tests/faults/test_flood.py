"""A flood is refused, not queued; cancels still go, and others do not notice."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from tests.link.clients import ACCOUNT, ORDER, Client
from tests.link.serving import address, serve, trader_key, until
from tests.session.scripted import Diary, ScriptedLink
from xtnb.link.keys import KeyRing
from xtnb.link.nats import NatsLink
from xtnb.link.service import Service

MOST = 20


@pytest.fixture
def floor():
    """A terminal that answers orders when it is told to, with room for a few."""
    with ExitStack() as leaving:
        link = ScriptedLink(subscribe=0, query_account_status=[], query_stock_asset=[])
        server = serve(link, most_under_way=MOST)
        server.start()
        leaving.callback(server.stop)

        def join(number: int) -> Client:
            client = Client(NatsLink(address(server.name), trader_key()), number)
            leaving.callback(client.trader.stop)
            client.diary = Diary()
            client.trader.register_callback(client.diary)
            return client.connect(subscribe=False)

        yield link, join


def test_one_order_too_many_is_refused_at_once_in_words(floor):
    link, join = floor
    client = join(1)

    for _ in range(MOST + 3):
        client.trader.order_stock_async(*ORDER)

    refused = [client.diary.wait("on_order_stock_async_response", n + 1) for n in range(3)]
    assert {one.order_id for one in refused} == {-1}
    assert "wait for their answers already" in refused[0].error_msg
    assert len([one for one in link.sent if one.method == "order_stock"]) == MOST


def test_there_is_room_again_once_the_terminal_has_answered(floor):
    link, join = floor
    client = join(1)
    for _ in range(MOST):
        client.trader.order_stock_async(*ORDER)
    for number in range(MOST):
        link.answer(link.next(), 100 + number)
    client.diary.wait("on_order_stock_async_response", MOST)

    client.trader.order_stock_async(*ORDER)

    link.answer(link.next(), 999)
    assert client.diary.wait("on_order_stock_async_response", MOST + 1).order_id == 999


def test_a_cancel_goes_through_a_flood_and_another_session_does_not_notice(floor):
    link, join = floor
    client, other = join(1), join(2)
    for _ in range(MOST + 1):
        client.trader.order_stock_async(*ORDER)
    client.diary.wait("on_order_stock_async_response")

    client.trader.cancel_order_stock_async(ACCOUNT, 7)
    assert other.trader.query_stock_asset(ACCOUNT) is None
    other.trader.order_stock_async(*ORDER)

    seen = [link.next().method for _ in range(MOST + 2)]
    assert seen[MOST:] == ["cancel_order_stock", "order_stock"]


def test_a_link_that_is_lost_leaves_no_one_s_room_taken(floor):
    link, join = floor
    client = join(1)
    for _ in range(MOST):
        client.trader.order_stock_async(*ORDER)
    for _ in range(MOST):
        link.next()

    link.lose()
    client.diary.wait("on_disconnected")
    until(lambda: client.trader.connect() == 0)

    client.trader.order_stock_async(*ORDER)
    assert link.next().method == "order_stock"


def test_who_serves_says_how_many_may_wait(tmp_path):
    link = ScriptedLink(subscribe=0, query_account_status=[])
    ring = KeyRing(tmp_path / "config")
    service = Service(link, "few", tmp_path / "nats", ring, most_under_way=1)
    client = Client(NatsLink(service.start(), ring.key()), 1)
    client.diary = Diary()
    client.trader.register_callback(client.diary)
    try:
        client.connect(subscribe=False)
        client.trader.order_stock_async(*ORDER)
        client.trader.order_stock_async(*ORDER)
        refused = client.diary.wait("on_order_stock_async_response")
    finally:
        client.trader.stop()
        service.stop()

    assert refused.order_id == -1
    assert "1 requests of this session wait" in refused.error_msg
