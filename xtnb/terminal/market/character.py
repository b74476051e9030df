"""How an instrument trades: its usual distance from the close, and its usual sizes.

The figures are ours; they make a lively market, not a realistic one.
"""

from __future__ import annotations

from typing import NamedTuple

from xtnb.rules.instruments import Board, Instrument
from xtnb.rules.listed import Listed, Pace
from xtnb.vocabulary.money import YUAN

LOTS_A_SECOND = 0.5  # in usual orders; this and the next are measured, and used where
FILLS_A_SECOND = 1.0  # no single event is run

_SPREAD = {Board.ETF: 0.007, Board.STAR: 0.0135, Board.CHINEXT: 0.0135, Board.BSE: 0.013}
_MONEY_FUND_SPREAD = 0.00004
_STOCK_SPREAD = 0.010


class Character(NamedTuple):
    """What course and flow of an instrument are made with."""

    spread: float  # standard deviation of the relative distance to the previous close
    step: int  # distance of neighbouring levels in ticks, 1 for most
    lot: int
    lots: float  # usual order, in lots


def character(instrument: Listed, price: int, tick: int) -> Character:
    """What is read off an instrument: board, price and size of the company, or its pace."""
    if not isinstance(instrument, Instrument):
        pace: Pace = instrument.pace  # type: ignore[attr-defined]
        lot = getattr(pace, "lot", 1)
        step = max(1, round(0.0136 * pace.spread * price / tick))
        return Character(pace.spread, step, lot, max(1.0, pace.volume / lot))
    money_fund = instrument.stock_code.startswith("511")
    spread = _MONEY_FUND_SPREAD if money_fund else _SPREAD.get(instrument.board, _STOCK_SPREAD)
    step = max(1, round(0.0136 * spread * price / tick))
    lot = 200 if instrument.board is Board.STAR else 100
    capital = instrument.float_volume * price // YUAN
    turnover = min(max(capital * 1.2e-6, 25_000.0), 300_000.0)
    return Character(spread, step, lot, max(1.0, turnover * YUAN / price / lot))
