"""The bundles that widgets/ builds into xtnb/static, and how large ones are sent once.

A widget's program travels with each widget, in every page that shows one. That
is nothing for a few kilobytes; the tables' grid has nine hundred, so it lives in
a `Library`: one widget without a view whose program all tables of a kernel share.
"""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import Any

import anywidget

STATIC = Path(__file__).resolve().parent.parent / "static"

# The browser's half of a widget whose program is in a library: fetch it, then be it.
BORROWED = """
export default {
  async render(props) {
    const { exports } = await props.host.getWidget(props.model.get("library"));
    return exports.render(props);
  },
};
"""


def asset(name: str) -> Path:
    """The path of a bundle, such as "live_table.js".

    Raises:
        FileNotFoundError: it was not built.
    """
    path = STATIC / name
    if not path.exists():
        raise FileNotFoundError(
            f"xtnb/static/{name} is missing: it is built when the package is installed. "
            "In a clone, run `python hatch_build.py`."
        )
    return path


class Library(anywidget.AnyWidget):
    """A program that several widgets share. It has no view and no state.

    The program's default export has an `initialize` that returns `{ render }`.
    """

    def __init__(self, name: str) -> None:
        self._esm = asset(name).read_text(encoding="utf-8")
        self._name = name
        super().__init__()

    def close(self) -> None:
        """Close it and its layout, so that no comm is left."""
        layout = self.layout if self.comm is not None else None
        super().close()
        if layout is not None:
            layout.close()

    def __repr__(self) -> str:
        return f"Library({self._name!r})"


_lock = Lock()
_libraries: dict[str, tuple[Library, int]] = {}


def borrow(name: str) -> Library:
    """The library of that name, made when nobody has it yet. Give it back with `give_back`."""
    with _lock:
        library, users = _libraries.get(name) or (Library(name), 0)
        _libraries[name] = (library, users + 1)
        return library


def give_back(name: str) -> None:
    """One user less; the last one closes the library, so that no comm is left behind."""
    with _lock:
        library, users = _libraries.pop(name)
        if users > 1:
            _libraries[name] = (library, users - 1)
            return
    library.close()


def reference(widget: Any, _: Any = None) -> str:
    """How one widget names another to the browser."""
    return f"anywidget:{widget.model_id}"
