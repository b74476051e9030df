"""Once: what bears a key is carried out once, and what never came can be made void.

A repeat of a key is answered with the first reply. The same key with another request
is a mistake and is refused. Asking for the outcome of a key that never came makes it
void: whatever is still on its way under it is never carried out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xtnb.errors import RefusalCode
from xtnb.vocabulary.messages import MOVES, Reply, Request

NOTHING = {"order_stock": -1}  # what a request that was not carried out returns; others None
_PLACED_NOWHERE = frozenset(
    {
        RefusalCode.EXPIRED,
        RefusalCode.NOT_DELIVERED,
        RefusalCode.LIMITED,
        RefusalCode.STOPPED,
    }
)
_VOID = "此请求已作废，不会执行 / this request was made void and is never carried out"
NEVER_CAME = "委托从未送达，也不会再送达 / it never reached the terminal, and never will"
ASKED_BEFORE = "该请求已被作废，没有发送 / not sent: it was asked what became of it before it came"
_VOIDS = frozenset({_VOID, NEVER_CAME, ASKED_BEFORE})
NO_KEYS = "keys 应为文本列表 / keys are a list of texts, none of them empty"
_TAKEN = "此 key 已用于另一笔请求（{0}） / this key names another request already ({0})"

ONLY_REPEATS = 1
"""As `Request.valid_until`: answer a repeat of its key, and carry out nothing."""

First = Callable[[Request], tuple[Request, Reply] | None]


def without_passwords(request: Request) -> Request:
    """The request as it may be written down and compared."""
    hidden = {name: "***" for name, value in request.arguments.items() if "pwd" in name and value}
    return request._replace(arguments={**request.arguments, **hidden}) if hidden else request


def keyed(request: Request) -> Request:
    """The request, without a key unless it moves something: others use none up."""
    return request if not request.key or request.method in MOVES else request._replace(key="")


def made_void(reply: Reply) -> bool:
    """Whether a request never came, and is never carried out under its key."""
    return reply.error in _VOIDS


def uses_up(reply: Reply) -> bool:
    """Whether a reply is for every repeat of its key: a request that was placed nowhere may
    come again under its key, unless that was made void."""
    placed = reply.value not in (-1, None)
    return placed or made_void(reply) or reply.error_id not in _PLACED_NOWHERE


def repeated(request: Request, first: First) -> Reply | None:
    """The answer to a request whose key came before; None when it is the first."""
    found = first(request)
    if found is None:
        return None
    asked, reply = found
    if reply.error == _VOID or _same(asked, request):
        return reply._replace(seq=request.seq)
    number = reply.value if isinstance(reply.value, int) else asked.method
    nothing = NOTHING.get(request.method)
    return Reply(request.seq, nothing, _TAKEN.format(number), RefusalCode.REPEATED)


def outcome(request: Request, first: First, note: Callable[[Request, Reply], object]) -> Reply:
    """What became of the requests with these keys: (value, error), or None for one made void.

    Args:
        request: its argument "keys" names them.
        first: the request that bore a key, and its reply.
        note: writes a request and its reply down.
    """
    told: list[tuple[Any, str] | None] = []
    keys = keys_of(request)
    if keys is None:
        return Reply(request.seq, None, NO_KEYS)
    for key in keys:
        asked = request._replace(key=key, arguments={})
        found = first(asked)
        if found is None:
            note(asked, Reply(request.seq, -1, _VOID, RefusalCode.EXPIRED))
        reply = found[1] if found is not None else None
        told.append((reply.value, reply.error) if reply and not made_void(reply) else None)
    return Reply(request.seq, told)


def keys_of(request: Request) -> list[str] | None:
    """The keys that an outcome is asked of; None when they are no such thing."""
    keys = request.arguments.get("keys")
    sound = isinstance(keys, list | tuple) and all(isinstance(one, str) and one for one in keys)
    return list(keys) if sound and keys is not None else None


def _same(one: Request, other: Request) -> bool:
    arguments = [dict(without_passwords(each).arguments) for each in (one, other)]
    return one.method == other.method and arguments[0] == arguments[1]
