"""A paper terminal walked over the ends of months: contracts go, and new ones come.

Two accounts of each kind trade with each other alone, so what one gains the other loses:
all that they have together changes by fees only, whatever expires in between.
"""

from datetime import date

import pytest

from tests.terminal.floor import ANN, BOB
from xtnb import xtconstant as c
from xtnb.rules.futures import Future
from xtnb.rules.futures_listed import main_future, months_of
from xtnb.rules.listed import everything, unit_of
from xtnb.rules.options_futures import future_option_months
from xtnb.rules.options_listed import all_stock_options, option_months
from xtnb.terminal.accounts.demo import demo_books, empty_books
from xtnb.terminal.clock import DAY, HandClock
from xtnb.terminal.engine import PaperTerminal
from xtnb.terminal.market import Market
from xtnb.terminal.scenario import OpeningPosition
from xtnb.vocabulary.messages import Request

FUTURE, OPTION, FUTURE_OPTION = (
    c.FUTURE_ACCOUNT,
    c.STOCK_OPTION_ACCOUNT,
    c.FUTURE_OPTION_ACCOUNT,
)
KINDS = (FUTURE, OPTION, FUTURE_OPTION)
FUND = "510050.SH"
CASH = 20_000_000 * 10_000
SHARES = 400_000
PRODUCTS = ("rb", "sc", "SR", "IF", "cu", "T")


def units(amount):
    return round(amount * 10_000)


class Calendar:
    """The terminal, its market without anyone else, and what its accounts are worth."""

    def __init__(self, start="2026-11-20 10:00:00"):
        self.clock = HandClock(start)
        self.market = Market(self.clock, 1, flow=False)
        self.terminal = PaperTerminal("calendar", self.market)
        for kind in KINDS:
            for name in (ANN, BOB):
                books = empty_books(kind, name, CASH, self.terminal.floor)
                if kind == OPTION:
                    books.begin([OpeningPosition(FUND, SHARES, 0, 100)])
                self.terminal.admit(books)
        self.demo = demo_books(self.terminal.floor)
        for books in self.demo:
            self.terminal.admit(books)
        self.seq = 0
        self.fees = dict.fromkeys(KINDS, 0)

    @property
    def day(self):
        return self.market.day()

    def ask(self, method, kind, name, **arguments):
        self.seq += 1
        reply = self.terminal.handle(Request(self.seq, method, kind, name, arguments, 1))
        self.hear()
        return reply

    def hear(self):
        for push in self.terminal.drain():
            if push.kind == "stock_trade" and push.account_id in (ANN, BOB):
                self.fees[push.account_type] += units(push.record.commission)

    def order(self, kind, name, order_type, code, volume, price=None):
        """Send an order at a price, by default the last; returns its record."""
        number = self.ask(
            "order_stock",
            kind,
            name,
            stock_code=code,
            order_type=order_type,
            order_volume=volume,
            price_type=c.FIX_PRICE,
            price=self.market.last_price(code) / 10_000 if price is None else price,
            strategy_name="",
            order_remark="",
        ).value
        (record,) = self.ask("query_stock_order", kind, name, order_id=number).value
        return record

    def trade(self, kind, code, buy, sell, volume=1, ticks=0):
        """Ann buys from Bob, so many ticks above the last price."""
        tick = self.market.rules(code).tick
        price = (self.market.last_price(code) + ticks * tick) / 10_000
        self.order(kind, BOB, sell, code, volume, price)
        bought = self.order(kind, ANN, buy, code, volume, price)
        assert bought.order_status == c.ORDER_SUCCEEDED, bought.status_msg

    def turn(self):
        self.clock.set(self.clock.now() + DAY)
        self.market.advance(self.clock.now())
        self.hear()

    def until(self, day):
        while self.day < day:
            self.turn()

    def held(self, kind, name):
        return self.ask("query_stock_positions", kind, name).value

    def worth(self, kind):
        """What Ann and Bob have together, and what they have paid, 1e-4 yuan."""
        total = self.fees[kind]
        for name in (ANN, BOB):
            (asset,) = self.ask("query_stock_asset", kind, name).value
            total += units(asset.total_asset)
            if kind == FUTURE_OPTION:
                for one in self.held(kind, name):
                    if not isinstance(self.market.instruments[one.stock_code], Future):
                        total += self.value(one)
        return total

    def value(self, held):
        code = held.stock_code
        whole = self.market.last_price(code) * held.volume
        whole *= unit_of(self.market.instruments[code])
        return -whole if held.direction == c.DIRECTION_FLAG_SHORT else whole

    def check(self):
        """Every account adds up, and holds nothing that is not listed."""
        listed = everything(self.day)
        for kind, name in self.everyone():
            (asset,) = self.ask("query_stock_asset", kind, name).value
            parts = units(asset.cash) + units(asset.frozen_cash) + units(asset.market_value)
            if kind in (FUTURE, FUTURE_OPTION):
                assert parts == units(asset.total_asset), (self.day, kind, name)
            assert asset.frozen_cash >= 0
            for one in self.held(kind, name):
                assert one.stock_code in listed, (self.day, one.stock_code)
                parts = one.can_use_volume + one.frozen_volume + one.on_road_volume
                assert parts == one.volume >= 0
            if kind in KINDS:
                for row in self.ask("query_position_statistics", kind, name).value:
                    assert date.fromisoformat(row.expire_date) >= self.day

    def everyone(self):
        yield from ((kind, name) for kind in KINDS for name in (ANN, BOB))
        yield from ((books.account_type, books.account_id) for books in self.demo)


