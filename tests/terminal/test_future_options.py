"""What the paper terminal does with the requests of an account for options on futures."""

from datetime import date

import pytest

from tests.terminal.floor import ANN, BOB, Floor
from xtnb import xtconstant as c
from xtnb.errors import RefusalCode
from xtnb.rules.futures import FuturesTerms
from xtnb.rules.futures_listed import all_futures
from xtnb.rules.months import DEMO_DAY
from xtnb.rules.options_futures import all_future_options
from xtnb.terminal.accounts.options_futures import FutureOptionAccountBooks
from xtnb.terminal.accounts.options_opening import (
    DEMO_FUTURE_OPTION_ACCOUNT,
    demo_future_options,
    future_series,
)
from xtnb.terminal.clock import HandClock
from xtnb.terminal.engine import PaperTerminal
from xtnb.terminal.market import Market

MEAL, COPPER = "m2701.DF", "cu2701.SF"
CALL = future_series(MEAL, True, 2).stock_code
PUT = future_series(MEAL, False, 2).stock_code
METAL = future_series(COPPER, True, 2).stock_code
CODES = (CALL, PUT, METAL)
OPEN_LONG, CLOSE_LONG_PAST, CLOSE_LONG_TODAY = 0, 1, 2
OPEN_SHORT, CLOSE_LONG, CLOSE_SHORT, EXERCISE = 3, 6, 8, 100
CASH = 300_000
EXPIRY = date(2026, 12, 7)


class OptionsFloor(Floor):
    """Two accounts with money, on a market that stands still."""

    def __init__(self, start="2026-11-23 09:30:00"):
        futures, options = all_futures(DEMO_DAY), all_future_options(DEMO_DAY)
        self.clock = HandClock(start)
        listed = [futures[MEAL], futures[COPPER], *(options[code] for code in CODES)]
        self.market = Market(self.clock, 1, listed, flow=False)
        self.terminal = PaperTerminal("floor", self.market)
        self.seq = 0
        self.pushes = []
        self.books = {}
        for name in (ANN, BOB):
            self.books[name] = FutureOptionAccountBooks(name, CASH * 10_000, self.terminal.floor)
            self.terminal.admit(self.books[name])

    def ask(self, method, account=ANN, account_type=c.FUTURE_OPTION_ACCOUNT, **arguments):
        return super().ask(method, account, account_type, **arguments)

    def trade(self, buy_type, buyer, sell_type, seller, code, volume, price):
        sold = self.order(sell_type, code, volume, price, account=seller)
        bought = self.order(buy_type, code, volume, price, account=buyer)
        assert self.record(bought, buyer).order_status == c.ORDER_SUCCEEDED
        return bought, sold

    def rows(self, code, account=ANN):
        return self.ask("query_stock_position", account, stock_code=code).value

    def move(self, code, price):
        self.market.note_trade(code, round(price * 10_000), 1)

    def margin(self, code):
        return self.market.rules(code).margin(FuturesTerms()) / 10_000

    def balanced(self):
        for books in self.books.values():
            ledger = books.ledger
            assert ledger.equity == ledger.available + ledger.held + ledger.used
            for side in ledger.options.values():
                assert side.volume == side.usable + side.frozen
                assert min(side.free_today, side.free_past, side.frozen_today, side.held) >= 0


@pytest.fixture
def floor():
    return OptionsFloor()


def test_premium_is_paid_and_received_and_margin_is_held(floor):
    floor.order(OPEN_SHORT, CALL, 2, 40.0, account=BOB)
    held = floor.asset(BOB)
    floor.order(OPEN_LONG, CALL, 2, 40.0)

    ann, bob = floor.asset(ANN), floor.asset(BOB)
    assert held.frozen_cash == pytest.approx(2 * (floor.margin(CALL) + 1))
    assert ann.cash == ann.total_asset == CASH - 802
    assert bob.total_asset == CASH + 800 - 2
    assert bob.market_value == pytest.approx(2 * floor.margin(CALL))
    assert bob.cash == pytest.approx(bob.total_asset - bob.market_value)
    assert [row.direction for row in floor.rows(CALL, BOB)] == [c.DIRECTION_FLAG_SHORT]
    assert ann.account_type == c.FUTURE_OPTION_ACCOUNT
    floor.balanced()


def test_margin_is_the_published_form_in_yuan(floor):
    option = all_future_options(DEMO_DAY)[CALL]
    spot, strike = 3_046.0, option.strike / 10_000
    future = spot * 10 * 0.09
    away = max(strike - spot, 0) * 10

    expected = option.reference / 1_000 + max(future - away / 2, future / 2)

    assert floor.margin(CALL) == pytest.approx(expected)


