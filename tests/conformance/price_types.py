"""Every price type at every venue: what it does to a book of seven levels, or its refusal.

On the other side there is one lot at each of the seven ticks behind the last price,
on the own side one at a tick before it. The order is of ten lots.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tests.conformance.case import Row
from tests.conformance.refusals import refused
from tests.conformance.stage import (
    BEIJING,
    CREDIT,
    FUTURE,
    FUTURE_OPTION,
    HGT,
    OPTION,
    SGT,
    STOCK,
    Stage,
    shared,
)
from xtnb import xtconstant as c
from xtnb.errors import RefusalCode
from xtnb.terminal.accounts.options_opening import future_series, series
from xtnb.vocabulary.codes import PriceType
from xtnb.xttype import StockAccount

_LEVELS, _LOTS = 7, 10


class Venue(NamedTuple):
    """A place to trade: who sends what, and the market's price types there."""

    name: str
    account: StockAccount
    order_type: int
    code: str
    lot: int
    valid: frozenset[int]
    sells: bool = False


class Outcome(NamedTuple):
    """Lots filled, the status, and the ticks from the last price where the rest waits.

    They are counted upwards for a buy and downwards for a sale.
    """

    filled: int
    status: int
    rests_at: int | None = None


_LIMITS = {c.LATEST_PRICE, c.FIX_PRICE}
_BOTH = {c.MARKET_PEER_PRICE_FIRST, c.MARKET_MINE_PRICE_FIRST}
_SH = {c.MARKET_SH_CONVERT_5_CANCEL, c.MARKET_SH_CONVERT_5_LIMIT}
_SZ = {
    c.MARKET_SZ_INSTBUSI_RESTCANCEL,
    c.MARKET_SZ_CONVERT_5_CANCEL,
    c.MARKET_SZ_FULL_OR_CANCEL,
}


def _series(underlying: str) -> str:
    return series(underlying, True, 12, 1).stock_code


def _venue(
    name: str, account: StockAccount, order_type: int, code: str, lot: int, *valid: int
) -> Venue:
    return Venue(name, account, order_type, code, lot, frozenset(valid))


VENUES = (
    _venue("Shanghai", STOCK, 23, "600000.SH", 100, *_LIMITS, *_BOTH, *_SH),
    _venue("Shanghai STAR", STOCK, 23, "688981.SH", 200, *_LIMITS, *_BOTH, *_SH),
    _venue("Shenzhen", STOCK, 23, "000001.SZ", 100, *_LIMITS, *_BOTH, *_SZ),
    _venue("Shenzhen ChiNext", STOCK, 23, "300750.SZ", 100, *_LIMITS, *_BOTH, *_SZ),
    _venue("Beijing", STOCK, 23, "920819.BJ", 100, *_LIMITS, *_BOTH, *_SH),
    _venue("Shanghai funds", STOCK, 23, "510300.SH", 100, *_LIMITS, *_BOTH, *_SH),
    _venue("convertible bonds", STOCK, 23, "113052.SH", 10, c.FIX_PRICE),
    _venue("SHFE", FUTURE, 0, "rb2701.SF", 1, *_LIMITS),
    _venue("INE", FUTURE, 0, "sc2701.INE", 1, *_LIMITS),
    _venue("DCE", FUTURE, 0, "m2701.DF", 1, *_LIMITS, 19, 20),
    _venue("CZCE", FUTURE, 0, "SR701.ZF", 1, *_LIMITS, 18),
    _venue("CFFEX", FUTURE, 0, "T2612.IF", 1, *_LIMITS, 21, 22, 23, 24),
    _venue("GFEX", FUTURE, 0, "si2701.GF", 1, *_LIMITS),
    _venue("Shanghai options", OPTION, 48, _series("510050.SH"), 1, *_LIMITS),
    _venue("Shenzhen options", OPTION, 48, _series("159915.SZ"), 1, *_LIMITS, *_BOTH, *_SZ),
    _venue("Shanghai Connect", HGT, 23, "01810.HGT", 200, c.FIX_PRICE),
    _venue("Shenzhen Connect", SGT, 23, "01398.SGT", 1_000, c.FIX_PRICE),
)

_FO_MEAL = future_series("m2705.DF", True, 2).stock_code
_FO_COPPER = future_series("cu2701.SF", False, 1).stock_code


def _sale(
    name: str, account: StockAccount, order_type: int, code: str, lot: int, *valid: int
) -> Venue:
    return Venue(name, account, order_type, code, lot, frozenset(valid), True)


