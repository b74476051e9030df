"""What an account holds and cannot sell: money lent, or shares that are not listed yet.

The invariants are those of `Holding`; `sellable` is 0, all of the volume is on the
road, and the price stands still.
"""

from __future__ import annotations

from dataclasses import dataclass

from xtnb.terminal.ledgers.stock import Holding


@dataclass(frozen=True, slots=True)
class Still:
    """A price that does not move, 1e-4 yuan."""

    last: int


class Waiting(Holding):
    """A holding that a turn of the day does not set free."""

    __slots__ = ()

    def roll(self) -> None:
        """Start a new day: it goes on waiting."""
        self.yesterday = self.volume

    def leave(self, volume: int) -> None:
        """What was waited for has come: so much is held no longer."""
        self.on_road -= volume
        self.frozen += volume
        self.sell(volume)
