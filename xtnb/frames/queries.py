"""Tables of the queries besides orders, fills and positions: debts, quotas, counters, lending.

Every field of a record is a column, with its label and unit; what only says whether the
query went well (`success`, the error text) is not. Records that carry a code without its
market get `stock_code` in front, which is ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from types import SimpleNamespace
from typing import Any

import pandas as pd

from xtnb import xtconstant as c
from xtnb.frames.schema import SCHEMAS, Column, Schema
from xtnb.frames.tables import table
from xtnb.vocabulary.algorithms import SmartAlgoTask
from xtnb.vocabulary.credit import (
    CreditAssure,
    CreditSloCode,
    CreditSubjects,
    StkCompacts,
    XtCreditDetail,
)
from xtnb.vocabulary.derivatives import XtPositionStatistics
from xtnb.vocabulary.fields import Field, column, field_table
from xtnb.vocabulary.lending import SmtCompact, SmtOrder, SmtQuoter
from xtnb.vocabulary.reconciliation import Finding
from xtnb.vocabulary.subscriptions import IpoInfo
from xtnb.vocabulary.transfers import (
    BankAmount,
    BankInfo,
    BankTransferStream,
    ComFund,
    ComPosition,
    SecuAccount,
)

_CODE = Field("stock_code", "证券代码", "code", "text")
_OUTCOME = frozenset({"success", "error", "error_msg"})
_SUFFIXES = {number: suffix for suffix, number in c.MARKET_STR_TO_ENUM_MAPPING.items()}


@dataclass
class PurchaseLimit:
    """How much may be subscribed in one market. 新股申购额度

    `market` is "KCB" (STAR board), "SH" or "SZ".
    """

    market: str = column("市场", "market", default="")
    volume: int = column("可申购数量", "volume that may be subscribed", unit="shares", default=0)


def code_of(record: Any) -> str:
    """The code with its market of a credit record, such as "600000.SH"."""
    suffix = _SUFFIXES.get(record.exchange_id)
    return f"{record.instrument_id}.{suffix}" if suffix else str(record.instrument_id)


# Table: its record, and whether and how a code with its market stands in front.
_TABLES: dict[str, tuple[type, Any]] = {
    "credit": (XtCreditDetail, None),
    "debts": (StkCompacts, code_of),
    "eligible": (CreditSubjects, code_of),
    "lendable": (CreditSloCode, code_of),
    "collateral": (CreditAssure, code_of),
    "ipo": (IpoInfo, attrgetter("stock_code")),
    "purchase_limit": (PurchaseLimit, None),
    "counter_fund": (ComFund, None),
    "counter_positions": (ComPosition, None),
    "borrow_quotes": (SmtQuoter, None),
    "borrow_contracts": (SmtCompact, None),
    "borrow_orders": (SmtOrder, None),
    "banks": (BankInfo, None),
    "bank_balance": (BankAmount, None),
    "bank_transfers": (BankTransferStream, None),
    "shareholders": (SecuAccount, None),
    "algorithms": (SmartAlgoTask, None),
    "position_statistics": (XtPositionStatistics, None),
    "reconciliation": (Finding, None),
}
TABLES = tuple(_TABLES)


@cache
def query_schema(name: str) -> Schema:
    """The columns of one of `TABLES`."""
    record, code = _TABLES[name]
    front = (Column(_CODE, code),) if code else ()
    fields = field_table(record)
    columns = (Column(fields[key], attrgetter(key)) for key in fields if key not in _OUTCOME)
    schema = SCHEMAS[name] = Schema(name, record, (*front, *columns))
    return schema


def query_frame(name: str, records: Iterable[Any]) -> pd.DataFrame:
    """One of `TABLES`, one record a row. A record may be a dict of its fields."""
    rows = [SimpleNamespace(**row) if isinstance(row, Mapping) else row for row in records]
    return table(query_schema(name), rows)
