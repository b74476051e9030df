"""What a record is about, as a key: of a table, of a journal's row, of what was told already.

A key is good within one trading day; a broker's numbers may begin anew with the next.
"""

from __future__ import annotations

from typing import Any

from xtnb.vocabulary.records import XtOrder, XtTrade


def fill_name(fill: XtTrade) -> str:
    """The key of a fill. Each exchange numbers its own; one without a number is what it says."""
    number = fill.traded_id or f"{fill.traded_volume}@{fill.traded_price}/{fill.traded_time}"
    return f"{fill.stock_code}/{fill.order_id}/{number}"


def order_name(order: XtOrder) -> str:
    """The key of an order whose number some other one may bear as well."""
    return f"{order.stock_code}/{order.order_id}/{order.order_type}"


def about(record: Any) -> str:
    """The key of any record: of a fill, an order, or by its code; "" for none."""
    if isinstance(record, XtTrade):
        return fill_name(record)
    if isinstance(record, XtOrder):
        return order_name(record)
    facts = vars(record) if record is not None else {}
    return str(facts.get("order_id") or facts.get("stock_code") or "")
