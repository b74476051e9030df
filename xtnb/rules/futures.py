"""Futures: products, contracts, and what the rules say about one on one day.

Products, units, ticks and sessions of the six exchanges are in data/futures.json
with their sources; margin rates, fees, limits and sizes there are settings of
usual size, not claims. Which contracts are listed when is in futures_listed.py.

Ours, because no source fixes it: the settlement price is the day's volume-weighted
average on the tick (the previous one when nothing was traded); daily limits are cut
to the tick inwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple, NoReturn

from xtnb import xtconstant as c
from xtnb.errors import InputError, RefusalCode, Refused
from xtnb.vocabulary.codes import PriceType
from xtnb.vocabulary.money import YUAN, half_up, to_fen

PPM = 1_000_000
NANO = 1_000_000_000
_OPEN_INTEREST = 400_000  # of every contract of the demo; ours


class Fee(NamedTuple):
    """What an exchange takes: 1e-4 yuan a contract, and billionths of the value."""

    contract: int
    value: int


class FuturePace(NamedTuple):
    """How the demo's flow treats a contract. Ours; see `rules.listed.Pace`."""

    spread: float
    volume: int


@dataclass(frozen=True, slots=True)
class Exchange:
    """A futures exchange.

    Attributes:
        market: the suffix of its codes, "SF".
        zh, en: its names.
        separate: whether it tells closing of today's lots (51) from closing of
            overnight ones (52); else a close is 49.
        price_types: what it knows.
        combinations: the kinds of combination that it lists; a kind with a C or
            an I in it joins two products. Ours.
    """

    market: str
    zh: str
    en: str
    separate: bool
    price_types: frozenset[int]
    combinations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Product:
    """What a future is about.

    Attributes:
        id: as the exchange writes it, "rb" or "SR".
        name, pinyin, english: for people.
        exchange: where it trades.
        unit: what one contract counts for, such as 10 tonnes.
        tick: price step, 1e-4 yuan.
        margin: the exchange's rate, ppm of the value.
        limit: daily limit, ppm of the previous settlement.
        opening, closing, closing_today: fees.
        most: lots in one order.
        sessions: ("21:00-23:00", …), in the order of the trading day.
    """

    id: str
    name: str
    pinyin: str
    english: str
    exchange: Exchange
    unit: int
    tick: int
    margin: int
    limit: int
    opening: Fee
    closing: Fee
    closing_today: Fee
    most: int
    sessions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Future:
    """One listed contract.

    Attributes:
        month: delivery month, "2701".
        expiry: last trading day.
        reference: demo previous settlement, 1e-4 yuan; ours, not a quote.

    The rest as in `Instrument`; `unit` and `pace` are what the market reads.
    """

    stock_code: str
    name: str
    pinyin: str
    market: str
    product: Product
    month: str
    expiry: date
    reference: int
    pace: FuturePace
    unit: int
    kind: str = "future"
    float_volume: int = _OPEN_INTEREST
    total_volume: int = _OPEN_INTEREST
    t0: bool = True


@dataclass(frozen=True, slots=True)
class FuturesTerms:
    """What the broker adds to the exchange's terms. Settings; the defaults are ours.

    Attributes:
        margin: added to the exchange's rate, ppm.
        fee_percent: the account pays this much of the exchange's fees.
        single_side: only the larger of the long and the short margin of a product
            counts, as exchanges grant it.
        close_profit_by: what `close_profit` of the statistics is measured from:
            "settlement" (the re-based cost) or "opening" (the opening price).
        sessions: "ignore" trades whenever the market does, "enforce" refuses orders
            outside the sessions of their contract by the market's time of day.
    """

    margin: int = 20_000
    fee_percent: int = 100
    single_side: bool = False
    close_profit_by: str = "settlement"
    sessions: str = "ignore"

    def __post_init__(self) -> None:
        if self.close_profit_by not in ("settlement", "opening"):
            raise InputError("close_profit_by", self.close_profit_by, '"settlement" or "opening"')
        if self.sessions not in ("ignore", "enforce"):
            raise InputError("sessions", self.sessions, '"ignore" or "enforce"')
        if self.margin < 0 or self.fee_percent < 0:
            raise InputError("margin, fee_percent", (self.margin, self.fee_percent), "0 or above")


