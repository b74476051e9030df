"""Every method of the vendor's XtQuantTrader beside ours, over links that answer alike.

What differs is in the tables below, with what the vendor's does; nothing else may.
"""

from __future__ import annotations

import copy
import inspect

import pandas as pd
import pytest

from tests.session.scripted import asset
from tests.session.whole_api import CASES, REASON, WITH_CALLBACK
from tests.vendor import package
from tests.vendor.conftest import NO_ANSWER, within
from xtnb import xttype
from xtnb.vocabulary.messages import Reply
from xtnb.xttrader import XtQuantTrader, XtQuantTraderCallback

METHODS = package.members("XtQuantTrader")

# Method -> what the vendor's does instead of answering.
BROKEN = {
    "query_com_position": NO_ANSWER,  # its answer is not bound (defect 12)
    "smt_appointment_cancel_async": NameError,  # defect 13
    "smt_compact_renewal_async": AttributeError,  # with the true field names (defect 14)
    "smt_compact_return_async": AttributeError,
}
# Method -> what the vendor's does when the terminal refuses, where it differs from ours.
REFUSED = {
    "query_com_fund": IndexError,  # defect 18
    "get_smart_algo_param": KeyError,
    "query_smart_algo_task": KeyError,
}
# Parameters of ours that have another name than the vendor's: the manual's.
RENAMED = {"session": "session_id", "sysid": "order_sysid"}
LATE = 0.2  # seconds until a call counts as one that never answers


def each(cases):
    return pytest.mark.parametrize("case", cases, ids=[case.method for case in cases])


def asked(case, account):
    return {**({"account": account} if case.account else {}), **copy.deepcopy(case.arguments)}


def plain(found):
    """Records as dicts, since each side has its own classes."""
    if isinstance(found, list):
        return [plain(row) for row in found]
    return vars(found) if hasattr(found, "__dict__") else found


def less_twins(method, found):
    """Ours without the second spellings, which the vendor's dicts lack."""
    fields = package.dict_fields().get(method)
    if fields and isinstance(found, list):
        return [less_twins(method, row) for row in found]
    if fields and isinstance(found, dict) and set(fields) <= set(found):
        return {key: found[key] for key in fields}
    return found


WAITING = [case for case in CASES if case.waits and case.method in METHODS]


@each(WAITING)
def test_the_same_call_gives_the_same_answer(scripted, account, case):
    ours, theirs = scripted
    for side in scripted:
        side.link.answers[case.method] = case.replied
    found = ours(case.method, **asked(case, account))

    if case.method in BROKEN:
        call = getattr(theirs.trader, case.method)
        assert within(lambda: call(**asked(case, account)), LATE) == BROKEN[case.method]
        return

    assert plain(less_twins(case.method, found)) == plain(
        theirs(case.method, **asked(case, account))
    )
    sent = [
        (request.method, request.account_type, request.account_id, request.arguments)
        for side in scripted
        for request in side.link.sent
    ]
    assert sent[0] == sent[1]


@each([case for case in WAITING if case.method not in BROKEN])
def test_the_same_refusal_gives_the_same_answer_but_for_lists(scripted, account, case):
    ours, theirs = scripted
    for side in scripted:
        side.link.answers[case.method] = lambda r: [Reply(r.seq, None, REASON)]
    found = ours(case.method, **asked(case, account))

    if case.method in REFUSED:
        with pytest.raises(REFUSED[case.method]):
            theirs(case.method, **asked(case, account))
    elif found is None:
        assert theirs(case.method, **asked(case, account)) == []
    else:
        assert theirs(case.method, **asked(case, account)) == found


@each([case for case in WITH_CALLBACK if f"{case.method}_async" in METHODS])
@pytest.mark.parametrize("refused", [False, True], ids=["done", "refused"])
def test_the_same_request_is_answered_alike_in_the_callback(scripted, account, case, refused):
    form = f"{case.method}_async"
    for side in scripted:
        side.link.answers[case.method] = (
            (lambda r: [Reply(r.seq, None, REASON)]) if refused else case.replied
        )
    ours, theirs = scripted
    seq = ours(form, **asked(case, account))

    if form in BROKEN:
        with pytest.raises(BROKEN[form]):
            theirs(form, **asked(case, account))
        return
    assert theirs(form, **asked(case, account)) == seq
    assert vars(ours.diary.wait(case.response)) == vars(theirs.diary.wait(case.response))
    assert ours.link.sent[0].arguments == theirs.link.sent[0].arguments


