"""One table of all that manual and vendor's package name: where it is, and where it is tested.

Run: uv run python -m tests.project.surface        (writes notebooks/api_surface.md)

The names come from the manual's text and from the source of the vendor's package;
what the paper terminal answers is asked of it. `gaps()` says what is missing, and
tests/test_surface.py fails when anything is, or when the table is not up to date.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import json
import re
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.contract import house
from tests.manual import tables
from tests.session.whole_api import CASES
from tests.test_xtconstant import vendor_values
from tests.vendor import package
from xtnb import xtconstant, xtinstruction, xttype
from xtnb.errors import RefusalCode
from xtnb.session.answers import as_dict
from xtnb.session.calls import CALLS
from xtnb.vocabulary import codes
from xtnb.vocabulary.algorithms import SmartAlgoTask
from xtnb.vocabulary.lending import SmtCompact, SmtOrder, SmtQuoter
from xtnb.vocabulary.messages import Request
from xtnb.vocabulary.subscriptions import IpoInfo
from xtnb.vocabulary.transfers import ComFund, ComPosition
from xtnb.xttrader import XtQuantTrader, XtQuantTraderCallback

ROOT = Path(__file__).resolve().parent.parent.parent
TABLE = ROOT / "notebooks" / "api_surface.md"
NEWER = ROOT / "tests" / "vocabulary" / "newer_fields.json"

# Dict results: method -> the record that holds their keys.
DICTS = {
    "query_com_fund": ComFund,
    "query_com_position": ComPosition,
    "smt_query_quoter": SmtQuoter,
    "smt_query_order": SmtOrder,
    "smt_query_compact": SmtCompact,
    "query_ipo_data": IpoInfo,
    "query_smart_algo_task": SmartAlgoTask,
}
# Where the manual says what a method's dicts hold; the others are the vendor's.
SECTIONS = {
    "query_com_fund": "普通柜台资金查询",
    "query_com_position": "普通柜台持仓查询",
    "smt_query_quoter": "券源行情查询",
    "smt_query_compact": "约券合约查询",
}
# What crosses the link for a stock account, beside the cases of tests/session/whole_api.py.
_ORDER = {
    "stock_code": "600000.SH",
    "order_type": 23,
    "order_volume": 100,
    "price_type": 11,
    "price": 1.0,
    "strategy_name": "",
    "order_remark": "",
}
_ASKED = {
    "order_stock": _ORDER,
    "cancel_order_stock": {"order_id": 1},
    "cancel_order_stock_sysid": {"market": 0, "order_sysid": "1"},
    "query_stock_order": {"order_id": 1},
    "query_stock_orders": {"cancelable_only": False},
    "query_stock_position": {"stock_code": "600000.SH"},
    **{case.method: case.crosses for case in CASES},
}
# Requests of the session itself, which a link or a terminal answers for any account.
_ANY = {"subscribe", "unsubscribe", "query_account_infos", "query_account_status"}
_ANY |= {case.method for case in CASES if not case.account}
_SAME = {"query_orders": "query_stock_orders", "query_account_info": "query_account_infos"}
_SAME |= {"query_data": "export_data"}


@dataclass(frozen=True)
class Row:
    """One line of the table. `missing` says what is not there, in words."""

    name: str
    manual: bool
    vendor: bool
    cells: tuple[str, ...]
    tested: tuple[str, ...]
    missing: tuple[str, ...] = ()


# -- what is tested where ---------------------------------------------------------------------


@cache
def _tests() -> dict[str, str]:
    """Test file -> its text; the contract first, since it holds for every link."""
    order = ["contract", "session", "vendor", "terminal", "vocabulary"]
    paths = sorted(
        (path for path in (ROOT / "tests").rglob("*.py") if path.parent.name != "project"),
        key=lambda path: (
            order.index(path.parent.name) if path.parent.name in order else len(order),
            path.name,
        ),
    )
    mine = {"test_surface.py", "house.py", "scripted.py", "native.py", "package.py"}
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in paths
        if path.name not in mine
    }


@cache
def tested(name: str) -> tuple[str, ...]:
    """The test files that name it, at most two."""
    word = re.compile(rf"\b{re.escape(name)}\b")
    found = [path for path, text in _tests().items() if word.search(text)]
    found = [path for path in found if Path(path).name.startswith("test_")]
    table = []
    by_table = {case.method for case in CASES} | {case.response for case in CASES}
    if name in by_table or name.removesuffix("_async") in by_table:
        table = ["tests/session/test_whole_api.py"]  # runs through all of them
    elif _is_record(getattr(xttype, name, None)):
        table = ["tests/vocabulary/test_records.py"]  # runs through all of them
    return tuple(dict.fromkeys([*table, *found]))[:2]


def in_manual(name: str) -> bool:
    """Whether the manual's text has the word."""
    return bool(re.search(rf"\b{re.escape(name)}\b", tables.text().replace("\\_", "_")))


