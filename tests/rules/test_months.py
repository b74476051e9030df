"""Which contracts are listed on which day, what they are called, and what they begin from."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xtnb.rules.futures import Future
from xtnb.rules.futures_listed import (
    DAYS_OF_THE_MAIN_MONTH,
    all_futures,
    contract,
    future_named,
    listing,
    main_future,
    months_of,
    products,
)
from xtnb.rules.instruments import find
from xtnb.rules.listed import everything, first_reference, lookup, rules_of
from xtnb.rules.months import DEMO_DAY, last_day, listed_months
from xtnb.rules.options_futures import all_future_options, future_option_months
from xtnb.rules.options_listed import (
    OptionContract,
    all_stock_options,
    option_months,
    stock_option_named,
)
from xtnb.vocabulary.symbols import parse_symbol

TWO_YEARS = [DEMO_DAY + timedelta(days=n) for n in range(731)]
NEW_YEAR = date(2027, 1, 1)
days = st.dates(date(2020, 1, 1), date(2060, 12, 31))


def nothing_known(code):
    return None


def contracts(day):
    """What comes and goes, by code."""
    return {**all_futures(day), **all_stock_options(day), **all_future_options(day)}


# -- on some days


def test_on_the_demos_day_the_demo_has_what_its_notebooks_show():
    futures = all_futures(DEMO_DAY)
    for code in ("rb2701.SF", "rb2705.SF", "rb2710.SF", "IF2612.IF", "IF2703.IF", "SR701.ZF"):
        assert code in futures
    assert option_months(DEMO_DAY) == ["2611", "2612", "2703", "2706"]
    options = all_stock_options(DEMO_DAY)
    assert options["10001112.SHO"].name == "300ETF购12月4700"
    assert options["10001112.SHO"].expiry == date(2026, 12, 23)
    assert all_future_options(DEMO_DAY)["m2705-C-2800.DF"].expiry == date(2027, 4, 7)


def test_a_future_is_listed_up_to_its_last_day_and_replaced_on_the_next():
    assert months_of("IF", date(2026, 11, 20)) == ["2611", "2612", "2703", "2706"]
    assert months_of("IF", date(2026, 11, 21)) == ["2612", "2701", "2703", "2706"]
    assert months_of("sc", date(2026, 11, 30)) == ["2612", "2701", "2702"]
    assert months_of("sc", date(2026, 12, 1)) == ["2701", "2702", "2703"]


def test_the_day_after_the_november_expiry_january_is_listed():
    assert option_months(date(2026, 11, 25)) == ["2611", "2612", "2703", "2706"]
    assert option_months(date(2026, 11, 26)) == ["2612", "2701", "2703", "2706"]
    listed = all_stock_options(date(2026, 11, 26))
    assert {option.expiry for option in listed.values()} == {
        date(2026, 12, 23),
        date(2027, 1, 27),
        date(2027, 3, 24),
        date(2027, 6, 23),
    }


def test_at_the_turn_of_the_year_months_of_two_years_stand_side_by_side():
    assert option_months(NEW_YEAR) == ["2701", "2702", "2703", "2706"]
    assert months_of("rb", date(2027, 1, 16)) == ["2705", "2710", "2801"]
    assert months_of("T", date(2026, 12, 31)) == ["2703", "2706", "2709"]
    assert future_option_months("SR", NEW_YEAR) == ["2705", "2709"]


def test_in_june_2027_the_demo_has_the_months_of_that_summer():
    day = date(2027, 6, 10)
    assert option_months(day) == ["2706", "2707", "2709", "2712"]
    assert months_of("m", day) == ["2709", "2801", "2805"]
    assert future_option_months("cu", day) == ["2707", "2708"]
    assert main_future("rb", day).stock_code == "rb2710.SF"
    assert main_future("SR", day).stock_code == "SR709.ZF"


def test_last_days_are_moved_by_the_holidays_that_are_known():
    assert last_day("2602", "fifteenth") == date(2026, 2, 24)  # over the Spring Festival
    assert last_day("2610", "tenth") == date(2026, 10, 21)  # from the 8th, after the holidays
    assert last_day("2701", "fifth_last_of_month_before") == date(2026, 12, 25)
    assert last_day("2701", "third_of_month_before") == date(2026, 12, 3)
    assert last_day("2701", "fifth_of_month_before") == date(2026, 12, 7)


# -- on every day


@pytest.mark.parametrize("product", products())
def test_every_day_of_two_years_has_a_main_month_with_time_left(product):
    for day in TWO_YEARS:
        main = main_future(product, day)
        assert (main.expiry - day).days >= DAYS_OF_THE_MAIN_MONTH
        assert main.stock_code in all_futures(day)


def test_every_day_of_two_years_has_two_months_of_options_and_their_underlyings():
    for day in TWO_YEARS:
        futures = all_futures(day)
        assert len(option_months(day)) == 4
        for product in ("m", "SR", "cu", "au"):
            months = future_option_months(product, day)
            assert len(months) == 2
            assert all(contract(product, month).stock_code in futures for month in months)


def test_a_contract_stays_listed_from_its_first_day_to_its_last():
    listed, gone = contracts(DEMO_DAY), set()
    for day in TWO_YEARS[1:]:
        now = contracts(day)
        assert not gone & set(now)
        for code in set(listed) - set(now):
            assert listed[code].expiry == day - timedelta(days=1)
            gone.add(code)
        assert all(one.expiry >= day for one in now.values())
        listed = now


@settings(max_examples=20, deadline=None)
@given(days)
def test_the_demo_has_only_what_the_exchange_lists(day):
    for product in products():
        found = listing(product)
        assert set(months_of(product, day)) <= set(listed_months(found.exchange, day, found.rule))


@settings(max_examples=20, deadline=None)
@given(days, st.integers(0, 250))
def test_a_code_means_the_same_contract_on_every_day(day, later):
    other = contracts(day + timedelta(days=later))
    for code, one in contracts(day).items():
        assert str(parse_symbol(code)) == code
        if code in other:
            assert other[code] == one


@settings(max_examples=20, deadline=None)
@given(days, st.integers(-700, 700))
def test_a_code_is_understood_also_when_its_contract_is_not_listed(day, away):
    asked = day + timedelta(days=away)
    for code, one in contracts(day).items():
        assert lookup(code, asked) == one


def test_codes_of_a_hundred_years_of_options_are_all_different():
    months = [f"{year:02d}{month:02d}" for year in range(100) for month in range(1, 13)]
    seen = set()
    for month in months[::11]:
        day = last_day(month, "fourth_wednesday")
        nearest = [one for one in all_stock_options(day).values() if one.expiry == day]
        assert len(nearest) == 50
        for option in nearest:
            assert option.stock_code not in seen
            assert stock_option_named(option.stock_code) == option
            seen.add(option.stock_code)


@pytest.mark.parametrize(
    "code",
    [
        *("rb2713.SF", "rb2700.SF", "rb701.SF", "rb2701.DF", "SR2701.ZF", "m2702.DF", "xx2701.SF"),
        *("10001199.SHO", "1000110.SHO", "90001112.SHO", "10001112.SZO", "²0001112.SHO"),
        *("m2701-C-3001.DF", "m2701C3050.DF", "rb2701C3100.SF", "SR713C5500.ZF", "600000", ""),
    ],
)
def test_what_no_exchange_lists_means_nothing(code):
    assert lookup(code, DEMO_DAY) is None


def test_the_digit_of_a_year_means_the_nearest_such_year():
    assert future_named("SR701.ZF", DEMO_DAY).month == "2701"
    assert future_named("SR701.ZF", date(2030, 1, 1)).month == "2701"
    assert future_named("SR701.ZF", date(2036, 12, 1)).month == "3701"


# -- prices


def test_a_price_of_reference_is_on_the_tick_and_makes_rules_on_any_day():
    for day in (DEMO_DAY, NEW_YEAR, date(2027, 6, 10), date(2031, 2, 28)):
        for one in everything(day).values():
            assert one.reference > 0
            rules = rules_of(one, one.reference, day)
            assert rules.down <= one.reference <= rules.up
            if isinstance(one, Future | OptionContract):
                assert one.reference % rules.tick == 0


def test_without_anything_known_a_new_listing_begins_from_its_reference():
    day = date(2027, 6, 10)
    for one in contracts(day).values():
        assert first_reference(one, nothing_known) == one.reference


def test_a_new_future_begins_from_the_nearest_month_that_is_known():
    new = contract("rb", "2801")
    last = {"rb2710.SF": 40_000_000, "rb2705.SF": 10_000_000}.get

    begin = first_reference(new, last)

    assert begin == 39_230_000  # as far from October as the references are: 3152 / 3214
    assert begin % new.product.tick == 0
    assert first_reference(new, {"rb2705.SF": 1}.get) == new.product.tick


def test_a_new_option_begins_from_the_model_at_the_price_of_its_underlying():
    option = next(
        one
        for one in all_stock_options(date(2026, 11, 26)).values()
        if one.call and one.underlying == "510050.SH" and one.expiry == date(2027, 1, 27)
    )
    spot = find("510050.SH").reference

    assert first_reference(option, {"510050.SH": spot}.get) == option.reference
    dearer = first_reference(option, {"510050.SH": spot * 2}.get)
    assert dearer == pytest.approx(2 * spot - option.strike, abs=20)
    assert first_reference(option, {"510050.SH": spot // 2}.get) == option.least


def test_a_new_option_on_a_new_future_takes_the_price_that_the_future_will_begin_from():
    day = last_day("2705", "tenth") + timedelta(days=1)  # m2805 comes
    assert "m2805.DF" in all_futures(day)
    option = next(o for o in all_future_options(day).values() if o.underlying == "m2801.DF")
    last = {"m2709.DF": contract("m", "2709").reference * 2}.get

    future = first_reference(contract("m", "2801"), last)

    assert first_reference(option, last) == option.premium(future)
    assert option.call
    assert first_reference(option, last) > option.reference


def test_the_premium_of_a_reference_shrinks_as_the_expiry_comes():
    code = "10001112.SHO"
    premiums = [all_stock_options(DEMO_DAY + timedelta(days=n))[code].reference for n in (0, 20)]
    assert premiums[0] > premiums[1] > 0


def test_anything_else_begins_from_its_own_price():
    fund = find("510300.SH")
    assert first_reference(fund, nothing_known) == fund.reference
    assert first_reference(fund, {"510300.SH": 12_340}.get) == 12_340
