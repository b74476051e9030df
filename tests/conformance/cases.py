"""All cases of the conformance run, chapter by chapter."""

from __future__ import annotations

from tests.conformance import credit_orders, futures_orders, options_orders, stock_orders
from tests.conformance.case import Case, chapter

CASES: list[Case] = [
    *chapter(1, stock_orders.rows()),
    *chapter(101, credit_orders.rows()),
    *chapter(201, futures_orders.rows()),
    *chapter(301, options_orders.rows()),
]
