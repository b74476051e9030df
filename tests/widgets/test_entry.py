"""What stands in a form, judged: when the rules say no, and when nobody can say."""

import logging

import pytest

from tests.widgets.browser_end import Page
from xtnb import xtconstant as c
from xtnb.errors import NotConnected, QueryFailed
from xtnb.widgets.actions import actions_of, find_action
from xtnb.widgets.attempts import Attempt
from xtnb.widgets.entry import Entry, doubt, preview_row, refused

PUFA = "600000.SH"
BUY = find_action(actions_of(c.SECURITY_ACCOUNT), "buy")


class Silent:
    """A desk that cannot preview."""

    def __init__(self, fault: Exception) -> None:
        self.fault = fault

    def preview(self, *_: object) -> None:
        raise self.fault


def order(volume: int, price: float = 10.2) -> Attempt:
    form = {"price_type": c.FIX_PRICE, "price": price, "volume": volume}
    return Attempt("token", form, BUY, PUFA, "浦发银行")


@pytest.fixture
def terms(web: Page, desk):
    return desk._live.terms_of(PUFA)


def test_an_order_that_breaks_a_rule_is_doubted_in_both_languages(desk, terms):
    zh, en = doubt(desk._live, order(150), terms)

    assert "100 的整数倍" in zh
    assert "multiple of 100" in en
    assert doubt(desk._live, order(200), terms) is None


@pytest.mark.parametrize("fault", [QueryFailed("on its way"), NotConnected("cut")])
def test_what_nobody_can_judge_is_not_doubted(terms, fault):
    assert doubt(Silent(fault), order(150), terms) is None


def test_a_preview_that_breaks_keeps_no_order_back_and_is_logged(terms, caplog):
    with caplog.at_level(logging.ERROR, "xtnb.widgets"):
        assert doubt(Silent(ZeroDivisionError()), order(150), terms) is None

    assert "could not be previewed" in caplog.text


def test_a_price_at_fault_is_told_before_there_is_a_volume(desk, terms):
    def judged(price: float, volume: int = 0):
        return Entry.of(terms, BUY, PUFA, volume, price, c.FIX_PRICE).judged(desk._live)

    assert judged(10.2) is None
    assert "tick" in refused(judged(10.203))[1]
    assert "limit" in refused(judged(99.0))[1]
    assert refused(judged(10.2, 200)) is None
    assert preview_row(judged(10.2, 200))["accepted"]
