"""What stands in a form, read as an order, and what the rules say to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from xtnb import xtconstant as c
from xtnb.errors import RefusalCode, SessionError, XtnbError
from xtnb.rules.listed import DayTerms
from xtnb.vocabulary.records import Quote
from xtnb.widgets.actions import Action
from xtnb.widgets.attempts import both
from xtnb.widgets.needs import PreviewLike, TicketDesk

PRICE_FAULTS = frozenset({RefusalCode.TICK, RefusalCode.PRICE_LIMIT, RefusalCode.PRICE_CAGE})


@dataclass(frozen=True, slots=True)
class Entry:
    """A form as it stands.

    Attributes:
        terms: of the instrument; None for none, or an unknown one.
        action: what the form would do.
        code: what the order would bear.
        volume: 0 while it is empty.
        price, price_type: a limit without a price for an action that needs none.
    """

    terms: DayTerms | None
    action: Action
    code: str
    volume: int
    price: float
    price_type: int

    @classmethod
    def of(
        cls,
        terms: DayTerms | None,
        action: Action,
        code: str,
        volume: int,
        price: float,
        price_type: int,
    ) -> Entry:
        """Read a form; an action without a price ignores what stands in its field."""
        if not action.priced:
            price, price_type = 0.0, c.FIX_PRICE
        return cls(terms, action, code, volume, price, price_type)

    @property
    def known(self) -> bool:
        """Whether it has an instrument, or needs none."""
        return self.terms is not None or not self.action.coded

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        unpriced = self.action.priced and self.price_type == c.FIX_PRICE and self.price <= 0
        return self.known and self.volume > 0 and not unpriced

    def preview(self, desk: TicketDesk) -> PreviewLike | dict[str, Any] | None:
        """What the rules say, a refusal in words, or None while that cannot be said."""
        if not self.complete:
            return None
        try:
            return desk.preview(
                self.code, self.action.order_type, self.volume, self.price, self.price_type
            )
        except SessionError:
            return None  # the account's figures are on their way, or nobody can be asked
        except XtnbError as error:
            return refused_row(*both(str(error)))

    def judged(self, desk: TicketDesk) -> PreviewLike | dict[str, Any] | None:
        """What the rules say; while there is no volume yet, what they say to the price."""
        return self.preview(desk) if self.complete else self.price_fault(desk)

    def price_fault(self, desk: TicketDesk) -> PreviewLike | None:
        """What the rules say to the price alone, by an order of one lot; None for nothing."""
        if self.terms is None or not self.action.priced or self.price <= 0:
            return None
        said = replace(self, volume=self.terms.lot).preview(desk)
        if said is None or isinstance(said, dict) or said.code not in PRICE_FAULTS:
            return None
        return said


def refused(verdict: PreviewLike | dict[str, Any] | None) -> tuple[str, str] | None:
    """Why an order would be refused, (zh, en); None where it would not, or nobody can say."""
    row = preview_row(verdict)
    return None if row is None or row["accepted"] else (row["reason_zh"], row["reason_en"])


def first_price(quote: Quote, action: Action) -> float:
    """What a trader would start from: the best opposite price, else the last."""
    opposite = quote.ask_price if action.buy else quote.bid_price
    best = opposite[0] if opposite else 0.0
    return best or quote.last_price or quote.last_close


def refused_row(zh: str, en: str) -> dict[str, Any]:
    """An order that is refused before any rule is asked."""
    amounts = ("amount", "commission", "stamp_duty", "transfer_fee", "cash_after")
    none = dict.fromkeys(amounts, 0.0)
    return {"accepted": False, "reason_zh": zh, "reason_en": en, **none}


def preview_row(said: PreviewLike | dict[str, Any] | None) -> dict[str, Any] | None:
    """The verdict, and the amounts of an order for shares, yuan; a row stays as it is."""
    if said is None or isinstance(said, dict):
        return said
    return {
        "accepted": said.accepted,
        "reason_zh": said.reason_zh,
        "reason_en": said.reason_en,
        "amount": said.amount,
        "commission": said.commission,
        "stamp_duty": said.stamp_duty,
        "transfer_fee": said.transfer_fee,
        "cash_after": said.cash_after,
    }


def quote_row(quote: Quote) -> dict[str, Any]:
    """Last price and the levels of the book."""
    return {
        "code": quote.stock_code,
        "last": quote.last_price,
        "close": quote.last_close,
        "bid": list(quote.bid_price),
        "bid_volume": list(quote.bid_volume),
        "ask": list(quote.ask_price),
        "ask_volume": list(quote.ask_volume),
    }
