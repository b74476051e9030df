"""Borrowing securities: quotes, applications, contracts. 约券

The requests answer through `on_smt_appointment_async_response`: `success`, a text,
and the number of the application, "-1" when it failed. The answer carries the seq
of the call and comes after the call has returned it.

All raise InputError for an argument that no terminal could take (nothing is sent),
NotConnected before `connect()` and once the link is lost; those that wait raise
RequestTimeout, and WouldDeadlock inside a push callback in default mode.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from xtnb.session import arguments
from xtnb.session.asking import Asking
from xtnb.session.calls import checked_account
from xtnb.vocabulary.lending import XtSmtAppointmentResponse
from xtnb.vocabulary.records import StockAccount

Rows = list[dict[str, Any]]


class Lending(Asking):
    """What can be borrowed, what was asked for, and what is borrowed."""

    def smt_query_quoter(self, account: StockAccount) -> Rows | None:
        """Ask what can be borrowed, for how long and at what rate. 券源行情查询

        Returns:
            One dict an offer, with the fields of `SmtQuoter` and the vendor's spelling of
            three of them; None on failure.

        Source: manual, 券源行情查询.
        """
        return self._many(dict[str, Any], "smt_query_quoter", checked_account(account))

    def smt_query_quoter_async(
        self, account: StockAccount, callback: Callable[[Rows | None], Any]
    ) -> int:
        """Ask what can be borrowed; `callback` hears of it. Returns the seq. Ours."""
        return self._send("smt_query_quoter", checked_account(account), callback)

    def smt_query_order(self, account: StockAccount) -> Rows | None:
        """Ask for the applications to borrow. 约券申请查询

        Returns:
            One dict an application, with the fields of `SmtOrder`; None on failure.

        Source: the vendor's package.
        """
        return self._many(dict[str, Any], "smt_query_order", checked_account(account))

    def smt_query_order_async(
        self, account: StockAccount, callback: Callable[[Rows | None], Any]
    ) -> int:
        """Ask for the applications; `callback` hears of them. Returns the seq. Ours."""
        return self._send("smt_query_order", checked_account(account), callback)

    def smt_query_compact(self, account: StockAccount) -> Rows | None:
        """Ask for the contracts over borrowed securities. 约券合约查询

        Returns:
            One dict a contract, with the fields of `SmtCompact` and the vendor's spelling
            of three of them; None on failure.

        Source: manual, 约券合约查询.
        """
        return self._many(dict[str, Any], "smt_query_compact", checked_account(account))

    def smt_query_compact_async(
        self, account: StockAccount, callback: Callable[[Rows | None], Any]
    ) -> int:
        """Ask for the contracts; `callback` hears of them. Returns the seq. Ours."""
        return self._send("smt_query_compact", checked_account(account), callback)

    def smt_negotiate_order(
        self,
        account: StockAccount,
        src_group_id: str,
        order_code: str,
        date: int,
        amount: int,
        apply_rate: float,
        dict_param: Mapping[str, float] | None = None,
    ) -> tuple[bool, str, str]:
        """Apply for inventory securities and wait for the answer. 库存券约券申请

        Arguments as in `smt_negotiate_order_async`.

        Returns:
            Whether it succeeded, the terminal's words, and the number of the
            application, "-1" when it failed.

        Source: manual, 版本信息 2023-11-03, names it; what it returns is ours.
        """
        asked = self._negotiated(src_group_id, order_code, date, amount, apply_rate, dict_param)
        whose = checked_account(account)
        response = self._sure(XtSmtAppointmentResponse, "smt_negotiate_order", whose, **asked)
        return response.success, response.msg, response.apply_id

    def smt_negotiate_order_async(
        self,
        account: StockAccount,
        src_group_id: str,
        order_code: str,
        date: int,
        amount: int,
        apply_rate: float,
        dict_param: Mapping[str, float] | None = None,
    ) -> int:
        """Apply for inventory securities. 库存券约券申请

        Args:
            account: a margin account.
            src_group_id: the source group of `smt_query_quoter`; "" for any.
            order_code: such as "600000.SH".
            date: for how many days.
            amount: shares.
            apply_rate: the yearly rate that is offered, a fraction.
            dict_param: may hold subFareRate (early return) and fineRate (penalty), yearly
                rates; other keys are left out.

        Returns:
            The seq; `on_smt_appointment_async_response` hears the answer.

        Source: manual, 库存券约券申请.
        """
        asked = self._negotiated(src_group_id, order_code, date, amount, apply_rate, dict_param)
        return self._post("smt_negotiate_order", checked_account(account), **asked)

    def smt_appointment_order_async(
        self, account: StockAccount, order_code: str, date: int, amount: int, apply_rate: float
    ) -> int:
        """Apply for earmarked securities. 约券申请

        Arguments as in `smt_negotiate_order_async`.

        Returns:
            The seq; `on_smt_appointment_async_response` hears the answer.

        Source: the vendor's package.
        """
        asked = arguments.appointment(order_code, date, amount, apply_rate)
        return self._post("smt_appointment_order", checked_account(account), **asked)

    def smt_appointment_cancel_async(self, account: StockAccount, apply_id: str) -> int:
        """Withdraw an application. 约券申请撤单

        Args:
            account: whose application.
            apply_id: its number, as the answer to it or `smt_query_order` gives it.

        Returns:
            The seq; `on_smt_appointment_async_response` hears the answer.

        Source: the vendor's package, where it raises NameError.
        """
        number = arguments.number_text("apply_id", apply_id)
        return self._post("smt_appointment_cancel", checked_account(account), apply_id=number)

    def smt_compact_renewal_async(
        self,
        account: StockAccount,
        cash_compact_id: str,
        order_code: str,
        defer_days: int,
        defer_num: int,
        apply_rate: float,
    ) -> int:
        """Renew a contract over borrowed securities. 约券合约展期

        Args:
            account: whose contract.
            cash_compact_id: cashcompactId of `smt_query_compact`.
            order_code: its security, such as "600000.SH".
            defer_days: by how many days.
            defer_num: for how many shares.
            apply_rate: the yearly rate that is offered, a fraction.

        Returns:
            The seq; `on_smt_appointment_async_response` hears the answer.

        Source: the vendor's package.
        """
        asked = arguments.renewal(cash_compact_id, order_code, defer_days, defer_num, apply_rate)
        return self._post("smt_compact_renewal", checked_account(account), **asked)

    def smt_compact_return_async(
        self,
        account: StockAccount,
        src_group_id: str,
        cash_compact_id: str,
        order_code: str,
        occur_amount: int,
    ) -> int:
        """Return borrowed securities. 约券合约归还

        Args:
            account: whose contract.
            src_group_id: its source group; "" for whichever it is.
            cash_compact_id: cashcompactId of `smt_query_compact`.
            order_code: its security, such as "600000.SH".
            occur_amount: how many shares.

        Returns:
            The seq; `on_smt_appointment_async_response` hears the answer.

        Source: the vendor's package.
        """
        asked = arguments.early_return(src_group_id, cash_compact_id, order_code, occur_amount)
        return self._post("smt_compact_return", checked_account(account), **asked)

    @staticmethod
    def _negotiated(
        src_group_id: str,
        order_code: str,
        date: int,
        amount: int,
        apply_rate: float,
        dict_param: Mapping[str, float] | None,
    ) -> dict[str, Any]:
        return {
            "src_group_id": arguments.number_text("src_group_id", src_group_id, empty=True),
            **arguments.appointment(order_code, date, amount, apply_rate),
            "dict_param": arguments.negotiated_rates(dict_param),
        }
