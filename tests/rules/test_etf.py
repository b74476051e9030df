"""Baskets of ETFs: what changes hands."""

from __future__ import annotations

import pytest

from tests.rules.orders import money
from xtnb import xtconstant as c
from xtnb.errors import CashShort, RefusalCode, Refused
from xtnb.rules.etf import CREATE, REDEEM, Basket, Component, baskets
from xtnb.rules.instruments import all_instruments

BASKET = Basket(
    "510300.SH",
    1_000,
    money("-50"),
    (
        Component("600036.SH", 10, "forbidden"),
        Component("600000.SH", 100, "allowed", premium_ppm=100_000),
        Component("600519.SH", 1, "must", amount=money("1500")),
    ),
)
LAST = {"510300.SH": money("4.712"), "600036.SH": money("40"), "600000.SH": money("10")}


def ask(order_type=CREATE, volume=1_000, cash="1000000", price_type=c.FIX_PRICE, **usable):
    held = {"600036.SH": 100, "600000.SH": 1_000, "510300.SH": 10_000}
    held.update({f"{code[1:]}.SH": many for code, many in usable.items()})
    return BASKET.verdict(
        c.SECURITY_ACCOUNT,
        order_type,
        price_type,
        volume,
        cash=money(cash),
        usable=held,
        last=LAST,
    )


def test_a_creation_gives_shares_and_cash():
    said = ask(volume=2_000)

    assert said.gives == {"600036.SH": 20, "600000.SH": 200}
    assert said.gets == {"510300.SH": 2_000}
    assert said.cash == money("2900")  # twice 1,500 - 50


def test_missing_shares_of_an_allowed_stock_cost_their_price_and_a_premium():
    said = ask(s600000=30)

    assert said.gives["600000.SH"] == 30
    assert said.substituted == {"600000.SH": money("770")}  # 70 × 10 × 1.1
    assert said.cash == money("1450") + money("770")


def test_a_redemption_is_the_other_way_round():
    said = ask(REDEEM)

    assert said.gives == {"510300.SH": 1_000}
    assert said.gets == {"600036.SH": 10, "600000.SH": 100}
    assert said.cash == -money("1450")


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"volume": 1_500}, RefusalCode.LOT),
        ({"volume": 0}, RefusalCode.LOT),
        ({"s600036": 9}, RefusalCode.VOLUME),
        ({"order_type": REDEEM, "s510300": 999}, RefusalCode.VOLUME),
        ({"order_type": c.STOCK_BUY}, RefusalCode.ORDER_TYPE),
        ({"price_type": c.LATEST_PRICE}, RefusalCode.PRICE_TYPE),
    ],
)
def test_what_a_basket_does_not_allow_is_refused(facts, code):
    with pytest.raises(Refused) as refused:
        ask(**facts)

    assert refused.value.code == code


def test_the_cash_must_cover_substitutes_and_difference():
    with pytest.raises(CashShort):
        ask(cash="1449.99")
    ask(cash="1450")


@pytest.mark.parametrize("code", baskets())
def test_the_demos_baskets_are_worth_their_units(code):
    known, basket = all_instruments(), baskets()[code]

    worth = basket.cash_difference + sum(
        one.amount or known[one.stock_code].reference * one.volume for one in basket.components
    )

    assert worth == known[code].reference * basket.unit
