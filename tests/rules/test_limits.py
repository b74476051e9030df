"""Limits: what they say to an order, and how a guard tells what holds."""

from __future__ import annotations

import pytest

from xtnb.errors import RefusalCode, Refused
from xtnb.link.codec import decode, encode
from xtnb.rules.limits import Counted, Held, Limits, Wanted, read, told
from xtnb.vocabulary.messages import Reply

CODE = "600000.SH"
STOPPED = Refused(RefusalCode.STOPPED, "已停止", "it is stopped")


def wanted(volume=100, price=10.0, last: float | None = 10.0, unit: int | None = 1, code=CODE):
    return Wanted(code, volume, price, last, unit)


@pytest.mark.parametrize(
    "held",
    [
        Held(),
        Held(STOPPED),
        Held(limits=Limits(codes=("6*.SH", "5*"), order_volume=100), counted=Counted(1, 2, 3.5)),
        Held(limits=Limits(read_only=True, price_distance=0.03, value_a_day=1e9)),
    ],
    ids=str,
)
def test_what_a_guard_tells_is_what_is_read(held):
    sent = decode(encode(Reply(1, told(held))))

    back = read(sent.value)

    assert (back.limits, back.counted) == (held.limits, held.counted)
    assert str(back) == str(held)


def test_what_a_newer_terminal_tells_besides_is_left_to_it():
    answer = told(Held(limits=Limits(order_volume=100)))
    answer["limits"]["orders_at_night"] = 0

    assert read(answer).limits == Limits(order_volume=100)


def test_a_terminal_without_limits_is_read_as_none():
    assert read(None) is None


@pytest.mark.parametrize(
    ("limits", "order", "why"),
    [
        ({"read_only": True}, {}, "read-only"),
        ({"codes": ("5*",)}, {}, "600000.SH may not be traded"),
        ({"order_volume": 99}, {}, "100 exceeds the most of one order"),
        ({"order_value": 999.0}, {}, "1,000 exceeds the value of one order"),
        ({"order_value": 999.0}, {"price": 0.0}, "1,000 exceeds the value of one order"),
        ({"order_value": 9999.0}, {"unit": 10, "volume": 101}, "10,100 exceeds"),
        ({"order_value": 9999.0}, {"unit": None}, "multiplier"),
        ({"order_value": 9999.0}, {"price": 0.0, "last": 0.0}, "there is no price of 600000.SH"),
        ({"price_distance": 0.01}, {"price": 10.2}, "away from the last price, 10"),
        ({"price_distance": 0.01}, {"last": 0.0}, "no last price"),
        ({"orders_a_minute": 3}, {}, "the 3 orders of this minute"),
        ({"orders_a_day": 5}, {}, "the 5 orders of today"),
        ({"value_a_day": 7000.0}, {}, "7,500 exceeds the value of a day"),
    ],
)
def test_an_order_beyond_a_limit_is_refused(limits, order, why):
    held = Held(limits=Limits(**limits), counted=Counted(3, 5, 6500.0))

    refusal = held.refuses(wanted(**order))

    assert refusal.code == RefusalCode.LIMITED
    assert why in refusal.en


def test_what_stops_everything_is_said_before_any_limit():
    assert Held(STOPPED, Limits(read_only=True)).refuses(wanted()) is STOPPED


@pytest.mark.parametrize("price", [10.0, 0.0])
def test_a_price_that_is_not_there_yet_refuses_nothing_beforehand(price):
    limits = Limits(price_distance=0.01, order_value=1e6, value_a_day=1e6)

    assert Held(limits=limits).refuses(wanted(price=price, last=None)) is None


def test_what_is_within_the_limits_passes():
    limits = Limits(
        order_value=1000.0,
        order_volume=100,
        orders_a_minute=1,
        orders_a_day=1,
        value_a_day=1000.0,
        price_distance=0.0,
        codes=("6*",),
    )

    assert Held(limits=limits).refuses(wanted()) is None
