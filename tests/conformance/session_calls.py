"""The calls that concern the session itself: its life, its waiting, requests by hand."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

from tests.conformance.case import Row
from tests.conformance.stage import STOCK, Heard, Stage
from tests.session.scripted import SECONDS
from xtnb import xtconstant as c
from xtnb.errors import InputError, NotConnected, RequestTimeout, WouldDeadlock
from xtnb.vocabulary.messages import Request
from xtnb.xttrader import XtQuantTrader, XtQuantTraderCallback

PUFA = "600000.SH"
Play = Callable[[Stage], None]


def raised(kind: type[BaseException], call: Callable[[], Any]) -> BaseException:
    """The error that a call raises."""
    try:
        call()
    except kind as wrong:
        return wrong
    raise AssertionError(f"no {kind.__name__}")


def _new(stage: Stage, number: int, callback: object | None = None) -> XtQuantTrader:
    return XtQuantTrader.over(stage.host.link("conformance"), number, callback)


def _life(stage: Stage) -> None:
    trader = _new(stage, 2)
    assert trader.connect() != 0, "start() comes first"
    trader.start()
    trader.start()
    assert trader.connect() == 0
    assert trader.connected
    assert _new_number_is_taken(stage)
    trader.stop()
    trader.stop()
    assert not trader.connected
    raised(NotConnected, lambda: trader.query_stock_asset(STOCK))


def _new_number_is_taken(stage: Stage) -> bool:
    other = _new(stage, 2)
    other.start()
    try:
        return other.connect() != 0
    finally:
        other.stop()


def _registered(stage: Stage) -> None:
    """A callback may come after connect(), and another may take its place."""
    first, second = Heard(), Heard()
    trader = _new(stage, 2)
    trader.start()
    assert trader.connect() == 0
    assert trader.subscribe(STOCK) == 0
    trader.register_callback(first)
    number = stage.send(STOCK, c.STOCK_BUY, PUFA, 200, stage.last(PUFA))
    first.until("on_stock_order", lambda order: order.order_id == number)
    trader.register_callback(second)
    stage.trader.cancel_order_stock(STOCK, number)
    second.until("on_stock_order", lambda order: order.order_status == c.ORDER_CANCELED)
    assert not [one for one in first.of("on_stock_order") if one.order_status == c.ORDER_CANCELED]
    trader.stop()


def _run_forever(stage: Stage) -> None:
    trader = _new(stage, 2)
    trader.start()
    assert trader.connect() == 0
    ended = threading.Event()

    def wait() -> None:
        trader.run_forever()
        ended.set()

    threading.Thread(target=wait, daemon=True).start()
    assert not ended.wait(0.05)
    assert trader.query_stock_asset(STOCK) is not None, "the others go on"
    trader.stop()
    assert ended.wait(SECONDS), "stop() ends it"


def _sleep(stage: Stage) -> None:
    number = stage.send(STOCK, c.STOCK_BUY, PUFA, 200, stage.last(PUFA))
    stage.trader.sleep(0.01)
    stage.ended(number, c.ORDER_REPORTED)


def _timeout(stage: Stage) -> None:
    for wrong in (-1, "1", float("nan"), True):
        raised(InputError, lambda value=wrong: stage.trader.set_timeout(value))
    held, go = threading.Event(), threading.Event()

    def hold() -> None:
        held.set()
        go.wait(SECONDS)

    holder = threading.Thread(target=lambda: stage.host.call(hold))
    holder.start()
    assert held.wait(SECONDS)
    stage.trader.set_timeout(0.05)
    raised(RequestTimeout, lambda: stage.trader.query_stock_asset(STOCK))
    go.set()
    holder.join()
    stage.trader.set_timeout(0)
    assert stage.trader.query_stock_asset(STOCK) is not None


class _Asks(XtQuantTraderCallback):
    """Asks the terminal inside a push."""

    def __init__(self) -> None:
        self.trader: Any = None
        self.came: Future[Any] = Future()

    def on_stock_order(self, order: Any) -> None:
        if not self.came.done():
            try:
                self.came.set_result(self.trader.query_stock_asset(STOCK))
            except WouldDeadlock as refused:
                self.came.set_exception(refused)


def _relaxed(stage: Stage) -> None:
    for number, relaxed in ((2, False), (3, True)):
        asks = _Asks()
        trader = asks.trader = _new(stage, number, asks)
        trader.set_relaxed_response_order_enabled(relaxed)
        trader.start()
        assert trader.connect() == 0
        assert trader.subscribe(STOCK) == 0
        stage.send(STOCK, c.STOCK_BUY, PUFA, 200, stage.last(PUFA))
        if relaxed:
            assert asks.came.result(SECONDS).account_id == STOCK.account_id
        else:
            raised(WouldDeadlock, lambda one=asks: one.came.result(SECONDS))
        trader.stop()


def _by_hand(stage: Stage) -> None:
    trader = stage.trader
    seq = trader.next_seq()
    request = Request(seq, "query_stock_asset", STOCK.account_type, STOCK.account_id, {})
    rows = trader.common_op_sync_with_seq(seq, (trader.send_request, request))
    assert rows == [trader.query_stock_asset(STOCK)]
    raised(InputError, lambda: trader.common_op_sync_with_seq(trader.next_seq(), print))
    seq = trader.next_seq()
    failing = Request(seq, "query_stock_asset", STOCK.account_type, "1", {})
    assert trader.common_op_sync_with_seq(seq, (trader.send_request, failing)) is None


def _by_hand_later(stage: Stage) -> None:
    trader, heard = stage.trader, Future[Any]()
    seq = trader.next_seq()
    request = Request(seq, "query_stock_asset", STOCK.account_type, STOCK.account_id, {})
    given = trader.common_op_async_with_seq(seq, (trader.send_request, request), heard.set_result)
    assert given == seq
    assert heard.result(SECONDS) == [trader.query_stock_asset(STOCK)]
    raised(
        InputError,
        lambda: trader.common_op_async_with_seq(
            trader.next_seq(), (trader.send_request, request), "no function"
        ),
    )


def _named(stage: Stage) -> None:
    """Both names of the constructor's second parameter, and none."""
    for more in ({"session_id": 7}, {"session": 7}):
        trader = XtQuantTrader("conformance", **more)
        assert not trader.connected
        trader.stop()
    raised(InputError, lambda: XtQuantTrader("conformance", 7, session=8))


def rows() -> Iterator[Row]:
    """Each call."""

    def case(play: Play) -> Callable[[], None]:
        def run() -> None:
            with Stage() as stage:
                play(stage)

        return run

    table: tuple[tuple[str, str, Play], ...] = (
        ("创建API实例", "XtQuantTrader with session_id or session", _named),
        ("创建连接", "start, connect, stop: each twice, and out of turn", _life),
        ("注册回调类", "register_callback at any time, one in place of another", _registered),
        ("阻塞当前线程进入等待状态", "run_forever until stop()", _run_forever),
        ("开启主动请求接口的专用线程", "set_relaxed_response_order_enabled", _relaxed),
        ("-", "sleep", _sleep),
        ("-", "set_timeout", _timeout),
        ("-", "common_op_sync_with_seq", _by_hand),
        ("-", "common_op_async_with_seq", _by_hand_later),
    )
    for section, what, play in table:
        yield section, what, case(play)
