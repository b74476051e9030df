"""The vendor's XtQuantTrader on accounts of every kind of our paper terminal, beside ours."""

from __future__ import annotations

import pytest

from tests.contract.conftest import HOUSES
from tests.contract.house import ACCOUNTS
from tests.contract.test_accounts import BOTH
from tests.vendor.conftest import both, end
from tests.vendor.test_every_method import BROKEN, less_twins, plain
from tests.vendor.test_paper import news, settle
from xtnb import xtconstant as c

CREDIT, FUTURES, OPTIONS = ACCOUNTS["credit"], ACCOUNTS["futures"], ACCOUNTS["options"]


@pytest.fixture(params=["local"])
def sides(request, vendor):
    def link():
        reach = HOUSES[request.param]()
        return reach.new_link(), reach

    made = both(vendor, link)
    for side in made:
        for account in ACCOUNTS.values():
            side("subscribe", account)
    yield made
    end(made)


@pytest.mark.parametrize(
    ("method", "kind"), [(method, kind) for method, kind in BOTH if method not in BROKEN]
)
def test_the_same_query_gives_the_same_rows(sides, method, kind):
    ours, theirs = (side(method, ACCOUNTS[kind]) for side in sides)

    assert plain(less_twins(method, ours)) == plain(theirs)


def test_new_issues_and_quotas_are_the_same(sides):
    for method, arguments in (
        ("query_ipo_data", ()),
        ("query_new_purchase_limit", (ACCOUNTS["stock"],)),
    ):
        ours, theirs = (side(method, *arguments) for side in sides)
        assert ours == theirs != {}


TRANSFERS = {
    "a fund transfer": lambda s: s("fund_transfer", ACCOUNTS["stock"], 511, 500.0),
    "too large a fund transfer": lambda s: s("fund_transfer", ACCOUNTS["stock"], 511, 1e9),
    "between nodes": lambda s: s("fund_transfer", ACCOUNTS["stock"], 512, 100.0),
    "shares": lambda s: s("secu_transfer", ACCOUNTS["stock"], 521, "600000.SH", 100, 0),
    "options to futures": lambda s: s(
        "ctp_transfer_option_to_future", OPTIONS.account_id, FUTURES.account_id, 100.0
    ),
    "futures to options": lambda s: s(
        "ctp_transfer_future_to_option", OPTIONS.account_id, FUTURES.account_id, 100.0
    ),
    "futures to nobody": lambda s: s("ctp_transfer_future_to_option", "1", "2", 100.0),
}


@pytest.mark.parametrize("what", TRANSFERS)
def test_the_same_transfer_ends_alike_and_is_told_alike(sides, what):
    ours, theirs = (TRANSFERS[what](side) for side in sides)

    assert ours == theirs
    for side in sides:
        settle(side)
    assert news(sides[0]) == news(sides[1])
    for account in (ACCOUNTS["stock"], FUTURES, OPTIONS):
        assets = [plain(side("query_stock_asset", account)) for side in sides]
        assert assets[0] == assets[1]


@pytest.mark.parametrize("way", ["bank_transfer_in", "bank_transfer_out"])
@pytest.mark.parametrize("form", ["", "_async"])
def test_the_same_bank_transfer_ends_alike(sides, way, form):
    answers = []
    for side in sides:
        bank = side("query_bank_info", ACCOUNTS["stock"])[0]
        answer = side(way + form, ACCOUNTS["stock"], bank.bank_no, bank.bank_account, 50.0)
        if form:
            answer = plain(side.diary.wait("on_bank_transfer_async_response"))
            answer.pop("seq")
        stream = side("query_bank_transfer_stream", ACCOUNTS["stock"], "20261120", "20261120")
        amount = side("query_bank_amount", ACCOUNTS["stock"], bank.bank_no, bank.bank_account, "")
        answers.append((answer, plain(stream), plain(amount)))

    assert answers[0] == answers[1]


