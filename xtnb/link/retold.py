"""What was told already: a broker's terminal tells the whole day again to each new session.

A fill is news once, an order when something about it has changed. What an earlier process
has told stands in the journal and is read for each account once. A broker's numbers may
begin anew with the day, so each belongs to the day of its own time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

from xtnb import xtconstant as c
from xtnb.vocabulary.messages import Push
from xtnb.vocabulary.records import XtOrder, XtTrade

_log = logging.getLogger("xtnb.link")

_DONE = frozenset({c.ORDER_PART_CANCEL, c.ORDER_CANCELED, c.ORDER_SUCCEEDED, c.ORDER_JUNK})
_DAY = 86_400
_SHANGHAI = 8 * 3600
_A_TIME = 10**9  # s since the epoch: below, a broker has put something else there
_DAYS = 3  # a night session begins on the day before


class Retold:
    """Tells news from what was told before. For one thread.

    Args:
        stored: account type and number -> the orders and fills that the journal has
            of these days, the oldest first.
    """

    def __init__(self, stored: Callable[[int, str], Iterable[Any]]) -> None:
        self._stored = stored
        self._known: dict[tuple[int, str], _Known] = {}

    def is_news(self, push: Push) -> bool:
        """Whether a push tells what was not told yet; from now on it was."""
        if not isinstance(push.record, XtOrder | XtTrade):
            return True
        account = (push.account_type, push.account_id)
        known = self._known.get(account)
        if known is None:
            known = self._known[account] = _Known()
            try:
                for record in self._stored(*account):
                    known.take(record)
            except Exception:  # such as a row that is damaged
                _log.exception("what was told before is told again")
        return known.take(push.record)


class _Known:
    """The fills and orders of an account, by day."""

    def __init__(self) -> None:
        self._days: dict[int, dict[tuple[Any, ...], XtOrder | XtTrade]] = {}

    def take(self, record: XtOrder | XtTrade) -> bool:
        if isinstance(record, XtTrade):
            if not record.traded_id or record.traded_time < _A_TIME:
                return True  # better told twice than never
            name = (record.stock_code, record.order_id, record.traded_id)
            of_day = self._of_day(record.traded_time)
            known = name in of_day
            of_day[name] = record
            return not known
        if record.order_time < _A_TIME:
            return True
        of_day = self._of_day(record.order_time)
        before = of_day.get((record.order_id,))
        if isinstance(before, XtOrder) and (before == record or is_older(record, before)):
            return False
        of_day[(record.order_id,)] = record
        return True

    def _of_day(self, seconds: int) -> dict[tuple[Any, ...], XtOrder | XtTrade]:
        day = (seconds + _SHANGHAI) // _DAY
        found = self._days.get(day)
        if found is None:
            found = self._days[day] = {}
            if len(self._days) > _DAYS:
                del self._days[min(self._days)]
        return found


def is_older(record: XtOrder, known: XtOrder) -> bool:
    """Whether late news tells of an earlier state: fewer shares, or not done yet."""
    done = known.order_status in _DONE and record.order_status not in _DONE
    return done or record.traded_volume < known.traded_volume
