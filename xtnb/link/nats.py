"""A link to a terminal that is served over NATS, here or on another machine.

Requests go straight to the terminal's server, or `send` raises: nothing is kept
for later. An order that certainly reached nobody is answered with
`RefusalCode.NOT_DELIVERED`; one without an answer stays unknown until its key is asked for.
Pushes come live; those that are lost on the way are fetched from the stream, and
merge.py puts both and the replies into one order. The lease of the session's
number is renewed every two seconds or so, which also finds a connection that is
dead without knowing it. Once lost, the link says so and keeps still; `open` goes
on after the last push that was delivered, as long as the stream still has it.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from xtnb.errors import NotConnected, RefusalCode, TerminalUnavailable, XtnbError, words_of
from xtnb.link.address import Address, Server, not_there, parse, shuffled
from xtnb.link.base import ConnectResult, Deliver
from xtnb.link.certificates import AUTHORITY
from xtnb.link.codec import CodecError, decode, encode, pack, unpack
from xtnb.link.fetching import Fetcher
from xtnb.link.keys import READER, KeyRing, role_in
from xtnb.link.merge import Came, Merge
from xtnb.link.nkeys import Key
from xtnb.link.outbox import read_clump
from xtnb.link.protocol import (
    AFTER,
    FOR,
    LEASE_SECONDS,
    PART,
    VERSION,
    causes_of,
    live_subject,
    quote_subject,
    read_subject,
    reads,
    session_subject,
    trade_subject,
    version_1_subject,
    whose,
)
from xtnb.link.skew import TheirClock
from xtnb.link.wire import DENIED, LOST, NO_RESPONDERS, Msg, RequestFailed, Wire
from xtnb.vocabulary.messages import Push, PushKind, Reply, Request

_log = logging.getLogger("xtnb.link")

_OPEN_SECONDS = 5.0
_PATIENCE = 0.1  # seconds that a push may be late before it is fetched
_FETCH_PATIENCE = 30.0  # a cluster may need so long to choose a new leader
_ENDED = "the session has ended"


# The fences of sessions of this process whose link was lost: a new link to the same
# terminal takes its number over at once, and need not wait until the lease lapses.
_dead: dict[tuple[str, int], int] = {}


class NatsLink:
    """A link to a served terminal. See `Link`.

    Args:
        address: nats://[user@]host[:port]/terminal, or tls://… for another machine.
        key: who we are; None takes the key that the address names from the
            configuration folder, or that of whoever serves on this machine.
        authority: a PEM file with the certificates to trust; None takes ca.pem of
            the configuration folder, or the system's.
        order: in which the servers of a cluster are tried. The one that was just lost is
            tried last.

    Attributes:
        word: by which the terminal knows a second try of this link.
        terminal: the terminal's name in the address.
        paper: whether its orders are make-believe; False until it is open.
        resumed: whether the last `open` went on without a gap; a session takes a
            snapshot when it did not.
        reason: why the last `open` failed, else "".
        reads_only: whether our key may only read, as far as the terminal knows.

    Raises:
        InputError: the address has another form.
        TerminalUnavailable: plain text to another machine, or no key.
    """

    def __init__(
        self,
        address: str,
        key: Key | None = None,
        authority: Path | None = None,
        order: Callable[[Sequence[Server]], Sequence[Server]] = shuffled,
    ) -> None:
        ring = KeyRing()
        own = ring.place / AUTHORITY
        self.address: Address = parse(address, authority or (own if own.exists() else None))
        self.terminal = self.address.terminal
        self.paper = False
        self.resumed = False
        self.reason = ""
        self.reads_only = False
        self.order = order
        self.word = secrets.token_hex(8)
        self.key = key if key is not None else ring.key(self.address.user, str(self.address))
        self._life: _Life | None = None
        self._before: _Life | None = None
        self._lock = threading.RLock()

    def __repr__(self) -> str:
        return f"<NatsLink {self.address}>"

    def open(self, session: int, deliver: Deliver) -> int:
        """Connect as `session`, or go on where a lost link stopped.

        Raises:
            TerminalUnavailable: no server, no such terminal, or the key is not let in.
        """
        with self._lock:
            if self._life is not None and self._life.alive:
                return ConnectResult.OK
            before, self._before = self._before, None
            if before is not None and before.session != session:
                before = None
            life = _Life(self, session, deliver, before)
            try:
                result = life.open()
            except TerminalUnavailable as unavailable:
                self.reason, self._before = str(unavailable), before
                raise
            self.reason = life.reason
            if result == ConnectResult.OK:
                self.paper, self.resumed = life.paper, life.resumed
                self.reads_only = life.reads_only
                self._life = self._before = life
            else:
                self._before = before
            return result

    def send(self, request: Request) -> None:
        """Send a request to the terminal now, or raise NotConnected."""
        life = self._life
        if life is None or not life.alive:
            raise NotConnected(f"{request.method}: the link to {self.address} is not open")
        life.send(request)

    def close(self) -> None:
        """Leave; the session's number is free at once. A lost link can still go on after it."""
        with self._lock:
            life, self._life = self._life, None
            if life is not None and life.alive:
                self._before = None
        if life is not None:
            life.close()


