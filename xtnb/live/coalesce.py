"""The crossing from pushes to the screen: one thread, about twenty-five frames a second.

Whoever shows something registers a `flush` and marks it when there is news. The
thread calls each marked flush once a frame, so that a widget sends one message a
frame however many pushes came: jupyter_server drops messages beyond a thousand a
second without a word, and the last value would be among them. News after a
quiet moment goes out at once; it never waits for a frame to end.

The thread starts with the first registration and ends with the last. It is the
only place from which widgets write.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from math import inf
from threading import Condition, Thread, current_thread
from time import monotonic

FRAME_SECONDS = 0.04
THREAD_NAME = "xtnb-frames"

log = logging.getLogger("xtnb.live")


class Slot:
    """One registration. `mark` asks for a flush in the next frame, `close` ends it."""

    __slots__ = ("_frames", "due", "flush", "marked", "name")

    def __init__(self, frames: Frames, flush: Callable[[], None], name: str) -> None:
        self._frames = frames
        self.flush = flush
        self.name = name
        self.marked = False
        self.due = inf

    def mark(self) -> None:
        """There is news. Cheap, from any thread, as often as you like."""
        if not self.marked:
            self._frames._mark(self)

    def later(self, seconds: float) -> None:
        """Have `flush` called in `seconds` at the latest, news or not. Asking again counts anew."""
        self._frames._later(self, monotonic() + seconds)

    def close(self) -> None:
        """End the registration; no flush runs after this returns, unless this is called in one."""
        self._frames._remove(self)


class Frames:
    """Calls flushes at most once a frame, on one thread.

    Args:
        seconds: the shortest time between two frames.
    """

    def __init__(self, seconds: float = FRAME_SECONDS) -> None:
        self.seconds = seconds
        self._changed = Condition()
        self._slots: list[Slot] = []
        self._thread: Thread | None = None
        self._running: Slot | None = None

    def register(self, flush: Callable[[], None], name: str = "") -> Slot:
        """Have `flush` called on the frame thread whenever the slot was marked."""
        slot = Slot(self, flush, name)
        with self._changed:
            self._slots.append(slot)
            if self._thread is None:
                self._thread = Thread(target=self._run, name=THREAD_NAME, daemon=True)
                self._thread.start()
        return slot

    def __len__(self) -> int:
        return len(self._slots)

    def _mark(self, slot: Slot) -> None:
        with self._changed:
            slot.marked = True
            self._changed.notify_all()

    def _later(self, slot: Slot, due: float) -> None:
        with self._changed:
            slot.due = due
            self._changed.notify_all()

    def _remove(self, slot: Slot) -> None:
        ours = current_thread()
        with self._changed:
            if slot in self._slots:
                self._slots.remove(slot)
            slot.marked, slot.due = False, inf
            thread = self._thread
            if not self._slots:
                self._thread = None
            self._changed.notify_all()
            if thread is ours:
                return
            while self._running is slot:
                self._changed.wait()
        if thread is not None and self._thread is None:
            thread.join()

    def _run(self) -> None:
        ours = current_thread()
        earliest = 0.0
        while True:
            with self._changed:
                while self._thread is ours and (left := self._until_due()) > 0:
                    self._changed.wait(left if left < inf else None)
                while self._thread is ours and (left := earliest - monotonic()) > 0:
                    self._changed.wait(left)
                if self._thread is not ours:
                    return
                now = monotonic()
                due = [slot for slot in self._slots if slot.marked or slot.due <= now]
            earliest = monotonic() + self.seconds
            for slot in due:
                self._flush(slot)

    def _until_due(self) -> float:
        """Seconds until some slot wants its flush; 0 when one was marked."""
        if any(slot.marked for slot in self._slots):
            return 0.0
        return min((slot.due for slot in self._slots), default=inf) - monotonic()

    def _flush(self, slot: Slot) -> None:
        with self._changed:
            if slot not in self._slots:  # closed meanwhile
                return
            slot.marked, slot.due = False, inf
            self._running = slot
        try:
            slot.flush()
        except Exception:
            log.exception("the screen of %s could not be brought up to date", slot.name or slot)
        finally:
            with self._changed:
                self._running = None
                self._changed.notify_all()


frames = Frames()
