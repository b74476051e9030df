"""The one writer of a terminal's stream.

Rows wait here from when they are made until the stream has them. One thread
stores what waits, as a batch that is stored whole or not at all, each row at its
number. Rows gather for some milliseconds, because clients have heard of them
already and whoever makes them should not be kept from it; in a steady stream for
longer, since each batch costs the server a write-through to its disk. After a break
the stream says how far it came, and the rest is sent again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable

from xtnb.errors import NotConnected
from xtnb.journal.points import point
from xtnb.link.codec import CodecError, decode
from xtnb.link.jetstream import JetStreamError, Row, message_bytes, span, store, stored_at
from xtnb.link.wire import RequestFailed, Wire
from xtnb.vocabulary.messages import Push

_log = logging.getLogger("xtnb.link")

_BATCH_ROWS = 500
_BATCH_BYTES = 4 * 1024 * 1024
_SOON_SECONDS = 0.005
_STEADY_SECONDS = 0.025  # far below what a session waits before it fetches a lost push
_LOOK_SECONDS = 0.3
_PATIENCE_SECONDS = 5.0
MOST_WAITING = 200_000


class Publisher:
    """Stores rows in their order, over whichever wire is there.

    Args:
        stream: its name.
        on_rival: hears when someone else writes the stream, or it is gone; nothing
            more is stored then.
    """

    def __init__(self, stream: str, on_rival: Callable[[str], None]) -> None:
        self._stream = stream
        self._on_rival = on_rival
        self._rows: deque[Row] = deque()
        self._wire: Wire | None = None
        self._stopped = False
        self._gathered = threading.Event()  # set when nobody has time to wait
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="xtnb-publisher", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many rows the stream has not acknowledged."""
        return len(self._rows)

    def add(self, rows: Iterable[Row]) -> None:
        """Take rows that follow those before. Never blocks."""
        with self._changed:
            idle = not self._rows
            self._rows.extend(rows)
            if idle:
                self._changed.notify_all()

    def resume(self, wire: Wire, last: int) -> None:
        """Go on over this wire; the stream has everything up to `last`."""
        with self._changed:
            while self._rows and self._rows[0].number <= last:
                self._rows.popleft()
            self._wire = wire
            self._changed.notify_all()

    def pause(self) -> None:
        """Send nothing until `resume`."""
        with self._changed:
            self._wire = None

    def clear(self) -> None:
        """Forget what waits."""
        with self._changed:
            self._rows.clear()

    def drain(self, seconds: float) -> bool:
        """Wait until the stream has everything; False when it takes too long."""
        self._gathered.set()
        with self._changed:
            return self._changed.wait_for(lambda: not self._rows, seconds)

    def stop(self) -> None:
        """End the thread."""
        self._gathered.set()
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        if self._thread is not threading.current_thread():
            self._thread.join(10)

    # -- on its thread -----------------------------------------------------------------------

    def _run(self) -> None:
        begun = 0.0
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._stopped or (self._wire and self._rows))
                if self._stopped:
                    return
            self._gathered.wait(gather_seconds(time.monotonic() - begun, len(self._rows)))
            begun = time.monotonic()
            with self._changed:
                wire, batch = self._wire, self._batch()
            if wire is None or not batch:
                continue
            try:
                point("stream.before")
                store(wire, batch)
                point("stream.after")
            except (JetStreamError, RequestFailed, NotConnected) as fault:
                _log.warning("pushes wait for the NATS server: %s", fault)
                self._look(wire, str(fault))
            except Exception as fault:  # this thread is the only one that stores
                _log.exception("what answers for the stream %s cannot be read", self._stream)
                self._look(wire, str(fault))
            else:
                self._stored(batch[-1].number)

    def _look(self, wire: Wire, why: str) -> None:
        """Find out how far the stream is, whatever became of the last batch.

        A cluster that chooses a new leader may for a while have less than it had
        acknowledged, and then more, of what was under way.
        """
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while wire.open and not self._stopped:
            try:
                found = span(wire, self._stream)
                if found is None:
                    why = f"the stream {self._stream} is gone"
                elif self._is_ours(wire, found.last):
                    self._stored(found.last)
                    return
                else:
                    why = "another server writes the stream of this terminal"
            except Exception as fault:
                # Nobody to ask is no rival: the pushes wait, and clients have them anyhow.
                _log.warning("the stream %s cannot be asked: %s", self._stream, fault)
                deadline = time.monotonic() + _PATIENCE_SECONDS
            if time.monotonic() > deadline:
                self._give_up(wire)
                self._on_rival(why)
                return
            self._gathered.wait(_LOOK_SECONDS)
        self._give_up(wire)  # whoever owns it hears, connects anew and resumes

    def _is_ours(self, wire: Wire, last: int) -> bool:
        """Whether the stream ends before what waits, or with a row of it."""
        with self._changed:
            if not self._rows:
                return True
            first = self._rows[0].number
            row = next((row for row in self._rows if row.number == last), None)
        if row is None:
            return last == first - 1
        return _same(row.data, stored_at(wire, self._stream, last))

    def _batch(self) -> list[Row]:
        batch: list[Row] = []
        size = 0
        for row in self._rows:
            size += message_bytes(row)
            if batch and (len(batch) == _BATCH_ROWS or size > _BATCH_BYTES):
                break
            batch.append(row)
        return batch

    def _stored(self, last: int) -> None:
        with self._changed:
            while self._rows and self._rows[0].number <= last:
                self._rows.popleft()
            self._changed.notify_all()

    def _give_up(self, wire: Wire) -> None:
        with self._changed:
            if self._wire is wire:
                self._wire = None


def gather_seconds(since: float, waiting: int) -> float:
    """How long rows gather: a moment after a quiet while, and no longer than a batch is full.

    Args:
        since: seconds since the last batch was begun.
        waiting: rows that are there already.
    """
    if waiting >= _BATCH_ROWS:
        return 0.0
    return max(_SOON_SECONDS, _STEADY_SECONDS - since)


def _same(one: bytes, other: bytes) -> bool:
    """Whether two encoded pushes tell the same, whoever they say had asked for it."""
    try:
        return one == other or _told(one) == _told(other)
    except (CodecError, TypeError):
        return False


def _told(data: bytes) -> object:
    push = decode(data)
    if not isinstance(push, Push):
        raise TypeError("no push")
    record = {**vars(push.record), "seq": 0}
    return push.number, push.kind, push.account_type, push.account_id, record
