"""Faults on the way to a MiniQMT: whoever waits hears of them, and nothing stops for good."""

from __future__ import annotations

import threading

import pytest

from tests.session.scripted import asset
from tests.vendor.ear import ACCOUNT, Broker, buy, fill, lapsing, opened, query, with_remark
from tests.vendor.native_objects import Struct
from xtnb.errors import JournalUnreadable, NotConnected, RefusalCode
from xtnb.journal.claims import Claims
from xtnb.link.retold import Known
from xtnb.vocabulary.messages import PushKind, Request


@pytest.fixture
def broker():
    made = Broker(query_stock_asset=[asset()])
    yield made
    made.free.set()


def no_threads(monkeypatch):
    """No thread for a call can be started, until what is given holds False."""
    start, none_left = threading.Thread.start, [True]

    def scarce(thread):
        if none_left[0] and "-call" in thread.name:
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", scarce)
    return none_left


def test_no_thread_for_a_call_is_an_order_that_was_not_sent(broker, monkeypatch):
    broker.answers["order_stock"] = 7
    link, ear = opened(broker)
    none_left = no_threads(monkeypatch)
    for seq in range(1, 21):  # more than may be under way at once
        link.send(buy(seq, "key"))
        assert ear.reply(seq).error_id == RefusalCode.NOT_DELIVERED
    none_left[0] = False
    link.send(buy(21, "key"))

    assert ear.reply(21).value == 7
    link.close()


class Flaky(Claims):
    """Claims of which a look at one fails."""

    def __init__(self, path, fails, fault):
        super().__init__(path)
        self.looks, self.fails, self.fault = 0, fails, fault

    def of(self, whose):
        self.looks += 1
        if self.looks == self.fails:
            raise self.fault
        return super().of(whose)


@pytest.mark.parametrize("fails", [1, 2, 3])
def test_claims_that_cannot_be_read_for_a_moment_stop_nobody(broker, tmp_path, fails):
    broker.answers["order_stock"] = 7
    fault = JournalUnreadable("keys.sqlite", "database is locked")
    link, ear = opened(broker, claims=Flaky(tmp_path / "keys.sqlite", fails, fault))
    for seq in (1, 2, 3):
        link.send(buy(seq, f"key {seq}"))
    replies = [ear.reply(seq) for seq in (1, 2, 3)]

    assert [reply.value for reply in replies].count(7) == 2
    assert replies[fails - 1].error_id == RefusalCode.NOT_DELIVERED
    link.close()


def test_a_link_whose_owner_ends_is_lost_and_says_so(broker, tmp_path):
    link, ear = opened(broker, claims=Flaky(tmp_path / "keys.sqlite", 1, SystemExit()))
    link.send(buy(1, "key"))
    ear.wait(1)

    assert ear.kinds() == [PushKind.DISCONNECTED]
    with pytest.raises(NotConnected):
        link.send(query(2))
    assert link.open(7, ear) == 0
    link.send(query(3))
    assert ear.reply(3).value == [asset()]
    link.close()


def test_an_answer_that_cannot_be_written_down_is_heard(broker, tmp_path):
    class Full(Claims):
        def answer(self, whose, reply):
            raise OSError(28, "No space left on device")

    broker.answers["order_stock"] = 7
    link, ear = opened(broker, claims=Full(tmp_path / "keys.sqlite"))
    link.send(buy(1, "key"))

    assert ear.reply(1).value == 7
    link.close()


def test_news_that_cannot_be_compared_are_told_and_nothing_stops(broker, monkeypatch):
    take = Known.take

    def fails(known, record, now):
        if record.traded_id == "T1":
            raise MemoryError
        return take(known, record, now)

    monkeypatch.setattr(Known, "take", fails)
    link, ear = opened(broker)
    broker.say(broker.push(PushKind.TRADE, fill(1, "T1")))
    broker.say(broker.push(PushKind.TRADE, fill(1, "T2")))
    link.send(query(1))

    assert ear.reply(1).value == [asset()]
    assert [push.record.traded_id for push in ear.pushes()] == ["T1", "T2"]
    link.close()


def test_an_order_that_cannot_be_looked_for_is_unknown_and_nothing_stops(broker, monkeypatch):
    limits, clock = lapsing()
    link, ear = opened(broker, limits=limits)
    broker.hangs = {"order_stock"}
    link.send(buy(1, "key"))
    link.send(query(2))
    ear.reply(2)
    no_threads(monkeypatch)
    clock.lapse()

    assert ear.reply(1).error_id == RefusalCode.OUTCOME_UNKNOWN
    broker.say(broker.push(PushKind.TRADE, fill(1, "T1")))
    ear.wait(3)
    link.close()


def test_a_transfer_whose_call_breaks_may_have_left_and_is_unknown(broker):
    def full(request):
        raise TimeoutError("the queue to the client is full")

    broker.answers["fund_transfer"] = full
    link, ear = opened(broker)
    asked = {"transfer_direction": 511, "price": 5.0}
    link.send(Request(1, "fund_transfer", *ACCOUNT, asked, 7, key="key"))

    assert ear.reply(1).error_id == RefusalCode.OUTCOME_UNKNOWN
    link.close()


def test_what_nobody_asked_for_is_logged_without_its_account(broker, caplog):
    link, _ = opened(broker)
    numbered = "1000000365"
    link._life._traffic.answered(Struct(seq=99, account_id=numbered))
    link.close()

    assert "Struct 99" in caplog.text
    assert numbered not in caplog.text


def test_an_order_whose_call_times_out_may_have_left_and_is_unknown(broker):
    def full(request):
        raise TimeoutError("the queue to the client is full")

    broker.answers["order_stock"] = full
    link, ear = opened(broker)
    link.send(buy(1, "key"))

    assert ear.reply(1).error_id == RefusalCode.OUTCOME_UNKNOWN
    assert broker.methods() == ["order_stock"]
    link.close()


def test_an_order_of_unknown_outcome_stays_unknown_while_it_cannot_be_looked_for(broker):
    def breaks(request):
        raise RuntimeError("the pipe to the terminal broke")

    broker.answers["order_stock"] = breaks
    link, ear = opened(broker)
    link.send(buy(1, "key"))
    assert ear.reply(1).error_id == RefusalCode.OUTCOME_UNKNOWN
    kept, broker.answers["query_stock_orders"] = broker.answers["query_stock_orders"], breaks
    link.send(buy(2, "key"))
    assert ear.reply(2).error_id == RefusalCode.OUTCOME_UNKNOWN

    broker.answers["query_stock_orders"] = kept
    (left,) = (one for one in broker.sent if one.method == "order_stock")
    broker.orders.append(with_remark(5, left.arguments["order_remark"]))
    link.send(buy(3, "key"))
    assert ear.reply(3).value == 5
    link.close()
