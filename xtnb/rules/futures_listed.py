"""Which futures are listed on a day, and what a contract begins from.

The exchange's cycle of months is in data/futures.json; the demo carries the months of
it that people trade (ours). References are made up: of the months that the data names
a figure for, and of others that of the same month of another year, else of the nearest.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from xtnb.errors import InputError
from xtnb.rules.futures import (
    NANO,
    PPM,
    Exchange,
    Fee,
    Future,
    FuturePace,
    Product,
)
from xtnb.rules.months import Cycle, cycle_of, last_day, listed_months
from xtnb.rules.tables import load
from xtnb.vocabulary.money import YUAN

DAYS_OF_THE_MAIN_MONTH = 15  # calendar days that a main month has left, at least; ours

_CODE = re.compile(r"([A-Za-z]+)(\d{3,4})\.([A-Z]+)")


class Listing(NamedTuple):
    """How the months of a product are listed.

    Attributes:
        exchange: the exchange's cycle; carried: what the demo has of it.
        rule: of the last trading day, see `rules.months`.
    """

    exchange: Cycle
    carried: Cycle
    rule: str


def _scaled(text: str, scale: int) -> int:
    number = Decimal(text) * scale
    if number != int(number):
        raise InputError("data/futures.json", text, f"a multiple of 1/{scale}")
    return int(number)


def _fee(row: dict[str, str]) -> Fee:
    return Fee(_scaled(row.get("contract", "0"), YUAN), _scaled(row.get("value", "0"), NANO))


@cache
def exchanges() -> dict[str, Exchange]:
    """The six exchanges, by the suffix of their codes. Treat it as constant."""
    return {
        market: Exchange(
            market,
            row["zh"],
            row["en"],
            row["separate"],
            frozenset(row["price_types"]),
            tuple(row["combinations"]),
        )
        for market, row in load("futures")["exchanges"].items()
    }


def _product(row: dict[str, Any]) -> Product:
    fees = row["fees"]
    return Product(
        row["id"],
        row["name"],
        row["pinyin"],
        row["english"],
        exchanges()[row["market"]],
        row["unit"],
        _scaled(row["tick"], YUAN),
        _scaled(row["margin"], PPM),
        _scaled(row["limit"], PPM),
        _fee(fees["open"]),
        _fee(fees["close"]),
        _fee(fees["close_today"]),
        row["most_lots"],
        tuple(row["sessions"]),
    )


@cache
def products() -> dict[str, Product]:
    """Every product by its id, in the order of the data file. Treat it as constant."""
    return {row["id"]: _product(row) for row in load("futures")["products"]}


@cache
def _row(product: str) -> dict[str, Any]:
    return next(row for row in load("futures")["products"] if row["id"] == product)


@cache
def listing(product: str) -> Listing:
    """How the months of a product are listed."""
    row = _row(product)
    exchange = cycle_of(load("futures")["cycles"][row["cycle"]])
    carried = cycle_of(row["carried"]) if "carried" in row else exchange
    return Listing(exchange, carried, row["expiry"])


@cache
def contract(product: str, month: str) -> Future:
    """The contract of one month ("2701"), whenever it is listed."""
    row, made = _row(product), products()[product]
    market = made.exchange.market
    short = month[1:] if market == "ZF" else month
    return Future(
        f"{made.id}{short}.{market}",
        f"{made.name}{month}",
        f"{made.pinyin}{month}",
        market,
        made,
        month,
        last_day(month, row["expiry"]),
        _reference(row["references"], month),
        FuturePace(row["pace"]["spread"], row["pace"]["volume"]),
        made.unit,
    )


def _reference(known: dict[str, str], month: str) -> int:
    """The demo's figure for a month: its own, that of another year, or of the nearest."""

    def far(other: str) -> tuple[bool, int]:
        return other[2:] != month[2:], abs(_count(other) - _count(month))

    return _scaled(known[min(known, key=far)], YUAN)


def _count(month: str) -> int:
    return 12 * int(month[:2]) + int(month[2:])


def _month(count: int) -> str:
    year, number = divmod(count - 1, 12)
    return f"{year:02d}{number + 1:02d}"


def months_of(product: str, day: date) -> list[str]:
    """The months of a product that the demo has on a day, nearest first."""
    found = listing(product)
    return listed_months(found.carried, day, found.rule)


def all_futures(day: date) -> dict[str, Future]:
    """Every contract listed on a day by its code, products as in the data file. Yours."""
    found = (
        contract(product, month) for product in products() for month in months_of(product, day)
    )
    return {future.stock_code: future for future in found}


def future_named(stock_code: str, day: date) -> Future | None:
    """The contract that a code means, listed or not; None if no exchange lists such a one.

    Args:
        stock_code: with the market, such as "rb2701.SF".
        day: the digit that Zhengzhou writes of a year is read as the nearest such year.
    """
    parts = _CODE.fullmatch(stock_code)
    made = products().get(parts[1]) if parts else None
    if parts is None or made is None or made.exchange.market != parts[3]:
        return None
    month = parts[2]
    if len(month) != (3 if parts[3] == "ZF" else 4):
        return None
    if len(month) == 3:
        year = day.year - 4 + (int(month[0]) - day.year + 4) % 10
        month = f"{year % 100:02d}{month[1:]}"
    cycle = listing(made.id).exchange
    if int(month[2:]) not in (*cycle.months, *cycle.more):
        return None
    return contract(made.id, month)


def main_future(product: str, day: date, place: int = 0) -> Future:
    """The contract that people trade on a day: the nearest one with time left. Ours.

    Args:
        product: such as "rb".
        day: the market's day.
        place: 1 for the contract after it, as far as the demo has one.

    Raises:
        IndexError: there is none.
    """
    found = [contract(product, month) for month in months_of(product, day)]
    live = [one for one in found if (one.expiry - day).days >= DAYS_OF_THE_MAIN_MONTH]
    return live[place]


def first_price(future: Future, last: Callable[[str], int | None]) -> int:
    """What a newly listed contract begins from: the nearest known month of its product, at
    the ratio that the demo's references have; its own reference if none is known. Ours."""
    product, own = future.product.id, _count(future.month)
    for distance in range(1, 25):
        for count in (own - distance, own + distance):
            other = contract(product, _month(count % 1200 or 1200))
            price = last(other.stock_code)
            if price:
                tick = future.product.tick
                begin = price * future.reference // other.reference
                return max(tick, (begin + tick // 2) // tick * tick)
    return future.reference
