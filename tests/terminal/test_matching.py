"""What each price type does: trade at once, rest, or be cancelled."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.terminal.slow_book import SlowBook
from xtnb import xtconstant as c
from xtnb.errors import InputError
from xtnb.terminal.book import Book, BookOrder
from xtnb.terminal.matching import execute

FAR_UP, FAR_DOWN = 10_000, 1
MARKET_TYPES = (*range(42, 49), *range(18, 25))
numbers = count(1)


def buy(volume, price=0):
    return BookOrder(next(numbers), True, price, volume)


def sell(volume, price=0):
    return BookOrder(next(numbers), False, price, volume)


def ladder(side, *prices, volume=100):
    """A book with one order of `volume` at each price of one side."""
    book = Book()
    for price in prices:
        book.add(BookOrder(next(numbers), side, price, volume))
    return book


def traded(fills):
    return [(price, volume) for _, price, volume in fills]


SEVEN_ASKS = (1001, 1002, 1003, 1004, 1005, 1006, 1007)


def test_a_limit_order_trades_within_its_price_and_rests_there():
    book = ladder(False, 1001, 1002, 1003)
    order = buy(500, price=1002)

    fills, rests = execute(book, order, c.FIX_PRICE, 0)

    assert traded(fills) == [(1001, 100), (1002, 100)]
    assert rests
    assert (order.price, order.left, book.best_bid) == (1002, 300, 1002)


def test_a_limit_order_that_is_filled_does_not_rest():
    book = ladder(False, 1001)
    order = buy(100, price=1001)

    fills, rests = execute(book, order, c.FIX_PRICE, 0)

    assert (traded(fills), rests, order.left) == ([(1001, 100)], False, 0)
    assert book.best_bid == 0


def test_an_order_at_the_latest_price_is_a_limit_order_at_the_price_that_the_rules_gave():
    book = ladder(False, 1001, 1002, 1003)
    order = buy(150, price=0)

    fills, rests = execute(book, order, c.LATEST_PRICE, 1001)

    assert traded(fills) == [(1001, 100)]
    assert rests
    assert (order.price, order.left) == (1001, 50)


@pytest.mark.parametrize("price_type", [c.MARKET_SH_CONVERT_5_CANCEL, c.MARKET_SZ_CONVERT_5_CANCEL])
def test_best_five_rest_cancelled_sweeps_five_levels_at_their_prices(price_type):
    book = ladder(False, *SEVEN_ASKS)
    order = buy(700)

    fills, rests = execute(book, order, price_type, FAR_UP)

    assert traded(fills) == [(price, 100) for price in SEVEN_ASKS[:5]]
    assert not rests
    assert (order.left, book.best_ask, book.best_bid) == (200, 1006, 0)


@pytest.mark.parametrize("price_type", [42, 43, 46, 47])
def test_a_sweep_stops_at_the_protective_price(price_type):
    book = ladder(False, *SEVEN_ASKS)

    fills, _ = execute(book, buy(700), price_type, 1002)

    assert traded(fills) == [(1001, 100), (1002, 100)]


@pytest.mark.parametrize("price_type", [42, 46, 47, 48])
def test_a_market_sale_stops_at_its_protective_price_too(price_type):
    book = ladder(True, 1000, 999, 998)

    fills, rests = execute(book, sell(200), price_type, 999)

    assert traded(fills) == [(1000, 100), (999, 100)]
    assert not rests


def test_the_rest_of_a_best_five_order_becomes_a_limit_at_its_own_last_fill():
    book = ladder(False, *SEVEN_ASKS)
    order = buy(700)

    fills, rests = execute(book, order, c.MARKET_SH_CONVERT_5_LIMIT, FAR_UP)

    assert traded(fills) == [(price, 100) for price in SEVEN_ASKS[:5]]
    assert rests
    assert (order.price, order.left) == (1005, 200)
    assert (book.best_bid, book.best_ask) == (1005, 1006)


def test_a_best_five_order_that_finds_nobody_rests_at_its_own_sides_best():
    book = ladder(True, 1000, 999)
    order = buy(300)

    fills, rests = execute(book, order, c.MARKET_SH_CONVERT_5_LIMIT, FAR_UP)

    assert (fills, rests, order.price) == ([], True, 1000)
    assert list(book.queue(True))[1] is order


def test_a_best_five_order_in_an_empty_book_is_cancelled():
    book = Book()

    assert execute(book, buy(300), c.MARKET_SH_CONVERT_5_LIMIT, FAR_UP) == ([], False)
    assert book.best_bid == 0


def test_a_converted_price_is_no_worse_than_the_protective_price():
    book = ladder(True, 1000)
    bid, ask = buy(300), sell(300)

    assert execute(book, bid, c.MARKET_SH_CONVERT_5_LIMIT, 990) == ([], True)
    assert execute(book, ask, c.MARKET_PEER_PRICE_FIRST, 1010) == ([], True)

    assert (bid.price, ask.price) == (990, 1010)


def test_opposite_best_trades_at_one_price_and_rests_there():
    book = ladder(False, 1001, 1002)
    order = buy(300)

    fills, rests = execute(book, order, c.MARKET_PEER_PRICE_FIRST, FAR_UP)

    assert traded(fills) == [(1001, 100)]
    assert rests
    assert (order.price, order.left) == (1001, 200)
    assert (book.best_bid, book.best_ask) == (1001, 1002)


def test_opposite_best_is_cancelled_where_the_other_side_is_empty():
    book = ladder(False, 1001)

    assert execute(book, sell(100), c.MARKET_PEER_PRICE_FIRST, FAR_DOWN) == ([], False)
    assert book.depth(1) == ((0,), (0,), (1001,), (100,))


def test_own_best_joins_the_queue_at_its_own_sides_best():
    book = ladder(False, 1001, 1002)
    order = sell(100)

    fills, rests = execute(book, order, c.MARKET_MINE_PRICE_FIRST, FAR_DOWN)

    assert (fills, rests, order.price) == ([], True, 1001)
    assert list(book.queue(False))[1] is order


def test_own_best_is_cancelled_where_its_own_side_is_empty():
    book = ladder(False, 1001)

    assert execute(book, buy(100), c.MARKET_MINE_PRICE_FIRST, FAR_UP) == ([], False)
    assert book.best_bid == 0


def test_at_once_rest_cancelled_sweeps_every_level():
    book = ladder(False, *SEVEN_ASKS)
    order = buy(800)

    fills, rests = execute(book, order, c.MARKET_SZ_INSTBUSI_RESTCANCEL, FAR_UP)

    assert traded(fills) == [(price, 100) for price in SEVEN_ASKS]
    assert not rests
    assert (order.left, book.best_ask, book.best_bid) == (100, 0, 0)


def test_fill_or_kill_takes_all_it_wants():
    book = ladder(False, *SEVEN_ASKS)
    order = buy(650)

    fills, rests = execute(book, order, c.MARKET_SZ_FULL_OR_CANCEL, FAR_UP)

    assert sum(volume for _, volume in traded(fills)) == 650
    assert (rests, order.left) == (False, 0)


def test_fill_or_kill_takes_nothing_if_one_share_is_missing():
    book = ladder(False, *SEVEN_ASKS)
    before = book.depth(9)
    order = buy(701)

    assert execute(book, order, c.MARKET_SZ_FULL_OR_CANCEL, FAR_UP) == ([], False)

    assert (order.left, book.depth(9), book.last) == (701, before, 0)


def test_fill_or_kill_does_not_count_what_lies_beyond_its_protective_price():
    book = ladder(False, 1001, 1002)

    assert execute(book, buy(200), c.MARKET_SZ_FULL_OR_CANCEL, 1001) == ([], False)


@pytest.mark.parametrize("price_type", [42, 44, 46, 47, 48])
def test_an_empty_other_side_cancels(price_type):
    book = ladder(True, 1000)

    assert execute(book, buy(100), price_type, FAR_UP) == ([], False)


@pytest.mark.parametrize("price_type", [0, 12, 17, 25, 41, 49, 50])
def test_a_price_type_of_no_exchange_is_an_error_and_moves_nothing(price_type):
    book = ladder(False, 1001)

    with pytest.raises(InputError) as refused:
        execute(book, buy(100, price=1001), price_type, FAR_UP)

    assert refused.value.argument == "price_type"
    assert book.depth(1) == ((0,), (0,), (1001,), (100,))


@pytest.mark.parametrize("price_type", [c.MARKET_BEST, c.MARKET_CANCEL_1])
def test_best_level_rest_cancelled_takes_one_level(price_type):
    book = ladder(False, 1001, 1002)

    fills, rests = execute(book, buy(300), price_type, FAR_UP)

    assert (traded(fills), rests) == ([(1001, 100)], False)
    assert book.best_bid == 0


def test_a_dalian_market_order_takes_all_levels_and_the_rest_is_cancelled():
    book = ladder(False, *SEVEN_ASKS)

    fills, rests = execute(book, buy(800), c.MARKET_CANCEL, FAR_UP)

    assert (len(fills), rests) == (7, False)


def test_a_dalian_fill_or_kill_takes_all_or_nothing():
    book = ladder(False, *SEVEN_ASKS)

    assert execute(book, buy(701), c.MARKET_CANCEL_ALL, FAR_UP) == ([], False)
    assert len(execute(book, buy(700), c.MARKET_CANCEL_ALL, FAR_UP)[0]) == 7


def test_best_five_of_cffex_takes_five_levels_and_the_rest_is_cancelled():
    fills, rests = execute(ladder(False, *SEVEN_ASKS), buy(700), c.MARKET_CANCEL_5, FAR_UP)

    assert (len(fills), rests) == (5, False)


@pytest.mark.parametrize(
    ("price_type", "levels"), [(c.MARKET_CONVERT_1, 1), (c.MARKET_CONVERT_5, 5)]
)
def test_what_cffex_turns_into_a_limit_rests_at_the_last_fill(price_type, levels):
    book = ladder(False, *SEVEN_ASKS)
    order = buy(700)

    fills, rests = execute(book, order, price_type, FAR_UP)

    assert (len(fills), rests) == (levels, True)
    assert (order.price, order.left) == (1000 + levels, 700 - 100 * levels)


def test_what_cffex_turns_into_a_limit_is_cancelled_when_nothing_was_filled():
    book = ladder(True, 999)

    assert execute(book, buy(100), c.MARKET_CONVERT_5, FAR_UP) == ([], False)
    assert book.best_bid == 999


prices = st.integers(90, 110)
orders = st.tuples(
    st.just("order"),
    st.booleans(),
    prices,
    st.integers(1, 40),
    st.sampled_from([11, 11, 11, 5, *MARKET_TYPES]),
    st.one_of(st.none(), prices),
)
cancels = st.tuples(st.just("cancel"), st.integers(0, 200))


@settings(max_examples=1_500)
@given(st.lists(st.one_of(orders, orders, orders, cancels), min_size=1, max_size=60))
def test_every_sequence_of_all_price_types_agrees_with_the_slow_book(moves):
    book, model, sent, traded_volume = Book(), SlowBook(), [], 0
    for move in moves:
        if move[0] == "cancel":
            if sent:
                order = sent[move[1] % len(sent)]
                assert book.cancel(order) == model.cancel(order.id)
        else:
            _, side, price, volume, price_type, bound = move
            protective = bound or (120 if side else 80)
            order = BookOrder(len(sent), side, price, volume)
            sent.append(order)

            fills, rests = execute(book, order, price_type, protective)

            expected = model.execute(order.id, side, price, volume, price_type, protective)
            named = [(maker.id, at, shares) for maker, at, shares in fills]
            assert (named, rests, order.price, order.left) == expected
            traded_volume += sum(shares for _, _, shares in fills)
        assert book.depth(9) == model.depth(9)
        assert (book.best_bid, book.best_ask) == (model.best(True), model.best(False))
        assert book.last == model.last
        for side in (True, False):
            assert [(order.id, order.left) for order in book.queue(side)] == [
                (row.number, row.left) for row in model.side(side)
            ]
    for side in (True, False):
        filled = sum(order.volume - order.left for order in sent if order.buy == side)
        assert filled == traded_volume