def test_futures_of_two_months_are_traded_and_settled_and_nothing_is_lost():
    floor = Calendar()
    before, traded = floor.worth(FUTURE), set()

    while floor.day < date(2027, 1, 20):
        for product in PRODUCTS:
            code = main_future(product, floor.day).stock_code
            if code not in traded:
                floor.trade(FUTURE, code, c.FUTURE_OPEN_LONG, c.FUTURE_OPEN_SHORT, 2)
                traded.add(code)
            floor.trade(FUTURE, code, c.FUTURE_OPEN_LONG, c.FUTURE_OPEN_SHORT, 1, ticks=2)
        assert floor.worth(FUTURE) == before
        floor.turn()
        floor.check()
        assert floor.worth(FUTURE) == before

    for product in PRODUCTS:
        months = {one.month for one in map(floor.market.instruments.get, traded) if one is not None}
        assert set(months_of(product, floor.day)) & months
    assert {"rb2701.SF", "rb2705.SF", "IF2612.IF", "IF2702.IF", "sc2703.INE"} <= traded
    assert {one.stock_code for one in floor.held(FUTURE, ANN)} <= traded
    assert not any(one.stock_code == "IF2612.IF" for one in floor.held(FUTURE, ANN))


def test_fund_options_expire_and_the_next_month_is_traded():
    floor = Calendar()
    before, traded = floor.worth(OPTION), []

    while floor.day < date(2027, 2, 1):
        month = option_months(floor.day)[0]
        for call in (True, False):
            code = at_the_money(floor.day, call)
            if code not in traded:
                traded.append(code)
                floor.trade(
                    OPTION, code, c.STOCK_OPTION_BUY_OPEN, c.STOCK_OPTION_SELL_OPEN, 3, ticks=call
                )
        assert floor.worth(OPTION) == before
        if all_stock_options(floor.day)[traded[-1]].expiry == floor.day:
            exercise(floor)
            last = {code: floor.market.last_price(code) for code in traded[-2:]}
        turned = floor.day
        floor.turn()
        floor.check()
        if option_months(floor.day)[0] != month:
            assert turned in (date(2026, 11, 25), date(2026, 12, 23), date(2027, 1, 27))
            paid = floor.worth(OPTION) - before
            assert abs(paid) <= 6 * 6_000  # exercise fees; the value of what lapses is zero-sum
            before += paid
            assert last

    assert len(traded) == 8
    assert {code[:6] for code in traded} == {"100010", "100011", "100012", "100013"}


def at_the_money(day, call):
    """The option of the nearest month on the fund, at the strike in the middle."""
    month = option_months(day)[0]
    chain = [
        one
        for one in all_stock_options(day).values()
        if (one.underlying, one.call, f"{one.expiry:%y%m}") == (FUND, call, month)
    ]
    return sorted(chain, key=lambda one: one.strike)[2].stock_code