class _Life:
    """A link from `open` until it is lost or closed."""

    def __init__(
        self, link: NatsLink, session: int, deliver: Deliver, before: _Life | None
    ) -> None:
        address, key = link.address, link.key
        lost = before._wire.server if before else None
        servers = sorted(link.order(address.servers), key=lambda one: one == lost)
        self.session = session
        self.paper = False
        self.resumed = False
        self.reason = ""
        self.reads_only = False
        self.alive = False
        dead = _dead.get((str(address), session), 0)
        self.fence: int = before.fence if before else dead
        self.epoch: int = before.epoch if before else 0
        self.done = before.merge.done if before else 0
        self.accounts: dict[str, tuple[int, str]] = dict(before.accounts) if before else {}
        self.codes: dict[str, int] = dict.fromkeys(before.codes, 0) if before else {}
        self.merge: Merge = Merge(deliver, self.done)
        self._terminal = address.terminal
        self._session = session_subject(address.terminal, key.public)
        self._read = read_subject(address.terminal, key.public)
        self._trade = trade_subject(address.terminal, key.public)
        self._word = link.word
        self._deliver = deliver
        self._lease = LEASE_SECONDS
        self._wire: Wire = Wire(servers, key, f"session-{session}", self._lost)
        self._address = address
        self._parts: dict[int, dict[int, bytes]] = {}
        self._early: list[Msg] = []
        self._fetcher: Fetcher | None = None
        self._kept = self._fetched_at = time.monotonic()
        self._clock = TheirClock()
        self._over = threading.Event()
        self._wake = threading.Event()
        self._ending = threading.Lock()
        self._keeper = threading.Thread(target=self._keep, name=f"xtnb-link-{session}", daemon=True)

    # -- beginning -------------------------------------------------------------------------------

    def open(self) -> int:
        self._wire.connect()
        try:
            self._wire.subscribe(live_subject(self._terminal), self._live)
            self._wire.subscribe(f"xtnb.{self._terminal}.notice", self._notice)
            for code in self.codes:
                self._watch(code)
            told = self._control(
                _OPEN_SECONDS,
                do="open",
                protocol=VERSION,
                session=self.session,
                link=self._word,
                fence=self.fence,
                who=f"{socket.gethostname()} {os.getpid()}",
                accounts=list(self.accounts.values()),
                codes=list(self.codes),
            )
            if told["result"] != ConnectResult.OK:
                self.reason = str(told["words"])
                _log.warning("cannot connect: %s", self.reason)
                self._wire.close()
                return int(told["result"])
            self._begin(told)
        except RequestFailed as failed:
            zh, en = self._why(failed)
            self._wire.close()
            raise TerminalUnavailable(
                f"{self._address}：{zh}", f"{self._address}: {en}"
            ) from failed
        except (XtnbError, KeyError, TypeError) as fault:
            zh, en = words_of(fault)
            self._wire.close()
            raise TerminalUnavailable(f"{self._address}：{zh}", f"{self._address}: {en}") from fault
        return ConnectResult.OK

    def _begin(self, told: dict[str, Any]) -> None:
        self.fence, self.paper, self._lease = told["fence"], told["paper"], told["lease"]
        self.reads_only = role_in(str(told.get("who", ""))) == READER
        _dead.pop((str(self._address), self.session), None)
        last, epoch = int(told["last"]), int(told["epoch"])
        ask = self._session, self.fence
        self._fetcher = Fetcher(self._wire, *ask, self._fetched, self._live)
        self.resumed = self._can_resume(told)
        if not self.resumed:
            self.done = last
        self.epoch = epoch
        self.merge = Merge(self._deliver, self.done, set(self.accounts))
        self.merge.known(last)
        self.alive = True
        early, self._early = self._early, []
        for message in early:
            self._live(message)
        self._keeper.start()

    def _can_resume(self, told: dict[str, Any]) -> bool:
        """Whether what was missed can be fetched, of the same pushes as before."""
        same = told["epoch"] == self.epoch or (self.epoch and told["durable"])
        return bool(same and told["first"] - 1 <= self.done <= told["last"])

    def _why(self, failed: RequestFailed) -> tuple[str, str]:
        if failed.status in (NO_RESPONDERS, DENIED) and (version := self._version()):
            if version < VERSION:
                return (
                    "那里的 xtnb 版本较旧：请在那里更新",
                    "the terminal is served by an older xtnb than this one: update it there",
                )
            return (
                "终端在那里，但其 nats-server 的密钥权限由较旧的 xtnb 写成：请换上 "
                "`xtnb keys config` 现在的输出",
                "the terminal is there, but its nats-server was told what keys may do by an older "
                "xtnb: give it what `xtnb keys config` prints now",
            )
        if failed.status not in (NO_RESPONDERS, DENIED):
            return words_of(failed)
        return not_there(self._address.named, failed.status == DENIED)

    def _version(self) -> int:
        """What a terminal speaks that answers where programs of version 1 ask; else 0."""
        try:
            said = self._wire.request(version_1_subject(self._terminal), pack({"do": "ping"}), 2.0)
            return int(unpack(said.data).get("protocol", 1))
        except (XtnbError, AttributeError, TypeError, ValueError):
            return 0

    def _control(self, seconds: float, **asked: Any) -> dict[str, Any]:
        begun = self._clock.steady()
        told: dict[str, Any] = unpack(self._wire.request(self._session, pack(asked), seconds).data)
        self._clock.heard(begun, int(told["now"]), self._clock.steady())
        return told

    # -- asking ----------------------------------------------------------------------------------

    def send(self, request: Request) -> None:
        end = self._clock.their_time(request.valid_until)
        data = encode(request._replace(valid_until=end, session=self.fence))
        if len(data) > self._wire.max_payload - 4096:
            raise CodecError(f"{request.method}: {len(data):,} bytes are too many for one request")
        if request.method == "quote_subscribe":
            for code in request.arguments.get("codes", ()):
                self._watch(code)
        subject = self._read if reads(request.method) else self._trade
        self.merge.expect(request)
        try:
            self._wire.ask(subject, data, lambda message: self._answer(request, message))
        except BaseException:
            self.merge.forget(request.seq)
            raise

    def _answer(self, request: Request, message: Msg) -> bool:
        """Take what answers a request; True while more parts of it are to come."""
        if message.status:
            if message.status == LOST:
                self.merge.forget(request.seq)
                return False
            words = {
                NO_RESPONDERS: "was not delivered: no terminal is there",
                DENIED: "was not delivered: this key may only read",
            }.get(message.status, message.words)
            code = int(RefusalCode.NOT_DELIVERED)
            self.merge.reply(Reply(request.seq, None, f"{request.method} {words}", code))
            if message.status == NO_RESPONDERS:
                self._wake.set()
            return False
        data = message.data
        if part := message.headers.get(PART):
            place, _, count = part.partition("/")
            parts = self._parts.setdefault(request.seq, {})
            parts[int(place)] = data
            if len(parts) < int(count):
                return True
            del self._parts[request.seq]
            data = b"".join(parts[one] for one in sorted(parts))
        try:
            reply = decode(data)
        except CodecError as fault:
            text = f"{request.method}: the answer is {fault}"
            _log.error("%s", text)
            code = 0 if reads(request.method) else int(RefusalCode.OUTCOME_UNKNOWN)
            reply = Reply(request.seq, None, text, code)
        if isinstance(reply, Reply):
            self._note(request, reply)
            self.merge.reply(reply)
            if reply.error_id == RefusalCode.NOT_DELIVERED:
                self._kept = 0.0  # it may know this session no more: ask at once
                self._wake.set()
        return False

    def _note(self, request: Request, reply: Reply) -> None:
        """Remember what is subscribed, for the life after this one."""
        if reply.error or reply.value != 0:
            return
        account = (request.account_type, request.account_id)
        if request.method == "subscribe":
            self.accounts[whose(*account)] = account
        elif request.method == "unsubscribe":
            self.accounts.pop(whose(*account), None)
        elif request.method == "quote_unsubscribe":
            for code in request.arguments.get("codes", ()):
                number = self.codes.pop(code, None)
                if number:
                    self._wire.unsubscribe(number)

    # -- hearing, on the wire's thread -----------------------------------------------------------

    def _watch(self, code: str) -> None:
        if not self.codes.get(code):
            subject = quote_subject(self._terminal, code)
            self.codes[code] = self._wire.subscribe(subject, self._quote)

    def _quote(self, message: Msg) -> None:
        push = decode(message.data)
        if not isinstance(push, Push) or push.kind != PushKind.QUOTE:
            return  # what has a place in the order never comes this way
        if self.alive and push.record.stock_code in self.codes:
            self.merge.aside(push)

    def _live(self, message: Msg) -> None:
        if not self.alive:
            self._early.append(message)
            return
        if message.status:
            return
        epoch, pushes = read_clump(message.data)
        if epoch != self.epoch:
            return  # another life of the terminal, which the keeper finds
        fence = self.fence
        whole = True
        for number, account, data, causes, whom in pushes:
            before = causes_of(causes, fence) if causes else ()
            whole = self.merge.push(Came(number, account, data, before, whom == fence))
        if not whole:
            self._wake.set()

    def _fetched(self, number: int, message: Msg) -> None:
        account = message.subject.split(".", 3)[3]
        headers = message.headers
        causes = causes_of(headers.get(AFTER, ""), self.fence)
        ours = headers.get(FOR) == str(self.fence)
        self.merge.push(Came(number, account, message.data, causes, ours))

    def _notice(self, message: Msg) -> None:
        if self.alive:
            words = str(unpack(message.data).get("words", ""))
            threading.Thread(target=self._lost, args=(words,), daemon=True).start()

    # -- keeping, on our own thread --------------------------------------------------------------

    def _keep(self) -> None:
        try:
            while not self._over.is_set():
                self._wake.wait(min(_PATIENCE, self._lease / 6))
                self._wake.clear()
                if self._over.is_set():
                    return
                self._renew()
                self.merge.tick()
                missing = self.merge.missing(_PATIENCE)
                if missing is None:
                    self._fetched_at = time.monotonic()
                elif self._fetcher is not None:
                    self._fetch(*missing)
        except (XtnbError, KeyError, TypeError) as fault:
            self._lost(str(fault))
        except Exception:
            _log.exception("the link to %s met a fault", self._address)
            self._lost("a fault in the link")

    def _renew(self) -> None:
        now = time.monotonic()
        if now - self._kept < self._lease / 3:
            return
        self._kept = now
        done = self.merge.done
        told = self._control(max(1.0, self._lease / 2), do="keep", fence=self.fence)
        if not told["ok"]:
            raise NotConnected(f"{_ENDED}: it said nothing for too long, or the terminal restarted")
        if told["epoch"] != self.epoch:
            raise NotConnected(f"{_ENDED}: the terminal has begun another life")
        if told["last"] < done:
            _log.error("pushes of %s go backwards", self._terminal)
            raise NotConnected(f"{_ENDED}: the numbers of its pushes went backwards")
        self.merge.known(told["last"])

    def _fetch(self, first: int, last: int) -> None:
        assert self._fetcher is not None
        try:
            there = self._fetcher.fetch(first, last)
        except RequestFailed as failed:
            now = time.monotonic()
            if failed.status == DENIED or now - self._fetched_at > _FETCH_PATIENCE:
                raise
            _log.info("pushes from %s on cannot be fetched yet: %s", first, failed)
            return
        self._fetched_at = time.monotonic()
        if not there:
            raise NotConnected(f"{_ENDED}: pushes from {first} on are no longer in the stream")

    # -- ending ----------------------------------------------------------------------------------

    def _lost(self, why: str) -> None:
        with self._ending:
            if not self.alive or self._over.is_set():
                return
            self._over.set()
            self.alive = False
        self._wake.set()
        _log.warning("the link to %s was lost: %s", self._address, why)
        _dead[str(self._address), self.session] = self.fence
        self._wire.close()
        self.merge.end(Push(self._terminal, self.epoch, 0, PushKind.DISCONNECTED, 0, "", None))

    def close(self) -> None:
        with self._ending:
            if self._over.is_set():
                return
            self._over.set()
            self.alive = False
        self._wake.set()
        self.merge.end(None)
        try:
            if self._wire.open:
                self._leave()
        except XtnbError as fault:
            _log.info("left without a word: %s", fault)
        self._wire.close()

    def _leave(self) -> None:
        data = pack({"do": "leave", "fence": self.fence})
        if threading.current_thread().name.startswith("xtnb-wire-"):
            self._wire.publish(self._session, data)
        else:
            self._wire.request(self._session, data, 2.0)
