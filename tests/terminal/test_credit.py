"""What the paper terminal does with the orders of a margin account."""

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
from xtnb.errors import RefusalCode
from xtnb.rules.credit_figures import ORDER_TYPES
from xtnb.terminal.accounts.credit_opening import OpeningDebt
from xtnb.terminal.scenario import OpeningPosition

FEN = pytest.approx


@pytest.fixture
def floor():
    return CreditFloor()


def near(amount):
    return pytest.approx(amount, abs=0.006)


# -- borrowing -------------------------------------------------------------------------------


def test_a_margin_buy_borrows_its_whole_amount_and_pays_only_fees(floor):
    price = floor.last(PUFA)

    floor.deal(c.CREDIT_FIN_BUY, PUFA, 1_000, price)

    (contract,) = floor.compacts()
    trade = floor.ask("query_stock_trades")[0]
    detail = floor.detail()
    assert (contract.compact_type, contract.cashgroup_prop) == (48, 48)
    assert (contract.instrument_id, contract.exchange_id) == ("600000", c.SH_MARKET)
    assert (contract.business_vol, contract.real_compact_vol) == (1_000, 1_000)
    assert contract.business_balance == contract.real_compact_balance == FEN(1_000 * price)
    assert detail.m_dFinDealAvl == detail.m_dFinDebt == FEN(1_000 * price)
    assert detail.m_dAvailable == FEN(500_000 - trade.commission)
    assert floor.position(PUFA).on_road_volume == 1_000


def test_an_open_margin_buy_holds_quota_margin_and_fees(floor):
    before, price = floor.detail(), floor.last(PUFA)

    floor.order(c.CREDIT_FIN_BUY, PUFA, 1_000, price)

    after = floor.detail()
    assert after.m_dFinUsedQuota == FEN(1_000 * price)
    assert after.m_dFinEnableQuota == FEN(before.m_dFinEnableQuota - 1_000 * price)
    fees = after.m_dFrozenCash
    assert 5 <= fees < 6
    margin = before.m_dEnableBailBalance - 1_000 * price - fees
    assert after.m_dEnableBailBalance == FEN(margin)
    assert after.m_dFinDebt == 0


def test_a_fill_rebases_quota_and_margin_to_its_price(floor):
    price = floor.last(PUFA)
    floor.order(c.STOCK_SELL, PUFA, 1_000, price - 0.1, account=BOB)

    floor.order(c.CREDIT_FIN_BUY, PUFA, 1_000, price)

    assert floor.detail().m_dFinUsedQuota == FEN(1_000 * (price - 0.1))


def test_a_cancelled_margin_buy_gives_everything_back(floor):
    before = floor.state()
    number = floor.order(c.CREDIT_FIN_BUY, PUFA, 1_000, floor.last(PUFA))

    assert floor.cancel(number)[0] == 0

    assert floor.state() == before


def test_a_short_sale_owes_shares_and_locks_its_proceeds(floor):
    price = floor.last(PINGAN)

    floor.deal(c.CREDIT_SLO_SELL, PINGAN, 1_000, price)

    (contract,) = floor.compacts()
    trade = floor.ask("query_stock_trades")[0]
    detail = floor.detail()
    assert (contract.compact_type, contract.real_compact_vol) == (49, 1_000)
    assert detail.m_dSloSellBalance == FEN(1_000 * price - trade.commission)
    assert detail.m_dSurplusSloSellBalance == detail.m_dSloSellBalance
    assert detail.m_dSloMarketValue == detail.m_dSloDebt == FEN(1_000 * price)
    assert detail.m_dAvailable == 500_000
    assert trade.commission == near(5 + 0.0005 * 1_000 * price + 0.00001 * 1_000 * price)
    assert floor.ask("query_stock_position", stock_code=PINGAN) == []


