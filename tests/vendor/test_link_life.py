"""A link to a MiniQMT over the vendor's own layer: opening, losing, opening again."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from dataclasses import replace
from queue import SimpleQueue

import pytest

from tests.session.scripted import SECONDS, Diary, asset
from tests.vendor.ear import ACCOUNT, Broker, Ear, buy, fill, lapsing, opened, query, with_remark
from tests.vendor.links import AT_ONCE, vendor_link
from xtnb.errors import NotConnected, RefusalCode
from xtnb.link.base import ConnectResult
from xtnb.vocabulary.messages import PushKind, Reply
from xtnb.vocabulary.records import XtAccountInfo
from xtnb.xttrader import XtQuantTrader


@pytest.fixture
def broker():
    made = Broker(query_stock_asset=[asset()])
    yield made
    made.free.set()


def test_a_link_to_a_miniqmt_is_not_paper(broker):
    link = vendor_link(broker)

    assert link.paper is False
    assert link.terminal.startswith("D:/迅投/userdata_mini")


def test_nothing_can_be_sent_before_it_is_open_and_after_it_was_closed(broker):
    link, ear = opened(broker)
    link.send(query())
    ear.reply(1)
    link.close()
    link.close()

    with pytest.raises(NotConnected):
        link.send(query(2))
    with pytest.raises(NotConnected):
        vendor_link(broker).send(query(2))
    assert broker.closed


def test_opening_twice_changes_nothing(broker):
    link, ear = opened(broker)

    assert link.open(8, ear) == 0
    assert broker.opened == 1
    link.close()


def test_a_lost_terminal_is_one_push_and_silence(broker):
    link, ear = opened(broker)
    broker.say(broker.push(PushKind.ORDER, with_remark(1, "")))
    broker.lose()
    ear.wait(2)

    assert ear.kinds() == [PushKind.ORDER, PushKind.DISCONNECTED]
    with pytest.raises(NotConnected):
        link.send(query())
    link.close()
    assert len(ear.items) == 2


def test_what_waits_when_the_terminal_is_lost_ends_without_an_answer(broker):
    link, ear = opened(broker)
    del broker.answers["query_stock_asset"]
    link.send(query())
    broker.next()
    broker.lose()

    ear.wait(1)
    link.close()
    assert ear.kinds() == [PushKind.DISCONNECTED]


def test_it_opens_again_after_three_seconds_under_a_new_number():
    clock, pauses = [100.0], []
    limits = replace(AT_ONCE, rest=3.0, now=lambda: clock[0], pause=pauses.append)
    broker = Broker()
    link, ear = opened(broker, limits=limits)
    assert broker.session == 7
    broker.lose()
    ear.wait(1)
    link.close()
    clock[0] += 1.0

    assert link.open(7, ear) == 0

    assert pauses == [2.0]
    assert broker.session not in (0, 7)
    link.close()


def test_an_opening_that_failed_may_be_tried_again_under_the_same_number_at_once():
    pauses = []
    broker = Broker()
    broker.result = -1
    link, ear = vendor_link(broker, replace(AT_ONCE, rest=3.0, pause=pauses.append)), Ear()
    assert link.open(7, ear) != 0
    broker.result = 0

    assert link.open(7, ear) == 0

    assert (pauses, broker.session) == ([], 7)
    link.close()


def test_each_opening_is_a_life_of_its_own_and_counts_from_1(broker):
    link, ear = opened(broker)
    for number in (1, 2):
        broker.say(broker.push(PushKind.ORDER, with_remark(number, "")))
    broker.lose()
    ear.wait(3)
    link.open(7, ear)
    broker.say(broker.push(PushKind.ORDER, with_remark(3, "")))
    first, *_, again = ear.wait(4)
    link.close()

    assert [push.number for push in ear.pushes()] == [1, 2, 3, 1]
    assert again.epoch > first.epoch
    assert {push.terminal for push in ear.pushes()} == {link.terminal}


def test_a_later_process_signs_with_a_higher_epoch(broker):
    days = []
    for day in (1_795_000_000, 1_795_086_400):
        limits = replace(AT_ONCE, wall=lambda day=day: day * 1_000_000_000)
        link, ear = opened(broker, limits=limits)
        broker.say(broker.push(PushKind.ORDER, with_remark(1, "")))
        days.append(ear.wait(1)[0].epoch)
        link.close()

    assert days[0] < days[1]


def test_after_a_reconnect_only_what_is_new_is_told(broker):
    link, ear = opened(broker)
    told = [
        broker.push(PushKind.TRADE, fill(1, "T1")),
        broker.push(PushKind.ORDER, with_remark(1, "", traded_volume=100, order_status=55)),
    ]
    broker.say(*told)
    broker.lose()
    ear.wait(3)
    link.open(7, ear)

    broker.say(*told)
    broker.say(broker.push(PushKind.TRADE, fill(1, "T2")))
    broker.say(broker.push(PushKind.ORDER, with_remark(1, "", order_status=50)))
    filled = with_remark(1, "", traded_volume=200, order_status=56)
    broker.say(broker.push(PushKind.ORDER, filled))
    ear.wait(5)
    link.close()

    assert [push.record for push in ear.pushes()[3:]] == [fill(1, "T2"), filled]
    assert [push.number for push in ear.pushes()[3:]] == [1, 2]


def test_the_event_loop_of_who_opens_it_stays():
    gc.collect()  # the vendor's own traders of other tests set a loop when they are dropped
    before = asyncio.new_event_loop()
    asyncio.set_event_loop(before)
    try:
        link, _ = opened(Broker())
        link.close()
        del link
        gc.collect()

        assert asyncio.get_event_loop_policy().get_event_loop() is before
    finally:
        asyncio.set_event_loop(None)
        before.close()


def test_its_threads_end_with_it(broker):
    before = set(threading.enumerate())
    link, ear = opened(broker)
    link.send(query())
    ear.reply(1)
    link.close()

    left = [thread for thread in set(threading.enumerate()) - before if "miniqmt" in thread.name]
    for thread in left:
        thread.join(SECONDS)
    assert not any(thread.is_alive() for thread in left)


def test_a_script_connects_again_after_a_loss_and_after_its_stop(broker, monkeypatch):
    clock, pauses, made = [100.0], [], []
    limits = replace(AT_ONCE, rest=3.0, now=lambda: clock[0], pause=pauses.append)

    def new_link(address):
        made.append(vendor_link(broker, limits))
        return made[-1]

    monkeypatch.setattr("xtnb.session.trader._open_link", new_link)
    diary = Diary()
    trader = XtQuantTrader("the userdata_mini of a test", 7, diary)
    trader.start()
    assert trader.connect() == 0
    numbers = [broker.session]
    broker.lose()
    diary.wait("on_disconnected")
    assert not trader.connected

    assert trader.connect() == 0
    numbers.append(broker.session)
    trader.stop()
    clock[0] += 1.0
    trader.start()
    assert trader.connect() == 0
    numbers.append(broker.session)
    trader.stop()

    assert numbers[0] == 7
    assert len(set(numbers)) == 3
    assert pauses == [3.0, 2.0]
    assert len(made) == 1


def test_a_script_that_connects_again_and_again_leaves_no_thread_and_no_trader_behind(
    broker, monkeypatch
):
    monkeypatch.setattr("xtnb.session.trader._open_link", lambda address: vendor_link(broker))
    before = set(threading.enumerate())
    trader, diary = XtQuantTrader("the userdata_mini of a test", 7), Diary()
    trader.register_callback(diary)
    trader.start()
    theirs = []
    for count in range(1, 6):
        assert trader.connect() == 0
        theirs.append(weakref.ref(trader.requests.link._life._trader))
        broker.lose()
        diary.wait("on_disconnected", count)
    trader.stop()
    del trader

    for thread in set(threading.enumerate()) - before:
        thread.join(SECONDS)
        assert not thread.is_alive(), thread.name
    gc.collect()
    assert [one() for one in theirs] == [None] * 5


# -- the watchdog ------------------------------------------------------------------------------


def test_a_query_without_an_answer_counts_as_unknown_and_the_next_is_served(broker):
    limits, clock = lapsing()
    link, ear = opened(broker, limits=limits)
    link.send(query(1, "query_stock_trades"))
    broker.next()
    clock.lapse()

    reply = ear.reply(1)
    link.send(query(2))

    assert (reply.value, reply.error_id) == (None, RefusalCode.OUTCOME_UNKNOWN)
    assert reply.error
    assert ear.reply(2).value == [asset()]
    link.close()


def test_a_call_that_does_not_return_is_left_alone_and_others_are_made(broker):
    limits, clock = lapsing()
    link, ear = opened(broker, limits=limits)
    broker.hangs = {"query_stock_positions", "cancel_order_stock"}
    link.send(query(1, "query_stock_positions"))
    link.send(query(2, "cancel_order_stock", order_id=3))
    link.send(query(3))

    assert ear.reply(3).value == [asset()]
    clock.lapse()
    for seq in (1, 2):
        assert ear.reply(seq).error_id == RefusalCode.OUTCOME_UNKNOWN
    broker.free.set()
    link.close()


def test_many_calls_that_hang_do_not_stop_the_link(broker):
    limits, clock = lapsing()
    link, ear = opened(broker, limits=limits)
    broker.hangs = {"query_stock_positions"}
    for seq in range(1, 41):
        link.send(query(seq, "query_stock_positions"))
    ear.reply(40)
    clock.lapse()

    assert {ear.reply(seq).value for seq in range(1, 41)} == {None}
    link.send(query(41))
    assert ear.reply(41).value == [asset()]
    broker.free.set()
    link.close()


def test_an_answer_after_its_time_changes_nothing(broker):
    limits, clock = lapsing()
    link, ear = opened(broker, limits=limits)
    link.send(query(1, "cancel_order_stock", order_id=3))
    asked = broker.next()
    clock.lapse()
    assert ear.reply(1).error_id == RefusalCode.OUTCOME_UNKNOWN

    broker.answer(asked, (0, 3, "S3"))
    link.send(query(2))
    ear.reply(2)

    assert ear.kinds() == ["reply", "reply"]
    link.close()


# -- requests that need no terminal ------------------------------------------------------------


def test_an_order_after_its_end_is_refused_and_not_sent(broker):
    link, ear = opened(broker)
    link.send(buy(1, valid_until=1))

    assert ear.reply(1).error_id == RefusalCode.EXPIRED
    assert broker.methods() == []
    link.close()


def test_a_repeat_after_its_end_is_answered_with_what_became_of_its_key(broker):
    broker.answers["order_stock"] = 7
    link, ear = opened(broker)
    link.send(buy(1, "key"))
    assert ear.reply(1).value == 7

    link.send(buy(2, "key", valid_until=1))
    assert ear.reply(2).value == 7

    def breaks(request):
        raise RuntimeError("the pipe to the terminal broke")

    broker.answers["order_stock"] = breaks
    link.send(buy(3, "doubtful"))
    assert ear.reply(3).error_id == RefusalCode.OUTCOME_UNKNOWN
    link.send(buy(4, "doubtful", valid_until=1))
    assert ear.reply(4).error_id == RefusalCode.OUTCOME_UNKNOWN
    assert broker.methods() == ["order_stock", "order_stock"]
    link.close()


def test_an_order_whose_end_came_while_its_key_was_looked_for_is_not_sent(broker):
    wall = [1]

    def orders(request):
        wall[0] = 3
        return [Reply(request.seq, [])]

    broker.answers["query_stock_orders"] = orders
    link, ear = opened(broker, limits=replace(AT_ONCE, wall=lambda: wall[0]))
    link.send(buy(1, "key", valid_until=2))

    assert ear.reply(1).error_id == RefusalCode.EXPIRED
    assert broker.methods() == []
    link.close()


def test_an_order_whose_call_breaks_may_have_left_and_is_unknown(broker):
    def breaks(request):
        raise RuntimeError("the pipe to the terminal broke")

    broker.answers["order_stock"] = breaks
    link, ear = opened(broker)
    link.send(buy(1, "key"))
    assert ear.reply(1).error_id == RefusalCode.OUTCOME_UNKNOWN

    link.send(buy(2, "key"))
    assert ear.reply(2).error_id == RefusalCode.OUTCOME_UNKNOWN
    assert broker.methods() == ["order_stock"]
    (left,) = (one for one in broker.sent if one.method == "order_stock")
    broker.orders.append(with_remark(5, left.arguments["order_remark"]))
    link.send(buy(3, "key"))
    assert ear.reply(3).value == 5
    link.close()


def test_an_order_that_the_vendors_layer_does_not_take_has_not_left(broker):
    link, ear = opened(broker)
    request = buy(1, "key")
    link.send(request._replace(arguments={"stock_code": "600000.SH", "order_remark": ""}))

    assert ear.reply(1).error_id != RefusalCode.OUTCOME_UNKNOWN
    assert broker.methods() == []
    link.close()


def test_an_order_that_counts_as_unknown_is_not_sent_after_that(broker):
    asked = SimpleQueue()
    broker.answers["query_stock_orders"] = lambda request: asked.put(request) or []
    limits, clock = lapsing(inner=SECONDS)
    others = set(threading.enumerate())
    link, ear = opened(broker, limits=limits)
    link.send(buy(1, "key"))
    before = asked.get(timeout=SECONDS)
    (worker,) = [one for one in set(threading.enumerate()) - others if "-call" in one.name]
    clock.lapse()
    broker.answer(asked.get(timeout=SECONDS), [])
    assert ear.reply(1).error_id == RefusalCode.OUTCOME_UNKNOWN

    broker.answer(before, [])
    worker.join(SECONDS)

    assert not worker.is_alive()
    assert broker.methods() == []
    link.close()


def test_an_account_that_the_terminal_does_not_list_is_refused(broker):
    broker.answers["query_account_infos"] = [XtAccountInfo("1", 3, 3)]
    link, ear = opened(broker)
    link.send(query(1, "query_stock_positions"))
    link.send(buy(2))

    assert ear.reply(1).error_id == RefusalCode.UNKNOWN_ACCOUNT
    assert (ear.reply(2).value, ear.reply(2).error_id) == (-1, RefusalCode.UNKNOWN_ACCOUNT)
    error = ear.wait(3)[2]
    assert (error.kind, error.seq, error.session) == (PushKind.ORDER_ERROR, 2, 7)
    assert broker.methods() == []
    link.close()


def test_an_account_that_was_opened_since_is_found(broker):
    broker.answers["query_account_infos"] = [XtAccountInfo("2", 2, 2)]
    link, ear = opened(broker)
    broker.answers["query_account_infos"] = [XtAccountInfo("2", 2, 2), XtAccountInfo("1", 2, 2)]
    link.send(query())

    assert ear.reply(1).value == [asset()]
    link.close()


@pytest.mark.parametrize("method", ["open_account", "no_such_method", "query_credit_detail"])
def test_what_a_terminal_or_an_account_does_not_have_is_said(broker, method):
    link, ear = opened(broker)
    link.send(query(1, method, cash=1))

    assert ear.reply(1).error
    assert broker.methods() == []
    link.close()


def test_it_says_who_keeps_the_days_before(broker):
    link, ear = opened(broker)
    link.send(query(1, "history", kind="orders", start=20261101, end=20261120))

    assert "xtnb serve --vendor" in ear.reply(1).error
    link.close()


def test_a_session_number_in_use_is_told_apart(broker):
    broker.result = ConnectResult.SESSION_IN_USE
    link = vendor_link(broker)

    assert link.open(7, Ear()) == ConnectResult.SESSION_IN_USE
    assert "7" in link.reason


def test_the_accounts_of_a_request_are_the_terminal_s(broker):
    link, ear = opened(broker)
    link.send(query())
    ear.reply(1)
    link.close()

    asked = broker.sent[-1]
    assert (asked.account_type, asked.account_id) == ACCOUNT
