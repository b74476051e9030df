"""What a session may rely on with accounts of every kind, whichever way leads to the terminal."""

from __future__ import annotations

import dataclasses
import json

import pytest

from tests.contract.conftest import HOUSES, Reach
from tests.contract.house import ACCOUNTS
from tests.session.whole_api import CASES, Case
from xtnb import xtconstant as c
from xtnb.xttype import StockAccount

CREDIT, FUTURES, OPTIONS = ACCOUNTS["credit"], ACCOUNTS["futures"], ACCOUNTS["options"]
# Query -> the kinds of account that answer it with rows from the start.
ROWS = {
    "query_stock_asset": ACCOUNTS,
    "query_stock_positions": ACCOUNTS,
    "query_secu_account": ["stock", "credit", "options"],
    "query_bank_info": ACCOUNTS,
    "query_credit_detail": ["credit"],
    "query_stk_compacts": ["credit"],
    "query_credit_subjects": ["credit"],
    "query_credit_slo_code": ["credit"],
    "query_credit_assure": ["credit"],
    "smt_query_quoter": ["credit"],
    "query_position_statistics": ["futures", "options"],
    "query_com_fund": ["stock", "credit"],
    "query_com_position": ["stock", "credit"],
}
BOTH = [(method, kind) for method, kinds in ROWS.items() for kind in kinds]
BY_METHOD = {case.method: case for case in CASES}


@pytest.fixture(params=HOUSES)
def reach(request):
    reach: Reach = HOUSES[request.param]()
    yield reach
    reach.close()


@pytest.fixture
def trader(reach, diary):
    trader = reach.trader(1, diary)
    assert trader.connect() == 0
    return trader


def heard(trader, diary, method, *arguments, **named):
    """What an asynchronous request is answered with."""
    case: Case = BY_METHOD[method]
    count = diary.names().count(case.response)
    seq = getattr(trader, f"{method}_async")(*arguments, **named)
    response = diary.wait(case.response, count + 1)
    assert response.seq == seq
    return response


@pytest.mark.parametrize(("method", "kind"), BOTH)
def test_c40_every_query_has_rows_from_the_start_and_both_forms_agree(trader, diary, method, kind):
    found = getattr(trader, method)(ACCOUNTS[kind])

    assert found
    getattr(trader, f"{method}_async")(ACCOUNTS[kind], lambda rows: diary.write("rows", rows))
    assert diary.wait("rows") == found


@pytest.mark.parametrize(("method", "kind"), BOTH)
def test_c41_rows_are_plain_and_of_their_declared_types(trader, method, kind):
    found = getattr(trader, method)(ACCOUNTS[kind])
    for row in found if isinstance(found, list) else [found]:
        fields = row if isinstance(row, dict) else vars(row)
        assert json.loads(json.dumps(fields)) == fields
        if not isinstance(row, dict):
            for one in dataclasses.fields(row):
                assert type(getattr(row, one.name)).__name__ == one.type, (type(row), one.name)


@pytest.mark.parametrize("kind", ACCOUNTS)
def test_c42_a_record_says_whose_it_is(trader, kind):
    account = ACCOUNTS[kind]
    rows = [trader.query_stock_asset(account), *trader.query_stock_positions(account)]

    assert len(rows) > 1
    whose = {(row.account_type, row.account_id) for row in rows}
    assert whose == {(account.account_type, account.account_id)}


def test_c43_a_query_of_another_kind_of_account_fails(trader):
    assert trader.query_credit_detail(ACCOUNTS["stock"]) is None
    assert trader.query_position_statistics(CREDIT) is None
    assert trader.query_stk_compacts(StockAccount("no such account", "CREDIT")) is None
    assert trader.query_com_fund(StockAccount("no such account")) == {}
    assert trader.query_com_position(StockAccount("no such account")) is None


