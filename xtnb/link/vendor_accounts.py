"""Which accounts a MiniQMT has.

At the vendor an account that is not there and one without rows give the same empty list, so
a request for one that was not listed has the list asked for again: by a worker, because the
call may never return, and once in some seconds at most, because any client may name any
account. Such requests wait here meanwhile, and no others do.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, NamedTuple

from xtnb.errors import RefusalCode
from xtnb.link.vendor_asked import Asked, Limits, News
from xtnb.link.vendor_calls import ORDER
from xtnb.link.vendor_records import rows
from xtnb.link.vendor_workers import Workers
from xtnb.vocabulary.messages import PushKind, Reply, Request
from xtnb.vocabulary.records import XtAccountInfo, XtOrderError

_log = logging.getLogger("xtnb.link")

_AGAIN_SECONDS = 3.0
Account = tuple[int, str]


class Listed(NamedTuple):
    """The accounts that the terminal has; None when it does not say."""

    accounts: set[Account] | None


class Accounts:
    """See above. Everything is called on the owner's thread.

    Args:
        ask: asks the terminal for its accounts; may hang.
        workers: where it is asked.
        requests: what the owner reads, where the answer goes.
        limits: how long things may take.

    Attributes:
        waiting: requests that wait for the answer, in their order.
    """

    def __init__(
        self,
        ask: Callable[[], Listed],
        workers: Workers,
        requests: SimpleQueue[Request | Listed | None],
        limits: Limits,
    ) -> None:
        self._ask = ask
        self._workers = workers
        self._requests = requests
        self._limits = limits
        self._known: set[Account] | None = None
        self._until: float | None = None
        self._rests_until = float("-inf")
        self.waiting: list[Request] = []

    @property
    def patience(self) -> float | None:
        """Seconds until the terminal counts as not saying; None when it is not asked."""
        return None if self._until is None else max(0.0, self._until - self._limits.now())

    def has(self, request: Request) -> bool | None:
        """Whether the account of a request is there; None when it waits to be known."""
        account = request.account_type, request.account_id
        if self._known is None or account in self._known:
            return True
        if self._until is None:
            if self._limits.now() < self._rests_until:
                return False
            if not self._workers.give(self, lambda: self._requests.put(self._ask()), 0):
                return True  # it will hear itself that none is free
            self._until = self._limits.now() + 2 * self._limits.inner
        self.waiting.append(request)
        return None

    def heard(self, listed: Listed) -> list[Request]:
        """What the terminal said, if anything; the requests that waited for it."""
        if self._until is not None:
            self._workers.leave_alone(self)
            self._rests_until = self._limits.now() + _AGAIN_SECONDS
        self._known, self._until = listed.accounts, None
        waiting, self.waiting = self.waiting, []
        return waiting


def listed(trader: Any, carry_for: Callable[[Asked], None]) -> Listed:
    """Ask for the accounts, on the link's own behalf."""
    asked = Asked(Request(0, "query_account_infos", 0, "", {}), None, 0.0)
    asked.inner = True
    carry_for(asked)
    try:
        found = rows(XtAccountInfo, trader.query_account_infos())
    except Exception as fault:
        _log.warning("MiniQMT does not list its accounts: %r", fault)
        return Listed(None)
    return Listed({(info.account_type, info.account_id) for info in found} or None)


def stranger(request: Request) -> list[Reply | News]:
    """The answer to a request for an account that is not there."""
    number, kind = request.account_id, request.account_type
    text = f"终端没有账号 {number} / the terminal has no account {number}"
    code = int(RefusalCode.UNKNOWN_ACCOUNT)
    if request.method != ORDER:
        value = -1 if request.method in ("subscribe", "unsubscribe") else None
        return [Reply(request.seq, value, text, code)]
    asked = request.arguments
    names = asked["strategy_name"], asked["order_remark"]
    error = XtOrderError(number, -1, code, text, *names, request.seq, kind)
    told = News(PushKind.ORDER_ERROR, kind, number, error, request.session, request.seq)
    return [Reply(request.seq, -1, text, code), told]
