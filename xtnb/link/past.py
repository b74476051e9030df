"""Orders and fills by day at a terminal that knows the present day only. 历史

The days before come from a journal of ours, which has what the terminal told while it was
looked at. Each belongs to the day of its own time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from xtnb.journal import Journal
from xtnb.link.codec import decode
from xtnb.link.senders import SENDERS, senders
from xtnb.vocabulary.messages import Push, PushKind, Reply, Request
from xtnb.vocabulary.subjects import about

_log = logging.getLogger("xtnb.link")

_KINDS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "orders": (PushKind.ORDER, "query_stock_orders", {"cancelable_only": False}),
    "trades": (PushKind.TRADE, "query_stock_trades", {}),
}
_NOT_KEPT = (
    "MiniQMT 服务端只保存每日委托与成交，没有历史资金与持仓 / "
    "of a MiniQMT the orders and fills of each day are kept, not its money and positions"
)
_SHANGHAI = timedelta(hours=8)
_NEAR = 3 * 86_400  # seconds; a time that is further away from now is none


def day_of(record: Any, now: int) -> int:
    """YYYYMMDD of a record's own time; of `now`, ns since the epoch, where it has none."""
    seconds = getattr(record, "traded_time", 0) or getattr(record, "order_time", 0)
    if not isinstance(seconds, int) or abs(seconds - now // 10**9) > _NEAR:
        seconds = now // 10**9
    return int(f"{datetime.fromtimestamp(seconds, UTC) + _SHANGHAI:%Y%m%d}")


class Past:
    """Answers `history`, and knows what was told of these days. For one thread.

    Args:
        journal: the open one.
        wall: ns since the epoch.
    """

    def __init__(self, journal: Callable[[], Journal], wall: Callable[[], int]) -> None:
        self._journal = journal
        self._wall = wall
        self._waiting: dict[int, Request] = {}

    def ask(self, request: Request) -> Request | Reply:
        """What is to be asked of the terminal for it, or the whole answer."""
        asked = request.arguments
        if asked["kind"] == SENDERS:
            return senders(self._journal(), request)
        kind = _KINDS.get(asked["kind"])
        if kind is None:
            return Reply(request.seq, None, _NOT_KEPT)
        if not asked["start"] <= day_of(None, self._wall()) <= asked["end"]:
            return Reply(request.seq, self._merged(request, []))
        self._waiting[request.seq] = request
        return request._replace(method=kind[1], arguments=kind[2])

    def read(self, reply: Reply) -> Reply:
        """The answer to what was asked, with the days before; other replies as they are."""
        request = self._waiting.pop(reply.seq, None)
        if request is None or reply.error:
            return reply
        try:
            return reply._replace(value=self._merged(request, list(reply.value or ())))
        except Exception as fault:  # such as a row that is damaged
            _log.exception("the days that have passed cannot be read")
            return reply._replace(value=None, error=f"{type(fault).__name__}: {fault}")

    def lost(self) -> None:
        """The terminal is lost: what was asked of it is answered by nobody."""
        self._waiting.clear()

    def told(self, account_type: int, account_id: str) -> list[Any]:
        """The orders and fills of an account that were told of these days."""
        days = day_of(None, self._wall() - _NEAR * 10**9), 99991231
        found = []
        for kind in (PushKind.ORDER, PushKind.TRADE):
            for body in self._journal().told(kind, account_type, account_id, *days):
                push = decode(body)
                assert isinstance(push, Push), "what is kept of a day are pushes"
                found.append(push.record)
        return found

    def _merged(self, request: Request, present: list[Any]) -> tuple[list[int], list[Any]]:
        """Days and records side by side; what the terminal says now holds."""
        asked, who = request.arguments, (request.account_type, request.account_id)
        first, last = asked["start"], asked["end"]
        rows = self._journal().latest(_KINDS[asked["kind"]][0], *who, first, last)
        found: dict[tuple[int, str], Any] = {}
        for day, body in rows:
            push = decode(body)
            assert isinstance(push, Push), "what is kept of a day are pushes"
            found[day, about(push.record)] = push.record
        for record in present:
            day = day_of(record, self._wall())
            if first <= day <= last:
                found[day, about(record)] = record
        names = sorted(found, key=lambda name: name[0])
        return [day for day, _ in names], [found[name] for name in names]
