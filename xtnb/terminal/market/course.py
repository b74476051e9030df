"""The course of a price: where an instrument stands at any moment of one day.

A course is a function of the seed, the code, the day, and of what the day begins
from; nobody has to have looked, and it does not matter when somebody does. It has a
point every 15 seconds. The points at the full hours, and the last one of the day,
are those of an Ornstein-Uhlenbeck process: the price wanders about the previous close
and is always drawn back to it, so that it never comes near the daily limits. The
points between them are a random bridge that is worked out when an hour is asked for.
The average of a bridge lies half-way between its ends, so that the average of a day
is known from its hours alone.

Each point but the first stands for the trades of the 15 seconds before it, where no
single events are run.
The figures are ours.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from datetime import date
from itertools import accumulate
from random import Random
from typing import NamedTuple

from xtnb.rules.listed import DayTerms, Listed
from xtnb.terminal.clock import DAY, MINUTE, SECOND, day_start, midnight
from xtnb.terminal.market.character import FILLS_A_SECOND, LOTS_A_SECOND, character
from xtnb.terminal.market.tape import Row

STEP = 15 * SECOND
LAST = DAY // STEP - 1  # the day's last point; the first is number 0, at midnight
FILLS_A_STEP = round(FILLS_A_SECOND * STEP / SECOND)
MINUTES_BEFORE_START = 240

_HOUR = 240  # in points, as every count below
_MINUTE = MINUTE // STEP
_RETURN = 10_800 * SECOND / STEP  # after so long the distance to the close has faded to 37 %
_FURTHEST = 0.042  # the price stays this near the previous close, as a fraction of it
_FURTHEST_START = 0.025
_KEEP_HOUR = math.exp(-_HOUR / _RETURN)
_SHOCK_HOUR = math.sqrt(1.0 - _KEEP_HOUR * _KEEP_HOUR)
_WIDE = math.sqrt(2.0 / _RETURN) * math.sqrt(12.0)  # of one step, for evenly spread chance


class Anchor(NamedTuple):
    """What one day of a course hangs on, besides the seed and the instrument.

    Attributes:
        day: `date.toordinal`.
        reference: previous close or settlement, 1e-4 yuan.
        opening: price of the first point.
        tick: price step.
        reach: how far the price may go from the reference, in millionths of it.
        first: the first point, above 0 on a day that did not begin at midnight.
        pin, pinned: a point whose price is given, and that price; 0 for none.
    """

    day: int
    reference: int
    opening: int
    tick: int
    reach: int
    first: int = 0
    pin: int = 0
    pinned: int = 0


def anchored(rules: DayTerms, opening: int) -> Anchor:
    """A day that begins at midnight with that price."""
    close = rules.prev_close
    room = min(rules.up - close, close - rules.down) / close
    reach = int(1e6 * min(_FURTHEST, 0.42 * room))
    return Anchor(rules.day.toordinal(), close, opening, rules.tick, reach)


def anchored_at_start(rules: DayTerms, seed: int, instrument: Listed, start: int) -> Anchor:
    """The day on which a market starts, which has up to 240 minutes before that moment."""
    close, tick = rules.prev_close, rules.tick
    spread = character(instrument, close, tick).spread
    chance = Random(f"{seed}:{instrument.stock_code}:today")
    pin = point_at(start, rules.day)
    first = max(0, (pin // _MINUTE - MINUTES_BEFORE_START) * _MINUTE)
    anchor = anchored(rules, close)._replace(first=first)
    if not pin:
        return anchor

    def near(share: float) -> int:
        away = max(-_FURTHEST_START, min(_FURTHEST_START, chance.gauss(0.0, share * spread)))
        return round(close * (1.0 + away) / tick) * tick

    opening, pinned = near(0.3), near(0.6)
    return anchor._replace(opening=opening if first else close, pin=pin, pinned=pinned)


def point_at(now: int, day: date) -> int:
    """The number of the last point up to a moment of that day; `LAST` after the day."""
    return min((now - day_start(day)) // STEP, LAST)


class _Part(NamedTuple):
    """The points from one knot up to the next: what is fair there, prices, volumes."""

    first: int
    last: int
    fair: list[float]  # one more than there are points
    prices: list[int]
    volumes: list[int]  # a point's, by minute


class Course:
    """One day of one instrument.

    Args:
        seed: the market's.
        instrument: whose course it is.
        anchor: what the day hangs on.
    """

    __slots__ = ("_ats", "_aways", "_instrument", "_part", "_seed", "anchor", "start")

    def __init__(self, seed: int, instrument: Listed, anchor: Anchor) -> None:
        self.anchor = anchor
        self.start = day_start(date.fromordinal(anchor.day))
        self._seed = seed
        self._instrument = instrument
        self._ats: list[int] = []
        self._aways: list[float] = []
        self._part: _Part | None = None

    # -- one moment ------------------------------------------------------------

    def point(self, now: int) -> int:
        """The number of the last point up to a moment: from the day's first to `LAST`."""
        return max(self.anchor.first, min((now - self.start) // STEP, LAST))

    def price(self, now: int) -> int:
        """The price of the last point up to a moment, on tick."""
        point = self.point(now)
        if point == LAST:
            return self.close
        part = self._around(point)
        return part.prices[point - part.first]

    @property
    def close(self) -> int:
        """The price of the day's last point."""
        self._knots()
        anchor = self.anchor
        return self._rounded(anchor.reference * (1.0 + self._aways[-1]))

    def fair(self, now: int) -> float:
        """What the order flow trades around: between two points on a straight line."""
        point, past = divmod(now - self.start, STEP)
        if point >= LAST or point < self.anchor.first:
            return float(self.price(now))
        part = self._around(point)
        place = point - part.first
        before = part.fair[place]
        return before + (part.fair[place + 1] - before) * past / STEP

    def figures(self, until: int = LAST) -> tuple[int, int]:
        """A volume and an amount whose quotient is the average price up to a point.

        They are worked out from the knots alone; the trades of the day average to the same
        but for rounding.
        """
        self._knots()
        volume, amount = 0, 0.0
        for at, to, away, beyond in zip(
            self._ats, self._ats[1:], self._aways, self._aways[1:], strict=False
        ):
            if at >= until:
                break
            points = min(to, until) - at
            beyond = away + (beyond - away) * points / (to - at)
            volume += points
            amount += points * (1.0 + (away + beyond) / 2.0)
        return volume, round(amount * self.anchor.reference)

    # -- stretches ---------------------------------------------------------------

    def stretch(self, first: int, last: int) -> tuple[list[int], list[int]]:
        """Prices and volumes of the points from one to another, both included."""
        prices: list[int] = []
        volumes: list[int] = []
        at = max(first, self.anchor.first)
        while at <= last:
            part = self._around(at)
            stop = min(part.last, last + 1)
            prices += part.prices[at - part.first : stop - part.first]
            skipped = part.first // _MINUTE
            volumes += [part.volumes[each // _MINUTE - skipped] for each in range(at, stop)]
            at = stop
        return prices, volumes

    def row(self) -> Row:
        """The bar of the whole day."""
        prices, volumes = self.stretch(self.anchor.first + 1, LAST)
        amount = sum(price * volume for price, volume in zip(prices, volumes, strict=True))
        return Row(
            self.start, prices[0], max(prices), min(prices), prices[-1], sum(volumes), amount
        )

    # -- how it is made ------------------------------------------------------------

    def _knots(self) -> None:
        if self._ats:
            return
        anchor = self.anchor
        nature = character(self._instrument, anchor.reference, anchor.tick)
        chance = Random(f"{self._seed}:{self._instrument.stock_code}:{anchor.day}")
        ats, aways = [anchor.first], [self._away(anchor.opening)]
        if anchor.pin > anchor.first:
            ats.append(anchor.pin)
            aways.append(self._away(anchor.pinned))
        at, away = ats[-1], aways[-1]
        while at < LAST:
            to = min((at // _HOUR + 1) * _HOUR, LAST)
            if to - at == _HOUR:
                keep, shock = _KEEP_HOUR, _SHOCK_HOUR
            else:
                keep = math.exp((at - to) / _RETURN)
                shock = math.sqrt(1.0 - keep * keep)
            away = self._bounded(away * keep + nature.spread * shock * chance.gauss(0.0, 1.0))
            at = to
            ats.append(at)
            aways.append(away)
        self._ats, self._aways = ats, aways

    def _around(self, point: int) -> _Part:
        """The part with that point."""
        part = self._part
        if part is None or not part.first <= point < part.last:
            part = self._part = self._make(point)
        return part

    def _make(self, point: int) -> _Part:
        self._knots()
        anchor, ats = self.anchor, self._ats
        knot = min(bisect_right(ats, point), len(ats) - 1) - 1
        first, last = ats[knot], ats[knot + 1]
        reference, tick = anchor.reference, anchor.tick
        nature = character(self._instrument, reference, tick)
        chance = Random(f"{self._seed}:{self._instrument.stock_code}:{anchor.day}:{first}")
        draw, count = chance.random, last - first
        begin, end = (reference * (1.0 + self._aways[each]) for each in (knot, knot + 1))
        walk = list(accumulate([draw() - 0.5 for _ in range(count)], initial=0.0))
        scale = reference * nature.spread * _WIDE
        # a straight line to the end, less the parabola that takes away the average of the walk
        strayed = scale * (sum(walk) / (count + 1) - walk[-1] / 2.0)
        slope = (end - begin - scale * walk[-1] - 6.0 * strayed) / count
        curve = 6.0 * strayed / (count * count)
        fair = [begin + k * (slope + k * curve) + scale * w for k, w in enumerate(walk)]
        low, high = (reference * (1.0 + sign * anchor.reach * 1e-6) for sign in (-1, 1))
        if max(fair) > high or min(fair) < low:
            fair = [max(low, min(high, each)) for each in fair]
        stop = last + 1 if last == LAST else last
        prices = [tick * round(each / tick) for each in fair[: stop - first]]
        usual = nature.lots * LOTS_A_SECOND * STEP / SECOND
        volumes = [
            nature.lot * max(1, round(usual * (0.5 + draw())))
            for _ in range(first // _MINUTE, (stop - 1) // _MINUTE + 1)
        ]
        return _Part(first, stop, fair, prices, volumes)

    def _away(self, price: int) -> float:
        return self._bounded(price / self.anchor.reference - 1.0)

    def _bounded(self, away: float) -> float:
        bound = self.anchor.reach * 1e-6
        if away > bound:
            return max(2.0 * bound - away, -bound)
        if away < -bound:
            return min(-2.0 * bound - away, bound)
        return away

    def _rounded(self, price: float) -> int:
        return self.anchor.tick * round(price / self.anchor.tick)


def next_point(now: int) -> int:
    """The first moment after `now` at which courses have a point."""
    start = midnight(now)
    return start + ((now - start) // STEP + 1) * STEP
