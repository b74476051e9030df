"""Messages as bytes: the way there and back is exact, and other bytes are refused."""

from __future__ import annotations

import dataclasses
import importlib
import json
import pkgutil
import tracemalloc
from pathlib import Path
from typing import get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtnb import vocabulary
from xtnb.link import codec
from xtnb.link.codec import RECORDS, CodecError, decode, encode, pack, unpack
from xtnb.vocabulary.codes import OrderStatus
from xtnb.vocabulary.messages import Push, Reply, Request
from xtnb.vocabulary.records import StockAccount, XtAsset, XtOrder

FIELDS = Path(__file__).parent / "wire_fields.json"
STAYS_HERE = {"reconciliation"}  # what a session says to its own user
WHOLE = st.integers(-(2**63), 2**63 - 1)
TEXT = st.text(max_size=30)
BY_HINT = {
    int: WHOLE,
    float: st.floats(allow_nan=False),
    str: TEXT,
    bool: st.booleans(),
    list[int]: st.lists(WHOLE, max_size=5),
    tuple[float, ...]: st.lists(st.floats(allow_nan=False), max_size=5).map(tuple),
    tuple[int, ...]: st.lists(WHOLE, max_size=5).map(tuple),
}


def rows(record: type) -> st.SearchStrategy:
    hints = get_type_hints(record)
    return st.builds(record, **{f.name: BY_HINT[hints[f.name]] for f in dataclasses.fields(record)})


ANY_RECORD = st.sampled_from(sorted(RECORDS)).flatmap(lambda name: rows(RECORDS[name]))
SCALARS = st.none() | st.booleans() | WHOLE | st.floats(allow_nan=False) | TEXT | st.binary()
VALUES = st.recursive(
    SCALARS | ANY_RECORD,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(TEXT, inner, max_size=4)
    ),
    max_leaves=12,
)
REQUESTS = st.builds(
    Request,
    *(WHOLE, TEXT, WHOLE, TEXT, st.dictionaries(TEXT, VALUES, max_size=4)),
    *(WHOLE, TEXT, WHOLE, TEXT),
    who=st.just(""),  # which is never sent
)
REPLIES = st.builds(Reply, WHOLE, VALUES, TEXT, WHOLE, WHOLE)
PUSHES = st.builds(
    Push, *(TEXT, WHOLE, WHOLE, TEXT, WHOLE, TEXT, st.none() | ANY_RECORD, WHOLE, WHOLE)
)
MESSAGES = REQUESTS | REPLIES | PUSHES


def test_nobody_can_send_whose_key_it_was():
    asked = Request(1, "order_stock", 2, "1", {}, origin="a cell", who="anna (trader)")

    assert decode(encode(asked)) == asked._replace(who="")


def shape(value):
    """The value with the type of everything in it."""
    if isinstance(value, list | tuple):
        return type(value), [shape(one) for one in value]
    if isinstance(value, dict):
        return dict, {key: shape(one) for key, one in value.items()}
    if dataclasses.is_dataclass(value):
        return type(value), shape(vars(value))
    return type(value), value


@pytest.mark.parametrize("name", sorted(RECORDS))
@given(data=st.data())
def test_every_record_comes_back_as_it_was(name, data):
    record = data.draw(rows(RECORDS[name]))

    for value in (record, [record, record], (record, [record])):
        assert shape(unpack(pack(value))) == shape(value)


@given(MESSAGES)
def test_every_message_comes_back_as_it_was(message):
    again = decode(encode(message))

    assert type(again) is type(message)
    assert shape(tuple(again)) == shape(tuple(message))


def test_every_record_of_the_vocabulary_can_travel():
    found = set()
    for one in pkgutil.iter_modules(vocabulary.__path__):
        if one.name in STAYS_HERE:
            continue
        module = importlib.import_module(f"xtnb.vocabulary.{one.name}")
        found |= {
            name
            for name, thing in vars(module).items()
            if isinstance(thing, type)
            and dataclasses.is_dataclass(thing)
            and thing.__module__ == module.__name__
            and any("xtnb" in one.metadata for one in dataclasses.fields(thing))
        }

    assert found <= set(RECORDS)


def test_no_field_has_moved_since_it_was_first_sent():
    """Regenerate wire_fields.json only by adding names at the end of a list."""
    known = json.loads(FIELDS.read_text(encoding="utf-8"))

    for name, fields in known.items():
        now = [one.name for one in dataclasses.fields(RECORDS[name])]
        assert now[: len(fields)] == fields, name
    assert {name: len([*dataclasses.fields(RECORDS[name])]) for name in RECORDS} == {
        name: len(fields) for name, fields in known.items()
    }


def test_a_record_of_an_older_version_is_read_with_its_defaults():
    asset = XtAsset("1", 1.0, 2.0, 3.0, 4.0, 5.0, 2)
    data = pack(asset)
    inner = msgspec.msgpack.decode(msgspec.msgpack.decode(data).data)
    older = [inner[0], inner[1][:5]]
    shorter = msgspec.msgpack.encode(msgspec.msgpack.Ext(2, msgspec.msgpack.encode(older)))

    assert unpack(shorter) == XtAsset("1", 1.0, 2.0, 3.0, 4.0)


def test_members_of_enumerations_travel_as_their_numbers():
    assert shape(unpack(pack({"status": OrderStatus.REPORTED}))) == shape({"status": 50})


