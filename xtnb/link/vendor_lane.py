"""Requests about market data of a MiniQMT, apart from those that trade.

The vendor's module of market data may take long, such as for bars that it downloads, or
not return at all. What waits behind that is more market data, and no order or cancel.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from xtnb.link.vendor_asked import Asked, Limits
from xtnb.link.vendor_calls import Answer
from xtnb.link.vendor_traffic import Traffic
from xtnb.link.vendor_workers import Workers
from xtnb.vocabulary.messages import Request

_log = logging.getLogger("xtnb.link")

_SILENT = "行情没有响应 / the market data answers nothing"


class Lanes:
    """One lane for bars, which may be downloaded for long, and one for the rest.

    Args:
        name: of the threads.
        answer: the value of a reply; may hang.
        traffic: where answers go.
        limits: how long things may take.

    Attributes:
        threads: not started yet; `end` ends them.
    """

    def __init__(
        self, name: str, answer: Callable[[Request], Any], traffic: Traffic, limits: Limits
    ) -> None:
        self._bars = _Lane(f"{name}-bars", answer, traffic, limits)
        self._rest = _Lane(f"{name}-quotes", answer, traffic, limits)
        self.threads = [self._bars.thread, self._rest.thread]

    def put(self, request: Request) -> None:
        """Queue a request."""
        (self._bars if request.method == "quote_bars" else self._rest).requests.put(request)

    def leave_alone(self, asked: Asked) -> None:
        """The call of a request does not return."""
        self._bars.workers.leave_alone(asked)
        self._rest.workers.leave_alone(asked)

    def end(self) -> None:
        """Take nothing more. May be called twice."""
        self._bars.requests.put(None)
        self._rest.requests.put(None)


class _Lane:
    """Makes one call after the other, and leaves one that hangs behind after a while."""

    def __init__(
        self, name: str, answer: Callable[[Request], Any], traffic: Traffic, limits: Limits
    ) -> None:
        self.workers = Workers(f"{name}-call")
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._answer = answer
        self._traffic = traffic
        self._limits = limits
        self.requests: SimpleQueue[Request | None] = SimpleQueue()

    def _run(self) -> None:
        while (request := self.requests.get()) is not None:
            if not self._traffic.alive:
                continue
            asked = Asked(request, None, self._limits.now() + self._limits.answer)
            self._traffic.begin(asked)
            if self.workers.give(asked, self._job(asked), self._limits.send):
                asked.sent.wait(self._limits.send)
            else:
                self._traffic.answer(asked, Answer(None, _SILENT))
        self.workers.end()

    def _job(self, asked: Asked) -> Callable[[], None]:
        def carry() -> None:
            try:
                answer = Answer(self._answer(asked.request))
            except Exception as fault:
                _log.exception("MiniQMT could not be asked for %s", asked.request.method)
                answer = Answer(None, f"{type(fault).__name__}: {fault}")
            finally:
                asked.sent.set()
            self._traffic.answer(asked, answer)

        return carry
