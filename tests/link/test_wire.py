"""The wire itself: what is read from any pieces, and what a strange server can do to it."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.link.serving import nats_server, trader_key, until
from xtnb.errors import InputError, NotConnected, TerminalUnavailable
from xtnb.link.address import Server, parse
from xtnb.link.nkeys import Key
from xtnb.link.wire import Msg, Wire, packet

SUBJECTS = st.from_regex(r"[a-z]{1,8}(\.[a-z]{1,8}){0,3}", fullmatch=True)
HEADERS = st.dictionaries(st.sampled_from(["A", "Xtnb-After", "Description"]), SUBJECTS, max_size=2)
MESSAGES = st.lists(st.tuples(SUBJECTS, st.binary(max_size=60), HEADERS), max_size=6)


def arrives(subject: str, data: bytes, headers: dict[str, str]) -> bytes:
    """A message as a server passes it on to the subscription 1."""
    out = packet(subject, data, "", headers)
    word, rest = out.split(b" ", 1)
    name, rest = rest.split(b" ", 1)
    return (b"HMSG " if word == b"HPUB" else b"MSG ") + name + b" 1 " + rest


@given(MESSAGES, st.lists(st.integers(1, 40), min_size=1, max_size=20))
def test_messages_are_read_from_whatever_pieces_they_come_in(messages, sizes):
    heard: list[Msg] = []
    wire = Wire([])
    wire._listeners[1] = heard.append
    stream = b"+OK\r\n".join([b"", *(arrives(*one) for one in messages)])
    buffer, at = bytearray(), 0
    while at < len(stream):
        size = sizes[at % len(sizes)]
        buffer += stream[at : at + size]
        wire._parse(buffer)
        at += size

    assert [(one.subject, one.data, dict(one.headers)) for one in heard] == messages
    assert buffer == b""


class Strange:
    """A server that says what a test wants it to say, once."""

    def __init__(self, *answers: bytes) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.server = Server("127.0.0.1", self._socket.getsockname()[1])
        self._answers = answers
        self.got: list[bytes] = []
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        with ExitStack() as stack:
            near, _ = self._socket.accept()
            stack.enter_context(near)
            stack.callback(self._socket.close)
            for answer in self._answers:
                near.sendall(answer)
                self.got.append(near.recv(1 << 16))


INFO = b'INFO {"max_payload":1000}\r\n'


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ((b"HTTP/1.1 400 Bad Request\r\n",), "no NATS server"),
        ((b"",), "no NATS server|does not let us in|no answer: check"),
        ((b"INFO nothing\r\n",), "Expecting value"),
        ((INFO, b"-ERR 'Authorization Violation'\r\n"), "does not know this key"),
        ((INFO, b"-ERR 'maximum connections exceeded'\r\n"), "maximum connections exceeded"),
        ((INFO.replace(b"{", b'{"tls_required":true,'),), "write tls://"),
    ],
)
def test_a_server_that_is_none_is_named(answers, words):
    strange = Strange(*answers)

    with pytest.raises(TerminalUnavailable, match=words):
        Wire([strange.server]).connect(0.5)


def test_a_server_that_talks_and_never_answers_is_given_up():
    listening = socket.create_server(("127.0.0.1", 0))

    def talk() -> None:
        near, _ = listening.accept()
        with listening, near, suppress(OSError):
            near.sendall(INFO)
            while True:
                near.sendall(b"+OK\r\n")

    talking = threading.Thread(target=talk)
    talking.start()

    with pytest.raises(TerminalUnavailable, match="does not let us in"):
        Wire([Server("127.0.0.1", listening.getsockname()[1])]).connect(0.2)
    talking.join(10)
    assert not talking.is_alive()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b"MSG a 1 99999999999\r\n", "announces 99,999,999,999 bytes"),
        (b"MSG a 1 -5\r\n", "announces -5 bytes"),
        (b"MSG a x 5\r\nhello\r\n", "cannot be read"),
        (b"MSG\xff\xfe a 1 5\r\n" + b"x" * 100_000, "without an end"),
        (b"-ERR 'Stale Connection'\r\n", "Stale Connection"),
    ],
)
def test_nonsense_ends_the_connection_in_words(said, words):
    lost: list[str] = []
    strange = Strange(INFO, b"PONG\r\n", said)
    wire = Wire([strange.server], on_lost=lost.append)
    wire.connect(2)

    until(lambda: lost)

    assert words in lost[0]
    with pytest.raises(NotConnected):
        wire.publish("a", b"")


def test_what_waits_for_an_answer_hears_that_the_connection_is_gone():
    wire, heard = Wire([nats_server().address], trader_key()), []
    wire.connect()
    wire.subscribe(f"{wire.inbox}.self", lambda message: None)
    wire.ask(f"{wire.inbox}.self", b"", heard.append)

    wire.close()

    assert [message.status for message in heard] in ([499], [403])


def test_a_request_on_the_reader_s_own_thread_is_a_mistake():
    wire, faults = Wire([nats_server().address], trader_key()), []
    wire.connect()

    def ask(message: Msg) -> None:
        try:
            wire.request("xtnb.t0.session", b"")
        except RuntimeError as fault:
            faults.append(fault)

    wire.ask("xtnb.no.such", b"", ask)
    until(lambda: faults)
    wire.close()


@pytest.mark.parametrize(
    "text",
    [
        *("nats://", "nats:///main", "nats://host:0/main", "nats://host:99999/main"),
        *("nats://127.0.0.1/a b", "nats://127.0.0.1/a.b", "http://127.0.0.1/main"),
        *("nats://a b@127.0.0.1/main", "nats://127.0.0.1:x/main", "nats://[::1/main"),
    ],
)
def test_an_address_of_another_form_is_an_input_error(text):
    with pytest.raises(InputError, match=r"address|terminal"):
        parse(text)


def test_an_address_names_servers_terminal_and_key():
    address = parse("tls://anna@a.example,b.example:4333,[::1]:4444/main")

    assert [(one.host, one.port, one.secure) for one in address.servers] == [
        *(("a.example", 4222, True), ("b.example", 4333, True), ("::1", 4444, True)),
    ]
    assert (address.terminal, address.user) == ("main", "anna")
    assert str(address) == "tls://a.example:4222,b.example:4333,[::1]:4444/main"
    assert parse("nats://localhost").terminal == "main"


@given(st.binary(min_size=32, max_size=32))
def test_a_key_comes_back_from_its_seed(secret):
    key = Key(secret)

    again = Key.from_seed(key.seed)

    assert (again.public, again.seed) == (key.public, key.seed)
    assert key.public.startswith("U")
    assert key.seed.startswith("SU")


@given(st.text(max_size=70))
def test_any_other_text_is_no_seed(text):
    with pytest.raises(InputError, match="seed"):
        Key.from_seed(text)
