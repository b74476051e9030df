"""A paper terminal with the demo's accounts, and a trader of the API who is connected to it.

The market stands still: nobody trades but the accounts, and what a case puts into a
book. Everything that an account does goes through `XtQuantTrader`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Self

from tests.session.scripted import SECONDS
from xtnb import xtconstant as c
from xtnb.link.local import PaperHost
from xtnb.rules.listed import everything
from xtnb.rules.months import DEMO_DAY
from xtnb.terminal.accounts.connect import DEMO_SHANGHAI, DEMO_SHENZHEN
from xtnb.terminal.accounts.demo import DEMO_BEIJING_ACCOUNT, demo_books
from xtnb.terminal.accounts.options_opening import (
    DEMO_FUTURE_OPTION_ACCOUNT,
)
from xtnb.terminal.book import BookOrder
from xtnb.terminal.clock import HandClock
from xtnb.terminal.engine import PaperTerminal
from xtnb.terminal.market import Market
from xtnb.terminal.scenario import DEMO_ACCOUNT, demo
from xtnb.xttrader import XtQuantTrader
from xtnb.xttype import StockAccount

START = "2026-11-20 10:00:00"
EXPIRY = "2026-11-25 10:00:00"  # of the stock options of November
YUAN = 10_000

STOCK = StockAccount(DEMO_ACCOUNT)
CREDIT = StockAccount("1208970161", "CREDIT")
FUTURE = StockAccount("2000000365", "FUTURE")
OPTION = StockAccount("3000000365", "STOCK_OPTION")
HGT = StockAccount(DEMO_SHANGHAI, "HUGANGTONG")
SGT = StockAccount(DEMO_SHENZHEN, "SHENGANGTONG")
FUTURE_OPTION = StockAccount(DEMO_FUTURE_OPTION_ACCOUNT, "FUTURE_OPTION")
BEIJING = StockAccount(DEMO_BEIJING_ACCOUNT, "NEW3BOARD")
ACCOUNTS = (STOCK, CREDIT, FUTURE, OPTION, FUTURE_OPTION, HGT, SGT, BEIJING)
_WITH_ROWS = (c.FUTURE_ACCOUNT, c.STOCK_OPTION_ACCOUNT, c.FUTURE_OPTION_ACCOUNT)


def demo_terminal(name: str, market: Market) -> PaperTerminal:
    """A terminal with the demo's account of each kind."""
    terminal = PaperTerminal(name, market, demo())
    for books in demo_books(terminal.floor):
        terminal.admit(books)
        terminal.lending.begin(books)
    return terminal


class Heard:
    """A callback that writes everything down, and that cases can wait for."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, Any]] = []
        self._changed = threading.Condition()

    def __getattr__(self, name: str) -> Callable[..., None]:
        if not name.startswith("on_"):
            raise AttributeError(name)

        def note(record: Any = None) -> None:
            with self._changed:
                self.entries.append((name, record))
                self._changed.notify_all()

        return note

    def until(self, name: str, which: Callable[[Any], bool] = lambda record: True) -> Any:
        """The first record of that name that passes, once it is there."""

        def found() -> list[Any]:
            return [r for entry, r in self.entries if entry == name and which(r)]

        with self._changed:
            assert self._changed.wait_for(found, SECONDS), (
                f"{name} did not come; there were {[entry for entry, _ in self.entries]}"
            )
            return found()[0]

    def of(self, name: str) -> list[Any]:
        """All records of that name so far."""
        return [record for entry, record in self.entries if entry == name]


class Stage:
    """A demo terminal whose market stands still, and a trader who subscribed every account."""

    def __init__(self, start: str = START) -> None:
        self.market = market = Market(
            HandClock(start), 7, everything(DEMO_DAY).values(), flow=False
        )
        self.terminal = demo_terminal("conformance", market)
        self.host = PaperHost(market, lambda name: self.terminal, None, {"seed": 7, "clock": start})
        self.heard = Heard()
        self.link = self.host.link("conformance")
        self.trader = XtQuantTrader.over(self.link, 1, self.heard)
        self.trader.start()
        assert self.trader.connect() == 0
        for account in ACCOUNTS:
            assert self.trader.subscribe(account) == 0, account.account_id

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.trader.stop()

    # -- the market --------------------------------------------------------------------------

    def last(self, code: str) -> float:
        return self.host.call(lambda: self.market.last_price(code)) / YUAN

    def tick(self, code: str) -> float:
        return self.terms(code).tick / YUAN

    def terms(self, code: str) -> Any:
        return self.host.call(lambda: self.market.rules(code))

    def offer(self, code: str, buy: bool, price: float, volume: int) -> None:
        """Put an order of nobody's into a book."""
        order = BookOrder(0, buy, round(price * YUAN), volume)
        self.host.call(lambda: self.market.book(code).rest(order))

    def take(self, code: str, volume: int) -> None:
        """Let nobody's order sell into what is bid."""

        def sell() -> None:
            book = self.market.book(code)
            order = BookOrder(0, False, book.best_bid, volume)
            for maker, price, filled in book.take(order, order.price):
                self.market.note_trade(code, price, filled)
                maker.owner.filled(maker, price, filled)

        self.host.call(sell)
        self.host.advance(1)  # which tells what has happened

    def next_day(self) -> None:
        self.host.advance(86_400)

    # -- an account --------------------------------------------------------------------------

    def send(
        self,
        account: StockAccount,
        order_type: int,
        code: str,
        volume: int,
        price: float = 0.0,
        price_type: int = c.FIX_PRICE,
    ) -> int:
        """Send an order through the API; returns its number."""
        return self.trader.order_stock(
            account, code, order_type, volume, price_type, round(price, 4), "plan", "note"
        )

    def deal(
        self, account: StockAccount, order_type: int, code: str, volume: int, buy: bool
    ) -> int:
        """Send an order at the last price that meets what it needs; returns its number."""
        price = self.last(code)
        self.offer(code, not buy, price, volume)
        number = self.send(account, order_type, code, volume, price)
        self.ended(number, c.ORDER_SUCCEEDED)
        return number

    def ended(self, number: int, status: int) -> Any:
        """The push of an order with that status."""
        return self.heard.until(
            "on_stock_order", lambda o: o.order_id == number and o.order_status == status
        )

    def ledger(self, account: StockAccount) -> Ledger:
        return Ledger(self.trader, account)


