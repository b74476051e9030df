"""A futures account to begin with: long and short, today's lots and overnight ones.

Everything here is ours and stands for nobody's account.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from xtnb.rules.futures import FuturesDay
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


DEMO_FUTURES = (
    OpeningFuture("rb2701.SF", True, 6, 4, 97),
    OpeningFuture("rb2705.SF", False, 5, 0, 102),
    OpeningFuture("au2612.SF", True, 0, 1),
    OpeningFuture("sc2701.INE", False, 0, 1),
    OpeningFuture("m2701.DF", True, 10, 5, 103),
    OpeningFuture("SR701.ZF", False, 8, 2, 101),
    OpeningFuture("IF2612.IF", True, 1, 0, 99),
    OpeningFuture("si2701.GF", False, 3, 3, 104),
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
    begin_futures(books, DEMO_FUTURES)
    return books
