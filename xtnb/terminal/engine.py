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
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from itertools import count
from typing import Any

from xtnb import xtconstant as c
from xtnb.errors import InputError, RefusalCode, Refused
from xtnb.terminal.accounts.demo import KINDS, empty_books
from xtnb.terminal.accounts.orders import Books, Floor, Order
from xtnb.terminal.accounts.stock import StockAccountBooks
from xtnb.terminal.algorithms import AlgorithmDesk
from xtnb.terminal.days import DayDesk
from xtnb.terminal.exports import ExportDesk
from xtnb.terminal.lending import LendingDesk
from xtnb.terminal.market import Market
from xtnb.terminal.matching import execute
from xtnb.terminal.queries import AccountQueries, Accounts, no_account
from xtnb.terminal.quotes import QuoteDesk
from xtnb.terminal.scenario import OpeningAccount
from xtnb.terminal.transfers import TransferDesk
from xtnb.vocabulary.messages import Push, PushKind, Reply, Request
from xtnb.vocabulary.records import (
    XtAccountStatus,
    XtCancelError,
    XtOrderError,
)
from xtnb.vocabulary.symbols import HONG_KONG

_log = logging.getLogger("xtnb.terminal")

_ORDER: Mapping[str, type] = {
    **dict.fromkeys(("stock_code", "strategy_name", "order_remark"), str),
    **dict.fromkeys(("order_type", "order_volume", "price_type"), int),
    "price": float,
}
_FORMS: Mapping[str, Mapping[str, type]] = {
    "order_stock": _ORDER,
    "smart_algo_order": _ORDER,
    "cancel_order_stock": {"order_id": int},
    "cancel_order_stock_sysid": {"order_sysid": str},
    "open_account": {"cash": int},
}
_MOST_CASH = 10**15  # 1e-4 yuan
_LIMIT_TYPES = frozenset({c.FIX_PRICE, c.LATEST_PRICE})
_BUY = c.STOCK_BUY
_SECOND = 1_000_000_000
_new_push = _new_reply = tuple.__new__  # a third of the time of the NamedTuple's own


