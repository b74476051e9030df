"""What was on its way when a process ended or its terminal was lost, and has no answer yet.

Nothing of it is ever sent again. An order is asked for by its key instead: the terminal
says which number it has, that it never came and never will, or that nobody knows. Of
everything else two that are alike cannot be told apart, so it stays unknown and who asks
is told where to look.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from xtnb.errors import RefusalCode
from xtnb.link.once import NEVER_CAME, NO_KEYS, NOTHING, First, keys_of, made_void, repeated
from xtnb.vocabulary.messages import Reply, Request
from xtnb.vocabulary.outcomes import unknown

_ORDER = "order_stock"
_OTHER_DAY = (
    "没有发送：key 已于 {0} 用过（{1}），请换一个 key / "
    "not sent: this key was used on {0} ({2}); take a new one"
)
_TRADING_DAY = timedelta(hours=8 + 6)  # Shanghai; the evening belongs to the next day


def trading_day(at: int) -> str:
    """The trading day of a moment, ns since the epoch, such as "2026-11-20"."""
    return f"{datetime.fromtimestamp(at / 1e9, UTC) + _TRADING_DAY:%Y-%m-%d}"


def of_another_day(request: Request, day: str, before: Reply) -> Reply:
    """The answer to an order whose key was used on another trading day: a broker's number is
    good for its day alone, and may be that of another order now."""
    zh, en = "结果未知", "its outcome is unknown"
    if isinstance(before.value, int) and before.value > 0:
        zh, en = f"委托 {before.value}", f"order {before.value}"
    elif before.error_id != RefusalCode.OUTCOME_UNKNOWN:
        zh, en = "被拒绝", "it was refused"
    text = _OTHER_DAY.format(day, zh, en)
    return Reply(request.seq, NOTHING.get(request.method), text, RefusalCode.REPEATED)


def unanswered(request: Request) -> Reply:
    """What is said of a request that was sent and not answered."""
    text = unknown(request.method)
    return Reply(request.seq, NOTHING.get(request.method), text, RefusalCode.OUTCOME_UNKNOWN)


def other(before: Request, request: Request) -> Reply | None:
    """The refusal of a request whose key names another one that has no answer yet; else None."""
    answer = repeated(request, lambda _: (before, Reply(0, None)))
    return answer if answer is not None and answer.error else None


class LeftOver:
    """By the name of an intent, the request; None for one that can be read no more."""

    def __init__(self) -> None:
        self._requests: dict[str, Request | None] = {}
        self._asked: dict[int, Request] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._requests

    def add(self, name: str, request: Request | None) -> None:
        """That intent has no answer."""
        self._requests[name] = request

    def settled(self, name: str) -> None:
        """That intent has its answer."""
        self._requests.pop(name, None)

    def lost(self) -> None:
        """The terminal is lost: what was asked of it is answered by nobody."""
        self._asked.clear()

    def instead(self, name: str, request: Request) -> Request | Reply:
        """What is asked of the terminal in place of a request that may have come already; or
        the answer, where asking is of no use."""
        before = self._requests[name]
        if before is not None and (refusal := other(before, request)) is not None:
            return refusal
        if request.method != _ORDER:
            return unanswered(request)
        self._asked[request.seq] = request
        return request._replace(method="outcome", arguments={"keys": (request.key,)}, key="")

    def read(self, reply: Reply) -> Reply:
        """The answer to what was asked instead, as one to the request; others as they are."""
        request = self._asked.pop(reply.seq, None)
        if request is None:
            return reply
        found = reply.value if isinstance(reply.value, list | tuple) else ()
        if reply.error or len(found) != 1:
            return unanswered(request)
        if found[0] is None:
            return Reply(reply.seq, NOTHING[_ORDER], NEVER_CAME, RefusalCode.EXPIRED)
        return Reply(reply.seq, *found[0])


class Outcomes:
    """Answers what became of keys, of which a part is known on this side."""

    def __init__(self, first: First) -> None:
        self._first = first
        self._known: dict[int, tuple[list[str], dict[str, tuple[Any, str] | None]]] = {}

    def ask(self, request: Request) -> Request | Reply:
        """What is left to be asked of the terminal, or the whole answer."""
        keys = keys_of(request)
        if keys is None:
            return Reply(request.seq, None, NO_KEYS)
        known: dict[str, tuple[Any, str] | None] = {}
        for key in keys:
            found = self._first(request._replace(key=key))
            if found is not None:
                reply = found[1]
                known[key] = None if made_void(reply) else (reply.value, reply.error)
        if not known:
            return request
        if len(known) == len(keys):
            return Reply(request.seq, [known[key] for key in keys])
        self._known[request.seq] = (keys, known)
        rest = tuple(key for key in keys if key not in known)
        return request._replace(arguments={"keys": rest})

    def read(self, reply: Reply) -> Reply:
        """The terminal's answer with what was known; other replies as they are."""
        keys, known = self._known.pop(reply.seq, ([], {}))
        if not keys or not isinstance(reply.value, list):
            return reply
        rest = iter(reply.value)
        return reply._replace(value=[known[key] if key in known else next(rest) for key in keys])

    def lost(self) -> None:
        """The terminal is lost: what was asked of it is answered by nobody."""
        self._known.clear()
