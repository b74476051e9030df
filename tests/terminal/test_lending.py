"""Borrowing securities: quotes, applications, contracts, days, states."""

import pytest

from tests.terminal.credit_floor import BOB, PINGAN
from tests.terminal.lending_floor import BACK, BORROWED, SHORT, LendingFloor
from xtnb import xtconstant as c
from xtnb.errors import RefusalCode


@pytest.fixture
def floor():
    return LendingFloor()


def test_the_quotes_tell_terms_and_rates_by_source_group(floor):
    rows = floor.ask("smt_query_quoter")

    mine = next(row for row in rows if (row.srcGroupId, row.code) == ("G01", BORROWED))
    assert (mine.lowDate, mine.date, mine.applyMode) == (1, 28, "1")
    assert (mine.fsmOccupiedRate, mine.unUsedRate) == (0.075, 0.02)
    assert (mine.fsmPreendRate, mine.fineRate) == (0.01, 0.1)
    assert (mine.enableSloAmountT0, mine.enableSloAmountT3) == (150_000, 150_000)
    assert (mine.initDate, mine.endDate) == (20261120, 20261218)
    assert {row.srcGroupId for row in rows} == {"G01", "G02", "G03"}
    earmarked = [row for row in rows if row.applyMode == "2"]
    assert {row.enableSloAmountT0 for row in earmarked} == {0}


def test_what_is_borrowed_is_a_contract_and_lies_in_the_special_pool(floor):
    success, _, apply_id = floor.negotiate(1_000)

    assert success
    contract = floor.contract()
    assert (contract.applyId, contract.compactStatus) == (apply_id, "0")
    assert (contract.beginCompacAmount, contract.usedAmount) == (1_000, 0)
    assert (contract.createDate, contract.validDate) == (20261120, 20261127)
    assert contract.usedRate == 0.08
    assert floor.pool() == 1_000
    assert floor.quotes()["G01", BORROWED] == 149_000
    (application,) = floor.applications()
    assert (application.applyStatus, application.businessAmount) == ("1", 1_000)
    assert application.cashcompactId == contract.cashcompactId


def test_what_is_borrowed_can_be_sold_short_with_the_special_form_and_nothing_else(floor):
    floor.negotiate(1_000)
    price = floor.last(BORROWED)
    refused = [
        floor.order(kind, BORROWED, 600, price)
        for kind in (c.CREDIT_SELL, c.CREDIT_SELL_SECU_REPAY)
    ]
    too_many = floor.order(SHORT, BORROWED, 1_100, price)

    floor.deal(SHORT, BORROWED, 600, price)

    for number in (*refused, too_many):
        assert floor.record(number).order_status == c.ORDER_JUNK
    assert (floor.contract().usedAmount, floor.pool()) == (600, 400)


def test_without_a_contract_there_is_nothing_to_sell_short(floor):
    number = floor.order(SHORT, BORROWED, 100, floor.last(BORROWED))

    assert floor.record(number).order_status == c.ORDER_JUNK


def test_interest_is_the_used_rate_on_what_is_sold_short_and_the_unused_rate_on_the_rest(floor):
    floor.negotiate(1_000, rate=0.09)
    price = floor.last(BORROWED)
    floor.deal(SHORT, BORROWED, 600, price)
    today = floor.contract().preOccupiedInterest

    floor.next_day()

    expected = round(price * (600 * 0.09 + 400 * 0.02) / 360 + 1e-9, 2)
    assert today == floor.contract().compactInterest == expected
    assert floor.fees() == expected


def test_a_return_pays_what_the_contract_owes_and_gives_the_shares_back(floor):
    floor.negotiate(1_000, days=3)
    floor.days(3)
    owed, cash = floor.contract().compactInterest, floor.asset().cash
    number = floor.contract().cashcompactId

    assert floor.give_back(number, 1_000)[0]

    contract = floor.contract()
    assert (contract.compactStatus, contract.returnAmount) == ("3", 1_000)
    assert (contract.repaidInterest, contract.compactInterest) == (owed, 0)
    assert floor.asset().cash == pytest.approx(cash - owed)
    assert (floor.fees(), floor.pool()) == (0, 0)
    assert floor.quotes()["G01", BORROWED] == 150_000


