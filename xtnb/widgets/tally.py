"""What a day's orders and fills add up to, kept as they come.

A panel is drawn twenty times a second and an account may have many thousand
fills, so nothing here is counted twice: a push costs the same whatever came
before it.
"""

from __future__ import annotations

from collections import defaultdict
from threading import Lock
from typing import Any

from xtnb import xtconstant as c
from xtnb.vocabulary.records import XtOrder, XtTrade
from xtnb.widgets.actions import BUYING
from xtnb.widgets.minutes import minute_of
from xtnb.widgets.needs import Books

WORKING = frozenset(
    {
        c.ORDER_UNREPORTED,
        c.ORDER_WAIT_REPORTING,
        c.ORDER_REPORTED,
        c.ORDER_REPORTED_CANCEL,
        c.ORDER_PARTSUCC_CANCEL,
        c.ORDER_PART_SUCC,
    }
)
CANCELLABLE = WORKING - {c.ORDER_REPORTED_CANCEL, c.ORDER_PARTSUCC_CANCEL}


class Tally:
    """Working orders, and fills by code. Every method may be called on any thread."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._lock = Lock()
        self._working: dict[Any, XtOrder] = {}
        self._clear()
        self._ends = []
        for rows, changed in ((books.orders, self._ordered), (books.trades, self._traded)):
            with rows.lock:
                self._ends.append(rows.on_change(changed))
                for key in rows.keys():  # noqa: SIM118 - a method of rows, which are no dict
                    changed(key, {})

    def close(self) -> None:
        """Stop following. May be called twice."""
        while self._ends:
            self._ends.pop()()

    def cancellable(self) -> int:
        """How many orders can be cancelled now."""
        with self._lock:
            return sum(order.order_status in CANCELLABLE for order in self._working.values())

    def working(self, code: str) -> list[XtOrder]:
        """The working orders of a code that have a price, oldest first."""
        with self._lock:
            orders = list(self._working.values())
        return [order for order in orders if order.stock_code == code and order.price > 0]

    def fills(self, code: str) -> list[tuple[int, bool, int, float]]:
        """Own fills of a code: (end of the minute in epoch seconds, bought, shares, yuan)."""
        with self._lock:
            found = sorted(self._fills[code].items()) if code in self._fills else []
        return [(minute, buy, shares, money) for (minute, buy), (shares, money) in found]

    def flows(self) -> dict[str, tuple[int, float]]:
        """By code: shares bought less sold today, and cash that came in less fees, yuan."""
        with self._lock:
            return dict(self._flows)

    def _clear(self) -> None:
        self._seen: set[Any] = set()
        self._fills: dict[str, dict[tuple[int, bool], tuple[int, float]]] = defaultdict(dict)
        self._flows: dict[str, tuple[int, float]] = {}

    def _ordered(self, key: Any, _: dict[str, Any]) -> None:
        order = self._books.orders.get(key)
        with self._lock:
            if isinstance(order, XtOrder) and order.order_status in WORKING:
                self._working[key] = order
            else:
                self._working.pop(key, None)

    def _traded(self, key: Any, _: dict[str, Any]) -> None:
        trade = self._books.trades.get(key)
        with self._lock:
            if trade is None and key in self._seen:  # a new day: the table is emptied
                self._clear()
                for left in self._books.trades.keys():  # noqa: SIM118
                    self._add(left, self._books.trades.get(left))
            elif key not in self._seen:
                self._add(key, trade)

    def _add(self, key: Any, trade: Any) -> None:
        if not isinstance(trade, XtTrade):
            return
        self._seen.add(key)
        buy, code = trade.order_type in BUYING, trade.stock_code
        minute = minute_of(trade.traded_time), buy
        shares, money = self._fills[code].get(minute, (0, 0.0))
        amount = trade.traded_price * trade.traded_volume
        self._fills[code][minute] = (shares + trade.traded_volume, money + amount)
        net, cash = self._flows.get(code, (0, 0.0))
        if buy:
            moved = net + trade.traded_volume, cash - trade.traded_amount - trade.commission
        else:
            moved = net - trade.traded_volume, cash + trade.traded_amount - trade.commission
        self._flows[code] = moved