class Ledger:
    """What the queries of the API say that an account has.

    Attributes:
        asset: XtAsset.
        held: XtPosition by code and direction, and whether it is covered.
        rows: XtPositionStatistics likewise (futures and options).
        detail, debts, lendable: of a margin account.
    """

    def __init__(self, trader: XtQuantTrader, account: StockAccount) -> None:
        self.account = account
        self.asset = trader.query_stock_asset(account)
        positions = trader.query_stock_positions(account) or []
        self.held = {(p.stock_code, p.direction, "备兑" in p.instrument_name): p for p in positions}
        self.rows: dict[tuple[str, int], Any] = {}
        self.detail: Any = None
        self.debts: dict[str, Any] = {}
        self.lendable: dict[tuple[str, int], int] = {}
        if account.account_type in _WITH_ROWS:
            found = trader.query_position_statistics(account) or []
            self.rows = {(row.instrument_id, row.direction): row for row in found}
        if account.account_type == c.CREDIT_ACCOUNT:
            (self.detail,) = trader.query_credit_detail(account) or [None]
            self.debts = {one.compact_id: one for one in trader.query_stk_compacts(account) or []}
            for one in trader.query_credit_slo_code(account) or []:
                self.lendable[one.instrument_id, one.cashgroup_prop] = one.enable_amount

    def position(self, code: str, direction: int = 0, covered: bool = False) -> Any:
        return self.held[code, direction, covered]

    def volume(self, code: str, direction: int = 0, covered: bool = False) -> int:
        found = self.held.get((code, direction, covered))
        return found.volume if found else 0

    def figures(self) -> dict[str, Any]:
        """Everything, for comparing before and after; not how often orders were cancelled."""
        rows = {
            key: {name: value for name, value in vars(row).items() if name != "cancel_times"}
            for key, row in self.rows.items()
            if row.position
        }
        return {
            "asset": vars(self.asset),
            "held": {key: vars(one) for key, one in self.held.items()},
            "rows": rows,
            "detail": vars(self.detail) if self.detail else None,
            "debts": {key: vars(one) for key, one in self.debts.items()},
            "lendable": self.lendable,
        }

    def check(self) -> None:
        """The identities that hold in every account at every moment."""
        asset = self.asset
        whole = asset.cash + asset.frozen_cash + asset.market_value
        if self.detail:
            whole += self.detail.m_dSurplusSloSellBalance
        assert abs(asset.total_asset - whole) < 0.01, (asset.total_asset, whole)
        assert asset.cash >= 0
        assert asset.frozen_cash >= 0
        for one in self.held.values():
            assert 0 <= one.can_use_volume <= one.volume, vars(one)


_kept: list[Stage] = []
_shared: list[Stage] = []


def keep_open(stage: Stage) -> Stage:
    """A stage that serves several cases; `close_shared` ends it."""
    _kept.append(stage)
    return stage


def shared() -> Stage:
    """One stage for all cases that move nothing."""
    if not _shared:
        _shared.append(keep_open(Stage()))
    return _shared[0]


def close_shared() -> None:
    """End the stages that were kept open."""
    _shared.clear()
    while _kept:
        _kept.pop().trader.stop()
