"""Guard: keeps a ticket from sending while the account is not what it seems, or is locked.

Nothing here unlocks by itself. `arm` is what a click of a person in the browser asks
for, and the only place in xtnb that does it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil, inf
from typing import Any, Protocol

from xtnb.errors import NotConnected
from xtnb.live.connection import LinkState
from xtnb.live.standing import Standing

LIVE = {"text": "实盘 LIVE", "tone": "red"}
MINUTE = 60.0
_NOT_CANCELLED = "连接已断开，撤单未发出 / the link is lost: the cancel was not sent"

_READS = "只读密钥，撤单未发出 / this key may only read: the cancel was not sent"


class Form(Protocol):
    """What is guarded: a ticket."""

    blocked: Any
    banner: Any


class Guard:
    """Writes a ticket's `blocked` and `banner`, as its session stands.

    A `blocked` that somebody else has set stays as it is.

    Args:
        form: the ticket.
        standing: where its session stands.
        account_id: whose orders it sends.
    """

    def __init__(self, form: Form, standing: Standing, account_id: str) -> None:
        self._form = form
        self._standing = standing
        self._account_id = account_id
        self._said = ""
        if not standing.paper:
            form.banner = LIVE
        self.apply()

    def apply(self) -> None:
        """Bring the form up to date. Once it is shown, on the frame thread only."""
        reason = self._standing.reason or self._standing.stopped(self._account_id)
        if self._form.blocked in ("", self._said) and self._form.blocked != reason:
            self._form.blocked = reason
        self._said = reason

    def lock(self) -> dict[str, Any] | None:
        """What the lock of a live terminal shows; None at a paper one."""
        if self._standing.paper:
            return None
        arming, live = self._standing.arming, self._standing.state is LinkState.LIVE
        return {"armed": arming.armed, "minutes": ceil(arming.left / MINUTE), "can": live}

    @property
    def due(self) -> float:
        """Seconds until the lock reads differently by itself."""
        left = self._standing.arming.left
        return left - (ceil(left / MINUTE) - 1) * MINUTE + 0.01 if left > 0 else inf

    def clicked(self, kind: str) -> None:
        """A person has clicked "arm" or "disarm" in the browser."""
        if self._standing.paper:
            return
        if kind == "disarm":
            self._standing.arming.disarm()
        elif kind == "arm" and self._standing.state is LinkState.LIVE:
            self._standing.arming.arm()


@contextmanager
def cancelling(standing: Standing) -> Iterator[None]:
    """A cancel that cannot go out is said on screen, and is not sent later."""
    try:
        yield
    except NotConnected:
        standing.say(_READS if standing.reads_only else _NOT_CANCELLED)
