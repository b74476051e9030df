"""A terminal whose journal knows everything before anybody else does.

`DurableTerminal` stands between a host and a paper terminal. What the terminal answers
and tells is collected with what it came from, until `commit` has written it down; the
host hands nothing out before. Queries are part of the audit too, but nobody waits for
that: their rows go along with the next commit, or a second later by themselves. A crash
can cost that second of queries, and nothing else.

When a commit fails, what is in memory is more than what is on the disk. Then the
terminal stops: nothing of that group is acknowledged, and every later request is
answered with the reason.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, Protocol

from xtnb.errors import JournalFailed
from xtnb.journal import Asked, Closing, Group, Journal, Kept, Told
from xtnb.link.codec import CodecError, decode, encode
from xtnb.link.once import NOTHING, ONLY_REPEATS, without_passwords
from xtnb.link.senders import SENDERS, senders
from xtnb.vocabulary.messages import Push, PushKind, Reply, Request

_log = logging.getLogger("xtnb.link")

_SECOND = 1_000_000_000
_DAY = 86_400
_SHANGHAI = 8 * 3_600
_EPOCH = date(1970, 1, 1).toordinal()
_KEEP_SECONDS = 5  # how old the market's state in the file may become while nothing happens
_ALONE_SECONDS = 1  # how long rows of queries wait for something to go along with
_FEW = 500  # rows of the audit that may wait for a commit
_NOT_AUDITED = ("quote_", "instrument")
_UNFIT = "此请求无法记录，未执行 / this request cannot be written down, so it was not carried out"
_PAST = {
    "orders": PushKind.ORDER,
    "trades": PushKind.TRADE,
    "asset": PushKind.ASSET,
    "positions": PushKind.POSITION,
}
History = tuple[list[int], list[Any]]


class Terminal(Protocol):
    """What a host needs of a terminal."""

    name: str
    epoch: int

    def handle(self, request: Request) -> Reply: ...
    def drain(self) -> list[Push]: ...
    def close(self) -> None: ...


class Changes(Protocol):
    """Kinds of rows that are dropped, then rows that are written."""

    @property
    def cleared(self) -> list[str]: ...
    @property
    def kept(self) -> list[Kept]: ...


class Keeper(Protocol):
    """What knows which rows of a terminal's state are not in its journal yet."""

    def asked(self, request: Request) -> None: ...
    def told(self, pushes: Iterable[Push]) -> None: ...
    def changes(self) -> Changes: ...
    def closings(self) -> Iterable[tuple[date, Any, str, str, Any]]: ...


