"""Answers about orders that the terminal works by an algorithm. 智能算法

Newer than the manual: the vendor's own of 2025.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from xtnb.vocabulary.codes import AccountType
from xtnb.vocabulary.fields import column
from xtnb.vocabulary.masking import concealing


@concealing
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


@concealing
@dataclass
class SmartAlgoTask:
    """An order that the terminal works by an algorithm; the API gives `vars` of it. 智能算法任务

    `task_status` is a text of the terminal; times are epoch seconds, 0 for none.
    `order_id_list` names the orders that were sent so far.
    """

    task_id: int = column("任务编号", "task id", default=0)
    task_status: str = column("任务状态", "task state", default="")
    task_msg: str = column("状态消息", "state text", default="")
    start_time: int = column("开始时间", "start", dtype="time", default=0)
    end_time: int = column("结束时间", "end", dtype="time", default=0)
    cancel_time: int = column("取消时间", "cancel time", dtype="time", default=0)
    order_num: int = column("委托量", "ordered volume", unit="shares", default=0)
    business_num: str = column("已成交量", "dealt volume", default="")
    group_id: str = column("组合id", "group id", default="")
    algo_id: str = column("算法母单id", "parent order id", default="")
    account_id: str = column("下单账号", "account", default="")
    account_type: int = column("账号类型", "account type", codes=AccountType, default=0)
    strategy_name: str = column("策略名称", "strategy name", default="")
    order_remark: str = column("委托备注", "remark", default="")
    order_id_list: list[int] = field(
        default_factory=list, metadata={"xtnb": {"zh": "委托列表", "en": "order ids"}}
    )
