"""What the rules of margin trading say, from explicit figures."""

from datetime import date

import pytest

from xtnb import xtconstant as c
from xtnb.errors import CashShort, InputError, RefusalCode, Refused
from xtnb.rules.collateral import CreditSettings, fin_ratio, securities, slo_ratio
from xtnb.rules.credit_figures import (
    NO_DEBT_RATIO,
    ORDER_TYPES,
    Funds,
    Room,
    Stake,
    maintenance_ratio,
    withdrawable,
)
from xtnb.rules.day import DayRules
from xtnb.rules.instruments import all_instruments, find
from xtnb.rules.margin import CreditRules

YUAN = 10_000
DAY = date(2026, 11, 20)
PUFA = "600000.SH"
RULES = CreditRules(DAY, CreditSettings())
PUFA_DAY = DayRules(find(PUFA), 100_000, DAY)  # previous close 10.00
RICH = Funds(
    cash=10**9,
    proceeds=0,
    margin=10**10,
    fin_quota=10**10,
    slo_quota=10**10,
    assets=10**10,
    debt=0,
)
ROOM = Room(sellable=1_000, held=1_000, own=1_000, lendable=5_000, owed=1_000, due=10**7)


def verdict(order_type, volume=100, price=100_000, price_type=c.FIX_PRICE, **given):
    given = {"funds": RICH, "room": ROOM, "last": 100_000, **given}
    rules = given.pop("rules", PUFA_DAY)
    return RULES.verdict(rules, order_type, price_type, volume, price, **given)


def refusal(*args, **given):
    with pytest.raises(Refused) as refused:
        verdict(*args, **given)
    return refused.value.code


def change(funds, **given):
    return Funds(**{name: given.get(name, getattr(funds, name)) for name in funds.__slots__})


# -- ratios, lists, lines --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "financing", "short", "fund"),
    [
        (date(2024, 7, 21), 8_000, 8_000, 10_000),
        (date(2024, 7, 22), 8_000, 10_000, 12_000),
        (date(2026, 1, 18), 8_000, 10_000, 12_000),
        (date(2026, 1, 19), 10_000, 10_000, 12_000),
    ],
)
def test_margin_ratios_are_those_of_the_day(day, financing, short, fund):
    assert (fin_ratio(day), slo_ratio(day), slo_ratio(day, True)) == (financing, short, fund)


def test_the_table_covers_most_instruments_with_haircuts_below_one():
    table = securities(DAY)

    known = all_instruments()
    assert set(table) <= set(known)
    assert len(table) > 0.9 * len(known)
    assert all(0 < security.haircut < 10_000 for security in table.values())
    assert all(security.lendable > 0 for security in table.values() if security.slo)


def test_a_sale_of_what_is_owed_elsewhere_keeps_to_the_uptick_or_a_setting_frees_it():
    free = CreditRules(DAY, CreditSettings(uptick_own=False))

    kept = verdict(c.CREDIT_SELL, room=SHORT)
    low = free.verdict(
        PUFA_DAY, c.CREDIT_SELL, c.FIX_PRICE, 100, 99_000, funds=RICH, room=SHORT, last=100_000
    )

    assert (kept.price, low.price) == (100_000, 99_000)
    assert refusal(c.CREDIT_SELL, price=99_900, room=SHORT) == RefusalCode.UPTICK


def test_lists_are_dated():
    before, after = securities(date(2026, 8, 31)), securities(date(2026, 9, 1))

    assert (before["600009.SH"].fin, after["600009.SH"].fin) == (True, False)


