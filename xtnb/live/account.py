"""LiveAccount: one account of a session, with everything that a desk and its widgets ask of it.

The widgets' questions are answered from what is kept: they return at once. The
desk's own `preview_now` asks the terminal for the prices of this moment.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from threading import Lock
from typing import Any

from xtnb import xtconstant as c
from xtnb.errors import InputError, QueryFailed, Refused
from xtnb.live.books import AccountBooks
from xtnb.live.orders import SIDES, AccountOrders, Order
from xtnb.live.preview import Preview, preview, unknown_code
from xtnb.live.watch import QuoteWatch
from xtnb.rules import instruments
from xtnb.rules.day import DayRules
from xtnb.session.trader import XtQuantTrader
from xtnb.vocabulary.money import YUAN
from xtnb.vocabulary.records import Quote, StockAccount
from xtnb.vocabulary.symbols import parse_symbol

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

    Raises:
        InputError: the terminal does not know the account.
    """

    def __init__(self, trader: XtQuantTrader, account: StockAccount, quotes: QuoteWatch) -> None:
        self.account = account
        self._trader = trader
        self._quotes = quotes
        self._rules: dict[str, DayRules] = {}
        self._lock = Lock()
        self.books = AccountBooks(trader, account, quotes.table)
        self.books.open()
        self.orders = AccountOrders(trader, self.books)

    def close(self) -> None:
        """Stop following the account. May be called twice."""
        self.orders.close()
        self.books.close()

    # -- the market -----------------------------------------------------------------------

    def watch(self, stock_code: str) -> Callable[[], None]:
        """Keep the quotes of a code coming into `books.quotes`, until the result is called."""
        return self._quotes.watch(stock_code)

    def quotes_of(self, codes: Sequence[str]) -> list[Quote]:
        """The present quotes of these codes, in their order.

        Raises:
            InputError: not a code, or one that the terminal does not have.
            QueryFailed: the terminal answered with an error.
        """
        wanted = tuple(str(parse_symbol(code, "codes")) for code in codes)
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

    def rules_of(self, stock_code: str) -> DayRules:
        """Lot, tick, limits and fees of today.

        Raises:
            Refused: UNKNOWN_CODE.
            InputError: not the form of a code.
        """
        rules = self._rules.get(stock_code)
        if rules is None or self._outdated(rules):
            rules = self._rules_now(stock_code)
        return rules

    def _outdated(self, rules: DayRules) -> bool:
        """Whether the quotes that came since tell of another day."""
        quote = self._quotes.latest(rules.instrument.stock_code)
        return quote is not None and _day(quote.time) != rules.day

    def _rules_now(self, stock_code: str) -> DayRules:
        facts = self._facts(stock_code)
        day = datetime.strptime(facts["day"], "%Y%m%d").date()
        known = self._rules.get(stock_code)
        if known is not None and (known.day, known.prev_close) == (day, facts["prev_close"]):
            return known
        rules = DayRules(instruments.find(stock_code), facts["prev_close"], day)
        with self._lock:
            self._rules[stock_code] = rules
        return rules

    def _facts(self, stock_code: str) -> dict[str, Any]:
        code = str(parse_symbol(stock_code))
        facts: dict[str, Any] | None = self._trader.requests.ask(
            "instrument", None, {"stock_code": code}
        )
        if facts is None:
            raise unknown_code(code)
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

    def preview(
        self,
        stock_code: str,
        side: str,
        volume: int,
        price: float = 0.0,
        price_type: int = c.FIX_PRICE,
    ) -> Preview:
        """What would happen to this order, by the latest quote that was pushed.

        Raises:
            InputError: an argument that no terminal could accept.
        """
        quote = self._quotes.latest(stock_code)
        rules = self._rules_or_refusal(stock_code, self.rules_of)
        return self._preview(rules, quote, stock_code, side, volume, price, price_type)

    def preview_now(
        self, stock_code: str, side: str, volume: int, price: float, price_type: int
    ) -> Preview:
        """The same by the prices of this moment: what an order sent now would meet.

        Raises:
            InputError: an argument that no terminal could accept.
            SessionError: the terminal cannot be asked.
        """
        self.books.settle()
        rules = self._rules_or_refusal(stock_code, self._rules_now)
        quote = None if isinstance(rules, Refused) else self.quotes_of([stock_code])[0]
        return self._preview(rules, quote, stock_code, side, volume, price, price_type)

    def _rules_or_refusal(
        self, stock_code: str, read: Callable[[str], DayRules]
    ) -> DayRules | Refused:
        try:
            return read(stock_code)
        except Refused as refusal:
            return refusal

    def _preview(
        self,
        rules: DayRules | Refused,
        quote: Quote | None,
        stock_code: str,
        side: str,
        volume: int,
        price: float,
        price_type: int,
    ) -> Preview:
        position = self.books.positions.get(stock_code)
        return preview(
            rules,
            quote,
            account_type=self.account.account_type,
            cash=self.cash_units(),
            sellable=position.can_use_volume if position is not None else 0,
            held=position.volume if position is not None else 0,
            stock_code=stock_code,
            order_type=side_number(side),
            volume=volume,
            price_type=price_type,
            price=price,
        )

    def send(
        self,
        stock_code: str,
        side: str,
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
        number = side_number(side)
        return self.orders.send(stock_code, number, volume, price_type, price, remark=remark)

    def cancel(self, order_id: int) -> None:
        """Send the cancel of an order and do not wait; its push tells what came of it."""
        self.orders.cancel_id(order_id)

    def cancel_all(self) -> int:
        """Send the cancel of every order that can be cancelled; returns how many."""
        return self.orders.cancel_all()


def _day(milliseconds: int) -> date:
    return (datetime.fromtimestamp(milliseconds / 1000, UTC) + _SHANGHAI).date()
