"""The queries of an account as DataFrames: what a `Desk` shows besides orders and fills.

Each asks the terminal when it is called. Which kind of account has which is said by the
terminal: where it refuses a query, the method raises QueryFailed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, TypeVar

from xtnb.errors import InputError, QueryFailed
from xtnb.frames.days import KINDS, days_frame
from xtnb.frames.queries import query_frame
from xtnb.frames.schema import Frame
from xtnb.frames.tables import accounts_frame
from xtnb.live.borrowing import BorrowPreview, borrow_preview
from xtnb.live.preview_lending import LendingPreview, renewal_preview, return_preview
from xtnb.session.trader import XtQuantTrader
from xtnb.vocabulary.records import StockAccount

T = TypeVar("T")
Day = date | str


def told(answer: T | None, what: str) -> T:
    """What was asked for. Raises QueryFailed when it is None."""
    if answer is None:
        raise QueryFailed(f"{what}: the terminal refused; the log under xtnb.session says why")
    return answer


def _number(day: Day, argument: str) -> int:
    """A day as YYYYMMDD."""
    try:
        found = date.fromisoformat(day) if isinstance(day, str) else day
        return int(f"{found:%Y%m%d}")
    except (TypeError, ValueError):
        raise InputError(argument, day, 'a date, or a text such as "2026-11-20"') from None


class AccountQueries:
    """Frames with fixed columns and dtypes, also when there are no rows.

    Attributes:
        trader: whom to ask.
        account: whose they are.

    Every method raises QueryFailed when the terminal refuses, as for an account of
    another kind, and NotConnected when the link is gone.
    """

    trader: XtQuantTrader
    account: StockAccount

    def accounts(self) -> Frame:
        """The accounts of the terminal. 账号"""
        return accounts_frame(told(self.trader.query_account_infos(), "accounts"))

    def history(self, start: Day, end: Day | None = None, kind: str = "orders") -> Frame:
        """Orders, fills, money or positions by day, the present one included. 历史

        A terminal in a folder has all days since it was begun, others have today. Of an
        order it is the last state, of money and positions what there was when the day
        ended, or is now.

        Args:
            start, end: both included: a date, or a text such as "2026-11-20"; without
                `end` to the present.
            kind: "orders", "trades", "asset" or "positions".

        Raises:
            InputError: no day, or another kind.
        """
        first, last = _number(start, "start"), 99991231 if end is None else _number(end, "end")
        if kind not in KINDS:
            raise InputError("kind", kind, f"one of {', '.join(KINDS)}")
        asked = {"kind": kind, "start": first, "end": last}
        days, records = told(self.trader.requests.ask("history", self.account, asked), "history")
        return days_frame(kind, days, records)

    # -- margin accounts -----------------------------------------------------------------------

    def credit(self) -> Frame:
        """Money, debts, quotas and the maintenance ratio: one row. 信用资产"""
        return self._frame("credit", self.trader.query_credit_detail)

    def debts(self) -> Frame:
        """The debt contracts, those closed today included. 负债合约"""
        return self._frame("debts", self.trader.query_stk_compacts)

    def eligible(self) -> Frame:
        """What may be bought on margin or sold short, with the margin ratios. 融资融券标的"""
        return self._frame("eligible", self.trader.query_credit_subjects)

    def lendable(self) -> Frame:
        """What can be borrowed to sell short, and how much of it. 可融券"""
        return self._frame("lendable", self.trader.query_credit_slo_code)

    def collateral(self) -> Frame:
        """What counts as collateral, and at which haircut. 标的担保品"""
        return self._frame("collateral", self.trader.query_credit_assure)

    # -- lending ---------------------------------------------------------------------------------

    def borrow_quotes(self) -> Frame:
        """What can be borrowed ahead, for how long and at what rate. 约券行情"""
        return self._frame("borrow_quotes", self.trader.smt_query_quoter)

    def borrow_contracts(self) -> Frame:
        """What has been borrowed ahead. 约券合约"""
        return self._frame("borrow_contracts", self.trader.smt_query_compact)

    def borrow_orders(self) -> Frame:
        """What was applied for to borrow, and what became of it. 约券申请"""
        return self._frame("borrow_orders", self.trader.smt_query_order)

    def preview_borrow(
        self,
        stock_code: str,
        days: int,
        volume: int,
        rate: float | None = None,
        *,
        group: str = "",
        rates: Mapping[str, float] | None = None,
        at_once: bool = True,
    ) -> BorrowPreview:
        """What would become of an application to borrow, without sending it. 约券试算

        Args:
            stock_code, days, volume: what is applied for.
            rate: a year's fraction, such as 0.08; None is the least that is asked.
            group: the source group; "" for any.
            rates: "subFareRate" and "fineRate" as `smt_negotiate_order_async` takes them.
            at_once: as `smt_negotiate_order_async`; False as `smt_appointment_order_async`,
                which lends with the next day.

        Raises:
            InputError: an argument that no terminal could accept.
        """
        return borrow_preview(
            self.trader,
            self.account,
            stock_code,
            days,
            volume,
            rate,
            group=group,
            rates=rates,
            at_once=at_once,
        )

    def preview_renewal(
        self,
        contract: str,
        stock_code: str,
        days: int,
        volume: int | None = None,
        rate: float | None = None,
    ) -> LendingPreview:
        """What would become of a wish to renew a contract, without sending it. 展期试算

        Args:
            contract, stock_code: cashcompactId of `borrow_contracts()`, and its security.
            days: by how many.
            volume: shares; None is all that is open.
            rate: a year's fraction, such as 0.08; None is the least that is asked.

        Raises:
            InputError: an argument that no terminal could accept.
        """
        return renewal_preview(self.trader, self.account, contract, stock_code, days, volume, rate)

    def preview_return(
        self, contract: str, stock_code: str, volume: int | None = None
    ) -> LendingPreview:
        """What would become of giving borrowed shares back, without doing it. 归还试算

        Args:
            contract, stock_code: cashcompactId of `borrow_contracts()`, and its security.
            volume: shares; None is all that is open.

        Raises:
            InputError: an argument that no terminal could accept.
        """
        return return_preview(self.trader, self.account, contract, stock_code, volume)

    # -- new issues --------------------------------------------------------------------------------

    def ipo(self) -> Frame:
        """What may be subscribed today. 当日新股信息"""
        offered = self.trader.query_ipo_data()
        return query_frame("ipo", [{"stock_code": code, **row} for code, row in offered.items()])

    def purchase_limit(self) -> Frame:
        """How many new shares may be subscribed, by market. 新股申购额度"""
        limits = self.trader.query_new_purchase_limit(self.account)
        if not limits:
            told(None, "purchase_limit")
        rows = [{"market": market, "volume": volume} for market, volume in limits.items()]
        return query_frame("purchase_limit", rows)

    # -- counters ----------------------------------------------------------------------------------

    def counter_fund(self) -> Frame:
        """Money at the ordinary counter: one row. 普通柜台资金"""
        fund = self.trader.query_com_fund(self.account)
        return query_frame("counter_fund", [_well(fund, "counter_fund")])

    def counter_positions(self) -> Frame:
        """Positions at the ordinary counter. 普通柜台持仓"""
        rows = told(self.trader.query_com_position(self.account), "counter_positions")
        return query_frame("counter_positions", [_well(row, "counter_positions") for row in rows])

    # -- banks -------------------------------------------------------------------------------------

    def banks(self) -> Frame:
        """The banks that are tied to the account. 银行信息"""
        rows = told(self.trader.query_bank_info(self.account), "banks")
        return query_frame("banks", [_well(vars(row), "banks") for row in rows])

    def bank_balance(self, bank_no: str, bank_account: str, password: str = "") -> Frame:
        """Money at one bank: one row. 银行余额

        Args:
            bank_no, bank_account: as `banks` has them.
            password: of the bank account.

        Raises:
            QueryFailed: also for a wrong password, with the bank's words.
        """
        asked = bank_no, bank_account, password
        rows = told(self.trader.query_bank_amount(self.account, *asked), "bank_balance")
        return query_frame("bank_balance", [_well(vars(row), "bank_balance") for row in rows])

    def bank_transfers(self, start: str = "19900101", end: str = "99991231") -> Frame:
        """Transfers between bank and broker, oldest first. 银证转账流水

        Args:
            start, end: the first and the last day, such as "20261120"; by default all.
        """
        rows = told(
            self.trader.query_bank_transfer_stream(self.account, start, end), "bank_transfers"
        )
        return query_frame("bank_transfers", [_well(vars(row), "bank_transfers") for row in rows])

    def shareholders(self) -> Frame:
        """The shareholder accounts of the account, by market. 股东账号"""
        rows = told(self.trader.query_secu_account(self.account), "shareholders")
        return query_frame("shareholders", [_well(vars(row), "shareholders") for row in rows])

    # -- algorithms --------------------------------------------------------------------------------

    def algorithms(self) -> Frame:
        """The day's orders that the terminal works by an algorithm. 智能算法任务

        `order_id_list` is a text: the numbers of the orders that were sent so far.
        """
        rows = told(self.trader.query_smart_algo_task(self.account), "algorithms")
        shown = [
            {**row, "order_id_list": ", ".join(str(number) for number in row["order_id_list"])}
            for row in rows
        ]
        return query_frame("algorithms", shown)

    # -- futures and options -----------------------------------------------------------------------

    def position_statistics(self) -> Frame:
        """Positions of futures and options, summed over their openings. 期货持仓统计"""
        return self._frame("position_statistics", self.trader.query_position_statistics)

    def _frame(self, name: str, ask: Callable[[StockAccount], list[Any] | None]) -> Frame:
        return query_frame(name, told(ask(self.account), name))


def _well(row: Mapping[str, Any], what: str) -> Mapping[str, Any]:
    """A row of a counter or a bank. Raises QueryFailed with its error text when it says so."""
    if not row:
        told(None, what)
    if not row["success"]:
        raise QueryFailed(f"{what}: {row.get('error') or row.get('error_msg')}")
    return row
