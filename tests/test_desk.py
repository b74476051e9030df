"""Desk: tables, time, accounts, and an end that leaves nothing behind."""

from __future__ import annotations

import gc
import math
import threading

import pandas as pd
import pytest
from ipywidgets.widgets.widget import _instances

import xtnb
from xtnb.errors import InputError, NotConnected, QueryFailed, TerminalUnavailable
from xtnb.frames.schema import ORDERS, POSITIONS, QUOTES, TRADES
from xtnb.session.trader import XtQuantTrader
from xtnb.vocabulary.messages import Push, PushKind
from xtnb.vocabulary.options import options
from xtnb.vocabulary.records import StockAccount

CODE = "600000.SH"
PATH = r"D:\qmt\userdata_mini"


@pytest.fixture
def desk():
    with xtnb.paper(seed=7, clock="hand") as desk:
        yield desk


@pytest.fixture
def quote(desk):
    return desk.quotes(CODE).iloc[0]


def resting(desk, volume=200):
    """A buy far below the market."""
    return desk.buy(CODE, volume, float(desk.quotes(CODE)["down_limit"][0]))


# -- tables ------------------------------------------------------------------------------------


def test_tables_have_their_columns_before_anything_has_happened(desk):
    assert list(desk.orders().columns) == list(ORDERS.names)
    assert list(desk.trades().columns) == list(TRADES.names)
    assert list(desk.positions().columns) == list(POSITIONS.names)
    assert (len(desk.orders()), len(desk.trades()), len(desk.positions())) == (0, 0, 6)
    assert desk.orders().dtypes.equals(ORDERS.empty().dtypes)


def test_the_asset_is_one_row_that_adds_up(desk):
    asset = desk.asset()

    row = asset.iloc[0]
    assert len(asset) == 1
    assert row.total_asset == row.cash + row.frozen_cash + row.market_value
    assert row.account_id == "1000000365"


def test_quotes_are_by_default_those_of_what_is_held(desk):
    quotes = desk.quotes()

    assert list(quotes.columns) == list(QUOTES.names)
    assert list(quotes["stock_code"]) == list(desk.positions()["stock_code"])
    assert list(desk.quotes(["000001.SZ", CODE])["stock_code"]) == ["000001.SZ", CODE]
    assert (quotes["bid1"] < quotes["ask1"]).all()


@pytest.mark.parametrize("codes", ["999999.SH", ["600000"], [CODE, "bad"], [7]])
def test_quotes_of_what_is_no_code_say_which_one(desk, codes):
    with pytest.raises(InputError) as wrong:
        desk.quotes(codes)

    assert wrong.value.argument == "codes"


def test_tables_follow_the_language_of_the_options(desk, quote):
    desk.buy(CODE, 100, quote.ask1)
    assert desk.orders()["order_status"][0] == "filled"

    options.language = "zh"

    assert desk.orders()["order_status"][0] == "已成"


def test_accounts_are_listed(desk):
    assert "1000000365" in list(desk.accounts()["account_id"])


# -- time and accounts ----------------------------------------------------------------------------


def test_the_next_day_brings_shares_in_and_ends_open_orders(desk, quote):
    desk.buy(CODE, 200, quote.ask1)
    order = resting(desk)
    before = desk.positions().set_index("stock_code").loc[CODE]

    morning = desk.clock.next_day()

    after = desk.positions().set_index("stock_code").loc[CODE]
    assert str(morning) == "2026-11-21 09:30:00+08:00"
    assert repr(desk.clock) == "<MarketClock 2026-11-21 09:30:00, Saturday: no exchange trades>"
    assert after.can_use_volume == before.can_use_volume + 200
    assert order.status == "cancelled"
    assert "expired" in order.reason
    assert desk.orders().empty
    assert len(desk.live.orders().rows) == 0


def test_a_clock_that_follows_the_time_cannot_be_moved(tmp_path):
    with xtnb.paper(tmp_path, seed=1) as desk:
        with pytest.raises(InputError, match="hand"):
            desk.clock.advance(1)
        assert desk.clock.now().utcoffset().total_seconds() == 8 * 3600


@pytest.mark.parametrize("seconds", [0, -1, math.nan, "5", None])
def test_time_moves_forward_only(desk, seconds):
    before = desk.clock.now()

    with pytest.raises(InputError):
        desk.clock.advance(seconds)

    assert desk.clock.now() == before


def test_another_account_is_opened_and_used(desk, quote):
    account = desk.open_account("88001", 50_000)

    assert desk.use("88001").account == account
    assert desk.account == account == StockAccount("88001")
    order = desk.buy(CODE, 100, quote.ask1)
    assert order.status == "filled"
    assert len(desk.positions()) == 1
    assert desk.asset()["account_id"][0] == "88001"
    desk.use("1000000365")
    assert len(desk.positions()) == 6
    assert desk.orders().empty


def test_an_account_that_is_not_there_is_named_with_those_that_are(desk):
    with pytest.raises(InputError, match="1000000365"):
        desk.use("5")
    assert desk.account.account_id == "1000000365"
    assert not desk.asset().empty


