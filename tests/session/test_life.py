"""Start, connect, stop, lost links and time limits."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.session.scripted import SECONDS, ScriptedLink, asset, order_error
from xtnb.errors import InputError, NotConnected, RequestTimeout, TerminalUnavailable
from xtnb.link.base import ConnectResult
from xtnb.vocabulary.messages import PushKind
from xtnb.xttrader import XtQuantTrader

BUY = ("600000.SH", 23, 200, 11, 10.5)
REQUESTS = {
    "subscribe": (),
    "unsubscribe": (),
    "order_stock": BUY,
    "order_stock_async": BUY,
    "cancel_order_stock": (1,),
    "cancel_order_stock_async": (1,),
    "cancel_order_stock_sysid": (0, "S1"),
    "cancel_order_stock_sysid_async": (0, "S1"),
    "query_stock_asset": (),
    "query_stock_order": (1,),
    "query_stock_orders": (),
    "query_stock_trades": (),
    "query_stock_position": ("600000.SH",),
    "query_stock_positions": (),
    "query_stock_positions_async": (print,),
}


def in_background(function, *arguments):
    pool = ThreadPoolExecutor(1)
    future = pool.submit(function, *arguments)
    pool.shutdown(wait=False)
    return future


def session_threads():
    return {thread.name for thread in threading.enumerate() if "xtnb-session" in thread.name}


def test_nothing_is_opened_before_connect(link):
    trader = XtQuantTrader.over(link, 7)
    trader.start()

    assert link.opened == 0
    assert not trader.connected
    trader.stop()


def test_connect_before_start_says_so(link):
    assert XtQuantTrader.over(link, 7).connect() == ConnectResult.NOT_STARTED
    assert link.opened == 0


def test_connect_hands_the_link_s_refusal_on(link):
    link.result = ConnectResult.SESSION_IN_USE
    trader = XtQuantTrader.over(link, 7)
    trader.start()

    assert trader.connect() == ConnectResult.SESSION_IN_USE
    assert not trader.connected
    trader.stop()


def test_a_second_connect_and_a_second_start_change_nothing(trader, link):
    trader.start()

    assert trader.connect() == 0
    assert link.opened == 1


@pytest.mark.parametrize("method", REQUESTS)
def test_no_request_is_sent_before_connect(link, account, method):
    trader = XtQuantTrader.over(link, 7)
    trader.start()

    with pytest.raises(NotConnected):
        getattr(trader, method)(account, *REQUESTS[method])
    assert link.sent == []
    trader.stop()


@pytest.mark.parametrize("method", REQUESTS)
def test_defect_01_no_request_is_sent_after_stop(trader, link, account, method):
    trader.stop()

    with pytest.raises(NotConnected):
        getattr(trader, method)(account, *REQUESTS[method])
    assert link.sent == []


def test_defect_01_a_call_without_an_answer_ends_at_its_limit(trader, link, account):
    trader.set_timeout(0.05)

    with pytest.raises(RequestTimeout) as late:
        trader.order_stock(account, *BUY)

    assert late.value.method == "order_stock"
    assert isinstance(late.value, TimeoutError)


def test_an_answer_after_the_limit_is_logged_and_dropped(trader, link, account, caplog):
    trader.set_timeout(0.05)
    with pytest.raises(RequestTimeout):
        trader.query_stock_asset(account)

    link.answer(link.next(), [asset()])
    link.quiet()

    assert "given up" in caplog.text


def test_an_error_held_for_a_call_that_was_given_up_still_comes(trader, link, diary, account):
    trader.set_timeout(0.2)
    call = in_background(trader.order_stock, account, *BUY)
    request = link.next()
    link.say(link.push(PushKind.ORDER_ERROR, order_error(41, request.seq), request.seq))

    with pytest.raises(RequestTimeout):
        call.result(SECONDS)
    diary.wait("on_order_error")


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf"), "5", None, True])
def test_a_time_limit_is_a_number_of_seconds(trader, seconds):
    with pytest.raises(InputError):
        trader.set_timeout(seconds)


def test_a_time_limit_of_0_is_the_default_of_10_seconds(trader):
    trader.set_timeout(3)
    trader.set_timeout(0)

    assert trader.requests.seconds == 10


def test_defect_01_a_lost_link_fails_everything_that_waits(trader, link, diary, account):
    calls = [in_background(trader.query_stock_asset, account) for _ in range(3)]
    requests = [link.next() for _ in calls]
    trader.query_stock_orders_async(account, lambda found: diary.write("answer", found))
    assert len(requests) == 3

    link.lose()

    for call in calls:
        with pytest.raises(NotConnected):
            call.result(SECONDS)
    assert diary.wait("answer") is None


def test_an_answer_that_came_before_the_link_was_lost_is_not_lost(trader, link, diary, account):
    go_on = threading.Event()
    diary.actions["on_stock_asset"] = lambda record: go_on.wait(SECONDS)
    link.say(link.push(PushKind.ASSET, asset()))
    call = in_background(trader.query_stock_asset, account)
    link.answer(link.next(), [asset(2.0)])
    link.quiet()

    link.lose()
    go_on.set()

    assert call.result(SECONDS) == asset(2.0)


def test_defect_16_a_lost_link_is_told_once_and_ends_connected(trader, link, diary, account):
    link.lose()

    diary.wait("on_disconnected")
    assert not trader.connected
    with pytest.raises(NotConnected):
        trader.query_stock_asset(account)
    trader.stop()
    assert diary.names() == ["on_disconnected"]


def test_a_session_may_connect_again_inside_on_disconnected(trader, link, diary, account):
    diary.actions["on_disconnected"] = lambda _: diary.write("again", trader.connect())
    link.answers["query_stock_asset"] = [asset()]

    link.lose()

    assert diary.wait("again") == 0
    assert trader.query_stock_asset(account) == asset()


def test_stop_is_not_a_lost_link(trader, diary):
    trader.stop()

    assert diary.names() == []
    assert not trader.connected


def test_stop_hands_over_what_has_arrived(trader, link, diary):
    go_on = threading.Event()
    diary.actions["on_stock_asset"] = lambda record: go_on.wait(SECONDS)
    link.say(*[link.push(PushKind.ASSET, asset()) for _ in range(5)])
    link.quiet()

    stopping = in_background(trader.stop)
    go_on.set()
    stopping.result(SECONDS)

    assert diary.names() == ["on_stock_asset"] * 5


def test_defect_15_stop_works_twice_before_start_and_inside_a_callback(trader, link, diary):
    XtQuantTrader.over(ScriptedLink(), 8).stop()
    diary.actions["on_stock_asset"] = lambda _: (trader.stop(), diary.write("stopped"))

    link.say(link.push(PushKind.ASSET, asset()))
    diary.wait("stopped")
    trader.stop()

    assert link.closed == 1
    assert not trader.connected


def test_stop_leaves_no_thread_behind(link, account):
    before = session_threads()
    trader = XtQuantTrader.over(link, 12345)
    trader.start()
    trader.connect()
    assert session_threads() - before == {"xtnb-session-12345-push", "xtnb-session-12345-answer"}

    trader.stop()

    assert session_threads() == before


def test_a_stopped_session_may_start_again(trader, link, account):
    trader.stop()
    trader.start()
    link.answers["query_stock_asset"] = [asset()]

    assert trader.connect() == 0
    assert trader.query_stock_asset(account) == asset()


def test_stop_ends_a_call_that_waits(trader, link, account):
    call = in_background(trader.query_stock_asset, account)
    link.next()

    trader.stop()

    with pytest.raises(NotConnected):
        call.result(SECONDS)


def test_defect_09_run_forever_ends_with_stop(trader):
    waiting = in_background(trader.run_forever)

    assert not waiting.done()
    trader.stop()
    waiting.result(SECONDS)


def test_run_forever_ends_when_a_callback_stops_the_session(trader, link, diary):
    diary.actions["on_stock_asset"] = lambda _: trader.stop()
    link.say(link.push(PushKind.ASSET, asset()))

    in_background(trader.run_forever).result(SECONDS)


def test_run_forever_ends_with_ctrl_c():
    program = """