# -- methods ------------------------------------------------------------------------------------


def vendor_methods() -> set[str]:
    """The vendor's public methods, and its constructor."""
    found = package.members("XtQuantTrader")
    return {name for name in found if not name.startswith("_")} | {"XtQuantTrader"}


def manual_methods() -> set[str]:
    """Calls that the manual writes or names, which are no callbacks and no attributes."""
    text = tables.text().replace("\\_", "_")
    found = set(re.findall(r"\b([a-z]+_\w+)\(", text)) | set(re.findall(r"`([a-z]+_\w+)`", text))
    fields = {field for record in tables.records().values() for field in record}
    return {name for name in found if not name.startswith("on_")} - fields - {"offset_flag"}


def _where(member: Any) -> str:
    module = inspect.getmodule(member)
    return f"{module.__name__ if module else '?'}"


@cache
def answered() -> dict[str, list[str]]:
    """Method that crosses a link -> the kinds of account that answer it on the paper terminal."""
    terminal = house.every_account("surface", house.market())
    found: dict[str, list[str]] = {}
    for method in CALLS:
        kinds = []
        for kind, account in house.ACCOUNTS.items():
            whose = (account.account_type, account.account_id)
            if method in _ANY and method not in ("subscribe", "unsubscribe"):
                whose = (0, "")
            reply = terminal.handle(Request(1, method, *whose, _ASKED.get(method, {}), 1))
            unknown = whose == (0, "") and reply.error_id == RefusalCode.UNKNOWN_ACCOUNT
            nobody = unknown and "0 账号" in reply.error
            if not nobody and f"has no {method}" not in reply.error:
                kinds.append(kind)
        found[method] = kinds
    return found


def _accounts(method: str) -> str | None:
    """Which accounts answer, in words; None when the method does not cross a link."""
    base = _SAME.get(method, method).removesuffix("_async")
    if base not in CALLS:
        return None
    kinds = answered()[base]
    if not kinds:
        return ""
    return "any" if len(kinds) == len(house.ACCOUNTS) else ", ".join(kinds)


def methods() -> list[Row]:
    """Every method of manual and vendor."""
    theirs, manual = vendor_methods(), manual_methods()
    rows = []
    for name in sorted(theirs | manual):
        member = XtQuantTrader if name == "XtQuantTrader" else getattr(XtQuantTrader, name, None)
        accounts = _accounts(name)
        missing = []
        if member is None or not inspect.getdoc(member):
            missing.append("no such method")
        if accounts == "":
            missing.append("no account of the paper terminal answers it")
        if not tested(name):
            missing.append("no test names it")
        where = _where(member) if member else ""
        cells = (f"`{where}`", accounts if accounts is not None else "the session itself")
        rows.append(Row(name, in_manual(name), name in theirs, cells, tested(name), tuple(missing)))
    return rows


def ours() -> list[str]:
    """Public methods of our trader that neither manual nor vendor has."""
    mine = {name for name in dir(XtQuantTrader) if not name.startswith("_")}
    return sorted(mine - vendor_methods() - manual_methods())


# -- callbacks, records, dicts, constants ---------------------------------------------------------


def callbacks() -> list[Row]:
    """Every callback of manual and vendor."""
    theirs = set(package.members("XtQuantTraderCallback"))
    named = set(re.findall(r"\b(on_[a-z_]+)\(", tables.text().replace("\\_", "_")))
    rows = []
    for name in sorted(theirs | (named - {"on_push"})):
        member = getattr(XtQuantTraderCallback, name, None)
        missing = [] if member else ["no such callback"]
        if not tested(name):
            missing.append("no test names it")
        about = (inspect.getdoc(member) or "").split("\n")[0] if member else ""
        cells = (f"`{_where(member)}`", about)
        rows.append(Row(name, in_manual(name), name in theirs, cells, tested(name), tuple(missing)))
    return rows


def _vendor_classes() -> set[str]:
    return {node.name for node in package.tree("xttype.py").body if isinstance(node, ast.ClassDef)}


def records() -> list[Row]:
    """Every record of manual and vendor, with how many attributes it must have."""
    manual, newer = tables.records(), json.loads(NEWER.read_text(encoding="utf-8"))
    rows = []
    for name in sorted({*manual, *newer, *_vendor_classes()}):
        record = getattr(xttype, name, None)
        wanted = {*manual.get(name, ()), *newer.get(name, ())}
        known = {f.name for f in dataclasses.fields(record)} if _is_record(record) else wanted
        missing = [] if record else ["no such record"]
        missing += [f"no attribute {field}" for field in sorted(wanted - known)]
        if not tested(name):
            missing.append("no test names it")
        cells = (f"`{record.__module__}`" if record else "", str(len(known)))
        in_both = name in manual or name == "StockAccount"
        known_to_vendor = name in _vendor_classes() or name in newer or name in manual
        rows.append(Row(name, in_both, known_to_vendor, cells, tested(name), tuple(missing)))
    return rows


