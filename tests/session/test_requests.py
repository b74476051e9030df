"""What is sent, what comes back, and what is refused before it is sent."""

from __future__ import annotations

import inspect
import re
from decimal import Decimal
from pathlib import PurePosixPath

import pytest

from tests.manual import tables
from tests.session.scripted import asset, order
from xtnb import xtconstant as c
from xtnb.errors import InputError, RefusalCode, RequestTimeout
from xtnb.vocabulary.codes import OrderType, PriceType
from xtnb.vocabulary.messages import Reply
from xtnb.xttrader import XtQuantTrader
from xtnb.xttype import StockAccount

GOOD = {
    "stock_code": "600000.SH",
    "order_type": c.STOCK_BUY,
    "order_volume": 200,
    "price_type": c.FIX_PRICE,
    "price": 10.5,
    "strategy_name": "s",
    "order_remark": "r",
}
BAD = {
    "stock_code": ["600000", "60000.SH", "600000.HK", "600000.sh", "", " 600000.SH", 600000, None],
    "order_type": ["23", None, 23.0, True, 2**63],
    "order_volume": [100.9, float("nan"), float("inf"), "200", True, -100, 0, -0.0, None, 2**63],
    "price_type": ["11", None, 11.5, False],
    "price": [float("nan"), float("inf"), -0.01, "10.5", None, True, Decimal("10.5")],
    "strategy_name": [None, 1, b"s", "half of a pair \ud800"],
    "order_remark": [None, 1, b"r", "half of a pair \ud800"],
}


class Index:
    """An int as numpy has them."""

    def __init__(self, value):
        self.value = value

    def __index__(self):
        return self.value


@pytest.mark.parametrize("form", ["order_stock", "order_stock_async"])
@pytest.mark.parametrize(("name", "value"), [(n, v) for n, vs in BAD.items() for v in vs])
def test_a_bad_argument_is_named_and_nothing_is_sent(trader, link, account, form, name, value):
    with pytest.raises(InputError) as wrong:
        getattr(trader, form)(account, **{**GOOD, name: value})

    assert wrong.value.argument == name
    assert name in str(wrong.value)
    assert link.sent == []


def test_a_limit_of_nothing_is_for_the_market_to_refuse(trader, link, account):
    trader.order_stock_async(account, **{**GOOD, "price": 0})

    assert link.sent[-1].arguments["price"] == 0.0


@pytest.mark.parametrize(
    ("code", "suggestion"),
    [("600000", "600000.SH"), ("00700", "00700.HGT, 00700.SGT"), ("茅台", "600519.SH")],
)
def test_an_error_in_a_code_says_what_was_probably_meant(trader, account, code, suggestion):
    with pytest.raises(InputError) as wrong:
        trader.order_stock(account, **{**GOOD, "stock_code": code})

    assert wrong.value.suggestion == suggestion
    assert wrong.value.en.endswith(f"; did you mean {suggestion}?")


@pytest.mark.parametrize("account", ["1", None, 1, ("1", 2)])
def test_an_account_is_a_stock_account(trader, link, account):
    for method, arguments in {
        "order_stock": tuple(GOOD.values()),
        "cancel_order_stock": (1,),
        "subscribe": (),
        "query_stock_asset": (),
        "query_stock_orders_async": (print,),
    }.items():
        with pytest.raises(InputError) as wrong:
            getattr(trader, method)(account, *arguments)
        assert wrong.value.argument == "account"
    assert link.sent == []


def test_an_order_is_sent_as_plain_values(trader, link, account):
    link.answers["order_stock"] = 41

    trader.order_stock(account, "600000.SH", OrderType.STOCK_BUY, Index(200), PriceType(11), 10)

    request = link.sent[0]
    assert request.method == "order_stock"
    assert (request.account_type, request.account_id, request.session) == (2, "1", 7)
    assert request.arguments == {
        "stock_code": "600000.SH",
        "order_type": 23,
        "order_volume": 200,
        "price_type": 11,
        "price": 10.0,
        "strategy_name": "",
        "order_remark": "",
    }
    assert {type(value) for value in request.arguments.values()} == {str, int, float}


