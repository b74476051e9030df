"""What happens to a margin account when its maintenance ratio falls below the lines."""

import pytest

from tests.terminal.credit_floor import (
    BOB,
    FUND,
    MARY,
    PINGAN,
    PUFA,
    STAR,
    CreditFloor,
)
from xtnb import xtconstant as c
from xtnb.rules.collateral import CreditSettings
from xtnb.terminal.accounts.credit_opening import (
    DEMO_CREDIT_ACCOUNT,
    OpeningDebt,
    demo_credit,
    open_credit,
)
from xtnb.terminal.clock import MINUTE
from xtnb.terminal.engine import PaperTerminal
from xtnb.terminal.market import Market
from xtnb.terminal.scenario import OpeningPosition

QUERIES = (
    "query_stock_asset",
    "query_stock_position",
    "query_stock_positions",
    "query_credit_detail",
    "query_stk_compacts",
    "query_credit_subjects",
    "query_credit_slo_code",
    "query_credit_assure",
)


def leveraged(**settings):
    """Mary owes 84,160 for shares worth as much, and has 43,000: a ratio of 151 %."""
    return CreditFloor(
        cash=43_000,
        positions=(),
        debts=(OpeningDebt(PUFA, False, 8_000, 100, 0),),
        settings=CreditSettings(**settings),
    )


def forced(floor):
    return [order for order in floor.ask("query_stock_orders") if order.offset_flag == 50]


def bids(floor, code, volume):
    """Bob bids for a lot of shares one tick below the last price."""
    floor.order(c.STOCK_BUY, code, volume, floor.last(code) - 0.01, account=BOB)


def test_a_check_follows_the_market_within_half_a_second():
    floor = leveraged()

    floor.trade(PUFA, round(floor.last(PUFA) * 0.982, 2))
    before = floor.books.lines.line
    floor.second()

    assert (before, floor.books.lines.line) == ("", "warning")


def test_below_the_warning_line_the_account_is_told_and_nothing_is_sold():
    floor = leveraged()

    floor.trade(PUFA, round(floor.last(PUFA) * 0.982, 2))
    floor.second()

    assert [push.kind for push in floor.pushes if push.account_id == MARY] == ["stock_asset"]
    assert forced(floor) == []
    floor.second()
    assert floor.pushes == []


def test_below_the_close_line_cash_repays_first():
    floor = leveraged(close_line=15_000)

    floor.trade(PUFA, round(floor.last(PUFA) * 0.982, 2))
    floor.second()

    (order,) = forced(floor)
    assert (order.order_type, order.order_status) == (c.CREDIT_DIRECT_CASH_REPAY, 56)
    assert order.strategy_name == "强制平仓"
    assert floor.detail().m_dPerAssurescaleValue >= 150
    assert floor.books.lines.line == "close-out"
    floor.second()
    assert len(forced(floor)) == 1


def poor(**settings):
    """Mary has no cash, owes 168,320 for 20,000 shares at 80 %: a ratio of 125 %."""
    return CreditFloor(
        cash=0,
        positions=(),
        debts=(OpeningDebt(PUFA, False, 20_000, 80, 0),),
        settings=CreditSettings(**settings),
    )


def test_below_the_close_line_holdings_are_sold_to_repay_until_the_ratio_is_restored():
    floor = poor()
    bids(floor, PUFA, 1_000_000)

    floor.second()

    (order,) = forced(floor)
    assert (order.order_type, order.order_status) == (c.CREDIT_SELL_SECU_REPAY, 56)
    assert order.traded_volume < 20_000
    detail = floor.detail()
    assert detail.m_dPerAssurescaleValue == pytest.approx(150, abs=1)
    assert floor.compacts()[0].repaid_balance > 0
    trade = floor.ask("query_stock_trades")[0]
    assert trade.offset_flag == c.OFFSET_FLAG_FORCECLOSE


def test_what_the_book_does_not_take_is_tried_again_when_it_changes():
    floor = poor()
    bids(floor, PUFA, 500)
    floor.second()
    first = floor.detail().m_dFinDealAvl

    bids(floor, PUFA, 1_000_000)
    floor.second()

    assert floor.detail().m_dFinDealAvl < first
    assert floor.detail().m_dPerAssurescaleValue > 149


def test_open_orders_of_the_account_are_cancelled_first():
    floor = poor()
    number = floor.order(c.CREDIT_SELL_SECU_REPAY, PUFA, 20_000, floor.last(PUFA) + 0.1)

    bids(floor, PUFA, 1_000_000)
    floor.second()

    assert floor.record(number).order_status == c.ORDER_CANCELED
    assert "close-out" in floor.record(number).status_msg
    assert forced(floor)[-1].traded_volume > 0


