"""What stays in a notebook when a widget is closed: what it showed last, with the time.

A widget lives as long as its kernel. Its output cell would be empty afterwards, so
the display is replaced by plain HTML or a drawing, which is also what a saved
notebook shows to those who only read it.
"""

from __future__ import annotations

from datetime import datetime
from html import escape
from typing import Any

from IPython.display import publish_display_data

from xtnb.vocabulary.options import options
from xtnb.widgets.columns import SHANGHAI
from xtnb.widgets.moment import as_of, closing


class Remains:
    """Mixed into a widget: it is displayed so that `leave` can replace it.

    The widget has a `closed`, and answers `remains()` with a MIME bundle of what it shows now.
    """

    _displayed = ""
    _closed_at: datetime | None = None

    def remains(self) -> dict[str, Any]:
        """What is shown now, without a widget, by MIME type."""
        return {}

    def leave(self) -> None:
        """Replace the display, if there was one. Called before the widget is closed."""
        shown, self._displayed = self._displayed, ""
        self._closed_at = datetime.now(SHANGHAI)
        if shown:
            with closing(self._closed_at):
                _publish(self._still(), shown, update=True)

    def _still(self) -> dict[str, Any]:
        return {"text/plain": repr(self), **self.remains()}

    def _ipython_display_(self, **_: Any) -> None:
        # By display, not as a result, because only a display can be replaced later.
        widget: Any = self
        if widget.closed:
            with closing(self._closed_at or datetime.now(SHANGHAI)):
                _publish(self._still())
            return
        made = widget._repr_mimebundle_()
        bundle: dict[str, Any] = made[0] if isinstance(made, tuple) else made  # plotly: no tuple
        self._displayed = f"xtnb-{widget.model_id}"
        _publish({**self._still(), **bundle}, self._displayed)


def caption(title: str) -> str:
    """A title and the time in Beijing, as HTML; once closed, the time at which that was."""
    return f"<small><b>{escape(title)}</b> · {escape(as_of(options.screen_language))}</small>"


def _publish(bundle: dict[str, Any], display_id: str = "", update: bool = False) -> None:
    publish_display_data(  # type: ignore[no-untyped-call]
        bundle, transient={"display_id": display_id} if display_id else None, update=update
    )
