"""Instruments that sleep: their prices go on, and nobody who looks changes them."""

import itertools

import pytest

from tests.terminal.market.makers import FEW, MOUTAI, PUFA, STAR, Account, market, run, walk
from xtnb.rules.instruments import all_instruments
from xtnb.rules.listed import everything
from xtnb.terminal.book import BookOrder
from xtnb.terminal.clock import DAY, MINUTE, SECOND, HandClock
from xtnb.terminal.market import Market
from xtnb.terminal.market.course import STEP

FUTURE = "rb2701.SF"


def marks(trading, code, seconds, step=15.0):
    return [trading.last_price(code) for _ in walk(trading, seconds, step)]


def test_the_price_of_a_code_that_sleeps_moves_every_15_seconds():
    trading = market()

    seen = marks(trading, PUFA, 1_800, 5.0)

    assert len(set(seen)) > 8
    assert all(len(set(seen[k : k + 3])) == 1 for k in range(2, len(seen) - 3, 3))
    assert all(price % trading.rules(PUFA).tick == 0 for price in seen)


def test_a_mark_that_was_handed_out_is_always_the_present_price():
    trading, asked = market(), market()
    mark = trading.mark(PUFA)

    seen = [mark.last for _ in walk(trading, 600, 7.0)]

    assert seen == [asked.last_price(PUFA) for _ in walk(asked, 600, 7.0)]


def test_what_is_listed_looked_at_or_traded_beside_a_code_changes_nothing_in_it():
    known = all_instruments()
    alone = Market(HandClock(), 7, [known[PUFA]])
    beside = Market(HandClock(), 7, [known[STAR], known[PUFA], known[MOUTAI]])
    ticks = []
    for trading in (alone, beside):
        heard = []
        ticks.append(heard)
        trading.on_quote(
            lambda quote, heard=heard: quote.stock_code == PUFA and heard.append(quote)
        )
        trading.watch(PUFA)
    beside.watch(MOUTAI)
    Account(beside, STAR).send(True, beside.rules(STAR).up, 100_000)
    for trading in (alone, beside):
        run(trading, 90)

    assert len(ticks[0]) > 40
    assert ticks[0] == ticks[1]
    assert alone.bars(PUFA, "1m") == beside.bars(PUFA, "1m")


def test_marks_up_to_the_waking_are_the_same_whenever_a_code_is_looked_at():
    never, late = market(codes=[PUFA]), market(codes=[PUFA])
    unseen = marks(never, PUFA, 3_600)

    seen = marks(late, PUFA, 1_800)
    late.bars(PUFA, "1m")
    late.quote(PUFA)
    after = marks(late, PUFA, 1_800)

    assert seen == unseen[: len(seen)]
    astray = [abs(a / b - 1) for a, b in zip(after, unseen[len(seen) :], strict=True)]
    assert max(astray) < 0.004


@pytest.mark.parametrize("code", [PUFA, FUTURE])
def test_a_day_closes_at_the_same_price_whoever_looked(code):
    references = []
    for look in (False, True):
        trading = Market(HandClock("2026-11-20 09:30:00"), 7, [everything()[code]])
        if look:
            trading.watch(code)
        run(trading, 3_600, 59.0)
        trading.advance(trading.now() + 2 * DAY)
        references.append((trading.prev_close(code), trading.rules(code).day))

    assert references[0] == references[1]


def test_how_a_gap_is_crossed_makes_no_difference_to_prices():
    once, often = market(), market()
    once.advance(once.now() + 40 * 3_600 * SECOND)
    for _ in walk(often, 40 * 3_600, 1_700.0):
        pass

    for code in FEW:
        assert once.last_price(code) == often.last_price(code)
        assert once.rules(code).prev_close == often.rules(code).prev_close
        assert once.bars(code, "1m") == often.bars(code, "1m")


def test_a_code_wakes_where_its_price_is():
    for seed in range(20):
        trading = market(seed, [PUFA])
        run(trading, 1_000, 50.0)
        last = trading.last_price(PUFA)

        quote = trading.quote(PUFA)

        assert round(quote.last_price * 10_000) == last
        tick = trading.rules(PUFA).tick
        assert quote.bid_price[0] * 10_000 < last + 2 * tick
        assert quote.ask_price[0] * 10_000 > last - 2 * tick


