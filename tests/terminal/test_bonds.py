"""Convertible bonds in a stock account."""

import pytest

from tests.terminal.repo_floor import ANN, BOB, BOND, BOND_SZ, RepoFloor
from xtnb import xtconstant as c
from xtnb.errors import RefusalCode


@pytest.fixture
def floor():
    return RepoFloor()


def test_bonds_bought_today_can_be_sold_today(floor):
    floor.deal("buy", BOND, 100, 121.48)

    position = floor.position(BOND)
    assert (position.volume, position.can_use_volume, position.on_road_volume) == (600, 600, 0)
    sold = floor.record(floor.order("sell", BOND, 600, 121.48))
    assert sold.order_status == c.ORDER_REPORTED


def test_a_bond_costs_its_amount_and_the_commission_and_no_stamp_duty(floor):
    floor.deal("buy", BOND, 100, 121.48)

    assert floor.asset(ANN).cash == 1_000_000 - 12_148 - 1.0
    assert floor.asset(BOB).cash == 1_000_000 + 12_148 - 1.0


def test_a_bond_order_comes_back_as_a_limit_order(floor):
    order = floor.record(floor.order("buy", BOND_SZ, 10, 128.901))

    assert (order.price_type, order.price) == (c.BROKER_PRICE_LIMIT, 128.901)
    assert order.instrument_name == "温氏转债"


@pytest.mark.parametrize(
    ("side", "volume", "price", "price_type", "code"),
    [
        ("buy", 15, 121.48, c.FIX_PRICE, RefusalCode.LOT),
        ("buy", 10, 121.4805, c.FIX_PRICE, RefusalCode.TICK),
        ("buy", 10, 145.777, c.FIX_PRICE, RefusalCode.PRICE_LIMIT),
        ("buy", 10, 0.0, c.MARKET_SH_CONVERT_5_CANCEL, RefusalCode.PRICE_TYPE),
        ("buy", 10, 0.0, c.LATEST_PRICE, RefusalCode.PRICE_TYPE),
        ("sell", 510, 121.48, c.FIX_PRICE, RefusalCode.VOLUME),
        (c.CREDIT_FIN_BUY, 10, 121.48, c.FIX_PRICE, RefusalCode.ORDER_TYPE),
        (c.ETF_PURCHASE, 10, 121.48, c.FIX_PRICE, RefusalCode.NOT_ELIGIBLE),
    ],
)
def test_a_refused_bond_order_leaves_the_account_as_it_was(
    floor, side, volume, price, price_type, code
):
    before = floor.state()

    number = floor.order(side, BOND, volume, price, price_type=price_type)

    assert floor.reply.error_id == code
    assert floor.record(number).order_status == c.ORDER_JUNK
    assert floor.state() == before


def test_the_daily_limit_of_a_bond_is_a_fifth(floor):
    rules = floor.market.rules(BOND)

    assert (rules.down, rules.up) == (971_840, 1_457_760)
    assert (rules.tick, rules.lot) == (10, 10)
