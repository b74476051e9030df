"""A stand-in for the vendor's compiled client, which forwards to a link of ours.

The vendor's xttrader.py binds functions with `bindOn…Callback`, sends requests
with `…WithSeq` and reads the answers as native rows. Here each request becomes a
`Request` of ours, and each `Reply` the row that the vendor's code reads. What
crosses is in the table `FORWARD`.

Like the compiled module it never gives None for a list: a query that failed is
empty. Three request classes are strict about their fields, which are spelt as in
the compiled module; the rest take any.
"""

from __future__ import annotations

import itertools
import json
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.vendor.native_objects import STRICT, Struct, strict
from xtnb.errors import NotConnected
from xtnb.link.base import Link
from xtnb.session.answers import as_dict
from xtnb.vocabulary.algorithms import SmartAlgoTask
from xtnb.vocabulary.lending import SmtCompact, SmtOrder, SmtQuoter
from xtnb.vocabulary.messages import Push, PushKind, Reply, Request
from xtnb.vocabulary.options import in_language
from xtnb.vocabulary.subscriptions import IpoInfo
from xtnb.vocabulary.transfers import ComFund, ComPosition

# -- replies --------------------------------------------------------------------------------


def _rows(request: Request, reply: Reply) -> list[Any]:
    return [] if reply.error else list(reply.value)


def _named(record: type, names: dict[str, str]) -> Callable[[Request, Reply], list[Any]]:
    """Rows of `record` under the names of the compiled module; `names` is key -> field."""

    def read(request: Request, reply: Reply) -> list[Any]:
        found = [] if reply.error or not reply.value else reply.value
        rows = found if isinstance(found, list) else [found]
        dicts = [as_dict(record, row) for row in rows]
        return [Struct(**{names[key]: row[key] for key in names}) for row in dicts]

    return read


def _limits(request: Request, reply: Reply) -> list[Any]:
    rows = [] if reply.error else reply.value.items()
    key, value = "m_strNewPurchaseLimitKey", "m_nNewPurchaseLimitValue"
    return [Struct(**{key: market, value: shares}) for market, shares in rows]


_IPO = {
    "name": "m_strIPOName",
    "type": "m_strIPOType",
    "maxPurchaseNum": "m_nMaxPurchaseNum",
    "minPurchaseNum": "m_nMinPurchaseNum",
    "purchaseDate": "m_strPurchaseDate",
    "issuePrice": "m_dIssuePrice",
}


def _issues(request: Request, reply: Reply) -> list[Any]:
    rows = []
    for code, info in ({} if reply.error else reply.value).items():
        fields = as_dict(IpoInfo, info)
        rows.append(Struct(m_strIPOCode=code, **{_IPO[key]: fields[key] for key in _IPO}))
    return rows


def _status(request: Request, reply: Reply) -> int:
    return -1 if reply.error else int(reply.value)


def _order(request: Request, reply: Reply) -> Struct:
    return Struct(
        m_strAccountID=request.account_id,
        m_nOrderID=reply.value if isinstance(reply.value, int) else -1,
        m_strStrategyName=request.arguments["strategy_name"],
        m_strOrderRemark=request.arguments["order_remark"],
        m_strErrorMsg=reply.error,
    )


def _cancel(request: Request, reply: Reply) -> Struct:
    result, order_id, order_sysid = reply.value or (-1, 0, "")
    by_id = request.method == "cancel_order_stock"
    return Struct(
        m_strAccountID=request.account_id,
        m_nCancelResult=result,
        m_nOrderID=order_id,
        m_strOrderSysID="" if by_id else order_sysid,
        m_strErrorMsg=reply.error,
    )


def _pair(reply: Reply) -> tuple[bool, str]:
    success, text = (False, reply.error) if reply.error else reply.value
    return success, in_language(text)


def _moved(request: Request, reply: Reply) -> Struct:
    success, text = _pair(reply)
    return Struct(m_bSuccess=success, m_strMsg=text)


def _banked(request: Request, reply: Reply) -> Struct:
    success, text = _pair(reply)
    return Struct(success=success, error_msg=text)


