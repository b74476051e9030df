"""Orders that the terminal works by an algorithm: a lost answer, and the user's remark."""

from __future__ import annotations

import threading

import pytest

from tests.session.scripted import SECONDS
from tests.session.whole_api import ALGORITHM
from tests.vendor.ear import ACCOUNT, Broker, lapsing, opened, query
from xtnb.errors import RefusalCode
from xtnb.link.vendor_memory import TAG_LENGTH, tag_of
from xtnb.vocabulary.algorithms import SmartAlgoTask
from xtnb.vocabulary.messages import Reply, Request

LONG = "网格 third leg, for the long book"


def ask(seq, key="key"):
    asked = {**ALGORITHM, "order_remark": LONG}
    return Request(seq, "smart_algo_order", *ACCOUNT, asked, 7, key=key)


def sent(broker):
    return [one for one in broker.sent if one.method == "smart_algo_order"]


@pytest.fixture
def broker():
    """It takes such orders, answers none, and has their tasks; `came` says that one is there."""
    made = Broker()
    made.came = threading.Event()

    def take(request):
        remark = request.arguments["order_remark"]
        tasks = [SmartAlgoTask(8, order_remark="by hand"), SmartAlgoTask(9, order_remark=remark)]
        made.answers["query_smart_algo_task"] = tasks
        made.came.set()
        return []

    made.answers["smart_algo_order"] = take
    yield made
    made.free.set()


def test_one_whose_reply_was_lost_is_found_among_the_tasks(broker):
    limits, clock = lapsing()
    link, ear = opened(broker, limits=limits)
    link.send(ask(1))
    assert broker.came.wait(SECONDS)
    clock.lapse()

    assert ear.reply(1)[1:4] == (9, "", 0)
    link.send(ask(2))
    assert ear.reply(2).value == 9
    assert len(sent(broker)) == 1
    link.close()


def test_the_broker_gets_a_tag_and_the_user_the_whole_remark_back(broker):
    broker.answers["smart_algo_order"] = lambda r: [Reply(r.seq, 9)]
    link, ear = opened(broker)
    link.send(ask(1))
    ear.reply(1)
    kept = sent(broker)[0].arguments["order_remark"]
    broker.answers["query_smart_algo_task"] = [SmartAlgoTask(9, order_remark=kept)]
    link.send(query(2, "query_smart_algo_task"))

    assert kept[:TAG_LENGTH] == tag_of(ACCOUNT, "key")
    assert [task.order_remark for task in ear.reply(2).value] == [LONG]
    link.close()


@pytest.mark.parametrize("tasks", [[], [SmartAlgoTask(8)], lambda r: [Reply(r.seq, None, "no")]])
def test_one_that_is_not_among_them_is_unknown_and_not_sent_again(broker, tasks):
    limits, clock = lapsing()
    link, ear = opened(broker, limits=limits)
    link.send(ask(1))
    assert broker.came.wait(SECONDS)
    broker.answers["query_smart_algo_task"] = tasks
    clock.lapse()

    for seq in (1, 2):
        assert ear.reply(seq).error_id == RefusalCode.OUTCOME_UNKNOWN
        assert "query_smart_algo_task" in ear.reply(seq).error
        link.send(ask(seq + 1))
    assert len(sent(broker)) == 1
    link.close()
