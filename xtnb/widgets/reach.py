"""How far an order could reach: the largest volume that would be accepted.

Of shares the rules say it in one step. For other kinds of orders `desk.preview` is asked
for volumes until one is refused, and the answer is kept while nothing that it rests on
has moved: a form is drawn anew with each quote.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from xtnb import xtconstant as c
from xtnb.rules.bonds import RepoRules
from xtnb.rules.connect import ConnectRules
from xtnb.rules.day import DayRules
from xtnb.rules.listed import DayTerms
from xtnb.vocabulary.money import YUAN, units
from xtnb.vocabulary.records import Quote, XtPosition
from xtnb.widgets.actions import EXERCISES, LOCKS, Action
from xtnb.widgets.entry import Entry
from xtnb.widgets.figures import Figures
from xtnb.widgets.needs import TicketDesk
from xtnb.widgets.price_types import PROTECTED

_MOST = 1 << 30


class Reach:
    """The volumes of one account's form.

    Args:
        desk: the account.
        figures: knows what a repayment could pay off.
    """

    def __init__(self, desk: TicketDesk, figures: Figures) -> None:
        self._desk = desk
        self._figures = figures
        self._plain = desk.account.account_type in (c.SECURITY_ACCOUNT, c.NEW3BOARD_ACCOUNT)
        self._kept: tuple[Any, int] = (None, 0)

    def row(self, entry: Entry, note: tuple[str, str]) -> dict[str, Any]:
        """What there is to trade with and how far it reaches, with a note on the price."""
        most = self.most(entry)
        zh, en = self.said(entry, most)
        return {
            "cash": self._desk.cash_units() / YUAN,
            "sellable": self._desk.sellable(entry.code) if entry.known else 0,
            "held": getattr(self._desk.books.positions.get(entry.code), "volume", 0),
            "most": most,
            "zh": zh,
            "en": en,
            "note_zh": note[0],
            "note_en": note[1],
        }

    def most(self, entry: Entry, part: Fraction = Fraction(1)) -> int:
        """The largest valid volume, or the largest within a part of what is there.

        Args:
            entry: the form; its volume is not read.
            part: of the cash of a buy of shares, of the volume of anything else.
        """
        terms, action = entry.terms, entry.action
        if not action.coded:
            due, cash = self._figures.due(action), self._desk.cash_units()
            return int(min(-(-due // YUAN), cash // YUAN) * part)
        if terms is None:
            return 0
        if self._plain and isinstance(terms, DayRules):
            return self._shares(terms, entry, part)
        lot = 1 if action.order_type in LOCKS else terms.lot
        most = self._asked(terms, entry, lot)
        return most if part == 1 else int(most * part) // lot * lot

    def _shares(self, rules: DayRules, entry: Entry, part: Fraction) -> int:
        if not entry.action.buy:
            sellable = self._desk.sellable(entry.code)
            return rules.round_sell(int(sellable * part), sellable, entry.price_type)
        counted = self._counted(rules, entry)
        cash = int(self._desk.cash_units() * part)
        return rules.affordable(cash, counted, entry.price_type) if counted > 0 else 0

    def _counted(self, rules: DayRules, entry: Entry) -> int:
        """What a buy would be counted at, 1e-4 yuan: limit, last, or protective price."""
        kind = entry.price_type
        if entry.price > 0 and (kind == c.FIX_PRICE or kind in PROTECTED):
            return units(entry.price)
        if kind in (c.FIX_PRICE, c.LATEST_PRICE):
            quote = self._desk.books.quotes.get(entry.code)
            last = getattr(quote, "last_price", 0.0)
            return units(last) if last > 0 else rules.prev_close
        return rules.up

    def _asked(self, terms: DayTerms, entry: Entry, lot: int) -> int:
        priced = entry.action.priced and entry.price_type == c.FIX_PRICE
        if priced and (entry.price <= 0 or entry.price_fault(self._desk) is not None):
            quote = self._desk.books.quotes.get(entry.code)
            last = getattr(quote, "last_price", 0.0) or terms.prev_close / YUAN
            entry = replace(entry, price=last)  # a price at fault says nothing of volumes
        key = (replace(entry, terms=None, volume=0), self._state(entry.code))
        if self._kept[0] != key:
            self._kept = key, self._search(entry, lot)
        return self._kept[1]

    def _search(self, entry: Entry, lot: int) -> int:
        def fits(volume: int) -> bool:
            said = replace(entry, volume=volume).preview(self._desk)
            return said is not None and not isinstance(said, dict) and said.accepted

        low, high = 0, 1
        while high * lot < _MOST and fits(high * lot):
            low, high = high, 2 * high
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if fits(middle * lot) else (low, middle)
        if low or lot == 1 or entry.action.buy:
            return low * lot
        odd = self._desk.sellable(entry.code) % lot  # an odd lot goes by itself
        return odd if odd and fits(odd) else 0

    def _state(self, code: str) -> tuple[Any, ...]:
        """What the answer rests on besides the form."""
        books, desk = self._desk.books, self._desk
        quote = books.quotes.get(code)
        prices: tuple[Any, ...] = ()
        if isinstance(quote, Quote):
            prices = (quote.last_price, quote.bid_price[:1], quote.ask_price[:1])
        kinds = [books.asset, books.positions, books.orders]
        if desk.account.account_type == c.CREDIT_ACCOUNT:
            kinds += [desk.credit.detail, desk.credit.debts]
        elif desk.account.account_type in (
            c.FUTURE_ACCOUNT,
            c.FUTURE_OPTION_ACCOUNT,
            c.STOCK_OPTION_ACCOUNT,
        ):
            kinds.append(desk.contracts.statistics)
        return (*prices, *(rows.version for rows in kinds))

    def said(self, entry: Entry, most: int) -> tuple[str, str]:
        """How much there is, (zh, en), for the line beneath the volume."""
        terms, action, code = entry.terms, entry.action, entry.code
        number = f"{most:,}"
        if not action.coded:
            return f"可还 {number} 元", f"Can repay {number}"
        if terms is None:
            return "", ""
        if isinstance(terms, RepoRules):
            return f"可融出 {number} 张", f"Can lend {number}"
        if action.order_type in LOCKS:
            return f"最多 {number} 股", f"Up to {number}"
        if isinstance(terms, ConnectRules | DayRules):
            return self._shares_said(terms, action, code, number)
        if action.order_type in EXERCISES:
            return f"可行权 {number}", f"Exercisable {number}"
        if action.closes:
            return f"可平 {number}", f"Closable {number}"
        return f"可开 {number}", f"Can open {number}"

    def _shares_said(
        self, terms: DayTerms, action: Action, code: str, number: str
    ) -> tuple[str, str]:
        if action.buy and action.priced:
            return f"可买 {number}", f"Can buy {number}"
        if not action.priced:
            return f"可还 {number}", f"Can return {number}"
        if not action.closes:
            return f"可融券卖出 {number}", f"Can short {number}"
        position = self._desk.books.positions.get(code)
        held = position.volume if isinstance(position, XtPosition) else 0
        sellable = self._desk.sellable(code)
        if isinstance(terms, ConnectRules):
            odd = sellable % terms.lot
            if odd:
                whole = f"{sellable - odd:,}"
                return f"可卖 {whole} + 零股 {odd}", f"Sellable {whole} + odd lot {odd}"
        elif held > sellable:
            return f"可卖 {number} / 持有 {held:,} (T+1)", f"Sellable {number} of {held:,} (T+1)"
        return f"可卖 {number}", f"Sellable {number}"
