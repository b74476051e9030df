"""Every request of the API beyond a stock account's, as a table that tests run through.

A `Case` says how a method is called, what crosses the link, what a terminal
replies and what the caller gets; and what it gets when the terminal refuses.
`response` names the callback method that hears the asynchronous form; "" means
that it takes a function, and `place` is where that stands among the arguments.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from xtnb.vocabulary.algorithms import SmartAlgoTask
from xtnb.vocabulary.lending import SmtCompact, SmtOrder, SmtQuoter
from xtnb.vocabulary.subscriptions import IpoInfo
from xtnb.vocabulary.transfers import ComFund, ComPosition
from xtnb.xttype import (
    BankAmount,
    BankInfo,
    BankTransferStream,
    CreditAssure,
    CreditSloCode,
    CreditSubjects,
    SecuAccount,
    StkCompacts,
    XtBankTransferResponse,
    XtCreditDetail,
    XtOperateSmartTaskResponse,
    XtPositionStatistics,
    XtSmartAlgoOrderResponse,
    XtSmtAppointmentResponse,
)

REASON = "不支持 / refused by the test"
SAID = "refused by the test"  # what a caller reads of it, in the language of xtnb.options


@dataclass(frozen=True)
class Case:
    """One method. `arguments` leave the account out; `heard` is given the seq."""

    method: str
    arguments: dict[str, Any] = field(default_factory=dict)
    sent: dict[str, Any] | None = None
    replied: Any = None
    got: Any = None
    failed: Any = None
    account: bool = True
    waits: bool = True
    response: str = ""
    heard: Any = None
    heard_failed: Any = None

    @property
    def crosses(self) -> dict[str, Any]:
        return self.arguments if self.sent is None else self.sent


def listed(method: str, record: type, **arguments: Any) -> Case:
    rows = [record()]
    return Case(method, arguments, replied=rows, got=rows)


def dicts(method: str, row: Any, got: dict[str, Any]) -> Case:
    return Case(method, replied=[row], got=[got])


def moved(method: str, arguments: dict[str, Any], **more: Any) -> Case:
    replied, got = (True, "完成 / done"), (True, "done")
    return Case(method, arguments, replied=replied, got=got, failed=(False, SAID), **more)


def banked(method: str, arguments: dict[str, Any], response: str, **more: Any) -> Case:
    return moved(
        method,
        arguments,
        response=response,
        heard=lambda seq: XtBankTransferResponse(seq, True, "done"),
        heard_failed=lambda seq: XtBankTransferResponse(seq, False, SAID),
        **more,
    )


def borrowed(method: str, waits: bool = False, **arguments: Any) -> Case:
    done = (True, "accepted", "A1")
    return Case(
        method,
        arguments,
        replied=(True, "已受理 / accepted", "A1"),
        got=done,
        failed=(False, SAID, "-1"),
        waits=waits,
        response="on_smt_appointment_async_response",
        heard=lambda seq: XtSmtAppointmentResponse(seq, *done),
        heard_failed=lambda seq: XtSmtAppointmentResponse(seq, False, SAID, "-1"),
    )


BANK = {
    "bank_no": "A",
    "bank_account": "0200205001003215076",
    "balance": 10.0,
    "bank_pwd": "abc123",
    "fund_pwd": "",
}
CTP = {"opt_account_id": "60016061", "ft_account_id": "10001951", "balance": 10.0}
CTP_HEARS = "on_ctp_internal_transfer_async_response"
BANK_HEARS = "on_bank_transfer_async_response"
APPLIED = {"order_code": "000001.SZ", "date": 7, "amount": 100, "apply_rate": 0.2}
IPO = {
    "301208.SZ": IpoInfo("中亦科技", "STOCK", 16500, 500, "20220627", 46.06),
    "754810.SH": IpoInfo("丰山发债", "BOND", 10000, 10, "20220627", 100.0),
}
ALGORITHM = {
    "stock_code": "000001.SZ",
    "order_type": 23,
    "order_volume": 2000,
    "price_type": 11,
    "price": 11.65,
    "strategy_name": "smart_algo_demo",
    "order_remark": "smart_algo_remark",
    "algo_name": "VWAP",
    "start_time": "10:25:00",
    "end_time": "14:50:00",
    "algo_param": {"m_dLimitOverRate": 0.25, "m_strCmdRemark": "投资备注1"},
}
PARAMETERS = {"VWAP": [{"key": "m_dLimitOverRate", "name": "量比", "unit": "%"}]}
DEALS = [{"m_strInstrumentID": "ag2407", "m_strTradeID": "123456", "m_dPrice": 7600}]
QUOTER = SmtQuoter(code="600000.SH", fsmOccupiedRate=0.08, fsmPreendRate=0.01, unUsedRate=0.02)
COMPACT = SmtCompact(code="600000.SH", fsmOccupiedRate=0.08, unUsedRate=0.02)
COMPACT.preOccupiedInterest = 12.5

CASES = [
    listed("query_credit_detail", XtCreditDetail),
    listed("query_stk_compacts", StkCompacts),
    listed("query_credit_subjects", CreditSubjects),
    listed("query_credit_slo_code", CreditSloCode),
    listed("query_credit_assure", CreditAssure),
    listed("query_position_statistics", XtPositionStatistics),
    listed("query_bank_info", BankInfo),
    listed("query_secu_account", SecuAccount),
    listed(
        "query_bank_amount",
        BankAmount,
        bank_no="A",
        bank_account="0200205001003215076",
        bank_pwd="abc123",
    ),
    Case(
        "query_bank_transfer_stream",
        {"start_date": "20241125", "end_date": "20241129"},
        sent={
            "start_date": "20241125",
            "end_date": "20241129",
            "bank_no": "",
            "bank_account": "",
        },
        replied=[BankTransferStream()],
        got=[BankTransferStream()],
    ),
    Case(
        "query_new_purchase_limit",
        replied={"KCB": 5000, "SH": 12000, "SZ": 9500},
        got={"KCB": 5000, "SH": 12000, "SZ": 9500},
        failed={},
    ),
    Case(
        "query_ipo_data",
        replied=IPO,
        got={code: vars(info) for code, info in IPO.items()},
        failed={},
        account=False,
    ),
    Case(
        "query_com_fund",
        replied=ComFund(currentBalance=1.5),
        got={**vars(ComFund(currentBalance=1.5)), "erro": ""},
        failed={},
    ),
    dicts("query_com_position", ComPosition(stockCode="1"), vars(ComPosition(stockCode="1"))),
    dicts(
        "smt_query_quoter",
        QUOTER,
        {**vars(QUOTER), "fsmpOccupedRate": 0.08, "fsmpreendRate": 0.01, "unUusedRate": 0.02},
    ),
    dicts(
        "smt_query_compact",
        COMPACT,
        {
            **vars(COMPACT),
            "fsmpOccupedRate": 0.08,
            "unUusedRate": 0.02,
            "preOccupedInterest": 12.5,
        },
    ),
    dicts("smt_query_order", SmtOrder(applyId="A1"), vars(SmtOrder(applyId="A1"))),
    moved("fund_transfer", {"transfer_direction": 510, "price": 1000.0}),
    moved(
        "secu_transfer",
        {
            "transfer_direction": 520,
            "stock_code": "600000.SH",
            "volume": 100,
            "transfer_type": 0,
        },
    ),
    banked("bank_transfer_in", BANK, BANK_HEARS),
    banked("bank_transfer_out", BANK, BANK_HEARS),
    banked("ctp_transfer_option_to_future", CTP, CTP_HEARS, account=False),
    banked("ctp_transfer_future_to_option", CTP, CTP_HEARS, account=False),
    borrowed(
        "smt_negotiate_order",
        waits=True,
        src_group_id="",
        **APPLIED,
        dict_param={"subFareRate": 0.1, "fineRate": 0.1},
    ),
    borrowed("smt_appointment_order", **APPLIED),
    borrowed("smt_appointment_cancel", apply_id="A1"),
    borrowed(
        "smt_compact_renewal",
        cash_compact_id="C1",
        order_code="000001.SZ",
        defer_days=7,
        defer_num=100,
        apply_rate=0.2,
    ),
    borrowed(
        "smt_compact_return",
        src_group_id="G1",
        cash_compact_id="C1",
        order_code="000001.SZ",
        occur_amount=100,
    ),
    Case(
        "get_smart_algo_param",
        {"algo_name_list": ["VWAP"]},
        replied=PARAMETERS,
        got=PARAMETERS,
        failed={},
        account=False,
    ),
    Case(
        "smart_algo_order",
        ALGORITHM,
        replied=17,
        waits=False,
        response="on_smart_algo_order_async_response",
        heard=lambda seq: XtSmartAlgoOrderResponse(
            "1", 17, "smart_algo_demo", "smart_algo_remark", "", seq
        ),
        heard_failed=lambda seq: XtSmartAlgoOrderResponse(
            "1", -1, "smart_algo_demo", "smart_algo_remark", SAID, seq
        ),
    ),
    dicts("query_smart_algo_task", SmartAlgoTask(17), vars(SmartAlgoTask(17))),
    Case(
        "cancel_smart_algo_task",
        {"task_id": 17},
        replied=(True, "用户撤销 / by the user"),
        waits=False,
        response="on_operate_smart_task_async_response",
        heard=lambda seq: XtOperateSmartTaskResponse(seq, True, 17, "by the user", ""),
        heard_failed=lambda seq: XtOperateSmartTaskResponse(seq, False, 17, SAID, SAID),
    ),
    Case(
        "export_data",
        {"result_path": "nowhere/deal.csv", "data_type": "deal"},
        sent={
            "result_path": "nowhere/deal.csv",
            "data_type": "deal",
            "start_time": "",
            "end_time": "",
            "user_param": {},
        },
        replied={"msg": "export success"},
        got={"msg": "export success"},
        failed={"error": {"errorMsg": REASON}},
    ),
    Case(
        "sync_transaction_from_external",
        {"operation": "ADD", "data_type": "DEAL", "deal_list": DEALS},
        replied={"msg": "sync transaction from external success"},
        got={"msg": "sync transaction from external success"},
        failed={"error": {"msg": REASON}},
    ),
]
BY_METHOD = {case.method: case for case in CASES}
WAITING = [case for case in CASES if case.waits]
WITH_FUNCTION = [case for case in CASES if not case.response]
WITH_CALLBACK = [case for case in CASES if case.response]
