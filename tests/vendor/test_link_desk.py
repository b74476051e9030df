"""A desk at a MiniQMT: the vendor's own layer between it and a paper terminal."""

from __future__ import annotations

import threading

import pytest

import xtnb
from tests.contract.conftest import CODES, _local
from tests.live.cuttable import SECONDS, CuttableLink
from tests.vendor.links import vendor_link
from tests.vendor.native_quotes import MarketData
from xtnb.errors import NotArmed, QueryFailed
from xtnb.journal import Journal
from xtnb.journal.claims import Claims
from xtnb.link.recorded import RecordedLink

PUFA = "600000.SH"
LONG = "网格 third leg, for the long book"


@pytest.fixture
def cuttable():
    """A paper terminal that is reached through a MiniQMT, and can end as one does."""
    reach = _local()
    other = reach.trader(9)
    assert other.connect() == 0
    link = CuttableLink(reach.new_link())
    data = MarketData([reach.quote(code) for code in CODES])
    yield reach, link, data
    reach.close()


@pytest.fixture
def desk(cuttable, monkeypatch):
    _, link, data = cuttable
    monkeypatch.setattr("xtnb.desk.link_of_desk", lambda address: vendor_link(link, data=data))
    desk = xtnb.connect("the userdata_mini of a test")
    yield desk
    desk.close()


def ask(cuttable):
    return cuttable[0].quote(PUFA).ask_price[-1]


def test_a_cell_that_runs_twice_orders_once(desk, cuttable):
    with pytest.raises(NotArmed):
        desk.buy(PUFA, 200, ask(cuttable))

    orders = [desk.buy(PUFA, 200, ask(cuttable), key="open-1", remark=LONG) for _ in range(2)]

    assert orders[0].wait(SECONDS).id == orders[1].id
    assert desk.orders()["order_remark"].tolist() == [LONG]
    assert set(desk.trades()["order_remark"]) == {LONG}


def test_a_kernel_that_died_finds_its_order_by_the_key(desk, cuttable, monkeypatch):
    first = desk.buy(PUFA, 200, ask(cuttable), key="open-1")
    desk.close()
    again = xtnb.connect("the userdata_mini of a test")

    second = again.buy(PUFA, 200, ask(cuttable), key="open-1")

    assert second.id == first.id
    assert len(again.orders()) == 1
    again.close()


def test_a_second_notebook_gets_the_order_of_a_key_and_sends_none(cuttable, monkeypatch, tmp_path):
    reach, _, data = cuttable

    def new_link(address):
        claims = Claims(tmp_path / "keys.sqlite")
        return vendor_link(reach.new_link(), data=data, claims=claims)

    monkeypatch.setattr("xtnb.desk.link_of_desk", new_link)
    desks = [xtnb.connect("the userdata_mini of a test") for _ in range(2)]
    price = ask(cuttable)

    first, second = (one.buy(PUFA, 200, price, key="open-1") for one in desks)

    assert second.id == first.id
    assert len(desks[0].orders()) == 1
    for one in desks:
        one.close()


def test_a_miniqmt_behind_a_journal_has_a_past(cuttable, monkeypatch, tmp_path):
    _, link, data = cuttable

    def new_link(address):
        return RecordedLink(vendor_link(link, data=data), lambda: Journal(tmp_path, "a test"))

    monkeypatch.setattr("xtnb.desk.link_of_desk", new_link)
    with xtnb.connect("the userdata_mini of a test") as desk:
        order = desk.buy(PUFA, 200, ask(cuttable), key="open-1").wait(SECONDS)
    with xtnb.connect("the userdata_mini of a test") as again:
        orders, trades = (again.history("2020-01-01", kind=kind) for kind in ("orders", "trades"))
        with pytest.raises(QueryFailed, match="not its money and positions"):
            again.history("2020-01-01", kind="asset")

    assert orders["order_id"].tolist() == [order.id]
    assert set(trades["order_id"]) == {order.id}
    assert trades["traded_volume"].sum() == 200


def test_a_desk_says_who_keeps_the_days_before(desk):
    with pytest.raises(QueryFailed, match="xtnb serve --vendor"):
        desk.history("2026-11-20")


def test_a_daily_restart_brings_the_desk_back_with_what_happened_meanwhile(desk, cuttable):
    reach, link, _ = cuttable
    live, states = threading.Event(), []
    desk.buy(PUFA, 200, ask(cuttable), key="open-1")

    def moved(state):
        states.append(str(state))
        if str(state) == "live":
            live.set()

    desk._session.connection.on_change(moved)
    link.cut()
    price = round(reach.quote(PUFA).down_limit + 0.02, 2)
    reach.traders[0].order_stock(desk.account, PUFA, 23, 100, 11, price, "", "by hand")
    link.mend()

    assert live.wait(3 * SECONDS), states
    assert states[0] == "lost"
    assert desk.orders()["order_remark"].tolist() == ["", "by hand"]
    assert desk.buy(PUFA, 100, ask(cuttable), key="open-2").wait(SECONDS).status == "filled"
    sessions = {request.session for request in link.sent}
    assert len(sessions) == 2


def test_a_market_data_quote_values_and_previews(desk):
    assert desk.quotes([PUFA])["last_price"][0] > 0
    assert desk.preview(PUFA, "buy", 200, 10.0).accepted
