"""What every preview can say: whether it would be accepted, and if not, why."""

from __future__ import annotations

from typing import Any, ClassVar

from xtnb.frames.schema import Frame, schema_of
from xtnb.frames.tables import table
from xtnb.vocabulary.fields import column
from xtnb.vocabulary.options import options


class Verdict:
    """A preview, true when what it is about would be accepted.

    Attributes:
        accepted: False when it would be refused.
        reason_zh, reason_en: why it would be refused; "" when accepted.
    """

    _table: ClassVar[str]
    accepted: bool
    reason_zh: str
    reason_en: str

    @property
    def reason(self) -> str:
        """Why it would be refused, in the language of `xtnb.options`; "" when accepted."""
        return self.reason_zh if options.language == "zh" else self.reason_en

    def frame(self) -> Frame:
        """All of it as a table of one row."""
        return table(schema_of(self._table, type(self)), [self])

    def __bool__(self) -> bool:
        return self.accepted


def yuan_column(zh: str, en: str) -> Any:
    """A column of yuan, 0.0 where nothing is said."""
    return column(zh, en, unit="CNY", default=0.0)


def rate_column(zh: str, en: str) -> Any:
    """A column of a year's rates as fractions, 0.0 where nothing is said."""
    return column(zh, en, unit="1", decimals=4, default=0.0)
