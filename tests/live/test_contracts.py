"""Positions of futures and options in detail: asked again when something moved, and ended."""

from collections.abc import Iterator
from threading import Event

import pytest

import xtnb
from xtnb import xtconstant as c
from xtnb.errors import InputError, NotConnected, QueryFailed
from xtnb.live.coalesce import frames

REBAR = "rb2701.SF"
DEADLINE = 20.0


@pytest.fixture
def desk() -> Iterator[xtnb.Desk]:
    with xtnb.paper(seed=7, clock="2026-11-20 09:30:00") as opened:
        opened.clock.advance(5)
        yield opened.use("2000000365", "FUTURE")


def told(desk: xtnb.Desk, true) -> None:
    """Wait until something is true after an answer."""
    came = Event()
    books = desk._live.contracts
    forget = books.on_told(lambda: came.set() if true() else None)
    if not (books.told and true()):
        assert came.wait(DEADLINE)
    forget()


def lots_of_today(desk: xtnb.Desk) -> int:
    rows = desk._live.contracts.statistics.records()
    return sum(row.today_position for row in rows if row.instrument_id == "rb2701")


def test_lots_of_today_are_known_and_follow_a_fill(desk):
    told(desk, lambda: lots_of_today(desk) == 4)

    desk.order(REBAR, c.FUTURE_CLOSE_LONG_TODAY, 1, c.FIX_PRICE, 3_150.0).wait(10)

    told(desk, lambda: lots_of_today(desk) == 3)


def test_a_form_is_previewed_without_asking_once_the_lots_are_there(desk):
    live, order = desk._live, (REBAR, c.FUTURE_CLOSE_LONG_TODAY, 4, 3_150.0)
    with pytest.raises(QueryFailed, match="have not come yet"):
        live.preview(*order)
    told(desk, lambda: True)

    kept, asked = live.preview(*order), desk.preview(*order)

    assert kept.accepted
    assert (kept.freeze_volume, kept.commission) == (asked.freeze_volume, asked.commission)


def test_only_accounts_of_contracts_have_them(desk):
    desk.use("1000000365")

    with pytest.raises(InputError, match="futures or options"):
        _ = desk._live.contracts


def test_a_closed_account_asks_no_more(desk):
    before = len(frames)
    told(desk, lambda: True)
    live = desk._live

    live.close()

    assert len(frames) == before
    with pytest.raises(NotConnected):
        _ = live.contracts
