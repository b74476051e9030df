"""What each order type does to a stock account and to a Stock Connect account."""

from __future__ import annotations

from collections.abc import Iterator

from tests.conformance.case import Row
from tests.conformance.orders import Dealt, Effect, near, order_case
from tests.conformance.stage import BEIJING, HGT, SGT, STOCK
from xtnb import xtconstant as c
from xtnb.xttype import StockAccount

PUFA, FUND = "600000.SH", "510300.SH"
BEIJING_STOCK = "920185.BJ"


def _bought(code: str, volume: int) -> Effect:
    def effect(dealt: Dealt) -> None:
        assert near(dealt.cash, -dealt.amount - dealt.fees)
        assert dealt.came(code) == volume
        old, new = dealt.before.held.get((code, 0, False)), dealt.after.position(code)
        assert new.on_road_volume == (old.on_road_volume if old else 0) + volume
        assert new.can_use_volume == (old.can_use_volume if old else 0)
        assert near(dealt.after.asset.total_asset, dealt.before.asset.total_asset - dealt.fees)
        assert {trade.offset_flag for trade in dealt.trades} == {c.OFFSET_FLAG_OPEN}

    return effect


def _sold(code: str, volume: int) -> Effect:
    def effect(dealt: Dealt) -> None:
        assert near(dealt.cash, dealt.amount - dealt.fees)
        assert dealt.came(code) == -volume
        old, new = dealt.before.position(code), dealt.after.position(code)
        assert new.can_use_volume == old.can_use_volume - volume
        assert new.frozen_volume == old.frozen_volume
        assert near(dealt.after.asset.fetch_balance, dealt.before.asset.fetch_balance)
        assert {trade.offset_flag for trade in dealt.trades} == {c.OFFSET_FLAG_CLOSE}

    return effect


def _connect(account: StockAccount, code: str) -> Iterator[Row]:
    def bought(dealt: Dealt) -> None:
        (trade,) = dealt.trades
        assert dealt.came(code) == trade.traded_volume
        assert dealt.after.position(code).can_use_volume == dealt.after.volume(code)  # T+0
        yuan = -dealt.cash / (trade.traded_amount + trade.commission)
        assert 0.8 < yuan < 1.0, "Hong Kong dollars are paid for in yuan"

    def sold(dealt: Dealt) -> None:
        (trade,) = dealt.trades
        assert dealt.came(code) == -trade.traded_volume
        assert 0.8 < dealt.cash / (trade.traded_amount - trade.commission) < 1.0
        assert near(dealt.after.asset.fetch_balance, dealt.before.asset.fetch_balance)  # T+2

    yield order_case(account, c.STOCK_BUY, code, 400, bought, buy=True)
    yield order_case(account, c.STOCK_SELL, code, 200, sold, buy=False)


def rows() -> Iterator[Row]:
    """The rows of these accounts."""
    yield order_case(STOCK, c.STOCK_BUY, PUFA, 200, _bought(PUFA, 200), buy=True)
    yield order_case(STOCK, c.STOCK_SELL, PUFA, 200, _sold(PUFA, 200), buy=False)
    fund = _bought(FUND, 1_000)
    yield order_case(STOCK, c.STOCK_BUY, FUND, 1_000, fund, buy=True, words=", a fund")
    fund = _sold(FUND, 1_000)
    yield order_case(STOCK, c.STOCK_SELL, FUND, 1_000, fund, buy=False, words=", a fund")
    yield from _connect(HGT, "00700.HGT")
    yield from _connect(SGT, "09988.SGT")
    bought, sold = _bought(BEIJING_STOCK, 150), _sold(BEIJING_STOCK, 150)
    yield order_case(BEIJING, c.STOCK_BUY, BEIJING_STOCK, 150, bought, buy=True)
    yield order_case(BEIJING, c.STOCK_SELL, BEIJING_STOCK, 150, sold, buy=False)
