"""What the API hands out for stock accounts, under the manual's names.

Plain objects with plain attributes: `vars(order)` is JSON-able, and every
attribute carries its label and its unit (see fields.py). The order of the
positional arguments is that of the vendor's package. Attributes that are newer
than the manual are marked so; they are the vendor's own of 2024 and 2025.
"""

from __future__ import annotations

from dataclasses import dataclass

from xtnb import xtconstant as c
from xtnb.errors import InputError
from xtnb.vocabulary.codes import (
    AccountStatus,
    AccountType,
    BrokerPriceType,
    Direction,
    Market,
    OffsetFlag,
    OrderStatus,
    OrderType,
)
from xtnb.vocabulary.fields import column
from xtnb.vocabulary.masking import concealing, shown
from xtnb.vocabulary.twins import twinned

_STOCK = c.SECURITY_ACCOUNT


class StockAccount:
    """An account: its number and its type. 资金账号

    Args:
        account_id: the number, as text.
        account_type: "STOCK", "CREDIT", "FUTURE", "HUGANGTONG" … in either case,
            or the number of `xtconstant`, such as SECURITY_ACCOUNT.

    Two of them are equal when both parts are, so they work as keys.

    Raises:
        InputError: the id is not text or is empty, or the type is unknown.
            The vendor's package returns a text instead, which fails much later.

    Source: manual, 创建策略. Equality, hashing and the errors are ours.
    """

    def __init__(self, account_id: str, account_type: str | int = "STOCK") -> None:
        if not isinstance(account_id, str) or not account_id.strip():
            raise InputError("account_id", account_id, "the account's number as text")
        known = c.ACCOUNT_TYPE_DICT
        if isinstance(account_type, str):
            numbers = {text: number for number, text in known.items()}
            number = numbers.get(account_type.upper())
        else:
            number = account_type if account_type in known else None
        if number is None or isinstance(account_type, bool):
            raise InputError("account_type", account_type, f"one of {', '.join(known.values())}")
        self.account_id = account_id
        self.account_type = int(number)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, StockAccount):
            return NotImplemented
        return (self.account_type, self.account_id) == (other.account_type, other.account_id)

    def __hash__(self) -> int:
        return hash((self.account_type, self.account_id))

    def __repr__(self) -> str:
        return (
            f"StockAccount({shown(self.account_id)!r}, {c.ACCOUNT_TYPE_DICT[self.account_type]!r})"
        )


@twinned()
@concealing
@dataclass
class XtAsset:
    """Money of one account at one moment. 资产"""

    account_id: str = column("资金账号", "account")
    cash: float = column("可用金额", "available cash", unit="CNY")
    frozen_cash: float = column("冻结金额", "frozen cash", unit="CNY")
    market_value: float = column("持仓市值", "market value", unit="CNY")
    total_asset: float = column("总资产", "total assets", unit="CNY")
    fetch_balance: float = column("可取资金", "withdrawable cash", unit="CNY", default=0.0)
    account_type: int = column("账号类型", "account type", codes=AccountType, default=_STOCK)


@twinned(without=("secu_account", "instrument_name"))
@concealing
@dataclass
class XtOrder:
    """An order and what has become of it. 委托

    `price_type` is the broker's code, not the one that was sent: a limit order
    comes back as 50 (see `BrokerPriceType`). `order_time` is epoch seconds.
    """

    account_id: str = column("资金账号", "account")
    stock_code: str = column("证券代码", "code")
    order_id: int = column("订单编号", "order id")
    order_sysid: str = column("柜台合同编号", "broker order id")
    order_time: int = column("报单时间", "order time", dtype="time")
    order_type: int = column("委托类型", "order type", codes=OrderType)
    order_volume: int = column("委托数量", "ordered", unit="shares")
    price_type: int = column("报价类型", "price type", codes=BrokerPriceType)
    price: float = column("委托价格", "price", unit="CNY", decimals=3)
    traded_volume: int = column("成交数量", "filled", unit="shares")
    traded_price: float = column("成交均价", "average price", unit="CNY", decimals=3)
    order_status: int = column("委托状态", "status", codes=OrderStatus)
    status_msg: str = column("状态描述", "status text")
    strategy_name: str = column("策略名称", "strategy")
    order_remark: str = column("委托备注", "remark")
    direction: int = column("多空方向", "direction", codes=Direction)
    offset_flag: int = column("交易操作", "side", codes=OffsetFlag)
    secu_account: str = column("股东代码", "shareholder account", default="")
    instrument_name: str = column("证券名称", "name", default="")
    account_type: int = column("账号类型", "account type", codes=AccountType, default=_STOCK)


