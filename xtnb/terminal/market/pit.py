"""The pit: where one instrument is traded, asleep as long as nobody needs its book.

A pit that sleeps has a course (see course.py) and an empty book. Its tape, which keeps
statistics and bars, is written when someone asks, from the points of the course that
have passed since; so it holds the same whenever that is. A pit that is awake has a flow
that trades around the course, trade by trade.

An account's trade moves a pit: what the day closes at, and so where the next one begins,
is then what was traded last. A day that only the flow has traded closes at its course.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from random import Random

from xtnb.rules.listed import DayTerms, Listed, next_reference
from xtnb.terminal.book import Book, Fill
from xtnb.terminal.clock import DAY, day_of, day_start
from xtnb.terminal.market.course import FILLS_A_STEP, LAST, STEP, Anchor, Course
from xtnb.terminal.market.flow import Flow
from xtnb.terminal.market.tape import KEPT_DAYS, Row, Tape

Report = Callable[["Pit", list[Fill]], None]

_DAYS_WITH_MINUTES = 6
_ASTRAY = 0.02  # so far from its course a price does not fall asleep


class Pit:
    """Book, tape, course and flow of one instrument.

    Args:
        instrument: what is traded.
        seed: the market's; None for a pit in which only accounts trade.
        prev_close: of its first day.

    Attributes:
        code: its code.
        book: lives as long as the pit; the flow's orders are on it while it is awake.
        tape: statistics and bars; those of today after `follow`, all after `recall`.
        course: of the present day; None where only accounts trade.
        flow: while it is awake; None otherwise.
        number: of the present waking among the market's.
        watchers: how many watch it.
        unseen: days that have ended and are not on the tape.
        used: when it was last quoted, or traded by an account, or woken, ns.
        woken: when it woke first on the present day, ns; 0 if it has not.
        moved: whether an account has traded in it on the present day.
        looked: whether its tape was ever asked for.
        marked: whether somebody holds on to its tape for the last price.
        ended: the last few days, on the tape or not.
        first: the day and the reference that its history starts from.
    """

    __slots__ = (
        "_lost",
        "_next",
        "_seed",
        "book",
        "code",
        "course",
        "ended",
        "first",
        "flow",
        "instrument",
        "looked",
        "marked",
        "moved",
        "number",
        "tape",
        "unseen",
        "used",
        "watchers",
        "woken",
    )

    def __init__(self, instrument: Listed, seed: int | None, day: date, prev_close: int) -> None:
        self.code = instrument.stock_code
        self.instrument = instrument
        self.book = Book()
        self.tape = Tape(prev_close)
        self.course: Course | None = None
        self.flow: Flow | None = None
        self.first = day, prev_close
        self.number = self.watchers = self.used = self.woken = 0
        self.moved = self.looked = self.marked = False
        self._seed = seed
        self.unseen: list[Anchor] = []
        self.ended: list[Anchor] = []
        self._lost: list[Anchor] = []
        self._next = 0  # the first point that is not on the tape

    # -- price and tape ----------------------------------------------------------

    @property
    def asleep(self) -> bool:
        """Whether its price follows a course by itself."""
        return self.flow is None and self.course is not None

    def price(self, now: int) -> int:
        """The last price. While it is awake or has no course, that of the last trade."""
        course = self.course
        if self.flow is None and course is not None:
            point = course.point(now)
            if point >= self._next:
                return course.price(now)
        return self.tape.last

    @property
    def busy(self) -> bool:
        """Whether an order rests on the book."""
        return bool(self.book.best_bid or self.book.best_ask)

    def reached(self, buy: bool, price: int) -> bool:
        """Whether an order of that side would meet something at that price."""
        book = self.book
        return 0 < book.best_ask <= price if buy else book.best_bid >= price

    def follow(self, now: int) -> None:
        """Write today's points of the course up to `now` on the tape."""
        self.looked = True
        if self.flow is None and self.course is not None:
            self._write(self.course, self.course.point(now))

    def recall(self, now: int) -> None:
        """Follow, and write the days on the tape that have ended unseen.

        Where another process had the minutes of a day, those of its course take their place.
        """
        self.follow(now)
        oldest = day_of(now).toordinal() - _DAYS_WITH_MINUTES
        for anchor in self.unseen:
            course = Course(self._seed or 0, self.instrument, anchor)
            if anchor.day < oldest:
                self.tape.add_days([course.row()])
            else:
                self._insert(course, bar=True)
        for anchor in self._lost:
            self._insert(Course(self._seed or 0, self.instrument, anchor), bar=False)
        self.unseen.clear()
        self._lost.clear()

    def _insert(self, course: Course, *, bar: bool) -> None:
        tape = Tape(0)
        self._trade(tape, course, course.anchor.first + 1, LAST)
        tape.end_day(date.fromordinal(course.anchor.day))
        self.tape.merge(tape, days=bar)

    def come_back(self, first: tuple[date, int], ended: list[Anchor], unseen: list[Anchor]) -> None:
        """Take up the days of another process: where they start, the last few, those unseen."""
        self.first, self.looked = first, True
        self.ended, self.unseen = ended, unseen
        self._lost = [anchor for anchor in ended if anchor not in unseen]

    def show(self, now: int) -> None:
        """Bring the tape's last price up to `now`, without the trades that led there."""
        self.tape.last = self.price(now)

    def step(self, now: int) -> tuple[int, int, int] | None:
        """Follow, and tell the high, the low and the volume of it; None if nothing was new."""
        assert self.course is not None, "only what has a course is coasted"
        prices, volumes = self._write(self.course, self.course.point(now))
        return (max(prices), min(prices), sum(volumes)) if prices else None

    def _write(self, course: Course, last: int) -> tuple[list[int], list[int]]:
        first = max(self._next, course.anchor.first + 1)
        if first > last:
            return [], []
        self._next = last + 1
        return self._trade(self.tape, course, first, last)

    @staticmethod
    def _trade(tape: Tape, course: Course, first: int, last: int) -> tuple[list[int], list[int]]:
        prices, volumes = course.stretch(first, last)
        tape.walk(prices, volumes, course.start + first * STEP - 1, STEP)
        tape.transactions += (FILLS_A_STEP - 1) * len(prices)
        return prices, volumes

    # -- waking and sleeping -------------------------------------------------------

    def wake(self, rules: DayTerms, now: int, report: Report, rate: float) -> Flow:
        """Open the flow; `Flow.refill` then puts its first orders on the book.

        The chance of the flow comes from the seed, the code and the moment.
        """
        self.follow(now)
        assert self.course is not None, "only what has a course has a flow"
        chance = Random(f"{self._seed}:{self.code}:{now}:flow")
        self.flow = flow = Flow(
            self.instrument, self.book, chance, lambda fills: report(self, fills), rate
        )
        flow.open(rules, self.course, now)
        self.woken = self.woken or now
        self.used = now
        return flow

    def sleep(self, now: int) -> None:
        """Close the flow; orders of accounts stay where they are."""
        if self.flow is not None and self.course is not None:
            self.flow.leave()
            self.flow = None
            self._next = self.course.point(now) + 1

    def tired(self, now: int, idle: int) -> bool:
        """Whether nobody needs it awake: not watched, not used, nobody's order on the book."""
        if self.flow is None or self.course is None or self.watchers or now - self.used < idle:
            return False
        astray = abs(self.tape.last / self.course.price(now) - 1.0)
        return astray < _ASTRAY and self.flow.alone()

    # -- days ------------------------------------------------------------------------

    def close(self, now: int) -> None:
        """Bring the tape's last price to the close of the day, before anybody is told of it."""
        course = self.course
        if course is None:
            return
        if self.moved:
            self.follow(now)
        elif self.flow is not None:
            self.tape.trade(course.close, self.flow.lot, now - 1)
        else:
            self.tape.last = course.close

    def settlement(self, rules: DayTerms, now: int) -> int:
        """What the next day would start from if the present one ended now."""
        course, tape = self.course, self.tape
        if course is None:
            return next_reference(rules, tape.last, tape.volume, tape.amount)
        if self.moved:
            self.follow(now)
            return next_reference(rules, tape.last, tape.volume, tape.amount)
        return next_reference(rules, self.price(now), *course.figures(course.point(now)))

    def end_day(self, day: date) -> None:
        """The day is over: the book is emptied, the day's bar kept or made when asked for."""
        if self.flow is not None:
            self.flow.leave()
        for order in [*self.book.queue(True), *self.book.queue(False)]:
            self.book.cancel(order)
        if self.course is not None:
            self.ended = [*self.ended[1 - _DAYS_WITH_MINUTES :], self.course.anchor]
        if self.course is None or self.flow is not None or self._next:
            self.follow(day_start(day) + DAY)
            self.tape.end_day(day)
        else:
            self.unseen.append(self.course.anchor)
            del self.unseen[:-KEPT_DAYS]
        self._next = 0
        self.moved = False
        self.woken = 0

    def renew(self, instrument: Listed) -> None:
        """Take what is said of the instrument on a new day."""
        if instrument.stock_code == self.code:
            self.instrument = instrument

    def begin(self, anchor: Anchor, now: int) -> None:
        """Begin the course of a day."""
        if self._seed is not None:
            self.course = Course(self._seed, self.instrument, anchor)
            if self.flow is not None:
                self.woken = now

    # -- over a restart ------------------------------------------------------------------

    def kept(self, now: int) -> tuple[int, ...]:
        """What `resume` needs of the present day, besides its minutes from the waking on.

        Empty for a day that can be told from its anchor.
        """
        if not (self.woken or (self.course is None and self.tape.transactions)):
            return ()
        self.follow(now)
        return (self.woken, int(self.moved), *self.tape.figures())

    def resume(self, kept: Sequence[int], minutes: Iterable[Row], now: int) -> None:
        """Take up the present day where another process has left it."""
        self.woken, moved, *figures = kept
        self.moved = bool(moved)
        self.looked = True
        course = self.course
        if course is not None:
            if self.woken > course.start:
                self._write(course, course.point(self.woken))
            self._next = course.point(now) + 1
        self.tape.resume(minutes, figures)
