"""Quotes of the codes that someone looks at, counted, for one session.

Ten widgets may watch one code: the terminal is asked once, and told when the
last of them is gone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from typing import Any

from xtnb.errors import NotConnected
from xtnb.live.store import Table
from xtnb.session.calls import checked_code
from xtnb.session.trader import XtQuantTrader
from xtnb.vocabulary.messages import Push, PushKind
from xtnb.vocabulary.records import Quote

Forget = Callable[[], None]


class QuoteWatch:
    """The latest quote of each watched code.

    Args:
        trader: a connected session.

    Attributes:
        table: `Quote` by `stock_code`; a row leaves some time after the last watcher.
    """

    def __init__(self, trader: XtQuantTrader) -> None:
        self.table = Table(Quote, "stock_code")
        self._trader = trader
        self._watchers: Counter[str] = Counter()
        self._lock = Lock()
        self._untap = trader.tap(self._heard)

    @property
    def codes(self) -> set[str]:
        """The codes that are watched now."""
        with self._lock:
            return {code for code, count in self._watchers.items() if count}

    def watch(self, stock_code: str) -> Forget:
        """Keep the quotes of a code coming; the returned function ends that, once.

        The present quote comes at once, then each new one; while the link is lost, both
        come when it is back.

        Raises:
            InputError: not the form of a code. A code that the terminal does not
                have is watched in vain.
        """
        code = checked_code(stock_code)
        send = self._trader.requests.send
        with self._lock:
            if not self._watchers[code]:
                with suppress(NotConnected):  # `renew` asks when the link is back
                    send("quote_subscribe", None, {"codes": (code,)}, _ignore)
                    send("quote_full", None, {"codes": (code,)}, self._first)
            self._watchers[code] += 1
        watching = [code]

        def forget() -> None:
            if watching:
                self._leave(watching.pop())

        return forget

    def latest(self, stock_code: str) -> Quote | None:
        """The latest quote of a code that is watched, or None."""
        quote: Quote | None = self.table.get(stock_code)
        return quote if self._watchers[stock_code] else None

    def renew(self) -> None:
        """Ask for the quotes of what is watched again, as after the link was lost.

        Raises:
            NotConnected: the session is not connected.
        """
        codes = tuple(sorted(self.codes))
        if codes:
            send = self._trader.requests.send
            send("quote_subscribe", None, {"codes": codes}, _ignore)
            send("quote_full", None, {"codes": codes}, self._first)

    def close(self) -> None:
        """Stop listening."""
        self._untap()
        with self._lock:
            self._watchers.clear()

    def _leave(self, code: str) -> None:
        # The row goes when the answer comes, on another thread: whoever calls this may
        # hold a lock that the table's listeners want.
        def left(_: Any) -> None:
            with self._lock:
                gone = not self._watchers[code]
            if gone:
                self.table.remove(code)

        with self._lock:
            if not self._watchers[code]:
                return
            self._watchers[code] -= 1
            if not self._watchers[code]:
                with suppress(NotConnected):
                    self._trader.requests.send("quote_unsubscribe", None, {"codes": (code,)}, left)

    def _first(self, quotes: list[Quote] | None) -> None:
        for quote in quotes or ():
            self._take(quote)

    def _heard(self, push: Push) -> None:
        if push.kind == PushKind.QUOTE:
            self._take(push.record)

    def _take(self, quote: Quote) -> None:
        if not self._watchers[quote.stock_code]:
            return
        with self.table.lock:
            present: Quote | None = self.table.get(quote.stock_code)
            if present is None or present.time <= quote.time:
                self.table.apply(quote)


def _ignore(_: Any) -> None:
    """Nobody waits for this answer; a failure is in the log of the session."""
