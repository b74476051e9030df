"""The manual's text (xtquant.txt, as it was printed) and its tables as data."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

TEXT = Path(__file__).with_name("xtquant.txt")


@cache
def text() -> str:
    return TEXT.read_text(encoding="utf-8")


def constant_names() -> set[str]:
    """Every name that the manual writes as `xtconstant.NAME`, its sample included."""
    return set(re.findall(r"xtconstant\.([A-Z]\w*)", text()))


def numbers() -> dict[str, int]:
    """Name -> number, from the tables that print both."""
    rows = re.findall(
        r"^(?:<code>)?xtconstant\.(\w+)(?:</code>)?\t(-?\d+)\t", text(), flags=re.MULTILINE
    )
    return {name: int(value) for name, value in rows}


def labels() -> dict[str, dict[str, str]]:
    """Group -> name -> the manual's Chinese words, such as order_type -> STOCK_BUY -> 买入."""
    dictionary = text().split("XtQuant数据字典", 1)[1].split("XtQuant数据结构说明", 1)[0]
    found: dict[str, dict[str, str]] = {}
    group = ""
    for line in dictionary.replace("\\_", "_").splitlines():
        if head := re.match(r"#+ .*\((\w+)\)", line):
            group = head[1]
        elif item := re.match(r" *- (.+) - `xtconstant\.(\w+)`", line):
            found.setdefault(group, {})[item[2]] = item[1]
        elif row := re.match(r"(?:<code>)?xtconstant\.(\w+)(?:</code>)?\t-?\d+\t(.+)", line):
            found.setdefault(group, {})[row[1]] = row[2]
    return found


def records() -> dict[str, dict[str, str]]:
    """Record -> attribute -> the manual's word for its type."""
    found: dict[str, dict[str, str]] = {}
    record = ""
    for line in text().splitlines():
        if head := re.match(r"(?:#+ )?[\u4e00-\u9fff]+((?:Xt|Stk|Credit)[A-Za-z]+)$", line):
            record = head[1]
        elif line.startswith("## "):
            record = ""
        elif record and (row := re.match(r"(\w+)\t(int|float|str|bool)\t", line)):
            found.setdefault(record, {})[row[1]] = row[2]
    return found