def test_closing_ends_both_sides(floor):
    floor.trade(OPEN_LONG, ANN, OPEN_SHORT, BOB, CALL, 2, 40.0)

    floor.trade(CLOSE_SHORT, BOB, CLOSE_LONG, ANN, CALL, 2, 45.0)

    assert floor.asset(ANN).cash == CASH - 802 + 900 - 2
    assert floor.asset(BOB).cash == CASH + 798 - 902
    assert floor.rows(CALL)[0].volume == 0
    floor.balanced()


def test_overnight_and_todays_lots_are_closed_apart_at_shanghai(floor):
    floor.trade(OPEN_LONG, ANN, OPEN_SHORT, BOB, METAL, 1, 2_300.0)
    floor.next_day()
    floor.trade(OPEN_LONG, ANN, OPEN_SHORT, BOB, METAL, 2, 2_300.0)

    number = floor.order(CLOSE_LONG, METAL, 3, 2_400.0)
    too_many = floor.order(CLOSE_LONG_PAST, METAL, 1, 2_400.0)

    first, second = floor.record(number), floor.record(number + 1)
    assert (first.offset_flag, first.order_volume) == (c.OFFSET_FLAG_CLOSETODAY, 2)
    assert (second.offset_flag, second.order_volume) == (c.OFFSET_FLAG_CLOSEYESTERDAY, 1)
    assert floor.record(too_many).order_status == c.ORDER_JUNK
    floor.balanced()


REFUSED = [
    (15, CALL, 1, 40.0, c.FIX_PRICE, RefusalCode.ORDER_TYPE),
    (48, CALL, 1, 40.0, c.FIX_PRICE, RefusalCode.ORDER_TYPE),
    (EXERCISE, MEAL, 1, 40.0, c.FIX_PRICE, RefusalCode.ORDER_TYPE),
    (OPEN_LONG, "m2701-C-9999.DF", 1, 40.0, c.FIX_PRICE, RefusalCode.UNKNOWN_CODE),
    (OPEN_LONG, CALL, 0, 40.0, c.FIX_PRICE, RefusalCode.LOT),
    (OPEN_LONG, CALL, 101, 40.0, c.FIX_PRICE, RefusalCode.TOO_LARGE),
    (OPEN_LONG, CALL, 1, 40.25, c.FIX_PRICE, RefusalCode.TICK),
    (OPEN_LONG, CALL, 1, 900.0, c.FIX_PRICE, RefusalCode.PRICE_LIMIT),
    (OPEN_LONG, CALL, 1, 0.0, c.MARKET_SH_CONVERT_5_CANCEL, RefusalCode.PRICE_TYPE),
    (OPEN_SHORT, METAL, 100, 2_300.0, c.FIX_PRICE, RefusalCode.CASH),
    (CLOSE_LONG, CALL, 1, 40.0, c.FIX_PRICE, RefusalCode.VOLUME),
    (EXERCISE, CALL, 1, 0.0, c.FIX_PRICE, RefusalCode.VOLUME),
]


@pytest.mark.parametrize(("order_type", "code", "volume", "price", "price_type", "why"), REFUSED)
def test_a_refused_order_is_told_twice_and_moves_nothing(
    floor, order_type, code, volume, price, price_type, why
):
    before = floor.state()

    number = floor.order(order_type, code, volume, price, price_type=price_type)

    junk, error = floor.pushes
    assert junk.record.order_status == c.ORDER_JUNK
    assert (error.record.order_id, error.record.error_id) == (number, why)
    assert floor.state() == before


def test_a_cancelled_order_gives_back_what_it_held(floor):
    before = floor.asset()
    number = floor.order(OPEN_LONG, CALL, 3, 40.0)
    held = floor.asset().frozen_cash

    floor.cancel(number)

    assert held == 3 * 401
    assert floor.asset() == before


