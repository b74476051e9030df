"""A served terminal: what comes back, what is lost, who is let in twice and who is not."""

from __future__ import annotations

import pytest

from tests.link.clients import ACCOUNT, ORDER, PUFA, Client, crash
from tests.link.serving import NAMES, address, nats_server, serve, trader_key, until
from tests.session.scripted import ScriptedLink
from xtnb import xtconstant as c
from xtnb.endpoints import paper_host
from xtnb.errors import NotConnected, RequestTimeout, TerminalUnavailable
from xtnb.link import nats
from xtnb.link.base import ConnectResult
from xtnb.link.codec import encode
from xtnb.link.jetstream import call
from xtnb.link.keys import LOCAL, TRADER, User, stream_of
from xtnb.link.nats import NatsLink
from xtnb.link.nkeys import Key
from xtnb.link.protocol import trade_subject
from xtnb.link.serve import TerminalServer
from xtnb.link.server import NatsServer
from xtnb.link.wire import Wire
from xtnb.terminal.scenario import DEMO_ACCOUNT
from xtnb.vocabulary.messages import PushKind, Reply, Request

# -- orders ------------------------------------------------------------------------------------


def test_an_order_that_reaches_nobody_is_known_not_to_be_sent(terminal, leaving):
    server = serve(terminal, lease_seconds=30)  # so that the order is what finds out
    server.start()
    leaving.callback(server.stop)
    client = Client(NatsLink(address(server.name), trader_key())).connect()
    leaving.callback(client.trader.stop)
    crash(server)

    with pytest.raises(NotConnected, match="was not delivered"):
        client.trader.order_stock(*ORDER)


def test_an_order_without_an_answer_is_unknown(leaving):
    silent = ScriptedLink(query_account_status=[], subscribe=0)
    silent.paper = True
    server = serve(silent)
    server.start()
    leaving.callback(server.stop)
    client = Client(NatsLink(address(server.name), trader_key())).connect()
    leaving.callback(client.trader.stop)
    client.trader.set_timeout(0.3)

    with pytest.raises(RequestTimeout, match="the outcome is unknown"):
        client.trader.order_stock(*ORDER)

    assert silent.next().method == "order_stock"


def test_nothing_is_sent_later_that_could_not_be_sent_now(tmp_path, leaving):
    key, own = Key.new(), Key.new()
    broker = NatsServer(tmp_path, ["main"], own=own)
    broker.start([User(LOCAL, key.public, TRADER)])
    leaving.callback(broker.stop)
    link = paper_host(seed=5, clock="hand").link("served")
    server = TerminalServer(link, "main", [broker.address], own)
    server.start()
    leaving.callback(server.stop)
    client = Client(NatsLink(f"{broker.address}/main", key)).connect()
    leaving.callback(client.trader.stop)
    client.trader.order_stock(*ORDER)

    broker.kill()
    with pytest.raises(NotConnected):
        client.trader.order_stock(*ORDER)
    assert client.lost.wait(10)
    broker.start([User(LOCAL, key.public, TRADER)])

    until(lambda: client.trader.connect() == 0)
    assert len(client.trader.query_stock_orders(ACCOUNT)) == 1


def test_what_was_sent_before_a_break_cannot_be_carried_out_after_it(server, join):
    client = join().connect()
    old = client.link._life.fence
    client.link._life._wire._stream.close()
    assert client.lost.wait(10)
    client.connect(subscribe=False)
    late = Request(1, "order_stock", 2, DEMO_ACCOUNT, {}, 1)
    wire = Wire([nats_server().address], trader_key())
    wire.connect()

    said = wire.request(
        trade_subject(server.name, trader_key().public),
        *(encode(late), 5.0, {"Xtnb-Fence": str(old)}),
    )
    wire.close()

    assert b"this session has ended" in said.data
    assert client.trader.query_stock_orders(ACCOUNT) == []


# -- pushes --------------------------------------------------------------------------------------


