"""What goes wrong at a link with a journal: one bad request costs no other, a full disk ends."""

from __future__ import annotations

import threading
import time
from contextlib import closing

import pytest

from tests.contract import house
from tests.link.test_recorded import CODE, SECONDS, Ear, Recorded
from xtnb import xtconstant as c
from xtnb.errors import NotConnected, RefusalCode
from xtnb.journal import Group, Journal, Told
from xtnb.link.counts import Counts
from xtnb.link.guard import GuardedLink
from xtnb.link.limits import LimitsFile
from xtnb.link.past import day_of
from xtnb.link.recorded import RecordedLink
from xtnb.terminal.scenario import DEMO_ACCOUNT
from xtnb.vocabulary.messages import PushKind, Reply, Request

FINE = {
    "stock_code": CODE,
    "order_type": c.STOCK_BUY,
    "order_volume": 100,
    "price_type": c.FIX_PRICE,
    "price": 10.0,
    "strategy_name": "",
    "order_remark": "",
}


@pytest.fixture
def recorded(tmp_path):
    one = Recorded(tmp_path)
    yield one
    one.close()


def orders(recorded) -> list:
    recorded.ask(900, "query_stock_orders", {"cancelable_only": False})
    return recorded.ear.reply(900).value


@pytest.mark.parametrize("arguments", [{}, {"keys": None}, {"keys": [None]}, {"keys": [["x"]]}])
def test_an_outcome_without_keys_ends_nothing(recorded, arguments):
    recorded.ask(2, "outcome", arguments)

    assert recorded.ear.reply(2).error
    recorded.order(3, "K1")
    assert recorded.ear.reply(3).value > 0


def test_what_one_request_breaks_costs_no_other_its_place(tmp_path):
    host = house.host(house.market())
    guarded = GuardedLink(host.link("demo"), LimitsFile(tmp_path), Counts())
    link = RecordedLink(guarded, lambda: Journal(tmp_path, "a test"))
    ear, free = Ear(), threading.Event()

    def deliver(item):
        ear(item)
        assert free.wait(SECONDS)

    assert link.open(1, deliver) == 0
    link.send(Request(1, "query_account_status", 0, "", {}, 1))
    ear.reply(1)  # the thread that writes waits in there: what comes now is one group
    broken = Request(2, "order_stock", 2, DEMO_ACCOUNT, {**FINE, "order_volume": None}, 1, "K1")
    link.send(broken)
    link.send(broken._replace(seq=3, arguments=FINE, key="K2"))
    free.set()

    assert ear.reply(3).value > 0
    assert ear.reply(2).value in (-1, None)
    link.close()


def test_an_order_that_came_just_before_its_terminal_was_lost_is_kept_once(recorded):
    free, ear = threading.Event(), recorded.ear

    def deliver(item):
        ear(item)
        assert free.wait(SECONDS)

    recorded.link._deliver = deliver
    recorded.ask(2, "query_account_status", {})
    ear.reply(2)  # the thread that writes waits in there: what comes now is one group
    recorded.order(3, "K1")
    recorded.cuttable.cut()
    free.set()

    assert ear.reply(3).error_id == RefusalCode.NOT_DELIVERED
    kept = recorded.link.journal._all("SELECT kind, name FROM kept")
    assert kept == [("unknown", f"2/{DEMO_ACCOUNT}/K1")]
    recorded.cuttable.mend()


def test_a_push_that_can_be_read_no_more_costs_no_news_and_no_order(tmp_path):
    today = day_of(None, time.time_ns())
    with closing(Journal(tmp_path, "an earlier process")) as journal:
        told = Told(1, PushKind.ORDER, 2, DEMO_ACCOUNT, today, "1", b"no push")
        journal.commit(Group(told=[told]))
    recorded = Recorded(tmp_path)

    recorded.ask(2, "history", {"kind": "orders", "start": today, "end": today})
    assert recorded.ear.reply(2).error
    recorded.order(3, "K1")

    assert recorded.ear.reply(3).value > 0
    assert recorded.ear.push(PushKind.ORDER).number > 1
    recorded.close()


