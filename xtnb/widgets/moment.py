"""The time that a picture or a table which stays behind bears, and whether it was closed then."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from xtnb.widgets.columns import SHANGHAI

_CLOSED: ContextVar[datetime | None] = ContextVar("closed", default=None)


@contextmanager
def closing(at: datetime) -> Iterator[None]:
    """What is written meanwhile says that its widget was closed at that time."""
    token = _CLOSED.set(at)
    try:
        yield
    finally:
        _CLOSED.reset(token)


def beijing(time: str, language: str) -> str:
    """A time of the exchanges, labelled as one: who reads it may be elsewhere."""
    return f"{time}（北京时间）" if language == "zh" else f"{time} Beijing time"


def as_of(language: str, moment: datetime | None = None) -> str:
    """When something was true, in words: by default now; or when its widget was closed.

    Args:
        language: "en" or "zh".
        moment: when it was true, if that is not now: the link was lost then.
    """
    zh, closed = language == "zh", _CLOSED.get()
    parts = []
    if moment is not None or closed is None:
        at = beijing(_text(moment or datetime.now(SHANGHAI)), language)
        parts.append(f"截至 {at}" if zh else f"as of {at}")
    if closed is not None:
        at = beijing(_text(closed), language)
        parts.append(f"已关闭 {at}" if zh else f"closed at {at}")
    return " · ".join(parts)


def _text(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
