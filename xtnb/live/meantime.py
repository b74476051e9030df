"""What happened to an account while no notebook of this user here was connected to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from xtnb.live.books import AccountBooks
from xtnb.live.origin import same_place
from xtnb.live.picture import Picture
from xtnb.live.reconcile import differences
from xtnb.vocabulary.reconciliation import Finding, FindingKind
from xtnb.vocabulary.records import XtTrade
from xtnb.vocabulary.subjects import fill_name

MOST = 2_000  # orders, and fills, that are remembered: the latest
_WHEN = "发生在此处未连接期间 / while nobody was connected from here"
_EARLIER = "本笔记本重启前发出 / sent from this notebook before it was restarted"
Mark = tuple[str, int]
_DAY = 86_400
_SHANGHAI = 8 * 3600
_AHEAD = timedelta(seconds=_SHANGHAI)


def known(books: AccountBooks) -> dict[str, Any]:
    """What is known of the account now, short enough to be written every second."""
    orders = books.orders.records()[-MOST:]
    trades = books.trades.records()[-MOST:]
    return {
        "orders": [
            [one.order_id, _day(one.order_time), one.order_status, one.traded_volume]
            for one in orders
        ],
        "trades": [[fill_name(one), _day(one.traded_time)] for one in trades],
    }


def happened(seen: dict[str, Any], books: AccountBooks) -> list[Finding]:
    """Fills, orders and changes of orders since then; nothing when it was never seen.

    Raises:
        TypeError, ValueError: `seen` was not written by `known`.
    """
    if not seen:
        return []
    orders, trades = books.orders.by_key(), books.trades.by_key()
    states = {(str(number), day): (status, done) for number, day, status, done in seen["orders"]}
    before = Picture()
    for number, mark in _old({n: _mark(n, one.order_time) for n, one in orders.items()}, states):
        status, done = states.get(mark, (orders[number].order_status, orders[number].traded_volume))
        before.orders[number] = replace(orders[number], order_status=status, traded_volume=done)
    marks = dict.fromkeys((number, day) for number, day in seen["trades"])
    for key, _ in _old({k: _fill_mark(one, marks) for k, one in trades.items()}, marks):
        before.trades[key] = trades[key]
    found = differences(before, Picture(orders, trades), lambda _: False, expected=True)
    for finding in found:
        finding.done = _WHEN
    return found


def tell_earlier(
    found: list[Finding], books: AccountBooks, senders: Callable[[int], dict[str, str]]
) -> None:
    """Call by its name what this notebook has sent in an earlier life.

    A kernel that is killed may have sent an order that it could not write down as seen.

    Args:
        found: what happened meanwhile.
        senders: the origin of each order by its number, since a day, YYYYMMDD.
    """
    foreign = [one for one in found if one.kind == FindingKind.ELSEWHERE]
    orders = {str(number): one for number, one in books.orders.by_key().items()}
    times = [orders[one.subject].order_time for one in foreign if one.subject in orders]
    if not times:
        return
    origins = senders(int(f"{datetime.fromtimestamp(min(times), UTC) + _AHEAD:%Y%m%d}"))
    for finding in foreign:
        if same_place(origins.get(finding.subject, "")):
            finding.kind, finding.done = int(FindingKind.EARLIER), _EARLIER


def _old(marks: dict[Any, Mark], seen: dict[Mark, Any]) -> list[tuple[Any, Mark]]:
    """What was there already: what is remembered and, where that is cut off, what stands before."""
    rows = list(marks.items())
    if len(seen) < MOST:
        return [row for row in rows if row[1] in seen]
    last = max((at for at, row in enumerate(rows) if row[1] in seen), default=-1)
    return rows[: last + 1]


def _mark(number: Any, seconds: int) -> Mark:
    """Numbers may begin anew with the day."""
    return str(number), _day(seconds)


def _fill_mark(fill: XtTrade, seen: dict[Mark, Any]) -> Mark:
    """What an earlier xtnb has noted of a fill is its bare number."""
    bare = _mark(fill.traded_id, fill.traded_time)
    return bare if bare in seen else _mark(fill_name(fill), fill.traded_time)


def _day(seconds: int) -> int:
    return (seconds + _SHANGHAI) // _DAY
