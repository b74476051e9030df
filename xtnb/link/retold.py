"""What was told already: a broker's terminal tells the whole day again to each new session.

A fill is news once, an order when something about it has changed. What an earlier process
has told stands in the journal and is read for each account once. A broker's numbers may
begin anew with the trading day, so each belongs to the trading day of its own time, whose
night session is the evening before.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

from xtnb import xtconstant as c
from xtnb.vocabulary.messages import Push
from xtnb.vocabulary.records import XtOrder, XtTrade
from xtnb.vocabulary.subjects import fill_name, order_name

_log = logging.getLogger("xtnb.link")

_DONE = frozenset({c.ORDER_PART_CANCEL, c.ORDER_CANCELED, c.ORDER_SUCCEEDED, c.ORDER_JUNK})
_DAY = 86_400
_EVENING = (8 + 6) * 3_600  # Shanghai's hours, and those of an evening before midnight
_A_TIME = 10**9  # s since the epoch: below, a broker has put something else there
_DAYS = 5


class Retold:
    """Tells news from what was told before. For one thread.

    Args:
        stored: account type and number -> the orders and fills that the journal has
            of these days, the oldest first.
        wall: ns since the epoch.
    """

    def __init__(
        self, stored: Callable[[int, str], Iterable[Any]], wall: Callable[[], int]
    ) -> None:
        self._stored = stored
        self._wall = wall
        self._known: dict[tuple[int, str], Known] = {}

    def is_news(self, push: Push) -> bool:
        """Whether a push tells what was not told yet; from now on it was."""
        if not isinstance(push.record, XtOrder | XtTrade):
            return True
        account = (push.account_type, push.account_id)
        known = self._known.get(account)
        if known is None:
            known = self._known[account] = Known()
            try:
                for record in self._stored(*account):
                    known.take(record)
            except Exception:  # such as a row that is damaged
                _log.exception("what was told before is told again")
        return known.take(push.record, self._wall() // 10**9)


class _Told:
    """What was told of one trading day."""

    def __init__(self) -> None:
        self.fills: set[str] = set()
        self.orders: dict[str, XtOrder] = {}


class Known:
    """The fills and orders of an account that were told, by trading day."""

    def __init__(self) -> None:
        self._days: dict[int, _Told] = {}

    def take(self, record: XtOrder | XtTrade, now: int = 0) -> bool:
        """Whether a record is news; from now on it was told.

        Args:
            record: of that account.
            now: s since the epoch: what bears no time of its own is of that day. Without,
                it is always news.
        """
        at = record.traded_time if isinstance(record, XtTrade) else record.order_time
        if at < _A_TIME:
            at = now
        if not at:
            return True
        of_day = self._of_day(at)
        if isinstance(record, XtTrade):
            fill = fill_name(record)
            known = fill in of_day.fills
            of_day.fills.add(fill)
            return not known or not record.traded_id  # better told twice than never
        order = order_name(record)
        before = of_day.orders.get(order)
        if before is not None and (before == record or _is_older(record, before)):
            return False
        of_day.orders[order] = record
        return True

    def _of_day(self, seconds: int) -> _Told:
        day = (seconds + _EVENING) // _DAY
        found = self._days.get(day)
        if found is None:
            found = self._days[day] = _Told()
            if len(self._days) > _DAYS:
                del self._days[min(self._days)]
        return found


def _is_older(record: XtOrder, known: XtOrder) -> bool:
    """Whether late news tells of an earlier state: fewer shares, or not done yet."""
    done = known.order_status in _DONE and record.order_status not in _DONE
    return done or record.traded_volume < known.traded_volume
