"""What a margin account has, owes and may do: the figures, without the moves.

Everything is computed from the ledgers and the present prices when it is asked for,
so the maintenance ratio and the available margin are those of the moment.
"""

from __future__ import annotations

from xtnb import xtconstant as c
from xtnb.rules.collateral import CreditSettings
from xtnb.rules.credit_figures import Funds, Room, Stake, maintenance_ratio, withdrawable
from xtnb.rules.margin import CreditRules, credit_rules
from xtnb.terminal.accounts.orders import Floor
from xtnb.terminal.accounts.stock import StockAccountBooks
from xtnb.terminal.ledgers.credit import CreditLedger
from xtnb.terminal.ledgers.debts import Debts
from xtnb.vocabulary.records import XtAsset


class CreditState(StockAccountBooks):
    """Money, holdings and debts of one margin account."""

    __slots__ = ("debts", "ledger")

    settings: CreditSettings

    def __init__(self, account_id: str, cash: int, floor: Floor, settings: CreditSettings) -> None:
        super().__init__(account_id, cash, floor, c.CREDIT_ACCOUNT, settings)
        self.ledger = CreditLedger(self.cash)
        self.debts = Debts(settings.interest_of_all_first)

    @property
    def rules(self) -> CreditRules:
        """What holds today."""
        return credit_rules(self.market.day(), self.settings)

    def market_value(self) -> int:
        """Value of all holdings."""
        return sum(held.volume * held.mark.last for held in self.holdings.values())

    def total_assets(self) -> int:
        """Money and market value; short proceeds are part of it."""
        return self.ledger.money + self.market_value()

    def short_value(self) -> int:
        """What the shares owed are worth now."""
        last = self.market.last_price
        return sum(
            one.left_volume * last(one.code)
            for one in self.debts.contracts.values()
            if one.left_volume
        )

    def total_debt(self) -> int:
        """Principal, shares owed at their price, interest and fees."""
        debts = self.debts
        interest = debts.interest(False) + debts.interest(True) + debts.other
        return debts.fin_principal + interest + self.short_value()

    def ratio(self) -> int:
        """The maintenance ratio at this moment's prices, ten-thousandths."""
        return maintenance_ratio(self.total_assets(), self.total_debt())

    def stakes(self) -> list[Stake]:
        """Every security held or owed, for the margin formula."""
        owed = self.debts.by_code()
        last = self.market.last_price
        found = []
        for code in {**self.holdings, **owed}:
            holding, debt = self.holdings.get(code), owed.get(code)
            volume = holding.volume if holding else 0
            if debt is None:
                found.append(Stake(code, last(code), volume))
            else:
                found.append(
                    Stake(
                        code,
                        last(code),
                        volume,
                        debt.fin_volume,
                        debt.fin_amount,
                        debt.slo_volume,
                        debt.slo_amount,
                    )
                )
        return found

    def available_margin(self) -> int:
        """Available margin now; below 0 when prices went against the account.

        Cash that open buy-to-return orders hold still counts, because it will settle a
        debt; other frozen cash does not. What open orders reserve is taken off. Ours.
        """
        ledger, debts = self.ledger, self.debts
        cash = self.cash.available + ledger.buying_back
        cash += ledger.proceeds + ledger.proceeds_frozen
        interest = debts.interest(False) + debts.interest(True) + debts.other
        formula = self.rules.available_margin(cash, interest, debts.fin_required, self.stakes())
        return formula - ledger.margin

    def funds(self) -> Funds:
        """What the account can spend, borrow and owes."""
        ledger, debts, settings = self.ledger, self.debts, self.settings
        return Funds(
            self.cash.available,
            ledger.proceeds,
            self.available_margin(),
            settings.fin_quota - debts.fin_principal - ledger.fin_quota,
            settings.slo_quota - debts.slo_amount - ledger.slo_quota,
            self.total_assets(),
            self.total_debt(),
        )

    def room(self, code: str, special: bool) -> Room:
        """What the account has of one security, in one pool."""
        holding = self.holdings.get(code)
        debts = self.debts
        owed = debts.shares_owed(code, special) - self.ledger.coming[code, special]
        owed = max(0, owed)
        lendable, due = self.lendable(code, special), debts.cash_due(special)
        if holding is None:
            return Room(lendable=lendable, owed=owed, due=due)
        debt = debts.by_code().get(code)
        financed, short = (debt.fin_volume, debt.slo_volume) if debt else (0, 0)
        own = max(0, min(holding.sellable, holding.volume - holding.frozen - financed))
        shares = holding.sellable, holding.volume, own
        return Room(*shares, lendable, owed, due, holding.on_road, short)

    def may_leave(self, code: str) -> int:
        """Own shares whose value is above the withdraw line. 提取线"""
        own = self.room(code, False).own
        assets, debt = self.total_assets(), self.total_debt()
        last = self.market.last_price(code)
        return withdrawable(own * last, assets, debt, self.settings.withdraw_line) // last

    def lendable(self, code: str, special: bool) -> int:
        """Shares that this account may still borrow of one pool."""
        if special:
            given = self.ledger.lent[code]
        else:
            security = self.rules.securities.get(code)
            given = security.lendable if security and security.slo else 0
        used = self.debts.shares_owed(code, special) + self.ledger.borrowed[code, special]
        return max(0, given - used)

    # -- the special pool, and fees from outside --------------------------------------------

    def lend_special(self, code: str, volume: int) -> None:
        """Add borrowed stock that the special forms may sell short."""
        self.ledger.lend_special(code, volume)

    def take_back_special(self, code: str, volume: int) -> None:
        """Give borrowed stock back to who lent it. Raises Refused while it is sold short."""
        used = self.debts.shares_owed(code, True) + self.ledger.borrowed[code, True]
        self.ledger.take_back_special(code, volume, used)

    def charge(self, amount: int) -> None:
        """Owe a fee that belongs to no contract; direct repayment (32) pays it first."""
        self.debts.other += amount

    def asset(self) -> XtAsset:
        """The account's money now.

        `cash` is without short proceeds, `total_asset` with them; `fetch_balance` is
        what is above the withdraw line.
        """
        record = super().asset()
        ledger, cash = self.ledger, self.cash
        assets, debt = self.total_assets(), self.total_debt()
        record.frozen_cash = (cash.frozen + ledger.proceeds_frozen) / 10_000
        record.total_asset = assets / 10_000
        free = withdrawable(cash.withdrawable, assets, debt, self.settings.withdraw_line)
        record.fetch_balance = free / 10_000
        return record
