"""The only three things that cross a link: `Request`, `Reply` and `Push`.

All are immutable. A request and its reply share a `seq`, unique in a session.
A push belongs to a terminal, to one life of it (`epoch`) and to a place in the
order of its pushes (`number`, rising by one for each push of that terminal).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Request(NamedTuple):
    """Something a session asks of a terminal. `method` is a name of the manual's API.

    Attributes:
        key: the client's name of one intent, unique in an account; a terminal
            carries a key out once and answers its repeats with the first reply.
            "" for queries, and for whoever does not care.
        valid_until: nanoseconds since the epoch after which an order is refused
            with `RefusalCode.EXPIRED`; 0 for no end.
        origin: from where and from which cell, as whoever asks says it; only for the audit.
        who: whose key it is. Crosses no wire: whoever serves a terminal to others sets
            it, and "" is a program of the terminal's own process.
    """

    seq: int
    method: str
    account_type: int
    account_id: str
    arguments: Mapping[str, Any]
    session: int = 0
    key: str = ""
    valid_until: int = 0
    origin: str = ""
    who: str = ""


class Reply(NamedTuple):
    """The answer to the request with the same `seq`.

    `error` is "" when the request was carried out; `value` is then its result.
    `after` is the number of the last push that was made before the reply; 0 where
    the link delivers both in one order anyhow.
    """

    seq: int
    value: Any
    error: str = ""
    error_id: int = 0
    after: int = 0


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


MOVES = frozenset(
    {
        "order_stock",
        "fund_transfer",
        "secu_transfer",
        "bank_transfer_in",
        "bank_transfer_out",
        "ctp_transfer_option_to_future",
        "ctp_transfer_future_to_option",
        "smt_negotiate_order",
        "smt_appointment_order",
        "smt_compact_renewal",
        "smt_compact_return",
        "smart_algo_order",
    }
)
"""What moves money or securities, or leads to it: carried out once, or not at all."""
