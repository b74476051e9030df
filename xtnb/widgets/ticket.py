"""Ticket: a form that sends one order at a time and shows what becomes of it.

What it shows beneath the form - cost, fees, cash after, the reason of a refusal -
comes from `desk.preview`, which asks the same rules as the terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from html import escape
from threading import RLock
from typing import Any

import traitlets as t

from xtnb import xtconstant as c
from xtnb.errors import InputError, Refused, XtnbError
from xtnb.rules import instruments
from xtnb.rules.day import DayRules
from xtnb.rules.instruments import Instrument
from xtnb.vocabulary.codes import PriceType
from xtnb.vocabulary.money import YUAN, units
from xtnb.vocabulary.options import options
from xtnb.vocabulary.records import Quote, XtTrade
from xtnb.widgets.assets import asset
from xtnb.widgets.attempts import Attempt, both
from xtnb.widgets.needs import Forget, TicketDesk
from xtnb.widgets.remains import Remains, caption
from xtnb.widgets.wire import Sections

SIDES = ("buy", "sell")
PARTS = {
    "quarter": Fraction(1, 4),
    "third": Fraction(1, 3),
    "half": Fraction(1, 2),
    "all": Fraction(1),
}
SHOWN_ATTEMPTS = 6
FOUND = 12

_PROTECTED = frozenset({c.MARKET_SH_CONVERT_5_CANCEL, c.MARKET_SH_CONVERT_5_LIMIT})
_TYPES_FIRST = (c.FIX_PRICE, c.LATEST_PRICE)

Search = Callable[[str, int], Iterable[Instrument]]


class Ticket(Remains, Sections):
    """A form for one order. 下单

    The form's fields are traits that both halves write: a person types in the
    browser, `fill` writes here. The kernel owns everything else - quote, cost,
    attempts - and sends it in sections (wire.py); the browser owns the focus, the
    list of found codes and whether it is asking for a confirmation.

    A send carries the form as it was confirmed and a token of its own. A token is
    taken once, and none while an answer is outstanding, so neither a double click
    nor a second view of the same ticket sends twice.

    Args:
        desk: whatever has the methods of `TicketDesk`.
        code: the code to start with; "" for none.
        side: "buy" or "sell".
        price, volume: yuan and shares; 0 leaves the field to the first quote, or empty.
        search: finds instruments for what is typed into the code's box.
    """

    _esm = asset("ticket.js")

    code = t.Unicode("", help="The instrument, such as 600000.SH.").tag(sync=True)
    side = t.Enum(SIDES, "buy", help="buy or sell.").tag(sync=True)
    price_type = t.CInt(c.FIX_PRICE, help="A PriceType.").tag(sync=True)
    price = t.CFloat(0.0, help="Yuan; 0 for none.").tag(sync=True)
    volume = t.CInt(0, help="Shares or fund units.").tag(sync=True)
    remark = t.Unicode("", help="Comes back with every push of the order.").tag(sync=True)
    confirm = t.Bool(True, help="Ask once more before sending.").tag(sync=True)

    def __init__(
        self,
        desk: TicketDesk,
        code: str = "",
        *,
        side: str = "buy",
        price: float = 0.0,
        volume: int = 0,
        search: Search = instruments.search,
    ) -> None:
        _check(side, price, volume)  # before anything is started
        super().__init__(confirm=options.confirm)
        self._desk = desk
        self._search = search
        self._lock = RLock()
        self._rules: DayRules | None = None
        self._unknown: tuple[str, str] | None = None
        self._unwatch: Forget | None = None
        self._wants_price = False
        self._attempts: list[Attempt] = []
        self._tokens: set[str] = set()
        books = desk.books
        self.ends(
            books.quotes.on_change(self._quoted),
            books.asset.on_change(self.touch),
            books.positions.on_change(self.touch),
            books.trades.on_change(self._traded),
            books.on_lost(self.touch),
            self._end_watch,
        )
        self.observe(self._new_code, "code")
        self.observe(self._new_type, "price_type")
        self.observe(self.touch, ["side", "price", "volume"])
        self.fill(code=code or None, side=side, price=price or None, volume=volume or None)

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
            rows = [attempt.row() for attempt in self._attempts]
            name = self._name(self.code)
        lines = "".join(
            "<li>"
            + escape(
                f"{'买入' if zh else 'Buy'} " if row["buy"] else f"{'卖出' if zh else 'Sell'} "
            )
            + escape(f"{row['name']} {row['volume']:,} × {row['price_zh' if zh else 'price_en']}: ")
            + escape(row["zh" if zh else "en"])
            + "</li>"
            for row in rows
        )
        title = f"{'下单' if zh else 'Ticket'} {self.code} {name if name != self.code else ''}"
        return {"text/html": f"<div>{caption(title.strip())}<ul>{lines}</ul></div>"}

    def fill(
        self,
        code: str | None = None,
        side: str | None = None,
        price: float | None = None,
        volume: int | None = None,
    ) -> None:
        """Write into the form, as a click in a table does; what is None stays.

        A code that differs from the present one empties price and volume first. A
        price makes a market order a limit order.

        Raises:
            InputError: side is neither "buy" nor "sell", or price or volume is
                negative or no number.
        """
        _check(side, price, volume)
        with self._lock, self.hold_sync():
            if code is not None:
                self.code = code
            if side is not None:
                self.side = side
            if price is not None:
                self._wants_price = False
                if self.price_type not in (c.FIX_PRICE, *_PROTECTED):
                    self.price_type = c.FIX_PRICE
                self.price = price
            if volume is not None:
                self.volume = volume

    # What a view says

    def heard(self, message: dict[str, Any]) -> None:
        """Take a search, a preset or a send from a view; on the main or a subshell thread."""
        kind = message.get("kind")
        if kind == "search":
            rows = self._search(str(message.get("text", "")), FOUND)
            found = [{"code": r.stock_code, "name": r.name, "pinyin": r.pinyin} for r in rows]
            self.answer({"kind": "found", "number": message.get("number", 0), "rows": found})
        elif kind == "preset" and message.get("part") in PARTS:
            self.preset(message["part"])
        elif kind == "send":
            self._send_form(str(message.get("token", "")), message.get("form") or {})

    def preset(self, part: str) -> None:
        """Set the volume to a part of what the cash, or the position, allows.

        Args:
            part: "quarter", "third", "half" or "all".
        """
        if part not in PARTS:
            raise InputError("part", part, f"one of {', '.join(PARTS)}")
        with self._lock:
            if self._rules is not None:
                self.volume = self._most(self._rules, PARTS[part])

    def _send_form(self, token: str, form: dict[str, Any]) -> None:
        with self._lock:
            busy = any(not attempt.answered for attempt in self._attempts)
            if not token or token in self._tokens:
                return
            if busy:
                self.answer({"kind": "ignored", "token": token})
                return
            self._tokens.add(token)
            attempt = Attempt(token, form, self._name(str(form.get("code", ""))))
            self._attempts.insert(0, attempt)
            del self._attempts[SHOWN_ATTEMPTS:]
        self.touch()
        try:
            kind = attempt.price_type
            priced = kind == c.FIX_PRICE or kind in _PROTECTED
            handle = self._desk.send(
                attempt.code,
                attempt.side,
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

    # What the desk says

    def _quoted(self, code: str, _: Any) -> None:
        if code == self.code:
            self.touch()

    def _traded(self, key: Any, cells: dict[str, Any]) -> None:
        if not cells:
            return
        trade = self._desk.books.trades.get(key)
        if isinstance(trade, XtTrade) and any(a.take(trade) for a in list(self._attempts)):
            self.touch()

    def _option(self, name: str) -> None:
        if name == "confirm":
            self.confirm = options.confirm
        super()._option(name)

    def _end_watch(self) -> None:
        with self._lock:
            unwatch, self._unwatch = self._unwatch, None
        if unwatch is not None:
            unwatch()

    # What follows from a change of the form

    def _new_code(self, change: Any) -> None:
        self._end_watch()
        with self._lock, self.hold_sync():
            self._rules = self._unknown = None
            try:
                self._rules = self._desk.rules_of(self.code)
            except Refused as refused:
                self._unknown = (refused.zh, refused.en)
            except XtnbError as error:
                self._unknown = both(str(error))
            if change["old"]:
                self.price, self.volume = 0.0, 0
            if self._rules is not None:
                if self.price_type not in (*_TYPES_FIRST, *self._rules.price_types):
                    self.price_type = c.FIX_PRICE
                self._wants_price = self.price_type == c.FIX_PRICE and self.price == 0
                if not self.closed:
                    self._unwatch = self._desk.watch(self.code)
        self.touch()

    def _new_type(self, _: Any) -> None:
        with self._lock, self.hold_sync():
            if self.price_type != c.FIX_PRICE:
                self.price = 0.0  # a limit price left behind would be a protective price
            self._wants_price = self.price_type == c.FIX_PRICE and self.price == 0
        self.touch()

    # What is shown

    def sections(self) -> dict[str, Any]:
        with self._lock:
            rules, code = self._rules, self.code
            quote = self._desk.books.quotes.get(code)
            if quote is not None and rules is not None and self._wants_price:
                self._wants_price = False
                self.price = self._first_price(quote)
            attempts = list(self._attempts)
            return {
                "facts": self._facts(rules, code),
                "quote": _quote_row(quote) if isinstance(quote, Quote) else None,
                "account": self._account(rules, code),
                "preview": self._preview(rules, code),
                "attempts": [attempt.row() for attempt in attempts],
                "busy": any(not attempt.answered for attempt in attempts),
                "lost": self._desk.books.lost,
            }

    def _first_price(self, quote: Quote) -> float:
        """What a trader would start from: the best opposite price, else the last."""
        opposite = quote.ask_price if self.side == "buy" else quote.bid_price
        best = opposite[0] if opposite else 0.0
        return best or quote.last_price or quote.last_close

    def _facts(self, rules: DayRules | None, code: str) -> dict[str, Any]:
        if rules is None:
            nothing = {"limit_up": 0, "limit_down": 0, "tick": 0.01, "lot": 100, "decimals": 2}
            return {"code": code, "known": False, "name": "", "types": [], **nothing}
        kinds = [*_TYPES_FIRST, *sorted(rules.price_types - set(_TYPES_FIRST))]
        return {
            "code": code,
            "known": True,
            "name": rules.instrument.name,
            "limit_up": rules.up / YUAN,
            "limit_down": rules.down / YUAN,
            "tick": rules.tick / YUAN,
            "lot": rules.lot,
            "decimals": 2 if rules.tick >= 100 else 3,
            "types": [
                {
                    "number": kind,
                    "zh": PriceType(kind).zh,
                    "en": PriceType(kind).en,
                    "priced": kind == c.FIX_PRICE,
                    "optional": kind in _PROTECTED,
                }
                for kind in kinds
            ],
        }

    def _account(self, rules: DayRules | None, code: str) -> dict[str, Any]:
        position = self._desk.books.positions.get(code)
        return {
            "cash": self._desk.cash_units() / YUAN,
            "sellable": self._desk.sellable(code) if rules else 0,
            "held": getattr(position, "volume", 0),
            "most": self._most(rules, Fraction(1)) if rules else 0,
        }

    def _most(self, rules: DayRules, part: Fraction) -> int:
        if self.side == "sell":
            sellable = self._desk.sellable(self.code)
            return rules.round_sell(int(sellable * part), sellable, self.price_type)
        price = self._counted_price(rules)
        cash = int(self._desk.cash_units() * part)
        return rules.affordable(cash, price, self.price_type) if price > 0 else 0

    def _counted_price(self, rules: DayRules) -> int:
        """What a buy would be counted at, 1e-4 yuan: limit, last, or protective price."""
        if self.price > 0 and (self.price_type == c.FIX_PRICE or self.price_type in _PROTECTED):
            return units(self.price)
        if self.price_type in _TYPES_FIRST:
            quote = self._desk.books.quotes.get(self.code)
            last = getattr(quote, "last_price", 0.0)
            return units(last) if last > 0 else rules.prev_close
        return rules.up

    def _preview(self, rules: DayRules | None, code: str) -> dict[str, Any] | None:
        if rules is None:
            zh, en = self._unknown or ("", "")
            return _refused(zh, en) if code else None
        if self.volume <= 0 or (self.price_type == c.FIX_PRICE and self.price <= 0):
            return None
        try:
            said = self._desk.preview(code, self.side, self.volume, self.price, self.price_type)
        except XtnbError as error:
            return _refused(*both(str(error)))
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

    def _name(self, code: str) -> str:
        rules = self._rules
        return rules.instrument.name if rules is not None and code == self.code else code


def _check(side: str | None, price: float | None, volume: int | None) -> None:
    """See `Ticket.fill`."""
    if side is not None and side not in SIDES:
        raise InputError("side", side, '"buy" or "sell"')
    if price is not None and units(price) < 0:
        raise InputError("price", price, "a price in yuan, not below 0")
    if volume is not None and (isinstance(volume, bool) or not isinstance(volume, int)):
        raise InputError("volume", volume, "a whole number of shares")
    if volume is not None and volume < 0:
        raise InputError("volume", volume, "a number of shares, not below 0")


def _refused(zh: str, en: str) -> dict[str, Any]:
    amounts = ("amount", "commission", "stamp_duty", "transfer_fee", "cash_after")
    none = dict.fromkeys(amounts, 0.0)
    return {"accepted": False, "reason_zh": zh, "reason_en": en, **none}


def _quote_row(quote: Quote) -> dict[str, Any]:
    return {
        "code": quote.stock_code,
        "last": quote.last_price,
        "close": quote.last_close,
        "bid": list(quote.bid_price),
        "bid_volume": list(quote.bid_volume),
        "ask": list(quote.ask_price),
        "ask_volume": list(quote.ask_volume),
    }