@pytest.mark.parametrize("kind", ACCOUNTS)
def test_c44_an_order_type_of_another_account_is_refused_and_moves_nothing(trader, diary, kind):
    account = ACCOUNTS[kind]
    trader.subscribe(account)
    before = trader.query_stock_asset(account)
    other = c.FUTURE_OPEN_LONG if kind != "futures" else c.CREDIT_FIN_BUY
    code = trader.query_stock_positions(account)[0].stock_code

    order_id = trader.order_stock(account, code, other, 100, c.FIX_PRICE, 1.0, "s", "wrong")

    error = diary.wait("on_order_error")
    order = trader.query_stock_order(account, order_id)
    assert (error.order_id, error.order_remark) == (order_id, "wrong")
    assert (order.order_status, order.account_type) == (c.ORDER_JUNK, account.account_type)
    assert order.status_msg == error.error_msg != ""
    assert trader.query_stock_asset(account) == before


def test_c45_a_margin_buy_makes_a_debt_contract(reach, trader):
    trader.subscribe(CREDIT)
    code = "600036.SH"
    before = {compact.compact_id for compact in trader.query_stk_compacts(CREDIT)}
    price = reach.quote(code).ask_price[-1]

    order_id = trader.order_stock(CREDIT, code, c.CREDIT_FIN_BUY, 100, c.FIX_PRICE, price)

    order = trader.query_stock_order(CREDIT, order_id)
    assert order.order_status == c.ORDER_SUCCEEDED, order.status_msg
    made = [x for x in trader.query_stk_compacts(CREDIT) if x.compact_id not in before]
    assert [compact.business_vol for compact in made] == [100]
    assert sum(x.real_compact_balance for x in made) == pytest.approx(100 * order.traded_price)


def test_c46_a_future_is_opened_and_closed_again(reach, trader):
    code = "rb2701.SF"
    ask = reach.quote(code).ask_price[-1]
    opened = trader.order_stock(FUTURES, code, c.FUTURE_OPEN_LONG, 2, c.FIX_PRICE, ask)
    bid = reach.quote(code).bid_price[-1]
    closed = trader.order_stock(FUTURES, code, c.FUTURE_CLOSE_LONG_TODAY, 2, c.FIX_PRICE, bid)

    for order_id in (opened, closed):
        order = trader.query_stock_order(FUTURES, order_id)
        assert order.order_status == c.ORDER_SUCCEEDED, order.status_msg
    assert {t.order_id for t in trader.query_stock_trades(FUTURES)} == {opened, closed}


def test_c47_money_goes_to_the_bank_and_back(trader, diary):
    account = ACCOUNTS["stock"]
    before = trader.query_stock_asset(account)
    bank = trader.query_bank_info(account)[0]
    where = (bank.bank_no, bank.bank_account, 1000.0)

    done, text = trader.bank_transfer_out(account, *where)
    assert done, text
    assert trader.query_stock_asset(account).cash == pytest.approx(before.cash - 1000)

    response = heard(trader, diary, "bank_transfer_in", account, *where)
    assert response.success, response.msg
    assert trader.query_stock_asset(account) == before
    stream = trader.query_bank_transfer_stream(account, "20261120", "20261120")
    assert [(row.transfer_direction, row.balance) for row in stream] == [
        ("2", 1000.0),
        ("1", 1000.0),
    ]


def test_c48_a_transfer_that_cannot_be_is_told_in_words(trader, diary):
    account = ACCOUNTS["stock"]
    bank = trader.query_bank_info(account)[0]
    where = (bank.bank_no, bank.bank_account)
    before = trader.query_stock_asset(account)

    for done, text in (
        trader.bank_transfer_out(account, *where, 1e9),
        trader.bank_transfer_in(account, "no such bank", bank.bank_account, 1.0),
        trader.fund_transfer(account, c.FUNDS_TRANSFER_NORMAL_TO_SPEED, 1e10),
        trader.secu_transfer(account, c.SECU_TRANSFER_NORMAL_TO_SPEED, "600000.SH", 10**7, 0),
        trader.ctp_transfer_future_to_option("no", "such", 1.0),
    ):
        assert done is False
        assert text

    response = heard(trader, diary, "bank_transfer_out", account, *where, 1e9)
    assert (response.success, response.msg != "") == (False, True)
    assert trader.query_stock_asset(account) == before


