"""Records and plain rows into Parquet files, batch by batch, so that size does not matter."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, get_type_hints

import pyarrow as pa
import pyarrow.parquet as pq

_TYPES = {int: pa.int64(), float: pa.float64(), str: pa.string(), bool: pa.bool_()}


def fields_of(record: type) -> dict[str, type]:
    """The fields of a record class with their types; what is no number or truth is text."""
    hints = get_type_hints(record)
    return {
        field.name: hints[field.name] if hints[field.name] in _TYPES else str
        for field in dataclasses.fields(record)
    }


class ParquetFile:
    """A file that rows are added to.

    Args:
        path: where; an older file is replaced when this one is whole.
        fields: names and types (int, float, str, bool) of the columns, in order.
    """

    def __init__(self, path: Path, fields: Mapping[str, type]) -> None:
        self.path = path
        self.rows = 0
        self._fields = dict(fields)
        self._schema = pa.schema([(name, _TYPES[kind]) for name, kind in fields.items()])
        self._part = path.with_suffix(path.suffix + ".part")
        self._writer = pq.ParquetWriter(self._part, self._schema, compression="zstd")

    def add(self, rows: Iterable[Sequence[Any]]) -> None:
        """Add rows, each with a value for every column."""
        columns = list(zip(*rows, strict=True))
        if not columns:
            return
        arrays = [
            pa.array([_as(kind, value) for value in values], _TYPES[kind])
            for values, kind in zip(columns, self._fields.values(), strict=True)
        ]
        self._writer.write_batch(pa.record_batch(arrays, schema=self._schema))
        self.rows += len(columns[0])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._writer.close()
        if kind is None:
            self._part.replace(self.path)
        else:
            self._part.unlink(missing_ok=True)


def _as(kind: type, value: Any) -> Any:
    return value if value is None or type(value) is kind else kind(value)
