"""What a served terminal says, in one order, and the stream that keeps what it said.

Replies and pushes leave in the order in which they are put here. Each push gets its
number: that of the journal where there is one, else the next. Clients hear of it at
once (outbox.py); the stream has it a moment later (publisher.py).
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from xtnb.errors import TerminalUnavailable, XtnbError
from xtnb.link.codec import CodecError, decode, encode, pack
from xtnb.link.desks import Asked
from xtnb.link.jetstream import (
    JetStreamError,
    Retention,
    Row,
    Span,
    drop_stream,
    make_stream,
    read,
    span,
)
from xtnb.link.keys import stream_of
from xtnb.link.outbox import Live, Outbox
from xtnb.link.protocol import (
    AFTER,
    FOR,
    MOST_CAUSES,
    PART,
    SERVER_SESSION,
    TO_THE_REQUESTER,
    causes_text,
    live_subject,
    quote_subject,
    whose,
)
from xtnb.link.publisher import Publisher
from xtnb.link.wire import Msg, Wire, packet
from xtnb.vocabulary.messages import Push, Reply

_log = logging.getLogger("xtnb.link")

_BACKLOG = 20_000
_LOOKS = 25  # so many times a stream may be behind what it had acknowledged
_LOOK_SECONDS = 0.2
_LOOK_AGAIN_SECONDS = 1.0
_ROOM = 64 * 1024  # of a message, for headers


class Pushes(Protocol):
    """What a server needs of a journal."""

    epoch: int

    @property
    def last(self) -> int: ...
    def pushes_after(self, number: int, limit: int) -> list[tuple[int, bytes]]: ...


class News:
    """What one served terminal says.

    Args:
        name: of the terminal.
        kept: how much the stream keeps.
        replicas: on how many servers of a cluster the stream is.
        who_asked: who is behind one of the server's own request numbers, if that is known.
        on_lost: hears when the wire takes no more.
        on_rival: hears why nothing more can be stored.

    Attributes:
        lock: held while something is put in its place in the order.
        epoch, last: of the pushes.
        journal: of a durable terminal; set before `prepare`.
    """

    def __init__(
        self,
        name: str,
        kept: Retention,
        replicas: int,
        who_asked: Callable[[int], Asked | None],
        on_lost: Callable[[], object],
        on_rival: Callable[[str], None],
    ) -> None:
        self.lock = threading.RLock()
        self.journal: Pushes | None = None
        self.epoch = time.time_ns() // 1_000_000
        self.last = 0
        self._first = 1
        self._name = name
        self._stream = stream_of(name)
        self._kept, self._replicas = kept, replicas
        self._who_asked = who_asked
        self._causes: deque[tuple[int, int]] = deque(maxlen=MOST_CAUSES)
        self._closed = threading.Event()
        self._publisher = Publisher(self._stream, on_rival)
        self._outbox = Outbox(live_subject(name), on_lost)
        self._look = threading.Lock()
        self._lookers: list[Callable[[], None]] = []
        self._looked = float("-inf")
        self._token = ""

    # -- the stream ------------------------------------------------------------------------------

    def follow(self, journal: Pushes, first_time: bool) -> None:
        """Go by this journal from now on, the one of a life that begins."""
        with self.lock:
            self.journal, self.epoch = journal, journal.epoch
            if first_time:
                self.last = journal.last
            else:
                self.catch_up(journal.last)

    def prepare(self, wire: Wire, first_time: bool) -> int:
        """Have a stream that fits what is to be stored; returns the last number it has."""
        found = self._span(wire, first_time)
        with self.lock:
            if found is not None:
                self._first = found.first
            if self.journal is not None:
                return self._follow_journal(wire, self.journal, found.last if found else None)
            lost = found is not None and found.last < self._first_waiting() - 1
            if lost or first_time:
                # a new life, which clients know by its epoch
                self._publisher.clear()
                self.epoch = max(self.epoch + 1, time.time_ns() // 1_000_000)
                self.last = 0
                if found:
                    drop_stream(wire, self._stream)
                found = None
            if found is None:
                self._make(wire, self._first_waiting())
                return self._first_waiting() - 1
            return found.last

    def _span(self, wire: Wire, first_time: bool) -> Span | None:
        """What the stream has; waits a little for a cluster with a new leader to catch up."""
        for _ in range(_LOOKS):
            found = span(wire, self._stream)
            if first_time or found is None or found.last >= self._first_waiting() - 1:
                break
            self._closed.wait(_LOOK_SECONDS)
        return found

    def _first_waiting(self) -> int:
        return self.last - self._publisher.waiting + 1

    def _follow_journal(self, wire: Wire, journal: Pushes, last: int | None) -> int:
        """Have the publisher store what the journal has and the stream lacks."""
        if last is not None and last > journal.last:
            raise TerminalUnavailable(
                f"{self._name!r} 的推送流有 {last} 条，而该目录只有 {journal.last} 条：目录是旧的"
                "副本，或属于另一终端；请用 --name 另取名称",
                f"the stream of {self._name!r} has {last} pushes and this folder {journal.last}: "
                "the folder is an older copy, or another terminal's; serve it by another name "
                "(--name)",
            )
        if last is None:
            last = max(0, self.last - _BACKLOG)
            self._make(wire, last + 1)
        self._publisher.follow(last, self.last, self._rows_after)
        return last

    def _rows_after(self, number: int, most: int) -> list[Row]:
        """What the journal has after a number, as the stream keeps it."""
        journal = self.journal
        assert journal is not None, "the publisher follows one"
        return [_row(self._name, *one) for one in journal.pushes_after(number, most)]

    def _make(self, wire: Wire, first: int) -> None:
        self._first = first
        subjects = [f"xtnb.{self._name}.push.>"]
        make_stream(wire, self._stream, subjects, first, self._kept, self._replicas)

    def speak(self, voice: Wire) -> None:
        """Say what is said over this wire from now on."""
        with self.lock:
            self._outbox.wire = voice

    def resume(self, store: Wire, last: int) -> None:
        """Store over this wire; the stream has everything up to `last`.

        It is not the wire that speaks. nats-server takes what a connection says in turn:
        a reply must not wait until the disk has the pushes before it.
        """
        with self.lock:
            self._publisher.resume(store, last)

    def pause(self) -> None:
        """Store nothing until `resume`."""
        self._publisher.pause()

    @property
    def first(self) -> int:
        """Number of the oldest push that can be told still, as far as is known.

        It is the stream's first, unless that takes nothing for so long that nobody would wait
        for what it lacks, and not all of that is remembered here.
        """
        if not self._publisher.stuck:
            return self._first
        oldest = self._outbox.oldest or self.last + 1
        return self._first if oldest <= self._first_waiting() else oldest

    @property
    def trouble(self) -> str:
        """Why pushes cannot be stored; "" while they can be."""
        return self._publisher.trouble

    def drain(self, seconds: float) -> bool:
        """Wait until the stream has everything; False when it takes too long."""
        return self._publisher.drain(seconds)

    def look(self, wire: Wire, then: Callable[[], None]) -> None:
        """Learn `first` anew; `then` is called when that came, and not while nothing does.

        Raises:
            NotConnected: nobody can be asked.
        """
        now = time.monotonic()
        with self._look:
            if now - self._looked < _LOOK_AGAIN_SECONDS:
                self._lookers.append(then)
                return
            self._lookers, self._looked, token = [then], now, self._token
        wire.forget(token)
        self._token = wire.ask(f"$JS.API.STREAM.INFO.{self._stream}", b"", self._found)

    def _found(self, message: Msg) -> None:
        try:
            if not message.status:
                self._first = int(read(message.data)["state"]["first_seq"])
        except (JetStreamError, ValueError, KeyError) as fault:
            _log.info("the stream %s cannot be asked: %s", self._stream, fault)
        with self._look:
            lookers, self._lookers, self._looked = self._lookers, [], float("-inf")
        for then in lookers:
            then()

    def forget(self, wire: Wire) -> None:
        """Remove the stream: its numbers end with this life."""
        try:
            drop_stream(wire, self._stream)
        except XtnbError as fault:
            _log.info("the stream of %s stays behind: %s", self._name, fault)

    def close(self) -> None:
        """Say what waits and end the threads."""
        self._closed.set()
        self._publisher.stop()
        self._outbox.close()

    # -- what is said ----------------------------------------------------------------------------

    def notice(self, words: str) -> None:
        """Tell every client that the terminal is about to be away."""
        self._outbox.send(packet(f"xtnb.{self._name}.notice", pack({"words": words})))

    def quote(self, push: Push) -> None:
        """Tell a quote to who watches; it has no place in the order."""
        subject = quote_subject(self._name, push.record.stock_code)
        self._outbox.send(packet(subject, encode(push)))

    def again(self, first: int, most: int) -> bytes | None:
        """A clump of the pushes from `first` on, if that one was told lately."""
        return self._outbox.again(first, most)

    def reply(self, asked: Asked, reply: Reply) -> None:
        """Send a reply to who asked, in its place among the pushes."""
        with self.lock:
            reply = reply._replace(seq=asked.seq, after=self.last)
            self._causes.append((asked.fence, asked.seq))
            try:
                data = encode(reply)
            except CodecError as fault:
                _log.error("%s: the reply %s", asked.request.method, fault)
                data = encode(Reply(asked.seq, None, f"the reply {fault}", 0, self.last))
            wire = self._outbox.wire
            if wire is None:
                return
            most = wire.max_payload - _ROOM
            parts = [data[at : at + most] for at in range(0, len(data), most)]
            for place, part in enumerate(parts, 1):
                headers = {PART: f"{place}/{len(parts)}"} if len(parts) > 1 else None
                self._outbox.send(packet(asked.inbox, part, "", headers))

    def push(self, push: Push) -> None:
        """Tell a push, after those that the journal has before it."""
        with self.lock:
            if self.journal is None:
                number = self.last + 1
            elif push.number <= self.last:
                return
            else:
                number = push.number
                self.catch_up(number - 1)
            self._tell(number, push)

    def catch_up(self, number: int) -> None:
        """Tell what the journal has up to a number: pushes of accounts nobody subscribed."""
        while self.journal is not None and self.last < number:
            found = self.journal.pushes_after(self.last, min(1000, number - self.last))
            for place, data in found:
                try:
                    push = decode(data)
                except CodecError as fault:  # it has its number, and nobody can read it
                    _log.error("push %s of the journal: %s", place, fault)
                    self.last = place
                    self._publisher.add([_unread(self._name, place, data)])
                    continue
                if isinstance(push, Push):
                    self._tell(push.number, push)
            if not found:
                break

    def _tell(self, number: int, push: Push) -> None:
        causes = list(self._causes)
        self._causes.clear()
        headers = {AFTER: causes_text(causes)} if causes else {}
        whom = 0
        ours = push.session == SERVER_SESSION
        # a push may come before the reply to what it is about
        asked = self._who_asked(push.seq) if ours else None
        mine = (asked.session, asked.seq) if asked else (0, 0)
        if asked is not None and push.kind in TO_THE_REQUESTER:
            whom = asked.fence
            headers[FOR] = str(whom)
        record = push.record
        if push.seq and getattr(record, "seq", 0) == push.seq:
            record = replace(record, seq=mine[1])
        told = push._replace(
            epoch=self.epoch, number=number, record=record, session=mine[0], seq=mine[1]
        )
        try:
            data = encode(told)
        except CodecError as fault:
            _log.error("a push of %s %s", push.kind, fault)
            return
        account = whose(push.account_type, push.account_id)
        self.last = number
        self._publisher.add([Row(number, f"xtnb.{self._name}.push.{account}", data, headers)])
        live = Live(number, account, data, headers.get(AFTER, ""), whom)
        self._outbox.push(self.epoch, live)


def _row(name: str, number: int, data: bytes) -> Row:
    """A push of the journal as the stream keeps it; who asked for it is gone."""
    try:
        push = decode(data)
    except CodecError as fault:
        _log.error("push %s of the journal: %s", number, fault)
        return _unread(name, number, data)
    assert isinstance(push, Push)
    account = whose(push.account_type, push.account_id)
    told = push._replace(session=0, seq=0) if push.session == SERVER_SESSION else push
    return Row(number, f"xtnb.{name}.push.{account}", encode(told), {})


def _unread(name: str, number: int, data: bytes) -> Row:
    """A push that cannot be read, in its place; it is nobody's."""
    return Row(number, f"xtnb.{name}.push.0.none", data, {})
