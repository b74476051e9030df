"""What borrowing looks like in the records of the API. 约券

`code` has its market behind it, so that it can be passed on as `order_code`; finType
"2" and contract type "0" are ours, for want of a list.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from xtnb.rules.lending import INVENTORY, WHOLE, Offer, Terms, interest, penalty
from xtnb.rules.listed import Listed
from xtnb.terminal.ledgers.lending import Lent
from xtnb.vocabulary.lending import SmtCompact, SmtOrder, SmtQuoter
from xtnb.vocabulary.money import YUAN

_SHORT = "2"
_ORDINARY = "0"


@dataclass(slots=True)
class Application:
    """An application to borrow.

    Attributes:
        apply_id: its number.
        offer, terms, days, volume: what is applied for.
        price: the last one, 1e-4 yuan, then or when it was lent.
        made: when, in Shanghai.
        status: "0" waits, "1" lent, "2" withdrawn, "3" refused.
        contract: its number, once there is one.
        dealt: shares that were lent.
    """

    apply_id: str
    offer: Offer
    terms: Terms
    days: int
    volume: int
    price: int
    made: datetime
    status: str = "0"
    contract: str = ""
    dealt: int = 0

    @property
    def code(self) -> str:
        """The security."""
        return self.offer.code


def number_of(day: date | None) -> int:
    """A day as YYYYMMDD; 0 for none."""
    return int(day.strftime("%Y%m%d")) if day else 0


def quoter(offer: Offer, left: int, instrument: Listed, day: date) -> SmtQuoter:
    """One offer, with what it has left."""
    terms = offer.terms
    return SmtQuoter(
        finType=_SHORT,
        stockType=instrument.kind,
        date=offer.days,
        code=offer.code,
        codeName=instrument.name,
        exchangeType=instrument.market,
        fsmOccupiedRate=terms.used / WHOLE,
        fineRate=terms.fine / WHOLE,
        fsmPreendRate=terms.early / WHOLE,
        usedRate=terms.used / WHOLE,
        unUsedRate=terms.unused / WHOLE,
        initDate=number_of(day),
        endDate=number_of(day + timedelta(days=offer.days)),
        enableSloAmountT0=float(left if offer.mode == INVENTORY else 0),
        enableSloAmountT3=float(left),
        srcGroupId=offer.group,
        applyMode=offer.mode,
        lowDate=offer.least_days,
    )


def order(application: Application, instrument: Listed, now: datetime) -> SmtOrder:
    """One application."""
    offer, terms, made = application.offer, application.terms, application.made
    price = application.price / YUAN
    return SmtOrder(
        initDate=number_of(made.date()),
        currDate=number_of(now.date()),
        currTime=int(made.strftime("%H%M%S")),
        applyId=application.apply_id,
        srcGroupId=offer.group,
        cashcompactId=application.contract,
        applyMode=offer.mode,
        finType=_SHORT,
        exchangeType=instrument.market,
        code=offer.code,
        codeName=instrument.name,
        date=application.days,
        applyRate=terms.used / WHOLE,
        entrustBalance=price * application.volume,
        entrustAmount=float(application.volume),
        businessBalance=price * application.dealt,
        businessAmount=float(application.dealt),
        validDate=number_of(made.date() + timedelta(days=application.days)),
        dateClear=number_of(made.date()),
        entrustNo=application.apply_id,
        applyStatus=application.status,
        usedRate=terms.used / WHOLE,
        unUusedRate=terms.unused / WHOLE,
    )


def compact(lent: Lent, used: int, instrument: Listed, day: date) -> SmtCompact:
    """One contract, of which `used` shares are sold short now."""
    terms, price = lent.terms, lent.price / YUAN
    status = lent.status(day)
    overdue = bool(lent.open) and day > lent.due
    today = interest(lent.price, lent.open, used, terms)
    today += penalty(lent.price, lent.open, terms) if overdue else 0
    free = not (lent.state or overdue or lent.renewal)
    return SmtCompact(
        createDate=number_of(lent.made),
        cashcompactId=lent.number,
        oriCashcompactId=lent.before,
        applyId=lent.apply_id,
        srcGroupId=lent.offer.group,
        finType=_SHORT,
        exchangeType=instrument.market,
        code=lent.offer.code,
        codeName=instrument.name,
        date=(lent.due - lent.made).days,
        beginCompacAmount=float(lent.begin),
        beginCompacBalance=lent.begin * price,
        compacAmount=float(lent.open),
        compacBalance=lent.open * price,
        returnAmount=float(lent.returned),
        returnBalance=lent.returned * price,
        fsmOccupiedRate=terms.used / WHOLE,
        compactInterest=(lent.interest - lent.paid) / YUAN,
        compactFineInterest=(lent.fine - lent.fine_paid) / YUAN,
        repaidInterest=lent.paid / YUAN,
        repaidFineInterest=lent.fine_paid / YUAN,
        fineRate=terms.fine / WHOLE,
        preendRate=terms.early / WHOLE,
        compactType=_ORDINARY,
        postponeTimes=lent.times,
        compactStatus=status,
        lastInterestDate=number_of(lent.last_day),
        interestEndDate=number_of(lent.closed or lent.due),
        validDate=number_of(lent.due),
        dateClear=number_of(lent.made),
        usedAmount=float(used),
        usedBalance=used * price,
        usedRate=terms.used / WHOLE,
        unUsedRate=terms.unused / WHOLE,
        srcGroupName=lent.offer.group_name,
        repaidDate=number_of(lent.closed),
        preOccupiedInterest=today / YUAN,
        compactInterestx=(lent.interest + lent.fine) / YUAN,
        enPostponeAmount=float(lent.open if free else 0),
        postponeStatus=lent.review,
        applyMode=lent.offer.mode,
    )
