"""What a market is reduced to when its process ends, and begins from in the next one.

It holds what cannot be told from the seed: what an account's trades have moved, what was
recorded of the present day in the pits that were awake, and what was asked for of earlier
days. Everything is a number, a text, a tuple or a dict. Resting orders are not in it:
their accounts keep them, and `Market.put_back` rests them again. Recorded ticks and
what the flow had on the books are gone; minutes of earlier days are those of the course.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

from xtnb.errors import InputError
from xtnb.rules.listed import DayTerms, Listed
from xtnb.terminal.clock import day_of, day_start
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
            traded, and what `Tape.figures` gives.
        minutes: bars of the minutes of today that are over, from that waking on; see `Row`.
        days: bars of the days since the market started, of codes that were looked at.
        unseen: days of those codes whose bars nobody has asked for yet, as in `Anchor`.
        ended: the last few days of those codes, as in `Anchor`.
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
    ended: Rows = field(default_factory=dict)
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
            pit.tape.add_days(Row(*row) for row in self.days.get(code, ()))
            pit.come_back(
                (date.fromordinal(day), reference),
                [Anchor(*anchor) for anchor in self.ended.get(code, ())],
                [Anchor(*anchor) for anchor in self.unseen.get(code, ())],
            )
        if code in self.figures:
            minutes = (Row(*row) for row in self.minutes.get(code, ()))
            pit.resume(self.figures[code], minutes, self.now)


def check(state: MarketState, seed: int) -> MarketState:
    """The state, if it is that of a market with this seed.

    Raises:
        InputError: it is not.
    """
    if state.seed != seed:
        raise InputError("seed", seed, f"{state.seed}, which the kept market has")
    return state


def _begins_elsewhere(anchor: Anchor) -> bool:
    """Whether a day begins from another price than its reference; a pin is of the first day."""
    return anchor.opening != anchor.reference and not anchor.pin


class Reducer:
    """Reduces a market to its state, as often as one likes.

    What has not changed since the last time is the same object then: `minutes` of a code
    change once a minute, and all but `now` and `figures` once a day or when a code is
    looked at for the first time. Nobody may change them.
    """

    def __init__(self, started: int, seed: int) -> None:
        self._last = MarketState(seed, started, 0, "")
        self._key: object = None

    def reduce(
        self,
        now: int,
        rules: dict[str, DayTerms],
        instruments: dict[str, Listed],
        pits: list[Pit],
    ) -> MarketState:
        """The state at that moment."""
        last, today = self._last, day_of(now)
        figures: Figures = {}
        minutes: Rows = {}
        same = today.isoformat() == last.day
        for pit in pits:
            kept = pit.kept(now)
            if kept:
                figures[pit.code] = kept
                before = last.minutes.get(pit.code, ()) if same else ()
                begin = max(pit.woken, day_start(today))
                more = pit.tape.closed(before[-1][0] if before else begin)
                rows = tuple(tuple(row) for row in more)
                if rows or before:
                    minutes[pit.code] = (*before, *rows) if rows else before
        looked = [pit for pit in pits if pit.looked]
        key = today, [(pit.code, len(pit.unseen), pit.tape.ended) for pit in looked]
        if key == self._key:
            state = replace(last, now=now, figures=figures, minutes=minutes)
        else:
            state = MarketState(
                last.seed,
                last.started,
                now,
                today.isoformat(),
                {
                    code: terms.prev_close
                    for code, terms in rules.items()
                    if terms.prev_close != instruments[code].reference
                },
                {
                    pit.code: pit.course.anchor.opening
                    for pit in pits
                    if pit.course and _begins_elsewhere(pit.course.anchor)
                },
                figures,
                minutes,
                {pit.code: tuple(map(tuple, pit.tape.days())) for pit in looked},
                {pit.code: tuple(map(tuple, pit.unseen)) for pit in looked},
                {pit.code: tuple(map(tuple, pit.ended)) for pit in looked},
                {pit.code: (pit.first[0].toordinal(), pit.first[1]) for pit in looked},
            )
        self._last, self._key = state, key
        return state
