"""Claims: which keys were ever sent to one terminal, by whichever program of this machine.

A terminal that knows no keys carries a request out as often as it comes. So whoever is
about to send one claims its key here first, and sends it only as the first who did. The
file is shared: notebooks, scripts and a server at the same terminal see each other's
claims, and those of programs that have ended. A claim is on the disk when `take` returns.
A claim without a reply is a request of which nobody here knows what became.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

from xtnb.errors import JournalUnreadable
from xtnb.journal.schema import connect

APPLICATION = 0x78746E6B  # "xtnk"
VERSION = 1
_TABLE = """
CREATE TABLE IF NOT EXISTS claims (
    account_type INTEGER NOT NULL, account_id TEXT NOT NULL, key TEXT NOT NULL,
    at INTEGER NOT NULL, request BLOB NOT NULL, crc INTEGER NOT NULL,
    reply BLOB, reply_crc INTEGER,
    PRIMARY KEY (account_type, account_id, key)
) WITHOUT ROWID
"""
_WHOSE = "account_type = ? AND account_id = ? AND key = ?"


class Whose(NamedTuple):
    """A key of an account."""

    account_type: int
    account_id: str
    key: str


class Claim(NamedTuple):
    """What is known of a key.

    Attributes:
        at: when it was claimed, ns since the epoch.
        request, reply: encoded; without a reply nobody knows what became of it.
    """

    at: int
    request: bytes
    reply: bytes | None


class Claims:
    """The claims of one terminal. Safe on any thread, and beside other processes.

    Args:
        path: the file; made, with its folder, when it is first looked into.
        now: ns since the epoch.

    Every method raises JournalUnreadable when the file cannot be used.
    """

    def __init__(self, path: Path, now: Callable[[], int] = time.time_ns) -> None:
        self.path = path
        self._now = now
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def of(self, whose: Whose) -> Claim | None:
        """The claim of a key, if there is one."""
        with self._opened() as run:
            return self._read(run, whose)

    def take(self, whose: Whose, request: bytes) -> Claim | None:
        """Claim a key for a request: None when it is the first, else the claim that stands."""
        row = (*whose, self._now(), request, crc32(request))
        with self._opened() as run:
            made = run.execute(
                "INSERT OR IGNORE INTO claims VALUES (?, ?, ?, ?, ?, ?, NULL, NULL)", row
            )
            return None if made.rowcount else self._read(run, whose)

    def answer(self, whose: Whose, reply: bytes) -> None:
        """Keep what became of a claimed request. The first answer stays.

        It is not waited for until the disk has it: without it, the request counts as one
        that was sent and not answered.
        """
        with self._opened() as run:
            run.execute("PRAGMA synchronous=NORMAL")
            try:
                run.execute(
                    f"UPDATE claims SET reply = ?, reply_crc = ? WHERE {_WHOSE} AND reply IS NULL",
                    (reply, crc32(reply), *whose),
                )
            finally:
                run.execute("PRAGMA synchronous=FULL")

    def unanswered(self, since: int) -> list[Claim]:
        """The claims since a moment, ns since the epoch, of which nobody knows what became."""
        if not self.path.exists():
            return []
        with self._opened() as run:
            rows = run.execute(
                "SELECT at, request FROM claims WHERE reply IS NULL AND at >= ? ORDER BY at",
                (since,),
            ).fetchall()
        return [Claim(at, bytes(request), None) for at, request in rows]

    def close(self) -> None:
        """Let go of the file; the next question opens it again."""
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                connection.close()

    # -- the file ------------------------------------------------------------------------------

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                if self._connection is None:
                    self._connection = self._open()
                yield self._connection
            except JournalUnreadable:
                raise
            except (sqlite3.Error, OSError) as fault:
                raise JournalUnreadable(str(self.path), str(fault)) from fault

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = connect(self.path)
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        for pragma in ("synchronous=FULL", "fullfsync=ON"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN IMMEDIATE")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if tables and application != APPLICATION:
            raise JournalUnreadable(
                str(self.path), "it is the database of another program", "是其他程序的数据库"
            )
        if version > VERSION:
            raise JournalUnreadable(
                str(self.path),
                f"it is of version {version}; open it with a newer xtnb",
                f"版本为 {version}；请用更新的 xtnb 打开",
            )
        connection.execute(_TABLE)
        connection.execute(f"PRAGMA application_id={APPLICATION}")
        connection.execute(f"PRAGMA user_version={VERSION}")
        connection.execute("COMMIT")
        with suppress(sqlite3.OperationalError):  # another process reads: the next opening does it
            connection.execute("PRAGMA journal_mode=WAL")

    def _read(self, run: sqlite3.Connection, whose: Whose) -> Claim | None:
        row = run.execute(
            f"SELECT at, request, crc, reply, reply_crc FROM claims WHERE {_WHOSE}", whose
        ).fetchone()
        if row is None:
            return None
        at, request, crc, reply, reply_crc = row
        if crc32(request) != crc or (reply is not None and crc32(reply) != reply_crc):
            raise JournalUnreadable(
                str(self.path),
                f"the key {whose.key} is not what was written",
                f"key {whose.key} 与写入时不符",
            )
        return Claim(at, bytes(request), None if reply is None else bytes(reply))