def test_an_early_return_costs_its_rate_for_the_days_that_are_left(floor):
    floor.negotiate(1_000, days=10)
    price = floor.last(BORROWED)
    number = floor.contract().cashcompactId

    floor.give_back(number, 400)
    first = floor.contract()
    floor.give_back(number, 600)
    second = floor.contract()

    assert (first.compactStatus, second.compactStatus) == ("1", "2")
    assert first.repaidInterest == round(price * 400 * 0.01 * 10 / 360 + 1e-9, 2)
    assert second.compactInterestx == pytest.approx(
        first.repaidInterest + round(price * 600 * 0.01 * 10 / 360 + 1e-9, 2)
    )
    assert second.repaidDate == 20261120


def test_shares_that_are_sold_short_cannot_be_returned(floor):
    floor.negotiate(1_000)
    floor.deal(SHORT, BORROWED, 600, floor.last(BORROWED))
    before = floor.state(), floor.contracts()

    success, text, apply_id = floor.give_back(floor.contract().cashcompactId, 500)

    assert (success, apply_id) == (False, "-1")
    assert "400" in text
    assert (floor.state(), floor.contracts()) == before


def test_at_the_end_of_the_due_day_what_lies_unused_goes_back_by_itself(floor):
    floor.negotiate(1_000, days=2)

    floor.days(2)
    before = floor.contract()
    floor.next_day()

    assert (before.compactStatus, before.compacAmount) == ("0", 1_000)
    after = floor.contract()
    assert (after.compactStatus, after.compacAmount) == ("3", 0)
    assert floor.fees() == 0
    floor.days(2)
    assert floor.contracts() == []


def test_what_is_kept_beyond_the_term_is_overdue_and_costs_the_penalty_rate_on_top(floor):
    floor.negotiate(1_000, days=1)
    price = floor.last(BORROWED)
    floor.deal(SHORT, BORROWED, 1_000, price)
    floor.days(2)
    status = floor.contract().compactStatus

    floor.next_day()
    contract = floor.contract()
    floor.deal(BACK, BORROWED, 1_000, floor.last(BORROWED))
    floor.give_back(contract.cashcompactId, 1_000)

    assert (status, contract.compactStatus) == ("5", "5")
    assert contract.compactFineInterest == round(price * 1_000 * 0.1 / 360 + 1e-9, 2)
    assert contract.enPostponeAmount == 0
    last = floor.contract()
    assert (last.compactStatus, last.compactFineInterest) == ("4", 0)
    assert last.repaidFineInterest == contract.compactFineInterest


def test_direct_repayment_pays_the_interest_of_contracts(floor):
    floor.negotiate(100_000, days=10)
    floor.next_day()
    owed = floor.contract().compactInterest

    floor.order(c.CREDIT_DIRECT_CASH_REPAY, "", 20, 0.0)

    assert owed > 20
    assert floor.contract().repaidInterest == 20
    assert floor.contract().compactInterest == pytest.approx(owed - 20)
    assert floor.fees() == pytest.approx(owed - 20)


def test_interest_that_no_cash_covers_stays_a_fee(floor):
    poor = LendingFloor(cash=1)
    poor.negotiate(100_000, days=1)
    poor.days(2)

    contract = poor.contract()
    assert (contract.compactStatus, contract.compacAmount) == ("3", 0)
    assert contract.repaidInterest == 1
    assert poor.fees() == pytest.approx(contract.compactInterest)
    poor.days(3)
    assert poor.contract().compactInterest == contract.compactInterest


