"""While nothing can be written down: cancels and questions pass, and nothing else does."""

from __future__ import annotations

import pytest

from tests.session.scripted import order
from xtnb.errors import RefusalCode
from xtnb.link.codec import encode
from xtnb.link.unwritten import Unwritten, has_room
from xtnb.vocabulary.messages import MOVES, Push, PushKind, Reply, Request

LOST = "lost"
QUOTE = Push("t", 1, 1, PushKind.QUOTE, 0, "", None)
NEWS = Push("t", 1, 1, PushKind.ORDER, 2, "1", order(1))


class Full:
    """A terminal whose disk is full, and a clock that is moved by hand."""

    def __init__(self, waiting=()) -> None:
        self.clock, self.room = 100.0, False
        self.passed, self.heard = [], []
        self.unwritten = Unwritten(
            self.passed.append,
            self.heard.append,
            lambda: self.heard.append(LOST),
            lambda: self.room,
            lambda: self.clock,
        )
        self.unwritten.begin("the disk is full", waiting)

    def carry(self, *items) -> list:
        """What was heard because of these."""
        before = len(self.heard)
        self.unwritten.carry(items)
        return self.heard[before:]

    def later(self, seconds: float) -> list:
        self.clock += seconds
        return self.carry()


def asked(method: str, seq: int = 1, key: str = "", **arguments) -> Request:
    return Request(seq, method, 2, "1", arguments, 1, key)


@pytest.mark.parametrize(
    "method",
    [
        *("cancel_order_stock", "cancel_order_stock_sysid", "cancel_smart_algo_task"),
        *("smt_appointment_cancel", "query_stock_orders", "subscribe", "quote_full", "limits"),
    ],
)
def test_cancels_and_questions_pass_and_are_answered(method):
    full = Full()

    assert full.carry(asked(method)) == []
    assert full.passed == [asked(method)]
    assert full.carry(Reply(1, None)) == [Reply(1, None)]


@pytest.mark.parametrize("method", [*sorted(MOVES), "outcome", "history", "open_account", "what"])
def test_whatever_may_bring_risk_or_needs_the_journal_is_refused_with_the_reason(method):
    full = Full()

    (refused,) = full.carry(asked(method, key="K"))

    assert refused.error_id == RefusalCode.NOT_DELIVERED
    assert "cancels still work: the disk is full" in refused.error
    assert full.passed == []


def test_a_cancel_that_bears_a_key_does_not_pass():
    full = Full()

    (refused,) = full.carry(asked("cancel_smart_algo_task", key="K"))

    assert refused.error_id == RefusalCode.NOT_DELIVERED
    assert full.passed == []


def test_a_cancel_stands_in_the_log_and_its_answer_says_that_it_is_not_written_down(caplog):
    full = Full()
    full.carry(asked("cancel_order_stock", order_id=41), asked("cancel_order_stock", 2))

    done, refused = full.carry(Reply(1, (0, 41, "S")), Reply(2, (-1, 42, "S"), "it is filled"))

    assert done.value == (0, 41, "S")
    assert "not written down: the disk is full" in done.error
    assert refused == Reply(2, (-1, 42, "S"), "it is filled")
    assert "'order_id': 41" in caplog.text
    assert encode(done)


def test_what_waits_is_treated_alike_before_the_terminal_counts_as_lost():
    first = [asked("order_stock", 1, "K"), asked("cancel_order_stock", 2), Reply(9, 5), NEWS]
    full = Full(first)

    refused, unknown, lost = full.heard

    assert (refused.seq, refused.value, refused.error_id) == (1, -1, RefusalCode.NOT_DELIVERED)
    assert (unknown.seq, unknown.error_id) == (9, RefusalCode.OUTCOME_UNKNOWN)
    assert lost == LOST
    assert full.passed == [first[1]]


def test_news_is_not_told_and_the_terminal_counts_as_lost_now_and_then():
    full = Full()

    assert full.carry(NEWS, QUOTE) == [QUOTE]
    assert full.later(4.9) == []
    assert full.later(0.2) == [LOST]
    assert full.later(60.0) == []
    assert full.carry(NEWS) == [LOST]


def test_an_order_brings_everything_back_once_there_is_room():
    full = Full()
    full.later(60.0)

    assert full.carry(asked("order_stock"))[1:] == []
    full.room = True
    assert full.later(60.0) == []
    assert full.carry(asked("order_stock"))[1:] == [LOST]


def test_it_is_looked_at_again_when_that_is_due_and_not_before():
    full = Full()
    assert full.unwritten.seconds is None

    full.carry(NEWS)
    assert full.unwritten.seconds == 5.0
    full.later(3.0)
    assert full.unwritten.seconds == 2.0
    full.later(3.0)
    assert full.unwritten.seconds is None

    full.carry(NEWS)
    full.unwritten.over()
    assert full.unwritten.seconds is None


def test_a_terminal_that_is_lost_itself_is_told_at_once():
    full = Full()
    gone = Push("t", 1, 0, PushKind.DISCONNECTED, 0, "", None)
    full.carry(asked("query_stock_orders"))

    assert full.carry(gone) == [gone]
    (late,) = full.carry(Reply(1, []))
    assert late.error_id == RefusalCode.OUTCOME_UNKNOWN


def test_a_folder_has_room_while_it_can_be_written_to(tmp_path):
    (tmp_path / "file").touch()

    assert has_room(tmp_path)
    assert not has_room(tmp_path / "file")
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]
