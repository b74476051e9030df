"""Orders, fills, money and positions of days that have passed, and of today."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

import xtnb
from xtnb import xtconstant
from xtnb.errors import InputError
from xtnb.frames.days import KINDS

CODE = "600000.SH"
DAY = 86_400
AT_ONCE = xtconstant.MARKET_SH_CONVERT_5_CANCEL


@pytest.fixture
def desk(tmp_path):
    with xtnb.paper(tmp_path / "userdata_mini", seed=7, clock="hand") as made:
        yield made


def traded_on_two_days(desk):
    desk.buy(CODE, 200, price_type=AT_ONCE)
    desk.buy(CODE, 300, 10.00)
    desk.clock.advance(60)
    before = desk.asset(), desk.positions(), desk.trades()
    desk.clock.advance(DAY)
    desk.sell(CODE, 100, price_type=AT_ONCE)
    desk.clock.advance(60)
    return before


def check(desk, before):
    asset, positions, trades = before
    assert len(trades) > 0
    orders = desk.history("2026-11-20", "2026-11-20")
    assert list(orders["order_volume"]) == [200, 300]
    assert str(orders["order_status"].iloc[1]) != "working"
    assert list(orders["day"].unique()) == [pd.Timestamp("2026-11-20")]
    first = desk.history("2026-11-20", "2026-11-20", "trades")
    assert list(first["traded_id"]) == list(trades["traded_id"])
    held = desk.history("2026-11-20", "2026-11-20", "positions").set_index("stock_code")
    expected = positions.set_index("stock_code")
    assert held["volume"].to_dict() == expected["volume"].to_dict()
    money = desk.history("2026-11-20", "2026-11-20", "asset")
    assert len(money) == 1
    assert abs(money["cash"].iloc[0] - asset["cash"].iloc[0]) < 1e-6
    both = desk.history("2026-11-20")
    assert [str(day)[:10] for day in both["day"].unique()] == ["2026-11-20", "2026-11-21"]
    assert len(desk.history("2026-11-20", kind="asset")) == 2
    today = desk.history(date(2026, 11, 21), date(2026, 11, 21), "trades")
    assert list(today["traded_id"]) == list(desk.trades()["traded_id"])


def test_days_that_have_passed_are_there_as_they_ended(desk):
    check(desk, traded_on_two_days(desk))


def test_days_are_there_after_a_restart(tmp_path):
    folder = tmp_path / "userdata_mini"
    with xtnb.paper(folder, seed=7, clock="hand") as desk:
        before = traded_on_two_days(desk)

    with xtnb.paper(folder) as desk:
        check(desk, before)


@pytest.mark.parametrize("kind", KINDS)
def test_a_day_without_anything_has_the_same_columns(desk, kind):
    desk.buy(CODE, 100, price_type=AT_ONCE)

    some, none = (
        desk.history("2026-11-20", kind=kind),
        desk.history("2026-01-01", "2026-01-02", kind),
    )

    assert len(some) > 0
    assert len(none) == 0
    assert list(none.dtypes.items()) == list(some.dtypes.items())
    assert none.columns[0] == "day"


def test_an_order_of_a_key_of_another_day_is_what_became_of_it(tmp_path):
    with xtnb.paper(tmp_path, seed=7, clock="hand") as desk:
        filled = desk.buy(CODE, 100, price_type=AT_ONCE, key="day-1")
        refused = desk.buy(CODE, 100, 1000.0, key="day-1-b")
        fills = filled.trades()

    with xtnb.paper(tmp_path) as desk:
        desk.clock.next_day()
        again = desk.buy(CODE, 100, price_type=AT_ONCE, key="day-1")
        refused_again = desk.buy(CODE, 100, 1000.0, key="day-1-b")
        sent_today = desk.orders()

    assert (filled.status, refused.status) == ("filled", "rejected")
    assert (again.id, again.status, again.filled, again.done) == (filled.id, "filled", 100, True)
    assert (refused_again.id, refused_again.status) == (refused.id, "rejected")
    assert again.trades().equals(fills)
    assert len(sent_today) == 0


def test_a_terminal_in_memory_has_today():
    with xtnb.paper(seed=7, clock="hand") as desk:
        desk.buy(CODE, 100, 10.00)
        assert len(desk.history("2026-11-20")) == 1
        desk.clock.advance(DAY)
        assert len(desk.history("2026-11-20")) == 0


@pytest.mark.parametrize(
    ("start", "end", "kind"),
    [("20th", None, "orders"), (20261120, None, "orders"), ("2026-11-20", None, "quotes")],
)
def test_what_is_no_day_and_no_kind_is_refused(desk, start, end, kind):
    with pytest.raises(InputError):
        desk.history(start, end, kind)
