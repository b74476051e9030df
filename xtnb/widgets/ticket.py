"""Ticket: a form that sends one order at a time and shows what becomes of it.

The form is that of the account: buy and sell for shares, the margin forms, open and
close for futures, options, Hong Kong lots. Which buttons there are is said by
actions.py, what may be entered by forms.py, how far it reaches by reach.py. What it
shows beneath the form - cost, margin, cash after, the reason of a refusal - comes from
`desk.preview`, which asks the same rules as the terminal; figures.py writes it down.
"""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from threading import RLock
from typing import Any

import traitlets as t

from xtnb import xtconstant as c
from xtnb.errors import InputError, Refused, XtnbError
from xtnb.rules.listed import DayTerms, Derived
from xtnb.vocabulary.money import units
from xtnb.vocabulary.options import options
from xtnb.vocabulary.records import Quote, XtTrade
from xtnb.widgets.actions import Action, actions_of, closing, find_action, turned
from xtnb.widgets.assets import asset
from xtnb.widgets.attempts import both, listed
from xtnb.widgets.entry import (
    Entry,
    first_price,
    preview_row,
    quote_row,
    refused,
    refused_row,
)
from xtnb.widgets.figures import Figures
from xtnb.widgets.forms import Form, Search
from xtnb.widgets.guard import Guard, cancelling
from xtnb.widgets.needs import TicketDesk
from xtnb.widgets.prepared import prepared
from xtnb.widgets.price_types import PROTECTED, price_types
from xtnb.widgets.pulse import beats
from xtnb.widgets.reach import Reach
from xtnb.widgets.remains import Remains, caption
from xtnb.widgets.sends import Sends
from xtnb.widgets.watches import Watches
from xtnb.widgets.wire import Sections

PARTS = {
    "quarter": Fraction(1, 4),
    "third": Fraction(1, 3),
    "half": Fraction(1, 2),
    "all": Fraction(1),
}
TONES = ("red", "amber", "green", "grey")
FOUND = 12
_JUDGED = ("code", "side", "price_type", "price", "volume")
"""What a preview is of: a view must not take it for that of another form."""


