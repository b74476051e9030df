"""What a table of records looks like as a DataFrame: columns, order, dtypes, labels.

The columns of a table stand here, in the order in which a person reads them;
what each is called and measured in is read from the record (vocabulary/fields.py).
A frame of no rows has the same columns and dtypes as one of a million:

    int    int64
    float  float64
    bool   bool
    text   str
    time   datetime64[ms, Asia/Shanghai]; a zero becomes NaT
    code   category of all labels of its group, in the language of `xtnb.options`

A number that a group does not have is shown as the number, in one more category,
so that an unknown code of a broker is seen and not swallowed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache, cached_property
from operator import attrgetter
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from xtnb.vocabulary.codes import AccountType, LabelledCode
from xtnb.vocabulary.fields import Field, field_table
from xtnb.vocabulary.records import (
    Quote,
    XtAccountInfo,
    XtAccountStatus,
    XtAsset,
    XtOrder,
    XtPosition,
    XtTrade,
)

Frame: TypeAlias = pd.DataFrame

LEVELS = 5
TEXT = pd.StringDtype("python", na_value=np.nan)
TIME = pd.DatetimeTZDtype(unit="ms", tz="Asia/Shanghai")

_PLAIN: dict[str, Any] = {
    "int": np.dtype("int64"),
    "float": np.dtype("float64"),
    "bool": np.dtype("bool"),
    "text": TEXT,
}


@dataclass(frozen=True)
class Column:
    """One column: what it means, and how it is read from a record.

    Attributes:
        field: name, labels, unit and kind; the name is the column's.
        read: gets the value from a record.
    """

    field: Field
    read: Callable[[Any], Any]

    @property
    def name(self) -> str:
        """The column's name in the frame: the manual's, wherever the manual has one."""
        return self.field.name


@dataclass(frozen=True)
class Schema:
    """The columns of one table, in order.

    Attributes:
        name: "orders", "trades", "positions", "asset", "accounts", "quotes" …
        record: the class of the records.
        columns: every column, whether there are rows or not.
    """

    name: str
    record: type
    columns: tuple[Column, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The columns' names."""
        return tuple(column.name for column in self.columns)

    @cached_property
    def fields(self) -> dict[str, Field]:
        """The columns' meanings by name."""
        return {column.name: column.field for column in self.columns}

    def dtypes(self, language: str = "en") -> dict[str, Any]:
        """The dtype of each column."""
        return {column.name: dtype_of(column.field, language) for column in self.columns}

    def empty(self, language: str = "en") -> pd.DataFrame:
        """The table without rows."""
        return pd.DataFrame(
            {name: pd.Series([], dtype=dtype) for name, dtype in self.dtypes(language).items()}
        )


@dataclass(frozen=True)
class CodeLabels:
    """The labels of a group of codes as categories.

    Attributes:
        dtype: all labels of the group, in the order of its table.
        places: (account type, number) → place among the categories.
        numbers: label → number.
    """

    dtype: pd.CategoricalDtype
    places: dict[tuple[int | None, int], int]
    numbers: dict[str, int]


@cache
def code_labels(codes: type[LabelledCode], language: str) -> CodeLabels:
    """Lay the labels of a group out as categories, those of each kind of account included."""
    kinds: list[int | None] = [None, *(int(kind) for kind in AccountType)]
    order: dict[str, int] = {}
    places: dict[tuple[int | None, int], int] = {}
    numbers: dict[str, int] = {}
    for member in codes:
        for kind in kinds:
            label = codes.label_of(int(member), language, kind)
            if numbers.get(label, int(member)) != int(member):
                label = f"{label} ({int(member)})"  # 42 and 47 share a label, one a venue
            places[kind, int(member)] = order.setdefault(label, len(order))
            numbers.setdefault(label, int(member))
    return CodeLabels(pd.CategoricalDtype(list(order)), places, numbers)


def dtype_of(field: Field, language: str = "en") -> Any:
    """The dtype of a field's column. See the table at the top of this module."""
    if field.dtype == "code":
        assert field.codes is not None
        return code_labels(field.codes, language).dtype
    return _PLAIN.get(field.dtype, TIME)


def number_of(codes: type[LabelledCode], label: str) -> int:
    """The number behind a label in either language, or behind an unknown number's text.

    Raises:
        KeyError: the group has no such label.
    """
    for language in ("en", "zh"):
        number = code_labels(codes, language).numbers.get(label)
        if number is not None:
            return number
    try:
        return int(label)
    except ValueError:
        raise KeyError(label) from None


