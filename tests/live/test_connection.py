"""A desk whose link is cut comes back by itself, tells what it missed, and sends nothing twice."""

from __future__ import annotations

import threading
from random import Random

import pytest

from tests.contract import house
from tests.live.cuttable import SECONDS, CuttableLink
from xtnb import xtconstant as c
from xtnb.desk import Desk
from xtnb.errors import NotConnected, RequestTimeout
from xtnb.live.connection import LinkState
from xtnb.live.following import Session
from xtnb.session.trader import XtQuantTrader
from xtnb.terminal.scenario import DEMO_ACCOUNT
from xtnb.vocabulary.messages import PushKind, Reply
from xtnb.vocabulary.reconciliation import FindingKind
from xtnb.vocabulary.records import StockAccount

CODE = "600000.SH"
ME = StockAccount(DEMO_ACCOUNT)


class House:
    """A paper terminal, a desk whose link can be cut, and somebody else's session."""

    def __init__(self) -> None:
        self.host = house.host(house.market())
        self.other = XtQuantTrader.over(self.host.link("demo"), 2)
        self.other.start()
        assert self.other.connect() == 0
        self.link = CuttableLink(self.host.link("demo"))
        trader = XtQuantTrader.over(self.link, 1)
        trader.start()
        assert trader.connect() == 0
        self.session = Session(self.link, trader, None, every=0)
        self.connection = self.session.connection
        self.connection._chance = Random(1)
        self.states: list[LinkState] = []
        self._changed = threading.Condition()
        self.connection.on_change(self._note)
        self.desk = Desk(self.session, ME)

    def _note(self, state: LinkState) -> None:
        with self._changed:
            self.states.append(state)
            self._changed.notify_all()

    def until(self, state: LinkState) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.connection.state is state, SECONDS)

    def cut(self) -> None:
        self.link.cut()
        self.until(LinkState.LOST)

    def mend(self) -> None:
        self.link.mend()
        self.until(LinkState.LIVE)

    def kinds(self) -> list[str]:
        return [FindingKind(one.kind).name for one in self.session.findings.records()]

    def close(self) -> None:
        self.session.close()
        self.other.stop()


@pytest.fixture
def at_home():
    one = House()
    yield one
    one.close()


def test_a_lost_link_comes_back_and_every_state_is_told(at_home):
    at_home.cut()
    assert at_home.desk.state == "lost"
    at_home.mend()

    assert at_home.states == [LinkState.LOST, *at_home.states[1:-2], LinkState.RESYNCING, "live"]
    assert at_home.desk.state == "live"
    assert at_home.kinds() == []
    assert at_home.desk.trader.connected


def test_it_is_tried_until_it_works(at_home):
    at_home.cut()
    for _ in range(3):
        at_home.link.tried.clear()
        assert at_home.link.tried.wait(SECONDS)
    assert at_home.desk.state == "lost"

    at_home.mend()

    assert at_home.link.attempts >= 5


def test_no_order_goes_out_while_the_link_is_lost(at_home):
    at_home.cut()

    with pytest.raises(NotConnected, match="nothing was sent"):
        at_home.desk.buy(CODE, 100, 10.0)

    at_home.mend()
    assert at_home.desk.orders().empty
    assert at_home.desk.buy(CODE, 100, 10.0).status_code == c.ORDER_REPORTED


def test_a_lost_desk_says_of_whatever_is_asked_that_it_is_being_tried_again(at_home):
    mine = at_home.desk.buy(CODE, 100, 9.8)
    at_home.cut()

    for ask in (at_home.desk.orders, lambda: at_home.desk.cancel(mine), at_home.desk.cancel_all):
        with pytest.raises(NotConnected) as refused:
            ask()
        zh, _, en = str(refused.value).partition(" / ")
        assert "正在重连；未发送" in zh
        assert "is being tried again; nothing was sent" in en
        assert "connect()" not in en


def test_a_closed_desk_says_how_to_get_another(at_home):
    at_home.desk.close()

    for ask in (at_home.desk.orders, lambda: at_home.desk.buy(CODE, 100, 10.0)):
        with pytest.raises(NotConnected, match=r"closed: open another with xtnb\.connect\(\)"):
            ask()


def test_no_order_goes_out_while_the_account_is_compared(at_home):
    met = []

    def try_it(state):
        if state is LinkState.RESYNCING:
            with pytest.raises(NotConnected, match="compared"):
                at_home.desk._live.send(CODE, "buy", 100, 10.0)
            met.append(state)

    at_home.connection.on_change(try_it)
    at_home.cut()
    at_home.mend()

    assert met == [LinkState.RESYNCING]
    assert not [one for one in at_home.link.sent if one.method == "order_stock"]


