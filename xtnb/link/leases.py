"""Which session numbers are held, written down so that it outlives the server.

Who holds a number is decided by the server's memory (desks.py). This book is what
a server reads when it begins: an entry of a key-value bucket for each number, with
the fence in a header. It is written behind: nobody waits for it but `then`, and not
for long. What is not acknowledged, as while a cluster has no leader, is written
again until it is. An entry that comes late makes a number wait for one lease after
the server's next start, and lets nobody in.
"""

from __future__ import annotations

import base64
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from xtnb.errors import NotConnected
from xtnb.link.jetstream import NO_MESSAGE, JetStreamError, call, read, span
from xtnb.link.wire import Msg, Wire

_log = logging.getLogger("xtnb.link")

_FENCE = "Xtnb-Fence"
_AGAIN_SECONDS = 1.0  # after so long without an acknowledgement an entry is written again


class Lease(NamedTuple):
    """An entry of the book; `who` says nothing to the book itself."""

    number: int
    fence: int
    who: str
    held: bool = True


@dataclass(eq=False)
class _Entry:
    """What is to be written, and how far that is."""

    lease: Lease
    then: Callable[[], None]
    token: str = ""
    since: float = float("-inf")
    stored: bool = False


def nothing() -> None:
    """For who does not wait."""


class LeaseBook:
    """The book of one terminal.

    Args:
        bucket: its name.
        replicas: on how many servers of a cluster it is kept.

    Attributes:
        wire: what it is written over.
    """

    def __init__(self, bucket: str, replicas: int = 1) -> None:
        self._bucket = bucket
        self._stream = f"KV_{bucket}"
        self._replicas = replicas
        self.wire: Wire | None = None
        self._entries: dict[int, _Entry] = {}
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)

    def resume(self, wire: Wire) -> None:
        """Go on over this wire; everything is written again, in case the bucket is a new one.

        Raises:
            JetStreamError, RequestFailed, NotConnected: nobody can be asked now.
        """
        if span(wire, self._stream) is None:
            config = {
                "name": self._stream,
                "subjects": [f"$KV.{self._bucket}.>"],
                "storage": "file",
                "max_msgs_per_subject": 1,
                "discard": "new",
                "allow_rollup_hdrs": True,
                "deny_delete": True,
                "allow_direct": True,
                "num_replicas": self._replicas,
            }
            call(wire, f"STREAM.CREATE.{self._stream}", config)
        with self._lock:
            self.wire = wire
            entries = list(self._entries.values())
            for entry in entries:
                entry.stored = False
        for entry in entries:
            self._write(entry)

    def read(self) -> list[Lease]:
        """What the book says, also of numbers that were given back. Waits for the answers.

        Raises:
            JetStreamError, RequestFailed, NotConnected: nobody can be asked now.
        """
        if self.wire is None:
            raise NotConnected("the book of sessions is closed")
        asked = {"subjects_filter": f"$KV.{self._bucket}.>"}
        state = call(self.wire, f"STREAM.INFO.{self._stream}", asked)["state"]
        found = (self._read(self.wire, subject) for subject in state.get("subjects") or {})
        return [lease for lease in found if lease is not None]

    def _read(self, wire: Wire, subject: str) -> Lease | None:
        number = subject.rpartition(".")[2]
        try:
            asked = {"last_by_subj": subject}
            message = call(wire, f"STREAM.MSG.GET.{self._stream}", asked)["message"]
        except JetStreamError as error:
            if error.code == NO_MESSAGE:
                return None
            raise
        lines = base64.b64decode(message.get("hdrs", "")).decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines if ": " in line)
        fence = int(headers.get(_FENCE, message["seq"]))  # which once was the fence
        who = base64.b64decode(message.get("data", "")).decode(errors="replace")
        return Lease(int(number), fence, who, "KV-Operation" not in headers)

    def note(self, lease: Lease, then: Callable[[], None] = nothing) -> None:
        """Write an entry, in place of what was to be written for that number.

        Args:
            then: called once it is written, or when that cannot be waited for: nobody is
                there to write it. Not called while nobody says anything; never twice.
        """
        entry = _Entry(lease, then)
        with self._lock:
            newer = self._entries.get(lease.number)
            if newer is not None and newer.lease.fence > lease.fence:
                return  # the end of a session, overtaken by the begin of the next
            self._entries[lease.number] = entry
        self._write(entry)

    def tick(self) -> None:
        """Write again what was not acknowledged."""
        late = time.monotonic() - _AGAIN_SECONDS
        with self._lock:
            entries = [one for one in self._entries.values() if not one.stored and one.since < late]
        for entry in entries:
            self._write(entry)

    def drain(self, seconds: float) -> bool:
        """Wait until everything is written; False when it takes too long, or there is no wire."""
        with self._changed:
            if self.wire is None or not self.wire.open:
                return False
            return self._changed.wait_for(
                lambda: all(entry.stored for entry in self._entries.values()), seconds
            )

    # -- writing ---------------------------------------------------------------------------------

    def _write(self, entry: _Entry) -> None:
        lease = entry.lease
        headers = {_FENCE: str(lease.fence)}
        if not lease.held:
            headers["KV-Operation"] = "DEL"
        with self._lock:
            wire, token = self.wire, entry.token
            entry.since = time.monotonic()
            if self._entries.get(lease.number) is not entry:
                return
        if wire is None or not wire.open:
            self._over(entry)
            return
        wire.forget(token)
        data = lease.who.encode() if lease.held else b""
        subject = f"$KV.{self._bucket}.{lease.number}"
        try:
            entry.token = wire.ask(subject, data, lambda said: self._said(entry, said), headers)
        except NotConnected:
            self._over(entry)

    def _said(self, entry: _Entry, message: Msg) -> None:
        """Hear, on the wire's thread, what became of an entry."""
        try:
            if message.status:
                raise NotConnected(message.words)
            read(message.data)
        except (JetStreamError, NotConnected, ValueError) as fault:
            _log.info("session %s is not written down yet: %s", entry.lease.number, fault)
        else:
            with self._changed:
                entry.stored = True
                number = entry.lease.number
                if not entry.lease.held and self._entries.get(number) is entry:
                    del self._entries[number]
                self._changed.notify_all()
        self._over(entry)

    def _over(self, entry: _Entry) -> None:
        with self._lock:
            then, entry.then = entry.then, nothing
        then()
