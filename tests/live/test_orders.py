"""Orders of a desk: handles that pushes keep up, refusals in words, cancels from anywhere."""

from __future__ import annotations

import asyncio
import math
import threading
from concurrent.futures import Future

import pandas as pd
import pytest

import xtnb
from xtnb import xtconstant as c
from xtnb.errors import InputError
from xtnb.vocabulary.options import options

CODE = "600000.SH"


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


# -- orders ------------------------------------------------------------------------------------


def test_a_buy_at_the_ask_is_filled_and_every_table_says_so(desk, quote):
    before = desk.asset().iloc[0]

    order = desk.buy(CODE, 200, quote.ask1, remark="first")

    assert (order.status, order.status_code) == ("filled", c.ORDER_SUCCEEDED)
    assert (order.filled, order.average_price) == (200, quote.ask1)
    assert order.done
    assert order.reason == ""
    fills = order.trades()
    assert fills["traded_volume"].sum() == 200
    assert set(fills["order_remark"]) == {"first"}
    pd.testing.assert_frame_equal(fills, desk.trades())
    assert list(desk.orders()["order_id"]) == [order.id]
    paid = fills["traded_amount"].sum() + fills["commission"].sum()
    assert desk.asset().iloc[0].cash == pytest.approx(before.cash - paid)
    held = desk.positions().set_index("stock_code").loc[CODE]
    assert held.on_road_volume == 200


def test_a_sale_at_the_bid_is_filled(desk, quote):
    order = desk.sell(CODE, 300, quote.bid1)

    assert order.status == "filled"
    assert order.trades()["offset_flag"].iloc[0] == "sell"


def test_a_refused_order_does_not_raise_and_says_why(desk):
    before = desk.asset()

    order = desk.buy(CODE, 150, 10.5)

    assert order.id > 0
    assert (order.status, order.done) == ("rejected", True)
    assert "multiple of 100" in order.reason
    assert " / " in order.error
    pd.testing.assert_frame_equal(desk.asset(), before)
    options.language = "zh"
    assert order.status == "废单"
    assert "整数倍" in order.reason


def test_without_a_price_an_order_goes_at_the_last_price(desk, quote):
    order = desk.buy(CODE, 100)

    assert order.price_type == c.LATEST_PRICE
    assert order.record.price == quote.last_price


def test_a_market_order_takes_its_price_type(desk, quote):
    order = desk.buy(CODE, 100, price_type=c.MARKET_SH_CONVERT_5_CANCEL)

    assert order.status == "filled"
    assert order.average_price == quote.ask1


def test_an_order_by_numbers_is_the_same_order(desk, quote):
    order = desk.order(CODE, c.STOCK_BUY, 100, c.FIX_PRICE, quote.ask1, "plan", "note")

    assert desk.orders()["strategy_name"].iloc[-1] == "plan"
    assert (order.filled, order.remark) == (100, "note")


def test_waiting_for_an_order_that_rests_ends_with_the_time(desk):
    order = resting(desk)

    assert order.wait(timeout=0.05) is order
    assert not order.done
    assert order.status == "working"


def test_a_handle_is_kept_up_while_the_market_moves(desk, quote):
    order = desk.buy(CODE, 100, quote.bid1)
    states = []
    order.on_change(lambda changed: states.append(changed.status))

    for _ in range(120):
        if order.done:
            break
        desk.clock.advance(10)

    assert order.wait().status == "filled"
    assert states[-1] == "filled"
    assert order.trades()["traded_volume"].sum() == 100


def test_an_order_can_be_awaited(desk, quote):
    async def trade():
        return await desk.buy(CODE, 100, quote.ask1)

    assert asyncio.run(trade()).status == "filled"


def test_awaiting_ends_when_another_thread_cancels(desk):
    order = resting(desk)
    canceller = threading.Timer(0.05, order.cancel)
    canceller.start()

    async def finished():
        return await asyncio.wait_for(order, 5)

    assert asyncio.run(finished()).status == "cancelled"
    canceller.join()


def test_the_repr_of_an_order_tells_what_it_is(desk, quote):
    filled = desk.buy(CODE, 200, quote.ask1)
    refused = desk.buy(CODE, 150, 10.5)
    market = desk.buy(CODE, 100, price_type=c.MARKET_SH_CONVERT_5_CANCEL)

    assert repr(filled) == (
        f"<Order 1 buy 200 600000.SH @ {quote.ask1:.2f}, filled, 200 filled at {quote.ask1:.3f}>"
    )
    assert repr(refused).startswith("<Order 2 buy 150 600000.SH @ 10.50, rejected: a buy")
    assert "@ best five, rest cancelled" in repr(market)


def test_an_order_inside_a_callback_is_sent_without_waiting(desk, quote):
    made: Future = Future()

    class Program:
        def on_stock_trade(self, trade):
            if not made.done():
                order = desk.sell(CODE, 100, quote.bid1, remark="reply")
                made.set_result((order, order.id, order.wait().done))

    desk.trader.register_callback(Program())
    desk.buy(CODE, 100, quote.ask1)
    order, number, done = made.result(5)

    assert (number, done) == (0, False)  # the answer waits behind this very callback
    assert order.wait().status == "filled"
    assert order.id > 0


# -- cancels -----------------------------------------------------------------------------------


def test_a_cancel_gives_the_frozen_cash_back(desk):
    before = desk.asset()
    order = resting(desk)
    assert desk.asset()["frozen_cash"][0] > 0

    answer = order.cancel()

    assert answer
    assert repr(answer) == "cancel sent"
    assert order.status == "cancelled"
    pd.testing.assert_frame_equal(desk.asset(), before)


