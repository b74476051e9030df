"""Exact money: whole ten-thousandths of a yuan, from end to end.

A price of 10.50 yuan is 105_000, a fen is 100. Floats exist only at the rim,
where the manual's records want them: `units` brings a float in, `yuan` lets
one out. Everything between is integer arithmetic and loses nothing.
"""

from __future__ import annotations

import math
from numbers import Real

from xtnb.errors import InputError

YUAN = 10_000
FEN = 100


def units(value: float, argument: str = "price") -> int:
    """Turn yuan into whole 1e-4 yuan, to the nearest one.

    Raises:
        InputError: text, a bool, NaN, infinity, or more than 1e11 yuan.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise InputError(argument, value, "a number of yuan")
    number = float(value)
    if not math.isfinite(number) or abs(number) > 1e11:
        raise InputError(argument, value, "a finite number of yuan")
    return round(number * YUAN)


def yuan(amount: int) -> float:
    """Turn 1e-4 yuan into yuan, for a record."""
    return amount / YUAN


def half_up(numerator: int, denominator: int) -> int:
    """Divide non-negative integers and round halves up, as exchanges and brokers do."""
    return (2 * numerator + denominator) // (2 * denominator)


def to_fen(amount_times: int, denominator: int) -> int:
    """Divide an amount and round half up to a whole fen, still in 1e-4 yuan."""
    return half_up(amount_times, denominator * FEN) * FEN


def text(amount: int) -> str:
    """An amount for people: grouped, two decimals. `105_000` is '10.50'."""
    return f"{amount / YUAN:,.2f}"