class DurableTerminal:
    """A terminal with its journal.

    Args:
        terminal: what answers.
        keeper: knows what has changed in it.
        journal: where it is written down; closed with the terminal.
        market_now: market time, ns.
        keep_market: the rows of the market's state that are not written down yet.
        wall: ns since the epoch.

    Attributes:
        name, epoch: of the terminal.
        stopped: why it has stopped; "" while it trades.
    """

    def __init__(
        self,
        terminal: Terminal,
        keeper: Keeper,
        journal: Journal,
        market_now: Callable[[], int],
        keep_market: Callable[[], list[Kept]],
        wall: Callable[[], int] = time.time_ns,
    ) -> None:
        self.name = terminal.name
        self.epoch = terminal.epoch
        self.terminal = terminal
        self.journal = journal
        self.stopped = ""
        self._keeper = keeper
        self._market_now = market_now
        self._keep_market = keep_market
        self._wall = wall
        self._asked: list[Asked] = []
        self._told: list[Told] = []
        self._replies: dict[tuple[int, str, str], tuple[Request, Reply]] = {}
        self._last = journal.last
        self._due = False
        self._kept_at = 0
        self._market_at = 0
        self._days: dict[int, int] = {}
        self._body: tuple[Request | None, bytes] = None, b""

    # -- as a host uses a terminal -----------------------------------------------------------

    def handle(self, request: Request) -> Reply:
        """Carry a request out. Nobody may be told before `commit`."""
        if self.stopped:
            return Reply(request.seq, None, self.stopped)
        if not self._written(request):
            return Reply(request.seq, NOTHING.get(request.method), _UNFIT)
        if request.method == "history":
            reply = self._history(request)
        else:
            reply = self.terminal.handle(request)
        self._keeper.asked(request)
        return reply

    def note(self, request: Request, session: int, reply: Reply, repeated: bool = False) -> Reply:
        """Put a request and its reply into the audit.

        Returns:
            The reply, with the number of the last push before it.
        """
        placed = reply._replace(after=self._last)
        if self.stopped or request.method.startswith(_NOT_AUDITED):
            return placed
        if request.valid_until == ONLY_REPEATS and not repeated:
            return placed  # the limits ask, and put their own answer into the audit
        changes = not request.method.startswith("query_") and request.method != "history"
        written = self._written(request)
        if not written:
            request = Request(0, "", 0, "", {}, who=request.who)  # that it came can be
        key = "" if repeated else request.key
        outcome = f"repeats {request.key}" if repeated else reply.error
        self._asked.append(
            Asked(
                self._wall(),
                self._market_now(),
                session if _short(session) else 0,
                request.seq,
                request.origin,
                request.method,
                request.account_type,
                request.account_id,
                key,
                outcome,
                self._last,
                written,
                _bytes(reply) if changes else b"",
                request.who,
            )
        )
        if key:
            self._replies[request.account_type, request.account_id, key] = request, reply
        if changes or len(self._asked) > _FEW:
            self._due = True
        return placed

    def first_of(self, request: Request) -> tuple[Request, Reply] | None:
        """The request of this account that bore the key of this one first, and its reply."""
        found = self._replies.get((request.account_type, request.account_id, request.key))
        if found is None and self._written(request):
            stored = self.journal.first_of(request.account_type, request.account_id, request.key)
            if stored is None:
                return None
            asked, answered = map(decode, stored)
            assert isinstance(asked, Request), "what bears a key is a request"
            assert isinstance(answered, Reply), "what answers a key is a reply"
            found = asked, answered
        return found

    def _written(self, request: Request) -> bytes:
        """What the journal keeps of a request; nothing when it can keep none of it."""
        if self._body[0] is not request:
            numbers = (request.seq, request.account_type, request.session)
            kept = _bytes(without_passwords(request)) if all(map(_short, numbers)) else b""
            self._body = request, kept
        return self._body[1]

    def drain(self) -> list[Push]:
        """The pushes since the last call; to be handed out after `commit`."""
        pushes = self.terminal.drain()
        if self.stopped or not pushes:
            return []
        self._keeper.told(pushes)
        for push in pushes:
            told = Told(
                push.number,
                push.kind,
                push.account_type,
                push.account_id,
                self._day_of(push.record),
                _ref(push.record),
                _bytes(push),
            )
            self._told.append(told)
        self._last = pushes[-1].number
        self._due = True
        return pushes

    def begin(self, facts: Mapping[str, str]) -> None:
        """Write down that this life has begun, and facts about the folder.

        Raises:
            JournalFailed: it could not be written.
        """
        group = self._group()
        group.facts = dict(facts)
        self.journal.commit(group)

    def moved(self) -> None:
        """The market was moved by hand, which is to be kept."""
        self._due = True

    @property
    def behind(self) -> bool:
        """Whether there is something to commit later, though nothing else happens."""
        return bool(self._asked) and not self.stopped

    def commit(self) -> None:
        """Write down what is not written down yet, if anybody waits for it, or it waits too long.

        Raises:
            JournalFailed: it could not be written; the terminal has stopped.
        """
        if self.stopped:
            return
        now = self._wall()
        late = self.behind and abs(now - self._asked[0].at) >= _ALONE_SECONDS * _SECOND
        if not (self._due or late) and abs(now - self._kept_at) < _KEEP_SECONDS * _SECOND:
            return
        try:
            self.journal.commit(self._group())
        except Exception as fault:  # whatever it was: what is not kept must not be told
            failed = fault
            if not isinstance(fault, JournalFailed):
                failed = JournalFailed(str(self.journal.path), f"{type(fault).__name__}: {fault}")
            self.stopped = (
                "终端已停止，请求结果未知 / the terminal has stopped, and what became of this "
                f"request is not known: {failed}"
            )
            _log.exception("the terminal has stopped; nothing of the last group was acknowledged")
            raise failed from fault
        self._kept_at = now
        self._due = False

    def _group(self) -> Group:
        changes = self._keeper.changes()
        group = Group(self._asked, self._told, changes.cleared, changes.kept)
        at = self._market_now()
        if at != self._market_at or any(told.kind == PushKind.TRADE for told in self._told):
            group.kept += self._keep_market()
            self._market_at = at
        group.closings = [self._closing(*one) for one in self._keeper.closings()]
        self._asked, self._told = [], []
        self._replies.clear()
        return group

    def close(self) -> None:
        """Write down what waits, leave the market, and give the folder up."""
        self.drain()
        self._due = True
        try:
            self.commit()
        except JournalFailed:
            _log.exception("the last of %s could not be kept", self.name)
        finally:
            self.terminal.close()
            self.terminal.drain()
            self.journal.close()

    # -- days that have passed ---------------------------------------------------------------

    def _history(self, request: Request) -> Reply:
        """What an account had on days that have passed, and today's as it is now."""
        if self._asked or self._told:
            self._due = True
        asked = request.arguments
        if asked.get("kind") == SENDERS:
            return senders(self.journal, request)
        today = self.terminal.handle(request)
        kind = _PAST.get(asked.get("kind", ""))
        if today.error or kind is None:
            return today
        days, records = self._past(request, kind, asked["start"], asked["end"])
        days += today.value[0]
        records += today.value[1]
        return today._replace(value=(days, records))

    def _past(self, request: Request, kind: str, first: int, last: int) -> History:
        last = min(last, self._day_at(self._market_now() // _SECOND) - 1)
        who = request.account_type, request.account_id
        if kind in (PushKind.ORDER, PushKind.TRADE):
            rows = self.journal.latest(kind, *who, first, last)
        else:
            rows = self.journal.closings(kind, *who, first, last)
        days: list[int] = []
        records: list[Any] = []
        for day, body in rows:
            push = decode(body)
            assert isinstance(push, Push), "what is kept of a day are pushes"
            days.append(day)
            records.append(push.record)
        return days, records

    def _closing(self, day: date, books: Any, kind: str, ref: str, record: Any) -> Closing:
        push = Push(self.name, self.epoch, 0, kind, books.account_type, books.account_id, record)
        number = int(f"{day:%Y%m%d}")
        return Closing(number, books.account_type, books.account_id, kind, ref, _bytes(push))

    def _day_of(self, record: Any) -> int:
        """The day that a record belongs to: that of its order or fill, or the present one."""
        at = getattr(record, "traded_time", 0) or getattr(record, "order_time", 0)
        return self._day_at(at or self._market_now() // _SECOND)

    def _day_at(self, seconds: int) -> int:
        number = (seconds + _SHANGHAI) // _DAY
        found = self._days.get(number)
        if found is None:
            day = date.fromordinal(_EPOCH + number)
            found = self._days[number] = int(f"{day:%Y%m%d}")
        return found


def _short(number: int) -> bool:
    """Whether a column of the journal has room for it."""
    return -(2**63) <= number < 2**63


def _bytes(message: Request | Reply | Push) -> bytes:
    try:
        return encode(message)
    except CodecError:
        _log.exception("%s cannot be written down whole", type(message).__name__)
        return b""


def _ref(record: Any) -> str:
    """What a push is about: an order, a fill, or a position."""
    facts: Mapping[str, Any] = vars(record)
    if "traded_id" in facts:
        return str(facts["traded_id"])
    if "order_id" in facts:
        return str(facts["order_id"])
    code = facts.get("stock_code", "")
    return f"{code}/{facts.get('direction', 0)}" if code else ""
