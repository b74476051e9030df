"""What a server answers itself, put into the audit of its terminal all the same.

A session that has ended, another key's fence, an order where only reading is asked, a
request too many: the terminal never hears of these, and its audit is of every request.
So many a second are written down and no more, or who asks without end fills the disk;
how many were not is in the log.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Protocol, runtime_checkable

from xtnb.errors import NotConnected
from xtnb.link.base import Link
from xtnb.link.desks import Asked
from xtnb.vocabulary.messages import Reply, Request

_log = logging.getLogger("xtnb.link")

MOST_A_SECOND = 1_000


@runtime_checkable
class Audited(Protocol):
    """A link to a terminal with an audit."""

    def note(self, request: Request, reply: Reply) -> None:
        """Put what was answered in front of this link into the terminal's audit."""
        ...


class Notes:
    """Writes answers into the audit behind a link, if there is one. On any thread.

    Args:
        link: what is served.
        now: seconds, of a clock that only goes on.
    """

    def __init__(self, link: Link, now: Callable[[], float] = time.monotonic) -> None:
        self._write = link.note if isinstance(link, Audited) else None
        self._now = now
        self._since = 0.0
        self._count = 0

    def add(self, asked: Asked, reply: Reply) -> None:
        """Write down that this was the answer to a request."""
        if self._write is None:
            return
        now = self._now()
        if now - self._since >= 1.0:
            if self._count > MOST_A_SECOND:
                _log.error("%s refusals are not in the audit", self._count - MOST_A_SECOND)
            self._since, self._count = now, 0
        self._count += 1
        if self._count > MOST_A_SECOND:
            return
        try:
            self._write(asked.request._replace(who=asked.who), reply)
        except NotConnected as away:
            _log.warning("a refusal is not in the audit: %s", away)
