"""Everything that the rules say about one instrument on one day.

`DayRules` is built once a day for each instrument. The paper terminal asks it
whether an order may enter and what a fill costs, and the ticket asks the same
object beforehand, so the two cannot disagree.

The rules are those of continuous trading. Prices are whole 1e-4 yuan, 0 where there
is none; volumes are shares or fund units; refusals say the reason in Chinese and in
English, with the figures in it.
"""

from __future__ import annotations

from datetime import date
from typing import NoReturn, Self

from xtnb import xtconstant as c
from xtnb.errors import InputError, RefusalCode, Refused, VolumeShort
from xtnb.rules.boards import (
    Cage,
    board_rules,
    boards_of,
    cage_base,
    cage_ceiling,
    cage_floor,
    price_limits,
)
from xtnb.rules.fees import FeeRules, Fees, FeeSchedule
from xtnb.rules.instruments import Instrument
from xtnb.rules.validity import check_order_type, not_traded_here, price_types, refuse_price_type
from xtnb.vocabulary.money import YUAN, half_up

_BUY = c.STOCK_BUY
_SELL = c.STOCK_SELL
_STOCK = c.SECURITY_ACCOUNT
_LIMIT = c.FIX_PRICE
_LATEST = c.LATEST_PRICE
_PROTECTED = frozenset({c.MARKET_SH_CONVERT_5_CANCEL, c.MARKET_SH_CONVERT_5_LIMIT})


