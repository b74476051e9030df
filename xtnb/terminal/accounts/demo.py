"""The demo's accounts other than stock accounts: one of each kind, with something in it.

Ours, and nobody's accounts; what each holds stands beside its kind. A market that
lacks an instrument leaves its position out.
"""

from __future__ import annotations

from collections.abc import Callable

from xtnb import xtconstant as c
from xtnb.terminal.accounts.connect import ConnectAccountBooks, open_demo
from xtnb.terminal.accounts.credit import CreditAccountBooks
from xtnb.terminal.accounts.credit_opening import demo_credit, open_credit
from xtnb.terminal.accounts.futures import FuturesAccountBooks
from xtnb.terminal.accounts.futures_opening import demo_futures
from xtnb.terminal.accounts.options import OptionAccountBooks
from xtnb.terminal.accounts.options_futures import FutureOptionAccountBooks
from xtnb.terminal.accounts.options_opening import demo_future_options, demo_options, open_options
from xtnb.terminal.accounts.orders import Books, Floor
from xtnb.terminal.accounts.stock import StockAccountBooks
from xtnb.terminal.scenario import OpeningPosition
from xtnb.vocabulary.money import YUAN

DEMO_BEIJING_ACCOUNT = "5000000365"

_EMPTY: dict[int, Callable[[str, int, Floor], Books]] = {
    c.SECURITY_ACCOUNT: StockAccountBooks,
    c.NEW3BOARD_ACCOUNT: lambda number, cash, floor: StockAccountBooks(
        number, cash, floor, c.NEW3BOARD_ACCOUNT
    ),
    c.CREDIT_ACCOUNT: CreditAccountBooks,
    c.FUTURE_ACCOUNT: FuturesAccountBooks,
    c.FUTURE_OPTION_ACCOUNT: FutureOptionAccountBooks,
    c.STOCK_OPTION_ACCOUNT: OptionAccountBooks,
    c.HUGANGTONG_ACCOUNT: lambda number, cash, floor: ConnectAccountBooks(
        number, cash, floor, c.HUGANGTONG_ACCOUNT
    ),
    c.SHENGANGTONG_ACCOUNT: lambda number, cash, floor: ConnectAccountBooks(
        number, cash, floor, c.SHENGANGTONG_ACCOUNT
    ),
}
KINDS = frozenset(_EMPTY)


def empty_books(account_type: int, account_id: str, cash: int, floor: Floor) -> Books:
    """The books of a new account of one of `KINDS`, with cash and nothing else."""
    return _EMPTY[account_type](account_id, cash, floor)


def demo_books(floor: Floor) -> list[Books]:
    """The demo's accounts other than its stock account."""
    return [
        open_credit(demo_credit(), floor),
        demo_futures(floor),
        open_options(demo_options(floor.market.day()), floor),
        demo_future_options(floor),
        *open_demo(floor),
        _beijing(floor),
    ]


def _beijing(floor: Floor) -> Books:
    """An account for Beijing: 200,000 yuan and two stocks, an odd lot among them."""
    books = empty_books(c.NEW3BOARD_ACCOUNT, DEMO_BEIJING_ACCOUNT, 200_000 * YUAN, floor)
    assert isinstance(books, StockAccountBooks)
    books.begin(
        (
            OpeningPosition("920185.BJ", 2_000, 300, 97),
            OpeningPosition("920445.BJ", 1_050, 0, 108),
        )
    )
    return books
