"""Who sent which order, as a journal has it."""

from __future__ import annotations

import pytest

import xtnb
from xtnb import xtconstant as c
from xtnb.errors import QueryFailed
from xtnb.live.origin import origin

CODE = "600000.SH"
DAY = 86_400
AGES = {"kind": "senders", "start": 20200101, "end": 99991231}


def told(desk, **asked) -> list[tuple[int, int, str]]:
    answer = desk.trader.requests.ask("history", desk.account, {**AGES, **asked})
    return [(day, number, who) for day, (number, who) in zip(*answer, strict=True)]


def test_each_order_has_its_sender_and_its_day_also_after_a_restart(tmp_path):
    with xtnb.paper(tmp_path, seed=7, clock="hand") as desk:
        first = desk.buy(CODE, 100, 10.0).id
        refused = desk.buy(CODE, 150, 10.0).id
        desk.clock.advance(DAY)
        second = desk.sell(CODE, 100, 10.9).id
        there = told(desk)
    with xtnb.paper(tmp_path) as desk:
        again, later = told(desk), told(desk, start=20261121)

    place = origin().partition(" In[")[0]
    assert [(day, number) for day, number, _ in there] == [
        *((20261121, second), (20261120, refused), (20261120, first))
    ]
    assert all(who.startswith(place) for *_, who in there)
    assert again == there
    assert later == there[:1]


def test_other_requests_and_other_accounts_are_left_out(tmp_path):
    with xtnb.paper(tmp_path, seed=7, clock="hand") as desk:
        order = desk.buy(CODE, 100, 10.0)
        order.cancel()
        desk.use("2000000365", "FUTURE")
        mine = desk.order("rb2701.SF", c.FUTURE_OPEN_LONG, 1, c.FIX_PRICE, 3100.0)

        assert [number for _, number, _ in told(desk)] == [mine.id]


def test_a_terminal_without_a_journal_cannot_say():
    with xtnb.paper(seed=7, clock="hand") as desk, pytest.raises(QueryFailed):
        told(desk)
