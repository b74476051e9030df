"""Answers about orders that the terminal works by an algorithm. 智能算法

Newer than the manual: the vendor's own of 2025.
"""

from __future__ import annotations

from dataclasses import dataclass

from xtnb.vocabulary.fields import column


@dataclass
class XtSmartAlgoOrderResponse:
    """Answer to an algorithmic order. 智能算法任务下单反馈"""

    account_id: str = column("资金账号", "account", default="")
    task_id: int = column("任务编号", "task id", default=0)
    strategy_name: str = column("策略名称", "strategy name", default="")
    order_remark: str = column("委托备注", "remark", default="")
    error_msg: str = column("反馈信息", "error text", default="")
    seq: int = column("请求序号", "request number", default=0)


@dataclass
class XtOperateSmartTaskResponse:
    """Answer to a cancel, pause or change of such a task. 智能算法任务操作反馈"""

    seq: int = column("请求序号", "request number", default=0)
    success: bool = column("是否成功", "succeeded", default=False)
    task_id: int = column("任务编号", "task id", default=0)
    operate_reason: str = column("操作说明", "operation note", default="")
    error_msg: str = column("失败信息", "error text", default="")
