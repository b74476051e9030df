"""Hong Kong's tick table and what a trade there costs, exact to the cent.

The dated figures lie in data/connect.json. Prices and amounts are whole 1e-4 Hong
Kong dollars. Fees are a function of the turnover of one order so far, as in
fees.py: they never fall, a fill is charged what they rise by, and a sale is never
charged more than it brings (ours).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from math import lcm
from typing import Any

from xtnb.errors import InputError
from xtnb.rules.tables import in_force, load
from xtnb.vocabulary.money import FEN, YUAN, half_up

_DOLLAR = YUAN  # money is kept the same way
_FEES = load("connect")["fees"]
_TENTHS = 10_000_000  # rates are kept as tenths of a millionth


def _units(text: str) -> int:
    return int(Decimal(text) * _DOLLAR)


def _required(rows: list[dict[str, Any]], day: date, what: str) -> dict[str, Any]:
    row = in_force(rows, day)
    if row is None:
        raise InputError("day", day, f"a day for which data/connect.json has a row of {what}")
    return row


class TickTable:
    """Spreads by price on one day. 价位表

    A price on the edge of two bands belongs to both.
    """

    __slots__ = ("_bounds", "_ticks")

    def __init__(self, day: date) -> None:
        rows = _required(load("connect")["ticks"], day, "ticks")["rows"]
        self._bounds = [_units(bound) for bound, _ in rows]
        self._ticks = [_units(tick) for _, tick in rows]

    @property
    def highest(self) -> int:
        """The highest price that there is."""
        return self._bounds[-1]

    def above(self, price: int) -> int:
        """The spread from a price upwards."""
        return self._ticks[min(bisect_right(self._bounds, price), len(self._ticks) - 1)]

    def below(self, price: int) -> int:
        """The spread from a price downwards."""
        return self._ticks[min(bisect_left(self._bounds, price), len(self._ticks) - 1)]

    def fits(self, price: int) -> bool:
        """Whether a price is on the table."""
        return 0 < price <= self.highest and price % self.below(price) == 0

    def neighbours(self, price: int) -> tuple[int, int]:
        """The valid prices next to one that is not: below and above."""
        tick = self.below(price)
        low = price - price % tick
        return low, low + tick

    def move(self, price: int, spreads: int) -> int:
        """The price so many spreads up, or down if negative; never below one spread.

        A price between the spreads counts as the next valid one in that direction.
        """
        up = spreads > 0
        for _ in range(abs(spreads)):
            tick = self.above(price) if up else self.below(price)
            moved = price - price % tick + tick if up else price - (price % tick or tick)
            if not 0 < moved <= self.highest:
                break
            price = moved
        return price

    def grid(self, price: int, percent: int = 6) -> int:
        """A step whose multiples are valid all around a price, this many per cent either way.

        One tick in the middle of a band; near its edge the least common multiple.
        """
        low = price * (100 - percent) // 100
        high = min(price * (100 + percent) // 100, self.highest)
        return lcm(self.above(low), self.below(high), self.below(price), self.above(price))


@lru_cache(maxsize=64)
def tick_table(day: date) -> TickTable:
    """The tick table of a day. Source: data/connect.json."""
    return TickTable(day)


@dataclass(frozen=True, slots=True)
class HkFeeSchedule:
    """What the broker asks for a trade in Hong Kong. Ours.

    Attributes:
        commission_ppm: millionths of the turnover.
        minimum: least commission per order, 1e-4 HKD.

    Raises:
        InputError: a negative figure, or a minimum that is not whole cents.
    """

    commission_ppm: int = _FEES["commission"]["ppm"]
    minimum: int = _units(_FEES["commission"]["minimum"])

    def __post_init__(self) -> None:
        if not 0 <= self.commission_ppm <= 100_000:
            raise InputError("commission_ppm", self.commission_ppm, "0 to 100000 millionths")
        if self.minimum < 0 or self.minimum % FEN:
            raise InputError("minimum", self.minimum, "whole cents, 0 or more, in 1e-4 HKD")


@dataclass(frozen=True, slots=True)
class HkFees:
    """Fees of an order so far, 1e-4 HKD each, whole cents."""

    commission: int
    stamp_duty: int
    trading_fee: int
    sfc_levy: int
    afrc_levy: int
    settlement: int

    @property
    def total(self) -> int:
        """The sum, 1e-4 HKD."""
        duties = self.stamp_duty + self.trading_fee + self.sfc_levy + self.afrc_levy
        return self.commission + duties + self.settlement


class HkFeeRules:
    """Fees of a day under one schedule.

    Stamp duty is rounded up to the dollar, every other item half up to the cent.
    """

    __slots__ = ("_afrc", "_clearing", "_least", "_most", "_schedule", "_sfc", "_stamp", "_trade")

    def __init__(self, day: date, schedule: HkFeeSchedule) -> None:
        def rate(item: str) -> int:
            return int(Decimal(str(_required(_FEES[item], day, item)["ppm"])) * 10)

        self._schedule = schedule
        self._stamp, self._trade = rate("stamp_duty"), rate("trading_fee")
        self._sfc, self._afrc = rate("sfc_levy"), rate("afrc_levy")
        self._clearing = rate("settlement")
        row = _required(_FEES["settlement"], day, "settlement")
        self._least = _units(row["minimum"])
        self._most = _units(row["maximum"]) if row["maximum"] else None

    def fees(self, buy: bool, turnover: int) -> HkFees:
        """Fees of an order that has traded `turnover` (1e-4 HKD) so far."""
        if turnover <= 0:
            return HkFees(0, 0, 0, 0, 0, 0)

        def share(tenths: int) -> int:
            return half_up(turnover * tenths, _TENTHS * FEN) * FEN

        stamp = -(-turnover * self._stamp // (_TENTHS * _DOLLAR)) * _DOLLAR
        settlement = max(share(self._clearing), self._least)
        if self._most is not None:
            settlement = min(settlement, self._most)
        broker = max(share(self._schedule.commission_ppm * 10), self._schedule.minimum)
        items = [broker, stamp, share(self._trade), share(self._sfc), share(self._afrc), settlement]
        if not buy:
            left = turnover // FEN * FEN
            for place in (1, 2, 3, 4, 5, 0):  # what is the state's first, the broker last
                items[place] = min(items[place], left)
                left -= items[place]
        return HkFees(*items)

    def total(self, buy: bool, turnover: int) -> int:
        """`fees(...).total`."""
        return self.fees(buy, turnover).total
