"""Accounts that a MiniQMT does not list: asked for anew, beside everything else."""

from __future__ import annotations

import pytest

from tests.session.scripted import asset
from tests.vendor.ear import Broker, buy, lapsing, opened, query
from xtnb.errors import RefusalCode
from xtnb.vocabulary.records import XtAccountInfo

LIST = "query_account_infos"


@pytest.fixture
def broker():
    made = Broker(order_stock=41, query_stock_asset=[asset()])
    made.answers[LIST] = [XtAccountInfo("1", 2, 2)]
    made.answers["cancel_order_stock"] = lambda request: []
    yield made
    made.free.set()


def strange(seq, account_id="2"):
    return query(seq)._replace(account_id=account_id)


def asked(broker):
    return [request.method for request in broker.sent].count(LIST)


def test_a_list_that_does_not_come_holds_up_nobody_whose_account_is_known(broker):
    limits, clock = lapsing(inner=0.1)
    link, ear = opened(broker, limits=limits)
    broker.hangs = {LIST}
    link.send(strange(1))
    link.send(buy(2, "key"))
    link.send(query(3))

    assert ear.reply(2).value == 41
    assert ear.reply(3).value == [asset()]
    assert ear.kinds() == ["reply", "reply"]
    clock.lapse()
    assert ear.reply(1).value == [asset()]  # the terminal does not say: it judges by itself
    link.close()


def test_requests_for_an_account_that_is_found_go_out_in_their_order(broker):
    link, ear = opened(broker)
    broker.answers[LIST] = [XtAccountInfo(number, 2, 2) for number in "12"]
    for seq in range(1, 11):
        link.send(buy(seq, remark=str(seq))._replace(account_id="2"))
    ear.reply(10)

    sent = [one.arguments["order_remark"] for one in broker.sent if one.method == "order_stock"]
    assert [remark.partition(":")[2] for remark in sent] == [str(seq) for seq in range(1, 11)]
    assert asked(broker) == 2
    link.close()


def test_whoever_names_strange_accounts_has_the_list_asked_for_once_in_some_seconds(broker):
    limits, clock = lapsing()
    link, ear = opened(broker, limits=limits)
    for seq in range(1, 6):
        link.send(strange(seq, str(seq + 1)))
        assert ear.reply(seq).error_id == RefusalCode.UNKNOWN_ACCOUNT
    assert asked(broker) == 2
    broker.answers[LIST] = [XtAccountInfo("7", 2, 2)]
    clock.at += 10.0
    link.send(strange(6, "7"))

    assert ear.reply(6).value == [asset()]
    assert asked(broker) == 3
    link.close()
