"""Limits and the kill switch of a folder: they hold for whoever opens it, served or not."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

import xtnb
from tests.contract import house
from tests.link.serving import until
from xtnb import xtconstant as c
from xtnb.errors import RefusalCode
from xtnb.folders import audited
from xtnb.session.trader import XtQuantTrader
from xtnb.terminal.accounts.credit_opening import DEMO_CREDIT_ACCOUNT
from xtnb.terminal.scenario import DEMO_ACCOUNT
from xtnb.vocabulary.records import StockAccount

CODE = "600000.SH"
SECONDS = 10.0
ME = StockAccount(DEMO_ACCOUNT)


@pytest.fixture
def folder(tmp_path):
    """A folder with a terminal that nobody has open."""
    folder = tmp_path / "userdata_mini"
    xtnb.paper(folder, seed=7, clock="hand").close()
    return folder


def by_paper(folder):
    desk = xtnb.paper(folder)
    return desk, desk.trader  # which ends with the last desk that is held


def by_connect(folder):
    desk = xtnb.connect(folder)
    return desk, desk.trader


def by_script(folder):
    trader = XtQuantTrader(str(folder), 123)
    trader.start()
    assert trader.connect() == 0
    return None, trader


@pytest.mark.parametrize("way", [by_paper, by_connect, by_script])
@pytest.mark.parametrize(
    ("file", "text", "why"),
    [
        ("STOP", "", "kill switch"),
        ("limits.toml", "[every]\norder_value = 1000\n", "exceeds the value of one order"),
        ("limits.toml", "[every]\nread_only = true\n", "read-only"),
        ("limits.toml", "much", "cannot be read"),
    ],
)
def test_what_lies_in_a_folder_holds_however_it_is_opened(folder, way, file, text, why):
    (folder / file).write_text(text, encoding="utf-8")
    held, trader = way(folder)
    try:
        assert trader.order_stock(ME, CODE, 23, 300, 11, 10.0) == -1
        assert trader.query_stock_orders(ME) == []
    finally:
        trader.stop()
        del held

    (line,) = [line for line in audited(folder, 50) if "order_stock" in line]
    assert why in line


@pytest.mark.parametrize(
    ("file", "text"), [("STOP", ""), ("limits.toml", "[every]\norders_a_day = 1\n")]
)
def test_a_key_that_was_used_is_the_same_order_whatever_is_forbidden_now(folder, file, text):
    with xtnb.paper(folder) as desk:
        first = desk.buy(CODE, 100, 10.0, key="one")
    (folder / file).write_text(text, encoding="utf-8")

    with xtnb.paper(folder) as desk:
        again = desk.buy(CODE, 100, 10.0, key="one")
        other = desk.buy(CODE, 100, 10.0, key="two")

        assert (again.id, again.status) == (first.id, "working")
        assert other.status == "rejected"
        assert len(desk.orders()) == 1
    asked = [line for line in audited(folder, 50) if "order_stock" in line]
    assert len(asked) == 3


def test_a_desk_that_is_open_is_stopped_and_goes_on_with_the_same_key(folder):
    with xtnb.paper(folder) as desk:
        first = desk.buy(CODE, 100, 10.0, key="one")
        (folder / "STOP").touch()
        stopped = desk.buy(CODE, 100, 10.0, key="two")
        cancelled = desk.cancel(first.id)
        again = desk.buy(CODE, 100, 10.0, key="one")
        (folder / "STOP").unlink()
        sent = desk.buy(CODE, 100, 10.0, key="two")

        assert (stopped.status, "kill switch" in stopped.reason) == ("rejected", True)
        assert cancelled
        assert again.id == first.id
        assert sent.id > 0
        assert len(desk.orders()) == 2


def test_desks_of_one_folder_share_the_orders_of_a_day(folder):
    (folder / "limits.toml").write_text("[every]\norders_a_minute = 2\n", encoding="utf-8")

    with xtnb.paper(folder) as one, xtnb.connect(folder) as other:
        orders = [desk.buy(CODE, 100, 10.0) for desk in (one, other, one, other)]

    assert [order.id > 0 for order in orders] == [True, True, False, False]


@pytest.mark.parametrize(
    ("file", "text", "why"),
    [
        ("STOP", "", "kill switch"),
        ("limits.toml", "[every]\nread_only = true\n", "read-only"),
        ("limits.toml", "much", "cannot be read"),
    ],
)
@pytest.mark.parametrize("restarted", [False, True])
def test_an_algorithm_sends_nothing_more_once_trading_is_stopped(
    folder, file, text, why, restarted
):
    desk = xtnb.paper(folder)
    now = desk.clock.now()
    times = [f"{now + timedelta(minutes=passed):%H:%M:%S}" for passed in (1, 11)]
    asked = (ME, CODE, c.STOCK_BUY, 1_000, 12, 0.0, "", "", "TWAP", *times, {})
    desk.trader.smart_algo_order_async(*asked)
    desk.clock.advance(90)
    sent = [order.order_id for order in desk.trader.query_stock_orders(ME)]
    if restarted:
        desk.close()
    (folder / file).write_text(text, encoding="utf-8")
    if restarted:
        desk = xtnb.paper(folder)
    desk.clock.advance(120)

    (task,) = desk.trader.query_smart_algo_task(ME)
    orders = desk.trader.query_stock_orders(ME)
    desk.close()
    assert task["task_status"] == "已停止 / stopped"
    assert why in task["task_msg"]
    assert [order.order_id for order in orders] == sent != []


# -- what a preview says beforehand ------------------------------------------------------------

MARKET = {"price": 0.0, "price_type": c.MARKET_SH_CONVERT_5_CANCEL}


@pytest.fixture
def desk(folder):
    with xtnb.paper(folder) as desk:
        yield desk


def limit(folder, text):
    (folder / "limits.toml").write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("[every]\nread_only = true\n", {}),
        ('[every]\ncodes = ["5*"]\n', {}),
        ("[every]\norder_volume = 99\n", {}),
        ("[every]\norder_value = 999\n", {}),
        ("[every]\norder_value = 999\n", MARKET),
        ("[every]\nprice_distance = 0.001\n", {"price": 9.9}),
        ("[every]\norders_a_minute = 1\n", {}),
        ("[every]\norders_a_day = 1\n", {}),
        ("[every]\nvalue_a_day = 1500\n", MARKET),
        ("[every", {}),
        ("[every]\norder_valu = 1\n", {}),
    ],
)
def test_a_preview_says_what_the_order_is_then_told(folder, desk, text, order):
    asked = {"price": 10.0, "price_type": c.FIX_PRICE, **order}
    forget = desk._live.watch(CODE)
    until(lambda: desk._live._quotes.latest(CODE) is not None)
    desk.buy(CODE, 100, 10.0)
    limit(folder, text)

    told = desk.preview(CODE, "buy", 100, **asked)
    kept = desk._live.preview(CODE, "buy", 100, **asked)
    sent = desk.buy(CODE, 100, **asked)
    forget()

    assert (told.accepted, kept) == (False, told)
    assert f"{told.reason_zh} / {told.reason_en}" == sent.error
    assert (told.freeze, told.cash_after) == (0.0, told.cash_before)


def test_a_preview_counts_contracts_with_their_multiplier_as_the_guard_does(folder, desk):
    desk.use(house.ACCOUNTS["futures"].account_id, "FUTURE")
    code = next(one.stock_code for one in desk.trader.query_stock_positions(desk.account))
    limit(folder, "[every]\norder_value = 1\n")
    order = (code, c.FUTURE_OPEN_LONG, 1, c.FIX_PRICE, 3000.0)

    told = desk.preview(code, c.FUTURE_OPEN_LONG, 1, 3000.0)
    sent = desk.order(*order)

    assert sent.id < 0
    assert f"{told.reason_zh} / {told.reason_en}" == sent.error


def test_a_form_hears_of_the_kill_switch_and_of_its_end_by_itself(folder, desk):
    told = threading.Event()
    forget = [desk._live.watch(CODE), desk._live.standing.on_change(told.set)]

    assert desk._live.preview(CODE, "buy", 100, 10.0).accepted
    (folder / "STOP").touch()
    until(lambda: not desk._live.preview(CODE, "buy", 100, 10.0).accepted)
    stopped = desk._live.preview(CODE, "buy", 100, 10.0)
    assert told.wait(SECONDS)
    (folder / "STOP").unlink()
    until(lambda: desk._live.preview(CODE, "buy", 100, 10.0).accepted)
    for end in forget:
        end()

    assert (stopped.code, "kill switch" in stopped.reason_en) == (RefusalCode.STOPPED, True)


def test_the_order_form_refuses_what_the_kill_switch_does(folder, desk):
    ticket = desk.ticket(CODE, price=10.0, volume=100)

    def shown():
        return ticket.sections()["preview"]

    until(lambda: shown() is not None and shown()["accepted"])
    (folder / "STOP").touch()
    until(lambda: not shown()["accepted"])
    said = shown()
    ticket.close()

    assert "总开关" in said["reason_zh"]
    assert "kill switch" in said["reason_en"]


def test_a_preview_knows_that_no_limit_of_orders_keeps_a_debt_from_being_paid_back(folder):
    text = "[every]\norder_value = 500\nprice_distance = 0.01\ncodes = []\n"
    with xtnb.paper(folder) as desk:
        (folder / "limits.toml").write_text(text, encoding="utf-8")
        credit = desk.use(DEMO_CREDIT_ACCOUNT, "CREDIT")

        repaid = credit.preview("", c.CREDIT_DIRECT_CASH_REPAY, 1_000, 0.0, c.FIX_PRICE)
        bought = credit.preview("600000.SH", c.CREDIT_BUY, 1_000, 10.0, c.FIX_PRICE)

    assert (repaid.accepted, bought.accepted) == (True, False)


def test_a_desk_in_memory_has_no_limits():
    with xtnb.paper(seed=7, clock="hand") as desk:
        assert desk.preview(CODE, "buy", 100, 10.0).accepted
        assert desk._live._allowance.kept is None
