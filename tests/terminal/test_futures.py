"""What the paper terminal does with the requests of a futures account."""

from dataclasses import fields

import pytest

from tests.terminal.floor import ANN, BOB
from tests.terminal.futures_floor import (
    CASH,
    GOLD,
    INDEX,
    MEAL,
    MEAL_LATER,
    OIL,
    STEEL,
    STEEL_LATER,
    SUGAR,
    FuturesFloor,
)
from xtnb import xtconstant as c
from xtnb.errors import RefusalCode
from xtnb.rules.futures import FuturesTerms
from xtnb.rules.months import DEMO_DAY
from xtnb.terminal.accounts.futures_opening import demo_futures, opening_futures
from xtnb.vocabulary.derivatives import XtPositionStatistics

LONG, SHORT = c.DIRECTION_FLAG_LONG, c.DIRECTION_FLAG_SHORT
SPREAD = "SP m2701&m2705.DF"
FILLS = ["stock_trade", "stock_order", "stock_position", "stock_asset"]


@pytest.fixture
def floor():
    return FuturesFloor()


# -- money


def test_an_opening_holds_margin_and_fees_and_equity_stays(floor):
    before = floor.asset()

    order = floor.record(floor.order(c.FUTURE_OPEN_LONG, STEEL, 2, floor.last(STEEL)))

    asset = floor.asset()
    assert (order.order_status, order.direction, order.offset_flag) == (50, LONG, 48)
    assert asset.frozen_cash == pytest.approx(2 * 3152 * 10 * 0.09 + 6.30)
    assert asset.cash == pytest.approx(before.cash - asset.frozen_cash)
    assert asset.total_asset == before.total_asset == CASH


def test_assets_are_cash_frozen_cash_and_margin_in_use(floor):
    floor.trade(STEEL, floor.last(STEEL) + 5, 3)
    floor.order(c.FUTURE_OPEN_SHORT, GOLD, 1, floor.last(GOLD))

    asset = floor.asset()
    assert asset.total_asset == pytest.approx(asset.cash + asset.frozen_cash + asset.market_value)
    assert asset.total_asset != CASH


def test_a_fill_turns_what_was_held_into_margin_at_its_price(floor):
    floor.order(c.FUTURE_OPEN_SHORT, OIL, 1, 462.0, account=BOB)
    floor.order(c.FUTURE_OPEN_LONG, OIL, 1, 463.0)

    row = floor.rows()["sc2701", LONG]
    assert row.used_margin == pytest.approx(462.0 * 1000 * 0.12)
    assert (row.used_commission, row.frozen_margin, row.frozen_commission) == (20, 0, 0)
    assert row.open_price == 462.0
    assert (row.open_times, row.open_volume, row.today_position) == (1, 1, 1)


def test_a_cancelled_opening_gives_everything_back_and_is_counted(floor):
    before = floor.asset()
    number = floor.order(c.FUTURE_OPEN_LONG, STEEL, 2, floor.last(STEEL))

    assert floor.cancel(number)[0] == 0

    assert floor.asset() == before
    assert floor.rows()["rb2701", LONG].cancel_times == 1
    assert floor.record(number).order_status == c.ORDER_CANCELED


def test_the_fill_of_an_opening_is_told_to_both_sides_in_order(floor):
    floor.order(c.FUTURE_OPEN_LONG, GOLD, 1, floor.last(GOLD))

    floor.order(c.FUTURE_OPEN_SHORT, GOLD, 1, floor.last(GOLD), account=BOB)

    told = [(push.account_id, push.kind) for push in floor.pushes]
    assert [kind for who, kind in told if who == ANN] == FILLS
    assert [kind for who, kind in told if who == BOB] == ["stock_order", "stock_asset", *FILLS]


def test_a_trade_carries_direction_offset_amount_and_fees(floor):
    floor.trade(GOLD, 942.0, 2)

    trade = floor.ask("query_stock_trades").value[0]
    assert (trade.direction, trade.offset_flag, trade.order_type) == (LONG, 48, 0)
    assert (trade.traded_amount, trade.commission) == (942.0 * 2 * 1000, 20.0)


# -- closing


def test_shanghai_tells_todays_lots_from_overnight_ones(floor):
    floor.order(c.FUTURE_CLOSE_LONG_TODAY_FIRST, STEEL, 6, floor.last(STEEL))

    first, second = floor.orders()
    assert (first.offset_flag, first.order_volume) == (c.OFFSET_FLAG_CLOSETODAY, 4)
    assert (second.offset_flag, second.order_volume) == (c.OFFSET_FLAG_CLOSEYESTERDAY, 2)
    assert {first.direction, second.direction} == {LONG}
    assert floor.rows()["rb2701", LONG].can_close_vol == 4


