"""The same key is one order at the broker: over processes, days, and beside other programs."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from tests.session.scripted import SECONDS
from tests.vendor.ear import ACCOUNT, Broker, Ear, buy, lapsing, opened, with_remark
from tests.vendor.links import AT_ONCE
from xtnb.errors import RefusalCode
from xtnb.journal.claims import Claims, Whose
from xtnb.vocabulary.messages import Reply, Request

DAY = 24 * 3600 * 10**9
NOON = 1_795_147_200 * 10**9  # 2026-11-20 in Shanghai


@pytest.fixture
def broker():
    made = Broker(order_stock=41)
    yield made
    made.free.set()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "keys.sqlite"


def at(path, now=NOON):
    """What a program has: a clock, and the claims that all programs of a machine share."""
    claims = Claims(path, now=lambda: now)
    return {"claims": claims, "limits": replace(AT_ONCE, wall=lambda: now)}


def sent(broker, method="order_stock"):
    return [request for request in broker.sent if request.method == method]


def silent(broker, *methods):
    """The terminal takes these and never answers; the event says that the first has come."""
    came = threading.Event()

    def take(_):
        came.set()
        return []

    for method in methods:
        broker.answers[method] = take
    return came


def test_an_order_that_was_answered_is_not_sent_by_the_next_process(broker, path):
    first, ear = opened(broker, **at(path))
    first.send(buy(1, "key"))
    ear.reply(1)
    first.close()

    again, ear = opened(broker, **at(path))  # and the broker lists nothing: failed, or too early
    again.send(buy(2, "key"))
    again.send(buy(3, "key", "another order"))

    assert (ear.reply(2).value, ear.reply(2).error) == (41, "")
    assert ear.reply(3).error_id == RefusalCode.REPEATED
    assert len(sent(broker)) == 1
    again.close()


def test_an_order_on_its_way_at_a_crash_is_looked_for_and_never_sent_again(broker, path):
    came = silent(broker, "order_stock")
    first, _ = opened(broker, **at(path))
    first.send(buy(1, "key"))
    assert came.wait(SECONDS)
    tag = sent(broker)[0].arguments["order_remark"]
    first.close()  # no answer was ever kept

    again, ear = opened(broker, **at(path))
    again.send(buy(2, "key"))
    assert ear.reply(2).error_id == RefusalCode.OUTCOME_UNKNOWN
    broker.orders = [with_remark(41, tag)]
    again.send(buy(3, "key"))

    assert ear.reply(3).value == 41
    assert len(sent(broker)) == 1
    again.close()


def test_two_programs_at_once_send_a_key_once(broker, path):
    came = silent(broker, "order_stock")
    here, ear = opened(broker, **at(path))
    there_broker = Broker(order_stock=42)
    there, other = opened(there_broker, **at(path))
    here.send(buy(1, "key"))
    assert came.wait(SECONDS)
    there.send(buy(1, "key"))
    assert other.reply(1).error_id == RefusalCode.OUTCOME_UNKNOWN

    broker.answer(sent(broker)[0], 41)
    assert ear.reply(1).value == 41
    there.close()
    later, other = opened(there_broker, **at(path))
    later.send(buy(2, "key"))

    assert other.reply(2).value == 41
    assert sent(there_broker) == []
    for link in (here, later):
        link.close()


def test_a_program_that_is_quicker_between_look_and_send_sends_alone(broker, path):
    rival = Claims(path)

    def orders(request):
        rival.take(Whose(*ACCOUNT, "key"), b"the rival's")
        return [Reply(request.seq, [])]

    broker.answers["query_stock_orders"] = orders
    link, ear = opened(broker, **at(path))
    link.send(buy(1, "key"))

    assert ear.reply(1).error_id == RefusalCode.OUTCOME_UNKNOWN
    assert sent(broker) == []
    link.close()
    rival.close()


@pytest.mark.parametrize("answered", [True, False])
def test_a_key_of_another_trading_day_is_refused_and_names_what_it_was(broker, path, answered):
    if not answered:
        came = silent(broker, "order_stock")
    first, ear = opened(broker, **at(path))
    first.send(buy(1, "key"))
    assert ear.reply(1).value == 41 if answered else came.wait(SECONDS)
    first.close()

    again, ear = opened(broker, **at(path, NOON + DAY))
    again.send(buy(2, "key"))
    again.send(Request(3, "outcome", *ACCOUNT, {"keys": ("key",)}, 7))

    reply = ear.reply(2)
    assert (reply.value, reply.error_id) == (-1, RefusalCode.REPEATED)
    assert "2026-11-20" in reply.error
    assert ("order 41" if answered else "unknown") in reply.error
    assert ear.reply(3).error_id == RefusalCode.OUTCOME_UNKNOWN
    assert len(sent(broker)) == 1
    again.close()


def test_a_link_that_stays_open_overnight_does_not_take_a_number_for_today_s(broker, path):
    now = [NOON]
    limits = replace(AT_ONCE, wall=lambda: now[0])
    link, ear = opened(broker, claims=Claims(path, lambda: now[0]), limits=limits)
    link.send(buy(1, "key"))
    ear.reply(1)
    now[0] += DAY
    link.send(buy(2, "key"))

    assert ear.reply(2).error_id == RefusalCode.REPEATED
    assert "order 41" in ear.reply(2).error
    assert len(sent(broker)) == 1
    link.close()


def test_the_evening_belongs_to_the_next_trading_day(broker, path):
    evening = NOON + 9 * 3600 * 10**9  # 21:00
    first, ear = opened(broker, **at(path, evening))
    first.send(buy(1, "key"))
    ear.reply(1)
    first.close()

    again, ear = opened(broker, **at(path, evening + DAY // 2))
    again.send(buy(2, "key"))

    assert ear.reply(2).value == 41
    again.close()


def test_a_transfer_on_its_way_at_a_crash_is_unknown_and_says_where_to_look(broker, path):
    came = silent(broker, "bank_transfer_in")
    asked = {"bank_no": "1", "bank_account": "2", "balance": 5.0}
    asked |= dict.fromkeys(("bank_pwd", "fund_pwd"), "a secret")
    first, _ = opened(broker, **at(path))
    first.send(Request(1, "bank_transfer_in", *ACCOUNT, asked, 7, key="key"))
    assert came.wait(SECONDS)
    first.close()

    again, ear = opened(broker, **at(path))
    again.send(Request(2, "bank_transfer_in", *ACCOUNT, asked, 7, key="key"))

    reply = ear.reply(2)
    assert reply.error_id == RefusalCode.OUTCOME_UNKNOWN
    assert "query_bank_transfer_stream" in reply.error
    assert len(sent(broker, "bank_transfer_in")) == 1
    again.close()
    assert b"bank_account" in path.read_bytes()
    assert b"a secret" not in path.read_bytes()


def test_what_was_left_without_an_answer_is_told_once_when_the_next_process_connects(
    broker, path, caplog
):
    came = silent(broker, "fund_transfer")
    first, _ = opened(broker, **at(path))
    asked = {"transfer_direction": 511, "price": 5.0}
    first.send(Request(1, "fund_transfer", *ACCOUNT, asked, 7, key="key"))
    assert came.wait(SECONDS)
    first.close()
    assert "fund_transfer" not in caplog.text

    again, ear = opened(broker, **at(path, NOON + 1))
    assert "fund_transfer, 11-20 12:00:00" in caplog.text
    assert "query_com_fund" in caplog.text
    broker.lose()
    ear.wait(1)
    again.open(7, ear)
    again.close()
    later, _ = opened(broker, **at(path, NOON + 2 * DAY))
    later.close()

    assert caplog.text.count("fund_transfer, ") == 1


def test_a_key_that_was_made_void_stays_void_in_the_next_process(broker, path):
    first, ear = opened(broker, **at(path))
    first.send(Request(1, "outcome", *ACCOUNT, {"keys": ("key",)}, 7))
    assert ear.reply(1).value == [None]
    first.close()

    again, ear = opened(broker, **at(path))
    again.send(buy(2, "key"))

    assert "not sent" in ear.reply(2).error
    assert sent(broker) == []
    again.close()


def test_an_order_that_was_sent_before_a_crash_is_never_called_void(broker, path):
    """The broker's list may lag behind: what is not in it yet may be in it a moment later."""
    came = silent(broker, "order_stock")
    first, _ = opened(broker, **at(path))
    first.send(buy(1, "key"))
    assert came.wait(SECONDS)
    first.close()

    again, ear = opened(broker, **at(path))
    again.send(Request(2, "outcome", *ACCOUNT, {"keys": ("key",)}, 7))

    assert ear.reply(2).error_id == RefusalCode.OUTCOME_UNKNOWN
    again.close()