def test_earmarked_securities_come_with_the_next_day(floor):
    success, _, apply_id = floor.appoint(1_000, days=14)
    waiting = floor.applications()[0].applyStatus, floor.contracts(), floor.pool()

    floor.next_day()

    assert success
    assert waiting == ("0", [], 0)
    contract = floor.contract()
    assert (contract.applyId, contract.createDate) == (apply_id, 20261121)
    assert (contract.applyMode, contract.srcGroupId) == ("2", "G03")
    assert (floor.pool(), floor.applications()[0].applyStatus) == (1_000, "1")
    assert (contract.compactInterest, floor.fees()) == (0, 0)


def test_of_two_waiting_applications_the_second_is_refused_when_the_source_is_empty(floor):
    floor.appoint(200_000)
    floor.appoint(200_000)

    floor.next_day()

    assert [row.applyStatus for row in floor.applications()] == ["1", "3"]
    assert floor.quotes()["G03", BORROWED] == 100_000


def test_a_waiting_application_can_be_withdrawn(floor):
    _, _, apply_id = floor.appoint()

    assert floor.withdraw(apply_id)[0]
    floor.next_day()

    assert floor.contracts() == []
    assert floor.applications()[0].applyStatus == "2"
    assert not floor.withdraw(apply_id)[0]


def test_a_contract_of_today_that_lies_untouched_can_be_undone(floor):
    _, _, apply_id = floor.negotiate()

    success, _, same = floor.withdraw(apply_id)

    assert (success, same) == (True, apply_id)
    assert (floor.contract().compactStatus, floor.contract().compacAmount) == ("9", 0)
    assert (floor.pool(), floor.quotes()["G01", BORROWED]) == (0, 150_000)
    floor.next_day()
    assert floor.fees() == 0


def test_a_contract_that_is_used_or_older_cannot_be_undone(floor):
    _, _, used = floor.negotiate(100)
    floor.deal(SHORT, BORROWED, 100, floor.last(BORROWED))
    assert not floor.withdraw(used)[0]
    assert floor.contract().compactStatus == "0"

    floor.next_day()

    success, text, _ = floor.withdraw(used)
    assert not success
    assert "no longer" in text
    assert floor.reply.error_id == RefusalCode.NOT_CANCELLABLE


def test_a_renewal_is_reviewed_with_the_turn_of_the_day(floor):
    floor.negotiate(1_000, days=7, rate=0.08)
    number = floor.contract().cashcompactId

    success, _, apply_id = floor.renew(number, 1_000, days=7, rate=0.09)
    waiting = floor.contract()
    floor.next_day()

    assert success
    assert int(apply_id) > 0
    assert (waiting.postponeStatus, waiting.enPostponeAmount) == ("0", 0)
    contract = floor.contract()
    assert (contract.cashcompactId, contract.postponeStatus) == (number, "1")
    assert (contract.validDate, contract.postponeTimes) == (20261204, 1)
    assert contract.usedRate == 0.09


def test_a_renewal_of_a_part_makes_a_contract_of_its_own(floor):
    floor.negotiate(1_000, days=1)
    number = floor.contract().cashcompactId
    floor.renew(number, 300, days=7)

    floor.next_day()
    old, new = floor.contracts()
    floor.next_day()

    assert (old.compacAmount, new.compacAmount) == (700, 300)
    assert (new.oriCashcompactId, new.postponeTimes) == (number, 1)
    assert (old.validDate, new.validDate) == (20261121, 20261128)
    assert [row.compactStatus for row in floor.contracts()] == ["3", "0"]
    assert floor.pool() == 300


def test_a_renewal_can_be_withdrawn(floor):
    floor.negotiate(1_000)
    _, _, apply_id = floor.renew(floor.contract().cashcompactId, 1_000)

    assert floor.withdraw(apply_id)[0]
    floor.next_day()

    assert floor.contract().postponeStatus == "2"
    assert floor.contract().validDate == 20261127