class FuturesDay:
    """One contract on one day.

    Args:
        instrument: what is traded.
        prev_close: previous settlement price, 1e-4 yuan.
        day: the trading day.

    Attributes:
        up, down: daily limits, 1e-4 yuan; tick: price step; lot: 1.
        price_types: what the exchange knows.

    Raises:
        InputError: prev_close is not above 0 or off the tick.
    """

    __slots__ = ("day", "down", "instrument", "lot", "prev_close", "price_types", "tick", "up")

    def __init__(self, instrument: Future, prev_close: int, day: date) -> None:
        product = instrument.product
        tick = product.tick
        if prev_close <= 0 or prev_close % tick:
            raise InputError("prev_close", prev_close, f"above 0, a multiple of {tick}")
        self.instrument = instrument
        self.day = day
        self.prev_close = prev_close
        self.tick = tick
        self.lot = 1
        room = max(tick, prev_close * product.limit // PPM // tick * tick)
        self.up = prev_close + room
        self.down = max(tick, prev_close - room)
        self.price_types = product.exchange.price_types

    def next_reference(self, last: int, volume: int, amount: int) -> int:
        """The settlement price: the day's average on the tick, half up. Ours.

        Args:
            last: last price; not read.
            volume, amount: of the day, the amount without the unit.
        """
        if not volume:
            return self.prev_close
        return half_up(amount, volume * self.tick) * self.tick

    def margin_rate(self, terms: FuturesTerms) -> int:
        """Exchange rate and the broker's part, ppm."""
        return self.instrument.product.margin + terms.margin

    def margin(self, turnover: int, terms: FuturesTerms) -> int:
        """Margin of a position that cost `turnover` (price times lots), 1e-4 yuan, exact.

        A fraction of a unit is rounded up; no rate and tick in use leaves one.
        """
        return margin_of(turnover * self.instrument.unit, self.margin_rate(terms))

    def fee(self, turnover: int, lots: int, terms: FuturesTerms, *, fee: Fee | None = None) -> int:
        """Fees of lots that traded for `turnover` (price times lots); whole fen, 1e-4 yuan.

        Of opening, or of what `fee` says. A fill is charged what the order's total rises by.
        """
        rate = fee or self.instrument.product.opening
        whole = turnover * self.instrument.unit * rate.value + rate.contract * lots * NANO
        return to_fen(whole * terms.fee_percent, NANO * 100)

    def closing_fee(self, today: bool) -> Fee:
        """The rate for closing lots of today, or overnight ones."""
        product = self.instrument.product
        return product.closing_today if today else product.closing

    def check(self, buy: bool, price_type: int, volume: int, price: int, last: int) -> int:
        """Say whether such an order may enter, and the worst price that it accepts.

        Returns:
            The limit price; for LATEST_PRICE the last price; for a market order the
            daily limit of its side.

        Raises:
            Refused: EXPIRED, PRICE_TYPE, LOT, TOO_LARGE, TICK or PRICE_LIMIT.
        """
        instrument = self.instrument
        if self.day > instrument.expiry:
            raise Refused(
                RefusalCode.EXPIRED,
                f"{instrument.stock_code} 已于 {instrument.expiry} 到期",
                f"{instrument.stock_code} expired on {instrument.expiry}",
            )
        if price_type not in self.price_types:
            raise refuse_price_type(instrument.product.exchange, price_type)
        if volume < 1:
            raise Refused(RefusalCode.LOT, "委托至少 1 手", "an order is at least 1 lot")
        most = instrument.product.most
        if volume > most:
            raise Refused(
                RefusalCode.TOO_LARGE,
                f"{instrument.product.name}单笔最多 {most:,} 手，委托 {volume:,} 手",
                f"an order in {instrument.product.english} is at most {most:,} lots,"
                f" this one is {volume:,}",
            )
        if price_type == c.LATEST_PRICE:
            price = half_up(last or self.prev_close, self.tick) * self.tick
            return min(max(price, self.down), self.up)
        if price_type != c.FIX_PRICE:
            return self.up if buy else self.down
        if price % self.tick or not self.down <= price <= self.up:
            self._refuse_price(price)
        return price

    def _refuse_price(self, price: int) -> NoReturn:
        shown = _yuan(price)
        if self.down <= price <= self.up:
            below = price - price % self.tick
            near = _yuan(below), _yuan(below + self.tick)
            raise Refused(
                RefusalCode.TICK,
                f"价格 {shown} 不是最小变动价位 {_yuan(self.tick)} 的整数倍，"
                f"最近的有效价格是 {near[0]} 和 {near[1]}",
                f"price {shown} is off the tick of {_yuan(self.tick)}; "
                f"the nearest valid prices are {near[0]} and {near[1]}",
            )
        low, high = _yuan(self.down), _yuan(self.up)
        raise Refused(
            RefusalCode.PRICE_LIMIT,
            f"价格 {shown} 超出涨跌停范围：跌停 {low}，涨停 {high}",
            f"price {shown} is outside today's limits: {low} (limit down) to {high} (limit up)",
        )


def margin_of(value: int, rate: int) -> int:
    """Margin of a value at a rate in ppm; a fraction of 1e-4 yuan is rounded up."""
    return -(-value * rate // PPM)


def refuse_price_type(exchange: Exchange, price_type: int) -> Refused:
    """The refusal of a price type that an exchange does not have."""

    def named(number: int, language: str) -> str:
        return f"{number} ({PriceType.label_of(number, language)})"

    valid = sorted(exchange.price_types)
    return Refused(
        RefusalCode.PRICE_TYPE,
        f"{exchange.zh}没有报价类型 {named(price_type, 'zh')}；"
        f"可用：{'、'.join(named(number, 'zh') for number in valid)}",
        f"{exchange.en} has no price type {named(price_type, 'en')}; "
        f"valid are {', '.join(named(number, 'en') for number in valid)}",
    )


def _yuan(price: int) -> str:
    whole, rest = divmod(abs(price), YUAN)
    sign = "-" if price < 0 else ""
    return f"{sign}{whole:,}.{rest:04d}".rstrip("0").rstrip(".")


def next_contract(future: Future, listed: dict[str, Any]) -> Future | None:
    """The contract of the same product that expires after this one; None for the last."""
    later = [
        other
        for other in listed.values()
        if isinstance(other, Future)
        and other.product == future.product
        and other.month > future.month
    ]
    return min(later, key=lambda other: other.month, default=None)
