"""A paper terminal on a market that stands still, and short ways to ask it things."""

from xtnb import xtconstant as c
from xtnb.rules.instruments import all_instruments
from xtnb.terminal.clock import DAY, HandClock
from xtnb.terminal.engine import PaperTerminal
from xtnb.terminal.market import Market
from xtnb.terminal.scenario import OpeningAccount, OpeningPosition
from xtnb.vocabulary.messages import Request

PUFA = "600000.SH"
PINGAN = "000001.SZ"
STAR = "688981.SH"
BEIJING = next(code for code in all_instruments() if code.endswith(".BJ"))
FUND = "510300.SH"
CODES = (PUFA, PINGAN, STAR, BEIJING, FUND)
ANN, BOB = "1001", "1002"


class Floor:
    """Two accounts with 1,000,000 yuan, 1,232 sellable shares and 200 bought today of each code."""

    def __init__(self, *, flow=False, seed=1):
        known = all_instruments()
        self.clock = HandClock()
        self.market = Market(self.clock, seed, [known[code] for code in CODES], flow=flow)
        held = tuple(OpeningPosition(code, 1_232, 200, 100) for code in CODES)
        people = [OpeningAccount(name, 1_000_000 * 10_000, held) for name in (ANN, BOB)]
        self.terminal = PaperTerminal("floor", self.market, people)
        self.seq = 0
        self.pushes = []

    def ask(self, method, account=ANN, account_type=c.SECURITY_ACCOUNT, **arguments):
        """Send a request; returns the reply. The pushes that follow are in `pushes`."""
        self.seq += 1
        request = Request(self.seq, method, account_type, account, arguments, 1)
        reply = self.terminal.handle(request)
        self.pushes = self.terminal.drain()
        return reply

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
        ).value

    def cancel(self, order_id, account=ANN):
        return self.ask("cancel_order_stock", account, order_id=order_id).value

    def record(self, order_id, account=ANN):
        return self.ask("query_stock_order", account, order_id=order_id).value[0]

    def asset(self, account=ANN):
        return self.ask("query_stock_asset", account).value[0]

    def position(self, code, account=ANN):
        return self.ask("query_stock_position", account, stock_code=code).value[0]

    def next_day(self):
        self.clock.set(self.clock.now() + DAY)
        self.market.advance(self.clock.now())
        self.pushes = self.terminal.drain()

    def last(self, code):
        return self.market.last_price(code) / 10_000

    def state(self, account=ANN):
        """All that an account has, for comparing before and after."""
        return (
            self.asset(account),
            self.ask("query_stock_positions", account).value,
        )

    def kinds(self):
        return [push.kind for push in self.pushes]
