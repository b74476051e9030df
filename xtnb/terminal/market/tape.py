"""What has been traded in one instrument: the day's statistics, and minute and day bars.

A tape learns of trades through `trade` alone, one call a fill. Minutes without a
trade leave no row; `minutes` fills them in when it is asked. Rows are whole
numbers: prices in 1e-4 yuan, volumes in shares, amounts in 1e-4 yuan.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from datetime import date
from operator import mul
from typing import NamedTuple

from xtnb.terminal.clock import DAY, MINUTE, day_start

KEPT_MINUTES = 5 * 1_440
KEPT_DAYS = 400
_COLUMNS = 7


class Row(NamedTuple):
    """One bar. `time` is its end for minutes and the day's midnight for days, ns."""

    time: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    amount: int


class Tape:
    """The trades of one instrument, added up.

    Attributes:
        open, high, low: of the day, 0 until there is a trade.
        last: the last trade's price; the previous close until there is one. While trades
            are not run one by one, whoever keeps the course of the price moves it on.
        volume, amount, transactions: of the day.
    """

    __slots__ = (
        "_amount_before",
        "_days",
        "_minute_close",
        "_minute_end",
        "_minute_high",
        "_minute_low",
        "_minute_open",
        "_rows",
        "_volume_before",
        "amount",
        "high",
        "last",
        "low",
        "open",
        "transactions",
        "volume",
    )

    def __init__(self, prev_close: int) -> None:
        self._rows = array("q")
        self._days: list[Row] = []
        self.last = prev_close
        self._begin()

    def _begin(self) -> None:
        self.open = self.high = self.low = 0
        self.volume = self.amount = self.transactions = 0
        self._minute_end = 0
        self._minute_open = self._minute_high = self._minute_low = self._minute_close = 0
        self._volume_before = self._amount_before = 0

    def trade(self, price: int, volume: int, now: int) -> None:
        """Add one fill."""
        if now >= self._minute_end:
            self._turn(price, now)
        if price > self._minute_high:
            self._minute_high = price
        elif price < self._minute_low:
            self._minute_low = price
        if price > self.high:
            self.high = price
        elif price < self.low:
            self.low = price
        self.last = self._minute_close = price
        self.volume += volume
        self.amount += price * volume
        self.transactions += 1

    def walk(self, prices: list[int], volumes: list[int], at: int, step: int) -> None:
        """Add trades at equal steps of time, of which a minute has a whole number.

        Args:
            prices, volumes: of the trades.
            at: time of the first; each is the last moment of its step.
            step: from one to the next, ns.
        """
        count, each, first = len(prices), MINUTE // step, 0
        while first < count and at % MINUTE != step - 1:
            self.trade(prices[first], volumes[first], at)
            first, at = first + 1, at + step
        stop = first + (count - first) // each * each
        if stop > first:
            self._close_minute()
            if not self.open:
                self.open = self.high = self.low = prices[first]
            end, extend, worth = at // MINUTE * MINUTE, self._rows.extend, 0
            for k in range(first, stop, each):
                seen, traded = prices[k : k + each], volumes[k : k + each]
                end += MINUTE
                amount = sum(map(mul, seen, traded))
                worth += amount
                extend((end, seen[0], max(seen), min(seen), seen[-1], sum(traded), amount))
            seen = prices[first:stop]
            self.high, self.low = max(self.high, max(seen)), min(self.low, min(seen))
            self.last = seen[-1]
            self.volume += sum(volumes[first:stop])
            self.amount += worth
            self.transactions += stop - first
            at += (stop - first) * step
        for price, volume in zip(prices[stop:], volumes[stop:], strict=True):
            self.trade(price, volume, at)
            at += step

    def merge(self, other: Tape, *, days: bool) -> None:
        """Take in the minutes, and the days, of a tape that has none in common with this one."""
        if days:
            self.add_days(other._days)
        if other._rows:
            rows, time = self._rows, other._rows[0]
            at = len(rows)
            while at and rows[at - _COLUMNS] > time:
                at -= _COLUMNS
            rows[at:at] = other._rows

    def resume(self, rows: Iterable[Row], figures: Sequence[int]) -> None:
        """Take up a day where another tape has left it.

        Args:
            rows: whole minutes from some moment on; they replace what is here from then on.
            figures: as `figures` gave them.
        """
        self._close_minute()
        kept = list(rows)
        self.open, self.high, self.low, self.last = figures[:4]
        self.volume, self.amount, self.transactions = figures[4:7]
        minute = Row(*figures[7:]) if figures[7:] else None
        first = kept[0].time if kept else minute.time if minute else 0
        while first and self._rows and self._rows[-_COLUMNS] >= first:
            del self._rows[-_COLUMNS:]
        for row in kept:
            self._rows.extend(row)
        if minute:
            self._minute_end = minute.time
            self._minute_open, self._minute_close = minute.open, minute.close
            self._minute_high, self._minute_low = minute.high, minute.low
            self._volume_before = self.volume - minute.volume
            self._amount_before = self.amount - minute.amount

    def figures(self) -> tuple[int, ...]:
        """Open, high, low, last, volume, amount and transactions of the day, for `resume`.

        The seven columns of the minute that is not over follow, if it has trades.
        """
        day = self.open, self.high, self.low, self.last
        figures = (*day, self.volume, self.amount, self.transactions)
        return (*figures, *self._minute()) if self._minute_end else figures

    def closed(self, after: int) -> list[Row]:
        """Minutes that are over and end after some time, oldest first."""
        rows, first = self._rows, len(self._rows)
        while first and rows[first - _COLUMNS] > after:
            first -= _COLUMNS
        return [Row(*rows[i : i + _COLUMNS]) for i in range(first, len(rows), _COLUMNS)]

    def add_days(self, rows: Iterable[Row]) -> None:
        """Add bars of days that were not traded here."""
        self._days = sorted([*self._days, *rows])[-KEPT_DAYS:]

    def end_day(self, day: date) -> None:
        """Close the day: its bar is kept, its statistics start again, `last` stays."""
        self._close_minute()
        self._days.append(self.day_row(day))
        del self._days[:-KEPT_DAYS]
        self._begin()

    def day_row(self, day: date) -> Row:
        """The bar of the day so far; flat at the last price when nothing was traded."""
        start = day_start(day)
        if not self.transactions:
            return Row(start, self.last, self.last, self.last, self.last, 0, 0)
        return Row(start, self.open, self.high, self.low, self.last, self.volume, self.amount)

    @property
    def ended(self) -> int:
        """How many days have ended here."""
        return len(self._days)

    def days(self) -> list[Row]:
        """The bars of the days that have ended here, oldest first."""
        return list(self._days)

    def minutes(self, until: int = 0, last: int = -1) -> list[Row]:
        """Minute bars, oldest first, gaps of up to a day filled at the last close.

        Args:
            until: fill up to the minute of this moment; 0 stops at the last trade.
            last: at least so many of the latest, if there are; -1 for all.
        """
        filled: list[Row] = []
        for row in self.recorded(last):
            if filled:
                _fill(filled, row.time)
            filled.append(row)
        if filled and until:
            _fill(filled, (until // MINUTE + 2) * MINUTE)
        return filled

    def recorded(self, last: int = -1) -> list[Row]:
        """Minutes with trades, oldest first; so many of the latest, or -1 for all."""
        data = self._rows
        first = 0 if last < 0 else max(0, len(data) - last * _COLUMNS)
        rows = [Row(*data[i : i + _COLUMNS]) for i in range(first, len(data), _COLUMNS)]
        if self._minute_end:
            rows.append(self._minute())
        return rows

    def _turn(self, price: int, now: int) -> None:
        self._close_minute()
        if not self.open:
            self.open = self.high = self.low = price
        self._minute_end = (now // MINUTE + 1) * MINUTE
        self._minute_open = self._minute_high = self._minute_low = price
        self._volume_before, self._amount_before = self.volume, self.amount

    def _minute(self) -> Row:
        return Row(
            self._minute_end,
            self._minute_open,
            self._minute_high,
            self._minute_low,
            self._minute_close,
            self.volume - self._volume_before,
            self.amount - self._amount_before,
        )

    def _close_minute(self) -> None:
        if self._minute_end:
            self._rows.extend(self._minute())
            self._minute_end = 0
            if len(self._rows) > (KEPT_MINUTES + 1_440) * _COLUMNS:
                del self._rows[: -KEPT_MINUTES * _COLUMNS]


def _fill(rows: list[Row], end: int) -> None:
    """Append flat minutes up to, not including, the one that ends at `end`."""
    time, close = rows[-1].time, rows[-1].close
    if end - time > DAY:
        return
    for missing in range(time + MINUTE, end, MINUTE):
        rows.append(Row(missing, close, close, close, close, 0, 0))
