"""What a server has to say, on its way out: replies at once, news in clumps.

A message costs its reader, and the server between, ten times what its content
does. So pushes wait, a millisecond after a quiet while and ten in a steady stream,
and leave together in one message; a reply takes along what waits. The order in
which things were put here is the order in which they leave.

The last pushes are remembered: a session that comes back after a break gets them from
here, also while nobody can be asked for the stream.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import NamedTuple

import msgspec

from xtnb.errors import NotConnected
from xtnb.link.wire import Wire, packet

_QUIET_SECONDS = 0.02
_SOON_SECONDS = 0.001
_STEADY_SECONDS = 0.01
_MOST_BYTES = 128 * 1024
_REMEMBERED_BYTES = 4 * 1024 * 1024


class Live(NamedTuple):
    """A push in a clump.

    Attributes:
        account: as `protocol.whose` writes it.
        causes: as `protocol.causes_text` writes them.
        whom: the fence of who asked for what it is about; 0 for nobody.
    """

    number: int
    account: str
    data: bytes
    causes: str
    whom: int


Clump = tuple[int, list[Live]]
_encode = msgspec.msgpack.Encoder().encode
# What a clump says: the epoch and its pushes; raises ValueError.
read_clump: Callable[[bytes], Clump] = msgspec.msgpack.Decoder(Clump).decode


class Outbox:
    """What leaves for one wire after the other.

    Args:
        subject: where clumps go.
        on_lost: hears when the wire takes no more; what was in the box is dropped.
    """

    def __init__(self, subject: str, on_lost: Callable[[], object]) -> None:
        self.wire: Wire | None = None
        self._subject = subject
        self._on_lost = on_lost
        self._epoch = 0
        self._pushes: list[Live] = []
        self._bytes = 0
        self._last: deque[Live] = deque()
        self._last_bytes = 0
        self._steady = 0.0
        self._lock = threading.Lock()
        self._some = threading.Event()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="xtnb-outbox", daemon=True)
        self._thread.start()

    def push(self, epoch: int, live: Live) -> None:
        """Send a push within some milliseconds."""
        with self._lock:
            if epoch != self._epoch:
                self._flush(b"")
                self._epoch = epoch
                self._last.clear()
                self._last_bytes = 0
            self._pushes.append(live)
            self._bytes += len(live.data)
            self._last.append(live)
            self._last_bytes += len(live.data)
            while self._last_bytes > _REMEMBERED_BYTES:
                self._last_bytes -= len(self._last.popleft().data)
            if self._bytes > _MOST_BYTES:
                self._flush(b"")
        if not self._some.is_set():
            self._some.set()

    @property
    def oldest(self) -> int:
        """Number of the oldest push that is remembered; 0 for none."""
        with self._lock:
            return self._last[0].number if self._last else 0

    def again(self, first: int, most: int) -> bytes | None:
        """A clump of the pushes from `first` on; None when that one is remembered no more."""
        with self._lock:
            begin = bisect_left(self._last, first, key=lambda live: live.number)
            found = list(islice(self._last, begin, begin + most))
            epoch = self._epoch
        if not found or found[0].number != first:
            return None
        size = 0
        for count, live in enumerate(found):
            size += len(live.data)
            if size > _MOST_BYTES:
                return _encode((epoch, found[: max(1, count)]))
        return _encode((epoch, found))

    def send(self, data: bytes) -> None:
        """Send a packet now, after the pushes that wait."""
        with self._lock:
            self._flush(data)

    def close(self) -> None:
        """Send what is left and end the thread."""
        self.send(b"")
        self._closed.set()
        self._some.set()
        if self._thread is not threading.current_thread():
            self._thread.join(5)

    def _run(self) -> None:
        while True:
            self._some.wait()
            quiet = time.monotonic() - self._steady > _QUIET_SECONDS
            if self._closed.wait(_SOON_SECONDS if quiet else _STEADY_SECONDS):
                return
            self._some.clear()
            with self._lock:
                if self._pushes:
                    self._steady = time.monotonic()
                    self._flush(b"")

    def _flush(self, more: bytes) -> None:
        if self._pushes:
            clump = packet(self._subject, _encode((self._epoch, self._pushes)))
            self._pushes, self._bytes = [], 0
            more = clump + more
        if more and self.wire is not None:
            try:
                self.wire.write(more)
            except NotConnected:
                self._on_lost()
