"""Cancels whose answer never came: settled by the state of their order, or told to be unknown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.session.scripted import SECONDS, cancel_error, order
from tests.vendor.ear import ACCOUNT, Broker, lapsing, opened, query
from tests.vendor.links import AT_ONCE
from xtnb import xtconstant as c
from xtnb.errors import RefusalCode
from xtnb.vocabulary.messages import PushKind, Reply, Request

SOON = replace(AT_ONCE, cancel=0.25, answer=SECONDS)
BY_ID = ("cancel_order_stock", {"order_id": 41})
BY_SYSID = ("cancel_order_stock_sysid", {"market": 0, "order_sysid": "S41"})


@pytest.fixture
def broker():
    made = Broker()
    yield made
    made.free.set()


def working(status, number=41, sysid="S41"):
    return replace(order(number), order_status=status, order_sysid=sysid)


def cancels(broker):
    return [request for request in broker.sent if request.method.startswith("cancel_")]


@pytest.mark.parametrize("asked", [BY_ID, BY_SYSID])
@pytest.mark.parametrize(
    "status",
    [c.ORDER_REPORTED_CANCEL, c.ORDER_PARTSUCC_CANCEL, c.ORDER_PART_CANCEL, c.ORDER_CANCELED],
)
def test_an_order_that_is_cancelled_or_about_to_be_answers_its_cancel(broker, asked, status):
    broker.orders = [working(c.ORDER_REPORTED, 40, "S40"), working(status)]
    link, ear = opened(broker, limits=SOON)
    link.send(query(1, asked[0], **asked[1]))

    assert ear.reply(1)[1:4] == ((0, 41, "S41"), "", 0)
    assert len(cancels(broker)) == 1
    link.close()


@pytest.mark.parametrize("asked", [BY_ID, BY_SYSID])
@pytest.mark.parametrize("status", [c.ORDER_SUCCEEDED, c.ORDER_JUNK])
def test_an_order_that_has_ended_otherwise_refuses_its_cancel(broker, asked, status):
    broker.orders = [working(status)]
    link, ear = opened(broker, limits=SOON)
    link.send(query(1, asked[0], **asked[1]))

    reply = ear.reply(1)
    assert (reply.value, reply.error_id) == ((-1, 41, "S41"), 0)
    assert "cannot be cancelled" in reply.error
    link.close()


def test_an_order_that_works_is_looked_at_until_it_does_not(broker):
    states = iter([c.ORDER_REPORTED, c.ORDER_PART_SUCC, c.ORDER_REPORTED_CANCEL])
    broker.answers["query_stock_orders"] = lambda r: [Reply(r.seq, [working(next(states))])]
    link, ear = opened(broker, limits=SOON)
    link.send(query(1, *BY_ID[:1], **BY_ID[1]))

    assert ear.reply(1).value == (0, 41, "S41")
    assert len(cancels(broker)) == 1
    link.close()


@pytest.mark.parametrize(
    "orders",
    [
        [],  # failed, for all that can be told
        [working(c.ORDER_REPORTED)],
        [working(c.ORDER_CANCELED, 40, "S40")],
    ],
)
def test_a_cancel_of_which_nothing_can_be_said_is_unknown_and_not_sent_again(broker, orders):
    broker.orders = orders
    limits, clock = lapsing()
    link, ear = opened(broker, limits=limits)
    link.send(query(1, *BY_ID[:1], **BY_ID[1]))
    broker.next()
    clock.lapse()

    reply = ear.reply(1)
    assert (reply.value, reply.error_id) == (None, RefusalCode.OUTCOME_UNKNOWN)
    assert "query_stock_order" in reply.error
    assert len(cancels(broker)) == 1
    link.close()


def test_one_broker_order_id_at_two_markets_says_nothing(broker):
    broker.orders = [working(c.ORDER_CANCELED), working(c.ORDER_REPORTED, 42)]
    limits, clock = lapsing()
    link, ear = opened(broker, limits=limits)
    link.send(query(1, BY_SYSID[0], **BY_SYSID[1]))
    broker.next()
    clock.lapse()

    assert ear.reply(1).error_id == RefusalCode.OUTCOME_UNKNOWN
    link.close()


def test_the_error_of_a_cancel_answers_it_where_nothing_else_does(broker):
    broker.answers["cancel_order_stock"] = lambda r: [
        broker.push(PushKind.CANCEL_ERROR, cancel_error(41))
    ]
    broker.orders = [working(c.ORDER_REPORTED)]
    link, ear = opened(broker, limits=SOON)
    link.send(query(1, *BY_ID[:1], **BY_ID[1]))
    ear.wait(2)

    assert ear.kinds() == ["reply", PushKind.CANCEL_ERROR]
    assert ear.reply(1).value[:2] == (-1, 41)
    assert ear.reply(1).error == cancel_error(41).error_msg
    link.close()


def test_an_answer_that_comes_while_the_order_is_looked_at_is_the_answer(broker):
    broker.orders = [working(c.ORDER_REPORTED)]
    link, ear = opened(broker, limits=SOON)
    link.send(query(1, *BY_ID[:1], **BY_ID[1]))
    broker.answer(broker.next(), (0, 41, ""))

    assert ear.reply(1).value == (0, 41, "")
    link.close()


def test_a_cancel_under_way_when_the_terminal_is_lost_is_seen_at_its_order_afterwards(broker):
    link, ear = opened(broker)
    link.send(query(1, *BY_ID[:1], **BY_ID[1]))
    broker.next()
    broker.lose()
    ear.wait(1)
    broker.orders = [working(c.ORDER_CANCELED)]

    link.open(7, ear)
    link.send(Request(2, "query_stock_orders", *ACCOUNT, {"cancelable_only": False}, 7))

    assert [one.order_status for one in ear.reply(2).value] == [c.ORDER_CANCELED]
    assert len(cancels(broker)) == 1
    link.close()
