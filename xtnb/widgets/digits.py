"""How many digits a price has, by the instrument's code: 10.50, 4.690, 0.1143, 3,158.

A table shows prices of many instruments in one column. Each keeps the digits of its own
step, and what lies between the steps, as an average does, up to three.
"""

from __future__ import annotations

from typing import Any

from xtnb.rules.futures import Future
from xtnb.rules.listed import lookup
from xtnb.rules.options_futures import FutureOption
from xtnb.vocabulary.fields import Field
from xtnb.vocabulary.money import YUAN
from xtnb.vocabulary.symbols import FUTURES_MARKETS
from xtnb.widgets.columns import DIGITS, Column

_THREE = {"SH": ("5", "11", "20"), "SZ": ("15", "16", "18", "12", "13")}


def digits_of(code: str) -> int:
    """Digits of a price of this instrument. Source: exchange rules, price steps by kind."""
    digits, _, market = code.rpartition(".")
    if market in ("SHO", "SZO"):
        return 4
    if market in FUTURES_MARKETS:
        listed: Any = lookup(code)
        if isinstance(listed, Future):
            return _needed(listed.product.tick)
        return _needed(listed.tick) if isinstance(listed, FutureOption) else 0
    return 3 if digits.startswith(_THREE.get(market, ("none",))) else 2


def _needed(tick: int) -> int:
    """Digits of a step in 1e-4 yuan."""
    return next(digits for digits in range(5) if tick * 10**digits % YUAN == 0)


DIGITS_COLUMN = Column(
    DIGITS,
    value=lambda record: digits_of(record.stock_code),
    field=Field(DIGITS, "", "", "int"),
    hidden=True,
)
"""A hidden column that tells a view the digits of each row's prices."""
