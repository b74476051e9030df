"""A live account trades after a click, or with a key, and a paper account as it likes."""

from __future__ import annotations

import threading

import pytest

from tests.contract import house
from tests.live.cuttable import SECONDS, CuttableLink
from xtnb import xtconstant as c
from xtnb.desk import Desk
from xtnb.errors import InputError, NotArmed
from xtnb.live.arming import Arming
from xtnb.live.following import Session
from xtnb.session.trader import XtQuantTrader
from xtnb.terminal.scenario import DEMO_ACCOUNT
from xtnb.vocabulary.records import StockAccount

CODE = "600000.SH"


class Hands:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def live():
    """A desk whose terminal says that its money is real."""
    link = CuttableLink(house.host(house.market()).link("demo"))
    link.paper = False
    trader = XtQuantTrader.over(link, 1)
    trader.start()
    assert trader.connect() == 0
    session = Session(link, trader, None, every=0)
    yield Desk(session, StockAccount(DEMO_ACCOUNT))
    session.close()


def test_a_paper_account_needs_no_arming():
    arming = Arming(live=False)

    arming.check_click()
    arming.check_cell("")
    assert (arming.armed, arming.left) == (True, 0.0)


def test_a_live_account_starts_locked_and_is_locked_again_when_the_time_is_up():
    clock = Hands()
    arming = Arming(live=True, clock=clock)
    with pytest.raises(NotArmed, match="Unlock"):
        arming.check_click()

    arming.arm(60)
    arming.check_click()
    clock.seconds += 59.9
    assert arming.left == pytest.approx(0.1)
    clock.seconds += 0.1

    with pytest.raises(NotArmed):
        arming.check_click()


def test_a_computer_that_has_slept_is_locked_when_it_wakes():
    awake, wall = Hands(), Hands()
    arming = Arming(live=True, clock=awake, wall=wall)
    arming.arm(900)

    wall.seconds += 8 * 3600  # the clock that only rises stands still meanwhile on some systems

    assert (arming.armed, arming.left) == (False, 0.0)


def test_a_wall_clock_that_is_put_back_gives_no_more_time():
    awake, wall = Hands(), Hands()
    arming = Arming(live=True, clock=awake, wall=wall)
    arming.arm(900)

    wall.seconds -= 3600
    awake.seconds += 900

    assert not arming.armed


@pytest.mark.parametrize("seconds", [0, -1, 3601])
def test_it_is_armed_for_a_while_only(seconds):
    with pytest.raises(InputError, match="at most 3600"):
        Arming(live=True).arm(seconds)


def test_a_cell_trades_on_a_live_account_with_a_key_only_and_once(live):
    with pytest.raises(NotArmed, match="key"):
        live.buy(CODE, 100, 10.0)
    assert live.orders().empty

    first = live.buy(CODE, 100, 10.0, key="open-1")
    again = live.buy(CODE, 100, 10.0, key="open-1")

    assert again is first
    assert len(live.orders()) == 1


def test_a_key_names_one_order_and_no_other(live):
    live.buy(CODE, 100, 10.0, key="open-1")

    with pytest.raises(InputError, match="a new key"):
        live.buy(CODE, 200, 10.0, key="open-1")


def test_a_click_trades_on_a_live_account_once_it_is_unlocked(live):
    account = live._live
    with pytest.raises(NotArmed):
        account.send(CODE, "buy", 100, 10.0)

    live._session.arming.arm()
    order = account.send(CODE, "buy", 100, 10.0)
    order.wait_for_answer(10)

    assert order.status_code in (c.ORDER_REPORTED, c.ORDER_UNREPORTED)


def test_a_lost_link_locks_it_again(live):
    locked = threading.Event()
    live._session.arming.arm()
    live._session.arming.on_change(locked.set)
    live._session.link.cut()

    assert locked.wait(SECONDS)
    assert not live._session.arming.armed


def test_a_request_says_who_asks(live):
    live.buy(CODE, 100, 10.0, key="open-1")

    sent = next(one for one in live._session.link.sent if one.method == "order_stock")
    assert "pid" in sent.origin
    assert sent.key == "open-1"
    assert sent.valid_until > 0
