"""Moving money and shares between counters, banks and accounts. 资金划拨, 银证转账

A transfer that the terminal refuses is no exception: the plain form returns
(False, the reason), the asynchronous one answers with `success` False. The
transfers between bank and broker and between CTP accounts have asynchronous
forms whose answer the registered callback hears; those of the others take a
function, and are ours.

All raise InputError for an argument that no terminal could take (nothing is sent),
NotConnected before `connect()` and once the link is lost; the plain ones raise
RequestTimeout, after which the outcome is unknown, and WouldDeadlock inside a
push callback in default mode.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xtnb.session import arguments
from xtnb.session.asking import Asking
from xtnb.session.calls import checked_account
from xtnb.vocabulary.records import StockAccount
from xtnb.vocabulary.transfers import (
    BankAmount,
    BankInfo,
    BankTransferStream,
    SecuAccount,
    XtBankTransferResponse,
)

Outcome = tuple[bool, str]


class Transfers(Asking):
    """Transfers, and what the other side of them has."""

    # -- counters ---------------------------------------------------------------------------

    def fund_transfer(
        self, account: StockAccount, transfer_direction: int, price: float
    ) -> Outcome:
        """Move money between the ordinary and the fast counter, or between two nodes. 资金划拨

        Args:
            account: whose money.
            transfer_direction: 510 to 513, such as xtconstant.FUNDS_TRANSFER_NORMAL_TO_SPEED.
            price: the amount, yuan, above 0.

        Returns:
            Whether it was done, and the terminal's words.

        Source: manual, 资金划拨.
        """
        asked = arguments.fund_transfer(transfer_direction, price)
        return self._outcome("fund_transfer", account, asked)

    def fund_transfer_async(
        self,
        account: StockAccount,
        transfer_direction: int,
        price: float,
        callback: Callable[[Outcome], Any],
    ) -> int:
        """The same; `callback` hears (success, text). Returns the seq. Ours. 资金划拨"""
        asked = arguments.fund_transfer(transfer_direction, price)
        return self._send("fund_transfer", checked_account(account), callback, **asked)

    def secu_transfer(
        self,
        account: StockAccount,
        transfer_direction: int,
        stock_code: str,
        volume: int,
        transfer_type: int,
    ) -> Outcome:
        """Move shares between the ordinary and the fast counter. 股份划拨

        Args:
            account: whose shares.
            transfer_direction: xtconstant.SECU_TRANSFER_NORMAL_TO_SPEED (520), or back (521).
            stock_code: such as "600000.SH"; "SH600000", as the vendor writes here, will do.
            volume: shares, or bond units.
            transfer_type: xtconstant.TRANS_TRANSFER_SHARE (0) for a stock account;
                1 earmarked securities and 2 own shares of a margin account.

        Returns:
            Whether it was done, and the terminal's words.

        Source: the vendor's package.
        """
        asked = arguments.secu_transfer(transfer_direction, stock_code, volume, transfer_type)
        return self._outcome("secu_transfer", account, asked)

    def secu_transfer_async(
        self,
        account: StockAccount,
        transfer_direction: int,
        stock_code: str,
        volume: int,
        transfer_type: int,
        callback: Callable[[Outcome], Any],
    ) -> int:
        """The same; `callback` hears (success, text). Returns the seq. Ours. 股份划拨"""
        asked = arguments.secu_transfer(transfer_direction, stock_code, volume, transfer_type)
        return self._send("secu_transfer", checked_account(account), callback, **asked)

    def query_com_fund(self, account: StockAccount) -> dict[str, Any]:
        """Ask for the money of an account at the ordinary counter. 普通柜台资金查询

        Returns:
            The fields of `ComFund`, the error text as `erro` (manual) and as `error`
            (vendor); {} on failure.

        Source: manual, 普通柜台资金查询.
        """
        found: dict[str, Any] = self._sure(dict, "query_com_fund", checked_account(account))
        return found

    def query_com_fund_async(
        self, account: StockAccount, callback: Callable[[dict[str, Any]], Any]
    ) -> int:
        """Ask for the money at the ordinary counter; `callback` hears. Returns the seq. Ours."""
        return self._send("query_com_fund", checked_account(account), callback)

    def query_com_position(self, account: StockAccount) -> list[dict[str, Any]] | None:
        """Ask for the positions of an account at the ordinary counter. 普通柜台持仓查询

        Returns:
            One dict a position, with the fields of `ComPosition`; None on failure. At the
            vendor the call never returns.

        Source: manual, 普通柜台持仓查询.
        """
        return self._many(dict[str, Any], "query_com_position", checked_account(account))

    def query_com_position_async(
        self, account: StockAccount, callback: Callable[[list[dict[str, Any]] | None], Any]
    ) -> int:
        """Ask for the positions at the ordinary counter; `callback` hears. The seq. Ours."""
        return self._send("query_com_position", checked_account(account), callback)

    # -- banks ------------------------------------------------------------------------------

    def bank_transfer_in(
        self,
        account: StockAccount,
        bank_no: str,
        bank_account: str,
        balance: float,
        bank_pwd: str = "",
        fund_pwd: str = "",
    ) -> Outcome:
        """Move money from a bank to the broker. 银行转证券

        Args:
            account: whose money.
            bank_no: the bank's number, as `query_bank_info` gives it.
            bank_account: the account at the bank.
            balance: the amount, yuan, above 0.
            bank_pwd: its password at the bank.
            fund_pwd: the password of the account at the broker.

        Returns:
            Whether it was done, and the terminal's words.

        Source: the vendor's package of 2024.
        """
        asked = arguments.bank_transfer(bank_no, bank_account, balance, bank_pwd, fund_pwd)
        return self._response("bank_transfer_in", account, asked)

    def bank_transfer_in_async(
        self,
        account: StockAccount,
        bank_no: str,
        bank_account: str,
        balance: float,
        bank_pwd: str = "",
        fund_pwd: str = "",
    ) -> int:
        """The same; `on_bank_transfer_async_response` hears. Returns the seq. 银行转证券"""
        asked = arguments.bank_transfer(bank_no, bank_account, balance, bank_pwd, fund_pwd)
        return self._post("bank_transfer_in", checked_account(account), **asked)

    def bank_transfer_out(
        self,
        account: StockAccount,
        bank_no: str,
        bank_account: str,
        balance: float,
        bank_pwd: str = "",
        fund_pwd: str = "",
    ) -> Outcome:
        """Move money from the broker to a bank. Arguments as in `bank_transfer_in`. 证券转银行

        Source: the vendor's package of 2024.
        """
        asked = arguments.bank_transfer(bank_no, bank_account, balance, bank_pwd, fund_pwd)
        return self._response("bank_transfer_out", account, asked)

    def bank_transfer_out_async(
        self,
        account: StockAccount,
        bank_no: str,
        bank_account: str,
        balance: float,
        bank_pwd: str = "",
        fund_pwd: str = "",
    ) -> int:
        """The same; `on_bank_transfer_async_response` hears. Returns the seq. 证券转银行"""
        asked = arguments.bank_transfer(bank_no, bank_account, balance, bank_pwd, fund_pwd)
        return self._post("bank_transfer_out", checked_account(account), **asked)

    def query_bank_info(self, account: StockAccount) -> list[BankInfo] | None:
        """Ask which banks are tied to the account. 银行信息查询

        Source: the vendor's package of 2024; its document says dict.
        """
        return self._many(BankInfo, "query_bank_info", checked_account(account))

    def query_bank_info_async(
        self, account: StockAccount, callback: Callable[[list[BankInfo] | None], Any]
    ) -> int:
        """Ask which banks are tied; `callback` hears of them. Returns the seq. Ours."""
        return self._send("query_bank_info", checked_account(account), callback)

    def query_bank_amount(
        self, account: StockAccount, bank_no: str, bank_account: str, bank_pwd: str
    ) -> list[BankAmount] | None:
        """Ask how much money is at a bank. 银行余额查询

        Source: the vendor's package of 2025; its document says dict.
        """
        asked = arguments.bank_amount(bank_no, bank_account, bank_pwd)
        return self._many(BankAmount, "query_bank_amount", checked_account(account), **asked)

    def query_bank_amount_async(
        self,
        account: StockAccount,
        bank_no: str,
        bank_account: str,
        bank_pwd: str,
        callback: Callable[[list[BankAmount] | None], Any],
    ) -> int:
        """Ask how much money is at a bank; `callback` hears of it. Returns the seq. Ours."""
        asked = arguments.bank_amount(bank_no, bank_account, bank_pwd)
        return self._send("query_bank_amount", checked_account(account), callback, **asked)

    def query_bank_transfer_stream(
        self,
        account: StockAccount,
        start_date: str,
        end_date: str,
        bank_no: str = "",
        bank_account: str = "",
    ) -> list[BankTransferStream] | None:
        """Ask for past transfers between bank and broker. 银行转账流水查询

        Args:
            account: whose transfers.
            start_date: the first day, such as "20241125".
            end_date: the last day, included.
            bank_no: one bank's number; "" for all.
            bank_account: one account at the bank; "" for all.

        Source: the vendor's package of 2024; its document says dict.
        """
        asked = arguments.transfer_stream(start_date, end_date, bank_no, bank_account)
        whose = checked_account(account)
        return self._many(BankTransferStream, "query_bank_transfer_stream", whose, **asked)

    def query_bank_transfer_stream_async(
        self,
        account: StockAccount,
        start_date: str,
        end_date: str,
        callback: Callable[[list[BankTransferStream] | None], Any],
        bank_no: str = "",
        bank_account: str = "",
    ) -> int:
        """Ask for past transfers; `callback` hears of them. Returns the seq. Ours."""
        asked = arguments.transfer_stream(start_date, end_date, bank_no, bank_account)
        whose = checked_account(account)
        return self._send("query_bank_transfer_stream", whose, callback, **asked)

    def query_secu_account(self, account: StockAccount) -> list[SecuAccount] | None:
        """Ask for the shareholder accounts of the account, by market. 股东账户查询

        Source: the vendor's package of 2024; its document says dict.
        """
        return self._many(SecuAccount, "query_secu_account", checked_account(account))

    def query_secu_account_async(
        self, account: StockAccount, callback: Callable[[list[SecuAccount] | None], Any]
    ) -> int:
        """Ask for the shareholder accounts; `callback` hears of them. Returns the seq. Ours."""
        return self._send("query_secu_account", checked_account(account), callback)

    # -- CTP accounts -----------------------------------------------------------------------

    def ctp_transfer_option_to_future(
        self, opt_account_id: str, ft_account_id: str, balance: float
    ) -> Outcome:
        """Move money from a stock options account to a futures account. CTP资金内转

        Args:
            opt_account_id: the options account's number, as text.
            ft_account_id: the futures account's number, as text.
            balance: the amount, yuan, above 0.

        Returns:
            Whether it was done, and the terminal's words.

        Source: the vendor's package of 2025.
        """
        asked = arguments.ctp_transfer(opt_account_id, ft_account_id, balance)
        return self._response("ctp_transfer_option_to_future", None, asked)

    def ctp_transfer_option_to_future_async(
        self, opt_account_id: str, ft_account_id: str, balance: float
    ) -> int:
        """The same; `on_ctp_internal_transfer_async_response` hears. Returns the seq."""
        asked = arguments.ctp_transfer(opt_account_id, ft_account_id, balance)
        return self._post("ctp_transfer_option_to_future", None, **asked)

    def ctp_transfer_future_to_option(
        self, opt_account_id: str, ft_account_id: str, balance: float
    ) -> Outcome:
        """Move money from a futures account to a stock options account. CTP资金内转

        Arguments as in `ctp_transfer_option_to_future`, the options account first.

        Source: the vendor's package of 2025.
        """
        asked = arguments.ctp_transfer(opt_account_id, ft_account_id, balance)
        return self._response("ctp_transfer_future_to_option", None, asked)

    def ctp_transfer_future_to_option_async(
        self, opt_account_id: str, ft_account_id: str, balance: float
    ) -> int:
        """The same; `on_ctp_internal_transfer_async_response` hears. Returns the seq."""
        asked = arguments.ctp_transfer(opt_account_id, ft_account_id, balance)
        return self._post("ctp_transfer_future_to_option", None, **asked)

    def _outcome(self, method: str, account: StockAccount, asked: dict[str, Any]) -> Outcome:
        success, text = self._sure(tuple, method, checked_account(account), **asked)
        return success, text

    def _response(
        self, method: str, account: StockAccount | None, asked: dict[str, Any]
    ) -> Outcome:
        whose = None if method.startswith("ctp_") else checked_account(account)
        response = self._sure(XtBankTransferResponse, method, whose, **asked)
        return response.success, response.msg
