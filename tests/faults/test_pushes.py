"""Pushes that are dropped, doubled, delayed and overtaken on their way."""

from __future__ import annotations

import pytest

from tests.faults.desks import CODE, Trial
from tests.faults.edits import Mischief
from tests.faults.network import DOWN
from tests.faults.ways import ME, Served, Vendor
from tests.link.serving import until
from xtnb import xtconstant as c
from xtnb.vocabulary.messages import PushKind

FILLS = 120


def fills_of(trial: Trial) -> list[str]:
    return [one.traded_id for one in trial.way.other.query_stock_trades(ME)]


def trade(trial: Trial, count: int) -> None:
    """Somebody else buys, share by share as fast as the terminal takes it."""
    quote = trial.way.host.call(lambda: trial.way.host.market.quote(CODE))
    before = len(trial.way.other.query_stock_orders(ME))
    for _ in range(count):
        trial.way.other.order_stock_async(
            *(ME, CODE, c.STOCK_BUY, 100, c.FIX_PRICE, quote.ask_price[0])
        )
    until(lambda: len(trial.way.other.query_stock_orders(ME)) == before + count)


@pytest.mark.parametrize("seed", range(3))
def test_over_nats_every_fill_is_told_once_and_in_order_whatever_the_wire_does(seed, tmp_path):
    trial = Trial(Served(tmp_path / "terminal", 0))
    mischief = Mischief(seed, drop=0.3, double=0.2, late=0.3)
    trial.way.network.edit(DOWN, mischief)
    try:
        for _ in range(12):
            trade(trial, FILLS // 12)
            trial.desk.trader.query_account_status()
        until(lambda: len(trial.heard) >= len(fills_of(trial)))

        assert trial.heard == fills_of(trial)
        assert min(mischief.count) > 0
        assert trial.connection.losses == 0
        trial.check()
    finally:
        trial.close()


def test_over_nats_numbers_have_no_gap_however_much_is_lost(tmp_path):
    trial = Trial(Served(tmp_path / "terminal", 0))
    trial.way.network.edit(DOWN, Mischief(1, drop=1.0, double=0.0, late=0.0))
    numbers = []
    trial.desk.trader.tap(lambda push: numbers.append(push.number))
    try:
        trade(trial, 40)
        until(lambda: len(trial.heard) == len(fills_of(trial)))
        trial.desk.trader.query_account_status()

        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    finally:
        trial.close()


@pytest.mark.parametrize("seed", range(3))
def test_what_the_vendor_s_callbacks_lose_is_told_by_the_comparison(seed, tmp_path):
    trial = Trial(Vendor(tmp_path / "terminal", 0))
    trial.way.faulty.mischief = Mischief(seed, drop=0.3, double=0.2, late=0.0)
    try:
        trade(trial, FILLS)
        trial.desk.trader.query_account_status()

        trial.check()

        assert 0 < len(trial.heard) < len(fills_of(trial))
    finally:
        trial.close()


def test_an_order_that_is_done_does_not_come_to_life_by_late_news(tmp_path):
    trial = Trial(Vendor(tmp_path / "terminal", 0))
    told = []
    trial.desk.trader.tap(
        lambda push: told.append(push.record.order_status) if push.kind == PushKind.ORDER else None
    )
    trial.way.faulty.mischief = Mischief(3, drop=0.0, double=0.0, late=0.6)
    try:
        for _ in range(10):
            key = trial.buy(100, crossing=False)
            trial.way.other.cancel_order_stock(ME, trial.numbers[key])
            trial.desk.trader.query_account_status()

        orders = trial.desk._live.books.orders.records()
        assert {one.order_status for one in orders} == {c.ORDER_CANCELED}
        assert c.ORDER_CANCELED in told
    finally:
        trial.close()
