"""The market: the turn of the day, quotes, long gaps, and what it refuses."""

from datetime import date

import pytest

from tests.terminal.market.makers import FEW, PUFA, STAR, Account, digest, market, run
from xtnb.errors import InputError, RefusalCode, Refused
from xtnb.terminal.clock import DAY, MS, SECOND, at, midnight

NIGHT = "2026-11-20 23:59:30"


def test_until_a_trade_the_last_price_is_the_previous_close():
    trading = market(flow=False)
    close = trading.prev_close(PUFA)
    before = trading.last_price(PUFA)

    trading.note_trade(PUFA, close + 100, 300)

    assert (before, trading.last_price(PUFA)) == (close, close + 100)


def test_the_days_statistics_add_up_the_trades():
    trading = market(flow=False)
    for price, volume in ((105_000, 100), (106_000, 300), (104_000, 200)):
        trading.note_trade(PUFA, price, volume)

    quote = trading.quote(PUFA)

    assert (quote.open, quote.high, quote.low, quote.last_price) == (10.5, 10.6, 10.4, 10.4)
    assert (quote.volume, quote.transactions) == (600, 3)
    assert quote.amount == pytest.approx(10.5 * 100 + 10.6 * 300 + 10.4 * 200)


def test_a_quote_shows_five_levels_and_the_limits_of_the_day():
    trading = market()

    quote = trading.quote(PUFA)

    bids, bid_volumes, asks, ask_volumes = trading.book(PUFA).depth(5)
    assert quote.bid_price == tuple(price / 10_000 for price in bids)
    assert quote.ask_price == tuple(price / 10_000 for price in asks)
    assert (quote.bid_volume, quote.ask_volume) == (bid_volumes, ask_volumes)
    assert quote.up_limit == trading.rules(PUFA).up / 10_000
    assert quote.instrument_name == "浦发银行"
    assert quote.time == trading.now() // MS


def test_the_day_turns_at_midnight_and_the_last_price_becomes_the_previous_close():
    trading = market(start=NIGHT)
    trading.advance(at("2026-11-20 23:59:59.999999"))
    last, day = trading.last_price(PUFA), trading.day()

    trading.advance(at("2026-11-21 00:00:00"))

    assert (day, trading.day()) == (date(2026, 11, 20), date(2026, 11, 21))
    assert trading.prev_close(PUFA) == last == trading.rules(PUFA).prev_close
    assert trading.rules(PUFA).day == date(2026, 11, 21)
    assert trading.quote(PUFA).volume == 0
    assert all(trading.book(PUFA).depth(5)[0])


def test_the_orders_of_accounts_are_still_there_when_the_end_of_the_day_is_told_and_not_after():
    trading = market(start=NIGHT)
    book = trading.book(PUFA)
    order, _ = Account(trading, PUFA).send(True, trading.rules(PUFA).down, 100)
    heard = []

    def turn(old, new):
        heard.append((old, new, trading.day(), order in list(book.queue(True))))

    trading.on_day(turn)
    run(trading, 40)

    assert heard == [(date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 20), True)]
    assert order not in list(book.queue(True))
    assert trading.book(PUFA) is book


def test_an_ended_day_listener_hears_nothing():
    trading = market(start=NIGHT)
    heard = []
    forget = trading.on_day(lambda old, new: heard.append(new))

    forget()
    forget()
    run(trading, 40)

    assert heard == []


def test_only_watched_quotes_are_told_and_only_when_they_changed():
    trading = market(flow=False)
    heard = []
    trading.on_quote(heard.append)
    trading.watch(PUFA)
    run(trading, 5)
    first = len(heard)

    trading.note_trade(PUFA, trading.prev_close(PUFA), 100)
    trading.note_trade(STAR, trading.prev_close(STAR), 200)
    run(trading, 5)

    assert first == 1
    assert [quote.stock_code for quote in heard] == [PUFA, PUFA]
    assert heard[-1].volume == 100


def test_snapshots_come_at_whole_intervals():
    trading = market(quote_interval_ms=250)
    heard = []
    trading.on_quote(heard.append)
    trading.watch(PUFA)

    run(trading, 30)

    assert len(heard) > 20
    assert all(quote.time % 250 == 0 for quote in heard)
    assert len({quote.time for quote in heard}) == len(heard)


def test_watching_is_counted():
    trading = market()
    heard = []
    trading.on_quote(heard.append)
    trading.watch(PUFA)
    trading.watch(PUFA)
    trading.unwatch(PUFA)
    run(trading, 10)
    told = len(heard)

    trading.unwatch(PUFA)
    trading.unwatch(PUFA)
    run(trading, 5)

    assert told > 3
    assert len(heard) == told


