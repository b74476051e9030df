"""The writer of a stream: what it is told may be anything, and it goes on."""

from __future__ import annotations

import logging

import pytest

from tests.link.serving import nats_server, until
from xtnb.link import publisher as module
from xtnb.link.codec import encode
from xtnb.link.jetstream import Row, call, drop_stream, span, stored_at
from xtnb.link.publisher import Publisher
from xtnb.link.wire import Wire
from xtnb.terminal.scenario import DEMO_ACCOUNT
from xtnb.vocabulary.messages import Push, PushKind
from xtnb.vocabulary.records import XtAsset

STREAM, SUBJECT = "XTNB_t399", "xtnb.t399.push.2.1"


def row(number: int) -> Row:
    asset = XtAsset(DEMO_ACCOUNT, 1.0, 2.0, 3.0, 6.0, 2)
    push = Push("t399", 1, number, PushKind.ASSET, 2, DEMO_ACCOUNT, asset)
    return Row(number, SUBJECT, encode(push), {})


def test_an_answer_that_is_none_does_not_end_the_writing(leaving):
    wire = Wire([nats_server().address], nats_server().own)
    wire.connect()
    leaving.callback(wire.close)
    silent = {"name": STREAM, "subjects": [SUBJECT], "storage": "memory", "no_ack": True}
    call(wire, f"STREAM.CREATE.{STREAM}", {**silent, "allow_atomic": True})
    leaving.callback(drop_stream, wire, STREAM)
    wire.subscribe(SUBJECT, lambda message: wire.publish(message.reply, b"what is no answer"))
    publisher = Publisher(STREAM, lambda why: None)
    leaving.callback(publisher.stop)
    publisher.resume(wire, 0)

    for number in (1, 2, 3):
        publisher.add([row(number)])
        assert publisher.drain(10)

    assert publisher.waiting == 0


def new_wire(leaving) -> Wire:
    wire = Wire([nats_server().address], nats_server().own)
    wire.connect()
    leaving.callback(wire.close)
    return wire


@pytest.fixture
def wire(leaving):
    return new_wire(leaving)


@pytest.fixture
def publisher(leaving):
    made = Publisher(STREAM, lambda why: None)
    leaving.callback(made.stop)
    return made


def make(wire, leaving, **more) -> None:
    config = {"name": STREAM, "subjects": [SUBJECT], "storage": "memory", "allow_atomic": True}
    call(wire, f"STREAM.CREATE.{STREAM}", {**config, **more})
    leaving.callback(drop_stream, wire, STREAM)


class Shelf:
    """Rows that are kept, as in a journal."""

    def __init__(self, last: int) -> None:
        self.last = last
        self.fault: Exception | None = None

    def __call__(self, after: int, most: int) -> list[Row]:
        if self.fault is not None:
            raise self.fault
        return [row(number) for number in range(after + 1, min(self.last, after + most) + 1)]


def test_of_what_a_journal_keeps_only_so_much_waits_in_memory(
    wire, publisher, leaving, monkeypatch
):
    monkeypatch.setattr(module, "MOST_HELD", 50)
    make(wire, leaving)
    shelf = Shelf(3_000)
    publisher.follow(0, 1_000, shelf)

    for number in range(1_001, 3_001):
        publisher.add([row(number)])
    held, waiting = len(publisher._rows), publisher.waiting
    publisher.resume(wire, 0)
    assert publisher.drain(30)

    assert (held, waiting) == (0, 3_000)
    assert span(wire, STREAM).last == 3_000
    for number in (1, 1_000, 1_001, 3_000):
        assert stored_at(wire, STREAM, number) == row(number).data


def test_what_is_added_once_the_rest_is_stored_waits_in_memory_again(
    wire, publisher, leaving, monkeypatch
):
    monkeypatch.setattr(module, "MOST_HELD", 50)
    make(wire, leaving)
    publisher.follow(0, 0, Shelf(200))
    publisher.add(row(number) for number in range(1, 201))
    assert len(publisher._rows) == 50
    publisher.resume(wire, 0)
    assert publisher.drain(30)

    publisher.pause()
    publisher.add([row(201)])
    assert len(publisher._rows) == 1
    publisher.resume(wire, 200)

    assert publisher.drain(30)
    assert stored_at(wire, STREAM, 201) == row(201).data


def test_a_journal_that_cannot_be_read_for_once_is_read_again(wire, publisher, leaving, caplog):
    make(wire, leaving)
    shelf = Shelf(100)
    shelf.fault = OSError("the disk is away")
    publisher.follow(0, 100, shelf)

    with caplog.at_level(logging.WARNING, "xtnb.link"):
        publisher.resume(wire, 0)
        until(lambda: publisher._faults >= 3)
        assert publisher.trouble == "the disk is away"
        shelf.fault = None
        assert publisher.drain(30)
        until(lambda: len(caplog.records) > 1)

    assert span(wire, STREAM).last == 100
    assert [one.message for one in caplog.records] == [
        "pushes wait: the disk is away",
        "pushes are stored again",
    ]


def test_a_stream_that_is_full_is_said_once_and_written_again_when_it_has_room(
    wire, publisher, leaving, caplog
):
    full = {"max_bytes": 64, "discard": "new"}
    make(wire, leaving, **full)
    config = call(wire, f"STREAM.INFO.{STREAM}")["config"]

    with caplog.at_level(logging.WARNING, "xtnb.link"):
        publisher.add([row(1)])
        publisher.resume(wire, 0)
        until(lambda: publisher._faults >= 3)
        assert "maximum bytes" in publisher.trouble
        call(wire, f"STREAM.UPDATE.{STREAM}", {**config, "max_bytes": -1})
        assert publisher.drain(30)

        until(lambda: len(caplog.records) > 1)
    assert publisher.trouble == ""
    first, last = [one.message for one in caplog.records]
    assert first.startswith("pushes wait for the NATS server: JetStream: maximum bytes")
    assert last == "pushes are stored again"


def test_rows_that_nobody_else_keeps_are_dropped_when_they_are_too_many(
    wire, publisher, leaving, monkeypatch
):
    monkeypatch.setattr(module, "MOST_WAITING", 50)
    make(wire, leaving, max_bytes=64, discard="new")
    carries = new_wire(leaving)
    publisher.resume(carries, 0)

    publisher.add(row(number) for number in range(1, 52))

    assert publisher.waiting == 0
    until(lambda: not carries.open)  # so that its owner begins anew
