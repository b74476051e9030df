"""Records about banks and shareholder accounts. 银证转账

Newer than the manual: the vendor's own of 2024 and 2025. `success` and
`error_msg` tell in every row whether the query went well.
"""

from __future__ import annotations

from dataclasses import dataclass

from xtnb.vocabulary.fields import column


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
    main: bool = column("是否主股东", "main account flag", default=False)
    market: str = column("证券市场", "market", default="")
    secu_account: str = column("股东号", "shareholder account", default="")
