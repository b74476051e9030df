"""Every request of the API: what is sent, what comes back, who hears it, what is refused."""

from __future__ import annotations

import copy
import inspect
import json

import pytest

from tests.session.scripted import Diary, ScriptedLink, asset
from tests.session.whole_api import (
    ALGORITHM,
    BY_METHOD,
    CASES,
    REASON,
    WAITING,
    WITH_CALLBACK,
    WITH_FUNCTION,
)
from xtnb.errors import CashShort, InputError, NotConnected, RequestTimeout, WouldDeadlock
from xtnb.vocabulary.messages import PushKind, Reply
from xtnb.vocabulary.options import options
from xtnb.xttrader import XtQuantTrader
from xtnb.xttype import StockAccount

named = pytest.mark.parametrize


def each(cases):
    return named("case", cases, ids=[case.method for case in cases])


def whose(case, account):
    return {"account": account} if case.account else {}


def refuse(link, method):
    link.answers[method] = lambda request: [Reply(request.seq, None, REASON)]


@each(WAITING)
def test_what_is_sent_and_what_comes_back(trader, link, account, case):
    link.answers[case.method] = case.replied

    got = getattr(trader, case.method)(**whose(case, account), **case.arguments)

    assert got == case.got
    request = link.sent[0]
    assert request.method == case.method
    assert request.arguments == case.crosses
    assert (request.account_type, request.account_id) == ((2, "1") if case.account else (0, ""))


@each(WAITING)
def test_a_refusal_gives_what_the_manual_says_and_is_logged(trader, link, account, case, caplog):
    refuse(link, case.method)

    got = getattr(trader, case.method)(**whose(case, account), **case.arguments)

    assert got == case.failed
    assert REASON in caplog.text


@each([case for case in WAITING if isinstance(case.got, list)])
def test_an_empty_list_is_no_failure(trader, link, account, case, caplog):
    link.answers[case.method] = []

    assert getattr(trader, case.method)(**whose(case, account), **case.arguments) == []
    assert caplog.text == ""


@each(WITH_FUNCTION)
def test_defect_23_the_async_form_returns_a_seq_and_gives_what_the_plain_form_gives(
    trader, link, diary, account, case
):
    call = getattr(trader, f"{case.method}_async")
    asked = {**whose(case, account), **case.arguments}
    link.answers[case.method] = case.replied

    seq = call(**asked, callback=lambda found: diary.write("answer", found))

    assert seq == link.sent[0].seq > 0
    assert link.sent[0].arguments == case.crosses
    assert diary.wait("answer") == case.got

    refuse(link, case.method)
    call(**asked, callback=lambda found: diary.write("answer", found))
    assert diary.wait("answer", 2) == case.failed


@each(WITH_FUNCTION)
def test_the_function_of_an_async_form_is_one(trader, link, account, case):
    with pytest.raises(InputError) as wrong:
        getattr(trader, f"{case.method}_async")(
            **whose(case, account), **case.arguments, callback=None
        )

    assert wrong.value.argument == "callback"
    assert link.sent == []


@each(WITH_CALLBACK)
def test_the_registered_callback_hears_the_answer_with_its_seq(trader, link, diary, account, case):
    link.answers[case.method] = case.replied
    call = getattr(trader, f"{case.method}_async")

    seq = call(**whose(case, account), **case.arguments)

    assert diary.wait(case.response) == case.heard(seq)
    assert link.sent[0].arguments == case.crosses

    refuse(link, case.method)
    seq = call(**whose(case, account), **case.arguments)
    assert diary.wait(case.response, 2) == case.heard_failed(seq)


@each(WITH_CALLBACK)
def test_the_answer_comes_after_the_call_and_before_what_follows_from_it(account, case):
    seqs, link, diary = [], ScriptedLink(), Diary()
    trader = XtQuantTrader.over(link, 7, diary)
    trader.start()
    trader.connect()
    diary.actions[case.response] = lambda response: diary.write("known", response.seq in seqs)
    link.answers[case.method] = lambda request: [
        Reply(request.seq, case.replied),
        link.push(PushKind.ASSET, asset()),
    ]

    for _ in range(30):
        seqs.append(
            getattr(trader, f"{case.method}_async")(**whose(case, account), **case.arguments)
        )

    diary.wait("on_stock_asset", 30)
    names = diary.names()
    assert names == [case.response, "known", "on_stock_asset"] * 30
    assert [known for name, known in diary.entries if name == "known"] == [True] * 30
    trader.stop()


@each(WITH_CALLBACK)
def test_nobody_need_listen(link, account, case):
    trader = XtQuantTrader.over(link)
    trader.start()
    trader.connect()
    link.answers.update({case.method: case.replied, "query_stock_asset": [asset()]})

    assert getattr(trader, f"{case.method}_async")(**whose(case, account), **case.arguments) > 0
    assert trader.query_stock_asset(account) == asset()
    trader.stop()


@each(CASES)
def test_before_connecting_every_form_says_so(link, account, case):
    trader = XtQuantTrader.over(link)
    asked = {**whose(case, account), **case.arguments}
    function = {} if case.response else {"callback": print}

    with pytest.raises(NotConnected):
        getattr(trader, f"{case.method}_async")(**asked, **function)
    if case.waits:
        with pytest.raises(NotConnected):
            getattr(trader, case.method)(**asked)


@each(WAITING)
def test_defect_01_a_call_without_an_answer_ends_at_its_limit(trader, account, case):
    trader.set_timeout(0.02)

    with pytest.raises(RequestTimeout):
        getattr(trader, case.method)(**whose(case, account), **case.arguments)


