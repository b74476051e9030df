"""Each method of ours as a call of the vendor's package, and its answer as ours.

`CALLS` is the table. Orders, cancels, transfers of banks and CTP accounts, borrowing
and algorithms go by the vendor's asynchronous forms, whose answers come to a
callback; everything else by the synchronous ones.
"""

from __future__ import annotations

import json
import secrets
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from xtnb import xtconstant as c
from xtnb.journal.whole import make_folder
from xtnb.link.vendor_records import ours, rows
from xtnb.vocabulary.algorithms import SmartAlgoTask
from xtnb.vocabulary.credit import (
    CreditAssure,
    CreditSloCode,
    CreditSubjects,
    StkCompacts,
    XtCreditDetail,
)
from xtnb.vocabulary.derivatives import XtPositionStatistics
from xtnb.vocabulary.lending import SmtCompact, SmtOrder, SmtQuoter
from xtnb.vocabulary.messages import Request
from xtnb.vocabulary.records import (
    XtAccountInfo,
    XtAccountStatus,
    XtAsset,
    XtOrder,
    XtPosition,
    XtTrade,
)
from xtnb.vocabulary.subscriptions import IpoInfo
from xtnb.vocabulary.transfers import (
    BankAmount,
    BankInfo,
    BankTransferStream,
    ComFund,
    ComPosition,
    SecuAccount,
)

ORDER = "order_stock"
ALGORITHM = "smart_algo_order"
TAGGED = frozenset({ORDER, ALGORITHM})  # their remark comes back with what they led to
CANCELS = frozenset({"cancel_order_stock", "cancel_order_stock_sysid"})
_CREDIT = frozenset({c.CREDIT_ACCOUNT})
_MARGINED = frozenset({c.FUTURE_ACCOUNT, c.FUTURE_OPTION_ACCOUNT, c.STOCK_OPTION_ACCOUNT})
_REFUSED = "终端拒绝，未说明原因 / the terminal refused and gave no reason"


@dataclass(frozen=True, slots=True)
class Whose:
    """An account as the vendor's calls read it. Its own class takes a text only
    for the type, and gives a text back for a number (defect 17)."""

    account_type: int
    account_id: str


class Answer(NamedTuple):
    """What a reply is made of. `error_id` is 0, or a `RefusalCode` of the link's own."""

    value: Any
    error: str = ""
    error_id: int = 0


Arguments = Mapping[str, Any]
Ask = Callable[[Any, Whose, Arguments], Any]
Read = Callable[[Request, Any], Answer]


@dataclass(frozen=True, slots=True)
class Call:
    """How one method is asked, and how its answer is read.

    Attributes:
        ask: calls the vendor's trader.
        read: the vendor's answer -> what the reply is made of.
        later: the answer comes to the callback; what `ask` returns is its number.
        kinds: the account types that have it; empty for all. The vendor gives an empty
            list for failed, for not allowed and for empty; this tells the second apart.
    """

    ask: Ask
    read: Read
    later: bool = False
    kinds: frozenset[int] = frozenset()


# -- answers -------------------------------------------------------------------------------


def _rows(record: type) -> Read:
    def read(request: Request, found: Any) -> Answer:
        return Answer(rows(record, found, account_type=request.account_type))

    return read


def _one(record: type) -> Read:
    def read(request: Request, found: Any) -> Answer:
        listed = [] if found is None else [found]
        return Answer(rows(record, listed, account_type=request.account_type))

    return read


def _status(request: Request, found: Any) -> Answer:
    return Answer(found, "" if found == 0 else _REFUSED)


def _order(request: Request, found: Any) -> Answer:
    refused = found.order_id <= 0
    return Answer(found.order_id, found.error_msg or (_REFUSED if refused else ""))


def _cancel(request: Request, found: Any) -> Answer:
    asked = request.arguments
    order_id = found.order_id or asked.get("order_id", 0)
    sysid = found.order_sysid or asked.get("order_sysid", "")
    refused = found.cancel_result != 0
    error = found.error_msg or (_REFUSED if refused else "")
    return Answer((found.cancel_result, order_id, sysid), error)


def _pair(request: Request, found: Any) -> Answer:
    success, text = found
    return Answer((bool(success), str(text)))


def _moved(request: Request, found: Any) -> Answer:
    return Answer((bool(found.success), str(found.msg)))


def _borrowed(request: Request, found: Any) -> Answer:
    return Answer((bool(found.success), str(found.msg), str(found.apply_id)))


def _limits(request: Request, found: Any) -> Answer:
    return Answer({str(market): int(shares) for market, shares in found.items()})


def _issues(request: Request, found: Any) -> Answer:
    return Answer({str(code): ours(IpoInfo, row) for code, row in found.items()})


def _fund(request: Request, found: Any) -> Answer:
    return Answer([ours(ComFund, found)] if found else [])


