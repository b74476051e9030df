"""The tables of a desk: which columns each shows, and what can be clicked.

Each takes rows (a `Table`, or a `Stream` for fills) and gives a `LiveTable`.
"""

from __future__ import annotations

from collections.abc import Callable

from xtnb import xtconstant as c
from xtnb.frames.queries import code_of
from xtnb.live.books import CONTRACTS
from xtnb.live.store import Rows
from xtnb.rules.credit_figures import SHORT, SPECIAL
from xtnb.vocabulary.credit import StkCompacts, XtCreditDetail
from xtnb.vocabulary.fields import Field
from xtnb.vocabulary.options import options
from xtnb.vocabulary.reconciliation import Finding
from xtnb.vocabulary.records import Quote, XtAsset, XtOrder, XtPosition, XtTrade
from xtnb.widgets.columns import Column
from xtnb.widgets.digits import DIGITS_COLUMN
from xtnb.widgets.live_table import LiveTable

_BID = Field("bid", "买一", "bid", "float", "CNY", 3)
_ASK = Field("ask", "卖一", "ask", "float", "CNY", 3)
_BID_SIZE = Field("bid_size", "买量", "bid size", "int", "shares")
_ASK_SIZE = Field("ask_size", "卖量", "ask size", "int", "shares")
_AMOUNT = Field("amount", "成交额", "amount", "float", "CNY", 0)
_CHANGE = Field("change", "涨跌幅", "change", "float", "1", 4)


def _price(
    name: str, value: Callable[[Quote], float] | None = None, field: Field | None = None
) -> Column:
    return Column(name, value, field, tone="against", against="last_close", pick=True)


def _change(quote: Quote) -> float | None:
    if quote.last_close <= 0 or quote.last_price <= 0:
        return None
    return quote.last_price / quote.last_close - 1


ORDER_COLUMNS: tuple[str | Column, ...] = (
    DIGITS_COLUMN,
    "order_time",
    "stock_code",
    "instrument_name",
    "order_type",
    "price_type",
    Column("price", pick=True),
    "order_volume",
    "traded_volume",
    "traded_price",
    "order_status",
    "status_msg",
    "order_remark",
    "order_id",
)
TRADE_COLUMNS: tuple[str | Column, ...] = (
    DIGITS_COLUMN,
    "traded_time",
    "stock_code",
    "instrument_name",
    "order_type",
    Column("traded_price", pick=True),
    "traded_volume",
    "traded_amount",
    "commission",
    "order_id",
    "traded_id",
)
POSITION_COLUMNS: tuple[str | Column, ...] = (
    DIGITS_COLUMN,
    "stock_code",
    "instrument_name",
    "volume",
    Column("can_use_volume", pick=True),
    "frozen_volume",
    "on_road_volume",
    "avg_price",
    Column("last_price", pick=True),
    "market_value",
    "float_profit",
    "profit_rate",
)
OPENED_COLUMNS: tuple[str | Column, ...] = (
    Column("open_price", field=Field("open_price", "开仓均价", "average open", "float", "CNY", 3)),
    "float_profit",
    Column("avg_price", field=Field("avg_price", "持仓均价", "average held", "float", "CNY", 3)),
    "position_profit",
)
"""Of contracts: each price beside the profit that is counted from it."""
CONTRACT_COLUMNS: tuple[str | Column, ...] = (
    DIGITS_COLUMN,
    "stock_code",
    "instrument_name",
    "direction",
    "volume",
    Column("can_use_volume", pick=True),
    "yesterday_volume",
    Column("last_price", pick=True),
    *OPENED_COLUMNS,
)
ASSET_COLUMNS: tuple[str | Column, ...] = (
    "account_id",
    "total_asset",
    "cash",
    "frozen_cash",
    "market_value",
    "fetch_balance",
)
_MARGIN = Field("market_value", "占用保证金", "margin used", "float", "CNY", 2)
_PAYS_MARGIN = frozenset({c.FUTURE_ACCOUNT, c.FUTURE_OPTION_ACCOUNT})
"""Whose `market_value` is the margin in use."""
QUOTE_COLUMNS: tuple[str | Column, ...] = (
    DIGITS_COLUMN,
    Column("stock_code", pick=True),
    Column("instrument_name", pick=True),
    _price("last_price"),
    Column("change", _change, _CHANGE, tone="sign"),
    _price("bid", lambda quote: quote.bid_price[0], _BID),
    Column("bid_size", lambda quote: quote.bid_volume[0], _BID_SIZE),
    _price("ask", lambda quote: quote.ask_price[0], _ASK),
    Column("ask_size", lambda quote: quote.ask_volume[0], _ASK_SIZE),
    "last_close",
    _price("high"),
    _price("low"),
    "volume",
    Column("amount", field=_AMOUNT),
    "time",
)
_CODE = Field("stock_code", "证券代码", "code", "text")
_KIND = Field("kind", "合约类型", "contract type", "text")


