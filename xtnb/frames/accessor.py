"""`df.xt`: what the columns of our frames mean.

    orders.xt.labels()          the same rows under headings for people
    orders.xt.zh()              headings and codes in Chinese
    orders.xt.units()           the unit of each column
    orders.xt.codes("order_status")   the numbers behind the labels

A frame knows which table it is (`df.attrs`); one that lost that on its way
through pandas is told by its columns.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from xtnb.errors import InputError
from xtnb.frames.schema import SCHEMAS, Schema, code_labels, number_of
from xtnb.vocabulary.fields import Field
from xtnb.vocabulary.options import options

ATTRIBUTE = "xtnb"


@pd.api.extensions.register_dataframe_accessor("xt")
class FrameMeaning:
    """Labels, units and codes of a frame that xtnb made."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame
        self._schema = _schema_of(frame)

    @property
    def table(self) -> str:
        """Which table this is: "orders", "trades", "positions", "asset", "quotes" …"""
        return self._schema.name

    def field(self, column: str) -> Field:
        """What a column means, by its name or by its label in either language.

        Raises:
            InputError: this table has no such column.
        """
        fields = self._schema.fields
        if column in fields:
            return fields[column]
        for field in fields.values():
            if column in (field.zh, field.en):
                return field
        raise InputError("column", column, f"a column of {self.table}: {', '.join(fields)}")

    def labels(self, language: str | None = None, *, units: bool = False) -> pd.DataFrame:
        """The same rows under headings in "en" or "zh"; None means `xtnb.options.language`.

        Args:
            language: of headings and codes.
            units: True writes the unit behind the heading, as in "price [CNY]".
        """
        language = _language(language)
        frame = self._frame.copy(deep=False)
        headings = {}
        for name in frame.columns:
            field = self._schema.fields.get(str(name))
            if field is None:
                continue
            if field.dtype == "code" and isinstance(frame[name].dtype, pd.CategoricalDtype):
                frame[name] = _in_language(frame[name], field, language)
            unit = f" [{field.unit}]" if units and field.unit not in ("", "1") else ""
            headings[name] = field.label(language) + unit
        return frame.rename(columns=headings)

    def zh(self) -> pd.DataFrame:
        """The same rows with headings and codes in Chinese. 中文表头"""
        return self.labels("zh")

    def en(self) -> pd.DataFrame:
        """The same rows with headings and codes in English."""
        return self.labels("en")

    def units(self) -> pd.Series[str]:
        """The unit of each column: "CNY", "shares", "%", or "" where there is none."""
        fields = self._schema.fields
        known = {str(name): fields[str(name)] for name in self._frame.columns if name in fields}
        return pd.Series({name: field.unit for name, field in known.items()}, dtype="str")

    def codes(self, column: str) -> pd.Series[int]:
        """The numbers of `xtconstant` behind a column of labels.

        Raises:
            InputError: the column is not in the frame, or holds no codes.
        """
        field = self.field(column)
        if column not in self._frame.columns:
            raise InputError("column", column, "a column of this frame")
        if field.codes is None:
            coded = [name for name, known in self._schema.fields.items() if known.codes]
            raise InputError("column", column, f"a column of codes: {', '.join(coded)}")
        labels = self._frame[column]
        numbers = {label: number_of(field.codes, label) for label in labels.dropna().unique()}
        return labels.astype("object").map(numbers).astype("int64")


def _language(language: str | None) -> str:
    if language is None:
        return options.language
    if language not in ("en", "zh"):
        raise InputError("language", language, "'en' or 'zh'")
    return language


def _in_language(labels: pd.Series[Any], field: Field, language: str) -> pd.Series[Any]:
    """The same codes under the labels of a language; an unknown number keeps its text."""
    assert field.codes is not None
    target = code_labels(field.codes, language)
    wanted = dict.fromkeys(target.dtype.categories)
    renamed = {label: label for label in labels.dropna().unique()}
    for source in ("en", "zh"):
        known = code_labels(field.codes, source)
        for key, place in known.places.items():
            label = known.dtype.categories[place]
            if label in renamed:
                renamed[label] = target.dtype.categories[target.places[key]]
    wanted.update(dict.fromkeys(renamed.values()))
    return labels.astype("object").map(renamed).astype(pd.CategoricalDtype(list(wanted)))


def _schema_of(frame: pd.DataFrame) -> Schema:
    """Find the table of a frame.

    Raises:
        AttributeError: it is none of ours, which is what pandas asks of an accessor.
    """
    named = SCHEMAS.get(str(frame.attrs.get(ATTRIBUTE, "")))
    if named is not None:
        return named
    names = {str(name) for name in frame.columns}
    best = max(SCHEMAS.values(), key=lambda schema: len(names & set(schema.names)))
    if not names & set(best.names):
        raise AttributeError("no column of this frame comes from xtnb")
    return best
