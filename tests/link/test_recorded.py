"""A link with a journal on this side: nothing is passed on, or told, before it is written down."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tests.contract import house
from tests.link.serving import until
from tests.live.cuttable import CuttableLink
from xtnb import xtconstant as c
from xtnb.errors import RefusalCode
from xtnb.journal import Journal
from xtnb.link.codec import decode
from xtnb.link.recorded import RecordedLink
from xtnb.terminal.scenario import DEMO_ACCOUNT
from xtnb.vocabulary.messages import Push, PushKind, Reply, Request

CODE = "600000.SH"
SECONDS = 10.0


class Ear:
    """What a session would hear."""

    def __init__(self) -> None:
        self.heard: list[Reply | Push] = []
        self._changed = threading.Condition()

    def __call__(self, item: Reply | Push) -> None:
        with self._changed:
            self.heard.append(item)
            self._changed.notify_all()

    def reply(self, seq: int) -> Reply:
        return self._wait(lambda item: isinstance(item, Reply) and item.seq == seq)

    def push(self, kind: str) -> Push:
        return self._wait(lambda item: isinstance(item, Push) and item.kind == kind)

    def pushes(self) -> list[Push]:
        return [one for one in self.heard if isinstance(one, Push) and one.kind != PushKind.QUOTE]

    def _wait(self, fits):
        def found():
            return next((item for item in self.heard if fits(item)), None)

        with self._changed:
            assert self._changed.wait_for(found, SECONDS), self.heard
            return found()


class Recorded:
    """A paper terminal that goes on while the link in front of it comes and goes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.host = house.host(house.market())
        self.stay = self.host.link("demo")
        assert self.stay.open(99, lambda item: None) == 0
        self.begin()

    def begin(self) -> None:
        self.cuttable = CuttableLink(self.host.link("demo"))
        self.link = RecordedLink(self.cuttable, lambda: Journal(self.folder, "a test"))
        self.ear = Ear()
        assert self.link.open(1, self.ear) == 0
        self.ask(1, "subscribe", {})
        self.ear.reply(1)

    def crash(self) -> None:
        """End without a word to anybody, and begin anew."""
        self.link.close()
        self.begin()

    def ask(self, seq: int, method: str, arguments: dict, key: str = "") -> None:
        self.link.send(Request(seq, method, 2, DEMO_ACCOUNT, arguments, 1, key, 0, "a cell"))

    def order(self, seq: int, key: str, volume: int = 100) -> None:
        asked = {
            "stock_code": CODE,
            "order_type": c.STOCK_BUY,
            "order_volume": volume,
            "price_type": c.FIX_PRICE,
            "price": 10.0,
            "strategy_name": "",
            "order_remark": "",
        }
        self.ask(seq, "order_stock", asked, key)

    def orders(self) -> list:
        self.ask(900, "query_stock_orders", {"cancelable_only": False})
        found = self.ear.reply(900).value
        self.ear.heard = [one for one in self.ear.heard if getattr(one, "seq", 0) != 900]
        return found

    def close(self) -> None:
        self.link.close()
        self.stay.close()


@pytest.fixture
def recorded(tmp_path):
    one = Recorded(tmp_path)
    yield one
    one.close()


def rows(folder: Path, table: str) -> list:
    journal = Journal(folder, "the test's reading")
    try:
        return journal._all(f"SELECT * FROM {table}")
    finally:
        journal.close()


