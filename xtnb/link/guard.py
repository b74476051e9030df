"""GuardedLink: a link on which nothing passes that the limits of its terminal forbid.

It stands on the serving side, so that no client can go round it. What the limits
forbid is answered here and never reaches the terminal: an order gets -1 and the
reason. Queries and cancels always pass. Orders leave in the order in which they came,
also when one must wait for a price to be judged by.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from xtnb import xtconstant as c
from xtnb.errors import NotConnected, RefusalCode, Refused
from xtnb.link.base import Deliver, Link
from xtnb.link.limits import Limits, LimitsFile
from xtnb.vocabulary.messages import MOVES, Push, Reply, Request

_ORDERS = frozenset({"order_stock", "smart_algo_order"})
CHANGES = MOVES | {"sync_transaction_from_external", "open_account"}
"""What moves money or securities; everything else always passes."""

_OWN = "limits.toml"  # what asks for the facts that an order is judged by
_MINUTE = 60 * 1_000_000_000
_SHANGHAI = 8 * 3600
_DAY = 86_400


@dataclass
class _Day:
    """What an account has been asked for today."""

    day: int
    orders: int = 0
    value: float = 0.0
    minute: deque[int] = field(default_factory=deque)


@dataclass
class _Waiting:
    """An order that waits for the facts that it is judged by."""

    request: Request
    limits: Limits
    missing: int = 0
    facts: dict[str, Any] = field(default_factory=dict)


class GuardedLink:
    """A link behind the limits of its terminal. See `Link`.

    Args:
        link: the way to the terminal.
        limits: what each account may do.
        now: ns since the epoch.
        note: writes down what was refused here, and why.
    """

    def __init__(
        self,
        link: Link,
        limits: LimitsFile,
        now: Callable[[], int],
        note: Callable[[Request, Reply], None] | None = None,
    ) -> None:
        self.inner = link
        self.terminal = link.terminal
        self.paper = link.paper
        self._limits = limits
        self._now = now
        self._note = note
        self._lock = threading.RLock()
        self.reason = ""
        self._deliver: Deliver | None = None
        self._line: deque[_Waiting] = deque()
        self._asked: dict[int, Callable[[Reply], None]] = {}
        self._number = 0
        self._days: dict[tuple[int, str], _Day] = {}

    def open(self, session: int, deliver: Deliver) -> int:
        """Connect. See `Link.open`."""
        with self._lock:
            self._deliver = deliver
            self._line.clear()
            self._asked.clear()
            self._days.clear()  # what was ordered today is asked for again
        result = self.inner.open(session, self._heard)
        self.reason, self.paper = self.inner.reason, self.inner.paper
        return result

    def send(self, request: Request) -> None:
        """Hand a request over, or answer it here with the reason why not."""
        if request.method not in CHANGES:
            self.inner.send(request)
            return
        with self._lock:
            try:
                limits = self._limits.of(request.account_id)
                if limits.read_only:
                    raise _refused("账户只读", "this account is read-only here")
                if request.method not in _ORDERS:
                    self.inner.send(request)
                    return
                self._by_itself(request, limits)
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
            self._line.clear()
            self._asked.clear()
        self.inner.close()

    # -- what an order says by itself --------------------------------------------------------

    def _by_itself(self, request: Request, limits: Limits) -> None:
        asked = request.arguments
        code, volume = asked["stock_code"], _volume(asked)
        if not limits.allows(code):
            raise _refused(f"不允许交易 {code}", f"{code} may not be traded here")
        if limits.order_volume is not None and volume > limits.order_volume:
            raise _refused(
                f"单笔数量 {volume:,} 超过上限 {limits.order_volume:,}",
                f"{volume:,} exceeds the most of one order, {limits.order_volume:,}",
            )

    # -- what must be asked first --------------------------------------------------------------

    def _judge(self, waiting: _Waiting) -> None:
        """Ask for what is missing; the order waits in line until it is there."""
        request, limits = waiting.request, waiting.limits
        self._line.append(waiting)
        worth = limits.order_value is not None or limits.value_a_day is not None
        code = request.arguments["stock_code"]
        try:
            if worth or limits.price_distance is not None:
                self._ask(waiting, "quote", "quote_full", {"codes": (code,)})
            if worth:
                self._ask(waiting, "instrument", "instrument", {"stock_code": code})
            by_day = limits.orders_a_day is not None or limits.value_a_day is not None
            if by_day and self._counted(request) is None:
                self._ask(waiting, "orders", "query_stock_orders", {"cancelable_only": False})
        except BaseException:
            self._line.remove(waiting)
            raise
        self._advance()

    def _ask(self, waiting: _Waiting, what: str, method: str, arguments: Mapping[str, Any]) -> None:
        request = waiting.request
        self._number -= 1  # a session's own requests are numbered from one on
        waiting.missing += 1

        def told(reply: Reply) -> None:
            waiting.missing -= 1
            waiting.facts[what] = None if reply.error else reply.value
            if what == "orders":  # what they were worth takes their units
                for traded in {order.stock_code for order in reply.value or ()}:
                    self._ask(waiting, f"unit {traded}", "instrument", {"stock_code": traded})

        self._asked[self._number] = told
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
                told = self._asked.pop(item.seq, None)
                if told is not None:
                    told(item)
                    self._advance()
            return
        deliver = self._deliver
        if deliver is not None:
            deliver(item)

    def _advance(self) -> None:
        """Let go what is complete, from the front of the line."""
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

    def _by_facts(self, waiting: _Waiting) -> None:
        request, limits, facts = waiting.request, waiting.limits, waiting.facts
        quotes = facts.get("quote") or []
        last = quotes[0].last_price if quotes else 0.0
        price = _price(request.arguments)
        _near(price, last, limits)
        value = (price or last) * _volume(request.arguments) * _unit(facts.get("instrument"))
        if limits.order_value is not None:
            if not value:
                raise _no_price(request)
            if value > limits.order_value:
                raise _refused(
                    f"单笔金额 {value:,.0f} 超过上限 {limits.order_value:,.0f}",
                    f"{value:,.0f} exceeds the value of one order, {limits.order_value:,.0f}",
                )
        day = self._today(request, facts)
        if limits.value_a_day is not None and not value:
            raise _no_price(request)
        self._count(day, limits, value)

    # -- how much there was --------------------------------------------------------------------

    def _counted(self, request: Request) -> _Day | None:
        known = self._days.get((request.account_type, request.account_id))
        return known if known is not None and known.day == self._day() else None

    def _day(self) -> int:
        return (self._now() // 1_000_000_000 + _SHANGHAI) // _DAY

    def _today(self, request: Request, facts: Mapping[str, Any]) -> _Day:
        known = self._counted(request)
        if known is None:
            known = _Day(self._day())
            for order in facts.get("orders") or ():
                if order.order_status != c.ORDER_JUNK:
                    known.orders += 1
                    price = order.price or order.traded_price
                    unit = _unit(facts.get(f"unit {order.stock_code}"))
                    known.value += price * order.order_volume * unit
            self._days[request.account_type, request.account_id] = known
        return known

    def _count(self, day: _Day, limits: Limits, value: float) -> None:
        now = self._now()
        while day.minute and day.minute[0] <= now - _MINUTE:
            day.minute.popleft()
        if limits.orders_a_minute is not None and len(day.minute) >= limits.orders_a_minute:
            raise _refused(
                f"每分钟委托已达上限 {limits.orders_a_minute}",
                f"the {limits.orders_a_minute} orders of this minute are used up",
            )
        if limits.orders_a_day is not None and day.orders >= limits.orders_a_day:
            raise _refused(
                f"当日委托已达上限 {limits.orders_a_day}",
                f"the {limits.orders_a_day} orders of today are used up",
            )
        if limits.value_a_day is not None and day.value + value > limits.value_a_day:
            raise _refused(
                f"当日金额 {day.value + value:,.0f} 超过上限 {limits.value_a_day:,.0f}",
                f"{day.value + value:,.0f} exceeds the value of a day, {limits.value_a_day:,.0f}",
            )
        day.minute.append(now)
        day.orders += 1
        day.value += value

    # -- answers of its own --------------------------------------------------------------------

    def _refuse(self, request: Request, refusal: Refused) -> None:
        self._answer(request, str(refusal), int(refusal.code))

    def _answer(self, request: Request, text: str, code: int) -> None:
        deliver = self._deliver
        if deliver is not None:
            value = -1 if request.method == "order_stock" else None
            reply = Reply(request.seq, value, text, code)
            if self._note is not None:
                self._note(request, reply)
            deliver(reply)


def _unit(instrument: Mapping[str, Any] | None) -> int:
    """What one unit of volume counts for: 1, or a contract's multiplier."""
    return int((instrument or {}).get("unit", 1))


def _volume(asked: Mapping[str, Any]) -> int:
    return int(asked.get("order_volume", asked.get("volume", 0)))


def _price(asked: Mapping[str, Any]) -> float:
    kind = asked.get("price_type", c.FIX_PRICE)
    return float(asked.get("price", 0.0)) if kind == c.FIX_PRICE else 0.0


def _near(price: float, last: float, limits: Limits) -> None:
    distance = limits.price_distance
    if distance is None or not price:
        return
    if not last:
        raise _refused("没有最新价，无法核对价格", "there is no last price to judge this one by")
    if abs(price - last) > distance * last * (1 + 1e-9):
        raise _refused(
            f"价格 {price:g} 偏离最新价 {last:g} 超过 {distance:.2%}",
            f"{price:g} is more than {distance:.2%} away from the last price, {last:g}",
        )


def _no_price(request: Request) -> Refused:
    code = request.arguments["stock_code"]
    return _refused(
        f"{code} 没有价格，无法核对金额", f"there is no price of {code} to judge its value by"
    )


def _refused(zh: str, en: str) -> Refused:
    return Refused(RefusalCode.LIMITED, f"超出限额：{zh}", f"beyond the limits set here: {en}")