def test_nothing_is_sent_whose_key_cannot_be_written_down(broker, path):
    path.write_bytes(b"no database, and long enough for one to be looked for in it" * 40)
    link, ear = opened(broker, **at(path))
    link.send(buy(1, "key"))

    reply = ear.reply(1)
    assert (reply.value, reply.error_id) == (-1, RefusalCode.NOT_DELIVERED)
    assert str(path) in reply.error
    assert sent(broker) == []
    link.close()


def test_what_bears_no_key_needs_no_claim(broker, path):
    link, ear = opened(broker, **at(path))
    for seq in (1, 2):
        link.send(buy(seq))

    assert [ear.reply(seq).value for seq in (1, 2)] == [41, 41]
    assert not path.exists()
    assert isinstance(ear, Ear)
    link.close()


def outcome(seq, *keys):
    return Request(seq, "outcome", *ACCOUNT, {"keys": keys}, 7)


def test_what_became_of_keys_can_be_asked_and_voids_those_that_never_came(broker):
    link, ear = opened(broker)
    link.send(buy(1, "key"))
    ear.reply(1)
    link.send(outcome(2, "key", "never"))
    link.send(buy(3, "never"))
    link.send(outcome(4, "never"))

    assert ear.reply(2).value == [(41, ""), None]
    assert ear.reply(4).value == [None]
    assert "not sent" in ear.reply(3).error
    assert len(sent(broker)) == 1
    link.close()


def test_what_became_of_an_order_that_may_still_arrive_stays_unknown(broker):
    del broker.answers["order_stock"]
    limits, clock = lapsing()
    link, ear = opened(broker, limits=limits)
    link.send(buy(1, "key"))
    broker.next()
    clock.lapse()
    ear.reply(1)
    link.send(outcome(2, "key"))
    assert ear.reply(2).error_id == RefusalCode.OUTCOME_UNKNOWN
    broker.orders = [with_remark(41, sent(broker)[0].arguments["order_remark"])]
    link.send(outcome(3, "key"))

    assert ear.reply(3).value == [(41, "")]
    link.close()
