"""News of a MiniQMT over the turn of days: its numbers may begin anew, and midnight is no turn."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial

import pytest

from tests.vendor.ear import Broker, Ear, fill, opened, with_remark
from tests.vendor.links import AT_ONCE, vendor_link
from xtnb import xtconstant as c
from xtnb.journal import Journal
from xtnb.link.recorded import RecordedLink
from xtnb.vocabulary.messages import PushKind

FRIDAY = 1_795_140_000  # 2026-11-20 10:00 in Shanghai
HOUR, DAY = 3_600, 86_400


def of_the_day(second: int, dated: bool) -> list:
    """A filled order and its fill, with the times that a broker gives them, or without."""
    at = second if dated else 0
    done = with_remark(1, "", order_time=at, order_status=c.ORDER_SUCCEEDED, traded_volume=200)
    return [
        replace(done, order_status=c.ORDER_REPORTED, traded_volume=0),
        replace(fill(1, "T1"), traded_time=at),
        done,
    ]


class House:
    """A link whose wall clock is moved by hand."""

    def __init__(self) -> None:
        self.second = FRIDAY
        self.broker = Broker()
        limits = replace(AT_ONCE, wall=lambda: self.second * 10**9)
        self.link, self.ear = opened(self.broker, limits=limits)

    def tell(self, records: list) -> None:
        kinds = {"XtTrade": PushKind.TRADE, "XtOrder": PushKind.ORDER}
        for record in records:
            self.broker.say(self.broker.push(kinds[type(record).__name__], record))

    def told(self, count: int) -> list:
        self.ear.wait(count)
        self.link.close()
        return [push.record for push in self.ear.pushes()]


@pytest.mark.parametrize("dated", [True, False])
@pytest.mark.parametrize("later", [DAY, 3 * DAY, 11 * HOUR])  # 11 hours: the night session
def test_what_bears_the_numbers_of_another_trading_day_is_told(dated, later):
    house = House()
    first = of_the_day(FRIDAY, dated)
    house.tell(first)
    house.ear.wait(3)

    house.second += later
    again = of_the_day(house.second, dated)
    house.tell(again)

    assert house.told(6) == first + again


def test_what_is_told_again_after_midnight_is_told_once():
    house = House()
    house.second += 13 * HOUR  # 23:00, in a night session
    records = of_the_day(house.second, dated=True)
    house.tell(records)
    house.ear.wait(3)
    house.broker.lose()
    house.ear.wait(4)
    house.second += 2 * HOUR
    assert house.link.open(7, house.ear) == 0

    house.tell([*records, with_remark(2, "")])

    told = house.told(5)
    assert told[:3] == records
    assert told[4:] == [with_remark(2, "")]


def test_another_order_of_the_same_number_on_one_day_is_told():
    house = House()
    first = of_the_day(FRIDAY, dated=True)
    other = with_remark(1, "", order_time=FRIDAY + HOUR, stock_code="000001.SZ")
    house.tell([*first, other])

    assert house.told(4) == [*first, other]


def test_what_a_journal_could_not_take_is_told_once_the_disk_has_room(tmp_path):
    room, broker = [True], Broker()
    link = RecordedLink(
        vendor_link(broker, retells=True),
        partial(Journal, tmp_path, "a test"),
        room=lambda folder: room[0],
    )
    ear, day = Ear(), int(time.time())
    records = [replace(fill(1, f"T{number}"), traded_time=day) for number in range(3)]
    trades = [broker.push(PushKind.TRADE, record) for record in records]
    assert link.open(7, ear) == 0
    broker.say(trades[0])
    ear.wait(1)
    room[0] = False
    link.journal.close()  # nothing can be written any more

    broker.say(trades[1])
    ear.wait(2)
    assert link.open(7, ear) == 0
    broker.say(trades[2])
    room[0] = True
    again = Ear()
    assert link.open(7, again) == 0
    for trade in trades:
        broker.say(trade)

    again.wait(2)
    link.close()
    assert [push.record for push in ear.pushes()[:1]] == records[:1]
    assert [push.record for push in again.pushes()] == records[1:]
