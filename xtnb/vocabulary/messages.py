"""The only three things that cross a link: `Request`, `Reply` and `Push`.

All are immutable. A request and its reply share a `seq`, unique in a session.
A push belongs to a terminal, to one life of it (`epoch`) and to a place in the
order of its pushes (`number`, rising by one for each push of that terminal).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Request(NamedTuple):
    """Something a session asks of a terminal. `method` is a name of the manual's API."""

    seq: int
    method: str
    account_type: int
    account_id: str
    arguments: Mapping[str, Any]
    session: int = 0


class Reply(NamedTuple):
    """The answer to the request with the same `seq`.

    `error` is "" when the request was carried out; `value` is then its result.
    """

    seq: int
    value: Any
    error: str = ""
    error_id: int = 0


class PushKind:
    """Names of pushes: those of the API are the callback's name without `on_`."""

    ORDER = "stock_order"
    TRADE = "stock_trade"
    POSITION = "stock_position"
    ASSET = "stock_asset"
    ORDER_ERROR = "order_error"
    CANCEL_ERROR = "cancel_error"
    ACCOUNT_STATUS = "account_status"
    DISCONNECTED = "disconnected"
    QUOTE = "quote"


class Push(NamedTuple):
    """News from a terminal.

    `session` and `seq` name the request that led to it, where one did: errors go
    back to that session even when it is not subscribed to the account.
    """

    terminal: str
    epoch: int
    number: int
    kind: str
    account_type: int
    account_id: str
    record: Any
    session: int = 0
    seq: int = 0