class DayRules:
    """One instrument on one day, precomputed.

    Args:
        instrument: what is traded.
        prev_close: previous close, or the ex-rights reference, 1e-4 yuan.
        day: the trading day; it picks the rows of the dated tables.
        schedule: what the broker charges.

    Attributes:
        up, down: daily limits, 1e-4 yuan.
        tick: price step, 1e-4 yuan.
        lot: what a buy is a multiple of; for boards that step by single shares, the
            least buy.
        price_types: what the venue knows.

    Raises:
        Refused: NO_REFERENCE, when prev_close is 0.
        InputError: prev_close is negative or off the tick.
    """

    __slots__ = (
        "_buy_minimum",
        "_buy_step",
        "_cage",
        "_fee_rules",
        "_fee_total",
        "_limit_maximum",
        "_lots",
        "_market_maximum",
        "_sell_unit",
        "day",
        "down",
        "instrument",
        "lot",
        "prev_close",
        "price_types",
        "tick",
        "up",
    )

    def __init__(
        self,
        instrument: Instrument,
        prev_close: int,
        day: date,
        schedule: FeeSchedule = FeeSchedule(),  # noqa: B008 - frozen
    ) -> None:
        if prev_close == 0:
            raise Refused(
                RefusalCode.NO_REFERENCE,
                f"{instrument.stock_code} 没有前收盘价，无法计算涨跌停价",
                f"{instrument.stock_code} has no previous close to take limits from",
            )
        rules = board_rules(instrument, day)
        self.instrument = instrument
        self.day = day
        self.prev_close = prev_close
        self.tick = rules.tick
        self.down, self.up = price_limits(prev_close, rules.limit_percent, rules.tick)
        self.lot = rules.buy_minimum
        self.price_types = price_types(instrument.market)
        self._buy_minimum = rules.buy_minimum
        self._buy_step = rules.buy_step
        self._lots = rules.sell_rule == "lots"
        self._sell_unit = rules.sell_unit
        self._limit_maximum = rules.limit_maximum
        self._market_maximum = rules.market_maximum
        self._cage = rules.cage
        self._fee_rules = FeeRules(instrument, day, schedule)
        self._fee_total = self._fee_rules.total  # bound once: a hot path

    def under(self, schedule: FeeSchedule) -> Self:
        """The same day for an account that pays by another schedule."""
        return type(self)(self.instrument, self.prev_close, self.day, schedule)

    def fees(self, buy: bool, turnover: int) -> Fees:
        """Fees of ONE order that has traded `turnover` (1e-4 yuan) so far.

        A fill is charged what the total rises by.
        """
        return self._fee_rules.fees(buy, turnover)

    def fee_total(self, buy: bool, turnover: int) -> int:
        """`fees(buy, turnover).total`, quicker."""
        return self._fee_total(buy, turnover)

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
        arriving: int = 0,
    ) -> int:
        """Say whether an order may enter continuous trading, and at what price to freeze.

        Args:
            account_type, order_type, price_type: numbers of xtconstant.
            volume: shares or fund units.
            price: 1e-4 yuan; read by FIX_PRICE, and by best five (42, 43) as the
                protective price where it is above 0.
            sellable: what the account may sell now; read by a sale.
            bid, ask, last: best prices and last price, 0 where there is none.
            held, arriving: all that the account holds, and what it bought today under
                T+1; for the wording of a refusal.

        Returns:
            The limit price; for LATEST_PRICE the last price, or the previous close
            before the first trade; for a market order its protective price: limit up
            for a buy, limit down for a sale.

        Raises:
            Refused: ORDER_TYPE, UNKNOWN_CODE (a board that this kind of account does not
                trade), PRICE_TYPE, LOT, TOO_LARGE, TICK, PRICE_LIMIT or PRICE_CAGE.
            VolumeShort: a sale of more than is sellable.
        """
        buy = order_type == _BUY
        if account_type != _STOCK or not (buy or order_type == _SELL):
            self._check_account(account_type, order_type)
        if price_type == _LIMIT:
            limit = True
        elif price_type == _LATEST:
            limit = True
            price = self._latest(last)
        elif price_type in self.price_types:
            limit = False
        else:
            raise refuse_price_type(self.instrument.market, price_type)

        if volume > (self._limit_maximum if limit else self._market_maximum):
            self._refuse_size(limit, volume)
        if buy:
            if volume < self._buy_minimum or volume % self._buy_step:
                self._refuse_buy(volume)
        elif volume > sellable:
            raise short_of(volume, sellable, held, arriving)
        elif self._lots:
            odd = volume % self._sell_unit
            if (odd and odd != sellable % self._sell_unit) or volume <= 0:
                self._refuse_sale(volume, sellable)
        elif (volume < self._sell_unit and volume != sellable) or volume <= 0:
            self._refuse_sale(volume, sellable)

        if not limit:
            if price <= 0 or price_type not in _PROTECTED:
                return self.up if buy else self.down
        elif price <= 0:
            self._refuse_price(price)
        if price % self.tick or not self.down <= price <= self.up:
            self._refuse_price(price)
        cage = self._cage
        if limit and cage is not None:
            base = cage_base(buy, bid, ask, last, self.prev_close)
            if buy:
                if price > base and price > cage_ceiling(base, cage, self.tick):
                    self._refuse_cage(cage, buy, price, base)
            elif price < base and price < cage_floor(base, cage, self.tick):
                self._refuse_cage(cage, buy, price, base)
        return price

    def affordable(self, cash: int, price: int, price_type: int = _LIMIT) -> int:
        """The largest valid buy whose cost and fees fit in `cash`; 0 when none does.

        Args:
            cash: 1e-4 yuan.
            price: what the order would freeze at, 1e-4 yuan (see `check`).
            price_type: market orders have a lower maximum on some boards.

        Raises:
            InputError: price is not above 0.
        """
        if price <= 0:
            raise InputError("price", price, "above 0, in 1e-4 yuan")
        least, step, cost = self._buy_minimum, self._buy_step, self.cost
        if cost(least, price) > cash:
            return 0
        fits, beyond = 0, (self._maximum(price_type) - least) // step + 1
        while beyond - fits > 1:
            middle = (fits + beyond) // 2
            if cost(least + middle * step, price) <= cash:
                fits = middle
            else:
                beyond = middle
        return least + fits * step

    def cost(self, volume: int, price: int) -> int:
        """What a buy of `volume` at `price` takes, fees included, 1e-4 yuan."""
        return volume * price + self.fee_total(True, volume * price)

    def round_sell(self, volume: int, sellable: int, price_type: int = _LIMIT) -> int:
        """The largest valid sale of at most `volume`; 0 when there is none."""
        volume = min(volume, sellable, self._maximum(price_type))
        unit = self._sell_unit
        if volume <= 0:
            return 0
        if not self._lots:
            return volume if volume >= unit or volume == sellable else 0
        odd = sellable % unit
        with_odd = volume - (volume - odd) % unit if volume >= odd else 0
        return max(volume - volume % unit, with_odd)

    def _check_account(self, account_type: int, order_type: int) -> None:
        """Refuse what is no buy or sale of an account that trades this board."""
        check_order_type(account_type, order_type)
        boards = boards_of(account_type, self.day)
        if boards is not None and self.instrument.board not in boards:
            raise not_traded_here(self.instrument.stock_code, account_type)

    def _maximum(self, price_type: int) -> int:
        limit = price_type in (_LIMIT, _LATEST)
        return self._limit_maximum if limit else self._market_maximum

    def _latest(self, last: int) -> int:
        price = half_up(last or self.prev_close, self.tick) * self.tick
        return min(max(price, self.down), self.up)

    def _yuan(self, price: int) -> str:
        return f"{price / YUAN:,.{2 if self.tick >= 100 else 3}f}"

    def _refuse_size(self, limit: bool, volume: int) -> NoReturn:
        board = self.instrument.board
        most = self._limit_maximum if limit else self._market_maximum
        kind_zh, kind_en = ("限价", "limit") if limit else ("市价", "market")
        raise Refused(
            RefusalCode.TOO_LARGE,
            f"{board.zh}{kind_zh}委托单笔最多 {most:,}，委托数量 {volume:,}",
            f"a {kind_en} order on {board.en} is at most {most:,}, this one is {volume:,}",
        )

    def _refuse_buy(self, volume: int) -> NoReturn:
        board, least, step = self.instrument.board, self._buy_minimum, self._buy_step
        if step == 1:
            zh, en = f"买入至少 {least}", f"is at least {least}"
        else:
            zh, en = f"买入须为 {step} 的整数倍", f"is a multiple of {step}"
        raise Refused(
            RefusalCode.LOT,
            f"{board.zh}{zh}，委托数量 {volume:,}",
            f"a buy on {board.en} {en}, this one is {volume:,}",
        )

    def _refuse_sale(self, volume: int, sellable: int) -> NoReturn:
        board, unit = self.instrument.board, self._sell_unit
        odd = sellable % unit
        if not self._lots:
            zh = f"卖出至少 {unit}，或余额不足 {unit} 时一次卖完"
            en = f"is at least {unit}, or all that is left once that is below {unit}"
        elif odd:
            zh = f"卖出须为 {unit} 的整数倍，零股 {odd} 须一次卖出"
            en = f"is a multiple of {unit}, with or without the whole odd lot of {odd}"
        else:
            zh, en = f"卖出须为 {unit} 的整数倍", f"is a multiple of {unit}"
        raise Refused(
            RefusalCode.LOT,
            f"{board.zh}{zh}；可用 {sellable:,}，委托数量 {volume:,}",
            f"a sale on {board.en} {en}; of {sellable:,} sellable this one is {volume:,}",
        )

    def _refuse_price(self, price: int) -> NoReturn:
        shown = f"{price / YUAN:,.4f}".rstrip("0") if price % self.tick else self._yuan(price)
        if price > 0 and price % self.tick and self.down <= price <= self.up:
            below = price - price % self.tick
            low, high = self._yuan(below), self._yuan(below + self.tick)
            raise Refused(
                RefusalCode.TICK,
                f"价格 {shown} 不是最小变动单位 {self._yuan(self.tick)} 的整数倍，"
                f"最近的有效价格是 {low} 和 {high}",
                f"price {shown} is off the tick of {self._yuan(self.tick)}; "
                f"the nearest valid prices are {low} and {high}",
            )
        low, high = self._yuan(self.down), self._yuan(self.up)
        raise Refused(
            RefusalCode.PRICE_LIMIT,
            f"价格 {shown} 超出涨跌停范围：跌停 {low}，涨停 {high}",
            f"price {shown} is outside today's limits: {low} (limit down) to {high} (limit up)",
        )

    def _refuse_cage(self, cage: Cage, buy: bool, price: int, base: int) -> NoReturn:
        shown, at = self._yuan(price), self._yuan(base)
        if buy:
            bound = self._yuan(cage_ceiling(base, cage, self.tick))
            zh, en = f"买入价 {shown} 高于 {bound}", f"buy price {shown} is above {bound}"
        else:
            bound = self._yuan(cage_floor(base, cage, self.tick))
            zh, en = f"卖出价 {shown} 低于 {bound}", f"sale price {shown} is below {bound}"
        wide_zh = f"或 {cage.ticks} 个最小变动单位" if cage.ticks else ""
        wide_en = f" or {cage.ticks} ticks" if cage.ticks else ""
        raise Refused(
            RefusalCode.PRICE_CAGE,
            f"{zh}，超出有效申报价格范围（基准 {at}，{cage.percent}%{wide_zh}）",
            f"{en}, the edge of the price cage ({cage.percent}%{wide_en} from {at})",
        )


def short_of(volume: int, sellable: int, held: int | None, arriving: int) -> VolumeShort:
    """The refusal of a sale of more than is sellable: what is today, and what will be tomorrow.

    Args:
        volume, sellable: what was wanted, and what there is.
        held: all that the account holds; None for not known.
        arriving: bought today under T+1.
    """
    refused = VolumeShort(volume, sellable)
    if arriving:
        refused.zh += f"；今日买入的 {arriving:,} 明日可卖"
        refused.en += f"; another {arriving:,} were bought today and can be sold tomorrow"
    frozen = 0 if held is None else held - sellable - arriving
    if frozen > 0:
        refused.zh += f"；另有 {frozen:,} 已被委托冻结"
        refused.en += f"; another {frozen:,} are held by open orders"
    return refused
