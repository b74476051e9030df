"""Previews of applications to borrow securities, by the rules that the terminal asks. 约券

What each source lends, and at what rates, is read from the account's own quotes
(`smt_query_quoter`), so it is what the terminal that is asked really offers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from xtnb.errors import InputError, QueryFailed, Refused
from xtnb.live.verdict import Verdict, rate_column, yuan_column
from xtnb.rules.lending import (
    EARMARKED,
    INVENTORY,
    WHOLE,
    Offer,
    Terms,
    applied,
    early_charge,
    interest,
    rate_of,
)
from xtnb.session.arguments import appointment
from xtnb.session.trader import XtQuantTrader
from xtnb.vocabulary.fields import column
from xtnb.vocabulary.money import YUAN, yuan
from xtnb.vocabulary.records import Quote, StockAccount


@dataclass(frozen=True)
class BorrowPreview(Verdict):
    """What would become of an application to borrow that is sent now.

    Attributes:
        stock_code, days, volume, rate: what is applied for; the rate is a year's fraction.
        accepted: False when no source would take it.
        code: the `RefusalCode`, 0 when accepted.
        reason_zh, reason_en: why not; "" when accepted.
        src_group_id: the source that takes it.
        at_once: lent at once; False lends it with the next day.
        due: the last day of the term, such as 20261204.
        used_rate, unused_rate, early_rate, fine_rate: what the contract would bear.
        value: of the shares at the last price, yuan.
        interest_used, interest_unused: over the whole term, if all of it is sold short,
            and if none is. At the last price; ours in that it does not move.
        early_charge: what it costs to give all of it back at once.
    """

    _table = "borrow_preview"

    stock_code: str = column("证券代码", "code")
    days: int = column("期限天数", "term", unit="days")
    volume: int = column("数量", "volume", unit="shares")
    rate: float = column("申请利率", "rate offered", unit="1", decimals=4)
    accepted: bool = column("可以申请", "accepted", dtype="bool")
    code: int = column("拒绝代码", "refusal code", default=0)
    reason_zh: str = column("拒绝原因", "reason in Chinese", default="")
    reason_en: str = column("拒绝原因（英文）", "reason", default="")
    src_group_id: str = column("来源组编号", "source group id", default="")
    at_once: bool = column("立即出借", "lent at once", dtype="bool", default=True)
    due: int = column("到期日期", "due date", default=0)
    used_rate: float = rate_column("使用利率", "usage rate")
    unused_rate: float = rate_column("未使用利率", "unused rate")
    early_rate: float = rate_column("提前归还利率", "early return rate")
    fine_rate: float = rate_column("罚息利率", "penalty rate")
    value: float = yuan_column("市值", "value")
    interest_used: float = yuan_column("全部使用的利息", "interest when all is sold short")
    interest_unused: float = yuan_column("未使用的利息", "interest when none is")
    early_charge: float = yuan_column("立即归还的费用", "charge for returning it at once")

    def __repr__(self) -> str:
        wanted = f"{self.volume:,} {self.stock_code} for {self.days} days"
        if not self.accepted:
            return f"<BorrowPreview {wanted}: refused, {self.reason}>"
        return (
            f"<BorrowPreview {wanted}: {self.src_group_id} at {self.used_rate:.2%}, interest "
            f"{self.interest_unused:,.2f} to {self.interest_used:,.2f}>"
        )


def borrow_preview(
    trader: XtQuantTrader,
    account: StockAccount,
    stock_code: str,
    days: int,
    volume: int,
    rate: float | None = None,
    *,
    group: str = "",
    rates: Mapping[str, float] | None = None,
    at_once: bool = True,
) -> BorrowPreview:
    """Say what would become of an application.

    Args:
        trader, account: whom to ask, and whose application it is.
        stock_code, days, volume: what is applied for.
        rate: a year's fraction, at most four decimals; None is the least that is asked.
        group: the source group; "" for any.
        rates: "subFareRate" and "fineRate" as `smt_negotiate_order_async` takes them.
        at_once: as `smt_negotiate_order_async`; False as `smt_appointment_order_async`.

    Raises:
        InputError: an argument that no terminal could accept.
        QueryFailed: the account has no quotes, as one that is no margin account.
        SessionError: the terminal cannot be asked.
    """
    quotes = trader.smt_query_quoter(account)
    if quotes is None:
        raise QueryFailed("borrow: the terminal refused; the log under xtnb.session says why")
    mode = INVENTORY if at_once else EARMARKED
    found = [
        offer_of(row)
        for row in quotes
        if row["code"] == stock_code
        and row["applyMode"] == mode
        and group in ("", row["srcGroupId"])
    ]
    if rate is None:
        fits = [offer.terms.used for offer, _ in found if offer.least_days <= days <= offer.days]
        rate = min(fits, default=0) / WHOLE
    asked = appointment(stock_code, days, volume, rate)
    named = {"subFareRate": "early", "fineRate": "fine"}
    more = {named[name]: rate_of(given, name) for name, given in (rates or {}).items()}
    wanted = asked["order_code"], asked["date"], asked["amount"], asked["apply_rate"]
    try:
        offer, terms = applied(found, asked["date"], asked["amount"], rate_of(rate), more)
    except Refused as refusal:
        return BorrowPreview(*wanted, False, int(refusal.code), refusal.zh, refusal.en)
    return _accepted(trader, wanted, offer, terms, today_of(quotes))


def _accepted(
    trader: XtQuantTrader,
    wanted: tuple[str, int, int, float],
    offer: Offer,
    terms: Terms,
    today: datetime,
) -> BorrowPreview:
    code, days, volume, _ = wanted
    price = _last(trader, code)
    start = today if offer.mode == INVENTORY else today + timedelta(days=1)
    return BorrowPreview(
        *wanted,
        True,
        src_group_id=offer.group,
        at_once=offer.mode == INVENTORY,
        due=int((start + timedelta(days=days)).strftime("%Y%m%d")),
        used_rate=terms.used / WHOLE,
        unused_rate=terms.unused / WHOLE,
        early_rate=terms.early / WHOLE,
        fine_rate=terms.fine / WHOLE,
        value=yuan(price * volume),
        interest_used=yuan(interest(price, volume, volume, terms) * days),
        interest_unused=yuan(interest(price, volume, 0, terms) * days),
        early_charge=yuan(early_charge(price, volume, days, terms)),
    )


def offer_of(row: Mapping[str, Any]) -> tuple[Offer, int]:
    """An offer and what it has left, from a quote."""
    names = ("usedRate", "unUsedRate", "fsmPreendRate", "fineRate")
    terms = Terms(*(round(row[name] * WHOLE) for name in names))
    left = round(row["enableSloAmountT3"])
    offer = Offer(
        row["srcGroupId"],
        row["srcGroupId"],
        row["applyMode"],
        row["code"],
        row["lowDate"],
        row["date"],
        left,
        terms,
    )
    return offer, left


def today_of(quotes: Iterable[Mapping[str, Any]]) -> datetime:
    """The market's day, as the quotes tell it."""
    return datetime.strptime(str(max(row["initDate"] for row in quotes)), "%Y%m%d")


def _last(trader: XtQuantTrader, stock_code: str) -> int:
    found: list[Quote] = trader.requests.ask("quote_full", None, {"codes": (stock_code,)}) or []
    if not found:
        raise InputError("stock_code", stock_code, "a code that this terminal's market has")
    return round(found[0].last_price * YUAN)
