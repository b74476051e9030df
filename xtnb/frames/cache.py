"""Frames that are kept between calls.

Most calls of `desk.orders()` find the records of the call before, perhaps with a
few new ones. A `FrameCache` then reads only what has changed. That rests on the
rule of the house that a record is never changed after it was sent: a new state
is a new object.

Columns live in arrays with room to grow. A frame sees the front of them, so
that rows can be added behind it without copying; a column whose old cells
change is copied first. Frames that were handed out never change.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Any

import numpy as np
import pandas as pd

from xtnb.frames.schema import ORDERS, POSITIONS, QUOTES, TRADES, Schema
from xtnb.frames.tables import assemble, read_columns
from xtnb.vocabulary.options import options
from xtnb.vocabulary.records import Quote, XtOrder, XtPosition, XtTrade

_FEW = 0.2  # above this share of changed rows a table is read afresh
_BLOCK = 512
_ROOM = 1024


class FrameCache:
    """Frames that are kept between calls and brought up to date by what changed.

    Rows that are new at the end are appended, rows that hold another object are
    read again; a shorter list, another language or many changes mean that the
    whole table is read. What is handed out is the caller's own: changing it
    changes nothing here.

    May be called from any thread.
    """

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}
        self._lock = Lock()

    def orders(self, records: Sequence[XtOrder]) -> pd.DataFrame:
        """See `orders_frame`."""
        return self.table(ORDERS, records)

    def trades(self, records: Sequence[XtTrade]) -> pd.DataFrame:
        """See `trades_frame`."""
        return self.table(TRADES, records)

    def positions(self, records: Sequence[XtPosition]) -> pd.DataFrame:
        """See `positions_frame`."""
        return self.table(POSITIONS, records)

    def quotes(self, records: Sequence[Quote]) -> pd.DataFrame:
        """See `quotes_frame`."""
        return self.table(QUOTES, records)

    def table(self, schema: Schema, records: Sequence[Any]) -> pd.DataFrame:
        """The frame of these records, by the shortest way."""
        with self._lock:
            kept = self._kept.get(schema.name)
            if kept is None:
                kept = self._kept[schema.name] = _Kept(schema)
            return kept.bring_up(list(records)).copy(deep=False)


class _Kept:
    """One table of a `FrameCache`: its records, its columns and its frame."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._language = ""
        self._records: list[Any] = []
        self._columns: dict[str, Any] = {}  # each longer than the table by the room left
        self._frame = schema.empty()

    def bring_up(self, records: list[Any]) -> pd.DataFrame:
        """The frame of these records."""
        before = self._records
        added = len(records) - len(before)
        if self._language != options.language or added < 0:
            return self._afresh(records)
        changed = _places_of_change(before, records)
        if not changed and not added:
            return self._frame
        if len(changed) + added > _FEW * len(records):
            return self._afresh(records)
        return self._patched(records, changed)

    def _afresh(self, records: list[Any]) -> pd.DataFrame:
        self._language = options.language
        self._columns = read_columns(self._schema, records, self._language)
        self._frame = assemble(
            self._schema, {name: each[:] for name, each in self._columns.items()}
        )
        self._records = records
        return self._frame

    def _patched(self, records: list[Any], changed: list[int]) -> pd.DataFrame:
        start, end = len(self._records), len(records)
        rows = [*(records[place] for place in changed), *records[start:]]
        fresh = read_columns(self._schema, rows, self._language)
        if any(fresh[name].dtype != old.dtype for name, old in self._columns.items()):
            return self._afresh(records)  # a code that no group has needs a category
        for name, new in fresh.items():
            column = self._columns[name]
            if not _same(column[changed], new[: len(changed)]):
                column = column.copy()
                column[changed] = new[: len(changed)]
            if end > len(column):
                column = _with_room(column, end + end // 4 + _ROOM)
            column[start:end] = new[len(changed) :]
            self._columns[name] = column
        self._frame = assemble(
            self._schema, {name: column[:end] for name, column in self._columns.items()}
        )
        self._records = records
        return self._frame


def _places_of_change(before: list[Any], after: list[Any]) -> list[int]:
    """Where another object stands than before. Whole blocks are compared at C speed."""
    changed: list[int] = []
    for start in range(0, len(before), _BLOCK):
        old = before[start : start + _BLOCK]
        new = after[start : start + len(old)]
        if old != new:
            changed += [start + place for place, row in enumerate(new) if row is not old[place]]
    return changed


def _same(old: Any, new: Any) -> bool:
    if isinstance(old, np.ndarray):
        return np.array_equal(old, new, equal_nan=old.dtype.kind == "f")
    return bool(old.equals(new))


def _with_room(column: Any, size: int) -> Any:
    """The same values in front of a longer array."""
    if isinstance(column, np.ndarray):
        wide: Any = np.empty(size, dtype=column.dtype)
        wide[: len(column)] = column
        return wide
    return column.take(np.minimum(np.arange(size), len(column) - 1))