def test_a_volume_that_is_a_whole_float_is_that_many_shares(trader, link, account):
    link.answers["order_stock"] = 41

    trader.order_stock(account, **{**GOOD, "order_volume": 200.0})

    assert link.sent[0].arguments["order_volume"] == 200


def test_a_market_order_needs_no_price(trader, link, account):
    link.answers["order_stock"] = 41
    market = {**GOOD, "price_type": c.MARKET_SH_CONVERT_5_CANCEL, "price": 0}

    assert trader.order_stock(account, **market) == 41


def test_an_order_that_the_terminal_cannot_number_is_minus_one(trader, link, account, caplog):
    link.answers["order_stock"] = lambda request: [Reply(request.seq, None, "no such account")]

    assert trader.order_stock(account, **GOOD) == -1
    assert "no such account" in caplog.text


def test_responses_carry_the_true_account_type(trader, link, diary):
    account = StockAccount("2", "CREDIT")
    link.answers.update(order_stock=41, cancel_order_stock=(0, 41, "S41"))

    trader.order_stock_async(account, **GOOD)
    trader.cancel_order_stock_async(account, 41)

    assert diary.wait("on_order_stock_async_response").account_type == c.CREDIT_ACCOUNT
    response = diary.wait("on_cancel_order_stock_async_response")
    assert response.account_type == c.CREDIT_ACCOUNT
    assert (response.cancel_result, response.order_id, response.order_sysid) == (0, 41, "S41")


def test_an_async_order_that_fails_says_why_in_its_response(trader, link, diary, account):
    link.answers["order_stock"] = lambda request: [Reply(request.seq, -1, "no such account")]

    trader.order_stock_async(account, **GOOD)

    response = diary.wait("on_order_stock_async_response")
    assert (response.order_id, response.error_msg) == (-1, "no such account")


def test_cancels_return_what_the_terminal_says(trader, link, account):
    link.answers["cancel_order_stock"] = (0, 41, "S41")
    assert trader.cancel_order_stock(account, 41) == 0

    link.answers["cancel_order_stock"] = (-1, 41, "")
    assert trader.cancel_order_stock(account, 41) == -1

    link.answers["cancel_order_stock"] = lambda request: [Reply(request.seq, None, "down")]
    assert trader.cancel_order_stock(account, 41) == -1


@pytest.mark.parametrize("order_id", ["41", None, 41.0, True])
def test_an_order_id_is_an_int(trader, link, account, order_id):
    for method in ("cancel_order_stock", "cancel_order_stock_async", "query_stock_order"):
        with pytest.raises(InputError):
            getattr(trader, method)(account, order_id)
    assert link.sent == []


@pytest.mark.parametrize("market", [c.SH_MARKET, "SH"])
@pytest.mark.parametrize("name", ["order_sysid", "sysid"])
def test_a_cancel_by_sysid_takes_both_spellings_and_both_kinds_of_market(
    trader, link, account, market, name
):
    link.answers["cancel_order_stock_sysid"] = (0, 41, "S41")

    assert trader.cancel_order_stock_sysid(account, market, **{name: "S41"}) == 0
    assert trader.cancel_order_stock_sysid_async(account, market, **{name: "S41"}) > 0
    assert trader.cancel_order_stock_sysid(account, market, "S41") == 0
    assert all(r.arguments == {"market": 0, "order_sysid": "S41"} for r in link.sent)


@pytest.mark.parametrize("code", ["", "600000.SH", "any"])
@pytest.mark.parametrize("kind", [c.CREDIT_DIRECT_CASH_REPAY, c.CREDIT_DIRECT_CASH_REPAY_SPECIAL])
def test_a_direct_repayment_is_about_no_security(trader, link, account, code, kind):
    link.answers["order_stock"] = 41

    assert trader.order_stock(account, code, kind, 5_000, c.FIX_PRICE, 0.0) == 41
    assert link.sent[-1].arguments["stock_code"] == code


