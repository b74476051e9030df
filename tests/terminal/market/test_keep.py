"""A market that is kept and goes on in another process."""

from dataclasses import astuple

import msgspec
import pytest

from tests.terminal.market.makers import BANK, FEW, MOUTAI, PUFA, STAR, Account, market, run
from xtnb.errors import InputError
from xtnb.rules.instruments import all_instruments
from xtnb.rules.listed import everything
from xtnb.terminal.book import BookOrder
from xtnb.terminal.clock import DAY, MINUTE, SECOND, HandClock, day_of, midnight
from xtnb.terminal.keeping.markets import MARKET, MarketKeeper, kept_state
from xtnb.terminal.market import Market, MarketState


def stored(state):
    return msgspec.msgpack.decode(msgspec.msgpack.encode(state))


def again(trading, state=None, instruments=FEW):
    """A market of another process, from what this one keeps."""
    known = all_instruments()
    chosen = instruments and [known[code] for code in instruments]
    kept = state or trading.keep()
    return Market(HandClock(kept.now), kept.seed, chosen, restore=MarketState(**stored(kept)))


def statistics(quote):
    return astuple(quote)[:-4]


def same(one, other, codes=FEW):
    assert other.now() == one.now()
    assert other.day() == one.day()
    for code in codes:
        rules, terms = one.rules(code), other.rules(code)
        assert (rules.prev_close, rules.up, rules.down) == (terms.prev_close, terms.up, terms.down)
        assert other.last_price(code) == one.last_price(code)
        today = midnight(one.now()) + 2 * MINUTE
        assert other.bars(code, "1m", today) == one.bars(code, "1m", today)
        assert other.bars(code, "1d") == one.bars(code, "1d")
        assert statistics(other.quote(code)) == statistics(one.quote(code))


def traded(**options):
    """A market in which one code is watched, one was traded by an account, one only asked for."""
    trading = market(**options)
    run(trading, 100)
    trading.watch(PUFA)
    run(trading, 50.5)
    trading.quote(MOUTAI)
    Account(trading, STAR).send(True, trading.rules(STAR).up, 20_000)
    run(trading, 421.25)
    return trading


def test_a_market_that_has_not_moved_is_kept_in_a_few_bytes():
    trading = market(codes=None)
    run(trading, 300)

    state = trading.keep()

    assert len(msgspec.msgpack.encode(state)) < 250
    same(trading, again(trading, state, None))


def test_a_restored_market_has_the_same_statistics_closes_rules_and_bars():
    trading = traded()

    same(trading, again(trading))


def test_a_restored_market_goes_on_with_the_same_course():
    trading = traded()
    other = again(trading)

    end = trading.now() + 3 * 3_600 * SECOND
    trading.advance(end)
    other.advance(end)

    for code in (MOUTAI, BANK):
        assert other.last_price(code) == trading.last_price(code)
    gap = [row for row in other.bars(PUFA, "1m") if row.time_ms * 1_000_000 > end - 170 * MINUTE]
    assert gap == [
        row for row in trading.bars(PUFA, "1m") if row.time_ms * 1_000_000 > end - 170 * MINUTE
    ]


@pytest.mark.parametrize("days", [1, 3, 12])
def test_a_market_with_turns_of_the_day_between_goes_on_where_the_other_would_be(days):
    trading = traded()
    other = again(trading)

    end = trading.now() + days * DAY
    trading.advance(end)
    other.advance(end)

    for code in FEW:
        assert other.rules(code).prev_close == trading.rules(code).prev_close
        before, after = trading.bars(code, "1d"), other.bars(code, "1d")
        assert [row.time_ms for row in before] == [row.time_ms for row in after]
        assert before[:-1] == after[:-1]
    third = again(other)
    same(other, third)


def test_a_market_kept_after_some_days_is_restored_with_them():
    trading = traded()
    start = midnight(trading.now()) // 1_000_000
    trading.advance(trading.now() + 4 * DAY)
    run(trading, 130)

    other = again(trading)
    same(trading, other, (PUFA, MOUTAI, STAR))
    before, after = trading.bars(PUFA, "1m"), other.bars(PUFA, "1m")
    assert len(after) == len(before)
    assert [row for row in before if row.time_ms < start] == after[:1_200]
    astray = [abs(a.close / b.close - 1) for a, b in zip(before, after, strict=True)]
    assert max(astray) < 0.01


