"""The market: every book, the order flow that drives it, and what has been traded.

One market serves all paper terminals of a process. It stands still until its
host calls `advance`, which runs everything that is due in the order of time:
events of the flow, snapshots of watched quotes, and the turn of the day. How
often the host calls makes no difference, with one exception. A step of more
than `longest_gap` seconds, as after a laptop has slept, is not run event by
event: the market coasts over it minute by minute, and over all but the last two
days of a longer absence day by day. Orders of accounts that the price passes on
the way are filled.

Trading is continuous around the clock and every calendar day is a trading day.
At midnight in Shanghai the last price becomes the previous close, or what the kind
of instrument settles to.

Same seed, same start, same steps: the same market. Nothing here reads a clock of
the machine; the market belongs to one thread at a time, its host's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date
from heapq import heapify, heappop, heappush, heapreplace
from random import Random
from typing import TypeVar

from xtnb.errors import InputError, RefusalCode, Refused
from xtnb.rules.instruments import find
from xtnb.rules.listed import (
    DayTerms,
    Listed,
    book_of,
    everything,
    next_reference,
    rules_of,
    tie,
    unit_of,
)
from xtnb.terminal.book import Book, Fill
from xtnb.terminal.clock import DAY, MINUTE, MS, SECOND, Clock, day_of, midnight
from xtnb.terminal.market.flow import FILLS_A_SECOND, Flow
from xtnb.terminal.market.history import Bar, History
from xtnb.terminal.market.past import Past
from xtnb.terminal.market.tape import Row, Tape
from xtnb.terminal.market.timers import Timers
from xtnb.vocabulary.money import YUAN
from xtnb.vocabulary.records import Quote

OnDay = Callable[[date, date], None]
OnQuote = Callable[[Quote], None]
_Listener = TypeVar("_Listener")

_TURN = -1  # the turn of the day comes before what else is due at midnight,
_SNAPSHOT = 1 << 30  # and a snapshot after it,
_TIMER = _SNAPSHOT - 1  # and what was asked for with `at` between the two


class Market:
    """All books of a process and the time they live in.

    Args:
        clock: tells when the market starts; later only its host reads it.
        seed: all chance comes from it.
        instruments: what is traded; None for every instrument of the demo.
        flow: False for a market in which only accounts trade: books start empty,
            at the previous close.
        quote_interval_ms: time between two snapshots of a watched quote.
        longest_gap: seconds that `advance` runs event by event in one call.
        rate: events of the flow a second in each instrument.

    Attributes:
        books: by code. A book lives as long as the market; two codes for one thing, as
            those of the two Connect routes, share one.
        instruments: by code.
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
    ) -> None:
        if isinstance(seed, bool) or not isinstance(seed, int):
            raise InputError("seed", seed, "a whole number")
        if quote_interval_ms < 1:
            raise InputError("quote_interval_ms", quote_interval_ms, "at least 1 ms")
        chosen = everything().values() if instruments is None else instruments
        self.clock = clock
        self.seed = seed
        self.instruments = {instrument.stock_code: instrument for instrument in chosen}
        self.books = {code: Book() for code in self.instruments}
        self._now = clock.now()
        self._day = day_of(self._now)
        self._interval = quote_interval_ms * MS
        self._longest_gap = round(longest_gap * SECOND)
        self._watched: Counter[str] = Counter()
        self._shown: dict[str, object] = {}
        self._day_listeners: list[OnDay] = []
        self._quote_listeners: list[OnQuote] = []
        self._rules = {
            code: rules_of(instrument, instrument.reference, self._day)
            for code, instrument in self.instruments.items()
        }
        tie(self._rules)
        self._tapes: dict[str, Tape] = {}
        self._histories: dict[str, History] = {}
        self._flows: list[Flow] = []
        self._due: list[tuple[int, int]] = [(midnight(self._now) + DAY, _TURN)]
        self._timers = Timers()
        self._twins = {
            code: first
            for code, instrument in self.instruments.items()
            if (first := book_of(instrument)) != code and first in self.instruments
        }
        for code, instrument in self.instruments.items():
            if code not in self._twins:
                self._open(code, instrument, flow, rate)
        for code, first in self._twins.items():
            self.books[code], self._tapes[code] = self.books[first], self._tapes[first]
            self._histories[code] = self._histories[first].beside()
        heapify(self._due)

    def _open(self, code: str, instrument: Listed, with_flow: bool, rate: float) -> None:
        rules = self._rules[code]
        past = Past(instrument, rules, self.seed, self._now, today=with_flow)
        tape = Tape(rules.prev_close)
        chance = Random(f"{self.seed}:{code}:flow")
        tape.begin_with(past.today(), round(60 * FILLS_A_SECOND * len(past.today())))
        self._tapes[code] = tape
        self._histories[code] = History(past, tape, rules.prev_close, unit_of(instrument))
        if with_flow:
            flow = Flow(instrument, self.books[code], chance, self._traded, rate)
            flow.open(rules, past.start_price(), self._now)
            flow.refill()
            self._due.append((self._now + flow.pause(), len(self._flows)))
            self._flows.append(flow)

    # -- time ------------------------------------------------------------------

    def now(self) -> int:
        """Market time, ns: that of the event being run, else of the last `advance`."""
        return self._now

    def day(self) -> date:
        """The present trading day."""
        return self._day

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
        the end of its coarse step, when the books are still empty.
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
                    for flow in self._flows:
                        flow.refill()
            elif rank == _SNAPSHOT:
                heappop(due)
                self._snapshot(now)
            elif rank == _TIMER:
                heappop(due)
                self._timers.ring(self._now + 1)
            else:
                flow = self._flows[rank]
                heapreplace(due, (now + flow.pause(), rank))
                flow.step(now)
        self._now = max(self._now, to)

    def _turn(self) -> None:
        """The day ends: owners hear of it first, then the books are emptied and begin anew."""
        old, new = self._day, day_of(self._now)
        faults: list[Exception] = []
        for listener in list(self._day_listeners):
            try:
                listener(old, new)
            except Exception as fault:
                faults.append(fault)
        for flow in self._flows:
            flow.leave()
        for code, book in self.books.items():
            for order in [*book.queue(True), *book.queue(False)]:
                book.cancel(order)
            tape = self._tapes[code]
            begin = next_reference(self._rules[code], tape.last, tape.volume, tape.amount)
            if code not in self._twins:
                self._histories[code].end_day(old)
            self._rules[code] = rules_of(self.instruments[code], begin, new)
        tie(self._rules)
        self._day = new
        for flow in self._flows:
            code = flow.instrument.stock_code
            flow.open(self._rules[code], self._tapes[code].last, self._now)
        if faults:
            raise faults[0]

    # -- a gap -------------------------------------------------------------------

    def _coast(self, to: int) -> None:
        """Cross a long gap in coarse steps; the flow's next events come after it."""
        for flow in self._flows:
            flow.leave()
        try:
            self._cross_days(to)
        finally:
            for flow in self._flows:
                flow.refill()
            self._due[:] = [entry for entry in self._due if entry[1] in (_TURN, _TIMER)]
            self._due += [(self._now + flow.pause(), i) for i, flow in enumerate(self._flows)]
            self._due += [(self._now, _SNAPSHOT)] if self._watched else []
            heapify(self._due)

    def _cross_days(self, to: int) -> None:
        detailed = midnight(to) - DAY
        while self._now < to:
            tomorrow = midnight(self._now) + DAY
            stop = min(to, tomorrow)
            minutes = tomorrow > detailed
            while self._now < stop:
                end = (self._now // MINUTE + 1) * MINUTE if minutes else stop
                self._cross(min(end, stop), minutes)
                self._timers.ring(self._now)
            if stop == tomorrow:
                self._turn_only(tomorrow)

    def _turn_only(self, now: int) -> None:
        """The turn of the day inside a gap: the books stay empty, the next turn is due."""
        self._due[:] = [entry for entry in self._due if entry[1] != _TURN]
        heapify(self._due)
        heappush(self._due, (now + DAY, _TURN))
        self._now = now
        self._turn()

    def _cross(self, end: int, minutes: bool) -> None:
        """One coarse step for all instruments, ending at `end`, within one minute or one day."""
        seconds = (end - self._now) / SECOND
        self._now = end - 1
        for flow in self._flows:
            tape = self._tapes[flow.instrument.stock_code]
            opened, high, low, close = flow.coast(end)
            volume = flow.usual_volume(seconds)
            self._pass(flow, high, low, volume)
            row = Row(end, opened, high, low, close, volume, (opened + close) * volume // 2)
            count = max(1, round(FILLS_A_SECOND * seconds))
            if minutes:
                tape.stretch(row, count, self._now)
            else:
                tape.skip(row, count)
        self._now = end

    def _pass(self, flow: Flow, high: int, low: int, volume: int) -> None:
        """Fill the orders of accounts that the price reached in a step, up to its volume.

        Each side is looked at once; what the step's volume does not cover waits.
        """
        book = flow.book
        if book.best_bid >= low and book.best_bid:
            flow.hit(False, low, volume)
        if 0 < book.best_ask <= high:
            flow.hit(True, high, volume)

    # -- trades --------------------------------------------------------------------

    def note_trade(self, code: str, price: int, volume: int) -> None:
        """Add one fill to the day's statistics and the bars; terminals call it for theirs."""
        self._tapes[code].trade(price, volume, self._now)

    def _traded(self, code: str, fills: list[Fill]) -> None:
        """The flow has traded: note every fill, then tell the owners of the makers."""
        tape, now = self._tapes[code], self._now
        owned = False
        for maker, price, volume in fills:
            tape.trade(price, volume, now)
            owned = owned or maker.owner is not None
        if owned:
            for maker, price, volume in fills:
                if maker.owner is not None:
                    maker.owner.filled(maker, price, volume)

    # -- facts -----------------------------------------------------------------------

    def prev_close(self, code: str) -> int:
        """Yesterday's last price, 1e-4 yuan. Raises Refused for an unknown code."""
        return self.rules(code).prev_close

    def last_price(self, code: str) -> int:
        """The last price, 1e-4 yuan; the previous close until there is one."""
        return self._tape(code).last

    def mark(self, code: str) -> Tape:
        """What keeps the last price of a code: its `last` is always the present one."""
        return self._tape(code)

    def rules(self, code: str) -> DayTerms:
        """The rules of the present day. Raises Refused for an unknown code."""
        rules = self._rules.get(code)
        if rules is None:
            raise _not_traded(code)
        return rules

    def _tape(self, code: str) -> Tape:
        tape = self._tapes.get(code)
        if tape is None:
            raise _not_traded(code)
        return tape

    def quote(self, code: str) -> Quote:
        """The present state of one instrument. Raises Refused for an unknown code."""
        tape, rules = self._tape(code), self._rules[code]
        bids, bid_volumes, asks, ask_volumes = self.books[code].depth(5)
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

    def bars(
        self, code: str, period: str, start_ns: int = 0, end_ns: int | None = None, count: int = -1
    ) -> list[Bar] | list[Quote]:
        """Bars of one instrument, oldest first, or for "tick" its recorded quotes.

        Args:
            code: the instrument.
            period: "tick", "1m", "5m" or "1d".
            start_ns, end_ns: both included, compared with the label of a bar: the
                end of a minute bar, the midnight that begins a day. 0 and None (or
                0) leave a side open, and then the bar of the present minute or day
                is there as far as it has come.
            count: only the last so many; -1 for all.

        Raises:
            Refused: an unknown code.
            InputError: another period.
        """
        self._tape(code)
        history = self._histories[code]
        return history.bars(period, self._day, self._now, start_ns, end_ns, count)

    # -- quotes ------------------------------------------------------------------------

    def watch(self, code: str) -> None:
        """Have snapshots of a code taken. Counted: as many `unwatch` end it.

        Raises:
            Refused: an unknown code.
        """
        self._tape(code)
        if not self._watched:
            self._plan_snapshot()
        self._watched[code] += 1

    def unwatch(self, code: str) -> None:
        """Undo one `watch`. A code that nobody watches is left alone."""
        if self._watched[code] > 1:
            self._watched[code] -= 1
        else:
            del self._watched[code]
            self._shown.pop(code, None)
            if not self._watched:
                self._due[:] = [entry for entry in self._due if entry[1] != _SNAPSHOT]
                heapify(self._due)

    def on_quote(self, listener: OnQuote) -> Callable[[], None]:
        """Call `listener(quote)` for each snapshot; the returned function ends that."""
        return _joined(self._quote_listeners, listener)

    def on_day(self, listener: OnDay) -> Callable[[], None]:
        """Call `listener(old_day, new_day)` when a day ends; the returned function ends that.

        The books and the rules are still those of the old day, so that a terminal
        can take its orders off the books. Whatever is left there is then dropped.
        """
        return _joined(self._day_listeners, listener)

    def _plan_snapshot(self) -> None:
        heappush(self._due, ((self._now // self._interval + 1) * self._interval, _SNAPSHOT))

    def _snapshot(self, now: int) -> None:
        """Show every watched quote that has changed since it was last shown."""
        self._plan_snapshot()
        for code in list(self._watched):
            seen = (self.books[code].depth(5), self._tapes[code].transactions, self._day)
            if self._shown.get(code) == seen:
                continue
            self._shown[code] = seen
            quote = self.quote(code)
            self._histories[code].record(quote)
            for listener in list(self._quote_listeners):
                listener(quote)


def _not_traded(code: str) -> Refused:
    find(code)
    return Refused(
        RefusalCode.UNKNOWN_CODE,
        f"本市场不交易 {code}",
        f"{code} is not traded in this market",
    )


def _joined(listeners: list[_Listener], listener: _Listener) -> Callable[[], None]:
    listeners.append(listener)

    def forget() -> None:
        if listener in listeners:
            listeners.remove(listener)

    return forget
