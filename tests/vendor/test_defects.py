"""The known defects of the vendor's xttrader.py, shown on its own file, and ours beside it.

Numbers are those of the list that the tests of ours are named by
(`test_defect_NN_…` in tests/session and tests/vocabulary).
"""

from __future__ import annotations

import asyncio
import copy
import threading

import pytest

from tests.session.scripted import ScriptedLink, asset, cancel_error, order_error
from tests.session.whole_api import ALGORITHM, BY_METHOD
from tests.vendor.conftest import NO_ANSWER, within
from xtnb.errors import InputError, NotConnected, QueryFailed, RequestTimeout, WouldDeadlock
from xtnb.vocabulary.messages import PushKind, Reply
from xtnb.xttrader import XtQuantTrader
from xtnb.xttype import StockAccount

LATE = 0.2  # seconds until a call counts as one that never answers
BUY = ("600000.SH", 23, 200, 11, 10.5)


def settle(side):
    """Return once both executors have done what was said so far."""
    side.link.quiet()
    side.link.answers["query_account_status"] = []
    assert side("query_account_status") == []


def test_01_a_sync_call_without_an_answer_never_ends(scripted, account):
    ours, theirs = scripted
    ours.trader.set_timeout(0.02)

    with pytest.raises(RequestTimeout):
        ours("query_stock_asset", account)
    assert within(lambda: theirs.trader.query_stock_asset(account), LATE) == NO_ANSWER


def test_02_a_sync_order_inside_a_push_hangs_even_in_relaxed_mode(scripted, account):
    for side in scripted:
        side.link.answers["order_stock"] = 41
        side.trader.set_relaxed_response_order_enabled(True)

        def order(_, side=side):
            answer = within(lambda: side.trader.order_stock(account, *BUY), LATE)
            side.diary.write("answer", answer)

        side.diary.actions["on_stock_asset"] = order
        side.link.say(side.link.push(PushKind.ASSET, asset()))

    ours, theirs = scripted
    assert ours.diary.wait("answer") == 41
    assert theirs.diary.wait("answer") == NO_ANSWER


def test_02_a_sync_query_inside_a_push_hangs_in_default_mode(scripted, account):
    ours, theirs = scripted
    for side in scripted:
        side.link.answers["query_stock_asset"] = [asset()]

    def ask_ours(_):
        with pytest.raises(WouldDeadlock):
            ours.trader.query_stock_asset(account)
        ours.diary.write("answer")

    def ask_theirs(_):
        answer = within(lambda: theirs.trader.query_stock_asset(account), LATE)
        theirs.diary.write("answer", answer)

    ours.diary.actions["on_stock_order"] = ask_ours
    theirs.diary.actions["on_stock_order"] = ask_theirs
    for side in scripted:
        side.link.say(side.link.push(PushKind.ORDER, asset()))

    ours.diary.wait("answer")
    assert theirs.diary.wait("answer") == NO_ANSWER


def test_03_an_exception_in_a_callback_vanishes(scripted, caplog):
    for side, text in zip(scripted, ("seen", "lost"), strict=True):

        def fail(_, text=text):
            raise ZeroDivisionError(text)

        side.diary.actions["on_stock_asset"] = fail
        side.link.say(side.link.push(PushKind.ASSET, asset()))
        settle(side)

    assert "seen" in caplog.text
    assert "lost" not in caplog.text


def test_04_an_exception_in_the_response_loses_the_error(scripted, account):
    for side in scripted:

        def fail(_):
            raise ZeroDivisionError

        side.diary.actions["on_order_stock_async_response"] = fail
        side.link.answers["order_stock"] = lambda r, side=side: [
            side.link.push(PushKind.ORDER_ERROR, order_error(41, r.seq), r.seq),
            Reply(r.seq, 41, "废单 / refused"),
        ]
        side("order_stock_async", account, *BUY)
        settle(side)

    ours, theirs = (side.diary.names() for side in scripted)
    assert ours == ["on_order_stock_async_response", "on_order_error"]
    assert theirs == ["on_order_stock_async_response"]


def test_05_a_held_order_error_is_delivered_again(scripted, account):
    for side in scripted:
        replies = iter([True, False])

        def refuse(request, side=side, replies=replies):
            error = side.link.push(PushKind.ORDER_ERROR, order_error(-1, request.seq), request.seq)
            return [*([error] if next(replies) else []), Reply(request.seq, -1, "refused")]

        side.link.answers["order_stock"] = refuse
        for _ in range(2):
            side("order_stock_async", account, *BUY)
        settle(side)

    ours, theirs = (side.diary.names().count("on_order_error") for side in scripted)
    assert (ours, theirs) == (1, 2)


def test_07_a_cancel_error_that_nobody_asked_for_never_comes(scripted):
    for side in scripted:
        side.link.say(side.link.push(PushKind.CANCEL_ERROR, cancel_error(41)))
        settle(side)

    assert [side.diary.names() for side in scripted] == [["on_cancel_error"], []]


def test_09_run_forever_does_not_end_with_stop(scripted):
    for side in scripted:
        side.ended = threading.Event()
        threading.Thread(
            target=lambda side=side: (side.trader.run_forever(), side.ended.set()), daemon=True
        ).start()
    ours, theirs = scripted
    ours.trader.stop()
    theirs.trader.stop()

    assert ours.ended.wait(5)
    assert not theirs.ended.wait(LATE)


