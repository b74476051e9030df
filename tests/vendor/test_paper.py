"""The vendor's XtQuantTrader on our paper terminal, beside ours: the same cases, the same news.

Both begin on terminals of their own with the same seed, so that everything must
come out alike: numbers, records, and the order in which the callbacks hear.
"""

from __future__ import annotations

import pytest

from tests.contract.test_contract import PAYH, PUFA, REFUSED
from tests.vendor.conftest import NO_ANSWER, within
from xtnb import xtconstant as c
from xtnb.terminal.scenario import DEMO_ACCOUNT
from xtnb.xttrader import XtQuantTrader
from xtnb.xttype import StockAccount

STRANGER = StockAccount("no such account")
# Callbacks that the vendor's file builds itself, with account type 2 and no seq of its own.
WITHOUT = {"seq"}


@pytest.fixture
def account():
    return StockAccount(DEMO_ACCOUNT)


def plain(found):
    if isinstance(found, list):
        return [plain(row) for row in found]
    return dict(vars(found)) if hasattr(found, "__dict__") else found


def news(side):
    return [(name, plain(record)) for name, record in side.diary.entries]


def settle(side):
    side("query_account_status")


def resting(side, volume=200):
    price = round(side.reach.quote(PUFA).down_limit + 0.02, 2)
    return PUFA, c.STOCK_BUY, volume, c.FIX_PRICE, price, "strategy", "remark"


def marketable(side, volume=200):
    price = side.reach.quote(PUFA).ask_price[-1]
    return PUFA, c.STOCK_BUY, volume, c.FIX_PRICE, price, "strategy", "remark"


def rest(side, account):
    return side("order_stock", account, *resting(side))


def cancel(side, account):
    order_id = rest(side, account)
    return side("cancel_order_stock", account, order_id), order_id


def cancel_by_sysid(side, account, market):
    order_id = rest(side, account)
    sysid = side("query_stock_order", account, order_id).order_sysid
    return side("cancel_order_stock_sysid", account, market, sysid), order_id


def fill(side, account):
    order_id = side("order_stock", account, *marketable(side))
    return [
        order_id,
        plain(side("query_stock_order", account, order_id)),
        plain(side("query_stock_trades", account)),
        plain(side("query_stock_positions", account)),
    ]


def heard(side, method, *arguments):
    side(method, *arguments, lambda found: side.diary.write("answer", found))
    return plain(side.diary.wait("answer"))


CASES = {
    "subscribe": lambda s, a: s("subscribe", a),
    "subscribe a stranger": lambda s, a: s("subscribe", STRANGER),
    "unsubscribe": lambda s, a: [s("unsubscribe", a), s("unsubscribe", a)],
    "account infos": lambda s, a: plain(s("query_account_infos")),
    "account info": lambda s, a: plain(s("query_account_info")),
    "account status": lambda s, a: plain(s("query_account_status")),
    "asset": lambda s, a: plain(s("query_stock_asset", a)),
    "asset of a stranger": lambda s, a: s("query_stock_asset", STRANGER),
    "positions": lambda s, a: plain(s("query_stock_positions", a)),
    "position": lambda s, a: plain(s("query_stock_position", a, PUFA)),
    "no position": lambda s, a: s("query_stock_position", a, "600036.SH"),
    "no orders": lambda s, a: s("query_stock_orders", a),
    "no trades": lambda s, a: s("query_stock_trades", a),
    "no such order": lambda s, a: s("query_stock_order", a, 987_654),
    "a resting order": lambda s, a: [rest(s, a), plain(s("query_stock_orders", a))],
    "what can be cancelled": lambda s, a: [
        *(fill(s, a), rest(s, a)),
        plain(s("query_stock_orders", a, True)),
    ],
    "a fill": fill,
    "an order of a stranger": lambda s, a: s("order_stock", STRANGER, *resting(s)),
    "cancel": cancel,
    "cancel by number and sysid": lambda s, a: cancel_by_sysid(s, a, 0),
    "cancel by text and sysid": lambda s, a: cancel_by_sysid(s, a, "SH"),
    "cancel what is not there": lambda s, a: s("cancel_order_stock", a, 987_654),
    "asset, later": lambda s, a: heard(s, "query_stock_asset_async", a),
    "orders, later": lambda s, a: [rest(s, a), heard(s, "query_stock_orders_async", a)],
    "trades, later": lambda s, a: [fill(s, a), heard(s, "query_stock_trades_async", a)],
    "positions, later": lambda s, a: heard(s, "query_stock_positions_async", a),
    "infos, later": lambda s, a: heard(s, "query_account_infos_async"),
    "status, later": lambda s, a: heard(s, "query_account_status_async"),
    **{
        f"a best-five order at {code}": (
            lambda s, a, code=code, kind=kind: s("order_stock", a, code, 23, 100, kind, 0)
        )
        for code, kind in ((PUFA, 42), (PUFA, 43), (PAYH, 47), (PAYH, 48))
    },
}


