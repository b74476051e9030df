"""What the rules say about futures: the table, a day, and what an order comes to."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from xtnb import xtconstant as c
from xtnb.errors import CashShort, InputError, RefusalCode, Refused, VolumeShort
from xtnb.rules.futures import (
    PPM,
    Fee,
    FuturesDay,
    FuturesTerms,
    next_contract,
)
from xtnb.rules.futures_listed import all_futures, exchanges
from xtnb.rules.futures_orders import Closable, Prices, judge, judge_roll, judge_spread
from xtnb.rules.months import DEMO_DAY, last_day
from xtnb.vocabulary.symbols import parse_symbol

TODAY = date(2026, 11, 20)
TERMS = FuturesTerms()
RICH = 10**12
FUTURES = all_futures(DEMO_DAY)


def day_of(code, day=TODAY):
    future = FUTURES[code]
    return FuturesDay(future, future.reference, day)


def come_to(code, order_type, volume=1, price=None, price_type=c.FIX_PRICE, **more):
    rules = day_of(code)
    more = {"available": RICH, "prices": Prices(last=rules.prev_close), "terms": TERMS, **more}
    at = rules.prev_close if price is None else price
    return judge(rules, order_type, price_type, volume, at, **more)


def shapes(verdict):
    return [(part.offset_flag, part.buy, part.long, part.volume) for part in verdict.parts]


# -- the table


def test_every_exchange_has_products_with_two_months_or_more():
    products = {future.product.id: future.product for future in FUTURES.values()}
    months = Counter(future.product.id for future in FUTURES.values())

    assert {product.exchange.market for product in products.values()} == set(exchanges())
    assert len(products) >= 25
    assert min(months.values()) >= 2


@pytest.mark.parametrize("code", FUTURES)
def test_a_contract_is_complete_and_consistent(code):
    future = FUTURES[code]
    product = future.product

    assert parse_symbol(code).market == future.market == product.exchange.market
    assert future.reference % product.tick == 0
    assert future.expiry >= TODAY
    assert future.unit == product.unit
    assert any("一" <= letter <= "鿿" for letter in future.name) or product.id == "TA"
    assert product.sessions
    assert product.most > 0
    assert 0 < product.margin < PPM
    assert 0 < product.limit <= product.margin


@pytest.mark.parametrize("code", FUTURES)
def test_the_margin_of_a_tick_is_a_whole_number(code):
    rules = day_of(code)

    assert rules.tick * FUTURES[code].unit * rules.margin_rate(TERMS) % PPM == 0


def test_zhengzhou_writes_one_digit_of_the_year():
    assert FUTURES["SR701.ZF"].month == "2701"


def test_the_last_trading_day_follows_the_rule_of_the_exchange():
    assert last_day("2612", "third_friday") == date(2026, 12, 18)
    assert last_day("2612", "second_friday") == date(2026, 12, 11)
    assert last_day("2605", "fifteenth") == date(2026, 5, 15)
    assert last_day("2611", "tenth") == date(2026, 11, 13)
    assert last_day("2701", "month_before") == date(2026, 12, 31)


def test_the_next_contract_is_the_next_month_of_the_same_product():
    assert next_contract(FUTURES["rb2701.SF"], FUTURES) == FUTURES["rb2705.SF"]
    assert next_contract(FUTURES["rb2710.SF"], FUTURES) is None


# -- a day


def test_limits_are_on_the_tick_and_inside_the_percentage():
    rules = day_of("rb2701.SF")

    assert (rules.down, rules.up) == (29_630_000, 33_410_000)  # 3152 less and plus 189


def test_the_settlement_price_is_the_days_average_on_the_tick():
    rules = day_of("rb2701.SF")
    amount = 31_520_000 * 3 + 31_550_000

    assert rules.next_reference(31_550_000, 4, amount) == 31_530_000
    assert rules.next_reference(31_550_000, 0, 0) == rules.prev_close


def test_fees_are_a_share_of_the_value_or_an_amount_a_contract():
    steel, meal, index = (day_of(code) for code in ("rb2701.SF", "m2701.DF", "IF2612.IF"))

    assert steel.fee(2 * 31_520_000, 2, TERMS) == 63_000  # 63,040 yuan at 0.01 % is 6.30
    assert meal.fee(4 * 30_460_000, 4, TERMS) == 60_000
    opening = index.fee(45_826_000, 1, TERMS)
    closing_today = index.fee(45_826_000, 1, TERMS, fee=index.closing_fee(today=True))
    assert (opening, closing_today) == (316_200, 3_162_000)
    assert steel.fee(2 * 31_520_000, 2, FuturesTerms(fee_percent=200)) == 126_100
    assert steel.fee(31_520_000, 1, TERMS, fee=Fee(0, 0)) == 0


def test_margin_is_the_exchanges_rate_and_the_brokers():
    rules = day_of("rb2701.SF")

    assert rules.margin(31_520_000, TERMS) == 31_520_000 * 10 * 9 // 100
    assert rules.margin(31_520_000, FuturesTerms(margin=0)) == 31_520_000 * 10 * 7 // 100


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"volume": 0}, RefusalCode.LOT),
        ({"volume": 501}, RefusalCode.TOO_LARGE),
        ({"price": 31_525_000}, RefusalCode.TICK),
        ({"price": 33_420_000}, RefusalCode.PRICE_LIMIT),
        ({"price": -10_000}, RefusalCode.PRICE_LIMIT),
        ({"price_type": c.MARKET_CANCEL_5}, RefusalCode.PRICE_TYPE),
        ({"price_type": c.MARKET_SH_CONVERT_5_CANCEL}, RefusalCode.PRICE_TYPE),
    ],
)
def test_a_wrong_order_is_refused_by_its_reason(more, code):
    with pytest.raises(Refused) as refused:
        come_to("rb2701.SF", c.FUTURE_OPEN_LONG, **more)

    assert refused.value.code == code


@pytest.mark.parametrize(
    ("code", "market_types"),
    [
        ("rb2701.SF", ()),
        ("sc2701.INE", ()),
        ("m2701.DF", (c.MARKET_CANCEL, c.MARKET_CANCEL_ALL)),
        ("SR701.ZF", (c.MARKET_BEST,)),
        ("IF2612.IF", range(c.MARKET_CANCEL_1, c.MARKET_CONVERT_5 + 1)),
        ("si2701.GF", ()),
    ],
)
def test_each_exchange_has_its_own_market_orders(code, market_types):
    rules = day_of(code)

    assert rules.price_types == {c.LATEST_PRICE, c.FIX_PRICE, *market_types}
    for price_type in market_types:
        buying = come_to(code, c.FUTURE_OPEN_LONG, price=0, price_type=price_type)
        assert buying.parts[0].price == rules.up


def test_an_expired_contract_is_refused():
    rules = day_of("IF2612.IF", date(2026, 12, 19))

    with pytest.raises(Refused) as refused:
        rules.check(True, c.FIX_PRICE, 1, rules.prev_close, rules.prev_close)

    assert refused.value.code == RefusalCode.EXPIRED


def test_a_previous_settlement_off_the_tick_is_an_error():
    with pytest.raises(InputError):
        FuturesDay(FUTURES["rb2701.SF"], 31_525_000, TODAY)


# -- what an order comes to

OPEN, CLOSE, CLOSE_TODAY, CLOSE_PAST = 48, 49, 51, 52
HELD = Closable(today=3, past=5)


@pytest.mark.parametrize(
    ("order_type", "steel", "meal"),
    [
        (0, [(OPEN, True, True, 3)], None),
        (1, [(CLOSE_PAST, False, True, 3)], [(CLOSE, False, True, 3)]),
        (2, [(CLOSE_TODAY, False, True, 3)], [(CLOSE, False, True, 3)]),
        (3, [(OPEN, False, False, 3)], None),
        (4, [(CLOSE_PAST, True, False, 3)], [(CLOSE, True, False, 3)]),
        (5, [(CLOSE_TODAY, True, False, 3)], [(CLOSE, True, False, 3)]),
        (14, [(OPEN, True, True, 3)], None),
        (15, [(OPEN, False, False, 3)], None),
    ],
)
def test_six_keys_and_plain_buy_and_sell_are_one_part(order_type, steel, meal):
    for code, shape in (("rb2701.SF", steel), ("m2701.DF", meal or steel)):
        verdict = come_to(code, order_type, 3, long=HELD, short=HELD)

        assert shapes(verdict) == shape


@pytest.mark.parametrize(
    ("order_type", "shape"),
    [
        (6, [(CLOSE_TODAY, False, True, 3), (CLOSE_PAST, False, True, 3)]),
        (7, [(CLOSE_PAST, False, True, 5), (CLOSE_TODAY, False, True, 1)]),
        (8, [(CLOSE_TODAY, True, False, 3), (CLOSE_PAST, True, False, 3)]),
        (9, [(CLOSE_PAST, True, False, 5), (CLOSE_TODAY, True, False, 1)]),
    ],
)
def test_four_keys_close_the_named_lots_first(order_type, shape):
    verdict = come_to("rb2701.SF", order_type, 6, long=HELD, short=HELD)

    assert shapes(verdict) == shape
    assert verdict.held == 0


def test_where_lots_are_not_kept_apart_a_close_is_one_part_that_knows_its_order():
    verdict = come_to("m2701.DF", c.FUTURE_CLOSE_LONG_TODAY_FIRST, 6, long=HELD)

    assert shapes(verdict) == [(CLOSE, False, True, 6)]
    assert verdict.parts[0].takes == ((True, 3), (False, 3))


@pytest.mark.parametrize(
    ("order_type", "shape"),
    [
        (10, [(51, False, True, 3), (52, False, True, 5), (48, False, False, 2)]),
        (11, [(52, False, True, 5), (51, False, True, 3), (48, False, False, 2)]),
        (12, [(51, True, False, 3), (52, True, False, 5), (48, True, True, 2)]),
        (13, [(52, True, False, 5), (51, True, False, 3), (48, True, True, 2)]),
    ],
)
def test_two_keys_close_what_there_is_and_open_the_rest(order_type, shape):
    assert shapes(come_to("rb2701.SF", order_type, 10, long=HELD, short=HELD)) == shape


def test_future_close_opens_a_short_although_there_is_a_long():
    verdict = come_to("rb2701.SF", c.FUTURE_CLOSE, 3, long=HELD)

    assert shapes(verdict) == [(OPEN, False, False, 3)]
    assert verdict.margin > 0


@pytest.mark.parametrize("order_type", [1, 2, 4, 5, 6, 7, 8, 9])
def test_an_over_close_is_refused_and_not_cut(order_type):
    with pytest.raises(VolumeShort):
        come_to("rb2701.SF", order_type, 9, long=HELD, short=HELD)


def test_overnight_lots_do_not_serve_a_close_of_today():
    with pytest.raises(VolumeShort) as refused:
        come_to("m2701.DF", c.FUTURE_CLOSE_LONG_TODAY, 4, long=HELD)

    assert (refused.value.wanted, refused.value.available) == (4, 3)
    assert "overnight 5" in str(refused.value)


def test_an_opening_holds_margin_and_fees_at_its_price():
    verdict = come_to("rb2701.SF", c.FUTURE_OPEN_LONG, 2, 31_500_000)

    assert verdict.margin == 2 * 31_500_000 * 10 * 9 // 100
    assert verdict.fees == verdict.held_fees == 63_000
    assert verdict.held == verdict.margin + verdict.fees


def test_a_sale_holds_at_the_best_bid_where_that_is_higher():
    rules = day_of("rb2701.SF")
    seen = Prices(bid=31_600_000, last=31_520_000)

    verdict = come_to("rb2701.SF", c.FUTURE_OPEN_SHORT, 1, rules.down, prices=seen)

    assert verdict.margin == 31_600_000 * 10 * 9 // 100
    assert verdict.parts[0].price == rules.down


def test_an_opening_beyond_the_available_money_is_refused():
    held = come_to("rb2701.SF", c.FUTURE_OPEN_LONG).held

    assert come_to("rb2701.SF", c.FUTURE_OPEN_LONG, available=held).held == held
    with pytest.raises(CashShort):
        come_to("rb2701.SF", c.FUTURE_OPEN_LONG, available=held - 1)


def test_closing_is_possible_without_money():
    assert come_to("rb2701.SF", 1, long=HELD, available=-5).held == 0


@pytest.mark.parametrize("order_type", [23, 24, 27, 48, 100, 110, 400, -1])
def test_other_order_types_are_refused(order_type):
    with pytest.raises(Refused) as refused:
        come_to("rb2701.SF", order_type)

    assert refused.value.code == RefusalCode.ORDER_TYPE


# -- rolls and combinations


def roll(order_type, code="rb2701.SF", volume=6, **more):
    near, later = day_of(code), next_contract(FUTURES[code], FUTURES)
    return judge_roll(
        near,
        day_of(later.stock_code) if later else None,
        order_type,
        c.FIX_PRICE,
        volume,
        near.prev_close,
        **{"available": RICH, "prices": Prices(), "terms": TERMS, **more},
    )


@pytest.mark.parametrize(
    ("order_type", "shape"),
    [
        (19, [(52, False, True, 5), (51, False, True, 1), (48, True, True, 6)]),
        (20, [(51, False, True, 3), (52, False, True, 3), (48, True, True, 6)]),
        (21, [(52, True, False, 5), (51, True, False, 1), (48, False, False, 6)]),
        (22, [(51, True, False, 3), (52, True, False, 3), (48, False, False, 6)]),
    ],
)
def test_a_roll_closes_the_near_contract_and_opens_the_next(order_type, shape):
    verdict = roll(order_type, long=HELD, short=HELD)

    assert shapes(verdict) == shape
    codes = [part.day.instrument.stock_code for part in verdict.parts]
    assert codes == ["rb2701.SF", "rb2701.SF", "rb2705.SF"]
    assert verdict.margin == day_of("rb2705.SF").margin(6 * day_of("rb2705.SF").up, TERMS)


def test_the_last_contract_cannot_be_rolled():
    with pytest.raises(Refused) as refused:
        roll(19, "rb2710.SF", long=HELD)

    assert refused.value.code == RefusalCode.UNKNOWN_CODE


def spread(order_type, kind="SP", first="m2701.DF", second="m2705.DF", **more):
    given = {
        "price_type": c.FIX_PRICE,
        "volume": 4,
        "available": RICH,
        "prices": (Prices(), Prices()),
        "terms": TERMS,
        **more,
    }
    return judge_spread(
        day_of(first), day_of(second), kind, order_type, given.pop("price_type"),
        given.pop("volume"), **given,
    )  # fmt: skip


def test_a_combination_buys_the_first_leg_and_sells_the_second():
    verdict = spread(c.FUTURE_ARBITRAGE_OPEN)

    assert shapes(verdict) == [(48, True, True, 4), (48, False, False, 4)]


def test_closing_a_combination_sells_the_first_leg_and_buys_the_second_back():
    verdict = spread(c.FUTURE_ARBITRAGE_CLOSE_TODAY_FIRST, first_long=HELD, second_short=HELD)

    assert shapes(verdict) == [(49, False, True, 4), (49, True, False, 4)]
    assert verdict.parts[0].takes == ((True, 3), (False, 1))


def test_a_combination_with_one_leg_short_of_lots_is_refused():
    with pytest.raises(VolumeShort):
        spread(c.FUTURE_ARBITRAGE_CLOSE_HISTORY_FIRST, first_long=HELD)


@pytest.mark.parametrize(
    "more",
    [
        {"kind": "SPD"},
        {"kind": "SPC"},
        {"kind": "SP", "second": "y2701.DF"},
        {"first": "m2705.DF"},
    ],
)
def test_a_combination_that_is_not_listed_is_refused(more):
    with pytest.raises(Refused) as refused:
        spread(c.FUTURE_ARBITRAGE_OPEN, **more)

    assert refused.value.code == RefusalCode.UNKNOWN_CODE


def test_a_combination_takes_no_market_order():
    with pytest.raises(Refused) as refused:
        spread(c.FUTURE_ARBITRAGE_OPEN, price_type=c.MARKET_CANCEL)

    assert refused.value.code == RefusalCode.PRICE_TYPE


def test_two_products_make_a_combination_of_the_other_kind():
    assert spread(c.FUTURE_ARBITRAGE_OPEN, kind="SPC", second="y2701.DF").margin > 0
    assert spread(16, kind="IPS", first="SF701.ZF", second="SM701.ZF").margin > 0
