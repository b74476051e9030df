"""Subscribing to new shares in a stock account."""

import pytest

from tests.terminal.repo_floor import RepoFloor
from xtnb import xtconstant as c
from xtnb.errors import RefusalCode
from xtnb.rules.ipo import offers


@pytest.fixture
def floor():
    return RepoFloor()


def offer_of(floor, quota="", *, prepaid=False, bond=False):
    for offer in offers(floor.market.day()).values():
        if (offer.quota, offer.prepaid, offer.bond) == (quota, prepaid, bond):
            return offer
    raise AssertionError("nothing of this kind is on offer")


def subscribe(floor, offer, volume, price=None, **more):
    at = offer.price / 10_000 if price is None else price
    return floor.order(more.pop("side", "buy"), offer.stock_code, volume, at, **more)


def lucky(quota="", **kind):
    """A floor whose seed wins something, after the day of the subscription."""
    for seed in range(1, 80):
        floor = RepoFloor(seed=seed)
        offer = offer_of(floor, quota, **kind)
        subscribe(floor, offer, offer.maximum // 10 // offer.step * offer.step)
        for _ in range(2):
            floor.next_day()
        if floor.position(offer.stock_code):
            return floor, offer
    raise AssertionError("nobody ever wins")


def test_the_offers_of_the_day_are_told_in_the_manuals_words(floor):
    data = floor.ask("query_ipo_data")

    assert {row["type"] for row in data.values()} == {"STOCK", "BOND"}
    for code, row in data.items():
        assert code[-3:] in (".SH", ".SZ", ".BJ")
        assert set(row) == {
            "name",
            "type",
            "maxPurchaseNum",
            "minPurchaseNum",
            "purchaseDate",
            "issuePrice",
        }
        assert row["purchaseDate"] == "20261120"


def test_quotas_follow_from_the_market_value_of_shares(floor):
    limits = floor.ask("query_new_purchase_limit")

    shanghai = sum(
        floor.position(code).volume * floor.last(code)
        for code in ("600036.SH", "601318.SH", "600000.SH", "601166.SH", "600519.SH")
    )
    assert list(limits) == ["KCB", "SH", "SZ"]
    assert limits["SH"] == limits["KCB"] == int(shanghai // 5_000) * 500
    assert limits["SZ"] > 0


def test_an_account_without_shares_has_no_quota():
    floor = RepoFloor(stocks=0)

    assert floor.ask("query_new_purchase_limit") == {"KCB": 0, "SH": 0, "SZ": 0}


@pytest.mark.parametrize("quota", ["KCB", "SH", "SZ"])
def test_a_subscription_uses_its_quota_and_no_cash(floor, quota):
    before, offer = floor.ask("query_new_purchase_limit"), offer_of(floor, quota)

    order = floor.record(subscribe(floor, offer, 1_000))

    after = floor.ask("query_new_purchase_limit")
    assert (order.order_status, order.price_type) == (50, c.BROKER_PRICE_PROP_SUBSCRIBE)
    assert order.instrument_name == offer.name
    assert after[quota] == before[quota] - 1_000
    assert {**after, quota: 0} == {**before, quota: 0}
    assert (floor.asset().cash, floor.asset().frozen_cash) == (1_000_000, 0)


def test_beijing_sets_the_cash_aside(floor):
    offer = offer_of(floor, prepaid=True)

    subscribe(floor, offer, 1_000)

    assert floor.asset().frozen_cash == pytest.approx(1_000 * offer.price / 10_000)


def test_a_bond_needs_neither_cash_nor_market_value():
    floor = RepoFloor(stocks=0, cash=0)

    order = floor.record(subscribe(floor, offer_of(floor, bond=True), 10_000))

    assert order.order_status == c.ORDER_REPORTED


def test_a_second_subscription_of_a_code_is_refused(floor):
    offer = offer_of(floor, "SZ")
    subscribe(floor, offer, 500)
    before = floor.state()

    subscribe(floor, offer, 500)

    assert floor.reply.error_id == RefusalCode.REPEATED
    assert floor.state() == before


@pytest.mark.parametrize("prepaid", [False, True])
def test_a_cancel_gives_quota_and_cash_back(floor, prepaid):
    offer = offer_of(floor, "" if prepaid else "SZ", prepaid=prepaid)
    before = floor.state()

    number = subscribe(floor, offer, 500)
    assert floor.cancel(number)[0] == 0

    assert floor.record(number).order_status == c.ORDER_CANCELED
    assert floor.state() == before
    subscribe(floor, offer, 500)
    assert floor.reply.error == ""


def test_a_subscription_succeeds_when_its_day_ends(floor):
    number = subscribe(floor, offer_of(floor, "SZ"), 500)

    floor.next_day()

    last = [push.record for push in floor.pushes if push.kind == "stock_order"][-1]
    assert (last.order_id, last.order_status) == (number, c.ORDER_SUCCEEDED)
    assert floor.ask("query_stock_orders") == []


def test_what_is_won_is_paid_at_the_second_turn_and_waits_for_its_listing():
    floor, offer = lucky("SH")

    position, asset = floor.position(offer.stock_code), floor.asset()
    assert position.volume % 500 == 0
    assert (position.can_use_volume, position.on_road_volume) == (0, position.volume)
    paid = position.volume * offer.price / 10_000
    assert asset.cash == pytest.approx(1_000_000 - paid)
    assert position.market_value == pytest.approx(paid)
    floor.next_day()
    assert floor.position(offer.stock_code).can_use_volume == 0


def test_a_prepaid_draw_gives_back_what_was_not_won():
    floor, offer = lucky(prepaid=True)

    paid = floor.position(offer.stock_code).volume * offer.price / 10_000
    asset = floor.asset()
    assert (asset.cash, asset.frozen_cash) == (pytest.approx(1_000_000 - paid), 0)


def test_prepaid_cash_stays_frozen_over_the_first_night(floor):
    offer = offer_of(floor, prepaid=True)
    subscribe(floor, offer, 1_000)

    floor.next_day()

    assert floor.asset().frozen_cash == pytest.approx(1_000 * offer.price / 10_000)


def test_what_the_cash_does_not_cover_is_given_up():
    floor, offer = lucky(bond=True)
    won = floor.position(offer.stock_code).volume
    assert won > 10

    poor = RepoFloor(seed=floor.market.seed, cash=1_500)
    subscribe(poor, offer, 1_000)
    for _ in range(2):
        poor.next_day()

    assert poor.position(offer.stock_code).volume == 10
    assert poor.asset().cash == 500


def test_the_same_seed_draws_the_same():
    def story():
        floor = RepoFloor(seed=5)
        subscribe(floor, offer_of(floor, bond=True), 10_000)
        for _ in range(2):
            floor.next_day()
        return floor.state()

    assert story() == story()


def test_the_quota_follows_the_mean_of_twenty_days_to_the_day_before_yesterday(floor):
    shanghai = ("600036.SH", "601318.SH", "600000.SH", "601166.SH", "600519.SH")
    opening = sum(2_000 * floor.last(code) for code in shanghai)
    before = floor.ask("query_new_purchase_limit")["SH"]
    floor.order("sell", "600519.SH", 2_000, 1_432.5)
    floor.order("buy", "600519.SH", 400, 1_432.5, account="1002")

    floor.next_day()
    assert floor.ask("query_new_purchase_limit")["SH"] == before
    floor.next_day()
    mean = opening - 400 * 1_432.5 / 20
    assert floor.ask("query_new_purchase_limit")["SH"] == int(mean // 5_000) * 500 < before


@pytest.mark.parametrize(
    ("volume", "more", "code"),
    [
        (750, {}, RefusalCode.LOT),
        (0, {}, RefusalCode.LOT),
        (100_000, {}, RefusalCode.TOO_LARGE),
        (500, {"price": 1.0}, RefusalCode.PRICE_LIMIT),
        (500, {"side": "sell"}, RefusalCode.ORDER_TYPE),
        (500, {"price_type": c.LATEST_PRICE}, RefusalCode.PRICE_TYPE),
    ],
)
def test_a_refused_subscription_leaves_the_account_as_it_was(floor, volume, more, code):
    before = floor.state()

    number = subscribe(floor, offer_of(floor, "SZ"), volume, **more)

    assert floor.reply.error_id == code
    assert floor.record(number).order_status == c.ORDER_JUNK
    assert floor.state() == before


def test_more_than_the_quota_is_refused():
    floor = RepoFloor(stocks=0)

    subscribe(floor, offer_of(floor, "SH"), 500)

    assert floor.reply.error_id == RefusalCode.QUOTA


def test_beijing_without_the_cash_is_refused():
    floor = RepoFloor(cash=100)

    subscribe(floor, offer_of(floor, prepaid=True), 100)

    assert floor.reply.error_id == RefusalCode.CASH


def test_a_terminal_that_closes_leaves_subscriptions_in_peace(floor):
    subscribe(floor, offer_of(floor, "SZ"), 500)

    floor.terminal.close()
