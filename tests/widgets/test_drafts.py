"""Open forms and the panel's layout come back in the next kernel, and nothing is sent by that."""

from __future__ import annotations

import json

import pytest

from tests.live.test_screen import CODE, Home
from tests.widgets.browser_end import Page
from tests.widgets.test_ticket import send, wait_for_price
from xtnb import xtconstant as c

OTHER = "000001.SZ"


@pytest.fixture
def home(web: Page):
    one = Home()
    yield one
    one.other.stop()


def typed(web: Page, ticket, **form) -> None:
    view = web.view(ticket)
    wait_for_price(view)
    view.type(**form)


def test_an_open_form_comes_back_with_what_was_typed_and_sends_nothing(web: Page, home):
    with home.desk() as desk:
        typed(web, desk.ticket(CODE), side="sell")
        typed(web, desk.ticket(CODE), price=10.5, volume=300, remark="早盘")

    with home.desk() as desk:
        ticket = desk.ticket(CODE)
        view = web.view(ticket)

        form = (ticket.code, ticket.side, ticket.price, ticket.volume, ticket.remark)
        assert form == (CODE, "sell", 10.5, 300, "早盘")
        assert "Restored draft of" in view.sections["restored"]["en"]
        assert "已恢复草稿" in view.sections["restored"]["zh"]
        assert desk.orders().empty


def test_a_restored_form_says_so_until_it_is_sent(web: Page, home):
    with home.desk() as desk:
        typed(web, desk.ticket(CODE), volume=300, price=10.0)

    with home.desk() as desk:
        ticket = desk.ticket(CODE)
        view = web.view(ticket)
        send(view, ticket)
        view.wait(lambda: view.sections["restored"] is None)
        view.wait(lambda: view.state["volume"] == 0)

    with home.desk() as desk:
        ticket = desk.ticket(CODE)
        assert (ticket.volume, ticket.restored) == (0, None)


def test_a_form_that_was_closed_comes_back_and_one_asked_for_with_values_does_not(web: Page, home):
    with home.desk() as desk:
        ticket = desk.ticket(CODE)
        typed(web, ticket, volume=300)
        ticket.close()  # as a page does with every widget when its kernel is restarted
        typed(web, desk.ticket(OTHER), volume=500)

    with home.desk() as desk:
        again = desk.ticket(CODE)
        assert (again.volume, again.restored is None) == (300, False)
        asked = desk.ticket(OTHER, volume=100)
        assert (asked.volume, asked.restored) == (100, None)


def test_a_form_that_is_opened_elsewhere_leaves_what_was_typed_here(web: Page, home):
    with home.desk() as here, home.desk() as elsewhere:
        typed(web, here.ticket(CODE), volume=300, remark="早盘")
        here._live.screen._flush()
        opened = elsewhere.ticket(CODE, side="sell")
        wait_for_price(web.view(opened))

    with home.desk() as desk:
        again = desk.ticket(CODE)
        assert (again.volume, again.remark) == (300, "早盘")


def test_a_market_order_comes_back_as_one(web: Page, home):
    with home.desk() as desk:
        typed(web, desk.ticket(CODE), price_type=c.LATEST_PRICE, volume=200)

    with home.desk() as desk:
        ticket = desk.ticket(CODE)

        assert (ticket.price_type, ticket.price, ticket.volume) == (c.LATEST_PRICE, 0.0, 200)


def test_the_panel_comes_back_with_tab_codes_chart_and_form(web: Page, home):
    with home.desk() as desk:
        panel = desk.panel(codes=[OTHER, CODE])
        panel.show(CODE)
        typed(web, panel.ticket, volume=400)
        web.view(panel._parts["tabs"]).type(tab="positions")

    with home.desk() as desk:
        panel = desk.panel()

        assert panel._parts["tabs"].tab == "positions"
        assert panel._codes == [OTHER, CODE]
        assert (panel.chart.code, panel.ticket.code, panel.ticket.volume) == (CODE, CODE, 400)
        assert panel.ticket.restored


def test_a_panel_that_is_asked_for_with_a_code_begins_with_it(web: Page, home):
    with home.desk() as desk:
        typed(web, desk.panel(CODE).ticket, volume=400)

    with home.desk() as desk:
        panel = desk.panel(OTHER)

        assert (panel.chart.code, panel.ticket.code, panel.ticket.volume) == (OTHER, OTHER, 0)


@pytest.mark.parametrize(
    "draft",
    [
        {},
        {"code": 5},
        {"code": CODE, "side": "borrow", "volume": 1, "remark": "", "price_type": 11, "at": 1},
        {"code": CODE, "side": "buy", "volume": "x", "remark": "", "price_type": 11, "at": 1},
        {"code": CODE, "side": "buy", "volume": 1, "remark": 7, "price_type": 11, "price": 1},
        {"code": CODE, "side": "buy", "volume": -1, "remark": "", "price_type": 11, "price": None},
        {"code": CODE, "side": "buy", "volume": 1, "remark": "", "price": 1, "price_type": "x"},
        {
            "code": CODE,
            "side": "buy",
            "volume": 1,
            "remark": "",
            "price_type": 11,
            "price": 1,
            "at": 10**30,
        },
    ],
)
def test_a_draft_that_is_none_leaves_a_form_that_works(web: Page, home, draft, caplog):
    with home.desk() as desk:
        path = desk._live.screen.path
    kept = {"version": 1, "drafts": {f"ticket {CODE}": draft, "panel": draft}}
    kept["panel"] = {"tab": "nothing", "codes": [CODE, 5, "999999.SH"], "code": "no code"}
    path.write_text(json.dumps(kept), encoding="utf-8")

    with home.desk() as desk:
        view = web.view(desk.ticket(CODE))
        wait_for_price(view)
        panel = desk.panel()

        assert panel._codes == [CODE]
        assert panel._parts["tabs"].tab == "orders"
    assert "could not be restored" in caplog.text
