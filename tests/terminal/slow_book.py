"""A book that cannot be wrong for being clever: one list, sorted again for every step.

It is written from the exchanges' rules and shares no line with
xtnb/terminal/book.py or matching.py. Orders are named by number; a fill is
(maker, price, volume).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Row:
    number: int
    buy: bool
    price: int
    left: int
    arrived: int


class SlowBook:
    def __init__(self):
        self.rows = []
        self.arrivals = 0
        self.last = 0

    def side(self, buy):
        """Resting orders of a side, the first to be served first."""
        sign = -1 if buy else 1
        mine = [row for row in self.rows if row.buy == buy]
        return sorted(mine, key=lambda row: (sign * row.price, row.arrived))

    def prices(self, buy):
        return sorted({row.price for row in self.rows if row.buy == buy}, reverse=buy)

    def best(self, buy):
        return (self.prices(buy) or [0])[0]

    def cancel(self, number):
        kept = [row for row in self.rows if row.number != number]
        gone = len(kept) < len(self.rows)
        self.rows = kept
        return gone

    def depth(self, levels=5):
        columns = []
        for buy in (True, False):
            prices = (self.prices(buy) + [0] * levels)[:levels]
            columns.append(tuple(prices))
            columns.append(
                tuple(
                    sum(row.left for row in self.rows if row.buy == buy and row.price == price)
                    for price in prices
                )
            )
        return tuple(columns)

    def reachable(self, buy, limit, levels):
        """Makers that an order of that side may trade with, in order."""
        prices = self.prices(not buy)[: levels or None]
        return [
            row
            for row in self.side(not buy)
            if row.price in prices and (row.price <= limit if buy else row.price >= limit)
        ]

    def execute(self, number, buy, price, volume, price_type, protective):
        """(fills, rests, the order's price, what is left of it)"""
        price = protective if price_type == 5 else price
        limit = price if price_type == 11 else protective
        one_level = dict.fromkeys((18, 21, 23, 44), 1)
        levels = {**one_level, 22: 5, 24: 5, 42: 5, 43: 5, 47: 5}.get(price_type, 0)
        own, opposite = self.best(buy), self.best(not buy)
        makers = self.reachable(buy, limit, levels)
        if price_type == 45:
            makers = []
        if price_type in (20, 48) and sum(row.left for row in makers) < volume:
            makers = []

        fills = []
        for row in makers:
            traded = min(row.left, volume)
            if traded:
                fills.append((row.number, row.price, traded))
                row.left -= traded
                volume -= traded
                self.last = row.price
        self.rows = [row for row in self.rows if row.left]

        becomes = {
            5: limit,
            11: limit,
            23: fills[-1][1] if fills else 0,
            24: fills[-1][1] if fills else 0,
            43: fills[-1][1] if fills else own,
            44: opposite,
            45: own,
        }.get(price_type, 0)
        if volume == 0 or becomes == 0:
            return fills, False, price, volume
        bounded = min(becomes, limit) if buy else max(becomes, limit)
        self.arrivals += 1
        self.rows.append(Row(number, buy, bounded, volume, self.arrivals))
        return fills, True, bounded, volume