def test_a_short_sale_takes_shares_out_of_the_pool_and_a_cancel_puts_them_back(floor):
    before = floor.lendable(PINGAN)

    number = floor.order(c.CREDIT_SLO_SELL, PINGAN, 1_000, floor.last(PINGAN))
    held = floor.lendable(PINGAN)
    floor.cancel(number)

    assert (held, floor.lendable(PINGAN)) == (before - 1_000, before)


def test_a_short_sale_below_the_last_price_is_refused(floor):
    price = floor.last(PINGAN)
    floor.trade(PINGAN, price + 0.05)
    before = floor.state()

    floor.order(c.CREDIT_SLO_SELL, PINGAN, 100, price + 0.04)

    assert floor.reply.error_id == RefusalCode.UPTICK
    assert floor.state() == before


def test_who_is_short_in_a_security_sells_it_no_lower_than_the_last_price():
    floor = CreditFloor(positions=(OpeningPosition(PINGAN, 1_000, 0, 100),))
    price = floor.last(PINGAN)
    free = floor.cancel(floor.order(c.CREDIT_SELL, PINGAN, 100, price - 0.01))[0]
    floor.deal(c.CREDIT_SLO_SELL, PINGAN, 100, price)

    floor.order(c.CREDIT_SELL, PINGAN, 100, price - 0.01)
    lower = floor.reply
    floor.order(c.CREDIT_SELL, PINGAN, 100, price)

    assert free == 0
    assert lower.error_id == RefusalCode.UPTICK
    assert "while the account is short in this security" in lower.error
    assert floor.reply.error_id == 0


def test_before_the_first_trade_of_a_day_the_previous_close_is_the_uptick(floor):
    floor.trade(PINGAN, floor.last(PINGAN) - 0.05)
    close = floor.last(PINGAN)
    floor.next_day()

    floor.order(c.CREDIT_SLO_SELL, PINGAN, 100, close - 0.01)
    refused = floor.reply.error_id
    floor.order(c.CREDIT_SLO_SELL, PINGAN, 100, close)

    assert (refused, floor.reply.error_id) == (RefusalCode.UPTICK, 0)


def test_short_proceeds_do_not_buy_collateral():
    floor = CreditFloor(cash=20_000, positions=(OpeningPosition(PUFA, 50_000, 0, 100),))
    floor.deal(c.CREDIT_SLO_SELL, PINGAN, 10_000, floor.last(PINGAN))

    floor.order(c.CREDIT_BUY, PUFA, 5_000, floor.last(PUFA))

    assert floor.reply.error_id == RefusalCode.CASH
    assert floor.detail().m_dSurplusSloSellBalance > 100_000


# -- giving back -----------------------------------------------------------------------------


def test_buying_to_return_spends_short_proceeds_and_frees_what_is_left(floor):
    price = floor.last(PINGAN)
    floor.deal(c.CREDIT_SLO_SELL, PINGAN, 1_000, price)
    lent = floor.lendable(PINGAN)

    floor.deal(c.CREDIT_BUY_SECU_REPAY, PINGAN, 1_000, price - 0.1)

    detail = floor.detail()
    fees = sum(trade.commission for trade in floor.ask("query_stock_trades"))
    assert floor.lendable(PINGAN) == lent + 1_000
    assert detail.m_dSloDebt == detail.m_dSloSellBalance == detail.m_dSurplusSloSellBalance == 0
    assert detail.m_dAvailable == FEN(500_000 + 100 - fees)
    assert floor.compacts()[0].real_compact_vol == 0


def test_after_a_part_is_returned_the_rest_of_the_proceeds_stays_locked(floor):
    price = floor.last(PINGAN)
    floor.deal(c.CREDIT_SLO_SELL, PINGAN, 1_000, price)
    sold = floor.detail().m_dSloSellBalance

    floor.deal(c.CREDIT_BUY_SECU_REPAY, PINGAN, 400, price)

    detail = floor.detail()
    cost = 400 * price + floor.ask("query_stock_trades")[-1].commission
    assert detail.m_dSloSellBalance == sold
    assert detail.m_dUsedSloSellBalance == FEN(cost)
    assert detail.m_dAvailable == 500_000
    assert floor.compacts()[0].real_compact_vol == 600


