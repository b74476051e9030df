"""What a person is told to look at where an answer was lost."""

from __future__ import annotations

import pickle
import re

import pytest

from xtnb.errors import RequestTimeout
from xtnb.session.calls import CALLS
from xtnb.vocabulary.messages import MOVES
from xtnb.vocabulary.outcomes import to_look_at, unknown

CHANGE = sorted(
    MOVES
    | {
        "cancel_order_stock",
        "cancel_order_stock_sysid",
        "smt_appointment_cancel",
        "cancel_smart_algo_task",
        "sync_transaction_from_external",
    }
)


@pytest.mark.parametrize("method", CHANGE)
def test_of_everything_that_changes_something_it_is_said_where_to_look(method):
    zh, en = to_look_at(method)
    queries = re.findall(r"\w*query_\w+", en)

    assert zh
    assert en
    assert queries == re.findall(r"\w*query_\w+", zh)
    assert set(queries) <= set(CALLS)
    assert zh in unknown(method)
    assert en in unknown(method)


def test_what_only_asks_may_be_asked_again():
    assert to_look_at("query_stock_asset") == ("", "")
    assert "did not answer" in unknown("query_stock_asset")


def test_a_time_out_says_where_to_look_and_a_query_may_be_asked_again():
    lost = RequestTimeout("bank_transfer_in", 10, *to_look_at("bank_transfer_in"))
    query = RequestTimeout("query_stock_asset", 10, *to_look_at("query_stock_asset"))

    assert "look at the transfers of the day (query_bank_transfer_stream)" in str(lost)
    assert "请先核对银证转账流水" in str(lost)
    assert str(query).endswith("ask again")
    assert "unknown" not in str(query)
    assert str(pickle.loads(pickle.dumps(lost))) == str(lost)
