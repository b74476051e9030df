"""What a Stock Connect account does on the paper terminal."""

import pytest

from tests.terminal.connect_floor import ICBC, JUN, LI, MEI, TENCENT, XIAOMI, ConnectFloor
from xtnb import xtconstant as c
from xtnb.errors import RefusalCode
from xtnb.rules.connect import ConnectSettings, connect_stocks
from xtnb.terminal.accounts.connect import open_demo
from xtnb.terminal.clock import SECOND, HandClock
from xtnb.terminal.engine import PaperTerminal
from xtnb.terminal.market import Market


@pytest.fixture
def floor():
    return ConnectFloor()


def test_a_buy_in_hong_kong_dollars_freezes_yuan_at_the_reference_sell_rate(floor):
    order = floor.record(floor.order("buy", TENCENT, 100, 610.0))

    asset = floor.asset()
    hkd = 61_000 + 15.25 + 61 + 3.45 + 1.65 + 0.09 + 2.56
    assert (order.order_status, order.price, order.price_type) == (50, 610.0, 93)
    assert asset.frozen_cash == pytest.approx(round(hkd * 0.94245, 2), abs=0.011)
    assert asset.cash + asset.frozen_cash == 1_000_000


def test_both_routes_see_one_book_and_one_price(floor):
    floor.order("sell", "00700.SGT", 200, 610.0, account=LI)
    floor.order("buy", TENCENT, 100, 610.0)

    assert floor.position(TENCENT).volume == 10_150
    assert floor.position("00700.SGT", LI).volume == 9_950
    assert floor.market.last_price("00700.HGT") == floor.market.last_price("00700.SGT")
    assert floor.market.quote("00700.SGT").ask_volume[0] == 100
    assert floor.market.quote("00700.HGT").transactions == 1


def test_the_two_routes_stay_together_over_a_night(floor):
    floor.order("sell", "00700.SGT", 100, 611.0, account=LI)
    floor.order("buy", TENCENT, 100, 611.0)

    floor.next_day()

    assert {floor.market.prev_close(f"00700.{route}") for route in ("HGT", "SGT")} == {6_110_000}
    bars = [floor.market.bars(f"00700.{route}", "1d", count=2) for route in ("HGT", "SGT")]
    assert bars[0] == bars[1]
    assert bars[0][0].volume == 100


def test_a_code_with_hk_is_taken_as_of_the_accounts_route(floor):
    order = floor.record(floor.order("buy", "00700.HK", 100, 610.0))

    assert (order.stock_code, order.order_status) == (TENCENT, c.ORDER_REPORTED)
    assert floor.position("00700.HK").stock_code == TENCENT


def test_the_code_of_the_other_route_is_refused(floor):
    before = floor.state()

    floor.order("buy", "00700.SGT", 100, 610.0)

    assert floor.reply.error_id == RefusalCode.UNKNOWN_CODE
    assert floor.state() == before


def test_shares_bought_today_can_be_sold_today(floor):
    floor.order("sell", TENCENT, 100, 610.0, account=JUN)
    floor.order("buy", TENCENT, 100, 610.0)

    position = floor.position(TENCENT)
    assert (position.can_use_volume, position.on_road_volume) == (10_150, 0)


def test_a_fill_is_told_as_trade_order_position_and_asset(floor):
    floor.order("sell", XIAOMI, 200, 43.28, account=JUN)
    floor.order("buy", XIAOMI, 200, 43.28)

    kinds = [push.kind for push in floor.pushes if push.account_id == MEI]
    assert kinds[-4:] == ["stock_trade", "stock_order", "stock_position", "stock_asset"]
    trade = next(push.record for push in floor.pushes if push.kind == "stock_trade")
    assert (trade.traded_price, trade.traded_amount) == (43.28, 8_656.0)


