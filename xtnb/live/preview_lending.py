"""Previews of what can be done with a contract over borrowed securities. 约券合约展期, 归还

The contract, what its source asks now, and what of the pool lies unused are read from
the account's own answers; the verdict is that of the rules which the terminal asks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from xtnb.errors import QueryFailed, Refused, VolumeShort
from xtnb.live.borrowing import offer_of, today_of
from xtnb.live.verdict import Verdict, rate_column, yuan_column
from xtnb.rules.credit_figures import SLO_SELL, Room, in_pool
from xtnb.rules.credit_words import pool_short
from xtnb.rules.lending import (
    UNIT,
    WHOLE,
    Offer,
    Terms,
    check_part,
    early_charge,
    interest,
    no_contract,
    over,
    rate_of,
    renewed,
    waits_already,
)
from xtnb.session.arguments import early_return, renewal
from xtnb.session.trader import XtQuantTrader
from xtnb.vocabulary.fields import column
from xtnb.vocabulary.money import YUAN, yuan
from xtnb.vocabulary.records import StockAccount

_WAITS = "0"  # postponeStatus of a wish that is not reviewed


@dataclass(frozen=True)
class LendingPreview(Verdict):
    """What would become of a wish to renew a contract, or of giving shares back.

    Attributes:
        contract, stock_code, volume: of which contract how many shares.
        accepted: False when it would be refused.
        code: the `RefusalCode`, 0 when accepted.
        reason_zh, reason_en: why not; "" when accepted.
        left: shares of the contract that this leaves as they are.
        due: last day of the term of those that are renewed, such as 20261204.
        days: by which it is renewed; of a return, those of the term that are left.
        used_rate, unused_rate, early_rate, fine_rate: what a renewed contract bears.
        interest_used, interest_unused: over the further days, if all of it is sold short,
            and if none is; yuan.
        charge: what giving back before the term costs, yuan.
        owed: interest, penalty and that charge which the contract owes then, yuan. It is
            paid at once as far as short proceeds and cash reach.
    """

    _table = "lending_preview"

    contract: str = column("合约编号", "contract")
    stock_code: str = column("证券代码", "code")
    volume: int = column("数量", "volume", unit="shares")
    accepted: bool = column("可以申请", "accepted", dtype="bool")
    code: int = column("拒绝代码", "refusal code", default=0)
    reason_zh: str = column("拒绝原因", "reason in Chinese", default="")
    reason_en: str = column("拒绝原因（英文）", "reason", default="")
    left: int = column("剩余数量", "left", unit="shares", default=0)
    due: int = column("到期日期", "due date", default=0)
    days: int = column("天数", "days", unit="days", default=0)
    used_rate: float = rate_column("使用利率", "usage rate")
    unused_rate: float = rate_column("未使用利率", "unused rate")
    early_rate: float = rate_column("提前归还利率", "early return rate")
    fine_rate: float = rate_column("罚息利率", "penalty rate")
    interest_used: float = yuan_column("全部使用的利息", "interest when all is sold short")
    interest_unused: float = yuan_column("未使用的利息", "interest when none is")
    charge: float = yuan_column("提前归还费用", "charge for an early return")
    owed: float = yuan_column("应付利息与费用", "interest and charges owed")

    def __repr__(self) -> str:
        wanted = f"{self.volume:,} {self.stock_code} of contract {self.contract}"
        if not self.accepted:
            return f"<LendingPreview {wanted}: refused, {self.reason}>"
        if self.due:
            return f"<LendingPreview {wanted}: renewed to {self.due} at {self.used_rate:.2%}>"
        return f"<LendingPreview {wanted}: returned, charge {self.charge:,.2f}>"


@dataclass(frozen=True, slots=True)
class _Contract:
    """A contract as the terminal tells it; amounts 1e-4 yuan."""

    row: Mapping[str, Any]
    quotes: Sequence[Mapping[str, Any]]

    @property
    def open(self) -> int:
        return int(self.row["compacAmount"])

    @property
    def price(self) -> int:
        price: float = self.row["beginCompacBalance"] / self.row["beginCompacAmount"]
        return round(price * YUAN)

    @property
    def due(self) -> datetime:
        return datetime.strptime(str(self.row["validDate"]), "%Y%m%d")

    @property
    def today(self) -> datetime:
        return today_of(self.quotes)

    @property
    def terms(self) -> Terms:
        names = ("usedRate", "unUsedRate", "preendRate", "fineRate")
        return Terms(*(round(self.row[name] * WHOLE) for name in names))

    @property
    def owed(self) -> int:
        owed: float = self.row["compactInterest"] + self.row["compactFineInterest"]
        return round(owed * YUAN)

    def offer(self) -> Offer | None:
        """What its source asks now; None when it lends this security no more."""
        same = ("srcGroupId", "code", "applyMode")
        for quote in self.quotes:
            if all(quote[name] == self.row[name] for name in same):
                return offer_of(quote)[0]
        return None


def renewal_preview(
    trader: XtQuantTrader,
    account: StockAccount,
    contract: str,
    stock_code: str,
    days: int,
    volume: int | None = None,
    rate: float | None = None,
) -> LendingPreview:
    """Say what would become of a wish to renew a contract.

    Args:
        trader, account: whom to ask, and whose contract it is.
        contract, stock_code: cashcompactId of `smt_query_compact`, and its security.
        days: by how many.
        volume: shares; None is all that is open.
        rate: a year's fraction, at most four decimals; None is the least that is asked.

    Raises:
        InputError: an argument that no terminal could accept.
        QueryFailed: the account has no contracts, as one that is no margin account.
        SessionError: the terminal cannot be asked.
    """
    found = _found(trader, account, contract)
    offer = found.offer() if found else None
    least = offer.terms.used / WHOLE if offer else 0.0
    shares = _shares(volume, found)
    asked = renewal(contract, stock_code, days, shares, least if rate is None else rate)
    days, shares = asked["defer_days"], asked["defer_num"]
    wanted = contract, stock_code, shares
    try:
        if found is None or found.row["code"] != stock_code or offer is None:
            raise no_contract(contract, stock_code)
        check_part(shares, found.open)
        terms = renewed(offer, found.terms, days, shares, rate_of(asked["apply_rate"]))
        if not found.open or found.today > found.due:
            raise over(contract)
        if found.row["postponeStatus"] == _WAITS:
            raise waits_already(contract)
        if shares > found.open:
            raise VolumeShort(wanted=shares, available=found.open)
    except Refused as refusal:
        return LendingPreview(*wanted, False, int(refusal.code), refusal.zh, refusal.en)
    return LendingPreview(
        *wanted,
        True,
        left=found.open - shares,
        due=int((found.due + timedelta(days=days)).strftime("%Y%m%d")),
        days=days,
        used_rate=terms.used / WHOLE,
        unused_rate=terms.unused / WHOLE,
        early_rate=terms.early / WHOLE,
        fine_rate=terms.fine / WHOLE,
        interest_used=yuan(interest(found.price, shares, shares, terms) * days),
        interest_unused=yuan(interest(found.price, shares, 0, terms) * days),
        owed=yuan(found.owed),
    )


def return_preview(
    trader: XtQuantTrader,
    account: StockAccount,
    contract: str,
    stock_code: str,
    volume: int | None = None,
) -> LendingPreview:
    """Say what would become of giving borrowed shares back.

    Args:
        trader, account: whom to ask, and whose contract it is.
        contract, stock_code: cashcompactId of `smt_query_compact`, and its security.
        volume: shares; None is all that is open.

    Raises:
        InputError: an argument that no terminal could accept.
        QueryFailed: the account has no contracts, as one that is no margin account.
        SessionError: the terminal cannot be asked.
    """
    found = _found(trader, account, contract)
    shares = early_return("", contract, stock_code, _shares(volume, found))["occur_amount"]
    wanted = contract, stock_code, shares
    try:
        if found is None or found.row["code"] != stock_code:
            raise no_contract(contract, stock_code)
        check_part(shares, found.open)
        if shares > found.open:
            raise VolumeShort(wanted=shares, available=found.open)
        free = _unused(trader, account, stock_code)
        if shares > free:
            raise pool_short(stock_code, shares, free)
    except Refused as refusal:
        return LendingPreview(*wanted, False, int(refusal.code), refusal.zh, refusal.en)
    days = max(0, (found.due - found.today).days)
    charge = early_charge(found.price, shares, days, found.terms)
    return LendingPreview(
        *wanted,
        True,
        left=found.open - shares,
        days=days,
        charge=yuan(charge),
        owed=yuan(found.owed + charge),
    )


def _shares(volume: int | None, found: _Contract | None) -> int:
    """How many are meant; one lot of a contract that has none, to be refused in words."""
    return volume if volume is not None else (found.open if found else 0) or UNIT


def _found(trader: XtQuantTrader, account: StockAccount, contract: str) -> _Contract | None:
    rows, quotes = trader.smt_query_compact(account), trader.smt_query_quoter(account)
    if rows is None or quotes is None:
        raise QueryFailed("borrow: the terminal refused; the log under xtnb.session says why")
    for row in rows:
        if row["cashcompactId"] == contract:
            return _Contract(row, quotes)
    return None


def _unused(trader: XtQuantTrader, account: StockAccount, stock_code: str) -> int:
    """Shares of the special pool that are neither sold short nor in an order."""
    codes = trader.query_credit_slo_code(account) or ()
    return Room.of(stock_code, in_pool(SLO_SELL, True), slo_codes=codes).lendable