def test_a_listener_may_stop_watching_while_it_is_told():
    trading = market()
    heard = []

    def hear(quote):
        heard.append(quote)
        trading.unwatch(quote.stock_code)

    trading.on_quote(hear)
    trading.watch(PUFA)
    run(trading, 20)

    assert len(heard) == 1


@pytest.mark.parametrize("gap", [40, 4_000])
def test_a_fault_of_a_listener_comes_out_after_the_day_has_turned(gap):
    trading = market(start=NIGHT)
    heard = []

    def fail(old, new):
        raise RuntimeError("the terminal cannot turn its day")

    trading.on_day(fail)
    trading.on_day(lambda old, new: heard.append(new))
    with pytest.raises(RuntimeError):
        trading.advance(trading.now() + gap * SECOND)
    run(trading, 40)

    assert heard == [trading.day()] == [date(2026, 11, 21)]
    assert trading.prev_close(PUFA) == trading.rules(PUFA).prev_close
    assert trading.quote(PUFA).transactions > 0
    assert all(trading.book(PUFA).depth(5)[0])


def test_an_earlier_time_changes_nothing():
    trading = market()
    before = digest(trading)

    trading.advance(trading.now() - SECOND)

    assert digest(trading) == before


@pytest.mark.parametrize("gap", [61, 3_600, 86_400, 30 * 86_400])
def test_a_long_gap_is_crossed_in_coarse_steps_and_ends_with_full_books(gap):
    trading = market()
    start = trading.now()
    days = []
    trading.on_day(lambda old, new: days.append(new))

    trading.advance(start + gap * SECOND)

    assert trading.now() == start + gap * SECOND
    assert len(days) == (midnight(trading.now()) - midnight(start)) // DAY
    for code in FEW:
        bids, _, asks, _ = trading.book(code).depth(5)
        rules = trading.rules(code)
        assert rules.down <= bids[4] < bids[0] < asks[0] < asks[4] <= rules.up
        assert rules.down < trading.last_price(code) < rules.up
        assert trading.last_price(code) % rules.tick == 0


def test_a_long_gap_is_a_function_of_the_seed_and_the_times():
    digests = set()
    for _ in range(2):
        trading = market()
        trading.watch(PUFA)
        trading.advance(trading.now() + 5 * 3_600 * SECOND)
        run(trading, 20)
        digests.add(digest(trading))

    assert len(digests) == 1


def test_an_order_that_the_price_passes_in_a_long_gap_is_filled():
    trading = market(codes=[PUFA])
    best = trading.book(PUFA).best_bid
    near, far = Account(trading, PUFA), Account(trading, PUFA)
    order, _ = near.send(True, best - 100, 1_000)
    other, _ = far.send(True, trading.rules(PUFA).down, 1_000)

    trading.advance(trading.now() + 8 * 3_600 * SECOND)

    assert order.left == 0
    assert {price for _, price, _ in near.fills} == {best - 100}
    assert (other.left, far.fills) == (1_000, [])
    assert other in list(trading.book(PUFA).queue(True))


def test_a_huge_order_is_not_filled_beyond_the_volume_of_a_gap():
    trading = market(codes=[PUFA])
    account = Account(trading, PUFA)
    order, _ = account.send(True, trading.book(PUFA).best_ask + 100, 500_000_000)

    trading.advance(trading.now() + 600 * SECOND)

    assert 0 < order.volume - order.left < 100_000_000
    assert trading.book(PUFA).best_bid == order.price < trading.book(PUFA).best_ask


def test_after_a_long_gap_a_watched_quote_is_told_once():
    trading = market()
    heard = []
    trading.watch(PUFA)
    trading.on_quote(heard.append)

    trading.advance(trading.now() + 3_600 * SECOND)

    assert [quote.time for quote in heard] == [trading.now() // MS]


@pytest.mark.parametrize("code", ["999999.SH", "600000", "", STAR])
def test_a_code_that_is_not_traded_here_is_refused(code):
    trading = market(codes=[PUFA])

    for ask in (trading.quote, trading.rules, trading.last_price, trading.watch):
        with pytest.raises(Refused) as refused:
            ask(code)
        assert refused.value.code == RefusalCode.UNKNOWN_CODE


@pytest.mark.parametrize("seed", [None, "7", 1.5, True])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(InputError, match="seed"):
        market(seed=seed)


def test_the_seed_moves_where_the_market_starts():
    starts = {market(seed=seed).last_price(PUFA) for seed in range(8)}

    assert len(starts) > 3
    assert list(FEW) == list(market().instruments)
