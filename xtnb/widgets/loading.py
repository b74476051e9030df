"""A line in the notebook while something that takes seconds is imported for the first time."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from IPython.core.getipython import get_ipython
from IPython.display import publish_display_data

from xtnb.vocabulary.options import options

SLOW = "plotly.graph_objects"


@contextmanager
def loading_line(module: str = SLOW) -> Iterator[None]:
    """Say that charts are loading, until the block ends; nothing where they are loaded already.

    Args:
        module: what takes its time.
    """
    if module in sys.modules or get_ipython() is None:
        yield
        return
    zh = options.screen_language == "zh"
    line = "正在加载图表…" if zh else "Loading charts …"
    transient = {"display_id": f"xtnb-loading-{uuid4().hex}"}
    _show(line, transient, update=False)
    try:
        yield
    finally:
        _show("", transient, update=True)


def _show(line: str, transient: dict[str, str], update: bool) -> None:
    html = f"<small style='opacity:.7'>{line}</small>" if line else ""
    publish_display_data(  # type: ignore[no-untyped-call]
        {"text/plain": line, "text/html": html}, transient=transient, update=update
    )
