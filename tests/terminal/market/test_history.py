"""Bars and ticks: the made-up past, what is recorded, and how both fit together."""

import itertools
from datetime import date

import pytest

from tests.terminal.market.makers import FEW, PUFA, STAR, market, run
from xtnb.errors import InputError
from xtnb.terminal.clock import MINUTE, MS, SECOND, at, day_of, local

MINUTE_MS = MINUTE // MS


@pytest.mark.parametrize("code", FEW)
def test_there_are_250_days_on_tick_that_end_at_the_previous_close(code):
    trading = market()
    tick = trading.rules(code).tick

    days = trading.bars(code, "1d", 0, trading.now() - 86_400 * SECOND)

    assert len(days) >= 250
    assert days[-1].close == trading.prev_close(code) / 10_000
    assert all(day_of(day.time_ms * MS).weekday() < 5 for day in days)
    for before, day in itertools.pairwise(days):
        assert day.pre_close == before.close
        assert day.low <= min(day.open, day.close) <= max(day.open, day.close) <= day.high
        assert abs(day.close / before.close - 1) < 0.25
        assert all(round(price * 10_000) % tick == 0 for price in day[1:5])
        assert day.volume > 0 < day.amount


@pytest.mark.parametrize("code", FEW)
def test_the_minutes_of_the_last_days_add_up_to_their_day_bars(code):
    trading = market()
    days = trading.bars(code, "1d", 0, trading.now() - 86_400 * SECOND, 5)
    minutes = trading.bars(code, "1m")

    for day in days:
        date_of = day_of(day.time_ms * MS)
        mine = [row for row in minutes if day_of(row.time_ms * MS) == date_of]
        assert len(mine) == 240
        assert (mine[0].open, mine[-1].close) == (day.open, day.close)
        assert max(row.high for row in mine) == day.high
        assert min(row.low for row in mine) == day.low
        assert sum(row.volume for row in mine) == day.volume
        assert sum(row.amount for row in mine) == pytest.approx(day.amount)
        assert all(row.low <= min(row.open, row.close) for row in mine)
        assert all(row.high >= max(row.open, row.close) for row in mine)


def test_past_minutes_are_those_of_a_session():
    trading = market()

    texts = [local(row.time_ms * MS).strftime("%H:%M") for row in trading.bars(PUFA, "1m")[:240]]

    assert (texts[0], texts[119], texts[120], texts[-1]) == ("09:31", "11:30", "13:01", "15:00")


def test_todays_minutes_end_where_the_market_starts_and_are_in_the_statistics():
    trading = market()
    today = trading.bars(PUFA, "1m", trading.now() - 240 * MINUTE)
    quote = trading.quote(PUFA)

    assert local(today[-1].time_ms * MS) == local(trading.now())
    assert today[-1].close == quote.last_price == trading.last_price(PUFA) / 10_000
    assert quote.high == max(row.high for row in today)
    assert quote.volume == sum(row.volume for row in today)
    assert trading.book(PUFA).best_bid <= trading.last_price(PUFA) + 200
    assert trading.bars(PUFA, "1d")[-1].volume == quote.volume


def test_a_market_that_starts_at_midnight_starts_at_the_previous_close():
    trading = market(start="2026-11-20 00:00:00")

    assert trading.last_price(PUFA) == trading.prev_close(PUFA)
    assert trading.quote(PUFA).volume == 0


def test_the_past_is_the_same_whenever_it_is_asked_for():
    early, late = market(), market()
    first = early.bars(PUFA, "1d", 0, early.now() - 86_400 * SECOND)
    run(late, 30)
    late.bars(STAR, "1m")

    assert late.bars(PUFA, "1d", 0, early.now() - 86_400 * SECOND) == first


