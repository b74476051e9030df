"""A desk over the end of a month: what it finds, previews and is refused."""

import pytest

import xtnb
from xtnb import xtconstant as c

DAY = 86_400
FUTURES = ("2000000365", "FUTURE")


@pytest.fixture
def desk():
    with xtnb.paper(seed=7, clock="hand") as desk:
        yield desk.use(*FUTURES)


def test_a_preview_knows_a_month_that_has_come_and_one_that_has_gone(desk):
    def preview(code):
        return desk.preview(code, c.FUTURE_OPEN_LONG, 1, 4_580.0, c.FIX_PRICE)

    assert preview("IF2611.IF").accepted
    unknown = "the market has no instrument IF2701.IF; did you mean IF2703.IF, IF2706.IF?"
    assert preview("IF2701.IF").reason_en == unknown

    desk.clock.advance(2 * DAY)

    assert preview("IF2611.IF").reason_en == "IF2611.IF expired on 2026-11-20"
    assert preview("IF2701.IF").accepted


def test_an_order_and_its_preview_say_the_same_of_a_month_that_has_gone(desk):
    desk.clock.advance(2 * DAY)

    said = desk.preview("IF2611.IF", c.FUTURE_OPEN_LONG, 1, 4_580.0, c.FIX_PRICE)
    order = desk.order("IF2611.IF", c.FUTURE_OPEN_LONG, 1, c.FIX_PRICE, 4_580.0)

    assert order.status_code == c.ORDER_JUNK
    assert order.record.status_msg == f"{said.reason_zh} / {said.reason_en}"


def test_what_is_listed_follows_the_markets_day(desk):
    live = desk._live
    assert {"IF2611.IF", "rb2701.SF"} <= live.listed().keys()
    assert "IF2701.IF" not in live.listed()

    desk.clock.advance(2 * DAY)
    live.terms_of("rb2701.SF")

    assert "IF2611.IF" not in live.listed()
    assert "IF2701.IF" in live.listed()
