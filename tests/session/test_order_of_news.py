"""Which answer, push and error comes before which, and on which thread."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.session.scripted import Diary, ScriptedLink, asset, cancel_error, order, order_error
from xtnb.vocabulary.messages import Push, PushKind, Reply
from xtnb.xttrader import XtQuantTrader
from xtnb.xttype import StockAccount

BUY = ("600000.SH", 23, 200, 11, 10.5, "strategy", "remark")


def in_background(function, *arguments):
    pool = ThreadPoolExecutor(1)
    future = pool.submit(function, *arguments)
    pool.shutdown(wait=False)
    return future


def test_the_response_comes_before_any_push_of_its_order(trader, link, diary, account):
    link.answers["order_stock"] = lambda request: [
        Reply(request.seq, 41),
        link.push(PushKind.ORDER, order(41)),
        link.push(PushKind.ORDER, order(41, 56)),
    ]

    seq = trader.order_stock_async(account, *BUY)

    diary.wait("on_stock_order", 2)
    assert diary.names() == ["on_order_stock_async_response", "on_stock_order", "on_stock_order"]
    response = diary.entries[0][1]
    assert (response.seq, response.order_id) == (seq, 41)
    assert (response.strategy_name, response.order_remark) == ("strategy", "remark")


def test_defect_20_the_caller_has_the_seq_before_the_response_comes(link, account):
    link.answers["order_stock"] = lambda request: [Reply(request.seq, request.seq + 100)]
    diary, known, unknown = Diary(), {}, []
    diary.actions["on_order_stock_async_response"] = lambda response: (
        None if response.seq in known else unknown.append(response.seq)
    )
    trader = XtQuantTrader.over(link, 7, diary)
    trader.start()
    trader.connect()

    for _ in range(300):
        seq = trader.order_stock_async(account, *BUY)
        known[seq] = True

    diary.wait("on_order_stock_async_response", 300)
    trader.stop()
    assert unknown == []


def test_an_order_error_that_comes_first_waits_for_the_response(trader, link, diary, account):
    trader.order_stock_async(account, *BUY)
    request = link.next()

    link.say(link.push(PushKind.ORDER_ERROR, order_error(41, request.seq), request.seq))
    link.say(link.push(PushKind.ASSET, asset()))
    link.answer(request, 41)
    link.say(link.push(PushKind.ASSET, asset()))

    diary.wait("on_stock_asset", 2)
    assert diary.names() == [
        "on_stock_asset",
        "on_order_stock_async_response",
        "on_order_error",
        "on_stock_asset",
    ]


def test_a_refused_async_order_gives_response_then_error(trader, link, diary, account):
    trader.order_stock_async(account, *BUY)
    request = link.next()

    link.answer(request, 41)
    link.say(link.push(PushKind.ORDER, order(41, 57)))
    link.say(link.push(PushKind.ORDER_ERROR, order_error(41, request.seq), request.seq))

    diary.wait("on_order_error")
    assert diary.names() == [
        "on_order_stock_async_response",
        "on_stock_order",
        "on_order_error",
    ]


def test_the_error_of_a_sync_order_comes_after_its_answer(trader, link, diary, account):
    call = in_background(trader.order_stock, account, *BUY)
    request = link.next()

    link.say(link.push(PushKind.ORDER_ERROR, order_error(41, request.seq), request.seq))
    link.quiet()
    assert diary.names() == []
    link.answer(request, 41)

    assert call.result(5) == 41
    diary.wait("on_order_error")


def test_an_order_error_without_a_seq_is_found_by_its_order_id(trader, link, diary, account):
    trader.order_stock_async(account, *BUY)
    trader.order_stock_async(account, *BUY)
    first, second = link.next(), link.next()

    link.say(link.push(PushKind.ORDER_ERROR, order_error(42)))
    link.answer(first, 41)
    link.answer(second, 42)

    diary.wait("on_order_error")
    assert diary.names() == [
        "on_order_stock_async_response",
        "on_order_stock_async_response",
        "on_order_error",
    ]


def test_an_order_error_that_fits_no_request_comes_at_last(trader, link, diary, account):
    trader.order_stock_async(account, *BUY)
    request = link.next()

    link.say(link.push(PushKind.ORDER_ERROR, order_error(99)))
    link.answer(request, 41)

    assert diary.wait("on_order_error").order_id == 99


def test_an_order_error_of_an_answered_order_comes_at_once(trader, link, diary, account):
    trader.order_stock_async(account, *BUY)
    link.answer(link.next(), 41)
    diary.wait("on_order_stock_async_response")
    trader.order_stock_async(account, *BUY)
    link.next()

    link.say(link.push(PushKind.ORDER_ERROR, order_error(41)))

    assert diary.wait("on_order_error").order_id == 41


def test_the_error_of_another_session_s_request_comes_at_once(trader, link, diary, account):
    seq = trader.order_stock_async(account, *BUY)
    link.next()

    link.say(link.push(PushKind.ORDER_ERROR, order_error(77, seq), seq, session=8))

    assert diary.wait("on_order_error").order_id == 77


def test_defect_05_a_held_order_error_is_delivered_once(trader, link, diary, account):
    for order_id in (-1, -1):
        trader.order_stock_async(account, *BUY)
        request = link.next()
        if diary.names() == []:
            link.say(link.push(PushKind.ORDER_ERROR, order_error(-1, request.seq), request.seq))
        link.answer(request, order_id)
        diary.wait("on_order_stock_async_response")

    diary.wait("on_order_stock_async_response", 2)
    trader.stop()
    assert diary.names().count("on_order_error") == 1


def test_a_cancel_error_that_comes_first_waits_for_the_response(trader, link, diary, account):
    trader.cancel_order_stock_async(account, 41)
    request = link.next()

    link.say(link.push(PushKind.CANCEL_ERROR, cancel_error(41), request.seq))
    link.answer(request, (-1, 41, "S41"))

    diary.wait("on_cancel_error")
    assert diary.names() == ["on_cancel_order_stock_async_response", "on_cancel_error"]


def test_a_cancel_error_without_a_seq_is_found_by_id_and_by_sysid(trader, link, diary, account):
    trader.cancel_order_stock_async(account, 41)
    trader.cancel_order_stock_sysid_async(account, 0, "S42")
    first, second = link.next(), link.next()

    link.say(link.push(PushKind.CANCEL_ERROR, cancel_error(41, "S41")))
    link.say(link.push(PushKind.CANCEL_ERROR, cancel_error(42, "S42")))
    link.quiet()
    assert diary.names() == []
    link.answer(first, (-1, 41, "S41"))
    link.answer(second, (-1, 42, "S42"))

    diary.wait("on_cancel_error", 2)
    assert diary.names() == ["on_cancel_order_stock_async_response", "on_cancel_error"] * 2


def test_defect_06_a_held_cancel_error_is_delivered_once(trader, link, diary, account):
    for _ in range(2):
        trader.cancel_order_stock_async(account, 41)
        request = link.next()
        if diary.names() == []:
            link.say(link.push(PushKind.CANCEL_ERROR, cancel_error(41, "S41")))
        link.answer(request, (0, 41, "S41"))
        diary.wait("on_cancel_order_stock_async_response")

    diary.wait("on_cancel_order_stock_async_response", 2)
    trader.stop()
    assert diary.names().count("on_cancel_error") == 1


def test_defect_07_a_cancel_error_that_nobody_asked_for_is_delivered(trader, link, diary):
    link.say(link.push(PushKind.CANCEL_ERROR, cancel_error(41)))

    assert diary.wait("on_cancel_error").order_id == 41


def test_the_error_of_a_second_cancel_comes_after_its_response(trader, link, diary, account):
    trader.cancel_order_stock_async(account, 41)
    link.answer(link.next(), (0, 41, "S41"))
    trader.cancel_order_stock_async(account, 41)
    request = link.next()

    link.say(link.push(PushKind.CANCEL_ERROR, cancel_error(41)))
    link.answer(request, (-1, 41, "S41"))

    diary.wait("on_cancel_error")
    assert diary.names() == ["on_cancel_order_stock_async_response"] * 2 + ["on_cancel_error"]


def test_defect_08_what_is_remembered_of_answered_orders_is_bounded(trader, link, diary, account):
    link.answers["order_stock"] = lambda request: [Reply(request.seq, request.seq)]

    for _ in range(5000):
        last = trader.order_stock_async(account, *BUY)

    diary.wait("on_order_stock_async_response", 5000)
    remembered = trader._dispatcher._answered_orders
    assert last in remembered
    assert len(remembered) <= 4096


def test_pushes_and_answers_share_one_thread_in_default_mode(trader, link, diary, account):
    link.answers["query_stock_asset"] = [asset()]
    link.answers["order_stock"] = 41
    link.say(link.push(PushKind.ASSET, asset()))
    trader.order_stock_async(account, *BUY)
    trader.query_stock_asset_async(account, lambda found: diary.write("answer", found))

    diary.wait("answer")
    diary.wait("on_order_stock_async_response")
    assert diary.threads == {"xtnb-session-7-push"}


def test_query_answers_have_their_own_thread_in_relaxed_mode(trader, link, diary, account):
    trader.set_relaxed_response_order_enabled(True)
    link.answers["query_stock_asset"] = [asset()]
    trader.query_stock_asset_async(account, lambda found: diary.write("answer", found))

    diary.wait("answer")
    assert diary.threads == {"xtnb-session-7-answer"}


def test_async_responses_stay_with_the_pushes_in_relaxed_mode(trader, link, diary, account):
    trader.set_relaxed_response_order_enabled(True)
    link.answers["order_stock"] = lambda request: [
        Reply(request.seq, 41),
        link.push(PushKind.ORDER, order(41)),
    ]
    trader.order_stock_async(account, *BUY)

    diary.wait("on_stock_order")
    assert diary.names() == ["on_order_stock_async_response", "on_stock_order"]
    assert diary.threads == {"xtnb-session-7-push"}


def test_an_answer_is_never_newer_than_the_pushes_in_default_mode(trader, link, diary, account):
    handled, go_on = threading.Event(), threading.Event()

    def slow(record):
        handled.set()
        go_on.wait(5)

    diary.actions["on_stock_asset"] = slow
    link.say(link.push(PushKind.ASSET, asset()))
    link.answers["query_stock_asset"] = [asset(2.0)]
    assert handled.wait(5)
    call = in_background(trader.query_stock_asset, account)
    link.quiet()

    assert not call.done()
    go_on.set()
    assert call.result(5) == asset(2.0)


def test_relaxed_mode_may_be_switched_on_while_a_call_waits(trader, link, diary, account):
    go_on = threading.Event()
    diary.actions["on_stock_asset"] = lambda record: go_on.wait(5)
    link.say(link.push(PushKind.ASSET, asset()))
    call = in_background(trader.query_stock_asset, account)
    request = link.next()

    trader.set_relaxed_response_order_enabled(True)
    link.answer(request, [asset()])

    assert call.result(5) == asset()
    go_on.set()


def test_a_tap_hears_each_push_before_the_callback_until_it_ends(trader, link, diary):
    heard: list[Push] = []

    def listen(push: Push) -> None:
        heard.append(push)
        diary.write("tap", push)

    forget = trader.tap(listen)
    link.say(link.push(PushKind.ASSET, asset()), link.push(PushKind.QUOTE, "quote"))
    diary.wait("tap", 2)
    forget()
    link.say(link.push(PushKind.ASSET, asset()))
    diary.wait("on_stock_asset", 2)

    assert diary.names() == ["tap", "on_stock_asset", "tap", "on_stock_asset"]
    assert [push.kind for push in heard] == [PushKind.ASSET, PushKind.QUOTE]


steps = st.lists(
    st.sampled_from(["error first", "error last", "good", "late"]), min_size=1, max_size=12
)


@settings(max_examples=40, deadline=None)
@given(steps)
def test_no_mixture_of_orders_puts_an_error_before_its_response(script):
    link, diary = ScriptedLink(), Diary()
    trader = XtQuantTrader.over(link, 7, diary)
    trader.start()
    trader.connect()
    late = []
    for number, step in enumerate(script, start=1):
        seq = trader.order_stock_async(StockAccount("1"), *BUY)
        request = link.next()
        error = link.push(PushKind.ORDER_ERROR, order_error(number, seq), seq)
        if step == "error first":
            link.say(error)
        if step == "late":
            link.say(error)
            late.append((request, number))
        else:
            link.answer(request, number)
        if step == "error last":
            link.say(error)
    for request, number in late:
        link.answer(request, number)
    diary.wait("on_order_stock_async_response", len(script))
    link.quiet()
    trader.stop()

    order_ids = {"on_order_stock_async_response": [], "on_order_error": []}
    for name, record in diary.entries:
        order_ids[name].append(record.order_id)
        if name == "on_order_error":
            assert record.order_id in order_ids["on_order_stock_async_response"]
    wrong = [number for number, step in enumerate(script, start=1) if step != "good"]
    assert sorted(order_ids["on_order_error"]) == wrong
