"""Ticks and bars as DataFrames and arrays, in the shapes of the vendor's xtdata.

Rows come in as dicts (see session/quotes.py). Labels of rows or columns are local
times as text: YYYYMMDD for days, YYYYMMDDHHMMSS otherwise; the column `time` keeps
the milliseconds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

_SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
_NUMBERED = re.compile(r"((?:ask|bid)(?:Price|Vol))([1-5])")
_WHOLE = {"time", "volume", "pvolume", "stockStatus", "openInt", "transactionNum"}
_WHOLE |= {"openInterest", "suspendFlag"}
_LISTS = {"askPrice": "f8", "bidPrice": "f8", "askVol": "i8", "bidVol": "i8"}
_ZERO_IN_A_GAP = frozenset(("volume", "amount", "suspendFlag"))

Row = Mapping[str, Any]
Frames = dict[str, pd.DataFrame]


def labels(rows: Sequence[Row], period: str) -> list[str]:
    """Local-time texts of rows."""
    return [_label(row["time"], period) for row in rows]


def _label(time_ms: int, period: str) -> str:
    moment = datetime.fromtimestamp(time_ms / 1000, _SHANGHAI)
    return moment.strftime("%Y%m%d" if period == "1d" else "%Y%m%d%H%M%S")


def _value(row: Row, field: str) -> Any:
    numbered = _NUMBERED.fullmatch(field)
    if numbered is None:
        return row[field]
    levels = row[numbered[1]]
    place = int(numbered[2]) - 1
    return levels[place] if place < len(levels) else 0


def _dtype(field: str) -> str:
    numbered = _NUMBERED.fullmatch(field)
    if numbered is not None:
        return _LISTS[numbered[1]]
    if field in _LISTS:
        return "object"
    return "i8" if field in _WHOLE else "f8"


def frame(rows: Sequence[Row], fields: Sequence[str], period: str) -> pd.DataFrame:
    """Rows by time, one column a field; the columns and dtypes are there without rows too."""
    index = pd.Index(labels(rows, period), dtype=object)
    columns = {
        name: pd.Series([_value(row, name) for row in rows], index=index, dtype=_dtype(name))
        for name in fields
    }
    return pd.DataFrame(columns, index=index, columns=list(fields))


def by_code(rows: Mapping[str, Sequence[Row]], fields: Sequence[str], period: str) -> Frames:
    """A frame for each code."""
    return {code: frame(mine, fields, period) for code, mine in rows.items()}


def by_field(
    rows: Mapping[str, Sequence[Row]], fields: Sequence[str], period: str, fill: bool = False
) -> Frames:
    """A frame for each field: a row for each code, a column for each time of any of them.

    Where a code has no bar there is NaN; with `fill`, the bar before continues with
    no volume, and only a code without any bar before stays NaN.
    """
    times = _times(rows)
    texts = pd.Index([_label(time, period) for time in times], dtype=object)
    codes = pd.Index(list(rows), dtype=object)
    aligned = {
        code: {row["time"]: row for row in (_filled(mine, times) if fill else mine)}
        for code, mine in rows.items()
    }
    frames = {}
    for name in fields:
        cells = [
            [_value(mine[time], name) if time in mine else np.nan for time in times]
            for mine in aligned.values()
        ]
        complete = all(time in mine for mine in aligned.values() for time in times)
        dtype = _dtype(name) if complete else "f8"
        frames[name] = pd.DataFrame(cells, index=codes, columns=texts, dtype=dtype)
    return frames


def _times(rows: Mapping[str, Sequence[Row]]) -> list[int]:
    return sorted({row["time"] for mine in rows.values() for row in mine})


def _filled(rows: Sequence[Row], times: Sequence[int]) -> list[Row]:
    """The same bars with the holes between and after them closed."""
    known = {row["time"]: row for row in rows}
    filled: list[Row] = []
    for time in times:
        row = known.get(time)
        if row is None and filled:
            row = _flat(filled[-1], time)
        if row is not None:
            filled.append(row)
    return filled


def _flat(before: Row, time: int) -> dict[str, Any]:
    close = before["close"]
    flat = {name: 0 if name in _ZERO_IN_A_GAP else value for name, value in before.items()}
    flat.update(time=time, open=close, high=close, low=close, preClose=close)
    return flat


def arrays(
    rows: Mapping[str, Sequence[Row]], fields: Sequence[str]
) -> dict[str, npt.NDArray[np.void]]:
    """Ticks of each code as a structured array by time; the five levels are sub-arrays."""
    kinds: list[Any] = [
        (name, _LISTS[name], (5,)) if name in _LISTS else (name, _dtype(name)) for name in fields
    ]
    return {
        code: np.array([tuple(_value(row, name) for name in fields) for row in mine], dtype=kinds)
        for code, mine in rows.items()
    }
