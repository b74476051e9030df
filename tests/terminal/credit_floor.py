"""A margin account on a market that stands still, and people to trade with."""

from xtnb import xtconstant as c
from xtnb.rules.collateral import CreditSettings
from xtnb.rules.instruments import all_instruments
from xtnb.terminal.accounts.credit_opening import OpeningCredit, open_credit
from xtnb.terminal.clock import DAY, SECOND, HandClock
from xtnb.terminal.engine import PaperTerminal
from xtnb.terminal.market import Market
from xtnb.terminal.scenario import OpeningAccount, OpeningPosition
from xtnb.vocabulary.messages import Request

PUFA = "600000.SH"
PINGAN = "000001.SZ"
STAR = "688981.SH"
FUND = "510300.SH"
CODES = (PUFA, PINGAN, STAR, FUND)
MARY, BOB, CAT = "1208970161", "1002", "1003"
YUAN = 10_000
COLLATERAL = (OpeningPosition(PUFA, 10_000, 0, 100),)


class CreditFloor:
    """Mary has a margin account; Bob and Cat have a lot of everything in stock accounts."""

    def __init__(
        self,
        *,
        cash=500_000,
        positions=COLLATERAL,
        debts=(),
        special=(),
        settings=CreditSettings(),  # noqa: B008 - frozen
        codes=CODES,
    ):
        known = all_instruments()
        self.clock = HandClock()
        self.market = Market(self.clock, 1, [known[code] for code in codes], flow=False)
        rich = tuple(OpeningPosition(code, 1_000_000, 0, 100) for code in codes)
        people = [OpeningAccount(name, 10**9 * YUAN, rich) for name in (BOB, CAT)]
        self.terminal = PaperTerminal("floor", self.market, people)
        opening = OpeningCredit(MARY, cash * YUAN, positions, debts, special, settings)
        self.books = open_credit(opening, self.terminal.floor)
        self.terminal.admit(self.books)
        self.seq = 0
        self.pushes = []
        self.reply = None

    def ask(self, method, account=MARY, **arguments):
        self.seq += 1
        kind = c.CREDIT_ACCOUNT if account == MARY else c.SECURITY_ACCOUNT
        self.reply = self.terminal.handle(Request(self.seq, method, kind, account, arguments, 1))
        self.pushes = self.terminal.drain()
        return self.reply.value

    def order(
        self, kind, code, volume, price=0.0, *, account=MARY, price_type=c.FIX_PRICE, remark=""
    ):
        """Send an order; returns its number."""
        return self.ask(
            "order_stock",
            account,
            stock_code=code,
            order_type=kind,
            order_volume=volume,
            price_type=price_type,
            price=price,
            strategy_name="plan",
            order_remark=remark,
        )

    def deal(self, kind, code, volume, price, **more):
        """Mary's order, filled whole by Bob at its price; returns its number."""
        number = self.order(kind, code, volume, price, **more)
        assert self.record(number).order_status == c.ORDER_REPORTED, self.record(number).status_msg
        buying = kind in (23, 27, 29, 40, 42)
        self.order(c.STOCK_SELL if buying else c.STOCK_BUY, code, volume, price, account=BOB)
        assert self.record(number).order_status == c.ORDER_SUCCEEDED
        return number

    def trade(self, code, price):
        """Bob and Cat make a price."""
        self.order(c.STOCK_BUY, code, 100, price, account=CAT)
        number = self.order(c.STOCK_SELL, code, 100, price, account=BOB)
        record = self.ask("query_stock_order", BOB, order_id=number)[0]
        assert record.order_status == c.ORDER_SUCCEEDED, record.status_msg

    def drift(self, code, target):
        """Move the price in steps that the price cage lets through."""
        while abs(self.last(code) - target) > 0.004:
            step = self.last(code) * (1.015 if target > self.last(code) else 0.985)
            step = min(step, target) if target > self.last(code) else max(step, target)
            self.trade(code, round(step, 2))

    def record(self, number):
        return self.ask("query_stock_order", order_id=number)[0]

    def detail(self):
        return self.ask("query_credit_detail")[0]

    def asset(self):
        return self.ask("query_stock_asset")[0]

    def position(self, code):
        return self.ask("query_stock_position", stock_code=code)[0]

    def compacts(self):
        return self.ask("query_stk_compacts")

    def lendable(self, code, pool=48):
        rows = self.ask("query_credit_slo_code")
        return sum(
            row.enable_amount
            for row in rows
            if row.instrument_id == code[:-3] and row.cashgroup_prop == pool
        )

    def cancel(self, number):
        return self.ask("cancel_order_stock", order_id=number)

    def advance(self, ns):
        self.clock.set(self.clock.now() + ns)
        self.market.advance(self.clock.now())
        self.pushes = self.terminal.drain()

    def second(self):
        self.advance(SECOND)

    def next_day(self):
        self.advance(DAY)

    def last(self, code):
        return self.market.last_price(code) / YUAN

    def state(self):
        """Everything that a margin account has, for comparing before and after."""
        return (
            self.asset(),
            self.ask("query_stock_positions"),
            self.detail(),
            self.compacts(),
            self.ask("query_credit_slo_code"),
        )
