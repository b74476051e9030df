"""Orders that the terminal works by an algorithm, slice by slice. 智能算法

A task sends ordinary orders of its account as market time passes; they are checked,
held, filled and pushed like any other. TWAP and VWAP: at each slice what is still open
of the last one is cancelled, and what is missing to the schedule is sent. ICEBERG: the
next part is sent once the last one is done; at the market price a part that others have
outbid, or undercut, is cancelled and sent anew. A task ends when all is done, at its end
time, with its day, when it is cancelled, when one of its orders is refused, or when its
account may send none any more; what it has in the market is cancelled then.

A slice is a limit order. It goes as far into the other side of the book as it needs to,
by up to one per cent, or joins its own side, and never beyond the limit of the task. The
vendor's package names the calls; how the tasks act, and the texts of their states, are ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xtnb import xtconstant as c
from xtnb.errors import InputError, RefusalCode, Refused
from xtnb.rules.day import DayRules
from xtnb.rules.suggest import unknown_code
from xtnb.rules.validity import too_fine
from xtnb.terminal.accounts.orders import Books, Floor, Order
from xtnb.terminal.algorithm_plans import (
    ACTIVE,
    ICEBERG,
    LIMIT_RATE,
    PARAMETERS,
    VWAP,
    fit,
    profile,
    reach,
    settings_of,
    targets,
    times,
    weights,
)
from xtnb.terminal.clock import SECOND, day_start
from xtnb.terminal.queries import Accounts, no_account
from xtnb.vocabulary.algorithms import SmartAlgoTask
from xtnb.vocabulary.messages import PushKind, Reply, Request
from xtnb.vocabulary.money import YUAN
from xtnb.vocabulary.records import XtOrderError

WAITING = "等待 / waiting"
RUNNING = "执行中 / running"
DONE = "已完成 / done"
ENDED = "已到期 / ended"
CANCELLED = "已撤销 / cancelled"
STOPPED = "已停止 / stopped"
_ALIVE = (WAITING, RUNNING)
_SLICED = "算法撤单 / cancelled by its algorithm"


class Task:
    """One order that an algorithm works.

    Attributes:
        number: of the task, above 0 and unique in its terminal.
        books: whose; wanted: what was asked for.
        algorithm: its name; settings: its parameters.
        limit: the worst price, 1e-4 yuan; 0 for none.
        start, end: ns.
        orders: what it has sent.
        plan: when the slices are sent, and how much should be done after each.
        state, message: texts; cancelled: when it was, ns, or 0.
        base: what had been traded that day when it was sent.
    """

    def __init__(
        self,
        number: int,
        books: Books,
        wanted: dict[str, Any],
        algorithm: str,
        settings: dict[str, Any],
        window: tuple[int, int],
    ) -> None:
        self.number = number
        self.books = books
        self.wanted = wanted
        self.algorithm = algorithm
        self.settings = settings
        self.start, self.end = window
        self.code: str = wanted["stock_code"]
        self.buy: bool = wanted["order_type"] == c.STOCK_BUY
        self.total: int = wanted["order_volume"]
        fixed = wanted["price_type"] == c.FIX_PRICE
        self.limit = round(wanted["price"] * YUAN) if fixed else 0
        self.orders: list[Order] = []
        self.plan: list[tuple[int, int]] = []
        self.state = WAITING
        self.message: str = settings["m_strCmdRemark"]
        self.cancelled = 0
        self.base = 0
        self.forget: Callable[[], None] = lambda: None

    @property
    def dealt(self) -> int:
        """What its orders have traded so far."""
        return sum(order.traded for order in self.orders)

    @property
    def status(self) -> str:
        """Its state, as a text."""
        return DONE if self.state in _ALIVE and self.dealt == self.total else self.state

    def record(self) -> SmartAlgoTask:
        """The task now."""
        return SmartAlgoTask(
            task_id=self.number,
            task_status=self.status,
            task_msg=self.message,
            start_time=self.start // SECOND,
            end_time=self.end // SECOND,
            cancel_time=self.cancelled // SECOND,
            order_num=self.total,
            business_num=str(self.dealt),
            algo_id=f"{self.number:010d}",
            account_id=self.books.account_id,
            account_type=self.books.account_type,
            strategy_name=self.wanted["strategy_name"],
            order_remark=self.wanted["order_remark"],
            order_id_list=[order.id for order in self.orders],
        )


class AlgorithmDesk:
    """Works the algorithmic orders of all accounts of a terminal.

    Attributes:
        allowed: asked before each slice; raises Refused when an account may send nothing now,
            which ends the task.
    """

    def __init__(self, accounts: Accounts, floor: Floor) -> None:
        self._accounts = accounts
        self._floor = floor
        self._market = floor.market
        self._tasks: dict[int, Task] = {}
        self._last = 0
        self.allowed: Callable[[str], None] = lambda account_id: None
        floor.leaving.append(self._leave)

    def calls(self) -> dict[str, Callable[[Request], Reply]]:
        """The methods by the names of the API."""
        return {
            "get_smart_algo_param": self._parameters,
            "smart_algo_order": self._order,
            "query_smart_algo_task": self._query,
            "cancel_smart_algo_task": self._cancel,
        }

    def roll(self) -> None:
        """The day ends, when no order is open any more: its tasks are forgotten."""
        for task in self._tasks.values():
            task.forget()
        self._tasks.clear()

    def resume(self, task: Task) -> None:
        """Go on with a task of a life before, which has its orders and its plan."""
        task.forget = lambda: None
        self._tasks[task.number] = task
        if task.state in _ALIVE:
            self._next(task)

    def _leave(self) -> None:
        for task in self._tasks.values():
            task.forget()

    # -- requests ---------------------------------------------------------------------------

    def _parameters(self, request: Request) -> Reply:
        """Parameters by algorithm; without a name those of every algorithm. Ours."""
        names = request.arguments["algo_name_list"] or list(PARAMETERS)
        return Reply(
            request.seq,
            {name: [one.described() for one in PARAMETERS[_known(name)]] for name in names},
        )

    def _books(self, request: Request) -> Books:
        books = self._accounts.get((request.account_type, request.account_id))
        if books is None:
            raise no_account(request)
        return books

    def _query(self, request: Request) -> Reply:
        books = self._books(request)
        rows = [task.record() for task in self._tasks.values() if task.books is books]
        return Reply(request.seq, rows)

    def _order(self, request: Request) -> Reply:
        books, wanted = self._books(request), dict(request.arguments)
        algorithm = _known(wanted["algo_name"])
        settings = settings_of(algorithm, wanted["algo_param"])
        self._check(books, wanted)
        window = self._window(wanted)
        self._last += 1
        task = Task(self._last, books, wanted, algorithm, settings, window)
        self._plan(task)
        self._tasks[task.number] = task
        return Reply(request.seq, task.number)

    def _cancel(self, request: Request) -> Reply:
        books, number = self._books(request), request.arguments["task_id"]
        task = self._tasks.get(number)
        if task is None or task.books is not books:
            text = f"没有任务 {number} / there is no task {number}"
            return Reply(request.seq, (False, text), text, int(RefusalCode.UNKNOWN_ORDER))
        if task.status not in _ALIVE:
            text = f"任务 {number} 已结束 / task {number} has ended: {task.status}"
            return Reply(request.seq, (False, text), text, int(RefusalCode.NOT_CANCELLABLE))
        task.cancelled = self._market.now()
        self._end(task, CANCELLED, "用户撤销 / by the user")
        return Reply(request.seq, (True, task.message))

    # -- checks ----------------------------------------------------------------------------

    def _check(self, books: Books, wanted: dict[str, Any]) -> None:
        """Refuse what no slicing could make valid. Raises Refused."""
        code, order_type = wanted["stock_code"], wanted["order_type"]
        if order_type not in (c.STOCK_BUY, c.STOCK_SELL):
            raise Refused(
                RefusalCode.ORDER_TYPE,
                f"智能算法只支持委托类型 23、24，不支持 {order_type}",
                f"algorithms take order types 23 and 24 only, not {order_type}",
            )
        price_type = wanted["price_type"]
        if price_type not in (c.FIX_PRICE, _MARKET_PRICE):
            raise Refused(
                RefusalCode.PRICE_TYPE,
                f"智能算法只支持报价类型 11、12，不支持 {price_type}",
                f"algorithms take price types 11 and 12 only, not {price_type}",
            )
        if code not in self._market.instruments:  # subscriptions have none
            raise unknown_code(code)
        rules = self._market.rules(code)
        price = self._market.last_price(code)
        if price_type == c.FIX_PRICE:
            price = round(wanted["price"] * YUAN)
            if abs(wanted["price"] * YUAN - price) >= 0.001:
                raise too_fine(wanted["price"])
        if isinstance(rules, DayRules):
            self._check_as_one(books, wanted, rules, price)

    def _check_as_one(
        self, books: Books, wanted: dict[str, Any], rules: DayRules, price: int
    ) -> None:
        """What the rules say of the order as a whole; only its size does not matter."""
        sellable, held, arriving = self._held(books, wanted["stock_code"])
        try:
            rules.check(
                c.SECURITY_ACCOUNT,
                wanted["order_type"],
                c.FIX_PRICE,
                wanted["order_volume"],
                price,
                sellable=sellable,
                held=held,
                arriving=arriving,
                bid=0,
                ask=0,
                last=price,
            )
        except Refused as refusal:
            if refusal.code != RefusalCode.TOO_LARGE:
                raise

    def _held(self, books: Books, code: str) -> tuple[int, int, int]:
        """What the account may sell of a code, what it holds, and what it bought today."""
        query = books.calls()["query_stock_position"]
        for row in query({"stock_code": code}):
            return row.can_use_volume, row.volume, row.on_road_volume
        return 0, 0, 0

    def _window(self, wanted: dict[str, Any]) -> tuple[int, int]:
        """From when to when, ns. What has passed of the window is left out."""
        midnight, now = day_start(self._market.day()), self._market.now()
        start = max(midnight + _seconds(wanted["start_time"]) * SECOND, now)
        end = midnight + _seconds(wanted["end_time"]) * SECOND
        if end <= start:
            shown = wanted["end_time"]
            raise Refused(
                RefusalCode.EXPIRED,
                f"结束时间 {shown} 已过",
                f"the end, {shown}, has passed",
            )
        return start, end

    # -- the work ----------------------------------------------------------------------------

    def _plan(self, task: Task) -> None:
        market = self._market
        interval = task.settings["interval"] * SECOND
        when = times(task.start, task.end, interval)
        if task.algorithm == ICEBERG:
            task.plan = [(at, task.total) for at in when]
        else:
            parts = [1] * len(when)
            if task.algorithm == VWAP:
                usual = profile(market.bars(task.code, "1m", 0, market.now()))
                parts = weights(usual, when, task.end)
            lot = market.rules(task.code).lot
            task.plan = list(zip(when, targets(task.total, lot, parts), strict=True))
        task.base = market.volume(task.code)
        task.plan.reverse()  # the next slice is the last one of the list
        self._next(task)

    def _next(self, task: Task) -> None:
        if task.plan:
            task.forget = self._market.at(task.plan[-1][0], lambda: self._slice(task))
        else:
            task.forget = self._market.at(task.end, lambda: self._finish(task))

    def _finish(self, task: Task) -> None:
        self._end(task, DONE if task.dealt == task.total else ENDED)

    def _slice(self, task: Task) -> None:
        """One slice: bring the task up to its plan."""
        try:
            self.allowed(task.books.account_id)
        except Refused as refusal:
            self._end(task, STOPPED, str(refusal))
            return
        task.state = RUNNING
        _, target = task.plan.pop()
        if task.algorithm == ICEBERG:
            if not task.limit and self._left_behind(task):
                self._cancel_orders(task, _SLICED)
            if not any(order.open for order in task.orders):
                shown = min(task.settings["showVolume"], task.total - task.dealt)
                self._send(task, max(shown, self._market.rules(task.code).lot), True)
        else:
            self._cancel_orders(task, _SLICED)
            self._send(task, self._allowed(task, target), task.settings["style"] == ACTIVE)
        if task.state == RUNNING:
            if task.dealt == task.total:
                self._end(task, DONE)
            else:
                self._next(task)

    def _left_behind(self, task: Task) -> bool:
        """Whether its own side of the book has a better price than the part that rests."""
        book = self._market.book(task.code)
        if task.buy:
            return any(order.open and order.price < book.best_bid for order in task.orders)
        return any(order.open and order.price > book.best_ask for order in task.orders)

    def _allowed(self, task: Task, target: int) -> int:
        """What is missing to the plan, within the limit rate."""
        dealt = task.dealt
        rate = task.settings[LIMIT_RATE]
        if rate:
            passed = self._market.volume(task.code) - task.base
            target = min(target, int(passed * rate))
        return max(0, target - dealt)

    def _send(self, task: Task, volume: int, active: bool) -> None:
        market, books, code = self._market, task.books, task.code
        volume = min(volume, task.total - task.dealt)
        sellable = 0 if task.buy else self._held(books, code)[0]
        if not task.buy and volume > sellable:
            short = f"可用数量 {sellable:,} / sellable volume {sellable:,}"
            self._end(task, STOPPED, short)
            return
        volume = fit(market.rules(code), task.buy, volume, sellable)
        if not volume:
            return
        wanted = {
            **task.wanted,
            "order_volume": volume,
            "price_type": c.FIX_PRICE,
            "price": self._price(task, volume, active) / YUAN,
        }
        at = market.now() // SECOND
        number, orders, refusal = books.enter(wanted, at)
        task.orders.append(books.orders[number])
        if refusal is not None:
            self._tell_refusal(task, number, refusal)
            self._end(task, STOPPED, str(refusal))
        for order in orders:
            self._floor.match(books, order, at)

    def _price(self, task: Task, volume: int, active: bool) -> int:
        """At what price a slice is sent, 1e-4 yuan."""
        market, buy = self._market, task.buy
        bids, bid_volumes, asks, ask_volumes = market.book(task.code).depth(5)
        own, other = (bids, (asks, ask_volumes)) if buy else (asks, (bids, bid_volumes))
        price = reach(*other, volume) if active else 0
        price = price or own[0] or market.last_price(task.code)
        if task.limit:
            price = min(price, task.limit) if buy else max(price, task.limit)
        rules = market.rules(task.code)
        return min(max(price, rules.down), rules.up)

    def _tell_refusal(self, task: Task, number: int, refusal: Refused) -> None:
        books = task.books
        record = XtOrderError(
            books.account_id,
            number,
            int(refusal.code),
            str(refusal),
            task.wanted["strategy_name"],
            task.wanted["order_remark"],
            0,
            books.account_type,
        )
        self._floor.tell(PushKind.ORDER_ERROR, books, record)

    def _end(self, task: Task, state: str, message: str = "") -> None:
        task.forget()
        task.plan.clear()
        task.state = state
        task.message = message or task.message
        self._cancel_orders(task, _SLICED)

    def _cancel_orders(self, task: Task, message: str) -> None:
        for order in task.orders:
            if order.open:
                self._market.withdraw(task.code, order)
                task.books.cancel(order, message)


_MARKET_PRICE = 12  # the vendor's number in algorithmic orders; no constant names it


def _known(name: str) -> str:
    """The name of an algorithm, as it stands in the table. Raises InputError."""
    known = name.strip().upper()
    if known not in PARAMETERS:
        raise InputError("algo_name", name, f"one of {', '.join(PARAMETERS)}")
    return known


def _seconds(time: str) -> int:
    hours, minutes, seconds = map(int, time.split(":"))
    return hours * 3_600 + minutes * 60 + seconds