def test_dalian_has_one_flag_and_closes_in_the_order_of_the_type(floor):
    floor.order(c.FUTURE_OPEN_LONG, MEAL, 5, floor.last(MEAL), account=BOB)
    floor.order(c.FUTURE_CLOSE_LONG_HISTORY_FIRST, MEAL, 5, floor.last(MEAL))

    row = floor.rows()["m2701", LONG]
    assert [order.offset_flag for order in floor.orders()] == [c.OFFSET_FLAG_CLOSE]
    assert (row.yesterday_position, row.today_position, row.position) == (1, 4, 5)


def test_an_over_close_is_refused_and_moves_nothing(floor):
    before = floor.state()

    number = floor.order(c.FUTURE_CLOSE_LONG_HISTORY_FIRST, STEEL, 11, floor.last(STEEL))

    assert floor.kinds() == ["stock_order", "order_error"]
    assert floor.pushes[1].record.error_id == RefusalCode.VOLUME
    assert floor.record(number).order_status == c.ORDER_JUNK
    assert floor.state() == before


def test_lots_in_an_open_order_cannot_be_closed_twice(floor):
    floor.order(c.FUTURE_CLOSE_LONG_HISTORY, STEEL, 6, floor.last(STEEL))

    assert floor.record(
        floor.order(c.FUTURE_CLOSE_LONG_HISTORY, STEEL, 1, floor.last(STEEL))
    ).order_status == c.ORDER_JUNK  # fmt: skip


def test_future_close_sells_without_closing(floor):
    floor.order(c.FUTURE_OPEN_LONG, STEEL, 2, floor.last(STEEL), account=BOB)

    floor.order(c.FUTURE_CLOSE, STEEL, 2, floor.last(STEEL))

    rows = floor.rows()
    assert (rows["rb2701", LONG].position, rows["rb2701", SHORT].position) == (10, 2)


def test_a_net_sale_closes_both_kinds_and_opens_the_rest(floor):
    floor.order(c.FUTURE_OPEN_LONG, STEEL, 12, floor.last(STEEL), account=BOB)

    first = floor.order(10, STEEL, 12, floor.last(STEEL))

    orders = floor.orders()
    rows = floor.rows()
    assert [order.order_id for order in orders] == [first, first + 1, first + 2]
    assert [(order.offset_flag, order.order_volume) for order in orders] == [
        (51, 4),
        (52, 6),
        (48, 2),
    ]
    assert {order.order_status for order in orders} == {c.ORDER_SUCCEEDED}
    assert (rows["rb2701", LONG].position, rows["rb2701", SHORT].position) == (0, 2)


