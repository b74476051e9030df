"""A terminal served to other processes and machines over NATS, whatever its link is.

`TerminalServer` opens one session on a `Link` and speaks for as many clients as
come: it gives their requests numbers of its own, subscribes an account when the
first of them does, and tells each push once, to all. Replies and pushes go out
in the order in which the link delivers them, on the link's thread; the stream
gets the same pushes a moment later and keeps them (publisher.py).

Of a terminal with a journal the stream continues over restarts, at the numbers
of the journal. Any other terminal begins a new stream, and a new epoch, with
each start. Sessions are kept in leases.py.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from xtnb.errors import NotConnected, TerminalUnavailable, XtnbError
from xtnb.link.address import Server, checked_name
from xtnb.link.base import ConnectResult, Link
from xtnb.link.codec import CodecError, decode, encode, pack
from xtnb.link.desks import Asked, Desks
from xtnb.link.flood import MOST_UNDER_WAY, UnderWay
from xtnb.link.jetstream import Retention, Row, Span, drop_stream, make_stream, span
from xtnb.link.keys import stream_of
from xtnb.link.nkeys import Key
from xtnb.link.outbox import Live, Outbox
from xtnb.link.protocol import (
    AFTER,
    FENCE,
    FOR,
    LEASE_SECONDS,
    MOST_CAUSES,
    PART,
    SERVER_SESSION,
    TO_THE_REQUESTER,
    causes_text,
    live_subject,
    quote_subject,
    reads,
    whose,
)
from xtnb.link.publisher import MOST_WAITING, Publisher
from xtnb.link.wire import NO_RESPONDERS, Msg, RequestFailed, Wire, packet
from xtnb.vocabulary.messages import Push, PushKind, Reply, Request

_log = logging.getLogger("xtnb.link")

_TICK_SECONDS = 0.2
_LOOKS = 25  # so many ticks a stream may be behind what it had acknowledged
_SLOWEST_RETRY = 2.0
_BACKLOG = 20_000
_ROOM = 64 * 1024  # of a message, for headers


class Pushes(Protocol):
    """What a server needs of a journal."""

    epoch: int

    @property
    def last(self) -> int: ...
    def pushes_after(self, number: int, limit: int) -> list[tuple[int, bytes]]: ...


def no_journal() -> None:
    """Of a terminal that is in memory alone."""


class TerminalServer:
    """Serves one link under one name.

    Args:
        link: the terminal; nobody else opens this link.
        name: what clients call the terminal in their address.
        servers: the NATS servers.
        key: a key with the role `terminal`.
        journal: asked once the link is open; the journal of a durable terminal,
            whose pushes bear its numbers, else None.
        kept: how much the stream keeps.
        lease_seconds: after so long without a word a session's number is free.
        replicas: on how many servers of a cluster the stream is.
        most_under_way: requests of one session that wait for the terminal at once.
        now: ns since the epoch, as the terminal compares them with `Request.valid_until`.

    Attributes:
        epoch: of the pushes; another one after a break that lost some.
        stopped: why it stopped by itself, else "".
    """

    def __init__(
        self,
        link: Link,
        name: str,
        servers: Sequence[Server],
        key: Key | None,
        *,
        journal: Callable[[], Pushes | None] = no_journal,
        kept: Retention | None = None,
        lease_seconds: float = LEASE_SECONDS,
        replicas: int = 1,
        most_under_way: int = MOST_UNDER_WAY,
        now: Callable[[], int] = time.time_ns,
    ) -> None:
        self.link = link
        self.now = now
        self.name = checked_name("terminal", name)
        self.journal: Pushes | None = None
        self.epoch = time.time_ns() // 1_000_000
        self._find_journal = journal
        self.stopped = ""
        self._servers, self._key = tuple(servers), key
        self._kept, self._replicas = kept or Retention(), replicas
        self._stream = stream_of(name)
        self._wire: Wire | None = None
        self._last = 0
        self._asked = UnderWay(most_under_way)
        self._causes: deque[tuple[int, int]] = deque(maxlen=MOST_CAUSES)
        self._seq = 0
        self._link_open = False
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._wake = threading.Event()
        self._publisher = Publisher(self._stream, self._give_up)
        # who waits in vain finds out by its own connection, or by the epoch
        self._outbox = Outbox(live_subject(name), self._wake.set)
        self._desks = Desks(self, lease_seconds, replicas)
        self._thread: threading.Thread | None = None

    # -- life ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to serve; returns when clients can come.

        Raises:
            TerminalUnavailable: no server, no terminal, or it is served already.
        """
        try:
            self._connect()
        except BaseException:
            self._leave()
            raise
        self._begin()

    def _begin(self) -> None:
        self._thread = threading.Thread(target=self._run, name=f"xtnb-serve-{self.name}")
        self._thread.daemon = True
        self._thread.start()

    def stop(self) -> None:
        """Tell the clients, store what waits, and leave."""
        self._notice("the terminal stops")
        self._ended.set()
        self._wake.set()
        if self._thread and self._thread is not threading.current_thread():
            self._thread.join(10)
        wire = self._wire
        there = wire is not None and wire.open and not self.stopped
        if there:
            self._publisher.drain(5)
        if there and wire is not None and not self.durable:
            try:
                drop_stream(wire, self._stream)  # its numbers end with this life
            except XtnbError as fault:
                _log.info("the stream of %s stays behind: %s", self.name, fault)
        self._leave()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it stops; False when it still serves after so long."""
        return self._ended.wait(seconds)

    def _leave(self) -> None:
        if self._link_open:
            self._link_open = False
            self.link.close()
        self._desks.close()
        self._publisher.stop()
        self._outbox.close()
        if self._wire:
            self._wire.close()

    def _give_up(self, why: str) -> None:
        _log.error("terminal %s is served no more: %s", self.name, why)
        self.stopped = why
        self._ended.set()
        self._wake.set()

    def _run(self) -> None:
        wait = _TICK_SECONDS
        while not self._ended.is_set():
            self._wake.wait(wait)
            self._wake.clear()
            wait = _TICK_SECONDS
            try:
                if self._wire is None or not self._wire.open:
                    self._publisher.pause()
                    self._connect()
                if not self._link_open:
                    self._open_link()
                self._desks.tick()
            except (XtnbError, OSError) as fault:
                _log.warning("terminal %s: %s; trying again", self.name, fault)
                wait = min(_SLOWEST_RETRY, 2 * wait)
            except Exception:
                _log.exception("serving %s met a fault and goes on", self.name)
        if self.stopped:
            self._notice(self.stopped)
            self._leave()

    # -- the NATS server -------------------------------------------------------------------------

    @property
    def wire(self) -> Wire:
        """The connection. Raises NotConnected when there is none."""
        wire = self._wire
        if wire is None or not wire.open:
            raise NotConnected("the NATS server is away")
        return wire

    def _connect(self) -> None:
        wire = Wire(self._servers, self._key, f"serve-{self.name}", lambda why: self._wake.set())
        wire.connect()
        try:
            if self._wire is None:
                _must_be_free(wire, self.name)
            if not self._link_open:
                self._open_link()
            last = self._prepare(wire)
            self._desks.resume(wire)
            with self._lock:
                self._wire = self._outbox.wire = wire
                self._publisher.resume(wire, last)
            wire.subscribe(f"xtnb.{self.name}.ask.*", self._take)
            wire.subscribe(f"xtnb.{self.name}.session", self._desks.take)
            # the answer says that the server has taken the subscriptions
            wire.request(f"xtnb.{self.name}.session", pack({"do": "ping"}))
        except BaseException:
            wire.close()
            raise

    def _prepare(self, wire: Wire) -> int:
        """Have a stream that fits what is to be stored; returns the last number it has."""
        found = self._span(wire)
        with self._lock:
            if self.journal is not None:
                return self._follow_journal(wire, self.journal, found.last if found else None)
            lost = found is not None and found.last < self._first_waiting() - 1
            if lost or self._wire is None or self._publisher.waiting > MOST_WAITING:
                # a new life, which clients know by its epoch
                self._publisher.clear()
                self.epoch = max(self.epoch + 1, time.time_ns() // 1_000_000)
                self._last = 0
                if found:
                    drop_stream(wire, self._stream)
                found = None
            if found is None:
                self._make(wire, self._first_waiting())
                return self._first_waiting() - 1
            return found.last

    def _span(self, wire: Wire) -> Span | None:
        """What the stream has; waits a little for a cluster with a new leader to catch up."""
        for _ in range(_LOOKS):
            found = span(wire, self._stream)
            if self._wire is None or found is None or found.last >= self._first_waiting() - 1:
                break
            self._ended.wait(_TICK_SECONDS)
        return found

    def _first_waiting(self) -> int:
        return self._last - self._publisher.waiting + 1

    def _follow_journal(self, wire: Wire, journal: Pushes, last: int | None) -> int:
        """Give the publisher what the journal has and the stream lacks."""
        if last is not None and last > journal.last:
            raise TerminalUnavailable(
                f"the stream of {self.name!r} has {last} pushes and this folder {journal.last}: "
                "the folder is an older copy, or another terminal's; serve it by another name"
            )
        if last is None:
            last = max(0, self._last - _BACKLOG)
            self._make(wire, last + 1)
        self._publisher.clear()
        number = last
        while number < self._last:
            found = journal.pushes_after(number, 1000)
            rows = [_row(self.name, *one) for one in found if one[0] <= self._last]
            if not rows:
                break
            self._publisher.add(rows)
            number = rows[-1].number
        return last

    def _make(self, wire: Wire, first: int) -> None:
        subjects = [f"xtnb.{self.name}.push.>"]
        make_stream(wire, self._stream, subjects, first, self._kept, self._replicas)

    # -- what it serves --------------------------------------------------------------------------

    def _open_link(self) -> None:
        result = self.link.open(SERVER_SESSION, self._deliver)
        if result != ConnectResult.OK:
            raise TerminalUnavailable(f"terminal {self.name!r} cannot be opened ({result})")
        self._link_open = True
        with self._lock:
            self.journal = journal = self._find_journal()
            if journal is not None:
                self.epoch = journal.epoch
                if self._wire is None:
                    self._last = journal.last
                else:
                    self._catch_up(journal.last)

    @property
    def ready(self) -> bool:
        """Whether the terminal behind it is there."""
        return self._link_open

    @property
    def paper(self) -> bool:
        """Whether its orders are make-believe."""
        return self.link.paper

    @property
    def durable(self) -> bool:
        """Whether its pushes keep their numbers over restarts."""
        return self.journal is not None

    @property
    def first(self) -> int:
        """Number of the oldest push that the stream still has. Asks the NATS server."""
        found = span(self.wire, self._stream)
        return found.first if found else self._last + 1

    @property
    def last(self) -> int:
        """Number of the last push."""
        return self._last

    def ask(self, asked: Asked | None, request: Request) -> None:
        """Hand a request to the terminal under a number of our own; None for one of ours."""
        with self._lock:
            self._seq += 1
            seq = self._seq
            if asked is not None and not self._asked.add(seq, asked):
                self.answer(asked, self._asked.refusal(request))
                return
        try:
            self.link.send(request._replace(seq=seq, session=SERVER_SESSION))
        except NotConnected as fault:
            with self._lock:
                self._asked.pop(seq)
            if asked is not None:
                self.answer(asked, Reply(0, None, str(fault)))

    def answer(self, asked: Asked, reply: Reply) -> None:
        """Send a reply to who asked, in its place among the pushes."""
        with self._lock:
            reply = reply._replace(seq=asked.seq, after=self._last)
            self._causes.append((asked.fence, asked.seq))
            try:
                data = encode(reply)
            except CodecError as fault:
                _log.error("%s: the reply %s", asked.request.method, fault)
                data = encode(Reply(asked.seq, None, f"the reply {fault}", 0, self._last))
            wire = self._wire
            if wire is None:
                return
            most = wire.max_payload - _ROOM
            parts = [data[at : at + most] for at in range(0, len(data), most)]
            for place, part in enumerate(parts, 1):
                headers = {PART: f"{place}/{len(parts)}"} if len(parts) > 1 else None
                self._outbox.send(packet(asked.inbox, part, "", headers))

    def _notice(self, words: str) -> None:
        self._outbox.send(packet(f"xtnb.{self.name}.notice", pack({"words": words})))

    # -- requests, on the wire's thread ----------------------------------------------------------

    def _take(self, message: Msg) -> None:
        try:
            request = decode(message.data)
        except CodecError as fault:
            _log.warning("a request that is none: %s", fault)
            return
        if not isinstance(request, Request) or not message.reply:
            return
        fence = message.headers.get(FENCE, "")
        session = self._desks.session_of(int(fence) if fence.isdigit() else 0)
        asked = Asked(
            *(int(fence) if fence.isdigit() else 0, session or 0, request.seq),
            *(message.reply, request),
        )
        if session is None:
            self.answer(asked, Reply(0, None, "this session has ended; connect again"))
        elif message.subject.endswith(".read") and not reads(request.method):
            self.answer(asked, Reply(0, None, f"{request.method} needs the role trader"))
        elif request.method in ("subscribe", "unsubscribe", "quote_subscribe", "quote_unsubscribe"):
            self._desks.subscription(asked)
        else:
            self.ask(asked, request)

    # -- news, on the link's thread --------------------------------------------------------------

    def _deliver(self, item: Reply | Push) -> None:
        if isinstance(item, Reply):
            self._reply(item)
        elif item.kind == PushKind.QUOTE:
            subject = quote_subject(self.name, item.record.stock_code)
            self._outbox.send(packet(subject, encode(item)))
        elif item.kind == PushKind.DISCONNECTED:
            self._link_open = False
            with self._lock:
                self._asked.clear()
            self._desks.forget_subscriptions()
            self._notice("the terminal was lost")
            self._wake.set()
        else:
            self._push(item)

    def _reply(self, reply: Reply) -> None:
        with self._lock:
            asked = self._asked.pop(reply.seq)
            if asked is None:
                return
            self._catch_up(reply.after)
            self._desks.answered(asked, reply)
            self.answer(asked, reply)

    def _push(self, push: Push) -> None:
        with self._lock:
            if self.journal is None:
                number = self._last + 1
            elif push.number <= self._last:
                return
            else:
                number = push.number
                self._catch_up(number - 1)
            self._tell(number, push)

    def _catch_up(self, number: int) -> None:
        """Tell what the journal has up to a number: pushes of accounts nobody subscribed."""
        while self.journal is not None and self._last < number:
            found = self.journal.pushes_after(self._last, min(1000, number - self._last))
            for _, data in found:
                push = decode(data)
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
        asked = self._asked.get(push.seq) if ours else None
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
        self._last = number
        self._publisher.add([Row(number, f"xtnb.{self.name}.push.{account}", data, headers)])
        live = Live(number, account, data, headers.get(AFTER, ""), whom)
        self._outbox.push(self.epoch, live)


def _must_be_free(wire: Wire, name: str) -> None:
    try:
        wire.request(f"xtnb.{name}.session", pack({"do": "ping"}), 2.0)
    except RequestFailed as failed:
        if failed.status != NO_RESPONDERS:
            raise TerminalUnavailable(f"terminal {name}: {failed}") from failed
    else:
        raise TerminalUnavailable(
            f"a terminal {name!r} is served there already; stop it, or take another name"
        )


def _row(name: str, number: int, data: bytes) -> Row:
    """A push of the journal as the stream keeps it; who asked for it is gone."""
    push = decode(data)
    assert isinstance(push, Push)
    account = whose(push.account_type, push.account_id)
    told = push._replace(session=0, seq=0) if push.session == SERVER_SESSION else push
    return Row(number, f"xtnb.{name}.push.{account}", encode(told), {})
