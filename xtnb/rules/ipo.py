"""Subscribing to new shares and bonds: quotas, offers and the draw. 新股申购

A subscription is a buy (23) of a code that is on offer today, at its issue price.
Shanghai and Shenzhen ask for market value instead of cash: each holds a quota, and
the money is due after the draw. Beijing asks for the cash beforehand. Bonds need
neither.

Volumes are shares, or bond units; amounts whole 1e-4 yuan. The figures and the
demo's offers, which are made up, lie in data/ipo.json.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from random import Random

from xtnb import xtconstant as c
from xtnb.errors import CashShort, RefusalCode, Refused
from xtnb.rules.tables import load
from xtnb.vocabulary.codes import PriceType
from xtnb.vocabulary.money import YUAN, yuan
from xtnb.vocabulary.subscriptions import IpoInfo

_TABLE = load("ipo")
_QUOTA = _TABLE["quota"]
_MILLION = 1_000_000

QUOTA_DAYS: int = _QUOTA["days"]
ALLOTMENT_TURNS: int = _TABLE["allotment"]["turns"]
ODDS_PPM: int = _TABLE["allotment"]["odds_ppm"]
MARKETS = ("KCB", "SH", "SZ")
"""The quotas, under the names of `query_new_purchase_limit`."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What may be subscribed on one day.

    Attributes:
        stock_code, name: as in `query_ipo_data`.
        quota: "KCB", "SH" or "SZ"; "" where no market value is asked for.
        bond: a convertible bond.
        prepaid: the cash is set aside at once (Beijing).
        minimum, maximum, step: of a subscription.
        price: issue price, 1e-4 yuan.
        day: of the subscription.
    """

    stock_code: str
    name: str
    quota: str
    bond: bool
    prepaid: bool
    minimum: int
    maximum: int
    step: int
    price: int
    day: date

    def info(self) -> IpoInfo:
        """The offer as the API tells it."""
        return IpoInfo(
            name=self.name,
            type="BOND" if self.bond else "STOCK",
            maxPurchaseNum=self.maximum,
            minPurchaseNum=self.minimum,
            purchaseDate=self.day.strftime("%Y%m%d"),
            issuePrice=yuan(self.price),
        )


@lru_cache(maxsize=64)
def _offers(day: date) -> tuple[Offer, ...]:
    found = []
    steps = _TABLE["steps"]
    for market, rows in _TABLE["offers"].items():
        row = rows[day.toordinal() % len(rows)]
        bond = row["type"] == "BOND"
        found.append(
            Offer(
                row["stock_code"],
                row["name"],
                market if market in MARKETS else "",
                bond,
                market == "BJ",
                row["minimum"],
                row["maximum"],
                steps["BJ"] if market == "BJ" else steps[row["type"]],
                int(Decimal(row["price"]) * YUAN),
                day,
            )
        )
    return tuple(found)


def offers(day: date) -> dict[str, Offer]:
    """What may be subscribed on a day, by code. Demo, ours."""
    return {offer.stock_code: offer for offer in _offers(day)}


def open_to(account_type: int, offered: Mapping[str, Offer]) -> dict[str, Offer]:
    """What this kind of account may subscribe: one for Beijing only what is offered there. Ours."""
    beijing = account_type == c.NEW3BOARD_ACCOUNT
    return {code: offer for code, offer in offered.items() if offer.prepaid or not beijing}


def ipo_data(day: date) -> dict[str, dict[str, object]]:
    """The answer to `query_ipo_data`: facts by code. Source: manual, 当日新股信息查询."""
    return {code: dict(vars(offer.info())) for code, offer in offers(day).items()}


def quotas(value: Mapping[str, int]) -> dict[str, int]:
    """How many shares may be subscribed, by "KCB", "SH" and "SZ".

    Args:
        value: mean market value of shares held in "SH" and "SZ", 1e-4 yuan.

    Source: data/ipo.json, unverified.
    """
    found = {}
    for market in MARKETS:
        row = _QUOTA[market]
        held = value.get(row["of"], 0)
        enough = held >= int(_QUOTA["least_value"]) * YUAN
        found[market] = held // (int(row["value"]) * YUAN) * row["shares"] if enough else 0
    return found


@dataclass(frozen=True, slots=True)
class SubscriptionVerdict:
    """What becomes of a subscription that may enter.

    Attributes:
        offer: what is subscribed.
        quota: shares of the quota of `offer.quota` that it uses; 0 where there is none.
        freeze: cash that is set aside, 1e-4 yuan; 0 unless prepaid.
        numbers: numbers in the draw, one for each step.
        due: what has to be paid if every number wins, 1e-4 yuan.
    """

    offer: Offer
    quota: int
    freeze: int
    numbers: int
    due: int


def verdict(
    offer: Offer,
    order_type: int,
    price_type: int,
    volume: int,
    price: int,
    *,
    cash: int,
    left: Mapping[str, int],
    subscribed: Collection[str] = (),
) -> SubscriptionVerdict:
    """Say whether a subscription may enter.

    Args:
        offer: from `offers`.
        order_type, price_type: numbers of xtconstant.
        volume: shares, or bond units.
        price: 1e-4 yuan; the issue price.
        cash: what is available, 1e-4 yuan.
        left: what is left of the quotas today; see `quotas`.
        subscribed: codes that the account has subscribed today.

    Raises:
        Refused: ORDER_TYPE, PRICE_TYPE, PRICE_LIMIT (not the issue price), REPEATED, LOT,
            TOO_LARGE or QUOTA.
        CashShort: a prepaid subscription that the cash does not cover.
    """
    code = offer.stock_code
    if order_type != c.STOCK_BUY:
        raise Refused(
            RefusalCode.ORDER_TYPE,
            f"{code} 是申购代码，只能买入 {c.STOCK_BUY}",
            f"{code} is on offer: it can only be subscribed, a buy ({c.STOCK_BUY})",
        )
    if price_type != c.FIX_PRICE:
        raise Refused(
            RefusalCode.PRICE_TYPE,
            f"申购没有报价类型 {PriceType.label_of(price_type, 'zh')}；可用指定价 {c.FIX_PRICE}",
            f"a subscription has no price type {PriceType.label_of(price_type, 'en')}; "
            f"use FIX_PRICE ({c.FIX_PRICE})",
        )
    if price != offer.price:
        raise Refused(
            RefusalCode.PRICE_LIMIT,
            f"申购价须为发行价 {offer.price / YUAN:.2f}，委托价格 {price / YUAN:.2f}",
            f"a subscription is at the issue price {offer.price / YUAN:.2f}, "
            f"this one is at {price / YUAN:.2f}",
        )
    if code in subscribed:
        raise Refused(
            RefusalCode.REPEATED,
            f"{code} 今日已申购，重复申购无效",
            f"{code} has been subscribed today; a second subscription does not count",
        )
    if volume < offer.minimum or volume % offer.step:
        raise Refused(
            RefusalCode.LOT,
            f"申购至少 {offer.minimum}，且为 {offer.step} 的整数倍，委托 {volume:,}",
            f"a subscription is at least {offer.minimum} and a multiple of {offer.step}, "
            f"this one is {volume:,}",
        )
    if volume > offer.maximum:
        raise Refused(
            RefusalCode.TOO_LARGE,
            f"{code} 申购上限 {offer.maximum:,}，委托 {volume:,}",
            f"{code} may be subscribed up to {offer.maximum:,}, this one is {volume:,}",
        )
    if offer.quota and volume > left.get(offer.quota, 0):
        raise Refused(
            RefusalCode.QUOTA,
            f"{offer.quota} 可用申购额度 {left.get(offer.quota, 0):,} 股，不足 {volume:,} 股",
            f"a quota of {left.get(offer.quota, 0):,} shares for {offer.quota} "
            f"does not cover {volume:,}",
        )
    amount = offer.price * volume
    freeze = amount if offer.prepaid else 0
    if freeze > cash:
        raise CashShort(freeze, cash)
    quota = volume if offer.quota else 0
    return SubscriptionVerdict(offer, quota, freeze, volume // offer.step, amount)


def drawn(seed: str, numbers: int, odds_ppm: int = ODDS_PPM) -> int:
    """How many of so many numbers win; the same seed always draws the same. 中签"""
    chance = Random(seed)
    return sum(chance.randrange(_MILLION) < odds_ppm for _ in range(numbers))
