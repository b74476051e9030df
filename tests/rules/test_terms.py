"""What is agreed with an account: told and read back, and what it does to the rules of a day."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from tests.rules.orders import day_rules
from xtnb import xtconstant as c
from xtnb.errors import InputError
from xtnb.rules import terms
from xtnb.rules.bonds import ConvertibleRules, convertibles
from xtnb.rules.collateral import CreditSettings
from xtnb.rules.connect import ConnectRates, ConnectRules, ConnectSettings, connect_stocks
from xtnb.rules.fees import FeeSchedule
from xtnb.rules.futures import FuturesTerms
from xtnb.rules.hongkong import HkFeeSchedule
from xtnb.rules.options_futures import FutureOptionSettings
from xtnb.rules.options_settings import OptionSettings

DAY = date(2026, 11, 20)
DEAR = FeeSchedule(commission_ppm=1_500, minimum=100_000, stamp_duty_ppm=1_000)
OTHERS = {
    c.SECURITY_ACCOUNT: terms.StockTerms(DEAR, FeeSchedule(250, 0, 0, 0)),
    c.NEW3BOARD_ACCOUNT: terms.StockTerms(DEAR),
    c.CREDIT_ACCOUNT: CreditSettings(fin_quota=7, interest_of_all_first=True, fees=DEAR),
    c.FUTURE_ACCOUNT: FuturesTerms(margin=50_000, single_side=True, close_profit_by="opening"),
    c.FUTURE_OPTION_ACCOUNT: terms.FutureOptionTerms(
        FuturesTerms(fee_percent=300), FutureOptionSettings(fee=90_000)
    ),
    c.STOCK_OPTION_ACCOUNT: OptionSettings(commission=80_000, force_after=None),
    c.HUGANGTONG_ACCOUNT: ConnectSettings(
        ConnectRates(900_000, 950_000, 910_000, 930_000),
        HkFeeSchedule(1_000, 0),
        most_lots=10,
        sell_only=frozenset({"00700", "00941"}),
    ),
    c.SHENGANGTONG_ACCOUNT: ConnectSettings(quotation_spreads=0),
}


@pytest.mark.parametrize("kind", terms.KINDS)
def test_what_is_told_is_plain_and_reads_back_as_it_was(kind):
    for settings in (terms.KINDS[kind](), OTHERS[kind]):
        sent = json.loads(json.dumps(terms.told(settings)))

        assert terms.read(kind, sent) == settings


@pytest.mark.parametrize("kind", terms.KINDS)
def test_what_is_not_told_is_as_by_default_and_what_is_not_known_is_left_out(kind):
    assert terms.read(kind, None) == terms.KINDS[kind]()
    assert terms.read(kind, {"from a later version": 1}) == terms.KINDS[kind]()


def test_a_figure_that_no_broker_could_agree_is_an_error():
    with pytest.raises(InputError):
        terms.read(c.CREDIT_ACCOUNT, {"fin_quota": -1})


def test_a_schedule_changes_the_fees_of_a_day_and_nothing_else():
    plain = day_rules("600000.SH")

    own = terms.under(plain, OTHERS[c.SECURITY_ACCOUNT])

    assert own.fees(False, 10**9).commission == 1_500_000
    assert own.fees(False, 10**9).stamp_duty == 1_000_000
    assert (own.up, own.down, own.lot, own.day) == (plain.up, plain.down, plain.lot, plain.day)
    assert terms.under(plain, OTHERS[c.CREDIT_ACCOUNT]).fees(True, 10**9) == own.fees(True, 10**9)


def test_bonds_have_a_schedule_of_their_own():
    bond = ConvertibleRules(convertibles()["113052.SH"], 1_200_000, DAY)

    assert terms.under(bond, OTHERS[c.SECURITY_ACCOUNT]).fees(True, 1_000_000).total == 300
    assert terms.under(bond, replace(OTHERS[c.SECURITY_ACCOUNT], bonds=bond_fees())) is bond


def bond_fees():
    return terms.StockTerms().bonds


def test_a_schedule_of_bonds_names_its_duties():
    with pytest.raises(InputError):
        terms.StockTerms(bonds=FeeSchedule())


def test_connect_settings_change_its_rules():
    plain = ConnectRules(connect_stocks()["00700.HGT"], 6_000_000, DAY)

    own = terms.under(plain, OTHERS[c.HUGANGTONG_ACCOUNT])

    assert own.rates.settle_buy == 910_000
    assert own.fees(True, 10**9).commission == 1_000_000


def test_usual_settings_leave_the_rules_as_they_are():
    plain = day_rules("600000.SH")

    for kind, settings in terms.KINDS.items():
        assert terms.under(plain, settings()) is plain, kind