@pytest.mark.parametrize("market", ["HGT", "SGT", "HK"])
def test_a_cancel_by_sysid_names_hong_kong_by_its_text(trader, link, account, market):
    link.answers["cancel_order_stock_sysid"] = (0, 41, "S41")

    assert trader.cancel_order_stock_sysid(account, market, "S41") == 0
    assert link.sent[-1].arguments == {"market": market, "order_sysid": "S41"}


@pytest.mark.parametrize(
    "arguments",
    [("XX", "S1"), (None, "S1"), (1.0, "S1"), (0, ""), (0, None), (0, 41), (True, "S1")],
)
def test_a_bad_cancel_by_sysid_is_not_sent(trader, link, account, arguments):
    for method in ("cancel_order_stock_sysid", "cancel_order_stock_sysid_async"):
        with pytest.raises(InputError):
            getattr(trader, method)(account, *arguments)
    assert link.sent == []


LISTS = ["query_stock_orders", "query_stock_trades", "query_stock_positions"]
SINGLES = {"query_stock_asset": (), "query_stock_order": (41,)}
SINGLES["query_stock_position"] = ("600000.SH",)


@pytest.mark.parametrize("method", LISTS)
def test_an_empty_list_is_empty_and_a_failure_is_none(trader, link, account, method, caplog):
    link.answers[method] = []
    assert getattr(trader, method)(account) == []
    assert caplog.text == ""

    link.answers[method] = lambda request: [Reply(request.seq, None, "no such account")]
    assert getattr(trader, method)(account) is None
    assert "no such account" in caplog.text


@pytest.mark.parametrize("method", SINGLES)
def test_a_single_query_gives_the_first_row_or_none(trader, link, account, method):
    link.answers[method] = [asset()]
    assert getattr(trader, method)(account, *SINGLES[method]) == asset()

    link.answers[method] = []
    assert getattr(trader, method)(account, *SINGLES[method]) is None


@pytest.mark.parametrize("method", [*LISTS, *SINGLES])
def test_defect_23_async_queries_return_a_seq_and_give_what_the_plain_form_gives(
    trader, link, diary, account, method
):
    link.answers[method] = [order(41)]
    arguments = SINGLES.get(method, ())
    plain = getattr(trader, method)(account, *arguments)

    seq = getattr(trader, f"{method}_async")(
        account, *arguments, lambda found: diary.write("answer", found)
    )

    assert seq == link.sent[-1].seq > 0
    assert diary.wait("answer") == plain
    assert link.sent[0].arguments == link.sent[1].arguments


@pytest.mark.parametrize("method", ["query_account_infos", "query_account_status"])
def test_questions_about_all_accounts_take_none(trader, link, diary, method):
    link.answers[method] = ["row"]

    assert getattr(trader, method)() == ["row"]
    assert getattr(trader, f"{method}_async")(lambda found: diary.write("answer", found)) > 0
    assert diary.wait("answer") == ["row"]


def test_query_account_info_is_a_second_name(trader, link):
    link.answers["query_account_infos"] = ["row"]

    assert trader.query_account_info() == ["row"]


def test_only_cancelable_orders_may_be_asked_for(trader, link, account):
    link.answers["query_stock_orders"] = []

    trader.query_stock_orders(account, True)
    trader.query_stock_orders_async(account, print, cancelable_only=True)
    trader.query_stock_orders(account)

    asked = [request.arguments["cancelable_only"] for request in link.sent]
    assert asked == [True, True, False]


def test_the_callback_of_a_query_is_a_function(trader, link, account):
    with pytest.raises(InputError):
        trader.query_stock_orders_async(account, None)
    assert link.sent == []


def test_every_seq_is_used_once(trader, link, account):
    link.answers.update(order_stock=41, query_stock_asset=[asset()], subscribe=0)

    trader.order_stock_async(account, **GOOD)
    trader.order_stock(account, **GOOD)
    trader.query_stock_asset(account)
    trader.subscribe(account)

    assert [request.seq for request in link.sent] == [1, 2, 3, 4]


