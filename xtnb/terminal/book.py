"""The order book of one instrument: who stands where in the queue, and who trades with whom.

Orders on one side are served by price, and at one price in the order in which
they came. A trade happens at the price of the order that was there first. The
book knows no accounts, no rules and no clock; it moves shares between orders
and nothing else: what leaves one side of a fill leaves the other side too.

A level is a dict whose keys are its orders: a dict keeps the order of insertion
and gives up any key at once, so a cancel costs the same wherever it stands. An
empty level stays for the next order at its price; the lists of prices name only
those where somebody stands. `add` repeats the few lines of `rest` because a
call costs as much as they do.

Prices are whole ten-thousandths of a yuan (see vocabulary/money.py), above 0;
volumes are shares or units.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from typing import Any

Fill = tuple["BookOrder", int, int]
"""What one maker gave: the maker, the price, the volume."""

Depth = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], tuple[int, ...]]
"""Bid prices, bid volumes, ask prices, ask volumes; the best level first, 0 where none is."""


class BookOrder:
    """An order as the book sees it. Two are equal only when they are one and the same.

    Attributes:
        id: whatever names the order to its sender.
        buy: True for a bid, False for an ask.
        price: the limit; it must not change while the order rests.
        volume: what was ordered.
        left: what has not been filled yet.
        owner: who is told of fills, or None for the anonymous flow.
    """

    __slots__ = ("buy", "id", "left", "owner", "price", "volume")

    def __init__(self, id: int, buy: bool, price: int, volume: int, owner: Any = None) -> None:
        self.id = id
        self.buy = buy
        self.price = price
        self.volume = self.left = volume
        self.owner = owner

    def __repr__(self) -> str:
        side = "buy" if self.buy else "sell"
        return f"<{side} {self.left} of {self.volume} at {self.price}, id {self.id}>"


class Book:
    """The resting orders of one instrument, in price-time priority.

    Attributes:
        best_bid, best_ask: the best prices, 0 where a side is empty.
        last: the price of the last trade, 0 until there is one.

    All three are to be read only.
    """

    __slots__ = ("_ask_keys", "_asks", "_bid_keys", "_bids", "best_ask", "best_bid", "last")

    def __init__(self) -> None:
        self.best_bid = 0
        self.best_ask = 0
        self.last = 0
        self._bids: dict[int, dict[BookOrder, None]] = {}
        self._asks: dict[int, dict[BookOrder, None]] = {}
        # Sorted, the best first on either side: prices of asks, negated prices of bids.
        self._bid_keys: list[int] = []
        self._ask_keys: list[int] = []

    def add(self, order: BookOrder) -> list[Fill]:
        """Trade a limit order as far as its price reaches, and rest what is left of it."""
        price = order.price
        if order.buy:
            if 0 < self.best_ask <= price:
                fills = self.take(order, price)
                if order.left:
                    self.rest(order)
                return fills
            try:
                level = self._bids[price]
            except KeyError:
                level = self._bids[price] = {}
            if not level:
                insort(self._bid_keys, -price)
                if price > self.best_bid:
                    self.best_bid = price
            level[order] = None
        else:
            if self.best_bid >= price:
                fills = self.take(order, price)
                if order.left:
                    self.rest(order)
                return fills
            try:
                level = self._asks[price]
            except KeyError:
                level = self._asks[price] = {}
            if not level:
                insort(self._ask_keys, price)
                if price < self.best_ask or not self.best_ask:
                    self.best_ask = price
            level[order] = None
        return []

    def rest(self, order: BookOrder) -> None:
        """Put an order at the end of the queue at its price, without looking at the other side.

        The order has volume left, does not rest yet, and its price does not
        reach the other side; `add` sees to all that.
        """
        price = order.price
        if order.buy:
            try:
                level = self._bids[price]
            except KeyError:
                level = self._bids[price] = {}
            if not level:
                insort(self._bid_keys, -price)
                if price > self.best_bid:
                    self.best_bid = price
        else:
            try:
                level = self._asks[price]
            except KeyError:
                level = self._asks[price] = {}
            if not level:
                insort(self._ask_keys, price)
                if price < self.best_ask or not self.best_ask:
                    self.best_ask = price
        level[order] = None

    def cancel(self, order: BookOrder) -> bool:
        """Take an order off the book. False when it does not rest there; `left` stays as it is."""
        price = order.price
        levels = self._bids if order.buy else self._asks
        level = levels.get(price)
        if level is None or order not in level:
            return False
        del level[order]
        if not level:
            level.clear()  # also drops the gaps that cancelled orders left in it
            self._close(order.buy, price)
        return True

    def holds(self, order: BookOrder) -> bool:
        """Whether an order rests here."""
        return order in (self._bids if order.buy else self._asks).get(order.price, ())

    def take(self, order: BookOrder, limit: int, levels: int = 0) -> list[Fill]:
        """Fill an order from the other side, the best price first; what is left does not rest.

        Args:
            order: does not rest; its `left` goes down by what it gets.
            limit: the worst price that it accepts.
            levels: how many prices it may reach, 0 for all.

        Returns:
            The fills in the order in which they happen. A maker that is
            filled in full has left the book.
        """
        fills: list[Fill] = []
        buy = order.buy
        left = order.left
        if buy:
            book, keys, worst = self._asks, self._ask_keys, limit
        else:
            book, keys, worst = self._bids, self._bid_keys, -limit
        emptied = 0
        for key in keys:
            if key > worst:
                break
            price = key if buy else -key
            level = book[price]
            before = len(fills)
            for maker in level:
                volume = maker.left
                if volume >= left:
                    maker.left = volume - left
                    fills.append((maker, price, left))
                    left = 0
                    break
                maker.left = 0
                left -= volume
                fills.append((maker, price, volume))
            else:  # all of the level, and more is wanted
                level.clear()
                emptied += 1
                if emptied == levels:
                    break
                continue
            filled = len(fills) - before
            if maker.left:
                filled -= 1
            if filled == len(level):
                level.clear()
                emptied += 1
            elif filled == 1:
                del level[fills[before][0]]
            elif filled:
                for maker, _, _ in fills[before : before + filled]:
                    del level[maker]
            break
        if fills:
            order.left = left
            self.last = price
            if emptied:
                del keys[:emptied]
                if buy:
                    self.best_ask = keys[0] if keys else 0
                else:
                    self.best_bid = -keys[0] if keys else 0
        return fills

    def available(self, buy: bool, limit: int, levels: int = 0) -> int:
        """What an order of that side could get at once within its limit and levels."""
        if buy:
            book, keys, worst, sign = self._asks, self._ask_keys, limit, 1
        else:
            book, keys, worst, sign = self._bids, self._bid_keys, -limit, -1
        return sum(
            maker.left
            for key in (keys[:levels] if levels else keys)
            if key <= worst
            for maker in book[key * sign]
        )

    def depth(self, levels: int = 5) -> Depth:
        """Prices and volumes of the best levels of both sides; see `Depth`."""
        missing = (0,) * levels
        bid_prices = tuple(-key for key in self._bid_keys[:levels])
        ask_prices = tuple(self._ask_keys[:levels])
        bids, asks = self._bids, self._asks
        bid_volumes = tuple(sum([order.left for order in bids[price]]) for price in bid_prices)
        ask_volumes = tuple(sum([order.left for order in asks[price]]) for price in ask_prices)
        return (
            (bid_prices + missing)[:levels],
            (bid_volumes + missing)[:levels],
            (ask_prices + missing)[:levels],
            (ask_volumes + missing)[:levels],
        )

    def queue(self, buy: bool) -> Iterator[BookOrder]:
        """The resting orders of one side, the first to be served first."""
        if buy:
            return (order for key in self._bid_keys for order in self._bids[-key])
        return (order for key in self._ask_keys for order in self._asks[key])

    def _close(self, buy: bool, price: int) -> None:
        if buy:
            keys = self._bid_keys
            del keys[bisect_left(keys, -price)]
            self.best_bid = -keys[0] if keys else 0
        else:
            keys = self._ask_keys
            del keys[bisect_left(keys, price)]
            self.best_ask = keys[0] if keys else 0
