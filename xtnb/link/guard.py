"""GuardedLink: a link on which nothing passes that the limits of its terminal forbid.

It stands on the terminal's side, so that no client can go round it. What the limits
forbid is answered here and never reaches the terminal: an order gets -1 and the
reason, and its key is not used up. Queries and cancels always pass. The orders of an
account leave in the order in which they came, also when one must wait for a price to be
judged by; one whose price does not come soon is refused, because it could not be judged.

The request `limits` is answered here too, with what holds for an account now, so that
a preview can say beforehand what an order would be told (rules/limits.py).
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from xtnb import xtconstant as c
from xtnb.errors import NotConnected, RefusalCode, Refused
from xtnb.link.base import Deliver, Link
from xtnb.link.counts import Account, Counts
from xtnb.link.limits import LimitsFile
from xtnb.link.once import ONLY_REPEATS
from xtnb.rules.limits import (
    REPAYMENTS,
    Held,
    Limits,
    Wanted,
    by_account,
    by_itself,
    by_price,
    refused,
    told,
    unknown,
)
from xtnb.vocabulary.messages import MOVES, Push, PushKind, Reply, Request

_log = logging.getLogger("xtnb.link")

_ORDERS = frozenset({"order_stock", "smart_algo_order"})
CHANGES = MOVES | {"sync_transaction_from_external", "open_account"}
"""What moves money or securities; everything else always passes."""

_CONTRACTS = frozenset({c.FUTURE_ACCOUNT, c.FUTURE_OPTION_ACCOUNT, c.STOCK_OPTION_ACCOUNT})
_OTHERS = ("opt_account_id", "ft_account_id")  # whose money is moved, beside the account's own
_OWN = "limits.toml"  # what asks for the facts that an order is judged by
_TOLD = "limits"
_NOT_CARRIED_OUT = frozenset({RefusalCode.EXPIRED, RefusalCode.NOT_DELIVERED})
PATIENCE_SECONDS = 3.0  # far below what whoever sends an order waits


@dataclass(eq=False)
class _Waiting:
    """An order, or a question, that waits for the facts that it is judged by.

    Attributes:
        missing: what was asked for and has not come.
        due: when it is late, on a clock that is never put right.
        late: it waits no more.
        queued: others stood before it in line.
    """

    request: Request
    limits: Limits
    due: float
    missing: set[str] = field(default_factory=set)
    facts: dict[str, Any] = field(default_factory=dict)
    late: bool = False
    queued: bool = False

    @property
    def over(self) -> bool:
        """Whether it waits for nothing."""
        return self.late or not self.missing


class GuardedLink:
    """A link behind the limits of its terminal. See `Link`.

    Args:
        link: the way to the terminal.
        limits: what each account may do.
        counts: what it has done; shared by all links to that terminal.
        note: writes down what was refused here, and why.

    Attributes:
        patience: seconds that an order waits for what it is judged by.
    """

    def __init__(
        self,
        link: Link,
        limits: LimitsFile,
        counts: Counts,
        note: Callable[[Request, Reply], None] | None = None,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self.inner = link
        self.terminal = link.terminal
        self.paper = link.paper
        self._limits = limits
        self._counts = counts
        self._note = note
        self.patience = patience
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self.reason = ""
        self._deliver: Deliver | None = None
        self._lines: dict[Account, deque[_Waiting]] = {}
        self._questions: list[_Waiting] = []
        self._due: deque[_Waiting] = deque()
        self._watch: threading.Thread | None = None
        self._asked: dict[int, Callable[[Reply], None]] = {}
        self._number = 0

    @property
    def host(self) -> Any:
        """The market of this process that it leads to; None for a terminal elsewhere."""
        return getattr(self.inner, "host", None)

    @property
    def journal(self) -> Any:
        """The journal of a durable terminal of this process, while that is open."""
        return getattr(self.inner, "journal", None)

    def open(self, session: int, deliver: Deliver) -> int:
        """Connect. See `Link.open`."""
        with self._lock:
            self._deliver = deliver
            self._forget()
            self._counts.forget()
        result = self.inner.open(session, self._heard)
        self.reason, self.paper = self.inner.reason, self.inner.paper
        return result

    def send(self, request: Request) -> None:
        """Hand a request over, or answer it here with the reason why not."""
        if request.method == _TOLD:
            self._tell(request)
            return
        if request.method not in CHANGES:
            self.inner.send(request)
            return
        if request.valid_until == ONLY_REPEATS:
            request = request._replace(valid_until=ONLY_REPEATS + 1)
        with self._lock:
            try:
                limits = self._limits.of(request.account_id)
                by_account(limits)
                for other in filter(None, map(request.arguments.get, _OTHERS)):
                    by_account(self._limits.of(str(other)))
                if request.method not in _ORDERS or _repays(request):
                    self.inner.send(request)
                    return
                _check(request.arguments, limits)
            except Refused as refusal:
                self._refuse(request, refusal)
                return
            self._judge(self._new(request, limits))

    def note(self, request: Request, reply: Reply) -> None:
        """Put what was answered in front of this link into the terminal's audit."""
        if self._note is not None:
            self._note(request, reply)

    def close(self) -> None:
        """Leave. See `Link.close`."""
        with self._lock:
            self._forget()
        self.inner.close()

    def _forget(self) -> None:
        self._lines.clear()
        self._questions.clear()
        self._asked.clear()
        self._due.clear()
        self._changed.notify_all()

    # -- what must be asked first --------------------------------------------------------------

    def _new(self, request: Request, limits: Limits) -> _Waiting:
        return _Waiting(request, limits, time.monotonic() + self.patience)

    def _judge(self, waiting: _Waiting) -> None:
        """Ask for what is missing; the order waits in line until it is there."""
        request, limits = waiting.request, waiting.limits
        line = self._lines.setdefault(_account(request), deque())
        waiting.queued = bool(line)
        line.append(waiting)
        code = request.arguments["stock_code"]
        try:
            if limits.by_value or limits.price_distance is not None:
                self._ask(waiting, "quote", "quote_full", {"codes": (code,)})
            if limits.by_value:
                self._ask(waiting, "instrument", "instrument", {"stock_code": code})
            self._ask_for_today(waiting)
        except BaseException:
            line.remove(waiting)
            raise
        self._advance()
        self._wait(waiting)

    def _tell(self, request: Request) -> None:
        """Answer what holds for an account, once today's orders are known if they matter."""
        with self._lock:
            try:
                waiting = self._new(request, self._limits.of(request.account_id))
            except Refused as refusal:
                self._answer_with(request, Held(refusal))
                return
            self._questions.append(waiting)
            try:
                self._ask_for_today(waiting)
            except BaseException:
                self._questions.remove(waiting)
                raise
            self._advance()
            self._wait(waiting)

    def _ask_for_today(self, waiting: _Waiting) -> None:
        known = self._counts.known(_account(waiting.request), waiting.limits)
        if waiting.limits.by_day and not known:
            self._ask(waiting, "orders", "query_stock_orders", {"cancelable_only": False})

    def _ask(self, waiting: _Waiting, what: str, method: str, arguments: Mapping[str, Any]) -> None:
        request = waiting.request
        self._number -= 1  # a session's own requests are numbered from one on
        waiting.missing.add(what)

        def came(reply: Reply) -> None:
            waiting.missing.remove(what)
            waiting.facts[what] = None if reply.error else reply.value
            if what == "orders":  # what they were worth takes their units
                for traded in {order.stock_code for order in reply.value or ()}:
                    self._ask(waiting, f"unit {traded}", "instrument", {"stock_code": traded})
            if waiting.late and not waiting.missing and _counts_units(waiting):
                with suppress(Refused):  # it serves the next one
                    self._begin(waiting)

        self._asked[self._number] = came
        self.inner.send(
            Request(
                self._number,
                method,
                request.account_type,
                request.account_id,
                arguments,
                request.session,
                origin=_OWN,
            )
        )

    def _heard(self, item: Reply | Push) -> None:
        if isinstance(item, Reply) and item.seq < 0:
            with self._lock:
                came = self._asked.pop(item.seq, None)
                if came is not None:
                    came(item)
                    self._advance()
            return
        if isinstance(item, Push) and item.kind == PushKind.DISCONNECTED:
            with self._lock:  # what waits here is answered after the link is open again, or never
                self._forget()
        deliver = self._deliver
        if deliver is not None:
            deliver(item)

    def _advance(self) -> None:
        """Let go what waits for nothing, orders from the front of their lines."""
        for account, line in list(self._lines.items()):
            while line and line[0].over:
                self._let_go(line.popleft())
            if not line and self._lines.get(account) is line:
                del self._lines[account]
        for question in [one for one in self._questions if one.over]:
            self._questions.remove(question)
            self._answer_with(question.request, self._held(question))

    def _let_go(self, waiting: _Waiting) -> None:
        request = waiting.request
        try:
            self._by_facts(waiting)
            self.inner.send(request)
        except Refused as refusal:
            self._refuse(request, refusal)
        except NotConnected as gone:
            self._answer(request, str(gone), int(RefusalCode.NOT_DELIVERED))

    def _wait(self, waiting: _Waiting) -> None:
        """See to it that it does not wait for long."""
        if waiting.over:
            return
        self._due.append(waiting)
        if self._watch is None:
            self._watch = threading.Thread(target=self._see_to, name="xtnb-guard", daemon=True)
            self._watch.start()

    def _see_to(self) -> None:
        """The thread that is there while something waits."""
        with self._changed:
            while self._due:
                left = self._due[0].due - time.monotonic()
                if not self._due[0].over and left > 0:
                    self._changed.wait(left)
                    continue
                waiting = self._due.popleft()
                if not waiting.over:
                    waiting.late = True
                    try:
                        self._advance()
                    except Exception:
                        _log.exception("%s met a fault", waiting.request.method)
            self._watch = None

    def _by_facts(self, waiting: _Waiting) -> None:
        request, limits, facts = waiting.request, waiting.limits, waiting.facts
        if waiting.late:
            raise self._too_late(waiting)
        if (facts or waiting.queued) and self._limits.of(request.account_id) is not limits:
            # while it waited trading may have been stopped, or others counted for new limits
            raise refused(
                "等待核对期间限额有改动，请重新下单",
                "the limits changed while this waited to be checked; send it again",
            )
        code, volume = request.arguments["stock_code"], request.arguments["order_volume"]
        if not _counts_units(waiting):
            raise unknown(code)
        self._begin(waiting)
        quotes = facts.get("quote") or []
        last = quotes[0].last_price if quotes else 0.0
        unit = _unit(facts.get("instrument"))
        value = by_price(limits, Wanted(code, volume, _price(request.arguments), last, unit))
        self._counts.take(_account(request), limits, value)

    def _held(self, question: _Waiting) -> Held:
        request, limits = question.request, question.limits
        try:
            if question.late:
                raise self._too_late(question)
            if not _counts_units(question):
                raise _uncounted()
            self._begin(question)
        except Refused as refusal:
            return Held(refusal, limits)
        return Held(None, limits, self._counts.so_far(_account(request), limits))

    def _begin(self, waiting: _Waiting) -> None:
        """Take over what was ordered today, if that was asked for."""
        facts = waiting.facts
        if "orders" not in facts:
            return
        if facts["orders"] is None:
            raise _uncounted()
        orders, value = 0, 0.0
        for order in facts["orders"]:
            if order.order_status != c.ORDER_JUNK and order.order_type not in REPAYMENTS:
                orders += 1
                price = order.price or order.traded_price
                value += (
                    abs(price) * order.order_volume * _unit(facts.get(f"unit {order.stock_code}"))
                )
        self._counts.begin(_account(waiting.request), waiting.limits, orders, value)

    def _too_late(self, waiting: _Waiting) -> Refused:
        """The refusal of what could not be judged in time."""
        code = waiting.request.arguments.get("stock_code", "")
        zh, en = "当日委托", "today's orders"
        if "quote" in waiting.missing:
            zh, en = f"{code} 的行情", f"the quote of {code}"
        elif "instrument" in waiting.missing:
            zh, en = f"{code} 的合约乘数", f"the multiplier of {code}"
        seconds = f"{self.patience:g}"
        return refused(
            f"{seconds} 秒内没有得到{zh}，无法核对",
            f"{en} did not come within {seconds} s, so this could not be checked",
        )

    # -- answers of its own --------------------------------------------------------------------

    def _refuse(self, request: Request, refusal: Refused) -> None:
        """Answer that it may not pass, unless it is one that has passed before."""
        if not request.key:
            self._answer(request, str(refusal), int(refusal.code))
            return
        self._number -= 1

        def came(reply: Reply) -> None:
            if reply.error_id in _NOT_CARRIED_OUT or self._deliver is None:
                self._answer(request, str(refusal), int(refusal.code))
            else:
                self._deliver(reply._replace(seq=request.seq))

        self._asked[self._number] = came
        try:
            self.inner.send(request._replace(seq=self._number, valid_until=ONLY_REPEATS))
        except NotConnected as gone:
            del self._asked[self._number]
            self._answer(request, str(gone), int(RefusalCode.NOT_DELIVERED))

    def _answer_with(self, request: Request, held: Held) -> None:
        if self._deliver is not None:
            self._deliver(Reply(request.seq, told(held)))

    def _answer(self, request: Request, text: str, code: int) -> None:
        deliver = self._deliver
        if deliver is not None:
            value = -1 if request.method == "order_stock" else None
            reply = Reply(request.seq, value, text, code)
            if self._note is not None:
                self._note(request, reply)
            deliver(reply)


