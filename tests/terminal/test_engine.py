"""What the paper terminal does with the requests of a stock account."""

import pytest

from tests.terminal.floor import ANN, BEIJING, BOB, FUND, PINGAN, PUFA, STAR, Floor
from xtnb import xtconstant as c
from xtnb.errors import RefusalCode


@pytest.fixture
def floor():
    return Floor()


def test_an_accepted_buy_is_working_and_holds_its_cost_with_fees(floor):
    price = floor.last(PUFA)

    order = floor.record(floor.order("buy", PUFA, 1_000, price))

    turnover = 1_000 * price
    held = turnover + max(5, round(turnover * 0.00025, 2)) + round(turnover * 0.00001, 2)
    asset = floor.asset()
    assert (order.order_status, order.traded_volume) == (c.ORDER_REPORTED, 0)
    assert asset.frozen_cash == pytest.approx(held, abs=1e-9)
    assert asset.cash + asset.frozen_cash == 1_000_000


def test_an_accepted_buy_is_told_as_order_and_asset_with_its_text(floor):
    floor.order("buy", PUFA, 100, floor.last(PUFA))

    order, asset = floor.pushes
    assert (order.kind, asset.kind) == ("stock_order", "stock_asset")
    assert (order.record.strategy_name, order.record.order_remark) == ("plan", "note")
    assert order.record.instrument_name == "浦发银行"
    assert order.record.order_sysid


def test_pushes_are_numbered_by_one(floor):
    floor.order("buy", PUFA, 100, floor.last(PUFA))
    first = [push.number for push in floor.pushes]
    floor.order("sell", PUFA, 100, floor.last(PUFA), account=BOB)

    numbers = first + [push.number for push in floor.pushes]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_fill_is_told_as_trade_order_position_asset_to_both_sides(floor):
    floor.order("buy", PUFA, 100, floor.last(PUFA))

    floor.order("sell", PUFA, 100, floor.last(PUFA), account=BOB)

    sequence = ["stock_trade", "stock_order", "stock_position", "stock_asset"]
    told = [(push.account_id, push.kind) for push in floor.pushes]
    assert [kind for who, kind in told if who == ANN] == sequence
    assert [kind for who, kind in told if who == BOB] == [
        "stock_order",
        "stock_position",
        *sequence,
    ]


def test_a_sweep_fills_in_part_and_the_rest_waits(floor):
    price = floor.last(PUFA)
    floor.order("sell", PUFA, 300, price, account=BOB)
    floor.order("sell", PUFA, 200, price + 0.01, account=BOB)

    number = floor.order("buy", PUFA, 1_000, price + 0.01)

    order = floor.record(number)
    assert (order.order_status, order.traded_volume) == (c.ORDER_PART_SUCC, 500)
    assert order.traded_price == pytest.approx((300 * price + 200 * (price + 0.01)) / 500)
    trades = floor.ask("query_stock_trades").value
    assert [(t.traded_volume, round(t.traded_price, 2)) for t in trades] == [
        (300, round(price, 2)),
        (200, round(price + 0.01, 2)),
    ]


def test_orders_at_one_price_are_served_in_turn(floor):
    price = floor.last(PUFA)
    first = floor.order("buy", PUFA, 200, price)
    second = floor.order("buy", PUFA, 200, price)

    floor.order("sell", PUFA, 300, price, account=BOB)

    assert floor.record(first).order_status == c.ORDER_SUCCEEDED
    assert floor.record(second).traded_volume == 100


def test_the_minimum_commission_counts_once_per_order(floor):
    price = floor.last(PUFA)
    floor.order("buy", PUFA, 300, price)
    for _ in range(3):
        floor.order("sell", PUFA, 100, price, account=BOB)

    trades = floor.ask("query_stock_trades").value

    transfer = round(300 * price * 0.00001 + 1e-9, 2)
    assert sum(t.commission for t in trades) == pytest.approx(5 + transfer)
    assert trades[0].commission >= 5


def test_shares_bought_today_cannot_be_sold_today_but_tomorrow(floor):
    held = floor.position(PUFA)
    assert (held.volume, held.can_use_volume, held.on_road_volume) == (1_432, 1_232, 200)
    refused = floor.record(floor.order("sell", PUFA, 1_300, floor.last(PUFA)))
    assert refused.status_msg.endswith("another 200 were bought today and can be sold tomorrow")

    floor.next_day()

    held = floor.position(PUFA)
    assert (held.can_use_volume, held.on_road_volume, held.yesterday_volume) == (1_432, 0, 1_432)


