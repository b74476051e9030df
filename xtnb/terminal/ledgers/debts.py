"""Debt contracts of one margin account: what was borrowed, what is owed, what was paid.

Invariants, after every move:

- of every contract `0 <= left_amount <= amount`, `0 <= left_volume <= volume` and
  `0 <= fare_left <= fare`; what is not left was repaid;
- a short contract that owes no shares owes no amount (its interest may still be owed);
- a repayment pays exactly what it says, and never more than is owed in its pool;
- interest comes only from `accrue`, whole fen a day.

Ordinary and special contracts (`special`) are repaid apart. The order: the contract
that the request names, then the oldest; of each, interest first and then principal,
or all interest first where the settings say so; interest of short contracts comes
last. Source: unverified (rules.md repay_order), so partly settings and otherwise ours.

Amounts are whole 1e-4 yuan, ratios and rates ten-thousandths, volumes shares.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from xtnb.rules.collateral import WHOLE
from xtnb.vocabulary.money import half_up, to_fen


@dataclass(slots=True)
class Contract:
    """One debt contract. 负债合约

    Attributes:
        number: its name, unique in the account.
        code: the security bought on margin or sold short.
        short, special: which kind, and of which pool.
        ratio: margin ratio at which it was opened; kept when it is extended.
        opened, due: days.
        volume, amount: shares and money at opening; it grows while its order fills.
        left_volume: shares still owed (short contracts).
        left_amount: principal still owed; for shorts, what the shares still owed
            were sold for.
        fare, fare_left: interest and fees so far, and of it what is still owed.
        proceeds: what the short sale brought after fees; locked until every share
            is back.
    """

    number: str
    code: str
    short: bool
    special: bool
    ratio: int
    opened: date
    due: date
    volume: int = 0
    amount: int = 0
    left_volume: int = 0
    left_amount: int = 0
    fare: int = 0
    fare_left: int = 0
    proceeds: int = 0

    @property
    def closed(self) -> bool:
        """Whether nothing is owed any more."""
        return not (self.left_volume if self.short else self.left_amount) and not self.fare_left

    @property
    def shares(self) -> int:
        """Shares owed; of a financing contract the part of the purchase not yet repaid."""
        if self.short:
            return self.left_volume
        return -(-self.volume * self.left_amount // self.amount) if self.amount else 0

    def grow(self, volume: int, amount: int, proceeds: int = 0) -> None:
        """Book one more fill of the order that opens it."""
        self.volume += volume
        self.amount += amount
        self.left_amount += amount
        if self.short:
            self.left_volume += volume
            self.proceeds += proceeds

    def pay_interest(self, amount: int) -> int:
        """Pay interest out of `amount`; returns what was needed."""
        paid = min(amount, self.fare_left)
        self.fare_left -= paid
        return paid

    def pay_principal(self, amount: int) -> int:
        """Pay principal out of `amount`; returns what was needed."""
        paid = min(amount, self.left_amount)
        self.left_amount -= paid
        return paid

    def give_back(self, volume: int) -> int:
        """Return shares out of `volume`; returns how many were owed."""
        back = min(volume, self.left_volume)
        if back:
            self.left_amount -= half_up(self.left_amount * back, self.left_volume)
            self.left_volume -= back
        return back


@dataclass(slots=True)
class Owed:
    """What is owed on account of one security. See `Debts.by_code`."""

    fin_volume: int = 0
    fin_amount: int = 0
    slo_volume: int = 0
    slo_amount: int = 0


class Debts:
    """All contracts of an account, oldest first.

    Attributes:
        contracts: by number; closed ones stay until `forget_closed`.
        other: fees that belong to no contract, such as those of borrowed stock.
    """

    __slots__ = ("_interest_of_all_first", "contracts", "other")

    def __init__(self, interest_of_all_first: bool = False) -> None:
        self.contracts: dict[str, Contract] = {}
        self.other = 0
        self._interest_of_all_first = interest_of_all_first

    def open(
        self,
        number: str,
        code: str,
        short: bool,
        special: bool,
        ratio: int,
        day: date,
        tenor_days: int,
    ) -> Contract:
        """A new contract that owes nothing yet; `Contract.grow` fills it."""
        contract = Contract(
            number, code, short, special, ratio, day, day + timedelta(days=tenor_days)
        )
        self.contracts[number] = contract
        return contract

    # -- sums ----------------------------------------------------------------------------

    def _of(self, short: bool) -> Iterator[Contract]:
        return (one for one in self.contracts.values() if one.short is short)

    @property
    def fin_principal(self) -> int:
        """Principal of margin buying that is owed."""
        return sum(one.left_amount for one in self._of(False))

    @property
    def fin_required(self) -> int:
        """Σ principal × margin ratio of its contract, 1e-4 yuan × ten-thousandths."""
        return sum(one.left_amount * one.ratio for one in self._of(False))

    @property
    def slo_amount(self) -> int:
        """What the shares that are owed were sold for."""
        return sum(one.left_amount for one in self._of(True))

    @property
    def locked(self) -> int:
        """Short proceeds of contracts that still owe shares."""
        return sum(one.proceeds for one in self._of(True) if one.left_volume)

    def interest(self, short: bool) -> int:
        """Interest owed by contracts of one kind."""
        return sum(one.fare_left for one in self._of(short))

    def shares_owed(self, code: str, special: bool) -> int:
        """Shares of a security that are owed in one pool."""
        return sum(
            one.left_volume for one in self._of(True) if one.code == code and one.special is special
        )

    def cash_due(self, special: bool) -> int:
        """Cash owed in one pool: principal, interest of both kinds and other fees."""
        due = 0 if special else self.other
        for one in self.contracts.values():
            if one.special is special:
                due += one.fare_left + (0 if one.short else one.left_amount)
        return due

    def by_code(self) -> dict[str, Owed]:
        """What is owed, by security."""
        found: dict[str, Owed] = {}
        for one in self.contracts.values():
            if one.left_amount or one.left_volume:
                owed = found.get(one.code)
                if owed is None:
                    owed = found[one.code] = Owed()
                if one.short:
                    owed.slo_volume += one.left_volume
                    owed.slo_amount += one.left_amount
                else:
                    owed.fin_volume += one.shares
                    owed.fin_amount += one.left_amount
        return found

    # -- moves ---------------------------------------------------------------------------

    def repay(self, amount: int, special: bool, named: str = "") -> int:
        """Pay cash debts of one pool out of `amount`; returns what was needed."""
        left = amount
        if not special:
            paid = min(left, self.other)
            self.other -= paid
            left -= paid
        queue = self._queue(special, named)
        financing = [one for one in queue if not one.short]
        if self._interest_of_all_first:
            for one in financing:
                left -= one.pay_interest(left)
        for one in financing:
            left -= one.pay_interest(left)
            left -= one.pay_principal(left)
        for one in queue:
            left -= one.pay_interest(left)
        return amount - left

    def give_back(self, code: str, volume: int, special: bool, named: str = "") -> list[Contract]:
        """Return shares to the lender; returns the contracts that got some.

        No more than `shares_owed` may be given.
        """
        touched = []
        for one in self._queue(special, named):
            if one.short and one.code == code and volume:
                back = one.give_back(volume)
                volume -= back
                if back:
                    touched.append(one)
        assert not volume, "more shares came back than were owed"
        return touched

    def accrue(self, fin_rate: int, slo_rate: int, days: int) -> None:
        """Add a day's interest on what is owed now: amount × rate / days, half up to the fen."""
        for one in self.contracts.values():
            rate = slo_rate if one.short else fin_rate
            interest = to_fen(one.left_amount * rate, WHOLE * days)
            one.fare += interest
            one.fare_left += interest

    def extend(self, day: date, tenor_days: int) -> None:
        """Give a contract that is due by `day` its life once more. Ours."""
        for one in self.contracts.values():
            while one.due <= day:
                one.due += timedelta(days=tenor_days)

    def forget_closed(self) -> None:
        """Drop the contracts that owe nothing."""
        self.contracts = {number: one for number, one in self.contracts.items() if not one.closed}

    def _queue(self, special: bool, named: str) -> list[Contract]:
        """Contracts of a pool in the order in which they are repaid."""
        queue = [one for one in self.contracts.values() if one.special is special]
        first = self.contracts.get(named)
        if first is not None and first in queue:
            queue.remove(first)
            queue.insert(0, first)
        return queue
