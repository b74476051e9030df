"""What a form says of price types: their names, and in a few words what each does."""

from __future__ import annotations

from typing import Any

from xtnb import xtconstant as c
from xtnb.rules.listed import DayTerms
from xtnb.vocabulary.codes import PriceType

Words = tuple[str, str]

PROTECTED = frozenset({c.MARKET_SH_CONVERT_5_CANCEL, c.MARKET_SH_CONVERT_5_LIMIT})
"""Market orders that may bear the worst price at which they trade."""

_TYPES_FIRST = (c.FIX_PRICE, c.LATEST_PRICE)
_MAX, _MIN = ("保护价", "Max price"), ("保护价", "Min price")
_FIVE = ("与对手方五档即时成交", "trades at once with the five best opposite prices")
_ONE = ("与对手方一档即时成交", "trades at once with the best opposite price")
_ALL = ("与对手方各档即时成交", "trades at once with whatever is opposite")
_GONE = ("，余下撤销", "; the rest is cancelled")
_STAYS = ("，余下转为限价单", "; the rest stays as a limit order")
_WHOLE = ("全部即时成交，否则全部撤销", "trades all of it at once, or none of it")


def _both(first: Words, second: Words) -> Words:
    return first[0] + second[0], first[1] + second[1]


_DOES: dict[int, Words] = {
    c.LATEST_PRICE: ("以最新价报限价单", "a limit order at the last price"),
    c.MARKET_BEST: _both(_ALL, _GONE),
    c.MARKET_CANCEL: _both(_ALL, _GONE),
    c.MARKET_CANCEL_ALL: _WHOLE,
    c.MARKET_CANCEL_1: _both(_ONE, _GONE),
    c.MARKET_CANCEL_5: _both(_FIVE, _GONE),
    c.MARKET_CONVERT_1: _both(_ONE, _STAYS),
    c.MARKET_CONVERT_5: _both(_FIVE, _STAYS),
    c.MARKET_SH_CONVERT_5_CANCEL: _both(_FIVE, _GONE),
    c.MARKET_SH_CONVERT_5_LIMIT: _both(_FIVE, _STAYS),
    c.MARKET_PEER_PRICE_FIRST: (
        "以对手方最优价报限价单",
        "a limit order at the best opposite price",
    ),
    c.MARKET_MINE_PRICE_FIRST: (
        "以本方最优价报限价单",
        "a limit order at the best price of its own side",
    ),
    c.MARKET_SZ_INSTBUSI_RESTCANCEL: _both(_ALL, _GONE),
    c.MARKET_SZ_CONVERT_5_CANCEL: _both(_FIVE, _GONE),
    c.MARKET_SZ_FULL_OR_CANCEL: _WHOLE,
}


def price_types(terms: DayTerms) -> list[int]:
    """The price types that may be chosen, a limit first."""
    first = [kind for kind in _TYPES_FIRST if kind in terms.price_types]
    return [*first, *sorted(terms.price_types - set(first))]


def shown(kind: int) -> dict[str, Any]:
    """A price type as a view shows it: its name, what it does, whether it needs a price."""
    does_zh, does_en = _DOES.get(kind, ("", ""))
    name_zh, name_en = PriceType(kind).zh, PriceType(kind).en
    return {
        "number": kind,
        "zh": name_zh,
        "en": name_en.partition(" (")[0],  # which exchange, its code says
        "does_zh": does_zh,
        "does_en": does_en,
        "priced": kind == c.FIX_PRICE,
        "optional": kind in PROTECTED,
    }


def price_word(kind: int, buy: bool) -> Words | None:
    """What the price of a market order is called that may bear one; None for any other.

    A buy trades at no higher price than that, a sale at no lower one.
    """
    if kind not in PROTECTED:
        return None
    return _MAX if buy else _MIN
