"""A terminal served to other processes and machines over NATS, whatever its link is.

`TerminalServer` opens one session on a `Link` and speaks for as many clients as
come: it gives their requests numbers of its own, subscribes an account when the
first of them does, and tells each push once, to all. Replies and pushes go out
in the order in which the link delivers them, on the link's thread (news.py).

Of a terminal with a journal the stream continues over restarts, at the numbers
of the journal. Any other terminal begins a new stream, and a new epoch, with
each start. Who is connected is kept in desks.py.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

from xtnb.errors import NotConnected, RefusalCode, TerminalUnavailable, XtnbError
from xtnb.link.address import Server, checked_name, nearest_first
from xtnb.link.base import ConnectResult, Link
from xtnb.link.codec import CodecError, decode, pack
from xtnb.link.desks import Asked, Desks
from xtnb.link.flood import MOST_UNDER_WAY, UnderWay
from xtnb.link.jetstream import Retention
from xtnb.link.news import News, Pushes
from xtnb.link.nkeys import Key
from xtnb.link.notes import Notes
from xtnb.link.owner import RIVAL, Owner, has_rival, must_be_free
from xtnb.link.protocol import (
    LEASE_SECONDS,
    SERVER_SESSION,
    asker,
    reads,
    session_subject,
    version_1_subject,
)
from xtnb.link.rests import Rests
from xtnb.link.subscribed import SUBSCRIPTIONS
from xtnb.link.wire import Msg, Wire
from xtnb.vocabulary.messages import Push, PushKind, Reply, Request

_log = logging.getLogger("xtnb.link")

_TICK_SECONDS = 0.2
_FOREIGN = "is another key's"
_RETRY_SECONDS = 0.2
_LONGEST_SECONDS = 10.0


def no_journal() -> None:
    """Of a terminal that is in memory alone."""


class TerminalServer:
    """Serves one link under one name.

    Args:
        link: the terminal; nobody else opens this link.
        name: what clients call the terminal in their address.
        servers: the NATS servers; the first is the one to be at, the others are for when
            that is away.
        key: a key with the role `terminal`.
        journal: asked once the link is open; the journal of a durable terminal,
            whose pushes bear its numbers, else None.
        kept: how much the stream keeps.
        lease_seconds: after so long without a word a session's number is free.
        replicas: on how many servers of a cluster the stream is.
        most_under_way: requests of one session that wait for the terminal at once.
        named: whose a public key is, for the audit.
        now: ns since the epoch, as the terminal compares them with `Request.valid_until`.

    Attributes:
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
        named: Callable[[str], str] = str,
        now: Callable[[], int] = time.time_ns,
    ) -> None:
        self.link = link
        self.now = now
        self._named, self._proven = named, False
        self._known: dict[str, str] = {}
        self._notes = Notes(link)
        self.name = checked_name("terminal", name)
        self._find_journal = journal
        self.stopped = ""
        self._servers, self._key = tuple(servers), key
        self._wire: Wire | None = None  # what is said and heard
        self._store: Wire | None = None  # what is written down
        self._asked = UnderWay(most_under_way)
        self._seq = 0
        self._link_open = False
        self._rests = Rests(_RETRY_SECONDS, _LONGEST_SECONDS)  # of a terminal that is away
        self._losses = 0
        self._said: dict[str, set[str]] = {}  # what is tried again, and why: said once
        self._ended = threading.Event()
        self._wake = threading.Event()
        self._news = News(
            *(name, kept or Retention(), replicas, self._asked.get),
            on_lost=self._wake.set,  # who waits in vain finds out by its own connection
            on_rival=self._give_up,
        )
        self._lock = self._news.lock
        self._desks = Desks(self, lease_seconds, replicas)
        self._owner = Owner(name, self._give_up)
        self._thread: threading.Thread | None = None
        self._writer: threading.Thread | None = None

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
        voice, store = (
            threading.Thread(target=run, name=f"xtnb-{what}-{self.name}", daemon=True)
            for what, run in (("serve", self._run), ("store", self._write))
        )
        self._thread, self._writer = voice, store
        voice.start()
        store.start()

    def stop(self) -> None:
        """Tell the clients, store what waits, and leave."""
        self._news.notice("the terminal stops")
        self._ended.set()
        self._wake.set()
        if self._thread and self._thread is not threading.current_thread():
            self._thread.join(10)
        wire = self._wire
        there = wire is not None and wire.open and not self.stopped
        if there and wire is not None:
            self._news.drain(5)
            if not self.durable:
                self._news.forget(wire)
        self._leave()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it stops; False when it still serves after so long."""
        return self._ended.wait(seconds)

    def _leave(self) -> None:
        if self._link_open:
            self._link_open = False
            self.link.close()
        self._desks.close(give_back=not self.stopped)
        self._news.close()
        if self._writer is not None:
            self._writer.join(10)
        for wire in (self._wire, self._store):
            if wire is not None:
                wire.close()

    def _give_up(self, why: str) -> None:
        _log.error("terminal %s is served no more: %s", self.name, why)
        self.stopped = why
        self._ended.set()
        self._wake.set()

    def _run(self) -> None:
        """Be there for the clients."""
        while not self._ended.is_set():
            self._wake.wait(_TICK_SECONDS)
            self._wake.clear()
            if not self._done(self._be_there):
                self._ended.wait(_RETRY_SECONDS)
            elif not self._link_open and self._rests.over:
                self._rests.tried(self._done(self._open_link))
        if self.stopped:
            self._news.notice(self.stopped)
            self._leave()

    def _be_there(self) -> None:
        if not _is_there(self._wire):
            self._speak()
        self._owner.tell()

    def _write(self) -> None:
        """Have a stream to write to: on a thread of its own, for it may take an election."""
        while not self._ended.wait(_TICK_SECONDS):
            if not self._done(self._be_written):
                self._ended.wait(_RETRY_SECONDS)

    def _be_written(self) -> None:
        if not _is_there(self._store):
            self._write_down()
        if self._store is not None and not self._desks.writes_over(self._store):
            self._desks.resume(self._store)

    def _done(self, work: Callable[[], None]) -> bool:
        said = self._said.setdefault(work.__name__, set())
        try:
            work()
        except (XtnbError, OSError) as fault:
            if str(fault) not in said:
                said.add(str(fault))
                _log.warning("terminal %s: %s; trying again", self.name, fault)
        except Exception as fault:
            if repr(fault) not in said:
                said.add(repr(fault))
                _log.exception("serving %s met a fault and goes on", self.name)
        else:
            if said:
                said.clear()
                _log.warning("terminal %s goes on", self.name)
            return True
        return False

    # -- the NATS server -------------------------------------------------------------------------

    @property
    def wire(self) -> Wire:
        """The connection. Raises NotConnected when there is none."""
        wire = self._wire
        if wire is None or not wire.open:
            raise NotConnected("the NATS server is away")
        return wire

    def _connect(self) -> None:
        """Begin: nobody is heard before there is a stream for what they cause."""
        wire, store = self._new_wire("serve", None), self._new_wire("store", None)
        try:
            wire.connect()
            store.connect()
            must_be_free(wire, self.name)
            if not self._link_open:
                self._open_link()  # for which a terminal may need half a minute
            self._owner.claim(wire)
            last = self._news.prepare(store, first_time=True)
            self._desks.resume(store)
            self._news.resume(store, last)
            self._listen(wire)
        except BaseException:
            wire.close()
            store.close()
            raise
        self._store = store

    def _new_wire(self, what: str, before: Wire | None) -> Wire:
        """A connection that takes the place of one that was lost, if there was one."""
        servers = nearest_first(self._servers, before.server if before else None)
        return Wire(servers, self._key, f"{what}-{self.name}", lambda why: self._wake.set())

    def _listen(self, wire: Wire) -> None:
        self._owner.serve(wire)
        self._proven = wire.proven
        self._wire = wire
        self._news.speak(wire)
        wire.subscribe(f"xtnb.{self.name}.ask.*.*", self._take)
        wire.subscribe(session_subject(self.name, "*"), self._desks.take)
        wire.subscribe(version_1_subject(self.name), self._desks.take_version_1)
        # the answer says that the server has taken the subscriptions
        wire.request(version_1_subject(self.name), pack({"do": "ping"}))

    def _speak(self) -> None:
        """Be there for the clients again, whether or not there is a stream to write to."""
        if self._wire is not None:
            self._wire.close()
        wire = self._new_wire("serve", self._wire)
        try:
            wire.connect()
            if has_rival(wire, self.name):
                self._give_up(RIVAL)
                wire.close()
                return
            self._desks.hear()
            self._listen(wire)
        except BaseException:
            wire.close()
            raise

    def _write_down(self) -> None:
        """Store again what is said."""
        self._news.pause()
        if self._store is not None:
            self._store.close()
        store = self._new_wire("store", self._store)
        try:
            store.connect()
            self._news.resume(store, self._news.prepare(store, first_time=False))
        except BaseException:
            store.close()
            raise
        self._store = store

    # -- what it serves --------------------------------------------------------------------------

    def _open_link(self) -> None:
        losses = self._losses
        try:
            self._opened(self.link.open(SERVER_SESSION, self._deliver))
        except BaseException:
            self.link.close()
            raise
        with self._lock:  # it may have been lost before `open` returned
            self._link_open = losses == self._losses

    def _opened(self, result: int) -> None:
        _must_be_open(self.name, result)
        journal = self._find_journal()
        if journal is not None:
            self._news.follow(journal, first_time=self._wire is None)

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
        return self._news.journal is not None

    @property
    def first(self) -> int:
        """Number of the oldest push that the stream still has, when it was last asked."""
        return self._news.first

    def look(self, then: Callable[[], None]) -> None:
        """Learn `first` anew; `then` is called when that came, or when nobody can be asked."""
        try:
            self._news.look(self.wire, then)
        except NotConnected:
            then()

    @property
    def trouble(self) -> str:
        """Why pushes cannot be stored."""
        return self._news.trouble

    @property
    def last(self) -> int:
        """Number of the last push."""
        return self._news.last

    @property
    def epoch(self) -> int:
        """Epoch of the pushes; another one after a break that lost some."""
        return self._news.epoch

    def who(self, public: str) -> str:
        """Whose key that is, for the audit; with a word where nothing proves it."""
        told = self._named(public)
        told = self._known[public] = told if self._proven else f"unproven {told}"
        return told

    def again(self, first: int, most: int) -> bytes | None:
        """A clump of the pushes from `first` on, if that one was told lately."""
        return self._news.again(first, most)

    def ask(self, asked: Asked | None, request: Request) -> None:
        """Hand a request to the terminal under a number of our own; None for one of ours."""
        with self._lock:
            self._seq += 1
            seq = self._seq
            if asked is None:
                self._asked.add_own(seq, request)
            elif not self._asked.add(seq, asked):
                self.answer(asked, self._asked.refusal(request))
                return
        try:
            who = asked.who if asked is not None else ""
            self.link.send(request._replace(seq=seq, session=SERVER_SESSION, who=who))
        except NotConnected as fault:
            with self._lock:
                self._asked.pop(seq)
            if asked is not None:
                self.answer(asked, Reply(0, None, str(fault), RefusalCode.NOT_DELIVERED))

    def answer(self, asked: Asked, reply: Reply) -> None:
        """Answer who asked in the terminal's place, which has it in its audit all the same."""
        self._notes.add(asked, reply)
        self._news.reply(asked, reply)

    # -- requests, on the wire's thread ----------------------------------------------------------

    def _take(self, message: Msg) -> None:
        request, public = _request_in(message)
        if request is None or self.stopped:  # who stops leaves the answer to who serves on
            return
        fence = request.session
        desk = self._desks.of(fence)
        if desk is None or desk.public != public:
            who = self._known.get(public) or self.who(public)
            asked = Asked(fence, 0, request.seq, message.reply, request, who)
            words = f"this session {'has ended; connect again' if desk is None else _FOREIGN}"
            self.answer(asked, Reply(0, None, words, RefusalCode.NOT_DELIVERED))
            return
        desk.heard = True
        request = request._replace(session=desk.number)
        asked = Asked(fence, desk.number, request.seq, message.reply, request, desk.who)
        if ".ask.read." in message.subject and not reads(request.method):
            self.answer(asked, Reply(0, None, f"{request.method} needs the role trader"))
        elif request.method in SUBSCRIPTIONS:
            self._desks.subscription(asked)
        else:
            self.ask(asked, request)

    # -- news, on the link's thread --------------------------------------------------------------

    def _deliver(self, item: Reply | Push) -> None:
        if isinstance(item, Reply):
            self._reply(item)
        elif item.kind == PushKind.QUOTE:
            self._news.quote(item)
        elif item.kind == PushKind.DISCONNECTED:
            with self._lock:
                self._link_open = False
                self._losses += 1
                self._asked.clear()
            self._desks.link_lost()
            self._news.notice("the terminal was lost")
            self._wake.set()
        else:
            self._news.push(item)

    def _reply(self, reply: Reply) -> None:
        with self._news.lock:
            self._news.catch_up(reply.after)  # it may tell of pushes that nobody subscribed
        with self._lock:
            own, asked = self._asked.own(reply.seq), self._asked.pop(reply.seq)
        if own is not None:
            self._desks.restored(own, reply)
        if asked is not None:
            self._desks.answered(asked, reply)
            self._news.reply(asked, reply)


def _is_there(wire: Wire | None) -> bool:
    return wire is not None and wire.open


def _must_be_open(name: str, result: int) -> None:
    if result != ConnectResult.OK:
        raise TerminalUnavailable(
            f"终端 {name!r} 无法打开（{result}）", f"terminal {name!r} cannot be opened ({result})"
        )


def _request_in(message: Msg) -> tuple[Request | None, str]:
    """The request that a message is, if it is one, and whose key asks."""
    try:
        request = decode(message.data)
    except CodecError as fault:
        _log.warning("a request that is none: %s", fault)
        return None, ""
    public = asker(message.subject, message.reply)
    if isinstance(request, Request) and message.reply and public:
        return request, public
    return None, public