import _thread, threading
from tests.session.scripted import ScriptedLink
from xtnb.xttrader import XtQuantTrader
trader = XtQuantTrader.over(ScriptedLink(), 1)
trader.start()
threading.Timer(0.3, _thread.interrupt_main).start()
try:
    trader.run_forever()
except KeyboardInterrupt:
    print("interrupted")
"""
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=root,
        capture_output=True,
        encoding="utf-8",
        timeout=30,
        check=False,
    )

    assert done.stdout.strip() == "interrupted", done.stderr


def test_defect_10_sleep_returns(trader):
    began = time.monotonic()

    trader.sleep(0.05)

    assert 0.04 < time.monotonic() - began < SECONDS


def test_defect_11_a_session_leaves_the_event_loop_alone(link):
    async def session():
        running = asyncio.get_running_loop()
        trader = XtQuantTrader.over(link, 7)
        trader.start()
        trader.connect()
        trader.stop()
        return asyncio.get_running_loop() is running

    assert asyncio.run(session())
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()


def test_defect_24_nothing_reaches_for_the_network_at_import_or_construction():
    program = """
import sys
asked = []
sys.addaudithook(lambda name, _: name.startswith("socket.") and asked.append(name))
import xtnb.xttrader, xtnb.xttype, xtnb.xtconstant, xtnb.alias
trader = xtnb.xttrader.XtQuantTrader("userdata_mini", 1)
trader.start()
trader.stop()
print(asked)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        encoding="utf-8",
        timeout=30,
        check=False,
    )

    assert done.stdout.strip() == "[]", done.stderr


def test_a_reason_why_it_cannot_connect_is_logged_once_until_it_changes(caplog):
    class Away(ScriptedLink):
        reason = "nobody is there"

        def open(self, session, deliver):
            raise TerminalUnavailable(self.reason)

    link = Away()
    trader = XtQuantTrader.over(link, 1)
    trader.start()
    results = [trader.connect() for _ in range(3)]
    link.reason = "the key is not let in"
    results.append(trader.connect())
    trader.stop()

    assert results == [ConnectResult.UNREACHABLE] * 4
    told = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert told == ["cannot connect: nobody is there", "cannot connect: the key is not let in"]
