"""What a session missed is given to it alone: by its terminal, or by JetStream on its word.

No client asks JetStream anything.
"""

from __future__ import annotations

import pytest

from tests.link.clients import ACCOUNT, ORDER, Client, control, wire
from tests.link.serving import until
from xtnb.endpoints import paper_host
from xtnb.link.codec import decode, encode, pack, unpack
from xtnb.link.keys import READER, TRADER, KeyRing
from xtnb.link.nats import NatsLink
from xtnb.link.outbox import read_clump
from xtnb.link.protocol import quote_subject, session_subject
from xtnb.link.service import Service
from xtnb.vocabulary.messages import Push, PushKind
from xtnb.vocabulary.records import XtOrder

CODE = ORDER[1]


@pytest.fixture
def ring(tmp_path):
    ring = KeyRing(tmp_path / "config")
    for name, role in {"anna": TRADER, "rita": READER}.items():
        ring.add(name, role)
    return ring


@pytest.fixture
def service(ring, tmp_path):
    link = paper_host(seed=5, clock="hand").link("missed")
    service = Service(link, "main", tmp_path / "nats", ring)
    service.start()
    yield service
    service.stop()


@pytest.fixture
def anna(service, ring):
    made = Client(NatsLink(service.address, ring.key("anna")), 1).connect()
    yield made
    made.trader.stop()


def given(service, key, seen, **asked) -> list:
    """What comes to the inbox of who asks: words first, then so many pushes of the stream."""
    way, heard = wire(service, key), []
    inbox = f"{way.inbox}.fetch.1"
    way.subscribe(inbox, heard.append)
    way.publish(session_subject("main", key.public), pack({"do": "fetch", **asked}), inbox)
    until(lambda: len(heard) >= seen)
    control(way, do="ping")
    way.close()
    told = unpack(heard[0].data)
    if "clump" in told:
        assert len(heard) == 1
        epoch, pushes = read_clump(told["clump"])
        assert epoch == service._server.epoch
        return ["remembered", *(push.number for push in pushes)]
    return [told["words"], *(decode(one.data).number for one in heard[1:])]


def test_as_many_as_were_asked_for_come_from_the_first_one_on(anna, service, ring):
    for _ in range(3):
        anna.trader.order_stock(*ORDER)
    until(lambda: len(anna.settled()) == 6 and not service._server._news._publisher.waiting)
    fence = anna.link._life.fence
    service._server._news._outbox._last.clear()  # as after a restart

    assert given(service, ring.key("anna"), 4, fence=fence, first=3, count=3) == ["", 3, 4, 5]
    assert given(service, ring.key("anna"), 3, fence=fence, first=5, count=10**9) == ["", 5, 6]
    (words,) = given(service, ring.key("anna"), 1, fence=fence, first=-1, count=1)
    assert "JetStream" in words


def test_what_was_told_lately_is_given_by_the_terminal_itself(anna, service, ring):
    for _ in range(3):
        anna.trader.order_stock(*ORDER)
    fence = anna.link._life.fence

    said = [
        given(service, ring.key("anna"), 1, fence=fence, first=first, count=count)
        for first, count in ((3, 3), (5, 10**9), (1, 0), (7, 1))
    ]

    assert said[:3] == [["remembered", 3, 4, 5], ["remembered", 5, 6], ["remembered", 1]]
    assert said[3] == [""]


def test_another_keys_session_is_given_nothing(anna, service, ring):
    anna.trader.order_stock(*ORDER)
    fence = anna.link._life.fence

    said = given(service, ring.key("rita"), 1, fence=fence, first=1, count=2)

    assert said == ["this session has ended"]


def test_what_has_a_place_in_the_order_is_not_taken_for_a_quote(anna, service):
    """A push from long ago, sent where quotes go, would be a fill that never was."""
    assert anna.trader.requests.ask("quote_subscribe", None, {"codes": (CODE,)}) == 0
    state = (7, "S7", 0, 23, 200, 50, 10.5, 0, 0.0, 50, "", "", "", 0, 48)
    record = XtOrder(ACCOUNT.account_id, CODE, *state)
    way = wire(service, service._child.own)
    old = Push("missed", 1, 1, PushKind.ORDER, 2, ACCOUNT.account_id, record)
    way.publish(quote_subject("main", CODE), encode(old))
    control(way, do="ping")

    assert anna.settled() == []
    way.close()
