"""What stands in a form, read as an order: what the rules say to it, and to its price."""

import pytest

from tests.widgets.browser_end import Page
from xtnb import xtconstant as c
from xtnb.widgets.actions import actions_of, find_action
from xtnb.widgets.entry import Entry, preview_row, refused

PUFA = "600000.SH"
BUY = find_action(actions_of(c.SECURITY_ACCOUNT), "buy")


@pytest.fixture
def terms(web: Page, desk):
    return desk._live.terms_of(PUFA)


def test_a_price_at_fault_is_told_before_there_is_a_volume(desk, terms):
    def judged(price: float, volume: int = 0):
        return Entry.of(terms, BUY, PUFA, volume, price, c.FIX_PRICE).judged(desk._live)

    assert judged(10.2) is None
    assert "tick" in refused(judged(10.203))[1]
    assert "limit" in refused(judged(99.0))[1]
    assert refused(judged(10.2, 200)) is None
    assert preview_row(judged(10.2, 200))["accepted"]
