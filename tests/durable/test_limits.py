"""Limits and the kill switch of a folder: they hold for whoever opens it, served or not."""

from __future__ import annotations

import pytest

import xtnb
from xtnb.folders import audited
from xtnb.session.trader import XtQuantTrader
from xtnb.terminal.scenario import DEMO_ACCOUNT
from xtnb.vocabulary.records import StockAccount

CODE = "600000.SH"
ME = StockAccount(DEMO_ACCOUNT)


@pytest.fixture
def folder(tmp_path):
    """A folder with a terminal that nobody has open."""
    folder = tmp_path / "userdata_mini"
    xtnb.paper(folder, seed=7, clock="hand").close()
    return folder


def by_paper(folder):
    return xtnb.paper(folder).trader


def by_connect(folder):
    return xtnb.connect(folder).trader


def by_script(folder):
    trader = XtQuantTrader(str(folder), 123)
    trader.start()
    assert trader.connect() == 0
    return trader


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
    trader = way(folder)
    try:
        assert trader.order_stock(ME, CODE, 23, 300, 11, 10.0) == -1
        assert trader.query_stock_orders(ME) == []
    finally:
        trader.stop()

    (line,) = [line for line in audited(folder, 50) if "order_stock" in line]
    assert why in line


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
