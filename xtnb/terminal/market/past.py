"""The made-up past of one instrument: what charts show from before the market started.

It is a function of the seed, the code and the day on which the market starts,
and is worked out when someone asks. Days are weekdays, each with the 240 minutes
of an ordinary session; the last of them closes at the instrument's reference
price. The minutes of the last few days add up to their day bars exactly.

All of it is ours: no price or volume here was ever quoted.
"""

from __future__ import annotations

import itertools
import math
from datetime import date, timedelta
from random import Random

from xtnb.rules.instruments import Instrument
from xtnb.rules.listed import DayTerms, Listed
from xtnb.terminal.clock import MINUTE, day_start
from xtnb.terminal.market.character import LOTS_A_SECOND, character
from xtnb.terminal.market.tape import Row

DAYS = 260
DAYS_WITH_MINUTES = 5
_SESSION = [*range(9 * 60 + 31, 11 * 60 + 31), *range(13 * 60 + 1, 15 * 60 + 1)]


def weekdays_before(day: date, count: int) -> list[date]:
    """The last `count` weekdays before a day, oldest first."""
    found: list[date] = []
    while len(found) < count:
        day -= timedelta(days=1)
        if day.weekday() < 5:
            found.append(day)
    return found[::-1]


class Past:
    """The past of one instrument.

    Args:
        instrument: whose past.
        rules: of the day on which the market starts; its `prev_close` is where the past ends.
        seed: the market's.
    """

    def __init__(self, instrument: Listed, rules: DayTerms, seed: int) -> None:
        self._instrument = instrument
        self._rules = rules
        self._seed = seed
        self._nature = character(instrument, rules.prev_close, rules.tick)
        self._days: list[Row] | None = None
        self._minutes: list[Row] = []

    def days(self) -> list[Row]:
        """Day bars before the day of the start, oldest first."""
        if self._days is None:
            self._days = self._make_days()
        return self._days

    def minutes(self) -> list[Row]:
        """Minute bars of the last few of those days."""
        self.days()
        return list(self._minutes)

    def _chance(self, purpose: str) -> Random:
        return Random(f"{self._seed}:{self._instrument.stock_code}:{purpose}")

    def _rounded(self, price: float) -> int:
        tick = self._rules.tick
        return max(tick, round(price / tick) * tick)

    def _make_days(self) -> list[Row]:
        """Walk back from the previous close, then cut the last days into minutes."""
        chance = self._chance("days")
        days = weekdays_before(self._rules.day, DAYS)
        spread = self._nature.spread * 1.4
        usual = self._usual_day()
        room = 0.9 * (self._rules.up - self._rules.prev_close) / self._rules.prev_close
        rows: list[Row] = []
        close = self._rules.prev_close
        for day in reversed(days):
            move = max(-room, min(room, chance.gauss(0.0002, spread)))
            before = self._rounded(close / (1.0 + move))
            top, bottom = before * (1.0 + room), before * (1.0 - room)
            start = self._rounded(before * (1.0 + chance.gauss(0.0, 0.25 * spread)))
            reach = 0.6 * spread * before
            high = self._rounded(min(max(start, close) + abs(chance.gauss(0.0, reach)), top))
            low = self._rounded(max(min(start, close) - abs(chance.gauss(0.0, reach)), bottom))
            high, low = max(high, start, close), min(low, start, close)
            volume = self._whole_lots(usual * math.exp(chance.gauss(0.0, 0.4)))
            amount = (start + high + low + close) * volume // 4
            rows.append(Row(day_start(day), start, high, low, close, volume, amount))
            close = before
        rows.reverse()
        for i in range(DAYS - DAYS_WITH_MINUTES, DAYS):
            minutes = self._cut(chance, rows[i])
            rows[i] = rows[i]._replace(amount=sum(minute.amount for minute in minutes))
            self._minutes += minutes
        return rows

    def _usual_day(self) -> float:
        """The lots of a usual day: a share of the company, or what the flow trades in a session."""
        if isinstance(self._instrument, Instrument):
            return 0.004 * self._instrument.float_volume / 100
        return self._nature.lots * LOTS_A_SECOND * 60 * len(_SESSION)

    def _cut(self, chance: Random, day: Row) -> list[Row]:
        """The session's minutes of a day: same open, high, low, close and volume as the day's."""
        count = len(_SESSION)
        prices = _bridge(chance, day.open, day.close, count, (day.high - day.low) * 0.3)
        prices = [(_within(a, day), _within(b, day)) for a, b in prices]
        weights = [1.0 + 2.5 * (2.0 * k / (count - 1) - 1.0) ** 4 for k in range(count)]
        weights = [weight * math.exp(chance.gauss(0.0, 0.4)) for weight in weights]
        whole = sum(weights)
        highest = max(range(count), key=lambda k: max(prices[k]))
        lowest = min(range(count), key=lambda k: min(prices[k]))
        rows: list[Row] = []
        spent, least = 0, 100 if self._nature.lot > 1 else 1
        for k, ((before, after), weight) in enumerate(zip(prices, weights, strict=True)):
            volume = int(day.volume * weight / whole) // least * least
            volume = day.volume - spent if k == count - 1 else volume
            spent += volume
            row = self._row(chance, day.time + _SESSION[k] * MINUTE, before, after, volume, day)
            row = row._replace(high=day.high) if k == highest else row
            rows.append(row._replace(low=day.low) if k == lowest else row)
        return rows

    def _row(
        self,
        chance: Random,
        end: int,
        before: float,
        after: float,
        volume: int,
        day: Row | None = None,
    ) -> Row:
        """A minute that goes from one price to another, with a little more on either side."""
        first, last = self._rounded(before), self._rounded(after)
        wide = 0.04 * self._nature.spread * self._rules.prev_close
        high = self._rounded(max(first, last) + abs(chance.gauss(0.0, wide)))
        low = self._rounded(min(first, last) - abs(chance.gauss(0.0, wide)))
        if day is not None:
            high, low = min(high, day.high), max(low, day.low)
        amount = (first + last) * volume // 2
        return Row(end, first, high, low, last, volume, amount)

    def _whole_lots(self, lots: float) -> int:
        return self._nature.lot * max(1, round(lots))


def _within(price: float, day: Row) -> float:
    return max(float(day.low), min(float(day.high), price))


def _bridge(
    chance: Random, start: float, end: float, count: int, wide: float
) -> list[tuple[float, float]]:
    """A random path from `start` to `end` in `count` pieces, as (before, after) of each.

    `wide` is about how far it strays from the straight line half-way.
    """
    walk = [0.0]
    for _ in range(count):
        walk.append(walk[-1] + chance.gauss(0.0, 1.0))
    scale = wide * 2.0 / math.sqrt(count)
    points = [
        start + (end - start) * k / count + (walk[k] - walk[count] * k / count) * scale
        for k in range(count + 1)
    ]
    return list(itertools.pairwise(points))
