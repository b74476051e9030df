"""Two stock accounts, and all that may be traded in one: shares, funds, bonds, repos, baskets."""

from xtnb import xtconstant as c
from xtnb.rules.bonds import convertibles, repos
from xtnb.rules.etf import baskets
from xtnb.rules.instruments import all_instruments
from xtnb.terminal.book import BookOrder
from xtnb.terminal.clock import DAY, HandClock
from xtnb.terminal.engine import PaperTerminal
from xtnb.terminal.market import Market
from xtnb.terminal.scenario import OpeningAccount, OpeningPosition
from xtnb.vocabulary.messages import Request

CSI, CHINEXT = "510300.SH", "159915.SZ"
BOND, BOND_SZ = "113052.SH", "123107.SZ"
NIGHT, WEEK = "204001.SH", "131801.SZ"
STOCKS = tuple(
    dict.fromkeys(one.stock_code for basket in baskets().values() for one in basket.components)
)
CODES = (*STOCKS, CSI, CHINEXT, BOND, BOND_SZ, NIGHT, WEEK)
ANN, BOB = "1001", "1002"


def listed(codes):
    known = {**all_instruments(), **convertibles(), **repos()}
    return [known[code] for code in codes]


class RepoFloor:
    """Ann and Bob hold 2,000 of each stock, 30,000 of each fund and 500 bonds, all from before."""

    def __init__(self, *, cash=1_000_000, stocks=2_000, start="2026-11-20 09:30:00", seed=1):
        self.clock = HandClock(start)
        self.market = Market(self.clock, seed, listed(CODES), flow=False)
        held = (
            *(OpeningPosition(code, stocks, 0, 100) for code in STOCKS if stocks),
            *(OpeningPosition(code, 30_000, 0, 100) for code in (CSI, CHINEXT)),
            *(OpeningPosition(code, 500, 0, 100) for code in (BOND, BOND_SZ)),
        )
        people = [OpeningAccount(name, cash * 10_000, held) for name in (ANN, BOB)]
        self.terminal = PaperTerminal("floor", self.market, people)
        self.seq = 0
        self.pushes = []
        self.reply = None

    def ask(self, method, account=ANN, **arguments):
        self.seq += 1
        request = Request(self.seq, method, c.SECURITY_ACCOUNT, account, arguments, 1)
        self.reply = self.terminal.handle(request)
        self.pushes = self.terminal.drain()
        return self.reply.value

    def order(self, side, code, volume, price=0.0, *, account=ANN, price_type=c.FIX_PRICE):
        """Send an order; returns its number."""
        return self.ask(
            "order_stock",
            account,
            stock_code=code,
            order_type={"buy": c.STOCK_BUY, "sell": c.STOCK_SELL}.get(side, side),
            order_volume=volume,
            price_type=price_type,
            price=price,
            strategy_name="plan",
            order_remark="note",
        )

    def deal(self, side, code, volume, price):
        """An order of Ann's that Bob fills whole."""
        other = {"buy": "sell", "sell": "buy"}[side]
        self.order(other, code, volume, price, account=BOB)
        return self.order(side, code, volume, price)

    def borrow(self, code, volume, rate):
        """Somebody borrows: takes the lenders in the book, and waits for the rest."""
        taker = BookOrder(0, True, round(rate * 10_000), volume)
        for maker, price, many in self.market.book(code).add(taker):
            self.market.note_trade(code, price, many)
            if maker.owner is not None:
                maker.owner.filled(maker, price, many)
        self.pushes = self.terminal.drain()

    def cancel(self, order_id, account=ANN):
        return self.ask("cancel_order_stock", account, order_id=order_id)

    def record(self, order_id, account=ANN):
        return self.ask("query_stock_order", account, order_id=order_id)[0]

    def asset(self, account=ANN):
        return self.ask("query_stock_asset", account)[0]

    def position(self, code, account=ANN):
        rows = self.ask("query_stock_position", account, stock_code=code)
        return rows[0] if rows else None

    def state(self, account=ANN):
        limits = self.ask("query_new_purchase_limit", account)
        return self.asset(account), self.ask("query_stock_positions", account), limits

    def next_day(self):
        self.clock.set(self.clock.now() + DAY)
        self.market.advance(self.clock.now())
        self.pushes = self.terminal.drain()

    def last(self, code):
        return self.market.last_price(code) / 10_000

    def kinds(self):
        return [push.kind for push in self.pushes]