@twinned()
@concealing
@dataclass
class XtTrade:
    """One fill. 成交

    `traded_price` is the price of this fill (the manual's table calls it an
    average). `commission` holds this fill's share of all fees of the order.
    """

    account_id: str = column("资金账号", "account")
    stock_code: str = column("证券代码", "code")
    order_type: int = column("委托类型", "order type", codes=OrderType)
    traded_id: str = column("成交编号", "fill id")
    traded_time: int = column("成交时间", "fill time", dtype="time")
    traded_price: float = column("成交价格", "price", unit="CNY", decimals=3)
    traded_volume: int = column("成交数量", "volume", unit="shares")
    traded_amount: float = column("成交金额", "amount", unit="CNY")
    order_id: int = column("订单编号", "order id")
    order_sysid: str = column("柜台合同编号", "broker order id")
    strategy_name: str = column("策略名称", "strategy")
    order_remark: str = column("委托备注", "remark")
    direction: int = column("多空方向", "direction", codes=Direction)
    offset_flag: int = column("交易操作", "side", codes=OffsetFlag)
    commission: float = column("手续费", "fees", unit="CNY", default=0.0)
    secu_account: str = column("股东代码", "shareholder account", default="")
    instrument_name: str = column("证券名称", "name", default="")
    account_type: int = column("账号类型", "account type", codes=AccountType, default=_STOCK)


@twinned(without=("last_price", "profit_rate", "open_date", "position_profit"))
@concealing
@dataclass
class XtPosition:
    """What an account holds of one instrument. 持仓

    volume = can_use_volume + frozen_volume + on_road_volume. Under T+1 what was
    bought today is on the road until the next trading day. `profit_rate` is a
    fraction of cost: 0.05 is five per cent.
    """

    account_id: str = column("资金账号", "account")
    stock_code: str = column("证券代码", "code")
    volume: int = column("持仓数量", "volume", unit="shares")
    can_use_volume: int = column("可用数量", "sellable", unit="shares")
    open_price: float = column("开仓价", "open price", unit="CNY", decimals=3)
    market_value: float = column("市值", "market value", unit="CNY")
    frozen_volume: int = column("冻结数量", "frozen", unit="shares")
    on_road_volume: int = column("在途股份", "in transit", unit="shares")
    yesterday_volume: int = column("昨夜拥股", "overnight", unit="shares")
    avg_price: float = column("成本价", "cost price", unit="CNY", decimals=3)
    direction: int = column("多空方向", "direction", codes=Direction)
    last_price: float = column("当前价", "last price", unit="CNY", decimals=3, default=0.0)
    profit_rate: float = column("盈亏比例", "profit rate", unit="1", decimals=4, default=0.0)
    secu_account: str = column("股东代码", "shareholder account", default="")
    instrument_name: str = column("证券名称", "name", default="")
    float_profit: float = column("浮动盈亏", "profit", unit="CNY", default=0.0)
    open_date: str = column("开仓日期", "opened on", default="")
    position_profit: float = column("持仓盈亏", "position profit", unit="CNY", default=0.0)
    account_type: int = column("账号类型", "account type", codes=AccountType, default=_STOCK)


@concealing
@dataclass
class XtOrderResponse:
    """Answer to `order_stock_async`. 异步下单委托反馈"""

    account_id: str = column("资金账号", "account")
    order_id: int = column("订单编号", "order id")
    strategy_name: str = column("策略名称", "strategy")
    order_remark: str = column("委托备注", "remark")
    error_msg: str = column("反馈信息", "error text")
    seq: int = column("请求序号", "request number")
    account_type: int = column("账号类型", "account type", codes=AccountType, default=_STOCK)


