"""What the paper terminal does with the requests of a stock option account."""

from datetime import date

import pytest

from tests.terminal.option_floor import (
    ANN,
    BOB,
    CALL,
    CAT,
    FUND,
    LATER,
    PUT,
    SHENZHEN,
    UNIT,
    OptionFloor,
)
from xtnb import xtconstant as c
from xtnb.errors import RefusalCode
from xtnb.rules.instruments import all_instruments
from xtnb.rules.months import DEMO_DAY
from xtnb.rules.options_listed import all_stock_options
from xtnb.rules.options_settings import OptionSettings
from xtnb.terminal.accounts.options_opening import demo_options, open_options
from xtnb.terminal.clock import HandClock
from xtnb.terminal.engine import PaperTerminal
from xtnb.terminal.market import Market

BUY_OPEN, SELL_CLOSE, SELL_OPEN, BUY_CLOSE = 48, 49, 50, 51
COVERED_OPEN, COVERED_CLOSE, CALL_EXERCISE, PUT_EXERCISE, LOCK, UNLOCK = 52, 53, 54, 55, 56, 57
EXPIRY = date(2026, 11, 25)
UNHALTED = OptionSettings(halt_seconds=0)


@pytest.fixture
def floor():
    return OptionFloor()


def margin(floor, code):
    return floor.market.rules(code).margin() / 10_000


def test_buying_to_open_holds_premium_and_fees_and_pays_them_on_the_fill(floor):
    order = floor.order(BUY_OPEN, CALL, 3, 0.05)
    held = floor.asset()
    floor.order(SELL_OPEN, CALL, 3, 0.05, account=BOB)

    record, (position,), asset = floor.record(order), floor.positions(CALL), floor.asset()
    assert (held.cash, held.frozen_cash) == (400_000 - 1_506, 1_506)
    assert (record.direction, record.offset_flag) == (c.DIRECTION_FLAG_LONG, c.OFFSET_FLAG_OPEN)
    assert (position.volume, position.direction) == (3, c.DIRECTION_FLAG_LONG)
    assert (position.open_price, position.avg_price) == pytest.approx((0.05, 0.0502))
    assert (asset.cash, asset.frozen_cash) == (400_000 - 1_506, 0)


def test_selling_to_open_holds_margin_and_brings_the_premium_less_commission(floor):
    floor.order(SELL_OPEN, CALL, 2, 0.05)
    held = floor.asset()
    floor.order(BUY_OPEN, CALL, 2, 0.05, account=BOB)

    asset, (position,) = floor.asset(), floor.positions(CALL)
    assert held.frozen_cash == 2 * margin(floor, CALL)
    assert asset.frozen_cash == 2 * margin(floor, CALL)
    assert asset.cash == 400_000 - 2 * margin(floor, CALL) + 1_000 - 0.8
    assert position.direction == c.DIRECTION_FLAG_SHORT
    assert position.market_value == -1_000
    assert asset.total_asset == pytest.approx(asset.cash + asset.frozen_cash + asset.market_value)


def test_closing_gives_premium_and_margin_back(floor):
    floor.trade(BUY_OPEN, ANN, SELL_OPEN, BOB, CALL, 2, 0.05)

    floor.trade(BUY_CLOSE, BOB, SELL_CLOSE, ANN, CALL, 2, 0.06)

    ann, bob = floor.asset(ANN), floor.asset(BOB)
    assert ann.cash == pytest.approx(400_000 - 1_000 - 4 + 1_200 - 4)
    assert bob.cash == pytest.approx(400_000 + 1_000 - 0.8 - 1_200 - 4)
    assert (ann.frozen_cash, bob.frozen_cash) == (0, 0)
    assert (floor.positions(CALL, ANN)[0].volume, floor.positions(CALL, BOB)[0].volume) == (0, 0)


def test_a_fill_tells_trade_order_position_asset_with_the_amount_of_whole_contracts(floor):
    floor.order(SELL_OPEN, CALL, 1, 0.05, account=BOB)
    floor.order(BUY_OPEN, CALL, 1, 0.05)

    mine = [push for push in floor.pushes if push.account_id == ANN]
    assert [push.kind for push in mine[-4:]] == [
        "stock_trade",
        "stock_order",
        "stock_position",
        "stock_asset",
    ]
    assert mine[-4].record.traded_amount == 500
    assert mine[-4].record.commission == 2


def test_shares_are_locked_and_unlocked_at_once(floor):
    number = floor.order(LOCK, FUND, 30_000)
    locked = floor.positions(FUND)[0]
    floor.order(UNLOCK, FUND, 10_000)

    assert floor.record(number).order_status == c.ORDER_SUCCEEDED
    assert (locked.can_use_volume, locked.frozen_volume) == (15_000, 30_000)
    assert floor.positions(FUND)[0].frozen_volume == 20_000