def test_what_is_bought_beyond_the_debt_becomes_collateral(floor):
    price = floor.last(PINGAN)
    floor.deal(c.CREDIT_SLO_SELL, PINGAN, 1_000, price)
    floor.deal(c.CREDIT_BUY, PINGAN, 200, price)
    floor.next_day()
    floor.order(c.CREDIT_DIRECT_SECU_REPAY, PINGAN, 150)

    floor.deal(c.CREDIT_BUY_SECU_REPAY, PINGAN, 900, price)

    held = floor.position(PINGAN)
    assert held.volume == 50 + 50
    assert held.on_road_volume == 50
    assert floor.compacts()[0].real_compact_vol == 0


def test_a_direct_return_is_done_at_once(floor):
    price = floor.last(PUFA)
    floor.deal(c.CREDIT_SLO_SELL, PUFA, 1_000, price)

    number = floor.order(c.CREDIT_DIRECT_SECU_REPAY, PUFA, 600)

    kinds = [(push.kind, getattr(push.record, "order_status", 0)) for push in floor.pushes]
    assert kinds == [("stock_order", 56), ("stock_position", 0), ("stock_asset", 0)]
    order = floor.record(number)
    assert (order.traded_volume, order.order_status) == (600, c.ORDER_SUCCEEDED)
    assert "600" in order.status_msg
    assert floor.position(PUFA).volume == 9_400
    assert floor.compacts()[0].real_compact_vol == 400
    assert floor.cancel(number)[0] == -1


def test_shares_that_an_open_order_buys_back_cannot_also_be_returned(floor):
    floor.deal(c.CREDIT_SLO_SELL, PUFA, 1_000, floor.last(PUFA))
    floor.order(c.CREDIT_BUY_SECU_REPAY, PUFA, 800, floor.last(PUFA) - 0.1)

    floor.order(c.CREDIT_DIRECT_SECU_REPAY, PUFA, 300)

    assert floor.reply.error_id == RefusalCode.DEBT


def test_selling_to_repay_pays_the_debt_and_keeps_the_rest(floor):
    price = floor.last(PUFA)
    floor.deal(c.CREDIT_FIN_BUY, PUFA, 1_000, price)

    floor.deal(c.CREDIT_SELL_SECU_REPAY, PUFA, 2_000, price)

    detail = floor.detail()
    fees = sum(trade.commission for trade in floor.ask("query_stock_trades"))
    assert detail.m_dFinDebt == detail.m_dFinUsedQuota == 0
    assert detail.m_dAvailable == FEN(500_000 + 1_000 * price - fees)
    assert floor.compacts()[0].repaid_balance == FEN(1_000 * price)


def test_a_direct_repayment_takes_yuan_in_the_volume_and_no_more_than_is_owed(floor):
    price = floor.last(PUFA)
    floor.deal(c.CREDIT_FIN_BUY, PUFA, 1_000, price)
    before = floor.detail().m_dAvailable

    first = floor.order(c.CREDIT_DIRECT_CASH_REPAY, "", 4_000)
    left = floor.detail().m_dFinDealAvl
    second = floor.order(c.CREDIT_DIRECT_CASH_REPAY, PUFA, 400_000)

    detail = floor.detail()
    assert left == FEN(1_000 * price - 4_000)
    assert detail.m_dFinDebt == 0
    assert detail.m_dAvailable == FEN(before - 1_000 * price)
    assert floor.record(first).order_status == floor.record(second).order_status == 56
    assert f"{left:,.2f}" in floor.record(second).status_msg


def test_selling_collateral_repays_nothing(floor):
    price = floor.last(PUFA)
    floor.deal(c.CREDIT_FIN_BUY, PINGAN, 1_000, floor.last(PINGAN))

    floor.deal(c.CREDIT_SELL, PUFA, 1_000, price)

    assert floor.detail().m_dFinDealAvl == FEN(1_000 * floor.last(PINGAN))


