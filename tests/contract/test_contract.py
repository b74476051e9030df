"""What a session may rely on, whichever way leads to the terminal."""

from __future__ import annotations

import dataclasses
import json
import threading

import pytest

from xtnb import xtconstant as c
from xtnb.errors import InputError
from xtnb.link.base import ConnectResult
from xtnb.vocabulary.messages import PushKind
from xtnb.xttype import StockAccount

PUFA = "600000.SH"
PAYH = "000001.SZ"
DONE = {c.ORDER_SUCCEEDED, c.ORDER_CANCELED, c.ORDER_PART_CANCEL, c.ORDER_JUNK}


def resting(reach) -> tuple:
    """A buy that no one sells to for now: two fen above limit down."""
    price = round(reach.quote(PUFA).down_limit + 0.02, 2)
    return (PUFA, c.STOCK_BUY, 200, c.FIX_PRICE, price, "strategy", "remark")


def marketable(reach, volume: int = 200) -> tuple:
    """A buy at the worst of the five asks."""
    price = reach.quote(PUFA).ask_price[-1]
    return (PUFA, c.STOCK_BUY, volume, c.FIX_PRICE, price, "strategy", "remark")


def last_push(diary, name: str, order_id: int):
    return [r for n, r in diary.entries if n == name and r.order_id == order_id][-1]


def settle(trader) -> None:
    """Return once every push so far has been handed over: answers never overtake pushes."""
    trader.query_account_status()


def test_c01_connecting_gives_0_and_makes_requests_possible(reach):
    trader = reach.trader(1)

    assert trader.connect() == 0
    assert trader.connected


def test_c02_a_second_live_session_with_the_same_number_is_refused(reach):
    first, second, other = reach.trader(1), reach.trader(1), reach.trader(2)
    first.connect()

    assert second.connect() == ConnectResult.SESSION_IN_USE
    assert not second.connected
    assert other.connect() == 0

    first.stop()
    assert second.connect() == 0


def test_c03_sessions_on_one_path_share_a_terminal_and_its_news(reach, trader, account, diary):
    other = reach.trader(2)
    other.connect()

    order_id = other.order_stock(account, *resting(reach))

    assert diary.wait("on_stock_order").order_id == order_id
    assert trader.query_stock_order(account, order_id).order_id == order_id


def test_c04_without_subscribing_orders_work_and_pushes_stay_away(reach, account, diary):
    trader = reach.trader(1, diary)
    trader.connect()

    order_id = trader.order_stock(account, *resting(reach))

    assert trader.query_stock_order(account, order_id).order_status == c.ORDER_REPORTED
    settle(trader)
    assert diary.names() == []


def test_c05_unsubscribing_ends_the_pushes_and_fails_the_second_time(reach, trader, account, diary):
    assert trader.unsubscribe(account) == 0
    assert trader.unsubscribe(account) == -1

    trader.order_stock(account, *resting(reach))
    settle(trader)
    assert diary.names() == []


def test_c06_a_resting_order_is_working_and_holds_its_cash(reach, trader, account, diary):
    before = trader.query_stock_asset(account)
    asked = resting(reach)
    order_id = trader.order_stock(account, *asked)

    order = trader.query_stock_order(account, order_id)
    settle(trader)
    after = trader.query_stock_asset(account)

    assert order == last_push(diary, "on_stock_order", order_id)
    assert (order.order_status, order.traded_volume, order.price) == (50, 0, asked[4])
    assert (order.strategy_name, order.order_remark) == ("strategy", "remark")
    assert order.offset_flag == c.OFFSET_FLAG_OPEN
    assert order.instrument_name == "浦发银行"
    held = after.frozen_cash - before.frozen_cash
    assert held >= 200 * asked[4]
    assert after.cash == pytest.approx(before.cash - held)
    assert after.total_asset == pytest.approx(before.total_asset)
    assert diary.names() == ["on_stock_order", "on_stock_asset"]


def test_c07_a_cancelled_order_gives_its_cash_back(reach, trader, account, diary):
    before = trader.query_stock_asset(account)
    order_id = trader.order_stock(account, *resting(reach))

    assert trader.cancel_order_stock(account, order_id) == 0

    settle(trader)
    assert trader.query_stock_order(account, order_id).order_status == c.ORDER_CANCELED
    assert last_push(diary, "on_stock_order", order_id).order_status == c.ORDER_CANCELED
    assert trader.query_stock_asset(account) == before