def test_an_exercised_call_becomes_long_and_short_futures_at_the_strike(floor):
    floor.trade(OPEN_LONG, ANN, OPEN_SHORT, BOB, CALL, 2, 40.0)
    number = floor.order(EXERCISE, CALL, 1)
    held = floor.asset().frozen_cash

    floor.next_day()

    strike = all_future_options(DEMO_DAY)[CALL].strike / 10_000
    (ann,), (bob,) = floor.rows(MEAL, ANN), floor.rows(MEAL, BOB)
    assert held == pytest.approx(strike * 10 * 0.09 + 1)
    assert (ann.volume, ann.direction, ann.open_price) == (1, c.DIRECTION_FLAG_LONG, strike)
    assert (bob.volume, bob.direction, bob.open_price) == (1, c.DIRECTION_FLAG_SHORT, strike)
    assert [row.volume for row in floor.rows(CALL, BOB)] == [1]
    assert floor.asset(ANN).total_asset == pytest.approx(CASH - 803 + (3_046 - strike) * 10)
    assert floor.asset(BOB).total_asset == pytest.approx(CASH + 798 - (3_046 - strike) * 10)
    assert floor.ask("query_stock_order", order_id=number).value == []
    floor.balanced()


def test_an_exercise_can_be_taken_back_until_the_close(floor):
    floor.trade(OPEN_LONG, ANN, OPEN_SHORT, BOB, CALL, 2, 40.0)
    before = floor.asset()
    number = floor.order(EXERCISE, CALL, 2)

    assert floor.cancel(number)[0] == 0

    assert floor.asset() == before
    floor.next_day()
    assert floor.rows(MEAL) == []


def test_on_the_last_day_what_is_in_the_money_exercises_itself(floor):
    floor.trade(OPEN_LONG, ANN, OPEN_SHORT, BOB, CALL, 2, 40.0)
    floor.trade(OPEN_LONG, BOB, OPEN_SHORT, ANN, PUT, 1, 40.0)
    while floor.market.day() < EXPIRY:
        floor.next_day()
    floor.move(MEAL, 3_100.0)

    floor.next_day()

    assert floor.rows(CALL, ANN) == floor.rows(PUT, ANN) == []
    assert [(r.volume, r.direction) for r in floor.rows(MEAL, ANN)] == [(2, 48)]
    assert [(r.volume, r.direction) for r in floor.rows(MEAL, BOB)] == [(2, 49)]
    floor.balanced()


def test_an_expired_option_is_refused(floor):
    while floor.market.day() <= EXPIRY:
        floor.next_day()

    floor.order(OPEN_LONG, CALL, 1, 40.0)

    assert floor.pushes[-1].record.error_id == RefusalCode.EXPIRED


def test_the_account_trades_futures_too(floor):
    floor.trade(OPEN_LONG, ANN, OPEN_SHORT, BOB, MEAL, 1, 3_046.0)

    assert floor.rows(MEAL)[0].volume == 1
    assert floor.rows(MEAL)[0].account_type == c.FUTURE_OPTION_ACCOUNT


def test_buying_back_stays_possible_when_nothing_is_available(floor):
    count = int(CASH // (floor.margin(METAL) + 1))
    floor.trade(OPEN_LONG, ANN, OPEN_SHORT, BOB, METAL, count, 2_300.0)
    floor.move(METAL, 9_000.0)
    floor.move(COPPER, 92_000.0)
    floor.next_day()
    assert floor.asset(BOB).cash < 0

    floor.trade(CLOSE_SHORT, BOB, CLOSE_LONG, ANN, METAL, 1, 8_000.0)

    floor.balanced()


def test_statistics_have_premium_and_margin(floor):
    floor.trade(OPEN_LONG, ANN, OPEN_SHORT, BOB, CALL, 2, 40.0)
    floor.order(OPEN_LONG, CALL, 1, 30.0)

    (mine,) = floor.ask("query_position_statistics").value
    (theirs,) = floor.ask("query_position_statistics", BOB).value

    assert (mine.royalty, mine.frozen_royalty, mine.used_margin) == (800, 301, 0)
    assert theirs.used_margin == pytest.approx(2 * floor.margin(CALL))


def test_the_demo_account_has_rights_obligations_and_a_future():
    market = Market(
        HandClock(), 1, [*all_futures(DEMO_DAY).values(), *all_future_options(DEMO_DAY).values()]
    )
    terminal = PaperTerminal("demo", market)

    books = demo_future_options(terminal.floor)

    rows = books.calls()["query_stock_positions"]({})
    assert books.account_id == DEMO_FUTURE_OPTION_ACCOUNT
    assert [row.direction for row in rows] == [48, 48, 49, 48]
    assert books.asset().cash > 0
    assert len(books.calls()["query_position_statistics"]({})) == 4
    market.advance(market.now() + 20_000_000_000)
    for code in all_future_options(DEMO_DAY):
        assert market.book(code).best_ask
