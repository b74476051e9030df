"""What a server has to say, on its way out: replies at once, news in handfuls.

A push alone costs its reader, and the server between, as much as ten together. So
pushes wait for a millisecond at most, and go out earlier with the next reply; the
order in which they were put here is the order in which they leave.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from xtnb.errors import NotConnected
from xtnb.link.wire import Wire

_WAIT_SECONDS = 0.001
_MOST_BYTES = 64 * 1024


class Outbox:
    """Packets for one wire after the other.

    Args:
        on_lost: hears when the wire takes no more; what was in the box is dropped.
    """

    def __init__(self, on_lost: Callable[[], object]) -> None:
        self.wire: Wire | None = None
        self._on_lost = on_lost
        self._packets: list[bytes] = []
        self._bytes = 0
        self._lock = threading.Lock()
        self._some = threading.Event()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="xtnb-outbox", daemon=True)
        self._thread.start()

    def put(self, packet: bytes) -> None:
        """Send within a millisecond."""
        with self._lock:
            self._packets.append(packet)
            self._bytes += len(packet)
            if self._bytes > _MOST_BYTES:
                self._flush()
        if not self._some.is_set():
            self._some.set()

    def send(self, packet: bytes) -> None:
        """Send now, after what is in the box."""
        with self._lock:
            self._packets.append(packet)
            self._flush()

    def close(self) -> None:
        """Send what is left and end the thread."""
        with self._lock:
            self._flush()
        self._closed.set()
        self._some.set()
        if self._thread is not threading.current_thread():
            self._thread.join(5)

    def _run(self) -> None:
        while True:
            self._some.wait()
            if self._closed.wait(_WAIT_SECONDS):
                return
            self._some.clear()
            with self._lock:
                self._flush()

    def _flush(self) -> None:
        packets, self._packets, self._bytes = self._packets, [], 0
        if packets and self.wire is not None:
            try:
                self.wire.write(b"".join(packets))
            except NotConnected:
                self._on_lost()