@pytest.mark.parametrize("cash", [-1, math.nan, "1000", None, True, 1e13])
def test_an_account_opens_with_an_amount_only(desk, cash):
    with pytest.raises(InputError):
        desk.open_account("88002", cash)
    assert "88002" not in list(desk.accounts()["account_id"])


def test_an_account_opens_once(desk):
    desk.open_account("88003", 1)

    with pytest.raises(InputError, match="not open yet"):
        desk.open_account("88003", 2)


def test_paper_opens_the_accounts_that_it_is_asked_for():
    with xtnb.paper(seed=5, clock="hand", account="77", cash=1234.5, accounts={"78": 10}) as desk:
        assert desk.asset()["cash"][0] == 1234.5
        assert {"1000000365", "77", "78"} <= set(desk.accounts()["account_id"])
        with pytest.raises(InputError, match="open already"):
            xtnb.paper(account="77", cash=1)
        with xtnb.paper(account="79", cash=8) as other:
            assert other.asset()["cash"][0] == 8.0
    with xtnb.paper(seed=5, clock="hand", cash=99) as desk:
        assert desk.asset()["cash"][0] == 99.0
        assert len(desk.positions()) == 6


def test_the_same_seed_and_the_same_orders_give_the_same_day():
    def day():
        with xtnb.paper(seed=21, clock="hand") as desk:
            desk.buy(CODE, 300, desk.quotes(CODE)["bid1"][0])
            desk.clock.advance(120)
            return desk.orders(), desk.trades(), desk.quotes()

    for first, second in zip(day(), day(), strict=True):
        pd.testing.assert_frame_equal(first, second)


def test_two_desks_on_one_path_share_one_terminal(desk):
    with xtnb.paper(seed=7) as other, xtnb.paper(r"D:\券商\userdata_mini") as elsewhere:
        order = resting(other)

        assert list(desk.orders()["order_id"]) == [order.id]
        assert elsewhere.orders().empty


# -- making a desk ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"seed": "7"}, "seed"),
        ({"seed": 1.5}, "seed"),
        ({"clock": "fast"}, "clock"),
        ({"account": ""}, "account_id"),
        ({"account": "404"}, "account"),
        ({"cash": "much"}, "cash"),
        ({"cash": -5}, "cash"),
        ({"path": ""}, "path"),
        ({"path": 7}, "path"),
    ],
)
def test_a_desk_that_cannot_be_made_says_why_and_leaves_no_thread(arguments, named):
    before = set(threading.enumerate())

    with pytest.raises(InputError) as wrong:
        xtnb.paper(**arguments)

    assert wrong.value.argument == named
    assert set(threading.enumerate()) <= before


def test_a_market_with_another_seed_must_be_closed_first(desk):
    with pytest.raises(InputError, match="close the desks"):
        xtnb.paper(seed=8)


def test_connect_reaches_the_paper_terminal_of_a_path(desk):
    script = XtQuantTrader(PATH, 123)
    script.start()
    assert script.connect() == 0
    with xtnb.connect("paper") as same, xtnb.connect(PATH) as other:
        resting(desk)

        assert len(same.orders()) == 1
        assert other.orders().empty
    script.stop()


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("nats://desk-pc:4222/main", "write tls://"),
        ("http://x", "nats:// and tls:// lead to a terminal"),
    ],
)
def test_connect_names_what_a_remote_terminal_needs(address, why):
    with pytest.raises(TerminalUnavailable, match=why):
        xtnb.connect(address)


def test_connect_does_not_pass_paper_off_as_a_real_terminal(tmp_path):
    folder = tmp_path / "userdata_mini"
    folder.mkdir()
    (folder / "up_queue_xtquant").write_bytes(b"")

    with pytest.raises(TerminalUnavailable, match="real MiniQMT"):
        xtnb.connect(folder)


def test_connect_refuses_a_file_and_an_empty_address(tmp_path):
    file = tmp_path / "notes.txt"
    file.write_text("x", encoding="utf-8")

    with pytest.raises(TerminalUnavailable):
        xtnb.connect(file)
    with pytest.raises(InputError):
        xtnb.connect("")


# -- the end ----------------------------------------------------------------------------------


def test_a_closed_desk_raises_and_says_so(desk):
    order = resting(desk)

    desk.close()
    desk.close()

    assert "closed" in repr(desk)
    for call in (desk.asset, desk.orders, desk.positions, order.cancel, desk.cancel_all):
        with pytest.raises(NotConnected):
            call()
    for call in (lambda: desk.live, lambda: desk.panel(), lambda: desk.ticket(CODE)):
        with pytest.raises(NotConnected):
            call()
    with pytest.raises(NotConnected):
        desk.buy(CODE, 100, 10.5)


def test_a_desk_may_be_closed_inside_a_callback(desk, quote):
    closed = threading.Event()

    class Program:
        def on_stock_trade(self, trade):
            desk.close()
            closed.set()

    desk.trader.register_callback(Program())
    desk.live.orders()
    desk._live.send(CODE, "buy", 100, quote.ask1)

    assert closed.wait(10)
    assert "closed" in repr(desk)


