"""The paper terminals of this process, run by one thread, and links to them.

One `PaperHost` owns one market and the terminals on it. Its thread is the only
one that touches them: requests wait in a queue, the market is moved on between
them, and replies and pushes leave in the order in which they came about. In a
market whose clock is moved by hand the thread sleeps until it is told to move.

Of durable terminals everything that waits in the queue is carried out, then one
commit is made for all of it, and only then replies and pushes are handed out.

The thread runs while a link is open and ends with the last one.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from xtnb.errors import InputError, JournalFailed, NotConnected, RefusalCode, TerminalUnavailable
from xtnb.journal import Journal, point
from xtnb.link.base import ConnectResult, Deliver
from xtnb.link.driven import MarketToRun
from xtnb.link.durable import DurableTerminal, Terminal
from xtnb.link.once import NOTHING, keyed, outcome, repeated
from xtnb.link.seat import Seat
from xtnb.vocabulary.messages import Push, PushKind, Reply, Request

_log = logging.getLogger("xtnb.link")

_PUMP_SECONDS = 0.05
_STEP = 60 * 1_000_000_000  # a market runs event by event over steps no longer than this
_LONGEST_WALK = 3_600 * 1_000_000_000
_GROUP = 1_000  # requests that are carried out before one commit, at most
_TO_THE_REQUESTER = frozenset({PushKind.ORDER_ERROR, PushKind.CANCEL_ERROR})
_LATE = "请求已过有效时间，未执行 / the request came after its end and was not carried out"
_KEYS = 200_000  # that a terminal in memory remembers
T = TypeVar("T")


class PaperHost:
    """Runs a market and its terminals.

    Args:
        market: the market.
        new_terminal: makes a terminal of a given name on the market.
        read_clock: nanoseconds since the epoch for a market that follows the
            time, or None for one that is moved by hand.
        facts: what the market was made with: its "seed" and its "clock".
        wall: ns since the epoch, which `Request.valid_until` is compared with.
    """

    def __init__(
        self,
        market: MarketToRun,
        new_terminal: Callable[[str], Terminal],
        read_clock: Callable[[], int] | None,
        facts: Mapping[str, str | int],
        wall: Callable[[], int] = time.time_ns,
    ) -> None:
        self.market = market
        self.facts = facts
        self.by_hand = read_clock is None
        self._read_clock = read_clock
        self._new_terminal = new_terminal
        self._wall = wall
        self._terminals: dict[str, Terminal] = {}
        self.has = self._terminals.__contains__  # a terminal of that name
        self._makers: dict[str, Callable[[], DurableTerminal]] = {}
        self._durable: dict[str, DurableTerminal] = {}
        self._waiting: dict[str, list[tuple[Seat, Reply | Push]]] = {}
        self._later: list[Callable[[], None]] = []
        self._replies: dict[tuple[str, int, str, str], tuple[Request, Reply]] = {}
        self._sessions: list[Seat] = []
        self._quote_number = 0
        self._work: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._ending: threading.Thread | None = None
        self._links = self._process = 0
        self._lock = threading.Lock()
        market.on_quote(self._quote)

    # -- for links, on any thread ------------------------------------------------------------

    @property
    def links(self) -> int:
        """How many links are open; none in a child that this process has forked."""
        return self._links if self._process == os.getpid() else 0

    def link(self, terminal: str) -> LocalLink:
        """A new link to the terminal of that name, which is made when it is first needed."""
        return LocalLink(self, terminal)

    def call(self, function: Callable[[], T]) -> T:
        """Run a function on the owner thread and return what it returns, or raise what it raises.

        Raises:
            NotConnected: no link is open, so no thread runs.
        """
        if threading.current_thread() is self._thread:
            return function()
        answer: Future[T] = Future()

        def run() -> None:
            try:
                found = function()
            except BaseException as fault:
                answer.set_exception(fault)
            else:
                self._later.append(partial(answer.set_result, found))

        self.post(run)
        return answer.result()

    def post(self, work: Callable[[], object]) -> None:
        """Queue something for the owner thread."""
        with self._lock:
            if not self.links:
                raise NotConnected("the paper terminal is not running: no link to it is open")
            self._work.put(work)

    def advance(self, seconds: float) -> None:
        """Move a hand-moved market on; returns when everything of that time has been pushed.

        Up to an hour is run event by event; a longer stretch in coarse steps.

        Raises:
            InputError: the market follows the time, or seconds is not above 0.
        """
        if not self.by_hand:
            raise InputError("clock", "open", "a desk made with clock='hand'")
        number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
        if not number or not 0 < seconds < 1e9:
            raise InputError("seconds", seconds, "a number of seconds above 0")
        self.call(lambda: self._walk(round(seconds * 1e9)))

    def acquire(self) -> None:
        """A link opens: start the thread if it is the first."""
        with self._lock:
            self._links += 1
            if self._links == 1:
                self._process = os.getpid()
                self._thread = threading.Thread(
                    target=self._run, args=(self._ending,), name="xtnb-paper-terminal", daemon=True
                )
                self._thread.start()

    def release(self) -> None:
        """A link closes: end the thread if it was the last."""
        with self._lock:
            self._links -= 1
            thread = self._thread if not self._links else None
            if thread:
                self._thread, self._ending = None, thread
                self._work.put(None)
        if thread and thread is not threading.current_thread():
            thread.join()

    # -- durable terminals, on any thread --------------------------------------------------------

    def adopt(
        self, name: str, terminal: DurableTerminal, again: Callable[[], DurableTerminal]
    ) -> None:
        """Take a durable terminal in, before a link to it is opened.

        Args:
            name: what links call it.
            terminal: as it comes from its folder.
            again: opens its folder once more, after its last link was closed.
        """
        self._makers[name] = again
        if self._links:
            self.call(lambda: self._take_in(name, terminal))
        else:
            self._take_in(name, terminal)

    def abandon(self, name: str) -> None:
        """Give up the folder of a durable terminal that no session has come to."""
        if self._links:
            self.call(lambda: self._let_go(name))
        else:
            self._let_go(name)

    def abandon_all(self) -> None:
        """Give up every folder, before another host takes the place of this one."""
        for name in list(self._durable):
            self.abandon(name)

    def journal(self, name: str) -> Journal | None:
        """The journal of a durable terminal; None for one in memory."""
        terminal = self._durable.get(name)
        return terminal.journal if terminal is not None else None

    def is_durable(self, name: str) -> bool:
        """Whether the terminal of that name is in a folder that is open here."""
        return name in self._durable

    # -- on the owner thread -------------------------------------------------------------------

    def _take_in(self, name: str, terminal: DurableTerminal) -> None:
        self._terminals[name] = self._durable[name] = terminal
        self._waiting[name] = []

    def _let_go(self, name: str) -> None:
        """Close a durable terminal that has no sessions."""
        terminal = self._durable.get(name)
        if terminal is None or any(one.terminal is terminal for one in self._sessions):
            return
        if not terminal.stopped:
            self._settle()
            if name not in self._durable:
                return  # it has stopped just now
        del self._terminals[name], self._durable[name], self._waiting[name]
        terminal.close()

    def _settle(self) -> None:
        """Commit what durable terminals have done, hand it out, and answer who waits for that."""
        stopped = []
        for name, terminal in self._durable.items():
            waiting = self._waiting[name]
            try:
                terminal.commit()
            except JournalFailed:
                self._stop(terminal, waiting)
                stopped.append(name)
            for session, item in waiting:
                session.tell(item)
                point("handed.reply" if type(item) is Reply else "handed.push")
            if waiting:
                waiting.clear()
                point("handed.all")
        for name in stopped:
            self._give_up(name)
        later, self._later = self._later, []
        for answer in later:
            answer()

    def _stop(self, terminal: DurableTerminal, waiting: list[tuple[Seat, Reply | Push]]) -> None:
        """Nothing of a group that could not be written is acknowledged; the links are lost."""
        waiting[:] = [
            (session, Reply(item.seq, None, terminal.stopped, RefusalCode.OUTCOME_UNKNOWN))
            for session, item in waiting
            if isinstance(item, Reply)
        ]
        for session in self._sessions:
            if session.terminal is terminal:
                session.lost = True
                lost = Push(terminal.name, terminal.epoch, 0, PushKind.DISCONNECTED, 0, "", None)
                waiting.append((session, lost))

    def _give_up(self, name: str) -> None:
        """A terminal has stopped: who opens a link to it again finds what its file has."""
        for session in [one for one in self._sessions if one.lost]:
            self._remove(session)
        try:
            self._let_go(name)
        except Exception:
            _log.exception("%s could not be closed", name)

    def _run(self, before: threading.Thread | None) -> None:
        if before is not None:
            before.join()  # its work and its end stand in the queue before ours
        work = self._work
        follow = self._read_clock
        while True:
            behind = any(terminal.behind for terminal in self._durable.values())
            wait = _PUMP_SECONDS if follow or behind else None
            try:
                job = work.get(timeout=wait)
                for _ in range(_GROUP):
                    if job is None:
                        return
                    self._pump(follow)  # a market that fails must not cost the request its answer
                    job()
                    if not self._durable or work.empty():
                        break
                    job = work.get()
            except Empty:
                self._pump(follow)
            except Exception:
                _log.exception("the paper terminal's thread met a fault and goes on")
            finally:
                self._settle()

    def _pump(self, follow: Callable[[], int] | None) -> None:
        try:
            if follow:
                self._move(follow())
        except Exception:
            _log.exception("the market could not be moved on")

    def _walk(self, length: int) -> None:
        to = self.market.now() + length
        if length <= _LONGEST_WALK:
            for stop in range(self.market.now() + _STEP, to, _STEP):
                self._move(stop)
        self._move(to)
        for terminal in self._durable.values():
            terminal.moved()

    def _move(self, to: int) -> None:
        if to > self.market.now():
            self.market.advance(to)
        self._flush()

    def _flush(self) -> None:
        for terminal in self._terminals.values():
            for push in terminal.drain():
                account = (push.account_type, push.account_id)
                asked = push.session if push.kind in _TO_THE_REQUESTER else None
                for session in self._sessions:
                    if session.terminal is terminal and (
                        account in session.accounts or session.number == asked
                    ):
                        session.hand(push)

    def _quote(self, quote: Any) -> None:
        self._flush()  # fills that came before the quote are told before it
        self._quote_number += 1
        for session in self._sessions:
            if quote.stock_code in session.codes:
                terminal = session.terminal
                session.hand(
                    Push(
                        terminal.name,
                        terminal.epoch,
                        self._quote_number,
                        PushKind.QUOTE,
                        0,
                        "",
                        quote,
                    )
                )

    def join(self, name: str, number: int, deliver: Deliver) -> Seat | None:
        """Add a session, or return None when its number is in use at that terminal."""
        terminal = self._terminals.get(name)
        if terminal is None and name in self._makers:
            self._take_in(name, self._makers[name]())
            terminal = self._terminals[name]
        if terminal is None:
            terminal = self._terminals[name] = self._new_terminal(name)
        if any(s.number == number and s.terminal is terminal for s in self._sessions):
            return None
        session = Seat(number, terminal, deliver)
        session.waiting = self._waiting.get(name)
        self._sessions.append(session)
        return session

    def leave(self, session: Seat) -> None:
        """Remove a session and what it watched."""
        if session in self._sessions:
            self._remove(session)
            self._let_go(session.terminal.name)

    def _remove(self, session: Seat) -> None:
        self._sessions.remove(session)
        for code in session.codes:
            self.market.unwatch(code)

    def carry(self, session: Seat, request: Request) -> None:
        """Carry a request out: the reply first, then the pushes that follow from it."""
        if session.lost:
            return  # it was told that its link is lost, and asks again by its keys
        request = keyed(request)
        terminal = session.terminal
        durable = terminal if isinstance(terminal, DurableTerminal) else None

        def first_of(asked: Request) -> tuple[Request, Reply] | None:
            return self._first(terminal, asked)

        if request.key and (first := repeated(request, first_of)) is not None:
            if durable is not None:
                first = durable.note(request, session.number, first, repeated=True)
            session.hand(first)
            return
        if 0 < request.valid_until < self._wall():
            reply = Reply(request.seq, NOTHING.get(request.method), _LATE, RefusalCode.EXPIRED)
            request = request._replace(key="")
        elif request.method == "quote_subscribe":
            reply = self._watch(session, request)
        elif request.method == "quote_unsubscribe":
            reply = self._unwatch(session, request)
        elif request.method == "outcome":
            reply = outcome(request, first_of, partial(self.write_down, session))
        else:
            reply = session.terminal.handle(request)
            account = (request.account_type, request.account_id)
            if request.method == "subscribe" and reply.value == 0:
                session.accounts.add(account)
            elif request.method == "unsubscribe":
                if account not in session.accounts:
                    reply = Reply(request.seq, -1, "the account was not subscribed")
                session.accounts.discard(account)
        session.hand(self.write_down(session, request, reply))
        self._flush()

    def _first(self, terminal: Terminal, request: Request) -> tuple[Request, Reply] | None:
        if isinstance(terminal, DurableTerminal):
            return terminal.first_of(request)
        return self._replies.get(_key(terminal, request))

    def write_down(self, session: Seat, request: Request, reply: Reply) -> Reply:
        """Remember the reply to a key; returns it with its place among the pushes."""
        terminal = session.terminal
        if isinstance(terminal, DurableTerminal):
            return terminal.note(request, session.number, reply)
        if request.key:
            self._replies[_key(terminal, request)] = request, reply
            if len(self._replies) > _KEYS:
                del self._replies[next(iter(self._replies))]
        return reply

    def _watch(self, session: Seat, request: Request) -> Reply:
        codes: Iterable[str] = request.arguments["codes"]
        for code in codes:
            if code in self.market.instruments and code not in session.codes:
                session.codes.add(code)
                self.market.watch(code)
        return Reply(request.seq, 0)

    def _unwatch(self, session: Seat, request: Request) -> Reply:
        for code in request.arguments["codes"]:
            if code in session.codes:
                session.codes.remove(code)
                self.market.unwatch(code)
        return Reply(request.seq, 0)


def _key(terminal: Terminal, request: Request) -> tuple[str, int, str, str]:
    return terminal.name, request.account_type, request.account_id, request.key


class LocalLink:
    """A link to a paper terminal of this process. See `Link`."""

    paper = True

    def __init__(self, host: PaperHost, terminal: str) -> None:
        self.host = host
        self.terminal = terminal
        self.reason = ""
        self._session: Seat | None = None
        self._lock = threading.Lock()

    @property
    def journal(self) -> Journal | None:
        """The journal of its terminal, if that is durable and open."""
        return self.host.journal(self.terminal)

    def open(self, session: int, deliver: Deliver) -> int:
        """Connect. `ConnectResult.SESSION_IN_USE` when that number is taken already."""
        with self._lock:
            if self._session is not None and not self._session.lost:
                return ConnectResult.OK
            if self._session is None:
                self.host.acquire()
            self._session = None
            joined = None
            try:
                joined = self.host.call(lambda: self.host.join(self.terminal, session, deliver))
            except TerminalUnavailable as unavailable:  # a folder that someone else has open now
                self.reason = str(unavailable)
                return ConnectResult.UNREACHABLE
            finally:
                if joined is None:
                    self.host.release()
            if joined is None:
                return ConnectResult.SESSION_IN_USE
            self._session = joined
            return ConnectResult.OK

    def send(self, request: Request) -> None:
        """Queue a request for the terminal's thread."""
        session = self._session
        if session is None or session.lost:
            raise NotConnected(f"{request.method}: the link to the paper terminal is not open")
        self.host.post(lambda: session.ask(self.host.carry, request))

    def note(self, request: Request, reply: Reply) -> None:
        """Put what was answered in front of this link into the terminal's audit."""
        session = self._session
        if session is not None:
            asked = request._replace(key="")
            self.host.post(partial(self.host.write_down, session, asked, reply))

    def close(self) -> None:
        """Leave the terminal; after this nothing more is delivered."""
        with self._lock:
            session, self._session = self._session, None
        if session is not None and self.host.links:
            self.host.call(lambda: self.host.leave(session))
            self.host.release()
