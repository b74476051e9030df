"""What a terminal answers about its accounts, without moving anything."""

from __future__ import annotations

from collections.abc import Callable

from xtnb import xtconstant as c
from xtnb.errors import RefusalCode, Refused
from xtnb.terminal.account import StockAccountBooks
from xtnb.vocabulary.messages import Reply, Request
from xtnb.vocabulary.records import (
    XtAccountInfo,
    XtAccountStatus,
    XtAsset,
    XtOrder,
    XtPosition,
    XtTrade,
)

Accounts = dict[tuple[int, str], StockAccountBooks]


def no_account(request: Request) -> Refused:
    """The refusal of a request for an account that is not there."""
    kind = c.ACCOUNT_TYPE_DICT.get(request.account_type, str(request.account_type))
    return Refused(
        RefusalCode.UNKNOWN_ACCOUNT,
        f"没有 {kind} 账号 {request.account_id}",
        f"there is no {kind} account {request.account_id}",
    )


class AccountQueries:
    """Answers the queries of the API. A query for an unknown account raises Refused."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def calls(self) -> dict[str, Callable[[Request], Reply]]:
        """The methods by the names of the API."""
        return {
            "subscribe": self._subscribe,
            "unsubscribe": self._subscribe,
            "query_stock_asset": self._asset,
            "query_stock_order": self._one_order,
            "query_stock_orders": self._orders,
            "query_stock_trades": self._trades,
            "query_stock_position": self._one_position,
            "query_stock_positions": self._positions,
            "query_account_infos": self._account_infos,
            "query_account_status": self._account_status,
        }

    def _books(self, request: Request) -> StockAccountBooks:
        books = self._accounts.get((request.account_type, request.account_id))
        if books is None:
            raise no_account(request)
        return books

    def _subscribe(self, request: Request) -> Reply:
        known = (request.account_type, request.account_id) in self._accounts
        if known:
            return Reply(request.seq, 0)
        return Reply(request.seq, -1, str(no_account(request)), RefusalCode.UNKNOWN_ACCOUNT)

    def _asset(self, request: Request) -> Reply:
        asset: XtAsset = self._books(request).asset()
        return Reply(request.seq, [asset])

    def _one_order(self, request: Request) -> Reply:
        order = self._books(request).orders.get(request.arguments["order_id"])
        return Reply(request.seq, [order.record] if order else [])

    def _orders(self, request: Request) -> Reply:
        orders = self._books(request).orders.values()
        if request.arguments.get("cancelable_only"):
            return Reply(request.seq, [order.record for order in orders if order.open])
        records: list[XtOrder] = [order.record for order in orders]
        return Reply(request.seq, records)

    def _trades(self, request: Request) -> Reply:
        trades: list[XtTrade] = self._books(request).records_of_trades()
        return Reply(request.seq, trades)

    def _one_position(self, request: Request) -> Reply:
        books = self._books(request)
        code = request.arguments["stock_code"]
        return Reply(request.seq, [books.position(code)] if code in books.holdings else [])

    def _positions(self, request: Request) -> Reply:
        books = self._books(request)
        positions: list[XtPosition] = [books.position(code) for code in books.holdings]
        return Reply(request.seq, positions)

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
