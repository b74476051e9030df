"""Options on futures: contracts, a day's limits and margin, and what an order comes to.

    limits      previous settlement plus and minus the future's daily limit in yuan
    margin      previous settlement x unit + max(futures margin - half of what the
                contract is out of the money, half of the futures margin)

Order types 0 to 9 open and close as with futures, 100 exercises. Premium is paid and
received at once. Buying back holds only what its premium exceeds the margin that it
frees, so that closing stays possible after losses. Any day up to the last one may
exercise; on the last day what is in the money exercises itself.

Prices are whole 1e-4 yuan, volumes lots. Formulas, fees, sizes and expiry days are of
the usual kind and unverified: settings, not claims; the rest is ours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, NamedTuple

from xtnb import xtconstant as c
from xtnb.errors import CashShort, InputError, RefusalCode, Refused
from xtnb.rules import options_words as words
from xtnb.rules.futures import PPM, FuturesTerms, Product, refuse_price_type
from xtnb.rules.futures_listed import contract, future_named, months_of
from xtnb.rules.futures_orders import Closable
from xtnb.rules.months import DEMO_DAY, last_day
from xtnb.rules.options_listed import OptionContract, OptionPace, money
from xtnb.rules.sessions import check_session
from xtnb.rules.tables import load
from xtnb.vocabulary.codes import OrderType

_CODE = re.compile(r"([A-Za-z]+\d{3,4})-?[CP].*\.([A-Z]+)")
EXERCISE = c.OPTION_FUTURE_OPTION_EXERCISE
_TODAY, _PAST = True, False
# Order type: buys, the rights' side, the lots that it closes in order (empty: opens).
_STYLES: dict[int, tuple[bool, bool, tuple[bool, ...]]] = {
    c.FUTURE_OPEN_LONG: (True, True, ()),
    c.FUTURE_CLOSE_LONG_HISTORY: (False, True, (_PAST,)),
    c.FUTURE_CLOSE_LONG_TODAY: (False, True, (_TODAY,)),
    c.FUTURE_OPEN_SHORT: (False, False, ()),
    c.FUTURE_CLOSE_SHORT_HISTORY: (True, False, (_PAST,)),
    c.FUTURE_CLOSE_SHORT_TODAY: (True, False, (_TODAY,)),
    c.FUTURE_CLOSE_LONG_TODAY_FIRST: (False, True, (_TODAY, _PAST)),
    c.FUTURE_CLOSE_LONG_HISTORY_FIRST: (False, True, (_PAST, _TODAY)),
    c.FUTURE_CLOSE_SHORT_TODAY_FIRST: (True, False, (_TODAY, _PAST)),
    c.FUTURE_CLOSE_SHORT_HISTORY_FIRST: (True, False, (_PAST, _TODAY)),
}
ORDER_TYPES = frozenset(_STYLES) | {EXERCISE}


@dataclass(frozen=True, slots=True)
class FutureOption(OptionContract):
    """An option on a future."""

    product: Product | None = None

    @property
    def of(self) -> Product:
        """The product of the future."""
        assert self.product is not None, "every listed option has a product"
        return self.product


@dataclass(frozen=True, slots=True)
class FutureOptionSettings:
    """What a lot costs, 1e-4 yuan, and the most lots of one order. Settings (unverified)."""

    fee: int = money(load("options")["future_options"]["fee"]["value"])
    exercise_fee: int = money(load("options")["future_options"]["exercise_fee"]["value"])
    maximum: int = load("options")["future_options"]["maximum"]["value"]

    def __post_init__(self) -> None:
        if min(self.fee, self.exercise_fee, self.maximum) < 0:
            raise InputError("fee, exercise_fee, maximum", self, "0 or more each")


class FutureOptionDay:
    """One option on one day; see `OptionDay` for what the attributes are.

    Raises:
        InputError: prev_close is not above 0.
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
        self, instrument: FutureOption, prev_close: int, day: date, underlying_close: int = 0
    ) -> None:
        if prev_close <= 0:
            raise InputError("prev_close", prev_close, "above 0, in 1e-4 yuan")
        self.instrument = instrument
        self.day = day
        self.prev_close = prev_close
        self.tick = instrument.tick
        self.lot = 1
        self.price_types = instrument.of.exchange.price_types
        self.follow(underlying_close or _reference(instrument.underlying, day))

    @property
    def underlying(self) -> str:
        """The code of the future."""
        return self.instrument.underlying

    def follow(self, prev_close: int) -> None:
        """Take the future's previous settlement price, 1e-4 yuan."""
        self.spot = prev_close
        room = max(1, prev_close * self.instrument.of.limit // PPM // self.tick) * self.tick
        self.up = self.prev_close + room
        self.down = max(self.tick, self.prev_close - room)

    @property
    def last_day(self) -> bool:
        """Whether it expires today, or has."""
        return self.day >= self.instrument.expiry

    def margin(self, terms: FuturesTerms) -> int:
        """Margin of one lot sold, 1e-4 yuan; a fraction is rounded up."""
        option = self.instrument
        inside = self.spot - option.strike if option.call else option.strike - self.spot
        away = max(-inside, 0)
        future = self.spot * option.unit * (option.of.margin + terms.margin)
        twice = max(2 * future - away * option.unit * PPM, future)
        return self.prev_close * option.unit - (-twice // (2 * PPM))

    def inside(self, last: int) -> bool:
        """Whether it is in the money at a price of the future."""
        option = self.instrument
        return last > option.strike if option.call else last < option.strike


def _reference(underlying: str, day: date) -> int:
    future = future_named(underlying, day)
    assert future is not None, "every option is on a future that there is"
    return future.reference


class OptionPart(NamedTuple):
    """One child of an order.

    Attributes:
        buy, opens, long: side of the book, and the position that it changes.
        offset_flag: 48, 49, 51 or 52.
        takes: (today's, lots) that a close takes.
        volume, price: lots, and the limit or worst price, 1e-4 yuan.
        held_each: what each lot holds, 1e-4 yuan: premium and fee of a buy, as far as it
            exceeds the margin that it frees; margin and fee of a sale that opens.
        margin_each: of one lot.
    """

    buy: bool
    opens: bool
    long: bool
    offset_flag: int
    takes: tuple[tuple[bool, int], ...]
    volume: int
    price: int
    held_each: int
    margin_each: int


def future_option_verdict(
    day: FutureOptionDay,
    order_type: int,
    price_type: int,
    volume: int,
    price: int,
    *,
    long: Closable,
    short: Closable,
    available: int,
    last: int,
    terms: FuturesTerms,
    settings: FutureOptionSettings = FutureOptionSettings(),
    second: int = -1,
) -> tuple[OptionPart, ...]:
    """Say what an order comes to; an exercise is one part that closes rights.

    Args:
        day: the contract today.
        order_type, price_type, volume, price: as sent; the price in 1e-4 yuan.
        long, short: rights and obligations that can be closed.
        available: cash that nothing holds, 1e-4 yuan.
        last: last price, 0 for none.
        terms: the broker's part of the margin, and whether sessions are kept to.
        settings: fees and sizes.
        second: of the market's day; -1 for not known.

    Raises:
        Refused: ORDER_TYPE, EXPIRED, PRICE_TYPE, LOT, TOO_LARGE, TICK or PRICE_LIMIT;
            CLOSED outside the sessions of the future, but for an exercise.
        VolumeShort: more than can be closed.
        CashShort: what it holds is not there.
    """
    option = day.instrument
    if order_type not in ORDER_TYPES:
        raise _wrong_order_type(order_type)
    if day.day > option.expiry:
        raise words.expired(option.stock_code, option.expiry)
    if volume <= 0:
        raise words.too_few(volume)
    if order_type == EXERCISE:
        return (_exercise(day, price_type, volume, long, available, terms, settings),)
    buy, rights, closes = _STYLES[order_type]
    limit = _price(day, buy, price_type, volume, price, last, settings)
    if terms.sessions == "enforce":
        check_session(option.stock_code, option.of.sessions, second)
    margin = day.margin(terms)
    held = 0
    if buy:
        held = limit * option.unit + settings.fee
        held = held if rights else max(0, held - margin)
    elif not closes:
        held = margin + settings.fee
    if held * volume > max(available, 0):
        raise CashShort(held * volume, available)
    if not closes:
        flag = c.OFFSET_FLAG_OPEN
        return (OptionPart(buy, True, rights, flag, (), volume, limit, held, margin),)
    groups = _taken(day, closes, volume, long if rights else short)
    return tuple(
        OptionPart(buy, False, rights, flag, takes, _lots(takes), limit, held, margin)
        for flag, takes in groups
    )


def _lots(takes: tuple[tuple[bool, int], ...]) -> int:
    return sum(lots for _, lots in takes)


def _taken(
    day: FutureOptionDay, closes: tuple[bool, ...], volume: int, free: Closable
) -> list[tuple[int, tuple[tuple[bool, int], ...]]]:
    """Which lots a close takes, apart where the exchange keeps today's apart."""
    takes, left = [], volume
    for today in closes:
        lots = min(left, free.today if today else free.past)
        if lots:
            takes.append((today, lots))
            left -= lots
    if left:
        raise words.over_close(volume, volume - left)
    if not day.instrument.of.exchange.separate:
        return [(c.OFFSET_FLAG_CLOSE, tuple(takes))]
    flags = {True: c.OFFSET_FLAG_CLOSETODAY, False: c.OFFSET_FLAG_CLOSEYESTERDAY}
    return [(flags[take[0]], (take,)) for take in takes]


def _price(
    day: FutureOptionDay,
    buy: bool,
    price_type: int,
    volume: int,
    price: int,
    last: int,
    settings: FutureOptionSettings,
) -> int:
    if price_type not in day.price_types:
        raise refuse_price_type(day.instrument.of.exchange, price_type)
    if volume > settings.maximum:
        raise words.too_large(volume, settings.maximum, price_type == c.FIX_PRICE)
    if price_type == c.LATEST_PRICE:
        return min(max(last or day.prev_close, day.down), day.up)
    if price_type != c.FIX_PRICE:
        return day.up if buy else day.down
    if not day.down <= price <= day.up:
        raise words.outside(price, day.down, day.up)
    if price % day.tick:
        raise words.off_tick(price, day.tick)
    return price


def _exercise(
    day: FutureOptionDay,
    price_type: int,
    volume: int,
    long: Closable,
    available: int,
    terms: FuturesTerms,
    settings: FutureOptionSettings,
) -> OptionPart:
    """The rights go; margin of the lots that come, at the strike, is held."""
    option = day.instrument
    if price_type != c.FIX_PRICE:
        raise refuse_price_type(option.of.exchange, price_type)
    if volume > long.today + long.past:
        raise words.over_close(volume, long.today + long.past)
    rate = option.of.margin + terms.margin
    held = -(-option.strike * option.unit * rate // PPM) + settings.exercise_fee
    if held * volume > max(available, 0):
        raise CashShort(held * volume, available)
    past = min(volume, long.past)
    takes = tuple((today, lots) for today, lots in ((False, past), (True, volume - past)) if lots)
    return OptionPart(True, False, True, 0, takes, volume, option.strike, held, 0)


def _wrong_order_type(order_type: int) -> Refused:
    zh, en = (OrderType.label_of(order_type, language) for language in ("zh", "en"))
    return Refused(
        RefusalCode.ORDER_TYPE,
        f"期货期权没有委托类型 {order_type}（{zh}）；可用 0 至 9 和 100",
        f"options on futures have no order type {order_type} ({en}); they take 0 to 9 and 100",
    )


# -- the table ---------------------------------------------------------------------------------


@cache
def _chain(product: str, month: str) -> tuple[FutureOption, ...]:
    """The options on the future of one month, calls first, with the references of the demo's
    day; their strikes are about the demo's reference of the future."""
    table = load("options")
    row, future = _row(product), contract(product, month)
    step, count = money(row["step"]), table["strikes"]["value"]
    middle = (2 * future.reference + step) // (2 * step)
    options = []
    for call in (True, False):
        for place in range(count):
            strike = (middle + place - count // 2) * step
            shown = f"{Decimal(strike) / 10_000:f}"
            short, _, market = future.stock_code.partition(".")
            code = row["form"].format(future=short, side="C" if call else "P", strike=shown)
            option = FutureOption(
                stock_code=f"{code}.{market}",
                name=f"{future.name}{'购' if call else '沽'}{shown}",
                pinyin=f"{future.pinyin}G{shown}",
                market=market,
                kind="future_option",
                underlying=future.stock_code,
                call=call,
                strike=strike,
                expiry=last_day(month, row["rule"]),
                unit=future.unit,
                tick=money(row["tick"]),
                reference=0,
                volatility=float(row.get("volatility_of", {}).get(month[2:], row["volatility"])),
                least=4 * money(row["tick"]),
                pace=OptionPace(0.03, 8),
                product=future.product,
            )
            options.append(option.as_of(DEMO_DAY, future.reference))
    return tuple(options)


def _rows() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = load("options")["future_options"]["products"]
    return rows


def _row(product: str) -> dict[str, Any]:
    return next(row for row in _rows() if row["product"] == product)


def future_option_months(product: str, day: date) -> list[str]:
    """The months of a product whose options are listed on a day, nearest first."""
    rule = _row(product)["rule"]
    live = [month for month in months_of(product, day) if last_day(month, rule) >= day]
    count: int = load("options")["future_options"]["months"]["value"]
    return live[:count]


@lru_cache(maxsize=16)
def _listed(day: date) -> dict[str, FutureOption]:
    found = {}
    for row in _rows():
        product = row["product"]
        for month in future_option_months(product, day):
            spot = contract(product, month).reference
            for option in _chain(product, month):
                found[option.stock_code] = option.as_of(day, spot)
    return found


def all_future_options(day: date) -> dict[str, FutureOption]:
    """Every option on a future listed on a day, by its code. The dict is yours."""
    return dict(_listed(day))


def future_option_named(stock_code: str, day: date) -> FutureOption | None:
    """The option that a code means, listed or not; None if there never is one.

    Args:
        stock_code: with the market, such as "m2701-C-3000.DF".
        day: as in `futures_listed.future_named`.
    """
    parts = _CODE.fullmatch(stock_code)
    future = future_named(f"{parts[1]}.{parts[2]}", day) if parts else None
    if future is None or all(row["product"] != future.product.id for row in _rows()):
        return None
    chain = _chain(future.product.id, future.month)
    return next((option for option in chain if option.stock_code == stock_code), None)
