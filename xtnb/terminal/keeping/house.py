"""A whole terminal as rows of a journal: what has changed since the last time, and back.

`Keeper.changes` is asked after each group of requests and each move of the market. It
trusts the pushes: an order that changes is pushed, an account that changes is pushed or
was asked something. What is not about one account is looked at every time, being small.
A day that ends takes its orders and fills along.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from xtnb import xtconstant as c
from xtnb.journal import Kept
from xtnb.terminal.accounts.orders import Books, Order
from xtnb.terminal.algorithms import Task
from xtnb.terminal.engine import PaperTerminal
from xtnb.terminal.keeping.accounts import (
    Handed,
    books_row,
    fill_books,
    fill_orders,
    fill_trades,
    opened,
    order_row,
    trade_row,
    trades_of,
)
from xtnb.terminal.keeping.codec import KeepingError, Reader, pack, unpack
from xtnb.terminal.keeping.forms import HOUSE
from xtnb.vocabulary.messages import Push, PushKind, Request

LAYOUT = 1
ACCOUNT, ORDER, TRADE, TASK, PLAN, TERMINAL = (
    "account",
    "order",
    "trade",
    "task",
    "plan",
    "terminal",
)
KINDS = (TERMINAL, ACCOUNT, ORDER, TRADE, TASK, PLAN)
_WORKING = frozenset({c.ORDER_REPORTED, c.ORDER_PART_SUCC})
_READS = ("subscribe", "unsubscribe", "quote_", "instrument", "terms", "query_stock_", "get_")

Key = tuple[int, str]
Rows = Mapping[str, Sequence[tuple[str, bytes]]]
"""Name and body of each row, by its kind, in the order of their names."""


class Changes(NamedTuple):
    """Kinds of rows that are dropped, then rows that are written."""

    cleared: list[str]
    kept: list[Kept]


class Keeper:
    """Knows what of a terminal is in its journal already.

    Args:
        terminal: a new one, or one that `restore` has filled.
        rows: what it was filled with.
    """

    def __init__(self, terminal: PaperTerminal, rows: Rows | None = None) -> None:
        self.terminal = terminal
        self._touched: set[Key] = set()
        self._orders: dict[tuple[int, str, int], None] = {}
        self._ranks: dict[int, int] = {}
        self._trades: dict[Key, int] = {}
        self._written: dict[tuple[str, str], bytes] = {}
        self._day = ""
        self._left: dict[Any, int] | None = None  # what is seldom another, and as it is stored
        self._days: list[Any] = []
        self._slow: list[Any] = []
        self._closings: list[tuple[date, Books, str, str, Any]] = []
        terminal.at_close = self._close
        if rows:
            self._know(rows)

    def _know(self, rows: Rows) -> None:
        """Those rows are in the journal."""
        self._day = self.terminal.floor.day
        for kind in (TERMINAL, ACCOUNT, TASK, PLAN):
            self._written.update({(kind, name): body for name, body in rows[kind]})
        for name, body in rows[ORDER]:
            rank = unpack(body)[2]
            if rank:
                self._ranks[int(name)] = rank
        for key, books in self.terminal.accounts.items():
            self._trades[key] = len(trades_of(books))

    # -- what has happened -------------------------------------------------------------------

    def asked(self, request: Request) -> None:
        """A request was carried out."""
        if not request.method.startswith(_READS):
            self._touched.add((request.account_type, request.account_id))
            for name in ("opt_account_id", "ft_account_id"):
                if name in request.arguments:
                    other = request.arguments[name]
                    self._touched.update(key for key in self.terminal.accounts if key[1] == other)

    def told(self, pushes: Iterable[Push]) -> None:
        """Pushes came of it."""
        for push in pushes:
            key = push.account_type, push.account_id
            self._touched.add(key)
            if push.kind == PushKind.ORDER:
                record = push.record
                self._orders[*key, record.order_id] = None
                if record.order_status in _WORKING:
                    self._ranks.setdefault(record.order_id, push.number)

    def _close(self, day: date) -> None:
        """The day ends: remember what every account has."""
        for books in self.terminal.accounts.values():
            calls = books.calls()
            for record in calls["query_stock_asset"]({}):
                self._closings.append((day, books, PushKind.ASSET, "", record))
            for record in calls["query_stock_positions"]({}):
                ref = f"{record.stock_code}/{record.direction}"
                self._closings.append((day, books, PushKind.POSITION, ref, record))

    def closings(self) -> list[tuple[date, Books, str, str, Any]]:
        """What accounts had when days ended, since the last call."""
        found, self._closings = self._closings, []
        return found

    # -- what is to be written ---------------------------------------------------------------

    def changes(self) -> Changes:
        """The rows that are not in the journal as they are now."""
        terminal = self.terminal
        cleared: list[str] = []
        kept: list[Kept] = []
        if terminal.floor.day != self._day:
            self._day = terminal.floor.day
            cleared = [ORDER, TRADE, TASK, PLAN]
            self._turn()
        for key in self._touched:
            books = terminal.accounts.get(key)
            if books is not None:
                self._row(kept, ACCOUNT, _name(key), self._account(books))
                self._new_trades(kept, key, books)
        for kind, number, order_id in self._orders:
            order = terminal.accounts[kind, number].orders.get(order_id)
            if order is not None:
                rests = terminal.market.holds(order.fixed["stock_code"], order)
                rank = self._ranks.get(order_id, 0) if rests else 0
                kept.append(Kept(ORDER, f"{order_id:012d}", order_row(order, rank)))
        self._tasks(kept)
        self._row(kept, TERMINAL, "", self._rest())
        self._touched.clear()
        self._orders.clear()
        return Changes(cleared, kept)

    def _turn(self) -> None:
        """A new day, or the first look: everything that there is now is to be written."""
        self._trades.clear()
        self._written.clear()
        accounts = self.terminal.accounts
        self._touched.update(accounts)
        self._orders = {
            (*key, order_id): None for key, books in accounts.items() for order_id in books.orders
        }
        there = {order_id for _, _, order_id in self._orders}
        self._ranks = {order: rank for order, rank in self._ranks.items() if order in there}

    def _row(self, kept: list[Kept], kind: str, name: str, plain: Any) -> None:
        body = pack(plain)
        if self._written.get((kind, name)) != body:
            self._written[kind, name] = body
            kept.append(Kept(kind, name, body))

    def _account(self, books: Books) -> Any:
        terminal = self.terminal
        key = books.account_type, books.account_id
        plain = HOUSE.plain
        beside = (
            terminal.transfers._elsewhere.get(key),
            terminal.transfers._streams.get(key),
            terminal.exports._fills.get(key),
            terminal.lending._borrowers.get(key[1]) if key[0] == c.CREDIT_ACCOUNT else None,
        )
        return [LAYOUT, books_row(books), *[plain(one) for one in beside]]

    def _new_trades(self, kept: list[Kept], key: Key, books: Books) -> None:
        trades = trades_of(books)
        first = self._trades.get(key, 0)
        for place in range(first, len(trades)):
            kept.append(Kept(TRADE, f"{_name(key)}/{place:09d}", trade_row(trades[place])))
        self._trades[key] = len(trades)

    def _tasks(self, kept: list[Kept]) -> None:
        form = HOUSE.by_class[Task]
        for number, task in self.terminal.algorithms._tasks.items():
            name = f"{number:012d}"
            if task.plan and (PLAN, name) not in self._written:
                self._row(kept, PLAN, name, HOUSE.plain(task.plan))
            row = [LAYOUT, len(task.plan), form.version, *HOUSE.values(form, task)]
            self._row(kept, TASK, name, row)

    def _rest(self) -> Any:
        """What belongs to no account."""
        terminal = self.terminal
        floor, lending = terminal.floor, terminal.lending
        days = [one._day for one in floor.common.values()]
        if lending.left != self._left or days != self._days:
            self._left, self._days = dict(lending.left), days
            common = {kind.__name__: one for kind, one in floor.common.items()}
            self._slow = [HOUSE.plain(lending.left), HOUSE.plain(common)]
        numbers = (
            floor.last_order,
            floor.last_trade,
            lending._last_application,
            lending._last_contract,
            terminal.algorithms._last,
        )
        parts = (floor.day, numbers, list(terminal.accounts), list(lending._borrowers))
        return [LAYOUT, *[HOUSE.plain(part) for part in parts], *self._slow]


def _name(key: Key) -> str:
    return f"{key[0]}/{key[1]}"


# -- reading ---------------------------------------------------------------------------------


def restore(
    terminal: PaperTerminal, rows: Mapping[str, Sequence[tuple[str, bytes]]]
) -> list[Order]:
    """Fill a new terminal, which has no account yet, with what a journal has of it.

    Args:
        rows: of all `KINDS`.

    Returns:
        The open orders that belong on the market's books, first come first.

    Raises:
        KeepingError: what is stored is not known to this version.
    """
    collects = gc.isenabled()
    gc.disable()  # nothing of what is made here is garbage
    try:
        return _restore(terminal, rows)
    finally:
        if collects:
            gc.enable()


def _restore(terminal: PaperTerminal, rows: Rows) -> list[Order]:
    floor, lending = terminal.floor, terminal.lending
    handed = Handed(floor, terminal.accounts, lending)
    reader = Reader(HOUSE, handed)
    (_, body) = rows[TERMINAL][0]
    day, numbers, accounts, borrowers, left, common = _parts(unpack(body), reader)
    floor.day = day
    floor.last_order, floor.last_trade = numbers[:2]
    lending._last_application, lending._last_contract, terminal.algorithms._last = numbers[2:]
    lending.left.update(left)
    for kind, number in accounts:
        terminal.admit(opened(kind, number, floor))
    beside = _read_accounts(terminal, rows[ACCOUNT], reader)
    ranked = _read_orders(terminal, rows[ORDER], reader)
    _read_trades(terminal, rows[TRADE])
    for key, plain in beside.items():
        _read_beside(terminal, key, plain, reader)
    found = dict(lending._borrowers)
    lending._borrowers.clear()
    lending._borrowers.update({number: found[number] for number in borrowers})
    for kind in floor.common:
        one = floor.common[kind]
        stored = common.get(kind.__name__)
        if stored is not None:
            one._day, one._assigned = stored._day, stored._assigned
    _read_tasks(terminal, rows, reader)
    return [order for _, order in sorted(ranked, key=lambda one: one[0])]


def _parts(plain: Any, reader: Reader) -> list[Any]:
    layout, *parts = plain
    if layout != LAYOUT:
        raise KeepingError(f"rows of layout {layout} are not known here")
    return [reader.value(part) for part in parts]


def _read_accounts(
    terminal: PaperTerminal, rows: Sequence[tuple[str, bytes]], reader: Reader
) -> dict[Key, list[Any]]:
    """Fill the books; returns what is stored beside them, which may name orders."""
    beside: dict[Key, list[Any]] = {}
    for name, body in rows:
        kind, _, number = name.partition("/")
        key = int(kind), number
        layout, books, *rest = unpack(body)
        if layout != LAYOUT:
            raise KeepingError(f"account {number}: layout {layout} is not known here")
        fill_books(terminal.accounts[key], books, reader)
        beside[key] = rest
    return beside


def _read_beside(terminal: PaperTerminal, key: Key, plain: list[Any], reader: Reader) -> None:
    reader.handed.books = terminal.accounts[key]
    elsewhere, stream, fills, borrower = [reader.value(one) for one in plain]
    if elsewhere is not None:
        terminal.transfers._elsewhere[key] = elsewhere
    if stream is not None:
        terminal.transfers._streams[key] = stream
    if fills is not None:
        terminal.exports._fills[key] = fills
    if borrower is not None:
        terminal.lending._borrowers[key[1]] = borrower


def _read_orders(
    terminal: PaperTerminal, rows: Sequence[tuple[str, bytes]], reader: Reader
) -> list[tuple[int, Order]]:
    by_account: dict[Key, list[Any]] = {}
    for _, body in rows:
        kind, number, *rest = unpack(body)
        by_account.setdefault((kind, number), []).append(rest)
    ranked: list[tuple[int, Order]] = []
    for key, orders in by_account.items():
        ranked += fill_orders(terminal.accounts[key], orders, reader)
    return ranked


def _read_trades(terminal: PaperTerminal, rows: Sequence[tuple[str, bytes]]) -> None:
    by_account: dict[Key, list[Any]] = {}
    for name, body in rows:
        kind, number = name.rpartition("/")[0].split("/", 1)
        by_account.setdefault((int(kind), number), []).append(unpack(body))
    for key, trades in by_account.items():
        fill_trades(terminal.accounts[key], trades)


def _read_tasks(terminal: PaperTerminal, rows: Rows, reader: Reader) -> None:
    desk, form = terminal.algorithms, HOUSE.by_class[Task]
    plans = dict(rows[PLAN])
    for name, body in rows[TASK]:
        layout, left, version, *values = unpack(body)
        if layout != LAYOUT:
            raise KeepingError(f"task {name}: layout {layout} is not known here")
        task = Task.__new__(Task)
        reader.fill(task, form, version, values)
        task.plan = reader.value(unpack(plans[name]))[:left] if left else []
        desk.resume(task)