def test_pushes_get_the_journals_numbers_and_go_on_after_a_restart(recorded):
    recorded.order(2, "K1")
    recorded.ear.push(PushKind.ASSET)
    first = recorded.ear.pushes()
    recorded.crash()
    recorded.order(2, "K2")
    recorded.ear.push(PushKind.ASSET)
    second = recorded.ear.pushes()

    numbers = [one.number for one in (*first, *second)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert {one.epoch for one in first} < {one.epoch for one in (*first, *second)}
    journal = recorded.link.journal
    assert [decode(body) for _, body in journal.pushes_after(0)][: len(first)] == first


def test_what_a_terminal_tells_again_after_a_restart_is_told_once(recorded):
    recorded.order(2, "K1")
    recorded.ear.push(PushKind.ASSET)
    told = recorded.ear.pushes()
    recorded.crash()

    for push in told:
        recorded.cuttable._heard(push)
    recorded.order(3, "K2")
    recorded.ear.push(PushKind.ORDER)

    again = [one for one in recorded.ear.pushes() if one.kind in (PushKind.ORDER, PushKind.TRADE)]
    known = {one.record.order_id for one in told if one.kind == PushKind.ORDER}
    assert {one.record.order_id for one in again} & known == set()
    assert again[0].number > told[-1].number


def test_a_key_that_was_answered_is_answered_again_after_a_restart(recorded):
    recorded.order(2, "K1")
    number = recorded.ear.reply(2).value
    recorded.crash()

    recorded.order(3, "K1")

    assert recorded.ear.reply(3).value == number
    assert len(recorded.orders()) == 1


def test_a_key_names_one_request_and_no_other(recorded):
    recorded.order(2, "K1")
    recorded.ear.reply(2)
    recorded.order(3, "K1", volume=200)

    assert recorded.ear.reply(3).error_id == RefusalCode.REPEATED
    assert len(recorded.orders()) == 1


def test_what_was_on_its_way_at_a_crash_is_unknown_and_not_sent_again(recorded):
    recorded.cuttable.lose_replies = True
    recorded.order(2, "K1")
    until(lambda: recorded.cuttable.sent[-1].key == "K1")
    recorded.crash()

    recorded.order(3, "K1")

    reply = recorded.ear.reply(3)
    assert reply.error_id == RefusalCode.OUTCOME_UNKNOWN
    assert len(recorded.orders()) <= 1


def test_a_repeat_of_what_is_on_its_way_waits_for_the_one_answer(recorded):
    for seq in range(2, 12):
        recorded.order(seq, "K1")

    answers = {recorded.ear.reply(seq).value for seq in range(2, 12)}

    assert len(answers) == 1
    assert len(recorded.orders()) == 1


def test_the_outcome_of_a_key_that_was_answered_comes_from_the_journal(recorded):
    recorded.order(2, "K1")
    number = recorded.ear.reply(2).value
    recorded.crash()

    recorded.ask(3, "outcome", {"keys": ("K1", "never", "K1")})

    assert recorded.ear.reply(3).value == [(number, ""), None, (number, "")]


def test_every_request_is_in_the_audit_with_who_asked_and_what_came_of_it(recorded):
    recorded.order(2, "K1")
    recorded.order(3, "K2", volume=150)
    recorded.ear.reply(3)
    recorded.orders()
    recorded.link.close()

    audit = rows(recorded.folder, "requests")
    told = [(row[7], row[6], bool(row[11])) for row in audit]

    assert told == [
        ("subscribe", "a cell", False),
        ("order_stock", "a cell", False),
        ("order_stock", "a cell", True),
        ("query_stock_orders", "a cell", False),
    ]


def test_what_certainly_did_not_leave_may_be_tried_again_with_its_key(recorded):
    recorded.cuttable.cut_off = True
    recorded.order(2, "K1")
    assert recorded.ear.reply(2).error_id == RefusalCode.NOT_DELIVERED
    recorded.cuttable.cut_off = False

    recorded.order(3, "K1")

    assert recorded.ear.reply(3).value > 0


def test_what_cannot_be_written_down_is_not_sent(recorded):
    recorded.link.journal._connection.close()

    recorded.order(2, "K1")

    assert recorded.ear.reply(2).error_id == RefusalCode.NOT_DELIVERED
    recorded.ear.push(PushKind.DISCONNECTED)
    assert not [one for one in recorded.cuttable.sent if one.method == "order_stock"]


def test_a_folder_in_use_is_said_and_nothing_is_opened(recorded, tmp_path):
    other = RecordedLink(recorded.host.link("demo"), lambda: Journal(tmp_path, "another"))

    with pytest.raises(Exception, match="a test"):
        other.open(2, Ear())
