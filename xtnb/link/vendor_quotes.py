"""Market data of a MiniQMT, from the vendor's module for it, as our terminals answer it.

Volumes there are in lots of a hundred for shares and in contracts for the rest; a
tick carries both, so the ratio is taken from it where it can be. Prices carry the noise
of floats and are rounded to a ten-thousandth.

Source: the vendor's xtdata.py and its document; checked on Windows only by the user
(`xtnb doctor --vendor`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from typing import Any

from xtnb.errors import InputError, Refused
from xtnb.rules.instruments import find
from xtnb.vocabulary.messages import Request
from xtnb.vocabulary.records import Quote

QUOTES = frozenset(
    {"quote_subscribe", "quote_unsubscribe", "quote_full", "quote_bars", "instrument"}
)
PERIODS = ("tick", "1m", "5m", "1d")
_SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
_SHARES = ("SH", "SZ", "BJ")
_LOT = 100
_LEVELS = 5
_BAR = ("time", "open", "high", "low", "close", "volume", "amount", "preClose")
_KINDS = ("etf", "fund", "index", "bond", "stock")


class VendorQuotes:
    """Answers the requests about market data.

    Args:
        data: the vendor's module, or None where it cannot be imported.
        tell: hears each quote of a code that someone watches.
    """

    def __init__(self, data: Any, tell: Callable[[Quote], None]) -> None:
        self._data = data
        self._tell = tell
        self._watched: dict[str, int] = {}
        self._facts: dict[tuple[str, str], dict[str, Any]] = {}
        self._lock = threading.Lock()

    def answer(self, request: Request) -> Any:
        """The value of the reply.

        Raises:
            LookupError: this machine has no market data of the vendor's.
            InputError: an argument that no terminal could accept.
        """
        if self._data is None:
            raise LookupError("这里没有行情模块 / the vendor's market data cannot be imported here")
        asked = request.arguments
        if request.method == "quote_full":
            return self._full(asked["codes"])
        if request.method == "quote_bars":
            return self._bars(asked)
        if request.method == "instrument":
            return self._instrument(asked["stock_code"])
        (self._watch if request.method == "quote_subscribe" else self._unwatch)(asked["codes"])
        return 0

    def close(self) -> None:
        """Watch nothing any more."""
        if self._data is not None:
            self._unwatch(list(self._watched))

    # -- quotes ----------------------------------------------------------------------------------

    def _watch(self, codes: Iterable[str]) -> None:
        for code in codes:
            with self._lock:
                if code in self._watched:
                    continue
                self._watched[code] = 0
            number = -1
            try:
                found = self._data.subscribe_quote(
                    code, period="tick", count=0, callback=self._heard
                )
                number = int(found or -1)
            finally:
                with self._lock:
                    if number > 0:
                        self._watched[code] = number
                    else:  # it did not take: the next who asks has it tried again
                        self._watched.pop(code, None)

    def _unwatch(self, codes: Iterable[str]) -> None:
        for code in codes:
            with self._lock:
                number = self._watched.pop(code, 0)
            if number > 0:
                self._data.unsubscribe_quote(number)

    def _heard(self, found: Mapping[str, Any]) -> None:
        for code, ticks in found.items():
            for tick in ticks if isinstance(ticks, list) else [ticks]:
                self._tell(self._quote(code, tick))

    def _full(self, codes: Iterable[str]) -> list[Quote]:
        wanted = list(codes)
        found = self._data.get_full_tick(wanted)
        return [self._quote(code, found[code]) for code in wanted if found.get(code)]

    def _quote(self, code: str, tick: Mapping[str, Any]) -> Quote:
        detail = self._detail(code)
        lot = _lot(code, tick)
        return Quote(
            stock_code=code,
            instrument_name=str(detail.get("InstrumentName") or ""),
            time=_moment(tick),
            last_price=_price(tick.get("lastPrice")),
            open=_price(tick.get("open")),
            high=_price(tick.get("high")),
            low=_price(tick.get("low")),
            last_close=_price(tick.get("lastClose")),
            up_limit=_price(detail.get("UpStopPrice")),
            down_limit=_price(detail.get("DownStopPrice")),
            volume=int(tick.get("pvolume") or (tick.get("volume") or 0) * lot),
            amount=float(tick.get("amount") or 0.0),
            transactions=int(tick.get("transactionNum") or 0),
            bid_price=_levels(tick.get("bidPrice"), _price),
            bid_volume=_levels(tick.get("bidVol"), lambda volume: int(volume or 0) * lot),
            ask_price=_levels(tick.get("askPrice"), _price),
            ask_volume=_levels(tick.get("askVol"), lambda volume: int(volume or 0) * lot),
        )

    # -- bars and facts ------------------------------------------------------------------

    def _bars(self, asked: Mapping[str, Any]) -> list[Any]:
        code, period = asked["stock_code"], asked["period"]
        if period not in PERIODS:
            raise InputError("period", period, f"one of {', '.join(PERIODS)}")
        start, end = _text(asked["start_ms"]), _text(asked["end_ms"])
        self._data.download_history_data(code, period, start, end)
        found = self._data.get_market_data_ex(
            [], [code], period, start, end, asked["count"], fill_data=False
        )
        frame = found.get(code)
        if frame is None or not len(frame):
            return []
        if period == "tick":
            names = list(frame.columns)
            rows = zip(*(frame[name].tolist() for name in names), strict=True)
            return [self._quote(code, dict(zip(names, row, strict=True))) for row in rows]
        lot = _LOT if _in_lots(code) else 1
        columns = [frame[name].tolist() for name in _BAR]
        return [
            (int(time), *map(_price, prices), float(volume * lot), float(amount), _price(before))
            for time, *prices, volume, amount, before in zip(*columns, strict=True)
        ]

    def _instrument(self, code: str) -> dict[str, Any] | None:
        detail = self._detail(code)
        if not detail:
            return None
        kinds = self._data.get_instrument_type(code) or {}
        return {
            "stock_code": code,
            "name": str(detail.get("InstrumentName") or ""),
            "kind": next((kind for kind in _KINDS if kinds.get(kind)), "stock"),
            "board": _board(code),
            "float_volume": int(detail.get("FloatVolume") or 0),
            "total_volume": int(detail.get("TotalVolume") or 0),
            "prev_close": _units(detail.get("PreClose")),
            "up": _units(detail.get("UpStopPrice")),
            "down": _units(detail.get("DownStopPrice")),
            "tick": _units(detail.get("PriceTick")),
            "lot": _LOT if _in_lots(code) else 1,
            "unit": int(detail.get("VolumeMultiple") or 1),
            "day": str(detail.get("TradingDay") or ""),
        }

    def _detail(self, code: str) -> dict[str, Any]:
        """Facts of a day, asked for once a day."""
        key = code, datetime.now(_SHANGHAI).strftime("%Y%m%d")
        known = self._facts.get(key)
        if known is None:
            known = self._data.get_instrument_detail(code) or {}
            if known:
                self._facts[key] = known
        return known


def _in_lots(code: str) -> bool:
    return code.rpartition(".")[2] in _SHARES


def _lot(code: str, tick: Mapping[str, Any]) -> int:
    """How many shares a volume of 1 is."""
    lots, shares = tick.get("volume") or 0, tick.get("pvolume") or 0
    if lots and shares:
        return max(1, round(shares / lots))
    return _LOT if _in_lots(code) else 1


def _price(value: Any) -> float:
    number = float(value or 0.0)
    return round(number, 4) if abs(number) < 1e12 else 0.0  # not-a-number fails the test too


def _units(value: Any) -> int:
    return round(_price(value) * 10_000)


def _levels(found: Any, read: Callable[[Any], Any]) -> tuple[Any, ...]:
    values = [read(value) for value in (found if found is not None else ())][:_LEVELS]
    return tuple(values + [read(0)] * (_LEVELS - len(values)))


def _moment(tick: Mapping[str, Any]) -> int:
    """Milliseconds since the epoch; some terminals give a text instead."""
    if tick.get("time"):
        return int(tick["time"])
    text = str(tick.get("timetag") or "")
    for form in ("%Y%m%d %H:%M:%S.%f", "%Y%m%d %H:%M:%S"):
        with suppress(ValueError):
            moment = datetime.strptime(text, form).replace(tzinfo=_SHANGHAI)
            return int(moment.timestamp() * 1000)
    return 0


def _text(milliseconds: int) -> str:
    if not milliseconds:
        return ""
    return datetime.fromtimestamp(milliseconds / 1000, _SHANGHAI).strftime("%Y%m%d%H%M%S")


def _board(code: str) -> str:
    try:
        return find(code).board.name
    except Refused:
        return code.rpartition(".")[2]