@each(WAITING)
def test_defect_02_inside_a_push_a_call_names_the_ways_out_and_works_in_relaxed_mode(
    trader, link, diary, account, case
):
    def call(_):
        try:
            got = getattr(trader, case.method)(**whose(case, account), **case.arguments)
            diary.write("got", got)
        except WouldDeadlock as stuck:
            diary.write("stuck", str(stuck))

    diary.actions["on_stock_asset"] = call
    link.answers[case.method] = case.replied

    link.say(link.push(PushKind.ASSET, asset()))
    text = diary.wait("stuck")
    assert f"{case.method}_async()" in text
    assert hasattr(trader, f"{case.method}_async")
    assert link.sent == []

    trader.set_relaxed_response_order_enabled(True)
    link.say(link.push(PushKind.ASSET, asset()))
    assert diary.wait("got") == case.got


@each([case for case in CASES if case.account])
def test_an_account_is_a_stock_account(trader, link, case):
    function = {} if case.response else {"callback": print}
    for form in (case.method, f"{case.method}_async"):
        if hasattr(trader, form):
            more = function if form.endswith("_async") else {}
            with pytest.raises(InputError) as wrong:
                getattr(trader, form)(account="1", **case.arguments, **more)
            assert wrong.value.argument == "account"
    assert link.sent == []


# -- the vendor's defects, done better --------------------------------------------------------


def test_defect_12_query_com_position_returns(trader, link, account):
    link.answers["query_com_position"] = []

    assert trader.query_com_position(account) == []


def test_defect_13_an_application_can_be_withdrawn(trader, link, diary, account):
    link.answers["smt_appointment_cancel"] = (True, "", "A1")

    seq = trader.smt_appointment_cancel_async(account, "A1")

    assert diary.wait("on_smt_appointment_async_response").seq == seq


def test_defect_14_renewals_and_returns_carry_their_contract(trader, link, account):
    for method in ("smt_compact_renewal", "smt_compact_return"):
        case = BY_METHOD[method]
        getattr(trader, f"{method}_async")(account, **case.arguments)

        assert link.next().arguments["cash_compact_id"] == "C1"


@named("nothing", [None, [], {}])
def test_defect_18_no_money_at_the_counter_is_an_empty_dict(trader, link, account, nothing):
    link.answers["query_com_fund"] = lambda request: [Reply(request.seq, nothing)]

    assert trader.query_com_fund(account) == {}


def test_defect_21_the_parameters_of_an_algorithm_are_not_written_to(trader, link, account):
    ours = copy.deepcopy(ALGORITHM)

    trader.smart_algo_order_async(account, **ours)

    assert ours == ALGORITHM
    assert link.sent[0].arguments["algo_param"] is not ours["algo_param"]


# -- dicts ------------------------------------------------------------------------------------


@each([case for case in WAITING if isinstance(case.got, dict | list)])
def test_a_dict_s_answer_is_json(trader, link, account, case):
    link.answers[case.method] = case.replied
    got = getattr(trader, case.method)(**whose(case, account), **case.arguments)

    if not isinstance(got, list) or isinstance(got[0], dict):
        assert json.loads(json.dumps(got)) == got


@named("spelling", ["manual", "vendor"])
def test_a_row_in_either_spelling_comes_out_in_both_and_complete(trader, link, account, spelling):
    row = {
        "manual": {"fsmOccupiedRate": 0.08, "unUsedRate": 0.02, "code": "600000.SH"},
        "vendor": {"fsmpOccupedRate": 0.08, "unUusedRate": 0.02, "code": "600000.SH"},
    }[spelling]
    link.answers["smt_query_quoter"] = [row]

    got = trader.smt_query_quoter(account)[0]

    assert (got["fsmOccupiedRate"], got["fsmpOccupedRate"]) == (0.08, 0.08)
    assert (got["unUsedRate"], got["unUusedRate"]) == (0.02, 0.02)
    assert (got["success"], got["error"], got["lowDate"]) == (True, "", 0)
    assert len(got) == 23


# -- signatures -------------------------------------------------------------------------------


@each(CASES)
def test_every_parameter_has_its_own_name_and_place(case):
    ours = [*(["account"] if case.account else []), *case.arguments]
    if case.method == "sync_transaction_from_external":
        ours = ["operation", "data_type", "account", "deal_list"]
    form = case.method if case.waits else f"{case.method}_async"

    parameters = list(inspect.signature(getattr(XtQuantTrader, form)).parameters)[1:]

    assert parameters[: len(ours)] == ours


def test_query_orders_is_the_manual_s_other_name(trader, link, account):
    link.answers["query_stock_orders"] = ["row"]

    assert trader.query_orders(account, True) == ["row"]
    assert link.sent[0].arguments == {"cancelable_only": True}


def test_a_margin_account_is_asked_by_its_type(trader, link):
    link.answers["query_credit_detail"] = []

    trader.query_credit_detail(StockAccount("9", "CREDIT"))

    assert (link.sent[0].account_type, link.sent[0].account_id) == (3, "9")


def test_a_refused_transfer_is_told_in_one_language_and_makes_no_noise(
    trader, link, account, caplog
):
    short = CashShort(wanted=20_000, available=10_000)
    error_id = int(short.code)
    link.answers["fund_transfer"] = lambda request: [
        Reply(request.seq, (False, str(short)), str(short), error_id)
    ]

    english = trader.fund_transfer(account, 510, 2.0)
    options.language = "zh"
    try:
        chinese = trader.fund_transfer(account, 510, 2.0)
    finally:
        options.language = "en"

    assert english == (False, "available cash 1.00 CNY does not cover 2.00 CNY")
    assert chinese == (False, "可用资金 1.00 元，不足 2.00 元")
    assert caplog.text == ""