def test_a_sale_can_be_spent_today_and_withdrawn_after_two_turns(floor):
    floor.order("buy", TENCENT, 100, 610.0, account=JUN)
    before = floor.asset()
    floor.order("sell", TENCENT, 100, 610.0)

    sold = floor.asset()
    assert sold.cash > before.cash + 50_000
    assert sold.fetch_balance == before.fetch_balance == 1_000_000
    floor.next_day()
    assert floor.asset().fetch_balance == 1_000_000
    floor.next_day()
    assert floor.asset().fetch_balance == floor.asset().cash > sold.cash


def test_the_end_of_the_day_counts_again_at_the_settlement_rate(floor):
    floor.order("sell", TENCENT, 100, 610.0, account=JUN)
    floor.order("buy", TENCENT, 100, 610.0)
    bought, sold = floor.asset(), floor.asset(JUN)
    fees = 15.25 + 61 + 3.45 + 1.65 + 0.09 + 2.56

    floor.next_day()

    assert bought.cash == pytest.approx(1_000_000 - (61_000 + fees) * 0.94245, abs=0.011)
    assert sold.cash == pytest.approx(1_000_000 + (61_000 - fees) * 0.88755, abs=0.011)
    final, brought = floor.asset(), floor.asset(JUN)
    assert final.cash == pytest.approx(1_000_000 - (61_000 + fees) * 0.91518, abs=0.011)
    assert brought.cash == pytest.approx(1_000_000 + (61_000 - fees) * 0.91482, abs=0.011)


def test_an_order_over_ten_queues_fills_what_it_reaches_and_rests_at_its_price(floor):
    for spread in range(12):
        floor.order("sell", TENCENT, 100, 612.0 + spread * 0.5, account=JUN)

    number = floor.order("buy", TENCENT, 1_200, 616.5)

    order = floor.record(number)
    assert (order.traded_volume, order.price) == (1_000, 616.5)
    assert order.order_status == c.ORDER_PART_SUCC
    assert floor.market.book(TENCENT).best_bid == 6_165_000
    assert floor.market.book(TENCENT).best_ask == 6_170_000


def test_an_odd_lot_can_be_sold_and_not_bought(floor):
    before = floor.state()
    floor.order("buy", TENCENT, 50, 612.0)
    assert floor.reply.error_id == RefusalCode.LOT
    assert floor.state() == before

    sold = floor.record(floor.order("sell", TENCENT, 50, 612.0))

    assert (sold.order_status, sold.price_type) == (c.ORDER_REPORTED, c.BROKER_PRICE_RETAIL_LIMIT)


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (("buy", TENCENT, 150, 612.0), RefusalCode.LOT),
        (("buy", TENCENT, 100, 612.25), RefusalCode.TICK),
        (("buy", TENCENT, 100, 612.00001), RefusalCode.TICK),
        (("buy", TENCENT, 100, 700.0), RefusalCode.PRICE_CAGE),
        (("buy", TENCENT, 10_000, 612.0), RefusalCode.CASH),
        (("sell", TENCENT, 10_100, 612.0), RefusalCode.VOLUME),
        ((c.CREDIT_FIN_BUY, TENCENT, 100, 612.0), RefusalCode.ORDER_TYPE),
        ((c.ETF_PURCHASE, TENCENT, 100, 612.0), RefusalCode.ORDER_TYPE),
        (("buy", "600000.SH", 100, 10.8), RefusalCode.UNKNOWN_CODE),
        (("buy", "00001.HK", 100, 10.8), RefusalCode.UNKNOWN_CODE),
    ],
)
def test_a_refused_order_leaves_the_account_as_it_was(floor, order, code):
    before = floor.state()

    number = floor.order(*order)

    refused = floor.record(number)
    assert (floor.state(), refused.order_status) == (before, c.ORDER_JUNK)
    assert refused.status_msg


def test_a_refusal_is_told_as_order_and_order_error(floor):
    floor.order("buy", TENCENT, 150, 612.0)

    assert [push.kind for push in floor.pushes] == ["stock_order", "order_error"]
    assert floor.pushes[1].record.error_id == RefusalCode.LOT


