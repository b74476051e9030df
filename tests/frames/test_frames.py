"""Records to DataFrames: one schema whatever the rows, and every value back."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.frames.frame_records import changed, order, quote, records_of
from xtnb.frames.cache import FrameCache
from xtnb.frames.schema import SCHEMAS, code_labels
from xtnb.frames.tables import (
    account_status_frame,
    accounts_frame,
    asset_frame,
    orders_frame,
    positions_frame,
    quotes_frame,
    table,
    trades_frame,
)
from xtnb.vocabulary import codes
from xtnb.vocabulary.codes import OffsetFlag, OrderStatus, OrderType
from xtnb.vocabulary.options import options
from xtnb.vocabulary.records import XtAccountInfo, XtAccountStatus, XtAsset, XtPosition, XtTrade

GROUPS = [
    group
    for group in vars(codes).values()
    if isinstance(group, type)
    and issubclass(group, codes.LabelledCode)
    and group is not codes.LabelledCode
]


def dtypes(frame: pd.DataFrame) -> list[str]:
    return [str(dtype) for dtype in frame.dtypes]


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_every_attribute_of_a_record_has_its_column(schema):
    levels = {"bid_price", "bid_volume", "ask_price", "ask_volume"}
    attributes = {field.name for field in dataclasses.fields(schema.record)} - levels
    derived = {"change", "change_percent"} if schema.name == "quotes" else set()
    flattened = {name for name in schema.names if name[:3] in ("bid", "ask")}

    assert set(schema.names) - derived - flattened == attributes
    assert len(schema.names) == len(set(schema.names))


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_frame_without_rows_has_the_columns_and_dtypes_of_the_schema(schema, language):
    options.language = language

    frame = table(schema, [])

    assert list(frame.columns) == list(schema.names)
    pd.testing.assert_frame_equal(frame, schema.empty(language))
    assert dict(frame.dtypes) == schema.dtypes(language)


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_any_records_give_the_same_schema_and_every_value_back(schema, language):
    @settings(max_examples=25, deadline=None)
    @given(st.lists(records_of(schema.record), max_size=6))
    def holds(records):
        options.language = language
        frame = table(schema, records)

        assert dict(frame.dtypes) == schema.dtypes(language)
        for column in schema.columns:
            wanted = [column.read(record) for record in records]
            got = frame[column.name]
            if column.field.dtype == "code":
                assert list(frame.xt.codes(column.name)) == wanted
            elif column.field.dtype in ("time", "time_ms"):
                scale = {"time": 1000, "time_ms": 1}[column.field.dtype]
                stamps = [0 if pd.isna(at) else round(at.timestamp() * 1000) for at in got]
                assert stamps == [moment * scale for moment in wanted]
            else:
                pd.testing.assert_series_equal(
                    got, pd.Series(wanted, dtype=got.dtype, name=column.name)
                )

    holds()


def test_times_are_of_shanghai_and_a_zero_is_no_time():
    frame = orders_frame([order(1, order_time=1_763_602_200), order(2, order_time=0)])

    assert str(frame["order_time"].dtype) == "datetime64[ms, Asia/Shanghai]"
    assert frame["order_time"][0].isoformat() == "2025-11-20T09:30:00+08:00"
    assert pd.isna(frame["order_time"][1])


def test_codes_are_categories_of_all_labels_of_their_group():
    frame = orders_frame([order(1, order_status=56, order_type=24)])

    assert frame["order_status"][0] == "filled"
    assert list(frame["order_status"].cat.categories) == [status.en for status in OrderStatus]
    assert frame["order_type"][0] == "sell"
    assert frame["price_type"][0] == "limit"


def test_labels_follow_the_language_of_the_options():
    options.language = "zh"

    frame = orders_frame([order(1, order_status=57)])

    assert frame["order_status"][0] == "废单"
    assert frame["order_type"][0] == "买入"


def test_the_kind_of_account_decides_what_23_means():
    stock, margin = order(1), order(2, account_type=3)

    frame = orders_frame([stock, margin])

    assert list(frame["order_type"]) == ["buy", "collateral buy"]
    assert list(frame.xt.codes("order_type")) == [23, 23]
    assert list(frame["offset_flag"]) == ["buy", "buy"]


def test_a_code_that_no_group_has_is_shown_as_its_number():
    frame = orders_frame([order(1, order_status=50), order(2, order_status=999)])

    assert list(frame["order_status"]) == ["working", "999"]
    assert list(frame.xt.codes("order_status")) == [50, 999]
    assert list(frame.xt.zh()["委托状态"]) == ["已报", "999"]


def test_a_record_of_an_older_package_gives_empty_cells():
    class OldOrder:
        def __init__(self):
            self.stock_code = "600000.SH"
            self.order_id = 7
            self.price = None
            self.order_remark = None

    frame = orders_frame([OldOrder()])

    assert list(frame.columns) == list(SCHEMAS["orders"].names)
    assert frame["order_id"][0] == 7
    assert frame["order_remark"][0] == ""
    assert pd.isna(frame["price"][0])
    assert frame["traded_volume"][0] == 0


def test_a_quote_lies_flat_with_five_levels_and_its_change():
    row = quotes_frame([quote()]).iloc[0]

    assert (row["bid1"], row["bid1_volume"], row["ask1"], row["ask1_volume"]) == (
        *(10.49, 100),
        *(10.5, 600),
    )
    assert (row["bid5"], row["ask5_volume"]) == (10.45, 1000)
    assert (row["change"], row["change_percent"]) == (0.5, 5.0)
    assert row["time"].isoformat() == "2025-11-20T09:30:00.500000+08:00"


def test_a_quote_without_a_last_price_has_no_change():
    row = quotes_frame([quote(last_price=0.0)]).iloc[0]

    assert pd.isna(row["change"])
    assert pd.isna(row["change_percent"])


def test_each_table_has_its_function():
    asset = asset_frame(XtAsset("1", 10.0, 2.0, 30.0, 42.0))
    accounts = accounts_frame([XtAccountInfo("1", 2, 2)])
    states = account_status_frame([XtAccountStatus("1", 2, 0)])

    assert (len(asset), asset["total_asset"][0]) == (1, 42.0)
    assert accounts["account_type"][0] == "stock"
    assert states["status"][0] == "normal"
    assert len(trades_frame([])) == len(positions_frame([])) == 0
    assert (trades_frame([]).xt.table, positions_frame([]).xt.table) == ("trades", "positions")


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.__name__)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_label_leads_back_to_one_number_only(group, language):
    known = code_labels(group, language)

    owners = {}
    for (_, number), place in known.places.items():
        owners.setdefault(known.dtype.categories[place], set()).add(number)

    assert all(len(numbers) == 1 for numbers in owners.values())


# -- the cache -------------------------------------------------------------------------------


def test_the_same_records_give_an_equal_frame_without_reading_them_again():
    cache = FrameCache()
    records = [order(number) for number in range(50)]

    first, second = cache.orders(records), cache.orders(list(records))

    pd.testing.assert_frame_equal(first, second)
    pd.testing.assert_frame_equal(first, orders_frame(records))


def test_a_frame_that_was_handed_out_is_the_callers_own():
    cache = FrameCache()
    records = [order(number) for number in range(10)]
    mine = cache.orders(records)

    mine.loc[0, "price"] = 99.0
    mine["note"] = "x"

    pd.testing.assert_frame_equal(cache.orders(records), orders_frame(records))


moves = st.lists(
    st.one_of(
        st.tuples(st.just("change"), st.integers(0, 60), st.sampled_from([50, 55, 56, 999])),
        st.tuples(st.just("add"), st.integers(1, 3), st.just(0)),
        st.tuples(st.just("drop"), st.integers(0, 60), st.just(0)),
        st.tuples(st.just("speak"), st.integers(0, 1), st.just(0)),
    ),
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(moves)
def test_the_cache_agrees_with_a_fresh_reading_after_any_changes(steps):
    options.language = "en"
    cache, records, number = FrameCache(), [order(number) for number in range(40)], 40
    handed = []
    for name, place, value in steps:
        records = list(records)
        if name == "change" and records:
            row = place % len(records)
            records[row] = changed(records[row], order_status=value, status_msg=f"s{value}")
        elif name == "add":
            records += [order(number + extra) for extra in range(place)]
            number += place
        elif name == "drop" and records:
            del records[place % len(records)]
        elif name == "speak":
            options.language = ("en", "zh")[place]
        frame = cache.orders(records)
        handed.append((frame, frame.copy(deep=True)))
        pd.testing.assert_frame_equal(frame, orders_frame(records))

    for frame, as_it_was in handed:
        pd.testing.assert_frame_equal(frame, as_it_was)


# -- labels ------------------------------------------------------------------------------------


def test_labels_name_columns_and_codes_for_people():
    frame = orders_frame([order(1)])

    chinese, english = frame.xt.zh(), frame.xt.labels("en", units=True)

    assert chinese["委托状态"][0] == "已报"
    assert chinese["委托类型"][0] == "买入"
    assert "price [CNY]" in english.columns
    assert "order id" in english.columns
    assert list(frame.columns) == list(SCHEMAS["orders"].names)


def test_labels_pass_from_one_language_to_the_other_and_back():
    records = [order(n, order_status=int(s)) for n, s in enumerate(OrderStatus)]
    records += [order(100 + n, order_type=int(t)) for n, t in enumerate(OrderType)]
    records += [order(200 + n, offset_flag=int(f)) for n, f in enumerate(OffsetFlag)]
    english = orders_frame(records)
    options.language = "zh"
    chinese = orders_frame(records)

    for column in ("order_status", "order_type", "offset_flag"):
        heading = english.xt.field(column).zh
        pd.testing.assert_series_equal(english.xt.zh()[heading], chinese[column], check_names=False)
        pd.testing.assert_series_equal(
            chinese.xt.en()[english.xt.field(column).en], english[column], check_names=False
        )


def test_units_stand_beside_each_column():
    units = orders_frame([]).xt.units()

    assert (units["price"], units["order_volume"], units["order_id"]) == ("CNY", "shares", "")


def test_the_accessor_knows_a_table_that_lost_its_name_on_the_way():
    frame = orders_frame([order(1)])[["order_id", "order_status", "price"]]
    frame.attrs.clear()

    assert frame.xt.table == "orders"
    assert list(frame.xt.codes("order_status")) == [50]


def test_asking_codes_of_a_plain_column_names_those_that_have_some():
    with pytest.raises(ValueError, match="order_status"):
        orders_frame([]).xt.codes("price")
    with pytest.raises(ValueError, match="column"):
        orders_frame([]).xt.codes("nothing")


def test_a_foreign_frame_has_no_meaning_of_ours():
    with pytest.raises(AttributeError, match="no column"):
        pd.DataFrame({"a": [1]}).xt  # noqa: B018


def test_records_of_two_classes_keep_their_own_schema():
    trades = trades_frame([_trade()])
    positions = positions_frame([_position()])

    assert trades.xt.codes("offset_flag")[0] == 48
    assert positions["volume"][0] == 300


def _trade() -> XtTrade:
    return XtTrade(
        "1", "600000.SH", 23, "T1", 1_763_602_200, 10.5, 200, 2100.0, 1, "S1", "", "", 0, 48
    )


def _position() -> XtPosition:
    return XtPosition("1", "600000.SH", 300, 300, 10.0, 3150.0, 0, 0, 300, 10.0, 0)
