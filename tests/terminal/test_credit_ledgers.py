"""Debt contracts, short proceeds and what orders reserve: the two ledgers by themselves."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtnb.errors import CashShort, RefusalCode, Refused
from xtnb.terminal.ledgers.cash import CashLedger
from xtnb.terminal.ledgers.credit import CreditLedger, Hold
from xtnb.terminal.ledgers.debts import Debts

YUAN = 10_000
DAY = date(2026, 11, 20)


def debts_with(*amounts, **more):
    debts = Debts(**more)
    for number, amount in enumerate(amounts):
        one = debts.open(f"f{number}", "600000.SH", False, False, 10_000, DAY, 180)
        one.grow(100, amount)
    return debts


def totals(ledger):
    cash = ledger.cash
    return cash.available, cash.frozen, ledger.proceeds, ledger.proceeds_frozen


# -- contracts -------------------------------------------------------------------------------


def test_a_day_of_interest_is_the_rate_over_the_days_half_up_to_the_fen():
    debts = debts_with(10_000 * YUAN)

    debts.accrue(650, 850, 365)

    assert debts.interest(False) == 17_800  # 10,000 × 6.5 % / 365 = 1.7808


def test_repaying_in_part_frees_shares_in_proportion_rounded_to_the_lender():
    debts = debts_with(1_000 * YUAN)

    debts.repay(333 * YUAN, False)

    assert debts.contracts["f0"].shares == 67


def test_a_repayment_never_takes_more_than_is_owed():
    debts = debts_with(100 * YUAN, 200 * YUAN)

    assert debts.repay(1_000 * YUAN, False) == 300 * YUAN
    assert debts.cash_due(False) == 0
    assert all(contract.closed for contract in debts.contracts.values())


def test_a_name_of_another_pool_changes_no_order():
    debts = debts_with(100 * YUAN)
    debts.open("s", "600000.SH", False, True, 10_000, DAY, 180).grow(100, 100 * YUAN)

    debts.repay(10 * YUAN, False, "s")

    assert debts.contracts["f0"].left_amount == 90 * YUAN
    assert debts.contracts["s"].left_amount == 100 * YUAN


def test_the_last_share_takes_the_rest_of_the_amount():
    debts = Debts()
    one = debts.open("s", "600000.SH", True, False, 10_000, DAY, 180)
    one.grow(3, 10 * YUAN, 9 * YUAN)

    for _ in range(3):
        assert debts.locked == 9 * YUAN
        assert [contract.number for contract in debts.give_back("600000.SH", 1, False)] == ["s"]

    assert (one.left_volume, one.left_amount, debts.locked) == (0, 0, 0)


def test_a_part_of_the_shares_takes_its_part_of_the_amount_half_up():
    debts = Debts()
    one = debts.open("s", "600000.SH", True, False, 10_000, DAY, 180)
    one.grow(2, 10_001)

    debts.give_back("600000.SH", 1, False)

    assert one.left_amount == 5_000


amounts = st.integers(0, 10**12)


@given(
    borrowed=st.lists(st.integers(1, 10**10), max_size=5),
    payments=st.lists(st.tuples(amounts, st.booleans()), max_size=12),
    all_first=st.booleans(),
)
def test_no_sequence_of_repayments_loses_money(borrowed, payments, all_first):
    debts = debts_with(*borrowed, interest_of_all_first=all_first)
    paid = 0
    for amount, accrue in payments:
        if accrue:
            debts.accrue(650, 850, 360)
        due = debts.cash_due(False)
        now = debts.repay(amount, False)
        paid += now
        assert now == min(amount, due)
        assert debts.cash_due(False) == due - now
    fares = sum(contract.fare for contract in debts.contracts.values())
    assert paid + debts.cash_due(False) == sum(borrowed) + fares
    for contract in debts.contracts.values():
        assert 0 <= contract.left_amount <= contract.amount
        assert 0 <= contract.fare_left <= contract.fare
        assert 0 <= contract.shares <= contract.volume


# -- money -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("cash", "proceeds"), [(101, 0), (0, 51), (101, 51)])
def test_a_refused_reservation_leaves_the_ledger_as_it_was(cash, proceeds):
    ledger = CreditLedger(CashLedger(100))
    ledger.receive(50)

    with pytest.raises(CashShort):
        ledger.take(Hold(cash=cash, proceeds=proceeds, margin=7, quota=8))

    assert totals(ledger) == (100, 0, 50, 0)
    assert (ledger.margin, ledger.fin_quota, ledger.slo_quota) == (0, 0, 0)


def test_interest_takes_proceeds_before_cash_and_no_more_than_is_free():
    ledger = CreditLedger(CashLedger(100))
    ledger.receive(50)

    assert ledger.pay(70) == 70
    assert totals(ledger) == (80, 0, 0, 0)
    assert ledger.pay(100) == 80
    assert totals(ledger) == (0, 0, 0, 0)


def test_proceeds_become_cash_but_for_what_is_locked():
    ledger = CreditLedger(CashLedger(0))
    ledger.receive(100)
    ledger.take(Hold(buying_back=True, proceeds=40))

    ledger.unlock(70)
    assert totals(ledger) == (30, 0, 30, 40)

    ledger.unlock(0)
    assert totals(ledger) == (60, 0, 0, 40)


def test_only_unused_special_shares_can_be_taken_back():
    ledger = CreditLedger(CashLedger(0))
    ledger.lend_special("600000.SH", 500)

    with pytest.raises(Refused) as refused:
        ledger.take_back_special("600000.SH", 300, used=201)
    ledger.take_back_special("600000.SH", 299, used=201)

    assert refused.value.code == RefusalCode.LENDABLE
    assert ledger.lent["600000.SH"] == 201


shares = st.integers(0, 50)
moves = st.lists(
    st.tuples(
        st.sampled_from(("take", "spend", "keep", "receive", "pay", "unlock")), shares, shares
    ),
    max_size=30,
)


@given(moves=moves)
def test_holds_always_add_up_to_what_the_ledger_has_frozen(moves):
    ledger = CreditLedger(CashLedger(200))
    holds, gone, come = [], 0, 0
    for name, one, two in moves:
        if name == "take":
            hold = Hold(
                "x", buying_back=one % 2 == 0, cash=one, proceeds=two, margin=one, quota=two
            )
            if one <= ledger.cash.available and two <= ledger.proceeds:
                ledger.take(hold)
                holds.append(hold)
        elif name == "spend" and holds:
            hold = holds[one % len(holds)]
            cash, proceeds = min(one, hold.cash), min(two, hold.proceeds)
            ledger.spend(hold, cash, proceeds)
            gone += cash + proceeds
        elif name == "keep" and holds:
            hold = holds[one % len(holds)]
            ledger.keep(hold, min(one, hold.cash), min(two, hold.proceeds), quota=0)
        elif name == "receive":
            ledger.receive(one)
            come += one
        elif name == "pay":
            gone += ledger.pay(one)
        elif name == "unlock":
            ledger.unlock(one)
        assert min(totals(ledger)) >= 0
        assert ledger.cash.frozen == sum(hold.cash for hold in holds)
        assert ledger.proceeds_frozen == sum(hold.proceeds for hold in holds)
        assert ledger.margin == sum(hold.margin for hold in holds)
        assert ledger.fin_quota == sum(hold.quota for hold in holds)
        assert ledger.buying_back == sum(hold.cash for hold in holds if hold.buying_back)
        assert ledger.money == 200 + come - gone
