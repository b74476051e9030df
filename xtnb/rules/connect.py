"""Stock Connect southbound: Hong Kong stocks, bought with yuan. 港股通 (沪港通, 深港通)

`ConnectRules` says of one stock on one day whether an order may enter and what it
freezes; the terminal's account and a preview ask the same object. Prices are Hong
Kong dollars, the account's money is yuan: an order is counted at the day's
reference rate, and what was traded is counted again at the settlement rate when
the day ends (see `ConnectRates`).

Prices and amounts are whole 1e-4 Hong Kong dollars unless a name says yuan; exchange
rates are millionths of a yuan for one Hong Kong dollar. Figures, with their sources
and how sure we are of them, lie in data/connect.json.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from xtnb import xtconstant as c
from xtnb.errors import CashShort, InputError, RefusalCode, Refused, VolumeShort
from xtnb.rules.hongkong import HkFeeRules, HkFees, HkFeeSchedule, tick_table
from xtnb.rules.tables import in_force, load
from xtnb.vocabulary.codes import OrderType, PriceType
from xtnb.vocabulary.money import YUAN, half_up, to_fen

_TABLE = load("connect")
_ORDERS = _TABLE["orders"]
_MILLION = 1_000_000
_BUY, _SELL, _LIMIT = c.STOCK_BUY, c.STOCK_SELL, c.FIX_PRICE
_BOOK_ROUTE = "HGT"  # the route under whose code the common book is kept

ROUTES: dict[int, str] = {c.HUGANGTONG_ACCOUNT: "HGT", c.SHENGANGTONG_ACCOUNT: "SGT"}
"""The suffix of the codes that each kind of account trades."""

SETTLEMENT_TURNS: int = _ORDERS["settlement_turns"]["value"]
"""After how many turns of the day the proceeds of a sale can be withdrawn."""


class ConnectPace(NamedTuple):
    """How the demo's flow treats a stock. Ours; see `rules.listed.Pace`."""

    spread: float
    volume: int
    lot: int


@dataclass(frozen=True, slots=True)
class ConnectStock:
    """One Hong Kong stock on one route.

    Attributes:
        stock_code: five digits and the route, such as "00700.HGT".
        name, pinyin, english: the stock.
        market: the route, "HGT" or "SGT".
        lot: shares of a board lot. 每手股数
        reference: demo previous close, 1e-4 HKD; ours, not a quote.
        book_of: the code under which its book is kept; both routes share one.
    """

    stock_code: str
    name: str
    pinyin: str
    english: str
    market: str
    lot: int
    reference: int
    float_volume: int
    total_volume: int
    pace: ConnectPace
    book_of: str
    kind: str = "connect"
    t0: bool = True
    unit: int = 1


@cache
def connect_stocks() -> dict[str, ConnectStock]:
    """Every stock of the demo on both routes, by code. Treat what comes as constant."""
    found: dict[str, ConnectStock] = {}
    for route in ROUTES.values():
        for row in _TABLE["stocks"]:
            reference, lot = int(Decimal(row["reference"]) * YUAN), row["lot"]
            usual = max(1, round(150_000 * YUAN / reference / lot)) * lot
            stock = ConnectStock(
                f"{row['digits']}.{route}",
                row["name"],
                row["pinyin"],
                row["english"],
                route,
                lot,
                reference,
                row["float_volume"],
                row["float_volume"],
                ConnectPace(0.011, usual, lot),
                f"{row['digits']}.{_BOOK_ROUTE}",
            )
            found[stock.stock_code] = stock
    return found


def route_code(text: str, account_type: int) -> str:
    """A code as this kind of account knows it: "00700.HK" becomes that of its route. Ours."""
    digits, _, market = text.rpartition(".")
    return f"{digits}.{ROUTES[account_type]}" if market == "HK" else text


# -- exchange rates ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ConnectRates:
    """Exchange rates of one day, millionths of a yuan for one Hong Kong dollar.

    Attributes:
        reference_buy, reference_sell: what is counted with during the day; Hong Kong
            dollars are sold to whoever buys stock, at the second. 参考汇率
        settle_buy, settle_sell: what is counted with in the end. 结算汇率

    Raises:
        InputError: the settlement rates do not lie within the reference rates, so that
            the end of the day could ask for more than was set aside. That they always
            do is ours; the reference is 3 % off the middle.
    """

    reference_buy: int
    reference_sell: int
    settle_buy: int
    settle_sell: int

    def __post_init__(self) -> None:
        row = (self.reference_buy, self.settle_buy, self.settle_sell, self.reference_sell)
        if not 0 < row[0] <= row[1] <= row[2] <= row[3]:
            raise InputError(
                "rates", row, "reference buy <= settlement buy <= settlement sell <= reference sell"
            )

    def set_aside(self, amount: int) -> int:
        """Yuan for a purchase of so many Hong Kong dollars, during the day."""
        return to_fen(amount * self.reference_sell, _MILLION)

    def brought(self, amount: int) -> int:
        """Yuan that a sale brings during the day."""
        return to_fen(amount * self.reference_buy, _MILLION)

    def settled(self, buy: bool, amount: int) -> int:
        """Yuan of a trade when the day is settled."""
        return to_fen(amount * (self.settle_sell if buy else self.settle_buy), _MILLION)

    def value(self, amount: int) -> int:
        """Yuan that a holding counts for: at the settlement rate of a sale. Ours."""
        return to_fen(amount * self.settle_buy, _MILLION)


