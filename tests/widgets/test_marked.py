"""What is on screen of positions follows the price where a price says what they are worth."""

from threading import Event

import pytest

import xtnb
from tests.widgets.browser_end import Page
from xtnb import xtconstant as c
from xtnb.live.coalesce import frames
from xtnb.rules.instruments import all_instruments
from xtnb.vocabulary.records import XtPosition
from xtnb.widgets import tables
from xtnb.widgets.live_table import LiveTable
from xtnb.widgets.marked import MarkedPositions

PUFA = "600000.SH"
WORTH = {"asset": "total_asset", "positions": "float_profit"}


@pytest.fixture
def any_desk():
    with xtnb.paper(seed=7, clock="hand") as desk:
        yield desk


def test_shares_follow_the_price_between_pushes_of_the_account(any_desk):
    live = any_desk._live
    held = MarkedPositions(live.books, live.watch)
    before = held.rows.get(PUFA)

    any_desk.clock.advance(300)

    after = held.rows.get(PUFA)
    quote = any_desk.quotes(PUFA)
    assert after.last_price == quote.at[0, "last_price"] != before.last_price
    assert after.market_value == pytest.approx(after.volume * after.last_price)
    held.close()


@pytest.mark.parametrize(
    ("number", "kind"),
    [("2000000365", "FUTURE"), ("3000000365", "STOCK_OPTION"), ("4000000365", "HUGANGTONG")],
)
def test_what_a_price_alone_does_not_value_stays_as_the_terminal_told_it(any_desk, number, kind):
    live = any_desk.use(number, kind)._live
    held = MarkedPositions(live.books, live.watch)
    keys = live.books.positions.keys()
    told = {key: live.books.positions.get(key) for key in keys}
    for position in told.values():
        live.watch(position.stock_code)

    any_desk.clock.advance(120)

    contracts = {key: row for key, row in told.items() if row.stock_code not in all_instruments()}
    assert contracts
    assert {key: held.rows.get(key) for key in contracts} == contracts
    held.close()


def test_both_sides_of_one_contract_have_a_row_each(any_desk):
    any_desk.use("2000000365", "FUTURE")
    quote = any_desk.quotes("rb2701.SF")
    any_desk.order("rb2701.SF", c.FUTURE_OPEN_SHORT, 1, c.FIX_PRICE, quote.at[0, "bid1"])
    live = any_desk._live

    held = MarkedPositions(live.books, live.watch)

    sides = [row.direction for row in held.rows.records() if row.stock_code == "rb2701.SF"]
    assert sorted(sides) == [c.DIRECTION_FLAG_LONG, c.DIRECTION_FLAG_SHORT]
    held.close()


def test_of_contracts_each_profit_stands_beside_the_price_it_is_counted_from(any_desk):
    live = any_desk.use("2000000365", "FUTURE")._live
    table, panel = tables.positions(live.books.positions), any_desk.panel()

    for each in (table, panel.positions):
        labels = [column["label"]["zh"] for column in each.columns]
        at = labels.index("开仓均价")
        assert labels[at : at + 4] == ["开仓均价", "浮动盈亏", "持仓均价", "持仓盈亏"]
        assert "成本价" not in labels
    panel.close()
    table.close()


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("2000000365", "FUTURE"),
        ("3000000365", "STOCK_OPTION"),
        ("4000000365", "HUGANGTONG"),
        ("1208970161", "CREDIT"),
    ],
)
def test_a_panel_asks_again_what_an_account_is_worth_when_prices_move(any_desk, number, kind):
    live = any_desk.use(number, kind)._live
    books, panel = live.books, any_desk.panel()
    before = books.asset.records()[0].total_asset

    any_desk.clock.advance(300)

    worth = any_desk.asset().iloc[0].total_asset
    told = Event()

    def look(*_) -> None:
        if books.asset.records()[0].total_asset == worth:
            told.set()

    forget = books.asset.on_change(look)
    look()
    assert told.wait(10)
    assert panel._parts["strip"].money()[0]["value"] == worth != before
    forget()
    panel.close()


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("1000000365", "STOCK"),
        ("2000000365", "FUTURE"),
        ("3000000365", "STOCK_OPTION"),
        ("3100000365", "FUTURE_OPTION"),
        ("4000000365", "HUGANGTONG"),
        ("1208970161", "CREDIT"),
    ],
)
@pytest.mark.parametrize("name", ["asset", "positions"])
def test_a_table_alone_follows_prices_too(any_desk, number, kind, name):
    any_desk.use(number, kind)
    query, worth = getattr(any_desk, name), WORTH[name]
    table = getattr(any_desk.live, name)()
    before = sorted(query()[worth])

    any_desk.clock.advance(300)

    now = sorted(query()[worth])
    told = Event()

    def look(*_) -> None:
        if sorted(getattr(row, worth) for row in table.rows.records()) == now:
            told.set()

    forget = table.rows.on_change(look)
    look()
    assert told.wait(10)
    assert now != before
    forget()
    table.close()


def test_a_closed_table_watches_and_asks_no_more(any_desk):
    live = any_desk.use("2000000365", "FUTURE")._live
    _ = live.contracts  # outlives a table
    running, watched = len(frames), live._quotes.codes

    any_desk.live.asset().close()
    any_desk.live.positions().close()

    assert (len(frames), live._quotes.codes) == (running, watched)


def test_a_closed_panel_watches_and_asks_no_more(any_desk):
    live = any_desk.use("2000000365", "FUTURE")._live
    _ = live.contracts  # outlives a panel
    running, watched = len(frames), live._quotes.codes

    any_desk.panel().close()

    assert (len(frames), live._quotes.codes) == (running, watched)


@pytest.mark.parametrize("told", [True, False])
def test_positions_that_a_terminal_does_not_tell_are_called_unknown_and_not_none(
    web: Page, any_desk, told
):
    books = any_desk._live.books
    books.positions.told = told

    rows = MarkedPositions(books).rows
    table = LiveTable("positions", XtPosition, rows)

    assert ("unknown" in table.words["empty"]["en"], "未知" in table.words["empty"]["zh"]) == (
        not told,
        not told,
    )
    table.close()
