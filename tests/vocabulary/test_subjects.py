"""One key for what a record is about, wherever records are told apart."""

from dataclasses import replace

from tests.session.scripted import asset, order
from tests.vendor.ear import fill
from xtnb.vocabulary.subjects import about, fill_name

FILL = fill(1, "77")


def test_two_fills_are_told_apart_where_each_exchange_numbers_its_own():
    elsewhere = replace(FILL, stock_code="000001.SZ")

    assert fill_name(FILL) != fill_name(elsewhere)
    assert fill_name(FILL) != fill_name(replace(FILL, order_id=2))
    assert fill_name(FILL) == fill_name(replace(FILL, commission=5.0))


def test_fills_without_a_number_are_told_apart_by_what_they_say():
    unnumbered = fill(1, "")
    others = [
        replace(unnumbered, traded_time=1),
        replace(unnumbered, traded_volume=200),
        replace(unnumbered, traded_price=10.6),
        replace(unnumbered, order_id=2),
    ]

    assert len({fill_name(one) for one in [unnumbered, *others]}) == 5
    assert fill_name(unnumbered) == fill_name(replace(unnumbered, order_remark="mine"))


def test_a_record_is_about_its_fill_its_order_or_its_code():
    names = [about(one) for one in (FILL, order(41), replace(order(41), order_type=24))]

    assert names == ["600000.SH/1/77", "600000.SH/41/23", "600000.SH/41/24"]
    assert (about(asset()), about(None)) == ("", "")
