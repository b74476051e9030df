"""Yuan of one Stock Connect account: spendable at once, withdrawable after two turns.

Invariants, after every move:

- those of `CashLedger`: neither `available` nor `frozen` is negative, and their sum
  changes only by what is paid, what a sale brings and what the settlement gives back;
- `unsettled` is what has yet to arrive of sales, today's and yesterday's together;
  buying uses up today's first (ours), and it is never more than all the money;
- the settlement rate only ever gives money back (see `ConnectRates`).

Amounts are whole 1e-4 yuan.
"""

from __future__ import annotations

from xtnb.rules.connect import SETTLEMENT_TURNS
from xtnb.terminal.ledgers.cash import CashLedger


class ConnectCash(CashLedger):
    """Cash whose sales arrive after `SETTLEMENT_TURNS` turns of the day.

    Attributes:
        arriving: proceeds not yet settled, today's first.
    """

    __slots__ = ("arriving",)

    def __init__(self, available: int = 0, frozen: int = 0) -> None:
        super().__init__(available, frozen)
        self.arriving = [0] * SETTLEMENT_TURNS

    def spend(self, held: int, paid: int) -> None:
        """Take `paid` out of `held` frozen cash; the rest of `held` becomes available."""
        super().spend(held, paid)
        for place, amount in enumerate(self.arriving):
            used = min(amount, paid)
            self.arriving[place] -= used
            paid -= used

    def receive(self, amount: int) -> None:
        """Book what a sale brought: spendable now, withdrawable when it is settled."""
        super().receive(amount)
        self.arriving[0] += amount

    def give_back(self, amount: int) -> None:
        """Book what the settlement rate leaves over of a purchase."""
        self.available += amount

    def settle(self) -> None:
        """Turn the day: what was sold longest ago has arrived."""
        self.arriving = [0, *self.arriving[:-1]]
        self.unsettled = sum(self.arriving)