def test_what_came_behind_the_end_of_an_opening_is_not_carried_out_in_the_next(recorded):
    late = recorded.cuttable._deliver
    recorded.link.close()
    order = Request(1, "order_stock", 2, DEMO_ACCOUNT, FINE, 1, "K1")
    recorded.link._work.put(order)
    late(Reply(2, "of the last opening"))
    recorded.link.note(Request(3, "quota", 2, DEMO_ACCOUNT, {}, 1), Reply(3, None, "too much"))
    recorded.ear = Ear()

    assert recorded.link.open(1, recorded.ear) == 0
    recorded.order(2, "K2")

    assert recorded.ear.reply(2).value > 0
    sent = [one.key for one in recorded.cuttable.sent if one.method == "order_stock"]
    assert sent == ["K2"]
    assert len(orders(recorded)) == 1
    audit = recorded.link.journal._all("SELECT method FROM requests WHERE outcome = 'too much'")
    assert audit == [("quota",)]


def test_a_link_that_was_left_takes_no_request(recorded):
    recorded.link.close()

    with pytest.raises(NotConnected):
        recorded.order(2, "K1")


def fill(recorded) -> int:
    """Leave the file no room to grow, and order until one is not written down."""
    recorded.link.journal._connection.execute("PRAGMA max_page_count=1")
    for seq in range(10, 400):
        recorded.order(seq, f"K{seq}")
        if recorded.ear.reply(seq).error_id in (
            RefusalCode.OUTCOME_UNKNOWN,
            RefusalCode.NOT_DELIVERED,
        ):
            return seq
    raise AssertionError("there is always room")


def test_a_full_disk_is_said_once_and_nothing_is_passed_on(recorded):
    seq = fill(recorded)
    recorded.ear.push(PushKind.DISCONNECTED)
    sent = len(recorded.cuttable.sent)

    recorded.order(seq + 1, "later")

    refused = recorded.ear.reply(seq + 1)
    assert refused.error_id == RefusalCode.NOT_DELIVERED
    assert "full" in refused.error
    assert len(recorded.cuttable.sent) == sent
    lost = [one for one in recorded.ear.pushes() if one.kind == PushKind.DISCONNECTED]
    assert len(lost) == 1


def test_once_there_is_room_it_goes_on_and_sends_nothing_twice(recorded):
    seq = fill(recorded)
    recorded.ear.push(PushKind.DISCONNECTED)
    ear = recorded.ear = Ear()

    assert recorded.link.open(1, ear) == 0

    before = len(orders(recorded))
    for repeat in range(10, seq + 1):
        recorded.order(1_000 + repeat, f"K{repeat}")
    told = [ear.reply(1_000 + repeat) for repeat in range(10, seq + 1)]
    unknown = [one for one in told if one.error_id == RefusalCode.OUTCOME_UNKNOWN]
    fresh = [one for one in told if one.value is not None and one.value > before]
    assert len(fresh) + len(unknown) <= 1
    recorded.ear = Ear()
    recorded.link._deliver = recorded.ear
    assert len(orders(recorded)) == before + len(fresh)


def test_while_the_disk_is_full_a_cancel_reaches_the_terminal_and_an_order_does_not(recorded):
    recorded.order(2, "K1")
    number = recorded.ear.reply(2).value
    recorded.room = False
    fill(recorded)
    recorded.ear.push(PushKind.DISCONNECTED)
    journal, ear = recorded.link.journal, Ear()
    recorded.ear = ear
    assert recorded.link.open(1, ear) == 0

    recorded.order(1_000, "late")
    recorded.ask(1_001, "cancel_order_stock", {"order_id": number})
    cancelled = ear.reply(1_001)
    recorded.ask(1_002, "query_stock_order", {"order_id": number})
    (order,) = ear.reply(1_002).value

    assert ear.reply(1_000).error_id == RefusalCode.NOT_DELIVERED
    assert cancelled.value[:2] == (0, number)
    assert "not written down" in cancelled.error
    assert order.order_status == c.ORDER_CANCELED
    assert recorded.link.journal is journal
    recorded.room = True
    assert recorded.link.open(1, Ear()) == 0
    assert recorded.link.journal is not journal
