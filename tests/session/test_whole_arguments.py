"""What no terminal could accept is refused by name, and nothing is sent."""

from __future__ import annotations

import math

import pytest

from tests.session.whole_api import (
    APPLIED,
    BANK,
    BY_METHOD,
    CTP,
)
from xtnb.errors import InputError

named = pytest.mark.parametrize


def whose(case, account):
    return {"account": account} if case.account else {}


NAN, INF = math.nan, math.inf
NO_AMOUNT = [0, -1, -0.01, NAN, INF, "10", None, True, 0.00001]
NO_VOLUME = [0, -100, 100.5, "100", None, True, NAN]
NO_RATE = [-0.1, NAN, INF, "0.2", None, True]
NO_CODE = ["000001", "", None, 1, "000001.XX"]
NO_ID = ["", " ", None, 1.5, True, b"A"]
BAD = {
    "fund_transfer": {"transfer_direction": [509, 520, 515, "510", None, True], "price": NO_AMOUNT},
    "secu_transfer": {
        "transfer_direction": [510, 522, "520", None],
        "stock_code": [*NO_CODE, "SH60000", "sh600000"],
        "volume": NO_VOLUME,
        "transfer_type": [-1, 3, "0", None],
    },
    "bank_transfer_in": {"bank_no": NO_ID, "bank_account": NO_ID, "balance": NO_AMOUNT},
    "bank_transfer_out": {"bank_pwd": [None, 1.5], "fund_pwd": [None, b"x"]},
    "ctp_transfer_option_to_future": {"opt_account_id": NO_ID, "balance": NO_AMOUNT},
    "ctp_transfer_future_to_option": {"ft_account_id": NO_ID, "balance": NO_AMOUNT},
    "query_bank_amount": {"bank_no": NO_ID, "bank_account": NO_ID, "bank_pwd": [None]},
    "query_bank_transfer_stream": {
        "start_date": ["", "2024-11-25", "20241301", None, 2024.0, "20241130"],
        "end_date": ["", "20240230", None, "20241124"],
        "bank_no": [None],
    },
    "smt_negotiate_order": {
        "src_group_id": [None, 1.5],
        "order_code": NO_CODE,
        "date": NO_VOLUME,
        "amount": NO_VOLUME,
        "apply_rate": NO_RATE,
        "dict_param": ["fineRate", [0.1], {"fineRate": "0.1"}, {"subFareRate": -1}],
    },
    "smt_appointment_order": {"order_code": NO_CODE, "date": NO_VOLUME, "apply_rate": NO_RATE},
    "smt_appointment_cancel": {"apply_id": NO_ID},
    "smt_compact_renewal": {
        "cash_compact_id": NO_ID,
        "defer_days": NO_VOLUME,
        "defer_num": NO_VOLUME,
        "apply_rate": NO_RATE,
    },
    "smt_compact_return": {"cash_compact_id": NO_ID, "occur_amount": NO_VOLUME},
    "get_smart_algo_param": {"algo_name_list": ["VWAP", None, [1], 5]},
    "smart_algo_order": {
        "stock_code": NO_CODE,
        "order_volume": NO_VOLUME,
        "price": [NAN, -1, "11", None],
        "strategy_name": [None],
        "algo_name": ["", None, 1],
        "start_time": ["10:25", "25:00:00", "", None, 102500, "10:60:00", "14:50:00"],
        "end_time": ["14:50", "24:00:00", None, "10:25:00", "09:30:00"],
        "algo_param": ["x", [1], {1: 2}],
    },
    "cancel_smart_algo_task": {"task_id": ["17", None, 17.0, True]},
    "export_data": {
        "result_path": ["deal.txt", "", None, 5, "a\0.csv"],
        "data_type": ["", None, 1],
        "start_time": [1.5],
        "user_param": ["x", {1: 2}],
    },
    "sync_transaction_from_external": {
        "operation": ["ADDD", "add", None],
        "data_type": ["ORDER", None],
        "deal_list": [None, {"m_dPrice": 1}, "x", [1], [{1: 2}]],
    },
}


@named(
    ("method", "name", "value"),
    [(m, n, v) for m, table in BAD.items() for n, values in table.items() for v in values],
)
def test_a_bad_argument_is_named_and_nothing_is_sent(trader, link, account, method, name, value):
    case = BY_METHOD[method]
    blamed = {"start_time": "end_time", "start_date": "end_date"}
    function = {} if case.response else {"callback": print}
    asked = {**whose(case, account), **case.arguments, name: value}
    for form, more in ((method, {}), (f"{method}_async", function)):
        if hasattr(trader, form):
            with pytest.raises(InputError) as wrong:
                getattr(trader, form)(**asked, **more)
            assert wrong.value.argument in (name, blamed.get(name), "fineRate", "subFareRate")
    assert link.sent == []


def test_numbers_are_taken_as_the_vendor_takes_them(trader, link, account):
    link.answers.update(bank_transfer_in=(True, ""), secu_transfer=(True, ""))

    trader.bank_transfer_in(account, 1, 12345, 10, bank_pwd=123)
    trader.secu_transfer(account, 520, "SH600000", 200.0, 0)

    assert link.sent[0].arguments == {
        "bank_no": "1",
        "bank_account": "12345",
        "balance": 10.0,
        "bank_pwd": "123",
        "fund_pwd": "",
    }
    assert link.sent[1].arguments["stock_code"] == "600000.SH"
    assert type(link.sent[1].arguments["volume"]) is int


def test_an_application_leaves_unknown_rates_out(trader, link, account):
    trader.smt_negotiate_order_async(account, "", **APPLIED, dict_param={"other": 1})
    trader.smt_negotiate_order_async(account, "", **APPLIED)

    assert [request.arguments["dict_param"] for request in link.sent] == [{}, {}]


def test_an_application_that_did_not_succeed_has_minus_one_as_its_id(trader, link, diary, account):
    link.answers["smt_appointment_order"] = (False, "券源不足 / too little", "")

    trader.smt_appointment_order_async(account, **APPLIED)

    response = diary.wait("on_smt_appointment_async_response")
    assert (response.success, response.apply_id) == (False, "-1")


def test_tables_of_bad_arguments_name_real_parameters():
    for method, table in BAD.items():
        assert set(table) <= set(BY_METHOD[method].crosses), method
    assert BANK.keys() & CTP.keys() == {"balance"}