@pytest.mark.parametrize(
    "value", [object(), {1, 2}, 2**70, {1: 2}, StockAccount("1"), [1j], {"a": [open]}, range(3)]
)
def test_what_cannot_be_sent_is_named(value):
    with pytest.raises(CodecError):
        pack(value)


@pytest.mark.parametrize("field", ["seq", "account_type", "session", "valid_until"])
def test_a_request_with_a_number_that_no_journal_has_room_for_is_not_read(field):
    request = Request(1, "order_stock", 2, "1", {}, 1, "K1")

    with pytest.raises(CodecError):
        decode(encode(request._replace(**{field: 2**63})))
    with pytest.raises(CodecError, match="order_volume"):
        decode(encode(request._replace(arguments={"order_volume": 2**63})))


def test_a_push_of_something_else_than_a_record_is_not_sent():
    with pytest.raises(CodecError, match="dict is no record"):
        encode(Push("t", 1, 1, "stock_order", 2, "1", {"order_id": 1}))


ORDER = XtOrder(
    *("1", "600000.SH", 7, "S7", 0, 23, 200, 50, 10.5, 0, 0.0),
    *(50, "", "", "", 0, 48),
)


def forged(*parts) -> bytes:
    return msgspec.msgpack.encode(parts)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "truncated"),
        (forged(2, "push"), "protocol 2; this side speaks 1"),
        (forged(1, "order"), "no message of kind 'order'"),
        (forged(1, "reply", 1, None, "", 0), "no message of kind 'reply' has 6 parts"),
        (forged(1, "reply", 1, None, "", 0, 0, 0), "no message of kind 'reply' has 8 parts"),
        (forged(1, "reply", "1", None, "", 0, 0), "Expected `int`, got `str`"),
        (forged(1, "reply", 1, msgspec.msgpack.Ext(9, b""), "", 0, 0), "unknown mark 9"),
        (forged(1, "reply", 1, msgspec.msgpack.Ext(-1, bytes(8)), "", 0, 0), "datetime"),
        (forged(1, "reply", 1, {1: 2}, "", 0, 0), "key of a dict is text"),
        (forged(1, "request", 1, "m", 2, "1", [], 0, "", 0, ""), "arguments of a request"),
        (forged(1, "push", "t", 1, 1, "k", 2, "1", 0, 0, "XtNone", []), "unknown record 'XtNone'"),
        (forged(1, "push", "t", 1, 1, "k", 2, "1", 0, 0, "", [1]), "without a record"),
        (forged(1, "push", "t", 1, 1, "k", 2, "1", 0, 0, "XtAsset", ["1"]), "at least length 5"),
        (
            forged(1, "push", "t", 1, 1, "k", 2, "1", 0, 0, "XtAsset", ["1", *[0.0] * 5, 2, 9]),
            "at most 7|Expected `array`",
        ),
        (encode(Reply(1, None)) + b"\x00", "trailing"),
    ],
)
def test_other_bytes_are_refused_in_words(data, words):
    with pytest.raises(CodecError, match=words):
        decode(data)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_a_codec_error(data):
    for start in (b"", codec._PUSH, codec._REPLY, codec._REQUEST):
        outcome(start + data)


@given(MESSAGES, st.data())
def test_a_message_with_bytes_changed_is_a_message_or_a_codec_error(message, data):
    changed = bytearray(encode(message))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(changed) - 1))
        move = data.draw(st.sampled_from(["set", "cut", "double", "drop"]))
        if move == "set":
            changed[at] = data.draw(st.integers(0, 255))
        elif move == "cut" and at:
            del changed[at:]
        elif move == "double":
            changed[at:at] = changed[at : at + 20]
        elif len(changed) > 1:
            del changed[at]

    outcome(bytes(changed))


def outcome(data: bytes) -> None:
    """A message that can be sent again, or a CodecError; anything else fails the test."""
    try:
        message = decode(data)
    except CodecError:
        return
    assert encode(decode(encode(message))) == encode(message)


@pytest.mark.parametrize(
    "data",
    [
        b"\xdd\xff\xff\xff\xff",
        codec._REPLY + b"\x01\xdd\xff\xff\xff\xff",
        codec._REPLY + b"\x01\xdf\x7f\xff\xff\xff",
        codec._REPLY + b"\x01\xc6\xff\xff\xff\xff",
        codec._REPLY + b"\x01" + b"\x91" * 100_000,
        codec._REPLY + b"\x01" + b"\xdd\x00\x00\xff\xff" * 10_000,
    ],
)
def test_a_length_that_is_a_lie_takes_no_memory(data):
    tracemalloc.start()
    try:
        with pytest.raises(CodecError):
            decode(data)
        assert tracemalloc.get_traced_memory()[1] < 30 * len(data) + 1_000_000
    finally:
        tracemalloc.stop()


def test_tuples_within_tuples_end_at_a_depth_and_not_in_a_crash():
    value: object = ()
    for _ in range(100_000):
        value = (value,)

    with pytest.raises(CodecError):
        pack(value)


def test_more_bytes_than_the_limit_are_not_looked_at(monkeypatch):
    monkeypatch.setattr(codec, "MAX_BYTES", 10)

    with pytest.raises(CodecError, match="at most 10"):
        decode(encode(Push("t", 1, 1, "stock_order", 2, "1", ORDER)))
