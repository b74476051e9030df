"""Instrument codes: the text `600000.SH` and its two halves.

What stands before the dot depends on the market after it:

    SH SZ BJ        six digits                              600000.SH, 113052.SH
    SF INE DF GF    product and month, as the exchange      rb2701.SF, sc2702.INE,
                    writes them (lower case, yymm)          m2701.DF, si2701.GF
    ZF              upper case, one digit of the year       SR701.ZF
    IF              upper case, yymm                        IF2612.IF
    … options       with C or P and the strike              cu2701C80000.SF,
                                                            m2701-C-3000.DF,
                                                            SR701C5500.ZF,
                                                            IO2612-C-4000.IF
    … combinations  a kind and two contracts                SP m2701&m2705.DF,
                                                            SPD SR701&SR705.ZF
    SHO SZO         eight digits                            10007777.SHO
    HGT SGT HK      five digits                             00700.HGT

Source: manual and vendor's package for the suffixes; the exchanges' own way to
write contracts. That a combination is one code with the suffix of its market,
and that SP, SPC, SPD and IPS are all read at every futures market, is ours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from xtnb.errors import InputError

_SPREAD = r"(?:SPD|SPC|SP|IPS) {0}&{0}"
_LOWER = r"[a-z]{1,2}[0-9]{4}"
_CZCE = r"[A-Z]{1,2}[0-9]{3}"
_CFFEX = r"[A-Z]{1,2}[0-9]{4}"
_STRIKE = r"[0-9]+(?:\.[0-9]+)?"


def _contracts(month: str) -> str:
    return f"{month}(?:-[CP]-{_STRIKE}|[CP]{_STRIKE})?|{_SPREAD.format(month)}"


# Market: what stands before the dot, and the same in words.
_FORMS: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("SH", "SZ", "BJ"), (r"[0-9]{6}", "six digits and .{0}")),
    **dict.fromkeys(
        ("SF", "INE", "DF", "GF"),
        (_contracts(_LOWER), "a contract in lower case with four digits and .{0}"),
    ),
    "ZF": (_contracts(_CZCE), "a contract in upper case with three digits and .{0}"),
    "IF": (_contracts(_CFFEX), "a contract in upper case with four digits and .{0}"),
    **dict.fromkeys(("SHO", "SZO"), (r"[0-9]{8}", "eight digits and .{0}")),
    **dict.fromkeys(("HGT", "SGT", "HK"), (r"[0-9]{5}", "five digits and .{0}")),
}
_PATTERNS = {market: re.compile(form) for market, (form, _) in _FORMS.items()}

HONG_KONG = ("HGT", "SGT", "HK")
"""The two Connect routes, and Hong Kong whichever the route."""
FUTURES_MARKETS = ("SF", "INE", "DF", "GF", "ZF", "IF")
FORM = "a code and its market, such as '600000.SH', 'rb2701.SF' or '00700.HGT'"


@dataclass(frozen=True, slots=True)
class Symbol:
    """A parsed code: what stands before the dot, and the market after it."""

    digits: str
    market: str

    def __str__(self) -> str:
        return f"{self.digits}.{self.market}"


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Symbol | None:
    code, _, market = text.rpartition(".")
    pattern = _PATTERNS.get(market)
    return Symbol(code, market) if pattern and pattern.fullmatch(code) else None


def parse_symbol(text: str, argument: str = "stock_code") -> Symbol:
    """Read a code of any market.

    Raises:
        InputError: no known market after the dot, or not its form before it.
    """
    symbol = _parsed(text) if isinstance(text, str) else None
    if symbol is None:
        raise InputError(argument, text, _expected(text))
    return symbol


def legs_of(code: str) -> tuple[str, str] | None:
    """The two contracts of a combination, with their market; None for a single contract.

    "SP m2701&m2705.DF" gives ("m2701.DF", "m2705.DF"): buying the combination buys
    the first and sells the second.
    """
    text, _, market = code.rpartition(".")
    kind, _, both = text.partition(" ")
    first, joined, second = both.partition("&")
    if not (kind and joined):
        return None
    return f"{first}.{market}", f"{second}.{market}"


def _expected(text: object) -> str:
    market = text.rpartition(".")[2] if isinstance(text, str) else ""
    form = _FORMS.get(market)
    return form[1].format(market) if form else FORM