def test_recorded_minutes_join_the_past_without_a_hole_and_without_a_double():
    trading = market(start="2026-11-20 09:30:20")
    run(trading, 425)

    rows = trading.bars(PUFA, "1m", at("2026-11-20 08:00:00"))

    times = [row.time_ms for row in rows]
    assert times == list(range(times[0], times[-1] + 1, MINUTE_MS))
    assert times[-1] * MS == (trading.now() // MINUTE + 1) * MINUTE
    assert all(row.pre_close == before.close for before, row in itertools.pairwise(rows))


def test_minutes_of_a_day_add_up_to_its_bar_and_its_quote():
    trading = market(start="2026-11-20 00:00:00", codes=[PUFA])
    run(trading, 700)

    rows = trading.bars(PUFA, "1m", at("2026-11-20 00:00:01"))
    day, quote = trading.bars(PUFA, "1d")[-1], trading.quote(PUFA)

    assert sum(row.volume for row in rows) == quote.volume == day.volume
    assert sum(row.amount for row in rows) == pytest.approx(quote.amount)
    assert (rows[0].open, day.open) == (quote.open, quote.open)
    assert max(row.high for row in rows) == quote.high == day.high
    assert min(row.low for row in rows) == quote.low == day.low
    assert rows[-1].close == quote.last_price == day.close


def test_minutes_without_a_trade_are_flat():
    trading = market(flow=False, codes=[PUFA])
    trading.note_trade(PUFA, 105_000, 100)
    run(trading, 180, 50)

    rows = trading.bars(PUFA, "1m", trading.now() - 180 * SECOND)

    assert [row.volume for row in rows] == [100, 0, 0, 0]
    assert {(row.open, row.high, row.low, row.close) for row in rows} == {(10.5,) * 4}


def test_five_minutes_are_made_of_five_single_ones():
    trading = market(codes=[PUFA])
    run(trading, 900)

    fives = trading.bars(PUFA, "5m")
    ones = trading.bars(PUFA, "1m")

    assert all(five.time_ms % (5 * MINUTE_MS) == 0 for five in fives)
    for five in fives[-20:]:
        mine = [row for row in ones if five.time_ms - 5 * MINUTE_MS < row.time_ms <= five.time_ms]
        assert (five.open, five.close) == (mine[0].open, mine[-1].close)
        assert five.high == max(row.high for row in mine)
        assert five.low == min(row.low for row in mine)
        assert five.volume == sum(row.volume for row in mine)


def test_a_day_that_has_ended_is_kept_and_the_next_begins():
    trading = market(codes=[PUFA], start="2026-11-20 23:55:00")
    run(trading, 600)

    old, new = trading.bars(PUFA, "1d")[-2:]

    assert day_of(old.time_ms * MS) == date(2026, 11, 20)
    assert day_of(new.time_ms * MS) == date(2026, 11, 21)
    assert new.pre_close == old.close == trading.prev_close(PUFA) / 10_000
    assert new.volume == trading.quote(PUFA).volume > 0


def test_a_gap_leaves_minutes_and_days_behind():
    trading = market(codes=[PUFA])
    start = trading.now()
    trading.advance(start + 3 * 86_400 * SECOND)

    days = trading.bars(PUFA, "1d", start - 86_400 * SECOND)
    minutes = trading.bars(PUFA, "1m", trading.now() - 86_400 * SECOND)

    assert [day_of(day.time_ms * MS).day for day in days] == [20, 21, 22, 23]
    assert len(minutes) == 1_441
    assert sum(1 for row in minutes if row.volume) > 1_400


def test_ticks_are_the_snapshots_of_watched_quotes():
    trading = market()
    heard = []
    trading.watch(PUFA)
    trading.on_quote(heard.append)
    run(trading, 30)

    assert trading.bars(PUFA, "tick") == heard
    assert trading.bars(PUFA, "tick", count=3) == heard[-3:]
    assert trading.bars(PUFA, "tick", heard[2].time * MS, heard[4].time * MS) == heard[2:5]
    assert trading.bars(STAR, "tick") == []


@pytest.mark.parametrize("period", ["1d", "1m", "5m"])
def test_both_ends_of_a_range_are_included_and_count_keeps_the_last(period):
    trading = market()
    rows = trading.bars(PUFA, period)
    first, last = rows[-6], rows[-2]

    assert trading.bars(PUFA, period, first.time_ms * MS, last.time_ms * MS) == rows[-6:-1]
    assert trading.bars(PUFA, period, 0, last.time_ms * MS, 2) == rows[-3:-1]
    assert trading.bars(PUFA, period, count=0) == []
    assert trading.bars(PUFA, period, 0, 0, 10_000) == rows


@pytest.mark.parametrize("period", ["1m", "5m"])
@pytest.mark.parametrize("count", [0, 1, 2, 7, 30, 400])
def test_the_last_few_are_the_end_of_all(period, count):
    trading = market(codes=[PUFA], start="2026-11-20 09:33:20")
    run(trading, 1_500, 50)

    rows = trading.bars(PUFA, period)

    assert trading.bars(PUFA, period, count=count) == rows[max(0, len(rows) - count) :]


def test_another_period_is_an_input_error():
    with pytest.raises(InputError, match="period"):
        market().bars(PUFA, "2m")