class Ticket(Remains, Sections):
    """A form for one order. 下单

    The form's fields are traits that both halves write: a person types in the
    browser, `fill` writes here. The kernel owns everything else - quote, cost,
    attempts - and sends it in sections (wire.py); the browser owns the focus, the
    list of found codes and whether it is asking for a confirmation.

    A send carries the form as it was confirmed and a token of its own. A token is
    taken once, and none while an answer is outstanding, so neither a double click
    nor a second view of the same ticket sends twice. A send that took long to get here
    is not carried out (pulse.py). An order that the rules would refuse
    is sent only by who has read that and says "anyway"; where nobody can say, it is sent.
    Once the terminal has answered, a line says what became of the order. Its volume is gone
    from the form where it was accepted, and where that is not known: it may be there.

    Args:
        desk: whatever has the methods of `TicketDesk`.
        code: the code to start with; "" for none.
        side: "buy", "sell", or the key of an action of this kind of account, such as
            "fin_buy", "sell_close_today" or "covered_open" (actions.py).
        price, volume: yuan and shares; 0 leaves the field to the first quote, or empty.
        search: finds instruments for what is typed into the code's box; by default
            among those that the account trades.

    Attributes:
        blocked: why nothing may be sent, as "中文 / English"; "" while that is allowed.
            Cancels stay possible. Set by whoever knows that the account is not what
            it seems to be.
        restored: {"zh", "en"}: that the form is the draft of an earlier kernel (drafts.py);
            None once it is sent, or turned to another code.
        banner: {"text": "中文 / English", "tone": one of `TONES`} shown above the form;
            {} for none.
    """

    _esm = asset("ticket.js")

    code = t.Unicode("", help="The instrument, such as 600000.SH.").tag(sync=True)
    side = t.Unicode("buy", help="The key of an action.").tag(sync=True)
    price_type = t.CInt(c.FIX_PRICE, help="A PriceType.").tag(sync=True)
    price = t.CFloat(0.0, help="Yuan, or Hong Kong dollars; 0 for none.").tag(sync=True)
    volume = t.CInt(0, help="Shares, units, lots; of a repayment yuan.").tag(sync=True)
    remark = t.Unicode("", help="Comes back with every push of the order.").tag(sync=True)
    confirm = t.Bool(True, help="Ask once more before sending.").tag(sync=True)
    blocked = t.Unicode("", help="Why nothing may be sent.").tag(sync=True)
    banner = t.Dict(help="A text above the form, and its tone.").tag(sync=True)

    def __init__(
        self,
        desk: TicketDesk,
        code: str = "",
        *,
        side: str = "buy",
        price: float = 0.0,
        volume: int = 0,
        search: Search | None = None,
    ) -> None:
        kind = desk.account.account_type
        _check(kind, side, price, volume)  # before anything is started
        super().__init__(confirm=options.confirm)
        self._desk = desk
        self._form = Form(desk, search)
        self._figures = Figures(desk)
        self._reach = Reach(desk, self._figures)
        self._lock = RLock()
        self._terms: DayTerms | None = None
        self._unknown: tuple[str, str] | None = None
        self._watches = Watches(desk)
        self._wants_price = False
        self._sends = Sends()
        self.restored: dict[str, str] | None = None
        self._guard = Guard(self, desk.standing, desk.account.account_id)
        self.side = turned(actions_of(kind), "", "buy")
        books = desk.books
        self.ends(
            books.quotes.on_change(self._quoted),
            books.asset.on_change(self.touch),
            books.positions.on_change(self.touch),
            books.trades.on_change(self._traded),
            books.on_lost(self.touch),
            books.on_back(self._back),
            desk.standing.on_change(self.touch),
            self._watches.end,
        )
        if kind == c.CREDIT_ACCOUNT:
            credit = desk.credit
            self.ends(credit.detail.on_change(self.touch), credit.debts.on_change(self.touch))
        elif kind in (c.FUTURE_ACCOUNT, c.FUTURE_OPTION_ACCOUNT, c.STOCK_OPTION_ACCOUNT):
            self.ends(desk.contracts.on_told(self.touch))
        if kind != c.SECURITY_ACCOUNT:
            self.ends(books.orders.on_change(self.touch))
        self.observe(self._new_code, "code")
        self.observe(self._new_side, "side")
        self.observe(self._new_type, "price_type")
        self.observe(self._new_volume, "volume")
        self.observe(self.touch, ["price", "blocked", "banner"])
        self.fill(code=code or None, side=side, price=price or None, volume=volume or None)

    @t.validate("banner")
    def _valid_banner(self, proposal: Any) -> dict[str, str]:
        value = proposal["value"]
        if value and (set(value) != {"text", "tone"} or value["tone"] not in TONES):
            shown = f"{{}} or a text and a tone, one of {', '.join(TONES)}"
            raise InputError("banner", value, shown)
        banner: dict[str, str] = value
        return banner

    @t.validate("side")
    def _valid_side(self, proposal: Any) -> str:
        wanted: str = proposal["value"]
        kind = self._desk.account.account_type
        if find_action(actions_of(kind), wanted) is None:
            keys = [action.key for action in actions_of(kind)]
            raise InputError("side", wanted, f"one of {', '.join(map(repr, keys))}")
        return wanted

    def __repr__(self) -> str:
        return f"Ticket({self.code!r})"

    def close(self) -> None:
        """End it; what was sent from here stays behind as a list. May be called twice."""
        if not self.closed:
            self.leave()
        super().close()

    def remains(self) -> dict[str, Any]:
        """The code, and what was sent, as a list."""
        zh = options.screen_language == "zh"
        with self._lock:
            lines = listed(self._sends, "zh" if zh else "en")
            name = self._name(self.code)
        title = f"{'下单' if zh else 'Ticket'} {self.code} {name if name != self.code else ''}"
        return {"text/html": f"<div>{caption(title.strip())}{lines}</div>"}

    def fill(
        self,
        code: str | None = None,
        side: str | None = None,
        price: float | None = None,
        volume: int | None = None,
    ) -> None:
        """Write into the form, as a click in a table does; what is None stays.

        A code that differs from the present one empties price and volume first, and so
        does the other side. "buy" and "sell" keep to opening or closing where an account
        has both. A price makes a market order a limit order.

        Raises:
            InputError: side is no action of this account, or price or volume is
                negative or no number.
        """
        _check(self._form.account_type, side, price, volume)
        with self._lock, self.hold_sync():
            if code is not None:
                self.code = code
            if side is not None:
                self.side = turned(self._form.actions(self._terms), self.side, side)
            if price is not None:
                self._wants_price = False
                if self.price_type not in (c.FIX_PRICE, *PROTECTED):
                    self.price_type = c.FIX_PRICE
                self.price = price
            if volume is not None:
                self.volume = volume

    @property
    def price_types(self) -> tuple[int, ...]:
        """The price types that the instrument has; none while it is not known."""
        return tuple(price_types(self._terms)) if self._terms is not None else ()

    def fill_closing(self, code: str, volume: int, short: bool, covered: bool = False) -> None:
        """Write the close of a position into the form: a sale of what is long.

        Args:
            code, volume: of the position.
            short: whether it was sold to open.
            covered: whether it is a covered one.
        """
        with self._lock, self.hold_sync():
            self.fill(code=code)
            self.fill(side=closing(self._form.actions(self._terms), short, covered))
            self.fill(volume=volume)

    # What a view says

    def heard(self, message: dict[str, Any]) -> None:
        """Take a search, a preset, a send or a cancel from a view; main or subshell thread."""
        kind = message.get("kind")
        if kind == "search":
            found = self._form.found(str(message.get("text", "")), FOUND)
            self.answer({"kind": "found", "number": message.get("number", 0), "rows": found})
        elif kind == "preset" and message.get("part") in PARTS:
            self.preset(message["part"])
        elif kind == "send":
            self._send_form(message, message.get("form") or {})
        elif kind == "cancel":
            self._cancel(str(message.get("token", "")))
        elif kind == "disarm" or (kind == "arm" and not beats.late(message)):
            self._guard.clicked(kind)

    def preset(self, part: str) -> None:
        """Set the volume to a part of what the cash, or the position, allows.

        Args:
            part: "quarter", "third", "half" or "all".
        """
        if part not in PARTS:
            raise InputError("part", part, f"one of {', '.join(PARTS)}")
        with self._lock:
            if self._terms is not None or not self._action.coded:
                self.volume = self._reach.most(self._entry, PARTS[part])

    def _send_form(self, message: dict[str, Any], form: dict[str, Any]) -> None:
        token = str(message.get("token", ""))
        with self._lock:
            if self._sends.used(token):
                return
            late = beats.late(message)
            free = not (self.closed or (not late and (self._sends.busy or self.blocked)))
            order = prepared(self._desk, self._form, token, form) if free else None
            if order is None:
                self.answer({"kind": "ignored", "token": token})
                return
            attempt = order.attempt
            if late:
                self._sends.refuse_late(attempt, late)
                self.touch()
                return
            why = None if form.get("anyway") else order.doubt(self._desk)
            if why is not None:  # the view asks once more, whatever `confirm` says
                self.answer({"kind": "doubted", "token": token, "zh": why[0], "en": why[1]})
                return
            self.restored = None
            self._sends.take(attempt, form)
        self.touch()
        try:
            kind = attempt.price_type
            priced = kind == c.FIX_PRICE or kind in PROTECTED
            handle = self._desk.send(
                attempt.code,
                attempt.action.order_type,
                attempt.volume,
                attempt.price if priced else 0.0,
                kind,
                attempt.remark,
            )
        except XtnbError as error:
            attempt.fail(str(error))
            self.touch()
            return
        attempt.follow(handle, self.touch, self._desk.books.trades)

    def _cancel(self, token: str) -> None:
        for attempt in self._sends:
            if attempt.token == token and (number := attempt.number) > 0:
                with suppress(XtnbError), cancelling(self._desk.standing):
                    self._desk.cancel(number)

    # What the desk says

    def _quoted(self, code: str, _: Any) -> None:
        underlying = self._terms.underlying if isinstance(self._terms, Derived) else ""
        if code in (self.code, underlying):
            self.touch()

    def _traded(self, key: Any, cells: dict[str, Any]) -> None:
        if not cells:
            return
        trade = self._desk.books.trades.get(key)
        if isinstance(trade, XtTrade) and self._sends.traded(trade):
            self.touch()

    def _option(self, name: str) -> None:
        if name == "confirm":
            self.confirm = options.confirm
        super()._option(name)

    # What follows from a change of the form

    @property
    def _action(self) -> Action:
        actions = self._form.actions(self._terms)
        return find_action(actions, self.side) or actions[0]

    def _new_code(self, change: Any) -> None:
        with self._lock, self.hold_sync():
            self._terms = self._unknown = self.restored = None
            self._sends.forget()
            try:
                self._terms = self._form.terms(self.code)
            except Refused as refused:
                self._unknown = (refused.zh, refused.en)
            except XtnbError as error:
                self._unknown = both(str(error))
            if change["old"]:
                self.price, self.volume = 0.0, 0
            terms = self._terms
            if terms is not None:
                self.side = _nearest(self._form.actions(terms), self.side)
                known = price_types(terms)
                if self.price_type not in known:
                    self.price_type = known[0]
                self._want_price()
            if not self.closed:
                self._watches.turn(self.code, terms)
        self.touch()

    def _back(self) -> None:
        """The link is back: what could not be asked for is asked for now."""
        with self._lock:
            if self.code and self._terms is None:
                self._new_code({"old": ""})
        self.touch()

    def _new_side(self, change: Any) -> None:
        every = actions_of(self._form.account_type)
        before, now = find_action(every, change["old"]), self._action
        with self._lock, self.hold_sync():
            self._sends.forget()
            same = before is not None and before.buy == now.buy and before.coded == now.coded
            if not (same and now.priced and before is not None and before.priced):
                self.price = 0.0  # it was that of the other side
                self._want_price()
            if not same or before is None or before.closes != now.closes:
                self.volume = 0
        self.touch()

    def _new_type(self, _: Any) -> None:
        with self._lock, self.hold_sync():
            if self.price_type != c.FIX_PRICE:
                self.price = 0.0  # a limit price left behind would be a protective price
            self._want_price()
        self.touch()

    def _new_volume(self, change: Any) -> None:
        if change["new"] > 0:
            self._sends.forget()
        self.touch()

    def _want_price(self) -> None:
        limit = self.price_type == c.FIX_PRICE and self._action.priced
        self._wants_price = limit and self.price == 0

    # What is shown

    @property
    def _entry(self) -> Entry:
        terms, action = self._terms, self._action
        code = self._form.sent_code(action, terms)
        return Entry.of(terms, action, code, self.volume, self.price, self.price_type)

    def sections(self) -> dict[str, Any]:
        with self._lock:
            self._guard.apply()
            self.again(self._guard.due)
            quote = self._desk.books.quotes.get(self.code)
            if isinstance(quote, Quote) and self._terms is not None and self._wants_price:
                self._wants_price = False
                if self.price == 0:  # else a person was quicker than the quote
                    self.price = first_price(quote, self._action)
            busy = self._sends.busy
            rows = [attempt.row() for attempt in self._sends]
            said, filled = self._sends.outcome()  # last: a form that is free again is empty
            if filled and filled == (self.code, self.side, self.volume):
                self.volume = 0
            entry = self._entry
            judged = {field: getattr(self, field) for field in _JUDGED}
            preview = entry.judged(self._desk)
            if not entry.known and self.code:
                preview = refused_row(*(self._unknown or ("", "")))
            shown = preview_row(preview)
            fine = preview if not isinstance(preview, dict) and refused(preview) is None else None
            return {
                "facts": self._form.facts(
                    self.code, entry.terms, entry.action, self.price, self.price_type
                ),
                "quote": quote_row(quote) if isinstance(quote, Quote) else None,
                "account": self._reach.row(
                    entry, self._form.price_note(entry.terms, entry.action, entry.price)
                ),
                "preview": {**shown, "form": judged} if shown is not None else None,
                "lines": self._figures.lines(entry.terms, entry.action, fine),
                "attempts": rows,
                "said": said,
                "busy": busy,
                "lost": self._desk.books.lost,
                "lock": self._guard.lock(),
                "restored": self.restored,
            }

    def _name(self, code: str) -> str:
        terms = self._terms
        return str(terms.instrument.name) if terms is not None and code == self.code else code


def _check(account_type: int, side: str | None, price: float | None, volume: int | None) -> None:
    """See `Ticket.fill`."""
    if side is not None:
        keys = [action.key for action in actions_of(account_type)]
        valid = list(dict.fromkeys(("buy", "sell", *keys)))
        if side not in valid:
            raise InputError("side", side, f"one of {', '.join(map(repr, valid))}")
    if price is not None and units(price) < 0:
        raise InputError("price", price, "a price in yuan, not below 0")
    if volume is not None and (isinstance(volume, bool) or not isinstance(volume, int)):
        raise InputError("volume", volume, "a whole number of shares")
    if volume is not None and volume < 0:
        raise InputError("volume", volume, "a number of shares, not below 0")


def _nearest(actions: tuple[Action, ...], key: str) -> str:
    """The action of an instrument that comes next to one that another instrument had."""
    for wanted in (key, key.replace("_today", "").replace("_past", "")):
        if find_action(actions, wanted) is not None:
            return wanted
    return actions[0].key
