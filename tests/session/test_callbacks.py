"""Calls made inside callbacks, callbacks that fail, and callbacks that are half there."""

from __future__ import annotations

import logging
import threading

import pytest

from tests.session.scripted import SECONDS, Diary, asset, cancel_error, order_error
from xtnb.errors import WouldDeadlock
from xtnb.vocabulary.messages import PushKind
from xtnb.xttrader import XtQuantTraderCallback
from xtnb.xttype import StockAccount

BUY = ("600000.SH", 23, 200, 11, 10.5)
REQUESTS = {
    "order_stock": BUY,
    "cancel_order_stock": (1,),
    "cancel_order_stock_sysid": (0, "S1"),
    "query_stock_asset": (),
    "query_stock_order": (1,),
    "query_stock_orders": (),
    "query_stock_trades": (),
    "query_stock_position": ("600000.SH",),
    "query_stock_positions": (),
}
ANSWERS = {
    "order_stock": 41,
    "cancel_order_stock": (0, 41, "S41"),
    "cancel_order_stock_sysid": (0, 41, "S41"),
}


@pytest.mark.parametrize("method", REQUESTS)
def test_defect_02_a_sync_call_inside_a_push_names_the_ways_out(
    trader, link, diary, account, method
):
    def call(_):
        try:
            getattr(trader, method)(account, *REQUESTS[method])
        except WouldDeadlock as stuck:
            diary.write("stuck", str(stuck))

    diary.actions["on_stock_asset"] = call
    link.say(link.push(PushKind.ASSET, asset()))

    text = diary.wait("stuck")
    assert f"{method}_async()" in text
    assert hasattr(trader, f"{method}_async")
    assert "set_relaxed_response_order_enabled(True)" in text
    assert link.sent == []


@pytest.mark.parametrize("method", REQUESTS)
def test_defect_02_a_sync_call_inside_a_push_returns_in_relaxed_mode(
    trader, link, diary, account, method
):
    trader.set_relaxed_response_order_enabled(True)
    link.answers[method] = ANSWERS.get(method, [asset()])
    expected = {"order_stock": 41}.get(method, 0)

    def call(_):
        diary.write("answer", getattr(trader, method)(account, *REQUESTS[method]))

    diary.actions["on_stock_asset"] = call
    link.say(link.push(PushKind.ASSET, asset()))

    answer = diary.wait("answer")
    assert answer == expected if method in ANSWERS else answer in (asset(), [asset()])


def test_a_sync_call_inside_a_query_s_callback_returns_in_relaxed_mode(
    trader, link, diary, account
):
    trader.set_relaxed_response_order_enabled(True)
    link.answers.update(query_stock_asset=[asset()], order_stock=41)
    trader.query_stock_asset_async(
        account, lambda _: diary.write("answer", trader.order_stock(account, *BUY))
    )

    assert diary.wait("answer") == 41


@pytest.mark.parametrize("relaxed", [False, True])
def test_subscribe_inside_a_push_returns_in_both_modes(trader, link, diary, account, relaxed):
    trader.set_relaxed_response_order_enabled(relaxed)
    link.answers["subscribe"] = 0
    diary.actions["on_stock_asset"] = lambda _: diary.write("answer", trader.subscribe(account))
    link.say(link.push(PushKind.ASSET, asset()))

    assert diary.wait("answer") == 0


def test_async_queries_inside_a_push_work_in_default_mode(trader, link, diary, account):
    link.answers["query_stock_orders"] = []
    diary.actions["on_stock_asset"] = lambda _: trader.query_stock_orders_async(
        account, lambda found: diary.write("answer", found)
    )
    link.say(link.push(PushKind.ASSET, asset()))

    assert diary.wait("answer") == []


def test_defect_03_an_exception_in_a_callback_is_logged_and_changes_nothing(
    trader, link, diary, caplog
):
    def fail(_):
        raise ValueError("a mistake in a strategy")

    diary.actions["on_stock_asset"] = fail
    link.say(link.push(PushKind.ASSET, asset()), link.push(PushKind.ASSET, asset()))

    diary.wait("on_stock_asset", 2)
    trader.stop()
    record = next(r for r in caplog.records if r.name == "xtnb.session")
    assert record.levelno == logging.ERROR
    assert record.exc_info is not None
    assert "a mistake in a strategy" in caplog.text


def test_defect_04_an_exception_in_a_response_does_not_lose_the_error(trader, link, diary, account):
    def fail(_):
        raise ValueError("a mistake")

    diary.actions["on_order_stock_async_response"] = fail
    trader.order_stock_async(account, *BUY)
    request = link.next()
    link.say(link.push(PushKind.ORDER_ERROR, order_error(41, request.seq), request.seq))
    link.answer(request, 41)

    diary.wait("on_order_error")
    assert trader._dispatcher._waiting == {}


def test_everything_works_without_a_callback(trader, link, account):
    trader.register_callback(None)
    link.answers.update(order_stock=41, query_stock_asset=[asset()])
    link.say(link.push(PushKind.ASSET, asset()))

    assert trader.order_stock_async(account, *BUY) > 0
    assert trader.query_stock_asset(account) == asset()


def test_a_callback_may_have_only_the_methods_it_wants(trader, link, account):
    heard = threading.Event()

    class Few:
        def on_stock_order(self, order):
            heard.set()

    trader.register_callback(Few())
    link.say(link.push(PushKind.ASSET, asset()), link.push(PushKind.ORDER, "order"))

    assert heard.wait(SECONDS)


def test_a_callback_registered_last_hears_the_answer_of_an_earlier_order(trader, link, account):
    trader.register_callback(None)
    trader.order_stock_async(account, *BUY)
    late = Diary()
    trader.register_callback(late)

    link.answer(link.next(), 41)

    assert late.wait("on_order_stock_async_response").order_id == 41


def test_the_base_class_has_the_vendor_s_sixteen_methods_and_all_do_nothing():
    base = XtQuantTraderCallback()
    names = [name for name in dir(base) if name.startswith("on_")]

    assert len(names) == 16
    for name in names:
        argument = () if name in ("on_connected", "on_disconnected") else (None,)
        assert getattr(base, name)(*argument) is None


def test_the_account_in_the_tests_is_a_stock_account(account):
    assert account == StockAccount("1", "STOCK")


def test_every_push_of_the_api_reaches_the_callback_of_its_name(trader, link, diary):
    heard = {
        PushKind.ACCOUNT_STATUS: "on_account_status",
        PushKind.ASSET: "on_stock_asset",
        PushKind.ORDER: "on_stock_order",
        PushKind.TRADE: "on_stock_trade",
        PushKind.POSITION: "on_stock_position",
        PushKind.ORDER_ERROR: "on_order_error",
        PushKind.CANCEL_ERROR: "on_cancel_error",
    }
    for kind in heard:
        record = order_error(41) if kind == PushKind.ORDER_ERROR else cancel_error(41)
        link.say(link.push(kind, record))

    for name in heard.values():
        assert diary.wait(name).order_id == 41
    assert diary.names() == list(heard.values())
