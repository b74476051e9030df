"""Repayments of debt behind the limits of a terminal: they are no trades."""

from __future__ import annotations

import pytest

from tests.contract import house
from tests.link.test_guard import FUTURES, ME, guarded
from xtnb import xtconstant as c
from xtnb.link.limits import SWITCH

__all__ = ["guarded"]

CREDIT = house.ACCOUNTS["credit"]


def repaid(guarded, kind: int, volume: int = 1_000) -> tuple[int, str]:
    """The number of an order that pays debt back in cash, and the reason if there is none."""
    asked = {
        "stock_code": "",
        "order_type": kind,
        "order_volume": volume,
        "price_type": c.FIX_PRICE,
        "price": 0.0,
        "strategy_name": "",
        "order_remark": "",
    }
    answer = guarded.trader.requests.ask("order_stock", CREDIT, asked)
    return answer.order_id, answer.error_msg


@pytest.mark.parametrize(
    "text",
    [
        "order_value = 500",
        "value_a_day = 500",
        "order_volume = 100",
        'codes = ["600*.SH"]',
        "price_distance = 0.01",
        "orders_a_day = 0",
    ],
)
def test_a_debt_can_be_paid_back_under_every_limit_of_orders(guarded, text):
    guarded.limit(f"[every]\n{text}\n")

    number, reason = repaid(guarded, c.CREDIT_DIRECT_CASH_REPAY)

    assert (number > 0, reason) == (True, "")


def test_paying_a_debt_back_counts_for_no_limit(guarded):
    guarded.limit("[every]\norders_a_day = 1\nvalue_a_day = 5000\n")
    assert repaid(guarded, c.CREDIT_DIRECT_CASH_REPAY, 10_000)[0] > 0

    assert guarded.order(account=CREDIT)[0] > 0
    assert "orders of today are used up" in guarded.order(account=CREDIT)[1]


@pytest.mark.parametrize("account", [ME, FUTURES])
def test_only_a_margin_account_pays_back_beside_its_limits(guarded, account):
    guarded.limit("[every]\norder_volume = 1\n")

    number, reason = guarded.order(account=account, order_type=c.CREDIT_DIRECT_CASH_REPAY)

    assert (number, "the most of one order" in reason) == (-1, True)


@pytest.mark.parametrize(("text", "stop"), [("read_only = true", False), ("", True)])
def test_no_debt_is_paid_back_where_nothing_may_be_changed(guarded, text, stop):
    guarded.limit(f"[every]\n{text}\n")
    if stop:
        (guarded.folder / SWITCH).touch()

    number, reason = repaid(guarded, c.CREDIT_DIRECT_CASH_REPAY)

    assert number == -1
    assert ("kill switch" if stop else "read-only") in reason