def test_a_covered_call_takes_locked_shares_and_no_margin_until_it_is_closed():
    floor = OptionFloor(settings=UNHALTED)
    floor.order(LOCK, FUND, 30_000)
    floor.order(COVERED_OPEN, LATER, 2, 0.02)
    floor.order(BUY_OPEN, LATER, 2, 0.02, account=BOB)

    (covered,), asset = floor.positions(LATER), floor.asset()
    too_much = floor.order(UNLOCK, FUND, 10_001)
    floor.trade(COVERED_CLOSE, ANN, SELL_CLOSE, BOB, LATER, 2, 0.02)
    unlocked = floor.order(UNLOCK, FUND, 30_000)
    assert (covered.volume, covered.direction) == (2, c.DIRECTION_FLAG_SHORT)
    assert covered.instrument_name.endswith("（备兑）")
    assert (asset.cash, asset.frozen_cash) == (400_000 + 400 - 0.8, 0)
    assert floor.record(too_much).order_status == c.ORDER_JUNK
    assert floor.record(unlocked).order_status == c.ORDER_SUCCEEDED


def test_a_cancelled_covered_order_frees_its_shares(floor):
    floor.order(LOCK, FUND, 10_000)
    number = floor.order(COVERED_OPEN, LATER, 1, 0.02)

    refused = floor.order(UNLOCK, FUND, 10_000)
    floor.cancel(number)
    done = floor.order(UNLOCK, FUND, 10_000)

    assert floor.record(refused).order_status == c.ORDER_JUNK
    assert floor.record(done).order_status == c.ORDER_SUCCEEDED


REFUSED = [
    (23, CALL, 1, 0.05, c.FIX_PRICE, RefusalCode.ORDER_TYPE),
    (BUY_OPEN, FUND, 1, 3.1, c.FIX_PRICE, RefusalCode.UNKNOWN_CODE),
    (BUY_OPEN, "10009999.SHO", 1, 0.05, c.FIX_PRICE, RefusalCode.UNKNOWN_CODE),
    (BUY_OPEN, CALL, 0, 0.05, c.FIX_PRICE, RefusalCode.LOT),
    (BUY_OPEN, CALL, 51, 0.05, c.FIX_PRICE, RefusalCode.TOO_LARGE),
    (BUY_OPEN, CALL, 1, 0.05005, c.FIX_PRICE, RefusalCode.TICK),
    (BUY_OPEN, CALL, 1, 9.0, c.FIX_PRICE, RefusalCode.PRICE_LIMIT),
    (BUY_OPEN, CALL, 1, 0.05, c.MARKET_SZ_CONVERT_5_CANCEL, RefusalCode.PRICE_TYPE),
    (BUY_OPEN, SHENZHEN, 11, 0.0, c.MARKET_SZ_CONVERT_5_CANCEL, RefusalCode.TOO_LARGE),
    (BUY_OPEN, SHENZHEN, 1, 0.0, c.MARKET_SH_CONVERT_5_CANCEL, RefusalCode.PRICE_TYPE),
    (SELL_CLOSE, CALL, 1, 0.05, c.FIX_PRICE, RefusalCode.VOLUME),
    (BUY_CLOSE, CALL, 1, 0.05, c.FIX_PRICE, RefusalCode.VOLUME),
    (COVERED_CLOSE, CALL, 1, 0.05, c.FIX_PRICE, RefusalCode.VOLUME),
    (COVERED_OPEN, CALL, 1, 0.05, c.FIX_PRICE, RefusalCode.LOCKED),
    (COVERED_OPEN, PUT, 1, 0.05, c.FIX_PRICE, RefusalCode.ORDER_TYPE),
    (SELL_OPEN, LATER, 50, 0.05, c.FIX_PRICE, RefusalCode.CASH),
    (CALL_EXERCISE, CALL, 1, 0.0, c.FIX_PRICE, RefusalCode.EXERCISE),
    (PUT_EXERCISE, CALL, 1, 0.0, c.FIX_PRICE, RefusalCode.EXERCISE),
    (LOCK, FUND, 45_001, 0.0, c.FIX_PRICE, RefusalCode.VOLUME),
    (LOCK, CALL, 1, 0.0, c.FIX_PRICE, RefusalCode.UNKNOWN_CODE),
    (LOCK, FUND, 1, 0.0, c.LATEST_PRICE, RefusalCode.PRICE_TYPE),
    (UNLOCK, FUND, 1, 0.0, c.FIX_PRICE, RefusalCode.LOCKED),
]


