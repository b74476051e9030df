"""Records of margin accounts, under the manual's names. 信用

The manual spells the fields of XtCreditDetail with their C++ prefixes; programs
read them so. `XtCreditOrder` and `XtCreditDeal` are the vendor's leftovers: they
can be imported, and nothing sends them.

Source: manual, 信用账号资产 to 标的担保品; the vendor's xttype.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from xtnb import xtconstant as c
from xtnb.vocabulary.codes import (
    AccountStatus,
    AccountType,
    BrokerPriceType,
    OrderStatus,
    OrderType,
)
from xtnb.vocabulary.fields import column
from xtnb.vocabulary.masking import concealing
from xtnb.vocabulary.twins import twinned

# ruff: noqa: N815 — the manual's spelling of the fields

_COMPACT_TWINS = {
    "compact_type": "m_eCompactType",
    "cashgroup_prop": "m_eCashgroupProp",
    "businessFare": "m_dBusinessFare",
    "compact_id": "m_strCompactId",
}


@twinned()
@concealing
@dataclass
class XtCreditDetail:
    """Money, debts and quotas of a margin account. 信用账号资产"""

    account_id: str = column("资金账号", "account", default="")
    m_nStatus: int = column("账号状态", "account status", codes=AccountStatus, default=0)
    m_nUpdateTime: int = column("更新时间", "update time", dtype="time", default=0)
    m_nCalcConfig: int = column("计算参数", "calculation parameter", default=0)
    m_dFrozenCash: float = column("冻结金额", "frozen cash", unit="CNY", default=0.0)
    m_dBalance: float = column("总资产", "total assets", unit="CNY", default=0.0)
    m_dAvailable: float = column("可用金额", "available cash", unit="CNY", default=0.0)
    m_dPositionProfit: float = column("持仓盈亏", "position profit", unit="CNY", default=0.0)
    m_dMarketValue: float = column("总市值", "total market value", unit="CNY", default=0.0)
    m_dFetchBalance: float = column("可取金额", "withdrawable cash", unit="CNY", default=0.0)
    m_dStockValue: float = column("股票市值", "stock value", unit="CNY", default=0.0)
    m_dFundValue: float = column("基金市值", "fund value", unit="CNY", default=0.0)
    m_dTotalDebt: float = column("总负债", "total debt", unit="CNY", default=0.0)
    m_dEnableBailBalance: float = column("可用保证金", "available margin", unit="CNY", default=0.0)
    m_dPerAssurescaleValue: float = column(
        "维持担保比例", "maintenance ratio", unit="%", default=0.0
    )
    m_dAssureAsset: float = column("净资产", "net assets", unit="CNY", default=0.0)
    m_dFinDebt: float = column("融资负债", "margin debt", unit="CNY", default=0.0)
    m_dFinDealAvl: float = column("融资本金", "margin principal", unit="CNY", default=0.0)
    m_dFinFee: float = column("融资息费", "margin interest and fees", unit="CNY", default=0.0)
    m_dSloDebt: float = column("融券负债", "short debt", unit="CNY", default=0.0)
    m_dSloMarketValue: float = column("融券市值", "short market value", unit="CNY", default=0.0)
    m_dSloFee: float = column("融券息费", "short interest and fees", unit="CNY", default=0.0)
    m_dOtherFare: float = column("其它费用", "other fees", unit="CNY", default=0.0)
    m_dFinMaxQuota: float = column("融资授信额度", "margin credit line", unit="CNY", default=0.0)
    m_dFinEnableQuota: float = column(
        "融资可用额度", "margin line available", unit="CNY", default=0.0
    )
    m_dFinUsedQuota: float = column("融资冻结额度", "margin line frozen", unit="CNY", default=0.0)
    m_dSloMaxQuota: float = column("融券授信额度", "short credit line", unit="CNY", default=0.0)
    m_dSloEnableQuota: float = column(
        "融券可用额度", "short line available", unit="CNY", default=0.0
    )
    m_dSloUsedQuota: float = column("融券冻结额度", "short line frozen", unit="CNY", default=0.0)
    m_dSloSellBalance: float = column(
        "融券卖出资金", "short sale proceeds", unit="CNY", default=0.0
    )
    m_dUsedSloSellBalance: float = column(
        "已用融券卖出资金", "short proceeds used", unit="CNY", default=0.0
    )
    m_dSurplusSloSellBalance: float = column(
        "剩余融券卖出资金", "short proceeds left", unit="CNY", default=0.0
    )
    account_type: int = column(
        "账号类型", "account type", codes=AccountType, default=c.CREDIT_ACCOUNT
    )


@twinned(but=_COMPACT_TWINS)
@concealing
@dataclass
class StkCompacts:
    """A debt contract of margin buying or short selling. 负债合约"""

    account_id: str = column("资金账号", "account", default="")
    compact_type: int = column("合约类型", "contract type", default=0)
    cashgroup_prop: int = column("头寸来源", "source of the position", default=0)
    exchange_id: int = column("证券市场", "exchange", default=0)
    open_date: int = column("开仓日期", "opening date", default=0)
    business_vol: int = column("合约证券数量", "contract volume", unit="shares", default=0)
    real_compact_vol: int = column("未还合约数量", "volume outstanding", unit="shares", default=0)
    ret_end_date: int = column("到期日", "due date", default=0)
    business_balance: float = column("合约金额", "contract amount", unit="CNY", default=0.0)
    businessFare: float = column("合约息费", "contract interest and fees", unit="CNY", default=0.0)
    real_compact_balance: float = column(
        "未还合约金额", "amount outstanding", unit="CNY", default=0.0
    )
    real_compact_fare: float = column(
        "未还合约息费", "interest outstanding", unit="CNY", default=0.0
    )
    repaid_fare: float = column("已还息费", "interest repaid", unit="CNY", default=0.0)
    repaid_balance: float = column("已还金额", "amount repaid", unit="CNY", default=0.0)
    instrument_id: str = column("证券代码", "code", default="")
    compact_id: str = column("合约编号", "contract number", default="")
    position_str: str = column("定位串", "paging key", default="")
    account_type: int = column(
        "账号类型", "account type", codes=AccountType, default=c.CREDIT_ACCOUNT
    )


@twinned(but={"slo_status": "m_eSloStatus", "fin_status": "m_eFinStatus"})
@concealing
@dataclass
class CreditSubjects:
    """A security eligible for margin buying or short selling. 融资融券标的"""

    account_id: str = column("资金账号", "account", default="")
    slo_status: int = column("融券状态", "short status", default=0)
    fin_status: int = column("融资状态", "margin status", default=0)
    exchange_id: int = column("证券市场", "exchange", default=0)
    slo_ratio: float = column(
        "融券保证金比例", "short margin ratio", unit="1", decimals=4, default=0.0
    )
    fin_ratio: float = column(
        "融资保证金比例", "margin buying ratio", unit="1", decimals=4, default=0.0
    )
    instrument_id: str = column("证券代码", "code", default="")
    account_type: int = column(
        "账号类型", "account type", codes=AccountType, default=c.CREDIT_ACCOUNT
    )


@twinned(but={"cashgroup_prop": "m_eCashgroupProp"})
@concealing
@dataclass
class CreditSloCode:
    """What can be borrowed of a security. 可融券数据"""

    account_id: str = column("资金账号", "account", default="")
    cashgroup_prop: int = column("头寸来源", "source of the position", default=0)
    exchange_id: int = column("证券市场", "exchange", default=0)
    enable_amount: int = column(
        "融券可融数量", "volume that can be borrowed", unit="shares", default=0
    )
    instrument_id: str = column("证券代码", "code", default="")
    account_type: int = column(
        "账号类型", "account type", codes=AccountType, default=c.CREDIT_ACCOUNT
    )


@twinned(but={"assure_status": "m_eAssureStatus"})
@concealing
@dataclass
class CreditAssure:
    """A security that counts as collateral. 标的担保品"""

    account_id: str = column("资金账号", "account", default="")
    assure_status: int = column("是否可做担保", "may be collateral", default=0)
    exchange_id: int = column("证券市场", "exchange", default=0)
    assure_ratio: float = column(
        "担保品折算比例", "collateral haircut ratio", unit="1", decimals=4, default=0.0
    )
    instrument_id: str = column("证券代码", "code", default="")
    account_type: int = column(
        "账号类型", "account type", codes=AccountType, default=c.CREDIT_ACCOUNT
    )


@concealing
@dataclass
class XtCreditOrder:
    """An order of a margin account, as the vendor once had it. 信用委托"""

    account_id: str = column("资金账号", "account", default="")
    stock_code: str = column("证券代码", "code", default="")
    order_id: int = column("订单编号", "order id", default=0)
    order_time: int = column("报单时间", "order time", dtype="time", default=0)
    order_type: int = column("委托类型", "order type", codes=OrderType, default=0)
    order_volume: int = column("委托数量", "ordered", unit="shares", default=0)
    price_type: int = column("报价类型", "price type", codes=BrokerPriceType, default=0)
    price: float = column("委托价格", "order price", unit="CNY", decimals=3, default=0.0)
    traded_volume: int = column("成交数量", "filled", unit="shares", default=0)
    traded_price: float = column("成交均价", "average price", unit="CNY", decimals=3, default=0.0)
    order_status: int = column("委托状态", "order status", codes=OrderStatus, default=0)
    status_msg: str = column("委托状态描述", "status text", default="")
    order_remark: str = column("委托备注", "remark", default="")
    contract_no: str = column("两融合同编号", "margin contract number", default="")
    stock_code1: str = column("证券代码", "code, long form", default="")
    account_type: int = column(
        "账号类型", "account type", codes=AccountType, default=c.CREDIT_ACCOUNT
    )


@concealing
@dataclass
class XtCreditDeal:
    """A fill of a margin account, as the vendor once had it. 信用成交"""

    account_id: str = column("资金账号", "account", default="")
    stock_code: str = column("证券代码", "code", default="")
    traded_id: str = column("成交编号", "fill id", default="")
    traded_time: int = column("成交时间", "fill time", dtype="time", default=0)
    traded_price: float = column("成交均价", "average price", unit="CNY", decimals=3, default=0.0)
    traded_volume: int = column("成交数量", "filled", unit="shares", default=0)
    order_id: int = column("订单编号", "order id", default=0)
    contract_no: str = column("两融合同编号", "margin contract number", default="")
    stock_code1: str = column("证券代码", "code, long form", default="")
    account_type: int = column(
        "账号类型", "account type", codes=AccountType, default=c.CREDIT_ACCOUNT
    )
