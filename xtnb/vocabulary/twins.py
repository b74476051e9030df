"""Second names of a record's attributes: `row.m_dCash` beside `row.cash`.

The vendor's compiled records carry each attribute under its C++ name and under a
snake-case one; the manual prints now one, now the other. A record here keeps one
of the two as its field, and has the other on its class, so that `vars(row)`, frames
and what crosses a link know each value once. Reading or writing the second name
reads or writes the field.

Answers that the vendor builds in Python (XtOrderResponse and the like) have no
second names there and have none here.

Source: the names in the vendor's compiled module 250807.1.2.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

R = TypeVar("R")

_PREFIX = {"int": "m_n", "float": "m_d", "str": "m_str"}
_WORD = re.compile(r"(?<!^)(?=[A-Z])")


class Twin:
    """Another name of the attribute `field`."""

    __slots__ = ("field",)

    def __init__(self, field: str) -> None:
        self.field = field

    def __get__(self, row: Any, owner: type | None = None) -> Any:
        return self if row is None else getattr(row, self.field)

    def __set__(self, row: Any, value: Any) -> None:
        setattr(row, self.field, value)

    def __repr__(self) -> str:
        return f"Twin({self.field!r})"


def twinned(
    but: Mapping[str, str] | None = None, without: tuple[str, ...] = ()
) -> Callable[[type[R]], type[R]]:
    """Give a record class the second names of its fields.

    Args:
        but: field -> second name, where it does not follow from the first.
        without: fields that have none at the vendor.
    """

    def give(record: type[R]) -> type[R]:
        for field in dataclasses.fields(record):  # type: ignore[arg-type]
            if field.name not in without:
                name = (but or {}).get(field.name) or _second(field.name, str(field.type))
                setattr(record, name, Twin(field.name))
        return record

    return give


def twins_of(record: type) -> dict[str, str]:
    """Second name -> field, of a record class; empty when it has none."""
    return {name: twin.field for name, twin in vars(record).items() if isinstance(twin, Twin)}


def _second(name: str, kind: str) -> str:
    """m_dBalance -> balance, and cash (a float) -> m_dCash."""
    if name.startswith("m_"):
        return _WORD.sub("_", name.removeprefix("m_").lstrip("abcdefghijklmnopqrstuvwxyz")).lower()
    words = [{"id": "ID", "sysid": "SysID"}.get(word) or word.title() for word in name.split("_")]
    return _PREFIX[kind] + "".join(words)
