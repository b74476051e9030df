"""Contracts that come and go with the days of a market."""

from datetime import date, timedelta

from tests.terminal.market.makers import PUFA, Account
from xtnb.rules.futures import Future
from xtnb.rules.futures_listed import all_futures
from xtnb.rules.listed import everything
from xtnb.terminal.clock import DAY, SECOND, HandClock, day_start
from xtnb.terminal.market import Market


def expiry_after(day):
    """The first last day of a future after a day, and the futures that end then."""
    ends = {}
    for future in all_futures(day).values():
        ends.setdefault(future.expiry, []).append(future.stock_code)
    first = min(end for end in ends if end > day)
    return first, ends[first]


LAST_DAY, ENDING = expiry_after(date(2026, 11, 20))


def eve(seconds=600):
    """A market some minutes before the end of that day."""
    end = day_start(LAST_DAY) + DAY
    return Market(HandClock(end - seconds * SECOND), 7)


def test_an_expired_contract_leaves_after_its_owners_have_settled():
    trading = eve()
    code = ENDING[0]
    last = trading.last_price(code)
    mark = trading.mark(code)
    heard = []

    def settle(old, new):
        heard.append((old, trading.rules(code).day, mark.last, trading.settlement(code)))

    trading.on_day(settle)
    trading.advance(trading.now() + 700 * SECOND)

    assert [(old, day) for old, day, _, _ in heard] == [(LAST_DAY, LAST_DAY)]
    assert all(abs(price / last - 1) < 0.05 for _, _, *prices in heard for price in prices)
    assert code not in trading.instruments
    assert set(trading.instruments) == set(everything(trading.day()))


def test_orders_and_watchers_of_an_expired_contract_are_gone():
    trading = eve()
    code = ENDING[0]
    trading.watch(code)
    trading.watch(PUFA)
    order, _ = Account(trading, code).send(True, trading.rules(code).down, 1)
    trading.advance(trading.now() + 50 * SECOND)

    trading.advance(trading.now() + 3_600 * SECOND)
    trading.unwatch(code)

    assert not trading.holds(code, order)
    assert not trading.withdraw(code, order)
    assert trading.awake() == [PUFA]
    assert trading.quote(PUFA).volume > 0


def test_what_is_listed_new_trades_from_a_price_that_fits():
    trading = eve()
    before = set(trading.instruments)
    trading.advance(trading.now() + 3_600 * SECOND)
    fresh = [
        listed
        for code, listed in trading.instruments.items()
        if code not in before and isinstance(listed, Future)
    ]

    assert fresh
    for future in fresh:
        beside = [
            trading.prev_close(each.stock_code)
            for each in trading.instruments.values()
            if isinstance(each, Future) and each.product.id == future.product.id
        ]
        assert min(beside) * 0.8 < trading.prev_close(future.stock_code) < max(beside) * 1.25
        assert trading.quote(future.stock_code).bid_price[0] > 0


def test_a_market_with_a_list_of_its_own_keeps_it():
    chosen = [everything(LAST_DAY)[ENDING[0]]]
    trading = Market(HandClock(day_start(LAST_DAY)), 7, chosen)

    trading.advance(trading.now() + 3 * DAY)

    assert list(trading.instruments) == ENDING[:1]
    assert trading.day() == LAST_DAY + timedelta(days=3)


def test_a_market_that_is_restored_after_a_listing_has_the_same_contracts_and_closes():
    trading = eve()
    trading.advance(trading.now() + DAY)
    state = trading.keep()

    other = Market(HandClock(state.now), 7, restore=state)

    assert list(other.instruments) == list(trading.instruments)
    for code in trading.instruments:
        assert other.prev_close(code) == trading.prev_close(code)
        assert other.last_price(code) == trading.last_price(code)
