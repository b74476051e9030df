"""The groups of the manual's data dictionary, each number with two labels. 数据字典

The number itself stands in `xtconstant.py` alone. Numbers repeat from group to
group, so a label is always looked up in its group: `OrderStatus.label_of(50)`
is "working", `BrokerPriceType.label_of(50)` is "limit".

Source: manual, 数据字典; English labels are ours.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Self

from xtnb import xtconstant as c


class LabelledCode(IntEnum):
    """An int with a label in Chinese and in English. Members are written `NAME = number, zh, en`.

    Attributes:
        zh, en: the labels.
    """

    zh: str
    en: str

    def __new__(cls, value: int, zh: str = "", en: str = "") -> Self:
        """Make the member `value`; of members with equal numbers the first one stays."""
        member = int.__new__(cls, value)
        member._value_ = value
        member.zh = zh
        member.en = en
        return member

    def label(self, language: str = "en") -> str:
        """The label in "en" or "zh"."""
        return self.zh if language == "zh" else self.en

    @classmethod
    def label_of(cls, value: int, language: str = "en", account_type: int | None = None) -> str:
        """The label of a number, or the number as text when the group does not have it.

        Args:
            value: the number.
            language: "en" or "zh".
            account_type: where the same number means two things, the kind of account decides.
        """
        special = _BY_ACCOUNT.get((cls.__name__, account_type, value))
        if special:
            return special[0] if language == "zh" else special[1]
        try:
            return cls(value).label(language)
        except ValueError:
            return str(value)


class AccountType(LabelledCode):
    """Kind of an account. 账号类型 (manual, 账号类型(account_type))"""

    FUTURE = c.FUTURE_ACCOUNT, "期货", "futures"
    SECURITY = c.SECURITY_ACCOUNT, "股票", "stock"
    CREDIT = c.CREDIT_ACCOUNT, "信用", "margin"
    FUTURE_OPTION = c.FUTURE_OPTION_ACCOUNT, "期货期权", "futures options"
    STOCK_OPTION = c.STOCK_OPTION_ACCOUNT, "股票期权", "stock options"
    HUGANGTONG = c.HUGANGTONG_ACCOUNT, "沪港通", "Shanghai Connect"
    INCOME_SWAP = c.INCOME_SWAP_ACCOUNT, "美股收益互换", "US income swap"
    NEW3BOARD = c.NEW3BOARD_ACCOUNT, "全国股转", "NEEQ"
    SHENGANGTONG = c.SHENGANGTONG_ACCOUNT, "深港通", "Shenzhen Connect"
    OFFSITEBANKING = c.AT_OFFSITEBANKING, "场外理财账户", "wealth product"
    OUTTER_FUTURE = c.AT_OUTTER_FUTURE, "期货外盘", "overseas futures"
    IB = c.AT_IB, "IB", "IB"
    NS_TRUSTBANK = c.AT_NS_TRUSTBANK, "场外托管", "off-exchange custody"
    INTERBANK = c.AT_INTERBANK, "银行间账号", "interbank"
    BANK = c.AT_BANK, "银行账号", "bank"
    OTC = c.AT_OTC, "场外账号", "OTC"


class OrderType(LabelledCode):
    """What an order does. 委托类型 (manual, 委托类型(order_type))

    23 and 24 mean collateral when the account is a margin account; `label_of`
    says so when it is told the account type.
    """

    FUTURE_OPEN_LONG = c.FUTURE_OPEN_LONG, "开多", "open long"
    FUTURE_CLOSE_LONG_HISTORY = c.FUTURE_CLOSE_LONG_HISTORY, "平昨多", "close overnight long"
    FUTURE_CLOSE_LONG_TODAY = c.FUTURE_CLOSE_LONG_TODAY, "平今多", "close today long"
    FUTURE_OPEN_SHORT = c.FUTURE_OPEN_SHORT, "开空", "open short"
    FUTURE_CLOSE_SHORT_HISTORY = c.FUTURE_CLOSE_SHORT_HISTORY, "平昨空", "close overnight short"
    FUTURE_CLOSE_SHORT_TODAY = c.FUTURE_CLOSE_SHORT_TODAY, "平今空", "close today short"
    FUTURE_CLOSE_LONG_TODAY_FIRST = (
        c.FUTURE_CLOSE_LONG_TODAY_FIRST,
        "平多, 优先平今",
        "close long, today first",
    )
    FUTURE_CLOSE_LONG_HISTORY_FIRST = (
        c.FUTURE_CLOSE_LONG_HISTORY_FIRST,
        "平多, 优先平昨",
        "close long, overnight first",
    )
    FUTURE_CLOSE_SHORT_TODAY_FIRST = (
        c.FUTURE_CLOSE_SHORT_TODAY_FIRST,
        "平空, 优先平今",
        "close short, today first",
    )
    FUTURE_CLOSE_SHORT_HISTORY_FIRST = (
        c.FUTURE_CLOSE_SHORT_HISTORY_FIRST,
        "平空, 优先平昨",
        "close short, overnight first",
    )
    FUTURE_CLOSE_LONG_TODAY_HISTORY_THEN_OPEN_SHORT = (
        c.FUTURE_CLOSE_LONG_TODAY_HISTORY_THEN_OPEN_SHORT,
        "卖出,先平多(今优先)再开空",
        "sell: close long (today first), rest opens short",
    )
    FUTURE_CLOSE_LONG_HISTORY_TODAY_THEN_OPEN_SHORT = (
        c.FUTURE_CLOSE_LONG_HISTORY_TODAY_THEN_OPEN_SHORT,
        "卖出,先平多(昨优先)再开空",
        "sell: close long (overnight first), rest opens short",
    )
    FUTURE_CLOSE_SHORT_TODAY_HISTORY_THEN_OPEN_LONG = (
        c.FUTURE_CLOSE_SHORT_TODAY_HISTORY_THEN_OPEN_LONG,
        "买入,先平空(今优先)再开多",
        "buy: close short (today first), rest opens long",
    )
    FUTURE_CLOSE_SHORT_HISTORY_TODAY_THEN_OPEN_LONG = (
        c.FUTURE_CLOSE_SHORT_HISTORY_TODAY_THEN_OPEN_LONG,
        "买入,先平空(昨优先)再开多",
        "buy: close short (overnight first), rest opens long",
    )
    FUTURE_OPEN = c.FUTURE_OPEN, "买入, 不优先平仓", "buy, no closing preference"
    FUTURE_CLOSE = c.FUTURE_CLOSE, "卖出, 不优先平仓", "sell, no closing preference"
    FUTURE_ARBITRAGE_OPEN = c.FUTURE_ARBITRAGE_OPEN, "开仓", "spread open"
    FUTURE_ARBITRAGE_CLOSE_HISTORY_FIRST = (
        c.FUTURE_ARBITRAGE_CLOSE_HISTORY_FIRST,
        "平, 优先平昨",
        "spread close, overnight first",
    )
    FUTURE_ARBITRAGE_CLOSE_TODAY_FIRST = (
        c.FUTURE_ARBITRAGE_CLOSE_TODAY_FIRST,
        "平, 优先平今",
        "spread close, today first",
    )
    FUTURE_RENEW_LONG_CLOSE_HISTORY_FIRST = (
        c.FUTURE_RENEW_LONG_CLOSE_HISTORY_FIRST,
        "看多, 优先平昨",
        "roll long, overnight first",
    )
    FUTURE_RENEW_LONG_CLOSE_TODAY_FIRST = (
        c.FUTURE_RENEW_LONG_CLOSE_TODAY_FIRST,
        "看多, 优先平今",
        "roll long, today first",
    )
    FUTURE_RENEW_SHORT_CLOSE_HISTORY_FIRST = (
        c.FUTURE_RENEW_SHORT_CLOSE_HISTORY_FIRST,
        "看空, 优先平昨",
        "roll short, overnight first",
    )
    FUTURE_RENEW_SHORT_CLOSE_TODAY_FIRST = (
        c.FUTURE_RENEW_SHORT_CLOSE_TODAY_FIRST,
        "看空, 优先平今",
        "roll short, today first",
    )
    STOCK_OPTION_BUY_OPEN = c.STOCK_OPTION_BUY_OPEN, "买入开仓", "buy to open"
    STOCK_OPTION_SELL_CLOSE = c.STOCK_OPTION_SELL_CLOSE, "卖出平仓", "sell to close"
    STOCK_OPTION_SELL_OPEN = c.STOCK_OPTION_SELL_OPEN, "卖出开仓", "sell to open"
    STOCK_OPTION_BUY_CLOSE = c.STOCK_OPTION_BUY_CLOSE, "买入平仓", "buy to close"
    STOCK_OPTION_COVERED_OPEN = c.STOCK_OPTION_COVERED_OPEN, "备兑开仓", "covered open"
    STOCK_OPTION_COVERED_CLOSE = c.STOCK_OPTION_COVERED_CLOSE, "备兑平仓", "covered close"
    STOCK_OPTION_CALL_EXERCISE = c.STOCK_OPTION_CALL_EXERCISE, "认购行权", "exercise call"
    STOCK_OPTION_PUT_EXERCISE = c.STOCK_OPTION_PUT_EXERCISE, "认沽行权", "exercise put"
    STOCK_OPTION_SECU_LOCK = c.STOCK_OPTION_SECU_LOCK, "证券锁定", "lock underlying"
    STOCK_OPTION_SECU_UNLOCK = c.STOCK_OPTION_SECU_UNLOCK, "证券解锁", "unlock underlying"
    OPTION_FUTURE_OPTION_EXERCISE = (
        c.OPTION_FUTURE_OPTION_EXERCISE,
        "期货期权行权",
        "exercise option",
    )
    COMPOSE_OPEN_LONG = c.COMPOSE_OPEN_LONG, "组合开多", "basket open long"
    COMPOSE_OPEN_SHORT = c.COMPOSE_OPEN_SHORT, "组合开空", "basket open short"
    COMPOSE_CLOSE_LONG_TODAY_FIRST = (
        c.COMPOSE_CLOSE_LONG_TODAY_FIRST,
        "组合平多-优先平今",
        "basket close long, today first",
    )
    COMPOSE_CLOSE_LONG_HISTORY_FIRST = (
        c.COMPOSE_CLOSE_LONG_HISTORY_FIRST,
        "组合平多-优先平昨",
        "basket close long, overnight first",
    )
    COMPOSE_CLOSE_SHORT_TODAY_FIRST = (
        c.COMPOSE_CLOSE_SHORT_TODAY_FIRST,
        "组合平空-优先平今",
        "basket close short, today first",
    )
    COMPOSE_CLOSE_SHORT_HISTORY_FIRST = (
        c.COMPOSE_CLOSE_SHORT_HISTORY_FIRST,
        "组合平空-优先平昨",
        "basket close short, overnight first",
    )
    COMPOSE_ONEKEY_FUTURE_TODAY_FIRST = (
        c.COMPOSE_ONEKEY_FUTURE_TODAY_FIRST,
        "一键期货-优先平今",
        "one-key futures, today first",
    )
    COMPOSE_ONEKEY_FUTURE_HISTORY_FIRST = (
        c.COMPOSE_ONEKEY_FUTURE_HISTORY_FIRST,
        "一键期货-优先平昨",
        "one-key futures, overnight first",
    )
    COMPOSE_FUTURE_ADJUST_TODAY_FIRST = (
        c.COMPOSE_FUTURE_ADJUST_TODAY_FIRST,
        "组合调仓-优先平今",
        "basket rebalance, today first",
    )
    COMPOSE_FUTURE_ADJUST_HISTORY_FIRST = (
        c.COMPOSE_FUTURE_ADJUST_HISTORY_FIRST,
        "组合调仓-优先平昨",
        "basket rebalance, overnight first",
    )
    COMPOSE_OPTION_COMB_EXERCISE = c.COMPOSE_OPTION_COMB_EXERCISE, "组合行权", "exercise basket"
    COMPOSE_OPTION_BUILD_COMB_STRATEGY = (
        c.COMPOSE_OPTION_BUILD_COMB_STRATEGY,
        "构建组合策略",
        "build option combination",
    )
    COMPOSE_OPTION_RELEASE_COMB_STRATEGY = (
        c.COMPOSE_OPTION_RELEASE_COMB_STRATEGY,
        "解除组合策略",
        "release option combination",
    )
    FUTURE_HEDGE = c.FUTURE_HEDGE, "期货套利", "futures arbitrage"
    ETF_PURCHASE = c.ETF_PURCHASE, "申购", "ETF creation"
    ETF_REDEMPTION = c.ETF_REDEMPTION, "赎回", "ETF redemption"
    STOCK_BUY = c.STOCK_BUY, "买入", "buy"
    STOCK_SELL = c.STOCK_SELL, "卖出", "sell"
    CREDIT_BUY = c.CREDIT_BUY, "担保品买入", "collateral buy"
    CREDIT_SELL = c.CREDIT_SELL, "担保品卖出", "collateral sell"
    CREDIT_FIN_BUY = c.CREDIT_FIN_BUY, "融资买入", "margin buy"
    CREDIT_SLO_SELL = c.CREDIT_SLO_SELL, "融券卖出", "short sell"
    CREDIT_BUY_SECU_REPAY = c.CREDIT_BUY_SECU_REPAY, "买券还券", "buy to return shares"
    CREDIT_DIRECT_SECU_REPAY = c.CREDIT_DIRECT_SECU_REPAY, "直接还券", "return shares"
    CREDIT_SELL_SECU_REPAY = c.CREDIT_SELL_SECU_REPAY, "卖券还款", "sell to repay"
    CREDIT_DIRECT_CASH_REPAY = c.CREDIT_DIRECT_CASH_REPAY, "直接还款", "repay cash"
    CREDIT_FIN_BUY_SPECIAL = c.CREDIT_FIN_BUY_SPECIAL, "专项融资买入", "earmarked margin buy"
    CREDIT_SLO_SELL_SPECIAL = c.CREDIT_SLO_SELL_SPECIAL, "专项融券卖出", "earmarked short sell"
    CREDIT_BUY_SECU_REPAY_SPECIAL = (
        c.CREDIT_BUY_SECU_REPAY_SPECIAL,
        "专项买券还券",
        "earmarked buy to return shares",
    )
    CREDIT_DIRECT_SECU_REPAY_SPECIAL = (
        c.CREDIT_DIRECT_SECU_REPAY_SPECIAL,
        "专项直接还券",
        "earmarked return of shares",
    )
    CREDIT_SELL_SECU_REPAY_SPECIAL = (
        c.CREDIT_SELL_SECU_REPAY_SPECIAL,
        "专项卖券还款",
        "earmarked sell to repay",
    )
    CREDIT_DIRECT_CASH_REPAY_SPECIAL = (
        c.CREDIT_DIRECT_CASH_REPAY_SPECIAL,
        "专项直接还款",
        "earmarked repayment",
    )


class PriceType(LabelledCode):
    """How the price of a request is meant. 报价类型 (manual, 报价类型(price_type))"""

    LATEST_PRICE = c.LATEST_PRICE, "最新价", "last price"
    FIX_PRICE = c.FIX_PRICE, "限价", "limit"
    MARKET_BEST = c.MARKET_BEST, "市价最优价", "market, best (CZCE)"
    MARKET_CANCEL = c.MARKET_CANCEL, "市价即成剩撤", "market, rest cancelled (DCE)"
    MARKET_CANCEL_ALL = c.MARKET_CANCEL_ALL, "市价全额成交或撤", "market, fill or kill (DCE)"
    MARKET_CANCEL_1 = c.MARKET_CANCEL_1, "最优一档即成剩撤", "best level, rest cancelled (CFFEX)"
    MARKET_CANCEL_5 = c.MARKET_CANCEL_5, "最优五档即成剩撤", "best five, rest cancelled (CFFEX)"
    MARKET_CONVERT_1 = c.MARKET_CONVERT_1, "最优一档即成剩转", "best level, rest to limit (CFFEX)"
    MARKET_CONVERT_5 = c.MARKET_CONVERT_5, "最优五档即成剩转", "best five, rest to limit (CFFEX)"
    MARKET_SH_CONVERT_5_CANCEL = (
        c.MARKET_SH_CONVERT_5_CANCEL,
        "最优五档剩撤",
        "best five, rest cancelled",
    )
    MARKET_SH_CONVERT_5_LIMIT = (
        c.MARKET_SH_CONVERT_5_LIMIT,
        "最优五档剩转",
        "best five, rest to limit",
    )
    MARKET_PEER_PRICE_FIRST = c.MARKET_PEER_PRICE_FIRST, "对手方最优", "best opposite"
    MARKET_MINE_PRICE_FIRST = c.MARKET_MINE_PRICE_FIRST, "本方最优", "best own"
    MARKET_SZ_INSTBUSI_RESTCANCEL = (
        c.MARKET_SZ_INSTBUSI_RESTCANCEL,
        "即时成交剩撤",
        "rest cancelled",
    )
    MARKET_SZ_CONVERT_5_CANCEL = (
        c.MARKET_SZ_CONVERT_5_CANCEL,
        "最优五档剩撤",
        "best five, rest cancelled",
    )
    MARKET_SZ_FULL_OR_CANCEL = c.MARKET_SZ_FULL_OR_CANCEL, "全额成交或撤销", "fill or kill"


class BrokerPriceType(LabelledCode):
    """What `price_type` says in orders that come back. 柜台报价类型 (EBrokerPriceType)"""

    ANY = c.BROKER_PRICE_ANY, "市价", "market"
    LIMIT = c.BROKER_PRICE_LIMIT, "限价", "limit"
    BEST = c.BROKER_PRICE_BEST, "最优价", "best price"
    PROP_SUBSCRIBE = c.BROKER_PRICE_PROP_SUBSCRIBE, "申购", "IPO subscription"
    PROP_BUYBACK = c.BROKER_PRICE_PROP_BUYBACK, "回购", "reverse repo"
    PROP_FUND_ENTRUST = c.BROKER_PRICE_PROP_FUND_ENTRUST, "基金申赎", "fund in or out"
    PROP_ETF = c.BROKER_PRICE_PROP_ETF, "ETF申赎", "ETF creation or redemption"
    PROP_EXERCIS = c.BROKER_PRICE_PROP_EXERCIS, "行权", "exercise"
    PROP_PEER_PRICE_FIRST = c.BROKER_PRICE_PROP_PEER_PRICE_FIRST, "对手方最优", "best opposite"
    PROP_L5_FIRST_LIMITPX = (
        c.BROKER_PRICE_PROP_L5_FIRST_LIMITPX,
        "最优五档剩转",
        "best five, rest to limit",
    )
    PROP_MIME_PRICE_FIRST = c.BROKER_PRICE_PROP_MIME_PRICE_FIRST, "本方最优", "best own"
    PROP_INSTBUSI_RESTCANCEL = (
        c.BROKER_PRICE_PROP_INSTBUSI_RESTCANCEL,
        "即时成交剩撤",
        "rest cancelled",
    )
    PROP_L5_FIRST_CANCEL = (
        c.BROKER_PRICE_PROP_L5_FIRST_CANCEL,
        "最优五档剩撤",
        "best five, rest cancelled",
    )
    PROP_FULL_REAL_CANCEL = c.BROKER_PRICE_PROP_FULL_REAL_CANCEL, "全额成交或撤销", "fill or kill"
    PROP_DEBT_CONVERSION = c.BROKER_PRICE_PROP_DEBT_CONVERSION, "债转股", "bond conversion"
    BID_LIMIT = c.BROKER_PRICE_BID_LIMIT, "港股通竞价限价", "Connect, auction limit"
    ENHANCED_LIMIT = c.BROKER_PRICE_ENHANCED_LIMIT, "港股通增强限价", "Connect, enhanced limit"
    RETAIL_LIMIT = c.BROKER_PRICE_RETAIL_LIMIT, "港股通零股限价", "Connect, odd lot limit"
    PROP_DIRECT_SECU_REPAY = c.BROKER_PRICE_PROP_DIRECT_SECU_REPAY, "直接还券", "return shares"
    PROP_COLLATERAL_TRANSFER = c.BROKER_PRICE_PROP_COLLATERAL_TRANSFER, "担保品划转", "collateral"


class OrderStatus(LabelledCode):
    """State of an order. 委托状态 (manual, 委托状态(order_status))"""

    UNREPORTED = c.ORDER_UNREPORTED, "未报", "not yet sent"
    WAIT_REPORTING = c.ORDER_WAIT_REPORTING, "待报", "waiting to be sent"
    REPORTED = c.ORDER_REPORTED, "已报", "working"
    REPORTED_CANCEL = c.ORDER_REPORTED_CANCEL, "已报待撤", "cancel pending"
    PARTSUCC_CANCEL = c.ORDER_PARTSUCC_CANCEL, "部成待撤", "partly filled, cancel pending"
    PART_CANCEL = c.ORDER_PART_CANCEL, "部撤", "partly filled, cancelled"
    CANCELED = c.ORDER_CANCELED, "已撤", "cancelled"
    PART_SUCC = c.ORDER_PART_SUCC, "部成", "partly filled"
    SUCCEEDED = c.ORDER_SUCCEEDED, "已成", "filled"
    JUNK = c.ORDER_JUNK, "废单", "rejected"
    UNKNOWN = c.ORDER_UNKNOWN, "未知", "unknown"


class AccountStatus(LabelledCode):
    """Whether an account can trade. 账号状态 (manual, 账号状态(account_status))"""

    INVALID = c.ACCOUNT_STATUS_INVALID, "无效", "invalid"
    OK = c.ACCOUNT_STATUS_OK, "正常", "normal"
    WAITING_LOGIN = c.ACCOUNT_STATUS_WAITING_LOGIN, "连接中", "connecting"
    LOGGING_IN = c.ACCOUNT_STATUSING, "登陆中", "logging in"
    FAIL = c.ACCOUNT_STATUS_FAIL, "失败", "failed"
    INITING = c.ACCOUNT_STATUS_INITING, "初始化中", "initialising"
    CORRECTING = c.ACCOUNT_STATUS_CORRECTING, "数据刷新校正中", "refreshing data"
    CLOSED = c.ACCOUNT_STATUS_CLOSED, "收盘后", "after close"
    ASSIS_FAIL = c.ACCOUNT_STATUS_ASSIS_FAIL, "穿透副链接断开", "secondary link down"
    DISABLEBYSYS = c.ACCOUNT_STATUS_DISABLEBYSYS, "系统停用", "disabled by the system"
    DISABLEBYUSER = c.ACCOUNT_STATUS_DISABLEBYUSER, "用户停用", "disabled by the user"


class TransferDirection(LabelledCode):
    """From where to where cash or shares move. 划拨方向 (manual, 划拨方向(transfer_direction))"""

    FUNDS_TRANSFER_NORMAL_TO_SPEED = (
        c.FUNDS_TRANSFER_NORMAL_TO_SPEED,
        "资金划拨-普通柜台到极速柜台",
        "cash: ordinary counter to fast counter",
    )
    FUNDS_TRANSFER_SPEED_TO_NORMAL = (
        c.FUNDS_TRANSFER_SPEED_TO_NORMAL,
        "资金划拨-极速柜台到普通柜台",
        "cash: fast counter to ordinary counter",
    )
    NODE_FUNDS_TRANSFER_SH_TO_SZ = (
        c.NODE_FUNDS_TRANSFER_SH_TO_SZ,
        "节点资金划拨-上海节点到深圳节点",
        "cash: Shanghai node to Shenzhen node",
    )
    NODE_FUNDS_TRANSFER_SZ_TO_SH = (
        c.NODE_FUNDS_TRANSFER_SZ_TO_SH,
        "节点资金划拨-深圳节点到上海节点",
        "cash: Shenzhen node to Shanghai node",
    )
    SECU_TRANSFER_NORMAL_TO_SPEED = (
        c.SECU_TRANSFER_NORMAL_TO_SPEED,
        "股份划拨-普通柜台划到极速柜台",
        "shares: ordinary counter to fast counter",
    )
    SECU_TRANSFER_SPEED_TO_NORMAL = (
        c.SECU_TRANSFER_SPEED_TO_NORMAL,
        "股份划拨-极速柜台划到普通柜台",
        "shares: fast counter to ordinary counter",
    )


class Direction(LabelledCode):
    """Long or short, for derivatives; 0 for stocks. 多空方向 (manual, 多空方向(direction))"""

    NONE = 0, "", ""
    LONG = c.DIRECTION_FLAG_LONG, "多", "long"
    SHORT = c.DIRECTION_FLAG_SHORT, "空", "short"


class OffsetFlag(LabelledCode):
    """Buy or sell, open or close. 交易操作 (manual, 交易操作(offset_flag))

    48 and 49 are buy and sell of a stock, open and close of a derivative;
    `label_of` says which when it is told the account type.
    """

    OPEN = c.OFFSET_FLAG_OPEN, "买入/开仓", "buy / open"
    CLOSE = c.OFFSET_FLAG_CLOSE, "卖出/平仓", "sell / close"
    FORCECLOSE = c.OFFSET_FLAG_FORCECLOSE, "强平", "forced close"
    CLOSETODAY = c.OFFSET_FLAG_CLOSETODAY, "平今", "close today"
    CLOSEYESTERDAY = c.OFFSET_FLAG_CLOSEYESTERDAY, "平昨", "close overnight"
    FORCEOFF = c.OFFSET_FLAG_FORCEOFF, "强减", "forced reduction"
    LOCALFORCECLOSE = c.OFFSET_FLAG_LOCALFORCECLOSE, "本地强平", "local forced close"


class Market(LabelledCode):
    """Where an instrument trades. 交易市场 (manual, 交易市场(market))"""

    SH = c.SH_MARKET, "上交所", "Shanghai"
    SZ = c.SZ_MARKET, "深交所", "Shenzhen"
    BEIJING = c.MARKET_ENUM_BEIJING, "北交所", "Beijing"
    SHANGHAI_FUTURE = c.MARKET_ENUM_SHANGHAI_FUTURE, "上期所", "SHFE"
    DALIANG_FUTURE = c.MARKET_ENUM_DALIANG_FUTURE, "大商所", "DCE"
    ZHENGZHOU_FUTURE = c.MARKET_ENUM_ZHENGZHOU_FUTURE, "郑商所", "CZCE"
    INDEX_FUTURE = c.MARKET_ENUM_INDEX_FUTURE, "中金所", "CFFEX"
    INTL_ENERGY_FUTURE = c.MARKET_ENUM_INTL_ENERGY_FUTURE, "能源中心", "INE"
    GUANGZHOU_FUTURE = c.MARKET_ENUM_GUANGZHOU_FUTURE, "广期所", "GFEX"
    SHANGHAI_STOCK_OPTION = c.MARKET_ENUM_SHANGHAI_STOCK_OPTION, "上海期权", "SSE options"
    SHENZHEN_STOCK_OPTION = c.MARKET_ENUM_SHENZHEN_STOCK_OPTION, "深圳期权", "SZSE options"


_STOCKS = (
    *(c.SECURITY_ACCOUNT, c.CREDIT_ACCOUNT, c.NEW3BOARD_ACCOUNT),
    *(c.HUGANGTONG_ACCOUNT, c.SHENGANGTONG_ACCOUNT),
)
_DERIVATIVES = (c.FUTURE_ACCOUNT, c.FUTURE_OPTION_ACCOUNT, c.STOCK_OPTION_ACCOUNT)

# Labels that depend on the kind of account: group, account type, number.
_BY_ACCOUNT: dict[tuple[str, int | None, int], tuple[str, str]] = {
    ("OrderType", c.CREDIT_ACCOUNT, c.CREDIT_BUY): ("担保品买入", "collateral buy"),
    ("OrderType", c.CREDIT_ACCOUNT, c.CREDIT_SELL): ("担保品卖出", "collateral sell"),
}
for _kind in _STOCKS:
    _BY_ACCOUNT["OffsetFlag", _kind, c.OFFSET_FLAG_OPEN] = ("买入", "buy")
    _BY_ACCOUNT["OffsetFlag", _kind, c.OFFSET_FLAG_CLOSE] = ("卖出", "sell")
for _kind in _DERIVATIVES:
    _BY_ACCOUNT["OffsetFlag", _kind, c.OFFSET_FLAG_OPEN] = ("开仓", "open")
    _BY_ACCOUNT["OffsetFlag", _kind, c.OFFSET_FLAG_CLOSE] = ("平仓", "close")

_BROKER_PRICE_TYPES = {
    c.LATEST_PRICE: c.BROKER_PRICE_LIMIT,
    c.FIX_PRICE: c.BROKER_PRICE_LIMIT,
    **dict.fromkeys(range(c.MARKET_BEST, c.MARKET_CONVERT_5 + 1), c.BROKER_PRICE_ANY),
    c.MARKET_SH_CONVERT_5_CANCEL: c.BROKER_PRICE_PROP_L5_FIRST_CANCEL,
    c.MARKET_SH_CONVERT_5_LIMIT: c.BROKER_PRICE_PROP_L5_FIRST_LIMITPX,
    c.MARKET_PEER_PRICE_FIRST: c.BROKER_PRICE_PROP_PEER_PRICE_FIRST,
    c.MARKET_MINE_PRICE_FIRST: c.BROKER_PRICE_PROP_MIME_PRICE_FIRST,
    c.MARKET_SZ_INSTBUSI_RESTCANCEL: c.BROKER_PRICE_PROP_INSTBUSI_RESTCANCEL,
    c.MARKET_SZ_CONVERT_5_CANCEL: c.BROKER_PRICE_PROP_L5_FIRST_CANCEL,
    c.MARKET_SZ_FULL_OR_CANCEL: c.BROKER_PRICE_PROP_FULL_REAL_CANCEL,
}


def broker_price_type(price_type: int) -> int:
    """The broker's code for the price type of a request: 50 for FIX_PRICE (11).

    A number that is no price type comes back as it is, so that a refused order
    shows what was sent.

    Source: the vendor's web manual, EBrokerPriceType; the pairing is ours.
    """
    return _BROKER_PRICE_TYPES.get(price_type, price_type)
