"""What a terminal says of an account's terms is asked once a day, and counted with."""

from __future__ import annotations

from datetime import date

import pytest

import xtnb
from tests.session.scripted import ScriptedLink
from xtnb import xtconstant as c
from xtnb.errors import RefusalCode, Refused
from xtnb.live.agreed import Agreed
from xtnb.rules.collateral import LISTED, NOT_LISTED, CreditSettings, Eligible, securities
from xtnb.rules.credit_figures import Funds, Room
from xtnb.rules.day import DayRules
from xtnb.rules.instruments import find
from xtnb.rules.margin import CreditRules
from xtnb.rules.months import DEMO_DAY
from xtnb.vocabulary.credit import CreditAssure, CreditSubjects
from xtnb.xttrader import XtQuantTrader
from xtnb.xttype import StockAccount

SHANGHAI = c.MARKET_STR_TO_ENUM_MAPPING["SH"]
SUBJECTS = [
    CreditSubjects("1", NOT_LISTED, LISTED, SHANGHAI, 0.0, 1.2, "600000"),
    CreditSubjects("1", LISTED, NOT_LISTED, SHANGHAI, 0.6, 0.0, "600036"),
]
ASSURES = [
    CreditAssure("1", LISTED, SHANGHAI, 0.55, "600000"),
    CreditAssure("1", LISTED, SHANGHAI, 0.7, "600028"),
    CreditAssure("1", NOT_LISTED, SHANGHAI, 0.7, "600030"),
]
PLENTY = Funds(10**12, 0, 10**12, 10**12, 10**12, 10**12, 0)


@pytest.fixture
def trader():
    link = ScriptedLink(query_credit_subjects=SUBJECTS, query_credit_assure=ASSURES)
    trader = XtQuantTrader.over(link, session_id=7)
    trader.start()
    assert trader.connect() == 0
    trader.link = link
    yield trader
    trader.stop()


def verdict(order_type, code):
    rules = CreditRules(DEMO_DAY, CreditSettings(), Eligible.of(SUBJECTS, ASSURES))
    day = DayRules(find(code), 100_000, DEMO_DAY)
    room = Room(lendable=10_000)
    asked = order_type, c.FIX_PRICE, 1_000, 100_000
    return rules.verdict(day, *asked, funds=PLENTY, room=room, last=100_000)


def test_the_lists_are_asked_for_once_a_day(trader):
    agreed = Agreed(trader, StockAccount("1", "CREDIT"))

    first = agreed.eligible(date(2026, 11, 20))
    again = agreed.eligible(date(2026, 11, 20))
    assert len(trader.link.sent) == 2
    agreed.eligible(date(2026, 11, 21))

    assert first is again
    assert len(trader.link.sent) == 4
    assert first.securities["600000.SH"].haircut == 5_500
    assert "600030.SH" not in first.securities


def test_other_accounts_have_none_and_ask_for_none(trader):
    assert Agreed(trader, StockAccount("1")).eligible(DEMO_DAY) is None
    assert trader.link.sent == []


@pytest.mark.parametrize(
    ("subjects", "assures"), [(None, ASSURES), (SUBJECTS, None), ([], ASSURES), (SUBJECTS, [])]
)
def test_a_terminal_that_does_not_tell_leaves_the_lists_of_this_package(subjects, assures):
    eligible = Eligible.of(subjects, assures)

    assert eligible is None
    assert CreditRules(DEMO_DAY, CreditSettings(), eligible).securities == securities(DEMO_DAY)


def test_an_order_is_judged_by_the_lists_and_ratios_of_the_terminal():
    financed, short = (
        verdict(c.CREDIT_FIN_BUY, "600000.SH"),
        verdict(c.CREDIT_SLO_SELL, "600036.SH"),
    )

    assert (financed.ratio, financed.margin) == (12_000, 120_000_000)
    assert (short.ratio, short.margin) == (6_000, 60_000_000)
    assert verdict(c.CREDIT_BUY, "600028.SH")
    for order_type, code in ((c.CREDIT_FIN_BUY, "600036.SH"), (c.CREDIT_SLO_SELL, "600000.SH")):
        with pytest.raises(Refused) as refused:
            verdict(order_type, code)
        assert refused.value.code == RefusalCode.NOT_ELIGIBLE
    with pytest.raises(Refused):
        verdict(c.CREDIT_BUY, "600030.SH")


def test_what_the_paper_terminal_tells_is_what_its_rules_say():
    with xtnb.paper(seed=7, clock="hand") as desk:
        desk.use("1208970161", "CREDIT")
        told = Agreed(desk.trader, desk.account).eligible(DEMO_DAY)

    known = securities(DEMO_DAY)
    assert told.securities.keys() == known.keys()
    for code, one in told.securities.items():
        expected = known[code]
        assert (one.haircut, one.fin, one.slo) == (expected.haircut, expected.fin, expected.slo)