def test_shares_owed_are_bought_back_out_of_the_proceeds():
    floor = CreditFloor(cash=3_000, positions=(), debts=(OpeningDebt(PINGAN, True, 2_000, 110, 0),))
    price = floor.last(PINGAN)
    floor.order(c.STOCK_SELL, PINGAN, 1_000_000, price, account=BOB)

    floor.second()

    (order,) = forced(floor)
    assert (order.order_type, order.offset_flag) == (c.CREDIT_BUY_SECU_REPAY, 50)
    assert order.traded_volume > 0
    assert floor.compacts()[0].real_compact_vol == 2_000 - order.traded_volume
    assert floor.detail().m_dPerAssurescaleValue >= 150


def test_collateral_is_sold_to_buy_back_when_only_shares_are_owed():
    floor = CreditFloor(
        cash=0,
        positions=(OpeningPosition(FUND, 5_000, 0, 100),),
        debts=(OpeningDebt(STAR, True, 400, 60, 0),),
    )
    floor.order(c.STOCK_BUY, FUND, 100_000, floor.last(FUND), account=BOB)
    floor.order(c.STOCK_SELL, STAR, 10_000, floor.last(STAR), account=BOB)

    floor.second()

    sent = [order.order_type for order in forced(floor)]
    assert c.CREDIT_SELL in sent
    assert c.CREDIT_BUY_SECU_REPAY in sent
    assert floor.compacts()[0].real_compact_vol < 400


def test_a_hopeless_account_is_sold_out_and_keeps_the_rest_of_its_debt():
    floor = CreditFloor(cash=0, positions=(), debts=(OpeningDebt(PUFA, False, 10_000, 120, 0),))
    bids(floor, PUFA, 1_000_000)

    floor.second()

    detail = floor.detail()
    assert detail.m_dMarketValue == 0
    assert 0 < detail.m_dFinDealAvl == detail.m_dTotalDebt
    assert detail.m_dAvailable < 1
    assert detail.m_dPerAssurescaleValue < 1


def test_after_the_turn_of_the_day_the_first_prices_are_checked():
    floor = poor(close_line=11_000, warn_line=11_000)
    floor.second()
    assert forced(floor) == []
    floor.trade(PUFA, floor.last(PUFA) * 0.982 // 0.01 / 100)

    floor.books.settings = CreditSettings()
    floor.next_day()

    assert [order.order_type for order in forced(floor)] == [c.CREDIT_SELL_SECU_REPAY]


def test_an_account_without_debts_listens_to_nothing():
    floor = CreditFloor()

    floor.deal(c.CREDIT_FIN_BUY, PUFA, 100, floor.last(PUFA))
    watching = dict(floor.market._watching.codes)
    floor.order(c.CREDIT_DIRECT_CASH_REPAY, "", 10_000)

    assert watching == {PUFA: 1}
    assert not floor.market._watching.codes


def test_a_closed_terminal_sends_no_more_orders():
    floor = poor()
    bids(floor, PUFA, 1_000)

    floor.terminal.close()
    floor.trade(PUFA, floor.last(PUFA) - 0.01)
    floor.second()

    assert not floor.market._watching.codes
    assert all(order.offset_flag != 50 for order in floor.books.orders.values())


def test_a_check_by_hand_tells_which_orders_it_sent():
    floor = poor()
    bids(floor, PUFA, 1_000_000)

    sent = floor.books.check_lines()

    assert sent == [order.order_id for order in forced(floor)]
    assert floor.books.check_lines() == []


def test_the_demo_account_shows_rows_in_every_query():
    floor = CreditFloor()
    market = Market(floor.clock, 1, flow=True)
    terminal = PaperTerminal("demo", market)
    books = open_credit(demo_credit(), terminal.floor)
    terminal.admit(books)

    market.advance(floor.clock.now() + MINUTE)

    for name in QUERIES:
        assert books.calls()[name]({"stock_code": "601318.SH"}), name
    detail = books.calls()["query_credit_detail"]({})[0]
    kinds = [row.compact_type for row in books.calls()["query_stk_compacts"]({})]
    pools = {row.cashgroup_prop for row in books.calls()["query_credit_slo_code"]({})}
    assert detail.account_id == DEMO_CREDIT_ACCOUNT == "1208970161"
    assert detail.m_dPerAssurescaleValue > 300
    assert detail.m_dFinFee > 0
    assert detail.m_dSloFee > 0
    assert (kinds, pools) == ([48, 49], {48, 49})
    assert books.lines.line == ""
