"""The instruments of the paper market: real codes and names, made-up reference prices.

About sixty stocks and funds of Shanghai, Shenzhen and Beijing. Codes and Chinese
names are real; the reference price of each is a previous close that we made up, so
that a demo has a past. It is not a quote.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any

from xtnb.errors import RefusalCode, Refused
from xtnb.rules.tables import load
from xtnb.vocabulary.money import YUAN


class Board(Enum):
    """What an instrument's trading rules depend on. 板块"""

    SSE_MAIN = "SSE_MAIN"
    STAR = "STAR"
    SZSE_MAIN = "SZSE_MAIN"
    CHINEXT = "CHINEXT"
    BSE = "BSE"
    ETF = "ETF"

    @property
    def zh(self) -> str:
        """The board's Chinese name."""
        return _BOARD_NAMES[self][0]

    @property
    def en(self) -> str:
        """The board's English name."""
        return _BOARD_NAMES[self][1]


_BOARD_NAMES = {
    Board.SSE_MAIN: ("上证主板", "the Shanghai main board"),
    Board.STAR: ("科创板", "STAR"),
    Board.SZSE_MAIN: ("深证主板", "the Shenzhen main board"),
    Board.CHINEXT: ("创业板", "ChiNext"),
    Board.BSE: ("北交所", "the Beijing exchange"),
    Board.ETF: ("ETF", "ETFs"),
}


@dataclass(frozen=True, slots=True)
class Instrument:
    """One stock or fund.

    Attributes:
        stock_code: six digits and a suffix, such as "600000.SH".
        name: Chinese short name.
        pinyin: initials of the name, such as "PFYH".
        market: "SH", "SZ" or "BJ".
        board: what its trading rules depend on.
        kind: "stock" or "etf".
        reference: demo previous close, 1e-4 yuan; ours, not a quote.
        float_volume, total_volume: shares or fund units; ours.
        t0: what is bought may be sold on the same day.
        wide_limit: a fund with a daily limit of 20 %.
        st: a stock under special treatment.
        english: a short English name, or "".
    """

    stock_code: str
    name: str
    pinyin: str
    market: str
    board: Board
    kind: str
    reference: int
    float_volume: int
    total_volume: int
    t0: bool = False
    wide_limit: bool = False
    st: bool = False
    english: str = ""


def _instrument(row: dict[str, Any]) -> Instrument:
    board = Board(row["board"])
    return Instrument(
        stock_code=row["stock_code"],
        name=row["name"],
        pinyin=row["pinyin"],
        market=row["stock_code"][-2:],
        board=board,
        kind="etf" if board is Board.ETF else "stock",
        reference=int(Decimal(row["reference"]) * YUAN),
        float_volume=row["float_volume"],
        total_volume=row["total_volume"],
        t0=row.get("t0", False),
        wide_limit=row.get("wide_limit", False),
        st=row.get("st", False),
        english=row.get("english", ""),
    )


@cache
def _table() -> dict[str, Instrument]:
    rows = load("instruments")["instruments"]
    return {row["stock_code"]: _instrument(row) for row in rows}


def all_instruments() -> dict[str, Instrument]:
    """Every instrument by its code, in the order of the data file. The dict is yours."""
    return dict(_table())


def find(stock_code: str) -> Instrument:
    """The instrument of a code.

    Raises:
        Refused: UNKNOWN_CODE, with codes that come near.
    """
    instrument = _table().get(stock_code)
    if instrument is None:
        raise _unknown(stock_code)
    return instrument


def _unknown(stock_code: str) -> Refused:
    digits = str(stock_code)[:6]
    near = [code for code in _table() if code.startswith(digits)] if len(digits) == 6 else []
    zh = f"；是否指 {near[0]}？" if near else ""
    en = f"; did you mean {near[0]}?" if near else ""
    return Refused(
        RefusalCode.UNKNOWN_CODE,
        f"没有代码 {stock_code}{zh}",
        f"there is no instrument {stock_code}{en}",
    )


def search(text: str, limit: int = 20) -> list[Instrument]:
    """Instruments by the start of the code, by Chinese name, or by pinyin initials.

    Best first: code or initials or name that begin with the text, then a name or
    initials or an English name that contain it. Case does not matter. An empty
    text finds the first `limit` of all.
    """
    wanted = text.strip().upper()
    table = _table().values()
    if not wanted:
        return list(table)[: max(limit, 0)]

    def rank(instrument: Instrument) -> int | None:
        keys = (instrument.stock_code, instrument.name.upper(), instrument.pinyin)
        if any(key.startswith(wanted) for key in keys):
            return 0
        others = (*keys, instrument.english.upper())
        return 1 if any(wanted in key for key in others) else None

    ranked = [(rank(instrument), instrument) for instrument in table]
    best = [instrument for place, instrument in ranked if place == 0]
    rest = [instrument for place, instrument in ranked if place == 1]
    return (best + rest)[: max(limit, 0)]


_SECTORS: dict[str, Callable[[Instrument], bool]] = {
    "沪深京A股": lambda i: i.kind == "stock",
    "沪深A股": lambda i: i.kind == "stock" and i.market != "BJ",
    "上证A股": lambda i: i.kind == "stock" and i.market == "SH",
    "深证A股": lambda i: i.kind == "stock" and i.market == "SZ",
    "京市A股": lambda i: i.board is Board.BSE,
    "科创板": lambda i: i.board is Board.STAR,
    "创业板": lambda i: i.board is Board.CHINEXT,
    "沪深ETF": lambda i: i.kind == "etf",
    "沪市ETF": lambda i: i.kind == "etf" and i.market == "SH",
    "深市ETF": lambda i: i.kind == "etf" and i.market == "SZ",
}


def sectors() -> dict[str, list[str]]:
    """Codes by sector, under the names that xtdata's users know, such as "沪深A股"."""
    table = _table()
    return {
        name: [code for code, instrument in table.items() if belongs(instrument)]
        for name, belongs in _SECTORS.items()
    }
