"""The price of a combination is a difference, so it may be below 0; no other price may."""

import pytest

from xtnb.errors import InputError
from xtnb.session.calls import order_arguments


def test_only_a_combination_has_a_price_below_zero():
    wanted = order_arguments("SP m2705&m2701.DF", 16, 1, 11, -234.0, "", "")

    assert wanted["price"] == -234.0
    with pytest.raises(InputError):
        order_arguments("m2705.DF", 0, 1, 11, -234.0, "", "")