def _borrowed(request: Request, reply: Reply) -> Struct:
    success, text, number = (False, reply.error, "-1") if reply.error else reply.value
    return Struct(m_bSuccess=success, m_strMsg=in_language(text), m_strApplyID=number)


def _exported(request: Request, reply: Reply) -> str:
    if reply.error:
        return json.dumps({"error": {"errorMsg": reply.error}})
    result = dict(reply.value)
    if (text := result.pop("csv", None)) is not None:
        Path(request.arguments["result_path"]).write_text(text, encoding="utf-8", newline="")
    return json.dumps(result)


def _synchronised(request: Request, reply: Reply) -> str:
    return json.dumps({"error": {"msg": reply.error}} if reply.error else reply.value)


def _datas(request: Request, reply: Reply) -> str:
    if reply.error:
        return json.dumps({"msg": reply.error})
    rows = reply.value
    if isinstance(rows, list):
        rows = [as_dict(SmartAlgoTask, row) for row in rows]
    return json.dumps({"datas": rows})


def _algorithm(request: Request, reply: Reply) -> str:
    answer = {
        "account_id": request.account_id,
        "task_id": -1 if reply.error else reply.value,
        "strategy_name": request.arguments["strategy_name"],
        "order_remark": request.arguments["order_remark"],
        "error_msg": in_language(reply.error),
    }
    return json.dumps({"error": answer} if reply.error else answer)


def _operated(request: Request, reply: Reply) -> Struct:
    success, reason = _pair(reply)
    task_id, text = request.arguments["task_id"], "" if success else reason
    return Struct(success=success, task_id=task_id, reason=reason, error_msg=text)


# -- requests -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Forward:
    """One native request.

    Attributes:
        method: ours; "" where `special` of the client chooses it.
        binder: which bound function hears the answer.
        read: Reply -> native row.
        fields: argument of ours -> field of the native request.
        fixed: arguments that the native request does not have.
    """

    method: str
    binder: str
    read: Callable[[Request, Reply], Any] = _rows
    fields: dict[str, str] = field(default_factory=dict)
    fixed: dict[str, Any] = field(default_factory=dict)


def _query(method: str, binder: str, **fields: str) -> Forward:
    return Forward(method, binder, _rows, fields)


def _borrowing(binder: str) -> dict[str, Forward]:
    """What the vendor's layer fails to send (defects 13 and 14) and the compiled client takes."""
    fields = {
        "smtAppointmentCancel": {"apply_id": "m_strApplyID"},
        "smtCompactRenewal": {
            "cash_compact_id": "m_strCompactID",
            "order_code": "m_strOrderCode",
            "defer_days": "m_nDeferDays",
            "defer_num": "m_nDeferNum",
            "apply_rate": "m_dApplyRate",
        },
        "smtCompactReturn": {
            "src_group_id": "m_strSrcGroupID",
            "cash_compact_id": "m_strCompactID",
            "order_code": "m_strOrderCode",
            "occur_amount": "m_nOccurAmount",
        },
    }
    methods = ("smt_appointment_cancel", "smt_compact_renewal", "smt_compact_return")
    return {
        name: Forward(method, binder, _borrowed, fields[name])
        for name, method in zip(fields, methods, strict=True)
    }


