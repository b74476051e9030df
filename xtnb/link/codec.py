"""What crosses a wire or rests in a journal: requests, replies, pushes and records as bytes.

The form is MessagePack. A message is an array that begins with the version of
this protocol and the kind of message. A record travels as its class's name and
its fields in their order, and comes back as an instance of that class; a list of
records of one class names the class once. Tuples, and so market bars and
results in two parts, come back as tuples.

Whatever bytes arrive, `decode` gives a message or raises `CodecError`: an unknown
kind, class or field, a value of another type than its field, or another version
of the protocol is named. A record may be shorter than its class when the fields
that are missing were added later and have defaults, so what an older version
wrote can be read; new fields go to a record's end (tests/link/test_codec.py).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Annotated, Any, get_type_hints

import msgspec

from xtnb.errors import XtnbError
from xtnb.vocabulary import (
    algorithms,
    credit,
    derivatives,
    lending,
    records,
    subscriptions,
    transfers,
)
from xtnb.vocabulary.messages import Push, Reply, Request

PROTOCOL = 1
MAX_BYTES = 32 * 1024 * 1024

Message = Request | Reply | Push

_TUPLE, _RECORD, _ROWS = 1, 2, 3
_SCALARS = frozenset({type(None), bool, int, float, str, bytes})
_FAULTS = (msgspec.MsgspecError, RecursionError, TypeError, ValueError, OverflowError, MemoryError)


class CodecError(XtnbError):
    """Bytes that are no message, or a value that cannot become bytes."""


def _record_classes() -> dict[str, type]:
    modules = (records, credit, derivatives, lending, transfers, algorithms, subscriptions)
    return {
        name: found
        for module in modules
        for name, found in vars(module).items()
        if dataclasses.is_dataclass(found)
        and isinstance(found, type)
        and found.__module__ == module.__name__
    }


# Name -> class of every record that a message may hold.
RECORDS: Mapping[str, type] = _record_classes()


class _Form:
    """How one class is read and written."""

    __slots__ = ("decode_many", "decode_one", "name", "record", "values")

    def __init__(self, record: type) -> None:
        self.name = record.__name__
        self.record = record
        fields = dataclasses.fields(record)
        self.values: Callable[[Any], tuple[Any, ...]] = attrgetter(*(one.name for one in fields))
        hints = get_type_hints(record)
        wire = msgspec.defstruct(
            record.__name__,
            [_field(one, hints[one.name]) for one in fields],
            array_like=True,
            forbid_unknown_fields=True,
            gc=False,
        )
        self.decode_one: Callable[[Any], Any] = msgspec.msgpack.Decoder(wire).decode
        self.decode_many: Callable[[Any], Any] = msgspec.msgpack.Decoder(list[wire]).decode  # type: ignore[valid-type]

    def make(self, wire: Any) -> Any:
        return self.record(*msgspec.structs.astuple(wire))


def _field(one: dataclasses.Field[Any], hint: Any) -> tuple[str, Any, Any]:
    if one.default is not dataclasses.MISSING:
        return one.name, hint, one.default
    if one.default_factory is not dataclasses.MISSING:
        return one.name, hint, msgspec.field(default_factory=one.default_factory)
    return one.name, hint, msgspec.field()


_BY_CLASS = {record: _Form(record) for record in RECORDS.values()}
_BY_NAME = {form.name: form for form in _BY_CLASS.values()}


# -- writing ---------------------------------------------------------------------------------


def _refuse(value: Any) -> Any:
    raise CodecError(f"a {type(value).__name__} cannot be sent: {value!r:.80}")


_write = msgspec.msgpack.Encoder(enc_hook=_refuse).encode


def _plain(value: Any) -> Any:
    """The value as MessagePack knows it, with tuples and records marked."""
    kind = type(value)
    if kind in _SCALARS:
        return value
    if kind is list:
        return _plain_list(value)
    if kind is tuple:
        return msgspec.msgpack.Ext(_TUPLE, _write([_plain(one) for one in value]))
    if kind is dict:
        return {_key(key): _plain(one) for key, one in value.items()}
    if (form := _BY_CLASS.get(kind)) is not None:
        return msgspec.msgpack.Ext(_RECORD, _write((form.name, form.values(value))))
    if isinstance(value, Mapping):
        return {_key(key): _plain(one) for key, one in value.items()}
    return _simple(value)


def _simple(value: Any) -> Any:
    """The plain form of a member of an enumeration, or of a number of numpy's."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, float):
        return float(value)
    if hasattr(value, "__index__"):
        return int(value)
    return _refuse(value)