def _account(request: Request) -> tuple[int, str]:
    return request.account_type, request.account_id


def _repays(request: Request) -> bool:
    """Whether it is an order that pays a debt back."""
    kind = request.arguments.get("order_type")
    order = request.method == "order_stock" and request.account_type == c.CREDIT_ACCOUNT
    return order and isinstance(kind, int) and kind in REPAYMENTS


def _counts_units(waiting: _Waiting) -> bool:
    """Whether no multiplier of a contract that was asked for is missing."""
    return waiting.request.account_type not in _CONTRACTS or all(
        found is not None
        for what, found in waiting.facts.items()
        if what.startswith(("instrument", "unit "))
    )


def _unit(instrument: Mapping[str, Any] | None) -> int:
    """What one unit of volume counts for: 1, or a contract's multiplier."""
    return int((instrument or {}).get("unit", 1))


def _price(asked: Mapping[str, Any]) -> float:
    return float(asked["price"]) if asked["price_type"] == c.FIX_PRICE else 0.0


def _check(asked: Mapping[str, Any], limits: Limits) -> None:
    """Raise Refused for what is no order, and for what it says by itself."""
    code, volume, price = map(asked.get, ("stock_code", "order_volume", "price"))
    kind = asked.get("price_type")
    if (
        not (isinstance(code, str) and isinstance(volume, int) and volume > 0)
        or not (isinstance(kind, int) and isinstance(price, int | float))
        or not isfinite(price)
    ):
        raise refused(
            "不是委托：代码、数量或价格有误",
            "this is no order: its code, volume or price is wrong",
        )
    by_itself(limits, code, volume)


def _uncounted() -> Refused:
    return refused(
        "无法查询当日委托，不能核对", "today's orders cannot be asked for, to count them"
    )
