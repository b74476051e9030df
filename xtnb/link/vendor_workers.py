"""Threads for calls that may not return, which is every call of the vendor's.

A call runs on a worker of its own. One that does not come back is left alone with its
call and another takes its place, so that the next request is served.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from queue import SimpleQueue

_log = logging.getLogger("xtnb.link")
_AT_ONCE = 16
Job = Callable[[], None]


class _Worker:
    """One thread, and what it does at this moment."""

    def __init__(self, done: Callable[[_Worker], bool], name: str) -> None:
        self.jobs: SimpleQueue[Job | None] = SimpleQueue()
        self.owner: object = None
        self.left_alone = False
        self._done = done
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def _run(self) -> None:
        while (job := self.jobs.get()) is not None:
            try:
                job()
            except Exception:
                _log.exception("a request to MiniQMT met a fault")
            if not self._done(self):
                return


class Workers:
    """A few of them, made when they are needed.

    Args:
        name: what the threads are called.
        limit: how many calls may be under way at once.
    """

    def __init__(self, name: str, limit: int = _AT_ONCE) -> None:
        self._name = name
        self._idle: list[_Worker] = []
        self._busy: set[_Worker] = set()
        self._free = threading.Semaphore(limit)
        self._lock = threading.Lock()
        self._ended = False

    def give(self, owner: object, job: Job, seconds: float) -> bool:
        """Run a job on a worker. False when none became free within so many seconds, or
        none can be made.

        Args:
            owner: for whom; see `leave_alone`.
        """
        if not self._free.acquire(timeout=seconds):
            return False
        with self._lock:
            if self._ended:
                return False
            try:
                worker = self._idle.pop() if self._idle else _Worker(self._done, self._name)
            except (RuntimeError, MemoryError):  # no thread can be started just now
                _log.exception("a request to MiniQMT finds no thread")
                self._free.release()
                return False
            worker.owner = owner
            self._busy.add(worker)
        worker.jobs.put(job)
        return True

    def leave_alone(self, owner: object) -> None:
        """Let another take the place of the worker whose call for `owner` does not return."""
        with self._lock:
            stuck = [worker for worker in self._busy if worker.owner is owner]
            for worker in stuck:
                worker.left_alone = True
                self._busy.remove(worker)
                self._free.release()

    def end(self) -> None:
        """End those that are idle; the others end with what they do."""
        with self._lock:
            self._ended = True
            for worker in self._idle:
                worker.jobs.put(None)
            self._idle.clear()

    def _done(self, worker: _Worker) -> bool:
        with self._lock:
            if worker.left_alone:
                return False
            worker.owner = None
            self._busy.discard(worker)
            self._free.release()
            if self._ended:
                return False
            self._idle.append(worker)
            return True