def test_a_renewal_of_more_than_is_left_at_the_review_is_refused(floor):
    floor.negotiate(1_000)
    number = floor.contract().cashcompactId
    floor.renew(number, 1_000)
    floor.give_back(number, 400)

    floor.next_day()

    assert floor.contract().postponeStatus == "3"


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"volume": 150}, "multiple of 100"),
        ({"volume": 200_000}, "149,000"),
        ({"days": 29}, "1 to 28 days"),
        ({"rate": 0.05}, "below 7.50%"),
        ({"rate": 0.08001}, "four decimals"),
        ({"code": "688981.SH"}, "below 10.80%"),
        ({"code": "510500.SH"}, "no source lends"),
        ({"group": "G03"}, "no source lends"),
        ({"group": "G99"}, "no source lends"),
        ({"fineRate": 0.05}, "penalty rate"),
        ({"subFareRate": 0.005}, "early return rate"),
    ],
)
def test_an_application_that_no_source_takes_fails_with_its_reason(floor, other, words):
    floor.negotiate(1_000)
    before = floor.state(), floor.contracts(), floor.quotes()

    success, text, apply_id = floor.negotiate(**other)

    assert (success, apply_id) == (False, "-1")
    assert words in text
    assert (floor.state(), floor.contracts(), floor.quotes()) == before


def test_without_a_group_the_cheapest_source_that_lends_takes_it(floor):
    floor.negotiate(1_000, days=7, group="")
    floor.negotiate(1_000, days=3, group="")

    assert [row.srcGroupId for row in floor.contracts()] == ["G02", "G01"]


def test_offered_rates_above_the_source_s_hold(floor):
    floor.negotiate(100, days=7, rate=0.2, code=PINGAN, group="", subFareRate=0.1, fineRate=0.1)

    contract = floor.contract()
    assert (contract.usedRate, contract.preendRate, contract.fineRate) == (0.2, 0.1, 0.1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda floor, number: floor.give_back("C0", 100), "no contract C0"),
        (lambda floor, number: floor.give_back(number, 100, code=PINGAN), "no contract"),
        (lambda floor, number: floor.give_back(number, 100, group="G02"), "no contract"),
        (lambda floor, number: floor.give_back(number, 1_100), "1,000"),
        (lambda floor, number: floor.give_back(number, 50), "multiple of 100"),
        (lambda floor, number: floor.renew(number, 1_100), "1,000"),
        (lambda floor, number: floor.renew(number, 1_000, rate=0.01), "below"),
        (lambda floor, number: floor.renew(number, 1_000, days=400), "days"),
        (lambda floor, number: floor.withdraw("7"), "no application 7"),
    ],
)
def test_a_change_that_fits_no_contract_fails_with_its_reason(floor, change, words):
    floor.negotiate(1_000)
    before = floor.contracts()

    success, text, apply_id = change(floor, floor.contract().cashcompactId)

    assert (success, apply_id) == (False, "-1")
    assert words in text
    assert floor.contracts() == before


def test_what_lies_in_the_pool_to_begin_with_can_be_put_under_a_contract():
    floor = LendingFloor(special=((BORROWED, 1_000), (PINGAN, 10**9)))

    for books in floor.terminal._accounts.values():
        floor.terminal.lending.begin(books)

    contract = floor.contract()
    assert (contract.code, contract.compacAmount, contract.date) == (BORROWED, 1_000, 28)
    assert floor.pool() == 1_000
    assert floor.quotes()[contract.srcGroupId, BORROWED] == 149_000
    assert floor.give_back(contract.cashcompactId, 1_000)[0]


def test_only_a_margin_account_borrows(floor):
    assert floor.ask("smt_query_quoter", BOB) is None
    assert "margin account" in floor.reply.error
    reply = floor.ask("smt_appointment_cancel", BOB, apply_id="1")
    assert reply == (False, floor.reply.error, "-1")


def test_an_unknown_account_has_no_quotes(floor):
    assert floor.ask("smt_query_quoter", "404") is None
    assert "404" in floor.reply.error
