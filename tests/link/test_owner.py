"""One name, one server: what becomes of a second one, whenever it comes."""

from __future__ import annotations

import threading

import pytest

from tests.link.clients import ORDER, Client
from tests.link.serving import (
    NAMES,
    Proxy,
    address,
    nats_server,
    serve,
    trader_key,
    until,
)
from tests.session.scripted import ScriptedLink
from xtnb.errors import TerminalUnavailable
from xtnb.link.address import parse
from xtnb.link.nats import NatsLink
from xtnb.link.owner import Owner
from xtnb.link.serve import TerminalServer
from xtnb.link.wire import RequestFailed, Wire

NAME = NAMES[-5]


class SlowToOpen(ScriptedLink):
    """Its terminal takes a while to connect, as a MiniQMT does."""

    def __init__(self, **answers) -> None:
        super().__init__(**answers)
        self.opening, self.go_on = threading.Event(), threading.Event()

    def open(self, session, deliver) -> int:
        self.opening.set()
        assert self.go_on.wait(10)
        return super().open(session, deliver)


def test_of_two_servers_that_start_together_one_serves(leaving):
    answers = {"subscribe": 0, "query_account_status": [], "order_stock": 7}
    slow, quick = SlowToOpen(**answers), ScriptedLink(**answers)
    late = serve(slow)
    early = TerminalServer(quick, late.name, [nats_server().address], nats_server().own)
    leaving.callback(early.stop)
    refused: list[TerminalUnavailable] = []

    def start() -> None:
        try:
            late.start()
        except TerminalUnavailable as fault:
            refused.append(fault)

    starting = threading.Thread(target=start)
    starting.start()
    assert slow.opening.wait(10)
    early.start()  # both have found the name free
    slow.go_on.set()
    starting.join(20)

    assert "is served there already" in str(refused[0])
    assert slow.closed
    client = Client(NatsLink(address(late.name), trader_key()), 7)
    leaving.callback(client.trader.stop)
    client.connect(subscribe=False)
    assert client.trader.order_stock(*ORDER) == 7
    assert not slow.sent
    assert not early.stopped


class Party:
    """One of those that want to serve a name."""

    def __init__(self, leaving, port: int | None = None) -> None:
        where = f"nats://127.0.0.1:{port or nats_server().port}/{NAME}"
        self.wire = Wire(parse(where).servers, nats_server().own)
        self.wire.connect()
        leaving.callback(self.wire.close)
        self.ended = threading.Event()
        self.serves = False
        self.owner = Owner(NAME, lambda why: self.ended.set())

    def begin(self) -> None:
        try:
            self.owner.claim(self.wire)
            self.owner.serve(self.wire)
        except TerminalUnavailable:
            return
        self.serves = True


def serving(*parties: Party) -> list[Party]:
    for party in parties:
        party.owner._said = 0.0  # a second is over
        party.owner.tell()
    return [party for party in parties if party.serves and not party.ended.is_set()]


def test_who_begins_gives_way_to_who_serves_though_that_one_is_older(leaving):
    older, newer = Party(leaving), Party(leaving)

    older.begin()
    newer.begin()

    assert serving(older, newer) == [older]


def test_of_those_that_begin_at_once_one_serves(leaving):
    parties = [Party(leaving) for _ in range(5)]

    threads = [threading.Thread(target=party.begin) for party in parties]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    until(lambda: len(serving(*parties)) == 1)


def test_of_two_that_a_broken_network_kept_apart_the_older_ends(leaving):
    proxy = Proxy(nats_server().port)
    leaving.callback(proxy.close)
    older, newer = Party(leaving, proxy.port), Party(leaving)
    older.begin()
    with pytest.raises(RequestFailed):  # by then all that it said has arrived
        older.wire.request(f"xtnb.{NAME}.nobody", b"")

    proxy.freeze()
    newer.begin()
    assert serving(older, newer) == [older, newer]
    proxy.thaw()

    until(lambda: serving(older, newer) == [newer])


@pytest.mark.parametrize("said", [b"", b"\x80", b"\x93\x01\x02\x03", b"\xc1"])
def test_what_is_no_word_of_a_server_ends_nobody(leaving, said):
    party = Party(leaving)
    party.begin()

    other = Party(leaving)
    other.wire.publish(f"xtnb.{NAME}.owner", said)
    other.begin()

    assert party.serves
    assert not party.ended.is_set()
    assert not other.serves