FUNCTIONS = [case for case in CASES if not case.response and f"{case.method}_async" in METHODS]
RAW = {"query_new_purchase_limit", "query_ipo_data"}  # defect 23


@each(FUNCTIONS)
def test_the_same_query_is_answered_alike_in_its_function(scripted, account, case):
    for side in scripted:
        side.link.answers[case.method] = case.replied
        seq = side(
            f"{case.method}_async",
            **asked(case, account),
            callback=lambda found, side=side: side.diary.write("answer", found),
        )
        assert seq == 1
    ours, theirs = (side.diary.wait("answer") for side in scripted)

    if case.method in RAW:
        assert isinstance(ours, dict)
        assert isinstance(theirs, list)
    else:
        assert plain(ours) == plain(theirs)


def test_every_method_of_the_vendor_is_compared_or_named_here():
    compared = {case.method for case in WAITING}
    compared |= {f"{case.method}_async" for case in [*WITH_CALLBACK, *FUNCTIONS]}
    on_paper = {
        *("__init__", "__del__", "_time_to_timestamp"),
        *("start", "stop", "connect", "subscribe", "unsubscribe", "register_callback"),
        *("run_forever", "sleep", "set_timeout", "set_relaxed_response_order_enabled"),
        *("common_op_sync_with_seq", "common_op_async_with_seq"),
        *("query_data", "query_account_info"),
        *(name for name in METHODS if "_stock" in name or name.startswith("query_account_")),
    }  # in test_paper.py and test_defects.py

    assert set(METHODS) - compared - on_paper == set()


@pytest.mark.parametrize("name", [name for name in METHODS if not name.startswith("_")])
def test_a_call_that_the_vendor_s_takes_ours_takes_by_place_and_by_name(name):
    ours = inspect.signature(getattr(XtQuantTrader, name)).parameters
    theirs = [argument.arg for argument in METHODS[name].args.args][1:]

    in_place = [RENAMED.get(argument, argument) for argument in theirs]
    assert list(ours)[1 : 1 + len(theirs)] == in_place
    assert set(theirs) <= set(ours)
    required = len(theirs) - len(METHODS[name].args.defaults)
    for argument in in_place[required:]:
        assert ours[argument].default is not inspect.Parameter.empty, argument


@pytest.mark.parametrize("name", list(package.members("XtQuantTraderCallback")))
def test_every_callback_of_the_vendor_takes_the_same_arguments(name):
    theirs = [a.arg for a in package.members("XtQuantTraderCallback")[name].args.args]

    assert list(inspect.signature(getattr(XtQuantTraderCallback, name)).parameters) == theirs


def test_query_data_is_a_frame_on_both_sides(scripted, account, tmp_path):
    text = "stock_code,traded_price\r\n600000.SH,10.5\r\n000001.SZ,11.0\r\n"
    frames = []
    for side in scripted:
        side.link.answers["export_data"] = {"msg": "export success", "csv": text}
        path = tmp_path / f"{side.name}.csv"
        frames.append(side("query_data", account, str(path), "deal"))
        assert not path.exists()

    assert {type(frame) for frame in frames} == {pd.DataFrame}
    assert frames[0].astype(object).equals(frames[1].astype(object))


def test_both_write_the_same_file(scripted, account, tmp_path):
    text = "stock_code,order_remark\r\n600000.SH,备注\r\n"
    for side in scripted:
        side.link.answers["export_data"] = {"msg": "export success", "csv": text}
        path = tmp_path / f"{side.name}.csv"
        assert side("export_data", account, str(path), "deal") == {"msg": "export success"}

    assert (tmp_path / "ours.csv").read_bytes() == (tmp_path / "theirs.csv").read_bytes()


@pytest.mark.parametrize("name", sorted(n for n in vars(xttype) if n[0].isupper()))
def test_a_record_that_both_build_has_the_same_attributes(vendor, name):
    theirs = getattr(vendor.module._XTTYPE_, name, None)
    if theirs is None or name == "StockAccount":
        return
    places = len(inspect.signature(theirs).parameters)
    made = theirs(*range(places))

    assert set(vars(made)) - set(vars(getattr(xttype, name)(*range(places)))) == set()


def test_the_sides_stand_on_links_that_answer(scripted, account):
    for side in scripted:
        side.link.answers["query_stock_asset"] = [asset()]
        assert side("query_stock_asset", account) == asset()
