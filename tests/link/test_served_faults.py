"""A served terminal whose disk is full, or whose link was lost: what its clients hear of it."""

from __future__ import annotations

import logging
from contextlib import closing

import pytest

from tests.link.clients import ACCOUNT, ORDER, Client
from tests.link.serving import Proxy, address, nats_server, serve, trader_key, until
from tests.live.cuttable import CuttableLink
from tests.session.scripted import ScriptedLink
from xtnb import endpoints
from xtnb.errors import JournalUnreadable, RequestTimeout, TerminalUnavailable
from xtnb.journal import Group, Journal, Told
from xtnb.link import outbox, publisher
from xtnb.link.address import Server
from xtnb.link.base import ConnectResult
from xtnb.link.codec import decode, pack, unpack
from xtnb.link.jetstream import call, drop_stream, span, stored_at
from xtnb.link.keys import LOCAL, TRADER, User, stream_of
from xtnb.link.nats import NatsLink
from xtnb.link.protocol import session_subject
from xtnb.link.rests import Rests
from xtnb.link.serve import TerminalServer
from xtnb.link.server import NatsServer
from xtnb.link.wire import Wire
from xtnb.session.trader import XtQuantTrader


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


def test_a_session_that_missed_that_the_terminal_was_lost_learns_it(leaving):
    link = CuttableLink(endpoints.paper_host(seed=5, clock="hand").link("behind"))
    server = serve(link)
    server.start()
    leaving.callback(server.stop)
    deaf = Wire([nats_server().address], trader_key())
    deaf.connect()
    leaving.callback(deaf.close)

    def control(**asked):
        subject = session_subject(server.name, trader_key().public)
        return unpack(deaf.request(subject, pack(asked)).data)

    fence = control(do="open", session=4)["fence"]
    assert control(do="keep", fence=fence)["ok"]
    link.cut()
    link.mend()
    until(lambda: server.ready)

    assert not control(do="keep", fence=fence)["ok"]
    again = control(do="open", session=4, fence=fence)
    assert again["result"] == ConnectResult.OK
    assert control(do="keep", fence=again["fence"])["ok"]


class Flapping(CuttableLink):
    """A link that is lost before its opening has returned, so many times."""

    times = 1

    def open(self, session, deliver) -> int:
        result = super().open(session, deliver)
        if self.times:
            self.times -= 1
            self.cut()
            self.mend()
        return result


def test_a_terminal_that_is_lost_while_it_is_opened_is_opened_again(leaving):
    server = serve(Flapping(endpoints.paper_host(seed=5, clock="hand").link("flapping")))
    server.start()
    leaving.callback(server.stop)
    client = Client(NatsLink(address(server.name), trader_key()))
    leaving.callback(client.trader.stop)

    until(lambda: connected(client))

    assert client.trader.order_stock(*ORDER) > 0


def test_a_terminal_that_is_away_is_tried_less_and_less(leaving):
    clock = [100.0]
    link = ScriptedLink(query_account_status=[])
    link.paper = True
    server = serve(link)
    server._rests = Rests(0.2, 10.0, lambda: clock[0])
    server.start()
    leaving.callback(server.stop)
    link.result = ConnectResult.UNREACHABLE
    link.lose()

    until(lambda: link.opened == 2 and not server._rests.over)
    clock[0] += 10.0
    until(lambda: link.opened == 3 and not server._rests.over)
    link.result = ConnectResult.OK
    clock[0] += 10.0
    until(lambda: server.ready)

    assert link.opened == 4


def test_a_journal_that_cannot_be_found_for_once_leaves_nobody_without_news(tmp_path, leaving):
    inner = endpoints.link_to_serve(tmp_path / "userdata_mini", 7, False, "a test")[0].inner
    link, faults = CuttableLink(inner), []

    def journal():
        if faults:
            raise faults.pop()
        return inner.journal

    server = serve(link, journal=journal)
    server.start()
    leaving.callback(server.stop)
    client = Client(NatsLink(address(server.name), trader_key())).connect(subscribe=False)
    leaving.callback(client.trader.stop)
    client.trader.set_timeout(3)
    faults.append(JournalUnreadable("xtnb.sqlite", "it cannot be read now"))

    link.cut()
    link.mend()

    assert client.lost.wait(10)
    until(lambda: connected(client))
    number = client.trader.order_stock(*ORDER)  # its pushes are in the journal alone
    assert [order.order_id for order in client.trader.query_stock_orders(ACCOUNT)] == [number]


def test_a_push_that_can_be_read_no_more_keeps_nobody_from_what_follows(tmp_path, leaving):
    folder = (tmp_path / "userdata_mini").resolve()
    host = endpoints.durable_host(folder, 7, "2026-11-20 10:00:00")
    host.abandon(folder.as_posix())
    with closing(Journal(folder)) as journal:
        number = journal.last + 1
        journal.commit(Group(told=[Told(number, "stock_order", 2, "1", 20261120, "1", b"none")]))

    link, journal, _ = endpoints.link_to_serve(folder, None, False, "a test")
    server = serve(link, journal=journal)
    server.start()
    leaving.callback(server.stop)
    client = Client(NatsLink(address(server.name), trader_key())).connect()
    leaving.callback(client.trader.stop)

    first = client.trader.order_stock(*ORDER)
    until(lambda: first in {getattr(push.record, "order_id", 0) for push in client.pushes})
    assert client.numbers()[0] > number


