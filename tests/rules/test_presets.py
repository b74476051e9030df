"""The sizes that a ticket offers: as much as the cash buys, as much as may be sold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rules.orders import BEIJING, CHINEXT, FUND, MAIN, SHENZHEN, STAR, day_rules, money
from xtnb.errors import InputError, Refused
from xtnb.rules.day import DayRules

ALL = [MAIN, STAR, SHENZHEN, CHINEXT, BEIJING, FUND]
codes = st.sampled_from(ALL)


def is_valid(rules: DayRules, buy: bool, volume: int, sellable: int = 0, price_type: int = 11):
    try:
        rules.check(
            2, 23 if buy else 24, price_type, volume, rules.prev_close,
            sellable=sellable, bid=0, ask=0, last=0,
        )  # fmt: skip
    except Refused:
        return False
    return True


@given(code=codes, cash=st.integers(0, 10**11), ticks=st.integers(1, 20_000))
def test_affordable_is_a_valid_buy_that_the_cash_pays_and_the_largest_one(code, cash, ticks):
    rules = day_rules(code)
    price = ticks * rules.tick

    volume = rules.affordable(cash, price)

    if volume:
        assert is_valid(rules, True, volume)
        assert volume * price + rules.fees(True, volume * price).total <= cash
    step = 1 if code in (STAR, BEIJING) else 100
    following = volume + step if volume else rules.lot
    if is_valid(rules, True, following):
        assert following * price + rules.fees(True, following * price).total > cash


def test_affordable_minds_the_fees():
    rules = day_rules()

    assert rules.affordable(money("1005.01"), money("10.00")) == 100
    assert rules.affordable(money("1005.00"), money("10.00")) == 0
    assert rules.cost(100, money("10.00")) == money("1005.01")


def test_affordable_ends_at_the_largest_order():
    plenty = money("100000000000")

    assert day_rules().affordable(plenty, money("10.00")) == 1_000_000
    assert day_rules(STAR).affordable(plenty, money("10.00")) == 100_000
    assert day_rules(STAR).affordable(plenty, money("10.00"), 44) == 50_000
    assert day_rules(CHINEXT).affordable(plenty, money("10.00"), 44) == 150_000


@pytest.mark.parametrize("price", [0, -100])
def test_nothing_is_affordable_at_no_price(price):
    with pytest.raises(InputError, match="price"):
        day_rules().affordable(money("1000"), price)


def test_no_cash_or_less_buys_nothing():
    assert day_rules().affordable(0, money("10.00")) == 0
    assert day_rules().affordable(-1, money("10.00")) == 0


@given(code=codes, volume=st.integers(-5, 700), sellable=st.integers(0, 700))
def test_a_rounded_sale_is_valid_and_the_largest_one_within_what_was_asked(code, volume, sellable):
    rules = day_rules(code)

    rounded = rules.round_sell(volume, sellable)

    assert 0 <= rounded <= max(volume, 0)
    assert rounded == 0 or is_valid(rules, False, rounded, sellable)
    assert not any(
        is_valid(rules, False, larger, sellable) for larger in range(rounded + 1, volume + 1)
    )


@pytest.mark.parametrize("code", ALL)
def test_all_of_a_position_can_be_sold_whatever_its_size(code):
    rules = day_rules(code)

    for sellable in (1, 32, 99, 100, 199, 200, 232, 1_050):
        assert rules.round_sell(sellable, sellable) == sellable


def test_a_rounded_sale_ends_at_the_largest_order():
    assert day_rules(STAR).round_sell(500_000, 500_000) == 100_000
    assert day_rules(STAR).round_sell(500_000, 500_000, 44) == 50_000
    assert day_rules().round_sell(1_000_032, 1_000_032) == 1_000_000
