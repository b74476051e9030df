"""Market data over a link: quotes, bars, facts about instruments, and subscriptions.

A `QuoteSession` opens its link when it needs one and closes it when nothing
uses it any more, so a program that only asks now and then leaves no thread
behind. Subscriptions keep it open. Their callbacks run on one thread, in the
order in which the quotes came; quotes that pile up behind a slow callback reach
it in one call. A fault in a callback is logged with its traceback and changes
nothing else.

What leaves here has the shapes of the vendor's xtdata: `tick_row` and `bar_row`
say which.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NoAnswer
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from queue import Empty, SimpleQueue
from typing import Any

from xtnb.errors import (
    InputError,
    NotConnected,
    QueryFailed,
    RequestTimeout,
    TerminalUnavailable,
)
from xtnb.link.base import ConnectResult, Link
from xtnb.vocabulary.messages import Push, PushKind, Reply, Request
from xtnb.vocabulary.records import Quote

_log = logging.getLogger("xtnb.xtdata")

LOT = 100
TRADING = 13  # continuous trading, in the vendor's table of states
PERIODS = ("tick", "1m", "5m", "1d")

Rows = dict[str, list[dict[str, Any]]]
Listener = Callable[[dict[str, Any]], Any]
_Job = Quote | tuple["_Subscription", list[Quote]] | None
_numbers = count(1)
_JOIN_SECONDS = 5.0
_SESSION_BASE = -1_000_000  # numbers below zero, so that no program's session is in the way


def tick_row(quote: Quote) -> dict[str, Any]:
    """A quote as the vendor's tick: prices in yuan, `volume` and the levels in lots of 100.

    `pvolume` is in shares. `openInt` and `stockStatus` hold 13, continuous trading.
    Source: the example at subscribe_whole_quote; what a stock has none of is 0.0.
    """
    return {
        "time": quote.time,
        "lastPrice": quote.last_price,
        "open": quote.open,
        "high": quote.high,
        "low": quote.low,
        "lastClose": quote.last_close,
        "amount": quote.amount,
        "volume": quote.volume // LOT,
        "pvolume": quote.volume,
        "stockStatus": TRADING,
        "openInt": TRADING,
        "transactionNum": quote.transactions,
        "lastSettlementPrice": quote.last_close,
        "settlementPrice": 0.0,
        "pe": 0.0,
        "askPrice": list(quote.ask_price),
        "bidPrice": list(quote.bid_price),
        "askVol": [volume // LOT for volume in quote.ask_volume],
        "bidVol": [volume // LOT for volume in quote.bid_volume],
        "volRatio": 0.0,
        "speed1Min": 0.0,
        "speed5Min": 0.0,
    }


def bar_row(bar: Sequence[Any]) -> dict[str, Any]:
    """A bar of the link as the vendor's: `volume` in lots of 100, names as spelt there."""
    time_ms, opened, high, low, close, volume, amount, pre_close = bar
    return {
        "time": time_ms,
        "open": opened,
        "high": high,
        "low": low,
        "close": close,
        "volume": int(volume) // LOT,
        "amount": amount,
        "settelementPrice": 0.0,
        "openInterest": 0,
        "preClose": pre_close,
        "suspendFlag": 0,
    }


_NOTHING = Quote("", "", 0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0, 0.0, 0, (), (), (), ())
TICK_FIELDS = tuple(tick_row(_NOTHING))
BAR_FIELDS = tuple(bar_row((0,) * 8))


@dataclass(eq=False)
class _Subscription:
    """One subscription; `active` goes out at once when it ends."""

    number: int
    codes: frozenset[str]
    period: str
    whole: bool
    listener: Listener | None
    first: Rows | None = None
    active: bool = field(default=True)