@pytest.mark.parametrize(("order_type", "code", "volume", "price", "price_type", "why"), REFUSED)
def test_a_refused_order_is_told_twice_and_moves_nothing(
    order_type, code, volume, price, price_type, why
):
    floor = OptionFloor(cash=150_000)
    before = floor.state()

    number = floor.order(order_type, code, volume, price, price_type=price_type)

    junk, error = floor.pushes
    assert (junk.kind, junk.record.order_status) == ("stock_order", c.ORDER_JUNK)
    assert (error.kind, error.record.order_id) == ("order_error", number)
    assert error.record.error_id == why
    assert junk.record.status_msg == error.record.error_msg != ""
    assert floor.state() == before


def test_a_market_order_of_shenzhen_holds_the_limit_and_then_what_it_rests_at(floor):
    floor.order(SELL_OPEN, SHENZHEN, 1, 0.08, account=BOB)

    number = floor.order(BUY_OPEN, SHENZHEN, 3, price_type=c.MARKET_PEER_PRICE_FIRST)

    record, asset = floor.record(number), floor.asset()
    assert (record.order_status, record.price) == (c.ORDER_PART_SUCC, 0.08)
    assert asset.frozen_cash == pytest.approx(2 * (800 + 2))


def test_a_call_is_exercised_on_its_last_day_and_the_sold_side_is_assigned(floor):
    floor.trade(BUY_OPEN, ANN, SELL_OPEN, BOB, CALL, 2, 0.05)
    floor.until(EXPIRY)
    floor.move(FUND, 3.3)
    number = floor.order(CALL_EXERCISE, CALL, 2)
    working, held = floor.record(number), floor.asset()

    floor.next_day()
    told = [push.record for push in floor.pushes if push.kind == "stock_order"]

    strike = all_stock_options(DEMO_DAY)[CALL].strike / 10_000
    ann, bob = floor.asset(ANN), floor.asset(BOB)
    assert working.order_status == c.ORDER_REPORTED
    assert held.frozen_cash == pytest.approx(2 * UNIT * strike + 1.2)
    assert floor.positions(CALL, ANN) == floor.positions(CALL, BOB) == []
    assert floor.positions(FUND, ANN)[0].can_use_volume == 65_000
    assert floor.positions(FUND, BOB)[0].volume == 25_000
    assert ann.cash == pytest.approx(400_000 - 1_000 - 4 - 2 * UNIT * strike - 1.2)
    assert bob.cash == pytest.approx(400_000 + 1_000 - 0.8 + 2 * UNIT * strike)
    assert [(one.order_id, one.order_status) for one in told] == [(number, c.ORDER_SUCCEEDED)]


def test_an_exercise_can_be_taken_back_until_the_close(floor):
    floor.trade(BUY_OPEN, ANN, SELL_OPEN, BOB, PUT, 1, 0.03)
    floor.until(EXPIRY)
    number = floor.order(PUT_EXERCISE, PUT, 1)
    held = floor.positions(FUND)[0].frozen_volume

    assert floor.cancel(number)[0] == 0

    assert held == 10_000
    assert floor.positions(FUND)[0].frozen_volume == 0
    assert floor.positions(PUT)[0].can_use_volume == 1
    assert floor.record(number).order_status == c.ORDER_CANCELED


def test_a_put_is_exercised_for_cash(floor):
    floor.trade(BUY_OPEN, ANN, SELL_OPEN, BOB, PUT, 1, 0.03)
    floor.until(EXPIRY)
    floor.move(FUND, 2.9)
    floor.order(PUT_EXERCISE, PUT, 1)

    floor.next_day()

    strike = all_stock_options(DEMO_DAY)[PUT].strike / 10_000
    assert floor.positions(FUND, ANN)[0].volume == 35_000
    assert floor.positions(FUND, BOB)[0].volume == 55_000
    assert floor.asset(ANN).cash == pytest.approx(400_000 - 302 + UNIT * strike - 0.6)
    assert floor.asset(BOB).cash == pytest.approx(400_000 + 299.6 - UNIT * strike)


def test_out_of_the_money_only_what_is_exercised_is_assigned_pro_rata(floor):
    floor.trade(BUY_OPEN, CAT, SELL_OPEN, ANN, CALL, 3, 0.05)
    floor.trade(BUY_OPEN, CAT, SELL_OPEN, BOB, CALL, 1, 0.05)
    floor.until(EXPIRY)
    floor.move(FUND, 2.8)
    floor.order(CALL_EXERCISE, CALL, 2, account=CAT)

    floor.next_day()

    assert floor.positions(FUND, CAT)[0].volume == 65_000
    assert floor.positions(FUND, ANN)[0].volume == 25_000
    assert floor.positions(FUND, BOB)[0].volume == 45_000


