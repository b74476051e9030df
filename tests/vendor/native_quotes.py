"""A stand-in for the vendor's module of market data, over quotes of ours.

Ticks have the keys, and volumes in lots, of the vendor's own.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pandas as pd

from xtnb.vocabulary.records import Quote

LOT = 100


def tick(quote: Quote) -> dict[str, Any]:
    """A quote as the vendor's tick."""
    return {
        "time": quote.time,
        "lastPrice": quote.last_price + 1e-9,  # the noise of a float
        "open": quote.open,
        "high": quote.high,
        "low": quote.low,
        "lastClose": quote.last_close,
        "amount": quote.amount,
        "volume": quote.volume // LOT,
        "pvolume": quote.volume,
        "transactionNum": quote.transactions,
        "askPrice": list(quote.ask_price),
        "bidPrice": list(quote.bid_price),
        "askVol": [volume // LOT for volume in quote.ask_volume],
        "bidVol": [volume // LOT for volume in quote.bid_volume],
    }


class MarketData:
    """xtdata, as far as a link asks it."""

    def __init__(self, quotes: list[Quote]) -> None:
        self.quotes = {quote.stock_code: quote for quote in quotes}
        self.bars: dict[str, list[tuple[Any, ...]]] = {}
        self.watched: dict[int, tuple[str, Callable[[Any], None]]] = {}
        self.asked: list[tuple[Any, ...]] = []
        self._numbers = itertools.count(1)

    def get_full_tick(self, code_list: list[str]) -> dict[str, Any]:
        return {code: tick(self.quotes[code]) for code in code_list if code in self.quotes}

    def subscribe_quote(
        self,
        stock_code: str,
        period: str = "1d",
        start_time: str = "",
        end_time: str = "",
        count: int = 0,
        callback: Any = None,
    ) -> int:
        number = next(self._numbers)
        self.watched[number] = stock_code, callback
        return number

    def unsubscribe_quote(self, seq: int) -> None:
        del self.watched[seq]

    def say(self, quote: Quote) -> None:
        """Tell a quote to whoever watches its code."""
        for code, hears in list(self.watched.values()):
            if code == quote.stock_code:
                hears({code: [tick(quote)]})

    def get_instrument_detail(self, stock_code: str, iscomplete: bool = False) -> Any:
        self.asked.append(("detail", stock_code))
        quote = self.quotes.get(stock_code)
        return quote and {
            "InstrumentName": quote.instrument_name,
            "PreClose": quote.last_close,
            "UpStopPrice": quote.up_limit,
            "DownStopPrice": quote.down_limit,
            "PriceTick": 0.01,
            "FloatVolume": 1e9,
            "TotalVolume": 2e9,
            "TradingDay": "20261120",
        }

    def get_instrument_type(self, stock_code: str, variety_list: Any = None) -> dict[str, bool]:
        return {"etf": True, "fund": True} if stock_code.startswith("51") else {"stock": True}

    def download_history_data(self, *arguments: Any) -> None:
        self.asked.append(("download", *arguments))

    def get_market_data_ex(
        self,
        field_list: list[str],
        stock_list: list[str],
        period: str = "1d",
        start_time: str = "",
        end_time: str = "",
        count: int = -1,
        dividend_type: str = "none",
        fill_data: bool = True,
    ) -> dict[str, pd.DataFrame]:
        self.asked.append(("bars", period, start_time, end_time, count))
        code = stock_list[0]
        if period == "tick":
            rows = [tick(self.quotes[code])] if code in self.quotes else []
            return {code: pd.DataFrame(rows)}
        names = ["time", "open", "high", "low", "close", "volume", "amount", "preClose"]
        return {code: pd.DataFrame(self.bars.get(code, []), columns=names)}
