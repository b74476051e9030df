"""Answers about borrowed securities. 约券

Source: manual, 约券相关异步接口的反馈.
"""

from __future__ import annotations

from dataclasses import dataclass

from xtnb.vocabulary.fields import column


@dataclass
class XtSmtAppointmentResponse:
    """Answer to a request to borrow, renew or return securities. 约券相关异步接口的反馈

    `apply_id` is the number of the application, "-1" when it failed.
    """

    seq: int = column("请求序号", "request number", default=0)
    success: bool = column("申请是否成功", "succeeded", default=False)
    msg: str = column("反馈信息", "message", default="")
    apply_id: str = column("资券申请编号", "application id", default="")
