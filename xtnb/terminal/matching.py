"""What each price type does when it meets the book.

5, 11: limit. Trades as far as its price reaches; the rest rests at its price.
42, 47: best five, rest cancelled. Sweeps the five best levels of the other side.
43: best five, rest to limit. Sweeps five levels, and the rest rests at the price of
    its own last fill; without a fill, at the best price of its own side, and where
    that side is empty it is cancelled.
44: opposite best. Its price becomes the other side's best on arrival; it trades
    there only, and the rest rests there. Cancelled where the other side is empty.
45: own best. Its price becomes its own side's best on arrival, where it rests.
    Cancelled where its own side is empty.
46: at once, rest cancelled. Sweeps all levels.
20, 48: fill or kill. Sweeps all levels if that fills it, and is cancelled otherwise.

Of futures:

18, 21: best level, rest cancelled (CZCE, CFFEX).
19: at once, rest cancelled (DCE). Sweeps all levels.
22: best five, rest cancelled (CFFEX).
23, 24: best level or best five, rest to limit (CFFEX). The rest rests at the price of
    the order's own last fill; without a fill it is cancelled. Both are unverified.

No market order trades or rests beyond its protective price: that of the sender
(Shanghai) or else the daily limit.

Source: market orders of the exchanges' trading rules; the Shanghai gateway's
specification for 42 to 45; names of 18 to 24 in the vendor's xtconstant. That the
bound holds for 44 and 45 too, and that 18 takes one level only, is ours.
"""

from __future__ import annotations

from xtnb import xtconstant as c
from xtnb.errors import InputError
from xtnb.terminal.book import Book, BookOrder, Fill

_LIMIT = c.FIX_PRICE
_LATEST = c.LATEST_PRICE
_FIVE_TO_LIMIT = c.MARKET_SH_CONVERT_5_LIMIT
_OPPOSITE_BEST = c.MARKET_PEER_PRICE_FIRST
_OWN_BEST = c.MARKET_MINE_PRICE_FIRST
_FILL_OR_KILL = frozenset({c.MARKET_SZ_FULL_OR_CANCEL, c.MARKET_CANCEL_ALL})

# Levels that may be swept before the rest is cancelled; 0 is all of them.
_REST_CANCELLED = {
    c.MARKET_SH_CONVERT_5_CANCEL: 5,
    c.MARKET_SZ_CONVERT_5_CANCEL: 5,
    c.MARKET_SZ_INSTBUSI_RESTCANCEL: 0,
    c.MARKET_BEST: 1,
    c.MARKET_CANCEL: 0,
    c.MARKET_CANCEL_1: 1,
    c.MARKET_CANCEL_5: 5,
}

# Levels that may be swept before the rest becomes a limit at the last fill's price.
_REST_TO_LIMIT = {c.MARKET_CONVERT_1: 1, c.MARKET_CONVERT_5: 5}

_FIVE = 5


def execute(
    book: Book, order: BookOrder, price_type: int, protective: int
) -> tuple[list[Fill], bool]:
    """Match an order that comes in, as its price type says.

    Args:
        book: the book of its instrument.
        order: an order with volume left that does not rest yet. Types 5 and 11
            read its `price`; every type sets it where the order becomes a limit.
        price_type: 5, 11, 18 to 24, or 42 to 48.
        protective: the worst price for a market order, 1e-4 yuan, above 0.
            Type 5 takes it as its limit (the last price, as the rules checked
            it) if it is above 0; type 11 does not read it.

    Returns:
        The fills, in order, and whether the order rests now. What is left of
        an order that does not rest is cancelled.

    Raises:
        InputError: a price type that no exchange has.
    """
    if price_type == _LIMIT:
        fills = book.add(order)
        return fills, order.left > 0
    if price_type == _LATEST:
        if protective > 0:
            order.price = protective
        fills = book.add(order)
        return fills, order.left > 0
    if price_type in _REST_CANCELLED:
        return book.take(order, protective, _REST_CANCELLED[price_type]), False
    if price_type == _FIVE_TO_LIMIT:
        fills = book.take(order, protective, _FIVE)
        if not order.left:
            return fills, False
        price = fills[-1][1] if fills else _own_best(book, order)
        return fills, _rest(book, order, price, protective)
    if price_type == _OPPOSITE_BEST:
        best = book.best_ask if order.buy else book.best_bid
        fills = book.take(order, protective, 1)
        return fills, order.left > 0 and _rest(book, order, best, protective)
    if price_type == _OWN_BEST:
        return [], _rest(book, order, _own_best(book, order), protective)
    if price_type in _FILL_OR_KILL:
        if book.available(order.buy, protective) < order.left:
            return [], False
        return book.take(order, protective), False
    if price_type in _REST_TO_LIMIT:
        fills = book.take(order, protective, _REST_TO_LIMIT[price_type])
        if not (order.left and fills):
            return fills, False
        return fills, _rest(book, order, fills[-1][1], protective)
    raise InputError("price_type", price_type, "5, 11, 18 to 24, or 42 to 48")


def _own_best(book: Book, order: BookOrder) -> int:
    return book.best_bid if order.buy else book.best_ask


def _rest(book: Book, order: BookOrder, price: int, protective: int) -> bool:
    """Rest what is left at a price, or at the protective one if that is more careful."""
    if not price:
        return False
    order.price = min(price, protective) if order.buy else max(price, protective)
    book.rest(order)
    return True
