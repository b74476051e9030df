"""What a column of a live table shows: a field of a record, and how a person reads it.

Label, unit, digits and codes come from the field (vocabulary/fields.py); a
`Column` adds only what the field cannot know, such as which colour a rise has.
The browser's half is widgets/src/live/columns.ts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from xtnb.errors import InputError
from xtnb.vocabulary.fields import Field, field_table
from xtnb.vocabulary.masking import shown
from xtnb.widgets.actions import BUYING, SELLING

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
LAST_TIME = 2**33  # s since the epoch: what is later is no time. In widgets/src/live too
DIGITS = "digits"  # the hidden column that tells the digits of a row's prices (digits.py)
TONES = ("", "sign", "against", "side", "status")
_TONES = {"order_type": "side", "order_status": "status", "profit_rate": "sign"}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a live table.

    Attributes:
        name: an attribute of the record, or a name of your own with `value`.
        value: how the value is read from a record; by default the attribute itself.
        field: its meaning; by default the record's field of that name.
        tone: how it is coloured: "sign" by its own sign, "against" above or below
            the column named in `against`, "side" for buy and sell, "status" for an
            order's state, "" not at all. None takes what suits the field.
        against: for "against": the column that holds the base, shown or hidden.
        pick: a click on a cell sends `Action("pick", …)`.
        hidden: the values travel but the column is not shown.
        grouped: thousands are set apart; by default when the field has a unit.
    """

    name: str
    value: Callable[[Any], Any] | None = None
    field: Field | None = None
    tone: str | None = None
    against: str = ""
    pick: bool = False
    hidden: bool = False
    grouped: bool | None = None

    def of(self, record: type) -> BoundColumn:
        """This column for a record class.

        Raises:
            InputError: the record has no such field, or the tone is unknown.
        """
        field = self.field or field_table(record).get(self.name)
        if field is None:
            raise InputError("columns", self.name, f"a field of {record.__name__}")
        tone = _tone(field) if self.tone is None else self.tone
        if tone not in TONES:
            raise InputError("tone", tone, f"one of {', '.join(map(repr, TONES))}")
        grouped = self.grouped if self.grouped is not None else field.unit != ""
        return BoundColumn(self, field, _kind(field, grouped), tone)


@dataclass(frozen=True, slots=True)
class BoundColumn:
    """A column together with the field that it shows."""

    column: Column
    field: Field
    kind: str
    tone: str

    @property
    def name(self) -> str:
        """The column's name in messages."""
        return self.column.name

    def read(self, record: Any) -> Any:
        """The value of a record in this column, as it travels."""
        get = self.column.value
        value = getattr(record, self.column.name) if get is None else get(record)
        if self.column.name == "account_id":
            return shown(value)
        return value

    def describe(self) -> dict[str, Any]:
        """What the browser needs to know."""
        codes: Any = self.field.codes
        return {
            "id": self.name,
            "label": {"en": self.field.en, "zh": self.field.zh},
            "kind": self.kind,
            "decimals": _decimals(self.field, self.kind),
            "labels": {str(int(m)): {"en": m.en, "zh": m.zh} for m in codes or ()},
            "tone": self.tone,
            "against": self.column.against,
            "up": sorted(BUYING),
            "down": sorted(SELLING),
            "pick": self.column.pick,
            "hidden": self.column.hidden,
            "zero": self.field.decimals != 3,  # a price of 0 means that there is none
        }

    def text(self, record: Any, language: str) -> str:
        """The cell as a person reads it, for the table that stays behind."""
        value = self.read(record)
        if value is None or value == "":
            return ""
        if self.kind == "code":
            codes: Any = self.field.codes
            return str(codes.label_of(value, language))
        if self.kind in ("time", "time_ms"):
            seconds = value / (1000 if self.kind == "time_ms" else 1)
            return clock(seconds)
        if self.kind == "message":
            zh, _, en = str(value).partition(" / ")
            return en if en and language == "en" else zh
        return self._number(value)

    def _number(self, value: Any) -> str:
        if self.kind == "percent":
            return f"{value:+.2%}"
        if self.kind == "number":
            if value == 0 and self.field.decimals == 3:
                return "–"
            plus = "+" if self.tone == "sign" and value > 0 else ""
            return f"{plus}{value:,.{self.field.decimals}f}"
        return str(value)


def bind(columns: Sequence[str | Column], record: type) -> list[BoundColumn]:
    """The columns of a record class; a plain name stands for `Column(name)`."""
    return [(Column(c) if isinstance(c, str) else c).of(record) for c in columns]


def clock(seconds: float) -> str:
    """Epoch seconds as a time of day in Shanghai: 09:30:05; "" for what is no time."""
    if not 0 < seconds < LAST_TIME:
        return ""
    return datetime.fromtimestamp(seconds, UTC).astimezone(SHANGHAI).strftime("%H:%M:%S")


def _kind(field: Field, grouped: bool) -> str:
    if field.dtype in ("time", "time_ms", "code"):
        return field.dtype
    if field.dtype == "float":
        return "percent" if field.unit == "1" else "number"
    if field.dtype == "int":
        return "number" if grouped else "id"
    if field.unit and field.dtype == "text":
        return "number"  # a level of a quote, read out of its tuple
    return "message" if field.name.endswith("_msg") else "text"


def _decimals(field: Field, kind: str) -> int:
    return 2 if kind == "percent" else field.decimals


def _tone(field: Field) -> str:
    return "sign" if "profit" in field.name else _TONES.get(field.name, "")