class QuoteSession:
    """Asks one terminal about the market, and hears its quotes.

    Args:
        new_link: makes a link, not open yet; called each time one is needed.
        timeout: seconds to wait for an answer.
    """

    def __init__(self, new_link: Callable[[], Link], timeout: float = 30.0) -> None:
        self._new_link = new_link
        self._timeout = timeout
        self._lock = threading.RLock()
        self._link: Link | None = None
        self._number = 0
        self._users = 0
        self._seq = count(1)
        self._waiting: dict[int, Future[Reply]] = {}
        self._watched: Counter[str] = Counter()
        self._subscriptions: dict[int, _Subscription] = {}
        self._subscription_numbers = count(1)
        self._jobs: SimpleQueue[_Job] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lost = threading.Event()
        self._closed = threading.Event()

    # -- questions ---------------------------------------------------------------------

    def full(self, codes: Iterable[str]) -> list[Quote]:
        """The present quotes of those codes that the terminal knows."""
        quotes: list[Quote] = self._ask("quote_full", codes=tuple(codes))
        return quotes

    def bars(
        self, stock_code: str, period: str, start_ms: int = 0, end_ms: int = 0, last: int = -1
    ) -> list[Any]:
        """Bars of a code as tuples (see `bar_row`), or `Quote`s for the period "tick".

        Both ends are included, 0 leaves one open; `last` keeps the last so many, -1 all.
        """
        rows: list[Any] = self._ask(
            "quote_bars",
            stock_code=stock_code,
            period=period,
            start_ms=start_ms,
            end_ms=end_ms,
            count=last,
        )
        return rows

    def instrument(self, stock_code: str) -> dict[str, Any] | None:
        """Facts about a code today, prices in 1e-4 yuan; None when it is unknown."""
        facts: dict[str, Any] | None = self._ask("instrument", stock_code=stock_code)
        return facts

    def rows(
        self, stock_code: str, period: str, start_ms: int = 0, end_ms: int = 0, last: int = -1
    ) -> list[dict[str, Any]]:
        """`bars` in the vendor's shapes."""
        found = self.bars(stock_code, period, start_ms, end_ms, last)
        return [tick_row(row) if period == "tick" else bar_row(row) for row in found]

    def _ask(self, method: str, **arguments: Any) -> Any:
        with self._leased() as link:
            seq = next(self._seq)
            answer: Future[Reply] = Future()
            self._waiting[seq] = answer
            try:
                link.send(Request(seq, method, 0, "", arguments, self._number))
                reply = answer.result(self._timeout)
            except NoAnswer as late:
                raise RequestTimeout(method, self._timeout) from late
            finally:
                self._waiting.pop(seq, None)
        if reply.error:
            raise QueryFailed(f"{method}: {reply.error}")
        return reply.value

    # -- the link ------------------------------------------------------------------------

    @contextmanager
    def _leased(self) -> Iterator[Link]:
        """The open link; it closes when the last one who needs it lets go."""
        link = self._acquire()
        try:
            yield link
        finally:
            self._release()

    def _acquire(self) -> Link:
        with self._lock:
            if self._lost.is_set():
                raise NotConnected("the link to the terminal was lost; call xtdata.reconnect()")
            if self._link is None:
                self._link = self._open()
            self._users += 1
            return self._link

    def _open(self) -> Link:
        link = self._new_link()
        for _ in range(1_000):
            self._number = _SESSION_BASE - next(_numbers)
            result = link.open(self._number, self._deliver)
            if result == ConnectResult.OK:
                return link
            if result != ConnectResult.SESSION_IN_USE:
                break
        raise TerminalUnavailable(f"the terminal {link.terminal!r} does not answer")

    def _release(self) -> None:
        with self._lock:
            self._users -= 1
            if not self._users and self._link is not None:
                link, self._link = self._link, None
                link.close()

    def _deliver(self, item: Reply | Push) -> None:
        """Take news from the link's thread; takes no lock, so that closing cannot wait for it."""
        if isinstance(item, Reply):
            answer = self._waiting.pop(item.seq, None)
            if answer is not None:
                answer.set_result(item)
        elif item.kind == PushKind.QUOTE:
            self._jobs.put(item.record)
        elif item.kind == PushKind.DISCONNECTED:
            self._lost.set()
            for seq in list(self._waiting):
                answer = self._waiting.pop(seq, None)
                if answer is not None:
                    answer.set_exception(NotConnected("the link to the terminal was lost"))

    def is_connected(self) -> bool:
        """Whether questions can be asked: False only after the link was lost."""
        return not self._lost.is_set()

    def wait(self) -> None:
        """Block until `close`, with the link open.

        Raises:
            NotConnected: the link was lost.
        """
        closed = self._closed
        with self._leased():
            while not closed.wait(0.2):  # short waits, so that Ctrl+C works everywhere
                if self._lost.is_set():
                    raise NotConnected("the link to the terminal was lost")

    def close(self) -> None:
        """End all subscriptions and wait for a callback that runs. The session can be used again.

        Inside a callback it does not wait.
        """
        with self._lock:
            closed, self._closed = self._closed, threading.Event()
            closed.set()
            for number in list(self._subscriptions):
                self.unsubscribe(number)
            self._lost.clear()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(_JOIN_SECONDS)
            if thread.is_alive():
                _log.warning("a quote callback still runs; its thread ends with it")

    # -- subscriptions -----------------------------------------------------------------------

    def subscribe(
        self,
        codes: Iterable[str],
        period: str,
        listener: Listener | None,
        *,
        whole: bool = False,
        first: Rows | None = None,
    ) -> int:
        """Call `listener` with the rows of those codes as they come; returns a number above 0.

        Args:
            codes: instruments; unknown ones stay silent.
            period: "tick", or the bar that is told whenever a quote changes it.
            listener: gets {code: [row, ...]}; or None, to have ticks recorded.
            whole: the listener gets {code: tick} instead, the latest of each code.
            first: what the listener hears first; None for the present quotes.
        """
        if period not in PERIODS:
            raise InputError("period", period, f"one of {', '.join(PERIODS)}")
        wanted = frozenset(codes)
        with self._lock:
            self._acquire()
            try:
                quotes = self.full(wanted)
                known = [code for code in wanted if not self._watched[code]]
                self._ask("quote_subscribe", codes=tuple(known))
            except BaseException:
                self._release()
                raise
            self._watched.update(wanted)
            number = next(self._subscription_numbers)
            made = _Subscription(number, wanted, period, whole, listener, first)
            if not self._subscriptions:
                self._jobs = SimpleQueue()
                self._thread = threading.Thread(
                    target=self._serve, args=(self._jobs,), name="xtnb-quotes", daemon=True
                )
                self._thread.start()
            self._subscriptions[number] = made
            self._jobs.put((made, quotes))
            return number

    def unsubscribe(self, number: int) -> int:
        """End a subscription: 0, or -1 when there is none of that number.

        After this its listener is not called any more; a call that is running ends first
        on its own thread. May be called inside a listener.
        """
        with self._lock:
            ended = self._subscriptions.pop(number, None)
            if ended is None:
                return -1
            ended.active = False
            self._watched.subtract(ended.codes)
            gone = [code for code in ended.codes if not self._watched[code]]
            for code in gone:
                del self._watched[code]
            try:
                if gone and not self._lost.is_set():
                    self._ask("quote_unsubscribe", codes=tuple(gone))
            finally:
                if not self._subscriptions:
                    self._jobs.put(None)
                self._release()
            return 0

    def _serve(self, jobs: SimpleQueue[_Job]) -> None:
        """The callback thread: all that has come is handed over in one go."""
        routed: list[_Subscription] = []
        ending = False
        while not ending:
            batch: list[Quote] = []
            job: _Job = jobs.get()
            while True:
                if job is None:
                    ending = True
                elif isinstance(job, tuple):
                    self._hand(routed, batch)
                    batch = []
                    routed.append(job[0])
                    self._tell(job[0], job[1], job[0].first)
                else:
                    batch.append(job)
                try:
                    job = jobs.get_nowait()
                except Empty:
                    break
            routed = [each for each in routed if each.active]
            self._hand(routed, batch)

    def _hand(self, routed: list[_Subscription], batch: list[Quote]) -> None:
        for subscription in routed:
            mine = [quote for quote in batch if quote.stock_code in subscription.codes]
            if mine:
                self._tell(subscription, mine)

    def _tell(
        self, subscription: _Subscription, quotes: list[Quote], first: Rows | None = None
    ) -> None:
        if not subscription.active or subscription.listener is None:
            return
        try:
            data: dict[str, Any] = first or self._data(subscription, quotes)
            if data and subscription.active:
                subscription.listener(data)
        except Exception:
            _log.exception("the callback of quote subscription %s failed", subscription.number)

    def _data(self, subscription: _Subscription, quotes: list[Quote]) -> dict[str, Any]:
        if subscription.whole:
            return {quote.stock_code: tick_row(quote) for quote in quotes}
        data: Rows = {}
        for quote in quotes:
            rows = data.setdefault(quote.stock_code, [])
            if subscription.period == "tick":
                rows.append(tick_row(quote))
            elif not rows:
                rows += self.rows(quote.stock_code, subscription.period, last=1)
        return data
