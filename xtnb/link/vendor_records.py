"""The vendor's records become ours, field by field.

The compiled records bear each attribute under two names; ours are read first
under their own, then under the second. What is missing or empty becomes 0 or "",
and so do numbers that stand for "none" at the vendor's: not-a-number, the largest
float there is, and a time that lies centuries away. Dicts that its Python layer builds
become the records of vocabulary/ that the terminals of ours answer with.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, TypeVar

from xtnb.vocabulary.fields import field_table
from xtnb.vocabulary.twins import twins_of

T = TypeVar("T")

_NONE = 1e300  # the vendor's prices of "none" are the largest float
_LAST_TIME = 2**32  # s since the epoch, in 2106; the frames and the screen end later
_BLANK: dict[str, Any] = {"int": 0, "float": 0.0, "str": "", "bool": False}


@dataclasses.dataclass(frozen=True, slots=True)
class _Column:
    name: str
    names: tuple[str, ...]  # its own, then the others that the vendor may use
    kind: str
    is_time: bool
    blank: Any


@cache
def _columns(record: type) -> tuple[_Column, ...]:
    second: dict[str, list[str]] = {}
    for name, field in twins_of(record).items():
        second.setdefault(field, []).append(name)
    for field, name in getattr(record, "SPELLINGS", {}).items():
        second.setdefault(field, []).append(name)
    meanings = field_table(record)
    return tuple(
        _Column(
            one.name,
            (one.name, *second.get(one.name, ())),
            str(one.type),
            meanings[one.name].dtype == "time",
            _blank(one),
        )
        for one in dataclasses.fields(record)
    )


def _blank(field: dataclasses.Field[Any]) -> Any:
    if field.default is not dataclasses.MISSING:
        return field.default
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory
    return _BLANK[str(field.type)]


def ours(record: type[T], found: Any, **given: Any) -> T:
    """Make a record of ours from one of the vendor's, or from a dict of its Python layer.

    Args:
        record: a record class of vocabulary/.
        found: the vendor's object or dict.
        given: fields with the value to take where the vendor's has none, such as
            `account_type`; XtAccountInfo.account_classification, which it documents
            and does not have, is 0 (defect 19).
    """
    row: Mapping[str, Any] | None = found if isinstance(found, Mapping) else None
    values = {}
    for column in _columns(record):  # type: ignore[arg-type]
        value = None
        for name in column.names:
            value = row.get(name) if row is not None else getattr(found, name, None)
            if value is not None:
                break
        if value is None:
            value = given.get(column.name)
        values[column.name] = _value(column, value)
    return record(**values)


def rows(record: type[T], found: Iterable[Any] | None, **given: Any) -> list[T]:
    """The same for a list; None is an empty one."""
    return [ours(record, one, **given) for one in found or ()]


def _value(column: _Column, value: Any) -> Any:
    if value is None:
        return column.blank() if callable(column.blank) else column.blank
    if column.kind == "float":
        number = _number(value)
        return number if math.isfinite(number) and abs(number) < _NONE else 0.0
    if column.kind == "int":
        number = _number(value)
        whole = isinstance(value, int) and not isinstance(value, bool)
        found = value if whole else int(number) if math.isfinite(number) else 0
        return 0 if column.is_time and not 0 <= found < _LAST_TIME else found
    if column.kind == "bool":
        return bool(value)
    if column.kind == "str":
        return value if isinstance(value, str) else _text(value)
    return list(value)


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0.0  # an empty text where a number is promised


def _text(value: Any) -> str:
    return value.decode("gb18030", "replace") if isinstance(value, bytes) else str(value)
