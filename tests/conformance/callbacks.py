"""Every callback: what triggers it, and what it is given."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tests.conformance.case import Row
from tests.conformance.stage import CREDIT, FUTURE, OPTION, STOCK, Heard, Stage
from xtnb import xtconstant as c
from xtnb import xttype as t
from xtnb.link.base import Deliver
from xtnb.link.local import LocalLink
from xtnb.vocabulary.messages import Push, PushKind, Request
from xtnb.xttrader import XtQuantTrader, XtQuantTraderCallback

PUFA = "600000.SH"


class _CutLink:
    """A link to the paper terminal that can be cut, as when the terminal ends."""

    def __init__(self, link: LocalLink) -> None:
        self._link = link
        self.terminal = link.terminal
        self.paper = link.paper
        self._deliver: Deliver | None = None

    def open(self, session: int, deliver: Deliver) -> int:
        self._deliver = deliver
        return self._link.open(session, deliver)

    def send(self, request: Request) -> None:
        self._link.send(request)

    def close(self) -> None:
        self._link.close()

    def cut(self) -> None:
        assert self._deliver is not None
        self._deliver(Push("conformance", 1, 0, PushKind.DISCONNECTED, 0, "", None, 0, 0))


def _connected(stage: Stage) -> None:
    heard = Heard()
    trader = XtQuantTrader.over(stage.host.link("conformance"), 2, heard)
    trader.start()
    try:
        assert trader.connect() == 0
        assert trader.subscribe(STOCK) == 0
        assert not heard.entries, "connect() returns the news"
    finally:
        trader.stop()


def _disconnected(stage: Stage) -> None:
    link, heard = _CutLink(stage.host.link("conformance")), Heard()
    trader = XtQuantTrader.over(link, 2, heard)
    trader.start()
    try:
        assert trader.connect() == 0
        link.cut()
        heard.until("on_disconnected")
        assert not trader.connected
    finally:
        trader.stop()


def _status(stage: Stage) -> None:
    stage.next_day()
    status = stage.heard.until("on_account_status")
    assert type(status) is t.XtAccountStatus
    assert status.status == c.ACCOUNT_STATUS_OK


def _fill(name: str, record: type) -> Callable[[Stage], None]:
    def run(stage: Stage) -> None:
        number = stage.deal(STOCK, c.STOCK_BUY, PUFA, 200, True)
        trade = stage.heard.until("on_stock_trade", lambda one: one.order_id == number)
        asset = stage.trader.query_stock_asset(STOCK)
        stage.heard.until("on_stock_asset", lambda one: one.cash == asset.cash)
        pushed = [entry for entry, _ in stage.heard.entries if entry.startswith("on_stock")]
        start = pushed.index("on_stock_trade")
        assert pushed[start : start + 4] == [
            "on_stock_trade",
            "on_stock_order",
            "on_stock_position",
            "on_stock_asset",
        ]
        assert trade.traded_volume == 200
        last = stage.heard.of(name)[-1]
        assert type(last) is record
        assert last.account_id == STOCK.account_id

    return run


def _order_error(stage: Stage) -> None:
    number = stage.send(STOCK, c.CREDIT_FIN_BUY, PUFA, 100, stage.last(PUFA))
    error = stage.heard.until("on_order_error")
    assert type(error) is t.XtOrderError
    assert (error.order_id, error.strategy_name, error.order_remark) == (number, "plan", "note")
    assert error.error_id > 0


def _cancel_error(stage: Stage) -> None:
    number = stage.deal(STOCK, c.STOCK_BUY, PUFA, 200, True)
    assert stage.trader.cancel_order_stock(STOCK, number) == -1
    error = stage.heard.until("on_cancel_error")
    assert type(error) is t.XtCancelError
    assert error.order_id == number
    assert error.error_msg


def _order_response(stage: Stage) -> None:
    seq = stage.trader.order_stock_async(
        STOCK, PUFA, c.STOCK_BUY, 200, c.FIX_PRICE, stage.last(PUFA), "plan", "note"
    )
    answer = stage.heard.until("on_order_stock_async_response")
    assert type(answer) is t.XtOrderResponse
    assert (answer.seq, answer.account_id) == (seq, STOCK.account_id)
    stage.ended(answer.order_id, c.ORDER_REPORTED)
    names = [name for name, _ in stage.heard.entries]
    assert names.index("on_order_stock_async_response") < names.index("on_stock_order")


def _cancel_response(stage: Stage) -> None:
    number = stage.send(STOCK, c.STOCK_BUY, PUFA, 200, stage.last(PUFA))
    seq = stage.trader.cancel_order_stock_async(STOCK, number)
    answer = stage.heard.until("on_cancel_order_stock_async_response")
    assert type(answer) is t.XtCancelOrderResponse
    assert (answer.seq, answer.order_id, answer.cancel_result) == (seq, number, 0)
    stage.ended(number, c.ORDER_CANCELED)


def _bank(stage: Stage) -> None:
    (bank, *_) = stage.trader.query_bank_info(STOCK) or []
    seq = stage.trader.bank_transfer_in_async(STOCK, bank.bank_no, bank.bank_account, 100.0)
    answer = stage.heard.until("on_bank_transfer_async_response")
    assert type(answer) is t.XtBankTransferResponse
    assert (answer.seq, answer.success) == (seq, True)


def _ctp(stage: Stage) -> None:
    seq = stage.trader.ctp_transfer_option_to_future_async(
        OPTION.account_id, FUTURE.account_id, 100.0
    )
    answer = stage.heard.until("on_ctp_internal_transfer_async_response")
    assert type(answer) is t.XtBankTransferResponse
    assert (answer.seq, answer.success) == (seq, True)


def _appointment(stage: Stage) -> None:
    offer = (stage.trader.smt_query_quoter(CREDIT) or [])[0]
    seq = stage.trader.smt_negotiate_order_async(
        CREDIT, offer["srcGroupId"], offer["code"], offer["date"], 1_000, offer["usedRate"]
    )
    answer = stage.heard.until("on_smt_appointment_async_response")
    assert type(answer) is t.XtSmtAppointmentResponse
    assert (answer.seq, answer.success) == (seq, True)
    assert answer.apply_id not in ("", "-1")


def _task(stage: Stage) -> Any:
    seq = stage.trader.smart_algo_order_async(
        STOCK, "000001.SZ", c.STOCK_BUY, 1_000, 12, 0.0, "plan", "note", "TWAP",
        "10:30:00", "10:40:00", {},
    )  # fmt: skip
    answer = stage.heard.until("on_smart_algo_order_async_response")
    assert type(answer) is t.XtSmartAlgoOrderResponse
    assert answer.seq == seq
    assert answer.task_id > 0
    return answer


def _algorithm(stage: Stage) -> None:
    assert _task(stage).strategy_name == "plan"


def _operated(stage: Stage) -> None:
    number = _task(stage).task_id
    seq = stage.trader.cancel_smart_algo_task_async(STOCK, number)
    answer = stage.heard.until("on_operate_smart_task_async_response")
    assert type(answer) is t.XtOperateSmartTaskResponse
    assert (answer.seq, answer.success, answer.task_id) == (seq, True, number)


CALLBACKS: dict[str, tuple[str, Callable[[Stage], None]]] = {
    "on_connected": ("is never called, as at the vendor", _connected),
    "on_disconnected": ("when the link is lost", _disconnected),
    "on_account_status": ("when a day begins", _status),
    "on_stock_asset": ("last of a fill", _fill("on_stock_asset", t.XtAsset)),
    "on_stock_order": ("second of a fill", _fill("on_stock_order", t.XtOrder)),
    "on_stock_trade": ("first of a fill", _fill("on_stock_trade", t.XtTrade)),
    "on_stock_position": ("third of a fill", _fill("on_stock_position", t.XtPosition)),
    "on_order_error": ("for a refused order", _order_error),
    "on_cancel_error": ("for a refused cancel", _cancel_error),
    "on_order_stock_async_response": ("before the order's pushes", _order_response),
    "on_cancel_order_stock_async_response": ("for a cancel", _cancel_response),
    "on_smt_appointment_async_response": ("for an application", _appointment),
    "on_bank_transfer_async_response": ("for a bank transfer", _bank),
    "on_ctp_internal_transfer_async_response": ("for a transfer between counters", _ctp),
    "on_smart_algo_order_async_response": ("for an algorithmic order", _algorithm),
    "on_operate_smart_task_async_response": ("for the end of a task", _operated),
}


def _names_are_all() -> None:
    known = {name for name in dir(XtQuantTraderCallback) if name.startswith("on_")}
    assert known == set(CALLBACKS)


def rows() -> Iterator[Row]:
    """Each callback, and that there are no others."""

    def case(play: Callable[[Stage], None]) -> Callable[[], None]:
        def run() -> None:
            with Stage() as stage:
                play(stage)

        return run

    for name, (when, play) in CALLBACKS.items():
        yield "XtQuantTraderCallback", f"{name} {when}", case(play)
    yield "XtQuantTraderCallback", "the callbacks are these and no others", _names_are_all