@concealing
@dataclass
class XtCancelOrderResponse:
    """Answer to an asynchronous cancel. 异步撤单委托反馈

    `cancel_result` is 0 when the cancel was sent, -1 when it was refused.
    """

    account_id: str = column("资金账号", "account")
    cancel_result: int = column("撤单结果", "cancel result")
    order_id: int = column("订单编号", "order id")
    order_sysid: str = column("柜台委托编号", "broker order id")
    seq: int = column("请求序号", "request number")
    error_msg: str = column("反馈信息", "error text")
    account_type: int = column("账号类型", "account type", codes=AccountType, default=_STOCK)


@twinned()
@concealing
@dataclass
class XtOrderError:
    """An order was refused. 下单失败错误"""

    account_id: str = column("资金账号", "account")
    order_id: int = column("订单编号", "order id")
    error_id: int = column("错误码", "error code", default=0)
    error_msg: str = column("失败信息", "error text", default="")
    strategy_name: str = column("策略名称", "strategy", default="")
    order_remark: str = column("委托备注", "remark", default="")
    seq: int = column("请求序号", "request number", default=0)
    account_type: int = column("账号类型", "account type", codes=AccountType, default=_STOCK)


@twinned()
@concealing
@dataclass
class XtCancelError:
    """A cancel was refused. 撤单失败错误"""

    account_id: str = column("资金账号", "account")
    order_id: int = column("订单编号", "order id")
    market: int = column("交易市场", "market", codes=Market)
    order_sysid: str = column("柜台委托编号", "broker order id")
    error_id: int = column("错误码", "error code", default=0)
    error_msg: str = column("失败信息", "error text", default="")
    account_type: int = column("账号类型", "account type", codes=AccountType, default=_STOCK)


@twinned()
@concealing
@dataclass
class XtAccountStatus:
    """Whether an account can trade. 账号状态"""

    account_id: str = column("资金账号", "account")
    account_type: int = column("账号类型", "account type", codes=AccountType)
    status: int = column("账号状态", "status", codes=AccountStatus)


@twinned(but={"login_status": "m_nStatus"}, without=("account_classification",))
@concealing
@dataclass
class XtAccountInfo:
    """An account of the terminal. 账号信息"""

    account_id: str = column("资金账号", "account")
    account_type: int = column("账号类型", "account type", codes=AccountType)
    broker_type: int = column("账号类型", "broker type", codes=AccountType)
    platform_id: int = column("平台号", "platform", default=0)
    account_classification: int = column("账号分类", "classification", default=0)
    login_status: int = column("账号状态", "login status", codes=AccountStatus, default=0)


@dataclass
class Quote:
    """The market in one instrument at one moment; five levels a side. Ours.

    Prices are yuan, 0.0 where a level is empty; volumes are shares or units.
    `time` is epoch milliseconds. Tuples hold the best level first.
    """

    stock_code: str = column("证券代码", "code")
    instrument_name: str = column("证券名称", "name")
    time: int = column("时间", "time", dtype="time_ms")
    last_price: float = column("最新价", "last", unit="CNY", decimals=3)
    open: float = column("开盘价", "open", unit="CNY", decimals=3)
    high: float = column("最高价", "high", unit="CNY", decimals=3)
    low: float = column("最低价", "low", unit="CNY", decimals=3)
    last_close: float = column("昨收价", "previous close", unit="CNY", decimals=3)
    up_limit: float = column("涨停价", "limit up", unit="CNY", decimals=3)
    down_limit: float = column("跌停价", "limit down", unit="CNY", decimals=3)
    volume: int = column("成交量", "volume", unit="shares")
    amount: float = column("成交额", "amount", unit="CNY")
    transactions: int = column("成交笔数", "fills")
    bid_price: tuple[float, ...] = column("买价", "bid", unit="CNY", decimals=3)
    bid_volume: tuple[int, ...] = column("买量", "bid volume", unit="shares")
    ask_price: tuple[float, ...] = column("卖价", "ask", unit="CNY", decimals=3)
    ask_volume: tuple[int, ...] = column("卖量", "ask volume", unit="shares")
