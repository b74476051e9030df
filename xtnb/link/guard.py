"""GuardedLink: a link on which nothing passes that the limits of its terminal forbid.

It stands on the serving side, so that no client can go round it. What the limits
forbid is answered here and never reaches the terminal: an order gets -1 and the
reason. Queries and cancels always pass. Orders leave in the order in which they came,
also when one must wait for a price to be judged by.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from xtnb import xtconstant as c
from xtnb.errors import NotConnected, RefusalCode, Refused
from xtnb.link.base import Deliver, Link
from xtnb.link.limits import Limits, LimitsFile
from xtnb.vocabulary.messages import MOVES, Push, Reply, Request

_ORDERS = frozenset({"order_stock", "smart_algo_order"})
CHANGES = MOVES | {"sync_transaction_from_external", "open_account"}
"""What moves money or securities; everything else always passes."""

_CONTRACTS = frozenset({c.FUTURE_ACCOUNT, c.FUTURE_OPTION_ACCOUNT, c.STOCK_OPTION_ACCOUNT})
_OTHERS = ("opt_account_id", "ft_account_id")  # whose money is moved, beside the account's own
_OWN = "limits.toml"  # what asks for the facts that an order is judged by
_MINUTE = 60 * 1_000_000_000
_SHANGHAI = 8 * 3600
_DAY = 86_400


@dataclass
class _Day:
    """What an account has been asked for today, counted for limits as they were then."""

    day: int
    limits: Limits
    orders: int = 0
    value: float = 0.0


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
        steady: ns of a clock that is never put right.
    """

    def __init__(
        self,
        link: Link,
        limits: LimitsFile,
        now: Callable[[], int],
        note: Callable[[Request, Reply], None] | None = None,
        steady: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self.inner = link
        self.terminal = link.terminal
        self.paper = link.paper
        self._limits = limits
        self._now = now
        self._note = note
        self._steady = steady
        self._lock = threading.RLock()
        self.reason = ""
        self._deliver: Deliver | None = None
        self._line: deque[_Waiting] = deque()
        self._asked: dict[int, Callable[[Reply], None]] = {}
        self._number = 0
        self._days: dict[tuple[int, str], _Day] = {}
        self._minutes: dict[tuple[int, str], deque[int]] = {}

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
                others = [request.arguments.get(name, "") for name in _OTHERS]
                if limits.read_only or any(self._limits.of(str(one)).read_only for one in others):
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
        code, volume, price = map(request.arguments.get, ("stock_code", "order_volume", "price"))
        kind = request.arguments.get("price_type")
        if (
            not (isinstance(code, str) and isinstance(volume, int) and volume > 0)
            or not (isinstance(kind, int) and isinstance(price, int | float))
            or not isfinite(price)
        ):
            raise _refused(
                "不是委托：代码、数量或价格有误",
                "this is no order: its code, volume or price is wrong",
            )
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
            if _by_day(limits) and self._counted(waiting) is None:
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
        if request.account_type in _CONTRACTS and None in _units_of(facts):
            raise _unknown(request.arguments["stock_code"])
        if "orders" in facts and facts["orders"] is None:
            raise _refused(
                "无法查询当日委托，不能核对", "today's orders cannot be asked for, to count them"
            )
        quotes = facts.get("quote") or []
        last = quotes[0].last_price if quotes else 0.0
        price = _price(request.arguments)
        _near(price, last, limits)
        volume = request.arguments["order_volume"]
        value = abs(price or last) * volume * _unit(facts.get("instrument"))
        if limits.order_value is not None:
            if not value:
                raise _no_price(request)
            if value > limits.order_value:
                raise _refused(
                    f"单笔金额 {value:,.0f} 超过上限 {limits.order_value:,.0f}",
                    f"{value:,.0f} exceeds the value of one order, {limits.order_value:,.0f}",
                )
        if limits.value_a_day is not None and not value:
            raise _no_price(request)
        self._count(waiting, value)

    # -- how much there was --------------------------------------------------------------------

    def _counted(self, waiting: _Waiting) -> _Day | None:
        known = self._days.get(_account(waiting.request))
        if known is None or known.day != self._day() or known.limits is not waiting.limits:
            return None
        return known

    def _day(self) -> int:
        return (self._now() // 1_000_000_000 + _SHANGHAI) // _DAY

    def _today(self, waiting: _Waiting) -> _Day:
        known, facts = self._counted(waiting), waiting.facts
        if known is None:
            known = _Day(self._day(), waiting.limits)
            for order in facts.get("orders") or ():
                if order.order_status != c.ORDER_JUNK:
                    known.orders += 1
                    price = order.price or order.traded_price
                    unit = _unit(facts.get(f"unit {order.stock_code}"))
                    known.value += abs(price) * order.order_volume * unit
            self._days[_account(waiting.request)] = known
        return known

    def _count(self, waiting: _Waiting, value: float) -> None:
        limits, day = waiting.limits, self._today(waiting)
        minute, now = self._minutes.setdefault(_account(waiting.request), deque()), self._steady()
        while minute and minute[0] <= now - _MINUTE:
            minute.popleft()
        if limits.orders_a_minute is not None and len(minute) >= limits.orders_a_minute:
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
        minute.append(now)
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


def _account(request: Request) -> tuple[int, str]:
    return request.account_type, request.account_id


def _by_day(limits: Limits) -> bool:
    return limits.orders_a_day is not None or limits.value_a_day is not None


def _units_of(facts: Mapping[str, Any]) -> list[Any]:
    """The instruments that were asked for; None where there was no answer."""
    return [found for what, found in facts.items() if what.startswith(("instrument", "unit "))]


def _unit(instrument: Mapping[str, Any] | None) -> int:
    """What one unit of volume counts for: 1, or a contract's multiplier."""
    return int((instrument or {}).get("unit", 1))


def _price(asked: Mapping[str, Any]) -> float:
    return float(asked["price"]) if asked["price_type"] == c.FIX_PRICE else 0.0


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


def _unknown(code: str) -> Refused:
    return _refused(
        f"无法查询 {code} 的合约乘数，不能核对金额",
        f"the multiplier of {code} cannot be asked for, to judge the value by",
    )


def _refused(zh: str, en: str) -> Refused:
    return Refused(RefusalCode.LIMITED, f"超出限额：{zh}", f"beyond the limits set here: {en}")
