"""Fees: their dates, their rounding, their minimum, against a slow Decimal model."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rules.orders import FUND, MAIN, SHENZHEN, TODAY, day_rules, money
from xtnb.errors import InputError
from xtnb.rules.fees import Fees, FeeSchedule
from xtnb.rules.tables import load

FEN = Decimal("0.01")
turnovers = st.one_of(st.integers(0, 10**6), st.integers(0, 10**9), st.integers(0, 10**13))
schedules = st.builds(
    FeeSchedule,
    commission_ppm=st.integers(0, 3000),
    minimum=st.integers(0, 1000).map(lambda fen: fen * 100),
    stamp_duty_ppm=st.one_of(st.none(), st.integers(0, 2000)),
    transfer_fee_ppm=st.one_of(st.none(), st.integers(0, 100)),
)
stocks = st.sampled_from([MAIN, FUND])


def slow_total(code: str, schedule: FeeSchedule, buy: bool, turnover: int) -> int:
    """The fees of a day in 2026, by schoolbook arithmetic in yuan."""
    traded = Decimal(turnover) / 10_000
    if not traded:
        return 0
    stamp = 500 if schedule.stamp_duty_ppm is None and code == MAIN else schedule.stamp_duty_ppm
    transfer = (
        10 if schedule.transfer_fee_ppm is None and code == MAIN else schedule.transfer_fee_ppm
    )

    def share(ppm: int | None) -> Decimal:
        return (traded * (ppm or 0) / 1_000_000).quantize(FEN, ROUND_HALF_UP)

    commission = max(share(schedule.commission_ppm), Decimal(schedule.minimum) / 10_000)
    duties = share(transfer) + (0 if buy else share(stamp))
    if not buy:
        commission = min(commission, (traded - duties) // FEN * FEN)
    return int((commission + duties) * 10_000)


@given(code=stocks, schedule=schedules, buy=st.booleans(), turnover=turnovers)
def test_fees_agree_with_a_slow_model(code, schedule, buy, turnover):
    rules = day_rules(code, schedule=schedule)
    expected = slow_total(code, schedule, buy, turnover)

    assert rules.fee_total(buy, turnover) == expected
    assert rules.fees(buy, turnover).total == expected
    assert min(vars_of(rules.fees(buy, turnover))) >= 0


def vars_of(fees: Fees) -> tuple[int, int, int]:
    return fees.commission, fees.stamp_duty, fees.transfer_fee


@given(code=stocks, schedule=schedules, buy=st.booleans(), a=turnovers, b=turnovers)
def test_fees_never_fall_as_an_order_trades_on(code, schedule, buy, a, b):
    rules = day_rules(code, schedule=schedule)

    assert rules.fee_total(buy, min(a, b)) <= rules.fee_total(buy, max(a, b))


@given(schedule=schedules, turnover=turnovers)
def test_a_sale_is_never_charged_more_than_it_brings(schedule, turnover):
    assert day_rules(schedule=schedule).fee_total(False, turnover) <= turnover


@given(schedule=schedules, before=turnovers, fill=st.integers(4, 10**10).map(lambda fen: fen * 100))
def test_no_fill_of_a_sale_takes_cash_away(schedule, before, fill):
    total = day_rules(schedule=schedule).fee_total

    assert total(False, before + fill) - total(False, before) <= fill


def test_a_sale_of_a_few_shares_costs_at_most_what_it_brings():
    rules = day_rules()

    assert rules.fees(False, money("3.21")) == Fees(money("3.21"), 0, 0)
    assert rules.fees(False, money("5.00")).total == money("5.00")


def test_the_default_fees_of_an_order():
    rules = day_rules()

    assert rules.fees(True, money("2100.00")) == Fees(money("5.00"), 0, money("0.02"))
    assert rules.fees(False, money("2100.00")) == Fees(money("5.00"), money("1.05"), money("0.02"))
    assert rules.fees(False, money("100000.00")) == Fees(
        money("25.00"), money("50.00"), money("1.00")
    )


def test_the_minimum_counts_once_per_order_however_many_fills():
    total = day_rules().fee_total
    turnover = money("1000.00")

    first = total(True, turnover)
    later = [total(True, turnover * n) - total(True, turnover * (n - 1)) for n in (2, 3, 4)]

    assert first == money("5.01")
    assert later == [money("0.01")] * 3


def test_an_order_without_fills_costs_nothing():
    assert day_rules().fees(True, 0) == Fees(0, 0, 0)
    assert day_rules().fee_total(False, 0) == 0


@pytest.mark.parametrize("code", [MAIN, SHENZHEN])
@pytest.mark.parametrize(
    ("day", "duty"),
    [(date(2023, 8, 27), "100.00"), (date(2023, 8, 28), "50.00"), (TODAY, "50.00")],
)
def test_stamp_duty_was_halved_in_2023_and_only_sales_pay_it(code, day, duty):
    rules = day_rules(code, day=day)

    assert rules.fees(False, money("100000.00")).stamp_duty == money(duty)
    assert rules.fees(True, money("100000.00")).stamp_duty == 0


@pytest.mark.parametrize("buy", [True, False])
@pytest.mark.parametrize(
    ("day", "fee"),
    [(date(2022, 4, 28), "2.00"), (date(2022, 4, 29), "1.00"), (TODAY, "1.00")],
)
def test_the_transfer_fee_was_halved_in_2022_and_both_sides_pay_it(buy, day, fee):
    assert day_rules(day=day).fees(buy, money("100000.00")).transfer_fee == money(fee)


@pytest.mark.parametrize("buy", [True, False])
def test_a_fund_pays_commission_alone(buy):
    assert day_rules(FUND).fees(buy, money("100000.00")) == Fees(money("25.00"), 0, 0)


def test_each_item_is_rounded_half_up_for_itself():
    fees = day_rules(schedule=FeeSchedule(minimum=0)).fees(False, money("1500.00"))

    assert fees == Fees(money("0.38"), money("0.75"), money("0.02"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"commission_ppm": 3001},
        {"commission_ppm": -1},
        {"minimum": -100},
        {"minimum": 50},
        {"stamp_duty_ppm": -1},
        {"transfer_fee_ppm": 100_001},
    ],
)
def test_a_schedule_beyond_the_legal_cap_or_below_nothing_is_an_error(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        FeeSchedule(**wrong)


def test_every_rate_says_how_sure_we_are():
    table = load("fees")

    assert table["commission"]["minimum"] == "5.00"
    assert table["commission"]["cap_ppm"] == 3000
    for item in ("stamp_duty", "transfer_fee"):
        for rows in (table[item]["stock"], table[item]["etf"]):
            assert all(row["status"] in table["status"] for row in rows)
            assert [row["from"] or "" for row in rows] == sorted(row["from"] or "" for row in rows)
