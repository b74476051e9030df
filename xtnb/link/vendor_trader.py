"""The vendor's XtQuantTrader as a link uses it, with its defects worked around.

`new_trader` makes a subclass of the vendor's class for a `Desk`, which numbers what
is asked and hears what is answered. Numbers in comments are those of the list in
vendor.py. Nothing here knows of threads: the vendor calls `Desk` on its own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Protocol

from xtnb.link.vendor_package import Package
from xtnb.vocabulary.messages import PushKind

_log = logging.getLogger("xtnb.link")


class Desk(Protocol):
    """Who asks through the vendor's trader, and hears its answers."""

    def numbered(self, seq: int) -> None:
        """The request that this thread makes got that number."""
        ...

    def wait(self, asked: Callable[[Callable[[Any], None]], None]) -> Any:
        """Ask, handing over who hears the answer, and return the answer."""
        ...

    def answered(self, response: Any) -> None:
        """An asynchronous request was answered; `response.seq` is its number."""
        ...

    def heard(self, kind: str, record: Any) -> None:
        """News of the terminal: a `PushKind` and the vendor's record."""
        ...

    def lost(self) -> None:
        """The terminal has gone."""
        ...


class _Numbering:
    """The compiled client, telling each number that it gives before a request is sent.

    So an answer finds its request also when it overtakes the call that returns its
    number (defect 20).
    """

    def __init__(self, client: Any, numbered: Callable[[int], None]) -> None:
        self._client = client
        self._numbered = numbered

    def nextSeq(self) -> int:  # noqa: N802 — the vendor's name
        seq = int(self._client.nextSeq())
        self._numbered(seq)
        return seq

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


class _Callback:
    """What the vendor's trader calls, on its own thread. Its exceptions would vanish
    there (defect 3), so each is logged."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def on_connected(self) -> None:
        """Never called by the vendor's package."""

    def on_disconnected(self) -> None:
        _logged(self._desk.lost)

    def on_account_status(self, status: Any) -> None:
        _logged(self._desk.heard, PushKind.ACCOUNT_STATUS, status)

    def on_stock_asset(self, asset: Any) -> None:
        _logged(self._desk.heard, PushKind.ASSET, asset)

    def on_stock_order(self, order: Any) -> None:
        _logged(self._desk.heard, PushKind.ORDER, order)

    def on_stock_trade(self, trade: Any) -> None:
        _logged(self._desk.heard, PushKind.TRADE, trade)

    def on_stock_position(self, position: Any) -> None:
        _logged(self._desk.heard, PushKind.POSITION, position)

    def on_order_error(self, error: Any) -> None:
        _logged(self._desk.heard, PushKind.ORDER_ERROR, error)

    def on_cancel_error(self, error: Any) -> None:
        _logged(self._desk.heard, PushKind.CANCEL_ERROR, error)

    def _answered(self, response: Any) -> None:
        _logged(self._desk.answered, response)

    on_order_stock_async_response = _answered
    on_cancel_order_stock_async_response = _answered
    on_smt_appointment_async_response = _answered
    on_bank_transfer_async_response = _answered
    on_ctp_internal_transfer_async_response = _answered
    on_smart_algo_order_async_response = _answered
    on_operate_smart_task_async_response = _answered


def _logged(function: Callable[..., None], *arguments: Any) -> None:
    try:
        function(*arguments)
    except Exception:
        _log.exception("the link to MiniQMT met a fault and goes on")