@pytest.mark.parametrize(
    "wrong",
    [
        {"interest_days": 364},
        {"fin_rate": -1},
        {"close_line": 16_000},
        {"restore_line": 10_000},
        {"tenor_days": 0},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(InputError):
        CreditSettings(**wrong)


def test_the_maintenance_ratio_is_rounded_down_and_endless_without_debt():
    assert maintenance_ratio(200, 100) == 20_000
    assert maintenance_ratio(1_000, 666) == 15_015
    assert maintenance_ratio(1_000, 0) == NO_DEBT_RATIO


def test_only_what_is_above_three_hundred_percent_may_leave():
    assert withdrawable(500, 1_000, 300, 30_000) == 100
    assert withdrawable(50, 1_000, 300, 30_000) == 50
    assert withdrawable(500, 800, 300, 30_000) == 0
    assert withdrawable(500, 800, 0, 30_000) == 500


# -- the formula -----------------------------------------------------------------------------


def test_collateral_counts_at_its_haircut_and_cash_whole():
    stake = Stake(PUFA, 100_000, volume=1_000)

    assert RULES.available_margin(5_000 * YUAN, 0, 0, [stake]) == (5_000 + 7_000) * YUAN


def test_what_is_on_no_list_counts_nothing():
    assert RULES.available_margin(0, 0, 0, [Stake("920445.BJ", 100_000, volume=1_000)]) == 0


def test_a_gain_on_financed_shares_counts_at_the_haircut_and_a_loss_whole():
    bought = {"volume": 1_000, "fin_volume": 1_000, "fin_amount": 10_000 * YUAN}
    required = 10_000 * YUAN * 10_000

    gain = RULES.available_margin(0, 0, required, [Stake(PUFA, 110_000, **bought)])
    loss = RULES.available_margin(0, 0, required, [Stake(PUFA, 90_000, **bought)])

    assert gain == (700 - 10_000) * YUAN
    assert loss == (-1_000 - 10_000) * YUAN


def test_a_short_sale_ties_its_proceeds_and_a_margin_at_the_price():
    sold = {"slo_volume": 1_000, "slo_amount": 10_000 * YUAN}

    gain = RULES.available_margin(10_000 * YUAN, 0, 0, [Stake(PUFA, 90_000, **sold)])
    loss = RULES.available_margin(10_000 * YUAN, 0, 0, [Stake(PUFA, 110_000, **sold)])

    assert gain == (700 - 9_000) * YUAN
    assert loss == (-1_000 - 11_000) * YUAN


def test_interest_lowers_the_margin_whole():
    assert RULES.available_margin(100 * YUAN, 1 * YUAN, 0, []) == 99 * YUAN


# -- the verdict -----------------------------------------------------------------------------


def test_a_collateral_buy_freezes_its_cost():
    said = verdict(c.CREDIT_BUY)

    assert said.cash == 100 * 100_000 + PUFA_DAY.fee_total(True, 100 * 100_000)
    assert (said.margin, said.quota, said.proceeds) == (0, 0, 0)


def test_a_collateral_buy_never_uses_short_proceeds():
    poor = change(RICH, cash=0, proceeds=10**9)

    with pytest.raises(CashShort):
        verdict(c.CREDIT_BUY, funds=poor)


def test_a_margin_buy_takes_quota_and_margin_and_only_its_fees_in_cash():
    said = verdict(c.CREDIT_FIN_BUY)

    fees = PUFA_DAY.fee_total(True, 1_000 * YUAN)
    assert (said.quota, said.margin, said.cash) == (1_000 * YUAN, 1_000 * YUAN, fees)
    assert said.ratio == 10_000


def test_a_short_sale_takes_shares_quota_and_margin():
    said = verdict(c.CREDIT_SLO_SELL)

    assert (said.borrowed, said.quota, said.margin) == (100, 1_000 * YUAN, 1_000 * YUAN)
    assert (said.cash, said.buy) == (0, False)


def test_a_private_fund_needs_more_margin_to_sell_short():
    rules = CreditRules(DAY, CreditSettings(private_fund=True))

    said = rules.verdict(
        PUFA_DAY,
        c.CREDIT_SLO_SELL,
        c.FIX_PRICE,
        100,
        100_000,
        funds=RICH,
        room=ROOM,
        last=100_000,
    )

    assert said.margin == 1_200 * YUAN


def test_a_short_sale_that_fills_at_once_is_held_at_the_bid():
    said = verdict(c.CREDIT_SLO_SELL, bid=101_000)

    assert (said.price, said.hold_price, said.quota) == (100_000, 101_000, 1_010 * YUAN)


def test_buying_back_takes_short_proceeds_first():
    some = change(RICH, proceeds=400 * YUAN)

    said = verdict(c.CREDIT_BUY_SECU_REPAY, funds=some)

    fees = PUFA_DAY.fee_total(True, 1_000 * YUAN)
    assert (said.proceeds, said.cash) == (400 * YUAN, 600 * YUAN + fees)
    assert said.returns == 100


def test_short_proceeds_do_not_pay_for_the_spare_shares_of_a_lot():
    room = Room(owed=30)
    some = change(RICH, proceeds=10**9)

    said = verdict(c.CREDIT_BUY_SECU_REPAY, funds=some, room=room)

    fees = PUFA_DAY.fee_total(True, 1_000 * YUAN)
    assert said.returns == 30
    assert (said.proceeds, said.cash) == (300 * YUAN + fees, 700 * YUAN)


def test_the_special_forms_are_the_same_on_the_other_pool():
    ordinary, special = verdict(c.CREDIT_SLO_SELL), verdict(c.CREDIT_SLO_SELL_SPECIAL)

    assert (ordinary.special, special.special) == (False, True)
    assert (ordinary.order_type, ordinary.margin) == (special.order_type, special.margin)


@pytest.mark.parametrize("order_type", sorted(ORDER_TYPES))
def test_each_order_type_of_a_margin_account_has_a_verdict(order_type):
    said = verdict(order_type)

    assert said.matched is (order_type not in (30, 32, 43, 45))


@pytest.mark.parametrize("order_type", [0, 14, 25, 26, 33, 39, 46, 48, 100, 134])
def test_other_order_types_are_refused(order_type):
    assert refusal(order_type) == RefusalCode.ORDER_TYPE


SHORT = Room(sellable=100, held=100, own=100, due=1, short=100)


@pytest.mark.parametrize(
    ("code", "order_type", "given"),
    [
        (RefusalCode.UPTICK, c.CREDIT_SLO_SELL, {"last": 100_100}),
        (RefusalCode.UPTICK, c.CREDIT_SELL, {"last": 100_100, "room": SHORT}),
        (RefusalCode.UPTICK, c.CREDIT_SELL_SECU_REPAY, {"last": 100_100, "room": SHORT}),
        (RefusalCode.UPTICK, c.CREDIT_SELL, {"price_type": 42, "price": 0, "room": SHORT}),
        (RefusalCode.LENDABLE, c.CREDIT_SLO_SELL, {"room": Room(lendable=99)}),
        (RefusalCode.LOT, c.CREDIT_SLO_SELL, {"volume": 150}),
        (RefusalCode.LOT, c.CREDIT_FIN_BUY, {"volume": 150}),
        (RefusalCode.PRICE_TYPE, c.CREDIT_SLO_SELL, {"price_type": 42}),
        (RefusalCode.PRICE_TYPE, c.CREDIT_FIN_BUY, {"price_type": 47}),
        (RefusalCode.PRICE_TYPE, c.CREDIT_DIRECT_CASH_REPAY, {"price_type": 5}),
        (RefusalCode.PRICE_TYPE, c.CREDIT_DIRECT_SECU_REPAY, {"price_type": 5}),
        (RefusalCode.DEBT, c.CREDIT_SELL_SECU_REPAY, {"room": Room(sellable=100, held=100)}),
        (RefusalCode.DEBT, c.CREDIT_DIRECT_CASH_REPAY, {"room": Room()}),
        (RefusalCode.DEBT, c.CREDIT_BUY_SECU_REPAY, {"room": Room()}),
        (RefusalCode.DEBT, c.CREDIT_BUY_SECU_REPAY, {"volume": 200, "room": Room(owed=100)}),
        (RefusalCode.DEBT, c.CREDIT_DIRECT_SECU_REPAY, {"room": Room(own=100, owed=99)}),
        (RefusalCode.VOLUME, c.CREDIT_DIRECT_SECU_REPAY, {"room": Room(own=99, owed=100)}),
        (RefusalCode.VOLUME, c.CREDIT_SELL, {"room": Room(sellable=100, held=100, own=0)}),
        (RefusalCode.VOLUME, c.CREDIT_SELL, {"room": Room()}),
        (RefusalCode.PRICE_LIMIT, c.CREDIT_FIN_BUY, {"price": 200_000}),
        (RefusalCode.LOT, c.CREDIT_DIRECT_CASH_REPAY, {"volume": 0}),
        (RefusalCode.LOT, c.CREDIT_DIRECT_SECU_REPAY, {"volume": 0}),
    ],
)
def test_an_order_that_is_not_valid_is_refused(code, order_type, given):
    assert refusal(order_type, **given) == code


@pytest.mark.parametrize(
    ("code", "order_type", "funds"),
    [
        (RefusalCode.QUOTA, c.CREDIT_FIN_BUY, {"fin_quota": 1_000 * YUAN - 1}),
        (RefusalCode.QUOTA, c.CREDIT_SLO_SELL, {"slo_quota": 1_000 * YUAN - 1}),
        (RefusalCode.MARGIN, c.CREDIT_FIN_BUY, {"margin": 1_000 * YUAN}),
        (RefusalCode.MARGIN, c.CREDIT_SLO_SELL, {"margin": 1_000 * YUAN}),
        (RefusalCode.MARGIN, c.CREDIT_SLO_SELL, {"margin": -5}),
        (RefusalCode.CASH, c.CREDIT_FIN_BUY, {"cash": 1 * YUAN}),
        (RefusalCode.CASH, c.CREDIT_BUY_SECU_REPAY, {"cash": 1 * YUAN}),
        (RefusalCode.CASH, c.CREDIT_DIRECT_CASH_REPAY, {"cash": 99 * YUAN}),
        (RefusalCode.MARGIN_CALL, c.CREDIT_FIN_BUY, {"assets": 149, "debt": 100}),
        (RefusalCode.MARGIN_CALL, c.CREDIT_SLO_SELL, {"assets": 149, "debt": 100}),
    ],
)
def test_an_order_that_the_account_cannot_bear_is_refused(code, order_type, funds):
    assert refusal(order_type, funds=change(RICH, **funds)) == code


@pytest.mark.parametrize(
    ("stock_code", "order_type"),
    [
        ("511990.SH", c.CREDIT_FIN_BUY),
        ("920185.BJ", c.CREDIT_SLO_SELL),
        ("920445.BJ", c.CREDIT_BUY),
        ("600009.SH", c.CREDIT_FIN_BUY),
    ],
)
def test_a_security_that_is_not_listed_for_it_is_refused(stock_code, order_type):
    instrument = find(stock_code)
    rules = DayRules(instrument, instrument.reference, DAY)

    code = refusal(order_type, price=instrument.reference, last=instrument.reference, rules=rules)

    assert code == RefusalCode.NOT_ELIGIBLE


def test_a_short_sale_at_the_last_price_is_no_downtick():
    assert verdict(c.CREDIT_SLO_SELL, price_type=c.LATEST_PRICE, price=0).price == 100_000


@pytest.mark.parametrize("volume", [200, 201, 350])
def test_on_star_a_short_sale_is_at_least_two_hundred_shares(volume):
    star = DayRules(find("688981.SH"), 1_123_000, DAY)
    given = {"price": 1_123_000, "last": 1_123_000, "rules": star}

    assert verdict(c.CREDIT_SLO_SELL, volume, **given).borrowed == volume
    assert refusal(c.CREDIT_SLO_SELL, 199, **given) == RefusalCode.LOT


def test_every_refusal_speaks_both_languages():
    with pytest.raises(Refused) as refused:
        verdict(c.CREDIT_SLO_SELL, last=100_100)

    zh, en = str(refused.value).split(" / ")
    assert "融券卖出价" in zh
    assert "10.010" in en


# -- the outcome -----------------------------------------------------------------------------


def test_a_margin_buy_lowers_margin_quota_and_ratio():
    funds = change(RICH, margin=5_000 * YUAN, assets=3_000 * YUAN, debt=1_000 * YUAN)
    said = verdict(c.CREDIT_FIN_BUY, funds=funds)

    outcome = RULES.outcome(said, funds, 100_000)

    assert outcome.margin_after == 5_000 * YUAN - said.margin - said.cash
    assert outcome.quota_after == outcome.quota_before - 1_000 * YUAN
    assert outcome.ratio_before == 30_000
    assert outcome.ratio_after == (4_000 * YUAN - said.fees) * 10_000 // (2_000 * YUAN)


def test_a_repayment_raises_the_ratio():
    funds = change(RICH, assets=3_000 * YUAN, debt=2_000 * YUAN)
    said = verdict(c.CREDIT_DIRECT_CASH_REPAY, 500, funds=funds)

    outcome = RULES.outcome(said, funds, 0, due=400 * YUAN)

    assert outcome.ratio_after == 2_600 * 10_000 // 1_600
    assert outcome.margin_after is None