# Sales, margin accounts, options on futures and accounts for Beijing.
MORE = (
    _sale("Shanghai sales", STOCK, 24, "600000.SH", 100, *_LIMITS, *_BOTH, *_SH),
    _sale("Shenzhen sales", STOCK, 24, "000001.SZ", 100, *_LIMITS, *_BOTH, *_SZ),
    _sale("Shanghai funds' sales", STOCK, 24, "510300.SH", 100, *_LIMITS, *_BOTH, *_SH),
    _venue("NEEQ", BEIJING, 23, "920185.BJ", 100, *_LIMITS, *_BOTH, *_SH),
    _sale("NEEQ sales", BEIJING, 24, "920185.BJ", 100, *_LIMITS, *_BOTH, *_SH),
    _venue("collateral buys", CREDIT, 23, "600036.SH", 100, *_LIMITS, *_BOTH, *_SH),
    _sale("collateral sales", CREDIT, 24, "600036.SH", 100, *_LIMITS, *_BOTH, *_SH),
    _sale("collateral sales, Shenzhen", CREDIT, 24, "000858.SZ", 100, *_LIMITS, *_BOTH, *_SZ),
    _venue("margin buys", CREDIT, 27, "601318.SH", 100, *_LIMITS, *_BOTH, *_SH),
    _sale("short sales", CREDIT, 28, "600036.SH", 100, *_LIMITS),
    _sale("sales to repay", CREDIT, 31, "601318.SH", 100, *_LIMITS, *_BOTH, *_SH),
    _sale("SHFE sales", FUTURE, 3, "rb2701.SF", 1, *_LIMITS),
    _sale("DCE sales", FUTURE, 3, "m2701.DF", 1, *_LIMITS, 19, 20),
    _sale("CZCE sales", FUTURE, 3, "SR701.ZF", 1, *_LIMITS, 18),
    _sale("CFFEX sales", FUTURE, 3, "T2612.IF", 1, *_LIMITS, 21, 22, 23, 24),
    _sale("GFEX sales", FUTURE, 3, "si2701.GF", 1, *_LIMITS),
    _sale("Shanghai options' sales", OPTION, 50, _series("510050.SH"), 1, *_LIMITS),
    _sale("Shenzhen options' sales", OPTION, 50, _series("159915.SZ"), 1, *_LIMITS, *_BOTH, *_SZ),
    _venue("DCE options", FUTURE_OPTION, 0, _FO_MEAL, 1, *_LIMITS, 19, 20),
    _sale("DCE options' sales", FUTURE_OPTION, 3, _FO_MEAL, 1, *_LIMITS, 19, 20),
    _venue("SHFE options", FUTURE_OPTION, 0, _FO_COPPER, 1, *_LIMITS),
    _sale("Shanghai Connect sales", HGT, 24, "01810.HGT", 200, c.FIX_PRICE),
    _sale("Shenzhen Connect sales", SGT, 24, "01398.SGT", 1_000, c.FIX_PRICE),
)

_RESTED, _PART, _CUT, _GONE = (
    c.ORDER_REPORTED,
    c.ORDER_PART_SUCC,
    c.ORDER_PART_CANCEL,
    c.ORDER_CANCELED,
)
OUTCOMES = {
    c.LATEST_PRICE: Outcome(0, _RESTED, 0),
    c.FIX_PRICE: Outcome(3, _PART, 3),
    c.MARKET_BEST: Outcome(1, _CUT),
    c.MARKET_CANCEL: Outcome(_LEVELS, _CUT),
    c.MARKET_CANCEL_ALL: Outcome(0, _GONE),
    c.MARKET_CANCEL_1: Outcome(1, _CUT),
    c.MARKET_CANCEL_5: Outcome(5, _CUT),
    c.MARKET_CONVERT_1: Outcome(1, _PART, 1),
    c.MARKET_CONVERT_5: Outcome(5, _PART, 5),
    c.MARKET_SH_CONVERT_5_CANCEL: Outcome(5, _CUT),
    c.MARKET_SH_CONVERT_5_LIMIT: Outcome(5, _PART, 5),
    c.MARKET_PEER_PRICE_FIRST: Outcome(1, _PART, 1),
    c.MARKET_MINE_PRICE_FIRST: Outcome(0, _RESTED, -1),
    c.MARKET_SZ_INSTBUSI_RESTCANCEL: Outcome(_LEVELS, _CUT),
    c.MARKET_SZ_CONVERT_5_CANCEL: Outcome(5, _CUT),
    c.MARKET_SZ_FULL_OR_CANCEL: Outcome(0, _GONE),
}