def _is_record(record: Any) -> bool:
    return isinstance(record, type) and dataclasses.is_dataclass(record)


def manual_keys(method: str) -> set[str]:
    """The keys of a method's dicts, as its section of the manual prints them."""
    text = tables.text().replace("\\_", "_")
    section = SECTIONS.get(method)
    if section is None:
        return set()
    body = re.split(rf"^#+ {section}$", text, flags=re.MULTILINE)[1]
    body = re.split(r"^#+ ", body, flags=re.MULTILINE)[0].split("包含以下字段", 1)[1]
    return set(re.findall(r"^\s*- (\w+) - (?:bool|str|int|float|double)\b", body, re.MULTILINE))


def dicts() -> list[Row]:
    """Every method that gives dicts, with the keys of manual and vendor's code."""
    rows = []
    for method, record in DICTS.items():
        keys = set(as_dict(record, record()))
        wanted = manual_keys(method) | set(package.dict_fields().get(method, ()))
        missing = [f"no key {key}" for key in sorted(wanted - keys)]
        cells = (f"`{record.__module__}.{record.__name__}`", str(len(keys)))
        manual = bool(manual_keys(method)) or method == "query_ipo_data"
        rows.append(Row(method, manual, True, cells, tested(method), tuple(missing)))
    return rows


@cache
def _labels() -> dict[str, tuple[str, str, str]]:
    """Constant -> the group, zh, en of the code that has its number."""
    found = {}
    for group in vars(codes).values():
        if isinstance(group, type) and issubclass(group, codes.LabelledCode):
            for name, member in group.__members__.items():
                found[name] = (group.__name__, member.zh, member.en)
    return found


def constants() -> list[Row]:
    """Every constant of manual and vendor, with its number."""
    theirs = {k: v for k, v in vendor_values().items() if isinstance(v, int | str)}
    manual = tables.constant_names()
    rows = []
    for name in sorted({*theirs, *manual}):
        value = getattr(xtconstant, name, None)
        missing = [] if value is not None else ["no such constant"]
        if name in theirs and value != theirs[name]:
            missing.append(f"its value is {theirs[name]!r} at the vendor")
        home = "xtinstruction" if hasattr(xtinstruction, name) else "xtconstant"
        cells = (f"`{value!r}`", f"`xtnb.{home}`")
        suite = ("tests/test_xtconstant.py",)
        rows.append(Row(name, name in manual, name in theirs, cells, suite, tuple(missing)))
    return rows


# -- the table -----------------------------------------------------------------------------------


def sections() -> dict[str, tuple[tuple[str, str], list[Row]]]:
    """Heading -> the names of its two columns, and its rows."""
    return {
        "Methods": (("where", "answered on the paper terminal by"), methods()),
        "Callbacks": (("where", "what it tells"), callbacks()),
        "Records": (("where", "attributes"), records()),
        "Dicts": (("where", "keys, both spellings"), dicts()),
        "Constants": (("value", "where"), constants()),
    }


def gaps() -> list[str]:
    """What is missing, one line each; nothing when all is there."""
    return [
        f"{heading.lower()}: {row.name}: {what}"
        for heading, (_, rows) in sections().items()
        for row in rows
        for what in row.missing
    ]


def text() -> str:
    """The table as Markdown."""
    lines = [
        "# The API, name by name",
        "",
        "Every method, callback, record, dict and constant of the manual and of the vendor's",
        "package 250807.1.2, with where it is implemented and which tests hold it. M: the manual",
        "has it; V: the vendor's package has it. Made by `tests/project/surface.py`, which fails",
        "when anything is missing; do not edit.",
    ]
    for heading, (columns, rows) in sections().items():
        lines += ["", f"## {heading} ({len(rows)})", ""]
        lines.append(f"| name | M | V | {columns[0]} | {columns[1]} | tested in |")
        lines.append("|---|---|---|---|---|---|")
        for row in rows:
            marks = ("M" if row.manual else "", "V" if row.vendor else "")
            held = ", ".join(f"`{path.removeprefix('tests/')}`" for path in row.tested)
            lines.append(f"| {' | '.join((f'`{row.name}`', *marks, *row.cells, held))} |")
    lines += ["", f"## Ours besides ({len(ours())})", ""]
    lines.append(
        "Forms of `XtQuantTrader` that neither has: " + ", ".join(f"`{n}`" for n in ours())
    )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    TABLE.write_text(text(), encoding="utf-8", newline="\n")
    missing = gaps()
    print(f"{TABLE.relative_to(ROOT).as_posix()}: {len(missing)} gaps")
    print("\n".join(missing))
    sys.exit(bool(missing))