def new_trader(package: Package, path: str, session: int, desk: Desk) -> Any:
    """A trader of the vendor's for one session, neither started nor connected.

    Call it on a thread that ends with the trader: the vendor's constructor makes a new
    event loop and installs it as the thread's (defect 11).
    """
    module = package.trader
    client_module = module._XTQC_

    class Trader(module.XtQuantTrader):  # type: ignore[misc, name-defined]
        def __del__(self) -> None:
            """The vendor's installs an event loop in whichever thread this runs (11)."""

        def common_op_sync_with_seq(self, seq: int, callable: tuple[Any, ...]) -> Any:
            """Ask and wait. The vendor's waits without a limit, also after the link was
            lost, and returns when later pushes were told already (defects 1, 2)."""
            function, *arguments = callable

            def ask(hears: Callable[[Any], None]) -> None:
                self.cbs[seq] = hears
                function(*arguments)

            return desk.wait(ask)

        def forget_answered(self) -> None:
            """Empty the sets that the vendor only ever fills (8). Nothing reads them here,
            because errors do not go through its queues; see `_bind`."""
            for name in _ONLY_FILLED:
                getattr(self, name, set()).clear()

        # -- requests that the vendor's layer cannot make: 13 raises NameError, 14 writes
        #    names of fields that its compiled classes spell otherwise

        def smt_appointment_cancel_async(self, account: Any, apply_id: str) -> int:
            fields = {"m_strApplyID": apply_id}
            return self._smt("smtAppointmentCancel", "SmtAppointmentCancelReq", account, fields)

        def smt_compact_renewal_async(
            self,
            account: Any,
            cash_compact_id: str,
            order_code: str,
            defer_days: int,
            defer_num: int,
            apply_rate: float,
        ) -> int:
            fields = {
                "m_strCompactID": cash_compact_id,
                "m_strOrderCode": order_code,
                "m_nDeferDays": defer_days,
                "m_nDeferNum": defer_num,
                "m_dApplyRate": apply_rate,
            }
            return self._smt("smtCompactRenewal", "SmtCompactRenewalReq", account, fields)

        def smt_compact_return_async(
            self,
            account: Any,
            src_group_id: str,
            cash_compact_id: str,
            order_code: str,
            occur_amount: int,
        ) -> int:
            fields = {
                "m_strSrcGroupID": src_group_id,
                "m_strCompactID": cash_compact_id,
                "m_strOrderCode": order_code,
                "m_nOccurAmount": occur_amount,
            }
            return self._smt("smtCompactReturn", "SmtCompactReturnReq", account, fields)

        def _smt(self, name: str, request: str, account: Any, fields: dict[str, Any]) -> int:
            made = getattr(client_module, request)()
            made.m_nAccountType = account.account_type
            made.m_strAccountID = account.account_id
            for field, value in fields.items():
                _set(made, field, value)
            seq = int(self.async_client.nextSeq())
            self.cbs[seq] = self.callback.on_smt_appointment_async_response
            getattr(self.async_client, f"{name}WithSeq")(seq, made)
            return seq

    made = Trader(path, session, _Callback(desk))
    made.async_client = _Numbering(made.async_client, desk.numbered)
    _bind(made)
    return made


_ONLY_FILLED = (
    "handled_async_order_stock_order_id",
    "handled_async_cancel_order_stock_order_id",
    "handled_async_cancel_order_stock_order_sys_id",
)


def _set(request: Any, field: str, value: Any) -> None:
    """Set a field of a compiled request, as its own class spells it or as the vendor's layer."""
    try:
        setattr(request, field, value)
    except AttributeError:
        setattr(request, f"{field.removesuffix('ID')}Id", value)


def _bind(trader: Any) -> None:
    """Bind three of the compiled client's answers anew; of two bindings the later holds.

    Errors go to the callback as they come: the vendor's queues lose them when a callback
    fails (4), tell some twice (5, 6) and others never (7). The answer to a query of
    positions at the ordinary counter is bound at all (12).
    """
    client = trader.async_client

    def hear(name: str) -> Callable[[Any], None]:
        told = getattr(trader.callback, name)

        def on_error(error: Any) -> None:
            trader.executor.submit(told, error)

        return on_error

    def on_answer(seq: int, found: Any) -> None:
        hears = trader.cbs.pop(seq, None)
        if hears:
            trader.resp_executor.submit(hears, found)

    client.bindOnOrderErrorCallback(hear("on_order_error"))
    client.bindOnCancelErrorCallback(hear("on_cancel_error"))
    client.bindOnQueryComPositionRespCallback(on_answer)
