"""Session: what a desk has started, and ends: its trader, its accounts, its widgets."""

from __future__ import annotations

import logging
import threading
import time
import weakref
from contextlib import suppress
from itertools import count
from random import Random

from xtnb.errors import NotConnected, SessionError
from xtnb.frames.cache import FrameCache
from xtnb.link.base import Link
from xtnb.live.account import LiveAccount
from xtnb.live.arming import Arming
from xtnb.live.books import not_told
from xtnb.live.connection import Connection, LinkState
from xtnb.live.market_clock import Host, MarketClock
from xtnb.live.meantime import happened, known, tell_earlier
from xtnb.live.origin import origin
from xtnb.live.reconcile import differences, unknown_settled
from xtnb.live.screen import Screen, file_of
from xtnb.live.shown import Shown
from xtnb.live.standing import Standing
from xtnb.live.store import Table
from xtnb.live.watch import QuoteWatch
from xtnb.session.trader import XtQuantTrader, handed
from xtnb.vocabulary.masking import conceal
from xtnb.vocabulary.reconciliation import Finding, FindingKind
from xtnb.vocabulary.records import StockAccount

_log = logging.getLogger("xtnb.live")

_FINDINGS = 10_000
_OF_A_DOUBT = (FindingKind.SENT, FindingKind.NOT_SENT, FindingKind.STILL_UNKNOWN)


