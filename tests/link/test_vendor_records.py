"""Records of the vendor become ours; what stands for none there is none here."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest

from xtnb.frames.tables import orders_frame
from xtnb.link.vendor_records import ours
from xtnb.vocabulary.records import XtOrder, XtTrade


@pytest.mark.parametrize("time", [-5, 10**12, 1_700_000_000_000, 2**62, 1e300, math.nan, ""])
def test_a_time_that_is_none_is_none_and_a_frame_can_be_shown(time):
    order = ours(XtOrder, SimpleNamespace(order_id=7, order_time=time))
    fill = ours(XtTrade, SimpleNamespace(traded_time=time))

    assert (order.order_time, fill.traded_time) == (0, 0)
    assert "NaT" in repr(orders_frame([order]))


def test_a_time_stays_as_it_was_told():
    told = 1_700_000_000

    assert ours(XtOrder, SimpleNamespace(order_time=told)).order_time == told
    assert ours(XtOrder, SimpleNamespace(order_time=93_001)).order_time == 93_001  # a broker's own
