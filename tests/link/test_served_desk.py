"""A desk at a served terminal: what a notebook shows, for a trader and for a reader."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from tests.link.serving import until
from tests.link.test_cluster import free_ports
from xtnb import desk
from xtnb.endpoints import paper_host, terminal_name
from xtnb.errors import NotConnected, SessionError, TerminalUnavailable
from xtnb.link.keys import READER, TRADER, KeyRing
from xtnb.link.service import Service

PUFA = "600000.SH"


@pytest.fixture(scope="module")
def desks(tmp_path_factory):
    """One in this process, and a trader's and a reader's at the same terminal, served."""
    with ExitStack() as leaving:
        patch = leaving.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("XTNB_CONFIG", str(tmp_path_factory.mktemp("config")))
        patch.setenv("XTNB_STATE", str(tmp_path_factory.mktemp("state")))
        ring = KeyRing()
        ring.add("anna", TRADER)
        ring.add("rita", READER)
        link = paper_host(seed=7, clock="hand").link("paper")
        service = Service(link, "main", tmp_path_factory.mktemp("nats"), ring)
        where = service.start().replace("://", "://{}@")
        leaving.callback(service.stop)
        here = leaving.enter_context(desk.paper())
        anna = leaving.enter_context(desk.connect(where.format("anna")))
        rita = leaving.enter_context(desk.connect(where.format("rita")))
        yield here, anna, rita


TABLES = ["asset", "orders", "trades", "positions", "accounts", "reconciliation"]


@pytest.mark.parametrize("table", TABLES)
def test_every_table_is_the_one_that_a_desk_beside_the_terminal_has(desks, table):
    desks[0].buy(PUFA, 100, 9.8)
    here, anna, rita = (getattr(one, table)() for one in desks)

    assert anna.equals(here)
    assert rita.equals(here)


def test_the_days_minutes_of_a_chart_travel(desks):
    here, anna, rita = (list(one._live.day_bars(PUFA)) for one in desks)

    assert here == anna == rita


@pytest.mark.parametrize("period", ["1m", "5m", "1d"])
def test_bars_of_each_period_travel(desks, period):
    asked = {"stock_code": PUFA, "period": period, "start_ms": 0, "end_ms": 0, "count": 20}
    here, anna = (one.trader.requests.ask("quote_bars", one.account, asked) for one in desks[:2])

    assert len(here) == 20
    assert here == anna


def test_a_reader_may_see_what_an_order_would_cost(desks):
    here, anna, rita = (one.preview(PUFA, "buy", 100, 10.8).frame() for one in desks)

    assert anna.equals(here)
    assert rita.equals(here)


def test_the_clock_of_a_terminal_elsewhere_has_a_repr(desks):
    assert repr(desks[1].clock) == "<MarketClock of a terminal elsewhere>"


def test_an_order_from_elsewhere_is_in_every_desk(desks):
    here, anna, rita = desks
    number = anna.buy(PUFA, 200, 9.8).id

    until(lambda: number in rita.orders()["order_id"].tolist())

    assert number in here.orders()["order_id"].tolist()


def test_where_nothing_listens_it_says_how_a_terminal_comes_there(desks):
    (port,) = free_ports(1)

    with pytest.raises(NotConnected, match="nothing listens there; `xtnb serve`"):
        desk.connect(f"nats://anna@127.0.0.1:{port}/main")


def test_the_address_of_a_served_terminal_is_no_folder():
    with pytest.raises(TerminalUnavailable, match=r"xtnb\.connect\('nats://pc/main'\)"):
        terminal_name("nats://pc/main")


def test_a_reader_is_told_so_before_it_sends_anything(desks):
    here, anna, rita = desks
    mine = here.buy(PUFA, 100, 9.8)
    until(lambda: mine.id in list(rita.orders()["order_id"]))

    with pytest.raises(NotConnected, match="may only read"):
        rita.buy(PUFA, 100, 9.8)
    with pytest.raises(NotConnected, match="may only read"):
        rita.cancel_all()

    assert rita._live.standing.reason.startswith("只读密钥")
    assert (anna._live.standing.reason, here._live.standing.reason) == ("", "")
    assert "read only" in repr(rita)
    assert "read only" not in repr(anna)
    assert mine.status == "working"


def test_a_reader_may_not_try_the_password_of_a_bank_account(desks):
    here, anna, rita = desks
    bank = here.banks().iloc[0]
    asked = bank["bank_no"], bank["bank_account"], "123456"

    assert anna.bank_balance(*asked).equals(here.bank_balance(*asked))
    with pytest.raises(SessionError):
        rita.bank_balance(*asked)


def test_each_key_has_drafts_and_a_layout_of_its_own(desks):
    _, anna, rita = desks

    assert anna._live.screen.path.parent == rita._live.screen.path.parent
    assert anna._live.screen.path != rita._live.screen.path


def test_a_desk_whose_key_was_taken_back_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("XTNB_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("XTNB_STATE", str(tmp_path / "state"))
    ring = KeyRing()
    ring.add("tom", TRADER)
    link = paper_host(seed=7, clock="hand").link("elsewhere")
    service = Service(link, "main", tmp_path / "nats", ring)
    where = service.start().replace("://", "://tom@")
    with ExitStack() as leaving:
        leaving.callback(service.stop)
        tom = leaving.enter_context(desk.connect(where))
        ring.revoke("tom")
        service._look()
        until(lambda: "revoked" in tom._live.standing.reason, 30)

        with pytest.raises(NotConnected, match="or it was revoked"):
            tom.buy(PUFA, 100, 9.8)
