"""Charts: the minutes of a day, own orders and fills, and positions in plotly."""

import re
from base64 import b64decode
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from threading import Event
from xml.etree import ElementTree

import plotly.graph_objects as go
import pytest

import xtnb
from tests.widgets.browser_end import Page, View
from xtnb import xtconstant as c
from xtnb.errors import InputError, Refused
from xtnb.live.coalesce import frames
from xtnb.vocabulary.records import Quote
from xtnb.widgets.charts import holdings
from xtnb.widgets.minutes import Minutes, minute_of
from xtnb.widgets.theme import GREEN, RED

PUFA, PINGAN, MAOTAI = "600000.SH", "000001.SZ", "600519.SH"
NOW = c.MARKET_PEER_PRICE_FIRST
SHANGHAI = timezone(timedelta(hours=8))
FIVE = (0.0,) * 5
NONE = (0,) * 5


def at(clock: str, day: int = 20) -> float:
    return datetime.fromisoformat(f"2026-11-{day} {clock}").replace(tzinfo=SHANGHAI).timestamp()


def quote(clock: str, last: float, volume: int, day: int = 20, high: float = 10.9) -> Quote:
    return Quote(
        PUFA, "浦发银行", round(at(clock, day) * 1000), last, 10.8, high, 10.0, 10.8, 11.88, 9.72,
        volume, volume * last, 1, FIVE, NONE, FIVE, NONE,
    )  # fmt: skip


# The minutes


@pytest.mark.parametrize(
    ("clock", "label"),
    [("09:30:00.5", "09:31"), ("09:31:00", "09:31"), ("09:31:00.001", "09:32")],
)
def test_a_minute_is_labelled_by_its_end(clock, label):
    assert minute_of(at(clock)) == at(label + ":00")


def test_quotes_grow_the_minute_they_fall_in():
    minutes = Minutes()
    for clock, last, volume in [
        ("09:30:10", 10.50, 1000),
        ("09:30:20", 10.60, 1500),
        ("09:30:30", 10.40, 1800),
        ("09:31:30", 10.45, 2000),
    ]:
        minutes.add(quote(clock, last, volume))

    first, second = minutes.all()
    assert first[:6] == (at("09:31:00"), 10.50, 10.60, 10.40, 10.40, 800)
    assert second[:6] == (at("09:32:00"), 10.45, 10.45, 10.45, 10.45, 200)


def test_a_high_between_two_quotes_is_not_missed():
    minutes = Minutes()
    minutes.add(quote("09:30:10", 10.50, 1000, high=10.55))
    minutes.add(quote("09:30:20", 10.50, 1100, high=10.70))

    assert minutes.all()[0].high == 10.70


def test_only_what_moved_is_told_and_once():
    minutes = Minutes()
    minutes.add(quote("09:30:10", 10.5, 1000))
    minutes.all()
    minutes.add(quote("09:31:10", 10.6, 1100))

    assert [bar.close for bar in minutes.changed()] == [10.6]
    assert minutes.changed() == []
    assert len(minutes.peek()) == 2


def test_a_new_day_begins_an_empty_chart():
    minutes = Minutes()
    minutes.add(quote("14:59:10", 10.5, 90_000))
    minutes.add(quote("09:30:10", 10.6, 100, day=23))

    assert [bar[:6] for bar in minutes.all()] == [
        (at("09:31:00", 23), 10.6, 10.6, 10.6, 10.6, 0),
    ]


def test_a_quote_without_a_trade_draws_nothing():
    minutes = Minutes()
    minutes.add(replace(quote("09:30:10", 10.5, 0), last_price=0.0))

    assert minutes.all() == []


# The price chart


def bars_told(view: View) -> list[dict]:
    return [m["sections"]["bars"] for m in view.messages if "bars" in m.get("sections", {})]


def test_a_view_gets_the_whole_day_and_then_only_minutes_that_moved(web: Page, desk):
    desk.clock.advance(180)
    view = web.view(desk.chart.price(PUFA))

    desk.clock.advance(90)
    view.wait(lambda: len(bars_told(view)) > 1)

    whole, *changes = bars_told(view)
    assert len(whole["time"]) >= 3
    assert all(len(column) == len(whole["time"]) for column in whole.values())
    assert all(len(change["time"]) < len(whole["time"]) for change in changes)
    assert min(changes[0]["time"]) >= max(whole["time"])


