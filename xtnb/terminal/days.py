"""What an account had by day, as far as a terminal in memory knows: today. 历史

A terminal with a journal adds the days before (link/durable.py). The request is ours:
the vendor's interface has the current day only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xtnb.errors import InputError
from xtnb.terminal.queries import Accounts, no_account
from xtnb.vocabulary.messages import Reply, Request

_QUERIES = {
    "orders": "query_stock_orders",
    "trades": "query_stock_trades",
    "asset": "query_stock_asset",
    "positions": "query_stock_positions",
}


class DayDesk:
    """Answers `history` for all accounts of a terminal.

    Args:
        accounts: whom it serves.
        today: the trading day, YYYYMMDD.
    """

    def __init__(self, accounts: Accounts, today: Callable[[], int]) -> None:
        self._accounts = accounts
        self._today = today

    def calls(self) -> dict[str, Callable[[Request], Reply]]:
        """The method by its name."""
        return {"history": self._history}

    def _history(self, request: Request) -> Reply:
        """Days and records side by side. `kind`, `start` and `end`, YYYYMMDD, are arguments."""
        books = self._accounts.get((request.account_type, request.account_id))
        if books is None:
            raise no_account(request)
        asked = request.arguments
        query = _QUERIES.get(asked["kind"])
        if query is None:
            raise InputError("kind", asked["kind"], f"one of {', '.join(_QUERIES)}")
        today = self._today()
        rows: list[Any] = []
        if asked["start"] <= today <= asked["end"]:
            rows = list(books.calls()[query]({"cancelable_only": False}))
        return Reply(request.seq, ([today] * len(rows), rows))
