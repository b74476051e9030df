"""One account as rows of a journal, and back: its books, its orders, its fills.

Books and ledgers are one row, which leaves out the lists of the day; every order is a
row of its own, so that a fill does not write the whole day anew, and so is every fill.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from xtnb.terminal.accounts.connect import ConnectAccountBooks
from xtnb.terminal.accounts.demo import empty_books
from xtnb.terminal.accounts.futures import FuturesAccountBooks
from xtnb.terminal.accounts.futures_orders import Roll
from xtnb.terminal.accounts.orders import Books, Floor, Order
from xtnb.terminal.accounts.stock import StockAccountBooks
from xtnb.terminal.keeping.codec import KeepingError, Reader, pack
from xtnb.terminal.keeping.forms import HOUSE
from xtnb.terminal.lending import LendingDesk
from xtnb.terminal.queries import Accounts

_TRADE_KEYS = HOUSE.by_name["XtTrade"].fields


class Handed:
    """What names in the rows of a terminal lead to.

    Attributes:
        books: the account whose rows are read.
        rolls: the rolls of its orders by their opening, with the numbers of the closings.
    """

    def __init__(self, floor: Floor, accounts: Accounts, lending: LendingDesk) -> None:
        self.floor = floor
        self.market = floor.market
        self.accounts = accounts
        self._lending = lending
        self._rules: dict[tuple[int, str, str], Any] = {}
        self.books: Any = None
        self.rolls: dict[int, tuple[Roll, tuple[int, ...]]] = {}

    def own_rules(self, code: str) -> Any:
        """The rules of today as the account that is read has agreed them."""
        key = self.books.account_type, self.books.account_id, code
        found = self._rules.get(key)
        if found is None:
            found = self._rules[key] = self._agreed(code)
        return found

    def _agreed(self, code: str) -> Any:
        books = self.books
        if isinstance(books, ConnectAccountBooks):
            return books._terms_of(code)
        if isinstance(books, StockAccountBooks):
            return books.terms_of(code)
        return self.market.rules(code)

    def lendable(self, group: str, code: str) -> Any:
        """An offer of a source of borrowed securities."""
        return self._lending._offers[group, code]


def trades_of(books: Any) -> list[Any]:
    """The fills of the day, as an account keeps them."""
    found: list[Any] = books.records._trades if _has_records(books) else books.trades
    return found


def _has_records(books: Any) -> bool:
    return isinstance(books, FuturesAccountBooks)


# -- writing ---------------------------------------------------------------------------------


def books_row(books: Books) -> Any:
    """Books and ledgers of an account as a plain value."""
    form = HOUSE.by_class.get(type(books))
    if form is None:
        raise KeepingError(f"no form for the books {type(books).__qualname__}")
    return [form.name, form.version, *HOUSE.values(form, books)]


def order_row(order: Order, rank: int) -> bytes:
    """An order. `rank` says in which order orders came onto their books, 0 if it is on none."""
    form = HOUSE.by_class[type(order)]
    owner = order.owner
    head = [owner.account_type, owner.account_id, rank, form.name, form.version]
    return pack(head + HOUSE.values(form, order))


def trade_row(trade: Any) -> bytes:
    """A fill of the day's list."""
    facts = trade if type(trade) is dict else vars(trade)
    return pack([facts[key] for key in _TRADE_KEYS])


# -- reading ---------------------------------------------------------------------------------


def opened(kind: int, number: str, floor: Floor) -> Books:
    """Empty books of an account, with all that is handed in."""
    return empty_books(kind, number, 0, floor)


def fill_books(books: Books, plain: list[Any], reader: Reader) -> None:
    """Give books what their row says."""
    name, version, *values = plain
    form = HOUSE.by_class[type(books)]
    if form.name != name:
        raise KeepingError(f"account {books.account_id} is stored as {name!r}")
    reader.handed.books = books
    reader.fill(books, form, version, values)


def fill_orders(books: Books, rows: Iterable[list[Any]], reader: Reader) -> list[tuple[int, Order]]:
    """Give books their orders; returns those that came onto a book, with their rank."""
    handed = reader.handed
    handed.books, handed.rolls = books, {}
    orders, by_name = books.orders, HOUSE.by_name
    fill, ranked = reader.fill, []
    for rank, name, version, *values in rows:
        form = by_name[name]
        order: Any = object.__new__(form.kind)
        fill(order, form, version, values)
        orders[order.id] = order
        if rank:
            ranked.append((rank, order))
    for opening, (roll, closings) in handed.rolls.items():
        found: Any = [orders[number] for number in (opening, *closings)]
        roll.opening, *roll.closings = found
    return ranked


def fill_trades(books: Any, rows: Iterable[list[Any]]) -> None:
    """Give books their fills of the day."""
    trades = trades_of(books)
    record = HOUSE.by_name["XtTrade"].kind
    for values in rows:
        facts = dict(zip(_TRADE_KEYS, values, strict=True))
        trades.append(record(**facts) if _has_records(books) else facts)