def test_c49_money_goes_between_counters_and_is_seen_there(trader):
    account = ACCOUNTS["stock"]
    cash, counter = trader.query_stock_asset(account).cash, trader.query_com_fund(account)

    done, text = trader.fund_transfer(account, c.FUNDS_TRANSFER_SPEED_TO_NORMAL, 500.0)

    assert done, text
    assert trader.query_stock_asset(account).cash == pytest.approx(cash - 500)
    after = trader.query_com_fund(account)
    assert after["currentBalance"] == pytest.approx(counter["currentBalance"] + 500)
    assert (after["erro"], after["error"], after["success"]) == ("", "", True)


def test_c50_money_goes_between_futures_and_options(trader, diary):
    cash = [trader.query_stock_asset(account).cash for account in (OPTIONS, FUTURES)]
    names = (OPTIONS.account_id, FUTURES.account_id, 100.0)

    done, text = trader.ctp_transfer_option_to_future(*names)
    assert done, text
    now = [trader.query_stock_asset(account).cash for account in (OPTIONS, FUTURES)]
    assert now == pytest.approx([cash[0] - 100, cash[1] + 100])

    response = heard(trader, diary, "ctp_transfer_future_to_option", *names)
    assert response.success, response.msg
    now = [trader.query_stock_asset(account).cash for account in (OPTIONS, FUTURES)]
    assert now == pytest.approx(cash)


def test_c51_new_issues_and_quotas_have_the_manual_s_keys(trader):
    issues, quotas = trader.query_ipo_data(), trader.query_new_purchase_limit(ACCOUNTS["stock"])

    keys = {"name", "type", "maxPurchaseNum", "minPurchaseNum", "purchaseDate", "issuePrice"}
    assert issues
    assert all(set(issue) == keys for issue in issues.values())
    assert {issue["type"] for issue in issues.values()} <= {"STOCK", "BOND"}
    assert quotas.keys() == {"KCB", "SH", "SZ"}
    assert all(type(number) is int for number in quotas.values())


def test_c52_every_account_is_listed_with_its_type(trader):
    listed = {(info.account_type, info.account_id) for info in trader.query_account_infos()}

    assert {(a.account_type, a.account_id) for a in ACCOUNTS.values()} <= listed


def test_c53_what_was_traded_comes_as_a_frame_and_as_a_file(reach, trader, tmp_path):
    account, path = ACCOUNTS["stock"], tmp_path / "成交.csv"
    price = reach.quote("600000.SH").ask_price[-1]
    trader.order_stock(account, "600000.SH", c.STOCK_BUY, 200, c.FIX_PRICE, price)
    trades = trader.query_stock_trades(account)

    frame = trader.query_data(account, path, "deal")
    assert frame["traded_id"].tolist() == [trade.traded_id for trade in trades]
    assert frame["traded_volume"].sum() == 200
    assert not path.exists()

    assert trader.export_data(account, path, "deal") == {"msg": "export success"}
    assert len(path.read_text(encoding="utf-8").splitlines()) == len(trades) + 1
    assert "errorMsg" in trader.export_data(account, path, "weather")["error"]


def test_c54_fills_from_elsewhere_are_listed(trader):
    account = ACCOUNTS["stock"]
    deal = {"m_strExchangeID": "SH", "m_strInstrumentID": "600000", "m_strTradeID": "E1"}
    deal |= {"m_dPrice": 10.5, "m_nVolume": 200}

    done = trader.sync_transaction_from_external("ADD", "DEAL", account, [deal])

    assert done == {"msg": "sync transaction from external success"}
    assert [trade.traded_id for trade in trader.query_stock_trades(account)] == ["E1"]
    again = trader.sync_transaction_from_external("ADD", "DEAL", account, [deal])
    assert "E1" in again["error"]["msg"]