def test_open_orders_expire_at_the_end_of_the_day_and_give_everything_back(floor):
    floor.order("buy", PUFA, 1_000, floor.last(PUFA))
    floor.order("sell", PINGAN, 100, floor.last(PINGAN))

    floor.next_day()

    ended = [p.record for p in floor.pushes if p.kind == "stock_order"]
    assert [record.order_status for record in ended] == [c.ORDER_CANCELED] * 2
    assert floor.asset().frozen_cash == 0
    assert floor.position(PINGAN).frozen_volume == 0
    assert floor.ask("query_stock_orders").value == []


def test_a_cancel_gives_the_cash_back_and_says_so(floor):
    before = floor.state()
    number = floor.order("buy", PUFA, 1_000, floor.last(PUFA))

    result, order_id, sysid = floor.cancel(number)

    assert (result, order_id) == (0, number)
    assert floor.record(number).order_status == c.ORDER_CANCELED
    assert sysid == floor.record(number).order_sysid
    assert floor.state() == before


def test_a_cancel_after_a_part_leaves_a_partly_filled_cancelled_order(floor):
    price = floor.last(PUFA)
    number = floor.order("buy", PUFA, 500, price)
    floor.order("sell", PUFA, 200, price, account=BOB)

    floor.cancel(number)

    order = floor.record(number)
    assert (order.order_status, order.traded_volume) == (c.ORDER_PART_CANCEL, 200)
    assert floor.asset().frozen_cash == 0


@pytest.mark.parametrize("market", [c.SH_MARKET, "SH", "sh"])
def test_an_order_can_be_cancelled_by_its_broker_number(floor, market):
    number = floor.order("buy", PUFA, 100, floor.last(PUFA))
    sysid = floor.record(number).order_sysid

    reply = floor.ask("cancel_order_stock_sysid", market=market, order_sysid=sysid)

    assert reply.value == (0, number, sysid)


def test_a_broker_number_on_the_wrong_market_finds_nothing(floor):
    sysid = floor.record(floor.order("buy", PUFA, 100, floor.last(PUFA))).order_sysid

    reply = floor.ask("cancel_order_stock_sysid", market=c.SZ_MARKET, order_sysid=sysid)

    assert reply.value[0] == -1
    assert reply.error_id == RefusalCode.UNKNOWN_ORDER


def test_a_filled_order_cannot_be_cancelled_and_stays_filled(floor):
    price = floor.last(PUFA)
    number = floor.order("buy", PUFA, 100, price)
    floor.order("sell", PUFA, 100, price, account=BOB)

    result = floor.cancel(number)

    (push,) = floor.pushes
    assert result[0] == -1
    assert (push.kind, push.record.error_id) == ("cancel_error", RefusalCode.NOT_CANCELLABLE)
    assert floor.record(number).order_status == c.ORDER_SUCCEEDED


def test_somebody_elses_order_cannot_be_cancelled(floor):
    number = floor.order("buy", PUFA, 100, floor.last(PUFA))

    assert floor.cancel(number, account=BOB)[0] == -1
    assert floor.record(number).order_status == c.ORDER_REPORTED


@pytest.mark.parametrize(
    ("side", "code", "volume", "ticks", "reason"),
    [
        ("buy", "600001.SH", 100, 0, RefusalCode.UNKNOWN_CODE),
        ("buy", PUFA, 150, 0, RefusalCode.LOT),
        ("buy", STAR, 150, 0, RefusalCode.LOT),
        ("buy", BEIJING, 99, 0, RefusalCode.LOT),
        ("sell", PUFA, 40, 0, RefusalCode.LOT),
        ("buy", PUFA, 1_000_100, 0, RefusalCode.TOO_LARGE),
        ("buy", PUFA, 100, 0.5, RefusalCode.TICK),
        ("buy", PUFA, 100, 400, RefusalCode.PRICE_LIMIT),
        ("sell", PUFA, 100, -400, RefusalCode.PRICE_LIMIT),
        ("buy", PUFA, 100, 60, RefusalCode.PRICE_CAGE),
        ("buy", PUFA, 900_000, 0, RefusalCode.CASH),
        ("sell", PUFA, 1_300, 0, RefusalCode.VOLUME),
        (c.CREDIT_FIN_BUY, PUFA, 100, 0, RefusalCode.ORDER_TYPE),
    ],
)
def test_a_refusal_is_an_order_with_status_57_and_moves_nothing(
    floor, side, code, volume, ticks, reason
):
    before = floor.state()
    known = code if code != "600001.SH" else PUFA
    price = floor.last(known) + ticks * floor.market.rules(known).tick / 10_000

    number = floor.order(side, code, volume, price)

    order, error = floor.pushes
    assert number > 0
    assert (order.kind, order.record.order_status) == ("stock_order", c.ORDER_JUNK)
    assert order.record.status_msg == error.record.error_msg != ""
    assert (error.kind, error.record.error_id) == ("order_error", reason)
    assert (error.record.order_id, error.record.order_remark) == (number, "note")
    assert floor.state() == before


