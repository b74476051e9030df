"""Picture: what is looked at rather than watched - plotly, drawn anew at most twice a second."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import plotly.graph_objects as go

from xtnb.live.coalesce import frames
from xtnb.vocabulary.options import options
from xtnb.widgets.halt import Halt
from xtnb.widgets.moment import as_of
from xtnb.widgets.needs import Books
from xtnb.widgets.remains import Remains

SECONDS = 0.5  # the shortest time between two pictures: plotly draws slowly


class Picture(Remains, go.FigureWidget):  # type: ignore[misc]
    """A plotly widget of ours, so plotly's own methods change it.

    The kernel owns the data; the browser owns zoom and position.

    Args:
        books: whose link it follows.
        width: pixels; the widget does not follow the page's width, a figure does.
        state: what it shows: two that are equal look alike.
        draw: the picture of this moment.
    """

    def __init__(
        self,
        books: Books,
        width: int,
        state: Callable[[], object],
        draw: Callable[[], go.Figure],
    ) -> None:
        super().__init__(draw())
        self._state, self._draw = state, draw
        self.layout.width = width
        self._over = self._leaving = self._waiting = False
        self._shown: object = None
        self._slot = frames.register(self._flush, type(self).__name__)
        self._halt = Halt(books, self.touch)
        self._ends = [self._slot.close, self._halt.close, options.on_change(self.touch)]

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def figure(self) -> go.Figure:
        """The picture of this moment, as a plotly figure to save, annotate or print."""
        return self._draw()

    def ends(self, *functions: Callable[[], None]) -> None:
        """Call these when it is closed, the last one first."""
        self._ends.extend(functions)

    @property
    def closed(self) -> bool:
        """Whether it has ended, or was never quite made."""
        return bool(getattr(self, "_over", True))

    def remains(self) -> dict[str, Any]:
        """The picture without a kernel; while there is one, the widget itself."""
        if not self._leaving:
            return {}
        figure = self.figure()
        when = as_of(options.screen_language)
        figure.layout.title.text += f'<br><span style="font-size:11px">{when}</span>'
        return {"application/vnd.plotly.v1+json": json.loads(figure.to_json())}

    def refresh(self) -> None:
        """Draw the present state now."""
        state = (self._state(), options.screen_language, options.up, self._halt.said)
        if state == self._shown:
            return
        self._shown = state
        picture = self.figure()
        picture.layout.title.text += self._halt.title
        with self.batch_update():
            for mine, new in zip(self.data, picture.data, strict=True):
                mine.update(new.to_plotly_json(), overwrite=False)
            self.layout.update(picture.layout.to_plotly_json())

    def close(self) -> None:
        """End it: no listener, frame or comm is left. May be called twice."""
        if self.closed:
            return
        self._leaving = True  # a notebook would prefer the picture to the widget
        self.leave()
        self._over = True
        for end in reversed(self._ends):
            end()
        super().close()

    def touch(self, *_: Any) -> None:
        """There is news: draw it in half a second."""
        if not self._waiting:
            self._waiting = True
            self._slot.later(SECONDS)

    def _flush(self) -> None:
        self._waiting = False
        self.refresh()