def test_a_desk_masks_its_account(desk):
    assert repr(desk) == "<Desk 'paper', account 1000****65, connected>"


def test_nothing_is_left_after_a_desk_is_closed(tmp_path):
    threads, widgets = set(threading.enumerate()), set(_instances)
    desk = xtnb.paper(tmp_path, seed=7, clock="hand")
    host = desk._session.link.host

    for _ in range(3):
        desk.live.orders()
        desk.live.trades()
        desk.live.positions()
        desk.live.asset()
        desk.live.quotes([CODE, "000001.SZ"])
        desk.ticket(CODE)
        desk.chart.price(CODE)
        desk.chart.positions()
        desk.panel()
        desk.clock.advance(1)
    session = desk._session
    assert session.quotes.codes
    desk.close()

    assert set(threading.enumerate()) <= threads
    assert set(_instances) <= widgets
    assert session.quotes.codes == set()
    assert len(session.shown) == 0
    assert session.trader._dispatcher._taps == ()
    assert host.links == 0
    assert options.__dict__["_listeners"] == []


def test_a_cell_that_runs_again_gets_the_same_widget(desk):
    assert desk.live.orders() is desk.live.orders()
    assert desk.live.quotes([CODE]) is desk.live.quotes([CODE])
    assert desk.live.quotes([CODE]) is not desk.live.quotes(["000001.SZ"])
    assert desk.ticket(CODE) is desk.ticket(CODE)
    assert desk.chart.price(CODE) is desk.chart.price(CODE)
    assert desk.panel() is desk.panel()
    first = desk.live.orders()
    first.close()
    assert desk.live.orders() is not first


def test_closing_a_table_of_quotes_ends_its_subscriptions(desk):
    table = desk.live.quotes([CODE, "000001.SZ"])
    assert desk._session.quotes.codes == {CODE, "000001.SZ"}

    table.close()

    assert desk._session.quotes.codes == set()


def test_a_desk_that_is_dropped_closes_itself(tmp_path):
    before = set(threading.enumerate())
    desk = xtnb.paper(tmp_path, seed=7, clock="hand")
    session = desk._session
    started = set(threading.enumerate()) - before
    mine = [thread for thread in started if "xtnb-session" in thread.name]

    del desk
    gc.collect()

    for thread in mine:
        thread.join(5)
    assert not any(thread.is_alive() for thread in mine)
    assert session.closed


def test_an_open_widget_keeps_its_desk(desk):
    other = xtnb.paper(seed=7)
    session = other._session
    table = other.live.orders()

    del other
    gc.collect()
    assert not session.closed
    table._kept.close()

    assert session.closed
    assert table.closed


def test_live_tables_follow_the_pushes(desk, quote):
    orders, trades, asset = desk.live.orders(), desk.live.trades(), desk.live.asset()

    order = desk.buy(CODE, 200, quote.ask1)

    assert orders.rows.get(order.id).traded_volume == 200
    assert sum(fill.traded_volume for fill in trades.rows.records()) == 200
    assert asset.rows.get("1000000365").cash == desk.asset()["cash"][0]


def test_a_lost_link_is_shown_and_raised(desk):
    table = desk.live.orders()
    told = threading.Event()
    desk._live.books.on_lost(told.set)

    lost = Push("paper", 1, 0, PushKind.DISCONNECTED, 0, "", None)
    desk.trader._dispatcher.deliver(lost)

    assert told.wait(5)
    assert "link lost" in repr(desk)
    assert table._stop is not None
    with pytest.raises(NotConnected):
        desk.buy(CODE, 100, 10.5)


def test_a_failed_query_raises_and_gives_no_empty_table(desk):
    desk.account = StockAccount("no-such-account")

    with pytest.raises(QueryFailed):
        desk.positions()


@pytest.mark.parametrize("ask", ["buy", "preview", "quotes", "watch"])
def test_a_code_without_its_market_is_refused_with_the_code_that_was_meant(desk, ask):
    calls = {
        "buy": lambda: desk.buy("600000", 100, 10.0),
        "preview": lambda: desk.preview("sh600000", "buy", 100, 10.0),
        "quotes": lambda: desk.quotes("600000.sh"),
        "watch": lambda: desk._live.watch("600000"),
    }

    with pytest.raises(InputError, match=r"did you mean 600000\.SH\?") as wrong:
        calls[ask]()

    assert wrong.value.suggestion == "600000.SH"
    assert "是否指 600000.SH？" in wrong.value.zh


def test_each_account_that_was_turned_to_keeps_a_desk_of_its_own(desk):
    margin = desk.use("1208970161", "CREDIT")
    futures = desk.use("2000000365")

    assert margin.account == StockAccount("1208970161", "CREDIT")
    assert futures.account == StockAccount("2000000365", "FUTURE")
    assert desk.account == futures.account
    assert margin.asset()["account_id"].iloc[0] == "1208970161"


def test_a_desk_that_turned_to_an_account_outlives_the_one_it_came_from():
    margin = xtnb.paper(seed=7, clock="hand").use("1208970161", "CREDIT")
    gc.collect()

    assert not margin.asset().empty
    margin.close()