def _datas(request: Request, found: Any) -> Answer:
    """Read the terminal's own text: the vendor's layer raises KeyError when it was refused."""
    answer = json.loads(found)
    answer = answer.get("error", answer)
    if "datas" not in answer:
        words = (answer.get(name) for name in ("msg", "errorMsg", "error_msg"))
        return Answer(None, next(filter(None, words), _REFUSED))
    return Answer(answer["datas"])


def _tasks(request: Request, found: Any) -> Answer:
    answer = _datas(request, found)
    return answer if answer.error else Answer(rows(SmartAlgoTask, answer.value))


def _task(request: Request, found: Any) -> Answer:
    refused = bool(found.error_msg) or found.task_id in (-1, "-1")
    if refused:
        return Answer(None, found.error_msg or _REFUSED)
    return Answer(int(found.task_id))


def _operated(request: Request, found: Any) -> Answer:
    success = bool(found.success)
    reason = found.operate_reason or found.error_msg or ("" if success else _REFUSED)
    return Answer((success, reason))


def _exported(request: Request, found: Any) -> Answer:
    if "error" in found:
        return Answer(None, str(found["error"].get("errorMsg") or _REFUSED))
    return Answer(found)


def _synchronised(request: Request, found: Any) -> Answer:
    if "error" in found:
        return Answer(None, str(found["error"].get("msg") or _REFUSED))
    return Answer(found)


# -- questions -----------------------------------------------------------------------------


def _cancel_sysid(trader: Any, whose: Whose, asked: Arguments) -> Any:
    """Name the market by its text, which fills both fields of the native request."""
    market = asked["market"]
    names = {number: name for name, number in c.MARKET_STR_TO_ENUM_MAPPING.items()}
    if isinstance(market, int):
        market = names.get(market, market)
    return trader.cancel_order_stock_sysid_async(whose, market, asked["order_sysid"])


def _export(trader: Any, whose: Whose, asked: Arguments) -> dict[str, Any]:
    """Let the terminal write where it runs, and give the text: who asked may be elsewhere."""
    # not by mkdtemp: what that makes for an administrator is closed to the terminal of the user
    place = Path(tempfile.gettempdir()) / f"xtnb-export-{secrets.token_hex(8)}"
    make_folder(place)
    try:
        path = place / "export.csv"
        found: dict[str, Any] = trader.export_data(
            whose,
            str(path),
            asked["data_type"],
            asked["start_time"] or None,
            asked["end_time"] or None,
            dict(asked["user_param"]),
        )
        if "error" not in found and not path.is_file():
            return {"error": {"errorMsg": "终端没有写出文件 / the terminal wrote no file"}}
        return found if "error" in found else {**found, "csv": _text(path.read_bytes())}
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _text(written: bytes) -> str:
    try:
        return written.decode("utf-8-sig")
    except UnicodeDecodeError:
        return written.decode("gb18030", "replace")


def _algorithm(trader: Any, whose: Whose, asked: Arguments) -> Any:
    """The vendor's writes into the dict of parameters: it gets a copy (defect 21)."""
    names = ("stock_code", "order_type", "order_volume", "price_type", "price", "strategy_name")
    named = [asked[name] for name in (*names, "order_remark", "algo_name")]
    times = asked["start_time"], asked["end_time"]
    return trader.smart_algo_order_async(whose, *named, *times, dict(asked["algo_param"]))


def _with(method: str, *names: str) -> Ask:
    """Call `method` with the account and these arguments, by place."""

    def ask(trader: Any, whose: Whose, asked: Arguments) -> Any:
        return getattr(trader, method)(whose, *(asked[name] for name in names))

    return ask


def _without_account(method: str, *names: str) -> Ask:
    def ask(trader: Any, whose: Whose, asked: Arguments) -> Any:
        return getattr(trader, method)(*(asked[name] for name in names))

    return ask


def _query(method: str, record: type, *names: str, kinds: frozenset[int] = frozenset()) -> Call:
    return Call(_with(method, *names), _rows(record), kinds=kinds)


def _bank(way: str) -> Call:
    names = ("bank_no", "bank_account", "balance", "bank_pwd", "fund_pwd")
    return Call(_with(f"bank_transfer_{way}_async", *names), _moved, True)


def _ctp(way: str) -> Call:
    names = ("opt_account_id", "ft_account_id", "balance")
    return Call(_without_account(f"ctp_transfer_{way}_async", *names), _moved, True)


def _borrow(method: str, *names: str) -> Call:
    return Call(_with(f"{method}_async", *names), _borrowed, True)


_ORDERED = ("stock_code", "order_type", "order_volume", "price_type", "price")
_NAMED = ("strategy_name", "order_remark")
_APPLIED = ("order_code", "date", "amount", "apply_rate")

