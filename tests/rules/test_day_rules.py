"""`DayRules.check`: what may enter, at what price it freezes, and why not."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rules.orders import (
    BEIJING,
    CHINEXT,
    FUND,
    MAIN,
    SHENZHEN,
    STAR,
    TODAY,
    ask,
    day_rules,
    money,
)
from xtnb import xtconstant as c
from xtnb.errors import InputError, RefusalCode, Refused, VolumeShort
from xtnb.rules.day import DayRules
from xtnb.rules.instruments import find

ALL = [MAIN, STAR, SHENZHEN, CHINEXT, BEIJING, FUND]


def refusal(*args, **facts) -> Refused:
    with pytest.raises(Refused) as refused:
        ask(*args, **facts)
    assert refused.value.zh
    assert str(refused.value) == f"{refused.value.zh} / {refused.value.en}"
    return refused.value


def says(refused: Refused, code: RefusalCode, *figures: str) -> None:
    assert refused.code == code
    for figure in figures:
        assert figure in refused.zh
        assert figure in refused.en


# volume


@pytest.mark.parametrize(
    ("code", "valid", "wrong"),
    [
        (MAIN, [100, 200, 1_000_000], [0, -100, 1, 99, 150, 101]),
        (SHENZHEN, [100, 300, 1_000_000], [0, 50, 250]),
        (CHINEXT, [100, 300_000], [0, 99, 110]),
        (STAR, [200, 201, 100_000], [0, 1, 100, 199]),
        (BEIJING, [100, 101, 1_000_000], [0, 99, -1]),
        (FUND, [100, 1_000_000], [0, 1, 150]),
    ],
)
def test_a_buy_is_of_the_boards_size(code, valid, wrong):
    rules = day_rules(code)

    for volume in valid:
        assert ask(rules, volume=volume) == money("10.00")
    for volume in wrong:
        says(refusal(rules, volume=volume), RefusalCode.LOT, f"{volume:,}", str(rules.lot))


@pytest.mark.parametrize(
    ("code", "limit", "market"),
    [
        (MAIN, 1_000_000, 1_000_000),
        (SHENZHEN, 1_000_000, 1_000_000),
        (STAR, 100_000, 50_000),
        (CHINEXT, 300_000, 150_000),
        (BEIJING, 1_000_000, 1_000_000),
        (FUND, 1_000_000, 1_000_000),
    ],
)
@pytest.mark.parametrize("buy", [True, False])
def test_an_order_has_a_largest_size_by_kind(code, limit, market, buy):
    rules = day_rules(code)
    own_best = {"price_type": c.MARKET_MINE_PRICE_FIRST, "sellable": 10**9}

    assert ask(rules, buy, limit, sellable=10**9)
    assert ask(rules, buy, market, **own_best)
    says(
        refusal(rules, buy, limit + 100, sellable=10**9),
        RefusalCode.TOO_LARGE,
        f"{limit:,}",
        f"{limit + 100:,}",
    )
    says(refusal(rules, buy, market + 100, **own_best), RefusalCode.TOO_LARGE, f"{market:,}")


@pytest.mark.parametrize(
    ("code", "valid"),
    [
        (MAIN, {32, 100, 132, 200, 232}),
        (SHENZHEN, {32, 100, 132, 200, 232}),
        (CHINEXT, {32, 100, 132, 200, 232}),
        (FUND, {32, 100, 132, 200, 232}),
        (STAR, set(range(200, 233))),
        (BEIJING, set(range(100, 233))),
    ],
)
def test_of_232_shares_each_board_sells_its_own_pieces(code, valid):
    rules = day_rules(code)

    for volume in range(-1, 233):
        if volume in valid:
            assert ask(rules, buy=False, volume=volume, sellable=232)
        else:
            refused = refusal(rules, buy=False, volume=volume, sellable=232)
            says(refused, RefusalCode.LOT, "232", str(volume))


@pytest.mark.parametrize(("code", "rest"), [(STAR, 32), (STAR, 1), (STAR, 199), (BEIJING, 99)])
def test_a_remainder_below_the_least_size_goes_in_one_order(code, rest):
    rules = day_rules(code)

    assert ask(rules, buy=False, volume=rest, sellable=rest)
    if rest > 1:
        assert refusal(rules, buy=False, volume=rest - 1, sellable=rest).code == RefusalCode.LOT


def test_the_odd_lot_is_named_in_the_refusal():
    says(refusal(day_rules(), buy=False, volume=50, sellable=232), RefusalCode.LOT, "32", "100")


def test_a_sale_of_more_than_is_sellable_is_refused_with_both_figures():
    refused = refusal(day_rules(), buy=False, volume=300, sellable=200)

    assert isinstance(refused, VolumeShort)
    assert (refused.wanted, refused.available) == (300, 200)
    says(refused, RefusalCode.VOLUME, "300", "200")


def test_a_refused_sale_says_what_can_be_sold_tomorrow_and_what_orders_hold():
    refused = refusal(day_rules(), buy=False, volume=300, sellable=200, held=1_700, arriving=1_100)

    says(refused, RefusalCode.VOLUME, "300", "200", "1,100", "400")
    assert "bought today and can be sold tomorrow" in refused.en
    assert "今日买入的 1,100 明日可卖；另有 400 已被委托冻结" in refused.zh


def test_a_buy_does_not_ask_what_is_sellable():
    assert ask(day_rules(), volume=100, sellable=0)


# price


def test_a_price_off_the_tick_names_its_neighbours():
    says(refusal(day_rules(), price="10.005"), RefusalCode.TICK, "10.005", "10.00", "10.01")
    says(refusal(day_rules(), price="10.0001"), RefusalCode.TICK, "10.0001", "10.00", "10.01")
    says(refusal(day_rules(FUND), price="10.0005"), RefusalCode.TICK, "10.000", "10.001")


def test_funds_have_three_decimals():
    assert ask(day_rules(FUND), price="10.001") == 100_010


@pytest.mark.parametrize("buy", [True, False])
@pytest.mark.parametrize("code", ALL)
def test_the_limits_themselves_are_valid_and_a_tick_beyond_is_not(code, buy):
    rules = day_rules(code)
    low, high = rules.down, rules.up

    def sent(price: int) -> int:
        return ask(rules, buy, price=shown(price), bid=shown(price), ask=shown(price))

    def shown(price: int) -> str:
        return f"{price / 10_000:.{3 if code == FUND else 2}f}"

    assert sent(low) == low
    assert sent(high) == high
    for beyond in (low - rules.tick, high + rules.tick):
        with pytest.raises(Refused) as refused:
            sent(beyond)
        says(refused.value, RefusalCode.PRICE_LIMIT, shown(low), shown(high))


@pytest.mark.parametrize("price", ["0", "-0.01", "-10.00"])
def test_a_limit_order_needs_a_price_above_nothing(price):
    says(refusal(day_rules(), price=price), RefusalCode.PRICE_LIMIT, "9.00", "11.00")


@pytest.mark.parametrize(
    ("code", "prev_close", "base", "highest", "lowest"),
    [
        (MAIN, "30.00", "30.00", "30.60", "29.40"),
        (MAIN, "3.00", "3.00", "3.10", "2.90"),
        (SHENZHEN, "30.00", "30.00", "30.60", "29.40"),
        (SHENZHEN, "3.00", "3.00", "3.10", "2.90"),
        (CHINEXT, "30.00", "30.00", "30.60", "29.40"),
        (CHINEXT, "3.00", "3.00", "3.10", "2.90"),
        (STAR, "30.00", "30.00", "30.60", "29.40"),
        (STAR, "3.00", "3.00", "3.06", "2.94"),
        (BEIJING, "30.00", "30.00", "31.50", "28.50"),
        (BEIJING, "1.50", "1.50", "1.60", "1.40"),
    ],
)
def test_the_price_cage_of_each_board(code, prev_close, base, highest, lowest):
    rules = day_rules(code, prev_close)
    beyond = f"{float(highest) + 0.01:.2f}", f"{float(lowest) - 0.01:.2f}"

    assert ask(rules, price=highest, ask=base)
    assert ask(rules, buy=False, price=lowest, bid=base)
    says(refusal(rules, price=beyond[0], ask=base), RefusalCode.PRICE_CAGE, highest, base)
    says(refusal(rules, buy=False, price=beyond[1], bid=base), RefusalCode.PRICE_CAGE, lowest, base)


def test_a_cage_binds_on_one_side_only():
    rules = day_rules()

    assert ask(rules, price="9.00", bid="10.00", ask="10.01", last="10.00")
    assert ask(rules, buy=False, price="11.00", bid="10.00", ask="10.01", last="10.00")


def test_the_cage_is_measured_from_the_other_side_first():
    rules = day_rules()
    book = {"bid": "9.50", "ask": "10.50", "last": "10.00"}

    assert ask(rules, price="10.71", **book)
    assert refusal(rules, price="10.72", **book).code == RefusalCode.PRICE_CAGE
    assert ask(rules, buy=False, price="9.31", **book)
    assert refusal(rules, buy=False, price="9.30", **book).code == RefusalCode.PRICE_CAGE


def test_funds_have_no_cage():
    assert ask(day_rules(FUND), price="11.000", ask="10.000") == money("11.00")


def test_the_main_boards_had_no_cage_before_april_2023():
    for code in (MAIN, SHENZHEN, CHINEXT):
        assert ask(day_rules(code, day=date(2023, 4, 7)), price="11.00", ask="10.00")
        with pytest.raises(Refused):
            ask(day_rules(code, day=date(2023, 4, 10)), price="11.00", ask="10.00")


# what freezes


def test_the_latest_price_is_the_last_one_or_the_previous_close():
    rules = day_rules()
    latest = {"price_type": c.LATEST_PRICE, "price": "0"}

    assert ask(rules, last="10.42", ask="10.43", bid="10.41", **latest) == money("10.42")
    assert ask(rules, **latest) == money("10.00")
    assert ask(rules, price_type=c.LATEST_PRICE, price="99.00", last="10.42", ask="10.42")


def test_the_latest_price_keeps_to_the_limits_and_the_cage():
    rules = day_rules()
    latest = {"price_type": c.LATEST_PRICE, "price": "0"}

    assert ask(rules, last="12.00", ask="11.00", **latest) == money("11.00")
    assert refusal(rules, last="10.90", ask="10.00", **latest).code == RefusalCode.PRICE_CAGE


@pytest.mark.parametrize("code", ALL)
@pytest.mark.parametrize("price", ["0", "-1.00", "9.50"])
def test_a_market_order_freezes_at_the_days_limit(code, price):
    rules = day_rules(code)

    for price_type in rules.price_types - {5, 11, 42, 43}:
        assert ask(rules, price=price, price_type=price_type, volume=200) == rules.up
        assert ask(rules, False, price=price, price_type=price_type, volume=200) == rules.down


@pytest.mark.parametrize("price_type", [42, 43])
def test_best_five_in_shanghai_and_beijing_heeds_a_protective_price(price_type):
    for code in (MAIN, STAR, BEIJING, FUND):
        rules = day_rules(code)

        assert ask(rules, price="10.30", price_type=price_type, ask="9.00") == money("10.30")
        assert ask(rules, False, price="9.70", price_type=price_type) == money("9.70")
        assert ask(rules, price="0", price_type=price_type) == rules.up
        assert ask(rules, False, price="-1.00", price_type=price_type) == rules.down
        says(refusal(rules, price="99.00", price_type=price_type), RefusalCode.PRICE_LIMIT)
        says(refusal(rules, price="10.0005", price_type=price_type), RefusalCode.TICK)


# the day


def test_without_a_previous_close_there_are_no_rules():
    with pytest.raises(Refused) as refused:
        DayRules(find(MAIN), 0, TODAY)

    says(refused.value, RefusalCode.NO_REFERENCE, MAIN)


@pytest.mark.parametrize("prev_close", [-100, 105_050])
def test_a_previous_close_that_is_no_price_is_an_error(prev_close):
    with pytest.raises(InputError, match="prev_close"):
        DayRules(find(MAIN), prev_close, TODAY)


@given(
    code=st.sampled_from(ALL),
    buy=st.booleans(),
    price_type=st.sampled_from([5, 11, 42, 43, 44, 45, 46, 47, 48]),
    volume=st.integers(-10, 1_200_000),
    price=st.integers(-10, 150_000),
    book=st.tuples(*[st.sampled_from([0, 90_000, 99_000, 100_000, 101_000, 110_000])] * 3),
    sellable=st.integers(0, 1_500_000),
)
def test_what_is_accepted_freezes_at_a_valid_price(
    code, buy, price_type, volume, price, book, sellable
):
    rules = day_rules(code)
    bid, best_ask, last = book
    try:
        frozen = rules.check(
            2, 23 if buy else 24, price_type, volume, price,
            sellable=sellable, bid=bid, ask=best_ask, last=last,
        )  # fmt: skip
    except Refused:
        return

    assert rules.down <= frozen <= rules.up
    assert frozen % rules.tick == 0
    assert volume > 0
    assert buy or volume <= sellable
