"""Tables of the queries: one schema whatever the rows, labels in both languages."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.frames.frame_records import records_of
from xtnb.frames.queries import TABLES, code_of, query_frame, query_schema
from xtnb.vocabulary.credit import CreditAssure, StkCompacts
from xtnb.vocabulary.options import options

OUTCOME = {"success", "error", "error_msg"}


@pytest.mark.parametrize("name", TABLES)
def test_every_field_but_the_outcome_of_the_query_has_its_column(name):
    schema = query_schema(name)
    fields = {field.name for field in dataclasses.fields(schema.record)} - OUTCOME

    assert set(schema.names) - {"stock_code"} == fields - {"stock_code"}
    assert len(schema.names) == len(set(schema.names))
    assert all(field.en and field.zh for field in schema.fields.values())


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_table_without_rows_has_the_columns_and_dtypes_of_the_schema(name, language):
    options.language = language

    frame = query_frame(name, [])

    pd.testing.assert_frame_equal(frame, query_schema(name).empty(language))
    assert dict(frame.dtypes) == query_schema(name).dtypes(language)


@pytest.mark.parametrize("name", [name for name in TABLES if name != "ipo"])
def test_any_records_and_their_dicts_give_the_same_table(name):
    schema = query_schema(name)

    @settings(max_examples=15, deadline=None)
    @given(st.lists(records_of(schema.record), max_size=4))
    def holds(records):
        frame = query_frame(name, records)

        assert dict(frame.dtypes) == schema.dtypes()
        assert len(frame) == len(records)
        pd.testing.assert_frame_equal(frame, query_frame(name, [vars(one) for one in records]))

    holds()


def test_a_code_gets_its_market_and_its_label():
    contract = StkCompacts(instrument_id="000001", exchange_id=1)

    frame = query_frame("debts", [contract])

    assert frame["stock_code"][0] == "000001.SZ"
    assert frame.xt.zh().columns[0] == "证券代码"
    assert code_of(CreditAssure(instrument_id="600000", exchange_id=0)) == "600000.SH"
    assert code_of(CreditAssure(instrument_id="600000", exchange_id=9999)) == "600000"
