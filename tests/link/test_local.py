"""The thread that runs the paper terminals, and the links to them."""

import threading
from queue import SimpleQueue

import pytest

from xtnb import xtconstant as c
from xtnb.endpoints import paper_host
from xtnb.errors import InputError, NotConnected
from xtnb.link.base import ConnectResult
from xtnb.link.local import PaperHost
from xtnb.vocabulary.messages import Push, Reply, Request

ACCOUNT = "1000000365"
PUFA = "600000.SH"
LIMIT = 10  # seconds that a test waits at most


class Session:
    """One end of a link, which keeps what is delivered."""

    def __init__(self, host, terminal="paper", number=1):
        self.link = host.link(terminal)
        self.inbox = SimpleQueue()
        self.number = number
        self.seq = 0
        self.pushes = []

    def open(self):
        return self.link.open(self.number, self.inbox.put)

    def ask(self, method, account=ACCOUNT, **arguments):
        self.seq += 1
        self.link.send(
            Request(self.seq, method, c.SECURITY_ACCOUNT, account, arguments, self.number)
        )
        while True:
            item = self.inbox.get(timeout=LIMIT)
            if isinstance(item, Reply):
                assert item.seq == self.seq
                return item.value
            self.pushes.append(item)

    def order(self, price, remark="", account=ACCOUNT):
        return self.ask(
            "order_stock",
            account,
            stock_code=PUFA,
            order_type=c.STOCK_BUY,
            order_volume=100,
            price_type=c.FIX_PRICE,
            price=price,
            strategy_name="",
            order_remark=remark,
        )

    def hear(self):
        """Everything that was delivered up to now."""
        self.ask("query_account_status")
        heard, self.pushes = self.pushes, []
        return heard


@pytest.fixture
def host():
    return paper_host(seed=5, clock="hand")


@pytest.fixture
def session(host):
    session = Session(host)
    assert session.open() == ConnectResult.OK
    yield session
    session.link.close()


def test_a_link_that_opens_while_the_last_one_closes_has_a_thread_of_its_own(host):
    host.acquire()
    first = host.call(threading.current_thread)
    gate = threading.Event()
    host.post(gate.wait)
    leaving = threading.Thread(target=host.release)
    leaving.start()
    while host.links:
        leaving.join(0.001)

    host.acquire()
    gate.set()

    leaving.join(LIMIT)
    assert not leaving.is_alive()
    assert not first.is_alive()
    assert host.call(threading.current_thread) is not first
    host.release()


def test_the_thread_runs_while_a_link_is_open_and_ends_with_the_last(host):
    def threads():
        return [t for t in threading.enumerate() if t.name == "xtnb-paper-terminal"]

    first, second = Session(host, number=1), Session(host, number=2)
    first.open()
    second.open()
    assert len(threads()) == 1
    first.link.close()
    assert len(threads()) == 1

    second.link.close()

    assert threads() == []


def test_a_reply_comes_before_the_pushes_of_its_request(host, session):
    session.ask("subscribe")

    session.order(9.8)

    assert session.pushes == []
    assert [push.kind for push in session.hear()] == ["stock_order", "stock_asset"]


def test_only_a_subscribed_session_hears_an_account(host, session):
    other = Session(host, number=2)
    other.open()
    other.ask("subscribe")

    session.order(9.8)

    assert session.hear() == []
    assert [push.kind for push in other.hear()] == ["stock_order", "stock_asset"]
    assert other.ask("unsubscribe") == 0
    session.order(9.8)
    assert other.hear() == []
    other.link.close()


def test_a_refusal_reaches_the_session_that_asked_though_not_subscribed(host, session):
    other = Session(host, number=2)
    other.open()

    session.order(99.0)

    assert [push.kind for push in session.hear()] == ["order_error"]
    assert other.hear() == []
    other.link.close()


def test_unsubscribing_twice_fails(session):
    session.ask("subscribe")

    assert session.ask("unsubscribe") == 0
    assert session.ask("unsubscribe") == -1


def test_a_second_live_session_with_the_same_number_is_refused(host, session):
    double = Session(host, number=session.number)

    assert double.open() == ConnectResult.SESSION_IN_USE
    session.link.close()
    assert double.open() == ConnectResult.OK
    double.link.close()


def test_two_paths_have_two_terminals_and_one_market(host, session):
    other = Session(host, terminal="D:/qmt/userdata_mini")
    assert other.open() == ConnectResult.OK

    session.order(9.8)

    assert other.ask("query_stock_orders") == []
    assert len(session.ask("query_stock_orders")) == 1
    prices = [s.ask("quote_full", codes=[PUFA])[0].last_price for s in (session, other)]
    assert prices[0] == prices[1]
    other.link.close()


def test_a_closed_link_takes_nothing_and_may_be_closed_again(host):
    session = Session(host)
    session.open()
    session.link.close()
    session.link.close()

    with pytest.raises(NotConnected):
        session.ask("query_stock_asset")


def test_time_moved_by_hand_brings_quotes_of_watched_codes_only(host, session):
    session.ask("quote_subscribe", codes=[PUFA, "600001.SH"])

    host.advance(5)

    quotes = [push for push in session.hear() if push.kind == "quote"]
    assert quotes
    assert {push.record.stock_code for push in quotes} == {PUFA}
    session.ask("quote_unsubscribe", codes=[PUFA])
    host.advance(5)
    assert session.hear() == []


@pytest.mark.parametrize("seconds", [0, -1, "5", float("nan"), float("inf"), None, True])
def test_time_moves_forward_by_a_number_of_seconds(host, session, seconds):
    with pytest.raises(InputError, match="seconds"):
        host.advance(seconds)


def test_a_listener_that_fails_harms_nobody(host, session):
    def broken(item):
        raise ValueError("a broken listener")

    link = host.link("paper")
    link.open(9, broken)
    link.send(Request(1, "subscribe", c.SECURITY_ACCOUNT, ACCOUNT, {}, 9))

    number = session.order(9.8)

    assert number > 0
    link.close()


def test_a_request_is_answered_though_the_market_cannot_be_moved():
    def broken_clock():
        raise OSError("a clock that cannot be read")

    made = paper_host(seed=5, clock="hand")
    host = PaperHost(made.market, made._new_terminal, broken_clock, made.facts)
    session = Session(host)
    opened = []
    opening = threading.Thread(target=lambda: opened.append(session.open()), daemon=True)
    opening.start()
    opening.join(LIMIT)

    assert opened == [ConnectResult.OK]
    assert session.order(9.8) > 0
    session.link.close()


def test_a_fill_by_the_flow_is_pushed(host, session):
    session.ask("subscribe")
    quote = session.ask("quote_full", codes=[PUFA])[0]
    session.order(quote.bid_price[0], remark="waits its turn")

    for _ in range(600):
        host.advance(1)
        trades = session.ask("query_stock_trades")
        if trades:
            break

    heard = session.hear()
    trade = next(push for push in heard if push.kind == "stock_trade")
    assert isinstance(trade, Push)
    assert trade.record.order_remark == "waits its turn"