def test_a_market_type_of_another_venue_is_refused(floor):
    floor.order("buy", PUFA, 100, price_type=c.MARKET_SZ_FULL_OR_CANCEL)

    assert floor.pushes[-1].record.error_id == RefusalCode.PRICE_TYPE


def test_an_unknown_account_gets_no_number(floor):
    number = floor.order("buy", PUFA, 100, 10.0, account="nobody")

    assert number == -1
    assert floor.kinds() == ["order_error"]


@pytest.mark.parametrize("volume", [32, 132, 232, 1_232])
def test_the_odd_lot_of_a_holding_may_be_sold_with_or_without_whole_lots(floor, volume):
    number = floor.order("sell", PUFA, volume, floor.last(PUFA))

    assert floor.record(number).order_status == c.ORDER_REPORTED


def test_a_best_five_order_leaves_nothing_behind(floor):
    price = floor.last(PUFA)
    floor.order("sell", PUFA, 200, price, account=BOB)

    number = floor.order("buy", PUFA, 500, price_type=c.MARKET_SH_CONVERT_5_CANCEL)

    order = floor.record(number)
    assert (order.order_status, order.traded_volume) == (c.ORDER_PART_CANCEL, 200)
    assert order.price_type == 88
    assert floor.asset().frozen_cash == 0


def test_a_best_five_to_limit_order_holds_only_what_its_new_price_needs(floor):
    price = floor.last(PUFA)
    floor.order("sell", PUFA, 200, price, account=BOB)

    number = floor.order("buy", PUFA, 500, price_type=c.MARKET_SH_CONVERT_5_LIMIT)

    order = floor.record(number)
    assert (order.order_status, order.traded_volume, order.price) == (
        c.ORDER_PART_SUCC,
        200,
        price,
    )
    assert 300 * price <= floor.asset().frozen_cash < 300 * price + 6


def test_the_latest_price_becomes_a_limit_at_the_last_price(floor):
    number = floor.order("buy", PUFA, 100, price_type=c.LATEST_PRICE)

    order = floor.record(number)
    assert (order.price, order.price_type) == (floor.last(PUFA), 50)


def test_a_fund_pays_no_stamp_duty(floor):
    price = floor.last(FUND)
    floor.order("buy", FUND, 1_000, price)
    floor.order("sell", FUND, 1_000, price, account=BOB)

    (trade,) = floor.ask("query_stock_trades", BOB).value
    assert trade.commission == 5


def test_proceeds_are_cash_today_and_withdrawable_tomorrow(floor):
    price = floor.last(PUFA)
    floor.order("buy", PUFA, 1_000, price)
    floor.order("sell", PUFA, 1_000, price, account=BOB)

    asset = floor.asset(BOB)
    assert asset.cash > 1_000_000
    assert asset.fetch_balance == 1_000_000
    floor.next_day()
    assert floor.asset(BOB).fetch_balance == asset.cash


def test_a_query_for_an_unknown_account_fails_in_words(floor):
    reply = floor.ask("query_stock_asset", "nobody")

    assert reply.value is None
    assert "nobody" in reply.error


def test_an_account_opens_once(floor):
    assert floor.ask("open_account", "1003", cash=50_000 * 10_000).value == 0
    assert floor.asset("1003").cash == 50_000
    assert floor.ask("open_account", "1003", cash=1).value == -1


def test_the_same_seed_clock_and_requests_give_the_same_pushes_byte_for_byte():
    def run():
        floor = Floor(flow=True, seed=11)
        told = []
        for step in range(40):
            floor.clock.set(floor.clock.now() + 750_000_000)
            floor.market.advance(floor.clock.now())
            told += floor.terminal.drain()
            rules = floor.market.rules(PUFA)
            price = (floor.market.last_price(PUFA) + (step % 5 - 2) * rules.tick) / 10_000
            floor.order("buy" if step % 2 else "sell", PUFA, 100, price)
            told += floor.pushes
        return repr(told).encode()

    first = run()

    assert first == run()
    assert b"stock_trade" in first


def test_a_new_day_is_told_as_an_account_that_is_ready(floor):
    floor.order("buy", PUFA, 100, floor.last(PUFA))

    floor.next_day()

    told = [push for push in floor.pushes if push.account_id == ANN]
    assert told[-1].kind == "account_status"
    assert told[-1].record.status == c.ACCOUNT_STATUS_OK