def test_a_price_type_other_than_limit_is_refused(floor):
    floor.order("buy", TENCENT, 100, 0.0, price_type=c.MARKET_PEER_PRICE_FIRST)

    assert floor.reply.error_id == RefusalCode.PRICE_TYPE


@pytest.mark.parametrize("market", ["HGT", "HK"])
def test_an_order_is_cancelled_by_the_brokers_id_and_hong_kong_in_letters(floor, market):
    sysid = floor.record(floor.order("buy", TENCENT, 100, 610.0)).order_sysid

    elsewhere = floor.ask("cancel_order_stock_sysid", market="SGT", order_sysid=sysid)
    here = floor.ask("cancel_order_stock_sysid", market=market, order_sysid=sysid)

    assert (elsewhere[0], here[0]) == (-1, 0)
    assert floor.asset().frozen_cash == 0


def test_a_stock_that_was_taken_off_the_list_can_only_be_sold():
    floor = ConnectFloor(settings=ConnectSettings(sell_only=frozenset({"00700"})))

    bought = floor.order("buy", TENCENT, 100, 610.0)
    reason = floor.reply.error
    sold = floor.order("sell", TENCENT, 100, 611.0)

    assert floor.record(bought).order_status == c.ORDER_JUNK
    assert floor.record(sold).order_status == c.ORDER_REPORTED
    assert "只可卖出" in reason
    assert "may only be sold" in reason


def test_an_order_for_an_auction_is_refused_with_the_reason(floor):
    floor.order("buy", TENCENT, 100, 610.0, price_type=c.BROKER_PRICE_BID_LIMIT)

    assert floor.reply.error_id == RefusalCode.PRICE_TYPE
    assert "trades continuously" in floor.reply.error


def test_a_cancel_gives_everything_back(floor):
    before = floor.state()

    floor.cancel(floor.order("buy", ICBC, 1_000, 6.12))
    floor.cancel(floor.order("sell", ICBC, 1_000, 6.12))

    assert floor.state() == before


def test_market_value_is_yuan_and_the_total_is_the_sum(floor):
    asset = floor.asset()
    positions = floor.ask("query_stock_positions")

    assert asset.market_value == pytest.approx(sum(row.market_value for row in positions))
    assert asset.total_asset == pytest.approx(asset.cash + asset.frozen_cash + asset.market_value)
    tencent = floor.position(TENCENT)
    assert tencent.last_price == 612.0
    assert tencent.market_value == pytest.approx(612.0 * 10_050 * 0.91482)


def test_the_flow_quotes_whole_lots_on_valid_prices():
    known = connect_stocks()
    codes = [TENCENT, "00700.SGT", XIAOMI, "01810.SGT"]
    clock = HandClock()
    market = Market(clock, 5, [known[code] for code in codes])
    market.advance(clock.now() + 300 * SECOND)

    for code in codes:
        quote, rules = market.quote(code), market.rules(code)
        assert quote.transactions > 0
        assert all(quote.bid_price)
        assert all(quote.ask_price)
        for volume in (*quote.bid_volume, *quote.ask_volume):
            assert volume % rules.lot == 0
        for price in (*quote.bid_price, *quote.ask_price):
            assert round(price * 10_000) % rules.tick_at(round(price * 10_000)) == 0
    assert market.quote(TENCENT).bid_price == market.quote("00700.SGT").bid_price


def test_the_demos_accounts_hold_three_stocks_each_and_an_odd_lot_among_them():
    known = connect_stocks()
    terminal = PaperTerminal("demo", Market(HandClock(), 1, known.values(), flow=False))

    for books, kind in zip(open_demo(terminal.floor), (7, 11), strict=True):
        odd = [code for code, held in books.holdings.items() if held.sellable % known[code].lot]
        assert (books.account_type, len(books.holdings), len(odd)) == (kind, 3, 1)
        assert books.asset().cash == 500_000
