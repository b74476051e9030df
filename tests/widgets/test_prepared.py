"""An order that is about to be sent: doubted where a rule says no, and only there."""

import logging

import pytest

from tests.widgets.browser_end import Page
from xtnb import xtconstant as c
from xtnb.errors import NotConnected, QueryFailed
from xtnb.widgets.actions import actions_of, find_action
from xtnb.widgets.attempts import Attempt
from xtnb.widgets.forms import Form
from xtnb.widgets.prepared import Prepared, prepared

PUFA = "600000.SH"
BUY = find_action(actions_of(c.SECURITY_ACCOUNT), "buy")


class Silent:
    """A desk that cannot preview."""

    def __init__(self, fault: Exception) -> None:
        self.fault = fault

    def preview(self, *_: object) -> None:
        raise self.fault


def order(volume: int, terms) -> Prepared:
    form = {"price_type": c.FIX_PRICE, "price": 10.2, "volume": volume}
    return Prepared(Attempt("token", form, BUY, PUFA, "浦发银行"), terms)


@pytest.fixture
def terms(web: Page, desk):
    return desk._live.terms_of(PUFA)


def test_an_order_that_breaks_a_rule_is_doubted_in_both_languages(desk, terms):
    zh, en = order(150, terms).doubt(desk._live)

    assert "100 的整数倍" in zh
    assert "multiple of 100" in en
    assert order(200, terms).doubt(desk._live) is None


@pytest.mark.parametrize("fault", [QueryFailed("on its way"), NotConnected("cut")])
def test_what_nobody_can_judge_is_not_doubted(terms, fault):
    assert order(150, terms).doubt(Silent(fault)) is None


def test_a_preview_that_breaks_keeps_no_order_back_and_is_logged(terms, caplog):
    with caplog.at_level(logging.ERROR, "xtnb.widgets"):
        assert order(150, terms).doubt(Silent(ZeroDivisionError())) is None

    assert "could not be previewed" in caplog.text


@pytest.mark.parametrize(("code", "side"), [("600001.SH", "buy"), (PUFA, "fin_buy"), ("", "buy")])
def test_a_form_that_is_no_order_of_this_account_is_none(web: Page, desk, code, side):
    sent = {"code": code, "side": side, "price": 10.2, "volume": 100}

    assert prepared(desk._live, Form(desk._live), "token", sent) is None
