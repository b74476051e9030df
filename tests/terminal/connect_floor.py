"""Stock Connect accounts on a market that stands still."""

from xtnb import xtconstant as c
from xtnb.rules.connect import ConnectSettings, connect_stocks
from xtnb.terminal.accounts.connect import ConnectAccountBooks
from xtnb.terminal.clock import DAY, HandClock
from xtnb.terminal.engine import PaperTerminal
from xtnb.terminal.market import Market
from xtnb.terminal.scenario import OpeningPosition
from xtnb.vocabulary.messages import Request

DIGITS = ("00700", "01810", "01398")
TENCENT, XIAOMI, ICBC = (f"{digits}.HGT" for digits in DIGITS)
MEI, JUN, LI = "4000000365", "4000000366", "4100000365"
TYPES = {MEI: c.HUGANGTONG_ACCOUNT, JUN: c.HUGANGTONG_ACCOUNT, LI: c.SHENGANGTONG_ACCOUNT}
ROUTES = {MEI: "HGT", JUN: "HGT", LI: "SGT"}


class ConnectFloor:
    """Mei and Jun trade by way of Shanghai, Li by way of Shenzhen; each has some of everything."""

    def __init__(self, *, cash=1_000_000, held=10_050, settings=None):
        known = connect_stocks()
        codes = [f"{digits}.{route}" for digits in DIGITS for route in ("SGT", "HGT")]
        self.clock = HandClock()
        self.market = Market(self.clock, 1, [known[code] for code in codes], flow=False)
        self.terminal = PaperTerminal("floor", self.market)
        for name, kind in TYPES.items():
            books = ConnectAccountBooks(
                name, cash * 10_000, self.terminal.floor, kind, settings or ConnectSettings()
            )
            books.begin(OpeningPosition(f"{code}.{ROUTES[name]}", held, 0, 100) for code in DIGITS)
            self.terminal.admit(books)
        self.seq = 0
        self.pushes = []
        self.reply = None

    def ask(self, method, account=MEI, **arguments):
        self.seq += 1
        request = Request(self.seq, method, TYPES[account], account, arguments, 1)
        self.reply = self.terminal.handle(request)
        self.pushes = self.terminal.drain()
        return self.reply.value

    def order(self, side, code, volume, price, *, account=MEI, price_type=c.FIX_PRICE):
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

    def cancel(self, order_id, account=MEI):
        return self.ask("cancel_order_stock", account, order_id=order_id)

    def record(self, order_id, account=MEI):
        return self.ask("query_stock_order", account, order_id=order_id)[0]

    def asset(self, account=MEI):
        return self.ask("query_stock_asset", account)[0]

    def position(self, code, account=MEI):
        return self.ask("query_stock_position", account, stock_code=code)[0]

    def state(self, account=MEI):
        return self.asset(account), self.ask("query_stock_positions", account)

    def last(self, code):
        return self.market.last_price(code) / 10_000

    def next_day(self):
        self.clock.set(self.clock.now() + DAY)
        self.market.advance(self.clock.now())
        self.pushes = self.terminal.drain()
