"""Orders as the tests of the rules write them: yuan as text, defaults that pass."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from xtnb import xtconstant as c
from xtnb.rules.day import DayRules
from xtnb.rules.fees import FeeSchedule
from xtnb.rules.instruments import Instrument, find
from xtnb.vocabulary.money import YUAN

TODAY = date(2026, 11, 20)
MAIN, STAR, SHENZHEN, CHINEXT, BEIJING, FUND = (
    "600000.SH",
    "688981.SH",
    "000001.SZ",
    "300750.SZ",
    "920185.BJ",
    "510300.SH",
)


def money(yuan: str) -> int:
    """Yuan as text to whole 1e-4 yuan."""
    return int(Decimal(yuan) * YUAN)


def day_rules(
    code: str = MAIN,
    prev_close: str = "10.00",
    day: date = TODAY,
    schedule: FeeSchedule | None = None,
    **facts: bool,
) -> DayRules:
    instrument: Instrument = replace(find(code), **facts)
    return DayRules(instrument, money(prev_close), day, schedule or FeeSchedule())


def ask(rules: DayRules, buy: bool = True, volume: int = 200, price: str = "10.00", **facts) -> int:
    """`rules.check` with a stock account, a limit price and an empty book unless told."""
    prices = {name: money(facts.pop(name, "0")) for name in ("bid", "ask", "last")}
    return rules.check(
        facts.pop("account_type", c.SECURITY_ACCOUNT),
        facts.pop("order_type", c.STOCK_BUY if buy else c.STOCK_SELL),
        facts.pop("price_type", c.FIX_PRICE),
        volume,
        money(price),
        sellable=facts.pop("sellable", 1_000_000),
        **prices,
        **facts,
    )
