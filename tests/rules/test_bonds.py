"""Convertible bonds and reverse repos: verdicts and figures."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rules.orders import TODAY, money
from xtnb import xtconstant as c
from xtnb.errors import CashShort, InputError, RefusalCode, Refused
from xtnb.rules.bonds import (
    FACE,
    ConvertibleRules,
    RepoRules,
    convertibles,
    interest,
    maturity,
    repos,
)
from xtnb.rules.calendar import is_trading_day

BOND, NIGHT = "113052.SH", "204001.SH"


def bond(prev_close="121.480", day=TODAY):
    return ConvertibleRules(convertibles()[BOND], money(prev_close), day)


def repo(code=NIGHT, day=TODAY, **more):
    return RepoRules(repos()[code], money("1.650"), day, **more)


def lend(rules, volume=100, rate="1.650", **facts):
    return rules.verdict(
        facts.pop("account_type", c.SECURITY_ACCOUNT),
        facts.pop("order_type", c.STOCK_SELL),
        facts.pop("price_type", c.FIX_PRICE),
        volume,
        money(rate),
        cash=money(facts.pop("cash", "1000000")),
    )


def test_a_bond_moves_by_a_fifth_in_steps_of_a_thousandth():
    rules = bond("100.003")

    assert (rules.tick, rules.lot) == (money("0.001"), 10)
    assert (rules.down, rules.up) == (money("80.002"), money("120.004"))


def test_the_sizes_that_a_ticket_offers_are_lots_of_ten():
    rules = bond("100.000")

    assert rules.affordable(money("10000"), money("100")) == 90
    assert rules.round_sell(137, 137) == 137
    assert rules.round_sell(136, 137) == 130


def test_a_bond_pays_commission_alone():
    fees = bond().fees(False, money("100000"))

    assert (fees.commission, fees.stamp_duty, fees.transfer_fee) == (money("5"), 0, 0)


def test_rules_before_the_first_row_are_not_invented():
    with pytest.raises(InputError):
        bond(day=date(2022, 7, 29))


def test_lending_sets_aside_face_and_fee():
    said = lend(repo(), 1_000, "1.825")

    assert (said.face, said.fee) == (money("100000"), money("1"))
    assert (said.freeze, said.interest) == (money("100001"), money("5"))
    assert (said.due, said.days) == (TODAY + timedelta(days=1), 1)


@pytest.mark.parametrize(
    ("code", "fee"),
    [
        ("204001.SH", "1"),
        ("204002.SH", "2"),
        ("204003.SH", "3"),
        ("204004.SH", "4"),
        ("204007.SH", "5"),
        ("204014.SH", "10"),
        ("204028.SH", "20"),
        ("204091.SH", "20"),
        ("131810.SZ", "1"),
    ],
)
def test_the_fee_of_a_hundred_thousand_goes_by_the_tenor(code, fee):
    assert repo(code).fee(money("100000")) == money(fee)


def test_the_cash_must_cover_face_and_fee():
    with pytest.raises(CashShort):
        lend(repo(), 1_000, cash="100000.99")
    lend(repo(), 1_000, cash="100001")


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"order_type": c.STOCK_BUY}, RefusalCode.ORDER_TYPE),
        ({"account_type": c.CREDIT_ACCOUNT}, RefusalCode.ORDER_TYPE),
        ({"price_type": c.LATEST_PRICE}, RefusalCode.PRICE_TYPE),
        ({"volume": 5}, RefusalCode.LOT),
        ({"rate": "1.6525"}, RefusalCode.TICK),
        ({"rate": "0"}, RefusalCode.PRICE_LIMIT),
    ],
)
def test_what_a_repo_does_not_allow_is_refused(facts, code):
    with pytest.raises(Refused) as refused:
        lend(repo(), **facts)

    assert refused.value.code == code


def test_the_tick_of_shenzhen_was_finer_once():
    assert repo("131810.SZ", date(2022, 5, 13)).tick == money("0.001")
    assert repo("131810.SZ").tick == money("0.005")


@pytest.mark.parametrize(
    ("day", "tenor", "back", "days"),
    [
        (date(2026, 11, 16), 1, date(2026, 11, 17), 1),  # Monday
        (date(2026, 11, 19), 1, date(2026, 11, 20), 3),  # Thursday: over the weekend
        (date(2026, 11, 20), 1, date(2026, 11, 23), 1),  # Friday
        (date(2026, 11, 18), 7, date(2026, 11, 25), 7),
        (date(2026, 9, 29), 1, date(2026, 9, 30), 8),  # before the holidays of October
    ],
)
def test_on_the_exchanges_calendar_money_earns_for_the_days_it_is_away(day, tenor, back, days):
    assert maturity(day, tenor, is_trading_day) == (back, days)


@given(day=st.dates(date(2020, 1, 1), date(2030, 1, 1)), tenor=st.integers(1, 182))
def test_where_every_day_trades_money_is_away_for_its_tenor(day, tenor):
    assert maturity(day, tenor) == (day + timedelta(days=tenor), tenor)


@given(units=st.integers(1, 10**6), rate=st.integers(50, 10**6), days=st.integers(1, 200))
def test_interest_is_that_of_a_slow_calculation_to_the_fen(units, rate, days):
    slow = Decimal(units * 100) * Decimal(rate) / 10_000 / 100 * days / 365

    earned = interest(units * FACE, rate, days)

    assert Decimal(earned) / 10_000 == slow.quantize(Decimal("0.01"), ROUND_HALF_UP)
