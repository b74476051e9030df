"""Who is let in at a served terminal: after a lost answer, without a bucket, after a restart."""

from __future__ import annotations

import pytest

from tests.link.clients import ACCOUNT, ORDER, Client, crash, nobody_serves
from tests.link.serving import NAMES, Proxy, address, nats_server, serve, trader_key, until
from xtnb.endpoints import paper_host
from xtnb.errors import NotConnected
from xtnb.link.address import parse
from xtnb.link.base import ConnectResult
from xtnb.link.codec import decode, encode, pack, unpack
from xtnb.link.jetstream import call
from xtnb.link.keys import bucket_of
from xtnb.link.nats import NatsLink
from xtnb.link.protocol import session_subject, trade_subject
from xtnb.link.serve import TerminalServer
from xtnb.link.wire import Wire
from xtnb.terminal.scenario import DEMO_ACCOUNT
from xtnb.vocabulary.messages import Reply, Request


@pytest.fixture
def patient(terminal, leaving):
    """A server whose sessions do not lapse while a test looks."""
    server = serve(terminal, lease_seconds=60)
    server.start()
    leaving.callback(server.stop)
    return server


@pytest.fixture
def say(patient, leaving):
    """Says a control message as a client does, and returns the answer."""
    wire = Wire([nats_server().address], trader_key())
    wire.connect()
    leaving.callback(wire.close)
    subject = session_subject(patient.name, trader_key().public)
    return lambda **asked: unpack(wire.request(subject, pack(asked), 10.0).data)


def opened(say, fence: int = 0) -> int:
    """The fence of a session that is let in."""
    told = say(do="open", session=7, fence=fence)
    assert told["result"] == ConnectResult.OK, told["words"]
    return told["fence"]


# -- answers that are lost -----------------------------------------------------------------------


def test_who_did_not_get_the_answer_comes_again_with_the_fence_it_has(say):
    first = opened(say)
    lost = opened(say, first)

    again = opened(say, first)

    assert say(do="keep", fence=again)["ok"]
    assert not say(do="keep", fence=lost)["ok"]
    assert not say(do="keep", fence=first)["ok"]


def test_who_gets_a_late_answer_comes_again_with_its_fence(say):
    first = opened(say)
    late = opened(say, first)
    lost = opened(say, first)

    again = opened(say, late)

    assert say(do="keep", fence=again)["ok"]
    assert not say(do="keep", fence=lost)["ok"]


def test_who_did_not_get_its_first_answer_comes_again_with_its_word(say):
    asked = {"do": "open", "session": 7, "fence": 0}
    lost = say(**asked, link="a word")["fence"]

    again = say(**asked, link="a word")["fence"]

    assert say(**asked, link="another")["result"] == ConnectResult.SESSION_IN_USE
    assert say(**asked)["result"] == ConnectResult.SESSION_IN_USE
    assert not say(do="keep", fence=lost)["ok"]
    assert say(do="keep", fence=again)["ok"]
    assert say(**asked, link="a word")["result"] == ConnectResult.SESSION_IN_USE


def test_an_old_fence_opens_nothing_once_the_new_one_was_used(say):
    first = opened(say)
    second = opened(say, first)
    assert say(do="keep", fence=second)["ok"]

    told = say(do="open", session=7, fence=first)

    assert told["result"] == ConnectResult.SESSION_IN_USE
    assert say(do="keep", fence=second)["ok"]


def test_a_number_is_in_use_for_who_has_no_fence_of_it(say):
    fence = opened(say)

    for other in (0, fence - 1, fence + 1):
        told = say(do="open", session=7, fence=other)
        assert told["result"] == ConnectResult.SESSION_IN_USE

    assert say(do="keep", fence=fence)["ok"]


def test_no_two_sessions_have_one_fence(say):
    fences = [say(do="open", session=number, fence=0)["fence"] for number in range(1, 40)]

    assert len(set(fences)) == 39


# -- a bucket that cannot be written -------------------------------------------------------------


