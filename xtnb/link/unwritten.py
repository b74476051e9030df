"""What passes to a terminal while nothing can be written down, such as on a full disk.

What may bring risk is refused. Cancels, which end it, and questions go to the terminal all
the same; cancels stand in the log in place of the audit, and their answers say so. News is
a row of the journal and cannot be told: the terminal counts as lost instead, every few
seconds at most, so that everybody asks for the state as it is.
"""

from __future__ import annotations

import logging
import os
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from xtnb.errors import RefusalCode
from xtnb.link.once import NOTHING
from xtnb.link.protocol import reads
from xtnb.vocabulary.messages import Push, PushKind, Reply, Request

_log = logging.getLogger("xtnb.link")

CANCELS = frozenset(
    {
        "cancel_order_stock",
        "cancel_order_stock_sysid",
        "cancel_smart_algo_task",
        "smt_appointment_cancel",
    }
)
_SECONDS = 5.0  # between two losses, for who connects again to look and to cancel in
_SOME = 1 << 20
_REFUSED = "未发送，撤单仍可用：{0} / nothing was sent, and cancels still work: {1}"
_PASSED = "已送达终端，但未能记录：{0} / passed on to the terminal, and not written down: {1}"


def has_room(folder: Path) -> bool:
    """Whether the disk of a folder takes a little more."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(_SOME))
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        return False
    return True


class Unwritten:
    """See above. For one thread.

    Args:
        forward: hands a request to the terminal.
        hand: tells whoever listens.
        lost: says that the terminal is lost.
        room: whether things can be written down again.
        now: s, never back.
    """

    def __init__(
        self,
        forward: Callable[[Request], None],
        hand: Callable[[Reply | Push], None],
        lost: Callable[[], None],
        room: Callable[[], bool],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._forward = forward
        self._hand = hand
        self._lost = lost
        self._room = room
        self._now = now
        self._why = "", ""
        self._passed: dict[int, Request] = {}
        self._stale = False
        self._wanted = False
        self._said = 0.0

    def begin(self, why: str, waiting: Iterable[Request | Reply | Push]) -> None:
        """From now on nothing can be written down, what waits included."""
        zh, _, en = why.partition(" / ")
        self._why = zh, en or zh
        self._passed.clear()
        for item in waiting:
            self._pass(item)
        self._say()

    def over(self) -> None:
        """Everything is written down again."""
        self._stale = self._wanted = False

    @property
    def seconds(self) -> float | None:
        """After how long `look` has something to do; None while it has nothing."""
        if not (self._stale or self._wanted):
            return None
        return max(0.0, self._said + _SECONDS - self._now())

    def carry(self, waiting: Iterable[Request | Reply | Push]) -> None:
        """Pass on what may pass, answer the rest, and `look`."""
        for item in waiting:
            self._pass(item)
        self.look()

    def look(self) -> None:
        """Say that the terminal is lost when that is due: news was dropped, or there is room."""
        if self.seconds == 0.0:
            if self._stale or self._room():
                self._say()
            self._wanted = False

    def _say(self) -> None:
        self._stale = self._wanted = False
        self._said = self._now()
        self._lost()

    def _pass(self, item: Request | Reply | Push) -> None:
        if isinstance(item, Request):
            self._asked(item)
        elif isinstance(item, Reply):
            self._answered(item)
        elif item.kind == PushKind.QUOTE:
            self._hand(item)
        elif item.kind == PushKind.DISCONNECTED:
            self._passed.clear()
            self._hand(item)
        else:
            self._stale = True

    def _asked(self, request: Request) -> None:
        cancels = request.method in CANCELS and not request.key
        if not cancels and (request.method == "history" or not reads(request.method)):
            self._wanted = True
            text, nothing = _REFUSED.format(*self._why), NOTHING.get(request.method)
            self._hand(Reply(request.seq, nothing, text, RefusalCode.NOT_DELIVERED))
            return
        if cancels:
            _log.warning("%s %s: %s", request.method, request.arguments, _PASSED.format(*self._why))
        self._passed[request.seq] = request
        self._forward(request)

    def _answered(self, reply: Reply) -> None:
        request = self._passed.pop(reply.seq, None)
        if request is None:  # it was passed on before, and its answer is kept nowhere
            unanswered = " / ".join(self._why)
            reply = Reply(reply.seq, None, unanswered, RefusalCode.OUTCOME_UNKNOWN)
        elif request.method in CANCELS:
            _log.warning("%s was answered with %s %s", request.method, reply.value, reply.error)
            done = isinstance(reply.value, tuple | list) and reply.value[:1] in ((0,), [0])
            if done and not reply.error:
                reply = reply._replace(error=_PASSED.format(*self._why))
        self._hand(reply)
