"""Link: how a session reaches a terminal, whichever terminal it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from xtnb.vocabulary.messages import Push, Reply, Request

Deliver = Callable[[Reply | Push], None]


class Link(Protocol):
    """A way to one terminal.

    Replies and pushes come to `deliver`, one at a time, in the order in which
    the terminal made them, on a thread of the link's own; `deliver` must not
    block. A lost link delivers one Push of kind "disconnected", and nothing after.
    It may be opened again, as may one that was closed.

    Attributes:
        terminal: the terminal's name, as in its pushes.
        paper: whether its orders are make-believe; False means real money.
        reason: why the last `open` failed, in words; "" when it did not.
    """

    terminal: str
    paper: bool
    reason: str

    def open(self, session: int, deliver: Deliver) -> int:
        """Connect as `session`. 0 when connected; otherwise a reason from `ConnectResult`."""
        ...

    def send(self, request: Request) -> None:
        """Hand a request over and return at once. Raises NotConnected when not open."""
        ...

    def close(self) -> None:
        """Leave. May be called twice, before `open`, and on any thread."""
        ...


class ConnectResult:
    """What `open`, and so `XtQuantTrader.connect`, returns. 0 is the manual's; the rest is ours."""

    OK = 0
    UNREACHABLE = -1
    SESSION_IN_USE = -2
    NOT_STARTED = -3
