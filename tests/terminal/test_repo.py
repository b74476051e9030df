"""Money lent in a stock account: reverse repos."""

import pytest

from tests.terminal.repo_floor import NIGHT, WEEK, RepoFloor
from xtnb import xtconstant as c
from xtnb.errors import RefusalCode


@pytest.fixture
def floor():
    return RepoFloor()


def test_a_lender_sets_face_and_fee_aside(floor):
    order = floor.record(floor.order("sell", NIGHT, 1_000, 1.65))

    asset = floor.asset()
    assert (order.order_status, order.price_type) == (50, c.BROKER_PRICE_PROP_BUYBACK)
    assert (asset.frozen_cash, asset.cash) == (100_001.0, 899_999.0)


def test_what_is_taken_becomes_a_position_of_the_repos_code_at_its_face(floor):
    floor.borrow(NIGHT, 600, 1.7)

    number = floor.order("sell", NIGHT, 1_000, 1.65)

    order, asset, position = floor.record(number), floor.asset(), floor.position(NIGHT)
    assert (order.order_status, order.traded_volume, order.traded_price) == (55, 600, 1.7)
    assert (asset.frozen_cash, asset.cash) == (40_000.4, 899_999.0)
    assert (position.volume, position.can_use_volume, position.on_road_volume) == (600, 0, 600)
    assert position.market_value == 60_000
    total = asset.cash + asset.frozen_cash + asset.market_value
    assert asset.total_asset == pytest.approx(total)


def test_a_loan_is_told_as_trade_order_position_and_asset(floor):
    floor.order("sell", NIGHT, 1_000, 1.65)

    floor.borrow(NIGHT, 1_000, 1.65)

    assert floor.kinds() == ["stock_trade", "stock_order", "stock_position", "stock_asset"]
    trade = floor.pushes[0].record
    assert (trade.traded_price, trade.traded_amount, trade.commission) == (1.65, 100_000, 1.0)


def test_principal_and_interest_are_back_on_the_next_day(floor):
    floor.borrow(NIGHT, 1_000, 1.825)
    floor.order("sell", NIGHT, 1_000, 1.825)

    floor.next_day()

    rows = [push.record for push in floor.pushes if push.kind == "stock_position"]
    assert [row.volume for row in rows if row.stock_code == NIGHT] == [0]
    assert floor.asset().cash == 1_000_000 - 1.0 + 5.0  # 100,000 × 1.825 % / 365
    assert floor.position(NIGHT) is None


def test_what_came_back_can_be_spent_today_and_withdrawn_tomorrow(floor):
    floor.borrow(NIGHT, 1_000, 1.825)
    floor.order("sell", NIGHT, 1_000, 1.825)

    floor.next_day()
    assert floor.asset().fetch_balance == pytest.approx(floor.asset().cash - 100_005)
    floor.next_day()
    assert floor.asset().fetch_balance == floor.asset().cash


def test_a_week_is_seven_turns_of_the_day(floor):
    floor.borrow(WEEK, 100, 1.825)
    floor.order("sell", WEEK, 100, 1.825)

    for _ in range(6):
        floor.next_day()
        assert floor.position(WEEK).volume == 100
        assert floor.position(WEEK).can_use_volume == 0
    floor.next_day()

    assert floor.position(WEEK) is None
    assert floor.asset().cash == 1_000_000 - 0.5 + 3.5


def test_a_cancel_gives_back_what_is_not_lent(floor):
    floor.borrow(NIGHT, 400, 1.65)
    number = floor.order("sell", NIGHT, 1_000, 1.65)

    floor.cancel(number)

    asset = floor.asset()
    assert floor.record(number).order_status == c.ORDER_PART_CANCEL
    assert (asset.frozen_cash, asset.cash) == (0, 959_999.6)


def test_an_order_that_nobody_takes_ends_with_the_day(floor):
    floor.order("sell", NIGHT, 1_000, 1.65)

    floor.next_day()

    assert (floor.asset().cash, floor.asset().frozen_cash) == (1_000_000, 0)


@pytest.mark.parametrize(
    ("side", "volume", "price", "price_type", "code"),
    [
        ("buy", 1_000, 1.65, c.FIX_PRICE, RefusalCode.ORDER_TYPE),
        ("sell", 15, 1.65, c.FIX_PRICE, RefusalCode.LOT),
        ("sell", 0, 1.65, c.FIX_PRICE, RefusalCode.LOT),
        ("sell", 10, 1.652, c.FIX_PRICE, RefusalCode.TICK),
        ("sell", 10, 1.65003, c.FIX_PRICE, RefusalCode.TICK),
        ("sell", 10, 0.0, c.FIX_PRICE, RefusalCode.PRICE_LIMIT),
        ("sell", 10, 100.005, c.FIX_PRICE, RefusalCode.PRICE_LIMIT),
        ("sell", 10, 0.0, c.LATEST_PRICE, RefusalCode.PRICE_TYPE),
        ("sell", 10_000, 1.65, c.FIX_PRICE, RefusalCode.CASH),
        ("sell", 1_000_010, 1.65, c.FIX_PRICE, RefusalCode.TOO_LARGE),
        (c.ETF_REDEMPTION, 1_000, 1.65, c.FIX_PRICE, RefusalCode.NOT_ELIGIBLE),
    ],
)
def test_a_refused_loan_leaves_the_account_as_it_was(floor, side, volume, price, price_type, code):
    before = floor.state()

    number = floor.order(side, NIGHT, volume, price, price_type=price_type)

    assert floor.reply.error_id == code
    assert floor.record(number).order_status == c.ORDER_JUNK
    assert floor.state() == before