def _schema(name: str, record: type, columns: Iterable[str]) -> Schema:
    table = field_table(record)
    return Schema(name, record, tuple(Column(table[key], attrgetter(key)) for key in columns))


ORDERS = _schema(
    "orders",
    XtOrder,
    (
        *("order_id", "order_time", "stock_code", "instrument_name", "order_type"),
        *("price_type", "price", "order_volume", "traded_volume", "traded_price"),
        *("order_status", "status_msg", "order_remark", "strategy_name", "order_sysid"),
        *("offset_flag", "direction", "secu_account", "account_id", "account_type"),
    ),
)

TRADES = _schema(
    "trades",
    XtTrade,
    (
        *("traded_id", "traded_time", "stock_code", "instrument_name", "order_type"),
        *("traded_price", "traded_volume", "traded_amount", "commission", "order_id"),
        *("order_remark", "strategy_name", "order_sysid", "offset_flag", "direction"),
        *("secu_account", "account_id", "account_type"),
    ),
)

POSITIONS = _schema(
    "positions",
    XtPosition,
    (
        *("stock_code", "instrument_name", "volume", "can_use_volume", "frozen_volume"),
        *("on_road_volume", "yesterday_volume", "avg_price", "last_price", "market_value"),
        *("float_profit", "profit_rate", "position_profit", "open_price", "open_date"),
        *("direction", "secu_account", "account_id", "account_type"),
    ),
)

ASSET = _schema(
    "asset",
    XtAsset,
    (
        *("total_asset", "cash", "frozen_cash", "market_value", "fetch_balance"),
        *("account_id", "account_type"),
    ),
)

ACCOUNTS = _schema(
    "accounts",
    XtAccountInfo,
    (
        *("account_id", "account_type", "broker_type", "platform_id"),
        *("account_classification", "login_status"),
    ),
)

ACCOUNT_STATUS = _schema(
    "account_status", XtAccountStatus, ("account_id", "account_type", "status")
)


def _change(quote: Quote) -> float:
    """Last price less the previous close, yuan; NaN before there is either."""
    if quote.last_price and quote.last_close:
        return round(quote.last_price - quote.last_close, 4)
    return float("nan")


def _change_percent(quote: Quote) -> float:
    """The same in per cent of the previous close."""
    if quote.last_price and quote.last_close:
        return round((quote.last_price / quote.last_close - 1) * 100, 4)
    return float("nan")


def _level(name: str, level: int) -> Callable[[Quote], Any]:
    """Read one level of a side; a tuple that is too short has no such level."""

    def read(quote: Quote) -> Any:
        side = getattr(quote, name)
        return side[level - 1] if len(side) >= level else 0

    return read


def _level_columns(table: dict[str, Field], level: int) -> list[Column]:
    zh = "一二三四五"[level - 1]
    labels = {
        "bid_price": (f"bid{level}", f"买{zh}价", f"bid {level}", "float"),
        "bid_volume": (f"bid{level}_volume", f"买{zh}量", f"bid volume {level}", "int"),
        "ask_price": (f"ask{level}", f"卖{zh}价", f"ask {level}", "float"),
        "ask_volume": (f"ask{level}_volume", f"卖{zh}量", f"ask volume {level}", "int"),
    }
    return [
        Column(
            replace(table[source], name=name, zh=text_zh, en=text_en, dtype=kind),
            _level(source, level),
        )
        for source, (name, text_zh, text_en, kind) in labels.items()
    ]


def _quotes() -> Schema:
    table = field_table(Quote)

    def plain(*names: str) -> list[Column]:
        return [Column(table[name], attrgetter(name)) for name in names]

    change = Field("change", "涨跌", "change", "float", "CNY", 3)
    percent = Field("change_percent", "涨跌幅", "change %", "float", "%", 2)
    columns = [
        *plain("stock_code", "instrument_name", "time", "last_price"),
        Column(change, _change),
        Column(percent, _change_percent),
        *plain("open", "high", "low", "last_close", "up_limit", "down_limit"),
        *plain("volume", "amount", "transactions"),
    ]
    for level in range(1, LEVELS + 1):
        columns += _level_columns(table, level)
    return Schema("quotes", Quote, tuple(columns))


QUOTES = _quotes()

SCHEMAS = {
    schema.name: schema
    for schema in (ORDERS, TRADES, POSITIONS, ASSET, ACCOUNTS, ACCOUNT_STATUS, QUOTES)
}


def schema_of(name: str, record: type) -> Schema:
    """The schema of a record class of which every field is a column, in its own order."""
    known = SCHEMAS.get(name)
    if known is None:
        known = SCHEMAS[name] = _schema(name, record, field_table(record))
    return known
