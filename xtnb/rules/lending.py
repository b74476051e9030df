"""What can be borrowed by appointment, on what terms, and what it costs. 约券

The manual names the rates and the states; the offers, the figures and how the rates
act are ours (data/lending.json):

- an application offers a rate, at least the offer's occupation rate, and it becomes the
  contract's usage rate: what is sold short at the end of a day costs it for that day;
- what is borrowed and not sold short costs the unused rate;
- what is kept beyond the term costs the penalty rate on top of these;
- what goes back before the term costs the early return rate for the days that are left.

All are yearly rates on the price at which the contract was made, each day half up to
the fen. Rates are whole ten-thousandths, money is 1e-4 yuan, volumes are shares.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from xtnb.errors import InputError, RefusalCode, Refused
from xtnb.rules.tables import load
from xtnb.vocabulary.money import to_fen

WHOLE = 10_000  # one hundred per cent
INVENTORY, EARMARKED = "1", "2"
_TABLE = load("lending")
YEAR: int = _TABLE["interest"]["days"]
UNIT: int = _TABLE["volume_unit"]["value"]


@dataclass(frozen=True, slots=True)
class Terms:
    """Yearly rates of a contract, ten-thousandths.

    Attributes:
        used, unused: of what is sold short, and of the rest.
        early: of what goes back before the term.
        fine: on top, of what is kept beyond it.
    """

    used: int
    unused: int
    early: int
    fine: int


@dataclass(frozen=True, slots=True)
class Offer:
    """What a source group lends of one security. 券源

    Attributes:
        group, group_name: the source group.
        mode: INVENTORY, lent at once; EARMARKED, lent with the next day.
        code: the security.
        least_days, days: shortest and longest term.
        volume: shares at the beginning.
        terms: the rates; an application may offer more.
    """

    group: str
    group_name: str
    mode: str
    code: str
    least_days: int
    days: int
    volume: int
    terms: Terms


def _rate(fraction: str) -> int:
    return int(Decimal(fraction) * WHOLE)


@cache
def offers() -> tuple[Offer, ...]:
    """All offers, by group. Source: data/lending.json (ours)."""
    return tuple(
        Offer(
            group["id"],
            group["name"],
            group["mode"],
            row["stock_code"],
            row["least_days"],
            row["days"],
            row["volume"],
            Terms(*[_rate(row[name]) for name in ("occupied", "unused", "early", "fine")]),
        )
        for group in _TABLE["groups"]
        for row in group["offers"]
    )


def rate_of(fraction: float, argument: str = "apply_rate") -> int:
    """A yearly rate in ten-thousandths. Raises InputError when it has more than four decimals."""
    number = round(fraction * WHOLE)
    if abs(fraction * WHOLE - number) > 1e-6:
        raise InputError(argument, fraction, "a rate with at most four decimals, such as 0.0825")
    return number


def applied(
    found: Iterable[tuple[Offer, int]],
    days: int,
    volume: int,
    rate: int,
    more: Mapping[str, int] | None = None,
) -> tuple[Offer, Terms]:
    """Say which offer takes an application, and on what terms: the cheapest that does.

    Args:
        found: offers of the security, and how many shares each has left.
        days, volume, rate: what is applied for.
        more: an early return rate ("early") and a penalty rate ("fine") that the
            application offers.

    Raises:
        Refused: no offer takes it; the text is that of the one that came closest.
    """
    if volume % UNIT:
        raise Refused(
            RefusalCode.LOT,
            f"约券数量 {volume:,} 不是 {UNIT} 股的整数倍",
            f"{volume:,} shares are not a multiple of {UNIT}",
        )
    more = more or {}
    reasons: list[Refused] = []
    for offer, left in sorted(found, key=lambda row: row[0].terms.used):
        reason = _refusal(offer, left, days, volume, rate, more)
        if reason is None:
            terms = offer.terms
            early, fine = more.get("early", terms.early), more.get("fine", terms.fine)
            return offer, Terms(rate, min(terms.unused, rate), early, fine)
        reasons.append(reason)
    if reasons:
        raise reasons[-1]
    raise Refused(RefusalCode.NOT_ELIGIBLE, "没有该证券的券源", "no source lends this security")


def _refusal(
    offer: Offer, left: int, days: int, volume: int, rate: int, more: Mapping[str, int]
) -> Refused | None:
    terms = offer.terms
    if not offer.least_days <= days <= offer.days:
        return Refused(
            RefusalCode.EXPIRED,
            f"{offer.group} 的期限为 {offer.least_days} 至 {offer.days} 天，不接受 {days} 天",
            f"{offer.group} lends for {offer.least_days} to {offer.days} days, not for {days}",
        )
    for offered, least, zh, en in (
        (rate, terms.used, "申请利率", "the rate"),
        (more.get("early", terms.early), terms.early, "提前归还利率", "the early return rate"),
        (more.get("fine", terms.fine), terms.fine, "罚息利率", "the penalty rate"),
    ):
        if offered < least:
            return Refused(
                RefusalCode.NOT_ELIGIBLE,
                f"{zh} {offered / 100:.2f}% 低于 {offer.group} 的 {least / 100:.2f}%",
                f"{en}, {offered / 100:.2f}%, is below {least / 100:.2f}% of {offer.group}",
            )
    if volume > left:
        return Refused(
            RefusalCode.LENDABLE,
            f"{offer.group} 可融 {left:,} 股，不足 {volume:,} 股",
            f"{offer.group} has {left:,} shares left, which do not cover {volume:,}",
        )
    return None


def renewed(offer: Offer, old: Terms, days: int, volume: int, rate: int) -> Terms:
    """The rates of a contract that is renewed, by what its source asks now.

    Raises:
        Refused: the source would not lend so many shares for so long at that rate.
    """
    applied([(offer, volume)], days, volume, rate)
    return Terms(rate, min(offer.terms.unused, rate), old.early, old.fine)


def check_part(volume: int, open_volume: int) -> None:
    """Raise Refused (LOT) unless it is a multiple of `UNIT`, or all that is open."""
    if volume % UNIT and volume != open_volume:
        raise Refused(
            RefusalCode.LOT,
            f"数量 {volume:,} 不是 {UNIT} 股的整数倍",
            f"{volume:,} shares are not a multiple of {UNIT}",
        )


def no_contract(number: str, code: str) -> Refused:
    """There is no such contract over that security."""
    return Refused(
        RefusalCode.UNKNOWN_ORDER,
        f"没有 {code} 的合约 {number}",
        f"there is no contract {number} over {code}",
    )


def over(number: str) -> Refused:
    """A contract that is closed or overdue is not renewed."""
    return Refused(
        RefusalCode.EXPIRED,
        f"合约 {number} 已了结或逾期，不可展期",
        f"contract {number} is closed or overdue and cannot be renewed",
    )


def waits_already(number: str) -> Refused:
    """A contract has one wish at a time."""
    return Refused(
        RefusalCode.NOT_ELIGIBLE,
        f"合约 {number} 已有待审的展期申请",
        f"contract {number} waits for a renewal already",
    )


def interest(price: int, volume: int, used: int, terms: Terms) -> int:
    """One day of a contract over `volume` shares of which `used` are sold short."""
    return to_fen(price * (used * terms.used + (volume - used) * terms.unused), WHOLE * YEAR)


def penalty(price: int, volume: int, terms: Terms) -> int:
    """One day beyond the term, on top of the interest."""
    return to_fen(price * volume * terms.fine, WHOLE * YEAR)


def early_charge(price: int, volume: int, days_left: int, terms: Terms) -> int:
    """What returning `volume` shares costs with so many days of the term left."""
    return to_fen(price * volume * terms.early * days_left, WHOLE * YEAR)
