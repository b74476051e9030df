"""Positions marked to the quotes at hand.

A terminal pushes a position when it changes, not when its price does; on screen
its value and profit follow the price.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from xtnb.live.store import Table
from xtnb.vocabulary.records import Quote, XtPosition
from xtnb.widgets.needs import Books


def marked(position: XtPosition, quote: object) -> XtPosition:
    """The position at the quote's last price; itself where there is no price."""
    last = quote.last_price if isinstance(quote, Quote) else 0.0
    if last <= 0 or last == position.last_price:
        return position
    value = position.volume * last
    paid = position.volume * position.avg_price
    profit = round(value - paid, 4)
    return replace(
        position,
        last_price=last,
        market_value=round(value, 4),
        float_profit=profit,
        position_profit=profit,
        profit_rate=profit / paid if paid else 0.0,
    )


def positions_now(books: Books) -> list[XtPosition]:
    """Every position of the account, marked to the quotes at hand."""
    rows = [row for row in books.positions.records() if isinstance(row, XtPosition)]
    return [marked(row, books.quotes.get(row.stock_code)) for row in rows]


class MarkedPositions:
    """A table of the positions that follows both positions and quotes.

    Attributes:
        rows: `XtPosition` by `stock_code`.
    """

    def __init__(self, books: Books) -> None:
        self._books = books
        self.rows = Table(XtPosition, "stock_code")
        self._ends = [books.positions.on_change(self._held), books.quotes.on_change(self._quoted)]
        for position in positions_now(books):
            self.rows.apply(position)

    def close(self) -> None:
        """Stop following. May be called twice."""
        while self._ends:
            self._ends.pop()()

    def _held(self, code: str, _: dict[str, Any]) -> None:
        if self._books.positions.get(code) is None:
            self.rows.remove(code)
        else:
            self._mark(code)

    def _quoted(self, code: str, cells: dict[str, Any]) -> None:
        if "last_price" in cells:
            self._mark(code)

    def _mark(self, code: str) -> None:
        position = self._books.positions.get(code)
        if isinstance(position, XtPosition):
            self.rows.apply(marked(position, self._books.quotes.get(code)))
