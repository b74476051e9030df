"""All cases of the conformance run, chapter by chapter."""

from __future__ import annotations

from tests.conformance import (
    callbacks,
    counter_orders,
    credit_orders,
    future_option_orders,
    futures_orders,
    limits,
    options_orders,
    price_types,
    queries,
    refusals,
    requests,
    session_calls,
    statuses,
    stock_orders,
)
from tests.conformance.case import Case, chapter

CASES: list[Case] = [
    *chapter(1, stock_orders.rows()),
    *chapter(101, credit_orders.rows()),
    *chapter(201, futures_orders.rows()),
    *chapter(301, options_orders.rows()),
    *chapter(401, future_option_orders.rows()),
    *chapter(501, counter_orders.rows()),
    *chapter(1001, refusals.rows()),
    *chapter(1701, limits.rows()),
    *chapter(2001, price_types.rows()),
    *chapter(2501, statuses.rows()),
    *chapter(3001, queries.rows()),
    *chapter(3501, requests.rows()),
    *chapter(4001, callbacks.rows()),
    *chapter(4501, session_calls.rows()),
    *chapter(5001, price_types.more_rows()),
]
