"""What a form may hold: which codes an account trades, and what the rules say of one.

A `Form` is of one account. It finds instruments, says which actions there are, and what
a view must know of an instrument to fill the form in: steps, limits, price types, and
what price and volume are called. What an order would cost is in figures.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from xtnb import xtconstant as c
from xtnb.rules.bonds import Convertible, Repo
from xtnb.rules.connect import ROUTES, ConnectRules, ConnectStock, route_code
from xtnb.rules.futures import Future
from xtnb.rules.instruments import Instrument
from xtnb.rules.listed import DayTerms, Listed
from xtnb.rules.options_futures import FutureOption
from xtnb.rules.options_listed import StockOption, option_underlyings
from xtnb.rules.suggest import meant
from xtnb.rules.validity import not_traded_here
from xtnb.vocabulary.money import YUAN
from xtnb.widgets.actions import LOCKS, Action, actions_of
from xtnb.widgets.needs import TicketDesk
from xtnb.widgets.price_types import price_types, price_word, shown

_KINDS: dict[int, tuple[type, ...]] = {
    c.CREDIT_ACCOUNT: (Instrument,),
    c.FUTURE_ACCOUNT: (Future,),
    c.FUTURE_OPTION_ACCOUNT: (FutureOption, Future),
    c.STOCK_OPTION_ACCOUNT: (StockOption,),
    c.HUGANGTONG_ACCOUNT: (ConnectStock,),
    c.SHENGANGTONG_ACCOUNT: (ConnectStock,),
}
_SHARES = (Instrument, Convertible, Repo)

Search = Callable[[str, int], Iterable[Listed]]
Words = tuple[str, str]


def trades(account_type: int, instrument: Listed) -> bool:
    """Whether this kind of account trades an instrument, or locks it for covered calls."""
    if isinstance(instrument, ConnectStock):
        return ROUTES.get(account_type) == instrument.market
    if account_type == c.STOCK_OPTION_ACCOUNT and instrument.stock_code in option_underlyings():
        return True
    if account_type == c.NEW3BOARD_ACCOUNT:
        return isinstance(instrument, Instrument) and instrument.market == "BJ"
    return isinstance(instrument, _KINDS.get(account_type, _SHARES))


class Form:
    """What the form of one account may hold.

    Args:
        desk: the account.
        search: finds instruments for what is typed; by default among all that it trades.
    """

    def __init__(self, desk: TicketDesk, search: Search | None = None) -> None:
        self._desk = desk
        self.account_type: int = desk.account.account_type
        self._search = search or self.search

    # -- codes -----------------------------------------------------------------------------

    def codes(self) -> list[str]:
        """Every code that the account trades, those of the demo's list first."""
        return [one.stock_code for one in self._traded()]

    def found(self, text: str, limit: int) -> list[dict[str, str]]:
        """What is found for what was typed, as a view shows it."""
        return [
            {"code": one.stock_code, "name": one.name, "pinyin": one.pinyin}
            for one in self._search(text, limit)
        ]

    def search(self, text: str, limit: int) -> list[Listed]:
        """Instruments that the account trades, by code, name or pinyin, best first.

        A code or a name that begins with the text comes before one that contains it, and
        the code itself before all. A code in another spelling, such as "sh600000", is found
        too; what is merely near is not, since Enter takes what is found alone.
        """
        if self.account_type in ROUTES:
            text = route_code(text.strip().upper(), self.account_type)
        wanted = text.strip().upper()
        ranked = [(_rank(one, wanted), at, one) for at, one in enumerate(self._traded())]
        found = sorted((rank, at) for rank, at, _ in ranked if rank is not None)
        if not found and (code := meant(wanted)):
            found = [(0, at) for _, at, one in ranked if one.stock_code == code]
        return [ranked[at][2] for _, at in found[: max(limit, 0)]]

    def terms(self, code: str) -> DayTerms:
        """The rules of an instrument today.

        Raises:
            Refused: an unknown code, or one that the account does not trade.
        """
        terms = self._desk.terms_of(code)
        if not trades(self.account_type, terms.instrument):
            raise not_traded_here(code, self.account_type)
        return terms

    def sent_code(self, action: Action, terms: DayTerms | None) -> str:
        """The code that an order bears: of a lock the underlying, of a repayment any."""
        if terms is None:
            return self.codes()[0]
        if action.order_type in LOCKS:
            return str(getattr(terms.instrument, "underlying", terms.instrument.stock_code))
        return str(terms.instrument.stock_code)

    def _sent(self, action: Action, terms: DayTerms | None) -> str:
        """Code and name that an order bears, for the question before it is sent."""
        if terms is None or not action.coded:
            return ""
        code, name = self.sent_code(action, terms), terms.instrument.name
        if code != terms.instrument.stock_code:
            name = self._desk.terms_of(code).instrument.name
        return f"{code} {name}"

    def _traded(self) -> list[Listed]:
        return [one for one in self._desk.listed().values() if trades(self.account_type, one)]

    # -- what a view must know ----------------------------------------------------------------

    def actions(self, terms: DayTerms | None) -> tuple[Action, ...]:
        """The buttons."""
        return actions_of(self.account_type, terms.instrument if terms is not None else None)

    def facts(
        self,
        code: str,
        terms: DayTerms | None,
        action: Action,
        price: float,
        price_type: int = c.FIX_PRICE,
    ) -> dict[str, Any]:
        """Of the instrument: steps, limits, price types, and the words of the form."""
        price_said, volume_said = self.words(terms, action)
        price_said = price_word(price_type, action.buy) or price_said
        said = {
            "code": code,
            "known": terms is not None,
            "actions": [one.shown() for one in self.actions(terms)],
            "price_zh": price_said[0],
            "price_en": price_said[1],
            "volume_zh": volume_said[0],
            "volume_en": volume_said[1],
            "sent": self._sent(action, terms),
        }
        if terms is None:
            nothing = {"limit_up": 0, "limit_down": 0, "tick": 0.01, "below": 0.01, "lot": 100}
            lot = {"lot": 1} if not action.coded else {}
            return {**said, **nothing, **lot, "name": "", "types": [], "decimals": 2}
        limited = not isinstance(terms, ConnectRules)  # nine times the price is no daily limit
        tick, below = _ticks(terms, price)
        return {
            **said,
            "name": terms.instrument.name,
            "limit_up": terms.up / YUAN if limited else 0,
            "limit_down": terms.down / YUAN if limited else 0,
            "tick": tick / YUAN,
            "below": below / YUAN,
            "lot": self.step(terms, action),
            "decimals": decimals(terms, tick),
            "types": [shown(kind) for kind in price_types(terms)],
        }

    def step(self, terms: DayTerms | None, action: Action) -> int:
        """What a press of an arrow adds to the volume."""
        if terms is None or not action.coded:
            return 1_000  # yuan
        return 100 if action.order_type in LOCKS else terms.lot

    def words(self, terms: DayTerms | None, action: Action) -> tuple[Words, Words]:
        """What price and volume are called, (zh, en) each."""
        instrument = terms.instrument if terms is not None else None
        price, volume = ("价格", "Price"), ("数量", "Volume")
        if not action.coded:
            return price, ("金额", "CNY")
        if action.order_type in LOCKS:
            return price, volume
        if isinstance(instrument, ConnectStock):
            return ("港元", "HKD"), volume
        if isinstance(instrument, Repo):
            return ("利率", "Rate %"), ("张数", "Units")
        if isinstance(instrument, Convertible):
            return price, ("张数", "Units")
        if isinstance(instrument, Future | FutureOption):
            return price, ("手数", "Lots")
        if isinstance(instrument, StockOption):
            return price, ("张数", "Contracts")
        return price, volume

    def price_note(self, terms: DayTerms | None, action: Action, price: float) -> Words:
        """What stands beside the price: of Hong Kong dollars what they are in yuan."""
        if not isinstance(terms, ConnectRules) or price <= 0:
            return "", ""
        rate = terms.rates.reference_sell if action.buy else terms.rates.reference_buy
        text = f"≈ ¥{price * rate / 1_000_000:,.{decimals(terms)}f}"
        return text, text


def decimals(terms: DayTerms, tick: int = 0) -> int:
    """Digits of a price: those of its step, of contracts no more, of the rest at least two."""
    step = Decimal(tick or terms.tick) / YUAN
    digits = max(0, -int(step.normalize().as_tuple().exponent))
    return digits if isinstance(terms.instrument, Future | FutureOption) else max(2, digits)


def _ticks(terms: DayTerms, price: float) -> tuple[int, int]:
    """The steps up and down from a price, 1e-4; they differ where a tick table turns."""
    if not isinstance(terms, ConnectRules) or price <= 0:
        return terms.tick, terms.tick
    at = round(price * YUAN)
    return terms.tick_at(at), at - terms.move(at, -1)


def _rank(one: Listed, wanted: str) -> int | None:
    code, name = one.stock_code.upper(), one.name.upper()
    if wanted in (code, code.rpartition(".")[0]):
        return 0
    keys = (code, name, one.pinyin.upper())
    if any(key.startswith(wanted) for key in keys):
        return 1
    product = getattr(one, "product", None)
    english = str(getattr(one, "english", "") or getattr(product, "english", "")).upper()
    return 2 if any(wanted in key for key in (*keys, english)) else None
