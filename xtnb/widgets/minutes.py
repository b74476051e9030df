"""The minutes of one instrument's day, grown from quotes.

A minute is labelled by its end, as the vendor labels it: what trades in
(09:30:00, 09:31:00] belongs to 09:31. A quote carries the day's totals, so the
volume of a minute is what the totals rose by.
"""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock
from typing import NamedTuple

from xtnb.vocabulary.records import Quote

MINUTE = 60
_DAY = 86_400
_SHANGHAI = 8 * 3_600

COLUMNS = ("time", "open", "high", "low", "close", "volume", "amount")


class Minute(NamedTuple):
    """One bar: `time` is epoch seconds of its end; yuan and shares."""

    time: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    amount: float


def minute_of(seconds: float) -> int:
    """The end of the minute that a moment belongs to, epoch seconds."""
    return int(-(-seconds // MINUTE)) * MINUTE


def _day(label: int) -> int:
    return (label - 1 + _SHANGHAI) // _DAY


class Minutes:
    """Bars by their label. `add` takes quotes in order; `changed` says what moved since."""

    def __init__(self, unit: int = 1) -> None:
        self._unit = unit
        self._lock = Lock()
        self._bars: dict[int, Minute] = {}
        self._moved: dict[int, None] = {}
        self._before: Quote | None = None

    def load(self, rows: Iterable[tuple[float, ...]]) -> None:
        """Take the day so far: (time_ms, open, high, low, close, volume, amount, …)."""
        with self._lock:
            grown, self._bars = self._bars, {}
            for row in rows:
                label = int(row[0]) // 1000
                *values, amount = [float(value) for value in row[1:7]]
                self._bars[label] = Minute(label, *[*values, amount / self._unit])
            for label, bar in grown.items():  # came by quotes meanwhile
                self._bars.setdefault(label, bar)
            self._bars = dict(sorted(self._bars.items()))

    def add(self, quote: Quote) -> None:
        """Take a quote: the present minute grows, or the next one begins."""
        price = quote.last_price
        if price <= 0:
            return
        label = minute_of(quote.time / 1000)
        with self._lock:
            before, self._before = self._before, quote
            if self._bars and _day(label) != _day(next(reversed(self._bars))):
                self._bars.clear()
                before = None
            same_day = before is not None and before.volume <= quote.volume
            volume = quote.volume - before.volume if before and same_day else 0
            amount = quote.amount - before.amount if before and same_day else 0.0
            amount /= self._unit
            bar = self._bars.get(label)
            if bar is None:
                bar = Minute(label, price, price, price, price, 0.0, 0.0)
            high, low = max(bar.high, price), min(bar.low, price)
            if before is not None and same_day:
                high = max(high, quote.high) if quote.high > before.high else high
                low = min(low, quote.low) if 0 < quote.low < before.low else low
            self._bars[label] = bar._replace(
                high=high,
                low=low,
                close=price,
                volume=bar.volume + volume,
                amount=bar.amount + amount,
            )
            self._moved[label] = None

    def all(self) -> list[Minute]:
        """Every bar of the day, oldest first; `changed` starts anew."""
        with self._lock:
            self._moved.clear()
            return list(self._bars.values())

    def peek(self) -> list[Minute]:
        """Every bar of the day, and nothing else happens."""
        with self._lock:
            return list(self._bars.values())

    def changed(self) -> list[Minute]:
        """The bars that moved since the last `all` or `changed`, oldest first."""
        with self._lock:
            moved = sorted(label for label in self._moved if label in self._bars)
            self._moved.clear()
            return [self._bars[label] for label in moved]


def columns(bars: Iterable[Minute]) -> dict[str, list[float]]:
    """Bars column by column, as they travel."""
    rows = list(bars)
    return {name: [row[at] for row in rows] for at, name in enumerate(COLUMNS)}
