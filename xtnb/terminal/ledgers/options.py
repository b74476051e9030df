"""Money and contracts of one options account.

Invariants of the money, after every move:

- `available`, `frozen` and `margin` are never negative, nor is `owed`;
- `margin + lent` never exceeds `required` once `balance` has run, and what it lacks is
  the shortfall: while there is one, or anything is owed, nothing is available;
- `lent` is the part of frozen cash that comes out of the margin of what open orders buy
  back; it still counts towards `required`;
- `available + frozen + margin - owed` changes only by premiums, fees, and what an
  exercise pays or brings.

Of one side of a contract: `volume == usable + frozen`, `today <= volume`, none is
negative, and `amount` and `paid` are 0 when `volume` is. Of the shares of an
underlying: `0 <= reserved <= locked`.

Amounts are whole 1e-4 yuan, volumes contracts, of locks shares.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from xtnb.errors import CashShort, VolumeShort
from xtnb.terminal.ledgers.cash import CashLedger
from xtnb.terminal.ledgers.stock import Mark


@dataclass(slots=True)
class OptionHold:
    """What one open order holds.

    Attributes:
        cash: frozen, with `lent`.
        lent: of it, what came out of margin.
    """

    cash: int = 0
    lent: int = 0


class OptionLedger:
    """Cash, margin and locked shares.

    Attributes:
        cash: free cash, and what open orders hold.
        margin: held for what is sold.
        required: what should be held for it.
        lent: of the frozen cash, what counts as margin.
        owed: what could not be paid.
        locked, reserved: shares by underlying; reserved ones cover calls or orders.
    """

    __slots__ = ("cash", "lent", "locked", "margin", "owed", "required", "reserved")

    def __init__(self, cash: CashLedger) -> None:
        self.cash = cash
        self.margin = self.required = self.lent = self.owed = 0
        self.locked: Counter[str] = Counter()
        self.reserved: Counter[str] = Counter()

    @property
    def shortfall(self) -> int:
        """What margin and debts lack; 0 when all is covered."""
        return self.required - self.lent - self.margin + self.owed

    @property
    def money(self) -> int:
        """All of it: free, frozen and margin, less what is owed."""
        return self.cash.available + self.cash.frozen + self.margin - self.owed

    # -- orders --------------------------------------------------------------------------

    def take(self, hold: OptionHold) -> None:
        """Set aside what an order needs. Raises CashShort, and then nothing has moved."""
        own = hold.cash - hold.lent
        if own > self.cash.available or hold.lent > self.margin:
            raise CashShort(hold.cash, self.cash.available + min(hold.lent, self.margin))
        self.margin -= hold.lent
        self.cash.available += hold.lent
        self.cash.freeze(hold.cash)
        self.lent += hold.lent

    def keep(self, hold: OptionHold, cash: int, lent: int) -> None:
        """Lower what an order holds to this; the rest is free again."""
        self.cash.release(hold.cash - cash)
        self.lent -= hold.lent - lent
        hold.cash, hold.lent = cash, lent
        self.balance()

    def pay(self, hold: OptionHold, amount: int) -> None:
        """Pay out of what an order holds."""
        self.cash.spend(amount, amount)
        hold.cash -= amount

    def secure(self, hold: OptionHold, margin: int) -> None:
        """A sale was filled: what the order held for it is margin now."""
        self.cash.release(margin)
        hold.cash -= margin
        self.required += margin
        self.balance()

    def bought_back(self, margin: int) -> None:
        """What was sold is bought back: its margin is needed no more."""
        self.required -= margin

    # -- money ---------------------------------------------------------------------------

    def receive(self, amount: int) -> None:
        """Book a premium after fees, or what an exercise brings."""
        self.cash.receive(amount)
        self.balance()

    def charge(self, amount: int) -> None:
        """Pay from free cash, then from margin; what is left is owed."""
        self.cash.available += self.margin
        self.margin = 0
        paid = min(amount, self.cash.available)
        self.cash.freeze(paid)
        self.cash.spend(paid, paid)
        self.owed += amount - paid
        self.balance()

    def require(self, margin: int) -> None:
        """Hold this much from now on, as far as there is cash."""
        self.required = margin
        self.balance()

    def balance(self) -> None:
        """Pay what is owed, then hold what is required, out of free cash and margin."""
        cash = self.cash
        free = cash.available + self.margin
        settled = min(self.owed, free)
        self.owed -= settled
        free -= settled
        self.margin = min(max(self.required - self.lent, 0), free)
        cash.available = free - self.margin

    # -- shares that cover calls -------------------------------------------------------------

    def free_locked(self, code: str) -> int:
        """Locked shares of an underlying that cover nothing yet."""
        return self.locked[code] - self.reserved[code]

    def lock(self, code: str, shares: int) -> None:
        """Lock shares (56), or unlock them when negative (57)."""
        if -shares > self.free_locked(code):
            raise VolumeShort(-shares, self.free_locked(code))
        self.locked[code] += shares

    def reserve(self, code: str, shares: int) -> None:
        """Let locked shares cover calls, or, when negative, no longer."""
        if shares > self.free_locked(code):
            raise VolumeShort(shares, self.free_locked(code))
        self.reserved[code] += shares


class OptionPosition:
    """One side of one contract.

    Attributes:
        code, name: the contract; mark: its present price; unit: its multiplier.
        long: rights; otherwise obligations; covered: by locked shares.
        volume: contracts; usable: in no order; frozen: in orders that close them or
            exercise them.
        today: opened today.
        yesterday: what there was when the day began.
        amount: premiums paid or received for what is held, without fees.
        paid: the same with fees: more for rights, less for obligations.
        opened: the day it was opened, as YYYYMMDD.
        open_times, open_volume, cancel_times: of the day.
        fees, closed: fees and closing profit of the day.
    """

    __slots__ = (
        "amount",
        "cancel_times",
        "closed",
        "code",
        "covered",
        "fees",
        "frozen",
        "long",
        "mark",
        "name",
        "open_times",
        "open_volume",
        "opened",
        "paid",
        "today",
        "unit",
        "usable",
        "volume",
        "yesterday",
    )

    def __init__(
        self, code: str, name: str, mark: Mark, unit: int, long: bool, covered: bool = False
    ) -> None:
        self.code = code
        self.name = name
        self.mark = mark
        self.unit = unit
        self.long = long
        self.covered = covered
        self.volume = self.usable = self.frozen = self.today = self.yesterday = 0
        self.amount = self.paid = self.fees = self.closed = 0
        self.open_times = self.open_volume = self.cancel_times = 0
        self.opened = ""

    @property
    def value(self) -> int:
        """What it is worth at the present price; obligations are below 0."""
        worth = self.volume * self.mark.last * self.unit
        return worth if self.long else -worth

    @property
    def profit(self) -> int:
        """Value less what was paid, or premium received less what it would take."""
        return self.value - self.paid if self.long else self.paid + self.value

    def freeze(self, volume: int) -> None:
        """Set contracts aside. Raises VolumeShort, and then nothing has moved."""
        if volume > self.usable:
            raise VolumeShort(volume, self.usable)
        self.usable -= volume
        self.frozen += volume

    def release(self, volume: int) -> None:
        """Give back what an order will not close."""
        self.frozen -= volume
        self.usable += volume

    def open(self, volume: int, amount: int, fee: int, day: str) -> None:
        """Book a fill that opens."""
        if not self.volume:
            self.opened = day
        self.volume += volume
        self.usable += volume
        self.today += volume
        self.amount += amount
        self.paid += amount + fee if self.long else amount - fee
        self.fees += fee
        self.open_times += 1
        self.open_volume += volume

    def close(self, volume: int, amount: int, fee: int) -> None:
        """Book a fill that closes, out of what is frozen; overnight contracts go first (ours)."""
        held = self.volume
        cost = self.amount if volume == held else _share(self.amount, volume, held)
        self.paid -= self.paid if volume == held else _share(self.paid, volume, held)
        self.amount -= cost
        self.volume = held - volume
        self.frozen -= volume
        self.today = min(self.today, self.volume)
        self.fees += fee
        self.closed += amount - cost if self.long else cost - amount

    def roll(self) -> None:
        """Start a new day."""
        self.yesterday = self.volume
        self.today = self.fees = self.closed = 0
        self.open_times = self.open_volume = self.cancel_times = 0


def _share(amount: int, part: int, whole: int) -> int:
    return (2 * amount * part + whole) // (2 * whole)
