"""One connection to a nats-server: threads and sockets, no event loop, nothing kept back.

Why not nats-py: it was tried in this place (2.16, over a loop of its own). A served
order then took 2.5 times plain NATS where this takes 1.5 to 1.8
(tests/benchmarks/bench_round_trip.py has that peer); given `tls://` and a server
without TLS it went on in plain text; and a publish can only be handed to its loop, so
that nobody knows whether an order left. This is the part of the NATS protocol that xtnb uses, with
what orders need: what is sent is in the socket when `publish` returns, or
`publish` raises; a connection that is lost stays lost; a subject that may not be
used is said to whoever used it. Nobody's event loop is touched.

What arrives is handed over on the reader's thread, one at a time; a listener
must not block and must not call `request`. A peer that says nothing is asked,
and is lost after a few seconds without an answer.

Source: the NATS client protocol.
"""

from __future__ import annotations

import itertools
import json
import logging
import os
import re
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from xtnb.errors import NotConnected, TerminalUnavailable, XtnbError
from xtnb.link.address import Server, trusting
from xtnb.link.certificates import words_at
from xtnb.link.nkeys import Key
from xtnb.link.stream import Stream, TlsStream

_log = logging.getLogger("xtnb.link")

_TICK_SECONDS = 2.0
_SILENT_TICKS = 3  # a peer that has said nothing for so many ticks is lost
_CONNECT_SECONDS = 5.0
_CHUNK = 1 << 16
_LONGEST_LINE = 1 << 16
_MOST_BYTES = 64 << 20
_DENIED = re.compile(r"Permissions Violation for (Publish|Subscription) to \"([^\"]+)\"", re.I)

NO_RESPONDERS = 503
DENIED = 403
LOST = 499


class Msg(NamedTuple):
    """A message that arrived, or what came instead: `status` is 0 for a message."""

    subject: str
    reply: str
    data: bytes
    status: int = 0
    headers: Mapping[str, str] = {}

    @property
    def words(self) -> str:
        """What the status says."""
        return self.headers.get("Description", "")


class RequestFailed(XtnbError):
    """A request over the wire was not answered.

    Attributes:
        status: NO_RESPONDERS, when it certainly reached nobody; DENIED, when the
            key may not ask that; LOST, or 408 when no answer came in time.
    """

    def __init__(self, status: int, words: str) -> None:
        super().__init__(status, words)
        self.status = status
        self.words = words

    def __str__(self) -> str:
        return self.words


# Hears a message; of an answer it says True when more of it is to come.
Listener = Callable[[Msg], object]


