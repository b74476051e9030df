"""The order book: priority, partial fills, cancels, depth."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.terminal.slow_book import Row, SlowBook
from xtnb.terminal.book import Book, BookOrder

numbers = count(1)


def buy(price, volume):
    return BookOrder(next(numbers), True, price, volume)


def sell(price, volume):
    return BookOrder(next(numbers), False, price, volume)


def book_of(*orders):
    book = Book()
    for order in orders:
        assert book.add(order) == []
    return book


def test_an_empty_book_has_no_prices():
    book = Book()

    assert (book.best_bid, book.best_ask, book.last) == (0, 0, 0)
    assert book.depth() == ((0,) * 5, (0,) * 5, (0,) * 5, (0,) * 5)


def test_an_order_that_reaches_nobody_rests():
    bid, ask = buy(1000, 300), sell(1001, 200)

    book = book_of(bid, ask)

    assert (book.best_bid, book.best_ask, book.last) == (1000, 1001, 0)
    assert list(book.queue(True)) == [bid]
    assert list(book.queue(False)) == [ask]


def test_a_trade_happens_at_the_price_of_the_order_that_was_there_first():
    ask = sell(1001, 200)
    book = book_of(ask)

    fills = book.add(buy(1005, 200))

    assert fills == [(ask, 1001, 200)]
    assert book.last == 1001
    assert (book.best_bid, book.best_ask) == (0, 0)


def test_a_sale_takes_the_highest_bid_first():
    low, high = buy(999, 100), buy(1000, 100)
    book = book_of(low, high)

    fills = book.add(sell(999, 150))

    assert fills == [(high, 1000, 100), (low, 999, 50)]
    assert book.last == 999
    assert (book.best_bid, low.left) == (999, 50)


def test_orders_at_one_price_are_served_in_the_order_they_came():
    first, second, third = sell(1001, 100), sell(1001, 100), sell(1001, 100)
    book = book_of(first, second, third)

    fills = book.add(buy(1001, 250))

    assert fills == [(first, 1001, 100), (second, 1001, 100), (third, 1001, 50)]


def test_a_partly_filled_order_keeps_its_place():
    first, second = sell(1001, 100), sell(1001, 100)
    book = book_of(first, second)

    book.add(buy(1001, 30))
    fills = book.add(buy(1001, 100))

    assert fills == [(first, 1001, 70), (second, 1001, 30)]
    assert (first.left, second.left) == (0, 70)


def test_what_a_limit_order_does_not_get_rests_at_its_price():
    book = book_of(sell(1001, 100))
    order = buy(1002, 300)

    book.add(order)

    assert order.left == 200
    assert (book.best_bid, book.best_ask) == (1002, 0)


def test_a_cancelled_order_leaves_the_queue_and_keeps_what_was_left():
    first, second = sell(1001, 100), sell(1001, 100)
    book = book_of(first, second)
    book.add(buy(1001, 40))

    assert book.cancel(first)

    assert first.left == 60
    assert book.add(buy(1001, 50)) == [(second, 1001, 50)]


def test_cancelling_the_last_order_of_a_level_uncovers_the_next():
    near, far = sell(1001, 100), sell(1003, 100)
    bid, lower = buy(1000, 100), buy(997, 100)
    book = book_of(near, far, bid, lower)

    assert book.cancel(near)
    assert book.cancel(bid)

    assert (book.best_bid, book.best_ask) == (997, 1003)


def test_an_order_cannot_be_cancelled_twice():
    order, other = buy(1000, 100), buy(1000, 100)
    book = book_of(order, other)

    assert book.cancel(order)

    assert not book.cancel(order)
    assert list(book.queue(True)) == [other]


def test_a_filled_order_cannot_be_cancelled():
    order, other = sell(1001, 100), sell(1001, 100)
    book = book_of(order, other)

    book.add(buy(1001, 100))

    assert not book.cancel(order)
    assert not book.cancel(buy(1001, 100))
    assert book.cancel(other)


def test_take_stops_at_its_limit_and_rests_nothing():
    book = book_of(sell(1001, 100), sell(1002, 100), sell(1003, 100))
    order = buy(0, 300)

    fills = book.take(order, 1002)

    assert [(price, volume) for _, price, volume in fills] == [(1001, 100), (1002, 100)]
    assert order.left == 100
    assert book.best_bid == 0


@pytest.mark.parametrize(("levels", "taken"), [(1, 100), (2, 200), (0, 300), (9, 300)])
def test_take_reaches_no_more_levels_than_it_may(levels, taken):
    book = book_of(sell(1001, 50), sell(1001, 50), sell(1004, 100), sell(1009, 100))
    order = buy(0, 1_000)

    fills = book.take(order, 2000, levels)

    assert sum(volume for _, _, volume in fills) == taken
    assert order.left == 1_000 - taken


def test_a_level_that_is_not_emptied_counts_as_one_too():
    book = book_of(buy(1000, 500), buy(999, 500))

    assert book.available(False, 1, levels=1) == 500
    assert book.available(False, 1000) == 500
    assert book.available(False, 999) == 1_000
    assert book.available(False, 1001) == 0
    assert book.available(True, 2000) == 0


def test_depth_adds_up_levels_and_pads_with_nothing():
    book = book_of(buy(1000, 100), buy(1000, 200), buy(998, 50), sell(1002, 10))

    assert book.depth(3) == ((1000, 998, 0), (300, 50, 0), (1002, 0, 0), (10, 0, 0))


def test_an_order_belongs_to_whoever_sent_it():
    owner = object()
    order = BookOrder(5, False, 1001, 100, owner)
    book = book_of(order)

    ((maker, _, _),) = book.add(buy(1001, 100))

    assert maker.owner is owner
    assert buy(1, 1).owner is None


def test_orders_are_equal_only_to_themselves():
    one, other = BookOrder(1, True, 1000, 100), BookOrder(1, True, 1000, 100)

    book = book_of(one, other)

    assert one != other
    assert book.depth(1)[1] == (200,)


def test_a_subclass_may_carry_more():
    class Order(BookOrder):
        __slots__ = ("remark",)

    order = Order(1, True, 1000, 100)
    order.remark = "开仓"
    book = book_of(order)

    assert book.cancel(order)


def test_a_long_queue_is_eaten_in_its_order_by_many_small_orders():
    makers = [sell(1001, 100) for _ in range(3_000)]
    book = book_of(*makers)

    served = [fill[0] for _ in makers for fill in book.add(buy(1001, 100))]

    assert served == makers
    assert book.best_ask == 0


# Few prices and few volumes, so that orders meet, tie and use each other up.
moves = st.lists(
    st.one_of(
        st.tuples(
            st.just("add"),
            st.booleans(),
            st.integers(1, 12).map(lambda tick: tick * 10),
            st.integers(1, 9),
        ),
        st.tuples(st.just("cancel"), st.integers(0, 60)),
    ),
    max_size=80,
)


def mirror(model, order, fills):
    """Carry an add of the book over to the slow one, and check it there."""
    slow, rests, _, left = model.execute(order.id, order.buy, order.price, order.volume, 11, 0)
    assert [(maker.id, price, volume) for maker, price, volume in fills] == slow
    assert order.left == left
    return rests


@settings(max_examples=500)
@given(moves)
def test_adds_and_cancels_agree_with_the_slow_book(moves):
    book, model, orders = Book(), SlowBook(), []
    for move in moves:
        if move[0] == "add":
            order = BookOrder(len(orders), *move[1:])
            orders.append(order)
            mirror(model, order, book.add(order))
        elif orders:
            order = orders[move[1] % len(orders)]
            assert book.cancel(order) == model.cancel(order.id)
        assert book.depth(20) == model.depth(20)
        assert (book.best_bid, book.best_ask) == (model.best(True), model.best(False))
        assert book.last == model.last
        for side in (True, False):
            assert [(order.id, order.left) for order in book.queue(side)] == [
                (row.number, row.left) for row in model.side(side)
            ]


@given(moves)
def test_no_sequence_makes_or_loses_a_share(moves):
    book, orders, bought, sold, cancelled = Book(), [], 0, 0, set()
    for move in moves:
        if move[0] == "add":
            order = BookOrder(len(orders), *move[1:])
            orders.append(order)
            before = {maker: maker.left for maker in book.queue(not order.buy)}
            fills = book.add(order)
            traded = sum(volume for _, _, volume in fills)
            given_up = sum(left - maker.left for maker, left in before.items())
            assert traded == given_up == order.volume - order.left
            assert all(volume > 0 for _, _, volume in fills)
            bought += traded if order.buy else given_up
            sold += given_up if order.buy else traded
        elif orders:
            order = orders[move[1] % len(orders)]
            if book.cancel(order):
                cancelled.add(order)
        assert bought == sold
        resting = {*book.queue(True), *book.queue(False)}
        assert all(order.left > 0 for order in resting)
        assert all(order in resting or order in cancelled or not order.left for order in orders)
        for side in (True, False):
            filled = sum(order.volume - order.left for order in orders if order.buy == side)
            assert filled == bought


@given(moves)
def test_the_sides_never_cross_and_queues_are_by_price_then_time(moves):
    book, orders = Book(), []
    for move in moves:
        if move[0] == "add":
            order = BookOrder(len(orders), *move[1:])
            orders.append(order)
            book.add(order)
        elif orders:
            book.cancel(orders[move[1] % len(orders)])
        if book.best_bid and book.best_ask:
            assert book.best_bid < book.best_ask
        for side, sign in ((True, -1), (False, 1)):
            keys = [(sign * order.price, order.id) for order in book.queue(side)]
            assert keys == sorted(keys)


@given(moves, st.booleans(), st.integers(0, 130), st.integers(0, 6), st.integers(1, 60))
def test_available_is_what_take_then_gets(moves, side, limit, levels, volume):
    book, orders = Book(), []
    for move in moves:
        if move[0] == "add":
            orders.append(BookOrder(len(orders), *move[1:]))
            book.add(orders[-1])
    model = SlowBook()
    model.rows = [
        Row(order.id, order.buy, order.price, order.left, order.id)
        for both in (True, False)
        for order in book.queue(both)
    ]
    available = book.available(side, limit, levels)
    order = BookOrder(-1, side, 0, volume)

    fills = book.take(order, limit, levels)

    assert available == sum(row.left for row in model.reachable(side, limit, levels))
    assert volume - order.left == min(volume, available)
    assert sum(fill[2] for fill in fills) == min(volume, available)
