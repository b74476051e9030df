"""Drafts: a form as an earlier kernel has left it, filled in again and never sent by itself."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

import traitlets as t

from xtnb import xtconstant as c
from xtnb.errors import XtnbError
from xtnb.live.screen import Screen
from xtnb.widgets.columns import SHANGHAI
from xtnb.widgets.moment import beijing
from xtnb.widgets.price_types import PROTECTED
from xtnb.widgets.ticket import Ticket

FIELDS = ("code", "side", "price_type", "price", "volume", "remark")
log = logging.getLogger("xtnb.widgets")


def keep(ticket: Ticket, screen: Screen, name: str, restore: bool = True) -> None:
    """Fill a new form with the draft of that name, and remember it while it is open.

    Args:
        ticket: the form, just made.
        screen: where drafts are.
        name: which form this is.
        restore: False leaves it as it was asked for.
    """
    draft = screen.draft(name) if restore else None
    if draft is not None:
        try:
            fill(ticket, draft)
        except (XtnbError, t.TraitError, KeyError, TypeError, ValueError, OverflowError) as fault:
            log.warning("a draft could not be restored: %s", fault)

    def save(change: Any) -> None:
        if change is None or change["name"] != "price" or ticket.volume:  # else a quote wrote it
            screen.put_draft(name, {field: getattr(ticket, field) for field in FIELDS})

    ticket.observe(save, list(FIELDS))
    kept = screen.draft(name) or {}
    if restore or not (kept.get("volume") or kept.get("remark")):  # may be open in another kernel
        save(None)


def fill(ticket: Ticket, draft: dict[str, Any]) -> None:
    """Write a draft into a form, and say so when a person had typed something.

    Raises:
        InputError, TraitError, KeyError, TypeError, ValueError: it is no draft.
    """
    code, side, volume, remark = (draft[name] for name in ("code", "side", "volume", "remark"))
    ticket.fill(code=code)
    ticket.fill(side=side)
    kind = int(draft["price_type"])
    if kind in ticket.price_types:
        ticket.price_type = kind
    if volume:
        if draft["price"] and ticket.price_type in (c.FIX_PRICE, *PROTECTED):
            ticket.fill(price=float(draft["price"]))
        ticket.fill(volume=volume)
    ticket.remark = remark
    if volume or remark:
        ticket.restored = said(int(draft["at"]))


def said(at: int) -> dict[str, str]:
    """That a form was restored, and from when it is."""
    moment, now = datetime.fromtimestamp(at, SHANGHAI), datetime.now(SHANGHAI)
    form = "%H:%M:%S" if moment.date() == now.date() else "%Y-%m-%d %H:%M"
    when = moment.strftime(form)
    return {
        "zh": f"已恢复草稿（北京时间 {when}），尚未发送",
        "en": f"Restored draft of {beijing(when, 'en')}, not sent",
    }
