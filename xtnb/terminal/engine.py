"""PaperTerminal: a simulated MiniQMT. A request goes in, a reply and pushes come out.

The terminal owns its accounts; the market, with the books and the clock, is
handed in and may serve several terminals at once. Nothing here waits, reads a
clock of its own or rolls dice: the same requests at the same market times give
the same pushes, byte for byte.

`handle` returns the reply; the pushes that follow from it are collected and
fetched with `drain`, so that whoever carries both can deliver the reply first.
Fills that come from the market's own flow are collected in the same place.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import date
from itertools import count
from typing import Any

from xtnb import xtconstant as c
from xtnb.errors import InputError, RefusalCode, Refused
from xtnb.rules.day import DayRules
from xtnb.terminal.account import Order, StockAccountBooks, Tell, fixed_part
from xtnb.terminal.book import BookOrder
from xtnb.terminal.ledgers.stock import Holding
from xtnb.terminal.market import Market
from xtnb.terminal.matching import execute
from xtnb.terminal.queries import AccountQueries, Accounts, no_account
from xtnb.terminal.quotes import QuoteDesk
from xtnb.terminal.scenario import OpeningAccount
from xtnb.vocabulary.messages import Push, PushKind, Reply, Request
from xtnb.vocabulary.records import (
    XtAccountStatus,
    XtCancelError,
    XtOrderError,
)

_log = logging.getLogger("xtnb.terminal")

_LIMIT_TYPES = frozenset({c.FIX_PRICE, c.LATEST_PRICE})
_BUY = c.STOCK_BUY
_SECOND = 1_000_000_000
_new_push = _new_reply = tuple.__new__  # a third of the time of the NamedTuple's own


class _Owner:
    """Who is told when an order of an account is filled by somebody else's."""

    __slots__ = ("books", "terminal")

    def __init__(self, terminal: PaperTerminal, books: StockAccountBooks) -> None:
        self.terminal = terminal
        self.books = books

    def filled(self, order: BookOrder, price: int, volume: int) -> None:
        assert isinstance(order, Order)
        self.terminal.fill(self.books, order, price, volume)


