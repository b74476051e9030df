"""Who is connected to a served terminal: leases of session numbers, and subscriptions.

A session's number is a lease with a fence that every request of the session bears,
and which is good for the key that took the lease and no other (protocol.py). Who says
nothing for a few seconds loses the lease, and what still arrives with the old fence is
refused; a session that comes back gets a new fence, so that nothing it sent before the
break can be carried out after it.

The server's memory decides, so that sessions come and go while no NATS server has a
stream to write to. A book outlives the server (leases.py): a number that was held when
it went away stays held for one more lease, for who shows its fence. But no request is
carried out with a fence of an earlier life, whatever the book says.

An account that someone subscribed stays subscribed on the link, so that who
comes back misses nothing; quotes are watched only while someone wants them.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple, Protocol

from xtnb.errors import NotConnected
from xtnb.link.base import ConnectResult
from xtnb.link.codec import CodecError, pack, unpack
from xtnb.link.keys import bucket_of, stream_of
from xtnb.link.leases import Lease, LeaseBook
from xtnb.link.missed import MOST_AT_ONCE, Missed
from xtnb.link.protocol import VERSION, asker
from xtnb.link.subscribed import SUBSCRIPTIONS, Account, Subscribed
from xtnb.link.wire import Msg, Wire
from xtnb.vocabulary.messages import Reply, Request

_log = logging.getLogger("xtnb.link")

_TOO_OLD = (
    "终端的 xtnb 比本程序的新，请更新本机的 xtnb / the terminal's xtnb is newer than this "
    "program's: update the one here"
)

_TICK_SECONDS = 0.2
_ANSWER_SECONDS = 1.0  # who opens a session waits at most so long for JetStream


class Asked(NamedTuple):
    """A request of a client: whose it is, and where its answer goes.

    Attributes:
        who: whose key it is, for the audit.
    """

    fence: int
    session: int
    seq: int
    inbox: str
    request: Request
    who: str = ""


class Server(Protocol):
    """What the desks need of the server."""

    name: str

    @property
    def epoch(self) -> int: ...
    @property
    def last(self) -> int: ...
    @property
    def ready(self) -> bool: ...
    @property
    def paper(self) -> bool: ...
    @property
    def durable(self) -> bool: ...
    @property
    def first(self) -> int: ...
    @property
    def wire(self) -> Wire: ...
    def now(self) -> int: ...
    def who(self, public: str) -> str: ...
    def look(self, then: Callable[[], None]) -> None: ...
    def again(self, first: int, most: int) -> bytes | None: ...
    def ask(self, asked: Asked | None, request: Request) -> None: ...
    def answer(self, asked: Asked, reply: Reply) -> None: ...


@dataclass(eq=False)
class Desk:
    """One session.

    Attributes:
        deadline: on the monotonic clock; who is not heard of until then has lapsed.
        public: the key that opened it.
        who: whose that is, for the audit.
        link: a word of the client's link, the same in each of its tries.
        earlier: fences of the same session before this one. Who was not told of this
            one, because the answer was lost, comes again with one of those.
        heard: whether someone has used this fence.
    """

    number: int
    fence: int
    deadline: float
    public: str
    who: str
    link: str = ""
    earlier: frozenset[int] = frozenset()
    heard: bool = False
    accounts: set[Account] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)

    def is_of(self, fence: int, link: str, public: str) -> bool:
        """Whether who shows that has this session."""
        again = fence in self.earlier or (link != "" and link == self.link)
        return public == self.public and (fence == self.fence or (again and not self.heard))


@dataclass(eq=False)
class _Answer:
    """What an open session will be told, once JetStream has said so much or time is up."""

    message: Msg
    desk: Desk
    until: float
    waits: int = 2


class Desks:
    """The sessions of one served terminal.

    Args:
        server: what they are sessions of.
        lease_seconds: how long a session may say nothing.
        replicas: on how many servers of a cluster the leases are kept.
    """

    def __init__(self, server: Server, lease_seconds: float, replicas: int) -> None:
        self._server = server
        self._lease = lease_seconds
        self._book = LeaseBook(bucket_of(server.name), replicas)
        self._known = False  # whether the book was read
        self._fence = 0
        self._by_number: dict[int, Desk] = {}  # whose number it is, also of an earlier life
        self._by_fence: dict[int, Desk] = {}  # whose requests are carried out
        self._answers: set[_Answer] = set()
        self._subscribed = Subscribed()
        self._lock = threading.RLock()
        self._missed = Missed(stream_of(server.name), lambda: server.wire)
        self._closed = threading.Event()
        name = f"xtnb-sessions-{server.name}"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    # -- life ------------------------------------------------------------------------------------

    def hear(self) -> None:
        """Clients can be heard again: every number stays held for one more lease."""
        deadline = time.monotonic() + self._lease
        with self._lock:
            for desk in self._by_number.values():
                desk.deadline = max(desk.deadline, deadline)

    def writes_over(self, wire: Wire) -> bool:
        """Whether the book is written over this wire."""
        return self._book.wire is wire

    def resume(self, wire: Wire) -> None:
        """Write the book over this wire; the first time, read it before."""
        self._book.resume(wire)
        if self._known:
            return
        leases = self._book.read()
        deadline = time.monotonic() + self._lease
        with self._lock:
            # unlike those of any life before, and short
            newest = max((lease.fence for lease in leases), default=0)
            self._fence = max(time.time_ns() // 1_000_000, newest)
            for number, fence, holder, held in leases:
                if held:
                    public = holder.partition(" ")[0]
                    who = self._server.who(public)
                    self._by_number[number] = Desk(number, fence, deadline, public, who)
            self._known = True

    def _run(self) -> None:
        while not self._closed.wait(_TICK_SECONDS):
            try:
                if self._server.wire.open:  # else nobody can be heard
                    self._tick()
            except NotConnected:
                continue
            except Exception:
                _log.exception("the sessions met a fault and go on")

    def _tick(self) -> None:
        """End the sessions that have said nothing for too long, and do what waits for its time."""
        now = time.monotonic()
        with self._lock:
            late = [desk for desk in self._by_number.values() if desk.deadline < now]
            due = [answer for answer in self._answers if answer.until < now]
            wanted = set().union(*(desk.accounts for desk in self._by_fence.values()))
            again = self._subscribed.due(wanted)
        for desk in late:
            self._end(desk, late=True)
        for answer in due:
            self._answer(answer)
        for account in again:
            self._server.ask(None, Request(0, "subscribe", *account, {}))
        self._book.tick()

    def close(self, give_back: bool) -> None:
        """End every session, and write that down unless the book is another server's now."""
        self._closed.set()
        self._missed.close()
        if self._thread is not threading.current_thread():
            self._thread.join(10)
        with self._lock:
            desks = list(self._by_number.values())
        if give_back:
            for desk in desks:
                self._end(desk)
            self._book.drain(2)

    def link_lost(self) -> None:
        """End every session: nothing would reach one that does not hear of the loss and stays."""
        with self._lock:
            self._subscribed.clear()
            desks = list(self._by_number.values())
        for desk in desks:
            self._end(desk)

    def of(self, fence: int) -> Desk | None:
        """The live session with that fence."""
        return self._by_fence.get(fence)

    @property
    def sessions(self) -> list[int]:
        """The numbers that are held."""
        with self._lock:
            return sorted(self._by_number)

    # -- control, on the wire's thread -----------------------------------------------------------

    def take(self, message: Msg) -> None:
        """Carry out a control message."""
        public = asker(message.subject, message.reply)
        if not public:
            return
        try:
            asked = unpack(message.data)
            do = asked["do"]
        except (CodecError, TypeError, KeyError) as fault:
            _log.warning("a control message that is none: %s", fault)
            return
        if do == "keep":
            self._say(message, self._keep(asked, public))
        elif do == "ping":
            self._say(message, self._state())
        elif do == "open":
            if refused := self._open(message, asked, public):
                self._say(message, refused)
        elif do == "leave":
            self._say(message, self._left(asked, public))
        elif do == "fetch":
            self._give(message, asked, public)

    def take_version_1(self, message: Msg) -> None:
        """Tell a program of version 1 that it is one, whatever it asks, and that we are here."""
        if message.reply.startswith("xtnb.inbox."):
            told = {**self._refused(ConnectResult.UNREACHABLE, _TOO_OLD), "ok": False}
            self._say(message, told)

    def _say(self, message: Msg, what: Mapping[str, Any]) -> None:
        if message.reply:
            try:
                self._server.wire.publish(message.reply, pack(what))
            except NotConnected as lost:
                _log.info("a session could not be answered: %s", lost)

    def _state(self) -> dict[str, Any]:
        server = self._server
        return {
            "protocol": VERSION,
            "epoch": server.epoch,
            "last": server.last,
            "lease": self._lease,
            "paper": server.paper,
            "durable": server.durable,
            "now": server.now(),
        }

    def _keep(self, asked: Mapping[str, Any], public: str) -> dict[str, Any]:
        with self._lock:
            desk = self._desk_of(asked, public)
            if desk is not None:
                desk.deadline = time.monotonic() + self._lease
                desk.heard = True
        return {"ok": desk is not None, **self._state()}

    def _give(self, message: Msg, asked: Mapping[str, Any], public: str) -> None:
        first, count = asked.get("first"), asked.get("count")
        if type(first) is not int or type(count) is not int or not message.reply:
            return
        desk = self._desk_of(asked, public)
        if desk is None:
            self._say(message, {"words": "this session has ended"})
            return
        if clump := self._server.again(first, max(1, min(count, MOST_AT_ONCE))):
            self._say(message, {"words": "", "clump": clump})
            return
        say = partial(self._say, message)
        self._missed.give(
            desk.fence, first, count, message.reply, lambda said: say({"words": said})
        )

    def _desk_of(self, asked: Mapping[str, Any], public: str) -> Desk | None:
        """The live session that a control message means, if it is that key's."""
        desk = self._by_fence.get(asked.get("fence", 0))
        return desk if desk is not None and desk.public == public else None

    def _open(
        self, message: Msg, asked: Mapping[str, Any], public: str
    ) -> Mapping[str, Any] | None:
        """Give a session its desk, and see to it that it is told; or say why not."""
        number, old, link = asked.get("session"), asked.get("fence", 0), str(asked.get("link", ""))
        if type(number) is not int or type(old) is not int or not self._known:
            return self._refused(ConnectResult.UNREACHABLE, "no such session number")
        if not self._server.ready:
            return self._refused(ConnectResult.UNREACHABLE, "the terminal itself is away")
        now = time.monotonic()
        with self._lock:
            before = self._by_number.get(number)
            earlier = {old}
            if before is not None and before.is_of(old, link, public):
                earlier |= {before.fence} if before.heard else {before.fence, *before.earlier}
            elif before is not None and before.deadline > now:
                return self._refused(ConnectResult.SESSION_IN_USE, f"session {number} is in use")
            self._fence += 1
            desk = Desk(
                *(number, self._fence, now + self._lease, public, self._server.who(public)),
                *(link, frozenset(earlier - {0})),
            )
            if before is not None:
                self._by_fence.pop(before.fence, None)
            self._by_number[number] = self._by_fence[desk.fence] = desk
            answer = _Answer(message, desk, now + _ANSWER_SECONDS)
            self._answers.add(answer)
        self._restore(desk, asked)
        if before is not None:
            self._unwatch(before)
        holder = f"{public} {asked.get('who', '')}"
        self._book.note(Lease(number, desk.fence, holder), lambda: self._came(answer))
        self._server.look(lambda: self._came(answer))
        return None

    def _came(self, answer: _Answer) -> None:
        with self._lock:
            answer.waits -= 1
            whole = answer.waits == 0
        if whole:
            self._answer(answer)

    def _answer(self, answer: _Answer) -> None:
        """Tell a session that it is open, or that it ended before it could be told."""
        desk = answer.desk
        with self._lock:
            if answer not in self._answers:
                return
            self._answers.discard(answer)
            desk.deadline = time.monotonic() + self._lease
            # numbers from here on are news to the session
            told = {"result": ConnectResult.OK, "fence": desk.fence, "words": "", **self._state()}
            told |= {"first": self._server.first, "who": desk.who}
            if self._by_fence.get(desk.fence) is not desk:
                told = self._refused(ConnectResult.UNREACHABLE, "this session has ended")
        self._say(answer.message, told)

    def _refused(self, result: int, words: str) -> dict[str, Any]:
        return {"result": result, "fence": 0, "words": words, **self._state()}

    def _restore(self, desk: Desk, asked: Mapping[str, Any]) -> None:
        """Subscribe again what the session had before a break."""
        for kind, name in asked.get("accounts", ()):
            account = int(kind), str(name)
            desk.accounts.add(account)
            with self._lock:
                known = self._subscribed.has(account)
            if not known:
                self._server.ask(None, Request(0, "subscribe", *account, {}))
        codes = [str(code) for code in asked.get("codes", ())]
        with self._lock:
            desk.codes.update(codes)
            if fresh := self._subscribed.lacks(codes):
                self._ask_quotes(None, "quote_subscribe", fresh)

    def _left(self, asked: Mapping[str, Any], public: str) -> dict[str, Any]:
        desk = self._desk_of(asked, public)
        if desk is not None:
            self._end(desk)
        return self._state()

    def _end(self, desk: Desk, late: bool = False) -> None:
        with self._lock:
            if self._by_number.get(desk.number) is not desk:
                return
            if late and desk.deadline > time.monotonic():
                return  # it was heard of after all
            del self._by_number[desk.number]
            self._by_fence.pop(desk.fence, None)
        self._unwatch(desk)
        self._book.note(Lease(desk.number, desk.fence, "", held=False))

    # -- subscriptions, on the wire's thread and the link's --------------------------------------

    def subscription(self, asked: Asked) -> None:
        """Carry out what changes a subscription; the link hears of the first and the last."""
        request = asked.request
        account = (request.account_type, request.account_id)
        method = request.method
        with self._lock:
            desk = self._by_fence.get(asked.fence)
            if desk is None:
                return
            if method == "subscribe":
                if not self._subscribed.has(account):
                    self._server.ask(asked, request)
                    return
                desk.accounts.add(account)
                self._server.answer(asked, Reply(0, 0))
            elif method == "unsubscribe":
                held = account in desk.accounts
                desk.accounts.discard(account)
                words = "" if held else "the account was not subscribed"
                self._server.answer(asked, Reply(0, 0 if held else -1, words))
            else:
                self._watching(desk, asked, method == "quote_subscribe")

    def _watching(self, desk: Desk, asked: Asked, begins: bool) -> None:
        given = asked.request.arguments.get("codes", ())
        codes = {str(code) for code in given} if isinstance(given, list | tuple | set) else set()
        if begins:
            desk.codes |= codes
            fresh = self._subscribed.lacks(codes)
        else:
            desk.codes -= codes
            fresh = sorted(codes - self._watched())
        if fresh:
            self._ask_quotes(asked, asked.request.method, fresh)
        else:
            self._server.answer(asked, Reply(0, 0))

    def _ask_quotes(self, asked: Asked | None, method: str, codes: list[str]) -> None:
        request = asked.request if asked is not None else Request(0, method, 0, "", {})
        request = self._subscribed.asks(request._replace(arguments={"codes": codes}))
        self._server.ask(asked and asked._replace(request=request), request)

    def _watched(self) -> set[str]:
        return set().union(*(desk.codes for desk in self._by_fence.values()))

    def _unwatch(self, desk: Desk) -> None:
        with self._lock:
            codes, desk.codes = desk.codes, set()
            gone = sorted(codes - self._watched())
            if gone and self._server.ready:
                self._ask_quotes(None, "quote_unsubscribe", gone)

    def answered(self, asked: Asked, reply: Reply) -> None:
        """The link answered a session: note what is subscribed now."""
        request = asked.request
        if request.method not in SUBSCRIPTIONS:
            return
        with self._lock:
            fine = self._subscribed.answered(request, reply)
            desk = self._by_fence.get(asked.fence)
            if request.method == "subscribe" and fine and desk is not None:
                desk.accounts.add((request.account_type, request.account_id))

    def restored(self, request: Request, reply: Reply) -> None:
        """The link answered what was subscribed again for a session that came back."""
        with self._lock:
            fine = self._subscribed.answered(request, reply)
            if fine or request.method != "subscribe":
                return
            news = self._subscribed.refused((request.account_type, request.account_id))
        if news:
            _log.warning("an account cannot be subscribed again: %s; trying again", reply.error)
