"""An account for Beijing (NEW3BOARD), and accounts that pay by another schedule."""

from __future__ import annotations

import pytest

from tests.terminal.floor import BEIJING, PUFA, Floor
from xtnb import xtconstant as c
from xtnb.errors import RefusalCode
from xtnb.rules.fees import FeeSchedule
from xtnb.rules.terms import StockTerms, read
from xtnb.terminal.accounts.demo import DEMO_BEIJING_ACCOUNT, demo_books, empty_books
from xtnb.terminal.accounts.stock import StockAccountBooks
from xtnb.terminal.scenario import OpeningPosition
from xtnb.vocabulary.messages import PushKind

NEEQ = c.NEW3BOARD_ACCOUNT
CASH = 1_000_000 * 10_000


class Beijing(Floor):
    """A floor with an account of this kind, which holds 1,050 shares."""

    def __init__(self, settings=None):
        super().__init__()
        more = (settings,) if settings else ()
        books = StockAccountBooks("N1", CASH, self.terminal.floor, NEEQ, *more)
        books.begin([OpeningPosition(BEIJING, 1_050, 0, 100)])
        self.terminal.admit(books)

    def send(self, order_type, code, volume, price, price_type=c.FIX_PRICE):
        number = self.ask(
            "order_stock",
            "N1",
            NEEQ,
            stock_code=code,
            order_type=order_type,
            order_volume=volume,
            price_type=price_type,
            price=price,
            strategy_name="plan",
            order_remark="note",
        ).value
        pushes = self.pushes
        (order,) = self.ask("query_stock_order", "N1", NEEQ, order_id=number).value
        return order, pushes

    def last(self, code):
        return self.market.last_price(code) / 10_000

    def asset(self):
        return self.ask("query_stock_asset", "N1", NEEQ).value[0]


@pytest.fixture
def floor():
    return Beijing()


def test_it_buys_single_shares_from_a_hundred_on_as_beijing_does(floor):
    order, pushes = floor.send(c.STOCK_BUY, BEIJING, 101, floor.last(BEIJING))

    assert order.order_status == c.ORDER_REPORTED
    assert order.account_type == NEEQ
    assert [push.kind for push in pushes] == [PushKind.ORDER, PushKind.ASSET]
    order, _ = floor.send(c.STOCK_BUY, BEIJING, 99, floor.last(BEIJING))
    assert order.order_status == c.ORDER_JUNK


@pytest.mark.parametrize("price_type", [42, 43, 44, 45])
def test_it_has_the_market_orders_of_beijing(floor, price_type):
    order, _ = floor.send(c.STOCK_SELL, BEIJING, 1_050, 0.0, price_type)

    assert order.order_status != c.ORDER_JUNK


@pytest.mark.parametrize("code", [PUFA, "510300.SH"])
def test_it_trades_nothing_from_elsewhere(floor, code):
    before = floor.asset()

    order, pushes = floor.send(c.STOCK_BUY, code, 100, floor.last(code))

    assert order.order_status == c.ORDER_JUNK
    assert "NEW3BOARD" in order.status_msg
    assert [push.kind for push in pushes] == [PushKind.ORDER, PushKind.ORDER_ERROR]
    assert pushes[-1].record.error_id == RefusalCode.UNKNOWN_CODE
    assert floor.asset() == before


@pytest.mark.parametrize("order_type", [27, 0, 48, c.ETF_PURCHASE, c.ETF_REDEMPTION])
def test_it_only_buys_and_sells(floor, order_type):
    order, pushes = floor.send(order_type, BEIJING, 100, floor.last(BEIJING))

    assert order.order_status == c.ORDER_JUNK
    assert pushes[-1].record.error_id == RefusalCode.ORDER_TYPE


def test_it_subscribes_what_beijing_offers_and_sets_the_money_aside(floor):
    offers = floor.ask("query_ipo_data", "", 0).value
    here = next(code for code in offers if code.endswith(".BJ"))
    there = next(code for code in offers if code.endswith(".SH"))
    facts = offers[here]

    order, _ = floor.send(c.STOCK_BUY, here, facts["minPurchaseNum"], facts["issuePrice"])
    other, _ = floor.send(c.STOCK_BUY, there, 10_000, offers[there]["issuePrice"])

    assert order.order_status == c.ORDER_REPORTED
    assert floor.asset().frozen_cash == pytest.approx(facts["minPurchaseNum"] * facts["issuePrice"])
    assert other.order_status == c.ORDER_JUNK


def test_what_it_bought_can_be_sold_on_the_next_day(floor):
    price = floor.last(BEIJING)
    floor.order("sell", BEIJING, 500, price)  # of another account

    order, _ = floor.send(c.STOCK_BUY, BEIJING, 500, price)

    assert order.order_status == c.ORDER_SUCCEEDED
    (held,) = floor.ask("query_stock_positions", "N1", NEEQ).value
    assert (held.volume, held.can_use_volume, held.on_road_volume) == (1_550, 1_050, 500)


def test_the_demo_has_one_with_something_in_it():
    floor = Floor()
    kinds = {books.account_type: books for books in demo_books(floor.terminal.floor)}

    assert kinds[NEEQ].account_id == DEMO_BEIJING_ACCOUNT
    assert kinds[NEEQ].asset().cash == 200_000
    assert empty_books(NEEQ, "N2", CASH, floor.terminal.floor).account_type == NEEQ


def test_an_account_pays_by_the_schedule_that_is_agreed_with_it():
    dear = StockTerms(FeeSchedule(commission_ppm=2_000, minimum=200_000))
    floor = Beijing(dear)
    price = floor.last(BEIJING)
    before = floor.asset().cash

    order, pushes = floor.send(c.STOCK_BUY, BEIJING, 100, price)

    amount = order.price * 100
    frozen = next(push.record for push in pushes if push.kind == PushKind.ASSET).frozen_cash
    assert 20.0 <= frozen - amount < 21.0, "the least commission, and the transfer fee"
    assert before - floor.asset().cash == pytest.approx(frozen)
    floor.order("sell", BEIJING, 100, price)
    (trade,) = floor.ask("query_stock_trades", "N1", NEEQ).value
    assert trade.commission == pytest.approx(frozen - amount)


def test_a_terminal_tells_what_is_agreed():
    dear = StockTerms(FeeSchedule(commission_ppm=2_000))

    told = Beijing(dear).ask("terms", "N1", NEEQ).value

    assert read(NEEQ, told) == dear
    assert read(c.SECURITY_ACCOUNT, Floor().ask("terms").value) == StockTerms()
