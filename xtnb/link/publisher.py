"""The one writer of a terminal's stream.

Rows wait here from when they are made until the stream has them. One thread
stores what waits, as a batch that is stored whole or not at all, each row at its
number. Rows gather for some milliseconds, because clients have heard of them
already and whoever makes them should not be kept from it; in a steady stream for
longer, since each batch costs the server a write-through to its disk. After a break
the stream says how far it came, and the rest is sent again.

Of rows that a journal keeps as well only so many wait in memory; what follows them is
read from there when its turn comes.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable

from xtnb.errors import NotConnected, XtnbError
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
_LONGEST_REST = 5.0
_STUCK_SECONDS = 30.0
_READ_ROWS = 1_000
MOST_HELD = 10_000
"""Rows in memory that a journal keeps as well."""
MOST_WAITING = 200_000
"""Rows in memory that nobody else keeps; after that the stream begins a new life."""
Kept = Callable[[int, int], list[Row]]
"""The rows after a number, at most so many, from where they are kept."""


class Publisher:
    """Stores rows in their order, over whichever wire is there.

    Args:
        stream: its name.
        on_rival: hears when someone else writes the stream; nothing more is stored then.
    """

    def __init__(self, stream: str, on_rival: Callable[[str], None]) -> None:
        self._stream = stream
        self._on_rival = on_rival
        self._trouble = ""
        self._since = 0.0  # when it began
        self._told: set[str] = set()  # kinds of trouble that are in the log already
        self._faults = 0  # one after the other
        self._rows: deque[Row] = deque()
        self._tail = 0  # number of the last row that is, or was, among them
        self._end = 0  # number of the last row that there is
        self._kept: Kept | None = None
        self._wire: Wire | None = None
        self._overrun: Wire | None = None  # to be closed: what it should carry next was dropped
        self._stopped = False
        self._gathered = threading.Event()  # set when nobody has time to wait
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="xtnb-publisher", daemon=True)
        self._thread.start()

    @property
    def trouble(self) -> str:
        """Why what waits could not be stored; "" while it can be, or nothing waits."""
        return self._trouble if self.waiting else ""

    @property
    def stuck(self) -> bool:
        """Whether that has been so for longer than a cluster needs to choose a leader."""
        return bool(self.trouble) and time.monotonic() - self._since > _STUCK_SECONDS

    @property
    def waiting(self) -> int:
        """How many rows the stream has not acknowledged."""
        with self._changed:
            return self._end - (self._rows[0].number - 1 if self._rows else self._tail)

    def add(self, rows: Iterable[Row]) -> None:
        """Take rows that follow those before. Never blocks."""
        with self._changed:
            idle = not self._rows
            for row in rows:
                follows = row.number == self._tail + 1 and len(self._rows) < MOST_HELD
                if follows or self._kept is None:
                    self._rows.append(row)
                    self._tail = row.number
                self._end = row.number
            if self._kept is None and len(self._rows) > MOST_WAITING:
                self._rows.clear()
                self._overrun, self._wire = self._wire, None
                idle = True
            if idle:
                self._changed.notify_all()

    def follow(self, last: int, end: int, kept: Kept) -> None:
        """Go on after `last` with what is kept, up to `end`, and with what is added then."""
        with self._changed:
            self._rows.clear()
            self._tail, self._end, self._kept = last, end, kept
            self._changed.notify_all()

    def resume(self, wire: Wire, last: int) -> None:
        """Go on over this wire; the stream has everything up to `last`."""
        with self._changed:
            self._drop(last)
            self._tail = max(self._tail, last)
            self._end = max(self._end, last)
            self._wire = wire
            self._changed.notify_all()

    def pause(self) -> None:
        """Send nothing until `resume`."""
        with self._changed:
            self._wire = None

    def clear(self) -> None:
        """Forget what waits: numbers begin anew, and nobody else keeps them."""
        with self._changed:
            self._rows.clear()
            self._tail, self._end, self._kept = 0, 0, None

    def drain(self, seconds: float) -> bool:
        """Wait until the stream has everything; False when it takes too long."""
        self._gathered.set()
        with self._changed:
            return self._changed.wait_for(lambda: not self.waiting, seconds)

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
                self._changed.wait_for(self._has_work)
                if self._stopped:
                    return
                overrun, self._overrun = self._overrun, None
            if overrun is not None:  # whoever owns it finds the stream too short
                overrun.close()
            self._gathered.wait(gather_seconds(time.monotonic() - begun, self.waiting))
            begun = time.monotonic()
            with self._changed:
                wire = self._wire
            if wire is None:
                continue
            try:
                self._store_next(wire)
            except (JetStreamError, RequestFailed, NotConnected) as fault:
                self._failed(fault, "pushes wait for the NATS server")
                self._look(wire, str(fault))
                self._rest(wire)
            except Exception as fault:  # this thread is the only one that stores
                self._failed(fault, "pushes wait")
                self._look(wire, str(fault))
                self._rest(wire)

    def _has_work(self) -> bool:
        return self._stopped or self._overrun is not None or bool(self._wire and self.waiting)

    def _store_next(self, wire: Wire) -> None:
        self._read_on()
        with self._changed:
            batch = self._batch() if self._wire is wire else []
        if batch:
            point("stream.before")
            store(wire, batch)
            point("stream.after")
            self._stored(batch[-1].number)

    def _read_on(self) -> None:
        """Take what follows from where it is kept, when it is the turn of that."""
        with self._changed:
            after, end, kept = self._tail, self._end, self._kept
            if kept is None or after >= end or len(self._rows) >= _BATCH_ROWS:
                return
        rows = [row for row in kept(after, _READ_ROWS) if row.number <= end]
        if not rows or rows[0].number != after + 1:
            raise LookupError(f"push {after + 1} is not where it should be kept")
        with self._changed:
            if self._tail == after and self._kept == kept:
                self._rows.extend(rows)
                self._tail = rows[-1].number

    def _failed(self, fault: Exception, what: str) -> None:
        """Say once that nothing can be stored, and why; it is tried again all the while."""
        if not self._trouble:
            self._since = time.monotonic()
        self._trouble = str(fault) or type(fault).__name__
        code = getattr(fault, "code", getattr(fault, "status", ""))
        kind = f"{what} {type(fault).__name__} {code}"
        if kind in self._told:
            return
        self._told.add(kind)
        expected = isinstance(fault, XtnbError)
        _log.warning("%s: %s", what, self._trouble, exc_info=None if expected else fault)

    def _rest(self, wire: Wire) -> None:
        """Wait before the next try, unless it goes over another wire."""
        self._faults += 1
        # not all terminals of a server at one time
        self._pause(wire, rest_seconds(self._faults) * random.uniform(0.5, 1.0))

    def _pause(self, wire: Wire, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or self._wire is not wire, seconds)

    def _look(self, wire: Wire, why: str) -> None:
        """Find out how far the stream is, whatever became of the last batch.

        A cluster that chooses a new leader may for a while have less than it had
        acknowledged, and then more, of what was under way.
        """
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while wire.open and self._wire is wire and not self._stopped:
            gone = False
            try:
                found = span(wire, self._stream)
                if found is None:
                    gone = True
                elif self._is_ours(wire, found.last):
                    self._stored(found.last)
                    return
                else:
                    why = "another server writes the stream of this terminal"
            except Exception as fault:
                # Nobody to ask is no rival: the pushes wait, and clients have them anyhow.
                self._failed(fault, f"the stream {self._stream} cannot be asked")
                deadline = time.monotonic() + _PATIENCE_SECONDS
            if time.monotonic() > deadline:
                break
            self._pause(wire, _LOOK_SECONDS)
        else:
            self._give_up(wire)  # whoever owns it hears, connects anew and resumes
            return
        if not self._give_up(wire):
            return
        if gone:
            _log.error("the stream %s is gone: it is made anew", self._stream)
            wire.close()  # whoever owns it finds no stream, and makes one
        else:
            self._on_rival(why)

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
            if not self._drop(last):
                return
            self._faults = 0
            self._changed.notify_all()
        if self._trouble:
            _log.warning("pushes are stored again")
            self._trouble = ""
            self._told.clear()

    def _drop(self, last: int) -> bool:
        """Forget the rows up to a number; False when there are none."""
        some = bool(self._rows) and self._rows[0].number <= last
        while self._rows and self._rows[0].number <= last:
            self._rows.popleft()
        return some

    def _give_up(self, wire: Wire) -> bool:
        """Send nothing more over this wire. False when another has taken its place."""
        with self._changed:
            mine = self._wire is wire
            if mine:
                self._wire = None
            return mine


def gather_seconds(since: float, waiting: int) -> float:
    """How long rows gather: a moment after a quiet while, and no longer than a batch is full.

    Args:
        since: seconds since the last batch was begun.
        waiting: rows that are there already.
    """
    if waiting >= _BATCH_ROWS:
        return 0.0
    return max(_SOON_SECONDS, _STEADY_SECONDS - since)


def rest_seconds(faults: int) -> float:
    """How long to wait, at most, after so many faults in a row; not after the first."""
    if faults <= 1:
        return 0.0
    return min(_LONGEST_REST, _LOOK_SECONDS * 2.0 ** min(faults - 2, 10))


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
