"""What a margin account owes: pools, interest, and the order in which it is repaid."""

import pytest

from tests.terminal.credit_floor import PINGAN, PUFA, CreditFloor
from xtnb import xtconstant as c
from xtnb.errors import RefusalCode, Refused
from xtnb.rules.collateral import CreditSettings
from xtnb.terminal.accounts.credit_opening import OpeningDebt

FEN = pytest.approx


@pytest.fixture
def floor():
    return CreditFloor()


# -- the special pool ------------------------------------------------------------------------


def test_special_shares_are_sold_short_by_the_special_forms_only():
    floor = CreditFloor(special=[(PINGAN, 500)])
    price = floor.last(PINGAN)
    ordinary = floor.lendable(PINGAN)

    floor.deal(c.CREDIT_SLO_SELL_SPECIAL, PINGAN, 300, price)

    assert floor.compacts()[0].cashgroup_prop == 49
    assert (floor.lendable(PINGAN, 49), floor.lendable(PINGAN)) == (200, ordinary)
    floor.order(c.CREDIT_BUY_SECU_REPAY, PINGAN, 300, price)
    assert floor.reply.error_id == RefusalCode.DEBT
    floor.deal(c.CREDIT_BUY_SECU_REPAY_SPECIAL, PINGAN, 300, price)
    assert floor.lendable(PINGAN, 49) == 500


def test_special_shares_that_are_sold_short_cannot_be_taken_back():
    floor = CreditFloor(special=[(PINGAN, 500)])
    floor.deal(c.CREDIT_SLO_SELL_SPECIAL, PINGAN, 300, floor.last(PINGAN))

    with pytest.raises(Refused) as refused:
        floor.books.take_back_special(PINGAN, 201)
    floor.books.take_back_special(PINGAN, 200)

    assert refused.value.code == RefusalCode.LENDABLE
    assert floor.lendable(PINGAN, 49) == 0


def test_a_special_debt_is_repaid_by_the_special_forms_only():
    floor = CreditFloor()
    floor.deal(c.CREDIT_FIN_BUY_SPECIAL, PUFA, 1_000, floor.last(PUFA))

    floor.order(c.CREDIT_DIRECT_CASH_REPAY, "", 1_000)
    refused = floor.reply.error_id
    floor.order(c.CREDIT_DIRECT_CASH_REPAY_SPECIAL, "", 1_000)
    floor.deal(c.CREDIT_SELL_SECU_REPAY_SPECIAL, PUFA, 1_000, floor.last(PUFA))

    assert refused == RefusalCode.DEBT
    assert floor.detail().m_dFinDebt == 0


# -- debts -----------------------------------------------------------------------------------


def test_interest_counts_the_day_of_opening_and_not_the_day_of_repayment(floor):
    price = floor.last(PUFA)
    floor.deal(c.CREDIT_FIN_BUY, PUFA, 1_000, price)
    floor.deal(c.CREDIT_SLO_SELL, PINGAN, 1_000, floor.last(PINGAN))

    floor.next_day()
    floor.next_day()

    daily = round(1_000 * price * 0.065 / 365, 2)
    detail = floor.detail()
    assert detail.m_dFinFee == FEN(2 * daily)
    assert detail.m_dSloFee == FEN(2 * round(1_000 * floor.last(PINGAN) * 0.085 / 365, 2))
    floor.order(c.CREDIT_DIRECT_CASH_REPAY, "", 20_000)
    assert floor.compacts()[0].repaid_fare == FEN(2 * daily)
    assert floor.detail().m_dFinDebt == 0


def test_a_year_of_three_hundred_and_sixty_days_is_a_setting():
    floor = CreditFloor(settings=CreditSettings(interest_days=360))
    floor.deal(c.CREDIT_FIN_BUY, PUFA, 10_000, floor.last(PUFA))

    floor.next_day()

    assert floor.detail().m_dFinFee == FEN(round(10_000 * floor.last(PUFA) * 0.065 / 360, 2))
    assert floor.detail().m_nCalcConfig == 360


def debts_of(**settings):
    debts = (
        OpeningDebt(PUFA, False, 1_000, 100, 10),
        OpeningDebt(PINGAN, False, 1_000, 100, 5),
    )
    return CreditFloor(debts=debts, settings=CreditSettings(**settings))


def test_a_repayment_goes_to_the_oldest_contract_interest_first():
    floor = debts_of()
    old, young = floor.compacts()

    floor.order(c.CREDIT_DIRECT_CASH_REPAY, "", 5_000)

    after = floor.compacts()
    assert after[0].real_compact_fare == 0
    assert after[0].repaid_balance == FEN(5_000 - old.real_compact_fare)
    assert after[1] == young


def test_a_repayment_begins_with_the_contract_that_it_names():
    floor = debts_of()
    old, young = floor.compacts()

    floor.order(c.CREDIT_DIRECT_CASH_REPAY, "", 5_000, remark=young.compact_id)

    after = floor.compacts()
    assert after[0] == old
    assert after[1].repaid_balance == FEN(5_000 - young.real_compact_fare)


def test_all_interest_before_any_principal_is_a_setting():
    floor = debts_of(interest_of_all_first=True)

    floor.order(c.CREDIT_DIRECT_CASH_REPAY, "", 5_000)

    assert [contract.real_compact_fare for contract in floor.compacts()] == [0, 0]


def test_fees_from_outside_are_repaid_first():
    floor = debts_of()
    floor.books.charge(100 * 10_000)
    assert floor.detail().m_dOtherFare == 100

    floor.order(c.CREDIT_DIRECT_CASH_REPAY, "", 60)

    assert floor.detail().m_dOtherFare == 40
    assert all(contract.repaid_fare == 0 for contract in floor.compacts())


def test_a_contract_that_is_due_lives_as_long_again():
    floor = CreditFloor(
        debts=(OpeningDebt(PUFA, False, 100, 100, 3),), settings=CreditSettings(tenor_days=5)
    )
    first = floor.compacts()[0].ret_end_date
    for _ in range(2):
        floor.next_day()

    assert (first, floor.compacts()[0].ret_end_date) == (20261122, 20261127)


def test_closed_contracts_leave_the_list_with_the_day(floor):
    floor.deal(c.CREDIT_FIN_BUY, PUFA, 100, floor.last(PUFA))
    floor.order(c.CREDIT_DIRECT_CASH_REPAY, "", 20_000)
    today = len(floor.compacts())

    floor.next_day()

    assert (today, len(floor.compacts())) == (1, 0)


def test_interest_of_returned_shares_is_settled_out_of_the_proceeds():
    floor = CreditFloor(debts=(OpeningDebt(PINGAN, True, 1_000, 100, 30),))
    fare = floor.compacts()[0].real_compact_fare
    cash = floor.detail().m_dAvailable
    sold = floor.detail().m_dSloSellBalance

    floor.deal(c.CREDIT_BUY_SECU_REPAY, PINGAN, 1_000, floor.last(PINGAN))

    cost = 1_000 * floor.last(PINGAN) + floor.ask("query_stock_trades")[0].commission
    assert fare > 0
    assert floor.compacts()[0].repaid_fare == fare
    assert floor.detail().m_dAvailable == FEN(cash + sold - cost - fare)
