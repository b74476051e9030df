"""The anonymous order flow of one instrument: it adds, cancels and trades around a fair price.

The fair price is the course of the instrument (see course.py), whatever is traded.
At each event the flow does one of four things: it trades against what the fair price
has overtaken, sends a marketable order, adds an order, or cancels an old one of its
own. After that it withdraws what is stale and sees to it that each side has enough
levels.

Orders of accounts are nobody special: when they stand at the best price they are
traded against in turn, in the flow's usual sizes, and the flow never quotes
through them. After a sweep the book refills at two levels a side an event, which
takes some seconds.

Chance comes from the generator that is handed in, time from the events. The
figures below are ours; they make a lively market, not a realistic one.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from random import Random

from xtnb.rules.listed import DayTerms, Listed
from xtnb.terminal.book import Book, BookOrder, Fill
from xtnb.terminal.clock import SECOND
from xtnb.terminal.market.character import character
from xtnb.terminal.market.course import Course

FEWEST_LEVELS = 8
MOST_LEVELS = 20
USUAL_ORDERS = 70
MOST_ORDERS = 160


class Flow:
    """Drives the book of one instrument.

    Args:
        instrument: whose book it is.
        book: where the orders go.
        chance: a seeded generator of the flow's own.
        report: called with the fills of each trade, right after it.
        rate: events a second, on average.
    """

    def __init__(
        self,
        instrument: Listed,
        book: Book,
        chance: Random,
        report: Callable[[list[Fill]], None],
        rate: float = 2.0,
    ) -> None:
        self.instrument = instrument
        self.book = book
        self._chance = chance
        self._report = report
        self._rate = rate / SECOND
        self._own: deque[BookOrder] = deque()
        self._bids: dict[int, list[BookOrder]] = {}
        self._asks: dict[int, list[BookOrder]] = {}

    @property
    def lot(self) -> int:
        """What its orders are a multiple of."""
        return self._nature.lot

    # -- a day ---------------------------------------------------------------

    def open(self, rules: DayTerms, course: Course, now: int) -> None:
        """Begin a day, or begin within it; `refill` puts the first orders on the book."""
        self._tick = rules.tick
        self._up, self._down = rules.up, rules.down
        self._nature = character(self.instrument, rules.prev_close, rules.tick)
        self._course = course
        self._fair = course.fair(now)

    def refill(self) -> None:
        """Fill both sides up to more than the fewest levels, two or three orders each."""
        for buy in (True, False):
            for _ in range(FEWEST_LEVELS + 4):
                self._extend(buy)
        for _ in range(20):
            self._add(self._chance.random() < 0.5)

    def leave(self) -> None:
        """Take every order of the flow off the book."""
        for order in self._own:
            if order.left:
                self.book.cancel(order)
        self._own.clear()
        self._bids.clear()
        self._asks.clear()

    def alone(self) -> bool:
        """Whether every order on the book is the flow's own."""
        book, own = self.book, sum(1 for order in self._own if order.left)
        return own == sum(1 for buy in (True, False) for _ in book.queue(buy))

    def make_way(self, buy: bool, price: int) -> None:
        """Take off the book what an order of that side and price would meet of the flow's."""
        for order in self._own:
            meets = order.price <= price if buy else order.price >= price
            if order.left and order.buy is not buy and meets:
                self._withdraw(order)

    # -- time ----------------------------------------------------------------

    def pause(self) -> int:
        """How long until the next event, ns; exponential and at least one."""
        return 1 + int(-math.log(1.0 - self._chance.random()) / self._rate)

    def step(self, now: int) -> None:
        """One event at that time."""
        self._fair = fair = self._course.fair(now)
        book, chance = self.book, self._chance.random()
        if chance < 0.7 and 0 < book.best_ask < fair:
            self._trade(True, math.floor(fair / self._tick) * self._tick)
        elif chance < 0.7 and book.best_bid > fair:
            self._trade(False, math.ceil(fair / self._tick) * self._tick)
        elif chance < 0.18:
            self._press()
        elif chance < 0.64:
            self._add(self._chance.random() < 0.5)
        elif self._chance.random() * USUAL_ORDERS < len(self._own):
            self._cancel_old()
        self._tend(True)
        self._tend(False)

    def _rounded(self, price: float) -> int:
        return round(price / self._tick) * self._tick

    # -- what an event does ----------------------------------------------------

    def _press(self) -> None:
        """A marketable order of someone who wants to trade now."""
        book, nature = self.book, self._nature
        if not (book.best_bid and book.best_ask):
            return
        reach = 4 * nature.step * self._tick
        lean = (self._fair - (book.best_bid + book.best_ask) / 2) / reach
        buy = self._chance.random() < 0.5 + min(max(lean, -0.4), 0.4)
        limit = self._rounded(self._fair + reach if buy else self._fair - reach)
        self._trade(buy, limit)

    def _trade(self, buy: bool, limit: int) -> None:
        """A marketable order of usual size; two levels at most."""
        nature = self._nature
        lots = max(1, round(nature.lots * math.exp(self._chance.gauss(-0.2, 0.8))))
        order = BookOrder(0, buy, limit, lots * nature.lot)
        fills = self.book.take(order, limit, 2)
        if fills:
            self._report(fills)

    def _add(self, buy: bool) -> None:
        """Add an order at the touch or behind it; when the spread is wide, into the spread."""
        book, nature, tick = self.book, self._nature, self._tick
        best = book.best_bid if buy else book.best_ask
        first = self._first(buy)
        wide = best == 0 or (first - best if buy else best - first) >= nature.step * tick
        chance = self._chance.random()
        behind = 0 if wide and chance < 0.7 else int(12 * chance * chance)
        offset = behind * nature.step
        if nature.step > 1:
            offset += int(self._chance.random() * nature.step)
        self._rest(buy, first - offset * tick if buy else first + offset * tick, behind)

    def _cancel_old(self) -> None:
        own = self._own
        for _ in range(len(own)):
            order = own.popleft()
            if not order.left:
                continue
            if self._chance.random() < 0.4:
                own.append(order)
                continue
            levels = self._bids if order.buy else self._asks
            if len(levels) > FEWEST_LEVELS or len(levels.get(order.price, ())) > 1:
                self._withdraw(order)
            else:
                own.append(order)
            return

    def _first(self, buy: bool) -> int:
        """The best price at which the flow quotes: next to the fair one, never crossing."""
        tick, book = self._tick, self.book
        if buy:
            price = (math.ceil(self._fair / tick) - 1) * tick
            return min(price, book.best_ask - tick) if book.best_ask else price
        price = (math.floor(self._fair / tick) + 1) * tick
        return max(price, book.best_bid + tick)

    def _rest(self, buy: bool, price: int, behind: int) -> None:
        if not self._down <= price <= self._up:
            return
        nature = self._nature
        usual = nature.lots * (0.6 + 0.09 * min(behind, 12))
        lots = max(1, round(usual * math.exp(self._chance.gauss(0.0, 0.6))))
        order = BookOrder(0, buy, price, lots * nature.lot)
        self.book.rest(order)
        self._own.append(order)
        (self._bids if buy else self._asks).setdefault(price, []).append(order)

    def _withdraw(self, order: BookOrder) -> None:
        levels = self._bids if order.buy else self._asks
        level = levels.get(order.price)
        if level and order in level:
            level.remove(order)
            if not level:
                del levels[order.price]
        self.book.cancel(order)
        order.left = 0

    # -- upkeep ------------------------------------------------------------------

    def _tend(self, buy: bool) -> None:
        """Forget what was filled, withdraw what is stale or far, and fill up what is missing."""
        book, nature = self.book, self._nature
        step = nature.step * self._tick
        if buy:
            levels, best, stale = self._bids, book.best_bid, self._fair + step
            gone = [price for price in levels if price >= best or price > stale]
        else:
            levels, best, stale = self._asks, book.best_ask, self._fair - step
            gone = [price for price in levels if price <= best or not best or price < stale]
        withdrawn = 0
        for price in gone:
            alive = [order for order in levels[price] if order.left]
            if (price > stale) if buy else (price < stale):
                for order in alive:
                    self.book.cancel(order)
                    order.left = 0
                withdrawn += 1 if alive else 0
                alive = []
            if alive:
                levels[price] = alive
            else:
                del levels[price]
        if len(levels) > MOST_LEVELS:
            for order in levels.pop(min(levels) if buy else max(levels)):
                self.book.cancel(order)
                order.left = 0
        elif len(levels) < FEWEST_LEVELS:
            for _ in range(2 + withdrawn):
                self._extend(buy)
        else:
            first = self._first(buy)
            if (first - best if buy else best - first) >= step and self._chance.random() < 0.5:
                self._rest(buy, first, 0)
        if len(self._own) > MOST_ORDERS:
            self._own = deque(order for order in self._own if order.left)
            while len(self._own) > MOST_ORDERS * 3 // 4:
                self._withdraw(self._own.popleft())

    def _extend(self, buy: bool) -> None:
        """Add a level: at the front when the front is far from the fair price, else in the first
        hole that is two steps wide, else at the end."""
        nature, tick = self._nature, self._tick
        levels = self._bids if buy else self._asks
        sign = -1 if buy else 1
        first = self._first(buy)
        wanted, behind = first, 0
        for price in sorted(levels, reverse=buy):
            if (price - wanted) * sign >= nature.step * tick:
                break
            wanted = max(price * sign, first * sign) * sign + sign * tick
            behind += 1
        if nature.step > 1:
            wanted += sign * int(self._chance.random() * nature.step) * tick
        self._rest(buy, wanted, behind)
