"""A form that a person has confirmed, made an order, and judged once more before it goes."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any, NamedTuple

from xtnb.errors import XtnbError
from xtnb.rules.listed import DayTerms
from xtnb.widgets.actions import find_action
from xtnb.widgets.attempts import Attempt
from xtnb.widgets.entry import Entry, refused
from xtnb.widgets.forms import Form, decimals
from xtnb.widgets.needs import TicketDesk

_log = logging.getLogger("xtnb.widgets")


class Prepared(NamedTuple):
    """An order that is about to be sent. `terms` is None for one without an instrument."""

    attempt: Attempt
    terms: DayTerms | None

    def doubt(self, desk: TicketDesk) -> tuple[str, str] | None:
        """Why the rules would refuse it, (zh, en); None where they would not, or cannot say.

        Whatever fails here keeps no order back: the terminal judges it.
        """
        one = self.attempt
        entry = Entry.of(self.terms, one.action, one.code, one.volume, one.price, one.price_type)
        try:
            return refused(entry.preview(desk))
        except Exception:
            _log.exception("%s could not be previewed", one.said("en"))
            return None


def prepared(desk: TicketDesk, form: Form, token: str, sent: dict[str, Any]) -> Prepared | None:
    """The form that was confirmed as an order; None when the account has no such order.

    Args:
        form: of the account.
        token: the view's name for this send.
        sent: what was confirmed.
    """
    code, terms = str(sent.get("code", "")), None
    with suppress(XtnbError):
        terms = form.terms(code)
    action = find_action(form.actions(terms), str(sent.get("side", "")))
    if action is None or (terms is None and action.coded):
        return None
    bears = form.sent_code(action, terms)
    if not action.coded or terms is None:
        return Prepared(Attempt(token, sent, action, bears, ""), terms)
    name = str(terms.instrument.name)
    if bears != code:
        name = str(desk.terms_of(bears).instrument.name)
    return Prepared(Attempt(token, sent, action, bears, name, decimals(terms)), terms)