# -- the constructor and the signatures -------------------------------------------------------


def test_both_names_of_the_session_are_taken():
    assert repr(XtQuantTrader("paper", 5)) == "<XtQuantTrader session 5, not connected>"
    assert "session 5" in repr(XtQuantTrader("paper", session_id=5))
    assert "session 5" in repr(XtQuantTrader("paper", session=5))


def test_the_callback_may_be_the_third_argument():
    heard = object()

    assert XtQuantTrader("paper", 5, heard).callback is heard
    assert XtQuantTrader("paper", session=5, callback=heard).callback is heard


def test_a_path_may_be_a_path_object_or_hold_chinese():
    XtQuantTrader(PurePosixPath("userdata_mini"), 5)
    XtQuantTrader("D:\\迅投极速交易终端 睿智融科版\\userdata_mini", 123456)


@pytest.mark.parametrize("path", ["", "  ", "a\0b", None, 5, b"userdata_mini"])
def test_a_path_that_cannot_be_one_is_an_error(path):
    with pytest.raises(InputError) as wrong:
        XtQuantTrader(path, 5)
    assert wrong.value.argument == "path"


@pytest.mark.parametrize("session", [None, "5", 5.0, True])
def test_a_session_is_an_int(session):
    with pytest.raises(InputError) as wrong:
        XtQuantTrader("paper", session)
    assert wrong.value.argument == "session_id"


def test_a_path_that_leads_to_no_terminal_fails_to_connect_and_says_why(tmp_path, caplog):
    file = tmp_path / "userdata_mini"
    file.write_text("not a folder", encoding="utf-8")
    trader = XtQuantTrader(str(file), 5)
    trader.start()

    assert trader.connect() == -1
    assert not trader.connected
    assert "cannot connect" in caplog.text
    trader.stop()


def manual_signatures() -> dict[str, list[str]]:
    """Method -> the manual's parameter names, from its code blocks, of the methods we have."""
    text = tables.text().replace("\\_", "_")
    found = re.findall(r"^(?:`|```\n)?(\w+)\(([\w,\s]*)\)`?$", text, flags=re.MULTILINE)
    return {
        name: [part.strip() for part in parameters.split(",") if part.strip()]
        for name, parameters in found
        if hasattr(XtQuantTrader, name)
    }


def test_the_manual_s_parameter_names_are_ours():
    signatures = manual_signatures()

    assert len(signatures) >= 18
    for name, parameters in signatures.items():
        ours = list(inspect.signature(getattr(XtQuantTrader, name)).parameters)[1:]
        assert ours[: len(parameters)] == parameters, name


@pytest.mark.parametrize("name", [name for name in dir(XtQuantTrader) if not name.startswith("_")])
def test_every_public_name_has_a_docstring_and_a_signature(name):
    member = getattr(XtQuantTrader, name)

    assert inspect.getdoc(member)
    if callable(member):
        for parameter in inspect.signature(member).parameters.values():
            assert parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)


def unknown(request):
    code = RefusalCode.OUTCOME_UNKNOWN
    return [Reply(request.seq, None, "结果未知 / the outcome is unknown", int(code))]


def test_an_outcome_that_the_link_does_not_know_is_a_timeout_and_no_failure(trader, link, account):
    link.answers["order_stock"] = unknown

    with pytest.raises(RequestTimeout, match="unknown"):
        trader.order_stock(account, "600000.SH", 23, 100, 11, 10.0)


def test_no_response_comes_for_an_order_whose_outcome_is_unknown(trader, link, account, diary):
    link.answers["order_stock"] = unknown
    link.answers["query_stock_asset"] = [asset()]
    trader.order_stock_async(account, "600000.SH", 23, 100, 11, 10.0)
    link.answers["query_stock_trades"] = unknown
    trader.query_stock_trades_async(account, lambda found: diary.write("trades", found))

    assert diary.wait("trades") is None
    assert trader.query_stock_asset(account) == asset()
    assert diary.names() == ["trades"]