def test_shares_bought_on_margin_are_not_sold_as_collateral_but_to_repay(floor):
    price = floor.last(PINGAN)
    floor.deal(c.CREDIT_FIN_BUY, PINGAN, 1_000, price)
    floor.next_day()

    floor.order(c.CREDIT_SELL, PINGAN, 100, price)
    refused = floor.reply.error_id
    floor.order(c.CREDIT_SELL_SECU_REPAY, PINGAN, 100, price)

    assert (refused, floor.reply.error_id) == (RefusalCode.VOLUME, 0)


# -- refusals --------------------------------------------------------------------------------


@pytest.mark.parametrize("order_type", [0, 3, 25, 33, 39, 46, 50, 134])
def test_an_order_type_of_another_account_is_refused_and_told(floor, order_type):
    before = floor.state()

    number = floor.order(order_type, PUFA, 100, floor.last(PUFA))

    order, error = floor.pushes
    assert number > 0
    assert (order.kind, order.record.order_status) == ("stock_order", c.ORDER_JUNK)
    assert (error.kind, error.record.error_id) == ("order_error", RefusalCode.ORDER_TYPE)
    assert "CREDIT" in order.record.status_msg
    assert floor.state() == before


@pytest.mark.parametrize("order_type", sorted(ORDER_TYPES - {23, 24}))
def test_a_stock_account_has_none_of_the_margin_forms(floor, order_type):
    floor.order(order_type, PUFA, 100, floor.last(PUFA), account=BOB)

    assert floor.reply.error_id == RefusalCode.ORDER_TYPE


@pytest.mark.parametrize("order_type", sorted(ORDER_TYPES - {32, 45}))
def test_an_unknown_code_is_refused_by_every_form(floor, order_type):
    floor.order(order_type, "600999.SH", 100, 10.0)

    assert floor.reply.error_id == RefusalCode.UNKNOWN_CODE


def test_a_price_finer_than_any_tick_is_refused(floor):
    floor.order(c.CREDIT_FIN_BUY, PUFA, 100, floor.last(PUFA) + 0.00005)

    assert floor.reply.error_id == RefusalCode.TICK


def test_below_the_warning_line_nothing_more_is_lent():
    floor = CreditFloor(cash=10_000, positions=(), debts=(OpeningDebt(PUFA, False, 3_000),))

    floor.order(c.CREDIT_FIN_BUY, PUFA, 100, floor.last(PUFA))

    assert floor.reply.error_id == RefusalCode.MARGIN_CALL


def test_a_market_order_to_buy_back_rests_at_its_new_price(floor):
    price = floor.last(PUFA)
    floor.deal(c.CREDIT_SLO_SELL, PUFA, 1_000, price)
    floor.order(c.STOCK_SELL, PUFA, 400, price, account=BOB)

    number = floor.order(
        c.CREDIT_BUY_SECU_REPAY, PUFA, 1_000, price_type=c.MARKET_SH_CONVERT_5_LIMIT
    )

    order = floor.record(number)
    assert (order.order_status, order.traded_volume) == (c.ORDER_PART_SUCC, 400)
    assert order.price == price
    assert floor.detail().m_dFrozenCash == near(600 * price + 0.07)
    floor.order(c.CREDIT_DIRECT_SECU_REPAY, PUFA, 1)
    assert floor.reply.error_id == RefusalCode.DEBT


# -- queries ---------------------------------------------------------------------------------


def test_total_assets_are_cash_frozen_value_and_short_proceeds():
    floor = CreditFloor(debts=(OpeningDebt(PINGAN, True, 1_000), OpeningDebt(FUND, False, 1_000)))
    floor.order(c.CREDIT_BUY, PUFA, 1_000, floor.last(PUFA))

    asset, detail = floor.asset(), floor.detail()

    parts = asset.cash + asset.frozen_cash + asset.market_value + detail.m_dSurplusSloSellBalance
    assert asset.total_asset == detail.m_dBalance == FEN(parts)
    assert detail.m_dStockValue + detail.m_dFundValue == FEN(detail.m_dMarketValue)
    assert detail.m_dFundValue == FEN(1_000 * floor.last(FUND))


