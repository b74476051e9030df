"""The traffic of one opening: what is under way, and the order in which everything is told.

The vendor's own thread brings answers and news in the order of the terminal. A reply
takes its place in that order when its answer comes; news of an order that come before
the reply to it wait for it. One thread, the teller, numbers the news, hands
everything to `deliver` one at a time, and watches for requests that nobody answers.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

from xtnb.errors import NotConnected, RefusalCode
from xtnb.link.base import Deliver
from xtnb.link.once import repeated, uses_up
from xtnb.link.vendor_asked import Asked, Limits, News, Slot
from xtnb.link.vendor_calls import CANCELS, ORDER, Answer
from xtnb.link.vendor_memory import Memory, untagged
from xtnb.link.vendor_records import ours
from xtnb.vocabulary import outcomes
from xtnb.vocabulary.messages import MOVES, Push, PushKind, Reply, Request
from xtnb.vocabulary.records import (
    Quote,
    XtAccountStatus,
    XtAsset,
    XtCancelError,
    XtOrder,
    XtOrderError,
    XtPosition,
    XtTrade,
)

_log = logging.getLogger("xtnb.link")

_RECORDS: dict[str, type] = {
    PushKind.ORDER: XtOrder,
    PushKind.TRADE: XtTrade,
    PushKind.POSITION: XtPosition,
    PushKind.ASSET: XtAsset,
    PushKind.ORDER_ERROR: XtOrderError,
    PushKind.CANCEL_ERROR: XtCancelError,
    PushKind.ACCOUNT_STATUS: XtAccountStatus,
}
_RECENT = 4096
_END: Any = None


class Traffic:
    """See above. It is the `Desk` that the vendor's trader talks to.

    Args:
        signed: the terminal and the epoch of its pushes.
        memory: what outlives it; used under `memory.lock` only.
        deliver: hears replies and pushes.
        look_up: looks for an order that nobody answered; False when it cannot.
        leave_alone: the call of a request does not return.

    Attributes:
        on_answer: called after each asynchronous answer.
        on_loss: called when nobody answers any more.
    """

    def __init__(
        self,
        signed: tuple[str, int],
        memory: Memory,
        deliver: Deliver,
        limits: Limits,
        look_up: Callable[[Asked], bool],
        leave_alone: Callable[[Asked], None],
    ) -> None:
        self._signed = signed
        self._memory = memory
        self._deliver = deliver
        self._limits = limits
        self._look_up = look_up
        self._leave_alone = leave_alone
        self.on_answer: Callable[[], None] = lambda: None
        self.on_loss: Callable[[], None] = lambda: None
        self._out: SimpleQueue[list[Any] | Slot | None] = SimpleQueue()
        self._local = threading.local()
        self._lock = memory.lock
        self._under_way: dict[Asked, None] = {}
        self._by_seq: dict[int, Asked] = {}
        self._recent: dict[int, Request] = {}
        self._lost = False
        self._over = False
        self._number = 0
        self._quote_number = 0

    @property
    def alive(self) -> bool:
        """Whether the terminal is there."""
        return not (self._lost or self._over)

    # -- for the life that makes the calls --------------------------------------------------------

    def carry_for(self, asked: Asked) -> None:
        """Say for which request this thread calls the vendor now."""
        self._local.asked = asked

    def begin(self, asked: Asked) -> None:
        """A request is on its way."""
        with self._lock:
            self._under_way[asked] = None
        self.put([])  # the teller reckons anew how long it may wait

    def put(self, items: list[Any]) -> None:
        """Tell these next: replies, and `News` that get a number."""
        if self.alive:
            self._out.put(items)

    def join(self, request: Request) -> list[Reply] | None:
        """Share the reply of a request with the same key that is under way: nothing to say
        now. None when there is none; a refusal when it is another request."""
        with self._lock:
            first = self._same(request)
            if first is None:
                return None
            refusal = repeated(request, lambda _: (first.request, Reply(0, None)))
            if refusal is not None and refusal.error:
                return [refusal]
            first.repeats.append(request)
            return []

    def carries(self, request: Request) -> bool:
        """Whether a request with the same key is under way."""
        with self._lock:
            return self._same(request) is not None

    def _same(self, request: Request) -> Asked | None:
        account = (request.account_type, request.account_id)
        for asked in self._under_way:
            if asked.request.key == request.key and asked.account == account:
                return asked
        return None

    def end(self) -> None:
        """Tell nothing more."""
        self._over = True
        self.give_up()
        self._out.put(_END)

    # -- the vendor's trader calls these: `Desk` of vendor_trader.py ------------------------------

    def numbered(self, seq: int) -> None:
        """Remember whose request got that number."""
        asked: Asked | None = getattr(self._local, "asked", None)
        if asked is None or asked.inner or asked.call is None:
            return
        asked.numbered = asked.call.later or asked.request.method in MOVES
        if asked.call.later:
            with self._lock:
                self._by_seq[seq] = asked
                self._recent[seq] = asked.request
                if len(self._recent) > _RECENT:
                    oldest = next(iter(self._recent))
                    del self._recent[oldest]
                    self._by_seq.pop(oldest, None)

    def wait(self, ask: Callable[[Callable[[Any], None]], None]) -> Any:
        """Ask and wait, for the link itself no longer than a limit; else until `_overdue`.

        Raises:
            TimeoutError: the link's own question was not answered.
            NotConnected: the request counts as unanswered, or the link was lost.
        """
        asked: Asked = self._local.asked
        inner, future = asked.inner, Future[Any]()

        def hears(found: Any) -> None:
            with self._lock:
                if not inner and not asked.done:
                    asked.found = found
                    asked.slot = Slot()
                    self._out.put(asked.slot)
            with suppress(InvalidStateError):
                future.set_result(found)

        with self._lock:
            if not self.alive:
                raise NotConnected("the link to MiniQMT is not open")
            asked.future = future
        ask(hears)
        if inner:
            return future.result(self._limits.inner)
        asked.sent.set()
        return future.result()

    def answered(self, response: Any) -> None:
        """An asynchronous request was answered."""
        with self._lock:
            asked = self._by_seq.pop(int(response.seq), None)
            if asked is None or asked.call is None:
                what = type(response).__name__  # and no more: its fields name the account
                _log.warning("MiniQMT answered what was not asked: %s %s", what, response.seq)
                return
            self.answer(asked, asked.call.read(asked.request, response))
        self.on_answer()

    def heard(self, kind: str, record: Any) -> None:
        """News: at once, or after the reply that they belong to."""
        with self._lock:
            if not self.alive:
                return
            news, tag = self._news(kind, record)
            holder = self._holder(news, tag)
            if holder is not None:
                holder.held.append(news)
                if tag and holder.tag == tag:
                    self._hurry(holder)
            else:
                self._out.put([news])

    def lost(self) -> None:
        """The terminal has gone: one push says so, and nothing comes after it."""
        with self._lock:
            if not self.alive:
                return
            self._lost = True
            self._out.put([News(PushKind.DISCONNECTED, 0, "", None)])
        self.give_up()
        self._out.put(_END)

    def _hurry(self, asked: Asked) -> None:
        """An order is there, and its answer is not: news of its account wait no longer."""
        soon = self._limits.now() + self._limits.told
        if asked.deadline > soon and self._told(asked) is not None:
            asked.deadline = soon
            self._out.put([])

    # -- the order of replies and news -----------------------------------------------------------

    def _news(self, kind: str, found: Any) -> tuple[News, str]:
        record: Any = ours(_RECORDS[kind], found)
        tag = ""
        if isinstance(record, XtOrder | XtTrade):
            tag = self._memory.whole(record)
        session = seq = 0
        if isinstance(record, XtOrderError):
            tag, rest = untagged(record.order_remark)
            if tag:
                record.order_remark = self._memory.remark(tag, rest)
            request = self._recent.get(record.seq)
            record.seq = request.seq if request else 0
            session, seq = (request.session, request.seq) if request else (0, 0)
        elif isinstance(record, XtCancelError) and (request := self._cancel_of(record)):
            session, seq = request.session, request.seq
        return News(kind, record.account_type, record.account_id, record, session, seq), tag

    def _cancel_of(self, error: XtCancelError) -> Request | None:
        """The cancel that led to an error, which does not say so itself: the first under way
        that has none yet, else the latest of that order."""
        found: Request | None = None
        for asked in self._under_way:
            request = asked.request
            blamed = any(news.kind == PushKind.CANCEL_ERROR for news in asked.held)
            if request.method in CANCELS and not blamed and _names(request.arguments, error):
                return request
        for request in self._recent.values():
            if request.method in CANCELS and _names(request.arguments, error):
                found = request
        return found

    def _holder(self, news: News, tag: str) -> Asked | None:
        """The request under way whose reply must come before these news."""
        account = (news.account_type, news.account_id)
        for asked in self._under_way:
            request = asked.request
            same = news.seq and (news.session, news.seq) == (request.session, request.seq)
            if same or (tag and asked.tag == tag) or (asked.held and asked.account == account):
                return asked
        return None

    def answer(self, asked: Asked, answer: Answer) -> None:
        """Give a request its reply, then the news that waited for it."""
        with self._lock:
            reply = Reply(asked.request.seq, *answer)
            if asked.done:
                told = reply.error or type(reply.value).__name__  # rows name the account
                _log.warning("%s was answered after its time: %s", asked.request.method, told)
                if reply.error_id != RefusalCode.OUTCOME_UNKNOWN:
                    self._remember(asked.request, reply)
                return
            asked.done = True
            self._under_way.pop(asked, None)
            if uses_up(reply):
                self._remember(asked.request, reply)
            repeats = [reply._replace(seq=one.seq) for one in asked.repeats]
            items = [reply, *repeats, *asked.held]
            if asked.slot is None or not asked.slot.fill(items):
                self._out.put(items)

    def _remember(self, request: Request, reply: Reply) -> None:
        try:
            self._memory.remember(request, reply)
        except Exception:  # who waits for the reply hears it all the same
            _log.exception("the answer to %s could not be remembered", request.method)

    def give_up(self) -> None:
        """Nobody answers any more: end what waits, and remember what became of nobody knows."""
        with self._lock:
            waiting = list(self._under_way)
            self._under_way.clear()
            for asked in waiting:
                asked.done = True
                nobody_knows = Reply(asked.request.seq, *unknown(asked.request))
                self._remember(asked.request, nobody_knows)
                asked.sent.set()
                _fail(asked)
        self.on_loss()

    # -- the teller ------------------------------------------------------------------------------

    def tell(self) -> None:
        """The teller's thread: until `end`, or until the terminal has gone."""
        while (items := self._next()) is not _END:
            for item in items:
                if self._over:
                    return
                if not isinstance(item, News):
                    self._hand(item)
                elif (push := self._push(item)) is not None:
                    self._hand(push)

    def _next(self) -> Any:
        while True:
            self._watch()
            try:
                item = self._out.get(timeout=self._patience())
            except Empty:
                continue
            return item.take(self._limits.inner) if isinstance(item, Slot) else item

    def _hand(self, item: Reply | Push) -> None:
        try:
            self._deliver(item)
        except Exception:
            _log.exception("the session could not take %s", type(item).__name__)

    def _push(self, news: News) -> Push | None:
        """Number what is news; None for what was told before."""
        with self._lock:
            try:
                known = not self._memory.is_news(news.record)
            except Exception:  # better twice than not at all
                _log.exception("news of MiniQMT could not be compared with what was told")
                known = False
        if known:
            return None
        if news.kind == PushKind.QUOTE:
            self._quote_number += 1
            return self._sign(self._quote_number, news)
        self._number += 1
        return self._sign(self._number, news)

    def _sign(self, number: int, news: News) -> Push:
        kind, account_type, account_id, record, session, seq = news
        terminal, epoch = self._signed
        return Push(terminal, epoch, number, kind, account_type, account_id, record, session, seq)

    def quoted(self, quote: Quote) -> None:
        """A quote that someone watches."""
        self.put([News(PushKind.QUOTE, 0, "", quote)])

    # -- the watchdog, on the teller's thread ------------------------------------------------------

    def _patience(self) -> float | None:
        with self._lock:
            first = min((asked.deadline for asked in self._under_way), default=None)
        return None if first is None else max(0.0, first - self._limits.now())

    def _watch(self) -> None:
        now = self._limits.now()
        with self._lock:
            overdue = [asked for asked in self._under_way if asked.deadline <= now]
        for asked in overdue:
            try:
                self._overdue(asked)
            except Exception:
                _log.exception("what became of %s could not be found", asked.request.method)
                self._unanswered(asked)

    def _told(self, asked: Asked) -> Answer | None:
        """The answer to an order or a cancel as pushes had it; None when none told."""
        if asked.request.method == ORDER:
            number = self._memory.order_of(asked.tag)
            return Answer(number) if number else None
        for news in asked.held:
            error = news.record
            if isinstance(error, XtCancelError):
                return Answer((-1, error.order_id, error.order_sysid), error.error_msg)
        return None

    def later(self, asked: Asked, seconds: float) -> None:
        """See to a request again after so many seconds."""
        with self._lock:
            asked.again = False
            asked.deadline = self._limits.now() + seconds
        self.put([])

    def _overdue(self, asked: Asked) -> None:
        """The terminal is looked at for an order by its tag, and for what became of a cancel,
        before they count as unknown."""
        if asked.tag or asked.request.method in CANCELS:
            with self._lock:
                told = self._told(asked)
            if told is not None:
                self._end(asked, told)
                return
            if not asked.again:
                asked.again = True
                asked.deadline = self._limits.now() + 2 * self._limits.inner
                if self._look_up(asked):
                    return
        self._unanswered(asked)

    def _unanswered(self, asked: Asked) -> None:
        _log.error("MiniQMT did not answer %s: its outcome is unknown", asked.request.method)
        self._end(asked, unknown(asked.request))

    def _end(self, asked: Asked, answer: Answer) -> None:
        """Answer a request whose call may never return."""
        self.answer(asked, answer)
        _fail(asked)
        asked.sent.set()
        self._leave_alone(asked)


def unknown(request: Request) -> Answer:
    """The answer to what was sent and not answered."""
    text = outcomes.unknown(request.method)
    return Answer(None, text, int(RefusalCode.OUTCOME_UNKNOWN))


def _names(asked: Mapping[str, Any], error: XtCancelError) -> bool:
    """Whether a cancel asked for the order of an error."""
    by_id = error.order_id and asked.get("order_id") == error.order_id
    by_sysid = error.order_sysid and asked.get("order_sysid") == error.order_sysid
    return bool(by_id or by_sysid)


def _fail(asked: Asked) -> None:
    """End the vendor's synchronous call that waits for an answer."""
    if asked.future is not None:
        with suppress(InvalidStateError):
            asked.future.set_exception(NotConnected("MiniQMT did not answer"))
