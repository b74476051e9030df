"""Stock Connect: what may enter, what it freezes and what it costs."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rules.orders import TODAY, money
from xtnb import xtconstant as c
from xtnb.errors import CashShort, InputError, RefusalCode, Refused, VolumeShort
from xtnb.rules.connect import (
    ConnectRates,
    ConnectRules,
    ConnectSettings,
    connect_stocks,
    rates_on,
    route_code,
)
from xtnb.rules.hongkong import HkFeeRules, HkFeeSchedule, tick_table

TENCENT = "00700.HGT"
BEFORE = date(2025, 8, 1)


def rules(prev_close="600.00", code=TENCENT, day=TODAY, settings=None):
    return ConnectRules(
        connect_stocks()[code], money(prev_close), day, settings or ConnectSettings()
    )


def ask(of, buy=True, volume=100, price="600.00", **facts):
    prices = {name: money(facts.pop(name, "0")) for name in ("bid", "ask", "last")}
    return of.verdict(
        facts.pop("account_type", c.HUGANGTONG_ACCOUNT),
        facts.pop("order_type", c.STOCK_BUY if buy else c.STOCK_SELL),
        facts.pop("price_type", c.FIX_PRICE),
        volume,
        money(price),
        cash=money(facts.pop("cash", "10000000")),
        sellable=facts.pop("sellable", 1_000_000),
        **prices,
        **facts,
    )


def refusal(of, **facts):
    with pytest.raises(Refused) as refused:
        ask(of, **facts)
    assert refused.value.zh
    assert refused.value.en
    return refused.value.code


@pytest.mark.parametrize(
    ("day", "price", "tick"),
    [
        (TODAY, "0.20", "0.001"),
        (TODAY, "0.30", "0.005"),
        (TODAY, "5.00", "0.01"),
        (TODAY, "15.00", "0.01"),
        (BEFORE, "15.00", "0.02"),
        (TODAY, "30.00", "0.02"),
        (BEFORE, "30.00", "0.05"),
        (TODAY, "70.00", "0.05"),
        (TODAY, "150.0", "0.1"),
        (TODAY, "300.0", "0.2"),
        (TODAY, "600.0", "0.5"),
        (TODAY, "1500", "1"),
        (TODAY, "3000", "2"),
        (TODAY, "6000", "5"),
    ],
)
def test_the_tick_is_that_of_the_price_and_of_the_day(day, price, tick):
    table = tick_table(day)

    assert table.above(money(price)) == table.below(money(price)) == money(tick)


def test_the_edge_of_two_bands_belongs_to_both():
    table = tick_table(TODAY)

    assert table.above(money("20")) == money("0.02")
    assert table.below(money("20")) == money("0.01")
    assert table.move(money("19.99"), 2) == money("20.02")
    assert table.move(money("20.02"), -2) == money("19.99")


@given(price=st.integers(1, 99_000_000), spreads=st.integers(-30, 30))
def test_moving_by_spreads_stays_on_the_table(price, spreads):
    table = tick_table(TODAY)
    price = table.neighbours(price)[0] or table.neighbours(price)[1]

    moved = table.move(price, spreads)

    assert table.fits(moved)
    assert (moved > price) == (spreads > 0 and price < table.highest) or moved == price


@given(price=st.integers(1_000, 90_000_000))
def test_the_grid_of_the_market_holds_only_valid_prices(price):
    table = tick_table(TODAY)
    step = table.grid(price)

    for near in range(price * 95 // 100 // step * step + step, price * 105 // 100, step):
        assert table.fits(near)


def test_a_code_with_hk_is_that_of_the_accounts_route():
    assert route_code("00700.HK", c.HUGANGTONG_ACCOUNT) == "00700.HGT"
    assert route_code("00700.HK", c.SHENGANGTONG_ACCOUNT) == "00700.SGT"
    assert route_code("00700.SGT", c.HUGANGTONG_ACCOUNT) == "00700.SGT"


def test_a_buy_freezes_its_cost_and_fees_in_yuan_at_the_reference_sell_rate():
    verdict = ask(rules(), volume=100, price="600.00")

    # 60,000 HKD: commission 15.00, stamp 60, 3.39 trading, 1.62 SFC, 0.09 AFRC, 2.52 settlement
    assert verdict.fees == money("82.62")
    assert verdict.freeze == money("56624.87")  # 60,082.62 × 0.94245
    assert (verdict.broker_price_type, verdict.freeze_volume) == (c.BROKER_PRICE_ENHANCED_LIMIT, 0)


def test_a_buy_that_the_cash_does_not_cover_is_refused():
    with pytest.raises(CashShort) as refused:
        ask(rules(), cash="56624.86")

    assert refused.value.wanted == money("56624.87")
    assert ask(rules(), cash="56624.87").freeze == money("56624.87")


def test_a_sale_freezes_shares_and_no_cash():
    verdict = ask(rules(), buy=False, volume=200, cash="0")

    assert (verdict.freeze, verdict.freeze_volume) == (0, 200)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"volume": 150}, RefusalCode.LOT),
        ({"volume": 0}, RefusalCode.LOT),
        ({"volume": 50}, RefusalCode.LOT),
        ({"volume": 300_100}, RefusalCode.TOO_LARGE),
        ({"price": "600.25"}, RefusalCode.TICK),
        ({"price": "5400"}, RefusalCode.PRICE_LIMIT),
        ({"price": "66.50"}, RefusalCode.PRICE_LIMIT),
        ({"price": "-1"}, RefusalCode.PRICE_LIMIT),
        ({"account_type": c.SHENGANGTONG_ACCOUNT}, RefusalCode.UNKNOWN_CODE),
        ({"account_type": c.SECURITY_ACCOUNT}, RefusalCode.UNKNOWN_CODE),
        ({"order_type": c.CREDIT_FIN_BUY}, RefusalCode.ORDER_TYPE),
        ({"price_type": c.LATEST_PRICE}, RefusalCode.PRICE_TYPE),
        ({"price_type": c.MARKET_PEER_PRICE_FIRST}, RefusalCode.PRICE_TYPE),
        ({"price_type": c.BROKER_PRICE_BID_LIMIT}, RefusalCode.PRICE_TYPE),
        ({"buy": False, "volume": 150, "sellable": 250}, RefusalCode.LOT),
        ({"buy": False, "volume": 60, "sellable": 250}, RefusalCode.LOT),
        ({"buy": False, "volume": 50, "sellable": 200}, RefusalCode.LOT),
    ],
)
def test_what_the_rules_do_not_allow_is_refused_in_words(facts, code):
    assert refusal(rules(), **facts) == code


def test_an_odd_lot_may_be_sold_by_itself():
    verdict = ask(rules(), buy=False, volume=50, sellable=250)

    assert verdict.odd
    assert verdict.broker_price_type == c.BROKER_PRICE_RETAIL_LIMIT


def test_more_than_is_sellable_is_short():
    with pytest.raises(VolumeShort) as refused:
        ask(rules(), buy=False, volume=300, sellable=200, held=300)

    assert "another 100" in refused.value.en


def test_an_enhanced_limit_order_reaches_the_tenth_queue_and_no_further():
    of = rules()
    facts = {"bid": "599.50", "ask": "600.00", "last": "600.00"}

    assert ask(of, price="604.50", **facts).price == money("604.50")
    assert refusal(of, price="605.00", **facts) == RefusalCode.PRICE_CAGE
    assert ask(of, buy=False, price="595.00", **facts).price == money("595.00")
    assert refusal(of, buy=False, price="594.50", **facts) == RefusalCode.PRICE_CAGE


def test_a_quote_stays_within_24_spreads_of_its_own_sides_best():
    of = rules()
    facts = {"bid": "599.50", "ask": "600.00", "last": "600.00"}

    assert ask(of, price="587.50", **facts).price == money("587.50")
    assert refusal(of, price="587.00", **facts) == RefusalCode.PRICE_CAGE
    assert ask(of, buy=False, price="612.00", **facts).price == money("612.00")
    assert refusal(of, buy=False, price="612.50", **facts) == RefusalCode.PRICE_CAGE


def test_the_24_spread_rule_can_be_set_aside():
    free = rules(settings=ConnectSettings(quotation_spreads=0))
    facts = {"bid": "599.50", "ask": "600.00", "last": "600.00"}

    assert ask(free, price="500.00", **facts).price == money("500.00")
    assert ask(free, buy=False, price="800.00", **facts).price == money("800.00")


def test_settlement_rates_outside_the_reference_rates_are_no_rates():
    with pytest.raises(InputError):
        ConnectRates(900_000, 910_000, 905_000, 915_000)
    rates_on("HGT", TODAY)


def slow_fees(turnover, day, buy):
    """The fees of the day, item by item, in Decimal dollars."""
    cent = Decimal("0.01")

    def share(rate):
        return (turnover * Decimal(rate)).quantize(cent, ROUND_HALF_UP)

    if not turnover:
        return Decimal(0)
    stamp_rate = "0.001" if day >= date(2023, 11, 17) else "0.0013"
    stamp = (turnover * Decimal(stamp_rate)).quantize(Decimal(1), ROUND_CEILING)
    if day >= date(2025, 6, 30):
        clearing = share("0.000042")
    else:
        clearing = min(max(share("0.00002"), Decimal(2)), Decimal(100))
    broker = max(share("0.00025"), Decimal(5))
    total = stamp + share("0.0000565") + share("0.000027") + share("0.0000015") + clearing + broker
    return total if buy else min(total, turnover.quantize(cent, "ROUND_FLOOR"))


days = st.sampled_from([date(2023, 11, 16), date(2023, 11, 17), date(2025, 6, 30), TODAY])


@given(turnover=st.integers(0, 10**12), day=days, buy=st.booleans())
def test_fees_are_those_of_a_slow_calculation_to_the_cent(turnover, day, buy):
    fees = HkFeeRules(day, HkFeeSchedule()).fees(buy, turnover)

    assert Decimal(fees.total) / 10_000 == slow_fees(Decimal(turnover) / 10_000, day, buy)


@given(first=st.integers(0, 10**11), more=st.integers(0, 10**10), day=days, buy=st.booleans())
def test_fees_never_fall_and_a_sale_never_costs_more_than_it_brings(first, more, day, buy):
    of = HkFeeRules(day, HkFeeSchedule())

    assert of.total(buy, first) <= of.total(buy, first + more)
    assert of.total(False, first) <= first


@given(amount=st.integers(0, 10**13))
def test_the_end_of_the_day_never_asks_for_more(amount):
    rates = rates_on("SGT", TODAY)

    assert rates.settled(True, amount) <= rates.set_aside(amount)
    assert rates.settled(False, amount) >= rates.brought(amount)
