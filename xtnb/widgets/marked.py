"""Positions marked to the quotes at hand.

A terminal pushes a position when it changes, not when its price does; on screen
the value and the profit of shares and fund units follow the price. What a price
alone does not value - contracts, repos, shares quoted in another currency - stays
as the terminal told it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from xtnb.live.books import side_of
from xtnb.live.store import Table
from xtnb.rules.instruments import all_instruments
from xtnb.vocabulary.records import Quote, XtPosition
from xtnb.widgets.needs import Books, Forget, WatchingDesk


def priced(position: XtPosition) -> bool:
    """Whether volume times price is what a position is worth in yuan."""
    return not position.direction and position.stock_code in all_instruments()


def marked(position: XtPosition, quote: object) -> XtPosition:
    """The position at the quote's last price; itself where there is none, or it says too little."""
    if not priced(position):
        return position
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


def chosen_quotes(desk: WatchingDesk, codes: Sequence[str]) -> tuple[Table, list[Forget]]:
    """A table of the quotes of these codes alone, and what ends it.

    The quotes that a session watches are shared by all its accounts and widgets.

    Raises:
        InputError: not the form of a code.
    """
    rows = Table(Quote, "stock_code")
    every, wanted = desk.books.quotes, frozenset(codes)

    def moved(code: str, _: dict[str, Any]) -> None:
        quote = every.get(code) if code in wanted else None
        if quote is not None:
            rows.apply(quote)

    ends: list[Forget] = [every.on_change(moved)]
    try:
        for code in codes:
            ends.append(desk.watch(code))
            moved(code, {})
    except BaseException:
        for end in ends:
            end()
        raise
    return rows, ends


class MarkedPositions:
    """A table of the positions that follows both positions and quotes.

    Args:
        books: the account's.
        watch: keeps the quotes of a code coming, if nobody else does that.

    Attributes:
        rows: `XtPosition`, by the keys of the account's own table.
    """

    def __init__(self, books: Books, watch: Callable[[str], Forget] | None = None) -> None:
        self._books = books
        self._watch = watch
        self._watched: dict[str, Forget] = {}
        self.rows = Table(XtPosition, self._key)
        self.rows.told = books.positions.told
        self._ends = [books.positions.on_change(self._held), books.quotes.on_change(self._quoted)]
        present = books.positions.keys()
        for key in present:
            self._mark(key)

    def close(self) -> None:
        """Stop following. May be called twice."""
        while self._ends:
            self._ends.pop()()
        while self._watched:
            self._watched.popitem()[1]()

    def _key(self, position: XtPosition) -> str:
        return side_of(position) if position.direction else position.stock_code

    def _held(self, key: str, _: dict[str, Any]) -> None:
        if self._books.positions.get(key) is None:
            self.rows.remove(key)
        else:
            self._mark(key)

    def _quoted(self, code: str, cells: dict[str, Any]) -> None:
        if "last_price" in cells and self._books.positions.get(code) is not None:
            self._mark(code)

    def _mark(self, key: str) -> None:
        position = self._books.positions.get(key)
        if not isinstance(position, XtPosition):
            return
        code = position.stock_code
        if self._watch and position.volume and priced(position) and code not in self._watched:
            self._watched[code] = self._watch(code)
        self.rows.apply(marked(position, self._books.quotes.get(code)))