def rates_on(route: str, day: date) -> ConnectRates:
    """The demo's exchange rates of a day. Ours, not quotes."""
    row = in_force(_TABLE["rates"][route], day)
    if row is None:
        raise InputError("day", day, "a day for which data/connect.json has a row of rates")
    names = ("reference_buy", "reference_sell", "settle_buy", "settle_sell")
    return ConnectRates(*(int(Decimal(row[name]) * _MILLION) for name in names))


# -- the rules of a day --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ConnectSettings:
    """What may be set. See data/connect.json for the status of each default.

    Attributes:
        rates: None for the demo's own.
        fees: of the broker.
        matching_spreads: how far beyond the other side's best an order may be priced.
        quotation_spreads: how far behind its own side's best; 0 for no such rule.
        most_lots: the largest order.
        sell_only: five digits of stocks that were taken off the list of what may be
            bought; who holds them may sell. The list changes often: the default is
            empty. 只可卖出
    """

    rates: ConnectRates | None = None
    fees: HkFeeSchedule = field(default_factory=HkFeeSchedule)
    matching_spreads: int = _ORDERS["matching_spreads"]["value"]
    quotation_spreads: int = _ORDERS["quotation_spreads"]["value"]
    most_lots: int = _ORDERS["most_lots"]["value"]
    sell_only: frozenset[str] = frozenset(_ORDERS["sell_only"]["value"])


@dataclass(frozen=True, slots=True)
class ConnectVerdict:
    """What becomes of an order that may enter.

    Attributes:
        price: 1e-4 HKD.
        odd: an odd lot.
        broker_price_type: 93 enhanced limit, 94 odd lot.
        amount, fees: if all of it trades at its price, 1e-4 HKD.
        freeze: what a buy sets aside, 1e-4 yuan; 0 for a sale.
        freeze_volume: shares that a sale sets aside; 0 for a buy.
    """

    price: int
    odd: bool
    broker_price_type: int
    amount: int
    fees: int
    freeze: int
    freeze_volume: int


