"""The writer of a stream: what it is told may be anything, and it goes on."""

from __future__ import annotations

from tests.link.serving import nats_server
from xtnb.link.codec import encode
from xtnb.link.jetstream import Row, call, drop_stream
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
