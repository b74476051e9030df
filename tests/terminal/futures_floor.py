"""A paper terminal with two futures accounts on a market that stands still."""

from tests.terminal.floor import ANN, BOB, Floor
from xtnb import xtconstant as c
from xtnb.rules.futures import FuturesTerms
from xtnb.rules.futures_listed import all_futures
from xtnb.rules.months import DEMO_DAY
from xtnb.terminal.accounts.futures import FuturesAccountBooks
from xtnb.terminal.accounts.futures_opening import OpeningFuture, begin_futures
from xtnb.terminal.clock import HandClock
from xtnb.terminal.engine import PaperTerminal
from xtnb.terminal.market import Market

STEEL, STEEL_LATER = "rb2701.SF", "rb2705.SF"
MEAL, MEAL_LATER = "m2701.DF", "m2705.DF"
INDEX, OIL, GOLD, SUGAR = "IF2612.IF", "sc2701.INE", "au2612.SF", "SR701.ZF"
CODES = (STEEL, STEEL_LATER, MEAL, MEAL_LATER, INDEX, OIL, GOLD, SUGAR)
CASH = 2_000_000

OPENING = {
    ANN: [OpeningFuture(STEEL, True, 6, 4, 97), OpeningFuture(MEAL, True, 6, 4, 97)],
    BOB: [OpeningFuture(STEEL, False, 6, 4, 97), OpeningFuture(MEAL, False, 6, 4, 97)],
}


class FuturesFloor(Floor):
    """Ann is long 6 overnight and 4 of today in steel and in meal, Bob short as much."""

    def __init__(self, terms=None, *, flow=False, codes=CODES):
        known = all_futures(DEMO_DAY)
        self.clock = HandClock()
        self.market = Market(self.clock, 1, [known[code] for code in codes], flow=flow)
        self.terminal = PaperTerminal("floor", self.market)
        self.seq = 0
        self.pushes = []
        for name, held in OPENING.items():
            books = FuturesAccountBooks(
                name, CASH * 10_000, self.terminal.floor, terms or FuturesTerms()
            )
            begin_futures(books, held)
            self.terminal.admit(books)

    def ask(self, method, account=ANN, account_type=c.FUTURE_ACCOUNT, **arguments):
        return super().ask(method, account, account_type, **arguments)

    def rows(self, account=ANN):
        """Statistics by code without the market, and direction."""
        rows = self.ask("query_position_statistics", account).value
        return {(row.instrument_id, row.direction): row for row in rows}

    def orders(self, account=ANN):
        return self.ask("query_stock_orders", account, cancelable_only=False).value

    def trade(self, code, price, volume=1):
        """Ann buys to open and Bob sells to open."""
        self.order(c.FUTURE_OPEN_LONG, code, volume, price)
        self.order(c.FUTURE_OPEN_SHORT, code, volume, price, account=BOB)

    def state(self, account=ANN):
        return (*super().state(account), self.rows(account))
