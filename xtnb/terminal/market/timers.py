"""What was asked to happen at a later market time."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush

Call = Callable[[], None]


class Timers:
    """Calls that wait for their time, ns; those of one time in the order they were added."""

    __slots__ = ("_calls", "_last", "_waiting")

    def __init__(self) -> None:
        self._waiting: list[tuple[int, int]] = []
        self._calls: dict[int, Call] = {}
        self._last = 0

    def add(self, when: int, call: Call) -> Callable[[], None]:
        """Have something called at a time; the returned function ends that."""
        self._last = number = self._last + 1
        self._calls[number] = call
        heappush(self._waiting, (when, number))

        def forget() -> None:
            self._calls.pop(number, None)

        return forget

    def due(self) -> int | None:
        """When the next call is due, ns."""
        waiting = self._waiting
        while waiting and waiting[0][1] not in self._calls:
            heappop(waiting)
        return waiting[0][0] if waiting else None

    def ring(self, before: int) -> None:
        """Call what is due before a time. What a call raises comes out; it is not repeated."""
        waiting = self._waiting
        while waiting and waiting[0][0] < before:
            _, number = heappop(waiting)
            call = self._calls.pop(number, None)
            if call is not None:
                call()