def one_order(kind):
    """An order of each kind of account that is filled at once."""
    price = {"buy": lambda q: q.ask_price[-1], "sell": lambda q: q.bid_price[-1]}
    code, order_type, volume, way = {
        "credit": ("600036.SH", c.CREDIT_FIN_BUY, 100, "buy"),
        "futures": ("rb2701.SF", c.FUTURE_OPEN_LONG, 2, "buy"),
        "shanghai": ("00700.HGT", c.STOCK_BUY, 100, "buy"),
        "shenzhen": ("01398.SGT", c.STOCK_SELL, 1000, "sell"),
    }[kind]
    return code, order_type, volume, price[way]


@pytest.mark.parametrize("kind", ["credit", "futures", "shanghai", "shenzhen"])
@pytest.mark.parametrize("right", [True, False], ids=["filled", "refused"])
def test_the_same_order_is_told_alike(sides, kind, right):
    account = ACCOUNTS[kind]
    code, order_type, volume, price = one_order(kind)
    for side in sides:
        order_id = side(
            *("order_stock", account, code, order_type if right else 999, volume),
            *(c.FIX_PRICE, price(side.reach.quote(code)), "s", "r"),
        )
        assert order_id > 0
        settle(side)

    told = news(sides[0])
    assert told == news(sides[1])
    assert ("on_stock_trade" if right else "on_order_error") in [name for name, _ in told]


def test_exports_and_fills_from_elsewhere_are_the_same(sides, tmp_path):
    account, answers = ACCOUNTS["stock"], []
    deal = {"m_strExchangeID": "SH", "m_strInstrumentID": "600000", "m_strTradeID": "E1"}
    deal |= {"m_dPrice": 10.5, "m_nVolume": 200}
    for side in sides:
        path = tmp_path / f"{side.name}.csv"
        answers.append(
            [
                side("sync_transaction_from_external", "ADD", "DEAL", account, [deal]),
                side("sync_transaction_from_external", "ADD", "DEAL", account, [deal]),
                plain(side("query_stock_trades", account)),
                side("export_data", account, str(path), "deal"),
                side("export_data", account, str(path), "weather"),
                path.read_bytes(),
            ]
        )

    assert answers[0] == answers[1]


def test_an_algorithm_works_an_order_alike(sides):
    account, answers = ACCOUNTS["stock"], []
    for side in sides:
        price = side.reach.quote("600000.SH").ask_price[-1]
        side(
            *("smart_algo_order_async", account, "600000.SH", c.STOCK_BUY, 2000, c.FIX_PRICE),
            *(price, "s", "r", "TWAP", "10:00:00", "10:20:00", {}),
        )
        started = side.diary.wait("on_smart_algo_order_async_response")
        side.reach.advance(300)
        tasks = side("query_smart_algo_task", account)
        side("cancel_smart_algo_task_async", account, started.task_id)
        ended = side.diary.wait("on_operate_smart_task_async_response")
        settle(side)
        told = [(name, {**row, "seq": 0}) for name, row in news(side)]
        found = plain(started), tasks, plain(ended), side("get_smart_algo_param", ["TWAP"])
        answers.append((*({**one, "seq": 0} if "seq" in one else one for one in found), told))

    assert answers[0] == answers[1]
    assert answers[0][0]["task_id"] > 0


def test_securities_are_borrowed_alike(sides):
    answers = []
    for side in sides:
        quotes = [less_twins("smt_query_quoter", row) for row in side("smt_query_quoter", CREDIT)]
        quote = next(row for row in quotes if row["applyMode"] == "1")
        code = f"{quote['code'].split('.')[0]}.{quote['exchangeType']}"
        rate = quote["fsmpOccupedRate"]
        for amount in (100, 10**9):
            side(
                *("smt_negotiate_order_async", CREDIT, quote["srcGroupId"], code),
                *(quote["date"], amount, rate, {"fineRate": 0.1}),
            )
        side("smt_appointment_order_async", CREDIT, code, quote["date"], 100, rate)
        side.diary.wait("on_smt_appointment_async_response", 3)
        responses = [
            {**plain(row), "seq": 0}
            for name, row in side.diary.entries
            if name == "on_smt_appointment_async_response"
        ]
        orders = side("smt_query_order", CREDIT)
        compacts = side("smt_query_compact", CREDIT)
        answers.append((quotes, responses, orders, less_twins("smt_query_compact", compacts)))

    assert answers[0] == answers[1]
    assert [row["success"] for row in answers[0][1][:2]] == [True, False]
