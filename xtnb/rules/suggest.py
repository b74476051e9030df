"""What a mistyped code probably means: "600000", "sh600000" and "600000.sh" are 600000.SH.

Only what is listed is suggested. `meant` answers where one code fits alone, `near` also
where several do: "00700" names two, one on each Connect route. Nothing is corrected by
itself, since a wrong guess would be an order in another security; ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache

from xtnb.errors import RefusalCode, Refused
from xtnb.rules.futures import Future
from xtnb.rules.listed import everything, lookup
from xtnb.rules.months import DEMO_DAY
from xtnb.rules.options_listed import OptionContract
from xtnb.rules.options_words import expired

_MARKETS = {"XSHG": "SH", "SS": "SH", "SSE": "SH", "XSHE": "SZ", "SZSE": "SZ", "XBSE": "BJ"}
_FIRST = re.compile(r"(SH|SZ|BJ|SHO|SZO|HK)[.:]?([0-9]+)", re.IGNORECASE)
_DIGITS = "0123456789"
_LONGEST = 32  # of a text that is compared letter by letter


@lru_cache(maxsize=4)
def _by_head(day: date) -> Mapping[str, tuple[str, ...]]:
    """Codes by what stands before their dot, in capitals."""
    found: dict[str, list[str]] = {}
    for code in everything(day):
        found.setdefault(code.rpartition(".")[0].upper(), []).append(code)
    return {head: tuple(codes) for head, codes in found.items()}


@lru_cache(maxsize=4)
def _by_name(day: date) -> Mapping[str, tuple[str, ...]]:
    """Codes by name and by pinyin initials, in capitals."""
    found: dict[str, list[str]] = {}
    for code, listed in everything(day).items():
        for name in {listed.name.upper(), listed.pinyin.upper()} - {""}:
            found.setdefault(name, []).append(code)
    return {name: tuple(codes) for name, codes in found.items()}


def _parts(text: str) -> tuple[str, str]:
    """What may be the code and the market of a text, in capitals."""
    text = text.strip()
    first = _FIRST.fullmatch(text)
    if first:
        market, head = first[1], first[2]
    else:
        head, _, market = text.rpartition(".") if "." in text else (text, "", "")
    return head.upper(), _MARKETS.get(market.upper(), market.upper())


def meant(text: object, day: date = DEMO_DAY) -> str:
    """The one listed code that a text may stand for; "" when there is none, or more than one."""
    if not isinstance(text, str):
        return ""
    head, market = _parts(text)
    codes = _by_head(day).get(head, ())
    fits = [code for code in codes if market in ("", code.rpartition(".")[2])]
    return fits[0] if len(fits) == 1 else ""


@lru_cache(maxsize=1024)
def near(text: str, day: date = DEMO_DAY, most: int = 3) -> tuple[str, ...]:
    """Listed codes that a text comes near to, the nearest first; () for none or too many.

    The code itself in another spelling comes first, then the same digits in another
    market, a name or its pinyin initials, and one digit or letter that is wrong,
    missing, twice there or exchanged with the next.
    """
    if exact := meant(text, day):
        return (exact,)
    head, market = _parts(text)
    if not head or len(head) > _LONGEST:
        return ()
    for found in (_by_head(day).get(head, ()), _named(head, day)):
        if found:
            return found[:most] if len(found) <= most else ()
    fits = [
        code
        for other in _one_off(head)
        for code in _by_head(day).get(other, ())
        if market in ("", code.rpartition(".")[2])
    ]
    return tuple(dict.fromkeys(fits))[:most]


def _named(name: str, day: date) -> tuple[str, ...]:
    """Codes of that name or of those initials, else of names that have it in them."""
    if name.isdigit() or len(name) < 2:
        return ()
    names = _by_name(day)
    if name in names:
        return names[name]
    inside = [codes for known, codes in names.items() if name in known]
    return tuple(dict.fromkeys(code for codes in inside for code in codes))


def _one_off(head: str) -> Iterator[str]:
    """Texts that differ from this one in one place; of other digits the nearest first."""
    places = range(len(head))
    for at in places[1:]:
        yield head[: at - 1] + head[at] + head[at - 1] + head[at + 1 :]
    for at in range(len(head) + 1):
        for digit in _DIGITS:
            yield head[:at] + digit + head[at:]
    for at in places:
        yield head[:at] + head[at + 1 :]
    others = [
        (abs(int(digit) - int(head[at])) if head[at].isdecimal() else 10, -at, digit)
        for at in places
        for digit in _DIGITS
    ]
    for _, back, digit in sorted(others):  # the last place first
        yield head[:-back] + digit + head[1 - back :]


def question(text: object, day: date = DEMO_DAY) -> str:
    """What a text may have meant, for an InputError; "" for nothing that is near."""
    return ", ".join(near(text, day)) if isinstance(text, str) else ""


def unknown_code(code: str, day: date = DEMO_DAY) -> Refused:
    """The refusal of a code that is not traded here, with codes that come near."""
    codes = question(code, day)
    zh = f"；是否指 {codes}？" if codes else ""
    en = f"; did you mean {codes}?" if codes else ""
    return Refused(
        RefusalCode.UNKNOWN_CODE,
        f"没有证券代码 {code}{zh}",
        f"the market has no instrument {code}{en}",
    )


def missing(stock_code: str, day: date) -> Refused:
    """The refusal of a code that a market does not have on a day: it has expired, or is none."""
    found = lookup(stock_code, day)
    if isinstance(found, Future | OptionContract) and found.expiry < day:
        return expired(stock_code, found.expiry)
    return unknown_code(stock_code, day)