@pytest.mark.parametrize("case", CASES)
def test_the_same_case_ends_alike_and_is_told_alike(paper, account, case):
    for side in paper:
        side("subscribe", account)
    ours, theirs = [CASES[case](side, account) for side in paper]

    assert ours == theirs != NO_ANSWER
    for side in paper:
        settle(side)
    assert news(paper[0]) == news(paper[1])


@pytest.mark.parametrize("what", REFUSED)
def test_the_same_order_is_refused_alike(paper, account, what):
    for side in paper:
        side("subscribe", account)
        order = REFUSED[what](side.reach.quote(PUFA))
        assert side("order_stock", account, *order, "s", "r") > 0
        side.diary.wait("on_order_error")
        settle(side)

    assert news(paper[0]) == news(paper[1])


@pytest.mark.parametrize("make", [resting, marketable], ids=["resting", "filled"])
def test_the_response_to_an_async_order_comes_first_on_both_sides(paper, account, make):
    for side in paper:
        side("subscribe", account)
        assert side("order_stock_async", account, *make(side)) > 0
        side.diary.wait("on_stock_asset")
        settle(side)

    told = []
    for side in paper:
        entries = news(side)
        assert entries[0][0] == "on_order_stock_async_response"
        told.append([(n, {k: r[k] for k in r.keys() - WITHOUT}) for n, r in entries])
    assert told[0] == told[1]


@pytest.mark.parametrize("by", ["id", "sysid"])
def test_an_async_cancel_is_answered_alike(paper, account, by):
    for side in paper:
        order_id = rest(side, account)
        if by == "id":
            side("cancel_order_stock_async", account, order_id)
        else:
            sysid = side("query_stock_order", account, order_id).order_sysid
            side("cancel_order_stock_sysid_async", account, "SH", sysid)
        side.diary.wait("on_cancel_order_stock_async_response")

    ours, theirs = (dict(news(side)[-1][1]) for side in paper)
    same = {"account_id", "cancel_result", "order_id", "error_msg", "account_type"}
    assert {key: ours[key] for key in same} == {key: theirs[key] for key in same}


def test_a_refused_async_order_gives_response_then_error_on_both_sides(paper, account):
    for side in paper:
        side("order_stock_async", account, PUFA, 23, 150, 11, 10.0, "s", "r")
        side.diary.wait("on_order_error")

    assert [side.diary.names() for side in paper] == [
        ["on_order_stock_async_response", "on_order_error"]
    ] * 2


def test_a_day_of_trading_is_told_alike(paper, account):
    for side in paper:
        side("subscribe", account)
        bid = side.reach.quote(PUFA).bid_price[0]
        for volume in (300, 500, 700):
            side("order_stock", account, PUFA, c.STOCK_BUY, volume, c.FIX_PRICE, bid)
        side("order_stock", account, PUFA, c.STOCK_SELL, 500, c.FIX_PRICE, bid)
        side.reach.advance(900)
        settle(side)

    assert len(news(paper[0])) > 10
    assert news(paper[0]) == news(paper[1])


def test_a_second_session_with_the_same_number_fails_to_connect_on_both_sides(paper, vendor):
    ours, theirs = paper
    again = XtQuantTrader.over(ours.reach.new_link(), 1)
    their_second = vendor.trader(theirs.reach.new_link(), None)
    for trader in (again, their_second):
        trader.start()

    assert again.connect() == their_second.connect() != 0
    again.stop()


def test_relaxed_mode_lets_a_query_be_made_inside_a_push_on_both_sides(paper, account):
    for side in paper:
        side("subscribe", account)
        side("set_relaxed_response_order_enabled", True)

        def look(order, side=side):
            asset = within(lambda: side.trader.query_stock_asset(account))
            side.diary.write("asset", asset)

        side.diary.actions["on_stock_order"] = look
        rest(side, account)

    assert plain(paper[0].diary.wait("asset")) == plain(paper[1].diary.wait("asset"))
