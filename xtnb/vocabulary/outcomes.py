"""What to look at where nobody knows what became of a request. Ours.

A request whose answer was lost may have been carried out or not, and is never sent again
by itself. An order can be found again by its key, and the state of an order says what
became of its cancel; of everything else two that are alike cannot be told apart, so a
person has to look.
"""

from __future__ import annotations

_ORDERS = "委托列表（query_stock_orders）", "the orders (query_stock_orders)"
_CANCEL = (
    "该委托的状态（query_stock_order；再撤一次没有坏处）",
    "the state of that order (query_stock_order; to cancel it once more does no harm)",
)
_BANK = (
    "银证转账流水（query_bank_transfer_stream）",
    "the transfers of the day (query_bank_transfer_stream)",
)
_CTP = (
    "券商客户端里两个账户的资金（没有可用的查询接口）",
    "the money of both accounts in the broker's client: no query lists such transfers",
)
_APPLIED = "约券申请（smt_query_order）", "the applications (smt_query_order)"
_COMPACTS = "约券合约（smt_query_compact）", "the contracts (smt_query_compact)"
_TASKS = "智能算法任务（query_smart_algo_task）", "the tasks (query_smart_algo_task)"

_LOOK = {
    "order_stock": _ORDERS,
    "cancel_order_stock": _CANCEL,
    "cancel_order_stock_sysid": _CANCEL,
    "fund_transfer": (
        "两边柜台的资金（query_stock_asset、query_com_fund）",
        "the money at both counters (query_stock_asset, query_com_fund)",
    ),
    "secu_transfer": (
        "两边柜台的持仓（query_stock_positions、query_com_position）",
        "the positions at both counters (query_stock_positions, query_com_position)",
    ),
    "bank_transfer_in": _BANK,
    "bank_transfer_out": _BANK,
    "ctp_transfer_option_to_future": _CTP,
    "ctp_transfer_future_to_option": _CTP,
    "smt_negotiate_order": _APPLIED,
    "smt_appointment_order": _APPLIED,
    "smt_appointment_cancel": _APPLIED,
    "smt_compact_renewal": _COMPACTS,
    "smt_compact_return": _COMPACTS,
    "smart_algo_order": _TASKS,
    "cancel_smart_algo_task": _TASKS,
    "sync_transaction_from_external": (
        "券商客户端里的成交列表",
        "the list of fills in the broker's client",
    ),
}
_NO_ANSWER = "终端没有答复 / the terminal did not answer"


def to_look_at(method: str) -> tuple[str, str]:
    """Where a person sees what became of a request, in Chinese and English; "" of a query."""
    return _LOOK.get(method, ("", ""))


def unknown(method: str) -> str:
    """What is said of a request whose answer was lost, as "中文 / English"."""
    zh, en = to_look_at(method)
    if not en:
        return _NO_ANSWER
    return (
        f"结果未知，不会自动重发；请先核对{zh}，再决定是否重发 / "
        f"the outcome is unknown, and it is not sent again by itself: look at {en} before you do"
    )
