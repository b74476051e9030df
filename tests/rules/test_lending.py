"""What the sources of borrowed securities offer, and what it costs a day."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtnb.errors import InputError, RefusalCode, Refused
from xtnb.rules.instruments import all_instruments
from xtnb.rules.lending import (
    EARMARKED,
    INVENTORY,
    UNIT,
    Offer,
    Terms,
    applied,
    early_charge,
    interest,
    offers,
    penalty,
    rate_of,
)

TERMS = Terms(800, 200, 100, 1_000)
CHEAP = Offer("G1", "一", INVENTORY, "600000.SH", 7, 28, 1_000, TERMS)
DEAR = Offer("G2", "二", INVENTORY, "600000.SH", 1, 91, 9_000, Terms(900, 200, 100, 1_000))


def test_every_offer_is_of_a_known_security_with_rates_that_make_sense():
    known, keys = all_instruments(), set()
    for offer in offers():
        terms = offer.terms
        assert offer.code in known
        assert offer.mode in (INVENTORY, EARMARKED)
        assert 1 <= offer.least_days <= offer.days <= 182
        assert offer.volume % UNIT == 0 < offer.volume
        assert 0 < terms.unused <= terms.used <= terms.fine
        keys.add((offer.group, offer.code))
    assert len(keys) == len(offers())


def test_an_application_goes_to_the_cheapest_source_that_takes_it():
    both = [(DEAR, 9_000), (CHEAP, 1_000)]

    assert applied(both, 7, 1_000, 900)[0] is CHEAP
    assert applied(both, 3, 1_000, 900)[0] is DEAR
    assert applied(both, 7, 1_100, 900)[0] is DEAR


@pytest.mark.parametrize(
    ("days", "volume", "rate", "code"),
    [
        (7, 150, 900, RefusalCode.LOT),
        (92, 100, 900, RefusalCode.EXPIRED),
        (7, 100, 700, RefusalCode.NOT_ELIGIBLE),
        (7, 9_100, 900, RefusalCode.LENDABLE),
    ],
)
def test_what_no_source_takes_is_refused_with_its_reason(days, volume, rate, code):
    with pytest.raises(Refused) as refused:
        applied([(DEAR, 9_000), (CHEAP, 1_000)], days, volume, rate)

    assert refused.value.code == code


def test_the_unused_rate_is_never_above_the_rate_that_is_paid():
    low = Offer("G3", "三", INVENTORY, "600000.SH", 1, 7, 100, Terms(100, 300, 0, 0))

    assert applied([(low, 100)], 7, 100, 150)[1] == Terms(150, 150, 0, 0)


def test_a_rate_has_at_most_four_decimals():
    assert rate_of(0.0825) == 825
    assert rate_of(0.29) == 2_900
    with pytest.raises(InputError):
        rate_of(0.08251)


@given(
    price=st.integers(100, 20_000_000),
    volume=st.integers(0, 10_000),
    used=st.integers(0, 10_000),
    days=st.integers(0, 182),
)
def test_a_day_costs_what_a_pocket_calculator_says(price, volume, used, days):
    used = min(used, volume)
    yuan = Decimal(price) / 10_000

    def fen(amount):
        return int(amount.quantize(Decimal("0.01"), rounding="ROUND_HALF_UP") * 10_000)

    a_year = yuan * (used * Decimal("0.08") + (volume - used) * Decimal("0.02"))
    assert interest(price, volume, used, TERMS) == fen(a_year / 360)
    assert penalty(price, volume, TERMS) == fen(yuan * volume * Decimal("0.10") / 360)
    charge = yuan * volume * Decimal("0.01") * days / 360
    assert early_charge(price, volume, days, TERMS) == fen(charge)
