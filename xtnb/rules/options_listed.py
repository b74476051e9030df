"""Which options are listed in the demo, and what they cost to begin with.

Contracts are made from data/options.json: for each underlying two expiries, about
five strikes, calls and puts. Codes and reference premiums are ours. A reference is
the value that a normal distribution of the underlying's price on the expiry day
gives, without interest: s (d N(d) + n(d)), where s is the price times its yearly
volatility times the square root of the years left, and d is how far in the money
the contract is, in s. It stands for nobody's quote.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from xtnb.rules.instruments import find
from xtnb.rules.tables import load
from xtnb.vocabulary.money import YUAN


@dataclass(frozen=True, slots=True)
class OptionPace:
    """How the demo's order flow treats an option. Ours."""

    spread: float = 0.03
    volume: int = 12


_PACE = OptionPace()


@dataclass(frozen=True, slots=True)
class OptionContract:
    """One series of an option.

    Attributes:
        stock_code: such as "10007777.SHO" or "m2701-C-3000.DF".
        name, pinyin: Chinese name and its initials.
        market: the suffix of the code.
        kind: "stock_option" or "future_option".
        underlying: the code of the fund or the future.
        call: a call; otherwise a put.
        strike: 1e-4 yuan.
        expiry: the last trading day.
        unit: how many of the underlying (or of its price) one contract is.
        reference: first premium of the demo, 1e-4 yuan; ours.
        float_volume, total_volume: contracts; ours.
        t0: always; pace: of the demo's order flow.
    """

    stock_code: str
    name: str
    pinyin: str
    market: str
    kind: str
    underlying: str
    call: bool
    strike: int
    expiry: date
    unit: int
    tick: int
    reference: int
    float_volume: int = 100_000
    total_volume: int = 100_000
    t0: bool = True
    pace: OptionPace = _PACE


@dataclass(frozen=True, slots=True)
class StockOption(OptionContract):
    """An option on a fund, at Shanghai (SHO) or Shenzhen (SZO)."""


def money(value: str) -> int:
    """Yuan as text, in 1e-4 yuan."""
    return int(Decimal(value) * YUAN)


def fourth_wednesday(year: int, month: int) -> date:
    """When fund options of a month expire. Source: terms of the contracts, as quoted."""
    first = date(year, month, 1)
    return first + timedelta(days=(2 - first.weekday()) % 7 + 21)


def fair_premium(
    spot: int, strike: int, call: bool, days: int, volatility: float, tick: int, least: int
) -> int:
    """The demo's reference premium, 1e-4 yuan, on the tick and at least `least`. Ours."""
    wide = spot * volatility * math.sqrt(max(days, 1) / 365)
    inside = spot - strike if call else strike - spot
    d = inside / wide
    cumulative = 0.5 * (1.0 + math.erf(d / math.sqrt(2.0)))
    density = math.exp(-0.5 * d * d) / math.sqrt(2.0 * math.pi)
    return max(least, round(wide * (d * cumulative + density) / tick) * tick)


def strikes_near(spot: int, count: int) -> list[int]:
    """Strikes around a price, as far apart as the terms say (unverified), 1e-4 yuan."""
    rows = load("options")["strike_steps"]["rows"]
    step = next(money(row["step"]) for row in rows if spot <= money(row["up_to"]))
    middle = (2 * spot + step) // (2 * step)
    return [(middle + k - count // 2) * step for k in range(count)]


@cache
def _stock_options() -> dict[str, StockOption]:
    table: dict[str, Any] = load("options")
    terms = table["stock_options"]
    found: dict[str, StockOption] = {}
    for row in terms["underlyings"]:
        for month in table["months"]["value"]:
            for option in _chain(row, month, table):
                found[option.stock_code] = option
    return found


def _chain(row: dict[str, Any], month: str, table: dict[str, Any]) -> list[StockOption]:
    terms = table["stock_options"]
    year, number = int(month[:4]), int(month[5:])
    expiry = fourth_wednesday(year, number)
    start = date.fromisoformat(table["demo_day"]["value"])
    spot = find(row["stock_code"]).reference
    series = ((year - 2026) * 12 + number - 1) * 100 + row["number"] * 10
    prefix = "10" if row["market"] == "SHO" else "90"
    tick = money(terms["tick"]["value"])
    options = []
    for call in (True, False):
        for place, strike in enumerate(strikes_near(spot, table["strikes"]["value"])):
            code = f"{prefix}{series + place + (0 if call else 5):06d}.{row['market']}"
            shown = f"{number}月{strike // 10}"
            premium = fair_premium(
                spot,
                strike,
                call,
                (expiry - start).days,
                float(row["volatility"]),
                tick,
                money(terms["least_premium"]["value"]),
            )
            options.append(
                StockOption(
                    stock_code=code,
                    name=f"{row['name']}{'购' if call else '沽'}{shown}",
                    pinyin=f"{row['pinyin']}G{number}Y{strike // 10}",
                    market=row["market"],
                    kind="stock_option",
                    underlying=row["stock_code"],
                    call=call,
                    strike=strike,
                    expiry=expiry,
                    unit=terms["unit"]["value"],
                    tick=tick,
                    reference=premium,
                )
            )
    return options


def all_stock_options(day: date) -> dict[str, StockOption]:
    """Every fund option listed on a day by its code. The dict is yours."""
    return dict(_stock_options())


def option_underlyings() -> frozenset[str]:
    """The funds that options are listed on; their shares may be locked."""
    return frozenset(row["stock_code"] for row in load("options")["stock_options"]["underlyings"])
