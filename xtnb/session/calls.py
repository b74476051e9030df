"""One entry for each method of the API: how its answer is read, and who hears it.

`CALLS` is the table that everything else in the session reads. The checks below
it turn arguments into what crosses the link, or raise InputError before
anything is sent.
"""

from __future__ import annotations

import logging
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, SupportsIndex, cast

from xtnb import xtconstant as c
from xtnb.errors import InputError
from xtnb.vocabulary.messages import Reply, Request
from xtnb.vocabulary.money import units
from xtnb.vocabulary.records import StockAccount, XtCancelOrderResponse, XtOrderResponse
from xtnb.vocabulary.symbols import parse_symbol

_log = logging.getLogger("xtnb.session")


@dataclass(frozen=True, slots=True)
class Call:
    """What the session knows of one method.

    Attributes:
        read: turns the reply into what the caller, or its callback, gets.
        response: for orders and cancels, the callback method that hears the
            answer of the asynchronous form; "" where a function is handed in.
        at_once: the answer is news to nobody, so it never waits behind pushes.
    """

    read: Callable[[Request, Reply], Any]
    response: str = ""
    at_once: bool = False


def _complain(request: Request, reply: Reply) -> None:
    _log.warning("%s failed: %s", request.method, reply.error)


def _note(request: Request, reply: Reply) -> None:
    """A refusal reaches `on_order_error` or `on_cancel_error`: no warning, which is for faults."""
    _log.info("%s refused: %s", request.method, reply.error)


def _status(request: Request, reply: Reply) -> int:
    if reply.error:
        _complain(request, reply)
        return -1
    return int(reply.value)


def _rows(request: Request, reply: Reply) -> list[Any] | None:
    if reply.error:
        _complain(request, reply)
        return None
    return list(reply.value or ())


def _first(request: Request, reply: Reply) -> Any:
    rows = _rows(request, reply)
    return rows[0] if rows else None


def _value(request: Request, reply: Reply) -> Any:
    if reply.error:
        _complain(request, reply)
        return None
    return reply.value


def _order(request: Request, reply: Reply) -> XtOrderResponse:
    if reply.error:
        numbered = isinstance(reply.value, int) and reply.value > 0
        (_note if numbered else _complain)(request, reply)
    return XtOrderResponse(
        account_id=request.account_id,
        order_id=reply.value if isinstance(reply.value, int) else -1,
        strategy_name=request.arguments["strategy_name"],
        order_remark=request.arguments["order_remark"],
        error_msg=reply.error,
        seq=request.seq,
        account_type=request.account_type,
    )


def _cancel(request: Request, reply: Reply) -> XtCancelOrderResponse:
    if reply.error:
        (_note if reply.value else _complain)(request, reply)
    asked = request.arguments
    unanswered = (-1, asked.get("order_id", 0), asked.get("order_sysid", ""))
    result, order_id, order_sysid = reply.value or unanswered
    return XtCancelOrderResponse(
        account_id=request.account_id,
        cancel_result=result,
        order_id=order_id,
        order_sysid=order_sysid,
        seq=request.seq,
        error_msg=reply.error,
        account_type=request.account_type,
    )


ORDER = "order_stock"
CANCELS = frozenset({"cancel_order_stock", "cancel_order_stock_sysid"})
_CANCEL = Call(_cancel, "on_cancel_order_stock_async_response")

CALLS: Mapping[str, Call] = {
    "subscribe": Call(_status, at_once=True),
    "unsubscribe": Call(_status, at_once=True),
    "order_stock": Call(_order, "on_order_stock_async_response"),
    "cancel_order_stock": _CANCEL,
    "cancel_order_stock_sysid": _CANCEL,
    "query_stock_asset": Call(_first),
    "query_stock_order": Call(_first),
    "query_stock_orders": Call(_rows),
    "query_stock_trades": Call(_rows),
    "query_stock_position": Call(_first),
    "query_stock_positions": Call(_rows),
    "query_account_infos": Call(_rows),
    "query_account_status": Call(_rows),
}

# What is not a method of the manual's API, such as the market data of Desk.
OTHER = Call(_value, at_once=True)


# -- arguments ------------------------------------------------------------------------------


def whole(argument: str, value: object, form: str = "a whole number") -> int:
    """Read an int, also one of numpy's or a member of an enumeration; no bool, no float."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise InputError(argument, value, form)
    return operator.index(cast(SupportsIndex, value))


def checked_account(account: object) -> StockAccount:
    """Refuse what is no StockAccount: the vendor fails later, and elsewhere."""
    if not isinstance(account, StockAccount):
        raise InputError("account", account, "a StockAccount")
    return account


def checked_text(argument: str, value: object) -> str:
    """Refuse what is not text."""
    if not isinstance(value, str):
        raise InputError(argument, value, "text")
    return value


def checked_code(stock_code: object) -> str:
    """Refuse what no exchange would list."""
    return str(parse_symbol(cast(str, stock_code)))


def checked_listener(callback: object) -> Callable[[Any], Any]:
    """Refuse what cannot be called with an answer."""
    if not callable(callback):
        raise InputError("callback", callback, "a function of one argument")
    return callback


def order_arguments(
    stock_code: object,
    order_type: object,
    order_volume: object,
    price_type: object,
    price: object,
    strategy_name: object,
    order_remark: object,
) -> dict[str, Any]:
    """Check what an order is made of.

    A float volume passes when it is whole, because programs divide: 200.0 is
    200 shares, 100.9 is a mistake (the vendor sends 100).
    """
    volume = order_volume
    if isinstance(volume, float) and math.isfinite(volume) and volume.is_integer():
        volume = int(volume)
    shares = "a whole number of shares above 0"
    number = whole("order_volume", volume, shares)
    if number <= 0:
        raise InputError("order_volume", order_volume, shares)
    if units(cast(float, price)) < 0:
        raise InputError("price", price, "a number of yuan, 0 or above")
    return {
        "stock_code": checked_code(stock_code),
        "order_type": whole("order_type", order_type, "a number of xtconstant"),
        "order_volume": number,
        "price_type": whole("price_type", price_type, "a number of xtconstant"),
        "price": float(cast(float, price)),
        "strategy_name": checked_text("strategy_name", strategy_name),
        "order_remark": checked_text("order_remark", order_remark),
    }


def cancel_arguments(market: object, order_sysid: object, sysid: object) -> dict[str, Any]:
    """Check what a cancel by broker order id is made of; both spellings of the id will do."""
    given = [value for value in (order_sysid, sysid) if value is not None]
    if len(given) != 1 or not isinstance(given[0], str) or not given[0]:
        raise InputError("order_sysid", given[0] if given else None, "the broker order id as text")
    known = c.MARKET_STR_TO_ENUM_MAPPING
    if isinstance(market, str):
        if market not in known:
            raise InputError("market", market, f"a number, or one of {', '.join(known)}")
        market = known[market]
    return {"market": whole("market", market), "order_sysid": given[0]}