def _kind_of(contract: StkCompacts) -> str:
    """In words, because the numbers of contract types are of no group of codes."""
    short, special = contract.compact_type == SHORT, contract.cashgroup_prop == SPECIAL
    if options.screen_language == "zh":
        return ("专项" if special else "") + ("融券" if short else "融资")
    return ("earmarked " if special else "") + ("short" if short else "margin")


DEBT_COLUMNS: tuple[str | Column, ...] = (
    Column("stock_code", code_of, _CODE, pick=True),
    Column("kind", _kind_of, _KIND),
    "open_date",
    "ret_end_date",
    "business_vol",
    "real_compact_vol",
    "business_balance",
    "real_compact_balance",
    "real_compact_fare",
    "repaid_balance",
    "repaid_fare",
    "compact_id",
)
CREDIT_COLUMNS: tuple[str | Column, ...] = (
    "account_id",
    "m_dPerAssurescaleValue",
    "m_dBalance",
    "m_dTotalDebt",
    "m_dAvailable",
    "m_dFrozenCash",
    "m_dMarketValue",
    "m_dEnableBailBalance",
    "m_dFinEnableQuota",
    "m_dSloEnableQuota",
    "m_dFinDebt",
    "m_dSloDebt",
    "m_dSurplusSloSellBalance",
    "m_dFetchBalance",
)

_BEFORE = Field("before_msg", "原先", "before", "text")
_AFTER = Field("after_msg", "现在", "now", "text")
_DONE = Field("done_msg", "处理", "what was done", "text")
_WAS = Column("before", field=_BEFORE)
FINDING_COLUMNS: tuple[str | Column, ...] = (
    "time",
    "kind",
    Column("stock_code", pick=True),
    "subject",
    _WAS,
    Column("after", field=_AFTER),
    Column("done", field=_DONE),
)


def orders(rows: Rows) -> LiveTable:
    """Today's orders, newest first, each with its cancel button while it can be cancelled.

    Actions: "cancel" with the order's key and record, "cancel_all", "pick" of a price.
    """
    return LiveTable(
        "orders",
        XtOrder,
        rows,
        columns=ORDER_COLUMNS,
        actions=("cancel", "cancel_all"),
        newest_first=True,
    )


def trades(rows: Rows) -> LiveTable:
    """Today's fills, newest first. Action: "pick" of a price."""
    return LiveTable("trades", XtTrade, rows, columns=TRADE_COLUMNS, newest_first=True)


def positions(rows: Rows) -> LiveTable:
    """What the account holds. Actions: "pick" of a price or of the sellable volume.

    Of contracts each side has a row, with opening and settled price.
    """
    contracts = any(row.account_type in CONTRACTS for row in rows.records())
    columns = CONTRACT_COLUMNS if contracts else POSITION_COLUMNS
    return LiveTable("positions", XtPosition, rows, columns=columns)


def asset(rows: Rows) -> LiveTable:
    """The account's money, one row."""
    margin = any(row.account_type in _PAYS_MARGIN for row in rows.records())
    columns = [
        Column(each, field=_MARGIN) if margin and each == "market_value" else each
        for each in ASSET_COLUMNS
    ]
    return LiveTable("asset", XtAsset, rows, columns=columns)


def quotes(rows: Rows) -> LiveTable:
    """Prices of the watched codes. Actions: "pick" of the code, the name or a price."""
    return LiveTable("quotes", Quote, rows, columns=QUOTE_COLUMNS)


def debts(rows: Rows) -> LiveTable:
    """The debt contracts of a margin account. Action: "pick" of the code."""
    return LiveTable(
        "debts", StkCompacts, rows, columns=DEBT_COLUMNS, title=("负债合约", "Debt contracts")
    )


def credit(rows: Rows) -> LiveTable:
    """Money, debts and quotas of a margin account, one row."""
    return LiveTable(
        "credit", XtCreditDetail, rows, columns=CREDIT_COLUMNS, title=("信用资产", "Margin account")
    )


def findings(rows: Rows, max_rows: int = 15, *, narrow: bool = False) -> LiveTable:
    """What differed between session and terminal, newest first.

    `narrow` leaves out what the session knew before.

    Actions: "ask" again for an order whose outcome is still unknown, "pick" of the code.
    """
    return LiveTable(
        "findings",
        Finding,
        rows,
        columns=[each for each in FINDING_COLUMNS if not narrow or each is not _WAS],
        actions=("ask",),
        title=("对账", "Reconciliation"),
        newest_first=True,
        max_rows=max_rows,
    )
