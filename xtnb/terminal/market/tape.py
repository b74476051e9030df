"""What has been traded in one instrument: the day's statistics, and minute and day bars.

A tape learns of trades through `trade` alone, one call a fill. Minutes without a
trade leave no row; `minutes` fills them in when it is asked. Rows are whole
numbers: prices in 1e-4 yuan, volumes in shares, amounts in 1e-4 yuan.
"""

from __future__ import annotations

from array import array
from datetime import date
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
        last: the last trade's price; the previous close until there is one.
        volume, amount, transactions: of the day.
    """

    __slots__ = (
        "_amount_before",
        "_days",
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
        self._minute_open = self._minute_high = self._minute_low = 0
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
        self.last = price
        self.volume += volume
        self.amount += price * volume
        self.transactions += 1

    def stretch(self, row: Row, transactions: int, now: int) -> None:
        """Add a stretch of a minute that was not run trade by trade.

        Trades that were noted meanwhile are in the minute too. The row's time is not read.
        """
        if now >= self._minute_end:
            self._turn(row.open, now)
        self._minute_high = max(self._minute_high, row.high)
        self._minute_low = min(self._minute_low, row.low)
        self.skip(row, transactions)

    def skip(self, row: Row, transactions: int) -> None:
        """Add a stretch to the day alone, without minutes."""
        if not self.open:
            self.open, self.high, self.low = row.open, row.high, row.low
        self.high = max(self.high, row.high)
        self.low = min(self.low, row.low)
        self.last = row.close
        self.volume += row.volume
        self.amount += row.amount
        self.transactions += transactions

    def begin_with(self, rows: list[Row], transactions: int) -> None:
        """Start the day as if those minutes had been traded; they are not recorded."""
        if rows:
            self.open, self.last = rows[0].open, rows[-1].close
            self.high = max(row.high for row in rows)
            self.low = min(row.low for row in rows)
            self.volume = sum(row.volume for row in rows)
            self.amount = sum(row.amount for row in rows)
            self.transactions = transactions

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

    def days(self) -> list[Row]:
        """The bars of the days that have ended here, oldest first."""
        return list(self._days)

    def minutes(self, until: int = 0, last: int = -1) -> list[Row]:
        """Minute bars, oldest first, gaps of up to a day filled at the last close.

        Args:
            until: fill up to the minute of this moment; 0 stops at the last trade.
            last: at least so many of the latest, if there are; -1 for all.
        """
        data = self._rows
        first = 0 if last < 0 else max(0, len(data) - last * _COLUMNS)
        rows = [Row(*data[i : i + _COLUMNS]) for i in range(first, len(data), _COLUMNS)]
        if self._minute_end:
            rows.append(self._minute())
        filled: list[Row] = []
        for row in rows:
            if filled:
                _fill(filled, row.time)
            filled.append(row)
        if filled and until:
            _fill(filled, (until // MINUTE + 2) * MINUTE)
        return filled

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
            self.last,
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
