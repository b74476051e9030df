"""`desk.clock`: the time of a paper market, and how to move it where it is moved by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta, timezone
from typing import Any, Protocol

from xtnb.errors import InputError
from xtnb.rules.calendar import is_trading_day

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")

_MS = 1_000_000
_DAY = timedelta(days=1)
_DAYS = (*["a holiday"] * 5, "Saturday", "Sunday")
_OPENS = time(9, 30, tzinfo=SHANGHAI)


class Host(Protocol):
    """What runs the market. See link/local.py."""

    @property
    def market(self) -> Any: ...
    def call(self, function: Callable[[], int]) -> int: ...
    def advance(self, seconds: float) -> None: ...


class MarketClock:
    """The time of the paper market; with clock="hand" it moves only when you say so.

    Args:
        host: runs the market; None where the terminal is not of this process.
        settle: returns when every push sent so far has been heard.
        renew: asks the terminal for everything again.
    """

    def __init__(
        self, host: Host | None, settle: Callable[[], None], renew: Callable[[], None]
    ) -> None:
        self._host = host
        self._settle = settle
        self._renew = renew

    def now(self) -> datetime:
        """The market's time, in Shanghai.

        Raises:
            NotConnected: the desk is closed and the market sleeps.
        """
        host = self._found()
        milliseconds = host.call(host.market.now) // _MS
        return datetime.fromtimestamp(milliseconds // 1000, SHANGHAI).replace(
            microsecond=milliseconds % 1000 * 1000
        )

    def advance(self, seconds: float) -> datetime:
        """Move the market on; what happens meanwhile has been heard when this returns.

        Returns:
            The market's new time.

        Raises:
            InputError: seconds is not above 0, or the clock follows the time.
        """
        self._found().advance(seconds)
        self._settle()
        return self.now()

    def next_day(self) -> datetime:
        """Move to 09:30 of the next calendar day: shares arrive, orders expire, lists are empty.

        The paper market trades on every day, on Saturdays, Sundays and holidays too; from a
        Friday call it three times for the Monday. The clock's repr says when no exchange trades.

        Returns:
            The market's new time.

        Raises:
            InputError: the clock follows the time.
        """
        moment = self.now()
        opens = datetime.combine(moment.date() + _DAY, _OPENS)
        self._found().advance((opens - moment).total_seconds())
        self._settle()
        self._renew()
        return self.now()

    def _found(self) -> Host:
        if self._host is None:
            raise InputError("clock", None, "a desk at a paper terminal of this process")
        return self._host

    def __repr__(self) -> str:
        if self._host is None:
            return "<MarketClock of a terminal elsewhere>"
        now = self.now()
        day = "" if is_trading_day(now.date()) else f", {_DAYS[now.weekday()]}: no exchange trades"
        return f"<MarketClock {now:%Y-%m-%d %H:%M:%S}{day}>"
