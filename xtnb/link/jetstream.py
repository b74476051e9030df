"""What xtnb asks of JetStream: above all a stream of pushes with one writer.

A stream's sequence numbers are the numbers of a terminal's pushes. Each message
says which number it must get; the server stores it there or not at all, so a
message that is sent twice is stored once, and a second writer is refused.

Source: the JetStream API of NATS.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from xtnb.errors import XtnbError
from xtnb.link.wire import NO_RESPONDERS, RequestFailed, Wire, packet

NO_STREAM = 10059
NO_MESSAGE = 10037
WRONG_LAST = 10071
_TIMED_OUT = 408
_API_SECONDS = 5.0
_ASK_AGAIN_SECONDS = (1.0, 1.5, 2.5)  # what is asked while there is no leader is never answered
_REPEATABLE = ("STREAM.INFO.", "STREAM.MSG.GET.", "CONSUMER.CREATE.")
_BATCH_HEADERS = 512  # bytes of headers a message, at most


class JetStreamError(XtnbError):
    """JetStream says no.

    Attributes:
        code: its number, such as WRONG_LAST.
    """

    def __init__(self, code: int, words: str) -> None:
        super().__init__(code, words)
        self.code = code
        self.words = words

    def __str__(self) -> str:
        return f"JetStream: {self.words} ({self.code})"


def call(wire: Wire, verb: str, asked: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Ask the API.

    Raises:
        JetStreamError: it says no, or the server has no JetStream.
        RequestFailed, NotConnected: as `Wire.request`.
    """
    body = json.dumps(asked).encode() if asked is not None else b""
    waits = _ASK_AGAIN_SECONDS if verb.startswith(_REPEATABLE) else (_API_SECONDS,)
    for wait in waits[:-1]:
        try:
            return _call(wire, verb, body, wait)
        except RequestFailed as failed:
            if failed.status != _TIMED_OUT:
                raise
    return _call(wire, verb, body, waits[-1])


def _call(wire: Wire, verb: str, body: bytes, seconds: float) -> dict[str, Any]:
    try:
        return read(wire.request(f"$JS.API.{verb}", body, seconds).data)
    except RequestFailed as failed:
        if failed.status == NO_RESPONDERS:
            raise JetStreamError(0, "the NATS server has no JetStream for this key") from failed
        raise


def read(data: bytes) -> dict[str, Any]:
    """What an answer of JetStream says. Raises JetStreamError when it says no."""
    found: dict[str, Any] = json.loads(data)
    if error := found.get("error"):
        raise JetStreamError(int(error.get("err_code", 0)), str(error.get("description", error)))
    return found


class Span(NamedTuple):
    """The numbers that a stream has; `last` is `first - 1` when it is empty."""

    first: int
    last: int


class Retention(NamedTuple):
    """How much a stream keeps: whichever comes first.

    Attributes:
        days: how long a push stays.
        megabytes: of all pushes of a terminal.
    """

    days: float = 7.0
    megabytes: int = 512


def span(wire: Wire, stream: str) -> Span | None:
    """What a stream has; None when it does not exist."""
    try:
        state = call(wire, f"STREAM.INFO.{stream}")["state"]
    except JetStreamError as error:
        if error.code == NO_STREAM:
            return None
        raise
    return Span(int(state["first_seq"]), int(state["last_seq"]))


def make_stream(
    wire: Wire,
    stream: str,
    subjects: Sequence[str],
    first: int,
    kept: Retention,
    replicas: int = 1,
) -> Span:
    """Make a stream whose first message will have the number `first`."""
    config = {
        "name": stream,
        "subjects": list(subjects),
        "storage": "file",
        "retention": "limits",
        "discard": "old",
        "first_seq": first,
        "max_age": round(kept.days * 86_400e9),
        "max_bytes": kept.megabytes * 1024 * 1024,
        "num_replicas": replicas,
        "allow_atomic": True,
        "deny_delete": True,
    }
    call(wire, f"STREAM.CREATE.{stream}", config)
    return Span(first, first - 1)


def drop_stream(wire: Wire, stream: str) -> None:
    """Remove a stream and all that is in it."""
    call(wire, f"STREAM.DELETE.{stream}")


class Row(NamedTuple):
    """A push on its way into a stream: the number it must get, its subject, its bytes."""

    number: int
    subject: str
    data: bytes
    headers: Mapping[str, str]


def store(wire: Wire, rows: Sequence[Row], seconds: float = 4.0) -> None:
    """Store rows that follow each other: all of them, each at its number, or none.

    Raises:
        JetStreamError: WRONG_LAST, when the stream's end is not where it should be.
        RequestFailed, NotConnected: whether they were stored is not known.
    """
    name = secrets.token_hex(8)
    packets = []
    for place, row in enumerate(rows, 1):
        headers = dict(row.headers)
        if place == 1:
            headers["Nats-Expected-Last-Sequence"] = str(row.number - 1)
        if len(rows) > 1:
            headers |= {"Nats-Batch-Id": name, "Nats-Batch-Sequence": str(place)}
        if place < len(rows):
            packets.append(packet(row.subject, row.data, "", headers))
            continue
        if len(rows) > 1:
            headers["Nats-Batch-Commit"] = "1"
        if packets:
            wire.write(b"".join(packets))
        stored = read(wire.request(row.subject, row.data, seconds, headers).data)
        if int(stored["seq"]) != row.number:
            raise JetStreamError(WRONG_LAST, f"{row.number} was stored as {stored['seq']}")


def stored_at(wire: Wire, stream: str, number: int) -> bytes:
    """The content of a message. Raises JetStreamError when it is not there."""
    found = call(wire, f"STREAM.MSG.GET.{stream}", {"seq": number})
    return base64.b64decode(found["message"].get("data", ""))


def message_bytes(row: Row) -> int:
    """About how much of a batch a row takes."""
    return len(row.data) + _BATCH_HEADERS
