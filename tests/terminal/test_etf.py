"""Creating and redeeming ETF units in a stock account."""

import pytest

from tests.terminal.repo_floor import BOND, CHINEXT, CSI, RepoFloor
from xtnb import xtconstant as c
from xtnb.errors import RefusalCode
from xtnb.rules.etf import baskets

CREATE, REDEEM = c.ETF_PURCHASE, c.ETF_REDEMPTION
MERCHANTS, PUFA = "600036.SH", "600000.SH"


@pytest.fixture
def floor():
    return RepoFloor()


def test_a_creation_gives_the_basket_and_gets_the_units(floor):
    order = floor.record(floor.order(CREATE, CSI, 10_000))

    assert (order.order_status, order.traded_volume) == (c.ORDER_SUCCEEDED, 10_000)
    assert order.price_type == c.BROKER_PRICE_PROP_ETF
    assert floor.position(CSI).volume == 40_000
    assert floor.position(MERCHANTS).volume == 2_000 - 200
    assert floor.position("600519.SH").volume == 2_000
    assert floor.asset().cash == 1_000_000 - 3_478 - 5_730


def test_a_redemption_gives_the_units_and_gets_the_basket(floor):
    floor.order(REDEEM, CSI, 20_000)

    assert floor.position(CSI).volume == 10_000
    assert floor.position(MERCHANTS).volume == 2_000 + 400
    assert floor.asset().cash == 1_000_000 + 2 * (3_478 + 5_730)


def test_at_the_references_a_basket_is_worth_its_units(floor):
    before = floor.asset().total_asset

    floor.order(CREATE, CSI, 10_000)
    assert floor.asset().total_asset == pytest.approx(before, abs=1)
    floor.order(REDEEM, CHINEXT, 10_000)
    assert floor.asset().total_asset == pytest.approx(before, abs=1)


def test_it_is_told_as_trade_order_positions_and_asset(floor):
    floor.order(CREATE, CSI, 10_000)

    kinds = floor.kinds()
    assert kinds[:2] == ["stock_trade", "stock_order"]
    assert set(kinds[2:-1]) == {"stock_position"}
    assert kinds[-1] == "stock_asset"
    trade = floor.pushes[0].record
    assert (trade.order_type, trade.traded_volume, trade.traded_price) == (CREATE, 10_000, 4.712)


def test_created_units_can_be_sold_today_and_not_redeemed():
    floor = RepoFloor()
    floor.order(REDEEM, CSI, 30_000)
    floor.order(CREATE, CSI, 10_000)
    before = floor.state()

    floor.order(REDEEM, CSI, 10_000)

    assert floor.reply.error_id == RefusalCode.VOLUME
    assert floor.state() == before
    assert floor.position(CSI).can_use_volume == 10_000
    floor.next_day()
    floor.order(REDEEM, CSI, 10_000)
    assert floor.reply.error == ""


def test_bought_units_can_be_redeemed_today_and_not_sold():
    floor = RepoFloor()
    floor.order(REDEEM, CSI, 30_000)
    floor.deal("buy", CSI, 10_000, 4.712)

    assert floor.position(CSI).can_use_volume == 0
    floor.order(REDEEM, CSI, 10_000)
    assert floor.reply.error == ""
    assert floor.position(CSI).volume == 0


def test_bought_stocks_can_be_used_to_create_today():
    floor = RepoFloor()
    floor.order("sell", MERCHANTS, 2_000, 41.56)
    floor.order("buy", MERCHANTS, 2_000, 41.56, account="1002")
    floor.order(CREATE, CSI, 10_000)
    assert floor.reply.error_id == RefusalCode.VOLUME

    floor.deal("buy", MERCHANTS, 200, 41.56)
    assert floor.position(MERCHANTS).can_use_volume == 0
    floor.order(CREATE, CSI, 10_000)

    assert floor.reply.error == ""
    assert floor.position(MERCHANTS).volume == 0


def test_redeemed_stocks_can_be_sold_today_and_not_used_to_create():
    floor = RepoFloor()
    floor.order("sell", MERCHANTS, 2_000, 41.56)
    floor.order("buy", MERCHANTS, 2_000, 41.56, account="1002")
    floor.order(REDEEM, CSI, 10_000)
    assert floor.position(MERCHANTS).can_use_volume == 200

    floor.order(CREATE, CSI, 10_000)
    assert floor.reply.error_id == RefusalCode.VOLUME

    sold = floor.record(floor.order("sell", MERCHANTS, 200, 41.56))
    assert sold.order_status == c.ORDER_REPORTED


def test_a_sale_takes_what_the_basket_brought_first(floor):
    floor.order(REDEEM, CSI, 10_000)  # 200 more of the bank
    floor.order("sell", MERCHANTS, 300, 41.56)
    floor.order("buy", MERCHANTS, 300, 41.56, account="1002")

    usable = floor.terminal._accounts[c.SECURITY_ACCOUNT, "1001"].counters.baskets.usable(MERCHANTS)

    assert usable == floor.position(MERCHANTS).volume == 1_900


def test_what_is_missing_of_an_allowed_stock_is_paid_with_a_premium(floor):
    floor.order("sell", PUFA, 1_700, 10.80)
    before = floor.asset().cash

    floor.order(CREATE, CSI, 10_000)

    assert floor.position(PUFA).volume == 1_700
    assert floor.asset().cash == pytest.approx(before - 3_478 - 5_730 - 100 * 10.80 * 1.1)


def test_what_open_sales_hold_cannot_be_given():
    floor = RepoFloor()
    floor.order("sell", MERCHANTS, 1_900, 41.56)

    floor.order(CREATE, CSI, 10_000)

    assert floor.reply.error_id == RefusalCode.VOLUME


@pytest.mark.parametrize(
    ("side", "code", "volume", "price_type", "refusal"),
    [
        (CREATE, CSI, 5_000, c.FIX_PRICE, RefusalCode.LOT),
        (REDEEM, CSI, 0, c.FIX_PRICE, RefusalCode.LOT),
        (REDEEM, CSI, 40_000, c.FIX_PRICE, RefusalCode.VOLUME),
        (CREATE, CSI, 110_000, c.FIX_PRICE, RefusalCode.VOLUME),
        (CREATE, CSI, 10_000, c.LATEST_PRICE, RefusalCode.PRICE_TYPE),
        (CREATE, MERCHANTS, 10_000, c.FIX_PRICE, RefusalCode.NOT_ELIGIBLE),
        (CREATE, BOND, 10_000, c.FIX_PRICE, RefusalCode.NOT_ELIGIBLE),
        (CREATE, "999999.SH", 10_000, c.FIX_PRICE, RefusalCode.UNKNOWN_CODE),
    ],
)
def test_a_refused_basket_leaves_the_account_as_it_was(
    floor, side, code, volume, price_type, refusal
):
    before = floor.state()

    number = floor.order(side, code, volume, price_type=price_type)

    assert floor.reply.error_id == refusal
    assert floor.record(number).order_status == c.ORDER_JUNK
    assert floor.state() == before


def test_a_creation_that_the_cash_does_not_cover_is_refused():
    floor = RepoFloor(cash=9_207)
    before = floor.state()

    floor.order(CREATE, CSI, 10_000)

    assert floor.reply.error_id == RefusalCode.CASH
    assert floor.state() == before


def test_every_basket_is_of_instruments_that_are_traded():
    floor = RepoFloor()
    for basket in baskets().values():
        for component in basket.components:
            assert component.stock_code in floor.market.instruments
