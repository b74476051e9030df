"""Records to DataFrames, with the columns and dtypes of schema.py.

`orders_frame(records)` and its siblings are plain functions; cache.py keeps what
they make between calls. Fields that an old or a foreign record lacks are empty.
What it costs stands in tests/benchmarks/.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from xtnb.frames import accessor as _accessor  # registers df.xt
from xtnb.frames.schema import (
    ACCOUNT_STATUS,
    ACCOUNTS,
    ASSET,
    ORDERS,
    POSITIONS,
    QUOTES,
    TEXT,
    TRADES,
    CodeLabels,
    Column,
    Schema,
    code_labels,
)
from xtnb.vocabulary.masking import shown
from xtnb.vocabulary.options import options
from xtnb.vocabulary.records import (
    Quote,
    XtAccountInfo,
    XtAccountStatus,
    XtAsset,
    XtOrder,
    XtPosition,
    XtTrade,
)

ATTRIBUTE = _accessor.ATTRIBUTE
_MILLISECONDS = {"time": 1000, "time_ms": 1}


def _read(column: Column, records: Sequence[Any]) -> list[Any]:
    """Read a column that some records lack: old or foreign ones. A missing value is None."""
    values = []
    for record in records:
        try:
            values.append(column.read(record))
        except AttributeError:
            values.append(None)
    return values


def _integers(column: Column, records: Sequence[Any]) -> np.ndarray[Any, Any]:
    try:
        return np.fromiter(map(column.read, records), np.int64, len(records))
    except (TypeError, AttributeError):
        values = [int(value or 0) for value in _read(column, records)]
        return np.array(values, dtype=np.int64)


def _floats(column: Column, records: Sequence[Any]) -> np.ndarray[Any, Any]:
    try:
        return np.fromiter(map(column.read, records), np.float64, len(records))
    except (TypeError, AttributeError):
        values = [np.nan if value is None else value for value in _read(column, records)]
        return np.array(values, dtype=np.float64)


def _truths(column: Column, records: Sequence[Any]) -> np.ndarray[Any, Any]:
    return np.array([bool(value) for value in _read(column, records)], dtype=np.bool_)


def _texts(column: Column, records: Sequence[Any]) -> pd.api.extensions.ExtensionArray:
    if column.field.name == "account_id":
        values = [shown(value or "") for value in _read(column, records)]
        return pd.array(values, dtype=TEXT)
    try:
        array = pd.array(list(map(column.read, records)), dtype=TEXT)
        return array.fillna("") if array.isna().any() else array
    except (TypeError, ValueError, AttributeError):
        values = ["" if value is None else str(value) for value in _read(column, records)]
        return pd.array(values, dtype=TEXT)


def _codes(
    column: Column, records: Sequence[Any], language: str, kinds: np.ndarray[Any, Any]
) -> Any:
    field = column.field
    assert field.codes is not None
    known = code_labels(field.codes, language)
    numbers = _integers(column, records)
    categories = list(known.dtype.categories)
    places = np.empty(len(numbers), dtype=np.int16)
    for kind in pd.unique(kinds):
        rows = kinds == kind
        inverse, distinct = pd.factorize(numbers[rows])
        targets = [
            _place(known, int(kind), int(number), categories) for number in distinct.tolist()
        ]
        places[rows] = np.array(targets, dtype=np.int16)[inverse]
    if len(categories) == len(known.dtype.categories):
        return pd.Categorical.from_codes(places, dtype=known.dtype)
    return pd.Categorical.from_codes(places, categories=pd.Index(categories))


def _place(known: CodeLabels, kind: int, number: int, categories: list[str]) -> int:
    """The place of a number's label; one that the group does not have gets the next place."""
    place = known.places.get((kind, number), known.places.get((None, number)))
    if place is None:
        if str(number) not in categories:
            categories.append(str(number))
        place = categories.index(str(number))
    return place


def _account_types(records: Sequence[Any]) -> np.ndarray[Any, Any]:
    return np.array([getattr(record, "account_type", 0) or 0 for record in records], dtype=np.int64)


def read_columns(schema: Schema, records: Sequence[Any], language: str) -> dict[str, Any]:
    """Every column of a table, read from its records."""
    kinds = _account_types(records)
    arrays: dict[str, Any] = {}
    for column in schema.columns:
        if column.field.dtype == "code":
            arrays[column.name] = _codes(column, records, language, kinds)
        else:
            arrays[column.name] = _READERS[column.field.dtype](column, records)
    return arrays


def _moments(column: Column, records: Sequence[Any]) -> Any:
    """Epoch seconds or milliseconds as times in Shanghai; 0 is no time."""
    moments = _integers(column, records) * _MILLISECONDS[column.field.dtype]
    stamps = moments.view("datetime64[ms]")
    stamps[moments == 0] = np.datetime64("NaT", "ms")
    return pd.DatetimeIndex(stamps).tz_localize("UTC").tz_convert("Asia/Shanghai").array.copy()


_READERS: dict[str, Callable[[Column, Sequence[Any]], Any]] = {
    "int": _integers,
    "float": _floats,
    "bool": _truths,
    "text": _texts,
    "time": _moments,
    "time_ms": _moments,
}


def assemble(schema: Schema, arrays: dict[str, Any]) -> pd.DataFrame:
    """Make a frame of arrays, without copying them."""
    rows = len(next(iter(arrays.values())))
    frame = pd.DataFrame(arrays, index=pd.RangeIndex(rows), copy=False)
    frame.attrs[ATTRIBUTE] = schema.name
    return frame


def table(schema: Schema, records: Iterable[Any]) -> pd.DataFrame:
    """Lay records out as a frame of the given schema, in the language of `xtnb.options`."""
    rows = records if isinstance(records, list) else list(records)
    return assemble(schema, read_columns(schema, rows, options.language))


def orders_frame(records: Iterable[XtOrder]) -> pd.DataFrame:
    """Orders, one a row."""
    return table(ORDERS, records)


def trades_frame(records: Iterable[XtTrade]) -> pd.DataFrame:
    """Fills, one a row."""
    return table(TRADES, records)


def positions_frame(records: Iterable[XtPosition]) -> pd.DataFrame:
    """Positions, one a row."""
    return table(POSITIONS, records)


def asset_frame(record: XtAsset) -> pd.DataFrame:
    """The money of an account: one row."""
    return table(ASSET, [record])


def accounts_frame(records: Iterable[XtAccountInfo]) -> pd.DataFrame:
    """The accounts of a terminal, one a row."""
    return table(ACCOUNTS, records)


def account_status_frame(records: Iterable[XtAccountStatus]) -> pd.DataFrame:
    """Whether each account can trade, one a row."""
    return table(ACCOUNT_STATUS, records)


def quotes_frame(records: Iterable[Quote]) -> pd.DataFrame:
    """Quotes, one instrument a row; five levels as bid1, bid1_volume, ask1, ask1_volume …"""
    return table(QUOTES, records)