def test_c55_an_algorithm_works_an_order_and_can_be_ended(reach, trader, diary):
    account = ACCOUNTS["stock"]
    trader.subscribe(account)
    names = ["TWAP", "VWAP"]
    parameters = trader.get_smart_algo_param(names)
    price = reach.quote("600000.SH").ask_price[-1]
    order = ("600000.SH", c.STOCK_BUY, 2000, c.FIX_PRICE, price, "s", "r")

    started = heard(
        *(trader, diary, "smart_algo_order", account, *order),
        *("TWAP", "10:00:00", "10:20:00", {}),
    )
    assert started.task_id > 0, started.error_msg
    reach.advance(300)

    assert set(parameters) == set(names)
    assert all("key" in one for listed in parameters.values() for one in listed)
    (task,) = trader.query_smart_algo_task(account)
    assert (task["task_id"], task["order_num"]) == (started.task_id, 2000)
    sent = trader.query_stock_orders(account)
    assert {one.order_id for one in sent} == set(task["order_id_list"]) != set()
    assert 0 < sum(one.order_volume for one in sent) < 2000
    assert {(one.strategy_name, one.order_remark) for one in sent} == {("s", "r")}
    assert diary.names().index("on_smart_algo_order_async_response") < diary.names().index(
        "on_stock_order"
    )

    ended = heard(trader, diary, "cancel_smart_algo_task", account, started.task_id)
    assert (ended.success, ended.task_id) == (True, started.task_id)
    reach.advance(300)
    assert trader.query_stock_orders(account, True) == []
    assert len(trader.query_stock_orders(account)) == len(sent)


def test_c56_an_algorithm_that_cannot_be_is_refused_in_its_response(trader, diary):
    account = ACCOUNTS["stock"]
    order = ("600000.SH", c.STOCK_BUY, 2000, c.FIX_PRICE, 10.0, "s", "r")

    refused = heard(
        *(trader, diary, "smart_algo_order", account, *order),
        *("NO SUCH", "10:00:00", "10:20:00", {}),
    )
    assert (refused.task_id, refused.error_msg != "") == (-1, True)

    ended = heard(trader, diary, "cancel_smart_algo_task", account, 987_654)
    assert (ended.success, ended.error_msg != "") == (False, True)
    assert trader.query_smart_algo_task(account) == []


def test_c57_securities_are_borrowed_renewed_and_returned(trader, diary):
    quote = next(row for row in trader.smt_query_quoter(CREDIT) if row["applyMode"] == "1")
    asked = {
        "src_group_id": quote["srcGroupId"],
        "order_code": f"{quote['code'].split('.')[0]}.{quote['exchangeType']}",
        "date": quote["date"],
        "amount": 100,
        "apply_rate": quote["fsmOccupiedRate"],
    }
    before = trader.smt_query_compact(CREDIT)

    done, text, apply_id = trader.smt_negotiate_order(CREDIT, **asked)
    assert done, text
    (applied,) = [row for row in trader.smt_query_order(CREDIT) if row["applyId"] == apply_id]
    assert applied["entrustAmount"] == 100.0
    (made,) = [row for row in trader.smt_query_compact(CREDIT) if row not in before]
    assert (made["applyId"], made["compacAmount"]) == (apply_id, 100.0)
    assert made["fsmOccupiedRate"] == made["fsmpOccupedRate"] > 0

    again = heard(trader, diary, "smt_negotiate_order", CREDIT, **asked)
    assert again.success, again.msg
    assert again.apply_id not in ("-1", apply_id)

    given = heard(
        *(trader, diary, "smt_compact_return", CREDIT, made["srcGroupId"]),
        *(made["cashcompactId"], asked["order_code"], 100),
    )
    assert given.success, given.msg
    after = {row["cashcompactId"]: row for row in trader.smt_query_compact(CREDIT)}
    assert after[made["cashcompactId"]]["compactStatus"] == "2"


def test_c58_an_application_that_cannot_be_says_so(trader, diary):
    refused = [
        heard(trader, diary, "smt_negotiate_order", CREDIT, "", "600000.SH", 7, 10**9, 0.2),
        heard(trader, diary, "smt_appointment_order", CREDIT, "600000.SH", 7, 10**9, 0.2),
        heard(trader, diary, "smt_appointment_cancel", CREDIT, "no such application"),
        heard(
            *(trader, diary, "smt_compact_renewal", CREDIT),
            *("no such contract", "600000.SH", 7, 100, 0.2),
        ),
        heard(
            *(trader, diary, "smt_compact_return", CREDIT),
            *("", "no such contract", "600000.SH", 100),
        ),
    ]

    for response in refused:
        assert (response.success, response.apply_id) == (False, "-1")
        assert response.msg
    assert trader.smt_query_quoter(ACCOUNTS["stock"]) is None
