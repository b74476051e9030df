"""What a served terminal's link has subscribed: what it said so itself, and nothing else.

A terminal that has just started may know no account yet, and so refuse what is subscribed
again for a session that comes back. Taken for subscribed, that account would be silent
for as long as the terminal lives, and nobody would know.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from math import inf

from xtnb.vocabulary.messages import Reply, Request

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0  # seconds until a refused account is tried again
SUBSCRIPTIONS = frozenset({"subscribe", "unsubscribe", "quote_subscribe", "quote_unsubscribe"})

Account = tuple[int, str]


class Subscribed:
    """Accounts whose pushes come, and codes whose quotes come. Used under one lock.

    Args:
        now: seconds, for what is tried again.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._accounts: set[Account] = set()
        self._codes: set[str] = set()
        self._asked: dict[str, Request] = {}  # the newest that wants quotes of a code
        self._refused: dict[Account, tuple[float, float]] = {}  # when it is due, after what pause

    def has(self, account: Account) -> bool:
        """Whether the pushes of that account come."""
        return account in self._accounts

    def lacks(self, codes: Iterable[str]) -> list[str]:
        """Those of the codes whose quotes do not come."""
        return sorted(set(codes) - self._codes)

    def asks(self, request: Request) -> Request:
        """A request that begins or ends quotes is about to go to the link."""
        for code in request.arguments["codes"]:
            self._codes.discard(code)
            self._asked[code] = request
        return request

    def answered(self, request: Request, reply: Reply) -> bool:
        """The link answered one that it was sent; returns whether it did as asked."""
        fine = reply.value == 0 and not reply.error
        if request.method == "subscribe" and fine:
            account = (request.account_type, request.account_id)
            self._accounts.add(account)
            self._refused.pop(account, None)
        # a later one on the same code has an answer of its own
        last = [code for code, asked in self._asked.items() if asked is request]
        for code in last:
            del self._asked[code]
        if fine and request.method == "quote_subscribe":
            self._codes.update(last)
        return fine

    def refused(self, account: Account) -> bool:
        """What was subscribed again was refused; whether that is news."""
        pause = self._refused[account][1] if account in self._refused else _FIRST_PAUSE
        news = account not in self._refused
        self._refused[account] = self._now() + pause, min(2 * pause, _LONGEST_PAUSE)
        return news

    def due(self, wanted: Iterable[Account]) -> list[Account]:
        """Refused accounts to try again now; those that nobody wants any more are forgotten."""
        kept = set(wanted)
        self._refused = {one: when for one, when in self._refused.items() if one in kept}
        now = self._now()
        due = [account for account, (at, _) in self._refused.items() if at <= now]
        for account in due:
            self._refused[account] = inf, self._refused[account][1]  # until it is answered
        return due

    def clear(self) -> None:
        """The link was lost, and all this with it."""
        self._accounts.clear()
        self._codes.clear()
        self._asked.clear()
        self._refused.clear()