def test_days_of_codes_that_somebody_saw_are_the_same_after_a_restart():
    trading = market()
    start = trading.now()
    trading.bars(PUFA, "1d")
    trading.advance(start + 5 * DAY)
    other = again(trading)

    assert other.bars(PUFA, "1d") == trading.bars(PUFA, "1d")
    assert other.bars(PUFA, "1m") == trading.bars(PUFA, "1m")
    assert [day_of(row.time_ms * 1_000_000) for row in other.bars(PUFA, "1d", start - DAY)] == [
        day_of(start + k * DAY) for k in range(6)
    ]


def test_a_market_without_a_flow_is_kept_too():
    trading = market(flow=False)
    trading.note_trade(PUFA, 105_000, 300)
    run(trading, 200, 50)
    trading.note_trade(PUFA, 106_000, 100)

    kept = trading.keep()
    known = [all_instruments()[code] for code in FEW]
    other = Market(HandClock(kept.now), 7, known, flow=False, restore=kept)

    assert other.quote(PUFA) == trading.quote(PUFA)
    assert other.last_price(STAR) == other.prev_close(STAR)
    other.note_trade(PUFA, 107_000, 100)
    trading.note_trade(PUFA, 107_000, 100)
    start = trading.now() - 10 * MINUTE
    assert other.bars(PUFA, "1m", start) == trading.bars(PUFA, "1m", start)


def test_another_seed_is_not_the_kept_market():
    with pytest.raises(InputError, match="seed"):
        Market(HandClock(), 8, restore=market().keep())


def test_what_has_not_changed_is_kept_as_the_same_object():
    trading = traded()
    first = trading.keep()
    run(trading, 1)
    second = trading.keep()

    assert second.minutes[MOUTAI] is first.minutes[MOUTAI]
    assert second.days is first.days
    assert second.references is first.references
    assert second.now == first.now + SECOND


def test_rows_of_a_journal_give_the_state_back_and_only_what_changed_is_written():
    trading, rows, counts = traded(start="2026-11-20 23:40:00"), {}, []
    keeper = MarketKeeper(trading)
    for _ in range(40):
        for row in keeper.rows():
            assert row.kind == MARKET
            if row.body is None:
                del rows[row.name]
            else:
                rows[row.name] = row.body
        counts.append(len(rows))
        assert stored(kept_state(rows.items())) == stored(trading.keep())
        run(trading, 31.5, 10)

    assert trading.day().day == 21
    assert len(MarketKeeper(trading, rows).rows()) > 2
    assert len(keeper.rows()) < len(rows)


# -- orders of accounts -----------------------------------------------------------------


def test_an_order_that_is_put_back_rests_at_the_end_of_its_price():
    trading = market(codes=[PUFA])
    price = trading.book(PUFA).best_bid
    orders = [BookOrder(k, True, price, 100, Account(trading, PUFA)) for k in (1, 2)]

    for order in orders:
        trading.put_back(PUFA, order)

    queue = [order for order in trading.book(PUFA).queue(True) if order.owner]
    assert queue == orders
    assert all(order.left == 100 for order in orders)


@pytest.mark.parametrize("buy", [True, False])
def test_the_flow_makes_way_for_an_order_that_is_put_back_and_then_trades_with_it(buy):
    trading = market(codes=[PUFA])
    book, account = trading.book(PUFA), Account(trading, PUFA)
    price = book.best_ask + 200 if buy else book.best_bid - 200
    order = BookOrder(1, buy, price, 1_000, account)

    trading.put_back(PUFA, order)

    assert order.left == 1_000
    assert (book.best_bid if buy else book.best_ask) == price
    assert 0 < book.best_bid < book.best_ask
    run(trading, 60)
    assert order.left == 0
    assert {at for _, at, _ in account.fills} == {price}


def test_orders_of_two_accounts_that_meet_cannot_both_have_rested():
    trading = market(codes=[PUFA])
    price = trading.last_price(PUFA)
    trading.put_back(PUFA, BookOrder(1, True, price, 100, Account(trading, PUFA)))

    with pytest.raises(InputError, match="order"):
        trading.put_back(PUFA, BookOrder(2, False, price, 100, Account(trading, PUFA)))


def test_an_order_that_is_put_back_is_filled_on_the_way_to_the_present():
    trading = market(codes=[PUFA])
    state = trading.keep()
    other = again(trading, state, [PUFA])
    account = Account(other, PUFA)
    order = BookOrder(1, True, other.last_price(PUFA) - 300, 1_000, account)
    other.put_back(PUFA, order)

    other.advance(other.now() + 10 * 3_600 * SECOND)

    assert order.left == 0
    assert {price for _, price, _ in account.fills} == {order.price}
    assert len(everything(other.day())) > len(other.instruments)