def _plain_list(value: list[Any]) -> Any:
    kinds = {type(one) for one in value}
    if len(kinds) == 1 and (form := _BY_CLASS.get(kinds.pop())) is not None:
        read = form.values
        return msgspec.msgpack.Ext(_ROWS, _write((form.name, [read(one) for one in value])))
    return [_plain(one) for one in value]


def _key(key: Any) -> str:
    if type(key) is not str:
        raise CodecError(f"a key of a dict is text, was {key!r:.80}")
    return key


def pack(value: Any) -> bytes:
    """The bytes of a value: scalars, text, bytes, lists, tuples, dicts and records.

    Raises:
        CodecError: the value holds something else, or an int of more than 64 bits.
    """
    return _written(_plain, value)


def encode(message: Message) -> bytes:
    """The bytes of a message.

    Raises:
        CodecError: it holds something that cannot be sent.
    """
    kind = type(message)
    if kind is Push:
        return _written(_push_form, message)
    if kind is Reply:
        return _written(_reply_form, message)
    if kind is Request:
        return _written(_request_form, message)
    raise CodecError(f"a {kind.__name__} is no message")


def _written(form: Callable[[Any], Any], value: Any) -> bytes:
    try:
        return _write(form(value))
    except _FAULTS as fault:
        raise CodecError(f"cannot be sent: {fault}") from fault


def _push_form(push: Push) -> tuple[Any, ...]:
    record = push[6]
    name, values = "", None
    if record is not None:
        form = _BY_CLASS.get(type(record))
        if form is None:
            raise CodecError(f"a {type(record).__name__} is no record")
        name, values = form.name, form.values(record)
    return (PROTOCOL, "push", *push[:6], *push[7:], name, values)


def _reply_form(reply: Reply) -> tuple[Any, ...]:
    return (PROTOCOL, "reply", reply[0], _plain(reply[1]), *reply[2:])


def _request_form(request: Request) -> tuple[Any, ...]:
    _must_be_short(request.arguments)
    return (PROTOCOL, "request", *request[:4], _plain(request[4]), *request[5:9])


def _must_be_short(arguments: Mapping[str, Any]) -> None:
    """Refuse numbers that no table has room for."""
    for name, value in arguments.items():
        if type(value) is int and value >= 2**63:
            raise CodecError(f"{name}: a number of more than 64 bits")


# -- reading ----------------------------------------------------------------------------------

_Raw = msgspec.Raw
_read_head = msgspec.msgpack.Decoder(list[_Raw]).decode
_read_push = msgspec.msgpack.Decoder(
    tuple[int, str, str, int, int, str, int, str, int, int, str, _Raw]
).decode
_read_reply = msgspec.msgpack.Decoder(tuple[int, str, int, _Raw, str, int, int]).decode
_Short = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]  # what a journal has room for
_read_request = msgspec.msgpack.Decoder(
    tuple[int, str, _Short, str, _Short, str, _Raw, _Short, str, _Short, str]
).decode
_read_named = msgspec.msgpack.Decoder(tuple[str, _Raw]).decode
# How the bytes of each kind begin: the array's length, the protocol, the kind's name.
_PUSH = bytes([0x9C, PROTOCOL, 0xA4]) + b"push"
_REPLY = bytes([0x97, PROTOCOL, 0xA5]) + b"reply"
_REQUEST = bytes([0x9B, PROTOCOL, 0xA7]) + b"request"


