"""The vendor's own package, unmodified: its xttrader.py over a stand-in of its client.

The package is found without its `__init__`, which asks the network for a newer
version, and `sys.modules` is left as it was.
"""

from __future__ import annotations

import ast
import importlib
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.vendor import native
from xtnb.link.base import Link


@cache
def folder() -> Path:
    """Where the vendor's package is installed."""
    spec = find_spec("xtquant")
    if spec is None or not spec.submodule_search_locations:
        pytest.fail("the vendor's package belongs to the test dependencies and is not installed")
    return Path(next(iter(spec.submodule_search_locations)))


@cache
def tree(name: str) -> ast.Module:
    """The source of one of its modules."""
    return ast.parse((folder() / name).read_text(encoding="utf-8"))


@cache
def members(class_name: str) -> dict[str, ast.FunctionDef]:
    """The methods of a class of xttrader.py, second names included."""
    body = next(
        node.body
        for node in tree("xttrader.py").body
        if isinstance(node, ast.ClassDef) and node.name == class_name
    )
    found = {node.name: node for node in body if isinstance(node, ast.FunctionDef)}
    for node in body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name):
            target = node.targets[0]
            assert isinstance(target, ast.Name)
            found[target.id] = found[node.value.id]
    return found


@cache
def dict_fields() -> dict[str, dict[str, str]]:
    """API method -> key of the dicts that it gives -> native field."""
    found: dict[str, dict[str, str]] = {}
    for name, method in members("XtQuantTrader").items():
        for node in ast.walk(method):
            if isinstance(node, ast.Dict) and node.keys:
                pairs = zip(node.keys, node.values, strict=True)
                fields = {
                    key.value: value.attr
                    for key, value in pairs
                    if isinstance(key, ast.Constant) and isinstance(value, ast.Attribute)
                }
                if fields:
                    found[name] = fields
    return found


@contextmanager
def _own_modules() -> Iterator[None]:
    kept = {name: sys.modules.pop(name) for name in list(sys.modules) if _theirs(name)}
    try:
        yield
    finally:
        for name in [name for name in sys.modules if _theirs(name)]:
            del sys.modules[name]
        sys.modules.update(kept)


def _theirs(name: str) -> bool:
    return name == "xtquant" or name.startswith("xtquant.")


# Path of a vendor's trader -> the link behind it.
LINKS: dict[str, Link] = {}


@cache
def xttrader() -> Any:
    """The vendor's xttrader.py; a trader's path says which of `LINKS` is behind it."""
    with _own_modules():
        package = types.ModuleType("xtquant")
        package.__path__ = [str(folder())]
        sys.modules["xtquant"] = package
        bson = importlib.import_module("xtquant.xtbson")
        client = native.module(LINKS.__getitem__, bson, dict_fields())
        sys.modules["xtquant.xtpythonclient"] = client
        package.xtpythonclient = client  # type: ignore[attr-defined]
        return importlib.import_module("xtquant.xttrader")