class Wire:
    """One connection. See the module.

    Args:
        servers: where to connect; the first that answers is taken.
        key: who we are; None for a server without keys.
        name: what the server's log calls this connection.
        on_lost: hears once, on the reader's thread, why a connection that was
            there is gone; not after `close`.

    Attributes:
        proven: whether the server asks who comes, and so holds everyone to what it may do.
    """

    def __init__(
        self,
        servers: Sequence[Server],
        key: Key | None = None,
        name: str = "xtnb",
        on_lost: Callable[[str], None] = lambda why: None,
    ) -> None:
        self.servers = tuple(servers)
        self.key = key
        self.name = name
        self.on_lost = on_lost
        self.inbox = f"xtnb.inbox.{key.public if key else 'any'}.{secrets.token_hex(8)}"
        self.max_payload = 1 << 20
        self.proven = False
        self.server: Server | None = None
        self._stream: Stream | None = None
        self._write = threading.Lock()
        self._numbers = itertools.count(1)
        self._listeners: dict[int, Listener] = {}
        self._subjects: dict[str, int] = {}
        self._asked: dict[str, tuple[str, Listener]] = {}
        self._thread: threading.Thread | None = None
        self._open = False
        self._process = 0  # that connected

    # -- life --------------------------------------------------------------------------------

    @property
    def open(self) -> bool:
        """Whether something can be sent; never by a child that this process has forked."""
        return self._open and self._process == os.getpid()

    def connect(self, seconds: float = _CONNECT_SECONDS) -> None:
        """Connect to one of the servers.

        Raises:
            TerminalUnavailable: none can be reached, none lets us in, or its
                certificate is not to be trusted; says which and why.
        """
        reasons: list[tuple[str, str]] = []
        for server in self.servers:
            try:
                self._connect(server, seconds)
                return
            except ConnectionRefusedError:
                zh = f"{server}：那里没有程序监听；用 `xtnb serve` 启动终端"
                en = f"{server}: nothing listens there; `xtnb serve` starts a terminal"
                reasons.append((zh, en))
            except (OSError, ValueError, XtnbError) as fault:
                zh, en = words_at(fault, server)
                reasons.append((f"{server}：{zh}", f"{server}: {en}"))
        if not reasons:
            raise TerminalUnavailable("没有给出服务器", "no server is named")
        raise TerminalUnavailable(
            "；".join(zh for zh, _ in reasons), "; ".join(en for _, en in reasons)
        )

    def _connect(self, server: Server, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        stream = Stream(server.host, server.port, seconds)
        try:
            line, rest = _first_line(stream, deadline)
            info = _info(line)
            secure = server.secure
            if secure:
                if not (info.get("tls_required") or info.get("tls_available")):
                    raise TerminalUnavailable("那里的服务器没有 TLS", "the server there has no TLS")
                stream = TlsStream(stream, server.trust or trusting(None), server.host)
                rest = b""
            elif info.get("tls_required"):
                raise TerminalUnavailable(
                    "那里的服务器要求 TLS：请写 tls://", "the server there wants TLS: write tls://"
                )
            self.max_payload = int(info.get("max_payload", self.max_payload))
            self.proven = bool(info.get("auth_required"))
            stream.send(self._greeting(info, secure) + b"PING\r\n")
            rest = _until_pong(stream, rest, deadline)
        except BaseException:
            stream.close()
            raise
        self._stream, self.server, self._process = stream, server, os.getpid()
        stream.wait_at_most(_TICK_SECONDS)
        self._open = True
        self._thread = threading.Thread(
            target=self._read, args=(stream, rest), name=f"xtnb-wire-{self.name}", daemon=True
        )
        self._thread.start()
        self.subscribe(f"{self.inbox}.*", self._answered)

    def _greeting(self, info: Mapping[str, Any], secure: bool) -> bytes:
        options: dict[str, Any] = {
            "verbose": False,
            "pedantic": False,
            "lang": "python-xtnb",
            "version": "1",
            "protocol": 1,
            "headers": True,
            "no_responders": True,
            "tls_required": secure,
            "name": self.name,
        }
        if self.key is not None:
            options["nkey"] = self.key.public
            options["sig"] = self.key.sign(str(info.get("nonce", "")).encode())
        return b"CONNECT " + json.dumps(options).encode() + b"\r\n"

    def close(self) -> None:
        """Leave. What waits for an answer hears that the connection is lost."""
        self._end("the connection was closed", tell=False)
        thread = self._thread
        if thread and thread is not threading.current_thread():
            thread.join(_CONNECT_SECONDS)

    def _end(self, why: str, tell: bool) -> None:
        with self._write:
            if not self.open:
                return
            self._open = False
        if self._stream:
            self._stream.close()
        waiting, self._asked = list(self._asked.values()), {}
        for subject, listener in waiting:
            self._hand(listener, _instead(subject, LOST, why))
        if tell:
            self.on_lost(why)

    # -- sending -------------------------------------------------------------------------------

    def publish(
        self,
        subject: str,
        data: bytes,
        reply: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Send a message. Raises NotConnected when it cannot be sent now."""
        self.write(packet(subject, data, reply, headers))

    def write(self, packets: bytes) -> None:
        """Send what `packet` made, one or several. Raises NotConnected."""
        with self._write:
            stream = self._stream
            if not self.open or stream is None:
                raise NotConnected("the connection to the NATS server is not there")
            try:
                stream.send(packets)
            except OSError as fault:
                stream.close()  # the reader finds out, and tells
                raise NotConnected(f"the connection to the NATS server broke: {fault}") from fault

    def subscribe(self, subject: str, listener: Listener) -> int:
        """Hear a subject; returns the number of the subscription."""
        number = next(self._numbers)
        self._listeners[number] = listener
        self._subjects[subject] = number
        self.write(f"SUB {subject} {number}\r\n".encode())
        return number

    def unsubscribe(self, number: int) -> None:
        """Hear it no more."""
        self._listeners.pop(number, None)
        self.write(f"UNSUB {number}\r\n".encode())

    def ask(
        self,
        subject: str,
        data: bytes,
        listener: Listener,
        headers: Mapping[str, str] | None = None,
    ) -> str:
        """Send a request; its answer goes to `listener`. Returns a name to `forget` it by."""
        token = f"{next(self._numbers)}"
        self._asked[token] = (subject, listener)
        try:
            self.publish(subject, data, f"{self.inbox}.{token}", headers)
        except BaseException:
            self._asked.pop(token, None)
            raise
        return token

    def forget(self, token: str) -> None:
        """Wait for that answer no more."""
        self._asked.pop(token, None)

    def request(
        self,
        subject: str,
        data: bytes,
        seconds: float = _CONNECT_SECONDS,
        headers: Mapping[str, str] | None = None,
    ) -> Msg:
        """Send a request and wait for its answer. Not on the reader's thread.

        Raises:
            NotConnected: it could not be sent.
            RequestFailed: it was not answered.
        """
        if threading.current_thread() is self._thread:
            raise RuntimeError("a request on the reader's thread would wait for itself")
        answered = threading.Event()
        found: list[Msg] = []

        def take(message: Msg) -> None:
            found.append(message)
            answered.set()

        token = self.ask(subject, data, take, headers)
        if not answered.wait(seconds):
            self.forget(token)
            raise RequestFailed(408, f"{subject}: no answer within {seconds:g} s")
        if found[0].status:
            raise RequestFailed(found[0].status, f"{subject}: {found[0].words}")
        return found[0]

    # -- receiving, on the reader's thread -------------------------------------------------------

    def _read(self, stream: Stream, rest: bytes) -> None:
        why = "the NATS server closed the connection"
        silent = 0
        buffer = bytearray(rest)
        try:
            self._parse(buffer)
            while True:
                try:
                    chunk = stream.receive(_CHUNK)
                except TimeoutError:
                    silent += 1
                    if silent >= _SILENT_TICKS:
                        why = "the NATS server does not answer"
                        break
                    self.write(b"PING\r\n")
                    continue
                if not chunk:
                    break
                silent = 0
                buffer += chunk
                self._parse(buffer)
        except (OSError, XtnbError) as fault:
            why = str(fault) or type(fault).__name__
        except Exception:
            _log.exception("a NATS server sent what cannot be read")
            why = "the NATS server sent what cannot be read"
        self._end(why, tell=True)

    def _parse(self, buffer: bytearray) -> None:
        """Hand over every whole message at the buffer's begin, and cut it off."""
        at = 0
        while (end := buffer.find(b"\r\n", at)) >= 0:
            line = bytes(buffer[at:end])
            start = end + 2
            word = line[:4].upper()
            if word in (b"MSG ", b"HMSG"):
                parts = line.decode().split(" ")
                size = int(parts[-1])
                if not 0 <= size <= _MOST_BYTES:
                    raise NotConnected(f"the NATS server announces {size:,} bytes")
                if len(buffer) < start + size + 2:
                    break
                body = bytes(buffer[start : start + size])
                at = start + size + 2
                self._message(parts, body)
            else:
                at = start
                self._control(word, line)
        del buffer[:at]
        if b"\r\n" not in buffer and len(buffer) > _LONGEST_LINE:
            raise NotConnected("the NATS server sends a line without an end")

    def _message(self, parts: list[str], body: bytes) -> None:
        listener = self._listeners.get(int(parts[2]))
        if listener is None:
            return
        if parts[0] == "MSG":
            reply = parts[3] if len(parts) == 5 else ""
            self._hand(listener, Msg(parts[1], reply, body))
        else:
            reply = parts[3] if len(parts) == 6 else ""
            split = int(parts[-2])
            status, headers = _headers(body[:split])
            self._hand(listener, Msg(parts[1], reply, body[split:], status, headers))

    def _hand(self, listener: Listener, message: Msg) -> object:
        try:
            return listener(message)
        except NotConnected as lost:
            _log.info("%s could not be answered: %s", message.subject, lost)
        except Exception:
            _log.exception("a listener of %s failed", message.subject)
        return None

    def _control(self, word: bytes, line: bytes) -> None:
        if word == b"PING":
            self.write(b"PONG\r\n")
        elif word == b"-ERR":
            self._error(line[4:].decode(errors="replace").strip().strip("'"))

    def _error(self, text: str) -> None:
        denied = _DENIED.search(text)
        if denied is None:
            raise NotConnected(f"the NATS server says: {text}")
        what, subject = denied.groups()
        words = f"this key may not {'ask' if what.lower() == 'publish' else 'hear'} {subject}"
        _log.info("%s", words)  # whoever asked hears it
        instead = _instead(subject, DENIED, words)
        if what.lower() == "publish":
            # one for each that is denied, and never for what was sent before the first of them
            tokens = [token for token, (asked, _) in list(self._asked.items()) if asked == subject]
            if tokens and (denied_one := self._asked.pop(tokens[-1], None)):
                self._hand(denied_one[1], instead)
        elif hears := self._listeners.get(self._subjects.get(subject, 0)):
            self._hand(hears, instead)

    def _answered(self, message: Msg) -> None:
        token = message.subject.rpartition(".")[2]
        asked = self._asked.get(token)
        if asked is None:
            return
        if message.status == NO_RESPONDERS:
            message = _instead(asked[0], NO_RESPONDERS, "nobody is there to answer")
        if self._hand(asked[1], message) is not True:
            self.forget(token)


def packet(
    subject: str, data: bytes, reply: str = "", headers: Mapping[str, str] | None = None
) -> bytes:
    """A message as it goes over the wire."""
    target = f"{subject} {reply}" if reply else subject
    if not headers:
        return b"PUB %b %d\r\n%b\r\n" % (target.encode(), len(data), data)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"NATS/1.0\r\n{lines}\r\n".encode()
    sizes = (len(head), len(head) + len(data))
    return b"HPUB %b %d %d\r\n%b%b\r\n" % (target.encode(), *sizes, head, data)


def _headers(raw: bytes) -> tuple[int, Mapping[str, str]]:
    first, *lines = raw.decode(errors="replace").split("\r\n")
    status, _, words = first.removeprefix("NATS/1.0").strip().partition(" ")
    headers = {"Description": words} if words else {}
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip()] = value.strip()
    return int(status) if status.isdigit() else 0, headers


def _instead(subject: str, status: int, words: str) -> Msg:
    return Msg(subject, "", b"", status, {"Description": words})


_NO_NATS = ("那里应答的不是 NATS 服务器", "what answers there is no NATS server")


def _first_line(stream: Stream, deadline: float) -> tuple[bytes, bytes]:
    buffer = b""
    while b"\r\n" not in buffer:
        chunk = stream.receive(_CHUNK)
        if not chunk or len(buffer) > _CHUNK or time.monotonic() > deadline:
            raise TerminalUnavailable(*_NO_NATS)
        buffer += chunk
    line, _, rest = buffer.partition(b"\r\n")
    return line, rest


def _info(line: bytes) -> dict[str, Any]:
    if not line.startswith(b"INFO "):
        raise TerminalUnavailable(*_NO_NATS)
    found: dict[str, Any] = json.loads(line[5:])
    return found


def _until_pong(stream: Stream, buffer: bytes, deadline: float) -> bytes:
    """Wait for the answer to the greeting; returns what came after it."""
    while True:
        line, found, rest = buffer.partition(b"\r\n")
        if found:
            if line.startswith(b"PONG"):
                return rest
            if line.startswith(b"-ERR"):
                text = line[4:].decode(errors="replace").strip().strip("'")
                if "authorization" in text.lower() or "authentication" in text.lower():
                    raise TerminalUnavailable(
                        "服务器不认识该密钥，或密钥已被吊销",
                        "the server does not know this key, or it was revoked",
                    )
                raise TerminalUnavailable(text)
            buffer = rest
            continue
        chunk = stream.receive(_CHUNK)
        if not chunk or time.monotonic() > deadline:
            raise TerminalUnavailable("服务器拒绝连接", "the server does not let us in")
        buffer += chunk