class ConnectRules:
    """One Hong Kong stock on one day.

    An enhanced limit order trades with up to ten queues, the best and nine spreads
    beyond it, never worse than its price, and what is left rests at that price. An
    order priced beyond the tenth queue is refused, so trading up to its price is
    the same thing.

    Attributes:
        up, down: the furthest valid prices from the previous close (less than nine
            times it, more than a ninth); there is no daily limit.
        tick: a step that is valid all around the previous close; `tick_at` tells that
            of a price.
        lot: a board lot.
        price_types: FIX_PRICE alone.
    """

    __slots__ = (
        "_fees",
        "_settings",
        "_ticks",
        "day",
        "down",
        "instrument",
        "lot",
        "prev_close",
        "price_types",
        "rates",
        "tick",
        "up",
    )

    def __init__(
        self,
        instrument: ConnectStock,
        prev_close: int,
        day: date,
        settings: ConnectSettings = ConnectSettings(),
    ) -> None:
        self._ticks = ticks = tick_table(day)
        if not 0 < prev_close <= ticks.highest:
            raise InputError("prev_close", prev_close, f"above 0 and up to {ticks.highest}")
        times = _ORDERS["times"]["value"]
        self.instrument = instrument
        self.prev_close = prev_close
        self.day = day
        self.rates = settings.rates or rates_on(instrument.market, day)
        self.tick = ticks.grid(prev_close)
        self.lot = instrument.lot
        self.up = ticks.move(min(prev_close * times, ticks.highest), -1)
        self.down = ticks.move(-(-prev_close // times), 1)
        self.price_types = frozenset({_LIMIT})
        self._settings = settings
        self._fees = HkFeeRules(day, settings.fees)

    def tick_at(self, price: int) -> int:
        """The spread from a price upwards, 1e-4 HKD."""
        return self._ticks.above(price)

    def move(self, price: int, spreads: int) -> int:
        """The price so many spreads up, or down if negative."""
        return self._ticks.move(price, spreads)

    def fees(self, buy: bool, turnover: int) -> HkFees:
        """Fees of ONE order that has traded `turnover` so far, 1e-4 HKD."""
        return self._fees.fees(buy, turnover)

    def fee_total(self, buy: bool, turnover: int) -> int:
        """`fees(buy, turnover).total`."""
        return self._fees.total(buy, turnover)

    def net(self, buy: bool, turnover: int) -> int:
        """What an order that has traded `turnover` takes, or brings, fees included, 1e-4 HKD."""
        fees = self._fees.total(buy, turnover)
        return turnover + fees if buy else turnover - fees

    def check(
        self,
        account_type: int,
        order_type: int,
        price_type: int,
        volume: int,
        price: int,
        *,
        sellable: int,
        bid: int,
        ask: int,
        last: int,
        held: int | None = None,
    ) -> int:
        """Say whether an order may enter; the arguments are those of `DayRules.check`.

        Returns:
            Its price, 1e-4 HKD.

        Raises:
            Refused: UNKNOWN_CODE (another route), ORDER_TYPE, PRICE_TYPE, NOT_ELIGIBLE
                (a buy of what may only be sold), LOT, TOO_LARGE, TICK, PRICE_LIMIT (nine
                times) or PRICE_CAGE (spreads).
            VolumeShort: a sale of more than is sellable.
        """
        buy = order_type == _BUY
        self._check_kind(account_type, order_type, price_type)
        self._check_volume(buy, volume, sellable, held)
        self._check_price(buy, price, bid, ask, last or self.prev_close)
        return price

    def verdict(
        self,
        account_type: int,
        order_type: int,
        price_type: int,
        volume: int,
        price: int,
        *,
        cash: int,
        sellable: int,
        bid: int,
        ask: int,
        last: int,
        held: int | None = None,
    ) -> ConnectVerdict:
        """`check`, and what the order sets aside. `cash` is what is available, 1e-4 yuan.

        Raises:
            Refused: as `check`.
            CashShort: the cash does not cover a buy at the reference rate.
        """
        self.check(
            account_type,
            order_type,
            price_type,
            volume,
            price,
            sellable=sellable,
            bid=bid,
            ask=ask,
            last=last,
            held=held,
        )
        buy = order_type == _BUY
        amount = price * volume
        fees = self.fee_total(buy, amount)
        freeze = self.rates.set_aside(amount + fees) if buy else 0
        if freeze > cash:
            raise CashShort(freeze, cash)
        odd = volume < self.lot
        code = c.BROKER_PRICE_RETAIL_LIMIT if odd else c.BROKER_PRICE_ENHANCED_LIMIT
        return ConnectVerdict(price, odd, code, amount, fees, freeze, 0 if buy else volume)

    # -- the parts of a check ---------------------------------------------------------------

    def _check_kind(self, account_type: int, order_type: int, price_type: int) -> None:
        """Route, order type, price type, and whether the stock may be bought."""
        stock = self.instrument
        kind = c.ACCOUNT_TYPE_DICT.get(account_type, str(account_type))
        if ROUTES.get(account_type) != stock.market:
            raise Refused(
                RefusalCode.UNKNOWN_CODE,
                f"{kind} 账户不能交易 {stock.stock_code}",
                f"a {kind} account does not trade {stock.stock_code}",
            )
        if order_type not in (_BUY, _SELL):
            zh, en = (OrderType.label_of(order_type, language) for language in ("zh", "en"))
            raise Refused(
                RefusalCode.ORDER_TYPE,
                f"{kind} 账户没有委托类型 {zh}；可用买入 {_BUY} 或卖出 {_SELL}",
                f"{kind} accounts have no order type {en}; they may buy ({_BUY}) or sell ({_SELL})",
            )
        if price_type == c.BROKER_PRICE_BID_LIMIT:
            raise Refused(
                RefusalCode.PRICE_TYPE,
                f"竞价限价（{price_type}）只用于港股的集合竞价时段，本市场是连续交易；"
                f"可用指定价 {_LIMIT}（增强限价）",
                f"at-auction limit orders ({price_type}) are for Hong Kong's auctions, and this "
                f"market trades continuously; use FIX_PRICE ({_LIMIT}), enhanced limit",
            )
        if price_type != _LIMIT:
            zh, en = (PriceType.label_of(price_type, language) for language in ("zh", "en"))
            raise Refused(
                RefusalCode.PRICE_TYPE,
                f"港股通没有报价类型 {zh}；可用指定价 {_LIMIT}（增强限价）",
                f"Stock Connect has no price type {en}; use FIX_PRICE ({_LIMIT}), enhanced limit",
            )
        if order_type == _BUY and stock.stock_code.partition(".")[0] in self._settings.sell_only:
            raise Refused(
                RefusalCode.NOT_ELIGIBLE,
                f"{stock.stock_code} 已调出港股通买入名单，只可卖出",
                f"{stock.stock_code} may only be sold: it was taken off the list of what "
                "may be bought",
            )

    def _check_volume(self, buy: bool, volume: int, sellable: int, held: int | None) -> None:
        lot = self.lot
        most = self._settings.most_lots * lot
        if volume > most:
            raise Refused(
                RefusalCode.TOO_LARGE,
                f"港股通单笔最多 {self._settings.most_lots:,} 手（{most:,} 股），"
                f"委托 {volume:,} 股",
                f"an order is at most {self._settings.most_lots:,} lots ({most:,} shares), "
                f"this one is {volume:,}",
            )
        if buy:
            if volume <= 0 or volume % lot:
                raise Refused(
                    RefusalCode.LOT,
                    f"买入须为每手 {lot} 股的整数倍，委托 {volume:,} 股；零股只能卖出",
                    f"a buy is a multiple of the lot of {lot}, this one is {volume:,}; "
                    "odd lots can only be sold",
                )
            return
        if volume > sellable:
            refused = VolumeShort(volume, sellable)
            if held is not None and held > sellable:
                refused.zh += f"；另有 {held - sellable:,} 已被委托冻结"
                refused.en += f"; another {held - sellable:,} are held by open orders"
            raise refused
        odd = sellable % lot
        if volume <= 0 or (volume % lot and volume > odd):
            raise Refused(
                RefusalCode.LOT,
                f"卖出须为每手 {lot} 股的整数倍，或单独卖出零股（现有 {odd} 股）；"
                f"委托 {volume:,} 股",
                f"a sale is a multiple of the lot of {lot}, or an odd lot by itself "
                f"(there are {odd}); this one is {volume:,}",
            )

    def _check_price(self, buy: bool, price: int, bid: int, ask: int, nominal: int) -> None:
        times, ticks = _ORDERS["times"]["value"], self._ticks
        if price <= 0 or price >= nominal * times or price * times <= nominal:
            raise Refused(
                RefusalCode.PRICE_LIMIT,
                f"价格 {_hkd(price)} 偏离按盘价 {_hkd(nominal)} 达 {times} 倍或以上",
                f"price {_hkd(price)} is {times} times the nominal price {_hkd(nominal)} or more "
                "away from it",
            )
        if not ticks.fits(price):
            low, high = map(_hkd, ticks.neighbours(price))
            raise Refused(
                RefusalCode.TICK,
                f"价格 {_hkd(price)} 不在价位表上，最近的有效价格是 {low} 和 {high}",
                f"price {_hkd(price)} is off the tick table; "
                f"the nearest valid prices are {low} and {high}",
            )
        beyond, behind = self._settings.matching_spreads, self._settings.quotation_spreads
        if buy:
            highest = ticks.move(ask, beyond) if ask else ticks.move(nominal, behind or beyond)
            lowest = ticks.move(bid or nominal, -behind) if behind else 0
        else:
            highest = ticks.move(ask or nominal, behind) if behind else 0
            lowest = ticks.move(bid, -beyond) if bid else ticks.move(nominal, -(behind or beyond))
        if (highest and price > highest) or (lowest and price < lowest):
            raise _away(price, lowest, highest)


def _away(price: int, lowest: int, highest: int) -> Refused:
    if highest and price > highest:
        zh, en, edge = "高于", "above", highest
    else:
        zh, en, edge = "低于", "below", lowest
    return Refused(
        RefusalCode.PRICE_CAGE,
        f"价格 {_hkd(price)} {zh}可申报的 {_hkd(edge)}（对手方最优价外 9 个价位，本方 24 个价位）",
        f"price {_hkd(price)} is {en} {_hkd(edge)}, the furthest that may be quoted "
        "(9 spreads beyond the other side's best, 24 behind one's own)",
    )


def _hkd(price: int) -> str:
    text = f"{Decimal(price) / YUAN:,.4f}".rstrip("0")
    whole, _, cents = text.partition(".")
    return f"{whole}.{cents:0<2}"


def profit(rates: ConnectRates, value: int, paid: int) -> int:
    """Yuan of a profit in Hong Kong dollars, at the rate of `ConnectRates.value`."""
    gain = value - paid
    return half_up(abs(gain) * rates.settle_buy, _MILLION) * (1 if gain >= 0 else -1)
