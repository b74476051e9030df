"""A futures account to begin with: long and short, today's lots and overnight ones.

Everything here is ours and stands for nobody's account.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from xtnb.rules.futures import FuturesDay
from xtnb.rules.futures_listed import main_future
from xtnb.terminal.accounts.futures import FuturesAccountBooks
from xtnb.terminal.accounts.orders import Floor
from xtnb.vocabulary.money import YUAN

DEMO_FUTURES_ACCOUNT = "2000000365"
DEMO_FUTURES_CASH = 1_000_000 * YUAN


@dataclass(frozen=True, slots=True)
class OpeningFuture:
    """A position to begin with.

    Attributes:
        stock_code: the contract.
        long: the direction.
        past, today: overnight lots, and lots opened today.
        open_percent: opening price of overnight lots, as a percentage of the previous
            settlement price; today's were opened at that price itself.
    """

    stock_code: str
    long: bool
    past: int
    today: int = 0
    open_percent: int = 100


def opening_futures(day: date) -> tuple[OpeningFuture, ...]:
    """The demo's positions on a day: in main months, and in the month after one."""

    def main(product: str, place: int = 0) -> str:
        return main_future(product, day, place).stock_code

    return (
        OpeningFuture(main("rb"), True, 6, 4, 97),
        OpeningFuture(main("rb", 1), False, 5, 0, 102),
        OpeningFuture(main("au"), True, 0, 1),
        OpeningFuture(main("sc"), False, 0, 1),
        OpeningFuture(main("m"), True, 10, 5, 103),
        OpeningFuture(main("SR"), False, 8, 2, 101),
        OpeningFuture(main("IF"), True, 1, 0, 99),
        OpeningFuture(main("si"), False, 3, 3, 104),
    )


def begin_futures(books: FuturesAccountBooks, positions: Iterable[OpeningFuture]) -> None:
    """Put positions into an account; contracts that the market does not have are left out."""
    market, day = books.market, books.floor.day
    for opening in positions:
        if opening.stock_code not in market.instruments:
            continue
        rules = market.rules(opening.stock_code)
        if not isinstance(rules, FuturesDay):
            continue
        settled, tick = rules.prev_close, rules.tick
        side = books.side(rules, opening.long)
        if opening.past:
            bought = settled * opening.open_percent // 100 // tick * tick
            side.open(opening.past, bought, day)
            side.settle(settled)
        if opening.today:
            side.open(opening.today, settled, day)
            side.opened_times = 1


def demo_futures(floor: Floor) -> FuturesAccountBooks:
    """The demo's futures account."""
    books = FuturesAccountBooks(DEMO_FUTURES_ACCOUNT, DEMO_FUTURES_CASH, floor)
    begin_futures(books, opening_futures(floor.market.day()))
    return books