def test_profit_is_counted_from_cost_and_from_the_opening_price(floor):
    price = floor.last(STEEL)
    floor.order(c.FUTURE_OPEN_LONG, STEEL, 2, price + 10, account=BOB)

    floor.order(c.FUTURE_CLOSE_LONG_HISTORY, STEEL, 2, price + 10)

    row = floor.rows()["rb2701", LONG]
    bought = int(price * 97 // 100)
    assert row.close_profit == 2 * 10 * 10
    assert row.position_profit == 8 * 10 * 10
    assert row.float_profit == 4 * (price + 10 - bought) * 10 + 4 * 10 * 10
    assert row.open_cost == 4 * bought * 10 + 4 * price * 10
    assert row.position_cost == 8 * price * 10
    assert floor.asset().total_asset == pytest.approx(CASH + 10 * 10 * 10 - row.used_commission)


def test_close_profit_can_be_shown_from_the_opening_price():
    floor = FuturesFloor(FuturesTerms(close_profit_by="opening"))
    price = floor.last(STEEL)
    floor.order(c.FUTURE_OPEN_LONG, STEEL, 2, price + 10, account=BOB)

    floor.order(c.FUTURE_CLOSE_LONG_HISTORY, STEEL, 2, price + 10)

    bought = price * 97 // 100
    assert floor.rows()["rb2701", LONG].close_profit == 2 * (price + 10 - bought) * 10


def test_the_fee_of_closing_today_is_its_own(floor):
    floor.trade(INDEX, floor.last(INDEX))
    floor.order(c.FUTURE_OPEN_LONG, INDEX, 1, floor.last(INDEX), account=BOB)

    floor.order(c.FUTURE_CLOSE_LONG_TODAY, INDEX, 1, floor.last(INDEX))

    opened, closed = floor.ask("query_stock_trades").value
    assert closed.commission == pytest.approx(10 * opened.commission, abs=0.1)


# -- margin


def test_only_the_larger_side_counts_when_that_is_set():
    both, single = FuturesFloor(), FuturesFloor(FuturesTerms(single_side=True))
    for floor in (both, single):
        floor.order(c.FUTURE_OPEN_LONG, STEEL_LATER, 4, floor.last(STEEL_LATER), account=BOB)
        floor.order(c.FUTURE_OPEN_SHORT, STEEL_LATER, 4, floor.last(STEEL_LATER))

    short = both.rows()["rb2705", SHORT].used_margin
    assert both.asset().market_value - single.asset().market_value == pytest.approx(short)


def test_an_opening_without_the_money_is_refused(floor):
    price = floor.last(INDEX)
    before = floor.state()

    floor.order(c.FUTURE_OPEN_LONG, INDEX, 20, price)

    assert floor.pushes[-1].record.error_id == RefusalCode.CASH
    assert floor.state() == before


def test_losses_beyond_the_money_leave_closing_possible_and_opening_not(floor):
    price = floor.last(INDEX)
    floor.order(c.FUTURE_OPEN_SHORT, INDEX, 9, price, account=BOB)
    floor.order(c.FUTURE_OPEN_LONG, INDEX, 9, price)
    floor.order(c.FUTURE_OPEN_LONG, INDEX, 1, price - 400, account=BOB)
    floor.order(c.FUTURE_CLOSE_LONG_TODAY, INDEX, 1, price - 400)

    assert floor.asset().cash < 0
    opened = floor.order(c.FUTURE_OPEN_LONG, SUGAR, 1, floor.last(SUGAR))
    closing = floor.order(c.FUTURE_CLOSE_LONG_TODAY, INDEX, 1, price)
    assert floor.record(opened).order_status == c.ORDER_JUNK
    assert floor.record(closing).order_status == c.ORDER_REPORTED


# -- combinations


def rest_a_spread(floor, lots=5):
    """Bob stands ready: sells the near meal, buys the later one."""
    floor.order(c.FUTURE_OPEN_SHORT, MEAL, lots, floor.last(MEAL), account=BOB)
    floor.order(c.FUTURE_OPEN_LONG, MEAL_LATER, lots, floor.last(MEAL_LATER), account=BOB)


def test_a_combination_fills_both_legs_at_once(floor):
    rest_a_spread(floor)
    price = floor.last(MEAL) - floor.last(MEAL_LATER)

    floor.order(c.FUTURE_ARBITRAGE_OPEN, SPREAD, 5, price)

    rows = floor.rows()
    assert [(o.stock_code, o.order_status, o.direction) for o in floor.orders()] == [
        (MEAL, c.ORDER_SUCCEEDED, LONG),
        (MEAL_LATER, c.ORDER_SUCCEEDED, SHORT),
    ]
    assert (rows["m2701", LONG].today_position, rows["m2705", SHORT].position) == (9, 5)


@pytest.mark.parametrize(("lots", "less"), [(6, 0), (5, 1)])
def test_a_combination_that_cannot_fill_in_full_at_its_price_fills_neither_leg(floor, lots, less):
    rest_a_spread(floor)
    before = floor.asset()
    price = floor.last(MEAL) - floor.last(MEAL_LATER) - less

    floor.order(c.FUTURE_ARBITRAGE_OPEN, SPREAD, lots, price)

    assert {order.order_status for order in floor.orders()} == {c.ORDER_CANCELED}
    assert floor.ask("query_stock_trades").value == []
    assert floor.asset() == before


def test_a_combination_is_closed_by_the_opposite_trades(floor):
    rest_a_spread(floor)
    price = floor.last(MEAL) - floor.last(MEAL_LATER)
    floor.order(c.FUTURE_ARBITRAGE_OPEN, SPREAD, 5, price)
    floor.order(c.FUTURE_OPEN_LONG, MEAL, 5, floor.last(MEAL), account=BOB)
    floor.order(c.FUTURE_OPEN_SHORT, MEAL_LATER, 5, floor.last(MEAL_LATER), account=BOB)

    floor.order(c.FUTURE_ARBITRAGE_CLOSE_TODAY_FIRST, SPREAD, 5, price)

    rows = floor.rows()
    assert (rows["m2701", LONG].position, rows["m2701", LONG].today_position) == (10, 4)
    assert rows["m2705", SHORT].position == 0


def test_a_combination_type_needs_the_code_of_a_combination(floor):
    floor.order(c.FUTURE_ARBITRAGE_OPEN, MEAL, 1, floor.last(MEAL))

    assert floor.pushes[-1].record.error_id == RefusalCode.UNKNOWN_CODE


def test_another_type_cannot_trade_a_combination(floor):
    floor.order(c.FUTURE_OPEN_LONG, SPREAD, 1, 100)

    assert floor.pushes[-1].record.error_id == RefusalCode.UNKNOWN_CODE


# -- rolls


def test_the_opening_of_a_roll_waits_for_its_closing(floor):
    floor.order(c.FUTURE_OPEN_SHORT, STEEL_LATER, 6, floor.last(STEEL_LATER), account=BOB)

    floor.order(19, STEEL, 6, floor.last(STEEL))
    closing, opening = floor.orders()
    assert (closing.order_status, opening.order_status) == (50, c.ORDER_WAIT_REPORTING)

    floor.order(c.FUTURE_CLOSE_SHORT_HISTORY, STEEL, 6, floor.last(STEEL), account=BOB)
    closing, opening = floor.orders()
    assert (closing.order_status, opening.order_status) == (56, 56)
    assert floor.rows()["rb2705", LONG].position == 6


def test_a_roll_opens_as_much_as_it_closed(floor):
    first = floor.order(21, STEEL, 5, floor.last(STEEL), account=BOB)
    floor.order(c.FUTURE_CLOSE_LONG_HISTORY, STEEL, 2, floor.last(STEEL))

    floor.cancel(first, BOB)

    closing, opening = floor.orders(BOB)
    assert (closing.order_status, closing.traded_volume) == (c.ORDER_PART_CANCEL, 2)
    assert (opening.order_status, opening.order_volume) == (c.ORDER_REPORTED, 2)
    assert (opening.direction, opening.price) == (SHORT, floor.last(STEEL_LATER))


def test_a_roll_that_closes_nothing_opens_nothing(floor):
    before = floor.asset()
    first = floor.order(19, STEEL, 6, floor.last(STEEL))

    floor.cancel(first)

    assert [order.order_status for order in floor.orders()] == [c.ORDER_CANCELED] * 2
    assert floor.asset() == before


def test_a_waiting_opening_can_be_cancelled_by_itself(floor):
    first = floor.order(19, STEEL, 6, floor.last(STEEL))

    assert floor.cancel(first + 1)[0] == 0
    floor.order(c.FUTURE_CLOSE_SHORT_HISTORY, STEEL, 6, floor.last(STEEL), account=BOB)

    assert [order.order_status for order in floor.orders()] == [56, 54]
    assert ("rb2705", LONG) not in floor.rows() or not floor.rows()["rb2705", LONG].position


# -- the day


def test_settlement_makes_todays_lots_overnight_ones_at_the_days_average(floor):
    price = floor.last(STEEL)
    floor.trade(STEEL, price + 4, 1)
    floor.trade(STEEL, price + 10, 2)
    equity = floor.asset().total_asset

    floor.next_day()

    row = floor.rows()["rb2701", LONG]
    assert floor.market.prev_close(STEEL) == (price + 8) * 10_000
    assert (row.yesterday_position, row.today_position, row.yesterday_init_position) == (13, 0, 13)
    assert row.avg_price == price + 8
    assert row.position_profit == 13 * 2 * 10
    assert (row.used_commission, row.open_times, row.close_profit) == (0, 0, 0)
    assert floor.asset().total_asset == pytest.approx(equity)


def test_profit_of_the_day_by_settlement_and_by_close_differ_by_the_two_prices(floor):
    price = floor.last(STEEL)
    floor.trade(STEEL, price + 4, 1)
    floor.trade(STEEL, price + 10, 2)
    floor.next_day()

    row = floor.rows()["rb2701", LONG]
    assert row.today_profit_loss == 13 * 2 * 10
    assert row.today_close_profit_loss == 0
    assert row.rise_ratio == 0
    assert row.increase_by_settlement == pytest.approx(2 / (price + 8))


def test_the_day_ends_orders_and_trades_and_rolls(floor):
    floor.order(c.FUTURE_OPEN_LONG, STEEL, 1, floor.last(STEEL))
    floor.order(19, STEEL, 6, floor.last(STEEL) + 1)

    floor.next_day()

    ended = [push.record for push in floor.pushes if push.kind == "stock_order"]
    assert {record.order_status for record in ended} == {c.ORDER_CANCELED}
    assert floor.orders() == []
    assert floor.asset().frozen_cash == 0


def test_a_contract_that_expires_is_settled_and_gone(floor):
    floor.trade(INDEX, floor.last(INDEX))
    equity = floor.asset().total_asset

    for _ in range(29):
        floor.next_day()

    assert ("IF2612", LONG) not in floor.rows()
    assert floor.asset().total_asset == pytest.approx(equity)
    late = floor.order(c.FUTURE_OPEN_LONG, INDEX, 1, floor.last(INDEX))
    assert floor.record(late).order_status == c.ORDER_JUNK
    assert floor.record(late).status_msg.startswith("IF2612.IF 已于")


# -- the rest


def test_an_order_by_its_number_of_the_broker_is_cancelled_at_ine(floor):
    number = floor.order(c.FUTURE_OPEN_LONG, OIL, 1, floor.last(OIL))
    sysid = floor.record(number).order_sysid

    for market in (c.MARKET_ENUM_INTL_ENERGY_FUTURE, "INE"):
        result = floor.ask("cancel_order_stock_sysid", market=market, order_sysid=sysid)
        assert result.value[0] == (0 if market == 6 else -1)


def test_the_statistics_have_all_their_fields(floor):
    row = floor.rows()["m2701", LONG]

    assert len(fields(XtPositionStatistics)) == 42
    assert (row.exchange_id, row.exchange_name, row.product_id) == ("DF", "大商所", "m")
    assert (row.product_name, row.expire_date, row.hedge_flag) == ("豆粕", "20270114", 49)
    assert row.instrument_value == 10 * 3046 * 10
    assert row.assest_weight == pytest.approx(row.instrument_value / CASH)
    assert row.float_profit_divide_by_used_margin == pytest.approx(
        row.float_profit / row.used_margin
    )
    assert sum(each.margin_ratio for each in floor.rows().values()) == pytest.approx(1)


def test_a_position_shows_long_and_short_apart(floor):
    floor.order(c.FUTURE_OPEN_LONG, STEEL, 2, floor.last(STEEL), account=BOB)
    floor.order(c.FUTURE_CLOSE, STEEL, 2, floor.last(STEEL))

    long, short = floor.ask("query_stock_position", stock_code=STEEL).value
    assert (long.direction, long.volume, long.yesterday_volume) == (LONG, 10, 6)
    assert (short.direction, short.volume, short.can_use_volume) == (SHORT, 2, 2)
    assert floor.ask("query_stock_position", stock_code=OIL).value == []


def test_a_stock_is_not_traded_in_a_futures_account(floor):
    floor.order(c.FUTURE_OPEN_LONG, "600000.SH", 1, 10)

    assert floor.pushes[-1].record.error_id == RefusalCode.UNKNOWN_CODE


def test_what_cffex_turns_into_a_limit_rests_and_holds_less(floor):
    price = floor.last(INDEX)
    floor.order(c.FUTURE_OPEN_SHORT, INDEX, 1, price, account=BOB)

    number = floor.order(c.FUTURE_OPEN_LONG, INDEX, 2, price_type=c.MARKET_CONVERT_1)

    order, row = floor.record(number), floor.rows()["IF2612", LONG]
    assert (order.order_status, order.price, order.price_type) == (55, price, c.BROKER_PRICE_ANY)
    assert row.frozen_margin == pytest.approx(row.used_margin)


def test_the_flow_trades_with_futures_orders_and_settles_the_day():
    floor = FuturesFloor(flow=True)
    best = floor.market.book(STEEL).best_ask / 10_000

    floor.order(c.FUTURE_OPEN_LONG, STEEL, 1, best)
    floor.next_day()

    row = floor.rows()["rb2701", LONG]
    assert (row.yesterday_position, row.today_position) == (11, 0)
    assert row.last_price * 10_000 == floor.market.last_price(STEEL)


def test_the_demo_has_long_and_short_lots_of_today_and_overnight():
    floor = FuturesFloor(codes=[opening.stock_code for opening in opening_futures(DEMO_DAY)])
    books = demo_futures(floor.terminal.floor)
    floor.terminal.admit(books)

    rows = floor.rows("2000000365").values()
    assert len(rows) == len(opening_futures(DEMO_DAY))
    assert {row.direction for row in rows} == {LONG, SHORT}
    assert any(row.today_position for row in rows)
    assert any(row.yesterday_position for row in rows)
    asset = floor.asset("2000000365")
    assert asset.total_asset == 1_000_000
    assert 300_000 < asset.cash < 900_000