@pytest.mark.filterwarnings("ignore:coroutine:RuntimeWarning")
def test_10_sleep_never_returns(scripted):
    ours, theirs = scripted

    assert within(lambda: ours.trader.sleep(0.01)) is None
    assert within(lambda: theirs.trader.sleep(0.01), LATE) == NO_ANSWER


def test_11_the_constructor_replaces_the_event_loop(vendor):
    before = asyncio.new_event_loop()
    asyncio.set_event_loop(before)
    XtQuantTrader.over(ScriptedLink())
    assert asyncio.get_event_loop_policy().get_event_loop() is before

    vendor.trader(ScriptedLink(), None)

    assert asyncio.get_event_loop_policy().get_event_loop() is not before
    before.close()


def test_15_stop_before_start_and_inside_a_callback_raises(vendor, scripted):
    XtQuantTrader.over(ScriptedLink()).stop()
    with pytest.raises(AttributeError):
        vendor.trader(ScriptedLink(), None).stop()

    for side in scripted:
        side.diary.actions["on_stock_asset"] = lambda _, side=side: side.diary.write(
            "stopped", within_here(side.trader.stop)
        )
        side.link.say(side.link.push(PushKind.ASSET, asset()))

    ours, theirs = (side.diary.wait("stopped") for side in scripted)
    assert ours is None
    assert isinstance(theirs, RuntimeError)


def within_here(call):
    try:
        return call()
    except Exception as fault:
        return fault


def test_16_connected_stays_true_after_a_break(scripted):
    for side in scripted:
        side.link.lose()
        side.diary.wait("on_disconnected")

    assert [side.trader.connected for side in scripted] == [False, True]


def test_16_what_waits_when_the_link_is_lost_waits_for_ever(scripted, account):
    ours, theirs = scripted
    theirs_asks = threading.Thread(
        target=lambda: theirs.diary.write("done", theirs.trader.query_stock_asset(account)),
        daemon=True,
    )
    theirs_asks.start()
    theirs.link.next()
    theirs.link.lose()
    theirs.diary.wait("on_disconnected")

    def lose():
        ours.link.next()
        ours.link.lose()

    threading.Thread(target=lose, daemon=True).start()
    with pytest.raises(NotConnected):
        ours("query_stock_asset", account)
    theirs_asks.join(LATE)
    assert theirs_asks.is_alive()


def test_17_an_account_number_that_is_no_text_yields_a_text(vendor):
    assert isinstance(vendor.module._XTTYPE_.StockAccount(123), str)
    with pytest.raises(InputError):
        StockAccount(123)


def test_18_an_empty_counter_raises_an_index_error(scripted, account):
    ours, theirs = scripted
    for side in scripted:
        side.link.answers["query_com_fund"] = lambda r: [Reply(r.seq, [])]

    assert ours("query_com_fund", account) == {}
    with pytest.raises(IndexError):
        theirs("query_com_fund", account)


def test_21_the_parameters_of_an_algorithm_are_written_to(scripted, account):
    left = []
    for side in scripted:
        given = copy.deepcopy(ALGORITHM)
        side("smart_algo_order_async", account, **given)
        left.append(set(given["algo_param"]) - set(ALGORITHM["algo_param"]))

    assert left == [set(), {"m_nValidTimeStart", "m_nValidTimeEnd"}]


def test_22_query_data_gives_a_dict_when_it_fails(scripted, account):
    ours, theirs = scripted
    for side in scripted:
        side.link.answers["export_data"] = lambda r: [Reply(r.seq, None, "no such account")]

    assert theirs("query_data", account, "deal.csv", "deal") == {
        "error": {"errorMsg": "no such account"}
    }
    with pytest.raises(QueryFailed):
        ours("query_data", account, "deal.csv", "deal")


def test_23_the_async_query_of_the_asset_returns_no_seq(scripted, account):
    for side in scripted:
        side.link.answers["query_stock_asset"] = [asset()]
    ours, theirs = scripted

    assert ours("query_stock_asset_async", account, print) > 0
    assert theirs("query_stock_asset_async", account, print) is None


@pytest.mark.parametrize("method", ["query_new_purchase_limit", "query_ipo_data"])
def test_23_async_dict_queries_hand_over_raw_rows(scripted, account, method):
    case = BY_METHOD[method]
    for side in scripted:
        side.link.answers[method] = case.replied
        arguments = [account] if case.account else []
        side(f"{method}_async", *arguments, lambda rows, s=side: s.diary.write("rows", rows))

    ours, theirs = (side.diary.wait("rows") for side in scripted)
    assert ours == case.got
    assert isinstance(theirs, list)


def test_a_response_has_account_type_2_whatever_the_account(scripted):
    for side in scripted:
        side.link.answers["order_stock"] = 41
        side("order_stock_async", StockAccount("1", "CREDIT"), *BUY)

    ours, theirs = (side.diary.wait("on_order_stock_async_response") for side in scripted)
    assert (ours.account_type, theirs.account_type) == (3, 2)


def test_without_a_callback_an_async_order_raises_after_it_was_noted(vendor, account):
    ours = XtQuantTrader.over(ScriptedLink(order_stock=41))
    ours.start()
    ours.connect()
    theirs = vendor.trader(ScriptedLink(order_stock=41), None)
    theirs.start()
    theirs.connect()

    assert ours.order_stock_async(account, *BUY) > 0
    with pytest.raises(AttributeError):
        theirs.order_stock_async(account, *BUY)
    assert theirs.queuing_order_seq == {1}
    ours.stop()