def _valid(venue: Venue, price_type: int) -> None:
    with Stage() as stage:
        code, lot, account = venue.code, venue.lot, venue.account
        if account is FUTURE:
            _pay_in(stage)
        last, tick = stage.last(code), stage.tick(code)
        if venue.sells:
            tick = -tick
        for level in range(1, _LEVELS + 1):
            stage.offer(code, venue.sells, last + level * tick, lot)
        stage.offer(code, not venue.sells, last - tick, lot)
        price = last + 3 * tick if price_type == c.FIX_PRICE else 0.0
        number = stage.send(account, venue.order_type, code, _LOTS * lot, price, price_type)
        wanted = OUTCOMES[price_type]
        order = stage.trader.query_stock_order(account, number)
        assert order is not None
        assert order.order_status == wanted.status, (order.order_status, order.status_msg)
        assert order.traded_volume == wanted.filled * lot
        stage.ended(number, wanted.status)
        trades = stage.trader.query_stock_trades(account) or []
        prices = [round(trade.traded_price, 4) for trade in trades]
        assert prices == [round(last + n * tick, 4) for n in range(1, wanted.filled + 1)]
        ledger = stage.ledger(account)
        ledger.check()
        if wanted.rests_at is None:
            assert ledger.asset.frozen_cash == stage.ledger(account).asset.frozen_cash
            assert not stage.trader.query_stock_orders(account, True)
        else:
            assert round(order.price, 4) == round(last + wanted.rests_at * tick, 4)
            assert stage.trader.cancel_order_stock(account, number) == 0


def _short(venue: Venue) -> None:
    """A short sale is at the last price or above, so what is bid below is not reached."""
    with Stage() as stage:
        code, last, tick = venue.code, stage.last(venue.code), stage.tick(venue.code)
        stage.offer(code, True, last - tick, venue.lot)
        for price, price_type in ((last + tick, c.FIX_PRICE), (0.0, c.LATEST_PRICE)):
            number = stage.send(venue.account, 28, code, venue.lot, price, price_type)
            order = stage.ended(number, c.ORDER_REPORTED)
            assert round(order.price, 4) == round(price or last, 4)
            stage.ledger(venue.account).check()


def _pay_in(stage: Stage) -> None:
    """Ten lots of crude need more margin than the demo's account has free."""
    account = FUTURE
    (bank, *_) = stage.trader.query_bank_info(account) or []
    done, text = stage.trader.bank_transfer_in(account, bank.bank_no, bank.bank_account, 500_000.0)
    assert done, text


def _invalid(venue: Venue, price_type: int) -> None:
    stage = shared()
    found = refused(
        stage,
        venue.account,
        venue.code,
        venue.order_type,
        venue.lot,
        stage.last(venue.code),
        price_type,
    )
    assert found == RefusalCode.PRICE_TYPE, found


def rows() -> Iterator[Row]:
    """Every price type of the manual at every venue."""
    for venue in VENUES:
        for price_type in sorted(OUTCOMES):
            name = f"{price_type} {PriceType.label_of(price_type, 'en')}"
            if price_type in venue.valid:
                what = f"{venue.name} {name}"
                yield "报价类型(price_type)", what, lambda v=venue, p=price_type: _valid(v, p)
            else:
                what = f"{venue.name} has no {name}"
                yield "报价类型(price_type)", what, lambda v=venue, p=price_type: _invalid(v, p)


def more_rows() -> Iterator[Row]:
    """Every price type of the manual for sales, margin accounts, and what came later."""
    for venue in MORE:
        for price_type in sorted(OUTCOMES):
            name = f"{price_type} {PriceType.label_of(price_type, 'en')}"
            what = f"{venue.name} {name}"
            if price_type not in venue.valid:
                what = f"{venue.name}: no {name}"
                yield "报价类型(price_type)", what, lambda v=venue, p=price_type: _invalid(v, p)
            elif venue.order_type != c.CREDIT_SLO_SELL:
                yield "报价类型(price_type)", what, lambda v=venue, p=price_type: _valid(v, p)
        if venue.order_type == c.CREDIT_SLO_SELL:
            what = f"{venue.name} 5 and 11 at the last price or above"
            yield "报价类型(price_type)", what, lambda v=venue: _short(v)
