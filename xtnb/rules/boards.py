"""Lots, ticks, daily limits and price cages: what each board asks of an order.

The figures are dated and lie in data/boards.json with their sources. `board_rules`
picks those of one instrument on one day; `price_limits`, `cage_ceiling` and
`cage_floor` compute with them in whole numbers, because floats lose a cent
(round(prev * 1.1, 2) is too low for one price in seventy).

Prices are whole 1e-4 yuan; volumes are shares or fund units.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal

from xtnb import xtconstant as c
from xtnb.errors import InputError
from xtnb.rules.instruments import Board, Instrument
from xtnb.rules.tables import in_force, load
from xtnb.vocabulary.money import YUAN, half_up


@dataclass(frozen=True, slots=True)
class Cage:
    """How far a limit price may be from the best price: a percentage or some ticks.

    The wider of the two counts; `ticks` 0 means that only the percentage does.
    有效申报价格范围
    """

    percent: int
    ticks: int


@dataclass(frozen=True, slots=True)
class BoardRules:
    """What holds for one instrument on one day.

    Attributes:
        tick: price step, 1e-4 yuan.
        buy_minimum, buy_step: a buy is at least the one and a multiple of the other
            above it.
        sell_rule: "lots": multiples of `sell_unit`, and the odd remainder in one go;
            "minimum": at least `sell_unit`, or all that is left.
        limit_maximum, market_maximum: the largest order, by kind.
        limit_percent: the daily limit, per cent of the previous close.
        cage: None where there is none.
    """

    tick: int
    buy_minimum: int
    buy_step: int
    sell_rule: Literal["lots", "minimum"]
    sell_unit: int
    limit_maximum: int
    market_maximum: int
    limit_percent: int
    cage: Cage | None


@lru_cache(maxsize=1024)
def _rules(board: Board, st: bool, wide: bool, day: date) -> BoardRules:
    table = load("boards")["boards"][board.value]

    def row(name: str) -> dict[str, Any]:
        found = in_force(table[name], day)
        if found is None:
            raise InputError("day", day, f"a day for which data/boards.json has a row of {name}")
        return found

    limit = "daily_limit"
    if st and "st_daily_limit" in table:
        limit = "st_daily_limit"
    if wide and "wide_daily_limit" in table:
        limit = "wide_daily_limit"
    cage = in_force(table["cage"], day)
    return BoardRules(
        tick=int(Decimal(row("tick")["value"]) * YUAN),
        buy_minimum=row("buy")["minimum"],
        buy_step=row("buy")["step"],
        sell_rule=row("sell")["rule"],
        sell_unit=row("sell")["unit"],
        limit_maximum=row("limit_maximum")["value"],
        market_maximum=row("market_maximum")["value"],
        limit_percent=row(limit)["percent"],
        cage=Cage(cage["percent"], cage["ticks"]) if cage else None,
    )


def board_rules(instrument: Instrument, day: date) -> BoardRules:
    """The rules of an instrument on a day. Source: data/boards.json."""
    return _rules(instrument.board, instrument.st, instrument.wide_limit, day)


@lru_cache(maxsize=64)
def boards_of(account_type: int, day: date) -> frozenset[Board] | None:
    """The boards that a kind of account trades on a day; None for every one.

    Source: data/boards.json, `accounts`; ours.
    """
    rows = load("boards")["accounts"].get(c.ACCOUNT_TYPE_DICT.get(account_type, ""))
    row = in_force(rows, day) if rows else None
    return frozenset(Board(name) for name in row["boards"]) if row else None


def price_limits(prev_close: int, percent: int, tick: int) -> tuple[int, int]:
    """Limit down and limit up: prev_close ± percent, half up to the tick. 跌停价, 涨停价

    Each is at least one tick away from prev_close, and limit down is at least one tick.

    Raises:
        InputError: prev_close is not a positive whole number of ticks.

    Source: exchange rules, daily price limit. The floor of one tick is ours.
    """
    if prev_close <= 0 or prev_close % tick:
        raise InputError("prev_close", prev_close, f"a positive multiple of the tick, {tick}")
    up = half_up(prev_close * (100 + percent), 100 * tick) * tick
    down = half_up(prev_close * (100 - percent), 100 * tick) * tick
    return max(min(down, prev_close - tick), tick), max(up, prev_close + tick)


def cage_ceiling(base: int, cage: Cage, tick: int) -> int:
    """The highest limit price of a buy, given its base. Source: exchange rules, 价格笼子."""
    bound = half_up(base * (100 + cage.percent), 100 * tick) * tick
    return max(bound, base + max(cage.ticks, 1) * tick)


def cage_floor(base: int, cage: Cage, tick: int) -> int:
    """The lowest limit price of a sale, given its base. Source: exchange rules, 价格笼子."""
    bound = half_up(base * (100 - cage.percent), 100 * tick) * tick
    return min(bound, base - max(cage.ticks, 1) * tick)


def cage_base(buy: bool, bid: int, ask: int, last: int, prev_close: int) -> int:
    """What the cage is measured from; prices are 0 where there is none.

    A buy: best ask, else best bid, else last price, else previous close; a sale the
    other way round. Source: exchange rules, 价格笼子.
    """
    if buy:
        return ask or bid or last or prev_close
    return bid or ask or last or prev_close