def test_a_lost_link_says_so_once_and_goes_on_without_a_gap(join, proxy):
    other, client = join(2).connect(), join(1, proxy.port).connect()
    other.trader.order_stock(*ORDER)
    client.settled()

    proxy.cut()
    assert client.lost.wait(10)
    for _ in range(5):
        other.trader.order_stock(*ORDER)
    client.connect(subscribe=False)

    assert client.link.resumed
    until(lambda: client.settled() == other.settled())
    assert len(client.numbers()) == 12
    assert [p.kind for p in client.pushes].count(PushKind.DISCONNECTED) == 1


def test_pushes_that_are_lost_on_the_way_are_fetched(join):
    client = join().connect()
    life = client.link._life
    life._wire.unsubscribe(life._wire._subjects[f"xtnb.{client.link.terminal}.live"])

    for _ in range(10):
        client.trader.order_stock(*ORDER)

    until(lambda: len(client.numbers()) == 20)
    assert client.numbers() == list(range(1, 21))


def test_a_connection_that_is_dead_without_knowing_it_is_found(join, proxy):
    client = join(1, proxy.port).connect()

    proxy.freeze()

    assert client.lost.wait(10)
    assert not client.trader.connected


def test_pushes_that_the_stream_no_longer_has_are_told_as_a_gap(server, join, proxy):
    other, client = join(2).connect(), join(1, proxy.port).connect()
    client.trader.order_stock(*ORDER)
    client.settled()
    proxy.cut()
    assert client.lost.wait(10)
    for _ in range(3):
        other.trader.order_stock(*ORDER)
    server._news.drain(5)
    wire = Wire([nats_server().address], nats_server().own)
    wire.connect()
    stream = stream_of(server.name)
    config = call(wire, f"STREAM.INFO.{stream}")["config"]
    call(wire, f"STREAM.UPDATE.{stream}", {**config, "max_msgs": 1})
    wire.close()

    client.connect(subscribe=False)

    assert not client.link.resumed
    before = client.settled()
    other.trader.order_stock(*ORDER)
    until(lambda: client.settled() != before)
    assert client.numbers()[-2:] == other.settled()[-2:]


def test_a_terminal_that_begins_another_life_is_no_continuation(terminal, join, server, leaving):
    client = join().connect()
    client.trader.order_stock(*ORDER)
    client.settled()
    first = client.pushes[0].epoch
    server.stop()
    assert client.lost.wait(10)

    again = TerminalServer(terminal, server.name, [nats_server().address], nats_server().own)
    again.start()
    leaving.callback(again.stop)
    client.connect(subscribe=False)
    client.trader.order_stock(*ORDER)

    assert not client.link.resumed
    until(lambda: len(client.settled()) == 4)
    assert client.numbers()[-2:] == [1, 2]
    assert client.pushes[-1].epoch > first


def test_only_who_subscribed_hears_an_account_and_each_push_once(join):
    clients = [join(number).connect() for number in (1, 2)]
    deaf = join(3).connect(subscribe=False)

    clients[0].trader.order_stock(*ORDER)

    for client in clients:
        assert client.settled() == [1, 2]
    assert deaf.settled() == []


def test_an_error_goes_to_who_asked_also_without_a_subscription(join):
    client, other = join(1).connect(subscribe=False), join(2).connect(subscribe=False)

    client.trader.order_stock(ACCOUNT, PUFA, c.STOCK_BUY, 150, c.FIX_PRICE, 9.8)

    client.settled()
    assert [(push.kind, push.session) for push in client.pushes] == [("order_error", 1)]
    assert other.settled() == []


def test_quotes_come_to_who_watches_and_end_with_it(terminal, join):
    client, other = join(1).connect(), join(2).connect()
    client.trader.requests.ask("quote_subscribe", None, {"codes": [PUFA]})

    terminal.host.advance(5)
    until(lambda: any(push.kind == PushKind.QUOTE for push in client.pushes))
    client.trader.requests.ask("quote_unsubscribe", None, {"codes": [PUFA]})
    count = len(client.pushes)
    terminal.host.advance(5)

    client.settled()
    assert {push.record.stock_code for push in client.pushes if push.kind == "quote"} == {PUFA}
    assert len(client.pushes) == count
    assert other.settled() == []


