"""Options on funds: what the rules say about one contract on one day, and about an order.

`OptionDay` knows limits and margin; `option_verdict` says whether an order may enter
and what it reserves, from explicit figures alone, so that the books and a preview get
the same answer. `lock_verdict` does so for locking and unlocking shares.

    limit up    call: previous settlement + max(0.5 % S, 10 % min(2 S - K, S))
                put:  previous settlement + max(0.5 % K, 10 % min(2 K - S, S))
    limit down  previous settlement - 10 % S, at least a tick
    margin      call: settlement + max(12 % S - out of the money, 7 % S)
                put:  min(settlement + max(12 % S - out of the money, 7 % K), K)

S is the previous close of the underlying, K the strike. Margin at the end of the day
takes that day's settlement price and close. Prices are whole 1e-4 yuan, volumes are
contracts (shares for locks).

Source: terms of the exchanges' fund options, as quoted by a secondary source. That the
settlement price is the last price, and rounding limits half up, is ours. After a move
of 50 % a contract rests for three minutes (`halts`); the exchange holds a call auction
then, and this market, which trades continuously, takes no orders (ours).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from xtnb import xtconstant as c
from xtnb.errors import CashShort, RefusalCode, Refused, VolumeShort
from xtnb.rules import options_words as words
from xtnb.rules.instruments import find
from xtnb.rules.options_listed import StockOption, option_underlyings
from xtnb.rules.options_settings import (
    BUY_CLOSE,
    BUYS,
    CALL_EXERCISE,
    COVERED,
    COVERED_OPEN,
    EXERCISES,
    HALT_PERCENT,
    HALT_TICKS,
    LOCK,
    OPENS,
    ORDER_TYPES,
    SELL_OPEN,
    TRADED,
    UNLOCK,
    WHOLE,
    OptionSettings,
)
from xtnb.vocabulary.money import half_up, to_fen

_LIMITS = frozenset({c.LATEST_PRICE, c.FIX_PRICE})
# Source: the manual's comments on the price types (深交所期权). Shanghai's other kinds
# of orders have no number in it.
_PRICE_TYPES = {
    "SHO": _LIMITS,
    "SZO": _LIMITS
    | {
        c.MARKET_PEER_PRICE_FIRST,
        c.MARKET_MINE_PRICE_FIRST,
        c.MARKET_SZ_INSTBUSI_RESTCANCEL,
        c.MARKET_SZ_CONVERT_5_CANCEL,
        c.MARKET_SZ_FULL_OR_CANCEL,
    },
}


class OptionDay:
    """One contract on one day.

    Args:
        instrument: the contract.
        prev_close: previous settlement price, 1e-4 yuan.
        day: the trading day.
        underlying_close: previous close of the underlying; 0 takes the demo's reference.

    Attributes:
        spot: that close; up, down, tick, lot, price_types: as of any instrument.

    Raises:
        Refused: NO_REFERENCE, when prev_close is 0.
    """

    __slots__ = (
        "day",
        "down",
        "instrument",
        "lot",
        "prev_close",
        "price_types",
        "spot",
        "tick",
        "up",
    )

    def __init__(
        self, instrument: StockOption, prev_close: int, day: date, underlying_close: int = 0
    ) -> None:
        if prev_close <= 0:
            raise Refused(
                RefusalCode.NO_REFERENCE,
                f"{instrument.stock_code} 没有前结算价",
                f"{instrument.stock_code} has no previous settlement price",
            )
        self.instrument = instrument
        self.day = day
        self.prev_close = prev_close
        self.tick = instrument.tick
        self.lot = 1
        self.price_types = _PRICE_TYPES[instrument.market]
        self.follow(underlying_close or find(instrument.underlying).reference)

    @property
    def underlying(self) -> str:
        """The code of the underlying."""
        return self.instrument.underlying

    def follow(self, prev_close: int) -> None:
        """Take the previous close of the underlying, 1e-4 yuan: limits and margin follow."""
        strike, tick = self.instrument.strike, self.tick
        self.spot = spot = prev_close
        base, other = (spot, strike) if self.instrument.call else (strike, spot)
        rise = max(5 * base, 100 * min(2 * base - other, spot))
        self.up = self.prev_close + max(tick, half_up(rise, 1000 * tick) * tick)
        self.down = max(tick, self.prev_close - half_up(100 * spot, 1000 * tick) * tick)

    @property
    def expired(self) -> bool:
        """Whether its last day is over."""
        return self.day > self.instrument.expiry

    @property
    def last_day(self) -> bool:
        """Whether it expires today, so that it can be exercised."""
        return self.day == self.instrument.expiry

    def margin(self, factor: int = WHOLE) -> int:
        """Margin of one contract sold, 1e-4 yuan, whole fen.

        Args:
            factor: what the broker multiplies by, ten-thousandths.
        """
        instrument, spot = self.instrument, self.spot
        strike = instrument.strike
        if instrument.call:
            away = max(strike - spot, 0)
            hundredfold = 100 * self.prev_close + max(12 * spot - 100 * away, 7 * spot)
        else:
            away = max(spot - strike, 0)
            hundredfold = 100 * self.prev_close + max(12 * spot - 100 * away, 7 * strike)
            hundredfold = min(hundredfold, 100 * strike)
        return to_fen(hundredfold * instrument.unit * factor, 100 * WHOLE)

    def latest(self, last: int) -> int:
        """The price of a LATEST_PRICE order: the last price, within the limits."""
        return min(max(last or self.prev_close, self.down), self.up)


@dataclass(frozen=True, slots=True)
class OptionFunds:
    """Money of an account, 1e-4 yuan.

    Attributes:
        cash: available.
        margin: held for what is sold; buying back may use its share of it.
    """

    cash: int
    margin: int = 0


@dataclass(frozen=True, slots=True)
class OptionRoom:
    """What an account can close or use.

    Attributes:
        rights, obligations, covered: contracts of the series that no order holds.
        shares: of the underlying, neither locked nor in an order.
        locked: of the underlying, locked and free to cover.
    """

    rights: int = 0
    obligations: int = 0
    covered: int = 0
    shares: int = 0
    locked: int = 0


@dataclass(frozen=True, slots=True)
class OptionVerdict:
    """What an order that may enter takes. Amounts are 1e-4 yuan.

    Attributes:
        price: limit price, or the worst price of a market order; the strike of an
            exercise.
        cash: frozen, of which `lent` comes out of the margin of what is bought back.
        margin: what the position will need once all is filled; for SELL_OPEN it is
            what is frozen.
        premium: price x unit x volume, paid by a buy and received by a sale.
        fees: at most, for all of it.
        shares: of the underlying that it takes: reserved out of the locked ones, put
            up for an exercise, locked or unlocked.
        matched: whether it goes to the market.
    """

    price: int
    cash: int = 0
    lent: int = 0
    margin: int = 0
    premium: int = 0
    fees: int = 0
    shares: int = 0
    matched: bool = True


def option_verdict(
    terms: OptionDay,
    order_type: int,
    price_type: int,
    volume: int,
    price: int,
    *,
    funds: OptionFunds,
    room: OptionRoom,
    last: int = 0,
    settings: OptionSettings = OptionSettings(),  # noqa: B008 - frozen
    second: int = -1,
) -> OptionVerdict:
    """Say whether an order for a contract may enter, and what it takes.

    Args:
        terms: the contract on its day.
        order_type, price_type: numbers of xtconstant; 48 to 55 here.
        volume: contracts.
        price: 1e-4 yuan; read by FIX_PRICE.
        funds, room: what the account has.
        last: last price, 0 for none.
        settings: what the broker agrees.
        second: of the market's day; -1 for not known.

    Raises:
        Refused: ORDER_TYPE, EXPIRED, EXERCISE, PRICE_TYPE, LOT, TOO_LARGE, TICK,
            PRICE_LIMIT or LOCKED.
        VolumeShort: more than can be closed.
        CashShort: the available cash does not cover premium, fees or margin.
    """
    option = terms.instrument
    if order_type not in TRADED and order_type not in EXERCISES:
        raise words.wrong_order_type(order_type)
    if terms.expired:
        raise words.expired(option.stock_code, option.expiry)
    if volume <= 0:
        raise words.too_few(volume)
    if order_type in EXERCISES:
        kind = order_type, price_type
        return _exercise(terms, *kind, volume, funds, room, settings, second)
    if order_type in COVERED and not option.call:
        raise words.calls_only(option.stock_code)
    price = _price(terms, order_type, price_type, volume, price, last, settings)
    if order_type not in OPENS:
        _closable(order_type, volume, room)
    fees = settings.fee(order_type) * volume
    premium = price * option.unit * volume
    margin = terms.margin(settings.margin_factor) * volume
    if order_type == SELL_OPEN:
        _covered_by_cash(margin, funds.cash)
        return OptionVerdict(price, margin, 0, margin, premium, fees)
    if order_type == COVERED_OPEN:
        shares = option.unit * volume
        if shares > room.locked:
            raise words.locked_short(shares, room.locked)
        return OptionVerdict(price, premium=premium, fees=fees, shares=shares)
    if order_type not in BUYS:
        return OptionVerdict(price, premium=premium, fees=fees)
    cash = premium + fees
    lendable = min(margin, funds.margin) if order_type == BUY_CLOSE else 0
    _covered_by_cash(cash, funds.cash + lendable)
    return OptionVerdict(price, cash, max(0, cash - funds.cash), 0, premium, fees)


def lock_verdict(
    code: str, order_type: int, price_type: int, volume: int, room: OptionRoom
) -> OptionVerdict:
    """Say whether shares may be locked (56) or unlocked (57).

    Raises:
        Refused: ORDER_TYPE, UNKNOWN_CODE, PRICE_TYPE, LOT, or LOCKED when open covered
            calls need the shares.
        VolumeShort: locking more than there is.
    """
    if order_type not in (LOCK, UNLOCK):
        raise words.wrong_order_type(order_type)
    if code not in option_underlyings():
        raise words.no_underlying(code)
    if price_type != c.FIX_PRICE:
        raise words.limit_only(order_type)
    if volume <= 0:
        raise words.too_few(volume)
    if order_type == LOCK and volume > room.shares:
        raise VolumeShort(volume, room.shares)
    if order_type == UNLOCK and volume > room.locked:
        raise words.locked_short(volume, room.locked)
    return OptionVerdict(0, shares=volume, matched=False)


def halts(reference: int, price: int, tick: int) -> bool:
    """Whether a trade at this price halts a contract: half the reference off, and five ticks.

    Args:
        reference: previous settlement price, or the price of the latest halt, 1e-4 yuan.
    """
    away = abs(price - reference)
    return 100 * away >= HALT_PERCENT * reference and away >= HALT_TICKS * tick


def is_option_order(order_type: int) -> bool:
    """Whether a stock option account has this order type."""
    return order_type in ORDER_TYPES


def _price(
    terms: OptionDay,
    order_type: int,
    price_type: int,
    volume: int,
    price: int,
    last: int,
    settings: OptionSettings,
) -> int:
    if price_type not in terms.price_types:
        market = terms.instrument.market
        raise words.wrong_price_type(market, price_type, terms.price_types)
    limit = price_type in _LIMITS
    most = settings.limit_maximum if limit else settings.market_maximum
    if volume > most:
        raise words.too_large(volume, most, limit)
    if not limit:
        return terms.up if order_type in BUYS else terms.down
    if price_type == c.LATEST_PRICE:
        price = terms.latest(last)
    if not terms.down <= price <= terms.up:
        raise words.outside(price, terms.down, terms.up)
    if price % terms.tick:
        raise words.off_tick(price, terms.tick)
    return price


def _closable(order_type: int, volume: int, room: OptionRoom) -> None:
    if order_type in COVERED:
        usable = room.covered
    else:
        usable = room.obligations if order_type == BUY_CLOSE else room.rights
    if volume > usable:
        raise words.over_close(volume, usable)


def _exercise(
    terms: OptionDay,
    order_type: int,
    price_type: int,
    volume: int,
    funds: OptionFunds,
    room: OptionRoom,
    settings: OptionSettings,
    second: int,
) -> OptionVerdict:
    option = terms.instrument
    if option.call != (order_type == CALL_EXERCISE):
        raise words.wrong_exercise(option.stock_code, option.call)
    if price_type != c.FIX_PRICE:
        raise words.limit_only(order_type)
    if not terms.last_day:
        raise words.not_expiry_day(option.stock_code, option.expiry)
    until = settings.exercise_until
    if until is not None and second >= until:
        raise words.too_late(option.stock_code, second, until)
    if volume > room.rights:
        raise words.over_close(volume, room.rights)
    shares, fees = option.unit * volume, settings.exercise_fee * volume
    paid = option.strike * shares
    if option.call:
        _covered_by_cash(paid + fees, funds.cash)
        return OptionVerdict(option.strike, paid + fees, fees=fees, matched=False)
    if shares > room.shares:
        raise VolumeShort(shares, room.shares)
    return OptionVerdict(option.strike, fees=fees, shares=shares, matched=False)


def _covered_by_cash(wanted: int, available: int) -> None:
    if wanted > available:
        raise CashShort(wanted, available)
