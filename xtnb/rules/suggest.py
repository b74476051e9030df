"""What a mistyped code probably means: "600000", "sh600000" and "600000.sh" are 600000.SH.

Only what is listed is suggested, and only where one code fits: "00700" names two, one
on each Connect route. Nothing is corrected by itself, since a wrong guess would be an
order in another security; ours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from xtnb.rules.listed import everything

_MARKETS = {"XSHG": "SH", "SS": "SH", "SSE": "SH", "XSHE": "SZ", "SZSE": "SZ", "XBSE": "BJ"}
_FIRST = re.compile(r"(SH|SZ|BJ|SHO|SZO|HK)[.:]?([0-9]+)", re.IGNORECASE)


@cache
def _by_head() -> Mapping[str, tuple[str, ...]]:
    """Codes by what stands before their dot, in capitals."""
    found: dict[str, list[str]] = {}
    for code in everything():
        found.setdefault(code.rpartition(".")[0].upper(), []).append(code)
    return {head: tuple(codes) for head, codes in found.items()}


def meant(text: object) -> str:
    """The one listed code that a text may stand for; "" when there is none, or more than one."""
    if not isinstance(text, str):
        return ""
    text = text.strip()
    first = _FIRST.fullmatch(text)
    if first:
        market, head = first[1], first[2]
    elif "." in text:
        head, _, market = text.rpartition(".")
    else:
        head, market = text, ""
    market = _MARKETS.get(market.upper(), market.upper())
    codes = _by_head().get(head.upper(), ())
    fits = [code for code in codes if market in ("", code.rpartition(".")[2])]
    return fits[0] if len(fits) == 1 else ""