def _form_of(name: str) -> _Form:
    form = _BY_NAME.get(name)
    if form is None:
        raise CodecError(f"unknown record {name!r:.80}")
    return form


def _marked(code: int, data: memoryview) -> Any:
    if code == _TUPLE:
        return tuple(_checked(_read_list(data)))
    if code not in (_RECORD, _ROWS):
        raise CodecError(f"unknown mark {code}")
    name, rest = _read_named(data)
    form = _form_of(name)
    if code == _RECORD:
        return form.make(form.decode_one(rest))
    return [form.make(row) for row in form.decode_many(rest)]


_read_list = msgspec.msgpack.Decoder(list[Any], ext_hook=_marked).decode
_read_value = msgspec.msgpack.Decoder(Any, ext_hook=_marked).decode


def _checked(value: Any) -> Any:
    """The value itself, once it is sure that nothing else is in it."""
    kind = type(value)
    if kind is list:
        for one in value:
            if type(one) not in _SCALARS:
                _checked(one)
    elif kind is dict:
        for key, one in value.items():
            _key(key)
            if type(one) not in _SCALARS:
                _checked(one)
    elif kind not in _SCALARS and kind is not tuple and kind not in _BY_CLASS:
        raise CodecError(f"a {kind.__name__} is nothing that is sent")
    return value


def unpack(data: bytes) -> Any:
    """The value that `pack` made into these bytes.

    Raises:
        CodecError: the bytes are no such value.
    """
    return _understood(lambda given: _checked(_read_value(given)), data)


def decode(data: bytes) -> Message:
    """The message that these bytes are.

    Raises:
        CodecError: they are none, or of another version of the protocol.
    """
    message: Message = _understood(_message, data)
    return message


def _understood(read: Callable[[bytes], Any], data: bytes) -> Any:
    if len(data) > MAX_BYTES:
        raise CodecError(f"{len(data):,} bytes, at most {MAX_BYTES:,} are read")
    try:
        return read(data)
    except _FAULTS as fault:
        raise CodecError(f"not a message: {fault}") from fault


def _message(data: bytes) -> Message:
    if data.startswith(_PUSH):
        return _push(data)
    if data.startswith(_REPLY):
        _, _, seq, value, error, error_id, after = _read_reply(data)
        return Reply(seq, _checked(_read_value(value)), error, error_id, after)
    if data.startswith(_REQUEST):
        return _request(data)
    head = _read_head(data)
    version = msgspec.msgpack.decode(head[0], type=int) if head else 0
    if version != PROTOCOL:
        raise CodecError(f"protocol {version}; this side speaks {PROTOCOL}")
    kind = msgspec.msgpack.decode(head[1], type=str) if len(head) > 1 else ""
    raise CodecError(f"no message of kind {kind!r:.80} has {len(head)} parts")


def _push(data: bytes) -> Push:
    _, _, terminal, epoch, number, kind, account_type, account_id, session, seq, name, rest = (
        _read_push(data)
    )
    record = None
    if name:
        form = _form_of(name)
        record = form.make(form.decode_one(rest))
    elif bytes(rest) != b"\xc0":
        raise CodecError("a push without a record has one all the same")
    return Push(terminal, epoch, number, kind, account_type, account_id, record, session, seq)


def _request(data: bytes) -> Request:
    _, _, seq, method, account_type, account_id, given, session, key, until, origin = _read_request(
        data
    )
    arguments = _checked(_read_value(given))
    if type(arguments) is not dict:
        raise CodecError("the arguments of a request are a dict")
    _must_be_short(arguments)
    return Request(seq, method, account_type, account_id, arguments, session, key, until, origin)
