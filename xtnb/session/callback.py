"""XtQuantTraderCallback: what a program may want to hear. 回调类

Every method does nothing; override those you want. A callback need not inherit
from this class: any object with some of these methods will do. All of them run
on the session's push thread, one at a time, in the order in which the terminal
made the news. An exception in one is logged with its traceback under
`xtnb.session` and changes nothing else.
"""

from __future__ import annotations

from xtnb.vocabulary.algorithms import XtOperateSmartTaskResponse, XtSmartAlgoOrderResponse
from xtnb.vocabulary.lending import XtSmtAppointmentResponse
from xtnb.vocabulary.records import (
    XtAccountStatus,
    XtAsset,
    XtCancelError,
    XtCancelOrderResponse,
    XtOrder,
    XtOrderError,
    XtOrderResponse,
    XtPosition,
    XtTrade,
)
from xtnb.vocabulary.transfers import XtBankTransferResponse


class XtQuantTraderCallback:
    """The callbacks of a session, each empty. 回调类

    Source: manual, 回调类; the methods that it lacks are the vendor's.
    """

    def on_connected(self) -> None:
        """Never called, as at the vendor: `connect` returns the news. 连接成功推送"""

    def on_disconnected(self) -> None:
        """The link is lost, once a connection; call `connect` again. 连接状态回调"""

    def on_account_status(self, status: XtAccountStatus) -> None:
        """The status of an account changed. 账号状态信息推送"""

    def on_stock_asset(self, asset: XtAsset) -> None:
        """The money of a subscribed account changed. 资金变动推送"""

    def on_stock_order(self, order: XtOrder) -> None:
        """An order of a subscribed account changed. 委托回报推送"""

    def on_stock_trade(self, trade: XtTrade) -> None:
        """An order of a subscribed account was filled, in part or in full. 成交变动推送"""

    def on_stock_position(self, position: XtPosition) -> None:
        """A position of a subscribed account changed. 持仓变动推送"""

    def on_order_error(self, order_error: XtOrderError) -> None:
        """An order was refused; never before its response. 下单失败推送"""

    def on_cancel_error(self, cancel_error: XtCancelError) -> None:
        """A cancel was refused; never before its response. 撤单失败推送"""

    def on_order_stock_async_response(self, response: XtOrderResponse) -> None:
        """Answer to `order_stock_async`, before any push of its order. 异步下单回报推送"""

    def on_cancel_order_stock_async_response(self, response: XtCancelOrderResponse) -> None:
        """Answer to an asynchronous cancel, by order id or by broker order id. 异步撤单回报推送"""

    def on_smt_appointment_async_response(self, response: XtSmtAppointmentResponse) -> None:
        """Answer to a request about borrowed securities. 约券相关异步接口的回报推送"""

    def on_bank_transfer_async_response(self, response: XtBankTransferResponse) -> None:
        """Answer to a transfer between bank and broker. 银证转账异步回报推送"""

    def on_ctp_internal_transfer_async_response(self, response: XtBankTransferResponse) -> None:
        """Answer to a transfer between CTP accounts. CTP内部转账异步回报推送"""

    def on_smart_algo_order_async_response(self, response: XtSmartAlgoOrderResponse) -> None:
        """Answer to an algorithmic order. 智能算法任务下单回报推送"""

    def on_operate_smart_task_async_response(self, response: XtOperateSmartTaskResponse) -> None:
        """Answer to a change of an algorithmic task. 智能算法任务操作回报推送"""
