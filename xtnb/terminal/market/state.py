"""What a market is reduced to when its process ends, and begins from in the next one.

It holds what cannot be told from the seed: what an account's trades have moved, what was
recorded of the present day in the pits that were awake, and what was asked for of earlier
days. Everything is a number, a text, a tuple or a dict. Resting orders are not in it:
their accounts keep them, and `Market.put_back` rests them again. Recorded ticks and what
the flow had on the books are gone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from xtnb.errors import InputError
from xtnb.rules.listed import DayTerms, Listed
from xtnb.terminal.clock import day_of
from xtnb.terminal.market.course import Anchor, anchored, anchored_at_start
from xtnb.terminal.market.pit import Pit
from xtnb.terminal.market.tape import Row

Figures = dict[str, tuple[int, ...]]
Rows = dict[str, tuple[tuple[int, ...], ...]]


@dataclass(frozen=True)
class MarketState:
    """A market between two processes.

    Attributes:
        seed: the market's.
        started: when the market started first, ns.
        now: market time, ns.
        day: the trading day, such as "2026-11-20".
        references: previous closes or settlements by code, 1e-4 yuan, where they are not
            those of the demo.
        openings: what the day began from, where that is not the reference.
        figures: of pits that have been awake today: when they woke, whether an account
            traded, and open, high, low, last, volume, amount and transactions of the day.
        minutes: bars of today from that waking on, as in `Row`.
        days: bars of the days since the market started, of codes that were looked at.
        unseen: days of those codes whose bars nobody has asked for yet, as in `Anchor`.
        firsts: where their history starts: `date.toordinal` and the reference of that day.
    """

    seed: int
    started: int
    now: int
    day: str
    references: dict[str, int] = field(default_factory=dict)
    openings: dict[str, int] = field(default_factory=dict)
    figures: Figures = field(default_factory=dict)
    minutes: Rows = field(default_factory=dict)
    days: Rows = field(default_factory=dict)
    unseen: Rows = field(default_factory=dict)
    firsts: Figures = field(default_factory=dict)

    def anchor(self, rules: DayTerms, instrument: Listed) -> Anchor:
        """What today's course of an instrument hangs on."""
        code = instrument.stock_code
        if self.day == day_of(self.started).isoformat():
            return anchored_at_start(rules, self.seed, instrument, self.started)
        return anchored(rules, self.openings.get(code, rules.prev_close))

    def fill(self, pit: Pit) -> None:
        """Give a pit, whose course has begun, what is kept of it."""
        code = pit.code
        if code in self.firsts:
            day, reference = self.firsts[code]
            pit.first, pit.looked = (date.fromordinal(day), reference), True
            pit.tape.add_days(Row(*row) for row in self.days.get(code, ()))
            pit.unseen += [Anchor(*anchor) for anchor in self.unseen.get(code, ())]
        minutes = (Row(*row) for row in self.minutes.get(code, ()))
        pit.resume(self.figures.get(code, ()), minutes, self.now)


def check(state: MarketState, seed: int) -> MarketState:
    """The state, if it is that of a market with this seed.

    Raises:
        InputError: it is not.
    """
    if state.seed != seed:
        raise InputError("seed", seed, f"{state.seed}, which the kept market has")
    return state


def kept(
    started: int,
    now: int,
    rules: dict[str, DayTerms],
    instruments: dict[str, Listed],
    pits: dict[str, Pit],
    seed: int,
) -> MarketState:
    """Reduce a market to its state."""
    state = MarketState(seed, started, now, day_of(now).isoformat())
    for code, terms in rules.items():
        if terms.prev_close != instruments[code].reference:
            state.references[code] = terms.prev_close
    for code, pit in pits.items():
        if code != pit.code:
            continue
        course = pit.course
        if course is not None and course.anchor.opening != course.anchor.reference:
            state.openings[code] = course.anchor.opening
        figures, minutes = pit.kept(now)
        if figures:
            state.figures[code] = figures
            state.minutes[code] = tuple(tuple(row) for row in minutes)
        if pit.looked:
            first, reference = pit.first
            state.firsts[code] = (first.toordinal(), reference)
            state.days[code] = tuple(tuple(row) for row in pit.tape.days())
            state.unseen[code] = tuple(tuple(anchor) for anchor in pit.unseen)
    return state
