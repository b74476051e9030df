"""Options on futures in an account that also holds futures.

Invariants, on top of those of the futures ledger and of an option position:

- `0 <= frozen_today <= today`, and what is frozen of overnight lots is not more than
  there are;
- `used` counts `each` for every lot sold, and `held` what open orders hold, so
  `equity == available + held + used`;
- premiums and fees change `balance` when they are paid; what options are worth is not
  part of equity (as the counters of futures show it; ours).
"""

from __future__ import annotations

from collections.abc import Iterable

from xtnb.terminal.ledgers.futures import FuturesLedger
from xtnb.terminal.ledgers.options import OptionPosition
from xtnb.terminal.ledgers.stock import Mark


class FutureOptionSide(OptionPosition):
    """Rights or obligations of one contract, lots of today apart.

    Attributes:
        each: margin of one lot sold, 1e-4 yuan.
        frozen_today: lots of today that orders hold.
        held: money that open orders on this side hold; of it `held_premium` in buys.
    """

    __slots__ = ("each", "frozen_today", "held", "held_premium")

    def __init__(self, code: str, name: str, mark: Mark, unit: int, long: bool) -> None:
        super().__init__(code, name, mark, unit, long)
        self.each = self.frozen_today = self.held = self.held_premium = 0

    @property
    def free_today(self) -> int:
        """Lots of today that no order holds."""
        return self.today - self.frozen_today

    @property
    def free_past(self) -> int:
        """Overnight lots that no order holds."""
        return self.usable - self.free_today

    @property
    def margin(self) -> int:
        """Margin of what is sold."""
        return 0 if self.long else self.volume * self.each

    def set_aside(self, takes: Iterable[tuple[bool, int]]) -> None:
        """Freeze lots for an order: (today's, lots)."""
        for today, lots in takes:
            self.freeze(lots)
            self.frozen_today += lots if today else 0

    def give_back(self, today: bool, lots: int) -> None:
        """Free lots that an order will not close."""
        self.release(lots)
        self.frozen_today -= lots if today else 0

    def close_lots(self, today: bool, lots: int, amount: int, fee: int) -> None:
        """Book a fill that closes frozen lots of one kind."""
        kept = self.today - (lots if today else 0)
        self.close(lots, amount, fee)
        self.today = kept
        self.frozen_today -= lots if today else 0

    def end(self) -> None:
        """The contract has expired."""
        self.volume = self.usable = self.frozen = self.today = self.frozen_today = 0
        self.amount = self.paid = 0


class FutureOptionLedger(FuturesLedger):
    """A futures ledger with options.

    Attributes:
        options: by code and whether rights.
    """

    __slots__ = ("options",)

    def __init__(self, balance: int, *, single_side: bool = False) -> None:
        super().__init__(balance, single_side=single_side)
        self.options: dict[tuple[str, bool], FutureOptionSide] = {}

    @property
    def held(self) -> int:
        """Money that open orders hold."""
        return super().held + sum(side.held for side in self.options.values())

    @property
    def used(self) -> int:
        """Margin of futures and of options sold."""
        return super().used + sum(side.margin for side in self.options.values())
