"""Which options are listed in the demo, and what they cost to begin with.

Contracts are made from data/options.json: for each underlying the months that are
listed on a day, about five strikes, calls and puts. Codes, strikes and reference
premiums are ours. A reference is the value that a normal distribution of the
underlying's price on the expiry day gives, without interest: s (d N(d) + n(d)), where
s is the price times its yearly volatility times the square root of the years left, and
d is how far in the money the contract is, in s. It stands for nobody's quote.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, Self

from xtnb.rules.instruments import find
from xtnb.rules.months import DEMO_DAY, cycle_of, last_day, listed_months
from xtnb.rules.tables import load
from xtnb.vocabulary.money import YUAN


@dataclass(frozen=True, slots=True)
class OptionPace:
    """How the demo's order flow treats an option. Ours."""

    spread: float = 0.03
    volume: int = 12


_PACE = OptionPace()
_PREFIX = {"SHO": "10", "SZO": "90"}
_MONTHS = 10_000  # that a code can tell apart


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
        reference: premium of the demo on the day `priced_on`, 1e-4 yuan; ours. Both
            depend on the day that was asked for; contracts are equal without them.
        volatility, least: what the reference is made with.
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
    reference: int = field(compare=False)
    volatility: float = field(default=0.2, compare=False)
    least: int = 1
    priced_on: date = field(default=DEMO_DAY, compare=False)
    float_volume: int = 100_000
    total_volume: int = 100_000
    t0: bool = True
    pace: OptionPace = _PACE

    def premium(self, spot: int) -> int:
        """The demo's premium on the day `priced_on` at a price of the underlying, 1e-4 yuan."""
        return self._premium(spot, self.priced_on)

    def _premium(self, spot: int, day: date) -> int:
        days = (self.expiry - day).days
        return fair_premium(
            spot, self.strike, self.call, days, self.volatility, self.tick, self.least
        )

    def as_of(self, day: date, spot: int) -> Self:
        """The same contract with the reference premium of a day."""
        if self.reference and day == self.priced_on:
            return self
        return replace(self, priced_on=day, reference=self._premium(spot, day))


@dataclass(frozen=True, slots=True)
class StockOption(OptionContract):
    """An option on a fund, at Shanghai (SHO) or Shenzhen (SZO)."""


def money(value: str) -> int:
    """Yuan as text, in 1e-4 yuan."""
    return int(Decimal(value) * YUAN)


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


def _terms() -> dict[str, Any]:
    terms: dict[str, Any] = load("options")["stock_options"]
    return terms


def option_months(day: date) -> list[str]:
    """The months of fund options that are listed on a day, "2612" and so on, nearest first."""
    row = load("options")["months"]
    return listed_months(cycle_of(row), day, row["rule"])


@cache
def _chain(underlying: str, month: str) -> tuple[StockOption, ...]:
    """The contracts of a fund and a month, calls first, with the references of the demo's day.

    The number in a code is that of the month (from 2026-01), the fund, and the place of
    the strike, so that it says what the contract is and stays the same.
    """
    terms = _terms()
    row = next(row for row in terms["underlyings"] if row["stock_code"] == underlying)
    year, number = 2000 + int(month[:2]), int(month[2:])
    count = ((year - 2026) * 12 + number - 1) % _MONTHS
    series = count * 100 + row["number"] * 10
    prefix = _PREFIX[row["market"]]
    options = []
    for call in (True, False):
        for place, strike in enumerate(strikes_of(underlying)):
            shown = f"{number}月{strike // 10}"
            option = StockOption(
                stock_code=f"{prefix}{series + place + (0 if call else 5):06d}.{row['market']}",
                name=f"{row['name']}{'购' if call else '沽'}{shown}",
                pinyin=f"{row['pinyin']}G{number}Y{strike // 10}",
                market=row["market"],
                kind="stock_option",
                underlying=underlying,
                call=call,
                strike=strike,
                expiry=last_day(month, load("options")["months"]["rule"]),
                unit=terms["unit"]["value"],
                tick=money(terms["tick"]["value"]),
                reference=0,
                volatility=float(row["volatility"]),
                least=money(terms["least_premium"]["value"]),
            )
            options.append(option.as_of(DEMO_DAY, find(underlying).reference))
    return tuple(options)


def strikes_of(underlying: str) -> list[int]:
    """The strikes of a fund's options, 1e-4 yuan: about the demo's reference of the fund."""
    return strikes_near(find(underlying).reference, load("options")["strikes"]["value"])


@lru_cache(maxsize=16)
def _listed(day: date) -> dict[str, StockOption]:
    found = {}
    for row in _terms()["underlyings"]:
        underlying = row["stock_code"]
        spot = find(underlying).reference
        for month in option_months(day):
            for option in _chain(underlying, month):
                found[option.stock_code] = option.as_of(day, spot)
    return found


def all_stock_options(day: date) -> dict[str, StockOption]:
    """Every fund option listed on a day by its code. The dict is yours."""
    return dict(_listed(day))


def stock_option_named(stock_code: str) -> StockOption | None:
    """The fund option that a code means, listed or not; None if there never is one."""
    number, _, market = stock_code.partition(".")
    if market not in _PREFIX or len(number) != 8 or not number.isascii() or not number.isdecimal():
        return None
    series = int(number[2:])
    count = series // 100
    year, month = divmod(count if count < _MONTHS // 2 else count - _MONTHS, 12)
    if not 0 <= 26 + year <= 99:
        return None
    for row in _terms()["underlyings"]:
        if row["number"] == series // 10 % 10:
            for option in _chain(row["stock_code"], f"{26 + year:02d}{month + 1:02d}"):
                if option.stock_code == stock_code:
                    return option
    return None


def option_underlyings() -> frozenset[str]:
    """The funds that options are listed on; their shares may be locked."""
    return frozenset(row["stock_code"] for row in load("options")["stock_options"]["underlyings"])
