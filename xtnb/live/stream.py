"""What has happened: records in the order in which they came, none replaced by a later one.

Fills and log lines are news, each of them, so they are never coalesced away: a
view gets every one that it missed in its next frame. Only the limit ends a
record's stay, oldest first, and `dropped` says how many have gone.
"""

from __future__ import annotations

from typing import Any

from xtnb.live.store import Rows

STREAM_LIMIT = 50_000


class Stream(Rows):
    """Append-only rows, numbered from 1 in the order of their arrival.

    Args:
        record: the record class.
        limit: records to keep; older ones leave and are counted in `dropped`.
    """

    def __init__(self, record: type, limit: int = STREAM_LIMIT) -> None:
        super().__init__(record, limit)
        self.appended = 0

    @property
    def dropped(self) -> int:
        """How many records have left because newer ones came."""
        return self.appended - len(self)

    def append(self, record: Any) -> int:
        """Add a record; returns its number."""
        with self.lock:
            self.appended += 1
            self._put(self.appended, record)
            return self.appended
