"""ContractBooks: the positions of a futures or options account in more detail.

A position that is pushed says how many lots there are; which of them are of today,
which may be closed, and what margin they use is only told when it is asked. So the
account's own pushes lead to a query: at most one a second, and none while nothing
moves.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from time import monotonic
from typing import Any

from xtnb.errors import NotConnected
from xtnb.live.books import AccountBooks
from xtnb.live.coalesce import Frames
from xtnb.live.store import Table
from xtnb.live.watch import Forget
from xtnb.session.trader import XtQuantTrader
from xtnb.vocabulary.derivatives import XtPositionStatistics

SECONDS = 1.0


class ContractBooks:
    """What an account of contracts holds, by contract and direction.

    Args:
        trader: a connected session.
        books: of the account; its pushes say that something moved.
        frames: on whose thread is asked.

    Attributes:
        statistics: `XtPositionStatistics` by contract, direction and hedge flag.
        told: whether an answer has come, so that an empty table means no positions.
    """

    def __init__(self, trader: XtQuantTrader, books: AccountBooks, frames: Frames) -> None:
        self.statistics = Table(XtPositionStatistics, _key)
        self.told = False
        self._trader = trader
        self._books = books
        self._lock = Lock()
        self._asked = 0.0
        self._closed = False
        self._slot = frames.register(self._ask, "contracts")
        self._ends = [
            rows.on_change(self._moved) for rows in (books.orders, books.positions, books.trades)
        ]
        self._listeners: list[Callable[[], None]] = []
        self._slot.mark()

    def on_told(self, listener: Callable[[], None]) -> Forget:
        """Call `listener()` after each answer; the returned function ends that."""
        self._listeners.append(listener)

        def forget() -> None:
            with suppress(ValueError):
                self._listeners.remove(listener)

        return forget

    def close(self) -> None:
        """Stop asking. May be called twice."""
        with self._lock:
            self._closed = True
            ends, self._ends = self._ends, []
        for end in ends:
            end()
        self._slot.close()

    def _moved(self, _: Any, __: Any) -> None:
        self._slot.mark()

    def _ask(self) -> None:
        """Ask, unless that was done within the last second: then when it is over."""
        wait = self._asked + SECONDS - monotonic()
        if self._closed or wait > 0:
            if not self._closed:
                self._slot.later(wait)
            return
        self._asked = monotonic()
        with suppress(NotConnected):
            self._trader.query_position_statistics_async(self._books.account, self._answered)

    def _answered(self, records: list[XtPositionStatistics] | None) -> None:
        if records is None:
            return
        self.told = True
        self.statistics.replace(records)
        for listener in list(self._listeners):
            listener()


def _key(row: XtPositionStatistics) -> tuple[str, int, int]:
    return row.instrument_id, row.direction, row.hedge_flag
