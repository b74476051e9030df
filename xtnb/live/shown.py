"""The widgets of one desk that are open, each once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

W = TypeVar("W")

log = logging.getLogger("xtnb.live")


class Shown:
    """The widgets of one desk that are open."""

    def __init__(self) -> None:
        self._open: dict[Hashable, Any] = {}
        self._replaced = 0

    def once(
        self,
        key: Hashable,
        keep: object,
        make: Callable[[], W],
        fits: Callable[[W], bool] = lambda widget: True,
    ) -> W:
        """The open widget of that key if it still fits, or a new one.

        Args:
            key: what the widget is of.
            keep: lives as long as the widget is open.
            make: makes a new one.
            fits: whether an open one still shows what is wanted.
        """
        self._drop_closed()
        present = self._open.get(key)
        if present is not None:
            found: W = present
            if fits(found):
                return found
            self._replaced += 1
            self._open["replaced", self._replaced] = present  # it shows something else, and stays
        widget: Any = make()
        widget._kept = keep
        self._open.pop(key, None)
        self._open[key] = widget
        made: W = widget
        return made

    def latest(self, kind: type[W], fits: Callable[[W], bool] = lambda widget: True) -> W | None:
        """The open widget of a class that was made last, of those that fit."""
        self._drop_closed()
        open_now = list(self._open.values())
        found = [widget for widget in open_now if isinstance(widget, kind) and fits(widget)]
        return found[-1] if found else None

    def close(self) -> None:
        """Close all of them, the newest first."""
        while self._open:
            _, widget = self._open.popitem()
            try:
                widget.close()
            except Exception:
                log.exception("%r could not be closed", widget)

    def __len__(self) -> int:
        self._drop_closed()
        return len(self._open)

    def _drop_closed(self) -> None:
        for key in [key for key, widget in self._open.items() if _closed(widget)]:
            del self._open[key]


def _closed(widget: Any) -> bool:
    return bool(widget.closed if hasattr(widget, "closed") else widget.comm is None)
