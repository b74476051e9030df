"""The queries for margin and futures accounts, and of new issues. 信用查询, 其他查询接口

As in queries.py: the plain form waits and returns what it asked for, `None` (or
`{}` for a dict) when the query failed; the `_async` form returns the seq at once
and hands the same result to its callback later. They raise what those raise.

The manual gives None also for nothing found; `[]` there is ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xtnb.session.asking import Asking
from xtnb.session.calls import checked_account
from xtnb.vocabulary.credit import (
    CreditAssure,
    CreditSloCode,
    CreditSubjects,
    StkCompacts,
    XtCreditDetail,
)
from xtnb.vocabulary.derivatives import XtPositionStatistics
from xtnb.vocabulary.records import StockAccount


class CreditQueries(Asking):
    """What a margin account owes and may do, and what may be subscribed today."""

    def query_credit_detail(self, account: StockAccount) -> list[XtCreditDetail] | None:
        """Ask for money, debts and quotas of a margin account: a list of one. 信用资产查询

        Source: manual, 信用资产查询.
        """
        return self._many(XtCreditDetail, "query_credit_detail", checked_account(account))

    def query_credit_detail_async(
        self, account: StockAccount, callback: Callable[[list[XtCreditDetail] | None], Any]
    ) -> int:
        """Ask for money, debts and quotas; `callback` hears of them. Returns the seq."""
        return self._send("query_credit_detail", checked_account(account), callback)

    def query_stk_compacts(self, account: StockAccount) -> list[StkCompacts] | None:
        """Ask for the debt contracts of a margin account. 负债合约查询

        Source: manual, 负债合约查询.
        """
        return self._many(StkCompacts, "query_stk_compacts", checked_account(account))

    def query_stk_compacts_async(
        self, account: StockAccount, callback: Callable[[list[StkCompacts] | None], Any]
    ) -> int:
        """Ask for the debt contracts; `callback` hears of them. Returns the seq. 负债合约查询"""
        return self._send("query_stk_compacts", checked_account(account), callback)

    def query_credit_subjects(self, account: StockAccount) -> list[CreditSubjects] | None:
        """Ask what is eligible for margin buying and short selling. 融资融券标的查询

        Source: manual, 融资融券标的查询.
        """
        return self._many(CreditSubjects, "query_credit_subjects", checked_account(account))

    def query_credit_subjects_async(
        self, account: StockAccount, callback: Callable[[list[CreditSubjects] | None], Any]
    ) -> int:
        """Ask what is eligible; `callback` hears of it. Returns the seq. 融资融券标的查询"""
        return self._send("query_credit_subjects", checked_account(account), callback)

    def query_credit_slo_code(self, account: StockAccount) -> list[CreditSloCode] | None:
        """Ask what can be borrowed to sell short, and how much of it. 可融券数据查询

        Source: manual, 可融券数据查询.
        """
        return self._many(CreditSloCode, "query_credit_slo_code", checked_account(account))

    def query_credit_slo_code_async(
        self, account: StockAccount, callback: Callable[[list[CreditSloCode] | None], Any]
    ) -> int:
        """Ask what can be borrowed; `callback` hears of it. Returns the seq. 可融券数据查询"""
        return self._send("query_credit_slo_code", checked_account(account), callback)

    def query_credit_assure(self, account: StockAccount) -> list[CreditAssure] | None:
        """Ask what counts as collateral, and at which haircut. 标的担保品查询

        Source: manual, 标的担保品查询.
        """
        return self._many(CreditAssure, "query_credit_assure", checked_account(account))

    def query_credit_assure_async(
        self, account: StockAccount, callback: Callable[[list[CreditAssure] | None], Any]
    ) -> int:
        """Ask what counts as collateral; `callback` hears of it. Returns the seq. 标的担保品查询"""
        return self._send("query_credit_assure", checked_account(account), callback)

    def query_position_statistics(self, account: StockAccount) -> list[XtPositionStatistics] | None:
        """Ask for the futures positions, summed over their openings. 期货持仓统计查询

        Source: the vendor's package of 2024.
        """
        whose = checked_account(account)
        return self._many(XtPositionStatistics, "query_position_statistics", whose)

    def query_position_statistics_async(
        self, account: StockAccount, callback: Callable[[list[XtPositionStatistics] | None], Any]
    ) -> int:
        """Ask for the futures positions; `callback` hears of them. Returns the seq. Ours."""
        return self._send("query_position_statistics", checked_account(account), callback)

    # -- new issues -------------------------------------------------------------------------

    def query_new_purchase_limit(self, account: StockAccount) -> dict[str, int]:
        """Ask how many new shares the account may subscribe, by market. 新股申购额度查询

        Returns:
            "KCB" (STAR board), "SH", "SZ" -> shares; {} on failure. Bonds may always
            be subscribed up to 10,000 units.

        Source: manual, 新股申购额度查询.
        """
        whose = checked_account(account)
        found: dict[str, int] = self._sure(dict, "query_new_purchase_limit", whose)
        return found

    def query_new_purchase_limit_async(
        self, account: StockAccount, callback: Callable[[dict[str, int]], Any]
    ) -> int:
        """Ask for the quotas; `callback` hears of them, as the dict. Returns the seq."""
        return self._send("query_new_purchase_limit", checked_account(account), callback)

    def query_ipo_data(self) -> dict[str, dict[str, Any]]:
        """Ask for the new shares and bonds that may be subscribed today. 当日新股信息查询

        Returns:
            Code -> the fields of `IpoInfo`: name, type, maxPurchaseNum, minPurchaseNum,
            purchaseDate, issuePrice; {} when there are none, and on failure.

        Source: manual, 当日新股信息查询.
        """
        found: dict[str, dict[str, Any]] = self._sure(dict, "query_ipo_data", None)
        return found

    def query_ipo_data_async(self, callback: Callable[[dict[str, dict[str, Any]]], Any]) -> int:
        """Ask for the new issues of today; `callback` hears of them, as the dict. Returns the seq.

        At the vendor it hears of raw rows.
        """
        return self._send("query_ipo_data", None, callback)
