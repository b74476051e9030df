"""Records about counters, banks and shareholder accounts. 资金划拨, 银证转账

`ComFund` and `ComPosition` are the manual's; the API hands them out as dicts
(`vars` of them), with both spellings of a key that manual and code spell
differently (`SPELLINGS`). The rest is newer than the manual: the vendor's own of
2024 and 2025. `success` and the error text tell in every row whether the query
went well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from xtnb.vocabulary.fields import column
from xtnb.vocabulary.masking import concealing

# ruff: noqa: N815 — the manual's spelling of the fields


@dataclass
class XtBankTransferResponse:
    """Answer to a transfer between bank and broker, or between CTP accounts. 银证转账反馈"""

    seq: int = column("请求序号", "request number", default=0)
    success: bool = column("是否成功", "succeeded", default=False)
    msg: str = column("反馈信息", "message", default="")


@dataclass
class BankInfo:
    """A bank that is tied to the account. 银行信息"""

    success: bool = column("是否成功", "succeeded", default=False)
    error_msg: str = column("失败信息", "error text", default="")
    money_type: str = column("币种", "currency", default="")
    bank_no: str = column("银行编号", "bank number", default="")
    bank_account: str = column("银行账号", "bank account", default="")
    bank_name: str = column("银行名称", "bank name", default="")


@concealing
@dataclass
class BankAmount:
    """Money at a bank that is tied to the account. 银行余额"""

    success: bool = column("是否成功", "succeeded", default=False)
    error_msg: str = column("失败信息", "error text", default="")
    account_id: str = column("资金账号", "account", default="")
    bank_account: str = column("银行账号", "bank account", default="")
    money_type: str = column("币种", "currency", default="")
    balance: float = column("余额", "balance", unit="CNY", default=0.0)
    enable_balance: float = column("可转金额", "transferable amount", unit="CNY", default=0.0)


@concealing
@dataclass
class BankTransferStream:
    """One transfer between bank and broker. 银证转账流水

    `transfer_direction` is "1" bank to broker, "2" broker to bank, "5" a query.
    """

    success: bool = column("是否成功", "succeeded", default=False)
    error_msg: str = column("失败信息", "error text", default="")
    date: str = column("日期", "date", default="")
    time: str = column("时间", "time", default="")
    transfer_no: str = column("转账流水号", "transfer number", default="")
    transfer_direction: str = column("转账方向", "transfer direction", default="")
    bank_no: str = column("银行编号", "bank number", default="")
    bank_name: str = column("银行名称", "bank name", default="")
    bank_account: str = column("银行账号", "bank account", default="")
    money_type: str = column("币种", "currency", default="")
    account_id: str = column("资金账号", "account", default="")
    balance: float = column("金额", "amount", unit="CNY", default=0.0)
    remark: str = column("备注", "remark", default="")


@dataclass
class SecuAccount:
    """A shareholder account of the account. 股东账号"""

    success: bool = column("是否成功", "succeeded", default=False)
    error_msg: str = column("失败信息", "error text", default="")
    main: bool = column("是否主股东", "main account flag", dtype="bool", default=False)
    market: str = column("证券市场", "market", default="")
    secu_account: str = column("股东号", "shareholder account", default="")


@dataclass
class ComFund:
    """Money of an account at the ordinary counter. 普通柜台资金"""

    SPELLINGS: ClassVar[dict[str, str]] = {"error": "erro"}

    success: bool = column("是否成功", "succeeded", default=True)
    error: str = column("错误信息", "error text", default="")
    currentBalance: float = column("当前余额", "current balance", unit="CNY", default=0.0)
    enableBalance: float = column("可用余额", "available balance", unit="CNY", default=0.0)
    fetchBalance: float = column("可取金额", "withdrawable amount", unit="CNY", default=0.0)
    interest: float = column("待入账利息", "interest to be credited", unit="CNY", default=0.0)
    assetBalance: float = column("总资产", "total assets", unit="CNY", default=0.0)
    fetchCash: float = column("可取现金", "withdrawable cash", unit="CNY", default=0.0)
    marketValue: float = column("市值", "market value", unit="CNY", default=0.0)
    debt: float = column("负债", "debt", unit="CNY", default=0.0)


@dataclass
class ComPosition:
    """A position of an account at the ordinary counter. 普通柜台持仓"""

    success: bool = column("是否成功", "succeeded", default=True)
    error: str = column("错误信息", "error text", default="")
    stockAccount: str = column("股东号", "shareholder account", default="")
    exchangeType: str = column("市场", "market", default="")
    stockCode: str = column("证券代码", "instrument code", default="")
    stockName: str = column("证券名称", "instrument name", default="")
    totalAmt: float = column("总量", "total volume", unit="shares", decimals=0, default=0.0)
    enableAmount: float = column(
        "可用量", "available volume", unit="shares", decimals=0, default=0.0
    )
    lastPrice: float = column("最新价", "last price", unit="CNY", decimals=3, default=0.0)
    costPrice: float = column("成本价", "cost price", unit="CNY", decimals=3, default=0.0)
    income: float = column("盈亏", "profit", unit="CNY", default=0.0)
    incomeRate: float = column("盈亏比例", "profit ratio", unit="1", decimals=4, default=0.0)
    marketValue: float = column("市值", "market value", unit="CNY", default=0.0)
    costBalance: float = column("成本总额", "total cost", unit="CNY", default=0.0)
    bsOnTheWayVol: int = column("买卖在途量", "trades in transit", unit="shares", default=0)
    prEnableVol: int = column(
        "申赎可用量", "volume for creation/redemption", unit="shares", default=0
    )
    stockCode1: str = column("证券代码", "instrument code (long form)", default="")
