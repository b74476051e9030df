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


class Refusing:
    """A house, and a session over a link whose terminal refuses one list."""

    def __init__(self, name: str) -> None:
        self.house = House()
        self.link = CuttableLink(self.house.host.link("demo"))
        trader = XtQuantTrader.over(self.link, 3)
        trader.start()
        assert trader.connect() == 0
        self.session = Session(self.link, trader, None, every=0)
        self.link.refuse = {f"query_stock_{name}"}

    def close(self) -> None:
        self.session.close()
        self.house.close()


@pytest.fixture
def refusing():
    made = []

    def refusing(name: str) -> Refusing:
        made.append(Refusing(name))
        return made[-1]

    yield refusing
    for one in made:
        one.close()


def test_a_desk_is_not_made_over_orders_that_were_refused(refusing):
    one = refusing("orders")

    with pytest.raises(QueryFailed, match="the orders of this account"):
        Desk(one.session, ME)

    one.link.refuse.clear()
    assert not Desk(one.session, ME).positions().empty


@pytest.mark.parametrize("name", ["trades", "positions"])
def test_a_desk_whose_terminal_always_refuses_one_list_opens_and_says_so(refusing, caplog, name):
    one = refusing(name)

    desk = Desk(one.session, ME)

    words = f"the terminal did not tell the {name} of this account"
    assert words in one.session.standing.news
    assert words in caplog.text
    with pytest.raises(QueryFailed):
        getattr(desk, name)()
    assert desk._live.books.untold == {name}
    assert one.session.compare() == []
    assert desk.buy(CODE, 100, 10.0).id > 0


@pytest.mark.parametrize("name", ["trades", "positions"])
@pytest.mark.parametrize("broken", [False, True])
def test_a_list_that_is_told_at_last_is_no_difference_and_may_be_refused_no_more(
    refusing, name, broken
):
    one = refusing("nothing")
    first = Desk(one.session, ME)
    first.buy(CODE, 100, price_type=c.MARKET_SH_CONVERT_5_CANCEL, price=10.9)
    one.link.refuse = {f"query_stock_{name}"}
    books = AccountBooks(one.session.trader, ME, Table(Quote, "stock_code"))
    books.open()
    told = getattr(first._live.books, name).by_key()
    assert (books.untold, getattr(books, name).by_key()) == ({name}, {})

    one.link.refuse.clear()
    books._at_loss = books._picture() if broken else None
    before, now = books.resync() if broken else books.renew()

    assert getattr(before, name) == getattr(now, name) == told
    assert books.untold == frozenset()
    assert getattr(books, name).told
    one.link.refuse = {f"query_stock_{name}"}
    with pytest.raises(QueryFailed, match=f"the {name} of this account"):
        books.renew()
    books.close()


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
