"""Stock option accounts on a market that stands still, and short ways to ask them things."""

from datetime import timedelta

from xtnb import xtconstant as c
from xtnb.rules.instruments import all_instruments
from xtnb.rules.months import DEMO_DAY
from xtnb.rules.options_listed import all_stock_options
from xtnb.rules.options_settings import OptionSettings
from xtnb.terminal.accounts.options_opening import (
    OpeningContracts,
    OpeningOptions,
    open_options,
    series,
)
from xtnb.terminal.clock import DAY, HandClock
from xtnb.terminal.engine import PaperTerminal
from xtnb.terminal.market import Market
from xtnb.terminal.scenario import OpeningPosition
from xtnb.vocabulary.messages import Request

FUND, OTHER_FUND = "510050.SH", "159919.SZ"
CALL = series(FUND, True, 11, 2).stock_code
PUT = series(FUND, False, 11, 2).stock_code
LATER = series(FUND, True, 12, 3).stock_code
SHENZHEN = series(OTHER_FUND, False, 12, 2).stock_code
CODES = (CALL, PUT, LATER, SHENZHEN)
ANN, BOB, CAT = "3001", "3002", "3003"
PEOPLE = (ANN, BOB, CAT)
UNIT = 10_000


class OptionFloor:
    """Three accounts with cash and 45,000 units of each fund, on Monday before the expiry.

    `held`: account -> (units of FUND locked, contracts as `OpeningContracts` takes them).
    """

    def __init__(
        self, *, cash=400_000, settings=None, start="2026-11-23 09:30:00", shares=45_000, held=None
    ):
        funds, options = all_instruments(), all_stock_options(DEMO_DAY)
        self.clock = HandClock(start)
        listed = [funds[FUND], funds[OTHER_FUND], *(options[code] for code in CODES)]
        self.market = Market(self.clock, 1, listed, flow=False)
        self.terminal = PaperTerminal("floor", self.market)
        self.books = {}
        for name in PEOPLE:
            funds_held = [OpeningPosition(code, shares, 0, 100) for code in (FUND, OTHER_FUND)]
            locked, contracts = (held or {}).get(name, (0, ()))
            opening = OpeningOptions(
                name,
                cash * 10_000,
                tuple(funds_held) if shares else (),
                ((FUND, locked),) if locked else (),
                tuple(OpeningContracts(*one) for one in contracts),
                settings or OptionSettings(),
            )
            self.books[name] = open_options(opening, self.terminal.floor)
            self.terminal.admit(self.books[name])
        self.seq = 0
        self.pushes = []

    def ask(self, method, account=ANN, **arguments):
        """Send a request; returns the reply. The pushes that follow are in `pushes`."""
        self.seq += 1
        request = Request(self.seq, method, c.STOCK_OPTION_ACCOUNT, account, arguments, 1)
        reply = self.terminal.handle(request)
        self.pushes = self.terminal.drain()
        return reply

    def order(self, order_type, code, volume, price=0.0, *, account=ANN, price_type=c.FIX_PRICE):
        """Send an order; returns its number."""
        return self.ask(
            "order_stock",
            account,
            stock_code=code,
            order_type=order_type,
            order_volume=volume,
            price_type=price_type,
            price=price,
            strategy_name="plan",
            order_remark="note",
        ).value

    def trade(self, buy_type, buyer, sell_type, seller, code, volume, price):
        """Let two accounts trade with each other; returns both order numbers."""
        sold = self.order(sell_type, code, volume, price, account=seller)
        bought = self.order(buy_type, code, volume, price, account=buyer)
        assert self.record(bought, buyer).order_status == c.ORDER_SUCCEEDED
        return bought, sold

    def cancel(self, order_id, account=ANN):
        return self.ask("cancel_order_stock", account, order_id=order_id).value

    def record(self, order_id, account=ANN):
        return self.ask("query_stock_order", account, order_id=order_id).value[0]

    def asset(self, account=ANN):
        return self.ask("query_stock_asset", account).value[0]

    def positions(self, code, account=ANN):
        return self.ask("query_stock_position", account, stock_code=code).value

    def state(self, account=ANN):
        """All that an account has, for comparing before and after."""
        return (
            self.asset(account),
            self.ask("query_stock_positions", account).value,
            self.ask("query_position_statistics", account).value,
        )

    def last(self, code):
        return self.market.last_price(code) / 10_000

    def move(self, code, price):
        """Somebody has traded at a price in yuan."""
        self.market.note_trade(code, round(price * 10_000), 1)

    def later(self, seconds):
        self.clock.set(self.clock.now() + seconds * 1_000_000_000)
        self.market.advance(self.clock.now())
        self.pushes = self.terminal.drain()

    def next_day(self):
        self.clock.set(self.clock.now() + DAY)
        self.market.advance(self.clock.now())
        self.pushes = self.terminal.drain()

    def until(self, day):
        while self.market.day() < day:
            self.next_day()
        assert self.market.day() - day < timedelta(days=1)

    def kinds(self):
        return [push.kind for push in self.pushes]