class PaperTerminal:
    """One paper terminal on a market.

    Args:
        name: what the terminal is called in its pushes.
        market: books, prices and time; may be shared with other terminals.
        accounts: whom it serves to begin with; see scenario.py.
        epoch: which life of the terminal this is.
        last_push: number of the last push of the life before.

    Attributes:
        lending: the borrowing of securities; its `begin` opens a demo's contracts.
        transfers, exports, algorithms: what else it does beside trading.
        at_close: called with the day that ends, before the accounts turn.
    """

    def __init__(
        self,
        name: str,
        market: Market,
        accounts: Iterable[OpeningAccount] = (),
        epoch: int = 1,
        last_push: int = 0,
    ) -> None:
        self.name = name
        self.epoch = epoch
        self.market = market
        self._quotes = QuoteDesk(market)
        self._accounts: Accounts = {}
        self._pushes: list[Push] = []
        self._numbers = count(last_push + 1)
        self.at_close: Callable[[date], None] | None = None
        self.floor = Floor(market, self._teller(), _text(market.day()))
        self.floor.match = self._match
        self.algorithms = AlgorithmDesk(self._accounts, self.floor)
        self.transfers = TransferDesk(self._accounts, self.floor)
        self.exports = ExportDesk(self._accounts, self.floor)
        self.lending = LendingDesk(self._accounts, self.floor)
        self._calls: dict[str, Callable[[Request], Reply]] = {
            "order_stock": self._order_stock,
            "cancel_order_stock": self._cancel,
            "cancel_order_stock_sysid": self._cancel_sysid,
            **AccountQueries(self._accounts).calls(),
            **self.transfers.calls(),
            **self.exports.calls(),
            **DayDesk(self._accounts, lambda: int(self.floor.day)).calls(),
            **self.algorithms.calls(),
            **self.lending.calls(),
            "open_account": self._open_account,
            "quote_full": self._quotes.full,
            "quote_bars": self._quotes.bars,
            "instrument": self._quotes.instrument,
            "query_ipo_data": self._quotes.offers,
            "limits": lambda request: Reply(request.seq, None),  # told by a guard in front of it
        }
        self._forget_day = market.on_day(self._roll)
        for account in accounts:
            self._seed(account)

    @property
    def accounts(self) -> Accounts:
        """The books of its accounts, by kind and number. To be read only."""
        return self._accounts

    # -- what carries it calls these ------------------------------------------------------

    def handle(self, request: Request) -> Reply:
        """Carry a request out. Never raises: what goes wrong is in the reply."""
        call = self._calls.get(request.method)
        if (wrong := _misformed(request)) is not None:
            return wrong
        try:
            return call(request) if call else self._of_account(request)
        except Refused as refusal:
            return Reply(request.seq, None, str(refusal), int(refusal.code))
        except InputError as wrong:
            return Reply(request.seq, None, str(wrong))
        except Exception as fault:
            _log.exception("request %s failed", request.method)
            return Reply(request.seq, None, f"{type(fault).__name__}: {fault}")

    def _of_account(self, request: Request) -> Reply:
        """What an account answers by itself."""
        books = self._accounts.get((request.account_type, request.account_id))
        if books is None:
            raise no_account(request)
        call = books.calls().get(request.method)
        if call is None:
            kind = c.ACCOUNT_TYPE_DICT[books.account_type]
            return Reply(request.seq, None, f"a {kind} account has no {request.method}")
        return Reply(request.seq, call(request.arguments))

    def drain(self) -> list[Push]:
        """The pushes since the last call, in the order in which they came about."""
        pushes = self._pushes.copy()
        self._pushes.clear()
        return pushes

    def close(self) -> None:
        """Leave the market; open orders are taken off its books."""
        self._forget_day()
        for leave in self.floor.leaving:
            leave()
        for books in self._accounts.values():
            for order in books.orders.values():
                if order.open:
                    self._withdraw(order)

    # -- orders -----------------------------------------------------------------------------

    def _order_stock(self, request: Request) -> Reply:
        books = self._accounts.get((request.account_type, request.account_id))
        if books is None:
            return self._unknown_account(request)
        at = self.market.now() // _SECOND
        number, orders, refusal = books.enter(request.arguments, at)
        if refusal is not None:
            reason = str(refusal)
            self._error(request, number, int(refusal.code), reason)
            return Reply(request.seq, number, reason, int(refusal.code))
        for order in orders:
            self._match(books, order, at)
        return _new_reply(Reply, (request.seq, number, "", 0, 0))

    def _match(self, books: Books, order: Order, at: int) -> None:
        """Let an accepted order meet its book, and book what comes of it."""
        market = self.market
        code = order.fixed["stock_code"]
        fills, rests = execute(market.book(code), order, order.price_type, order.freeze_price)
        for maker, price, volume in fills:
            market.note_trade(code, price, volume)
            if maker.owner is not None:
                maker.owner.filled(maker, price, volume)
            books.fill(order, price, volume, at)
        if rests:
            if order.price_type not in _LIMIT_TYPES:
                books.rebase(order)
        elif order.volume > order.traded:
            books.cancel(order, "剩余撤销 / rest cancelled")

    def _withdraw(self, order: Order) -> None:
        """Take an order off its book; a subscription is in none."""
        self.market.withdraw(order.fixed["stock_code"], order)

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
        if books and isinstance(sysid, str) and sysid.isdecimal():  # order_sysid is the number
            order = books.orders.get(int(sysid))
            if order and order.sysid == sysid and _on_market(order.fixed["stock_code"], market):
                found = order
        return self._cancel_found(request, books, found, found.id if found else 0, sysid)

    def _cancel_found(
        self,
        request: Request,
        books: Books | None,
        order: Order | None,
        order_id: int,
        sysid: str,
    ) -> Reply:
        if books is not None and order is not None and order.open:
            self._withdraw(order)
            on_its_way = c.ORDER_PARTSUCC_CANCEL if order.traded else c.ORDER_REPORTED_CANCEL
            self.floor.tell(PushKind.ORDER, books, order.note(on_its_way))
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
            c.MARKET_STR_TO_ENUM_MAPPING.get(code.rpartition(".")[2], -1),
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
        if not 0 <= cash <= _MOST_CASH:
            return Reply(request.seq, -1, f"{cash} is no amount to begin with")
        if request.account_type not in KINDS:
            kind = c.ACCOUNT_TYPE_DICT.get(request.account_type, str(request.account_type))
            return Reply(request.seq, -1, f"this paper terminal opens no {kind} accounts")
        self.admit(empty_books(request.account_type, request.account_id, cash, self.floor))
        self._ready(self._accounts[key])
        return Reply(request.seq, 0)

    def _ready(self, books: Books) -> None:
        """Tell that an account can trade: it was opened, or its new day has begun. Ours."""
        number, kind = books.account_id, books.account_type
        status = XtAccountStatus(number, kind, c.ACCOUNT_STATUS_OK)
        self._push(PushKind.ACCOUNT_STATUS, kind, number, status)

    def admit(self, books: Books) -> None:
        """Serve one more account."""
        self._accounts[books.account_type, books.account_id] = books

    def _seed(self, opening: OpeningAccount) -> None:
        books = StockAccountBooks(opening.account_id, opening.cash, self.floor)
        books.begin(opening.positions)
        self.admit(books)

    def _roll(self, old: date, new: date) -> None:
        if self.at_close is not None:
            self.at_close(old)
        self.floor.day = _text(new)
        for books in self._accounts.values():
            for order in list(books.orders.values()):
                if order.open:
                    self._withdraw(order)
                    books.cancel(order, "收盘撤销 / expired at the close")
            books.roll()
            self._ready(books)
        self.algorithms.roll()
        self.lending.roll(old, new)

    def catch_up(self, new: date) -> None:
        """Turn the day of a terminal that was away while the market turned its own."""
        day = datetime.strptime(self.floor.day, "%Y%m%d").date()
        if day < new:
            self._roll(day, new)

    # -- pushes -----------------------------------------------------------------------------------

    def _teller(self) -> Callable[[str, Books, Any], None]:
        """The quick way to push for an account: everything it needs is bound once."""
        name, epoch, numbers, append = self.name, self.epoch, self._numbers, self._pushes.append

        def tell(kind: str, books: Books, record: Any) -> None:
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


def _on_market(code: str, market: int | str) -> bool:
    listed = code.rpartition(".")[2]
    if isinstance(market, str):
        text = market.upper()
        return listed == text or (text == "HK" and listed in HONG_KONG)
    return c.MARKET_STR_TO_ENUM_MAPPING.get(listed) == market


def _text(day: date) -> str:
    return day.strftime("%Y%m%d")


def _misformed(request: Request) -> Reply | None:
    """The answer to what no session would send: what is kept and told of it has these forms."""
    for name, kind in _FORMS.get(request.method, {}).items():
        value = request.arguments.get(name)
        fits = isinstance(value, int | float if kind is float else kind)
        if not fits or isinstance(value, bool):
            text = f"{request.method} 的 {name} 有误 / {name} of {request.method} is wrong"
            return Reply(request.seq, -1 if request.method == "order_stock" else None, text)
    return None