@pytest.fixture
def without_bucket(server):
    """The leases of the server cannot be written down."""

    def lose() -> None:
        wire = Wire([nats_server().address], nats_server().own)
        wire.connect()
        call(wire, f"STREAM.DELETE.KV_{bucket_of(server.name)}")
        wire.close()

    return lose


def test_sessions_come_and_go_while_no_lease_can_be_written(join, proxy, without_bucket):
    client, other = join(1, proxy.port).connect(), join(2).connect()
    without_bucket()

    proxy.cut()
    assert client.lost.wait(10)
    client.connect(subscribe=False)
    other.trader.stop()
    join(2).connect()
    join(3).connect()

    assert client.trader.order_stock(*ORDER) > 0


def test_a_lease_that_lapsed_while_none_can_be_written_is_free(server, join, proxy, without_bucket):
    dead = join(1, proxy.port).connect()
    without_bucket()
    proxy.freeze()

    until(lambda: server._desks.sessions == [])

    join(1).connect()
    assert dead.lost.wait(10)


# -- servers that come and go --------------------------------------------------------------------


def asked(server: TerminalServer, fence: int) -> Reply:
    """What is said to an order with that fence."""
    order = Request(1, "order_stock", 2, DEMO_ACCOUNT, {}, fence)
    subject = trade_subject(server.name, trader_key().public)
    wire = Wire([nats_server().address], trader_key())
    wire.connect()
    said = wire.request(subject, encode(order), 5.0)
    wire.close()
    reply = decode(said.data)
    assert isinstance(reply, Reply)
    return reply


def another(terminal, server: TerminalServer) -> TerminalServer:
    """The next server of the same terminal, started."""
    broker = nats_server()
    made = TerminalServer(terminal, server.name, [broker.address], broker.own, lease_seconds=60)
    made.start()
    return made


def test_a_fence_of_an_earlier_life_gets_its_number_back_and_carries_nothing_out(
    terminal, patient, say, leaving
):
    fence = opened(say)
    crash(patient)
    patient.link.close()
    again = another(terminal, patient)
    leaving.callback(again.stop)

    refused = asked(again, fence)
    told = say(do="open", session=7, fence=0)
    new = opened(say, fence)

    assert "this session has ended; connect again" in refused.error
    assert told["result"] == ConnectResult.SESSION_IN_USE
    assert new > fence
    assert "this session has ended" not in asked(again, new).error


def test_an_order_to_a_server_that_was_restarted_is_known_not_to_be_carried_out(
    terminal, server, join, leaving
):
    client = join().connect()
    crash(server)
    server.link.close()
    again = another(terminal, server)
    leaving.callback(again.stop)

    with pytest.raises(NotConnected):
        client.trader.order_stock(*ORDER)

    until(lambda: not client.trader.connected)
    client.connect()
    assert client.trader.query_stock_orders(ACCOUNT) == []


def test_a_server_that_was_away_gives_way_to_the_one_that_came_meanwhile(leaving):
    name, broker = NAMES[-3], nats_server()
    proxy = Proxy(broker.port)
    leaving.callback(proxy.close)
    links = [paper_host(seed=5, clock="hand").link("served") for _ in range(2)]
    way = parse(f"nats://127.0.0.1:{proxy.port}/{name}").servers
    away = TerminalServer(links[0], name, way, broker.own)
    away.start()
    leaving.callback(away.stop)
    wire = Wire([broker.address], trader_key())
    wire.connect()
    leaving.callback(wire.close)

    proxy.freeze()
    proxy.cut()
    until(lambda: nobody_serves(wire, name))
    here = TerminalServer(links[1], name, [broker.address], broker.own)
    here.start()
    leaving.callback(here.stop)
    client = Client(NatsLink(address(name), trader_key())).connect()
    leaving.callback(client.trader.stop)
    proxy.thaw()

    assert away.wait(30)
    assert away.stopped == "another server serves this terminal now"
    assert client.trader.order_stock(*ORDER) > 0
    assert len(client.trader.query_stock_orders(ACCOUNT)) == 1
