"""Each row of the boards' table that is verified or quoted, and the limits against Decimal."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rules.orders import BEIJING, CHINEXT, FUND, MAIN, SHENZHEN, STAR, TODAY, day_rules, money
from xtnb.errors import InputError
from xtnb.rules.boards import Cage, cage_base, cage_ceiling, cage_floor, price_limits
from xtnb.rules.instruments import Board
from xtnb.rules.tables import load

ST_CHANGE = date(2026, 7, 6)
BEFORE_ST_CHANGE = date(2026, 7, 5)


@pytest.mark.parametrize(
    ("code", "tick"),
    [(MAIN, 100), (STAR, 100), (SHENZHEN, 100), (CHINEXT, 100), (BEIJING, 100), (FUND, 10)],
)
def test_stocks_move_by_a_fen_and_funds_by_a_tenth_of_one(code, tick):
    assert day_rules(code).tick == tick


@pytest.mark.parametrize(
    ("code", "lot"),
    [(MAIN, 100), (STAR, 200), (SHENZHEN, 100), (CHINEXT, 100), (BEIJING, 100), (FUND, 100)],
)
def test_the_least_buy_of_each_board(code, lot):
    assert day_rules(code).lot == lot


@pytest.mark.parametrize(
    ("code", "day", "facts", "down", "up"),
    [
        (MAIN, TODAY, {}, "9.00", "11.00"),
        (SHENZHEN, TODAY, {}, "9.00", "11.00"),
        (STAR, TODAY, {}, "8.00", "12.00"),
        (CHINEXT, date(2020, 8, 23), {}, "9.00", "11.00"),
        (CHINEXT, date(2020, 8, 24), {}, "8.00", "12.00"),
        (BEIJING, TODAY, {}, "7.00", "13.00"),
        (FUND, TODAY, {}, "9.00", "11.00"),
        (FUND, TODAY, {"wide_limit": True}, "8.00", "12.00"),
        (MAIN, BEFORE_ST_CHANGE, {"st": True}, "9.50", "10.50"),
        (MAIN, ST_CHANGE, {"st": True}, "9.00", "11.00"),
        (SHENZHEN, BEFORE_ST_CHANGE, {"st": True}, "9.50", "10.50"),
        (SHENZHEN, ST_CHANGE, {"st": True}, "9.00", "11.00"),
        (STAR, BEFORE_ST_CHANGE, {"st": True}, "8.00", "12.00"),
        (CHINEXT, BEFORE_ST_CHANGE, {"st": True}, "8.00", "12.00"),
        (BEIJING, BEFORE_ST_CHANGE, {"st": True}, "7.00", "13.00"),
    ],
)
def test_the_daily_limit_of_each_board_and_day(code, day, facts, down, up):
    rules = day_rules(code, "10.00", day, **facts)

    assert (rules.down, rules.up) == (money(down), money(up))


def test_limits_are_right_where_floats_are_a_fen_too_low():
    prices = range(100, 20_001)  # 1.00 to 200.00
    off = {}
    for fen in prices:
        up = price_limits(fen * 100, 10, 100)[1] // 100
        off[fen] = round(round(fen / 100 * 1.1, 2) * 100) - up
    wrong = {fen for fen, error in off.items() if error}

    assert {off[fen] for fen in wrong} == {-1}
    assert len(wrong) / len(prices) == pytest.approx(0.0132, abs=0.0001)
    assert all(price_limits(fen * 100, 10, 100)[1] == (fen * 11 + 5) // 10 * 100 for fen in wrong)


@given(
    ticks=st.integers(1, 2_000_000),
    percent=st.sampled_from([5, 10, 20, 30]),
    tick=st.sampled_from([10, 100]),
)
def test_limits_agree_with_decimal_arithmetic(ticks, percent, tick):
    prev, step = Decimal(ticks * tick), Decimal(tick)

    def rounded(value: Decimal) -> Decimal:
        return (value / step).quantize(Decimal(1), ROUND_HALF_UP) * step

    up = max(rounded(prev * (100 + percent) / 100), prev + step)
    down = max(min(rounded(prev * (100 - percent) / 100), prev - step), step)

    assert price_limits(ticks * tick, percent, tick) == (down, up)


@given(ticks=st.integers(2, 2_000_000), percent=st.sampled_from([5, 10, 20, 30]))
def test_limits_are_at_least_a_tick_away(ticks, percent):
    down, up = price_limits(ticks * 100, percent, 100)

    assert 0 < down <= ticks * 100 - 100
    assert up >= ticks * 100 + 100


@pytest.mark.parametrize("prev_close", [-100, 0, 105_050])
def test_a_previous_close_off_the_tick_is_an_error(prev_close):
    with pytest.raises(InputError, match="prev_close"):
        price_limits(prev_close, 10, 100)


@given(
    ticks=st.integers(20, 2_000_000),
    cage=st.sampled_from([Cage(2, 10), Cage(2, 0), Cage(5, 10)]),
)
def test_cages_agree_with_decimal_arithmetic(ticks, cage):
    base = Decimal(ticks) / 100

    def rounded(value: Decimal) -> Decimal:
        return value.quantize(Decimal("0.01"), ROUND_HALF_UP)

    away = Decimal(max(cage.ticks, 1)) / 100
    ceiling = max(rounded(base * (100 + cage.percent) / 100), base + away)
    floor = min(rounded(base * (100 - cage.percent) / 100), base - away)

    assert cage_ceiling(ticks * 100, cage, 100) == int(ceiling * 10_000)
    assert cage_floor(ticks * 100, cage, 100) == int(floor * 10_000)


def test_a_cage_is_measured_from_the_best_price_that_there_is():
    assert cage_base(True, bid=1, ask=2, last=3, prev_close=4) == 2
    assert cage_base(True, bid=1, ask=0, last=3, prev_close=4) == 1
    assert cage_base(True, bid=0, ask=0, last=3, prev_close=4) == 3
    assert cage_base(True, bid=0, ask=0, last=0, prev_close=4) == 4
    assert cage_base(False, bid=1, ask=2, last=3, prev_close=4) == 1
    assert cage_base(False, bid=0, ask=2, last=3, prev_close=4) == 2
    assert cage_base(False, bid=0, ask=0, last=3, prev_close=4) == 3
    assert cage_base(False, bid=0, ask=0, last=0, prev_close=4) == 4


def test_every_row_says_how_sure_we_are_and_where_it_comes_from():
    table = load("boards")
    assert set(table["boards"]) == {board.value for board in Board}

    for rules in table["boards"].values():
        for rows in rules.values():
            starts = [row["from"] or "" for row in rows]
            assert starts == sorted(starts)
            for row in rows:
                assert row["status"] in table["status"]
                assert set(row["source"].split(", ")) <= set(table["sources"])
