"""One entry for each method of the API: how its answer is read, and who hears it.

`CALLS` is the table that everything else in the session reads. The checks below
it turn arguments into what crosses the link, or raise InputError before
anything is sent.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, SupportsIndex, cast

from xtnb import xtconstant as c
from xtnb.errors import InputError
from xtnb.session import answers
from xtnb.vocabulary.algorithms import SmartAlgoTask
from xtnb.vocabulary.lending import SmtCompact, SmtOrder, SmtQuoter
from xtnb.vocabulary.messages import Reply, Request
from xtnb.vocabulary.money import units
from xtnb.vocabulary.records import StockAccount
from xtnb.vocabulary.subscriptions import IpoInfo
from xtnb.vocabulary.symbols import HONG_KONG, legs_of, parse_symbol
from xtnb.vocabulary.transfers import ComFund, ComPosition


@dataclass(frozen=True, slots=True)
class Call:
    """What the session knows of one method.

    Attributes:
        read: turns the reply into what the caller, or its callback, gets.
        response: where the asynchronous form takes no function, the callback
            method that hears the answer.
        at_once: the answer is news to nobody, so it never waits behind pushes.
    """

    read: Callable[[Request, Reply], Any]
    response: str = ""
    at_once: bool = False


ORDER = "order_stock"
CANCELS = frozenset({"cancel_order_stock", "cancel_order_stock_sysid"})
_CANCEL = Call(answers.cancel, "on_cancel_order_stock_async_response")
_BANK = Call(answers.transfer, "on_bank_transfer_async_response")
_CTP = Call(answers.transfer, "on_ctp_internal_transfer_async_response")
_BORROW = Call(answers.appointment, "on_smt_appointment_async_response")
_ROWS = Call(answers.rows)

CALLS: Mapping[str, Call] = {
    "subscribe": Call(answers.status, at_once=True),
    "unsubscribe": Call(answers.status, at_once=True),
    "order_stock": Call(answers.order, "on_order_stock_async_response"),
    "cancel_order_stock": _CANCEL,
    "cancel_order_stock_sysid": _CANCEL,
    "query_stock_asset": Call(answers.first),
    "query_stock_order": Call(answers.first),
    "query_stock_orders": _ROWS,
    "query_stock_trades": _ROWS,
    "query_stock_position": Call(answers.first),
    "query_stock_positions": _ROWS,
    "query_account_infos": _ROWS,
    "query_account_status": _ROWS,
    "query_position_statistics": _ROWS,
    # margin accounts
    "query_credit_detail": _ROWS,
    "query_stk_compacts": _ROWS,
    "query_credit_subjects": _ROWS,
    "query_credit_slo_code": _ROWS,
    "query_credit_assure": _ROWS,
    # new issues
    "query_new_purchase_limit": Call(answers.mapping),
    "query_ipo_data": Call(answers.dicts_by_key(IpoInfo)),
    # counters, banks
    "fund_transfer": Call(answers.outcome),
    "secu_transfer": Call(answers.outcome),
    "query_com_fund": Call(answers.dict_of(ComFund)),
    "query_com_position": Call(answers.dicts_of(ComPosition)),
    "bank_transfer_in": _BANK,
    "bank_transfer_out": _BANK,
    "query_bank_info": _ROWS,
    "query_bank_amount": _ROWS,
    "query_bank_transfer_stream": _ROWS,
    "query_secu_account": _ROWS,
    "ctp_transfer_option_to_future": _CTP,
    "ctp_transfer_future_to_option": _CTP,
    # borrowed securities
    "smt_query_quoter": Call(answers.dicts_of(SmtQuoter)),
    "smt_query_order": Call(answers.dicts_of(SmtOrder)),
    "smt_query_compact": Call(answers.dicts_of(SmtCompact)),
    "smt_negotiate_order": _BORROW,
    "smt_appointment_order": _BORROW,
    "smt_appointment_cancel": _BORROW,
    "smt_compact_renewal": _BORROW,
    "smt_compact_return": _BORROW,
    # algorithms
    "get_smart_algo_param": Call(answers.mapping),
    "smart_algo_order": Call(answers.algorithm_order, "on_smart_algo_order_async_response"),
    "query_smart_algo_task": Call(answers.dicts_of(SmartAlgoTask)),
    "cancel_smart_algo_task": Call(
        answers.algorithm_change, "on_operate_smart_task_async_response"
    ),
    # data
    "export_data": Call(answers.exported),
    "sync_transaction_from_external": Call(answers.synchronised),
    # ours: what desk.history asks
    "history": Call(answers.told, at_once=True),
    # ours: what a preview asks of the limits in front of a terminal
    "limits": Call(answers.whole, at_once=True),
}

# What is not a method of the manual's API, such as the market data of Desk.
OTHER = Call(answers.value, at_once=True)
# Requests that a program makes by itself; see plumbing.py.
BY_HAND = Call(answers.value)


# -- arguments ------------------------------------------------------------------------------


def whole(argument: str, value: object, form: str = "a whole number") -> int:
    """Read an int, also one of numpy's or a member of an enumeration; no bool, no float.

    Nothing here, and no broker, has room for more than 64 bits.
    """
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise InputError(argument, value, form)
    number = operator.index(cast(SupportsIndex, value))
    if not -(2**63) <= number < 2**63:
        raise InputError(argument, value, form)
    return number


def checked_account(account: object) -> StockAccount:
    """Refuse what is no StockAccount: the vendor fails later, and elsewhere."""
    if not isinstance(account, StockAccount):
        raise InputError("account", account, "a StockAccount")
    return account


def checked_text(argument: str, value: object) -> str:
    """Refuse what is not text, and text that cannot be written down, such as half a pair."""
    if not isinstance(value, str):
        raise InputError(argument, value, "text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InputError(argument, value, "text") from None
    return value


def checked_code(stock_code: object, argument: str = "stock_code") -> str:
    """Refuse what no exchange would list, and say what was probably meant."""
    try:
        return str(parse_symbol(cast(str, stock_code), argument))
    except InputError as wrong:
        from xtnb.rules.suggest import question  # it reads every instrument; who errs can wait

        raise InputError(argument, stock_code, wrong.expected, question(stock_code)) from None


def checked_listener(callback: object) -> Callable[[Any], Any]:
    """Refuse what cannot be called with an answer."""
    if not callable(callback):
        raise InputError("callback", callback, "a function of one argument")
    return callback


_NO_SECURITY = frozenset({c.CREDIT_DIRECT_CASH_REPAY, c.CREDIT_DIRECT_CASH_REPAY_SPECIAL})


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
    200 shares, 100.9 is a mistake (the vendor sends 100). Only a combination of two
    contracts can have a price below 0. Direct repayment (32, 45) is about no security:
    its code may be any text, also "".
    """
    volume = order_volume
    if isinstance(volume, float) and math.isfinite(volume) and volume.is_integer():
        volume = int(volume)
    shares = "a whole number of shares above 0"
    number = whole("order_volume", volume, shares)
    if number <= 0:
        raise InputError("order_volume", order_volume, shares)
    kind = whole("order_type", order_type, "a number of xtconstant")
    repays = kind in _NO_SECURITY
    code = checked_text("stock_code", stock_code) if repays else checked_code(stock_code)
    if units(cast(float, price)) < 0 and legs_of(code) is None:
        raise InputError("price", price, "a number of yuan, 0 or above")
    return {
        "stock_code": code,
        "order_type": kind,
        "order_volume": number,
        "price_type": whole("price_type", price_type, "a number of xtconstant"),
        "price": float(cast(float, price)),
        "strategy_name": checked_text("strategy_name", strategy_name),
        "order_remark": checked_text("order_remark", order_remark),
    }


def cancel_arguments(market: object, order_sysid: object, sysid: object) -> dict[str, Any]:
    """Check what a cancel by broker order id is made of; both spellings of the id will do.

    The vendor's constants have no number for Hong Kong: "HGT", "SGT" and "HK" go as text.
    """
    given = [value for value in (order_sysid, sysid) if value is not None]
    if len(given) != 1 or not isinstance(given[0], str) or not given[0]:
        raise InputError("order_sysid", given[0] if given else None, "the broker order id as text")
    known = c.MARKET_STR_TO_ENUM_MAPPING
    if isinstance(market, str):
        if market in HONG_KONG:
            return {"market": market, "order_sysid": given[0]}
        if market not in known:
            texts = ", ".join((*known, *HONG_KONG))
            raise InputError("market", market, f"a number, or one of {texts}")
        market = known[market]
    return {"market": whole("market", market), "order_sysid": given[0]}
