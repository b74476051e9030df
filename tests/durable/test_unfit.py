"""Requests that no program of ours sends: they are answered, and the terminal goes on."""

from __future__ import annotations

import pytest

from tests.durable.test_folders import ORDER, Ears
from xtnb.errors import RefusalCode
from xtnb.terminal.scenario import DEMO_ACCOUNT
from xtnb.vocabulary.messages import Request


@pytest.fixture
def ears(tmp_path):
    one = Ears(tmp_path / "userdata_mini")
    yield one
    one.link.close()


def goes_on(ears):
    return ears.order(key="afterwards").value > 0 and not ears.pushes


@pytest.mark.parametrize("keys", [[None], [1], [b"x"], [["x"]], "K1", None, {}, [2**64 - 1]])
def test_keys_that_are_no_texts_are_refused(ears, keys):
    told = ears.ask("outcome", keys=keys)

    assert (told.value, told.error_id) == (None, 0)
    assert "keys" in told.error
    assert ears.order(key="1").value > 0
    assert goes_on(ears)


def test_an_outcome_without_keys_is_refused(ears):
    assert "keys" in ears.ask("outcome").error
    assert goes_on(ears)


@pytest.mark.parametrize(
    "odd",
    [
        {"account_type": 2**63},
        {"account_type": -(2**63) - 1},
        {"account_id": "\ud800"},
        {"key": "\ud800"},
        {"origin": "\ud800"},
        {"arguments": {**ORDER, "order_remark": "half of a pair: \ud800"}},
        {"arguments": {**ORDER, "order_volume": 2**70}},
        {"arguments": {**ORDER, "order_volume": 2**63}},
        {"arguments": {**ORDER, "strategy_name": object()}},
    ],
    ids=[
        "long",
        "low",
        "account",
        "key",
        "origin",
        "remark",
        "volume",
        "volume of 64 bits",
        "object",
    ],
)
def test_what_cannot_be_written_down_is_not_carried_out(ears, odd):
    ears.seq += 1
    asked = Request(ears.seq, "order_stock", 2, DEMO_ACCOUNT, ORDER, 1, "K1", 0, "a cell")
    ears.link.send(asked._replace(**odd))

    told = ears.reply()

    assert told.value == -1
    assert "cannot be written down" in told.error
    assert ears.ask("query_stock_orders", cancelable_only=False).value == []
    assert goes_on(ears)
    (row,) = ears.link.journal._all("SELECT outcome FROM requests WHERE outcome <> ''")
    assert row == (told.error,)


def test_a_session_whose_number_is_too_long_cannot_order(tmp_path):
    ears = Ears(tmp_path / "userdata_mini", 2**63)

    assert "cannot be written down" in ears.order().error
    ears.link.close()


def test_remarks_of_any_letters_come_back_as_they_were(ears):
    remark = "全角　空 \0 nul \x1b 🀄 \u202e right to left"
    number = ears.ask("order_stock", **{**ORDER, "order_remark": remark}).value
    folder = ears.link.journal.folder
    ears.link.close()

    again = Ears(folder)
    (order,) = again.ask("query_stock_order", order_id=number).value
    again.link.close()
    assert order.order_remark == remark


def test_a_query_does_not_use_a_key_up(ears):
    ears.ask("query_stock_orders", key="K1", cancelable_only=False)
    ears.ask("query_stock_orders", key="K1", cancelable_only=False)

    assert ears.order(key="K1").value > 0
    assert goes_on(ears)


def test_what_fails_inside_is_answered_as_unknown(ears):
    told = ears.ask("quote_subscribe", codes=5)

    assert told.error_id == RefusalCode.OUTCOME_UNKNOWN
    assert "TypeError" in told.error
    assert goes_on(ears)
