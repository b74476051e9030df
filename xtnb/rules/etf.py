"""Creating and redeeming ETF units against a basket of stocks. ETF申购, 赎回

A creation (134) gives the basket and gets units, a redemption (135) the other way
round; neither needs the market. `Basket.verdict` says what changes hands. Whatever
the account lacks of a stock whose substitution is allowed is paid in cash with a
premium; a stock that must be substituted is a fixed amount either way.

Volumes are shares and fund units, amounts whole 1e-4 yuan. The baskets, which are
the demo's own, lie in data/etf.json.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from xtnb import xtconstant as c
from xtnb.errors import CashShort, RefusalCode, Refused
from xtnb.rules.tables import load
from xtnb.vocabulary.codes import PriceType
from xtnb.vocabulary.money import YUAN, to_fen

_TABLE = load("etf")
_MILLION = 1_000_000
CREATE, REDEEM = c.ETF_PURCHASE, c.ETF_REDEMPTION
ORDER_TYPES = frozenset({CREATE, REDEEM})


@dataclass(frozen=True, slots=True)
class Component:
    """One row of a basket.

    Attributes:
        stock_code, volume: shares for one creation unit.
        mode: "forbidden" (shares only), "allowed" (cash for what is missing) or "must"
            (a fixed amount of cash). 现金替代标志
        premium_ppm: what cash costs more than the last price, millionths.
        amount: the fixed amount, 1e-4 yuan.
    """

    stock_code: str
    volume: int
    mode: str
    premium_ppm: int = 0
    amount: int = 0


@dataclass(frozen=True, slots=True)
class BasketVerdict:
    """What changes hands.

    Attributes:
        gives, gets: shares or units by code.
        cash: what the account pays, fee included; negative when it is paid. 1e-4 yuan.
        substituted: of it for shares that the account lacks, by code.
        fee: of it for the broker.
    """

    gives: dict[str, int]
    gets: dict[str, int]
    cash: int
    substituted: dict[str, int]
    fee: int


@dataclass(frozen=True, slots=True)
class Basket:
    """What a creation unit of one ETF is made of.

    Attributes:
        stock_code: the ETF.
        unit: fund units of one creation unit. 最小申购赎回单位
        cash_difference: cash that belongs to it; may be negative. 现金差额
    """

    stock_code: str
    unit: int
    cash_difference: int
    components: tuple[Component, ...]

    def verdict(
        self,
        account_type: int,
        order_type: int,
        price_type: int,
        volume: int,
        *,
        cash: int,
        usable: Mapping[str, int],
        last: Mapping[str, int],
    ) -> BasketVerdict:
        """Say whether units may be created or redeemed, and what changes hands.

        Args:
            account_type, order_type, price_type: numbers of xtconstant.
            volume: fund units.
            cash: what is available, 1e-4 yuan.
            usable: what the account may use for this today, by code; see the same-day
                rule in data/etf.json.
            last: last prices, 1e-4 yuan, by code.

        Raises:
            Refused: ORDER_TYPE, PRICE_TYPE, LOT, or VOLUME with the code that is short.
            CashShort: the cash does not cover what is to be paid.
        """
        if account_type != c.SECURITY_ACCOUNT or order_type not in ORDER_TYPES:
            raise Refused(
                RefusalCode.ORDER_TYPE,
                f"ETF 申赎只在 STOCK 账户，委托类型 {CREATE} 或 {REDEEM}",
                f"units are created ({CREATE}) and redeemed ({REDEEM}) in STOCK accounts",
            )
        if price_type != c.FIX_PRICE:
            name = PriceType.label_of(price_type, "en")
            raise Refused(
                RefusalCode.PRICE_TYPE,
                f"ETF 申赎没有报价类型 {PriceType.label_of(price_type, 'zh')}；可用指定价 11",
                f"creation and redemption have no price type {name}; use FIX_PRICE (11)",
            )
        if volume <= 0 or volume % self.unit:
            raise Refused(
                RefusalCode.LOT,
                f"{self.stock_code} 申赎须为 {self.unit:,} 份的整数倍，委托 {volume:,} 份",
                f"{self.stock_code} is created and redeemed in multiples of {self.unit:,} units, "
                f"this one is {volume:,}",
            )
        units = volume // self.unit
        if order_type == CREATE:
            verdict = self._creation(units, volume, usable, last)
        else:
            verdict = self._redemption(units, volume, usable, last)
        if verdict.cash > cash:
            raise CashShort(verdict.cash, cash)
        return verdict

    def _creation(
        self, units: int, volume: int, usable: Mapping[str, int], last: Mapping[str, int]
    ) -> BasketVerdict:
        gives: dict[str, int] = {}
        substituted: dict[str, int] = {}
        cash = self.cash_difference * units
        for one in self.components:
            wanted = one.volume * units
            if one.mode == "must":
                cash += one.amount * units
                continue
            have = min(wanted, usable.get(one.stock_code, 0))
            missing = wanted - have
            if missing and one.mode == "forbidden":
                raise _short(one.stock_code, wanted, have)
            if have:
                gives[one.stock_code] = have
            if missing:
                amount = missing * last[one.stock_code] * (_MILLION + one.premium_ppm)
                substituted[one.stock_code] = to_fen(amount, _MILLION)
        cash += sum(substituted.values())
        fee = self._fee(volume, last)
        return BasketVerdict(gives, {self.stock_code: volume}, cash + fee, substituted, fee)

    def _redemption(
        self, units: int, volume: int, usable: Mapping[str, int], last: Mapping[str, int]
    ) -> BasketVerdict:
        have = usable.get(self.stock_code, 0)
        if volume > have:
            raise _short(self.stock_code, volume, have)
        gets: dict[str, int] = {}
        cash = -self.cash_difference * units
        for one in self.components:
            if one.mode == "must":
                cash -= one.amount * units
            else:
                gets[one.stock_code] = one.volume * units
        fee = self._fee(volume, last)
        return BasketVerdict({self.stock_code: volume}, gets, cash + fee, {}, fee)

    def _fee(self, volume: int, last: Mapping[str, int]) -> int:
        return to_fen(volume * last[self.stock_code] * _TABLE["fee"]["ppm"], _MILLION)


def _short(code: str, wanted: int, have: int) -> Refused:
    return Refused(
        RefusalCode.VOLUME,
        f"{code} 可用于申赎 {have:,}，不足 {wanted:,}；当日申购的份额不能赎回，"
        "当日赎回的股票不能再申购",
        f"{code}: {have:,} may be used for this today, which does not cover {wanted:,}; units "
        "created today cannot be redeemed, nor stocks redeemed today used to create",
    )


@cache
def baskets() -> dict[str, Basket]:
    """The baskets of the demo, by the code of the ETF. Treat what comes as constant."""

    def amount(text: str) -> int:
        return int(Decimal(text) * YUAN)

    return {
        row["stock_code"]: Basket(
            row["stock_code"],
            row["unit"],
            amount(row["cash_difference"]),
            tuple(
                Component(
                    one["stock_code"],
                    one["volume"],
                    one["mode"],
                    one.get("premium_ppm", 0),
                    amount(one.get("amount", "0")),
                )
                for one in row["rows"]
            ),
        )
        for row in _TABLE["baskets"]
    }


def usable(
    code: str, on_road: int, sellable: int, frozen: int, fills: Iterable[tuple[str, int, int]]
) -> int:
    """What of a holding may be used for baskets now: all but what baskets brought today.

    A sale takes what baskets brought first (ours).

    Args:
        code: the security; on_road, sellable, frozen: how much of it is what.
        fills: the day's, oldest first: code, order type and volume of each.
    """
    brought = 0
    for each, order_type, volume in fills:
        if order_type == CREATE and each == code:
            brought += volume
        elif order_type == REDEEM and each in baskets():
            basket = baskets()[each]
            rows = [one for one in basket.components if one.stock_code == code]
            many = sum(one.volume for one in rows if one.mode != "must")
            brought += many * (volume // basket.unit)
        elif order_type == c.STOCK_SELL and each == code:
            brought = max(0, brought - volume)
    return on_road + sellable - max(0, brought - frozen)


def no_basket(code: str) -> Refused:
    """The refusal of an instrument that cannot be created or redeemed."""
    known = "、".join(baskets())
    return Refused(
        RefusalCode.NOT_ELIGIBLE,
        f"{code} 没有申购赎回清单；可申赎：{known}",
        f"{code} has no basket to create or redeem it; {', '.join(baskets())} have",
    )
