"""The order flow: what it always keeps, how it meets accounts, and that it repeats itself."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.terminal.market.makers import BANK, FEW, FUND, PUFA, Account, digest, market, run, walk
from xtnb.rules.instruments import all_instruments
from xtnb.terminal.clock import SECOND


def levels(book):
    bids, _, asks, _ = book.depth(10)
    return sum(1 for price in bids if price), sum(1 for price in asks if price)


def test_every_book_has_five_levels_a_side_on_tick_inside_the_limits_and_never_crosses():
    trading = market(codes=None)

    for _ in walk(trading, 120, 0.5):
        for code in trading.instruments:
            book = trading.book(code)
            rules = trading.rules(code)
            bids, _, asks, _ = book.depth(5)
            assert 0 < rules.down <= bids[4] < bids[0] < asks[0] < asks[4] <= rules.up, code
            assert all(price % rules.tick == 0 for price in bids + asks), code


def test_a_book_keeps_between_five_and_a_few_more_than_twenty_levels():
    trading = market()

    for _ in walk(trading, 600):
        for code in trading.instruments:
            bids, _, asks, _ = trading.book(code).depth(40)
            for side in (bids, asks):
                assert 5 <= sum(1 for price in side if price) <= 23


@pytest.mark.parametrize("code", [PUFA, FUND, BANK])
def test_the_spread_of_a_liquid_name_is_one_or_two_ticks_nearly_always(code):
    trading = market(codes=[code])
    book, tick = trading.book(code), trading.rules(code).tick

    spreads = [(book.best_ask - book.best_bid) // tick for _ in walk(trading, 900)]

    assert sum(1 for spread in spreads if spread <= 2) > 0.93 * len(spreads)


def test_volumes_are_whole_lots_unless_an_account_leaves_an_odd_one():
    trading = market(codes=None)
    run(trading, 60)

    for code in all_instruments():
        book = trading.book(code)
        _, bid_volumes, _, ask_volumes = book.depth(5)
        assert all(volume % 100 == 0 for volume in bid_volumes + ask_volumes), code


def test_same_seed_and_same_clock_give_the_same_market_byte_for_byte():
    digests = set()
    for _ in range(2):
        trading = market(codes=list(all_instruments())[::6])
        for code in list(trading.instruments)[:5]:
            trading.watch(code)
        run(trading, 90)
        digests.add(digest(trading))

    assert len(digests) == 1


def test_another_seed_gives_another_market():
    one, other = market(seed=1), market(seed=2)

    assert digest(one) != digest(other)


@pytest.mark.parametrize("step", [0.05, 0.7, 13.0, 59.0])
def test_how_often_the_market_is_moved_on_makes_no_difference(step):
    seen = []
    for each in (step, 1.0):
        trading = market(codes=FEW[:3])
        trading.watch(PUFA)
        quotes = []
        trading.on_quote(quotes.append)
        run(trading, 118, each)
        seen.append((quotes, digest(trading)))

    assert seen[0] == seen[1]


def test_the_flow_of_one_instrument_does_not_depend_on_the_others():
    alone, together = market(codes=[PUFA]), market(codes=None)
    run(alone, 60)
    run(together, 60)

    assert alone.quote(PUFA) == together.quote(PUFA)


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**32), pick=st.integers(0, 60))
def test_a_day_never_touches_the_limits_and_stays_within_six_per_cent(seed, pick):
    """At a slower rate of events, which only makes the single steps larger."""
    codes = list(all_instruments())[pick : pick + 3]
    trading = market(seed, codes, start="2026-11-20 00:00:00", rate=0.05)

    run(trading, 86_399, 59.0)

    for code in codes:
        quote, close = trading.quote(code), trading.prev_close(code) / 10_000
        assert trading.day().isoformat() == "2026-11-20"
        assert quote.transactions > 500
        assert quote.down_limit < quote.low
        assert quote.high < quote.up_limit
        assert 0.94 * close < quote.low <= quote.high < 1.06 * close, code


def test_a_day_sees_both_rises_and_falls_of_a_plausible_size():
    trading = market(codes=None, start="2026-11-20 00:00:00")

    trading.advance(trading.now() + 86_399 * SECOND)

    moves = [
        abs(trading.last_price(code) / trading.prev_close(code) - 1) for code in trading.instruments
    ]
    assert 0.003 < sum(moves) / len(moves) < 0.02


def test_a_large_order_at_the_best_price_is_traded_against_in_turn():
    trading = market(codes=[PUFA])
    book = trading.book(PUFA)
    account = Account(trading, PUFA)
    order, at_once = account.send(True, book.best_ask - 100, 5_000_000)
    assert not at_once

    run(trading, 300)

    assert len(account.fills) > 5
    assert all(price == order.price for _, price, _ in account.fills)
    assert max(volume for _, _, volume in account.fills) < 1_000_000
    assert sum(volume for _, _, volume in account.fills) == order.volume - order.left
    assert [time for time, _, _ in account.fills] == sorted(time for time, _, _ in account.fills)


def test_fills_of_accounts_are_in_the_days_volume():
    trading = market(codes=[PUFA])
    noted = [trading.quote(PUFA).volume]
    account = Account(trading, PUFA)
    order, _ = account.send(True, trading.book(PUFA).best_bid, 200_000)
    for _ in walk(trading, 600):
        noted.append(trading.quote(PUFA).volume)

    assert order.volume - order.left == sum(volume for _, _, volume in account.fills) > 0
    assert noted == sorted(noted)
    assert noted[-1] - noted[0] >= order.volume - order.left


def test_a_swept_book_refills_within_seconds_and_not_at_once():
    trading = market(codes=[PUFA])
    run(trading, 5)
    account = Account(trading, PUFA)
    rules, book = trading.rules(PUFA), trading.book(PUFA)
    order, fills = account.send(True, rules.up, 100_000_000)
    book.cancel(order)
    assert fills
    assert levels(book)[1] == 0

    counts = []
    for _ in walk(trading, 15, 0.25):
        counts.append(levels(book)[1])

    assert counts[0] < 5
    assert counts[-1] >= 5
    assert book.best_ask - book.best_bid <= 4 * rules.tick


def test_an_order_at_limit_up_is_sold_to_and_nothing_is_offered_below_it():
    trading = market(codes=[PUFA])
    rules, book = trading.rules(PUFA), trading.book(PUFA)
    account = Account(trading, PUFA)
    order, _ = account.send(True, rules.up, 100_000_000)

    run(trading, 30)

    assert account.fills
    assert book.best_bid == rules.up
    assert book.best_ask == 0
    assert order.left > 0
    assert trading.last_price(PUFA) == rules.up


def test_a_market_comes_back_after_an_account_has_left():
    trading = market(codes=[PUFA])
    book, rules = trading.book(PUFA), trading.rules(PUFA)
    before = trading.last_price(PUFA)
    order, _ = Account(trading, PUFA).send(False, rules.down, 100_000_000)
    run(trading, 20)
    book.cancel(order)

    run(trading, 40)

    assert min(levels(book)) >= 5
    assert abs(trading.last_price(PUFA) / before - 1) < 0.02


def test_without_a_flow_nothing_moves():
    trading = market(flow=False)

    run(trading, 50)

    assert all(not trading.book(code).best_bid + trading.book(code).best_ask for code in FEW)
    assert trading.last_price(PUFA) == trading.prev_close(PUFA)
    assert trading.quote(PUFA).transactions == 0
