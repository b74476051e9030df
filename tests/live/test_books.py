"""The tables of an account whose terminal does not tell all of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from tests.link.serving import until
from tests.live.cuttable import CuttableLink
from tests.live.test_connection import CODE, ME, House, at_home
from tests.session.scripted import ScriptedLink, asset
from tests.vendor.ear import fill, with_remark
from xtnb import xtconstant as c
from xtnb.desk import Desk
from xtnb.errors import NotConnected, QueryFailed
from xtnb.live.books import AccountBooks
from xtnb.live.following import Session
from xtnb.live.orders import AccountOrders
from xtnb.live.store import Table
from xtnb.session.trader import XtQuantTrader
from xtnb.vocabulary.messages import PushKind
from xtnb.vocabulary.records import Quote, StockAccount

__all__ = ["at_home"]

LISTS = ["orders", "trades", "positions"]
SHANGHAI = timezone(timedelta(hours=8))


@pytest.mark.parametrize("name", LISTS)
def test_a_desk_is_not_made_over_a_list_that_was_refused(name):
    house = House()
    link = CuttableLink(house.host.link("demo"))
    trader = XtQuantTrader.over(link, 3)
    trader.start()
    assert trader.connect() == 0
    session = Session(link, trader, None, every=0)
    link.refuse = {f"query_stock_{name}"}

    with pytest.raises(QueryFailed, match=f"the {name} of this account"):
        Desk(session, ME)

    link.refuse.clear()
    assert not Desk(session, ME).positions().empty
    session.close()
    house.close()


@pytest.mark.parametrize("name", LISTS)
def test_no_comparison_passes_over_a_list_that_was_refused(at_home, name):
    at_home.link.refuse = {f"query_stock_{name}"}

    with pytest.raises(QueryFailed, match=f"the {name} of this account"):
        at_home.session.compare()

    at_home.link.refuse.clear()
    assert at_home.session.compare() == []


def test_no_order_goes_out_before_every_list_was_told_after_a_break(at_home):
    at_home.cut()
    at_home.link.refuse = {"query_stock_positions"}
    at_home.link.mend()
    until(lambda: "the positions of this account" in at_home.connection.why)

    with pytest.raises(NotConnected, match="nothing was sent"):
        at_home.desk.buy(CODE, 100, 10.0)

    at_home.link.refuse.clear()
    at_home.mend()
    assert at_home.desk.buy(CODE, 100, 10.0).id > 0


@pytest.fixture
def broker():
    """A terminal that tells what a test says, the books of its account, and its orders."""
    link = ScriptedLink(
        subscribe=0,
        query_stock_asset=[asset()],
        query_stock_orders=[],
        query_stock_trades=[],
        query_stock_positions=[],
        query_account_status=[],
    )
    trader = XtQuantTrader.over(link, 1)
    trader.start()
    assert trader.connect() == 0
    books = AccountBooks(trader, StockAccount("1"), Table(Quote, "stock_code"))
    books.open()
    link.books, link.orders = books, AccountOrders(trader, books)
    yield link
    trader.stop()


@pytest.mark.parametrize("number", ["77", ""])
def test_two_fills_that_bear_one_number_or_none_are_both_there(broker, number):
    here = fill(1, number)
    there = replace(fill(2, number), stock_code="000001.SZ")
    told = [broker.push(PushKind.TRADE, one) for one in (here, there, here)]

    broker.say(*told)
    broker.books.settle()

    assert broker.books.trades.records() == [here, there]


def at(hour: int, minute: int, *, day: int = 20) -> int:
    return int(datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI).timestamp())


def test_orders_of_a_night_session_are_cancelled_after_midnight_as_well(broker):
    working = [with_remark(41, "", order_time=at(21, 5), order_status=c.ORDER_REPORTED)]
    broker.answers |= {"query_stock_orders": working, "cancel_order_stock": 0}
    fills = [replace(fill(41, "T1"), traded_time=at(23, 50))]
    broker.answers["query_stock_trades"] = fills
    after = replace(fill(41, "T2"), traded_time=at(0, 10, day=21))

    broker.say(broker.push(PushKind.ORDER, working[0]), broker.push(PushKind.TRADE, fills[0]))
    broker.say(broker.push(PushKind.TRADE, after))
    fills.append(after)
    broker.books.settle()

    assert broker.orders.cancel_all() == 1
    broker.books.settle()
    assert broker.books.trades.records() == fills


def test_with_the_first_news_of_a_new_day_the_lists_are_those_of_the_terminal(broker):
    before = with_remark(41, "", order_time=at(14, 0), order_status=c.ORDER_SUCCEEDED)
    today = with_remark(42, "", order_time=at(9, 30, day=23), order_status=c.ORDER_REPORTED)
    broker.answers["query_stock_orders"] = [today]

    broker.say(broker.push(PushKind.ORDER, before))
    broker.books.settle()
    assert broker.books.orders.records() == [before]
    broker.say(broker.push(PushKind.ORDER, today))
    broker.books.settle()
    broker.books.settle()  # the second is asked after what the push has asked for

    assert broker.books.orders.records() == [today]


@pytest.mark.parametrize("time", [at(9, 30) * 1_000, 20_261_120_093_000, 2**62])
def test_a_time_that_is_none_begins_no_day(broker, time):
    old = with_remark(41, "", order_time=at(9, 30), order_status=c.ORDER_SUCCEEDED)
    strange = with_remark(42, "", order_time=time)
    today = with_remark(43, "", order_time=at(9, 30, day=23))
    broker.answers["query_stock_orders"] = [today]

    broker.say(*(broker.push(PushKind.ORDER, one) for one in (old, strange)))
    broker.books.settle()
    assert broker.books.orders.records() == [old, strange]
    broker.say(broker.push(PushKind.ORDER, today))
    broker.books.settle()
    broker.books.settle()

    assert broker.books.orders.records() == [today]