def test_a_second_cancel_says_why_not(desk):
    order = resting(desk)
    order.cancel()

    answer = desk.cancel(order)

    assert not answer
    assert "cancelled already" in repr(answer)
    options.language = "zh"
    assert "已撤" in answer.reason


def test_an_order_of_another_session_is_cancelled_by_its_number(desk):
    with xtnb.paper(seed=7, clock="hand") as other:
        theirs = resting(other)
        desk.orders()

        assert desk.cancel(theirs.id)

        assert theirs.wait().status == "cancelled"


@pytest.mark.parametrize("order", [99, -1, "1", None, 1.5, True])
def test_a_cancel_of_no_order_is_an_input_error(desk, order):
    with pytest.raises(InputError):
        desk.cancel(order)


def test_cancel_all_takes_every_open_order_and_no_other(desk, quote):
    filled = desk.buy(CODE, 100, quote.ask1)
    open_orders = [resting(desk) for _ in range(3)]

    assert desk.cancel_all() == 3

    assert [order.wait().status for order in open_orders] == ["cancelled"] * 3
    assert filled.status == "filled"
    assert desk.cancel_all() == 0


def test_cancel_all_works_on_another_thread_and_inside_a_callback(desk):
    resting(desk)
    sent: Future = Future()
    threading.Thread(target=lambda: sent.set_result(desk.cancel_all())).start()
    assert sent.result(5) == 1
    assert desk.orders(cancelable_only=True).empty

    first = resting(desk)
    inside: Future = Future()

    class Program:
        def on_stock_order(self, order):
            if not inside.done():
                inside.set_result(desk.cancel_all())

    desk.trader.register_callback(Program())
    second = resting(desk)

    assert inside.result(5) == 2
    assert [first.wait().status, second.wait().status] == ["cancelled"] * 2


def test_cancel_all_reaches_an_order_that_is_not_answered_yet(desk, quote):
    account = desk._live
    orders = [account.send(CODE, "buy", 100, quote.down_limit) for _ in range(20)]

    desk.cancel_all()

    assert {order.wait().status for order in orders} == {"cancelled"}


# -- bad input ----------------------------------------------------------------------------------

GOOD = {"code": CODE, "volume": 100, "price": 10.5}


@pytest.mark.parametrize(
    ("changes", "argument"),
    [
        ({"code": "600000"}, "stock_code"),
        ({"code": None}, "stock_code"),
        ({"volume": 0}, "order_volume"),
        ({"volume": -100}, "order_volume"),
        ({"volume": 100.5}, "order_volume"),
        ({"volume": "100"}, "order_volume"),
        ({"volume": math.nan}, "order_volume"),
        ({"price": math.nan}, "price"),
        ({"price": math.inf}, "price"),
        ({"price": -0.01}, "price"),
        ({"price": "10.5"}, "price"),
        ({"price": None, "price_type": c.FIX_PRICE}, "price"),
        ({"price_type": "limit"}, "price_type"),
        ({"remark": 7}, "order_remark"),
    ],
)
@pytest.mark.parametrize("method", ["buy", "sell"])
def test_a_mistake_in_an_order_names_the_argument_and_moves_nothing(
    desk, method, changes, argument
):
    before = desk.asset()

    with pytest.raises(InputError) as wrong:
        getattr(desk, method)(**(GOOD | changes))

    assert wrong.value.argument == argument
    assert desk.orders().empty
    pd.testing.assert_frame_equal(desk.asset(), before)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"code": "999999.SH"}, "999999.SH"),
        ({"volume": 150}, "multiple of 100"),
        ({"price": 10.505}, "tick"),
        ({"price": 10.50001}, "more digits"),
        ({"price": 99.0}, "limit"),
        ({"volume": 900_000}, "available cash"),
        ({"price_type": c.MARKET_SZ_FULL_OR_CANCEL}, "price type"),
    ],
)
def test_what_the_market_refuses_is_a_rejected_order_and_moves_nothing(desk, changes, words):
    before = desk.asset()

    order = desk.buy(**(GOOD | changes))

    assert order.status == "rejected"
    assert words in order.reason
    assert order.id > 0
    assert order.trades().empty
    pd.testing.assert_frame_equal(desk.asset(), before)


@pytest.mark.parametrize(
    ("account", "code", "order_type", "said"),
    [
        (("1208970161", "CREDIT"), CODE, c.CREDIT_BUY, "collateral buy"),
        (("1208970161", "CREDIT"), CODE, c.CREDIT_SLO_SELL, "short sell"),
        (("2000000365", "FUTURE"), "rb2701.SF", c.FUTURE_OPEN_SHORT, "open short"),
    ],
)
def test_the_repr_of_an_order_names_its_type_as_its_account_does(
    desk, account, code, order_type, said
):
    order = desk.use(*account).order(code, order_type, 1, c.FIX_PRICE, 1.0)

    assert f" {said} 1 {code} @ 1.00" in repr(order)


@pytest.mark.parametrize("key", [12, 1.5, None, b"k", "k" * 129, "a\nb", "a\0b"])
def test_what_is_no_key_is_refused_and_nothing_is_sent(desk, key):
    count = len(desk.orders())

    with pytest.raises(InputError, match="key: expected text of at most 128 characters"):
        desk.buy(CODE, 100, 9.9, key=key)

    assert len(desk.orders()) == count


def test_a_key_that_is_used_for_another_order_says_what_differs(desk):
    desk.buy(CODE, 100, 9.9, key="one")

    with pytest.raises(InputError, match="order_volume 100 and not 200"):
        desk.buy(CODE, 200, 9.9, key="one")
