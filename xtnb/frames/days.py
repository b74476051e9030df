"""Records of several days as one table: its first column is the day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from xtnb.errors import InputError
from xtnb.frames.schema import ASSET, ORDERS, POSITIONS, TRADES
from xtnb.frames.tables import table

_SCHEMAS = {"orders": ORDERS, "trades": TRADES, "asset": ASSET, "positions": POSITIONS}
KINDS = tuple(_SCHEMAS)


def days_frame(kind: str, days: Sequence[int], records: Iterable[Any]) -> pd.DataFrame:
    """A table of `KINDS` with the day of each row, a midnight without a time zone, in front.

    Args:
        kind: what the records are.
        days: as YYYYMMDD, one for each record.

    Raises:
        InputError: another kind.
    """
    if kind not in _SCHEMAS:
        raise InputError("kind", kind, f"one of {', '.join(KINDS)}")
    frame = table(_SCHEMAS[kind], records)
    stamps = pd.to_datetime(pd.Series(list(days), dtype="str"), format="%Y%m%d")
    frame.insert(0, "day", stamps.to_numpy(dtype="datetime64[s]"))
    return frame
