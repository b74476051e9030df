"""What a terminal answers about its accounts, without moving anything."""

from __future__ import annotations

from collections.abc import Callable

from xtnb import xtconstant as c
from xtnb.errors import RefusalCode, Refused
from xtnb.terminal.accounts.orders import Books
from xtnb.vocabulary.messages import Reply, Request
from xtnb.vocabulary.records import (
    XtAccountInfo,
    XtAccountStatus,
)

Accounts = dict[tuple[int, str], Books]


def no_account(request: Request) -> Refused:
    """The refusal of a request for an account that is not there."""
    kind = c.ACCOUNT_TYPE_DICT.get(request.account_type, str(request.account_type))
    return Refused(
        RefusalCode.UNKNOWN_ACCOUNT,
        f"没有 {kind} 账号 {request.account_id}；模拟终端可用 desk.open_account 或 "
        "xtnb run --account 账号=资金 开立",
        f"there is no {kind} account {request.account_id}; a paper terminal opens one with "
        "desk.open_account, or xtnb run --account NUMBER=CASH",
    )


class AccountQueries:
    """Answers what concerns the accounts of a terminal as such: which there are, and how."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def calls(self) -> dict[str, Callable[[Request], Reply]]:
        """The methods that concern the accounts as such, by the names of the API."""
        return {
            "subscribe": self._subscribe,
            "unsubscribe": self._subscribe,
            "query_account_infos": self._account_infos,
            "query_account_status": self._account_status,
        }

    def _subscribe(self, request: Request) -> Reply:
        known = (request.account_type, request.account_id) in self._accounts
        if known:
            return Reply(request.seq, 0)
        return Reply(request.seq, -1, str(no_account(request)), RefusalCode.UNKNOWN_ACCOUNT)

    def _account_infos(self, request: Request) -> Reply:
        infos = [
            XtAccountInfo(account_id, account_type, account_type)
            for account_type, account_id in self._accounts
        ]
        return Reply(request.seq, infos)

    def _account_status(self, request: Request) -> Reply:
        status = [
            XtAccountStatus(account_id, account_type, c.ACCOUNT_STATUS_OK)
            for account_type, account_id in self._accounts
        ]
        return Reply(request.seq, status)
