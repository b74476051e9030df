"""What a link behind a server says, in the order in which it says it."""

from __future__ import annotations

from tests.link.clients import ORDER
from tests.session.scripted import asset, order, order_error
from xtnb.vocabulary.messages import PushKind, Reply
from xtnb.xttype import StockAccount


def test_the_response_comes_before_any_push_of_its_order(scripted):
    link, client = scripted
    seq = client.trader.order_stock_async(StockAccount("1"), *ORDER[1:])
    request = link.next()

    link.say(
        Reply(request.seq, 100),
        link.push(PushKind.ORDER, order(100), request.seq),
        link.push(PushKind.ASSET, asset()),
    )

    client.diary.wait("on_stock_asset")
    assert client.diary.names() == [
        *("on_order_stock_async_response", "on_stock_order", "on_stock_asset")
    ]
    assert client.diary.wait("on_order_stock_async_response").seq == seq


def test_an_error_that_the_link_tells_before_the_reply_waits_for_it(scripted):
    link, client = scripted
    seq = client.trader.order_stock_async(StockAccount("1"), *ORDER[1:])
    request = link.next()

    link.say(link.push(PushKind.ORDER_ERROR, order_error(100, request.seq), request.seq))
    link.say(Reply(request.seq, 100))

    error = client.diary.wait("on_order_error")
    assert client.diary.names() == ["on_order_stock_async_response", "on_order_error"]
    assert (error.order_id, error.seq) == (100, seq)


def test_many_answers_and_pushes_keep_the_order_in_which_they_were_made(scripted):
    link, client = scripted
    for number in range(100):
        client.trader.query_stock_orders_async(
            StockAccount("1"), lambda rows: client.diary.write("rows", rows)
        )
        request = link.next()
        link.say(link.push(PushKind.ASSET, asset(float(number))), Reply(request.seq, [number]))

    client.diary.wait("rows", 100)
    entries = [(n, r.cash if n == "on_stock_asset" else r[0]) for n, r in client.diary.entries]
    assert entries == [
        (name, number) for number in range(100) for name in ("on_stock_asset", "rows")
    ]


def test_a_push_that_cannot_be_sent_is_left_out_and_the_rest_goes_on(scripted):
    link, client = scripted

    link.say(link.push(PushKind.ASSET, "no record"), link.push(PushKind.ASSET, asset(2.0)))

    assert client.diary.wait("on_stock_asset").cash == 2.0
