"""A table that stays when the live one ends: plain HTML with the time at which it was true."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Any

from xtnb.widgets.columns import BoundColumn
from xtnb.widgets.moment import as_of

MOST_ROWS = 200
_STYLE = "text-align:{};padding:1px 8px;white-space:nowrap;font-variant-numeric:tabular-nums"


def still(
    title: str,
    columns: Sequence[BoundColumn],
    records: Sequence[Any],
    language: str,
    moment: datetime | None = None,
) -> str:
    """The table as HTML, at most 200 rows, with the moment (by default now) above it."""
    shown = [column for column in columns if not column.column.hidden]
    head = "".join(_cell("th", column, column.field.label(language)) for column in shown)
    rows = [
        "".join(_cell("td", column, column.text(record, language)) for column in shown)
        for record in records[:MOST_ROWS]
    ]
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    left = len(records) - len(rows)
    more = f" · +{left:,}" if left > 0 else ""
    when = escape(as_of(language, moment))
    return (
        f'<div style="opacity:.75"><small><b>{escape(title)}</b> · {len(records):,}{more} · '
        f"{when}</small><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
        "</table></div>"
    )


def _cell(tag: str, column: BoundColumn, text: str) -> str:
    side = "right" if column.kind in ("number", "percent", "id") else "left"
    return f'<{tag} style="{_STYLE.format(side)}">{escape(text)}</{tag}>'
