"""The text of an export, as a DataFrame."""

from __future__ import annotations

import io

import pandas as pd

# Numbers by their looks only: an account or a broker order id may begin with a zero.
_TEXTS = (
    "account_id",
    "stock_code",
    "order_sysid",
    "traded_id",
    "strategy_name",
    "order_remark",
    "status_msg",
    "secu_account",
    "instrument_name",
)


def exported_frame(text: str) -> pd.DataFrame:
    """Read the text of a .csv file; ids stay text, and an empty text is "", not NaN."""
    frame = pd.read_csv(io.StringIO(text), dtype=dict.fromkeys(_TEXTS, str))
    texts = [name for name in _TEXTS if name in frame]
    return frame.fillna(dict.fromkeys(texts, ""))
