"""What an account has outside the counter that trades for it: another counter, banks, a node.

Invariants, after every move:

- nothing is negative;
- what leaves one place arrives in another, to the unit: money between bank,
  ordinary counter and trading account, shares between the two counters;
- `shenzhen`, the part of the trading account's cash that stands at the Shenzhen
  node, is never more than that cash.

Amounts are whole ten-thousandths of a yuan, volumes are shares.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from xtnb.errors import CashShort, VolumeShort


@dataclass(slots=True)
class Bank:
    """An account at a bank that is tied to the trading account.

    Attributes:
        number, name: of the bank; account: at the bank.
        password: what a transfer may be asked for.
        balance: 1e-4 yuan.
    """

    number: str
    name: str
    account: str
    password: str
    balance: int

    def take(self, amount: int) -> None:
        """Money leaves. Raises CashShort, and then nothing has moved."""
        if amount > self.balance:
            raise CashShort(wanted=amount, available=self.balance)
        self.balance -= amount


@dataclass(slots=True)
class Shares:
    """A holding at the ordinary counter: volume, and what was paid for it."""

    volume: int = 0
    cost: int = 0

    def take(self, volume: int) -> int:
        """Shares leave with their part of the cost, which is returned. Raises VolumeShort."""
        if volume > self.volume:
            raise VolumeShort(wanted=volume, available=self.volume)
        cost = self.cost * volume // self.volume
        self.volume -= volume
        self.cost -= cost
        return cost


@dataclass(slots=True)
class Elsewhere:
    """Money and shares of one account that its trading counter does not see.

    Attributes:
        counter: cash at the ordinary counter.
        shares: holdings there, by code.
        shenzhen: how much of the trading cash stands at the Shenzhen node.
        banks: by bank number.
    """

    counter: int = 0
    shares: dict[str, Shares] = field(default_factory=dict)
    shenzhen: int = 0
    banks: dict[str, Bank] = field(default_factory=dict)

    def from_counter(self, amount: int) -> None:
        """Cash leaves the ordinary counter. Raises CashShort."""
        if amount > self.counter:
            raise CashShort(wanted=amount, available=self.counter)
        self.counter -= amount

    def at_shenzhen(self, cash: int) -> int:
        """The Shenzhen node's part of `cash`, the trading cash now."""
        self.shenzhen = min(self.shenzhen, cash)
        return self.shenzhen

    def to_shenzhen(self, amount: int, cash: int) -> None:
        """Cash goes from the Shanghai node to the Shenzhen node. Raises CashShort."""
        at_shanghai = cash - self.at_shenzhen(cash)
        if amount > at_shanghai:
            raise CashShort(wanted=amount, available=at_shanghai)
        self.shenzhen += amount

    def to_shanghai(self, amount: int, cash: int) -> None:
        """Cash goes from the Shenzhen node to the Shanghai node. Raises CashShort."""
        there = self.at_shenzhen(cash)
        if amount > there:
            raise CashShort(wanted=amount, available=there)
        self.shenzhen -= amount