def test_rights_that_nobody_exercises_lapse_and_margin_comes_back(floor):
    floor.trade(BUY_OPEN, ANN, SELL_OPEN, BOB, CALL, 2, 0.05)
    floor.until(EXPIRY)
    floor.move(FUND, 2.8)

    floor.next_day()

    gone = [push.record for push in floor.pushes if push.kind == "stock_position"]
    assert [record.volume for record in gone if record.stock_code == CALL] == [0, 0]
    assert floor.asset(ANN).cash == pytest.approx(400_000 - 1_004)
    assert floor.asset(BOB).cash == pytest.approx(400_000 + 1_000 - 0.8)
    assert floor.asset(BOB).frozen_cash == 0


def test_covered_calls_deliver_their_locked_shares_first(floor):
    floor.order(LOCK, FUND, 20_000)
    floor.order(COVERED_OPEN, CALL, 1, 0.05)
    floor.order(SELL_OPEN, CALL, 1, 0.05)
    floor.order(BUY_OPEN, CALL, 2, 0.05, account=BOB)
    floor.until(EXPIRY)
    floor.move(FUND, 2.8)
    floor.order(CALL_EXERCISE, CALL, 1, account=BOB)

    floor.next_day()

    position = floor.positions(FUND)[0]
    assert (position.volume, position.frozen_volume) == (35_000, 10_000)


def test_an_assigned_call_without_shares_is_settled_in_cash_at_a_penalty():
    floor = OptionFloor(shares=0)
    floor.trade(BUY_OPEN, ANN, SELL_OPEN, BOB, CALL, 1, 0.05)
    floor.until(EXPIRY)
    floor.move(FUND, 3.3)

    floor.next_day()

    strike = all_stock_options(DEMO_DAY)[CALL].strike / 10_000
    assert floor.asset(BOB).cash == pytest.approx(400_000 + 500 - 0.4 - UNIT * (3.3 * 1.1 - strike))


def test_an_expired_contract_is_not_traded(floor):
    floor.until(date(2026, 11, 26))

    floor.order(BUY_OPEN, CALL, 1, 0.05)

    assert floor.pushes[-1].record.error_id == RefusalCode.EXPIRED


