"""The market's part of what is kept: rows that a journal can hold, and the state from them.

Time and figures of the day are one small row, written with every group. What changes once
a day is another. The minute bars of what was awake are a row for each code and hour, of
which only the last one changes, once a minute.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from xtnb.journal import Kept
from xtnb.terminal.accounts.orders import Order
from xtnb.terminal.clock import MINUTE
from xtnb.terminal.engine import PaperTerminal
from xtnb.terminal.keeping.codec import KeepingError, pack, unpack
from xtnb.terminal.market import Market, MarketState

MARKET = "market"
LAYOUT = 2

_NOW, _DAY = "", "day"
_OF_NOW = ("now", "figures")
_OF_DAY = (
    *("seed", "started", "day", "references", "openings"),
    *("days", "unseen", "ended", "firsts"),
)
_HOUR = 60 * MINUTE


class MarketKeeper:
    """Knows which rows of a market's state are not in its journal yet.

    Args:
        market: whose state it is.
        names: of the rows that the journal has.
    """

    def __init__(self, market: Market, names: Iterable[str] = ()) -> None:
        self._market = market
        self._last: MarketState | None = None
        self._hours = set(names) - {_NOW, _DAY}

    def rows(self) -> list[Kept]:
        """What has to be written; rows without a body are dropped."""
        state, last = self._market.keep(), self._last
        rows = [Kept(MARKET, _NOW, _packed(state, _OF_NOW))]
        if last is None or state.days is not last.days:
            rows.append(Kept(MARKET, _DAY, _packed(state, _OF_DAY)))
        same = last is not None and state.day == last.day
        if not same:
            rows += [Kept(MARKET, name, None) for name in sorted(self._hours)]
            self._hours.clear()
        for code, minutes in state.minutes.items():
            before = last.minutes.get(code, ()) if last is not None and same else ()
            if minutes is not before:
                fresh = {_hour(row) for row in minutes[len(before) :]}
                for hour in sorted(fresh):
                    name = f"{code} {hour}"
                    bars = [row for row in minutes if _hour(row) == hour]
                    rows.append(Kept(MARKET, name, pack([LAYOUT, bars])))
                    self._hours.add(name)
        self._last = state
        return rows


def kept_state(rows: Iterable[tuple[str, bytes]]) -> MarketState:
    """The state of a market from its rows.

    Raises:
        KeepingError: they are of another layout, or not all are there.
    """
    fields: dict[str, Any] = {}
    minutes: dict[str, list[tuple[int, ...]]] = {}
    for name, body in rows:
        layout, *parts = unpack(body)
        if layout != LAYOUT:
            raise KeepingError(f"a market of layout {layout} is not known here")
        if name in (_NOW, _DAY):
            fields |= zip(_OF_DAY if name else _OF_NOW, parts, strict=True)
        else:
            minutes.setdefault(name.rpartition(" ")[0], []).extend(parts[0])
    if len(fields) != len(_OF_DAY) + len(_OF_NOW):
        raise KeepingError("a market is there in part only")
    bars = {code: tuple(sorted(found)) for code, found in minutes.items()}
    return MarketState(**fields, minutes=bars)


def put_back(terminal: PaperTerminal, orders: list[Order]) -> None:
    """Rest open orders on their books, first come first; see `Market.put_back`."""
    for order in orders:
        terminal.market.put_back(order.fixed["stock_code"], order)


def _packed(state: MarketState, fields: tuple[str, ...]) -> bytes:
    return pack([LAYOUT, *(getattr(state, name) for name in fields)])


def _hour(row: tuple[int, ...]) -> int:
    return (row[0] - 1) // _HOUR
