"""The queries of the API for stock accounts, each in its two forms. 股票查询接口

The plain form waits and returns what it asked for; `None` says that the query
failed, and the log under `xtnb.session` says why. A list with nothing in it is
`[]`. The `_async` form returns the number of the request at once and hands the
same result to its callback later: on the push thread, or on the answer thread
in relaxed mode.

All of them raise InputError for an argument that no terminal could take, and
NotConnected before `connect()` and once the link is lost. The plain ones raise
RequestTimeout, and WouldDeadlock inside a push callback unless
`set_relaxed_response_order_enabled(True)` was called.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xtnb.session.asking import Asking
from xtnb.session.calls import checked_account, checked_code, whole
from xtnb.vocabulary.records import (
    StockAccount,
    XtAccountInfo,
    XtAccountStatus,
    XtAsset,
    XtOrder,
    XtPosition,
    XtTrade,
)


class StockQueries(Asking):
    """What an account holds, has ordered and has traded."""

    def query_stock_asset(self, account: StockAccount) -> XtAsset | None:
        """Ask for the money of an account. 资产查询

        Source: manual, 资产查询.
        """
        return self._one(XtAsset, "query_stock_asset", checked_account(account))

    def query_stock_asset_async(
        self, account: StockAccount, callback: Callable[[XtAsset | None], Any]
    ) -> int:
        """Ask for the money of an account; `callback` hears of it. 资产查询

        Returns:
            The seq of the request. The vendor's form returns None here.
        """
        return self._send("query_stock_asset", checked_account(account), callback)

    def query_stock_order(self, account: StockAccount, order_id: int) -> XtOrder | None:
        """Ask for one order; `None` also when there is no such order. 委托查询

        Source: manual, 快速入门; its API section lacks the method.
        """
        return self._one(
            XtOrder,
            "query_stock_order",
            checked_account(account),
            order_id=whole("order_id", order_id),
        )

    def query_stock_order_async(
        self, account: StockAccount, order_id: int, callback: Callable[[XtOrder | None], Any]
    ) -> int:
        """Ask for one order; `callback` hears of it. Returns the seq. Ours. 委托查询"""
        number = whole("order_id", order_id)
        return self._send("query_stock_order", checked_account(account), callback, order_id=number)

    def query_stock_orders(
        self, account: StockAccount, cancelable_only: bool = False
    ) -> list[XtOrder] | None:
        """Ask for the orders of the day, oldest first. 委托查询

        Args:
            account: whose orders.
            cancelable_only: True leaves out what cannot be cancelled any more.

        Source: manual, 委托查询. `[]` where it says None for no orders is ours.
        """
        return self._many(
            XtOrder,
            "query_stock_orders",
            checked_account(account),
            cancelable_only=bool(cancelable_only),
        )

    def query_orders(
        self, account: StockAccount, cancelable_only: bool = False
    ) -> list[XtOrder] | None:
        """The same as `query_stock_orders`, as the manual calls it once. 委托查询

        Source: manual, 开启主动请求接口的专用线程; neither it nor the vendor has such a method.
        """
        return self.query_stock_orders(account, cancelable_only)

    def query_stock_orders_async(
        self,
        account: StockAccount,
        callback: Callable[[list[XtOrder] | None], Any],
        cancelable_only: bool = False,
    ) -> int:
        """Ask for the orders of the day; `callback` hears of them. Returns the seq. 委托查询"""
        only = bool(cancelable_only)
        return self._send(
            "query_stock_orders", checked_account(account), callback, cancelable_only=only
        )

    def query_stock_trades(self, account: StockAccount) -> list[XtTrade] | None:
        """Ask for the fills of the day, oldest first. 成交查询

        Source: manual, 成交查询. `[]` where it says None for no fills is ours.
        """
        return self._many(XtTrade, "query_stock_trades", checked_account(account))

    def query_stock_trades_async(
        self, account: StockAccount, callback: Callable[[list[XtTrade] | None], Any]
    ) -> int:
        """Ask for the fills of the day; `callback` hears of them. Returns the seq. 成交查询"""
        return self._send("query_stock_trades", checked_account(account), callback)

    def query_stock_position(self, account: StockAccount, stock_code: str) -> XtPosition | None:
        """Ask for the position in one code; `None` also when there is none. 持仓查询

        Source: manual, 快速入门; its API section lacks the method.
        """
        return self._one(
            XtPosition,
            "query_stock_position",
            checked_account(account),
            stock_code=checked_code(stock_code),
        )

    def query_stock_position_async(
        self, account: StockAccount, stock_code: str, callback: Callable[[XtPosition | None], Any]
    ) -> int:
        """Ask for the position in one code; `callback` hears of it. Returns the seq. Ours."""
        code = checked_code(stock_code)
        return self._send(
            "query_stock_position", checked_account(account), callback, stock_code=code
        )

    def query_stock_positions(self, account: StockAccount) -> list[XtPosition] | None:
        """Ask for all positions. 持仓查询

        Source: manual, 持仓查询. `[]` where it says None for no positions is ours.
        """
        return self._many(XtPosition, "query_stock_positions", checked_account(account))

    def query_stock_positions_async(
        self, account: StockAccount, callback: Callable[[list[XtPosition] | None], Any]
    ) -> int:
        """Ask for all positions; `callback` hears of them. Returns the seq. 持仓查询"""
        return self._send("query_stock_positions", checked_account(account), callback)

    def query_account_infos(self) -> list[XtAccountInfo] | None:
        """Ask for the accounts of the terminal. 账号信息查询

        Source: manual, 账号信息查询.
        """
        return self._many(XtAccountInfo, "query_account_infos", None)

    def query_account_infos_async(
        self, callback: Callable[[list[XtAccountInfo] | None], Any]
    ) -> int:
        """Ask for the accounts of the terminal; `callback` hears of them. Returns the seq."""
        return self._send("query_account_infos", None, callback)

    def query_account_info(self) -> list[XtAccountInfo] | None:
        """The same as `query_account_infos`, the vendor's second name for it. 账号信息查询"""
        return self.query_account_infos()

    def query_account_status(self) -> list[XtAccountStatus] | None:
        """Ask whether the accounts of the terminal can trade. 账号状态查询

        Source: the vendor's package; the manual has only the push.
        """
        return self._many(XtAccountStatus, "query_account_status", None)

    def query_account_status_async(
        self, callback: Callable[[list[XtAccountStatus] | None], Any]
    ) -> int:
        """Ask whether the accounts can trade; `callback` hears of it. Returns the seq."""
        return self._send("query_account_status", None, callback)