def test_the_minutes_of_the_chart_are_those_of_the_market(web: Page, desk):
    chart = desk.chart.price(PUFA)
    web.view(chart)
    desk.clock.advance(240)
    desk._live.books.settle()

    market = {int(row[0]) // 1000: row for row in desk._live.day_bars(PUFA)}
    drawn = {bar.time: bar for bar in chart._minutes.peek()}
    finished = sorted(market)[:-1]
    assert len(finished) >= 3
    for label in finished:
        assert drawn[label].close == market[label][4]
        assert drawn[label].high <= market[label][2] + 1e-9
        assert drawn[label].low >= market[label][3] - 1e-9


def test_own_orders_are_lines_and_own_fills_are_marks(web: Page, desk):
    view = web.view(desk.chart.price(PUFA))
    desk.buy(PUFA, 300, 10.2)
    desk.buy(PUFA, 200, 10.2)
    desk.buy(PUFA, 400, price_type=NOW)
    desk.sell(PUFA, 100, price_type=NOW)
    desk.buy(PINGAN, 100, price_type=NOW)
    view.wait(lambda: len(view.sections["fills"]) == 2 and view.sections["orders"])

    sold, bought = view.sections["fills"]
    trades = desk.trades()
    paid = trades[trades["order_id"] == 3]
    assert view.sections["orders"] == [{"buy": True, "price": 10.2, "left": 500}]
    assert (bought["buy"], bought["volume"], bought["time"]) == (True, 400, at("09:31:00"))
    assert bought["price"] == pytest.approx(paid["traded_amount"].sum() / 400)
    assert (sold["buy"], sold["volume"]) == (False, 100)


def test_a_cancelled_order_loses_its_line(web: Page, desk):
    view = web.view(desk.chart.price(PUFA))
    order = desk.buy(PUFA, 300, 10.2)
    view.wait(lambda: view.sections["orders"])

    order.cancel()

    view.wait(lambda: view.sections["orders"] == [])


def test_another_code_starts_afresh_in_the_same_place(web: Page, desk):
    chart = desk.chart.price(PUFA)
    view = web.view(chart)

    chart.show(MAOTAI)

    view.wait(lambda: view.sections["head"]["code"] == MAOTAI and view.messages[-1]["whole"])
    assert view.sections["head"]["name"] == "贵州茅台"
    assert min(view.sections["bars"]["low"]) > 1_000


def test_an_unknown_code_or_kind_is_refused_and_nothing_moves(web: Page, desk):
    chart = desk.chart.price(PUFA)

    with pytest.raises(Refused):
        chart.show("600001.SH")
    with pytest.raises(Refused):
        desk.chart.price("600001.SH")
    with pytest.raises(InputError):
        desk.chart.price(PUFA, kind="bars")

    assert chart.code == PUFA


@pytest.mark.parametrize(("kind", "trace"), [("line", go.Scatter), ("candles", go.Candlestick)])
def test_the_figure_holds_the_same_minutes_orders_and_fills(web: Page, desk, kind, trace):
    desk.buy(PUFA, 300, 10.2)
    desk.buy(PUFA, 400, price_type=NOW)
    chart = desk.chart.price(PUFA, kind=kind)

    figure = chart.figure()

    bars = chart._minutes.peek()
    closes = figure.data[0].close if kind == "candles" else figure.data[0].y
    assert isinstance(figure, go.Figure)
    assert isinstance(figure.data[0], trace)
    assert list(closes) == [bar.close for bar in bars]
    assert figure.layout.shapes[0].y0 == 10.2
    assert figure.data[-1].marker.color == RED
    assert "浦发银行" in figure.layout.title.text


@pytest.mark.parametrize(("language", "words"), [("en", " Beijing time"), ("zh", "（北京时间）")])
def test_the_times_of_the_figure_say_whose_clock_they_are_of(web: Page, desk, language, words):
    xtnb.options.language = language
    desk.buy(PUFA, 400, price_type=NOW)

    figure = desk.chart.price(PUFA).figure()

    axes = figure.layout.xaxis, figure.layout.xaxis2
    assert [axis.hoverformat for axis in axes] == [f"%Y-%m-%d %H:%M{words}"] * 2


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_a_closed_chart_leaves_is_a_drawing_of_the_same_day(web: Page, desk, language):
    xtnb.options.language = language
    desk.buy(PUFA, 400, price_type=NOW)
    desk.buy(PUFA, 100, 10.7)
    chart = desk.chart.price(PUFA)

    data = re.search('base64,([^"]+)', chart.remains()["text/html"])[1]
    drawing = ElementTree.fromstring(b64decode(data))

    tags = [child.tag.split("}")[1] for child in drawing]
    line = next(child for child in drawing if child.tag.endswith("polyline"))
    assert len(line.get("points").split()) == len(chart._minutes.peek())
    assert tags.count("polygon") == 1
    assert tags.count("rect") == len(chart._minutes.peek())


def test_a_chart_is_written_the_same_every_time(web: Page, desk):
    assert repr(desk.chart.price(PUFA)) == "PriceChart('600000.SH')"
    assert repr(desk.chart.positions()) == "PositionsChart()"


# Positions


def test_positions_are_drawn_by_value_with_totals_that_add_up(web: Page, desk):
    chart = desk.chart.positions()
    desk.clock.advance(1)
    desk._live.books.settle()

    figure = chart.figure()

    table = desk.positions().set_index("stock_code")
    quotes = desk._live.books.quotes
    worth = sum(row.volume * quotes.get(code).last_price for code, row in table.iterrows())
    paid = float((table["volume"] * table["avg_price"]).sum())
    value, profit = figure.data
    assert list(value.x) == sorted(value.x)
    assert sum(value.x) == pytest.approx(worth)
    assert sum(profit.x) == pytest.approx(worth - paid, abs=0.01)
    assert f"{sum(value.x):,.2f}" in figure.layout.title.text
    assert "贵州茅台 600519.SH" in value.y


@pytest.mark.parametrize(("up", "win", "loss"), [("red", RED, GREEN), ("green", GREEN, RED)])
def test_profit_has_the_colours_of_a_rise_and_a_fall(web: Page, desk, up, win, loss):
    xtnb.options.up = up

    profit = desk.chart.positions().figure().data[1]

    expected = [win if amount >= 0 else loss for amount in profit.x]
    assert list(profit.marker.color) == expected
    assert {win, loss} == set(expected)


def test_positions_follow_the_prices_and_the_language(web: Page, desk):
    chart = desk.chart.positions()
    before = tuple(chart.data[0].x)
    desk.clock.advance(120)
    desk._live.books.settle()
    xtnb.options.language = "zh"

    chart.refresh()

    assert tuple(chart.data[0].x) == tuple(row.value for row in holdings(desk._live.books))
    assert tuple(chart.data[0].x) != before
    assert "市值" in chart.layout.title.text


def test_positions_of_contracts_follow_the_prices_too(web: Page, desk):
    positions = desk.use("2000000365", "FUTURE")._live.books.positions
    chart = desk.chart.positions()
    before = sorted(chart.data[1].x)
    desk.clock.advance(120)
    now, told = sorted(desk.positions()["float_profit"]), Event()

    def look(*_) -> None:
        if sorted(row.float_profit for row in positions.records()) == now:
            told.set()

    forget = positions.on_change(look)
    look()
    assert told.wait(10)
    forget()
    chart.refresh()

    assert sorted(chart.data[1].x) == now != before


def test_a_new_position_appears_and_a_sold_one_leaves(web: Page, desk):
    chart = desk.chart.positions()
    desk.sell(MAOTAI, 100, price_type=NOW).wait(5)
    desk.buy("601318.SH", 200, price_type=NOW).wait(5)
    desk._live.books.settle()

    chart.refresh()

    assert not any(MAOTAI in label for label in chart.data[0].y)
    assert any("601318.SH" in label for label in chart.data[0].y)


def test_closed_positions_leave_their_figure_behind(web: Page, desk, monkeypatch):
    left = []
    monkeypatch.setattr(
        "xtnb.widgets.remains.publish_display_data",
        lambda bundle, transient=None, update=False: left.append((bundle, transient, update)),
    )
    chart = desk.chart.positions()
    chart._ipython_display_()
    title = chart.figure().layout.title.text

    chart.close()

    (shown, where, first), (picture, same, update) = left
    assert "application/vnd.jupyter.widget-view+json" in shown
    assert (first, update) == (False, True)
    assert where == same
    said = picture["application/vnd.plotly.v1+json"]["layout"]["title"]["text"]
    assert said.startswith(title)
    assert "closed at 20" in said


def test_an_account_without_positions_draws_an_empty_chart(web: Page):
    with xtnb.paper(seed=7, clock="hand", account="8880001", cash=1000) as poor:
        figure = poor.chart.positions().figure()

    assert len(figure.data[0].x or ()) == 0
    assert "0.00" in figure.layout.title.text


def test_closed_charts_leave_nothing_behind(web: Page, desk):
    books = desk._live.books
    tables = (books.asset, books.orders, books.trades, books.positions, books.quotes)
    before = [len(table._listeners) for table in tables], len(frames), web.open_comms()

    charts = [desk.chart.price(PUFA), desk.chart.positions()]
    web.view(charts[0])
    for chart in charts:
        chart.close()
        chart.close()

    after = [len(table._listeners) for table in tables], len(frames), web.open_comms()
    assert after == before
