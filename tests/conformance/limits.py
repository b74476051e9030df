"""What is refused though the order type and the price type are right: more than there is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tests.conformance.case import Row
from tests.conformance.refusals import refused
from tests.conformance.stage import (
    ACCOUNTS,
    BEIJING,
    CREDIT,
    FUTURE,
    FUTURE_OPTION,
    HGT,
    OPTION,
    SGT,
    STOCK,
    shared,
)
from xtnb import xtconstant as c
from xtnb.errors import RefusalCode as Code
from xtnb.terminal.accounts.options_opening import future_series, series
from xtnb.xttype import StockAccount

_CALL = series("510300.SH", True, 12, 2).stock_code
_PUT = series("510300.SH", False, 12, 1).stock_code
_RIGHT_PUT = series("159915.SZ", False, 12, 1).stock_code
_COVERED = series("510050.SH", True, 12, 3).stock_code

_FO_CALL = future_series("m2705.DF", True, 2).stock_code
_FO_PUT = future_series("m2705.DF", False, 1).stock_code

SECTION = "股票同步报单"

Over = tuple[StockAccount, str, int, str, int, int, Code]
"""Who, what in words, order type, code, volume, ticks from the last price, the refusal."""

_TABLE: tuple[Over, ...] = (
    (STOCK, "buys more than its cash pays", 23, "600519.SH", 100_000, 0, Code.CASH),
    (STOCK, "sells more than it holds", 24, "600000.SH", 12_100, 0, Code.VOLUME),
    (STOCK, "sells what it bought today", 24, "688981.SH", 200, 0, Code.VOLUME),
    (STOCK, "buys less than a lot", 23, "600000.SH", 50, 0, Code.LOT),
    (STOCK, "lends less than a lot", 24, "204001.SH", 5, 0, Code.LOT),
    (STOCK, "creates less than a unit", 134, "510300.SH", 100, 0, Code.LOT),
    (STOCK, "creates what is no ETF", 134, "600000.SH", 100, 0, Code.NOT_ELIGIBLE),
    (STOCK, "redeems more than it holds", 135, "510300.SH", 1_000_000, 0, Code.VOLUME),
    (CREDIT, "buys more than its cash pays", 23, "600036.SH", 500_000, 0, Code.CASH),
    (CREDIT, "sells what it bought on margin", 24, "601318.SH", 3_000, 0, Code.VOLUME),
    (CREDIT, "buys on margin beyond its margin", 27, "601318.SH", 10_000, 0, Code.MARGIN),
    (CREDIT, "buys on margin beyond its line", 27, "601318.SH", 500_000, 0, Code.QUOTA),
    (CREDIT, "sells short below the last price", 28, "600036.SH", 100, -1, Code.UPTICK),
    (CREDIT, "sells short what it cannot borrow", 28, "600036.SH", 900_000, 0, Code.LENDABLE),
    (CREDIT, "sells short a special share it lacks", 41, "600036.SH", 100, 0, Code.LENDABLE),
    (CREDIT, "buys back what it does not owe", 29, "600036.SH", 100, 0, Code.DEBT),
    (CREDIT, "returns what it does not owe", 30, "600036.SH", 100, 0, Code.DEBT),
    (CREDIT, "returns to the special pool", 43, "600036.SH", 100, 0, Code.DEBT),
    (CREDIT, "repays cash to the special pool", 45, "600036.SH", 100, 0, Code.DEBT),
    (FUTURE, "closes more overnight lots", 1, "rb2701.SF", 7, 0, Code.VOLUME),
    (FUTURE, "closes more of today's lots", 2, "rb2701.SF", 5, 0, Code.VOLUME),
    (FUTURE, "closes overnight lots short", 4, "rb2701.SF", 1, 0, Code.VOLUME),
    (FUTURE, "closes today's lots short", 5, "rb2705.SF", 1, 0, Code.VOLUME),
    (FUTURE, "over-closes, today first", 6, "rb2701.SF", 11, 0, Code.VOLUME),
    (FUTURE, "over-closes, overnight first", 7, "rb2701.SF", 11, 0, Code.VOLUME),
    (FUTURE, "over-closes short, today first", 8, "SR701.ZF", 11, 0, Code.VOLUME),
    (FUTURE, "over-closes short, overnight first", 9, "SR701.ZF", 11, 0, Code.VOLUME),
    (FUTURE, "opens beyond its money", 0, "IF2612.IF", 10, 0, Code.CASH),
    (FUTURE, "rolls more than it has", 19, "rb2701.SF", 11, 0, Code.VOLUME),
    (FUTURE, "rolls short what it lacks", 21, "rb2701.SF", 1, 0, Code.VOLUME),
    (FUTURE, "prices off the tick", 0, "sc2701.INE", 1, 0, Code.TICK),
    (OPTION, "closes more rights", 49, _CALL, 11, 0, Code.VOLUME),
    (OPTION, "closes more obligations", 51, _PUT, 5, 0, Code.VOLUME),
    (OPTION, "sells covered beyond its locked shares", 52, _COVERED, 2, 0, Code.LOCKED),
    (OPTION, "sells a put covered", 52, _PUT, 1, 0, Code.ORDER_TYPE),
    (OPTION, "closes more covered calls", 53, _COVERED, 4, 0, Code.VOLUME),
    (OPTION, "exercises a call before its last day", 54, _CALL, 1, 0, Code.EXERCISE),
    (OPTION, "exercises a put before its last day", 55, _RIGHT_PUT, 1, 0, Code.EXERCISE),
    (OPTION, "locks more shares", 56, "510050.SH", 10_001, 0, Code.VOLUME),
    (OPTION, "unlocks shares that cover calls", 57, "510050.SH", 10_001, 0, Code.LOCKED),
    (OPTION, "locks what is no underlying", 56, "600000.SH", 100, 0, Code.UNKNOWN_CODE),
    (OPTION, "sells more in one order than may be", 50, _PUT, 51, 0, Code.TOO_LARGE),
    (FUTURE_OPTION, "closes more overnight rights", 1, _FO_CALL, 11, 0, Code.VOLUME),
    (FUTURE_OPTION, "closes today's rights it lacks", 2, _FO_CALL, 1, 0, Code.VOLUME),
    (FUTURE_OPTION, "closes more obligations", 4, _FO_PUT, 7, 0, Code.VOLUME),
    (FUTURE_OPTION, "closes today's obligations it lacks", 5, _FO_PUT, 1, 0, Code.VOLUME),
    (FUTURE_OPTION, "over-closes", 6, _FO_CALL, 11, 0, Code.VOLUME),
    (FUTURE_OPTION, "exercises more than it has", 100, _FO_CALL, 11, 0, Code.VOLUME),
    (FUTURE_OPTION, "exercises an obligation", 100, _FO_PUT, 1, 0, Code.VOLUME),
    (HGT, "buys an odd lot", 23, "00700.HGT", 50, 0, Code.LOT),
    (HGT, "sells more than it holds", 24, "00700.HGT", 500, 0, Code.VOLUME),
    (HGT, "buys more than its yuan pay", 23, "00700.HGT", 100_000, 0, Code.CASH),
    (SGT, "buys an odd lot", 23, "09988.SGT", 50, 0, Code.LOT),
    (SGT, "sells more than it holds", 24, "09988.SGT", 700, 0, Code.VOLUME),
)
_BEIJING: tuple[Over, ...] = (
    (BEIJING, "buys less than a hundred", 23, "920185.BJ", 99, 0, Code.LOT),
    (BEIJING, "sells what it bought today", 24, "920185.BJ", 2_300, 0, Code.VOLUME),
    (BEIJING, "buys more than its cash pays", 23, "920185.BJ", 100_000, 0, Code.CASH),
    (BEIJING, "creates units", 134, "510300.SH", 100, 0, Code.ORDER_TYPE),
)
# What each account does not trade.
_ELSEWHERE = {
    STOCK: ("rb2701.SF", _CALL, _FO_CALL, "00700.HGT"),
    CREDIT: ("rb2701.SF", _CALL, _FO_CALL, "00700.HGT"),
    FUTURE: ("600000.SH", _CALL, _FO_CALL, "00700.HGT"),
    OPTION: ("600000.SH", "rb2701.SF", _FO_CALL, "00700.HGT"),
    FUTURE_OPTION: ("600000.SH", _CALL, "00700.HGT"),
    HGT: ("600000.SH", "rb2701.SF", _CALL, "09988.SGT"),
    SGT: ("600000.SH", "rb2701.SF", _CALL, "00700.HGT"),
    BEIJING: ("600000.SH", "510300.SH", "113052.SH", "204001.SH", "rb2701.SF", _CALL, "00700.HGT"),
}
_OPENS = {FUTURE: 0, FUTURE_OPTION: 0, OPTION: 48}
_NO_PRICE = {30, 43, 45, 54, 55, 56, 57, 100, 134, 135}


def _over(over: Over) -> None:
    account, _, order_type, code, volume, ticks, expected = over
    stage = shared()
    price = 0.0
    if order_type not in _NO_PRICE:
        price = stage.last(code) + ticks * stage.tick(code)
        if expected == Code.TICK:
            price += stage.tick(code) / 2
    found = refused(stage, account, code, order_type, volume, price)
    assert found == expected, Code(found).name


def _beyond_limits(account: StockAccount, up: bool) -> None:
    stage = shared()
    order_type = _OPENS.get(account, 23)
    code, volume = _SMALL[account]
    terms = stage.terms(code)
    price = terms.up + terms.tick if up else terms.down - terms.tick
    if price <= 0:
        price = terms.up + 2 * terms.tick
    found = refused(stage, account, code, order_type, volume, price / 10_000)
    assert found in (Code.PRICE_LIMIT, Code.PRICE_CAGE), Code(found).name


_SMALL = {
    STOCK: ("600000.SH", 100),
    CREDIT: ("600036.SH", 100),
    FUTURE: ("m2701.DF", 1),
    OPTION: (_CALL, 1),
    FUTURE_OPTION: (_FO_CALL, 1),
    BEIJING: ("920185.BJ", 100),
}


def _elsewhere(account: StockAccount, code: str) -> None:
    stage = shared()
    order_type = _OPENS.get(account, 23)
    found = refused(stage, account, code, order_type, 100, stage.last(code))
    assert found in (Code.UNKNOWN_CODE, Code.ORDER_TYPE), Code(found).name


def _unknown(account: StockAccount) -> None:
    found = refused(shared(), account, "999999.SH", _OPENS.get(account, 23), 100, 1.0)
    assert found == Code.UNKNOWN_CODE, Code(found).name


def _table(table: Iterable[Over]) -> Iterator[Row]:
    for over in table:
        kind = c.ACCOUNT_TYPE_DICT[over[0].account_type]
        yield SECTION, f"{kind} {over[2]} {over[1]}: refused", lambda one=over: _over(one)


def _limits(accounts: Iterable[StockAccount]) -> Iterator[Row]:
    for account in accounts:
        kind = c.ACCOUNT_TYPE_DICT[account.account_type]
        for up in (True, False):
            way = "above limit up" if up else "below limit down"
            what = f"{kind} orders {way}: refused"
            yield SECTION, what, lambda who=account, high=up: _beyond_limits(who, high)


def _others(accounts: Iterable[StockAccount]) -> Iterator[Row]:
    for account in accounts:
        kind = c.ACCOUNT_TYPE_DICT[account.account_type]
        for code in _ELSEWHERE[account]:
            what = f"{kind} trades {code}: refused"
            yield SECTION, what, lambda who=account, other=code: _elsewhere(who, other)
        yield SECTION, f"{kind} trades an unknown code: refused", lambda who=account: _unknown(who)


def rows() -> Iterator[Row]:
    """Orders beyond what an account has, or trades. What came later is at the end."""
    yield from _table(_TABLE)
    yield from _limits(one for one in _SMALL if one is not BEIJING)
    yield from _others(one for one in ACCOUNTS if one is not BEIJING)
    yield from _table(_BEIJING)
    yield from _limits([BEIJING])
    yield from _others([BEIJING])
