"""The seeded stream of orders that both sides of a benchmark are given.

Out of 100 operations 60 are adds that rest, 20 are cancels of an order that
rests, and 20 are marketable: limit orders that reach the other side. To know
what rests and what would trade, the stream is made against a plain model of
the book (sets and sums, none of xtnb), before any clock runs.

Adds fall off over the ticks behind the best price, as they do in a liquid
stock; half of the time they join the two best levels. The opening book, which
is not timed, is as deep as asked for, and the sizes of marketable orders are
such that the book stays about as deep.
"""

from __future__ import annotations

import random
from collections import deque

ADD, CANCEL = 0, 1

MIDDLE = 105_000
TICK = 100
LOT = 100


Operation = tuple[int, int, bool, int, int]
"""Kind, number, buy, price, volume: an add (they are counted from 1) or a cancel of one."""


class _Model:
    """Enough of a book to know what rests: queues by price, the live orders by number."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.queues: tuple[dict[int, deque[int]], dict[int, deque[int]]] = ({}, {})
        self.left: dict[int, int] = {}
        self.where: dict[int, tuple[bool, int]] = {}
        self.alive: list[int] = []
        self.count = 0

    def best(self, buy: bool) -> int:
        queues = self.queues[buy]
        while queues:
            price = max(queues) if buy else min(queues)
            queue = queues[price]
            while queue and queue[0] not in self.left:
                queue.popleft()
            if queue:
                return price
            del queues[price]
        return 0

    def add(self, buy: bool, price: int, volume: int) -> Operation:
        self.count += 1
        operation = (ADD, self.count, buy, price, volume)
        while volume:
            best = self.best(not buy)
            if not best or (price < best if buy else price > best):
                break
            maker = self.queues[not buy][best][0]
            taken = min(volume, self.left[maker])
            volume -= taken
            self.left[maker] -= taken
            if not self.left[maker]:
                del self.left[maker]
        if volume:
            self.left[self.count] = volume
            self.where[self.count] = (buy, price)
            self.queues[buy].setdefault(price, deque()).append(self.count)
            self.alive.append(self.count)
        return operation

    def cancel(self) -> Operation:
        alive, chance = self.alive, self.chance
        while True:
            place = chance.randrange(len(alive))
            alive[place], alive[-1] = alive[-1], alive[place]
            number = alive.pop()
            if number in self.left:
                break
        buy, price = self.where[number]
        return (CANCEL, number, buy, price, self.left.pop(number))


def _passive(model: _Model, chance: random.Random) -> Operation:
    buy = chance.random() < 0.5
    away = -1 if buy else 1
    best = model.best(buy) or MIDDLE + away * TICK
    opposite = model.best(not buy)
    behind = chance.randrange(2) if chance.random() < 0.5 else int(chance.expovariate(0.1))
    # The pull to the middle keeps the price from wandering off in a long stream.
    inside = chance.random() < 0.3 and (best < MIDDLE if buy else best > MIDDLE)
    price = best - away * TICK if inside else best + away * behind * TICK
    if opposite and (price >= opposite if buy else price <= opposite):
        price = opposite + away * TICK
    return model.add(buy, price, LOT * chance.randint(1, 20))


def _marketable(model: _Model, chance: random.Random, depth: int) -> Operation:
    buy = chance.random() < 0.5
    opposite = model.best(not buy)
    reach = chance.randrange(3) * TICK
    price = opposite + reach if buy else opposite - reach
    # Two adds' worth on average, and more while the book is deeper than it should be.
    largest = min(42 * len(model.left) // depth, 200)
    return model.add(buy, price, LOT * chance.randint(1, max(largest, 2)))


def stream(
    operations: int, depth: int = 2_000, seed: int = 7
) -> tuple[list[Operation], list[Operation]]:
    """The opening orders, then the operations to be timed."""
    chance = random.Random(seed)
    model = _Model(chance)
    first = [_passive(model, chance) for _ in range(depth)]
    timed = []
    for _ in range(operations):
        draw = chance.random()
        both = model.best(True) and model.best(False)
        if draw < 0.6 or not both:
            timed.append(_passive(model, chance))
        elif draw < 0.8 and len(model.left) > depth // 2:
            timed.append(model.cancel())
        else:
            timed.append(_marketable(model, chance, depth))
    return first, timed
