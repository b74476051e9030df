"""What a terminal tells about the market: quotes, bars, facts about an instrument."""

from __future__ import annotations

from typing import Any

from xtnb.errors import InputError
from xtnb.rules.instruments import Instrument
from xtnb.rules.ipo import ipo_data
from xtnb.rules.listed import unit_of
from xtnb.terminal.market import Market
from xtnb.vocabulary.messages import Reply, Request

_MS = 1_000_000
PERIODS = ("tick", "1m", "5m", "1d")


class QuoteDesk:
    """Answers the requests about market data, from the books that the orders meet."""

    def __init__(self, market: Market) -> None:
        self._market = market

    def full(self, request: Request) -> Reply:
        """`Quote` of each known code; unknown ones are left out."""
        market = self._market
        codes = request.arguments["codes"]
        return Reply(
            request.seq, [market.quote(code) for code in codes if code in market.instruments]
        )

    def bars(self, request: Request) -> Reply:
        """Bars as (time_ms, open, high, low, close, volume, amount, pre_close), oldest first.

        `start_ms` and `end_ms` are both included, 0 leaves an end open; `count` keeps the
        last n, -1 keeps all. For the period "tick" the rows are `Quote`.
        """
        wanted = request.arguments
        code, period, count = wanted["stock_code"], wanted["period"], wanted["count"]
        if period not in PERIODS:
            raise InputError("period", period, f"one of {', '.join(PERIODS)}")
        market = self._market
        if code not in market.instruments:
            return Reply(request.seq, [])
        start = wanted["start_ms"] * _MS
        end = wanted["end_ms"] * _MS
        rows: list[Any] = list(market.bars(code, period, start, end, count))
        if period != "tick":
            rows = [tuple(row) for row in rows]  # a link carries plain tuples
        return Reply(request.seq, rows)

    def offers(self, request: Request) -> Reply:
        """What may be subscribed today: facts by code."""
        return Reply(request.seq, ipo_data(self._market.day()))

    def instrument(self, request: Request) -> Reply:
        """Facts about one instrument today, or None. Prices are 1e-4 yuan."""
        market = self._market
        code = request.arguments["stock_code"]
        found = market.instruments.get(code)
        if found is None:
            return Reply(request.seq, None)
        rules = market.rules(code)
        facts = {
            "stock_code": code,
            "name": found.name,
            "kind": found.kind,
            "board": found.board.name if isinstance(found, Instrument) else found.market,
            "float_volume": found.float_volume,
            "total_volume": found.total_volume,
            "prev_close": rules.prev_close,
            "up": rules.up,
            "down": rules.down,
            "tick": rules.tick,
            "lot": rules.lot,
            "unit": unit_of(found),
            "day": market.day().strftime("%Y%m%d"),
        }
        return Reply(request.seq, facts)
