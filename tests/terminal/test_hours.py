"""Hours and halts: sessions of futures, the end of exercises, three minutes without orders."""

from datetime import date

import pytest

from tests.terminal.futures_floor import STEEL, FuturesFloor
from tests.terminal.option_floor import ANN, BOB, CALL, LATER, OptionFloor
from xtnb import xtconstant as c
from xtnb.rules.futures import FuturesTerms
from xtnb.rules.options_settings import BUY_OPEN, CALL_EXERCISE, SELL_OPEN, OptionSettings

EXPIRY = date(2026, 11, 25)
UNHALTED = OptionSettings(halt_seconds=0)


@pytest.mark.parametrize("order_type", [c.FUTURE_OPEN_LONG, c.FUTURE_RENEW_LONG_CLOSE_TODAY_FIRST])
def test_an_account_that_keeps_to_sessions_is_refused_outside_them(order_type):
    floor = FuturesFloor(FuturesTerms(sessions="enforce"))
    inside = floor.record(floor.order(order_type, STEEL, 1, floor.last(STEEL))).order_status
    floor.clock.set(floor.clock.now() + 9_000 * 1_000_000_000)
    floor.market.advance(floor.clock.now())
    before = floor.state()

    outside = floor.record(floor.order(order_type, STEEL, 1, floor.last(STEEL)))

    assert inside != c.ORDER_JUNK
    assert outside.order_status == c.ORDER_JUNK
    assert "rb2701.SF is not traded at 12:00:00; its sessions are" in outside.status_msg
    assert floor.state() == before


def test_sessions_are_ignored_where_the_account_does_not_keep_to_them():
    floor = FuturesFloor()
    floor.clock.set(floor.clock.now() + 9_000 * 1_000_000_000)
    floor.market.advance(floor.clock.now())

    assert floor.order(c.FUTURE_OPEN_LONG, STEEL, 1, floor.last(STEEL)) > 0
    assert floor.orders()[-1].order_status == c.ORDER_REPORTED


@pytest.mark.parametrize(("until", "taken"), [(55_800, False), (None, True)])
def test_after_half_past_three_an_exercise_is_refused_unless_the_broker_takes_it(until, taken):
    floor = OptionFloor(settings=OptionSettings(exercise_until=until))
    floor.trade(BUY_OPEN, ANN, SELL_OPEN, BOB, CALL, 2, 0.05)
    floor.until(EXPIRY)
    early = floor.record(floor.order(CALL_EXERCISE, CALL, 1))
    floor.later(6 * 3_600)
    late = floor.record(floor.order(CALL_EXERCISE, CALL, 1))

    assert early.order_status == c.ORDER_REPORTED
    assert (late.order_status == c.ORDER_REPORTED) is taken
    assert taken or "taken until 15:30:00 of its expiry day; it is 15:30:00" in late.status_msg


def test_after_a_move_of_half_the_price_a_contract_takes_no_orders_for_three_minutes():
    floor = OptionFloor()
    reference = floor.market.rules(CALL).prev_close / 10_000
    jump = round(reference * 1.6, 4)
    floor.trade(BUY_OPEN, ANN, SELL_OPEN, BOB, CALL, 1, jump)

    soon = floor.record(floor.order(BUY_OPEN, CALL, 1, jump))
    other = floor.record(floor.order(BUY_OPEN, LATER, 1, 0.02))
    floor.later(180)
    later = floor.record(floor.order(BUY_OPEN, CALL, 1, jump))

    assert (soon.order_status, other.order_status) == (c.ORDER_JUNK, c.ORDER_REPORTED)
    assert "is halted until 09:33:00" in soon.status_msg
    assert later.order_status == c.ORDER_REPORTED


def test_a_new_day_and_a_setting_know_no_halt():
    floor = OptionFloor()
    jump = round(floor.market.rules(CALL).prev_close * 1.6) / 10_000
    free = OptionFloor(settings=UNHALTED)
    free.trade(BUY_OPEN, ANN, SELL_OPEN, BOB, CALL, 1, jump)
    floor.trade(BUY_OPEN, ANN, SELL_OPEN, BOB, CALL, 1, jump)
    floor.next_day()

    for one in (free, floor):
        number = one.order(BUY_OPEN, CALL, 1, one.last(CALL))
        assert one.record(number).order_status == c.ORDER_REPORTED