CALLS: Mapping[str, Call] = {
    "subscribe": Call(_with("subscribe"), _status),
    "unsubscribe": Call(_with("unsubscribe"), _status),
    ORDER: Call(_with("order_stock_async", *_ORDERED, *_NAMED), _order, True),
    "cancel_order_stock": Call(_with("cancel_order_stock_async", "order_id"), _cancel, True),
    "cancel_order_stock_sysid": Call(_cancel_sysid, _cancel, True),
    "query_stock_asset": Call(_with("query_stock_asset"), _one(XtAsset)),
    "query_stock_order": Call(_with("query_stock_order", "order_id"), _one(XtOrder)),
    "query_stock_orders": _query("query_stock_orders", XtOrder, "cancelable_only"),
    "query_stock_trades": _query("query_stock_trades", XtTrade),
    "query_stock_position": Call(_with("query_stock_position", "stock_code"), _one(XtPosition)),
    "query_stock_positions": _query("query_stock_positions", XtPosition),
    "query_account_infos": Call(_without_account("query_account_infos"), _rows(XtAccountInfo)),
    "query_account_status": Call(_without_account("query_account_status"), _rows(XtAccountStatus)),
    "query_position_statistics": _query(
        "query_position_statistics", XtPositionStatistics, kinds=_MARGINED
    ),
    "query_credit_detail": _query("query_credit_detail", XtCreditDetail, kinds=_CREDIT),
    "query_stk_compacts": _query("query_stk_compacts", StkCompacts, kinds=_CREDIT),
    "query_credit_subjects": _query("query_credit_subjects", CreditSubjects, kinds=_CREDIT),
    "query_credit_slo_code": _query("query_credit_slo_code", CreditSloCode, kinds=_CREDIT),
    "query_credit_assure": _query("query_credit_assure", CreditAssure, kinds=_CREDIT),
    "query_new_purchase_limit": Call(_with("query_new_purchase_limit"), _limits),
    "query_ipo_data": Call(_without_account("query_ipo_data"), _issues),
    "fund_transfer": Call(_with("fund_transfer", "transfer_direction", "price"), _pair),
    "secu_transfer": Call(
        _with("secu_transfer", "transfer_direction", "stock_code", "volume", "transfer_type"),
        _pair,
    ),
    "query_com_fund": Call(_with("query_com_fund"), _fund),
    "query_com_position": _query("query_com_position", ComPosition),
    "bank_transfer_in": _bank("in"),
    "bank_transfer_out": _bank("out"),
    "query_bank_info": _query("query_bank_info", BankInfo),
    "query_bank_amount": _query(
        "query_bank_amount", BankAmount, "bank_no", "bank_account", "bank_pwd"
    ),
    "query_bank_transfer_stream": _query(
        *("query_bank_transfer_stream", BankTransferStream),
        *("start_date", "end_date", "bank_no", "bank_account"),
    ),
    "query_secu_account": _query("query_secu_account", SecuAccount),
    "ctp_transfer_option_to_future": _ctp("option_to_future"),
    "ctp_transfer_future_to_option": _ctp("future_to_option"),
    "smt_query_quoter": _query("smt_query_quoter", SmtQuoter, kinds=_CREDIT),
    "smt_query_order": _query("smt_query_order", SmtOrder, kinds=_CREDIT),
    "smt_query_compact": _query("smt_query_compact", SmtCompact, kinds=_CREDIT),
    "smt_negotiate_order": _borrow("smt_negotiate_order", "src_group_id", *_APPLIED, "dict_param"),
    "smt_appointment_order": _borrow("smt_appointment_order", *_APPLIED),
    "smt_appointment_cancel": _borrow("smt_appointment_cancel", "apply_id"),
    "smt_compact_renewal": _borrow(
        *("smt_compact_renewal", "cash_compact_id", "order_code"),
        *("defer_days", "defer_num", "apply_rate"),
    ),
    "smt_compact_return": _borrow(
        *("smt_compact_return", "src_group_id", "cash_compact_id"),
        *("order_code", "occur_amount"),
    ),
    "get_smart_algo_param": Call(
        _without_account("get_smart_algo_param", "algo_name_list"), _datas
    ),
    ALGORITHM: Call(_algorithm, _task, True),
    "query_smart_algo_task": Call(_with("query_smart_algo_task"), _tasks),
    "cancel_smart_algo_task": Call(
        _with("cancel_smart_algo_task_async", "task_id"), _operated, True
    ),
    "export_data": Call(_export, _exported),
    "sync_transaction_from_external": Call(
        lambda trader, whose, asked: trader.sync_transaction_from_external(
            asked["operation"], asked["data_type"], whose, list(asked["deal_list"])
        ),
        _synchronised,
    ),
}
# Answers of which the terminal's own text or rows are read, not what the vendor's layer makes
# of them: that raises KeyError or IndexError when it was refused or there is nothing.
RAW = frozenset({"get_smart_algo_param", "query_smart_algo_task"})
EMPTY_ROWS = frozenset({"query_com_fund"})
