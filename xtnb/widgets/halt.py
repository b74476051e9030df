"""Halt: since when what is shown may be old, because the link is lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from xtnb.vocabulary.options import options
from xtnb.widgets.columns import SHANGHAI
from xtnb.widgets.moment import beijing
from xtnb.widgets.needs import Books, Forget
from xtnb.widgets.theme import WARN


class Halt:
    """Follows the link of some books for one widget.

    Args:
        books: whose link.
        told: called when it is lost, and when it is back.

    Attributes:
        since: when it was lost; None while it is there.
    """

    def __init__(self, books: Books, told: Callable[[], Any]) -> None:
        self.since = datetime.now(SHANGHAI) if books.lost else None
        self._told = told
        self._ends: list[Forget] = [books.on_lost(self._lost), books.on_back(self._back)]

    @property
    def stamp(self) -> str:
        """The time in Beijing at which it was lost: 14:31:05; "" while it is there."""
        return self.since.strftime("%H:%M:%S") if self.since is not None else ""

    @property
    def said(self) -> str:
        """The same in words for a title, in the language of the screen."""
        if self.since is None:
            return ""
        language = options.screen_language
        return f"{'已停止' if language == 'zh' else 'stopped'} {beijing(self.stamp, language)}"

    @property
    def title(self) -> str:
        """What it adds to the title of a plotly figure."""
        said = f'  ·  <span style="font-size:11px;color:{WARN}">{self.said}</span>'
        return said if self.since is not None else ""

    def close(self) -> None:
        """Listen no longer."""
        while self._ends:
            self._ends.pop()()

    def _lost(self) -> None:
        self.since = self.since or datetime.now(SHANGHAI)
        self._told()

    def _back(self) -> None:
        self.since = None
        self._told()