def test_a_reply_longer_than_a_message_comes_whole(leaving):
    rows = ["行" * 1000 + str(number) for number in range(6_000)]  # 18 MB
    link = ScriptedLink(query_stock_orders=rows)
    link.paper = True
    server = serve(link)
    server.start()
    leaving.callback(server.stop)
    client = Client(NatsLink(address(server.name), trader_key())).connect(subscribe=False)
    leaving.callback(client.trader.stop)

    assert client.trader.query_stock_orders(ACCOUNT) == rows


# -- sessions -----------------------------------------------------------------------------------


def test_the_number_of_a_dead_session_is_free_after_its_lease(join, proxy):
    dead = join(1, proxy.port).connect()
    proxy.freeze()
    second = join(1)

    assert second.trader.connect() == ConnectResult.SESSION_IN_USE
    assert "in use" in second.link.reason
    until(lambda: second.trader.connect() == 0)
    assert dead.lost.wait(10)


def test_a_session_comes_back_at_once_by_its_fence(join, proxy):
    client = join(1, proxy.port).connect()
    proxy.cut()
    assert client.lost.wait(10)

    assert client.trader.connect() == 0


def test_leases_outlive_the_server(terminal, server, join, leaving):
    client = join(7).connect()
    crash(server)
    server.link.close()
    assert client.lost.wait(10)

    again = serve_again(terminal, server)
    leaving.callback(again.stop)

    assert again._desks.sessions == [7]
    nats._dead.clear()  # another process does not know the fence
    assert Client(NatsLink(address(server.name), trader_key()), 7).trader.connect() != 0
    assert client.trader.connect() == 0


def serve_again(terminal, server: TerminalServer) -> TerminalServer:
    broker = nats_server()
    again = TerminalServer(terminal, server.name, [broker.address], broker.own, lease_seconds=5)
    again.start()
    return again


# -- servers ------------------------------------------------------------------------------------


def test_a_terminal_is_served_once(server):
    second = TerminalServer(
        paper_host(seed=5, clock="hand").link("other"),
        *(server.name, [nats_server().address], nats_server().own),
    )

    with pytest.raises(TerminalUnavailable, match="is served there already"):
        second.start()


def test_a_second_writer_of_the_stream_ends_the_first_in_words(server, join):
    client = join().connect()
    client.trader.order_stock(*ORDER)
    client.settled()
    server._news.drain(5)
    wire = Wire([nats_server().address], nats_server().own)
    wire.connect()
    wire.request(f"xtnb.{server.name}.push.2.x", b"a rival")
    wire.close()

    client.trader.order_stock(*ORDER)

    assert server.wait(10)
    assert "another server writes the stream" in server.stopped
    assert client.lost.wait(10)


def test_a_terminal_that_is_not_there_is_named():
    link = NatsLink(address(NAMES[-1]), trader_key())

    with pytest.raises(TerminalUnavailable, match="no terminal of that name is served there"):
        link.open(1, lambda item: None)


def test_a_link_that_was_lost_behind_the_server_comes_back(leaving):
    link = ScriptedLink(subscribe=0, query_account_status=[])
    link.paper = True
    server = serve(link)
    server.start()
    leaving.callback(server.stop)
    client = Client(NatsLink(address(server.name), trader_key())).connect()
    leaving.callback(client.trader.stop)

    link.lose()

    assert client.lost.wait(10)
    until(lambda: server.ready and link.opened == 2)
    client.connect()


def test_bytes_that_are_no_request_change_nothing(server, join):
    client = join().connect()
    wire = Wire([nats_server().address], trader_key())
    wire.connect()
    for subject in ("ask.read", "ask.trade", "session"):
        for data in (b"", b"\xc1", encode(Reply(1, 1)), bytes(1000)):
            wire.publish(f"xtnb.{server.name}.{subject}", data, f"{wire.inbox}.1")
    wire.close()

    assert client.trader.order_stock(*ORDER) > 0
