"""Which order type and which price type is valid where."""

from __future__ import annotations

import pytest

from tests.rules.orders import BEIJING, CHINEXT, FUND, MAIN, SHENZHEN, STAR, ask, day_rules
from xtnb import xtconstant as c
from xtnb.errors import RefusalCode, Refused
from xtnb.rules.listed import everything, rules_of, tie
from xtnb.rules.months import DEMO_DAY
from xtnb.rules.validity import check_order_type, check_price_type, price_types
from xtnb.vocabulary.codes import OrderType, PriceType

VALID = {
    "SH": {5, 11, 42, 43, 44, 45},
    "SZ": {5, 11, 44, 45, 46, 47, 48},
    "BJ": {5, 11, 42, 43, 44, 45},
}
NUMBERS = sorted({int(member) for member in PriceType} | {0, 12, 26, 49, 50, -1})


@pytest.mark.parametrize("market", VALID)
@pytest.mark.parametrize("price_type", NUMBERS)
def test_a_venue_takes_exactly_its_own_price_types(market, price_type):
    if price_type in VALID[market]:
        check_price_type(market, price_type)
        return

    with pytest.raises(Refused) as refused:
        check_price_type(market, price_type)

    assert refused.value.code == RefusalCode.PRICE_TYPE
    for text in (refused.value.zh, refused.value.en):
        assert str(price_type) in text
        assert all(str(valid) in text for valid in VALID[market])


@pytest.mark.parametrize(
    ("code", "market"),
    [
        (MAIN, "SH"),
        (STAR, "SH"),
        (FUND, "SH"),
        (SHENZHEN, "SZ"),
        (CHINEXT, "SZ"),
        ("159919.SZ", "SZ"),
        (BEIJING, "BJ"),
    ],
)
def test_an_instrument_takes_the_price_types_of_its_venue(code, market):
    rules = day_rules(code)

    assert rules.price_types == price_types(market) == VALID[market]
    for price_type in NUMBERS:
        if price_type in VALID[market]:
            assert ask(rules, price_type=price_type, last="10.00") > 0
        else:
            with pytest.raises(Refused) as refused:
                ask(rules, price_type=price_type)
            assert refused.value.code == RefusalCode.PRICE_TYPE


@pytest.mark.parametrize("order_type", sorted({int(member) for member in OrderType}))
def test_a_stock_account_buys_and_sells_and_does_nothing_else(order_type):
    if order_type in (c.STOCK_BUY, c.STOCK_SELL):
        check_order_type(c.SECURITY_ACCOUNT, order_type)
        return

    with pytest.raises(Refused) as refused:
        check_order_type(c.SECURITY_ACCOUNT, order_type)

    assert refused.value.code == RefusalCode.ORDER_TYPE
    for text in (refused.value.zh, refused.value.en):
        assert str(order_type) in text
        assert "23" in text
        assert "24" in text


@pytest.mark.parametrize(
    "account_type", sorted(set(c.ACCOUNT_TYPE_DICT) - {c.SECURITY_ACCOUNT, c.NEW3BOARD_ACCOUNT})
)
def test_other_accounts_do_not_trade_yet_and_are_told_so(account_type):
    with pytest.raises(Refused) as refused:
        ask(day_rules(), account_type=account_type)

    assert refused.value.code == RefusalCode.ORDER_TYPE
    assert c.ACCOUNT_TYPE_DICT[account_type] in refused.value.en
    with pytest.raises(Refused) as alone:
        check_order_type(account_type, c.STOCK_BUY)
    assert str(alone.value) == str(refused.value)


def test_a_refusal_names_what_was_asked_for():
    with pytest.raises(Refused) as refused:
        check_price_type("SH", c.MARKET_SZ_FULL_OR_CANCEL)

    assert "48（全额成交或撤销）" in refused.value.zh
    assert "48 (fill or kill)" in refused.value.en


def test_a_limit_price_of_nothing_is_below_every_limit():
    rules = {
        code: rules_of(listed, listed.reference, DEMO_DAY)
        for code, listed in everything(DEMO_DAY).items()
    }
    tie(rules)

    assert [code for code, terms in rules.items() if terms.down < terms.tick] == []
    with pytest.raises(Refused) as refused:
        ask(day_rules(), buy=False, price="0")
    assert refused.value.code == RefusalCode.PRICE_LIMIT
