"""What a session found when it compared what it knew with what the terminal says. Ours."""

from __future__ import annotations

from dataclasses import dataclass

from xtnb.vocabulary.codes import LabelledCode
from xtnb.vocabulary.fields import column
from xtnb.vocabulary.masking import concealing


class FindingKind(LabelledCode):
    """Why two pictures of an account differ."""

    MISSED_FILL = 1, "补收成交", "missed fill"
    MISSED_CHANGE = 2, "补收委托变化", "missed change of an order"
    ELSEWHERE = 3, "他处委托", "order from elsewhere"
    SENT = 4, "未知委托已确认送达", "unknown order: it had arrived"
    NOT_SENT = 5, "未知委托确认未送达", "unknown order: it never arrived"
    STILL_UNKNOWN = 6, "委托结果仍未知", "order still unknown"
    DRIFT = 7, "持仓或资金不符", "position or money differs"
    GONE = 8, "委托已不在柜台", "order not known to the terminal"
    EARLIER = 9, "重启前的委托", "order of this notebook, before it was restarted"


@concealing
@dataclass
class Finding:
    """One difference, and what was done about it.

    `subject` is an order number, a fill number or a code; `before` and `after` are what
    the session knew and what the terminal says.
    """

    number: int = column("序号", "number", default=0)
    time: int = column("时间", "time", dtype="time", default=0)
    account_id: str = column("资金账号", "account", default="")
    kind: int = column("类别", "kind", codes=FindingKind, default=0)
    stock_code: str = column("证券代码", "code", default="")
    subject: str = column("对象", "subject", default="")
    before: str = column("原先", "before", default="")
    after: str = column("现在", "now", default="")
    done: str = column("处理", "what was done", default="")
