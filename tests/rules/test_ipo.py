"""Subscriptions: offers, quotas, verdicts and the draw."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rules.orders import TODAY, money
from xtnb import xtconstant as c
from xtnb.errors import CashShort, RefusalCode, Refused
from xtnb.rules.ipo import drawn, ipo_data, offers, quotas, verdict


def offer(quota="", prepaid=False):
    return next(
        one
        for one in offers(TODAY).values()
        if (one.quota, one.prepaid) == (quota, prepaid) and (quota or prepaid or one.bond)
    )


def ask(of, volume=500, **facts):
    return verdict(
        of,
        facts.pop("order_type", c.STOCK_BUY),
        facts.pop("price_type", c.FIX_PRICE),
        volume,
        facts.pop("price", of.price),
        cash=money(facts.pop("cash", "1000000")),
        left=facts.pop("left", {"KCB": 5_000, "SH": 5_000, "SZ": 5_000}),
        subscribed=facts.pop("subscribed", ()),
    )


@given(day=st.dates(date(2020, 1, 1), date(2040, 1, 1)))
def test_every_kind_is_on_offer_every_day(day):
    found = offers(day).values()

    assert {one.quota for one in found} == {"KCB", "SH", "SZ", ""}
    assert {one.bond for one in found} == {one.prepaid for one in found} == {True, False}
    assert all(one.minimum % one.step == 0 < one.maximum for one in found)


def test_the_answer_has_the_manuals_form():
    days = [date.fromordinal(TODAY.toordinal() + n) for n in range(6)]
    found = [ipo_data(day) for day in days]

    row = next(data["301208.SZ"] for data in found if "301208.SZ" in data)
    assert {**row, "purchaseDate": ""} == {
        "name": "中亦科技",
        "type": "STOCK",
        "maxPurchaseNum": 16_500,
        "minPurchaseNum": 500,
        "purchaseDate": "",
        "issuePrice": 46.06,
    }


@pytest.mark.parametrize(
    ("value", "shares"),
    [("9999.99", 0), ("10000", 1_000), ("14999", 1_000), ("15000", 1_500), ("0", 0)],
)
def test_every_5000_yuan_gives_500_shares_from_10000_on(value, shares):
    assert quotas({"SH": money(value), "SZ": 0}) == {"KCB": shares, "SH": shares, "SZ": 0}


def test_only_beijing_freezes_cash():
    assert ask(offer("SZ"), cash="0").freeze == 0
    beijing = offer(prepaid=True)
    assert ask(beijing, 1_000).freeze == beijing.price * 1_000
    with pytest.raises(CashShort):
        ask(beijing, 1_000, cash="1")


def test_a_bond_uses_no_quota():
    said = ask(offer(), 10_000, left={})

    assert (said.quota, said.freeze, said.numbers) == (0, 0, 1_000)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"volume": 600}, RefusalCode.LOT),
        ({"volume": 0}, RefusalCode.LOT),
        ({"volume": 5_000_000}, RefusalCode.TOO_LARGE),
        ({"volume": 5_500}, RefusalCode.QUOTA),
        ({"price": 1}, RefusalCode.PRICE_LIMIT),
        ({"order_type": c.STOCK_SELL}, RefusalCode.ORDER_TYPE),
        ({"price_type": c.LATEST_PRICE}, RefusalCode.PRICE_TYPE),
        ({"subscribed": [offer("SZ").stock_code]}, RefusalCode.REPEATED),
    ],
)
def test_what_a_subscription_does_not_allow_is_refused(facts, code):
    with pytest.raises(Refused) as refused:
        ask(offer("SZ"), **facts)

    assert refused.value.code == code


@given(seed=st.text(max_size=8), numbers=st.integers(0, 60))
def test_a_draw_is_the_same_every_time_and_within_its_numbers(seed, numbers):
    won = drawn(seed, numbers)

    assert 0 <= won <= numbers
    assert won == drawn(seed, numbers)
    assert drawn(seed, numbers, 1_000_000) == numbers
    assert drawn(seed, numbers, 0) == 0


def test_a_long_draw_comes_near_its_odds():
    assert 500 < drawn("long", 10_000) < 700