def exercise(floor):
    """Ann exercises what is in the money."""
    for held in floor.held(OPTION, ANN):
        option = floor.market.instruments[held.stock_code]
        if option.kind != "stock_option" or option.expiry != floor.day:
            continue
        inside = floor.market.last_price(FUND) - option.strike
        if inside > 0 if option.call else inside < 0:
            kind = c.STOCK_OPTION_CALL_EXERCISE if option.call else c.STOCK_OPTION_PUT_EXERCISE
            record = floor.order(OPTION, ANN, kind, held.stock_code, held.volume)
            assert record.order_status == c.ORDER_REPORTED, record.status_msg


def test_options_on_futures_expire_before_their_futures_and_nothing_stays_behind():
    floor = Calendar()
    traded = set()

    while floor.day < date(2027, 2, 10):
        for product in ("m", "cu"):
            for month in future_option_months(product, floor.day):
                chain = [
                    one
                    for one in everything(floor.day).values()
                    if one.kind == "future_option"
                    and one.product.id == product
                    and month[1:] in one.stock_code[:7]
                ]
                for option in (chain[2], chain[7]):
                    if option.stock_code not in traded:
                        traded.add(option.stock_code)
                        before = floor.worth(FUTURE_OPTION)
                        floor.trade(
                            FUTURE_OPTION,
                            option.stock_code,
                            c.FUTURE_OPEN_LONG,
                            c.FUTURE_OPEN_SHORT,
                            2,
                        )
                        assert floor.worth(FUTURE_OPTION) == before
        before = floor.worth(FUTURE_OPTION)
        floor.turn()
        floor.check()
        paid = before - floor.worth(FUTURE_OPTION)
        assert paid in range(0, 50_000, 10_000)  # a yuan for each lot that exercised itself

    months = {code[1:5] for code in traded if code[0] == "m"}
    assert months == {"2701", "2705", "2709"}
    assert {code[2:6] for code in traded if code[0] == "c"} == {
        "2612",
        "2701",
        "2702",
        "2703",
        "2704",
    }


def test_the_demos_accounts_end_with_nothing_that_is_gone():
    floor = Calendar()
    begun = {(books.account_type, books.account_id) for books in floor.demo}
    assert len(floor.held(FUTURE, "2000000365")) == 8

    floor.until(date(2027, 7, 1))

    floor.check()
    left = {one.stock_code for one in floor.held(FUTURE, "2000000365")}
    assert left == set()
    assert begun == set(floor.everyone()) - {(kind, name) for kind in KINDS for name in (ANN, BOB)}


@pytest.mark.parametrize("start", ["2026-11-20", "2027-01-27", "2027-06-30", "2028-02-29"])
def test_a_demo_that_begins_on_any_day_holds_contracts_with_time_left(start):
    floor = Calendar(f"{start} 10:00:00")

    assert len(floor.held(FUTURE, "2000000365")) == 8
    options = [one for one in floor.held(OPTION, "3000000365") if one.stock_code[-1] == "O"]
    assert len(options) == 4
    assert len(floor.held(FUTURE_OPTION, "3100000365")) == 4
    for _ in range(14):
        floor.turn()
    floor.check()
    assert len(floor.held(FUTURE, "2000000365")) == 8


@pytest.mark.parametrize(
    ("kind", "code"),
    [(FUTURE, "IF2611.IF"), (OPTION, "10001002.SHO"), (FUTURE_OPTION, "cu2612C86000.SF")],
)
def test_an_order_for_a_contract_that_is_gone_is_refused_as_expired(kind, code):
    floor = Calendar()
    floor.until(date(2026, 11, 26))
    opening = {OPTION: c.STOCK_OPTION_BUY_OPEN}.get(kind, c.FUTURE_OPEN_LONG)

    record = floor.order(kind, ANN, opening, code, 1, 1.0)

    assert code not in floor.market.instruments
    assert record.order_status == c.ORDER_JUNK
    assert "expired on 2026-11-2" in record.status_msg
