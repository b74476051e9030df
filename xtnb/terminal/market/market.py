"""The market: every pit, the time they live in, and what has been traded.

One market serves all paper terminals of a process. It stands still until its
host calls `advance`, which runs everything that is due in the order of time:
events of the flow, snapshots of watched quotes, and the turn of the day. How
often the host calls makes no difference, with one exception. A step of more
than `longest_gap` seconds, as after a laptop has slept, is not run event by
event: the market follows the courses of the prices, minute by minute where an
account has an order. Orders of accounts that the price passes on the way are
filled.

A code sleeps until somebody needs its book: watches it, asks for its quote, sends
an order. It falls asleep again a few minutes after the last one has gone. Its
course goes on all the while.

What is promised: the course of a code, and so every price while it sleeps and where
every day closes and begins, is a function of seed, code, start and time, as long as
no account trades in that code. Whatever else is listed, watched or traded, and when
this code is looked at, changes nothing in it. While it is awake its trades are
chance around the same course, from the seed, the code and the moment of the waking:
looking at it at another time gives other trades, a few ticks from these. An
account's trades move the price by what they take off the book; a day in which an
account has traded closes at its last trade.

Trading is continuous around the clock and every calendar day is a trading day.
At midnight in Shanghai the last price becomes the previous close, or what the kind
of instrument settles to. What expires leaves, and what is new is listed.

Same seed, same start, same steps: the same market. Nothing here reads a clock of
the machine; the market belongs to one thread at a time, its host's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from heapq import heapify, heappop, heappush, heapreplace

from xtnb.errors import InputError
from xtnb.rules.listed import Listed, unit_of
from xtnb.terminal.book import Book, BookOrder, Fill
from xtnb.terminal.clock import DAY, MINUTE, MS, SECOND, Clock, day_of, midnight
from xtnb.terminal.market.course import STEP, next_point
from xtnb.terminal.market.facts import Facts
from xtnb.terminal.market.pit import Pit
from xtnb.terminal.market.state import MarketState, check
from xtnb.terminal.market.timers import Timers
from xtnb.terminal.market.watching import OnDay, OnQuote, Watching
from xtnb.vocabulary.money import YUAN
from xtnb.vocabulary.records import Quote

IDLE = 5 * MINUTE  # so long after it was last needed a code falls asleep

_TURN = -1  # the turn of the day comes before what else is due at midnight,
_POINT = 0  # then the prices of what sleeps, then the flows,
_SNAPSHOT = 1 << 60  # and a snapshot last,
_TIMER = _SNAPSHOT - 1  # after what was asked for with `at`


class Market(Facts):
    """All pits of a process and the time they live in.

    Args:
        clock: tells when the market starts; later only its host reads it.
        seed: all chance comes from it.
        instruments: what is traded; None for everything listed on the day, which then
            changes with the days.
        flow: False for a market in which only accounts trade: books start empty,
            at the previous close.
        quote_interval_ms: time between two snapshots of a watched quote.
        longest_gap: seconds that `advance` runs event by event in one call.
        rate: events of the flow a second in each instrument.
        restore: what `keep` gave in an earlier process. The market goes on from there;
            the next `advance` crosses the time between as any long gap.

    Attributes:
        instruments: by code, of the present day.

    Raises:
        InputError: a wrong argument, or a kept market with another seed.
    """

    def __init__(
        self,
        clock: Clock,
        seed: int,
        instruments: Iterable[Listed] | None = None,
        *,
        flow: bool = True,
        quote_interval_ms: int = 500,
        longest_gap: float = 60.0,
        rate: float = 2.0,
        restore: MarketState | None = None,
    ) -> None:
        if isinstance(seed, bool) or not isinstance(seed, int):
            raise InputError("seed", seed, "a whole number")
        if quote_interval_ms < 1:
            raise InputError("quote_interval_ms", quote_interval_ms, "at least 1 ms")
        now = clock.now() if restore is None else restore.now
        state = check(restore or MarketState(seed, now, now, day_of(now).isoformat()), seed)
        super().__init__(state, instruments, flow=flow)
        self.clock = clock
        self._rate = rate
        self._interval = quote_interval_ms * MS
        self._longest_gap = round(longest_gap * SECOND)
        self._watching = Watching()
        self._running: dict[int, Pit] = {}  # what is awake, by number
        self._books: dict[str, Book] = {}  # what need not be woken
        self._wakings = 0
        self._crossing: dict[str, Pit] | None = None  # inside a gap: what may have orders
        self._due: list[tuple[int, int]] = [
            (midnight(now) + DAY, _TURN),
            (next_point(now), _POINT),
        ]
        heapify(self._due)
        self._timers = Timers()

    # -- time ------------------------------------------------------------------

    def advance(self, to: int) -> None:
        """Run everything that is due up to and including `to`, in the order of time.

        An earlier time than the present one changes nothing. What a listener or
        an owner raises comes out here, after the turn of the day if it was that;
        what caused it is not repeated, and the next call goes on from there.
        """
        if to - self._now > self._longest_gap:
            self._coast(to)
        self._run(to)

    def at(self, when: int, call: Callable[[], None]) -> Callable[[], None]:
        """Call once when market time has come to `when`, ns; the returned function ends that.

        A time that has passed already comes with the next `advance`. Calls of one time
        come in the order in which they were asked for. In a long gap a call comes at
        the end of its minute, when the books have no orders of the flow.
        """
        heappush(self._due, (max(when, self._now), _TIMER))
        return self._timers.add(when, call)

    def _run(self, to: int) -> None:
        due = self._due
        while due[0][0] <= to:
            now, rank = due[0]
            self._now = max(self._now, now)
            if rank == _TURN:
                heapreplace(due, (now + DAY, _TURN))
                try:
                    self._turn()
                finally:
                    for awake in self._running.values():
                        if awake.flow is not None:
                            awake.flow.refill()
            elif rank == _POINT:
                heapreplace(due, (now + STEP, _POINT))
                self._show_marks()
                if not now % MINUTE:
                    self._rest()
            elif rank == _SNAPSHOT:
                heappop(due)
                self._snapshot(now)
            elif rank == _TIMER:
                heappop(due)
                self._timers.ring(self._now + 1)
            else:
                pit = self._running.get(rank)
                if pit is None or pit.flow is None:  # has fallen asleep since
                    heappop(due)
                    continue
                heapreplace(due, (now + pit.flow.pause(), rank))
                pit.flow.step(now)
        self._now = max(self._now, to)

    # -- waking and sleeping -------------------------------------------------------

    def book(self, code: str) -> Book:
        """The book of a code, which wakes if it sleeps.

        A book lives as long as its code is listed; the two codes of the two Connect
        routes share one. Inside a long gap a code that wakes has no orders of the flow
        until the gap has been crossed.

        Raises:
            Refused: an unknown code.
        """
        book = self._books.get(code)
        return self._opened(code) if book is None else book

    def awake(self) -> list[str]:
        """The codes whose flow is running, in the order in which they woke."""
        return [pit.code for pit in self._running.values()]

    def withdraw(self, code: str, order: BookOrder) -> bool:
        """Take an account's order off its book. False when it does not rest there."""
        pit = self._pits.get(code)
        return pit is not None and pit.book.cancel(order)

    def put_back(self, code: str, order: BookOrder) -> None:
        """Rest an order that rested in an earlier process, at the end of its price's queue.

        Nothing is traded here. Where the flow stands in the way it withdraws: the order
        is then the best of its side, and is traded against in turn when the price has
        passed it. So it never trades beyond its limit.

        Raises:
            Refused: an unknown code.
            InputError: another account's order stands in the way.
        """
        book, price = self.book(code), order.price
        flow = self._pits[code].flow
        if flow is not None:
            flow.make_way(order.buy, price)
        if 0 < book.best_ask <= price if order.buy else book.best_bid >= price:
            raise InputError("order", order, "an order that meets no other account's")
        book.rest(order)

    def _opened(self, code: str) -> Book:
        pit = self._roster.pit(code)
        if pit.asleep:
            self._wake(pit)
        if not pit.asleep:
            self._books[code] = pit.book
        return pit.book

    def _wake(self, pit: Pit) -> None:
        if self._crossing is not None:
            pit.follow(self._now)
            pit.used = self._now
            self._crossing.setdefault(pit.code, pit)
            return
        flow = pit.wake(self._rules[pit.code], self._now, self._traded, self._rate)
        flow.refill()
        self._wakings = pit.number = self._wakings + 1
        self._running[pit.number] = pit
        self._marks.pop(pit.code, None)
        heappush(self._due, (self._now + flow.pause(), pit.number))

    def _sleep(self, pit: Pit) -> None:
        pit.sleep(self._now)
        del self._running[pit.number]
        self._books = {code: book for code, book in self._books.items() if book is not pit.book}
        if pit.marked:
            self._marks[pit.code] = pit

    def _rest(self) -> None:
        """Let what nobody needs fall asleep."""
        for pit in list(self._running.values()):
            if pit.tired(self._now, IDLE):
                self._sleep(pit)

    # -- days ------------------------------------------------------------------------

    def _turn(self) -> None:
        """The day ends: owners hear of it first, then the books are emptied and begin anew."""
        old, new = self._roster.day, day_of(self._now)
        for pit in self._roster.each():
            pit.close(self._now)
        faults = self._watching.end_day(old, new)
        gone = self._roster.turn(new, self._now)
        for pit in gone:
            self._drop(pit)
        for pit in self._running.values():
            if pit.flow is not None and pit.course is not None:
                pit.flow.open(self._rules[pit.code], pit.course, self._now)
        if faults:
            raise faults[0]

    def _drop(self, pit: Pit) -> None:
        """Forget what is not listed any more."""
        if self._running.get(pit.number) is pit:
            self._sleep(pit)
        self._marks.pop(pit.code, None)
        self._books.pop(pit.code, None)
        self._histories.pop(pit.code, None)
        self._watching.drop(pit.code)
        if self._crossing is not None:
            self._crossing.pop(pit.code, None)

    def on_day(self, listener: OnDay) -> Callable[[], None]:
        """Call `listener(old_day, new_day)` when a day ends; the returned function ends that.

        The books and the rules are still those of the old day, so that a terminal
        can take its orders off the books; what expires is still there with its last
        price. Whatever is left on the books is then dropped.
        """
        return self._watching.on_day(listener)

    # -- a gap -------------------------------------------------------------------

    def _coast(self, to: int) -> None:
        """Cross a long gap along the courses; the flow's next events come after it."""
        awake = list(self._running.values())
        for pit in awake:
            self._sleep(pit)
        self._crossing = {pit.code: pit for pit in awake}
        try:
            self._cross_days(to)
        finally:
            crossed, self._crossing = self._crossing, None
            self._due[:] = [entry for entry in self._due if entry[1] in (_TURN, _TIMER)]
            self._due.append((next_point(self._now), _POINT))
            self._due += [(self._now, _SNAPSHOT)] if self._watching.codes else []
            heapify(self._due)
            self._show_marks()
            for pit in crossed.values():
                if pit.watchers or pit.busy or self._now - pit.used < IDLE:
                    self._wake(pit)

    def _cross_days(self, to: int) -> None:
        while self._now < to:
            tomorrow = midnight(self._now) + DAY
            stop = min(to, tomorrow)
            while self._now < stop:
                self._cross(self._next_stop(stop))
                due = self._timers.due()
                if due is not None and due < self._now:
                    self._show_marks()
                    self._timers.ring(self._now)
            if stop == tomorrow:
                self._turn_only(tomorrow)

    def _next_stop(self, stop: int) -> int:
        """The end of the present minute where an order rests, else that of the next call."""
        now = self._now
        if not any(pit.busy for pit in (self._crossing or {}).values()):
            due = self._timers.due()
            if due is None or due >= stop:
                return stop
            now = max(now, due)
        return min(stop, (now // MINUTE + 1) * MINUTE)

    def _turn_only(self, now: int) -> None:
        """The turn of the day inside a gap: the books stay empty, the next turn is due."""
        self._due[:] = [entry for entry in self._due if entry[1] != _TURN]
        heapify(self._due)
        heappush(self._due, (now + DAY, _TURN))
        self._now = now
        self._turn()

    def _cross(self, end: int) -> None:
        """One coarse step: fill the orders that the price reaches in it, up to its volume.

        Each side is looked at once; what the step's volume does not cover waits.
        """
        self._now = end - 1
        for pit in list((self._crossing or {}).values()):
            seen = pit.step(self._now) if pit.busy else None
            if seen:
                high, low, volume = seen
                for buy, limit in ((False, low), (True, high)):
                    if pit.reached(buy, limit):
                        self._show_marks()
                        order = BookOrder(0, buy, limit, volume)
                        self._traded(pit, pit.book.take(order, limit))
        self._now = end

    # -- trades --------------------------------------------------------------------

    def note_trade(self, code: str, price: int, volume: int) -> None:
        """Add one fill to the day's statistics and the bars; terminals call it for theirs."""
        pit = self._pits[code]
        if pit.flow is None and pit.course is not None:
            pit.follow(self._now)
        pit.moved = True
        pit.used = self._now
        pit.tape.trade(price, volume, self._now)

    def _traded(self, pit: Pit, fills: list[Fill]) -> None:
        """The flow has traded: note every fill, then tell the owners of the makers."""
        tape, now = pit.tape, self._now
        owned = False
        for maker, price, volume in fills:
            tape.trade(price, volume, now)
            owned = owned or maker.owner is not None
        if owned:
            pit.moved = True
            for maker, price, volume in fills:
                if maker.owner is not None:
                    maker.owner.filled(maker, price, volume)

    # -- facts -----------------------------------------------------------------------

    def quote(self, code: str) -> Quote:
        """The present state of one instrument, which wakes. Raises Refused for an unknown code."""
        bids, bid_volumes, asks, ask_volumes = self.book(code).depth(5)
        pit, rules = self._pits[code], self._rules[code]
        tape, pit.used = pit.tape, self._now
        return Quote(
            stock_code=code,
            instrument_name=self.instruments[code].name,
            time=self._now // MS,
            last_price=tape.last / YUAN,
            open=tape.open / YUAN,
            high=tape.high / YUAN,
            low=tape.low / YUAN,
            last_close=rules.prev_close / YUAN,
            up_limit=rules.up / YUAN,
            down_limit=rules.down / YUAN,
            volume=tape.volume,
            amount=tape.amount * unit_of(self.instruments[code]) / YUAN,
            transactions=tape.transactions,
            bid_price=tuple([price / YUAN for price in bids]),
            bid_volume=bid_volumes,
            ask_price=tuple([price / YUAN for price in asks]),
            ask_volume=ask_volumes,
        )

    # -- quotes ------------------------------------------------------------------------

    def watch(self, code: str) -> None:
        """Have snapshots of a code taken. Counted: as many `unwatch` end it.

        Raises:
            Refused: an unknown code.
        """
        self.book(code)
        self._pits[code].watchers += 1
        if not self._watching.codes:
            self._plan_snapshot()
        self._watching.add(code)

    def unwatch(self, code: str) -> None:
        """Undo one `watch`. A code that nobody watches is left alone."""
        if self._watching.remove(code):
            pit = self._pits[code]
            pit.watchers -= 1
            pit.used = self._now
            if not self._watching.codes:
                self._due[:] = [entry for entry in self._due if entry[1] != _SNAPSHOT]
                heapify(self._due)

    def on_quote(self, listener: OnQuote) -> Callable[[], None]:
        """Call `listener(quote)` for each snapshot; the returned function ends that."""
        return self._watching.on_quote(listener)

    def _plan_snapshot(self) -> None:
        heappush(self._due, ((self._now // self._interval + 1) * self._interval, _SNAPSHOT))

    def _snapshot(self, now: int) -> None:
        """Show every watched quote that has changed since it was last shown."""
        self._plan_snapshot()
        for code in list(self._watching.codes):
            pit = self._pits[code]
            seen = pit.book.depth(5), pit.tape.transactions, self._roster.day
            if self._watching.changed(code, seen):
                quote = self.quote(code)
                self._history(code).record(quote)
                self._watching.tell(quote)
