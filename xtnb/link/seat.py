"""A seat at a paper terminal: one connected session, and what is handed to it."""

from __future__ import annotations

import logging
from collections.abc import Callable

from xtnb.errors import RefusalCode
from xtnb.link.base import Deliver
from xtnb.link.durable import Terminal
from xtnb.vocabulary.messages import Push, Reply, Request

_log = logging.getLogger("xtnb.link")


class Seat:
    """One connected session: where its news goes, and what it asked to hear."""

    def __init__(self, number: int, terminal: Terminal, deliver: Deliver) -> None:
        self.number = number
        self.terminal = terminal
        self.deliver = deliver
        self.accounts: set[tuple[int, str]] = set()
        self.codes: set[str] = set()
        self.waiting: list[tuple[Seat, Reply | Push]] | None = None
        self.lost = False  # its terminal has stopped: nothing comes any more

    def ask(self, carry: Callable[[Seat, Request], None], request: Request) -> None:
        """Have a request carried out; one that fails on the way is answered too."""
        try:
            carry(self, request)
        except Exception as fault:
            _log.exception("request %s met a fault", request.method)
            text = f"{type(fault).__name__}: {fault}"
            self.hand(Reply(request.seq, None, text, RefusalCode.OUTCOME_UNKNOWN))

    def hand(self, item: Reply | Push) -> None:
        """Deliver, or, at a durable terminal, once it is committed."""
        if self.waiting is None:
            self.tell(item)
        else:
            self.waiting.append((self, item))

    def tell(self, item: Reply | Push) -> None:
        try:
            self.deliver(item)
        except Exception:
            _log.exception("session %s could not take %s", self.number, type(item).__name__)
