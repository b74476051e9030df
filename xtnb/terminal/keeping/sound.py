"""What a journal has kept must fit together before anybody trades on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from xtnb.errors import InputError, JournalFailed, JournalUnreadable, TerminalUnavailable, XtnbError

_MISFITS = (XtnbError, LookupError, ValueError, TypeError, AttributeError, AssertionError)


@contextmanager
def fitting(path: Path) -> Iterator[None]:
    """Around what brings a terminal back from its rows.

    Every row bears a checksum, but a damaged file may lack some, or name them anew.

    Raises:
        JournalUnreadable: the rows do not fit together.
    """
    try:
        yield
    except (InputError, TerminalUnavailable, JournalFailed):
        raise  # says itself what is the matter
    except _MISFITS as fault:
        what = f"{type(fault).__name__}: {fault}"
        raise JournalUnreadable(
            str(path), f"what it has kept does not fit together ({what})", f"内容互不相符（{what}）"
        ) from fault
