"""The panel: clicks in one part reach the others, the money adds up, close ends it all."""

import threading

import pytest

import xtnb
from tests.widgets.browser_end import Page, View
from xtnb import xtconstant as c
from xtnb.errors import Refused
from xtnb.live.coalesce import frames

PUFA, PINGAN, MAOTAI = "600000.SH", "000001.SZ", "600519.SH"
NOW = c.MARKET_PEER_PRICE_FIRST


@pytest.fixture
def panel(web: Page, desk):
    return desk.panel()


@pytest.fixture
def strip(web: Page, panel) -> View:
    return web.view(panel._parts["strip"])


def click(web: Page, table, key, column: str, value=None) -> None:
    page = web._views[table.model_id]
    page.say({"kind": "pick", "key": key, "column": column, "value": value})


def test_a_quote_that_is_clicked_is_shown_in_chart_and_ticket(web: Page, panel):
    click(web, panel.quotes, PINGAN, "instrument_name", "平安银行")

    assert (panel.chart.code, panel.ticket.code) == (PINGAN, PINGAN)


def test_a_price_that_is_clicked_is_the_tickets_price(web: Page, panel):
    click(web, panel.quotes, PINGAN, "last_price", 11.42)

    assert (panel.ticket.code, panel.ticket.price) == (PINGAN, 11.42)


def test_sellable_volume_that_is_clicked_is_a_sale_of_it(web: Page, panel):
    click(web, panel.positions, PINGAN, "can_use_volume", 8_000)

    ticket = panel.ticket
    assert (ticket.code, ticket.side, ticket.volume) == (PINGAN, "sell", 8_000)


def test_the_cancel_button_of_a_row_cancels_that_order(web: Page, panel, desk):
    stays, goes = desk.buy(PUFA, 100, 10.2), desk.buy(PUFA, 100, 10.3)

    web._views[panel.orders.model_id].say({"kind": "cancel", "key": goes.id})
    goes.wait(10)
    desk._live.books.settle()

    assert goes.status == "cancelled"
    assert stays.status == "working"


def test_cancel_all_cancels_every_working_order(strip: View, panel, desk):
    orders = [
        desk.buy(PUFA, 100, 10.2),
        desk.sell(PINGAN, 100, 12.0),
        desk.buy(PUFA, 100, price_type=NOW),
    ]
    strip.wait(lambda: strip.sections["working"] == 2)

    strip.say({"kind": "cancel_all"})
    strip.wait(lambda: strip.sections["working"] == 0)

    assert [order.status for order in orders] == ["cancelled", "cancelled", "filled"]


def test_positions_follow_the_price_between_pushes_of_the_account(web: Page, panel, desk):
    desk.clock.advance(60)
    desk._live.books.settle()

    for row in panel.positions.rows.records():
        quote = desk._live.books.quotes.get(row.stock_code)
        assert row.last_price == quote.last_price
        assert row.market_value == pytest.approx(row.volume * quote.last_price)
        assert row.float_profit == pytest.approx(row.market_value - row.volume * row.avg_price)


def test_the_tabs_count_their_rows(web: Page, panel, desk):
    tabs = web.view(panel._parts["tabs"])

    desk.buy(PUFA, 100, 10.2)
    desk.buy(PUFA, 100, price_type=NOW)

    counts = {"orders": 2, "trades": 1, "positions": 6, "findings": 0}
    tabs.wait(lambda: tabs.sections == counts)


def test_the_language_button_turns_every_part(web: Page, strip: View, panel):
    strip.say({"kind": "language"})

    parts = [web._views[part.model_id] for part in panel._parts.values()]
    assert {part.state["language"] for part in parts} == {"zh"}


def test_what_is_held_is_quoted_first(panel, desk):
    held = list(desk.positions()["stock_code"])

    assert panel.quotes.rows.keys()[: len(held)] == held


def test_a_panel_with_codes_of_ones_own_begins_with_the_first(web: Page, desk):
    panel = desk.panel(codes=[MAOTAI, PINGAN])

    assert panel.chart.code == panel.ticket.code == MAOTAI


def test_close_ends_every_part_and_the_desk_ends_every_thread(web: Page):
    threads = set(threading.enumerate())
    desk = xtnb.paper(seed=7, clock="hand")
    books = desk._live.books
    tables = (books.asset, books.orders, books.trades, books.positions, books.quotes)
    before = [len(table._listeners) for table in tables], len(frames), web.open_comms()
    panel = desk.panel()
    web.view(panel.ticket)

    panel.close()
    panel.close()

    after = [len(table._listeners) for table in tables], len(frames), web.open_comms()
    assert after == before
    desk.close()
    assert set(threading.enumerate()) == threads
    assert repr(panel) == "Panel()"


def test_what_a_closed_panel_leaves_is_what_it_showed(panel, desk):
    desk.buy(PUFA, 300, 10.2)
    desk._live.books.settle()

    left = panel.remains()["text/html"]

    asset = desk.asset().iloc[0]
    assert f"frozen {asset['frozen_cash']:,.2f}" in left
    assert "贵州茅台" in left
    assert "working" in left
    assert "as of " in left


def test_a_panel_of_an_unknown_code_starts_nothing(web: Page, desk):
    before = len(frames), web.open_comms()

    with pytest.raises(Refused):
        desk.panel("600001.SH")
    with pytest.raises(Refused):
        desk.panel(codes=[PUFA, "600001.SH"])

    assert (len(frames), web.open_comms()) == before
