"""RecordedLink: a link whose terminal keeps no journal of ours gets one on this side of it.

In front of a real MiniQMT nothing else remembers what was asked, by whom, and what came
of it. What moves money is written down before it is passed on, and its answer, like
every push, before anybody hears it. So after a crash a key that was answered is
answered again from here, and one that was on its way is told to be unknown, never sent
a second time. Pushes get the journal's numbers, which go on over restarts.

One thread writes and hands on; whatever waits is committed together.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple, cast

from xtnb.errors import NotConnected, RefusalCode
from xtnb.journal import Asked, Group, Journal, Kept, Told
from xtnb.journal.points import point
from xtnb.link.base import ConnectResult, Deliver, Link
from xtnb.link.codec import CodecError, decode, encode
from xtnb.link.guard import CHANGES
from xtnb.link.once import NO_KEYS, NOTHING, keys_of, repeated, without_passwords
from xtnb.link.retold import Retold
from xtnb.vocabulary.messages import Push, PushKind, Reply, Request

_log = logging.getLogger("xtnb.link")

_GROUP = 1_000
_INTENT = "intent"
_NOT_AUDITED = ("quote_", "instrument")
_ON_ITS_WAY = (
    "此请求在重启前已发出，结果未知，请向券商核对 / it was sent before a restart and its answer "
    "never came: look at the broker's list; it is not sent again"
)
_SHANGHAI = timedelta(hours=8)
_DAY = 86_400 * 10**9


class _Noted(NamedTuple):
    """What was answered in front of this link."""

    request: Request
    reply: Reply


_Item = Request | Reply | Push | _Noted


class RecordedLink:
    """A link with a journal. See `Link`.

    Args:
        link: the way to the terminal; nobody else opens it.
        new_journal: opens the journal; called at the first `open`.
        wall: ns since the epoch.

    Attributes:
        journal: open from the first `open` on, until `close`.
    """

    def __init__(
        self, link: Link, new_journal: Callable[[], Journal], wall: Callable[[], int] = time.time_ns
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
        self._work: SimpleQueue[_Item | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._under_way: dict[int, Request] = {}
        self._repeats: dict[str, list[Request]] = {}
        self._known: dict[int, tuple[list[str], dict[str, Any]]] = {}
        self._fresh: dict[str, tuple[Request, Reply]] = {}
        self._left_over: set[str] = set()
        self._retold = Retold(self._stored)
        self._last = 0
        self._failed = ""

    # -- as a session uses a link ------------------------------------------------------------

    def open(self, session: int, deliver: Deliver) -> int:
        """Connect. Raises what the journal raises when its folder cannot be used."""
        if self._failed:  # a disk may have room again: as after a restart
            self.close()
        with self._lock:
            if self.journal is None:
                self.journal = self._new_journal()
                self._left_over = {name for name, _ in self.journal.kept(_INTENT)}
                self._last = self.journal.last
                self._retold = Retold(self._stored)
                for left in (self._under_way, self._repeats, self._known):
                    left.clear()
                self._failed = ""
            self._deliver = deliver
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="xtnb-record", daemon=True)
                self._thread.start()
        result = self.inner.open(session, self._work.put)
        self.reason, self.paper = self.inner.reason, self.inner.paper
        if result != ConnectResult.OK:
            self._end()
        return result

    def send(self, request: Request) -> None:
        """Hand a request over and return at once."""
        if self._thread is None:
            raise NotConnected(f"{request.method}: the link to {self.terminal} is not open")
        self._work.put(request)

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
            if thread is not threading.current_thread():
                thread.join()
        with self._lock:
            journal, self.journal = self.journal, None
        if journal is not None:
            journal.close()

    # -- on the thread that writes -------------------------------------------------------------

    def _run(self) -> None:
        while (first := self._work.get()) is not None:
            waiting = [first]
            with suppress(Empty):
                while len(waiting) < _GROUP:
                    item = self._work.get_nowait()
                    if item is None:
                        self._work.put(None)
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
                self._give_up(waiting)
                self._hand(self._lost())
                return
        self._fresh.clear()
        if self._failed:
            self._give_up(waiting)
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
                    nothing = NOTHING.get(item.method)
                    unfit = Reply(item.seq, nothing, f"未发送 / nothing was sent: {fault!r}")
                    after.append(partial(self._hand, unfit))
            elif isinstance(item, Reply):
                self._answered(item, group, after)
            elif isinstance(item, _Noted):
                if not item.request.method.startswith(_NOT_AUDITED):
                    group.asked.append(self._row(*item))
            else:
                self._told(item, group, after)
        if group:
            assert self.journal is not None, "it is open while the thread runs"
            self.journal.commit(group)

    def _asked(self, request: Request, group: Group, after: list[Callable[[], None]]) -> None:
        name = _name(request)
        if request.key:
            first = repeated(request, self._first_of)
            if first is None and name in self._left_over:
                nothing = NOTHING.get(request.method)
                first = Reply(request.seq, nothing, _ON_ITS_WAY, RefusalCode.OUTCOME_UNKNOWN)
            if first is not None:
                group.asked.append(self._row(request._replace(key=""), first, repeats=request.key))
                after.append(lambda: self._hand(first))
                return
            if name in self._repeats:  # it is on its way: one answer for all
                self._repeats[name].append(request)
                return
            if request.method in CHANGES:
                self._repeats[name] = []
                body = _bytes(without_passwords(request))
                group.kept.append(Kept(_INTENT, name, body))
        elif request.method == "outcome" and (known := self._outcome(request)) is not request:
            if isinstance(known, Reply):
                group.asked.append(self._row(request, known))
                after.append(lambda: self._hand(known))
                return
            request = known
        if not request.method.startswith(_NOT_AUDITED):
            self._under_way[request.seq] = request
        after.append(lambda: self._forward(request))

    def _outcome(self, request: Request) -> Request | Reply:
        """What is left to be asked of the terminal, or the whole answer."""
        keys = keys_of(request)
        if keys is None:
            return Reply(request.seq, None, NO_KEYS)
        known = {}
        for key in keys:
            found = self._first_of(request._replace(key=key))
            if found is not None:
                known[key] = (found[1].value, found[1].error)
        if not known:
            return request
        if len(known) == len(keys):
            return Reply(request.seq, [known[key] for key in keys])
        self._known[request.seq] = (keys, known)
        rest = tuple(key for key in keys if key not in known)
        return request._replace(arguments={"keys": rest})

    def _whole(self, reply: Reply) -> Reply:
        """The answer to an outcome of which a part was known."""
        keys, known = self._known.pop(reply.seq, ([], {}))
        if not keys or not isinstance(reply.value, list):
            return reply
        rest = iter(reply.value)
        return reply._replace(value=[known[key] if key in known else next(rest) for key in keys])

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
        reply = self._whole(reply)
        placed = reply._replace(after=self._last)
        if request is not None:
            unknown = reply.error_id == RefusalCode.OUTCOME_UNKNOWN
            kept = request if not unknown else request._replace(key="")
            if reply.error_id == RefusalCode.NOT_DELIVERED:
                kept = request._replace(key="")  # the same key may be tried again
            group.asked.append(self._row(kept, reply))
            if kept.key and kept.method in CHANGES:
                self._fresh[_name(kept)] = kept, reply
            if request.key and request.method in CHANGES and not unknown:
                group.kept.append(Kept(_INTENT, _name(request), None))
            elif request.key and unknown:
                self._left_over.add(_name(request))
            for repeat in self._repeats.pop(_name(request), ()) if request.key else ():
                again = placed._replace(seq=repeat.seq)
                group.asked.append(self._row(repeat._replace(key=""), again, repeats=request.key))
                after.append(partial(self._hand, again))
        after.append(lambda: self._hand(placed))

    def _told(self, push: Push, group: Group, after: list[Callable[[], None]]) -> None:
        if push.kind in (PushKind.QUOTE, PushKind.DISCONNECTED):
            if push.kind == PushKind.DISCONNECTED:  # what is under way is answered by nobody
                self._left_over.update(self._repeats)
                self._repeats.clear()
                self._under_way.clear()
                self._known.clear()
            after.append(lambda: self._hand(push))
            return
        assert self.journal is not None, "it is open while the thread runs"
        if not self._retold.is_news(push):
            return
        self._last += 1
        numbered = push._replace(number=self._last, epoch=self.journal.epoch)
        group.told.append(
            Told(
                numbered.number,
                numbered.kind,
                numbered.account_type,
                numbered.account_id,
                _day(self._wall()),
                _about(numbered.record),
                _bytes(numbered),
            )
        )
        after.append(lambda: self._hand(numbered))

    def _give_up(self, waiting: list[_Item]) -> None:
        """Nothing that could not be written down is passed on."""
        for item in waiting:
            if isinstance(item, Request):
                text = f"未发送 / nothing was sent: {self._failed}"
                nothing = NOTHING.get(item.method)
                self._hand(Reply(item.seq, nothing, text, RefusalCode.NOT_DELIVERED))
            elif isinstance(item, Reply):
                self._hand(Reply(item.seq, None, self._failed, RefusalCode.OUTCOME_UNKNOWN))

    def _lost(self) -> Push:
        epoch = self.journal.epoch if self.journal is not None else 0
        return Push(self.terminal, epoch, 0, PushKind.DISCONNECTED, 0, "", None)

    # -- what is written -----------------------------------------------------------------------

    def _first_of(self, request: Request) -> tuple[Request, Reply] | None:
        fresh = self._fresh.get(_name(request))
        if fresh is not None:
            return fresh
        assert self.journal is not None, "it is open while the thread runs"
        stored = self.journal.first_of(request.account_type, request.account_id, request.key)
        if stored is None:
            return None
        asked, answered = map(decode, stored)
        assert isinstance(asked, Request), "what bears a key is a request"
        assert isinstance(answered, Reply), "what answers a key is a reply"
        return asked, answered

    def _stored(self, account_type: int, account_id: str) -> list[Any]:
        """The orders and fills of an account that were told since yesterday."""
        assert self.journal is not None, "it is open while the thread runs"
        now = self._wall()
        days = _day(now - _DAY), _day(now)
        kinds = (PushKind.ORDER, PushKind.TRADE)
        told = (self.journal.told(kind, account_type, account_id, *days) for kind in kinds)
        return [cast(Push, decode(body)).record for bodies in told for body in bodies]

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


def _name(request: Request) -> str:
    return f"{request.account_type}/{request.account_id}/{request.key}"


def _bytes(message: Request | Reply | Push) -> bytes:
    try:
        return encode(message)
    except CodecError:
        _log.exception("%s cannot be written down whole", type(message).__name__)
        return b""


def _about(record: Any) -> str:
    """What a push is about: a fill, an order, or a code."""
    facts = vars(record) if record is not None else {}
    return str(facts.get("traded_id") or facts.get("order_id") or facts.get("stock_code") or "")


def _day(now: int) -> int:
    moment = datetime.fromtimestamp(now / 1e9, UTC) + _SHANGHAI
    return int(f"{moment:%Y%m%d}")
