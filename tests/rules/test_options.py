"""What the rules say about options: contracts, limits, margin and verdicts."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtnb import xtconstant as c
from xtnb.errors import CashShort, InputError, RefusalCode, Refused
from xtnb.rules.instruments import find
from xtnb.rules.listed import everything, rules_of, tie
from xtnb.rules.months import DEMO_DAY, last_day
from xtnb.rules.options import (
    OptionDay,
    OptionFunds,
    OptionRoom,
    halts,
    lock_verdict,
    option_verdict,
)
from xtnb.rules.options_futures import FutureOptionDay, all_future_options
from xtnb.rules.options_listed import all_stock_options
from xtnb.rules.options_settings import OptionSettings
from xtnb.vocabulary.symbols import parse_symbol

DAY = date(2026, 11, 20)
FUND = "510050.SH"
MONEY = OptionFunds(10**12)
CALLS = [o for o in all_stock_options(DEMO_DAY).values() if o.call and o.underlying == FUND]
PUTS = [o for o in all_stock_options(DEMO_DAY).values() if not o.call and o.underlying == FUND]
CALL, PUT = CALLS[2], PUTS[2]


def terms(option, settle=None, spot=0, day=DAY):
    return OptionDay(option, settle or option.reference, day, spot)


def test_four_months_of_five_strikes_are_listed_on_five_funds():
    options = list(all_stock_options(DEMO_DAY).values())
    assert len(options) == 5 * 4 * 5 * 2
    assert {option.market for option in options} == {"SHO", "SZO"}


def test_every_code_can_be_read_and_is_listed_once():
    for code in [*all_stock_options(DEMO_DAY), *all_future_options(DEMO_DAY)]:
        assert str(parse_symbol(code)) == code
    assert set(all_stock_options(DEMO_DAY)) <= set(everything(DEMO_DAY))


def test_expiry_is_the_fourth_wednesday():
    assert last_day("2611", "fourth_wednesday") == date(2026, 11, 25)
    assert last_day("2709", "fourth_wednesday") == date(2027, 9, 22)


def test_reference_premiums_are_no_less_than_what_exercise_is_worth():
    for option in all_stock_options(DEMO_DAY).values():
        spot = find(option.underlying).reference
        inside = spot - option.strike if option.call else option.strike - spot
        assert option.reference >= max(inside, 10)


def test_margin_of_a_call_is_the_published_form():
    # 2.50 settlement 0.0500, strike 2.60: 0.05 + max(0.30 - 0.10, 0.175) = 0.25
    option = CALL.__class__(**{**_facts(CALL), "strike": 26_000})
    assert OptionDay(option, 500, DAY, 25_000).margin() == 2_500 * 10_000


def test_margin_of_a_put_is_capped_at_its_strike():
    option = PUT.__class__(**{**_facts(PUT), "strike": 26_000})
    # 0.05 + max(0.30 - 0, 0.07 * 2.60 = 0.182) = 0.35; and never above the strike
    assert OptionDay(option, 500, DAY, 25_000).margin() == 3_500 * 10_000
    assert OptionDay(option, 25_000, DAY, 25_000).margin() == 26_000 * 10_000


def test_a_broker_may_ask_for_more_margin():
    day = terms(CALL)
    assert day.margin(12_000) == day.margin() * 12 // 10


def test_limits_are_the_published_ones():
    call = CALL.__class__(**{**_facts(CALL), "strike": 26_000})
    put = PUT.__class__(**{**_facts(PUT), "strike": 26_000})
    # call: min(2 * 2.5 - 2.6, 2.5) * 10 % = 0.24; put: min(2 * 2.6 - 2.5, 2.5) * 10 % = 0.25
    assert OptionDay(call, 5_000, DAY, 25_000).up == 5_000 + 2_400
    assert OptionDay(put, 5_000, DAY, 25_000).up == 5_000 + 2_500
    assert OptionDay(put, 5_000, DAY, 25_000).down == 5_000 - 2_500
    assert OptionDay(put, 500, DAY, 25_000).down == 1


def test_far_out_of_the_money_a_call_may_rise_by_half_a_per_cent_of_the_fund():
    call = CALL.__class__(**{**_facts(CALL), "strike": 60_000})
    assert OptionDay(call, 10, DAY, 25_000).up == 10 + 125


@given(
    settle=st.integers(1, 20_000),
    spot=st.integers(5_000, 80_000),
    strike=st.integers(5_000, 80_000),
    call=st.booleans(),
)
def test_margin_and_limits_equal_the_formulas_in_decimal(settle, spot, strike, call):
    option = CALL.__class__(**{**_facts(CALL), "strike": strike, "call": call})
    day = OptionDay(option, settle, DAY, spot)
    t, s, k = Decimal(settle), Decimal(spot), Decimal(strike)
    if call:
        each = t + max(s * 12 / 100 - max(k - s, 0), s * 7 / 100)
        rise = max(s * 5 / 1000, min(2 * s - k, s) / 10)
    else:
        each = min(t + max(s * 12 / 100 - max(s - k, 0), k * 7 / 100), k)
        rise = max(k * 5 / 1000, min(2 * k - s, s) / 10)
    assert day.margin() == each * 10_000
    assert abs(day.up - settle - max(rise, 1)) <= Decimal("0.5")
    assert 1 <= day.down <= settle <= day.up


def test_the_day_follows_the_close_of_its_fund():
    fund, option = find(FUND), CALL
    rules = {
        FUND: rules_of(fund, 35_000, DAY),
        option.stock_code: rules_of(option, option.reference, DAY),
    }
    before = rules[option.stock_code].margin()

    tie(rules)

    assert rules[option.stock_code].spot == 35_000
    assert rules[option.stock_code].margin() > before


def test_shanghai_options_take_limit_orders_and_shenzhen_options_its_market_orders_too():
    shenzhen = next(o for o in all_stock_options(DEMO_DAY).values() if o.market == "SZO")
    assert terms(CALL).price_types == {5, 11}
    assert terms(shenzhen).price_types == {5, 11, 44, 45, 46, 47, 48}


def verdict(order_type, volume=1, price=500, option=CALL, price_type=c.FIX_PRICE, **facts):
    figures = {"funds": MONEY, "room": OptionRoom(9, 9, 9, 90_000, 90_000), **facts}
    day = figures.pop("day", DAY)
    return option_verdict(terms(option, day=day), order_type, price_type, volume, price, **figures)


def test_a_buy_holds_premium_and_fees():
    found = verdict(48, 3)
    assert (found.premium, found.fees, found.cash) == (15_000_000, 60_000, 15_060_000)


def test_a_sale_that_opens_holds_margin():
    found = verdict(50, 3)
    assert found.cash == found.margin == 3 * terms(CALL).margin()
    assert found.fees == 3 * 4_000


def test_a_covered_sale_holds_shares_and_no_money():
    found = verdict(52, 3)
    assert (found.cash, found.shares) == (0, 30_000)


def test_buying_back_may_use_its_own_margin_and_no_more():
    each = terms(CALL).margin()
    found = verdict(51, 2, funds=OptionFunds(1_000_000, 10 * each))
    assert (found.cash, found.lent) == (10_040_000, 9_040_000)
    with pytest.raises(CashShort):
        verdict(51, 2, price=terms(CALL).up, funds=OptionFunds(0, 100))


@pytest.mark.parametrize(
    ("order_type", "facts", "why"),
    [
        (23, {}, RefusalCode.ORDER_TYPE),
        (52, {"option": PUT}, RefusalCode.ORDER_TYPE),
        (54, {}, RefusalCode.EXERCISE),
        (55, {"day": CALL.expiry}, RefusalCode.EXERCISE),
        (48, {"day": date(2026, 12, 31)}, RefusalCode.EXPIRED),
        (48, {"price_type": 44}, RefusalCode.PRICE_TYPE),
        (54, {"day": CALL.expiry, "price_type": 5}, RefusalCode.PRICE_TYPE),
        (48, {"volume": 0}, RefusalCode.LOT),
        (48, {"volume": 51}, RefusalCode.TOO_LARGE),
        (48, {"price": 0}, RefusalCode.PRICE_LIMIT),
        (48, {"funds": OptionFunds(0)}, RefusalCode.CASH),
        (50, {"funds": OptionFunds(0)}, RefusalCode.CASH),
        (49, {"volume": 10}, RefusalCode.VOLUME),
        (52, {"volume": 10}, RefusalCode.LOCKED),
    ],
)
def test_a_refusal_has_its_code_and_words_in_two_languages(order_type, facts, why):
    with pytest.raises(Refused) as refused:
        verdict(order_type, **facts)
    assert refused.value.code == why
    assert refused.value.zh
    assert refused.value.en


def test_an_exercise_takes_the_strike_or_the_shares():
    call = verdict(54, 2, day=CALL.expiry)
    put = verdict(55, 2, option=PUT, day=PUT.expiry)
    assert call.cash == 2 * CALL.strike * 10_000 + 12_000
    assert (put.cash, put.shares) == (0, 20_000)
    assert not call.matched


def test_shares_of_underlyings_alone_can_be_locked():
    room = OptionRoom(shares=500, locked=300)
    assert lock_verdict(FUND, 56, c.FIX_PRICE, 500, room).shares == 500
    assert lock_verdict(FUND, 57, c.FIX_PRICE, 300, room).shares == 300
    for code, order_type, volume in ((FUND, 56, 501), (FUND, 57, 301), ("600000.SH", 56, 1)):
        with pytest.raises(Refused):
            lock_verdict(code, order_type, c.FIX_PRICE, volume, room)


def test_settings_of_a_broker_are_checked():
    with pytest.raises(InputError):
        OptionSettings(margin_factor=9_999)
    with pytest.raises(InputError):
        OptionSettings(commission=-1)


def test_limits_of_an_option_on_a_future_are_the_futures_own_in_yuan():
    option = all_future_options(DEMO_DAY)["m2701-C-3000.DF"]
    day = FutureOptionDay(option, 735_000, DAY, 30_460_000)
    assert day.up - 735_000 == 30_460_000 * option.of.limit // 1_000_000 // 5_000 * 5_000


def _facts(option):
    names = option.__dataclass_fields__
    return {name: getattr(option, name) for name in names}


@pytest.mark.parametrize(
    ("reference", "price", "halted"),
    [
        (1_000, 1_499, False),
        (1_000, 1_500, True),
        (1_000, 500, True),
        (1_000, 501, False),
        (8, 4, False),
        (8, 13, True),
        (8, 12, False),
    ],
)
def test_half_the_reference_and_five_ticks_halt_a_contract(reference, price, halted):
    assert halts(reference, price, 1) is halted
