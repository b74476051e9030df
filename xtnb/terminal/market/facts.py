"""What can be asked of a market without waking anything."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from xtnb.rules.listed import DayTerms, Listed, rules_of, unit_of
from xtnb.terminal.book import BookOrder
from xtnb.terminal.market.history import Bar, History
from xtnb.terminal.market.past import Past
from xtnb.terminal.market.pit import Pit
from xtnb.terminal.market.roster import Roster, not_traded
from xtnb.terminal.market.state import MarketState, Reducer
from xtnb.terminal.market.tape import Tape
from xtnb.vocabulary.records import Quote


class Facts:
    """Prices, rules and bars by code, as of the present.

    Args:
        state: where the market begins, or goes on from.
        instruments: what is listed; None for a list that follows the day.
        flow: False for a market in which only accounts trade.

    Attributes:
        seed: all chance comes from it.
        instruments: by code, of the present day.
    """

    def __init__(
        self, state: MarketState, instruments: Iterable[Listed] | None, *, flow: bool
    ) -> None:
        self.seed = state.seed
        self._now = state.now
        self._reducer = Reducer(state.started, state.seed)
        self._roster = Roster(state, instruments, flow=flow)
        self.instruments = self._roster.instruments
        self._pits = self._roster.pits
        self._rules = self._roster.rules
        self._histories: dict[str, History] = {}
        self._marks: dict[str, Pit] = {}  # what sleeps and has its mark with somebody

    def now(self) -> int:
        """Market time, ns: that of the event being run, else of the last `advance`."""
        return self._now

    def day(self) -> date:
        """The present trading day."""
        return self._roster.day

    def prev_close(self, code: str) -> int:
        """Yesterday's last price, 1e-4 yuan. Raises Refused for an unknown code."""
        return self.rules(code).prev_close

    def last_price(self, code: str) -> int:
        """The last price, 1e-4 yuan; the previous close until there is one."""
        return self._roster.pit(code).price(self._now)

    def volume(self, code: str) -> int:
        """What has been traded on the present day."""
        pit = self._roster.pit(code)
        pit.follow(self._now)
        return pit.tape.volume

    def mark(self, code: str) -> Tape:
        """What keeps the last price of a code: its `last` is always the present one.

        Nothing else of it is, while the code sleeps. That price moves every 15 seconds.
        """
        pit = self._roster.pit(code)
        pit.marked = True
        if pit.asleep:
            pit.show(self._now)
            self._marks[pit.code] = pit
        return pit.tape

    def rules(self, code: str) -> DayTerms:
        """The rules of the present day. Raises Refused for an unknown code."""
        rules = self._rules.get(code)
        if rules is None:
            raise not_traded(code)
        return rules

    def settlement(self, code: str) -> int:
        """What the next day would begin from if the present one ended now, 1e-4 yuan.

        For most kinds the last price, for futures the average of the day. That of a day
        in which no account has traded is the average of its course.

        Raises:
            Refused: an unknown code.
        """
        self._roster.pit(code)
        return self._roster.settlement(code, self._now)

    def _show_marks(self) -> None:
        for pit in self._marks.values():
            pit.show(self._now)

    def holds(self, code: str, order: BookOrder) -> bool:
        """Whether an account's order rests on its book."""
        pit = self._pits.get(code)
        return pit is not None and pit.book.holds(order)

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
        pit = self._roster.pit(code)
        pit.recall(self._now)
        until = 0 if pit.asleep else self._now  # a course has no minute without trades
        history = self._history(code)
        return history.bars(period, self._roster.day, until, start_ns, end_ns, count)

    def _history(self, code: str) -> History:
        history = self._histories.get(code)
        if history is None:
            pit = self._pits[code]
            day, reference = pit.first
            past = Past(pit.instrument, rules_of(pit.instrument, reference, day), self.seed)
            unit = unit_of(self.instruments[code])
            history = self._histories[code] = History(past, pit.tape, unit)
        return history

    def keep(self) -> MarketState:
        """What a later process needs to go on from here with `Market(..., restore=...)`.

        Restored, the market has the same day, previous closes, statistics and bars; its
        books are filled anew. The snapshots that bars("tick") gives are not kept.
        """
        each = self._roster.each()
        return self._reducer.reduce(self._now, self._rules, self.instruments, each)
