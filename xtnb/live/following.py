"""Session: what a desk has started, and ends: its trader, its accounts, its widgets."""

from __future__ import annotations

import threading

from xtnb.frames.cache import FrameCache
from xtnb.link.base import Link
from xtnb.live.account import LiveAccount
from xtnb.live.market_clock import Host, MarketClock
from xtnb.live.shown import Shown
from xtnb.live.watch import QuoteWatch
from xtnb.session.trader import XtQuantTrader
from xtnb.vocabulary.records import StockAccount


class Session:
    """What a desk has started: its trader, its accounts, its widgets. Ours, inside a desk.

    Args:
        link: the way to the terminal.
        trader: a connected session over that link.
        host: what runs the market, where that is in this process.
    """

    def __init__(self, link: Link, trader: XtQuantTrader, host: Host | None) -> None:
        self.link = link
        self.trader = trader
        self._host = host
        self.quotes = QuoteWatch(self.trader)
        self.shown = Shown()
        self.accounts: dict[StockAccount, LiveAccount] = {}
        self.caches: dict[StockAccount, FrameCache] = {}
        self._lock = threading.RLock()
        self.closed = False

    def account(self, account: StockAccount) -> LiveAccount:
        """The live account, followed from the first time that it is asked for."""
        with self._lock:
            found = self.accounts.get(account)
            if found is None:
                found = LiveAccount(self.trader, account, self.quotes)
                self.accounts[account] = found
                self.caches[account] = FrameCache()
            return found

    def clock(self) -> MarketClock:
        """The market's clock, which brings the accounts up to date when it is moved."""
        return MarketClock(self._host, self._settle, self._renew)

    def _settle(self) -> None:
        for account in list(self.accounts.values()):
            account.books.settle()

    def _renew(self) -> None:
        for account in list(self.accounts.values()):
            account.books.renew()

    def close(self) -> None:
        """End all of it. May be called twice, on any thread, and inside a callback."""
        with self._lock:
            if self.closed:
                return
            self.closed = True
        self.shown.close()
        for account in self.accounts.values():
            account.close()
        self.quotes.close()
        self.trader.stop()