def forwards(names: dict[str, dict[str, str]]) -> dict[str, Forward]:
    """Native request -> what becomes of it. `names`: API method -> key -> native field."""

    def rows(method: str, binder: str, record: type) -> Forward:
        return Forward(method, binder, _named(record, names[method]))

    applied = {
        "order_code": "m_strOrderCode",
        "date": "m_nDate",
        "amount": "m_nAmount",
        "apply_rate": "m_dApplyRate",
    }
    smt = "SmtAppointmentResp"
    return {
        "subscribe": Forward("subscribe", "SubscribeResp", _status),
        "unsubscribe": Forward("unsubscribe", "UnsubscribeResp", _status),
        "orderStock": Forward(
            "order_stock",
            "OrderStockResp",
            _order,
            {
                "stock_code": "m_strStockCode",
                "order_type": "m_nOrderType",
                "order_volume": "m_nOrderVolume",
                "price_type": "m_nPriceType",
                "price": "m_dPrice",
                "strategy_name": "m_strStrategyName",
                "order_remark": "m_strOrderRemark",
            },
        ),
        "cancelOrderStock": Forward("", "CancelOrderStockResp", _cancel),
        "queryAccountInfos": _query("query_account_infos", "QueryAccountInfos"),
        "queryAccountStatus": _query("query_account_status", "QueryAccountStatus"),
        "queryStockAsset": _query("query_stock_asset", "QueryStockAsset"),
        "queryStockOrders": Forward("", "QueryStockOrders"),
        "queryStockTrades": _query("query_stock_trades", "QueryStockTrades"),
        "queryStockPositions": Forward("", "QueryStockPositions"),
        "queryCreditDetail": _query("query_credit_detail", "QueryCreditDetailResp"),
        "queryStkCompacts": _query("query_stk_compacts", "QueryStkCompactsResp"),
        "queryCreditSubjects": _query("query_credit_subjects", "QueryCreditSubjectsResp"),
        "queryCreditSloCode": _query("query_credit_slo_code", "QueryCreditSloCodeResp"),
        "queryCreditAssure": _query("query_credit_assure", "QueryCreditAssureResp"),
        "queryNewPurchaseLimit": Forward(
            "query_new_purchase_limit", "QueryNewPurchaseLimit", _limits
        ),
        "queryIPOData": Forward("query_ipo_data", "QueryIPOData", _issues),
        "transfer": Forward("", "TransferResp", _moved),
        "queryComFund": rows("query_com_fund", "QueryComFundResp", ComFund),
        "queryComPosition": rows("query_com_position", "QueryComPositionResp", ComPosition),
        "smtQueryQuoter": rows("smt_query_quoter", "SmtQueryQuoterResp", SmtQuoter),
        "smtQueryOrder": rows("smt_query_order", "SmtQueryOrderResp", SmtOrder),
        "smtQueryCompact": rows("smt_query_compact", "SmtQueryCompactResp", SmtCompact),
        "smtNegotiateOrder": Forward(
            "smt_negotiate_order", smt, _borrowed, {"src_group_id": "m_strSrcGroupID", **applied}
        ),
        "smtAppointmentOrder": Forward("smt_appointment_order", smt, _borrowed, applied),
        **_borrowing(smt),
        "queryPositionStatistics": _query(
            "query_position_statistics", "QueryPositionStatisticsResp"
        ),
        "bankTransfer": Forward("", "BankTransferResp", _banked),
        "queryBankInfo": _query("query_bank_info", "QueryBankInfoResp"),
        "queryBankAmount": _query(
            "query_bank_amount",
            "QueryBankAmountResp",
            bank_no="bank_no",
            bank_account="bank_account",
            bank_pwd="bank_pwd",
        ),
        "queryBankTransferStream": _query(
            "query_bank_transfer_stream",
            "QueryBankTransferStreamResp",
            start_date="start_date",
            end_date="end_date",
            bank_no="bank_no",
            bank_account="bank_account",
        ),
        "querySecuAccount": _query("query_secu_account", "QuerySecuAccountResp"),
        "ctpInternalTransfer": Forward("", "CtpInternalTransferResp", _banked),
        "exportData": Forward("export_data", "ExportDataResp", _exported),
        "syncTransactionFromExternal": Forward(
            "sync_transaction_from_external", "SyncTransactionFromExternalResp", _synchronised
        ),
        "getSmartAlgoParam": Forward("get_smart_algo_param", "GetSmartAlgoParamResp", _datas),
        "smartOrderStock": Forward("smart_algo_order", "SmartOrderStockResp", _algorithm),
        "querySmartAlgoTask": Forward("query_smart_algo_task", "QuerySmartAlgoTaskResp", _datas),
        "operateSmartAlgoTask": Forward(
            "cancel_smart_algo_task",
            "OperateSmartAlgoTaskResp",
            _operated,
            {"task_id": "m_nTaskId"},
        ),
    }


