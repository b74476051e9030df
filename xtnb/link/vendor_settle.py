"""What became of a cancel whose answer never came, read from the state of its order.

An order that is cancelled, or on its way to be, has what was asked for; one that was
filled or rejected cannot have it any more. While it works nothing is certain: the cancel
may be on its way still.
"""

from __future__ import annotations

from collections.abc import Iterable

from xtnb import xtconstant as c
from xtnb.link.vendor_calls import Answer
from xtnb.vocabulary.messages import Request
from xtnb.vocabulary.records import XtOrder

_TAKEN = frozenset(
    {
        c.ORDER_REPORTED_CANCEL,
        c.ORDER_PARTSUCC_CANCEL,
        c.ORDER_PART_CANCEL,
        c.ORDER_CANCELED,
    }
)
_TOO_LATE = {
    c.ORDER_SUCCEEDED: "已全部成交，不能撤单 / it is filled, and cannot be cancelled",
    c.ORDER_JUNK: "是废单，不能撤单 / it was rejected, and cannot be cancelled",
}


def cancel_settled(request: Request, orders: Iterable[XtOrder]) -> Answer | None:
    """The answer to a cancel, where the orders of its account leave no doubt; else None."""
    asked = request.arguments
    number, sysid = asked.get("order_id", 0), asked.get("order_sysid", "")
    fits = [
        order
        for order in orders
        if (number and order.order_id == number) or (sysid and order.order_sysid == sysid)
    ]
    if len(fits) != 1:  # two markets may use one broker order id
        return None
    (order,) = fits
    if order.order_status in _TAKEN:
        return Answer((0, order.order_id, order.order_sysid))
    if order.order_status in _TOO_LATE:
        return Answer((-1, order.order_id, order.order_sysid), _TOO_LATE[order.order_status])
    return None
