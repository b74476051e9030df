"""CreditBooks: debts and figures of a margin account, asked again when something moved.

No terminal pushes debt contracts or the maintenance ratio. So the account's own
pushes, and the prices of what it holds and owes, lead to a query: at most one a
second, and none while nothing moves.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from time import monotonic
from typing import Any

from xtnb.errors import NotConnected
from xtnb.frames.queries import code_of
from xtnb.live.books import AccountBooks
from xtnb.live.coalesce import Frames
from xtnb.live.store import Table
from xtnb.live.watch import Forget, QuoteWatch
from xtnb.session.trader import XtQuantTrader
from xtnb.vocabulary.credit import CreditSloCode, StkCompacts, XtCreditDetail

SECONDS = 1.0


class CreditBooks:
    """What a margin account owes and may still do.

    Args:
        trader: a connected session.
        books: of the account; its pushes say that something moved.
        quotes: the quotes that the session watches.
        frames: on whose thread is asked.

    Attributes:
        detail: `XtCreditDetail`, one row once it has been told.
        debts: `StkCompacts` by `compact_id`.
        lendable: `CreditSloCode` by code and pool.
    """

    def __init__(
        self, trader: XtQuantTrader, books: AccountBooks, quotes: QuoteWatch, frames: Frames
    ) -> None:
        self.detail = Table(XtCreditDetail, "account_id")
        self.debts = Table(StkCompacts, "compact_id")
        self.lendable = Table(CreditSloCode, lambda row: (code_of(row), row.cashgroup_prop))
        self._trader = trader
        self._books = books
        self._quotes = quotes
        self._lock = Lock()
        self._asked = 0.0
        self._watched: dict[str, Forget] = {}
        self._closed = False
        self._slot = frames.register(self._ask, "credit")
        self._ends = [
            rows.on_change(self._moved)
            for rows in (books.asset, books.orders, books.positions, books.trades)
        ]
        self._ends.append(quotes.table.on_change(self._quoted))
        self._slot.mark()

    def close(self) -> None:
        """Stop asking. May be called twice."""
        with self._lock:
            self._closed = True
            ends, self._ends = self._ends, []
            ends += self._watched.values()
            self._watched.clear()
        for end in ends:
            end()
        self._slot.close()

    def _moved(self, _: Any, __: Any) -> None:
        self._slot.mark()

    def _quoted(self, code: str, _: Any) -> None:
        if code in self._watched:
            self._slot.mark()

    def _ask(self) -> None:
        """Ask, unless that was done within the last second: then when it is over."""
        wait = self._asked + SECONDS - monotonic()
        if self._closed or wait > 0:
            if not self._closed:
                self._slot.later(wait)
            return
        self._asked = monotonic()
        account, trader = self._books.account, self._trader
        with suppress(NotConnected):
            trader.query_credit_slo_code_async(account, self._teller(self.lendable))
            trader.query_stk_compacts_async(account, self._told_debts)
            trader.query_credit_detail_async(account, self._teller(self.detail))

    def _told_debts(self, records: list[StkCompacts] | None) -> None:
        if records is not None:
            self.debts.replace(records)
            self._watch({code_of(one) for one in records if one.real_compact_vol})

    def _teller(self, table: Table) -> Callable[[list[Any] | None], None]:
        def told(records: list[Any] | None) -> None:
            if records is not None:
                table.replace(records)

        return told

    def _watch(self, owed: set[str]) -> None:
        """Watch the prices of what is held and owed, and no others."""
        held = {one.stock_code for one in self._books.positions.records() if one.volume}
        wanted = owed | held
        with self._lock:
            if self._closed:
                return
            left = [self._watched.pop(code) for code in self._watched.keys() - wanted]
            with suppress(NotConnected):
                for code in wanted - self._watched.keys():
                    self._watched[code] = self._quotes.watch(code)
        for forget in left:
            forget()
