"""What an order of a futures account comes to: its parts, and what they hold.

The paper terminal and the ticket ask the same functions. An order type says which
lots are closed and what is opened; where the exchange keeps today's lots apart from
overnight ones, a close that touches both becomes two parts.

    0 3 14 15       one part that opens; 15 sells without closing first, whatever its name
    1 2 4 5         one part that closes overnight (1, 4) or today's lots (2, 5)
    6 to 9          closes both kinds, the named one first
    10 to 13        closes what there is, in that order, and opens the rest
    16 to 18        both legs of an exchange combination
    19 to 22        closes the near contract and opens the next listed one

More than can be closed is refused, never cut. Source: the vendor's xtconstant for
what the types are called; how they split, and that closing holds no money, is ours.

A combination is written "SP m2701&m2705.DF": 16 buys the first contract and sells the
second, both to open; 17 and 18 sell the first and buy the second back. For the other
side write the legs the other way round. Its price is first minus second. Ours.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from xtnb import xtconstant as c
from xtnb.errors import CashShort, RefusalCode, Refused, VolumeShort
from xtnb.rules.futures import FuturesDay, FuturesTerms, refuse_price_type
from xtnb.rules.sessions import check_session
from xtnb.vocabulary.codes import OrderType


class Closable(NamedTuple):
    """Lots of one direction that no open order holds."""

    today: int = 0
    past: int = 0


class Prices(NamedTuple):
    """What the market shows, 1e-4 yuan; 0 where there is none.

    `second` is its time of day, in seconds since midnight; -1 for not known.
    """

    bid: int = 0
    ask: int = 0
    last: int = 0
    second: int = -1


NOTHING = Closable()


@dataclass(frozen=True, slots=True)
class Part:
    """One child of an order.

    Attributes:
        day: the contract and its rules.
        buy: which side of the book it meets.
        opens: opens, or closes.
        long: the direction of the position that it changes.
        offset_flag: 48 open, 49 close, 51 close today, 52 close overnight.
        takes: what a close takes, in order: (today's, lots).
        volume: lots.
        price: limit, or the worst price accepted, 1e-4 yuan.
        margin_price: what the margin of an opening is frozen at: no fill needs more.
        margin, fees: what it holds; 0 and an estimate (not held) for a close.
    """

    day: FuturesDay
    buy: bool
    opens: bool
    long: bool
    offset_flag: int
    takes: tuple[tuple[bool, int], ...]
    volume: int
    price: int = 0
    margin_price: int = 0
    margin: int = 0
    fees: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """An order that may enter: its parts, and what it takes from what is available."""

    parts: tuple[Part, ...]

    @property
    def margin(self) -> int:
        """Margin that will be frozen, 1e-4 yuan."""
        return sum(part.margin for part in self.parts)

    @property
    def held_fees(self) -> int:
        """Fees of opening that will be frozen, 1e-4 yuan."""
        return sum(part.fees for part in self.parts if part.opens)

    @property
    def fees(self) -> int:
        """All fees if every part is filled at its price, 1e-4 yuan."""
        return sum(part.fees for part in self.parts)

    @property
    def held(self) -> int:
        """What is taken from available cash at once, 1e-4 yuan."""
        return self.margin + self.held_fees


class _Style(NamedTuple):
    """An order type: the position that it closes, in which order, and whether the rest opens."""

    buy: bool
    closes: tuple[bool, ...] = ()  # today's lots True, overnight ones False
    opens: bool = False


_TODAY, _PAST = True, False
_STYLES = {
    c.FUTURE_OPEN_LONG: _Style(True, (), True),
    c.FUTURE_CLOSE_LONG_HISTORY: _Style(False, (_PAST,)),
    c.FUTURE_CLOSE_LONG_TODAY: _Style(False, (_TODAY,)),
    c.FUTURE_OPEN_SHORT: _Style(False, (), True),
    c.FUTURE_CLOSE_SHORT_HISTORY: _Style(True, (_PAST,)),
    c.FUTURE_CLOSE_SHORT_TODAY: _Style(True, (_TODAY,)),
    c.FUTURE_CLOSE_LONG_TODAY_FIRST: _Style(False, (_TODAY, _PAST)),
    c.FUTURE_CLOSE_LONG_HISTORY_FIRST: _Style(False, (_PAST, _TODAY)),
    c.FUTURE_CLOSE_SHORT_TODAY_FIRST: _Style(True, (_TODAY, _PAST)),
    c.FUTURE_CLOSE_SHORT_HISTORY_FIRST: _Style(True, (_PAST, _TODAY)),
    c.FUTURE_CLOSE_LONG_TODAY_HISTORY_THEN_OPEN_SHORT: _Style(False, (_TODAY, _PAST), True),
    c.FUTURE_CLOSE_LONG_HISTORY_TODAY_THEN_OPEN_SHORT: _Style(False, (_PAST, _TODAY), True),
    c.FUTURE_CLOSE_SHORT_TODAY_HISTORY_THEN_OPEN_LONG: _Style(True, (_TODAY, _PAST), True),
    c.FUTURE_CLOSE_SHORT_HISTORY_TODAY_THEN_OPEN_LONG: _Style(True, (_PAST, _TODAY), True),
    c.FUTURE_OPEN: _Style(True, (), True),
    c.FUTURE_CLOSE: _Style(False, (), True),
}
_ROLLS = {
    c.FUTURE_RENEW_LONG_CLOSE_HISTORY_FIRST: _Style(False, (_PAST, _TODAY)),
    c.FUTURE_RENEW_LONG_CLOSE_TODAY_FIRST: _Style(False, (_TODAY, _PAST)),
    c.FUTURE_RENEW_SHORT_CLOSE_HISTORY_FIRST: _Style(True, (_PAST, _TODAY)),
    c.FUTURE_RENEW_SHORT_CLOSE_TODAY_FIRST: _Style(True, (_TODAY, _PAST)),
}
_SPREADS: dict[int, tuple[bool, ...]] = {
    c.FUTURE_ARBITRAGE_OPEN: (),
    c.FUTURE_ARBITRAGE_CLOSE_HISTORY_FIRST: (_PAST, _TODAY),
    c.FUTURE_ARBITRAGE_CLOSE_TODAY_FIRST: (_TODAY, _PAST),
}
SINGLE_TYPES = frozenset(_STYLES)
ROLL_TYPES = frozenset(_ROLLS)
SPREAD_TYPES = frozenset(_SPREADS)


def refuse_order_type(order_type: int) -> Refused:
    """The refusal of an order type that a futures account does not have."""
    zh, en = (OrderType.label_of(order_type, language) for language in ("zh", "en"))
    return Refused(
        RefusalCode.ORDER_TYPE,
        f"FUTURE 账户没有委托类型 {order_type}（{zh}）；可用 0 至 22",
        f"FUTURE accounts have no order type {order_type} ({en}); they may send 0 to 22",
    )


def judge(
    day: FuturesDay,
    order_type: int,
    price_type: int,
    volume: int,
    price: int,
    *,
    long: Closable = NOTHING,
    short: Closable = NOTHING,
    available: int,
    prices: Prices,
    terms: FuturesTerms,
) -> Verdict:
    """Say what an order in one contract comes to (types 0 to 15).

    Args:
        day: the contract today.
        order_type, price_type, volume, price: as sent; the price in 1e-4 yuan.
        long, short: what can be closed.
        available: cash that nothing holds, 1e-4 yuan.
        prices: what the market shows.
        terms: the broker's.

    Raises:
        Refused: ORDER_TYPE, as `FuturesDay.check`, or CLOSED outside the sessions.
        VolumeShort: it would close more than can be closed.
        CashShort: margin and fees of what it opens.
    """
    style = _STYLES.get(order_type)
    if style is None:
        raise refuse_order_type(order_type)
    limit = day.check(style.buy, price_type, volume, price, prices.last)
    _open(day, prices, terms)
    parts = _split(day, style, volume, short if style.buy else long)
    return _affordable(_priced(parts, limit, prices.bid, terms), available)


def judge_roll(
    near: FuturesDay,
    following: FuturesDay | None,
    order_type: int,
    price_type: int,
    volume: int,
    price: int,
    *,
    long: Closable = NOTHING,
    short: Closable = NOTHING,
    available: int,
    prices: Prices,
    terms: FuturesTerms,
) -> Verdict:
    """Say what a roll comes to (19 to 22): closes in the near contract, one opening in the next.

    Price and price type are those of the near contract. The opening, the last part, is
    sent when the closes are done, for as many lots, at the other side's best price of
    then; until then it holds margin at limit up. Ours.

    Raises:
        Refused: as `judge`; UNKNOWN_CODE when no later contract is listed.
    """
    style = _ROLLS.get(order_type)
    if style is None:
        raise refuse_order_type(order_type)
    limit = near.check(style.buy, price_type, volume, price, prices.last)
    _open(near, prices, terms)
    if following is None:
        code = near.instrument.stock_code
        raise Refused(
            RefusalCode.UNKNOWN_CODE,
            f"{code} 之后没有已上市合约",
            f"no contract is listed after {code}",
        )
    buy = not style.buy
    following.check(buy, c.LATEST_PRICE, volume, 0, following.prev_close)
    closes = _split(near, style, volume, short if style.buy else long)
    parts = _priced(closes, limit, prices.bid, terms)
    opening = Part(following, buy, True, buy, c.OFFSET_FLAG_OPEN, (), volume)
    return _affordable([*parts, *_priced([opening], following.up, following.up, terms)], available)


def judge_spread(
    first: FuturesDay,
    second: FuturesDay,
    combination: str,
    order_type: int,
    price_type: int,
    volume: int,
    *,
    first_long: Closable = NOTHING,
    second_short: Closable = NOTHING,
    available: int,
    prices: tuple[Prices, Prices],
    terms: FuturesTerms,
) -> Verdict:
    """Say what both legs of a combination come to (16 to 18).

    Both legs are filled in full at once, or neither is; each holds as a market order
    does. Which price the two may come to is left to the caller, who sees the books.

    Args:
        combination: its kind: "SP", "SPD" within a product, "SPC", "IPS" across two.

    Raises:
        Refused: as `judge`; UNKNOWN_CODE for a combination that is not listed;
            PRICE_TYPE for others than FIX_PRICE and LATEST_PRICE.
    """
    closes = _SPREADS.get(order_type)
    if closes is None:
        raise refuse_order_type(order_type)
    exchange = first.instrument.product.exchange
    across = first.instrument.product != second.instrument.product
    if combination not in exchange.combinations or across != (combination in ("SPC", "IPS")):
        raise Refused(
            RefusalCode.UNKNOWN_CODE,
            f"{exchange.zh}没有这样的组合合约：{combination}",
            f"{exchange.en} lists no such combination: {combination}",
        )
    if first.instrument == second.instrument:
        raise Refused(
            RefusalCode.UNKNOWN_CODE, "组合的两腿须不同", "the legs of a combination must differ"
        )
    if price_type not in (c.FIX_PRICE, c.LATEST_PRICE):
        raise refuse_price_type(replace(exchange, price_types=frozenset({5, 11})), price_type)
    parts: list[Part] = []
    legs = ((first, not closes, first_long), (second, bool(closes), second_short))
    for (day, buy, closable), seen in zip(legs, prices, strict=True):
        day.check(buy, c.LATEST_PRICE, volume, 0, seen.last)
        _open(day, seen, terms)
        children = _split(day, _Style(buy, closes, not closes), volume, closable)
        parts += _priced(children, day.up if buy else day.down, seen.bid, terms)
    return _affordable(parts, available)


def _open(day: FuturesDay, prices: Prices, terms: FuturesTerms) -> None:
    """Refuse an order outside the sessions, if the account keeps to them."""
    if terms.sessions == "enforce":
        instrument = day.instrument
        check_session(instrument.stock_code, instrument.product.sessions, prices.second)


def _split(day: FuturesDay, style: _Style, volume: int, closable: Closable) -> list[Part]:
    """Cut an order into closes and an opening; every lot is in one of them."""
    buy, separate = style.buy, day.instrument.product.exchange.separate
    takes: list[tuple[bool, int]] = []
    left = volume
    for today in style.closes:
        lots = min(left, closable.today if today else closable.past)
        if lots:
            takes.append((today, lots))
            left -= lots
    if left and not style.opens:
        raise _too_few(style, volume, volume - left, closable)
    parts = []
    groups = [(take,) for take in takes] if separate else [tuple(takes)] if takes else []
    for group in groups:
        flag = c.OFFSET_FLAG_CLOSE
        if separate:
            flag = c.OFFSET_FLAG_CLOSETODAY if group[0][0] else c.OFFSET_FLAG_CLOSEYESTERDAY
        lots = sum(lots for _, lots in group)
        parts.append(Part(day, buy, False, not buy, flag, group, lots))
    if left:
        parts.append(Part(day, buy, True, buy, c.OFFSET_FLAG_OPEN, (), left))
    return parts


def _priced(parts: Iterable[Part], limit: int, bid: int, terms: FuturesTerms) -> list[Part]:
    priced = []
    for part in parts:
        day = part.day
        if part.opens:
            at = limit if part.buy else max(limit, bid)
            margin = day.margin(at * part.volume, terms)
            fees = day.fee(at * part.volume, part.volume, terms)
        else:
            at = margin = 0
            fees = sum(
                day.fee(limit * lots, lots, terms, fee=day.closing_fee(today))
                for today, lots in part.takes
            )
        priced.append(replace(part, price=limit, margin_price=at, margin=margin, fees=fees))
    return priced


def _affordable(parts: list[Part], available: int) -> Verdict:
    verdict = Verdict(tuple(parts))
    if verdict.held > available and any(part.opens for part in parts):
        raise CashShort(wanted=verdict.held, available=available)
    return verdict


def _too_few(style: _Style, volume: int, closable: int, both: Closable) -> VolumeShort:
    refused = VolumeShort(volume, closable)
    zh, en = ("空", "short") if style.buy else ("多", "long")
    refused.zh = (
        f"可平{zh}仓 {closable:,} 手，不足 {volume:,} 手（今仓 {both.today:,}，昨仓 {both.past:,}）"
    )
    refused.en = (
        f"{closable:,} {en} lots can be closed, not {volume:,} "
        f"(today's {both.today:,}, overnight {both.past:,})"
    )
    return refused
