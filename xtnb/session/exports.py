"""Data out to a file, and fills from elsewhere in. 通用数据导出, 外部交易数据录入

The terminal gives the text of an export and the session writes the file, on the
machine of the program, in UTF-8. A terminal that writes the file itself, as the
vendor's does, gives no text.

All raise InputError for an argument that no terminal could take (nothing is sent),
NotConnected before `connect()` and once the link is lost; those that wait raise
RequestTimeout, and WouldDeadlock inside a push callback in default mode.

Source: the vendor's package of 2024.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from xtnb.errors import QueryFailed
from xtnb.session import arguments
from xtnb.session.asking import Asking
from xtnb.session.calls import checked_account, checked_listener
from xtnb.vocabulary.records import StockAccount

Result = dict[str, Any]
FilePath = str | os.PathLike[str]


class Exports(Asking):
    """What goes out to files and comes in from elsewhere."""

    def export_data(
        self,
        account: StockAccount,
        result_path: FilePath,
        data_type: str,
        start_time: str | None = None,
        end_time: str | None = None,
        user_param: Mapping[str, Any] | None = None,
    ) -> Result:
        """Write data of an account to a .csv file. 通用数据导出

        Args:
            account: whose data.
            result_path: where to, a path that ends in .csv; what is there is replaced.
            data_type: such as "deal".
            start_time: from when, in the terminal's form; None for the beginning.
            end_time: until when; None for now.
            user_param: what a terminal may take besides.

        Returns:
            {"msg": …}, or {"error": {"errorMsg": the reason}} and no file.

        Raises:
            OSError: the file cannot be written.
        """
        path = arguments.csv_path(result_path)
        asked = arguments.export(data_type, start_time, end_time, user_param)
        result = self._sure(
            dict, "export_data", checked_account(account), result_path=path, **asked
        )
        return _written(result, path)

    def export_data_async(
        self,
        account: StockAccount,
        result_path: FilePath,
        data_type: str,
        callback: Callable[[Result | None], Any],
        start_time: str | None = None,
        end_time: str | None = None,
        user_param: Mapping[str, Any] | None = None,
    ) -> int:
        """The same; `callback` hears once the file is there. Returns the seq. Ours."""
        path = arguments.csv_path(result_path)
        hears = checked_listener(callback)
        asked = arguments.export(data_type, start_time, end_time, user_param)

        def answer(result: Result | None) -> None:
            hears(_written(result, path) if result else None)

        return self._send(
            "export_data", checked_account(account), answer, result_path=path, **asked
        )

    def query_data(
        self,
        account: StockAccount,
        result_path: FilePath,
        data_type: str,
        start_time: str | None = None,
        end_time: str | None = None,
        user_param: Mapping[str, Any] | None = None,
    ) -> Any:
        """Ask for data of an account as a DataFrame. 通用数据查询

        Arguments as in `export_data`. The file that the vendor needs for this is
        removed; a terminal that gives the text needs none.

        Returns:
            A DataFrame, always.

        Raises:
            QueryFailed: the terminal refused. The vendor's form returns a dict then.
        """
        path = arguments.csv_path(result_path)
        asked = arguments.export(data_type, start_time, end_time, user_param)
        result = self._sure(
            dict, "export_data", checked_account(account), result_path=path, **asked
        )
        if "error" in result:
            raise QueryFailed(f"query_data: {result['error']['errorMsg']}")
        return _frame(result, path)

    def query_data_async(
        self,
        account: StockAccount,
        result_path: FilePath,
        data_type: str,
        callback: Callable[[Any], Any],
        start_time: str | None = None,
        end_time: str | None = None,
        user_param: Mapping[str, Any] | None = None,
    ) -> int:
        """The same; `callback` hears the DataFrame, or None on failure. Returns the seq. Ours."""
        path = arguments.csv_path(result_path)
        hears = checked_listener(callback)
        asked = arguments.export(data_type, start_time, end_time, user_param)

        def answer(result: Result | None) -> None:
            hears(_frame(result, path) if result and "error" not in result else None)

        return self._send(
            "export_data", checked_account(account), answer, result_path=path, **asked
        )

    def sync_transaction_from_external(
        self,
        operation: str,
        data_type: str,
        account: StockAccount,
        deal_list: Iterable[Mapping[str, Any]],
    ) -> Result:
        """Tell the terminal of fills that were made elsewhere. 外部交易数据录入

        Args:
            operation: "ADD", "UPDATE", "REPLACE" or "DELETE".
            data_type: "DEAL".
            account: whose fills; the third parameter, as at the vendor.
            deal_list: a dict for each fill, such as {"m_strExchangeID": "SH",
                "m_strInstrumentID": "600000", "m_strTradeID": "123456", "m_dPrice": 10.5,
                "m_nVolume": 100, "m_strTradeDate": "20261120"}.

        Returns:
            {"msg": …}, or {"error": {"msg": the reason}}.
        """
        asked = arguments.external_deals(operation, data_type, deal_list)
        whose = checked_account(account)
        found: Result = self._sure(dict, "sync_transaction_from_external", whose, **asked)
        return found

    def sync_transaction_from_external_async(
        self,
        operation: str,
        data_type: str,
        account: StockAccount,
        deal_list: Iterable[Mapping[str, Any]],
        callback: Callable[[Result | None], Any],
    ) -> int:
        """The same; `callback` hears the dict. Returns the seq. Ours."""
        asked = arguments.external_deals(operation, data_type, deal_list)
        whose = checked_account(account)
        return self._send("sync_transaction_from_external", whose, callback, **asked)


def _written(result: Result, path: str) -> Result:
    text = result.pop("csv", None)
    if text is not None:
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
    return result


def _frame(result: Result, path: str) -> Any:
    from xtnb.frames.exported import exported_frame  # brings pandas along

    text = result.get("csv")
    if text is None:
        text = Path(path).read_text(encoding="utf-8")
        os.remove(path)
    return exported_frame(text)