PUSHES = {
    PushKind.ORDER: "StockOrder",
    PushKind.TRADE: "StockTrade",
    PushKind.POSITION: "StockPosition",
    PushKind.ASSET: "StockAsset",
    PushKind.ORDER_ERROR: "OrderError",
    PushKind.CANCEL_ERROR: "CancelError",
}

Sent = tuple[str, int, str, dict[str, Any]]


def _special(name: str, bson: Any, found: tuple[Any, ...]) -> Sent | None:
    """The requests whose method of ours, or whose form, depends on what is in them."""
    if name == "getSmartAlgoParam":
        return "get_smart_algo_param", 0, "", {"algo_name_list": list(found[0])}
    if name in ("exportData", "syncTransactionFromExternal", "smartOrderStock"):
        return _documents(name, bson, found)
    if name == "querySmartAlgoTask":
        document = bson.BSON(found[0]).decode()
        return "query_smart_algo_task", document["account_type"], document["account_id"], {}
    request = vars(found[0])
    if name == "ctpInternalTransfer":
        way = {515: "option_to_future", 516: "future_to_option"}[request.pop("direction")]
        return f"ctp_transfer_{way}", 0, "", request
    if name == "bankTransfer":
        way = {501: "in", 502: "out"}[request.pop("direction")]
        kind, number = request.pop("account_type"), request.pop("account_id")
        return f"bank_transfer_{way}", kind, number, request
    whose = request.get("m_nAccountType", 0), request.get("m_strAccountID", "")
    if name == "queryStockOrders":
        if "m_nOrderID" in request:
            return "query_stock_order", *whose, {"order_id": request["m_nOrderID"]}
        only = bool(request.get("m_bCanCancel", False))
        return "query_stock_orders", *whose, {"cancelable_only": only}
    if name == "queryStockPositions":
        if code := request.get("m_strStockCode"):
            return "query_stock_position", *whose, {"stock_code": code}
        return "query_stock_positions", *whose, {}
    if name == "cancelOrderStock":
        if "m_nOrderID" in request:
            return "cancel_order_stock", *whose, {"order_id": request["m_nOrderID"]}
        sysid = {"market": request["m_nMarket"], "order_sysid": request["m_strOrderSysID"]}
        return "cancel_order_stock_sysid", *whose, sysid
    if name == "transfer":
        asked = {"transfer_direction": request["m_nOrderType"]}
        if "m_strStockCode" not in request:
            return "fund_transfer", *whose, {**asked, "price": request["m_dPrice"]}
        asked["stock_code"] = request["m_strStockCode"]
        asked["volume"] = request["m_nOrderVolume"]
        asked["transfer_type"] = request["m_nCreditTransferType"]
        return "secu_transfer", *whose, asked
    if name == "smtNegotiateOrder":
        rates = {"subFareRate": "m_dSubFareRate", "fineRate": "m_dFineRate"}
        return "", *whose, {"dict_param": {k: request[f] for k, f in rates.items() if f in request}}
    return None


def _documents(name: str, bson: Any, found: tuple[Any, ...]) -> Sent:
    first = bson.BSON(found[0]).decode()
    if name == "smartOrderStock":
        kind, number = first.pop("account_type"), first.pop("account_id")
        for moment in ("start_time", "end_time"):  # the vendor's seconds of the local day
            first[moment] = datetime.fromtimestamp(first[moment]).strftime("%H:%M:%S")
        more = bson.BSON(found[1]).decode()
        algo = {key: more[key] for key in more if not key.startswith("m_nValidTime")}
        return "smart_algo_order", kind, number, {**first, "algo_param": algo}
    whose = first["accountType"], first["accountID"]
    if name == "exportData":
        asked = {
            "result_path": first["resultPath"],
            "data_type": first["dataType"],
            "start_time": first["startTime"] or "",
            "end_time": first["endTime"] or "",
            "user_param": bson.BSON(found[1]).decode(),
        }
        return "export_data", *whose, asked
    deals = [bson.BSON(deal).decode() for deal in found[1]]
    asked = {"operation": first["operation"], "data_type": first["dataType"], "deal_list": deals}
    return "sync_transaction_from_external", *whose, asked


