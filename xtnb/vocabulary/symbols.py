"""Instrument codes: the text `600000.SH` and its two halves."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from xtnb.errors import InputError

_STOCK_CODE = re.compile(r"([0-9]{6})\.(SH|SZ|BJ)")
FORM = "six digits and .SH, .SZ or .BJ, such as '600000.SH'"


@dataclass(frozen=True, slots=True)
class Symbol:
    """A parsed code: its digits, and the market they are listed on."""

    digits: str
    market: str

    def __str__(self) -> str:
        return f"{self.digits}.{self.market}"


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Symbol | None:
    match = _STOCK_CODE.fullmatch(text)
    return Symbol(match[1], match[2]) if match else None


def parse_symbol(text: str, argument: str = "stock_code") -> Symbol:
    """Read a code of a stock or a fund.

    Raises:
        InputError: not six digits and .SH, .SZ or .BJ.
    """
    symbol = _parsed(text) if isinstance(text, str) else None
    if symbol is None:
        raise InputError(argument, text, FORM)
    return symbol
