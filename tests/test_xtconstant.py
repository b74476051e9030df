"""xtconstant against the manual's tables and against the vendor's package.

The vendor's package is parsed and never imported: its import asks the network
for a newer version.
"""

from __future__ import annotations

import ast
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.manual import tables
from xtnb import xtconstant


def vendor_file(name: str) -> ast.Module:
    spec = find_spec("xtquant")
    if spec is None or not spec.submodule_search_locations:
        pytest.fail("the vendor's package belongs to the test dependencies and is not installed")
    path = Path(spec.submodule_search_locations[0]) / name
    return ast.parse(path.read_text(encoding="utf-8"))


def vendor_values() -> dict[str, object]:
    """Every top-level name of the vendor's module with its value, read from the source."""
    known: dict[str, object] = {}

    def value(node: ast.expr) -> object:
        if isinstance(node, ast.Name):
            return known[node.id]
        if isinstance(node, ast.Dict):
            return {value(k): value(v) for k, v in zip(node.keys, node.values, strict=True) if k}
        if isinstance(node, ast.Set):
            return {value(item) for item in node.elts}
        return ast.literal_eval(node)

    for node in vendor_file("xtconstant.py").body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            known[node.targets[0].id] = value(node.value)
    return known


def test_the_manual_names_110_constants():
    assert len(tables.constant_names()) == 110


def test_every_constant_that_the_manual_names_is_there():
    missing = {name for name in tables.constant_names() if not hasattr(xtconstant, name)}

    assert missing == set()


def test_every_number_that_the_manual_prints_is_ours():
    printed = tables.numbers()

    assert len(printed) == 35
    assert {name: getattr(xtconstant, name) for name in printed} == printed


def test_every_constant_of_the_vendor_is_there_with_its_value():
    vendor = vendor_values()
    ours = {name: getattr(xtconstant, name, "missing") for name in vendor}

    assert len(vendor) > 500
    assert ours == vendor


def test_operations_buy_and_sell_as_at_the_vendor():
    function = next(
        node
        for node in vendor_file("xtconstant.py").body
        if isinstance(node, ast.FunctionDef) and node.name == "getDirectionByOpType"
    )
    test = next(node for node in ast.walk(function) if isinstance(node, ast.Compare))
    buys = {node.id for node in ast.walk(test.comparators[0]) if isinstance(node, ast.Name)}
    operations = {name: value for name, value in vendor_values().items() if name[:4] == "OPT_"}
    bought = {operations[name] for name in buys}

    for name, value in operations.items():
        expected = 48 if value in bought else 49

        assert xtconstant.getDirectionByOpType(value) == expected, name


def test_the_misspelt_offsets_and_the_right_one_are_the_same_number():
    assert xtconstant.OFFSET_FLAG_CLOSESTODAY == xtconstant.OFFSET_FLAG_CLOSETODAY == 51
    assert xtconstant.OFFSET_FLAG_CIOSEYESTERDAY == xtconstant.OFFSET_FLAG_CLOSEYESTERDAY == 52
    assert getattr(xtconstant, "OFFSET_FLAG_ClOSEYESTERDAY") == 52  # noqa: B009