def test_c08_an_order_can_be_cancelled_by_the_broker_s_id(reach, trader, account):
    for market in (c.SH_MARKET, "SH"):
        order_id = trader.order_stock(account, *resting(reach))
        sysid = trader.query_stock_order(account, order_id).order_sysid

        assert trader.cancel_order_stock_sysid(account, market, sysid) == 0
        settle(trader)
        assert trader.query_stock_order(account, order_id).order_status == c.ORDER_CANCELED


def test_c09_a_fill_is_told_as_trade_order_position_asset(reach, trader, account, diary):
    before = trader.query_stock_position(account, PUFA)

    order_id = trader.order_stock(account, *marketable(reach))
    settle(trader)

    assert diary.names()[:2] == ["on_stock_order", "on_stock_asset"]
    fills = diary.names()[2:]
    told = ["on_stock_trade", "on_stock_order", "on_stock_position", "on_stock_asset"]
    assert fills == told * (len(fills) // 4) != []
    order = trader.query_stock_order(account, order_id)
    trades = [t for t in trader.query_stock_trades(account) if t.order_id == order_id]
    assert order.order_status == c.ORDER_SUCCEEDED
    assert sum(trade.traded_volume for trade in trades) == order.traded_volume == 200
    assert sum(t.traded_amount for t in trades) == pytest.approx(200 * order.traded_price)
    assert trades == [record for name, record in diary.entries if name == "on_stock_trade"]
    after = trader.query_stock_position(account, PUFA)
    assert after.volume == before.volume + 200
    assert after.can_use_volume == before.can_use_volume
    assert after.on_road_volume == before.on_road_volume + 200


def test_c10_a_refused_order_has_a_number_a_status_and_a_reason(reach, trader, account, diary):
    before = trader.query_stock_asset(account)
    odd = (PUFA, c.STOCK_BUY, 150, c.FIX_PRICE, reach.quote(PUFA).last_price, "s", "odd lot")

    order_id = trader.order_stock(account, *odd)

    error = diary.wait("on_order_error")
    order = trader.query_stock_order(account, order_id)
    assert order_id > 0
    assert (order.order_status, order.traded_volume) == (c.ORDER_JUNK, 0)
    assert (error.order_id, error.order_remark) == (order_id, "odd lot")
    assert error.error_msg == order.status_msg != ""
    assert isinstance(error.error_id, int)
    assert diary.names() == ["on_stock_order", "on_order_error"]
    assert trader.query_stock_asset(account) == before


REFUSED = {
    "a lot of 1": lambda q: (PUFA, 23, 1, 11, q.last_price),
    "off the tick": lambda q: (PUFA, 23, 100, 11, q.last_price + 0.005),
    "above limit up": lambda q: (PUFA, 23, 100, 11, q.up_limit + 0.01),
    "below limit down": lambda q: (PUFA, 24, 100, 11, q.down_limit - 0.01),
    "more than the cash": lambda q: (PUFA, 23, 900_000, 11, q.last_price),
    "more than is sellable": lambda q: (PUFA, 24, 900_000, 11, q.last_price),
    "what is not held": lambda q: ("600036.SH", 24, 100, 11, 41.0),
    "what was bought today": lambda q: ("688981.SH", 24, 200, 11, 112.0),
    "an unknown code": lambda q: ("600999.SH", 23, 100, 11, 10.0),
    "an unknown order type": lambda q: (PUFA, 9999, 100, 11, q.last_price),
    "an unknown price type": lambda q: (PUFA, 23, 100, 9999, q.last_price),
    "a margin buy in a stock account": lambda q: (PUFA, 27, 100, 11, q.last_price),
    "a price type of another venue": lambda q: (PUFA, 23, 100, 46, 0),
}


@pytest.mark.parametrize("what", REFUSED)
def test_c11_whatever_is_refused_moves_nothing(reach, trader, account, diary, what):
    asset = trader.query_stock_asset(account)
    positions = trader.query_stock_positions(account)

    order_id = trader.order_stock(account, *REFUSED[what](reach.quote(PUFA)))

    error = diary.wait("on_order_error")
    assert error.order_id == order_id > 0
    assert trader.query_stock_order(account, order_id).order_status == c.ORDER_JUNK
    assert trader.query_stock_asset(account) == asset
    assert trader.query_stock_positions(account) == positions
    assert trader.query_stock_trades(account) == []


def test_c12_a_refused_cancel_is_minus_1_and_says_why(reach, trader, account, diary):
    order_id = trader.order_stock(account, *marketable(reach))

    assert trader.cancel_order_stock(account, order_id) == -1
    assert trader.cancel_order_stock(account, 987_654) == -1
    assert trader.cancel_order_stock_sysid(account, 0, "no such order") == -1

    error = diary.wait("on_cancel_error", 3)
    assert isinstance(error.error_id, int)
    assert error.error_msg


def test_c13_the_async_response_comes_first_and_carries_the_seq(reach, trader, account, diary):
    seq = trader.order_stock_async(account, *marketable(reach))

    response = diary.wait("on_order_stock_async_response")
    diary.wait("on_stock_trade")
    assert diary.names()[0] == "on_order_stock_async_response"
    assert (response.seq, response.account_type) == (seq, c.SECURITY_ACCOUNT)
    assert response.order_id == diary.wait("on_stock_order").order_id > 0
    assert (response.strategy_name, response.order_remark) == ("strategy", "remark")


def test_c14_a_refused_async_order_gives_response_then_status_then_error(
    reach, trader, account, diary
):
    trader.order_stock_async(account, PUFA, 23, 150, 11, reach.quote(PUFA).last_price)

    diary.wait("on_order_error")
    assert diary.names() == [
        "on_order_stock_async_response",
        "on_stock_order",
        "on_order_error",
    ]


def test_c15_async_cancels_answer_by_id_and_by_sysid(reach, trader, account, diary):
    for by_id in (True, False):
        order_id = trader.order_stock(account, *resting(reach))
        sysid = trader.query_stock_order(account, order_id).order_sysid
        if by_id:
            seq = trader.cancel_order_stock_async(account, order_id)
        else:
            seq = trader.cancel_order_stock_sysid_async(account, "SH", sysid)

        response = diary.wait("on_cancel_order_stock_async_response", 1 if by_id else 2)
        assert (response.seq, response.cancel_result, response.order_id) == (seq, 0, order_id)
        settle(trader)
        assert last_push(diary, "on_stock_order", order_id).order_status == c.ORDER_CANCELED


def test_c16_the_error_of_a_refused_async_cancel_follows_its_response(
    reach, trader, account, diary
):
    trader.cancel_order_stock_async(account, 987_654)

    assert diary.wait("on_cancel_error").order_id == 987_654
    assert diary.names() == ["on_cancel_order_stock_async_response", "on_cancel_error"]


def test_c17_an_unknown_account_fails_and_an_empty_one_is_empty(reach, trader, account, diary):
    stranger = StockAccount("no such account")

    assert trader.subscribe(stranger) == -1
    assert trader.order_stock(stranger, *resting(reach)) == -1
    assert trader.query_stock_asset(stranger) is None
    assert trader.query_stock_orders(stranger) is None
    assert trader.query_stock_orders(account) == []
    assert trader.query_stock_trades(account) == []
    assert trader.query_stock_order(account, 987_654) is None
    assert trader.query_stock_position(account, "600036.SH") is None


def test_c18_async_queries_give_what_the_plain_ones_give(reach, trader, account, diary):
    order_id = trader.order_stock(account, *resting(reach))
    for name, arguments in {
        "query_stock_asset": (account,),
        "query_stock_order": (account, order_id),
        "query_stock_orders": (account,),
        "query_stock_trades": (account,),
        "query_stock_position": (account, PUFA),
        "query_stock_positions": (account,),
        "query_account_infos": (),
        "query_account_status": (),
    }.items():
        plain = getattr(trader, name)(*arguments)
        seq = getattr(trader, f"{name}_async")(*arguments, lambda x, n=name: diary.write(n, x))

        assert diary.wait(name) == plain
        assert seq > 0


def test_c19_only_what_can_be_cancelled_is_listed_when_asked_so(reach, trader, account):
    done = trader.order_stock(account, *marketable(reach))
    working = trader.order_stock(account, *resting(reach))

    everything = [order.order_id for order in trader.query_stock_orders(account)]
    cancelable = [order.order_id for order in trader.query_stock_orders(account, True)]

    assert everything == [done, working]
    assert cancelable == [working]


def test_c20_records_are_plain_and_of_the_manual_s_types(reach, trader, account):
    trader.order_stock(account, *marketable(reach))
    rows = [
        trader.query_stock_asset(account),
        *trader.query_stock_orders(account),
        *trader.query_stock_trades(account),
        *trader.query_stock_positions(account),
        *trader.query_account_infos(),
        *trader.query_account_status(),
    ]

    assert len(rows) >= 11
    for row in rows:
        assert json.loads(json.dumps(vars(row))) == vars(row)
        for one in dataclasses.fields(row):
            assert type(getattr(row, one.name)).__name__ == one.type, (type(row), one.name)


def test_c21_ids_and_times_are_what_programs_rely_on(reach, trader, account):
    order_id = trader.order_stock(account, *marketable(reach))
    order = trader.query_stock_order(account, order_id)
    trade = trader.query_stock_trades(account)[0]
    now = reach.quote(PUFA).time / 1000

    assert isinstance(order_id, int)
    assert order.order_sysid
    assert trade.order_sysid == order.order_sysid
    assert trade.traded_id
    assert order.order_time == pytest.approx(now, abs=5)
    assert trade.traded_time == pytest.approx(now, abs=5)


BROKERS_CODES = [
    *((PUFA, 5, 50), (PUFA, 11, 50), (PUFA, 42, 88), (PUFA, 43, 85), (PUFA, 44, 84)),
    *((PUFA, 45, 86), (PAYH, 46, 87), (PAYH, 47, 88), (PAYH, 48, 89)),
]


@pytest.mark.parametrize(("code", "sent", "back"), BROKERS_CODES)
def test_c22_records_carry_the_broker_s_price_type(reach, trader, account, sent, code, back):
    price = reach.quote(code).last_price if sent in (5, 11) else 0

    order_id = trader.order_stock(account, code, c.STOCK_BUY, 100, sent, price)

    order = trader.query_stock_order(account, order_id)
    assert order.order_status != c.ORDER_JUNK, order.status_msg
    assert order.price_type == back


def test_c23_an_order_in_the_book_is_filled_as_the_market_moves(reach, trader, account, diary):
    bid = reach.quote(PUFA).bid_price[0]
    order_id = trader.order_stock(account, PUFA, c.STOCK_BUY, 300, c.FIX_PRICE, bid)

    for _ in range(120):
        reach.advance(30)
        if trader.query_stock_order(account, order_id).order_status in DONE:
            break
    settle(trader)

    order = trader.query_stock_order(account, order_id)
    assert order.order_status == c.ORDER_SUCCEEDED
    pushed = [r for n, r in diary.entries if n == "on_stock_trade" and r.order_id == order_id]
    assert sum(trade.traded_volume for trade in pushed) == 300
    assert {trade.traded_price for trade in pushed} == {bid}


def test_c24_pushes_are_numbered_without_a_gap_and_of_one_epoch(reach, account):
    trader, pushes = reach.trader(1), []
    trader.tap(pushes.append)
    trader.connect()
    trader.subscribe(account)

    for _ in range(5):
        trader.cancel_order_stock(account, trader.order_stock(account, *resting(reach)))
    settle(trader)

    numbers = [push.number for push in pushes]
    assert len(numbers) >= 20
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert len({(push.terminal, push.epoch) for push in pushes}) == 1
    assert {push.kind for push in pushes} == {PushKind.ORDER, PushKind.ASSET}


def test_c25_a_position_can_be_sold_inside_a_push_in_relaxed_mode(reach, trader, account, diary):
    trader.set_relaxed_response_order_enabled(True)
    answered = threading.Event()

    def sell(trade):
        if trade.order_type == c.STOCK_BUY and not answered.is_set():
            bid = reach.quote(PUFA).bid_price[-1]
            diary.write("sold", trader.order_stock(account, PUFA, 24, 200, 11, bid))
            answered.set()

    diary.actions["on_stock_trade"] = sell
    bought = trader.order_stock(account, *marketable(reach))

    sold = diary.wait("sold")
    assert sold > bought
    assert answered.wait(5)


def test_c26_stop_inside_a_callback_leaves_the_terminal(reach, trader, account, diary):
    diary.actions["on_stock_order"] = lambda order: (trader.stop(), diary.write("stopped"))
    trader.order_stock(account, *resting(reach))

    diary.wait("stopped")
    again = reach.trader(1)
    assert again.connect() == 0
    assert len(again.query_stock_orders(account)) == 1


def test_c27_a_malformed_code_never_reaches_the_terminal(reach, trader, account):
    with pytest.raises(InputError):
        trader.order_stock(account, "600000", 23, 100, 11, 10.0)

    assert trader.query_stock_orders(account) == []


def test_c28_the_accounts_of_the_terminal_are_listed(reach, trader, account):
    infos, states = trader.query_account_infos(), trader.query_account_status()

    assert account.account_id in [info.account_id for info in infos]
    assert {info.broker_type == info.account_type for info in infos} == {True}
    assert {state.status for state in states} == {c.ACCOUNT_STATUS_OK}


def test_c29_many_sessions_at_once_see_the_same_orders(reach, account):
    traders = [reach.trader(number) for number in range(1, 5)]
    for trader in traders:
        assert trader.connect() == 0
    made: list[int] = []

    def send(trader):
        for _ in range(20):
            made.append(trader.order_stock(account, *asked))

    asked = resting(reach)
    threads = [threading.Thread(target=send, args=(trader,)) for trader in traders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert len(set(made)) == 80
    for trader in traders:
        assert [o.order_id for o in trader.query_stock_orders(account)] == sorted(made)