def test_fills_and_orders_of_the_meantime_are_told_row_by_row(at_home):
    mine = at_home.desk.buy(CODE, 200, 10.0)
    ask = float(at_home.desk.quotes(CODE)["ask1"].iloc[0])
    at_home.cut()
    assert at_home.other.cancel_order_stock(ME, mine.id) == 0
    bought = at_home.other.order_stock(ME, CODE, c.STOCK_BUY, 300, c.FIX_PRICE, ask)

    at_home.mend()

    assert at_home.kinds() == ["MISSED_FILL", "ELSEWHERE", "MISSED_CHANGE"] or sorted(
        at_home.kinds()
    ) == ["ELSEWHERE", "MISSED_CHANGE", "MISSED_FILL"]
    table = at_home.desk.reconciliation()
    assert set(table["subject"]) >= {str(bought), str(mine.id)}
    assert mine.status_code == c.ORDER_CANCELED
    assert bought in set(at_home.desk.orders()["order_id"])


def test_news_goes_on_after_the_link_is_back(at_home):
    at_home.cut()
    at_home.mend()

    order = at_home.desk.buy(CODE, 100, 10.0)
    at_home.other.cancel_order_stock(ME, order.id)

    assert order.wait(SECONDS).status_code == c.ORDER_CANCELED


def test_an_order_whose_answer_was_lost_is_unknown_and_then_found_by_its_key(at_home):
    at_home.link.lose_replies = True
    order = at_home.desk._live.send(CODE, "buy", 100, 10.0)
    at_home.other.query_stock_orders(ME)  # it has arrived
    at_home.cut()
    assert order.status_code == c.ORDER_UNKNOWN
    assert not order.done

    at_home.mend()

    assert "SENT" in at_home.kinds()
    assert order.status_code == c.ORDER_REPORTED
    assert len(at_home.desk.orders()) == 1


def test_an_order_that_was_refused_without_a_number_is_found_by_its_key(at_home):
    at_home.link.lose_requests = {"order_stock", "outcome"}
    order = at_home.desk._live.send(CODE, "buy", 100, 10.0)
    at_home.cut()
    answered = at_home.link.send

    def send(request):
        answered(request)
        if request.method == "outcome":  # as a broker's terminal says it
            at_home.link._deliver(Reply(request.seq, [(None, "没有发送 / not sent")]))

    at_home.link.send = send
    at_home.link.cut_off = False
    at_home.until(LinkState.LIVE)

    assert (order.done, order.status_code) == (True, c.ORDER_JUNK)
    assert "not sent" in order.error


def test_an_order_that_never_arrived_is_said_to_be_none_and_can_never_arrive(at_home):
    at_home.link.lose_requests = {"order_stock"}
    order = at_home.desk._live.send(CODE, "buy", 100, 10.0)
    late = next(one for one in at_home.link.sent if one.method == "order_stock")
    at_home.cut()
    at_home.mend()

    assert at_home.kinds() == ["NOT_SENT"]
    assert (order.done, order.status_code) == (True, c.ORDER_JUNK)
    assert "never" in order.error
    at_home.link.inner.send(late)  # what was on its way all the time comes at last
    at_home.desk._live.books.settle()
    assert at_home.desk.orders().empty


def test_an_order_that_is_not_answered_in_time_is_settled_by_the_next_comparison(at_home):
    at_home.desk.trader.set_timeout(0.2)
    at_home.link.lose_replies = True
    with pytest.raises(RequestTimeout):
        at_home.desk.buy(CODE, 100, 10.0)
    at_home.link.lose_replies = False
    at_home.desk.trader.set_timeout(0)

    at_home.session.compare()

    assert "SENT" in at_home.kinds()
    assert len(at_home.desk.orders()) == 1


def test_a_push_that_got_lost_in_silence_is_found_and_put_right(at_home):
    at_home.link.drop = {PushKind.TRADE, PushKind.POSITION}
    ask = float(at_home.desk.quotes(CODE)["ask1"].iloc[0])
    at_home.desk.buy(CODE, 300, ask)
    before = at_home.desk._live.books.positions.get(CODE).volume
    at_home.link.drop = set()

    found = at_home.session.compare()

    kinds = {FindingKind(one.kind).name for one in found}
    assert kinds == {"MISSED_FILL", "DRIFT"}
    assert at_home.desk._live.books.positions.get(CODE).volume == before + 300
    assert at_home.session.compare() == []


def test_the_same_key_is_the_same_order_however_often_it_is_sent(at_home):
    first = at_home.desk.buy(CODE, 100, 10.0, key="opening-1")
    again = at_home.desk.buy(CODE, 100, 10.0, key="opening-1")

    assert again.id == first.id
    assert len(at_home.desk.orders()) == 1


def test_closing_a_desk_ends_the_attempts(at_home):
    at_home.cut()
    at_home.session.close()

    assert at_home.connection.state is LinkState.CLOSED
    assert not [t for t in threading.enumerate() if t.name == "xtnb-reconnect"]