class Session:
    """What a desk has started: its trader, its accounts, its widgets. Ours, inside a desk.

    Args:
        link: the way to the terminal.
        trader: a connected session over that link.
        host: what runs the market, where that is in this process.
        every: seconds between two comparisons with the terminal; 0 for none.

    Attributes:
        arming: whether a click may trade on a live terminal.
        connection: whether the terminal is there, and the way back to it.
        findings: `Finding` by number: what differed between session and terminal.
        standing: all of that, for the widgets.
    """

    def __init__(
        self, link: Link, trader: XtQuantTrader, host: Host | None, every: float = 60.0
    ) -> None:
        self.link = link
        self.trader = trader
        self._host = host
        self.quotes = QuoteWatch(self.trader)
        self.shown = Shown()
        self.accounts: dict[StockAccount, LiveAccount] = {}
        self.caches: dict[StockAccount, FrameCache] = {}
        self.findings = Table(Finding, "number", _FINDINGS)
        self._numbers = count(1)
        self._lock = threading.RLock()
        self._handing = threading.Lock()
        self._handed: weakref.ref[XtQuantTrader] | None = None
        self.closed = False
        self.arming = Arming(not link.paper)
        self.standing = Standing(link.paper, self.arming, self.findings, self.compare)
        self._see_role()
        trader.requests.origin = origin
        if not link.paper:
            for info in trader.query_account_infos() or ():
                conceal(info.account_id)
        self.connection = Connection(trader, self._resync, Random(), self.compare, every)
        self.connection.on_change(self._moved)

    def account(self, account: StockAccount) -> LiveAccount:
        """The live account, followed from the first time that it is asked for."""
        with self._lock:
            found = self.accounts.get(account)
            if found is None:
                found = LiveAccount(self.trader, account, self.quotes)
                found.orders.held = self.handed
                found.orders.may_send = self._may_send
                found.orders.may_cancel = self._may_change
                found.orders.arming = self.arming
                found.standing = self.standing
                self.accounts[account] = found
                self.caches[account] = FrameCache()
                if self._host is None or getattr(self.link, "journal", None) is not None:
                    self._remember(found)
                if found.books.untold:
                    self.standing.say(not_told(found.books.untold))
            return found

    def kind_of(self, account_id: str, kind: str | int | None) -> str | int:
        """The kind of an account that was named by its number alone."""
        if kind is not None:
            return kind
        infos = self.trader.query_account_infos() or ()
        kinds = {info.account_type for info in infos if info.account_id == account_id}
        return kinds.pop() if len(kinds) == 1 else "STOCK"

    def _remember(self, account: LiveAccount) -> None:
        """Take up what an earlier kernel left of the account, and tell what happened since."""
        address = getattr(self.link, "address", None)  # each key has a screen of its own
        where = f"{address} {address.user}".rstrip() if address else self.link.terminal
        screen, books = Screen(file_of(where, account.account)), account.books
        seen, found = screen.seen, []
        try:
            missed = happened(seen, books)
            tell_earlier(missed, books, lambda day: self._senders(account, day))
            found = self._note(account, missed)
        except (KeyError, TypeError, ValueError):
            _log.warning(
                "when this account was seen last is not legible; it begins anew", exc_info=True
            )
        if found:
            self.standing.say_happened(found, seen.get("at", 0))
        screen.keep_seen(lambda: None if books.lost else known(books))
        for rows in (books.orders, books.trades):
            rows.on_change(screen.touch)
        account.screen = screen

    def _senders(self, account: LiveAccount, first: int) -> dict[str, str]:
        """Who sent the orders since a day, by number; nothing where that is not kept."""
        asked = {"kind": "senders", "start": first, "end": 99991231}
        with suppress(SessionError):
            _, rows = self.trader.requests.ask("history", account.account, asked)
            return {str(number): told for number, told in reversed(rows)}
        return {}

    def clock(self) -> MarketClock:
        """The market's clock, which brings the accounts up to date when it is moved."""
        return MarketClock(self._host, self._settle, self._renew)

    def compare(self) -> list[Finding]:
        """Compare every account with its terminal now, and put right what differs.

        Returns:
            What differed; nothing, unless a push was lost in silence.

        Raises:
            SessionError: the terminal cannot be asked, or does not answer.
        """
        found = []
        for account in list(self.accounts.values()):
            found += self._settled(account)
            known, told = account.books.renew()
            found += self._note(
                account, differences(known, told, account.orders.is_ours, expected=False)
            )
        if found:
            self.standing.say_found(found)
        return found

    def _moved(self, state: LinkState) -> None:
        if state is not LinkState.LIVE and self.arming.armed:
            self.arming.disarm()
        self.standing.move(state, self.connection.why)
        self._see_role()

    def _see_role(self) -> None:
        self.standing.reads_only = getattr(self.link, "reads_only", False)

    def _may_send(self) -> None:
        self.connection.must_be_live()
        self._may_change()

    def _may_change(self) -> None:
        if self.standing.reads_only:
            raise NotConnected(
                "只读密钥（reader），未发送 / this key may only read (reader); nothing was sent"
            )

    def _resync(self) -> None:
        self.quotes.renew()
        found: list[Finding] = []
        for account in list(self.accounts.values()):
            before, now = account.books.resync()
            found += self._settled(account)
            missed = differences(before, now, account.orders.is_ours, expected=True)
            found += self._note(account, missed)
        self.standing.say_missed(found)

    def _settled(self, account: LiveAccount) -> list[Finding]:
        settled = account.orders.settle_unknown()
        doubts = {
            one.subject for one in self.findings.records() if one.kind == FindingKind.STILL_UNKNOWN
        }
        found = [
            unknown_settled(order, kind)
            for order, kind in settled
            if kind is not FindingKind.STILL_UNKNOWN or order.key not in doubts  # said once
        ]
        return self._note(account, found)

    def _note(self, account: LiveAccount, found: list[Finding]) -> list[Finding]:
        doubts = {
            one.subject: one.number
            for one in self.findings.records()
            if one.kind == FindingKind.STILL_UNKNOWN
        }
        for finding in found:
            doubt = doubts.get(finding.subject) if finding.kind in _OF_A_DOUBT else None
            finding.number = doubt or next(self._numbers)  # what becomes of it stands in its row
            finding.time = int(time.time())
            finding.account_id = account.account.account_id
            self.findings.apply(finding)
        return found

    def _settle(self) -> None:
        for account in list(self.accounts.values()):
            account.books.settle()

    def _renew(self) -> None:
        for account in list(self.accounts.values()):
            account.books.renew()

    def handed(self) -> XtQuantTrader:
        """The trader for desks, orders and their owner; when nobody has it, all of this ends."""
        with self._handing:
            found = self._handed() if self._handed is not None else None
            if found is None:
                found = handed(self.trader)
                self._handed = weakref.ref(found)
                weakref.finalize(found, self._let_go).atexit = False
            return found

    def _let_go(self) -> None:
        """Nobody has the session; it ends elsewhere: the collector may run on any thread."""
        if not self.closed:
            threading.Thread(target=self.close, name="xtnb-desk-close", daemon=True).start()

    def close(self) -> None:
        """End all of it. May be called twice, on any thread, and inside a callback."""
        with self._lock:
            if self.closed:
                return
            self.closed = True
        self.connection.close()
        self.standing.close()
        for account in self.accounts.values():
            account.screen.close()
        self.shown.close()
        for account in self.accounts.values():
            account.close()
        self.quotes.close()
        self.trader.stop()
