"""Reading the dated figures that lie in xtnb/rules/data.

Every file is JSON in UTF-8 and says for each figure where it comes from and how
sure we are of it (V verified, Q an article quoted by someone, S one secondary
source, U unverified: a setting with a default, not a claim). Figures that change
are lists of rows, each with `from`, the first day it holds; null means from the
start.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def load(name: str) -> dict[str, Any]:
    """Read `xtnb/rules/data/<name>.json`, once. Treat what comes as constant."""
    text = (files("xtnb.rules") / "data" / f"{name}.json").read_text(encoding="utf-8")
    content: dict[str, Any] = json.loads(text)
    return content


def in_force(rows: Sequence[dict[str, Any]], day: date) -> dict[str, Any] | None:
    """The row of a dated table that holds on a day; None before the first one."""
    found = None
    for row in rows:
        start = row["from"]
        if start is None or date.fromisoformat(start) <= day:
            found = row
    return found