def test_a_stream_that_was_removed_is_made_anew_and_has_all_that_the_journal_has(
    durable, leaving, monkeypatch
):
    monkeypatch.setattr(publisher, "_PATIENCE_SECONDS", 0.1)
    server, link = durable
    client = Client(NatsLink(address(server.name), trader_key()), 1)
    leaving.callback(client.trader.stop)
    client.connect().trader.order_stock(*ORDER)
    wire = Wire([nats_server().address], nats_server().own)
    wire.connect()
    leaving.callback(wire.close)
    until(lambda: not server._news._publisher.waiting)

    stream, journal = stream_of(server.name), link.inner.journal
    drop_stream(wire, stream)
    number = client.trader.order_stock(*ORDER)
    until(lambda: (found := span(wire, stream)) and found.last == journal.last)

    assert span(wire, stream).first == 1
    assert not server.stopped
    assert number in {order.order_id for order in client.trader.query_stock_orders(ACCOUNT)}
    assert not client.lost.is_set()


def test_a_terminal_whose_server_was_lost_goes_to_the_next_one(leaving):
    first, next_one = Proxy(nats_server().port), Proxy(nats_server().port)
    for proxy in (first, next_one):
        leaving.callback(proxy.close)
    servers = [Server("127.0.0.1", proxy.port) for proxy in (first, next_one)]
    server = serve(endpoints.paper_host(seed=5, clock="hand").link("served"), servers)
    server.start()
    leaving.callback(server.stop)
    assert (server._wire.server, server._store.server) == (servers[0], servers[0])

    first.cut()

    until(lambda: server._wire.open and server._wire.server == servers[1])
    until(lambda: server._store.open and server._store.server == servers[1])


def test_what_is_tried_again_and_again_is_said_once(leaving, caplog):
    server = serve(endpoints.paper_host(seed=5, clock="hand").link("served"))
    leaving.callback(server.stop)

    def away():
        raise TerminalUnavailable("nothing listens there")

    def broken():
        raise KeyError("a fault of ours")

    with caplog.at_level(logging.WARNING, "xtnb.link"):
        assert not any(server._done(work) for work in (away, away, broken, broken))

    assert [one.message for one in caplog.records] == [
        f"terminal {server.name}: nothing listens there; trying again",
        f"serving {server.name} met a fault and goes on",
    ]


def test_what_is_traded_while_the_nats_server_is_away_is_read_from_the_journal_when_it_is_back(
    tmp_path, leaving, monkeypatch
):
    for name, rows in {"MOST_HELD": 10, "_READ_ROWS": 5, "_BATCH_ROWS": 5}.items():
        monkeypatch.setattr(publisher, name, rows)
    key, broker = trader_key(), NatsServer(tmp_path / "nats", ["main"])
    broker.start([User(LOCAL, key.public, TRADER)])
    leaving.callback(broker.stop)
    folder = tmp_path / "userdata_mini"
    link, journal, _ = endpoints.link_to_serve(folder, 7, False, "a test")
    server = TerminalServer(link, "main", [broker.address], broker.own, journal=journal)
    server.start()
    leaving.callback(server.stop)
    away = Client(NatsLink(f"{broker.address}/main", key)).connect()
    leaving.callback(away.trader.stop)
    here = XtQuantTrader.over(link.inner.host.link(folder.as_posix()), 2)
    here.start()
    leaving.callback(here.stop)
    assert here.connect() == 0

    broker.kill()
    assert away.lost.wait(30)
    numbers = [here.order_stock(*ORDER) for _ in range(30)]
    until(lambda: server.last == journal().last)
    held, waiting = len(server._news._publisher._rows), server._news._publisher.waiting
    broker.start([User(LOCAL, key.public, TRADER)])
    until(lambda: connected(away))

    assert held <= 10 < waiting
    until(lambda: set(numbers) <= {getattr(push.record, "order_id", 0) for push in away.pushes})
    until(lambda: not server._news._publisher.waiting)
    wire = Wire([broker.address], broker.own)
    wire.connect()
    leaving.callback(wire.close)
    stream = stream_of("main")
    for number, body in journal().pushes_after(0, 1_000):
        told, kept = decode(stored_at(wire, stream, number)), decode(body)
        assert (told.number, told.kind, told.account_id) == (number, kept.kind, kept.account_id)
    until(lambda: span(wire, stream).last == journal().last)


def test_a_session_does_not_wait_for_news_that_a_full_stream_does_not_take(
    durable, leaving, monkeypatch
):
    monkeypatch.setattr(publisher, "_STUCK_SECONDS", 0.0)
    monkeypatch.setattr(outbox, "_REMEMBERED_BYTES", 1)
    server, _ = durable
    proxy = Proxy(nats_server().port)
    leaving.callback(proxy.close)
    ways = (f"nats://127.0.0.1:{proxy.port}/{server.name}", address(server.name))
    away, other = (Client(NatsLink(way, trader_key()), n) for n, way in enumerate(ways, 1))
    for client in (away, other):
        leaving.callback(client.trader.stop)
        client.connect()
    wire, name = Wire([nats_server().address], nats_server().own), stream_of(server.name)
    wire.connect()
    leaving.callback(wire.close)
    config = call(wire, f"STREAM.INFO.{name}")["config"]
    call(wire, f"STREAM.UPDATE.{name}", {**config, "max_bytes": 64, "discard": "new"})
    leaving.callback(call, wire, f"STREAM.UPDATE.{name}", config)

    proxy.cut()
    assert away.lost.wait(30)
    number = other.trader.order_stock(*ORDER)
    until(lambda: server.trouble)
    away.connect()

    assert not away.link.resumed  # so that a desk asks for everything
    assert number in {order.order_id for order in away.trader.query_stock_orders(ACCOUNT)}
