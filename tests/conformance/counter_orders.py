"""What a stock account does beside shares: bonds, repos, creation units, subscriptions."""

from __future__ import annotations

from collections.abc import Iterator

from tests.conformance.case import Row
from tests.conformance.orders import SECTION, Dealt, near, order_case
from tests.conformance.stage import STOCK, Stage
from xtnb import xtconstant as c

BOND, NIGHT = "113052.SH", "204001.SH"
ETF = "510300.SH"


def _bond_bought(dealt: Dealt) -> None:
    assert dealt.came(BOND) == 100
    assert dealt.after.position(BOND).can_use_volume == 100, "T+0"
    assert near(dealt.cash, -dealt.amount - dealt.fees)


def _bond_sold(dealt: Dealt) -> None:
    assert dealt.came(BOND) == -100
    assert near(dealt.cash, dealt.amount - dealt.fees)


def _bonds(stage: Stage) -> None:
    stage.deal(STOCK, c.STOCK_BUY, BOND, 100, True)


def _lent(dealt: Dealt) -> None:
    face = 100_000.0
    assert dealt.came(NIGHT) == 1_000
    assert near(dealt.amount, face)
    assert near(dealt.cash, -face - dealt.fees)
    assert near(dealt.after.asset.total_asset, dealt.before.asset.total_asset - dealt.fees)
    (trade,) = dealt.trades
    dealt.stage.next_day()
    back = dealt.stage.ledger(STOCK)
    interest = back.asset.cash - dealt.after.asset.cash - face
    nights = interest / (face * trade.traded_price / 100 / 365)
    assert 0.99 < nights < 3.01, "principal and interest are back"
    assert back.volume(NIGHT) == 0


def _basket(order_type: int, sign: int) -> Row:
    def run() -> None:
        with Stage() as stage:
            if sign > 0:  # it takes a basket, which a redemption of the day before gives
                stage.ended(stage.send(STOCK, c.ETF_REDEMPTION, ETF, 10_000), c.ORDER_SUCCEEDED)
                stage.next_day()
            before = stage.ledger(STOCK)
            number = stage.send(STOCK, order_type, ETF, 10_000)
            stage.ended(number, c.ORDER_SUCCEEDED)
            after = stage.ledger(STOCK)
            after.check()
            assert after.volume(ETF) == before.volume(ETF) + sign * 10_000
            moved = {
                key[0]: after.volume(key[0]) - before.volume(key[0])
                for key in before.held.keys() | after.held.keys()
                if key[0] != ETF
            }
            assert all(change * sign <= 0 for change in moved.values()), moved
            worth = after.asset.total_asset - before.asset.total_asset
            assert abs(worth) < 100, "at the references a basket is worth its units"
            assert after.asset.cash != before.asset.cash

    name = "ETF creation" if sign > 0 else "ETF redemption"
    return SECTION, f"STOCK {order_type} {name}", run


def _subscription(market: str) -> Row:
    def run() -> None:
        with Stage() as stage:
            offers = stage.trader.query_ipo_data()
            code, offer = next((k, v) for k, v in offers.items() if k.endswith(market))
            before = stage.ledger(STOCK)
            least, price = offer["minPurchaseNum"], offer["issuePrice"]
            number = stage.send(STOCK, c.STOCK_BUY, code, least, price)
            stage.ended(number, c.ORDER_REPORTED)
            asset = stage.ledger(STOCK).asset
            paid = least * price if market == "BJ" else 0.0
            assert near(asset.frozen_cash, before.asset.frozen_cash + paid)
            again = stage.send(STOCK, c.STOCK_BUY, code, least, price)
            stage.ended(again, c.ORDER_JUNK)
            assert stage.trader.cancel_order_stock(STOCK, number) == 0
            assert stage.ledger(STOCK).figures() == before.figures()

    return SECTION, f"STOCK 23 subscribes to an issue at {market}", run


def rows() -> Iterator[Row]:
    """Buy, sell, lend, create, redeem and subscribe."""
    yield order_case(
        STOCK, c.STOCK_BUY, BOND, 100, _bond_bought, buy=True, words=", a convertible bond"
    )
    yield order_case(
        STOCK,
        c.STOCK_SELL,
        BOND,
        100,
        _bond_sold,
        buy=False,
        before=_bonds,
        words=", a convertible bond",
    )
    yield order_case(STOCK, c.STOCK_SELL, NIGHT, 1_000, _lent, buy=False, words=", lends (repo)")
    yield _basket(c.ETF_PURCHASE, 1)
    yield _basket(c.ETF_REDEMPTION, -1)
    for market in ("SH", "SZ", "BJ"):
        yield _subscription(market)
