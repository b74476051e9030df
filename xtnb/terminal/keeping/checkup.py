"""Whether what is kept of a terminal makes a terminal, and what that has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from xtnb import xtconstant as c
from xtnb.terminal.clock import HandClock
from xtnb.terminal.engine import PaperTerminal
from xtnb.terminal.keeping.house import KINDS, Keeper, restore
from xtnb.terminal.keeping.markets import MARKET, kept_state, put_back
from xtnb.terminal.market import Market

ALL_KINDS = (*KINDS, MARKET)
_CENT = 0.005


class Account(NamedTuple):
    """One account of a folder.

    Attributes:
        kind, number: which.
        orders, open_orders, fills: of the day.
        balanced: whether its parts are its whole.
    """

    kind: str
    number: str
    orders: int
    open_orders: int
    fills: int
    balanced: bool


class Checked(NamedTuple):
    """A terminal that was made of rows. `same` says that it gives the same rows again."""

    day: str
    accounts: list[Account]
    same: bool


def check_rows(rows: Mapping[str, Sequence[tuple[str, bytes]]]) -> Checked:
    """Make a terminal of rows of `ALL_KINDS`, in memory, and look at it.

    Raises:
        XtnbError: the rows do not make one.
    """
    state = kept_state(rows[MARKET])
    market = Market(HandClock(state.now), state.seed, restore=state)
    terminal = PaperTerminal("check", market)
    put_back(terminal, restore(terminal, rows))
    keeper = Keeper(terminal, rows)
    keeper._touched.update(terminal.accounts)
    same = keeper.changes() == ([], [])
    found = [
        Account(
            c.ACCOUNT_TYPE_DICT.get(books.account_type, str(books.account_type)),
            books.account_id,
            len(books.orders),
            sum(order.open for order in books.orders.values()),
            len(books.calls()["query_stock_trades"]({})),
            _balanced(books.asset()),
        )
        for books in terminal.accounts.values()
    ]
    day = terminal.floor.day
    terminal.close()
    return Checked(day, found, same)


def _balanced(asset: object) -> bool:
    """Cash, frozen cash and market value are the whole; other money may only add to it."""
    facts = vars(asset)
    parts = facts["cash"] + facts["frozen_cash"] + facts["market_value"]
    if facts["account_type"] == c.CREDIT_ACCOUNT:
        return bool(parts <= facts["total_asset"] + _CENT)
    if facts["account_type"] == c.STOCK_OPTION_ACCOUNT:
        return bool(parts >= facts["total_asset"] - _CENT)
    return bool(abs(parts - facts["total_asset"]) < _CENT)
