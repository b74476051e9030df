"""Cash of one account: what may be spent and what open orders hold.

Invariants, after every move:

- `available` and `frozen` are never negative;
- `available + frozen` changes only by what is paid for a fill, by what a sale
  brings, and by what is paid in;
- `unsettled`, the proceeds of today's sales that are not spent yet, may be spent
  but not withdrawn before the next day. Buying uses it up first.

Amounts are whole ten-thousandths of a yuan (see vocabulary/money.py).
"""

from __future__ import annotations

from xtnb.errors import CashShort


class CashLedger:
    """Money that is free, and money that open orders hold."""

    __slots__ = ("available", "frozen", "unsettled")

    def __init__(self, available: int = 0, frozen: int = 0) -> None:
        self.available = available
        self.frozen = frozen
        self.unsettled = 0

    @property
    def withdrawable(self) -> int:
        """What could leave the account today. Open orders hold unsettled money first."""
        return max(0, min(self.available, self.available + self.frozen - self.unsettled))

    def freeze(self, amount: int) -> None:
        """Set cash aside for an order. Raises CashShort, and then nothing has moved."""
        if amount > self.available:
            raise CashShort(wanted=amount, available=self.available)
        self.available -= amount
        self.frozen += amount

    def release(self, amount: int) -> None:
        """Give back what an order no longer needs."""
        self.frozen -= amount
        self.available += amount

    def spend(self, held: int, paid: int) -> None:
        """Take `paid` out of `held` frozen cash; the rest of `held` becomes available."""
        self.frozen -= held
        self.available += held - paid
        if self.unsettled:
            self.unsettled = max(0, self.unsettled - paid)

    def receive(self, amount: int) -> None:
        """Book what a sale brought, after fees: spendable now, withdrawable tomorrow."""
        self.available += amount
        self.unsettled += amount

    def move(self, amount: int) -> None:
        """Money is paid in, or out where negative; the caller has seen that it is withdrawable."""
        self.available += amount

    def settle(self) -> None:
        """Start a new day: everything available can be withdrawn."""
        self.unsettled = 0

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CashLedger):
            return NotImplemented
        return (self.available, self.frozen, self.unsettled) == (
            other.available,
            other.frozen,
            other.unsettled,
        )

    def __repr__(self) -> str:
        return (
            f"CashLedger(available={self.available}, frozen={self.frozen}, "
            f"unsettled={self.unsettled})"
        )
