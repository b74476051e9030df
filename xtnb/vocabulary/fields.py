"""One table of fields: what each attribute of a record is called, and in what it is measured.

A record declares its attributes with `column(...)`; frames, widgets and the
docs read them back with `fields_of(XtOrder)`. A label, a unit or a dtype is
written in one place and nowhere else.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cache
from typing import Any

_KEY = "xtnb"


@dataclass(frozen=True, slots=True)
class Field:
    """An attribute of a record, for people.

    Attributes:
        name: the attribute, as the manual spells it.
        zh, en: labels.
        dtype: "int", "float", "text", "time" (epoch seconds) or "code".
        unit: "CNY", "shares", "%", "" …
        decimals: digits after the point that a person wants to see.
        codes: for dtype "code", the `LabelledCode` class that holds the labels.
    """

    name: str
    zh: str
    en: str
    dtype: str
    unit: str = ""
    decimals: int = 0
    codes: type | None = None

    def label(self, language: str = "en") -> str:
        """The label in "en" or "zh"."""
        return self.zh if language == "zh" else self.en


def column(
    zh: str,
    en: str,
    *,
    unit: str = "",
    dtype: str = "",
    decimals: int = 2,
    codes: type | None = None,
    default: Any = dataclasses.MISSING,
) -> Any:
    """Declare an attribute of a record together with its meaning."""
    meaning = {"zh": zh, "en": en, "unit": unit, "dtype": dtype, "decimals": decimals}
    return dataclasses.field(default=default, metadata={_KEY: {**meaning, "codes": codes}})


@cache
def fields_of(record: type) -> tuple[Field, ...]:
    """The fields of a record class, in the order in which it declares them."""
    found = []
    for field in dataclasses.fields(record):
        meaning = dict(field.metadata.get(_KEY, {"zh": field.name, "en": field.name}))
        plain = {"int": "int", "float": "float"}.get(str(field.type), "text")
        dtype = meaning.pop("dtype", "") or ("code" if meaning.get("codes") else plain)
        places = meaning.pop("decimals", 2)
        decimals = places if dtype == "float" else 0
        found.append(Field(field.name, dtype=dtype, decimals=decimals, **meaning))
    return tuple(found)


@cache
def field_table(record: type) -> dict[str, Field]:
    """The same by name."""
    return {field.name: field for field in fields_of(record)}
