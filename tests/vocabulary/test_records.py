"""Records against the manual's tables, the vendor's classes, and what programs do with them."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.manual import tables
from xtnb import xtconstant, xttype
from xtnb.errors import InputError
from xtnb.vocabulary.fields import field_table, fields_of
from xtnb.xttype import StockAccount

NEWER = json.loads(Path(__file__).with_name("newer_fields.json").read_text(encoding="utf-8"))
RECORDS = [value for value in vars(xttype).values() if dataclasses.is_dataclass(value)]


def vendor_constructors() -> dict[str, list[str]]:
    """Class -> its constructor's arguments, read from the vendor's xttype.py."""
    spec = find_spec("xtquant")
    assert spec is not None
    assert spec.submodule_search_locations
    path = Path(spec.submodule_search_locations[0]) / "xttype.py"
    return {
        node.name: [arg.arg for arg in item.args.args[1:]]
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
        for item in node.body
        if isinstance(item, ast.FunctionDef) and item.name == "__init__"
    }


def test_the_manual_has_tables_of_these_records():
    assert len(tables.records()) == 16
    assert sum(len(fields) for fields in tables.records().values()) == 161


@pytest.mark.parametrize("record", sorted(tables.records()))
def test_every_attribute_of_the_manual_s_table_exists_with_its_type(record):
    ours = {field.name: field.type for field in dataclasses.fields(getattr(xttype, record))}

    assert {name: ours.get(name) for name in tables.records()[record]} == tables.records()[record]


@pytest.mark.parametrize("record", sorted(NEWER))
def test_every_attribute_that_is_newer_than_the_manual_exists(record):
    ours = set(field_table(getattr(xttype, record)))

    assert set(NEWER[record]) <= ours


@pytest.mark.parametrize("record", sorted(vendor_constructors()))
def test_positional_arguments_stand_in_the_vendor_s_order(record):
    ours = list(inspect.signature(getattr(xttype, record)).parameters)
    theirs = vendor_constructors()[record]

    assert ours[: len(theirs)] == theirs


@pytest.mark.parametrize("record", RECORDS)
def test_every_attribute_has_labels_in_both_languages(record):
    for field in fields_of(record):
        assert field.zh
        assert field.zh != field.name
        assert field.en
        assert field.en.isascii()


@pytest.mark.parametrize("record", RECORDS)
def test_vars_of_a_record_is_json(record):
    blank = {"int": 1, "float": 1.5, "str": "text", "bool": True}
    fields = dataclasses.fields(record)
    row = record(**{field.name: blank[str(field.type)] for field in fields})

    assert json.loads(json.dumps(vars(row))) == vars(row)


def test_accounts_are_equal_by_value_and_work_as_keys():
    first, second = StockAccount("1000000365"), StockAccount("1000000365", "stock")

    assert first == second
    assert {first: 1}[second] == 1
    assert first != StockAccount("1000000365", "CREDIT")
    assert repr(first) == "StockAccount('1000000365', 'STOCK')"


def test_every_text_of_the_type_dictionary_makes_an_account_in_either_case():
    for number, text in xtconstant.ACCOUNT_TYPE_DICT.items():
        assert StockAccount("1", text).account_type == number
        assert StockAccount("1", text.lower()).account_type == number
        assert StockAccount("1", number).account_type == number


def test_defect_17_an_id_that_is_not_text_is_an_error_and_not_a_text():
    with pytest.raises(InputError) as wrong:
        StockAccount(1000000365)

    assert wrong.value.argument == "account_id"


@pytest.mark.parametrize("account_id", ["", "  ", None, b"1"])
def test_an_empty_or_odd_id_is_an_error(account_id):
    with pytest.raises(InputError):
        StockAccount(account_id)


@pytest.mark.parametrize("account_type", ["STOCKS", "", 99, True, None, 2.5])
def test_an_unknown_account_type_is_an_error(account_type):
    with pytest.raises(InputError) as wrong:
        StockAccount("1", account_type)

    assert wrong.value.argument == "account_type"


def test_defect_19_an_account_s_information_has_its_classification():
    info = xttype.XtAccountInfo("1", 2, 2)

    assert info.account_classification == 0
