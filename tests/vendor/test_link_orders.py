"""Orders over a link to a MiniQMT: keys, remarks, lost replies, and the order of news."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from tests.session.scripted import SECONDS, Diary, asset, cancel_error, order_error
from tests.vendor.ear import ACCOUNT, Broker, Ear, buy, fill, lapsing, opened, query, with_remark
from tests.vendor.links import AT_ONCE, vendor_link
from xtnb.errors import RefusalCode
from xtnb.link.vendor_memory import REMARK_LENGTH, TAG_LENGTH, tag_of
from xtnb.vocabulary.messages import PushKind, Reply, Request
from xtnb.xttrader import XtQuantTrader
from xtnb.xttype import StockAccount

LONG = "网格 third leg, for the long book"


@pytest.fixture
def broker():
    made = Broker(order_stock=41, query_stock_asset=[asset()])
    yield made
    made.free.set()


def remark_of(request):
    return request.arguments["order_remark"]


def sent_orders(broker):
    return [request for request in broker.sent if request.method == "order_stock"]


# -- remarks -----------------------------------------------------------------------------------


def test_the_broker_gets_a_tag_and_what_fits_and_the_user_gets_all_back(broker):
    link, ear = opened(broker)
    link.send(buy(1, "key", LONG))
    ear.reply(1)
    kept = remark_of(sent_orders(broker)[0])
    broker.say(broker.push(PushKind.ORDER, with_remark(41, kept)))
    broker.say(broker.push(PushKind.TRADE, fill(41, "T", kept)))
    broker.say(broker.push(PushKind.ORDER_ERROR, replace(order_error(41), order_remark=kept)))
    broker.orders = [with_remark(41, kept)]
    broker.answers["query_stock_trades"] = [fill(41, "T", kept)]
    link.send(query(2, "query_stock_orders", cancelable_only=False))
    link.send(query(3, "query_stock_trades"))

    assert kept[:TAG_LENGTH] == tag_of(ACCOUNT, "key")
    assert kept[TAG_LENGTH:] == ":网格 thi"
    assert sum(1 if character.isascii() else 3 for character in kept) <= REMARK_LENGTH
    assert [ear.reply(seq).value[0].order_remark for seq in (2, 3)] == [LONG, LONG]
    assert {push.record.order_remark for push in ear.pushes()} == {LONG}
    assert len(ear.pushes()) == 3
    link.close()


def test_a_remark_of_someone_else_s_order_stays_as_it_is(broker):
    link, ear = opened(broker)
    for number, remark in enumerate(("", "by hand", "网格", "ABCDEFGHIJKL", "A" * 24), 1):
        broker.say(broker.push(PushKind.ORDER, with_remark(number, remark)))

    ear.wait(5)
    found = [push.record.order_remark for push in ear.pushes()]
    assert found == ["", "by hand", "网格", "ABCDEFGHIJKL", "A" * 24]
    link.close()


def test_whole_remarks_outlive_the_process_where_they_are_kept(broker):
    kept = {}
    first, ear = opened(broker, remarks=kept)
    first.send(buy(1, "key", LONG))
    ear.reply(1)
    first.close()
    broker.orders = [with_remark(41, remark_of(sent_orders(broker)[0]))]
    for remarks, whole in ((dict(kept), LONG), (None, "网格 thi")):
        again, ear = opened(broker, remarks=remarks)
        again.send(query(1, "query_stock_orders", cancelable_only=False))

        assert ear.reply(1).value[0].order_remark == whole
        again.close()


# -- keys --------------------------------------------------------------------------------------


def test_a_repeated_key_gets_the_first_reply_and_sends_nothing(broker):
    link, ear = opened(broker)
    link.send(buy(1, "key"))
    ear.reply(1)
    link.send(buy(2, "key"))
    link.send(buy(3, "another"))

    assert [ear.reply(seq).value for seq in (1, 2, 3)] == [41, 41, 41]
    assert len(sent_orders(broker)) == 2
    link.close()


def test_a_key_of_another_order_is_refused_before_and_after_its_reply(broker):
    del broker.answers["order_stock"]
    link, ear = opened(broker)
    link.send(buy(1, "key", "first"))
    asked = broker.next()
    link.send(buy(2, "key", "second"))
    assert ear.reply(2).error_id == RefusalCode.REPEATED
    broker.answer(asked, 41)
    ear.reply(1)
    link.send(buy(3, "key", "third"))

    assert ear.reply(3).error_id == RefusalCode.REPEATED
    assert len(sent_orders(broker)) == 1
    link.close()


def test_a_refusal_is_repeated_as_well(broker):
    broker.answers["order_stock"] = lambda r: [Reply(r.seq, -1, "资金不足 / no cash")]
    link, ear = opened(broker)
    for seq in (1, 2):
        link.send(buy(seq, "key"))

    assert ear.reply(2)[1:] == ear.reply(1)[1:]
    assert ear.reply(1).error == "资金不足 / no cash"
    assert len(sent_orders(broker)) == 1
    link.close()


def test_a_key_repeated_while_its_order_is_under_way_shares_the_reply(broker):
    del broker.answers["order_stock"]
    link, ear = opened(broker)
    link.send(buy(1, "key"))
    asked = broker.next()
    link.send(buy(2, "key"))
    link.send(query(3))
    ear.reply(3)
    broker.answer(asked, 41)

    assert [ear.reply(seq).value for seq in (1, 2)] == [41, 41]
    assert len(sent_orders(broker)) == 1
    link.close()


def test_a_repeated_transfer_is_made_once(broker):
    broker.answers["fund_transfer"] = lambda r: [Reply(r.seq, (True, "done"))]
    link, ear = opened(broker)
    asked = {"transfer_direction": 511, "price": 5.0}
    for seq in (1, 2):
        link.send(Request(seq, "fund_transfer", *ACCOUNT, asked, 7, key="key"))

    assert [ear.reply(seq).value for seq in (1, 2)] == [(True, "done")] * 2
    assert broker.methods() == ["fund_transfer"]
    link.close()


def test_a_key_of_one_account_says_nothing_about_another(broker):
    link, ear = opened(broker)
    link.send(buy(1, "key"))
    link.send(buy(2, "key")._replace(account_id="2"))
    ear.reply(2)

    assert len(sent_orders(broker)) == 2
    assert len({remark_of(request)[:TAG_LENGTH] for request in sent_orders(broker)}) == 2
    link.close()


def test_an_order_of_an_earlier_process_is_found_by_its_key_and_not_sent_again(broker):
    first, ear = opened(broker)
    first.send(buy(1, "key"))
    ear.reply(1)
    first.close()
    broker.orders = [with_remark(41, remark_of(sent_orders(broker)[0]))]

    again, ear = opened(broker)
    again.send(buy(5, "key"))

    assert ear.reply(5).value == 41
    assert len(sent_orders(broker)) == 1
    again.close()


def test_the_orders_of_an_account_are_read_once_for_its_keys(broker):
    link, ear = opened(broker)
    for seq in range(1, 6):
        link.send(buy(seq, f"key {seq}"))
    ear.reply(5)

    assert [r.method for r in broker.sent].count("query_stock_orders") == 1
    link.close()


def test_no_keyed_order_is_sent_when_it_cannot_be_known_whether_it_was_sent_before(broker):
    broker.answers["query_stock_orders"] = lambda r: []
    link, ear = opened(broker, limits=replace(AT_ONCE, inner=0.5))
    link.send(buy(1, "key"))

    reply = ear.reply(1)
    assert (reply.value, reply.error_id) == (-1, RefusalCode.NOT_DELIVERED)
    assert "not sent" in reply.error
    assert sent_orders(broker) == []
    broker.answers["query_stock_orders"] = []
    link.send(buy(2, "key"))
    assert ear.reply(2).value == 41
    link.close()


# -- lost replies ------------------------------------------------------------------------------


def arrived(broker, order_id=41):
    """The order comes, nobody answers it, and the event that is returned says so."""
    came = threading.Event()

    def take(request):
        broker.orders = [with_remark(order_id, remark_of(request))]
        came.set()
        return []

    broker.answers["order_stock"] = take
    return came


@pytest.mark.parametrize("key", ["key", ""])
def test_an_order_whose_reply_was_lost_is_found_at_the_broker(broker, key):
    came = arrived(broker)
    limits, clock = lapsing()
    link, ear = opened(broker, limits=limits)
    link.send(buy(1, key))
    assert came.wait(SECONDS)
    clock.lapse()

    assert ear.reply(1)[1:4] == (41, "", 0)
    assert len(sent_orders(broker)) == 1
    link.close()


def test_an_order_whose_push_came_and_whose_reply_did_not_is_known(broker):
    broker.answers["order_stock"] = lambda r: [
        broker.push(PushKind.ORDER, with_remark(41, remark_of(r))),
        broker.push(PushKind.ASSET, replace(asset(), account_id="2")),  # and waits for nothing
    ]
    limits, clock = lapsing()
    link, ear = opened(broker, limits=limits)
    link.send(buy(1))
    ear.wait(1)
    clock.lapse()

    assert ear.reply(1).value == 41
    ear.wait(3)
    assert ear.kinds() == [PushKind.ASSET, "reply", PushKind.ORDER]
    link.close()


def test_an_order_that_is_not_found_is_unknown_until_it_is(broker):
    del broker.answers["order_stock"]
    limits, clock = lapsing()
    link, ear = opened(broker, limits=limits)
    link.send(buy(1, "key"))
    broker.next()
    clock.lapse()
    first = ear.reply(1)
    link.send(buy(2, "key"))
    second = ear.reply(2)
    broker.orders = [with_remark(41, remark_of(sent_orders(broker)[0]))]
    link.send(buy(3, "key"))
    third = ear.reply(3)

    assert [first.error_id, second.error_id] == [RefusalCode.OUTCOME_UNKNOWN] * 2
    assert (third.value, third.error) == (41, "")
    assert len(sent_orders(broker)) == 1
    link.close()


def test_an_order_under_way_when_the_terminal_is_lost_is_found_after_it_is_back(broker):
    came = arrived(broker)
    link, ear = opened(broker)
    link.send(buy(1, "key"))
    assert came.wait(SECONDS)
    broker.lose()
    ear.wait(1)

    link.open(7, ear)
    link.send(buy(2, "key"))

    assert ear.reply(2).value == 41
    assert len(sent_orders(broker)) == 1
    link.close()


def test_a_reply_that_comes_late_is_what_its_key_is_answered_with(broker):
    del broker.answers["order_stock"]
    limits, clock = lapsing()
    link, ear = opened(broker, limits=limits)
    link.send(buy(1, "key"))
    asked = broker.next()
    clock.lapse()
    assert ear.reply(1).error_id == RefusalCode.OUTCOME_UNKNOWN
    broker.answer(asked, 41)
    broker.quiet()
    link.send(query(2))
    ear.reply(2)
    link.send(buy(3, "key"))

    assert ear.reply(3).value == 41
    link.close()


# -- the order of news ---------------------------------------------------------------------------


def test_the_reply_comes_before_news_of_its_order_whatever_the_terminal_says_first(broker):
    def fast(request):
        remark = remark_of(request)
        return [
            broker.push(PushKind.ORDER, with_remark(41, remark)),
            broker.push(PushKind.TRADE, fill(41, "T", remark)),
            broker.push(PushKind.ASSET, asset()),
            broker.push(PushKind.ORDER_ERROR, order_error(41, request.seq), request.seq),
            Reply(request.seq, 41),
        ]

    broker.answers["order_stock"] = fast
    link, ear = opened(broker)
    link.send(buy(1))
    ear.wait(5)

    assert ear.kinds() == ["reply", "stock_order", "stock_trade", "stock_asset", "order_error"]
    assert [push.number for push in ear.pushes()] == [1, 2, 3, 4]
    assert (ear.pushes()[-1].session, ear.pushes()[-1].seq) == (7, 1)
    link.close()


def test_an_order_whose_answer_stays_away_holds_up_news_of_its_account_for_a_moment(broker):
    broker.answers["order_stock"] = lambda r: [
        broker.push(PushKind.ORDER, with_remark(41, remark_of(r))),
        broker.push(PushKind.TRADE, fill(7, "T9")),
    ]
    limits, clock = lapsing(told=0.1)
    limits = replace(limits, answer=3600.0)
    link, ear = opened(broker, limits=limits)
    link.send(buy(1, "key"))
    link.send(query(2))
    ear.reply(2)
    assert ear.kinds() == ["reply"]
    clock.lapse()

    assert ear.reply(1)[1:4] == (41, "", 0)
    ear.wait(4)
    assert ear.kinds() == ["reply", "reply", "stock_order", "stock_trade"]
    link.close()


def test_news_of_other_orders_do_not_wait(broker):
    broker.answers["order_stock"] = lambda r: [
        broker.push(PushKind.ORDER, with_remark(40, "by hand")),
        Reply(r.seq, 41),
    ]
    link, ear = opened(broker)
    link.send(buy(1))
    ear.wait(2)

    assert ear.kinds() == ["stock_order", "reply"]
    link.close()


def test_a_query_is_answered_in_its_place_among_the_news(broker):
    def between(request):
        return [
            broker.push(PushKind.ASSET, asset(1.0)),
            Reply(request.seq, [asset(2.0)]),
            broker.push(PushKind.ASSET, asset(3.0)),
        ]

    broker.answers["query_stock_asset"] = between
    link, ear = opened(broker)
    for seq in range(1, 101):
        link.send(query(seq))
    ear.wait(300)

    cash = [(i.value[0] if isinstance(i, Reply) else i.record).cash for i in ear.items]
    assert cash == [1.0, 2.0, 3.0] * 100
    link.close()


def test_requests_reach_the_terminal_in_their_order(broker):
    broker.answers["cancel_order_stock"] = lambda r: [Reply(r.seq, (0, 41, "S"))]
    link, ear = opened(broker)
    wanted = []
    for seq in range(1, 61, 3):
        link.send(query(seq))
        link.send(buy(seq + 1))
        link.send(query(seq + 2, "cancel_order_stock", order_id=41))
        wanted += ["query_stock_asset", "order_stock", "cancel_order_stock"]
    ear.reply(60)

    assert broker.methods() == wanted
    link.close()


def test_errors_that_nobody_asked_for_are_told_once(broker):
    link, ear = opened(broker)
    broker.say(broker.push(PushKind.CANCEL_ERROR, cancel_error(40)))
    broker.say(broker.push(PushKind.ORDER_ERROR, order_error(40)))
    link.send(buy(1))
    ear.reply(1)
    link.send(query(2))
    ear.reply(2)

    assert sorted(ear.kinds()) == ["cancel_error", "order_error", "reply", "reply"]
    link.close()


def test_the_error_of_a_cancel_follows_its_reply_and_names_it(broker):
    broker.answers["cancel_order_stock"] = lambda r: [
        broker.push(PushKind.CANCEL_ERROR, cancel_error(41)),
        Reply(r.seq, (-1, 41, ""), "不可撤 / not cancellable"),
    ]
    link, ear = opened(broker)
    for seq in (1, 2):
        link.send(query(seq, "cancel_order_stock", order_id=41))
    ear.wait(4)

    assert ear.kinds() == ["reply", "cancel_error"] * 2
    assert [push.seq for push in ear.pushes()] == [1, 2]
    assert ear.reply(1).error == "不可撤 / not cancellable"
    link.close()


def test_a_record_that_cannot_be_read_is_logged_and_the_next_is_told(broker, caplog):
    link, ear = opened(broker)
    broker.say(broker.push(PushKind.TRADE, fill(1, ["no text"], 5)))
    broker.say(broker.push(PushKind.ACCOUNT_STATUS, object()))
    broker.say(broker.push(PushKind.ASSET, asset()))
    ear.wait(2)

    assert ear.kinds()[-1] == PushKind.ASSET
    link.close()


def test_answered_orders_are_not_kept(broker):
    broker.answers["cancel_order_stock"] = lambda r: [Reply(r.seq, (0, 41, "S"))]
    link, ear = opened(broker)
    for seq in range(1, 21, 2):
        link.send(buy(seq))
        link.send(query(seq + 1, "cancel_order_stock", order_id=41))
    ear.reply(20)

    trader = link._life._trader
    kept = (
        trader.handled_async_order_stock_order_id,
        trader.handled_async_cancel_order_stock_order_id,
        trader.queuing_order_seq,
        trader.cbs,
    )
    assert all(len(one) <= 1 for one in kept)
    link.close()


def test_a_session_over_such_a_link_orders_inside_a_push(broker):
    """At the vendor this never returns, in either mode (defect 2)."""
    link, diary = vendor_link(broker), Diary()
    trader = XtQuantTrader.over(link, 7, diary)
    trader.start()
    trader.connect()
    trader.set_relaxed_response_order_enabled(True)
    diary.actions["on_stock_asset"] = lambda _: diary.write(
        "ordered", trader.order_stock(StockAccount("1"), "600000.SH", 23, 100, 11, 10.5)
    )
    broker.say(broker.push(PushKind.ASSET, asset()))

    assert diary.wait("ordered") == 41
    trader.stop()


def test_two_links_to_one_terminal_do_not_hear_each_other_s_replies(broker):
    first, ear = opened(broker)
    other, other_ear = opened(Broker(order_stock=42))
    first.send(buy(1))
    other.send(buy(1))

    assert (ear.reply(1).value, other_ear.reply(1).value) == (41, 42)
    assert isinstance(ear, Ear)
    first.close()
    other.close()
