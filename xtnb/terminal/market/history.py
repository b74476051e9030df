"""Bars and ticks of one instrument: the made-up past, then what was recorded."""

from __future__ import annotations

from collections import deque
from datetime import date
from typing import NamedTuple

from xtnb.errors import InputError
from xtnb.terminal.clock import MINUTE, MS
from xtnb.terminal.market.past import Past
from xtnb.terminal.market.tape import Row, Tape
from xtnb.vocabulary.money import YUAN
from xtnb.vocabulary.records import Quote

PERIODS = ("tick", "1m", "5m", "1d")
KEPT_QUOTES = 1_200


class Bar(NamedTuple):
    """One bar as it leaves the market: epoch milliseconds, yuan, shares.

    `time_ms` is the end of a minute bar and the midnight that begins a day.
    `pre_close` is the close of the bar before.
    """

    time_ms: int
    open: float
    high: float
    low: float
    close: float
    volume: int
    amount: float
    pre_close: float


class History:
    """Everything that can be asked about an instrument's past.

    Args:
        past: what was before the market started.
        tape: what has been traded since; it is up to date when bars are asked for.
        unit: what one unit of volume stands for in an amount.
    """

    def __init__(self, past: Past, tape: Tape, unit: int = 1) -> None:
        self._unit = unit
        self._past = past
        self._tape = tape
        self._quotes: deque[Quote] = deque(maxlen=KEPT_QUOTES)

    def record(self, quote: Quote) -> None:
        """Keep a snapshot; the oldest gives way."""
        self._quotes.append(quote)

    def bars(
        self, period: str, day: date, until: int, start: int, end: int | None, count: int
    ) -> list[Bar] | list[Quote]:
        """See `Market.bars`."""
        if period not in PERIODS:
            raise InputError("period", period, f"one of {', '.join(PERIODS)}")
        if period == "tick":
            quotes = [
                quote
                for quote in self._quotes
                if start <= quote.time * MS and (not end or quote.time * MS <= end)
            ]
            return quotes if count < 0 else quotes[len(quotes) - min(count, len(quotes)) :]
        if period == "1d":
            rows = [*self._past.days(), *self._tape.days(), self._tape.day_row(day)]
        else:
            length = 1 if period == "1m" else 5
            wanted = -1 if count < 0 or end else (count + 2) * length
            rows = self._minutes(until, wanted)
            rows = rows if period == "1m" else _joined(rows, length * MINUTE)
        return _cut(rows, start, end, count, self._unit)

    def _minutes(self, until: int, wanted: int) -> list[Row]:
        """All minutes, or the last `wanted` when there are so many."""
        since = self._tape.minutes(until, wanted)
        if 0 <= wanted <= len(since):
            return since[-wanted:] if wanted else []
        before = self._past.minutes()
        if before and since and before[-1].time >= since[0].time:
            first = since[0].time
            before = [row for row in before if row.time < first]
        return before + since


def _joined(rows: list[Row], length: int) -> list[Row]:
    """Rows of one minute to rows of `length`, each labelled with the end of its stretch."""
    joined: list[Row] = []
    for row in rows:
        end = -(-row.time // length) * length
        if joined and joined[-1].time == end:
            last = joined[-1]
            joined[-1] = Row(
                end,
                last.open,
                max(last.high, row.high),
                min(last.low, row.low),
                row.close,
                last.volume + row.volume,
                last.amount + row.amount,
            )
        else:
            joined.append(row._replace(time=end))
    return joined


def _cut(rows: list[Row], start: int, end: int | None, count: int, unit: int) -> list[Bar]:
    chosen = [
        (row, rows[i - 1].close if i else row.open)
        for i, row in enumerate(rows)
        if start <= row.time and (not end or row.time <= end)
    ]
    if count >= 0:
        chosen = chosen[len(chosen) - min(count, len(chosen)) :]
    return [
        Bar(
            row.time // MS,
            row.open / YUAN,
            row.high / YUAN,
            row.low / YUAN,
            row.close / YUAN,
            row.volume,
            row.amount * unit / YUAN,
            before / YUAN,
        )
        for row, before in chosen
    ]
