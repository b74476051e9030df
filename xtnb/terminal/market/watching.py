"""Who is told of quotes and of new days, and which quotes are shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import TypeVar

from xtnb.vocabulary.records import Quote

OnDay = Callable[[date, date], None]
OnQuote = Callable[[Quote], None]
_Listener = TypeVar("_Listener")


class Watching:
    """Codes that are watched, counted, and what was shown of them last."""

    def __init__(self) -> None:
        self.codes: Counter[str] = Counter()
        self._shown: dict[str, object] = {}
        self._listeners: list[OnQuote] = []
        self._day_listeners: list[OnDay] = []

    def add(self, code: str) -> None:
        """Watch a code once more."""
        self.codes[code] += 1

    def remove(self, code: str) -> bool:
        """Watch a code once less. False when nobody watched it."""
        watched = self.codes[code] > 0
        self.codes[code] -= 1
        if self.codes[code] <= 0:
            self.drop(code)
        return watched

    def drop(self, code: str) -> None:
        """Watch a code no more, whoever did."""
        del self.codes[code]
        self._shown.pop(code, None)

    def changed(self, code: str, seen: object) -> bool:
        """Whether this is something else than was shown last; it is shown now."""
        if self._shown.get(code) == seen:
            return False
        self._shown[code] = seen
        return True

    def tell(self, quote: Quote) -> None:
        """Tell those who listen to quotes."""
        for listener in list(self._listeners):
            listener(quote)

    def end_day(self, old: date, new: date) -> list[Exception]:
        """Tell those who listen to days; what they raise does not keep it from the others."""
        faults: list[Exception] = []
        for listener in list(self._day_listeners):
            try:
                listener(old, new)
            except Exception as fault:
                faults.append(fault)
        return faults

    def on_quote(self, listener: OnQuote) -> Callable[[], None]:
        """Add a listener to quotes; the returned function removes it."""
        return _joined(self._listeners, listener)

    def on_day(self, listener: OnDay) -> Callable[[], None]:
        """Add a listener to days; the returned function removes it."""
        return _joined(self._day_listeners, listener)


def _joined(listeners: list[_Listener], listener: _Listener) -> Callable[[], None]:
    listeners.append(listener)

    def forget() -> None:
        if listener in listeners:
            listeners.remove(listener)

    return forget
