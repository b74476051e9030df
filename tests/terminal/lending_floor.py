"""The margin account's floor, with words for borrowing."""

from tests.terminal.credit_floor import CODES, CreditFloor
from xtnb import xtconstant as c

BORROWED = "600000.SH"
SHORT, BACK = c.CREDIT_SLO_SELL_SPECIAL, c.CREDIT_BUY_SECU_REPAY_SPECIAL


class LendingFloor(CreditFloor):
    """Mary has half a million yuan and no debts; the sources are full."""

    def __init__(self, **other):
        super().__init__(**({"positions": (), "codes": CODES} | other))

    def negotiate(self, volume=1_000, days=7, rate=0.08, code=BORROWED, group="G01", **rates):
        """Returns success, text and the number of the application."""
        return self.ask(
            "smt_negotiate_order",
            src_group_id=group,
            order_code=code,
            date=days,
            amount=volume,
            apply_rate=rate,
            dict_param=rates,
        )

    def appoint(self, volume=1_000, days=14, rate=0.07, code=BORROWED):
        return self.ask(
            "smt_appointment_order", order_code=code, date=days, amount=volume, apply_rate=rate
        )

    def withdraw(self, apply_id):
        return self.ask("smt_appointment_cancel", apply_id=apply_id)

    def give_back(self, number, volume, code=BORROWED, group=""):
        return self.ask(
            "smt_compact_return",
            src_group_id=group,
            cash_compact_id=number,
            order_code=code,
            occur_amount=volume,
        )

    def renew(self, number, volume, days=7, rate=0.09, code=BORROWED):
        return self.ask(
            "smt_compact_renewal",
            cash_compact_id=number,
            order_code=code,
            defer_days=days,
            defer_num=volume,
            apply_rate=rate,
        )

    def quotes(self):
        """Shares left by source group and code."""
        rows = self.ask("smt_query_quoter")
        return {(row.srcGroupId, row.code): row.enableSloAmountT3 for row in rows}

    def contracts(self):
        return self.ask("smt_query_compact")

    def contract(self):
        (row,) = self.contracts()
        return row

    def applications(self):
        return self.ask("smt_query_order")

    def fees(self):
        """Fees that the account owes, yuan."""
        return self.books.debts.other / 10_000

    def pool(self, code=BORROWED):
        return self.lendable(code, pool=49)

    def days(self, count):
        for _ in range(count):
            self.next_day()