def test_the_statistics_of_a_day_do_not_depend_on_when_they_are_asked_for():
    early, late = market(codes=[PUFA]), market(codes=[PUFA])
    for _ in walk(early, 1_800, 50.0):
        early.bars(PUFA, "1m")
    run(late, 1_800, 50.0)

    assert early.bars(PUFA, "1m") == late.bars(PUFA, "1m")
    ours, theirs = early.quote(PUFA), late.quote(PUFA)
    assert (ours.high, ours.low, ours.volume) == (theirs.high, theirs.low, theirs.volume)
    assert (ours.amount, ours.transactions) == (theirs.amount, theirs.transactions)


def test_days_that_nobody_saw_are_there_when_somebody_asks():
    trading = market(codes=[PUFA])
    start = trading.now()
    trading.advance(start + 9 * DAY)

    days = trading.bars(PUFA, "1d", start - DAY)
    minutes = trading.bars(PUFA, "1m", start)

    assert len(days) == 10
    for before, day in itertools.pairwise(days):
        assert day.pre_close == before.close
        mine = [
            row
            for row in minutes
            if day.time_ms < row.time_ms <= day.time_ms + DAY // 1_000_000 and row.volume
        ]
        assert not mine or sum(row.volume for row in mine) == day.volume
        assert not mine or max(row.high for row in mine) == day.high
    assert days[-2].close == trading.prev_close(PUFA) / 10_000
    assert len(minutes) > 5 * 1_440


def test_what_nobody_needs_falls_asleep_and_what_is_needed_does_not():
    trading = market()
    trading.quote(STAR)
    trading.watch(MOUTAI)
    order = BookOrder(1, True, trading.rules(PUFA).down, 100, Account(trading, PUFA))
    trading.book(PUFA).rest(order)
    awake = trading.awake()

    run(trading, 600)

    assert awake == [STAR, MOUTAI, PUFA]
    assert trading.awake() == [MOUTAI, PUFA]
    assert trading.holds(PUFA, order)
    trading.withdraw(PUFA, order)
    trading.unwatch(MOUTAI)
    run(trading, 600)
    assert trading.awake() == []


def test_a_price_that_an_account_has_driven_away_comes_back_before_it_sleeps():
    trading = market(codes=[PUFA])
    account = Account(trading, PUFA)
    order, _ = account.send(True, trading.rules(PUFA).up, 100_000_000)
    run(trading, 400)
    trading.withdraw(PUFA, order)
    seen = marks(trading, PUFA, 900)

    assert trading.awake() == []
    assert max(abs(b / a - 1) for a, b in itertools.pairwise(seen)) < 0.01


def test_the_book_of_a_code_is_the_same_one_after_a_sleep():
    trading = market(codes=[PUFA])
    book = trading.book(PUFA)
    run(trading, 600)
    asleep = book.best_bid

    assert asleep == 0
    assert trading.book(PUFA) is book
    assert book.best_bid > 0


def test_an_order_in_a_code_that_sleeps_in_a_gap_is_filled_on_the_way():
    trading = market(codes=[PUFA])
    account = Account(trading, PUFA)
    sent = []
    trading.at(
        trading.now() + 30 * MINUTE,
        lambda: sent.append(account.send(True, trading.last_price(PUFA), 1_000)[0]),
    )

    trading.advance(trading.now() + 8 * 3_600 * SECOND)

    assert [order.left for order in sent] == [0]
    assert account.fills[0][0] > 30 * MINUTE


def test_the_average_of_a_course_is_known_from_its_hours():
    trading = Market(HandClock("2026-11-20 00:00:00"), 3, [everything()[FUTURE]])
    day = trading.now()
    trading.advance(day + DAY - SECOND)
    settled, tick = trading.settlement(FUTURE), trading.rules(FUTURE).tick

    rows = trading.bars(FUTURE, "1m", day)
    worth = sum(row.amount for row in rows) / sum(row.volume for row in rows)

    assert settled == pytest.approx(worth * 1_000, abs=2 * tick)
    assert STEP * 4 == MINUTE


def test_a_turn_of_many_days_keeps_prices_inside_their_limits():
    trading = market()
    for _ in range(40):
        before = {code: trading.last_price(code) for code in FEW}
        trading.advance(trading.now() + DAY)
        for code in FEW:
            rules = trading.rules(code)
            assert rules.down < trading.last_price(code) < rules.up
            assert abs(trading.last_price(code) / before[code] - 1) < 0.1
