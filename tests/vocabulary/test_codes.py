"""Labels: one per number and group, from the manual's own words."""

from __future__ import annotations

import json

import pytest

from tests.manual import tables
from xtnb import xtconstant as c
from xtnb.vocabulary import codes

GROUPS = {
    "market": codes.Market,
    "account_type": codes.AccountType,
    "order_type": codes.OrderType,
    "price_type": codes.PriceType,
    "order_status": codes.OrderStatus,
    "account_status": codes.AccountStatus,
    "transfer_direction": codes.TransferDirection,
    "direction": codes.Direction,
    "offset_flag": codes.OffsetFlag,
}


def test_the_manual_has_these_groups():
    assert set(tables.labels()) == set(GROUPS)


@pytest.mark.parametrize("group", GROUPS)
def test_every_number_of_a_group_has_two_labels(group):
    for name in tables.labels()[group]:
        number = getattr(c, name)

        assert GROUPS[group].label_of(number, "zh") != str(number), name
        assert GROUPS[group].label_of(number, "en") != str(number), name


@pytest.mark.parametrize("group", ["order_status", "direction", "market"])
def test_short_labels_are_the_manual_s_words(group):
    for name, words in tables.labels()[group].items():
        assert GROUPS[group].label_of(getattr(c, name), "zh") == words


def test_a_number_means_something_else_in_each_group():
    assert codes.OrderStatus.label_of(50) == "working"
    assert codes.BrokerPriceType.label_of(50) == "limit"
    assert codes.OrderType.label_of(50) == "sell to open"


def test_a_buy_is_of_collateral_when_the_account_is_a_margin_account():
    assert codes.OrderType.label_of(23, "zh") == "买入"
    assert codes.OrderType.label_of(23, "zh", account_type=c.SECURITY_ACCOUNT) == "买入"
    assert codes.OrderType.label_of(23, "zh", account_type=c.CREDIT_ACCOUNT) == "担保品买入"
    assert codes.OrderType.label_of(24, account_type=c.CREDIT_ACCOUNT) == "collateral sell"


def test_an_offset_is_a_side_for_stocks_and_open_or_close_for_futures():
    assert codes.OffsetFlag.label_of(48, account_type=c.SECURITY_ACCOUNT) == "buy"
    assert codes.OffsetFlag.label_of(49, "zh", account_type=c.FUTURE_ACCOUNT) == "平仓"


def test_an_unknown_number_is_its_own_label():
    assert codes.OrderStatus.label_of(999) == "999"


def test_a_code_is_an_int_to_json_and_to_arithmetic():
    assert json.dumps(codes.OrderStatus.JUNK) == "57"
    assert codes.OrderStatus.JUNK == 57
    assert codes.OrderStatus(57).label("zh") == "废单"


@pytest.mark.parametrize(
    ("sent", "back"),
    [(5, 50), (11, 50), (18, 49), (24, 49), (42, 88), (43, 85), (44, 84), (45, 86), (46, 87)],
)
def test_the_broker_s_price_type_of_a_request(sent, back):
    assert codes.broker_price_type(sent) == back


def test_every_price_type_comes_back_as_a_broker_s_one():
    for price_type in codes.PriceType:
        assert codes.broker_price_type(price_type) in set(codes.BrokerPriceType)


def test_a_price_type_that_does_not_exist_comes_back_as_it_is():
    assert codes.broker_price_type(7) == 7
