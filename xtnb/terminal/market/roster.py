"""The roster: what is listed on the present day, the rules of that day, and the pits."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from xtnb.errors import RefusalCode, Refused
from xtnb.rules.instruments import find
from xtnb.rules.listed import (
    DayTerms,
    Listed,
    book_of,
    everything,
    first_reference,
    rules_of,
    tie,
)
from xtnb.terminal.market.course import anchored
from xtnb.terminal.market.pit import Pit
from xtnb.terminal.market.state import MarketState


class Roster:
    """Instruments, rules and pits by code.

    Args:
        state: the day, what it begins from, and what is kept of it.
        instruments: what is listed on every day; None for a list that follows the day.
        flow: False for pits in which only accounts trade.

    Attributes:
        day: the present trading day.
        instruments, rules, pits: by code. Two codes for one thing share a pit, which has
            the code of the first of them.
    """

    def __init__(
        self, state: MarketState, instruments: Iterable[Listed] | None, *, flow: bool
    ) -> None:
        self.day = date.fromisoformat(state.day)
        self._seed = state.seed if flow else None
        self._changing = instruments is None
        chosen = everything(self.day).values() if instruments is None else instruments
        self.instruments = {instrument.stock_code: instrument for instrument in chosen}
        self.pits: dict[str, Pit] = {}
        self.rules: dict[str, DayTerms] = {}
        references = {code: listed.reference for code, listed in self.instruments.items()}
        self._rule(references | state.references)
        for code in self.instruments:
            pit = self._open(code)
            if pit.code == code:
                if flow:
                    pit.begin(state.anchor(self.rules[code], pit.instrument), state.now)
                state.fill(pit)
        tie(self.rules)

    def pit(self, code: str) -> Pit:
        """The pit of a code. Raises Refused for an unknown one."""
        pit = self.pits.get(code)
        if pit is None:
            raise not_traded(code)
        return pit

    def each(self) -> list[Pit]:
        """Every pit once."""
        return [pit for code, pit in self.pits.items() if code == pit.code]

    def settlement(self, code: str, now: int) -> int:
        """What the next day of a code would begin from if the present one ended now."""
        return self.pits[code].settlement(self.rules[code], now)

    def turn(self, new: date, now: int) -> list[Pit]:
        """End the day and begin the next; the pits of what is not listed any more.

        The books lose their orders, in the order of the codes.
        """
        references = {code: self.settlement(code, now) for code in self.pits}
        for pit in self.each():
            pit.end_day(self.day)
        self.day = new
        gone = self._follow_list(references) if self._changing else []
        self._rule(references)
        for code in self.instruments:
            fresh = code not in self.pits
            pit = self._open(code)
            if pit.code == code and self._seed is not None:
                opening = references[code] if fresh else pit.tape.last
                pit.begin(anchored(self.rules[code], opening), now)
        tie(self.rules)
        return gone

    def _follow_list(self, references: dict[str, int]) -> list[Pit]:
        """Take out what is not listed any more, and add what is new with its reference."""
        listed = everything(self.day)
        last = {code: pit.tape.last for code, pit in self.pits.items()}
        gone = [self.pits.pop(code) for code in list(self.pits) if code not in listed]
        self.instruments.clear()
        self.instruments.update(listed)
        for code, instrument in listed.items():
            if code in self.pits:
                self.pits[code].renew(instrument)
            else:
                references[code] = first_reference(instrument, last.get)
        return gone

    def _rule(self, references: dict[str, int]) -> None:
        self.rules.clear()
        for code, instrument in self.instruments.items():
            self.rules[code] = rules_of(instrument, references[code], self.day)

    def _open(self, code: str) -> Pit:
        first = book_of(self.instruments[code])
        first = first if first in self.instruments else code
        if first not in self.pits:
            close = self.rules[first].prev_close
            self.pits[first] = Pit(self.instruments[first], self._seed, self.day, close)
        self.pits[code] = pit = self.pits[first]
        return pit


def not_traded(code: str) -> Refused:
    """The refusal of a code that is none, or is not listed here."""
    find(code)
    return Refused(
        RefusalCode.UNKNOWN_CODE,
        f"本市场不交易 {code}",
        f"{code} is not traded in this market",
    )
