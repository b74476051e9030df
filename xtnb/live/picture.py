"""Picture: what was known of an account at one moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from xtnb.vocabulary.records import XtAsset, XtOrder, XtPosition, XtTrade


@dataclass
class Picture:
    """An account at one moment: records by key."""

    orders: dict[int, XtOrder] = field(default_factory=dict)
    trades: dict[str, XtTrade] = field(default_factory=dict)
    positions: dict[Any, XtPosition] = field(default_factory=dict)
    asset: XtAsset | None = None