class PaperTerminal:
    """One paper terminal on a market.

    Args:
        name: what the terminal is called in its pushes.
        market: books, prices and time; may be shared with other terminals.
        accounts: whom it serves to begin with; see scenario.py.
        epoch: which life of the terminal this is.
    """

    def __init__(
        self, name: str, market: Market, accounts: Iterable[OpeningAccount] = (), epoch: int = 1
    ) -> None:
        self.name = name
        self.epoch = epoch
        self.market = market
        self._quotes = QuoteDesk(market)
        self._accounts: Accounts = {}
        self._owners: dict[StockAccountBooks, _Owner] = {}
        self._pushes: list[Push] = []
        self._numbers = count(1)
        self._tell = self._teller()
        self._last_order = 0
        self._last_trade = 0
        self._day_text = _text(market.day())
        self._calls: dict[str, Callable[[Request], Reply]] = {
            "order_stock": self._order_stock,
            "cancel_order_stock": self._cancel,
            "cancel_order_stock_sysid": self._cancel_sysid,
            **AccountQueries(self._accounts).calls(),
            "open_account": self._open_account,
            "quote_full": self._quotes.full,
            "quote_bars": self._quotes.bars,
            "instrument": self._quotes.instrument,
        }
        self._forget_day = market.on_day(self._roll)
        for account in accounts:
            self._seed(account)

    # -- what carries it calls these ------------------------------------------------------

    def handle(self, request: Request) -> Reply:
        """Carry a request out. Never raises: what goes wrong is in the reply."""
        call = self._calls.get(request.method)
        if call is None:
            return Reply(request.seq, None, f"the paper terminal has no {request.method}")
        try:
            return call(request)
        except Refused as refusal:
            return Reply(request.seq, None, str(refusal), int(refusal.code))
        except InputError as wrong:
            return Reply(request.seq, None, str(wrong))
        except Exception as fault:
            _log.exception("request %s failed", request.method)
            return Reply(request.seq, None, f"{type(fault).__name__}: {fault}")

    def drain(self) -> list[Push]:
        """The pushes since the last call, in the order in which they came about."""
        pushes = self._pushes.copy()
        self._pushes.clear()
        return pushes

    def close(self) -> None:
        """Leave the market; open orders are taken off its books."""
        self._forget_day()
        for books in self._accounts.values():
            for order in books.orders.values():
                if order.open:
                    self.market.books[order.fixed["stock_code"]].cancel(order)

    # -- orders -----------------------------------------------------------------------------

    def _order_stock(self, request: Request) -> Reply:
        market = self.market
        wanted = request.arguments
        books = self._accounts.get((request.account_type, request.account_id))
        if books is None:
            return self._unknown_account(request)
        code = wanted["stock_code"]
        order_type = wanted["order_type"]
        volume = wanted["order_volume"]
        price_type = wanted["price_type"]
        scaled = wanted["price"] * 10_000
        price = round(scaled)
        buy = order_type == _BUY
        self._last_order = number = self._last_order + 1
        at = market.now() // _SECOND
        instrument = market.instruments.get(code)
        name = instrument.name if instrument else ""
        fixed = fixed_part(
            books, code, name, number, at, order_type, volume, price_type, buy, wanted
        )
        order = Order(number, buy, price, volume, self._owners[books], fixed)
        try:
            if instrument is None:
                raise Refused(
                    RefusalCode.UNKNOWN_CODE,
                    f"没有证券代码 {code}",
                    f"the market has no instrument {code}",
                )
            if not -0.001 < scaled - price < 0.001:
                raise _too_fine(wanted["price"])
            book = market.books[code]
            rules: DayRules = market.rules(code)
            order.rules = rules
            holding = books.holdings.get(code)
            freeze_price = rules.check(
                request.account_type,
                order_type,
                price_type,
                volume,
                price,
                sellable=holding.sellable if holding else 0,
                bid=book.best_bid,
                ask=book.best_ask,
                last=market.last_price(code),
            )
            if price_type == c.LATEST_PRICE:
                order.price = freeze_price
            books.accept(order, freeze_price)
        except Refused as refusal:
            return self._refused(request, books, order, refusal)
        fills, rests = execute(book, order, price_type, freeze_price)
        for maker, at_price, filled in fills:
            market.note_trade(code, at_price, filled)
            if maker.owner is not None:
                maker.owner.filled(maker, at_price, filled)
            self._last_trade += 1
            books.fill(order, at_price, filled, self._last_trade, at, self._day_text)
        if rests:
            if price_type not in _LIMIT_TYPES:
                books.rebase(order)
        elif order.volume > order.traded:
            books.cancel(order, "剩余撤销 / rest cancelled")
        return _new_reply(Reply, (request.seq, number, "", 0))

    def fill(self, books: StockAccountBooks, order: Order, price: int, volume: int) -> None:
        """Book one fill of an account's order."""
        self._last_trade += 1
        at = self.market.now() // _SECOND
        books.fill(order, price, volume, self._last_trade, at, self._day_text)

    def _refused(
        self, request: Request, books: StockAccountBooks, order: Order, refusal: Refused
    ) -> Reply:
        reason = str(refusal)
        books.refuse(order, reason)
        self._error(request, order.id, int(refusal.code), reason)
        return Reply(request.seq, order.id, reason, int(refusal.code))

    def _unknown_account(self, request: Request) -> Reply:
        reason = str(no_account(request))
        self._error(request, -1, int(RefusalCode.UNKNOWN_ACCOUNT), reason)
        return Reply(request.seq, -1, reason, int(RefusalCode.UNKNOWN_ACCOUNT))

    def _error(self, request: Request, order_id: int, code: int, reason: str) -> None:
        record = XtOrderError(
            request.account_id,
            order_id,
            code,
            reason,
            request.arguments["strategy_name"],
            request.arguments["order_remark"],
            request.seq,
            request.account_type,
        )
        self._push(
            PushKind.ORDER_ERROR,
            request.account_type,
            request.account_id,
            record,
            request.session,
            request.seq,
        )

    def _cancel(self, request: Request) -> Reply:
        books = self._accounts.get((request.account_type, request.account_id))
        order_id = request.arguments["order_id"]
        order = books.orders.get(order_id) if books else None
        return self._cancel_found(request, books, order, order_id, order.sysid if order else "")

    def _cancel_sysid(self, request: Request) -> Reply:
        books = self._accounts.get((request.account_type, request.account_id))
        sysid = request.arguments["order_sysid"]
        market = request.arguments["market"]
        found = None
        for order in books.orders.values() if books else ():
            if order.sysid == sysid and _on_market(order.fixed["stock_code"], market):
                found = order
        return self._cancel_found(request, books, found, found.id if found else 0, sysid)

    def _cancel_found(
        self,
        request: Request,
        books: StockAccountBooks | None,
        order: Order | None,
        order_id: int,
        sysid: str,
    ) -> Reply:
        if books is not None and order is not None and order.open:
            self.market.books[order.fixed["stock_code"]].cancel(order)
            books.cancel(order)
            return Reply(request.seq, (0, order_id, sysid))
        if books is None:
            refusal = no_account(request)
        elif order is None:
            shown = order_id or sysid
            refusal = Refused(
                RefusalCode.UNKNOWN_ORDER, f"没有委托 {shown}", f"there is no order {shown}"
            )
        else:
            state = (c.ORDER_SUCCEEDED, c.ORDER_JUNK).count(order.status)
            zh, en = (
                ("委托已成或已废", "it is filled or rejected")
                if state
                else ("委托已撤", "it is cancelled already")
            )
            refusal = Refused(
                RefusalCode.NOT_CANCELLABLE,
                f"委托 {order_id} 不可撤：{zh}",
                f"order {order_id} cannot be cancelled: {en}",
            )
        code = order.fixed["stock_code"] if order else ""
        record = XtCancelError(
            request.account_id,
            order_id,
            c.MARKET_STR_TO_ENUM_MAPPING.get(code[-2:], -1),
            sysid,
            int(refusal.code),
            str(refusal),
            request.account_type,
        )
        self._push(
            PushKind.CANCEL_ERROR,
            request.account_type,
            request.account_id,
            record,
            request.session,
            request.seq,
        )
        return Reply(request.seq, (-1, order_id, sysid), str(refusal), int(refusal.code))

    # -- accounts and days ----------------------------------------------------------------------

    def _open_account(self, request: Request) -> Reply:
        key = (request.account_type, request.account_id)
        cash = request.arguments["cash"]
        if key in self._accounts:
            return Reply(request.seq, -1, f"account {request.account_id} is open already")
        if request.account_type != c.SECURITY_ACCOUNT:
            return Reply(request.seq, -1, "this paper terminal opens stock accounts only")
        self._seed(OpeningAccount(request.account_id, cash))
        self._push(
            PushKind.ACCOUNT_STATUS,
            *key,
            XtAccountStatus(request.account_id, request.account_type, c.ACCOUNT_STATUS_OK),
        )
        return Reply(request.seq, 0)

    def _seed(self, opening: OpeningAccount) -> None:
        market = self.market
        books = StockAccountBooks(opening.account_id, opening.cash, market.mark, self._tell)
        self._accounts[books.account_type, books.account_id] = books
        self._owners[books] = _Owner(self, books)
        for position in opening.positions:
            instrument = market.instruments.get(position.stock_code)
            if instrument is None:
                continue  # a market with fewer instruments serves fewer positions
            shares = position.sellable + position.bought_today
            cost = instrument.reference * position.cost_percent // 100 * shares
            t0 = instrument.t0
            books.holdings[position.stock_code] = Holding(
                position.stock_code,
                market.mark(position.stock_code),
                instrument.name,
                shares if t0 else position.sellable,
                0 if t0 else position.bought_today,
                cost,
                self._day_text,
            )

    def _roll(self, old: date, new: date) -> None:
        self._day_text = _text(new)
        for books in self._accounts.values():
            for order in list(books.orders.values()):
                if order.open:
                    self.market.books[order.fixed["stock_code"]].cancel(order)
                    books.cancel(order, "收盘撤销 / expired at the close")
            books.roll()

    # -- pushes -----------------------------------------------------------------------------------

    def _teller(self) -> Tell:
        """The quick way to push for an account: everything it needs is bound once."""
        name, epoch, numbers, append = self.name, self.epoch, self._numbers, self._pushes.append

        def tell(kind: str, books: StockAccountBooks, record: Any) -> None:
            account = books.account_type, books.account_id
            append(_new_push(Push, (name, epoch, next(numbers), kind, *account, record, 0, 0)))

        return tell

    def _push(
        self,
        kind: str,
        account_type: int,
        account_id: str,
        record: Any,
        session: int = 0,
        seq: int = 0,
    ) -> None:
        self._pushes.append(
            Push(
                self.name,
                self.epoch,
                next(self._numbers),
                kind,
                account_type,
                account_id,
                record,
                session,
                seq,
            )
        )


def _too_fine(price: float) -> Refused:
    return Refused(
        RefusalCode.TICK,
        f"价格 {price!r} 的小数位超过任何市场的最小变动单位",
        f"price {price!r} has more digits than the tick of any market",
    )


def _on_market(code: str, market: int | str) -> bool:
    listed = code[-2:]
    if isinstance(market, str):
        return listed == market.upper()
    return c.MARKET_STR_TO_ENUM_MAPPING.get(listed) == market


def _text(day: date) -> str:
    return day.strftime("%Y%m%d")
