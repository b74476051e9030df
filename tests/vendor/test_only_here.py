"""The link to MiniQMT is the only place that knows the vendor; another gateway is one file."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAME = "xtquant"
# `xtnb.alias` lets programs find xtnb under the vendor's name; it calls nothing there.
MAY_NAME_IT = {"alias.py"}
FILES = [
    path
    for path in sorted((ROOT / "xtnb").rglob("*.py"))
    if path.name not in MAY_NAME_IT and not path.name.startswith("vendor")
]


def docstrings(tree: ast.Module) -> set[int]:
    """The nodes that are text for readers."""
    owners = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, owners) and node.body and isinstance(node.body[0], ast.Expr)
    }


def named(source: str) -> list[int]:
    """The lines that import the vendor's package, or name it in a text."""
    tree = ast.parse(source)
    found, for_readers = [], docstrings(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        elif isinstance(node, ast.Constant) and id(node) not in for_readers:
            names = [node.value] if isinstance(node.value, str) else []
        else:
            continue
        found += [node.lineno for name in names if name.split(".")[0] == NAME]
    return found


def test_nothing_but_the_link_names_the_vendor_s_package():
    found = {
        str(path.relative_to(ROOT)): lines
        for path in FILES
        if (lines := named(path.read_text(encoding="utf-8")))
    }

    assert found == {}


@pytest.mark.parametrize(
    "source",
    [
        f"import {NAME}\n",
        f"import {NAME}.xtdata as d\n",
        f"def f():\n    from {NAME} import xttrader\n",
        f"from {NAME}.xttype import StockAccount\n",
        f"x = __import__('{NAME}')\n",
        f"import importlib\nx = importlib.import_module('{NAME}.xttrader')\n",
    ],
)
def test_the_reader_sees_a_way_to_it(source):
    assert named(source)


def test_the_reader_lets_a_docstring_be():
    assert named(f'"""{NAME}"""\n') == []


def test_another_gateway_is_one_short_file_that_knows_only_the_protocol():
    source = (ROOT / "tests" / "contract" / "scripted_link.py").read_text(encoding="utf-8")
    modules = {
        node.module for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)
    }

    assert len(source.splitlines()) < 150
    assert {module for module in modules if module.startswith("xtnb")} == {
        "xtnb.errors",
        "xtnb.link.base",
        "xtnb.vocabulary.messages",
    }