def test_only_cash_above_the_withdraw_line_may_leave():
    floor = CreditFloor(cash=200_000, debts=(OpeningDebt(STAR, True, 1_000, 100, 0),))

    detail = floor.detail()

    above = detail.m_dBalance - 3 * detail.m_dTotalDebt
    assert 0 < above < 200_000
    assert detail.m_dFetchBalance == floor.asset().fetch_balance == near(above)


def test_only_own_shares_above_the_withdraw_line_may_leave():
    debts = (OpeningDebt(PUFA, False, 2_000, 100, 0), OpeningDebt(STAR, True, 1_000, 100, 0))
    floor = CreditFloor(cash=220_000, debts=debts)
    above = floor.detail().m_dBalance - 3 * floor.detail().m_dTotalDebt
    most = int(above / floor.last(PUFA))

    def move(volume):
        asked = {"transfer_direction": c.SECU_TRANSFER_SPEED_TO_NORMAL, "stock_code": PUFA}
        return floor.ask("secu_transfer", volume=volume, transfer_type=0, **asked)[0]

    assert 0 < most < 10_000
    assert not move(most + 1)
    assert move(most)
    assert floor.detail().m_dPerAssurescaleValue >= 300


def test_the_ratio_follows_the_price_of_what_is_owed():
    floor = CreditFloor(debts=(OpeningDebt(PINGAN, True, 5_000, 100, 0),))
    before = floor.detail().m_dPerAssurescaleValue

    floor.trade(PINGAN, floor.last(PINGAN) + 0.2)

    detail = floor.detail()
    assert detail.m_dPerAssurescaleValue < before
    assert detail.m_dPerAssurescaleValue == near(100 * detail.m_dBalance / detail.m_dTotalDebt)


def test_without_debt_the_ratio_is_as_high_as_it_gets(floor):
    assert floor.detail().m_dPerAssurescaleValue == 99_999


def test_lists_show_what_the_market_trades_and_the_ratios_of_the_day(floor):
    subjects = floor.ask("query_credit_subjects")
    assures = floor.ask("query_credit_assure")

    assert {row.instrument_id for row in assures} == {"600000", "000001", "688981", "510300"}
    assert {(row.fin_ratio, row.slo_ratio) for row in subjects} == {(1.0, 1.0)}
    assert {row.assure_ratio for row in assures} == {0.7, 0.65, 0.9}
    assert all(row.account_id == MARY and row.account_type == 3 for row in subjects + assures)


def test_a_trade_and_an_order_carry_the_account_type_and_the_side(floor):
    number = floor.deal(c.CREDIT_SLO_SELL, PINGAN, 100, floor.last(PINGAN))

    order, trade = floor.record(number), floor.ask("query_stock_trades")[0]
    assert (order.account_type, trade.account_type) == (3, 3)
    assert (order.offset_flag, trade.offset_flag) == (49, 49)
    assert (trade.order_id, trade.order_type) == (number, 28)


def test_a_fill_is_told_as_trade_order_position_asset(floor):
    price = floor.last(PINGAN)
    floor.order(c.CREDIT_FIN_BUY, PINGAN, 100, price)
    floor.order(c.STOCK_SELL, PINGAN, 100, price, account=BOB)

    told = [push.kind for push in floor.pushes if push.account_id == MARY]

    assert told == ["stock_trade", "stock_order", "stock_position", "stock_asset"]


def test_the_detail_says_when_and_how_it_was_computed(floor):
    floor.second()

    detail = floor.detail()

    assert detail.m_nUpdateTime == floor.clock.now() // 1_000_000_000
    assert (detail.m_nStatus, detail.m_nCalcConfig) == (c.ACCOUNT_STATUS_OK, 365)
    assert detail.m_dPositionProfit == floor.position(PUFA).position_profit
