"""Orders that the terminal works by an algorithm: TWAP, VWAP, iceberg … 智能算法

All raise InputError for an argument that no terminal could take (nothing is sent),
NotConnected before `connect()` and once the link is lost; those that wait raise
RequestTimeout, and WouldDeadlock inside a push callback in default mode.

Source: the vendor's package of 2025.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from xtnb.session import arguments
from xtnb.session.asking import Asking
from xtnb.session.calls import checked_account, whole
from xtnb.vocabulary.records import StockAccount

Parameters = dict[str, list[dict[str, Any]]]
Tasks = list[dict[str, Any]]


class Algorithms(Asking):
    """Algorithms, their parameters and their tasks."""

    def get_smart_algo_param(self, algo_name_list: Iterable[str]) -> Parameters:
        """Ask which parameters algorithms take. 获取智能算法参数配置信息

        Args:
            algo_name_list: their names, such as ["VWAP"].

        Returns:
            Name -> a dict for each parameter: key, name, dataType, valueRange,
            defaultValue, enumName, enumValue, unit, valueRangeByName,
            defaultValueByName. {} on failure.
        """
        names = arguments.algorithm_names(algo_name_list)
        found: Parameters = self._sure(dict, "get_smart_algo_param", None, algo_name_list=names)
        return found

    def get_smart_algo_param_async(
        self, algo_name_list: Iterable[str], callback: Callable[[Parameters], Any]
    ) -> int:
        """Ask which parameters algorithms take; `callback` hears. Returns the seq. Ours."""
        names = arguments.algorithm_names(algo_name_list)
        return self._send("get_smart_algo_param", None, callback, algo_name_list=names)

    def smart_algo_order_async(
        self,
        account: StockAccount,
        stock_code: str,
        order_type: int,
        order_volume: int,
        price_type: int,
        price: float,
        strategy_name: str,
        order_remark: str,
        algo_name: str,
        start_time: str,
        end_time: str,
        algo_param: Mapping[str, Any],
    ) -> int:
        """Send an order that the terminal works by an algorithm. 智能算法下单

        Args:
            account: the account that trades.
            stock_code: such as "600000.SH".
            order_type: xtconstant.STOCK_BUY or STOCK_SELL.
            order_volume: shares in all.
            price_type: 11 for a limit, 12 for the market price.
            price: yuan a share; 0 for the market price.
            strategy_name: yours; every push brings it back.
            order_remark: yours; every push brings it back.
            algo_name: such as "TWAP".
            start_time: "HH:MM:SS" of the terminal's own day.
            end_time: later than that.
            algo_param: the keys of `get_smart_algo_param`; copied, never written to.

        Returns:
            The seq; `on_smart_algo_order_async_response` hears the number of the task,
            -1 when it was refused, before any push of its orders.
        """
        order = (stock_code, order_type, order_volume, price_type, price)
        named = (*order, strategy_name, order_remark)
        asked = arguments.algorithm_order(named, algo_name, start_time, end_time, algo_param)
        return self._post("smart_algo_order", checked_account(account), **asked)

    def query_smart_algo_task(self, account: StockAccount) -> Tasks | None:
        """Ask for the tasks of the day. 智能算法任务查询

        Returns:
            One dict a task, with the fields of `SmartAlgoTask`; None on failure.
        """
        return self._many(dict[str, Any], "query_smart_algo_task", checked_account(account))

    def query_smart_algo_task_async(
        self, account: StockAccount, callback: Callable[[Tasks | None], Any]
    ) -> int:
        """Ask for the tasks of the day; `callback` hears of them. Returns the seq. Ours."""
        return self._send("query_smart_algo_task", checked_account(account), callback)

    def cancel_smart_algo_task_async(self, account: StockAccount, task_id: int) -> int:
        """End a task; what it has in the market is cancelled. 智能算法任务撤销

        Returns:
            The seq; `on_operate_smart_task_async_response` hears whether it ended.
        """
        number = whole("task_id", task_id)
        return self._post("cancel_smart_algo_task", checked_account(account), task_id=number)