def short_floor(**settings):
    """BOB has sold with all of his money in margin; then the fund rises by 15 %."""
    floor = OptionFloor(cash=60_000, settings=OptionSettings(**settings), shares=0)
    sold = int(60_000 // margin(floor, LATER))
    floor.trade(BUY_OPEN, ANN, SELL_OPEN, BOB, LATER, sold, 0.02)
    floor.move(FUND, 3.6)
    floor.move(LATER, 0.28)
    floor.next_day()
    return floor


def test_margin_is_taken_anew_at_the_end_of_the_day(floor):
    floor.trade(BUY_OPEN, ANN, SELL_OPEN, BOB, LATER, 3, 0.02)
    before = floor.asset(BOB)
    floor.move(FUND, 3.4)
    floor.move(LATER, 0.2)

    floor.next_day()

    after = floor.asset(BOB)
    assert after.frozen_cash == pytest.approx(3 * margin(floor, LATER))
    assert after.frozen_cash > before.frozen_cash
    assert after.cash + after.frozen_cash == pytest.approx(before.cash + before.frozen_cash)


def test_a_shortfall_leaves_nothing_to_spend_and_is_told():
    floor = short_floor()

    ledger, asset = floor.books[BOB].ledger, floor.asset(BOB)
    assert ledger.shortfall > 0
    assert asset.cash == 0
    assert floor.books[BOB].call.since is not None


def test_a_shortfall_is_closed_by_force_when_its_time_is_over():
    floor = short_floor(force_after=10 * 3600)
    offered = floor.positions(LATER, ANN)[0].can_use_volume
    floor.order(SELL_CLOSE, LATER, offered, 0.29, account=ANN)
    early = floor.books[BOB].check_margin()

    floor.later(1_800)
    floor.books[BOB].check_margin()

    forced = [r for r in floor.ask("query_stock_orders", BOB).value if r.offset_flag == 50]
    assert early == []
    assert forced
    assert all(record.order_type == BUY_CLOSE for record in forced)
    assert sum(record.traded_volume for record in forced) > 0
    assert floor.books[BOB].ledger.shortfall == 0


def test_a_broker_that_never_closes_by_force_only_calls():
    floor = short_floor(force_after=None)

    floor.later(90_000)

    assert floor.books[BOB].check_margin() == []


def test_buying_back_may_be_paid_out_of_margin():
    floor = short_floor(force_after=None)
    floor.order(SELL_CLOSE, LATER, 2, 0.28, account=ANN)

    number = floor.order(BUY_CLOSE, LATER, 2, 0.28, account=BOB)

    assert floor.record(number, BOB).order_status == c.ORDER_SUCCEEDED
    assert floor.asset(BOB).cash >= 0


def test_statistics_say_what_a_side_used_and_opened(floor):
    floor.trade(BUY_OPEN, ANN, SELL_OPEN, BOB, LATER, 3, 0.02)

    (mine,) = floor.ask("query_position_statistics", ANN).value
    (theirs,) = floor.ask("query_position_statistics", BOB).value

    assert (mine.position, mine.today_position, mine.open_times) == (3, 3, 1)
    assert (mine.used_margin, mine.royalty) == (0, 600)
    assert theirs.used_margin == pytest.approx(3 * margin(floor, LATER))
    assert theirs.expire_date == "20261223"


def test_the_demo_account_has_rows_of_every_kind():
    market = Market(HandClock(), 1, _listed(), flow=False)
    terminal = PaperTerminal("demo", market)

    books = open_options(demo_options(DEMO_DAY), terminal.floor)

    rows = books.calls()["query_stock_positions"]({})
    directions = {(row.direction, row.instrument_name.endswith("（备兑）")) for row in rows}
    assert {(48, False), (49, False), (49, True), (0, False)} == directions
    assert books.asset().frozen_cash > 0
    assert books.ledger.shortfall == 0


def _listed():
    funds = all_instruments()
    codes = {option.underlying for option in all_stock_options(DEMO_DAY).values()}
    return [*(funds[code] for code in sorted(codes)), *all_stock_options(DEMO_DAY).values()]


def test_the_market_trades_every_contract_of_the_demo():
    market = Market(HandClock(), 1, _listed(), flow=True)

    market.advance(market.now() + 30_000_000_000)

    for code in all_stock_options(DEMO_DAY):
        book, rules = market.book(code), market.rules(code)
        assert rules.down <= market.last_price(code) <= rules.up
        assert book.best_ask


def test_what_cannot_be_paid_is_owed_and_paid_out_of_what_comes_in():
    floor = OptionFloor(cash=5_500, shares=0)
    floor.trade(BUY_OPEN, BOB, SELL_OPEN, ANN, LATER, 1, 0.02)
    floor.trade(BUY_OPEN, CAT, SELL_OPEN, BOB, CALL, 1, 0.05)
    floor.until(EXPIRY)
    floor.move(FUND, 4.2)
    floor.next_day()
    owed = floor.books[BOB].ledger.owed
    before = floor.asset(BOB)

    floor.trade(BUY_OPEN, CAT, SELL_CLOSE, BOB, LATER, 1, 0.03)

    after = floor.asset(BOB)
    assert owed > 0
    assert (before.cash, after.cash) == (0, 0)
    assert floor.books[BOB].ledger.owed == owed - 2_980_000
    assert after.total_asset == -floor.books[BOB].ledger.owed / 10_000


def test_a_partly_filled_buy_back_counts_no_more_margin_than_it_still_frees():
    floor = short_floor(force_after=None)
    each, ledger = floor.books[BOB].margin_of(LATER), floor.books[BOB].ledger
    price = floor.market.rules(LATER).up / 10_000
    floor.order(SELL_CLOSE, LATER, 1, price, account=ANN)

    floor.order(BUY_CLOSE, LATER, 3, price, account=BOB)

    assert 0 < ledger.lent <= 2 * each
    assert ledger.shortfall >= 0


def test_what_an_open_buy_back_lends_never_exceeds_the_margin_of_its_rest():
    floor = OptionFloor(cash=6_990, settings=UNHALTED)
    floor.trade(BUY_OPEN, ANN, SELL_OPEN, BOB, LATER, 2, 0.0001)
    terms, ledger = floor.market.rules(LATER), floor.books[BOB].ledger
    assert terms.up * UNIT > terms.margin()  # buying back costs more than it frees

    floor.order(BUY_CLOSE, LATER, 2, terms.up / 10_000, account=BOB)
    whole = ledger.lent
    floor.order(SELL_CLOSE, LATER, 1, terms.up / 10_000, account=ANN)

    assert terms.margin() < whole <= 2 * terms.margin()
    assert ledger.required == ledger.lent == terms.margin()
    assert (ledger.margin, ledger.shortfall) == (0, 0)