class Client:
    """XtQuantAsyncClient, over a link."""

    link_of: Callable[[str], Link]
    bson: Any
    table: dict[str, Forward]

    def __init__(self, path: bytes, name: str, session: int) -> None:
        self.path = path.decode("gb18030")
        self.session = session
        self.bound: dict[str, Callable[..., Any]] = {}
        self._link: Link | None = None
        self._numbers = itertools.count(1)
        self._waiting: dict[int, tuple[Request, Forward]] = {}

    def init(self) -> None:
        """Nothing to prepare."""

    def start(self) -> None:
        """Nothing to start before `connect`."""

    def stop(self) -> None:
        if self._link:
            self._link.close()

    def connect(self) -> int:
        self._link = type(self).link_of(self.path)
        return self._link.open(self.session, self._deliver)

    def nextSeq(self) -> int:  # noqa: N802 - the vendor's name
        return next(self._numbers)

    def setTimeout(self, seconds: float) -> None:  # noqa: N802 - the vendor's name
        """Nobody knows what it does."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("bindOn") and name.endswith("Callback"):
            return lambda function: self.bound.__setitem__(name[6:-8], function)
        if name.endswith("WithSeq") and (forward := self.table.get(name[:-7])):
            return lambda seq, *found: self._send(name[:-7], forward, seq, found)
        raise AttributeError(name)

    def _send(self, name: str, forward: Forward, seq: int, found: tuple[Any, ...]) -> None:
        sent = _special(name, self.bson, found)
        if sent is None or not sent[0]:
            request = vars(found[0])
            more = sent[3] if sent else {}
            asked = {key: request[at] for key, at in forward.fields.items()}
            kind = request.get("m_nAccountType", request.get("account_type", 0))
            number = request.get("m_strAccountID", request.get("account_id", ""))
            sent = forward.method, kind, number, {**asked, **more}
        request = Request(seq, *sent, self.session)
        self._waiting[seq] = request, forward
        try:
            if self._link:
                self._link.send(request)
        except NotConnected:
            return  # a lost link answers nobody, as at the vendor

    def _deliver(self, item: Reply | Push) -> None:
        try:
            if isinstance(item, Reply):
                request, forward = self._waiting.pop(item.seq)
                if function := self.bound.get(forward.binder):
                    function(item.seq, forward.read(request, item))
            elif item.kind == PushKind.DISCONNECTED:
                self.bound["Disconnected"]()
            elif item.kind == PushKind.ACCOUNT_STATUS:
                record = item.record
                names = ("m_strAccountID", "m_nAccountType", "m_nStatus")
                values = (record.account_id, record.account_type, record.status)
                self.bound["UpdateAccountStatus"](Struct(**dict(zip(names, values, strict=True))))
            elif item.kind in PUSHES:
                self.bound[PUSHES[item.kind]](item.record)
        except (AttributeError, RuntimeError):
            return  # the vendor's threads are not there yet, or not any more


def module(link_of: Callable[[str], Link], bson: Any, names: dict[str, Any]) -> types.ModuleType:
    """What stands in for `xtquant.xtpythonclient`."""
    made = types.ModuleType("xtquant.xtpythonclient")
    body = {"link_of": staticmethod(link_of), "bson": bson, "table": forwards(names)}
    made.XtQuantAsyncClient = type("XtQuantAsyncClient", (Client,), body)  # type: ignore[attr-defined]
    for name, fields in STRICT.items():
        setattr(made, name, strict(name, fields))
    made.__getattr__ = lambda name: _request(name)  # type: ignore[attr-defined]
    return made


def _request(name: str) -> type:
    if name.endswith(("Req", "Param")):
        return Struct
    raise AttributeError(name)
