"""Watches: the quotes that one form needs."""

from __future__ import annotations

from xtnb.rules.listed import DayTerms, Derived
from xtnb.widgets.needs import Forget, WatchingDesk


class Watches:
    """Keeps the quotes of a code coming, and of what it is derived from.

    Args:
        desk: whatever has the methods of `WatchingDesk`.
    """

    def __init__(self, desk: WatchingDesk) -> None:
        self._desk = desk
        self._ends: list[Forget] = []

    def turn(self, code: str, terms: DayTerms | None) -> None:
        """Watch this code and no other; without terms nothing."""
        self.end()
        if terms is None:
            return
        wanted = [code] + ([terms.underlying] if isinstance(terms, Derived) else [])
        self._ends += [self._desk.watch(each) for each in wanted]

    def end(self) -> None:
        """Watch nothing."""
        while self._ends:
            self._ends.pop()()
