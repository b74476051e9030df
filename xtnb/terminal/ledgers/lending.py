"""Contracts over borrowed securities of one margin account: shares, days, interest. 约券合约

Invariants, after every move:

- of every contract `begin == open + returned + renewed`, none of them negative; what
  was renewed in part is the `begin` of another contract;
- `0 <= paid <= interest` and `0 <= fine_paid <= fine`;
- interest and penalty come only from `accrue` and from an early return;
- a closed or void contract has nothing open, and nothing accrues on it;
- what is used is what is sold short, shared out to the contracts of a security, the
  one that is due first before the others, and never more than is open.

No access to market or clock: days, prices and what is sold short come as arguments.
Amounts are whole 1e-4 yuan, volumes are shares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from xtnb.errors import RefusalCode, Refused, VolumeShort
from xtnb.rules.lending import (
    Offer,
    Terms,
    early_charge,
    interest,
    over,
    penalty,
    waits_already,
)

OPEN, PARTLY, EARLY, AT_TERM, LATE, OVERDUE, VOID = "0", "1", "2", "3", "4", "5", "9"
UNREVIEWED, APPROVED, WITHDRAWN, DECLINED = "0", "1", "2", "3"


@dataclass(slots=True)
class Renewal:
    """A wish to keep a contract longer, until it is reviewed.

    Attributes:
        apply_id: its number.
        days, volume, terms: what is wished.
    """

    apply_id: str
    days: int
    volume: int
    terms: Terms


@dataclass(slots=True)
class Lent:
    """One contract.

    Attributes:
        number, apply_id: of the contract and of the application that made it.
        offer: where it came from; terms: its rates now.
        made, due: days; the due day belongs to the term.
        price: at which it was made, what all rates are on.
        begin, open, returned, renewed: shares.
        interest, fine: so far, and what of them is paid.
        today: the last day's interest and penalty.
        last_day: the last day that interest was reckoned for.
        times: how often it was renewed; before: the contract that it was part of.
        closed: when the last share went back.
        state: "" while it is open, else how it ended.
        renewal, review: the wish that waits, and how the last one went.
    """

    number: str
    apply_id: str
    offer: Offer
    terms: Terms
    made: date
    due: date
    price: int
    begin: int
    open: int
    returned: int = 0
    renewed: int = 0
    interest: int = 0
    paid: int = 0
    fine: int = 0
    fine_paid: int = 0
    today: int = 0
    last_day: date | None = None
    times: int = 0
    before: str = ""
    closed: date | None = None
    state: str = ""
    renewal: Renewal | None = None
    review: str = ""

    def status(self, day: date) -> str:
        """Its state on a day, by the codes of the manual."""
        if self.state:
            return self.state
        if day > self.due:
            return OVERDUE
        return PARTLY if self.returned else OPEN

    def check_open(self, volume: int) -> None:
        """Raise VolumeShort unless so many shares are still borrowed."""
        if volume > self.open:
            raise VolumeShort(wanted=volume, available=self.open)

    def check_untouched(self, day: date) -> None:
        """Raise Refused unless it was made on this day and is as it was made."""
        if self.state or day != self.made or self.returned or self.renewed or self.times:
            raise Refused(
                RefusalCode.NOT_CANCELLABLE,
                f"合约 {self.number} 不可撤销",
                f"contract {self.number} can no longer be undone",
            )

    @property
    def owed(self) -> int:
        """Interest and penalty that are not paid."""
        return self.interest - self.paid + self.fine - self.fine_paid

    def pay(self, amount: int) -> int:
        """Pay out of `amount`, interest first; returns what was needed."""
        first = min(amount, self.interest - self.paid)
        self.paid += first
        second = min(amount - first, self.fine - self.fine_paid)
        self.fine_paid += second
        return first + second


class Lendings:
    """All contracts of an account, oldest first."""

    __slots__ = ("contracts",)

    def __init__(self) -> None:
        self.contracts: dict[str, Lent] = {}

    def add(self, lent: Lent) -> None:
        """A new contract."""
        self.contracts[lent.number] = lent

    @property
    def owed(self) -> int:
        """Interest and penalty of all contracts that are not paid."""
        return sum(lent.owed for lent in self.contracts.values())

    def used(self, sold_short: Mapping[str, int]) -> dict[str, int]:
        """How much of each open contract is sold short, by its number."""
        left, found = dict(sold_short), {}
        for lent in sorted(self.contracts.values(), key=lambda one: (one.due, one.number)):
            of_it = min(lent.open, left.get(lent.offer.code, 0))
            if of_it:
                left[lent.offer.code] -= of_it
                found[lent.number] = of_it
        return found

    # -- moves ------------------------------------------------------------------------------

    def accrue(self, day: date, sold_short: Mapping[str, int]) -> int:
        """Add the interest of the day that ends, and the penalty; returns what was added."""
        used, added = self.used(sold_short), 0
        for lent in self.contracts.values():
            lent.today = 0
            if not lent.open:
                continue
            ordinary = interest(lent.price, lent.open, used.get(lent.number, 0), lent.terms)
            extra = penalty(lent.price, lent.open, lent.terms) if day > lent.due else 0
            lent.interest += ordinary
            lent.fine += extra
            lent.today = ordinary + extra
            lent.last_day = day
            added += lent.today
        return added

    def give_back(self, lent: Lent, volume: int, day: date) -> int:
        """Return shares; before the due day for a charge, which is returned.

        Raises VolumeShort, and then nothing has moved.
        """
        lent.check_open(volume)
        left = max(0, (lent.due - day).days)
        charge = early_charge(lent.price, volume, left, lent.terms)
        lent.interest += charge
        lent.open -= volume
        lent.returned += volume
        if not lent.open:
            lent.closed = day
            lent.state = EARLY if left else AT_TERM if day == lent.due else LATE
        return charge

    def void(self, lent: Lent, day: date) -> None:
        """Undo a contract on the day it was made, untouched as it is. Raises Refused."""
        lent.check_untouched(day)
        lent.returned, lent.open = lent.begin, 0
        lent.closed = day
        lent.state = VOID
        lent.renewal = None

    def wish(self, lent: Lent, renewal: Renewal, day: date) -> None:
        """Enter the wish to keep a contract longer. Raises Refused."""
        if lent.state or day > lent.due:
            raise over(lent.number)
        if lent.renewal is not None:
            raise waits_already(lent.number)
        lent.check_open(renewal.volume)
        lent.renewal = renewal
        lent.review = UNREVIEWED

    def withdraw(self, lent: Lent) -> None:
        """Take the wish back."""
        lent.renewal = None
        lent.review = WITHDRAWN

    def review(self, lent: Lent, number: str) -> Lent | None:
        """Decide over the wish: approved if as many shares are still there.

        Args:
            lent: the contract.
            number: of the contract that a renewal of a part makes.

        Returns:
            That contract, which begins with the renewed shares; None when all of it was
            renewed, which keeps its number, or none.
        """
        renewal = lent.renewal
        if renewal is None:
            return None
        lent.renewal = None
        if renewal.volume > lent.open:
            lent.review = DECLINED
            return None
        lent.review = APPROVED
        due = lent.due + timedelta(days=renewal.days)
        if renewal.volume == lent.open:
            lent.due, lent.terms = due, renewal.terms
            lent.times += 1
            return None
        lent.open -= renewal.volume
        lent.renewed += renewal.volume
        part = Lent(
            number,
            renewal.apply_id,
            lent.offer,
            renewal.terms,
            lent.made,
            due,
            lent.price,
            renewal.volume,
            renewal.volume,
            times=lent.times + 1,
            before=lent.number,
            review=APPROVED,
        )
        self.add(part)
        return part

    def forget(self, day: date) -> None:
        """Drop what was closed before a day and is paid."""
        self.contracts = {
            number: lent
            for number, lent in self.contracts.items()
            if lent.closed is None or lent.closed >= day or lent.owed
        }

    def pay(self, amount: int) -> int:
        """Pay interest and penalty, the oldest contract first; returns what was needed."""
        left = amount
        for lent in self.contracts.values():
            left -= lent.pay(left)
        return amount - left
