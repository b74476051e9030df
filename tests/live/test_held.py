"""What somebody holds of a desk keeps its session, and a closed desk's orders do not lie."""

from __future__ import annotations

import asyncio
import gc
import threading

import pytest

import xtnb
from xtnb import xtconstant as c
from xtnb.errors import NotConnected
from xtnb.session.trader import XtQuantTrader

CODE = "600000.SH"


@pytest.fixture
def market():
    with xtnb.paper(seed=7, clock="hand") as desk:
        yield desk


def resting(desk):
    return desk.buy(CODE, 200, float(desk.quotes(CODE)["down_limit"][0]))


def dropped():
    """Nobody has what is not held, and what ends because of that has ended."""
    gc.collect()
    for thread in threading.enumerate():
        if thread.name == "xtnb-desk-close":
            thread.join()


def test_a_trader_works_without_the_desk_that_it_came_from(market):
    def begin():
        desk = xtnb.paper()
        return desk.trader, desk.account

    trader, account = begin()
    dropped()

    assert isinstance(trader, XtQuantTrader)
    assert trader.query_stock_asset(account).account_id == account.account_id
    trader.stop()
    assert not trader.connected


def test_an_order_hears_its_pushes_without_the_desk_that_it_came_from(market):
    order = resting(xtnb.paper())
    dropped()

    assert market.cancel(order.id)
    assert order.wait(10).status == "cancelled"


def test_an_order_can_be_cancelled_without_the_desk_that_it_came_from(market):
    order = resting(xtnb.paper())
    dropped()

    assert order.cancel()
    assert order.wait(10).status_code == c.ORDER_CANCELED


def test_an_order_that_only_a_wait_holds_is_heard_of(market):
    async def one():
        waiting = asyncio.ensure_future(_awaited(resting(xtnb.paper())))
        await asyncio.sleep(0)
        dropped()
        market.cancel_all()
        return await asyncio.wait_for(waiting, 10)

    assert asyncio.run(one()).done


async def _awaited(order):
    waiting = order.__await__()
    del order
    return await _Awaitable(waiting)


class _Awaitable:
    def __init__(self, waiting):
        self._waiting = waiting

    def __await__(self):
        return self._waiting


def test_a_session_ends_when_desk_trader_and_orders_are_dropped(market):
    desk = xtnb.paper()
    session, held = desk._session, [desk.trader, resting(desk)]
    del desk

    while held:
        dropped()
        assert not session.closed
        held.pop()
    dropped()
    assert session.closed


@pytest.mark.parametrize("close", [lambda desk: desk.close(), lambda desk: desk.trader.stop()])
def test_the_session_of_a_trader_is_that_of_its_desk(market, close):
    desk = xtnb.paper()
    trader = desk.trader

    close(desk)

    assert not trader.connected
    assert not desk._session.trader.connected


def test_an_open_order_of_a_closed_desk_is_unknown_and_says_why(market):
    desk = xtnb.paper()
    order = resting(desk)
    assert order.status == "working"

    desk.close()
    market.cancel_all()

    assert (order.status_code, order.status) == (c.ORDER_UNKNOWN, "unknown")
    assert not order.done
    assert "the desk is closed" in order.reason
    assert "unknown: the desk is closed" in repr(order)
    with pytest.raises(NotConnected, match="the desk is closed"):
        order.wait(None)
    with pytest.raises(NotConnected, match="the desk is closed"):
        order.cancel()
    with pytest.raises(NotConnected, match="the desk is closed"):
        asyncio.run(_awaited(order))


def test_closing_a_desk_ends_a_wait_for_one_of_its_orders(market):
    desk = xtnb.paper()
    order, told = resting(desk), []

    def wait():
        try:
            order.wait(None)
        except NotConnected as fault:
            told.append(fault)

    waiting = threading.Thread(target=wait)
    waiting.start()
    desk.close()
    waiting.join()

    assert len(told) == 1


def test_an_order_that_had_ended_stays_what_it_was_when_its_desk_is_closed(market):
    desk = xtnb.paper()
    filled = desk.buy(CODE, 200, float(desk.quotes(CODE)["ask1"][0]))
    refused = desk.buy(CODE, 200, 1.0)

    desk.close()

    assert (filled.wait().status, filled.done) == ("filled", True)
    assert refused.wait().status_code == c.ORDER_JUNK
    assert "closed" not in filled.reason + refused.reason


def test_a_handle_that_is_asked_for_after_the_end_does_not_seem_to_work(market):
    desk = xtnb.paper()
    number = resting(desk).id
    desk.close()
    gc.collect()

    assert desk._live.orders.handle(number).status == "unknown"
