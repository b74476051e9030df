"""LiveAccount: one account of a session, with everything that a desk and its widgets ask of it.

The widgets' questions are answered from what is kept: they return at once. The
desk's own `preview_now` asks the terminal for the prices of this moment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from threading import Lock
from typing import Any

from xtnb import xtconstant as c
from xtnb.errors import InputError, NotConnected, QueryFailed
from xtnb.live.agreed import Agreed
from xtnb.live.allowance import Allowance, stopped, under_limits
from xtnb.live.books import CONTRACTS, AccountBooks
from xtnb.live.coalesce import frames
from xtnb.live.contracts import ContractBooks
from xtnb.live.credit import CreditBooks
from xtnb.live.handle import Order
from xtnb.live.new_issues import NewIssues
from xtnb.live.orders import SIDES, AccountOrders
from xtnb.live.preview import Preview
from xtnb.live.preview_inputs import Asked, AskedInputs, KeptInputs
from xtnb.live.previews import preview_of
from xtnb.live.screen import Screen
from xtnb.live.standing import Standing
from xtnb.live.watch import QuoteWatch
from xtnb.rules.listed import DayTerms, Derived, Listed, everything, lookup, rules_of, unit_of
from xtnb.rules.months import DEMO_DAY
from xtnb.rules.suggest import missing, unknown_code
from xtnb.rules.terms import under
from xtnb.session.calls import checked_code
from xtnb.session.trader import XtQuantTrader
from xtnb.vocabulary.money import YUAN
from xtnb.vocabulary.records import Quote, StockAccount

_ALWAYS_LISTED = "600000.SH"
_SHANGHAI = timedelta(hours=8)


def side_number(side: object) -> int:
    """The order type of "buy" or "sell".

    Raises:
        InputError: another side.
    """
    number = SIDES.get(side) if isinstance(side, str) else None
    if number is None:
        raise InputError("side", side, "'buy' or 'sell'")
    return number


class LiveAccount:
    """One account: its books, its orders, and what the rules say to a next one.

    Args:
        trader: a connected session.
        account: the account.
        quotes: the quotes that the session watches; may be shared by accounts.

    Attributes:
        books: what is true now.
        orders: what was sent.
        agreed: what the broker agrees with it: fees, margins, credit lines.
        standing: where the session stands.
        screen: what is remembered of its forms and its panel.

    Raises:
        InputError: the terminal does not know the account.
    """

    def __init__(self, trader: XtQuantTrader, account: StockAccount, quotes: QuoteWatch) -> None:
        self.account = account
        self._trader = trader
        self._quotes = quotes
        self._rules: dict[str, DayTerms] = {}
        self._credit: CreditBooks | None = None
        self._contracts: ContractBooks | None = None
        self._lock = Lock()
        self._closed = False
        self.books = AccountBooks(trader, account, quotes.table)
        self.books.open()
        self.agreed = Agreed(trader, account)
        self._issues = NewIssues(trader, account)
        self.orders = AccountOrders(trader, self.books)
        self.standing = Standing()
        self.screen = Screen()
        self._allowance = Allowance(trader, account, frames, self._limited)
        self.books.on_back(self._allowance.renew)

    def close(self) -> None:
        """Stop following the account. May be called twice."""
        with self._lock:
            self._closed = True
            asked = [books for books in (self._credit, self._contracts) if books is not None]
            self._credit = self._contracts = None
        for books in asked:
            books.close()
        self._allowance.close()
        self.orders.close()
        self.books.close()

    def _limited(self) -> None:
        self.standing.tell_limits(self.account.account_id, stopped(self._allowance.kept))

    # -- the market -----------------------------------------------------------------------

    def watch(self, stock_code: str) -> Callable[[], None]:
        """Keep the quotes of a code coming into `books.quotes`, until the result is called.

        Who watches will want a preview, so the figures of a margin account, and the
        positions of one of contracts in detail, and what limits leave it, are asked for.
        """
        if self.account.account_type == c.CREDIT_ACCOUNT:
            _ = self.credit
        elif self.account.account_type in CONTRACTS:
            _ = self.contracts
        ends = [self._quotes.watch(stock_code), self._allowance.watch()]

        def forget() -> None:
            for end in ends:
                end()

        return forget

    def quotes_of(self, codes: Sequence[str]) -> list[Quote]:
        """The present quotes of these codes, in their order.

        Raises:
            InputError: not a code, or one that the terminal does not have.
            QueryFailed: the terminal answered with an error.
        """
        wanted = tuple(checked_code(code, "codes") for code in codes)
        found = self._ask("quote_full", {"codes": wanted})
        by_code: dict[str, Quote] = {quote.stock_code: quote for quote in found}
        for code in wanted:
            if code not in by_code:
                raise InputError("codes", code, "codes that this terminal's market has")
        return [by_code[code] for code in wanted]

    def day_bars(self, stock_code: str) -> Sequence[tuple[float, ...]]:
        """The minutes of the day so far, oldest first.

        Each is (time_ms, open, high, low, close, volume, amount, previous close), yuan
        and shares; `time_ms` is the end of a minute.
        """
        day = self._facts(stock_code)["day"]
        midnight = datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC) - _SHANGHAI
        asked = {
            "stock_code": stock_code,
            "period": "1m",
            "start_ms": round(midnight.timestamp() * 1000),
            "end_ms": 0,
            "count": -1,
        }
        bars: list[tuple[float, ...]] = list(self._ask("quote_bars", asked))
        return bars

    def terms_of(self, stock_code: str) -> DayTerms:
        """The rules of an instrument of any kind today.

        Raises:
            Refused: UNKNOWN_CODE.
            InputError: not the form of a code.
        """
        terms = self._rules.get(stock_code)
        if terms is None or self._outdated(terms):
            terms = self._terms_now(stock_code)
        return terms

    def listed(self) -> Mapping[str, Listed]:
        """What is listed today, of every kind, by code."""
        days = [terms.day for terms in list(self._rules.values())]
        return everything(max(days) if days else self._today())

    def _today(self) -> date:
        """The market's day, as the terminal tells it with the facts of an instrument."""
        for code in (_ALWAYS_LISTED, *self._rules):
            facts = self._trader.requests.ask("instrument", None, {"stock_code": code})
            if facts is not None:
                return datetime.strptime(facts["day"], "%Y%m%d").date()
        return DEMO_DAY

    def _outdated(self, terms: DayTerms) -> bool:
        """Whether the quotes that came since tell of another day."""
        quote = self._quotes.latest(terms.instrument.stock_code)
        return quote is not None and _day(quote.time) != terms.day

    def _terms_now(self, stock_code: str) -> DayTerms:
        facts = self._facts(stock_code)
        day = datetime.strptime(facts["day"], "%Y%m%d").date()
        known = self._rules.get(stock_code)
        if known is not None and (known.day, known.prev_close) == (day, facts["prev_close"]):
            return known
        listed = lookup(stock_code, day)
        if listed is None:
            raise unknown_code(stock_code)
        terms = under(rules_of(listed, facts["prev_close"], day), self.agreed.on(day))
        if isinstance(terms, Derived):
            terms.follow(self._facts(terms.underlying)["prev_close"])
        with self._lock:
            self._rules[stock_code] = terms
        return terms

    def _facts(self, stock_code: str) -> dict[str, Any]:
        code = checked_code(stock_code)
        facts: dict[str, Any] | None = self._trader.requests.ask(
            "instrument", None, {"stock_code": code}
        )
        if facts is None:
            raise missing(code, self._today())
        return facts

    def _ask(self, method: str, arguments: dict[str, Any]) -> Any:
        answer = self._trader.requests.ask(method, None, arguments)
        if answer is None:
            raise QueryFailed(f"{method} failed; the log under xtnb.session says why")
        return answer

    # -- the account ------------------------------------------------------------------------

    def cash_units(self) -> int:
        """Available cash, 1e-4 yuan."""
        asset = self.books.asset.get(self.account.account_id)
        return round(asset.cash * YUAN) if asset is not None else 0

    def sellable(self, stock_code: str) -> int:
        """Shares that may be sold today."""
        position = self.books.positions.get(stock_code)
        return position.can_use_volume if position is not None else 0

    # -- orders -------------------------------------------------------------------------------

    @property
    def credit(self) -> CreditBooks:
        """Debts and figures of a margin account; asked for from the first time that this is.

        Raises:
            InputError: another kind of account.
            NotConnected: it is closed.
        """
        if self.account.account_type != c.CREDIT_ACCOUNT:
            raise InputError("account", repr(self.account), "a margin account")
        with self._lock:
            if self._closed:
                raise NotConnected("the account is closed")
            if self._credit is None:
                self._credit = CreditBooks(self._trader, self.books, self._quotes, frames)
            return self._credit

    @property
    def contracts(self) -> ContractBooks:
        """The positions of futures and options in detail; asked for from the first time on.

        Raises:
            InputError: another kind of account.
            NotConnected: it is closed.
        """
        if self.account.account_type not in CONTRACTS:
            raise InputError("account", repr(self.account), "an account of futures or options")
        with self._lock:
            if self._closed:
                raise NotConnected("the account is closed")
            if self._contracts is None:
                self._contracts = ContractBooks(self._trader, self.books, frames)
            return self._contracts

    def preview(
        self,
        stock_code: str,
        side: str | int,
        volume: int,
        price: float = 0.0,
        price_type: int = c.FIX_PRICE,
    ) -> Preview:
        """What would happen to this order, by what pushes have kept; asks nobody.

        `side` is "buy", "sell" or an `OrderType`.

        Raises:
            InputError: an argument that no terminal could accept.
            QueryFailed: the figures of a margin account, or the positions of an account
                of contracts, have not come yet.
        """
        asked = self._asked(stock_code, side, volume, price, price_type)
        kept = KeptInputs(
            self.books,
            lambda: self.credit,
            lambda: self.contracts,
            self.terms_of,
            self._quotes.latest,
            self.agreed.on,
            self.agreed.eligible,
            self._issues,
        )
        quote = self._quotes.latest(stock_code)
        preview = preview_of(asked, kept)
        last = None if quote is None else quote.last_price
        return under_limits(preview, asked, self._allowance.kept, lambda: last, self._unit(asked))

    def preview_now(
        self, stock_code: str, side: str | int, volume: int, price: float, price_type: int
    ) -> Preview:
        """The same by what the terminal says at this moment: what an order sent now would meet.

        Raises:
            InputError: an argument that no terminal could accept.
            SessionError: the terminal cannot be asked.
        """
        asked = self._asked(stock_code, side, volume, price, price_type)
        now = AskedInputs(
            self._trader,
            self.account,
            self._terms_now,
            lambda code: self.quotes_of([code])[0],
            self.agreed.on,
            self.agreed.eligible,
        )
        held, preview = self._allowance.now(), preview_of(asked, now)
        return under_limits(
            preview, asked, held, lambda: self._last_price(asked), self._unit(asked)
        )

    def _last_price(self, asked: Asked) -> float:
        """The last price at this moment; 0.0 for none, which limits take for no price."""
        found = self._ask("quote_full", {"codes": (asked.stock_code,)})
        return found[0].last_price if found else 0.0

    def _unit(self, asked: Asked) -> int | None:
        """What one unit of an order counts for; None for a contract that is not known."""
        terms = self._rules.get(asked.stock_code)
        if terms is not None:
            return unit_of(terms.instrument)
        return None if asked.account_type in CONTRACTS else 1

    def _asked(
        self, stock_code: str, side: str | int, volume: int, price: float, price_type: int
    ) -> Asked:
        number = self.order_type(side)
        return Asked.of(self.account.account_type, stock_code, number, volume, price_type, price)

    def order_type(self, side: object) -> int:
        """The order type of "buy" or "sell", or the one that is given.

        Raises:
            InputError: neither; or "buy" and "sell" of contracts, which do not say whether
                to open or to close.
        """
        if isinstance(side, str) or not hasattr(side, "__index__") or isinstance(side, bool):
            number = side_number(side)
            if self.account.account_type in CONTRACTS:
                kind = c.ACCOUNT_TYPE_DICT[self.account.account_type]
                raise InputError(
                    "side",
                    side,
                    f"an OrderType that says whether to open or to close ({kind} account): "
                    "desk.order(code, order_type, volume, price_type, price)",
                )
            return number
        return int(side)

    def send(
        self,
        stock_code: str,
        side: str | int,
        volume: int,
        price: float = 0.0,
        price_type: int = c.FIX_PRICE,
        remark: str = "",
    ) -> Order:
        """Hand an order over to the session and return without waiting for the answer.

        Raises:
            InputError: an argument that no terminal could accept.
            NotConnected: the session is not connected.
        """
        number = self.order_type(side)
        return self.orders.send(stock_code, number, volume, price_type, price, remark=remark)

    def cancel(self, order_id: int) -> None:
        """Send the cancel of an order and do not wait; its push tells what came of it."""
        self.orders.cancel_id(order_id)

    def cancel_all(self) -> int:
        """Send the cancel of every order that can be cancelled; returns how many."""
        return self.orders.cancel_all()


def _day(milliseconds: int) -> date:
    return (datetime.fromtimestamp(milliseconds / 1000, UTC) + _SHANGHAI).date()
