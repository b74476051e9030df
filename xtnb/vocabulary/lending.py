"""Borrowed securities: quotes, applications, contracts, and the answers to requests. 约券

The API hands `SmtQuoter`, `SmtOrder` and `SmtCompact` out as dicts (`vars` of
them); a terminal may reply with either. Fields are spelt as in the manual; for
those that the vendor's code spells otherwise, `SPELLINGS` has its key, and the
dicts carry both. Dates are numbers such as 20261120, rates are a year's
fraction (0.08 is eight per cent).

Source: manual, 约券相关接口; `SmtOrder`, the vendor's package.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from xtnb.vocabulary.fields import column

# ruff: noqa: N815 — the manual's spelling of the fields


@dataclass
class XtSmtAppointmentResponse:
    """Answer to a request to borrow, renew or return securities. 约券相关异步接口的反馈

    `apply_id` is the number of the application, "-1" when it failed.
    """

    seq: int = column("请求序号", "request number", default=0)
    success: bool = column("申请是否成功", "succeeded", default=False)
    msg: str = column("反馈信息", "message", default="")
    apply_id: str = column("资券申请编号", "application id", default="")


@dataclass
class SmtQuoter:
    """What can be borrowed, for how long and at what rate. 券源行情

    `applyMode` is "1" for inventory securities, "2" for earmarked ones.
    """

    SPELLINGS: ClassVar[dict[str, str]] = {
        "fsmOccupiedRate": "fsmpOccupedRate",
        "fsmPreendRate": "fsmpreendRate",
        "unUsedRate": "unUusedRate",
    }

    success: bool = column("是否成功", "succeeded", default=True)
    error: str = column("错误信息", "error text", default="")
    finType: str = column("金融品种", "financial product", default="")
    stockType: str = column("证券类型", "security type", default="")
    date: int = column("期限天数", "term in days", unit="days", default=0)
    code: str = column("证券代码", "instrument code", default="")
    codeName: str = column("证券代码名称", "instrument name", default="")
    exchangeType: str = column("市场", "market", default="")
    fsmOccupiedRate: float = column(
        "资券占用利率", "occupation rate", unit="1", decimals=4, default=0.0
    )
    fineRate: float = column("罚息利率", "penalty rate", unit="1", decimals=4, default=0.0)
    fsmPreendRate: float = column(
        "资券提前归还利率", "early return rate", unit="1", decimals=4, default=0.0
    )
    usedRate: float = column("资券使用利率", "usage rate", unit="1", decimals=4, default=0.0)
    unUsedRate: float = column(
        "资券占用未使用利率", "occupied-unused rate", unit="1", decimals=4, default=0.0
    )
    initDate: int = column("交易日期", "trade date", default=0)
    endDate: int = column("到期日期", "due date", default=0)
    enableSloAmountT0: float = column(
        "T+0可融券数量", "T+0 lendable volume", unit="shares", decimals=0, default=0.0
    )
    enableSloAmountT3: float = column(
        "T+3可融券数量", "T+3 lendable volume", unit="shares", decimals=0, default=0.0
    )
    srcGroupId: str = column("来源组编号", "source group id", default="")
    applyMode: str = column("资券申请方式", "application mode", default="")
    lowDate: int = column("最低期限天数", "minimum term in days", unit="days", default=0)


@dataclass
class SmtOrder:
    """An application to borrow. 约券申请"""

    success: bool = column("是否成功", "succeeded", default=True)
    error: str = column("错误信息", "error text", default="")
    initDate: int = column("交易日期", "trade date", default=0)
    currDate: int = column("当前日期", "current date", default=0)
    currTime: int = column("当前时间", "current time", default=0)
    applyId: str = column("资券申请编号", "application id", default="")
    srcGroupId: str = column("来源组编号", "source group id", default="")
    cashcompactId: str = column("头寸合约编号", "position contract id", default="")
    applyMode: str = column("资券申请方式", "application mode", default="")
    finType: str = column("金融品种", "financial product", default="")
    exchangeType: str = column("市场", "market", default="")
    code: str = column("证券代码", "instrument code", default="")
    codeName: str = column("证券代码名称", "instrument name", default="")
    date: int = column("期限天数", "term in days", unit="days", default=0)
    applyRate: float = column("资券申请利率", "applied rate", unit="1", decimals=4, default=0.0)
    entrustBalance: float = column("委托金额", "ordered amount", unit="CNY", default=0.0)
    entrustAmount: float = column(
        "委托数量", "ordered volume", unit="shares", decimals=0, default=0.0
    )
    businessBalance: float = column("成交金额", "dealt amount", unit="CNY", default=0.0)
    businessAmount: float = column(
        "成交数量", "dealt volume", unit="shares", decimals=0, default=0.0
    )
    validDate: int = column("有效日期", "valid date", default=0)
    dateClear: int = column("清算日期", "settlement date", default=0)
    entrustNo: str = column("委托编号", "order number", default="")
    applyStatus: str = column("申请状态", "application state", default="")
    usedRate: float = column("资券使用利率", "usage rate", unit="1", decimals=4, default=0.0)
    unUusedRate: float = column(
        "资券占用未使用利率", "occupied-unused rate", unit="1", decimals=4, default=0.0
    )
    comGroupId: str = column("资券组合编号", "combination id", default="")


@dataclass
class SmtCompact:
    """A contract over borrowed securities. 约券合约

    `compactStatus`: "0" not returned, "1" partly returned, "2" closed early, "3" closed at
    term, "4" closed overdue, "5" overdue, "9" void. `postponeStatus`: "0" not reviewed,
    "1" approved, "2" withdrawn, "3" refused. `applyMode` as in SmtQuoter.
    """

    SPELLINGS: ClassVar[dict[str, str]] = {
        "fsmOccupiedRate": "fsmpOccupedRate",
        "unUsedRate": "unUusedRate",
        "preOccupiedInterest": "preOccupedInterest",
    }

    success: bool = column("是否成功", "succeeded", default=True)
    error: str = column("错误信息", "error text", default="")
    createDate: int = column("创建日期", "creation date", default=0)
    cashcompactId: str = column("头寸合约编号", "position contract id", default="")
    oriCashcompactId: str = column("原头寸合约编号", "original position contract id", default="")
    applyId: str = column("资券申请编号", "application id", default="")
    srcGroupId: str = column("来源组编号", "source group id", default="")
    comGroupId: str = column("资券组合编号", "combination id", default="")
    finType: str = column("金融品种", "financial product", default="")
    exchangeType: str = column("市场", "market", default="")
    code: str = column("证券代码", "instrument code", default="")
    codeName: str = column("证券代码名称", "instrument name", default="")
    date: int = column("期限天数", "term in days", unit="days", default=0)
    beginCompacAmount: float = column(
        "期初合约数量", "initial contract volume", unit="shares", decimals=0, default=0.0
    )
    beginCompacBalance: float = column(
        "期初合约金额", "initial contract amount", unit="CNY", default=0.0
    )
    compacAmount: float = column(
        "合约数量", "contract volume", unit="shares", decimals=0, default=0.0
    )
    compacBalance: float = column("合约金额", "contract amount", unit="CNY", default=0.0)
    returnAmount: float = column(
        "返还数量", "returned volume", unit="shares", decimals=0, default=0.0
    )
    returnBalance: float = column("返还金额", "returned amount", unit="CNY", default=0.0)
    realBuyAmount: float = column(
        "回报买入数量", "reported buy volume", unit="shares", decimals=0, default=0.0
    )
    fsmOccupiedRate: float = column(
        "资券占用利率", "occupation rate", unit="1", decimals=4, default=0.0
    )
    compactInterest: float = column("合约利息金额", "contract interest", unit="CNY", default=0.0)
    compactFineInterest: float = column("合约罚息金额", "contract penalty", unit="CNY", default=0.0)
    repaidInterest: float = column("已还利息", "interest repaid", unit="CNY", default=0.0)
    repaidFineInterest: float = column("归还罚息", "penalty repaid", unit="CNY", default=0.0)
    fineRate: float = column("罚息利率", "penalty rate", unit="1", decimals=4, default=0.0)
    preendRate: float = column(
        "资券提前归还利率", "early return rate", unit="1", decimals=4, default=0.0
    )
    compactType: str = column("资券合约类型", "contract type", default="")
    postponeTimes: int = column("展期次数", "times extended", default=0)
    compactStatus: str = column("资券合约状态", "contract state", default="")
    lastInterestDate: int = column("上次结息日期", "last interest date", default=0)
    interestEndDate: int = column("记息结束日期", "interest end date", default=0)
    validDate: int = column("有效日期", "valid date", default=0)
    dateClear: int = column("清算日期", "settlement date", default=0)
    usedAmount: float = column("已使用数量", "volume used", unit="shares", decimals=0, default=0.0)
    usedBalance: float = column("使用金额", "amount used", unit="CNY", default=0.0)
    usedRate: float = column("资券使用利率", "usage rate", unit="1", decimals=4, default=0.0)
    unUsedRate: float = column(
        "资券占用未使用利率", "occupied-unused rate", unit="1", decimals=4, default=0.0
    )
    srcGroupName: str = column("来源组名称", "source group name", default="")
    repaidDate: int = column("归还日期", "return date", default=0)
    preOccupiedInterest: float = column(
        "当日实际应收利息", "interest receivable today", unit="CNY", default=0.0
    )
    compactInterestx: float = column(
        "合约总利息", "total contract interest", unit="CNY", default=0.0
    )
    enPostponeAmount: float = column(
        "可展期数量", "extendable volume", unit="shares", decimals=0, default=0.0
    )
    postponeStatus: str = column("合约展期状态", "extension state", default="")
    applyMode: str = column("资券申请方式", "application mode", default="")
