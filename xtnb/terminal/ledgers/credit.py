"""Money of a margin account: own cash, short proceeds, and what open orders reserve.

Invariants, after every move:

- own cash, free and frozen, and short proceeds, free and frozen, are never negative;
- frozen cash, frozen proceeds, reserved margin, quotas, borrowed shares and shares
  being bought back are each the sum over the holds of open orders;
- short proceeds leave only by `spend` (buying back), by `pay` (interest) and by
  `unlock` (no share is owed any more for them), which makes them own cash;
- a refused `take` has moved nothing.

Amounts are whole 1e-4 yuan; volumes are shares.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from xtnb.errors import CashShort, Refused
from xtnb.rules.credit_words import pool_short
from xtnb.terminal.ledgers.cash import CashLedger


@dataclass(slots=True)
class Hold:
    """What one open order reserves.

    Attributes:
        code, special: whose pool.
        short: it borrows shares; otherwise money or nothing.
        buying_back: its cash settles a debt, so the margin formula still counts it.
        cash, proceeds: frozen money.
        margin, quota: of the formula and of the credit line.
        borrowed: shares out of the pool.
        coming, returns: shares that a buy-to-return order still buys, and those of
            them that will go back to the lender.
    """

    code: str = ""
    special: bool = False
    short: bool = False
    buying_back: bool = False
    cash: int = 0
    proceeds: int = 0
    margin: int = 0
    quota: int = 0
    borrowed: int = 0
    coming: int = 0
    returns: int = 0


class CreditLedger:
    """Own cash, short proceeds and reservations.

    Attributes:
        cash: own cash, free and frozen.
        proceeds, proceeds_frozen: short proceeds not spent yet.
        margin, fin_quota, slo_quota: reserved by open orders.
        buying_back: of the frozen cash, what buy-to-return orders hold.
        borrowed, coming: shares reserved and being bought back, by (code, special).
        lent: shares that the special pool was given, by code.
    """

    __slots__ = (
        "borrowed",
        "buying_back",
        "cash",
        "coming",
        "fin_quota",
        "lent",
        "margin",
        "proceeds",
        "proceeds_frozen",
        "slo_quota",
    )

    def __init__(self, cash: CashLedger) -> None:
        self.cash = cash
        self.proceeds = self.proceeds_frozen = 0
        self.margin = self.fin_quota = self.slo_quota = self.buying_back = 0
        self.borrowed: Counter[tuple[str, bool]] = Counter()
        self.coming: Counter[tuple[str, bool]] = Counter()
        self.lent: Counter[str] = Counter()

    @property
    def money(self) -> int:
        """All of it: own cash and short proceeds, free and frozen."""
        return self.cash.available + self.cash.frozen + self.proceeds + self.proceeds_frozen

    # -- orders --------------------------------------------------------------------------

    def take(self, hold: Hold) -> None:
        """Reserve what an order needs. Raises CashShort, and then nothing has moved."""
        if hold.proceeds > self.proceeds:
            raise CashShort(hold.proceeds, self.proceeds)
        self.cash.freeze(hold.cash)
        self.proceeds -= hold.proceeds
        self.proceeds_frozen += hold.proceeds
        self._count(hold, hold.cash, hold.margin, hold.quota, hold.borrowed, hold.coming)

    def spend(self, hold: Hold, cash: int, proceeds: int = 0) -> None:
        """Pay for a fill out of what the order holds."""
        self.cash.spend(cash, cash)
        hold.cash -= cash
        if hold.buying_back:
            self.buying_back -= cash
        self.proceeds_frozen -= proceeds
        hold.proceeds -= proceeds

    def keep(
        self,
        hold: Hold,
        cash: int = 0,
        proceeds: int = 0,
        margin: int = 0,
        quota: int = 0,
        borrowed: int = 0,
        coming: int = 0,
        returns: int = 0,
    ) -> None:
        """Lower what an order holds to this; the rest is free again."""
        self.cash.release(hold.cash - cash)
        freed = hold.proceeds - proceeds
        self.proceeds_frozen -= freed
        self.proceeds += freed
        self._count(
            hold,
            cash - hold.cash,
            margin - hold.margin,
            quota - hold.quota,
            borrowed - hold.borrowed,
            coming - hold.coming,
        )
        hold.cash, hold.proceeds, hold.margin = cash, proceeds, margin
        hold.quota, hold.borrowed, hold.coming = quota, borrowed, coming
        hold.returns = returns

    def _count(
        self, hold: Hold, cash: int, margin: int, quota: int, borrowed: int, coming: int
    ) -> None:
        if hold.buying_back:
            self.buying_back += cash
        self.margin += margin
        if hold.short:
            self.slo_quota += quota
        else:
            self.fin_quota += quota
        if borrowed:
            self.borrowed[hold.code, hold.special] += borrowed
        if coming:
            self.coming[hold.code, hold.special] += coming

    # -- money ---------------------------------------------------------------------------

    def receive(self, amount: int) -> None:
        """Book what a short sale brought, after fees."""
        self.proceeds += amount

    def pay(self, amount: int) -> int:
        """Pay interest: short proceeds first, then own cash, both as far as they are free.

        Returns:
            What was paid.
        """
        of_proceeds = min(amount, self.proceeds)
        self.proceeds -= of_proceeds
        own = min(amount - of_proceeds, self.cash.available)
        self.cash.freeze(own)
        self.cash.spend(own, own)
        return of_proceeds + own

    def unlock(self, locked: int) -> None:
        """Make short proceeds own cash, but for `locked`: what open short contracts brought.

        What orders hold counts towards `locked` first.
        """
        free = min(self.proceeds, self.proceeds + self.proceeds_frozen - locked)
        if free > 0:
            self.proceeds -= free
            self.cash.receive(free)

    # -- the special pool ----------------------------------------------------------------

    def lend_special(self, code: str, volume: int) -> None:
        """Put shares into the special pool, for the special forms only."""
        self.lent[code] += volume

    def take_back_special(self, code: str, volume: int, used: int) -> None:
        """Take shares out of the special pool, of which `used` are sold short or in orders.

        Raises Refused (LENDABLE), and then nothing has moved.
        """
        free = self.lent[code] - used
        if volume > free:
            refusal: Refused = pool_short(code, volume, free)
            raise refusal
        self.lent[code] -= volume
