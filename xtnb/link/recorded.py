"""RecordedLink: a link whose terminal keeps no journal of ours gets one on this side of it.

In front of a real MiniQMT nothing else remembers what was asked, by whom, and what came
of it. What moves money, and every cancel, is written down before it is passed on, and its
answer, like every push, before anybody hears it. So after a crash a key that was answered
is answered again from here, and what was on its way stands in the audit as unknown and is
never sent a second time (left_over.py). Pushes get the journal's numbers, which go on
over restarts, and are what `history` is answered from (past.py). While nothing can be
written down, cancels and questions pass all the same (unwritten.py).

One thread writes and hands on; whatever waits is committed together.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import NamedTuple

from xtnb.errors import NotConnected, RefusalCode
from xtnb.journal import Asked, Group, Journal, Kept, Told
from xtnb.journal.points import point
from xtnb.link.base import ConnectResult, Deliver, Link
from xtnb.link.codec import CodecError, decode, encode
from xtnb.link.guard import CHANGES
from xtnb.link.left_over import LeftOver, Outcomes, of_another_day, other, trading_day, unanswered
from xtnb.link.once import NOTHING, repeated, uses_up, without_passwords
from xtnb.link.past import Past, day_of
from xtnb.link.retold import Retold
from xtnb.link.unwritten import CANCELS, Unwritten, has_room
from xtnb.vocabulary.masking import conceal
from xtnb.vocabulary.messages import Push, PushKind, Reply, Request
from xtnb.vocabulary.subjects import about

_log = logging.getLogger("xtnb.link")

_GROUP = 1_000
_INTENT = "intent"  # what bears a key and has no answer yet
_UNKNOWN = "unknown"  # the same, of an earlier life of the terminal
_PLAIN = "cancel"  # a cancel, or what changes something without a key, that has no answer yet
_NOT_AUDITED = ("quote_", "instrument", "limits")


class _Noted(NamedTuple):
    """What was answered in front of this link."""

    request: Request
    reply: Reply


_Item = Request | Reply | Push | _Noted
_Work = SimpleQueue[_Item | None]


class RecordedLink:
    """A link with a journal. See `Link`.

    Args:
        link: the way to the terminal; nobody else opens it.
        new_journal: opens the journal; called at the first `open`.
        wall: ns since the epoch.
        room: whether a folder's disk takes something; see unwritten.py for when it does not.

    Attributes:
        journal: open from the first `open` on, until `close`.
    """

    def __init__(
        self,
        link: Link,
        new_journal: Callable[[], Journal],
        wall: Callable[[], int] = time.time_ns,
        room: Callable[[Path], bool] = has_room,
    ) -> None:
        self.inner = link
        self.terminal = link.terminal
        self.paper = link.paper
        self.reason = ""
        self.journal: Journal | None = None
        self._new_journal = new_journal
        self._wall = wall
        self._deliver: Deliver | None = None
        self._lock = threading.Lock()
        self._work: _Work = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._under_way: dict[int, Request] = {}
        self._repeats: dict[str, list[Request]] = {}  # the one on its way, and its repeats
        self._fresh: dict[str, tuple[Request, Reply]] = {}
        self._left = LeftOver()
        self._outcomes = Outcomes(self._first_of)
        self._past = Past(self._open_journal, wall)
        self._retold = Retold(self._past.told, self._wall)
        self._last = 0
        self._failed = ""
        self._takes = room
        self._unwritten = Unwritten(self._forward, self._hand, self._lose_all, self._room)

    # -- as a session uses a link ------------------------------------------------------------

    def open(self, session: int, deliver: Deliver) -> int:
        """Connect. Raises what the journal raises when its folder cannot be used."""
        if self._failed and self._room():  # again, as after a restart
            self.close()
        with self._lock:
            if self.journal is None:
                self.journal = self._new_journal()
                self._last = self.journal.last
                self._left = LeftOver()
                self._take_over(self.journal)
                self._outcomes.lost()
                self._past.lost()
                self._retold = Retold(self._past.told, self._wall)
                for left in (self._under_way, self._repeats):
                    left.clear()
                self._failed = ""
                self._unwritten.over()
            self._deliver = deliver
            if self._thread is None:
                work = self._work = _anew(self._work)
                run = partial(self._run, work)
                self._thread = threading.Thread(target=run, name="xtnb-record", daemon=True)
                self._thread.start()
        result = self.inner.open(session, self._work.put)
        self.reason, self.paper = self.inner.reason, self.inner.paper
        if result != ConnectResult.OK:
            self._end()
        return result

    def send(self, request: Request) -> None:
        """Hand a request over and return at once."""
        if self._thread is not None:
            if not self.paper:
                conceal(request.account_id)
            with self._lock:  # so that nothing comes behind the end
                if self._thread is not None:
                    self._work.put(request)
                    return
        raise NotConnected(f"{request.method}: the link to {self.terminal} is not open")

    def note(self, request: Request, reply: Reply) -> None:
        """Put what was answered in front of this link into the audit."""
        self._work.put(_Noted(request._replace(key=""), reply))

    def close(self) -> None:
        """Leave, and close the journal."""
        self.inner.close()
        self._end()

    def _end(self) -> None:
        with self._lock:
            thread, self._thread = self._thread, None
            if thread is not None:
                self._work.put(None)
        if thread is not None and thread is not threading.current_thread():
            thread.join()
        with self._lock:
            journal, self.journal = self.journal, None
        if journal is not None:
            journal.close()

    def _room(self) -> bool:
        """Whether the journal's disk takes something."""
        return self.journal is None or self._takes(self.journal.folder)

    def _open_journal(self) -> Journal:
        assert self.journal is not None, "it is open while the thread runs"
        return self.journal

    def _take_over(self, journal: Journal) -> None:
        """Write down what an earlier process left on its way: nobody will answer it."""
        group = Group()
        for name, body in journal.kept(_UNKNOWN):
            self._left.add(name, _request(body))
        for kind in (_INTENT, _PLAIN):
            for name, body in journal.kept(kind):
                self._nobody_answers(kind, name, _request(body), body, group)
        if group.kept:
            journal.commit(group)

    def _nobody_answers(
        self, kind: str, name: str, request: Request | None, body: bytes, group: Group
    ) -> None:
        """Put it into the audit as unknown; its key remains taken."""
        if request is not None:
            doubt = unanswered(request)
            group.asked.append(self._row(request._replace(key=""), doubt))
            what = request.key or request.method
            _log.warning("%s was on its way to %s: %s", what, self.terminal, doubt.error)
        group.kept.append(Kept(kind, name, None))
        if kind == _INTENT:
            group.kept.append(Kept(_UNKNOWN, name, body))
            self._left.add(name, request)

    # -- on the thread that writes -------------------------------------------------------------

    def _run(self, work: _Work) -> None:
        while True:
            try:
                first = work.get(timeout=self._unwritten.seconds)
            except Empty:
                self._unwritten.look()
                continue
            if first is None:
                return
            waiting = [first]
            with suppress(Empty):
                while len(waiting) < _GROUP:
                    item = work.get_nowait()
                    if item is None:
                        work.put(None)
                        break
                    waiting.append(item)
            try:
                self._carry(waiting)
            except Exception:
                _log.exception("the record of %s met a fault and goes on", self.terminal)

    def _carry(self, waiting: list[_Item]) -> None:
        """Write a group down, then pass it on, in its order."""
        after: list[Callable[[], None]] = []
        if not self._failed:
            try:
                self._write(waiting, after)
            except Exception as fault:  # whatever it was: what is not kept must not go on
                self._failed = str(fault) or type(fault).__name__
                _log.exception("what happens at %s cannot be written down", self.terminal)
                self._fresh.clear()
                self._unwritten.begin(self._failed, _unnoted(waiting))
                return
        self._fresh.clear()
        if self._failed:
            self._unwritten.carry(_unnoted(waiting))
            return
        for step in after:
            try:
                step()
            except Exception:
                _log.exception("what was written down at %s could not be passed on", self.terminal)
        point("handed.all")

    def _write(self, waiting: list[_Item], after: list[Callable[[], None]]) -> None:
        group = Group()
        for item in waiting:
            if isinstance(item, Request):
                try:
                    self._asked(item, group, after)
                except Exception as fault:  # a request that is none must not cost the others
                    _log.exception("request %s was not passed on", item.method)
                    after.append(partial(self._hand, _unfit(item, fault)))
            elif isinstance(item, Reply):
                self._answered(item, group, after)
            elif isinstance(item, _Noted):
                if not item.request.method.startswith(_NOT_AUDITED):
                    group.asked.append(self._row(*item))
            else:
                self._told(item, group, after)
        if group:
            self._open_journal().commit(group)

    def _asked(self, request: Request, group: Group, after: list[Callable[[], None]]) -> None:
        name, asked = _name(request), request
        if request.key:
            under_way = self._repeats.get(name)
            first = other(under_way[0], request) if under_way else self._repeated(request)
            if first is None and name in self._left and not under_way:
                instead = self._left.instead(name, request)
                if isinstance(instead, Reply):
                    first = instead
                else:
                    asked = instead
            if first is not None:
                group.asked.append(self._row(request._replace(key=""), first, repeats=request.key))
                after.append(lambda: self._hand(first))
                return
            if under_way:  # one answer for all
                under_way.append(request)
                return
        elif request.method in ("outcome", "history"):
            kept = self._outcomes if request.method == "outcome" else self._past
            known = kept.ask(request)
            if isinstance(known, Reply):
                group.asked.append(self._row(request, known))
                after.append(lambda: self._hand(known))
                return
            asked = known
        trace = self._trace(request)
        if trace is not None:
            group.kept.append(Kept(*trace, _bytes(without_passwords(request))))
            if trace[0] == _INTENT:
                self._repeats[name] = [request]
        if not request.method.startswith(_NOT_AUDITED):
            self._under_way[request.seq] = request
        after.append(lambda: self._forward(asked))

    def _trace(self, request: Request) -> tuple[str, str] | None:
        """Kind and name of what is kept of a request until it is answered; None of a question."""
        if request.key and request.method in CHANGES:
            return _INTENT, _name(request)
        if request.method in CHANGES or request.method in CANCELS:
            return _PLAIN, f"{_name(request)}{self._open_journal().epoch}.{request.seq}"
        return None

    def _repeated(self, request: Request) -> Reply | None:
        """The answer to a request whose key came before."""
        reply = repeated(request, self._first_of)
        found = self._first_of(request) if reply is not None else None
        if reply is None or found is None or request.method not in NOTHING:
            return reply
        until = found[0].valid_until
        day = trading_day(until) if until else ""
        if not day or day == trading_day(self._wall()) or reply.error_id == RefusalCode.REPEATED:
            return reply
        return of_another_day(request, day, found[1])

    def _forward(self, request: Request) -> None:
        try:
            self.inner.send(request)
            point("passed.on")
        except NotConnected as gone:
            # It certainly did not leave: that is its answer, and goes the way of answers.
            nothing = NOTHING.get(request.method)
            self._work.put(Reply(request.seq, nothing, str(gone), RefusalCode.NOT_DELIVERED))
        except Exception as fault:  # nobody knows how far it came
            _log.exception("request %s met a fault", request.method)
            text = f"{type(fault).__name__}: {fault}"
            self._work.put(Reply(request.seq, None, text, RefusalCode.OUTCOME_UNKNOWN))

    def _answered(self, reply: Reply, group: Group, after: list[Callable[[], None]]) -> None:
        request = self._under_way.pop(reply.seq, None)
        reply = self._past.read(self._left.read(self._outcomes.read(reply)))
        placed = reply._replace(after=self._last)
        if request is not None:
            unknown = reply.error_id == RefusalCode.OUTCOME_UNKNOWN
            final = not unknown and uses_up(reply)  # else the same key may be tried again
            kept = request if final else request._replace(key="")
            group.asked.append(self._row(kept, reply))
            if kept.key and kept.method in CHANGES:
                self._fresh[_name(kept)] = kept, reply
            trace = self._trace(request)
            if trace is not None and trace[0] == _INTENT:
                self._settle(request, unknown, group)
                for repeat in self._repeats.pop(_name(request), ())[1:]:
                    again = placed._replace(seq=repeat.seq)
                    alike = repeat._replace(key="")
                    group.asked.append(self._row(alike, again, repeats=request.key))
                    after.append(partial(self._hand, again))
            elif trace is not None:
                group.kept.append(Kept(*trace, None))
        after.append(lambda: self._hand(placed))

    def _settle(self, request: Request, unknown: bool, group: Group) -> None:
        """Forget an intent that has its answer; keep one of which nobody knows."""
        name = _name(request)
        if unknown:
            self._left.add(name, without_passwords(request))
            return
        group.kept.append(Kept(_INTENT, name, None))
        if name in self._left:
            group.kept.append(Kept(_UNKNOWN, name, None))
            self._left.settled(name)

    def _told(self, push: Push, group: Group, after: list[Callable[[], None]]) -> None:
        if push.kind in (PushKind.QUOTE, PushKind.DISCONNECTED):
            if push.kind == PushKind.DISCONNECTED:  # what is under way is answered by nobody
                self._lose(group)
            after.append(lambda: self._hand(push))
            return
        if not self._retold.is_news(push):
            return
        self._last += 1
        numbered = push._replace(number=self._last, epoch=self._open_journal().epoch)
        group.told.append(
            Told(
                numbered.number,
                numbered.kind,
                numbered.account_type,
                numbered.account_id,
                day_of(numbered.record, self._wall()),
                about(numbered.record),
                _bytes(numbered),
            )
        )
        after.append(lambda: self._hand(numbered))

    def _lose(self, group: Group) -> None:
        """The terminal is lost: what is under way is answered by nobody."""
        for request in self._under_way.values():
            if (trace := self._trace(request)) is not None:
                body = _bytes(without_passwords(request))
                self._nobody_answers(*trace, request, body, group)
        for left in (self._under_way, self._repeats):
            left.clear()
        for waiting in (self._left, self._outcomes, self._past):
            waiting.lost()

    def _lose_all(self) -> None:
        """Say that the terminal is lost."""
        epoch = self.journal.epoch if self.journal is not None else 0
        self._hand(Push(self.terminal, epoch, 0, PushKind.DISCONNECTED, 0, "", None))

    # -- what is written -----------------------------------------------------------------------

    def _first_of(self, request: Request) -> tuple[Request, Reply] | None:
        fresh = self._fresh.get(_name(request))
        if fresh is not None:
            return fresh
        stored = self._open_journal().first_of(
            request.account_type, request.account_id, request.key
        )
        if stored is None:
            return None
        asked, answered = map(decode, stored)
        assert isinstance(asked, Request), "what bears a key is a request"
        assert isinstance(answered, Reply), "what answers a key is a reply"
        return asked, answered

    def _row(self, request: Request, reply: Reply, repeats: str = "") -> Asked:
        now = self._wall()
        changes = not request.method.startswith("query_")
        return Asked(
            now,
            now,
            request.session,
            request.seq,
            request.origin,
            request.method,
            request.account_type,
            request.account_id,
            request.key if request.method in CHANGES else "",
            f"repeats {repeats}" if repeats else reply.error,
            self._last,
            _bytes(without_passwords(request)),
            _bytes(reply) if changes else b"",
            request.who,
        )

    def _hand(self, item: Reply | Push) -> None:
        deliver = self._deliver
        if deliver is not None:
            try:
                deliver(item)
            except Exception:
                _log.exception("the session could not take %s", type(item).__name__)
            point("handed.reply" if type(item) is Reply else "handed.push")


def _anew(work: _Work) -> _Work:
    """The queue of the next opening: of what came too late for the last only the audit counts."""
    fresh: _Work = SimpleQueue()
    with suppress(Empty):
        while True:
            if isinstance(item := work.get_nowait(), _Noted):
                fresh.put(item)
    return fresh


def _unnoted(waiting: list[_Item]) -> list[Request | Reply | Push]:
    return [item for item in waiting if not isinstance(item, _Noted)]


def _unfit(request: Request, fault: Exception) -> Reply:
    """What is said of a request that was not passed on; its key may be that of one that was."""
    if request.key and request.method in CHANGES:
        return unanswered(request)
    text = f"未发送 / nothing was sent: {fault!r}"
    return Reply(request.seq, NOTHING.get(request.method), text)


def _name(request: Request) -> str:
    return f"{request.account_type}/{request.account_id}/{request.key}"


def _bytes(message: Request | Reply | Push) -> bytes:
    try:
        return encode(message)
    except CodecError:
        _log.exception("%s cannot be written down whole", type(message).__name__)
        return b""


def _request(body: bytes) -> Request | None:
    """A request as it was written down; None when it can be read no more."""
    try:
        found = decode(body)
    except CodecError:
        return None
    return found if isinstance(found, Request) else None
