"""What `xtnb doctor` is told of a stream that takes no pushes."""

from __future__ import annotations

import sys
import threading

from tests.link.clients import ACCOUNT, ORDER, Client
from tests.link.serving import until
from xtnb.endpoints import link_to_serve
from xtnb.folders import looked_at
from xtnb.link.jetstream import call
from xtnb.link.keys import KeyRing, stream_of
from xtnb.link.nats import NatsLink
from xtnb.link.service import Service
from xtnb.link.unstored import Unstored, unstored
from xtnb.link.wire import Wire


def streams(folder) -> list[str]:
    return [one.en for one in looked_at(folder) if one.name == "stream"]


def test_it_is_there_while_pushes_are_not_stored(tmp_path):
    keeps = Unstored(tmp_path / "nats")
    assert unstored(tmp_path) is None

    keeps.say("the disk is full")
    assert unstored(tmp_path)[1] == unstored(tmp_path / "nats")[1] == "the disk is full"

    keeps.say("")
    assert unstored(tmp_path) is None


def test_what_an_earlier_life_left_behind_is_removed(tmp_path):
    Unstored(tmp_path).say("the disk is full")

    Unstored(tmp_path).say("")

    assert unstored(tmp_path) is None


def test_where_it_cannot_be_written_nothing_else_suffers(tmp_path):
    (tmp_path / "nats").write_text("no folder", encoding="utf-8")

    Unstored(tmp_path / "nats").say("the disk is full")

    assert unstored(tmp_path) is None


def test_a_stream_that_is_full_is_told_by_the_doctor_until_it_has_room(tmp_path, leaving):
    folder, ring = tmp_path / "userdata_mini", KeyRing(tmp_path / "config")
    link, journal, store = link_to_serve(folder, 7, False, "main")
    service = Service(link, "main", store, ring, journal=journal)
    leaving.callback(service.stop)
    service.start()
    leaving.callback(sys.setswitchinterval, sys.getswitchinterval())
    runs = threading.Thread(target=service.run, daemon=True)
    runs.start()
    wire = Wire([service._child.address], service._child.own)
    wire.connect()
    leaving.callback(wire.close)
    config = call(wire, f"STREAM.INFO.{stream_of('main')}")["config"]
    full = {**config, "max_bytes": 64, "discard": "new"}
    client = Client(NatsLink(service.address, ring.key()), 1)
    leaving.callback(client.trader.stop)
    client.connect()

    call(wire, f"STREAM.UPDATE.{stream_of('main')}", full)
    number = client.trader.order_stock(*ORDER)
    until(lambda: streams(folder))
    (told,) = streams(folder)
    call(wire, f"STREAM.UPDATE.{stream_of('main')}", config)
    until(lambda: not streams(folder))

    assert "the NATS stream takes no pushes: JetStream: maximum bytes" in told
    assert number in {order.order_id for order in client.trader.query_stock_orders(ACCOUNT)}
    service.end()
    runs.join(10)
