"""GuardedLink: a link on which nothing passes that the limits of its terminal forbid.

It stands on the terminal's side, so that no client can go round it. What the limits
forbid is answered here and never reaches the terminal: an order gets -1 and the
reason, and its key is not used up. Queries and cancels always pass. Orders leave in the
order in which they came, also when one must wait for a price to be judged by.

The request `limits` is answered here too, with what holds for an account now, so that
a preview can say beforehand what an order would be told (rules/limits.py).
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from xtnb import xtconstant as c
from xtnb.errors import NotConnected, RefusalCode, Refused
from xtnb.link.base import Deliver, Link
from xtnb.link.counts import Counts
from xtnb.link.limits import LimitsFile
from xtnb.link.once import ONLY_REPEATS
from xtnb.rules.limits import (
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
from xtnb.vocabulary.messages import MOVES, Push, Reply, Request

_ORDERS = frozenset({"order_stock", "smart_algo_order"})
CHANGES = MOVES | {"sync_transaction_from_external", "open_account"}
"""What moves money or securities; everything else always passes."""

_CONTRACTS = frozenset({c.FUTURE_ACCOUNT, c.FUTURE_OPTION_ACCOUNT, c.STOCK_OPTION_ACCOUNT})
_OTHERS = ("opt_account_id", "ft_account_id")  # whose money is moved, beside the account's own
_OWN = "limits.toml"  # what asks for the facts that an order is judged by
_TOLD = "limits"
_NOT_CARRIED_OUT = frozenset({RefusalCode.EXPIRED, RefusalCode.NOT_DELIVERED})


@dataclass(eq=False)
class _Waiting:
    """An order, or a question, that waits for the facts that it is judged by."""

    request: Request
    limits: Limits
    missing: int = 0
    facts: dict[str, Any] = field(default_factory=dict)


class GuardedLink:
    """A link behind the limits of its terminal. See `Link`.

    Args:
        link: the way to the terminal.
        limits: what each account may do.
        counts: what it has done; shared by all links to that terminal.
        note: writes down what was refused here, and why.
    """

    def __init__(
        self,
        link: Link,
        limits: LimitsFile,
        counts: Counts,
        note: Callable[[Request, Reply], None] | None = None,
    ) -> None:
        self.inner = link
        self.terminal = link.terminal
        self.paper = link.paper
        self._limits = limits
        self._counts = counts
        self._note = note
        self._lock = threading.RLock()
        self.reason = ""
        self._deliver: Deliver | None = None
        self._line: deque[_Waiting] = deque()
        self._questions: list[_Waiting] = []
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
                if request.method not in _ORDERS:
                    self.inner.send(request)
                    return
                _check(request.arguments, limits)
            except Refused as refusal:
                self._refuse(request, refusal)
                return
            self._judge(_Waiting(request, limits))

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
        self._line.clear()
        self._questions.clear()
        self._asked.clear()

    # -- what must be asked first --------------------------------------------------------------

    def _judge(self, waiting: _Waiting) -> None:
        """Ask for what is missing; the order waits in line until it is there."""
        request, limits = waiting.request, waiting.limits
        self._line.append(waiting)
        code = request.arguments["stock_code"]
        try:
            if limits.by_value or limits.price_distance is not None:
                self._ask(waiting, "quote", "quote_full", {"codes": (code,)})
            if limits.by_value:
                self._ask(waiting, "instrument", "instrument", {"stock_code": code})
            self._ask_for_today(waiting)
        except BaseException:
            self._line.remove(waiting)
            raise
        self._advance()

    def _tell(self, request: Request) -> None:
        """Answer what holds for an account, once today's orders are known if they matter."""
        with self._lock:
            try:
                waiting = _Waiting(request, self._limits.of(request.account_id))
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

    def _ask_for_today(self, waiting: _Waiting) -> None:
        known = self._counts.known(_account(waiting.request), waiting.limits)
        if waiting.limits.by_day and not known:
            self._ask(waiting, "orders", "query_stock_orders", {"cancelable_only": False})

    def _ask(self, waiting: _Waiting, what: str, method: str, arguments: Mapping[str, Any]) -> None:
        request = waiting.request
        self._number -= 1  # a session's own requests are numbered from one on
        waiting.missing += 1

        def came(reply: Reply) -> None:
            waiting.missing -= 1
            waiting.facts[what] = None if reply.error else reply.value
            if what == "orders":  # what they were worth takes their units
                for traded in {order.stock_code for order in reply.value or ()}:
                    self._ask(waiting, f"unit {traded}", "instrument", {"stock_code": traded})

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
        deliver = self._deliver
        if deliver is not None:
            deliver(item)

    def _advance(self) -> None:
        """Let go what is complete, orders from the front of the line."""
        while self._line and not self._line[0].missing:
            waiting = self._line.popleft()
            request = waiting.request
            try:
                self._by_facts(waiting)
                self.inner.send(request)
            except Refused as refusal:
                self._refuse(request, refusal)
            except NotConnected as gone:
                self._answer(request, str(gone), 0)
        for question in [one for one in self._questions if not one.missing]:
            self._questions.remove(question)
            self._answer_with(question.request, self._held(question))

    def _by_facts(self, waiting: _Waiting) -> None:
        request, limits, facts = waiting.request, waiting.limits, waiting.facts
        if facts:  # while it waited trading may have been stopped
            self._limits.of(request.account_id)
        code, volume = request.arguments["stock_code"], request.arguments["order_volume"]
        if request.account_type in _CONTRACTS and None in _units_of(facts):
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
            if request.account_type in _CONTRACTS and None in _units_of(question.facts):
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
            if order.order_status != c.ORDER_JUNK:
                orders += 1
                price = order.price or order.traded_price
                value += (
                    abs(price) * order.order_volume * _unit(facts.get(f"unit {order.stock_code}"))
                )
        self._counts.begin(_account(waiting.request), waiting.limits, orders, value)

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


def _units_of(facts: Mapping[str, Any]) -> list[Any]:
    """The instruments that were asked for; None where there was no answer."""
    return [found for what, found in facts.items() if what.startswith(("instrument", "unit "))]


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
