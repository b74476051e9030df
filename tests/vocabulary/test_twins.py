"""Second names of attributes, against the vendor's compiled module."""

from __future__ import annotations

import dataclasses
import json
import re
from copy import copy
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

from xtnb import xttype
from xtnb.frames.schema import schema_of
from xtnb.vocabulary.fields import fields_of
from xtnb.vocabulary.twins import twins_of

RECORDS = {name: one for name, one in vars(xttype).items() if dataclasses.is_dataclass(one)}
TWINNED = {name: one for name, one in RECORDS.items() if twins_of(one)}
BLANK = {"int": 1, "float": 1.5, "str": "text", "bool": True}


@cache
def compiled_names() -> frozenset[str]:
    """The names in the vendor's compiled client."""
    spec = find_spec("xtquant")
    assert spec is not None
    assert spec.submodule_search_locations
    (module,) = Path(spec.submodule_search_locations[0]).glob("xtpythonclient.cp311-*.pyd")
    found = re.findall(rb"\0([A-Za-z_][A-Za-z0-9_]+)(?=\0)", module.read_bytes())
    return frozenset(name.decode() for name in found)


def row_of(record):
    return record(**{field.name: BLANK[str(field.type)] for field in dataclasses.fields(record)})


def test_the_records_that_the_vendor_compiles_have_second_names():
    assert {
        *("XtAsset", "XtOrder", "XtTrade", "XtPosition", "XtOrderError", "XtCancelError"),
        *("XtAccountStatus", "XtAccountInfo", "XtCreditDetail", "StkCompacts"),
        *("CreditSubjects", "CreditSloCode", "CreditAssure", "XtPositionStatistics"),
    } == set(TWINNED)


@pytest.mark.parametrize("name", TWINNED)
def test_every_second_name_and_its_field_are_in_the_compiled_module(name):
    for twin, field in twins_of(TWINNED[name]).items():
        assert twin in compiled_names()
        assert field in compiled_names()


@pytest.mark.parametrize("name", TWINNED)
def test_a_second_name_reads_and_writes_the_field(name):
    row, other = row_of(TWINNED[name]), row_of(TWINNED[name])

    for twin, field in twins_of(TWINNED[name]).items():
        assert getattr(row, twin) == getattr(row, field)
        setattr(row, twin, 7)
        setattr(other, field, 7)
        assert getattr(row, field) == 7

    assert row == other
    assert vars(row) == vars(other)


@pytest.mark.parametrize("name", TWINNED)
def test_second_names_are_in_no_row_and_in_no_frame(name):
    record = TWINNED[name]
    row = row_of(record)

    assert not set(vars(row)) & set(twins_of(record))
    assert json.loads(json.dumps(vars(row))) == vars(row)
    assert vars(copy(row)) == vars(row)
    assert not {field.name for field in fields_of(record)} & set(twins_of(record))
    assert not set(schema_of(name, record).names) & set(twins_of(record))


def test_the_manual_s_spelling_and_the_other_give_the_same():
    detail = xttype.XtCreditDetail("1", m_dBalance=3.5, m_dPerAssurescaleValue=180.0)

    assert (detail.balance, detail.per_assurescale_value) == (3.5, 180.0)
    assert detail.m_strAccountID == detail.account_id == "1"
