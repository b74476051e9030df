"""Who is connected to a served terminal: leases of session numbers, and subscriptions.

A session's number is a lease: an entry of a key-value bucket, whose revision is
the fence that every request of the session bears, and which is good for the key
that took the lease and no other (protocol.py). Who says nothing for a few
seconds loses the lease, and what still arrives with the old fence is refused;
a session that comes back gets a new fence, so that nothing it sent before the
break can be carried out after it. The bucket outlives the server: a number that
was held when it went away stays held for one more lease.

An account that someone subscribed stays subscribed on the link, so that who
comes back misses nothing; quotes are watched only while someone wants them.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any, NamedTuple, Protocol

from xtnb.errors import XtnbError
from xtnb.link.base import ConnectResult
from xtnb.link.codec import CodecError, pack, unpack
from xtnb.link.jetstream import Leases
from xtnb.link.keys import bucket_of
from xtnb.link.protocol import VERSION, asker
from xtnb.link.wire import Msg, Wire
from xtnb.vocabulary.messages import Reply, Request

_log = logging.getLogger("xtnb.link")

_TOO_OLD = (
    "终端的 xtnb 比本程序的新，请更新本机的 xtnb / the terminal's xtnb is newer than this "
    "program's: update the one here"
)

Account = tuple[int, str]


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
    def ask(self, asked: Asked | None, request: Request) -> None: ...
    def answer(self, asked: Asked, reply: Reply) -> None: ...


@dataclass
class Desk:
    """One live session.

    Attributes:
        public: the key that opened it.
        who: whose that is, for the audit.
    """

    number: int
    fence: int
    deadline: float
    public: str
    who: str
    accounts: set[Account] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)


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
        self._replicas = replicas
        self._leases: Leases | None = None
        self._by_fence: dict[int, Desk] = {}
        self._subscribed: set[Account] = set()
        self._lock = threading.RLock()
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        name = f"xtnb-sessions-{server.name}"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    # -- life ------------------------------------------------------------------------------------

    def resume(self, wire: Wire) -> None:
        """Go on over this wire; numbers that are held from before stay held for one lease."""
        leases = Leases(wire, bucket_of(self._server.name), self._replicas)
        deadline = time.monotonic() + self._lease
        with self._lock:
            self._leases = leases
            for number, (fence, holder) in leases.held().items():
                if fence not in self._by_fence:
                    public = holder.partition(" ")[0]
                    who = self._server.who(public)
                    self._by_fence[fence] = Desk(number, fence, deadline, public, who)
            for desk in self._by_fence.values():
                desk.deadline = max(desk.deadline, deadline)

    def tick(self) -> None:
        """End the sessions that have said nothing for too long."""
        now = time.monotonic()
        with self._lock:
            late = [desk for desk in self._by_fence.values() if desk.deadline < now]
        for desk in late:
            self._work.put(lambda desk=desk: self._end(desk))  # type: ignore[misc]

    def close(self) -> None:
        """Give every number back and end the thread."""
        with self._lock:
            desks = list(self._by_fence.values())
        for desk in desks:
            self._work.put(lambda desk=desk: self._end(desk))  # type: ignore[misc]
        self._work.put(None)
        if self._thread is not threading.current_thread():
            self._thread.join(10)

    def forget_subscriptions(self) -> None:
        """The link was lost: what comes back subscribes anew."""
        with self._lock:
            self._subscribed.clear()

    def of(self, fence: int) -> Desk | None:
        """The live session with that fence."""
        return self._by_fence.get(fence)

    @property
    def sessions(self) -> list[int]:
        """The numbers of the live sessions."""
        with self._lock:
            return sorted(desk.number for desk in self._by_fence.values())

    # -- control, on the wire's thread -----------------------------------------------------------

    def take(self, message: Msg) -> None:
        """Carry out a control message: keep at once, the rest on our own thread."""
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
            self._work.put(lambda: self._say(message, self._opened(asked, public)))
        elif do == "leave":
            self._work.put(lambda: self._say(message, self._left(asked, public)))

    def take_version_1(self, message: Msg) -> None:
        """Tell a program of version 1 that it is one, whatever it asks, and that we are here."""
        if message.reply.startswith("xtnb.inbox."):
            told = {**self._refused(ConnectResult.UNREACHABLE, _TOO_OLD), "ok": False}
            self._say(message, told)

    def _say(self, message: Msg, what: Mapping[str, Any]) -> None:
        if message.reply:
            self._server.wire.publish(message.reply, pack(what))

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
        return {"ok": desk is not None, **self._state()}

    # -- on our own thread -----------------------------------------------------------------------

    def _run(self) -> None:
        while (job := self._work.get()) is not None:
            try:
                job()
            except XtnbError as fault:
                _log.warning("a session could not be served: %s", fault)
            except Exception:
                _log.exception("the sessions met a fault and go on")

    def _desk_of(self, asked: Mapping[str, Any], public: str) -> Desk | None:
        """The live session that a control message means, if it is that key's."""
        desk = self._by_fence.get(asked.get("fence", 0))
        return desk if desk is not None and desk.public == public else None

    def _opened(self, asked: Mapping[str, Any], public: str) -> dict[str, Any]:
        number, old = asked.get("session"), asked.get("fence", 0)
        if type(number) is not int or self._leases is None:
            return self._refused(ConnectResult.UNREACHABLE, "no such session number")
        if not self._server.ready:
            return self._refused(ConnectResult.UNREACHABLE, "the terminal itself is away")
        before = self._holder(number)
        ours = before is not None and before.fence == old and before.public == public
        if before is not None and not ours and before.deadline > time.monotonic():
            return self._refused(ConnectResult.SESSION_IN_USE, f"session {number} is in use")
        if before is not None:
            self._leases.give_back(number, before.fence)
        first = self._server.first
        fence = self._leases.take(number, f"{public} {asked.get('who', '')}")
        if fence is None:
            return self._refused(ConnectResult.SESSION_IN_USE, f"session {number} is in use")
        who = self._server.who(public)
        desk = Desk(number, fence, time.monotonic() + self._lease, public, who)
        with self._lock:
            if before is not None:
                self._by_fence.pop(before.fence, None)
            self._by_fence[fence] = desk
            # numbers from here on are news to the session
            told = {"result": ConnectResult.OK, "fence": fence, "words": "", **self._state()}
            told["first"] = first
        self._restore(desk, asked)
        if before is not None:
            self._unwatch(before)
        return told

    def _holder(self, number: int) -> Desk | None:
        with self._lock:
            return next((desk for desk in self._by_fence.values() if desk.number == number), None)

    def _refused(self, result: int, words: str) -> dict[str, Any]:
        return {"result": result, "fence": 0, "words": words, **self._state()}

    def _restore(self, desk: Desk, asked: Mapping[str, Any]) -> None:
        """Subscribe again what the session had before a break."""
        for kind, account in asked.get("accounts", ()):
            desk.accounts.add((int(kind), str(account)))
            with self._lock:
                known = (kind, account) in self._subscribed
                self._subscribed.add((kind, account))
            if not known:
                self._server.ask(None, Request(0, "subscribe", kind, account, {}))
        codes = [str(code) for code in asked.get("codes", ())]
        if codes:
            desk.codes.update(codes)
            self._server.ask(None, Request(0, "quote_subscribe", 0, "", {"codes": codes}))

    def _left(self, asked: Mapping[str, Any], public: str) -> dict[str, Any]:
        desk = self._desk_of(asked, public)
        if desk is not None:
            self._end(desk)
        return self._state()

    def _end(self, desk: Desk) -> None:
        with self._lock:
            if self._by_fence.pop(desk.fence, None) is None:
                return
        self._unwatch(desk)
        if self._leases is not None:
            self._leases.give_back(desk.number, desk.fence)

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
                if account not in self._subscribed:
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
            fresh = sorted(codes - self._watched())
            desk.codes |= codes
        else:
            desk.codes -= codes
            fresh = sorted(codes - self._watched())
        if fresh:
            self._server.ask(asked, asked.request._replace(arguments={"codes": fresh}))
        else:
            self._server.answer(asked, Reply(0, 0))

    def _watched(self) -> set[str]:
        return set().union(*(desk.codes for desk in self._by_fence.values()))

    def _unwatch(self, desk: Desk) -> None:
        with self._lock:
            codes, desk.codes = desk.codes, set()
            gone = sorted(codes - self._watched())
        if gone and self._server.ready:
            self._server.ask(None, Request(0, "quote_unsubscribe", 0, "", {"codes": gone}))

    def answered(self, asked: Asked, reply: Reply) -> None:
        """The link answered: note what is subscribed now."""
        request = asked.request
        if request.method == "subscribe" and reply.value == 0 and not reply.error:
            account = (request.account_type, request.account_id)
            with self._lock:
                self._subscribed.add(account)
                if (desk := self._by_fence.get(asked.fence)) is not None:
                    desk.accounts.add(account)
