"""Who sent which order, by the audit of a journal. Ours; a kind of `history` like any other."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from xtnb.journal import Journal
from xtnb.link.codec import decode
from xtnb.vocabulary.messages import Reply, Request

_log = logging.getLogger("xtnb.link")

SENDERS = "senders"
_SECOND = 1_000_000_000
_SHANGHAI = timedelta(hours=8)


def senders(journal: Journal, request: Request) -> Reply:
    """Days, and beside them number and origin of each order; `start` and `end` as in `history`."""
    asked, who = request.arguments, (request.account_type, request.account_id)
    days: list[int] = []
    rows: list[tuple[int, str]] = []
    try:
        first = datetime.strptime(str(asked["start"]), "%Y%m%d").replace(tzinfo=UTC) - _SHANGHAI
        since = int(first.timestamp()) * _SECOND
        for at, origin, body in journal.senders("order_stock", *who, since):
            reply, day = decode(body), _day(at)
            number = reply.value if isinstance(reply, Reply) else None
            if day <= asked["end"] and isinstance(number, int) and number > 0:
                days.append(day)
                rows.append((number, origin))
    except Exception as fault:  # such as a row that is damaged
        _log.exception("who sent the orders cannot be read")
        return Reply(request.seq, None, f"{type(fault).__name__}: {fault}")
    return Reply(request.seq, (days, rows))


def _day(at: int) -> int:
    return int(f"{datetime.fromtimestamp(at // _SECOND, UTC) + _SHANGHAI:%Y%m%d}")
