"""What the limits of a terminal say to an order. Ours; see `xtnb/link/limits.py` for the file.

The guard in front of a terminal asks these rules before it lets an order pass, and a
preview asks the same ones with what that guard has told (`told`, `read`). So the two
cannot disagree. Amounts are in the currency of the price, as floats: they come from a
person's file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from xtnb import xtconstant as c
from xtnb.errors import RefusalCode, Refused

REPAYMENTS = frozenset({c.CREDIT_DIRECT_CASH_REPAY, c.CREDIT_DIRECT_CASH_REPAY_SPECIAL})
"""Money that pays a debt back is no trade: only `read_only` and a kill switch keep it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one account may do. None is no limit.

    Attributes:
        order_value, value_a_day: price times volume and unit, in the price's currency.
        order_volume: shares or contracts of one order.
        orders_a_minute, orders_a_day: orders that the terminal was asked to place.
        price_distance: of a limit price from the last one, as a fraction of it.
        codes: patterns of the codes that may be traded, such as "600*.SH".
        read_only: nothing but queries and cancels.
    """

    order_value: float | None = None
    order_volume: int | None = None
    orders_a_minute: int | None = None
    orders_a_day: int | None = None
    value_a_day: float | None = None
    price_distance: float | None = None
    codes: tuple[str, ...] | None = None
    read_only: bool = False

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if isinstance(value, float | int) and not value >= 0:  # nan compares with nothing
                raise ValueError(f"{name} = {value}: a number from 0 on")

    def allows(self, stock_code: str) -> bool:
        """Whether this code may be traded."""
        return self.codes is None or any(fnmatchcase(stock_code, one) for one in self.codes)

    @property
    def by_value(self) -> bool:
        """Whether it matters what an order is worth."""
        return self.order_value is not None or self.value_a_day is not None

    @property
    def by_day(self) -> bool:
        """Whether it matters what was ordered today."""
        return self.orders_a_day is not None or self.value_a_day is not None


class Counted(NamedTuple):
    """What an account has ordered so far: in this minute, today, and what that was worth."""

    minute: int = 0
    orders: int = 0
    value: float = 0.0


class Wanted(NamedTuple):
    """An order as limits see it.

    Attributes:
        price: the limit; 0.0 for a market order.
        last: the last price; 0.0 when there is none, None when whoever asks does not know.
        unit: what one unit of volume counts for; None when it cannot be asked for.
        repays: whether it is one of `REPAYMENTS`.
    """

    stock_code: str
    volume: int
    price: float
    last: float | None
    unit: int | None
    repays: bool = False


# -- what they say, one after the other --------------------------------------------------------


def by_account(limits: Limits) -> None:
    """Raise Refused when the account may change nothing at all."""
    if limits.read_only:
        raise refused("账户只读", "this account is read-only here")


def by_itself(limits: Limits, stock_code: str, volume: int) -> None:
    """Raise Refused for a code that may not be traded, or too much of it."""
    if not limits.allows(stock_code):
        raise refused(f"不允许交易 {stock_code}", f"{stock_code} may not be traded here")
    if limits.order_volume is not None and volume > limits.order_volume:
        raise refused(
            f"单笔数量 {volume:,} 超过上限 {limits.order_volume:,}",
            f"{volume:,} exceeds the most of one order, {limits.order_volume:,}",
        )


def by_price(limits: Limits, wanted: Wanted) -> float:
    """What an order is worth; 0.0 where nobody needs to know, or a preview cannot.

    Raises:
        Refused: its price is too far away, it is worth too much, or that cannot be judged.
    """
    code, volume, price, last, unit, _ = wanted
    if limits.by_value and unit is None:
        raise unknown(code)
    if last is not None:
        _near(price, last, limits)
    value = abs(price or last or 0.0) * volume * (unit or 1)
    if limits.by_value and not value:
        if last is None:
            return 0.0
        raise refused(
            f"{code} 没有价格，无法核对金额", f"there is no price of {code} to judge its value by"
        )
    if limits.order_value is not None and value > limits.order_value:
        raise refused(
            f"单笔金额 {value:,.0f} 超过上限 {limits.order_value:,.0f}",
            f"{value:,.0f} exceeds the value of one order, {limits.order_value:,.0f}",
        )
    return value


def by_count(limits: Limits, counted: Counted, value: float) -> None:
    """Raise Refused when one order more, worth so much, is too many or too much."""
    if limits.orders_a_minute is not None and counted.minute >= limits.orders_a_minute:
        raise refused(
            f"每分钟委托已达上限 {limits.orders_a_minute}",
            f"the {limits.orders_a_minute} orders of this minute are used up",
        )
    if limits.orders_a_day is not None and counted.orders >= limits.orders_a_day:
        raise refused(
            f"当日委托已达上限 {limits.orders_a_day}",
            f"the {limits.orders_a_day} orders of today are used up",
        )
    total = counted.value + value
    if limits.value_a_day is not None and total > limits.value_a_day:
        raise refused(
            f"当日金额 {total:,.0f} 超过上限 {limits.value_a_day:,.0f}",
            f"{total:,.0f} exceeds the value of a day, {limits.value_a_day:,.0f}",
        )


def _near(price: float, last: float, limits: Limits) -> None:
    distance = limits.price_distance
    if distance is None or not price:
        return
    if not last:
        raise refused("没有最新价，无法核对价格", "there is no last price to judge this one by")
    if abs(price - last) > distance * last * (1 + 1e-9):
        raise refused(
            f"价格 {price:g} 偏离最新价 {last:g} 超过 {distance:.2%}",
            f"{price:g} is more than {distance:.2%} away from the last price, {last:g}",
        )


def unknown(code: str) -> Refused:
    """The refusal of an order whose worth cannot be told."""
    return refused(
        f"无法查询 {code} 的合约乘数，不能核对金额",
        f"the multiplier of {code} cannot be asked for, to judge the value by",
    )


def refused(zh: str, en: str) -> Refused:
    """A refusal by the limits."""
    return Refused(RefusalCode.LIMITED, f"超出限额：{zh}", f"beyond the limits set here: {en}")


# -- as a guard tells it: the request `limits` --------------------------------------------------


@dataclass(frozen=True, slots=True)
class Held:
    """What holds for an account at one moment.

    Attributes:
        refusal: what every order is answered with, such as the kill switch; None for none.
        limits, counted: what an order is judged by otherwise.
    """

    refusal: Refused | None = None
    limits: Limits = Limits()
    counted: Counted = Counted()  # noqa: RUF009 - frozen

    def refuses(self, wanted: Wanted) -> Refused | None:
        """What an order would be answered with now; None where it would pass."""
        try:
            if self.refusal is not None:
                raise self.refusal
            by_account(self.limits)
            if wanted.repays:
                return None
            by_itself(self.limits, wanted.stock_code, wanted.volume)
            by_count(self.limits, self.counted, by_price(self.limits, wanted))
        except Refused as refusal:
            return refusal
        return None


def told(held: Held) -> dict[str, Any]:
    """As plain values, for a reply."""
    refusal = held.refusal
    limits = asdict(held.limits)
    if held.limits.codes is not None:
        limits["codes"] = list(held.limits.codes)
    return {
        "refusal": [int(refusal.code), refusal.zh, refusal.en] if refusal is not None else [],
        "limits": limits,
        "counted": list(held.counted),
    }


def read(answer: Mapping[str, Any] | None) -> Held | None:
    """What was told; None for a terminal that has no limits.

    What a newer terminal tells besides is not judged here: it judges by itself.
    """
    if answer is None:
        return None
    refusal = None
    if answer["refusal"]:
        code, zh, en = answer["refusal"]
        refusal = Refused(RefusalCode(code), zh, en)
    limits = {one.name: answer["limits"].get(one.name) for one in fields(Limits)}
    limits["read_only"] = bool(limits["read_only"])
    if limits["codes"] is not None:
        limits["codes"] = tuple(limits["codes"])
    return Held(refusal, Limits(**limits), Counted(*answer["counted"]))
