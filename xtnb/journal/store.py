"""Journal: what one terminal has promised, in one SQLite file.

Everything that belongs together is written in one transaction, a `Group`: what was
asked and answered, the pushes that came of it, and the rows that make up the state
after it. `commit` returns when the disk has it (WAL, `synchronous=FULL`); only then
may anybody be told. Rows carry a checksum, which is looked at when they are read.

Pushes are numbered without a gap over all lives of the terminal; a life is one
opening of the folder, and its `epoch` is one more than that of the last one that
wrote anything. Requests and pushes are only ever added.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

from xtnb.errors import JournalFailed, JournalUnreadable
from xtnb.journal.lock import Lock
from xtnb.journal.log import lost_commits
from xtnb.journal.points import point
from xtnb.journal.schema import DAMAGE, FILE, connect, looks_ours, prepare

_LATEST = 20_000  # requests that are looked through for who sent an order


class Asked(NamedTuple):
    """A request and its reply, for the audit and for repeats of its key.

    Attributes:
        at, market_at: ns, by the machine and in the market.
        outcome: "" when it was carried out, else why not.
        origin: where from, as the one who asks says it.
        after_push: the last push before the reply.
        request, reply: encoded.
        who: whose key it was, as a nats-server has proven; "" for a program of our own process.
    """

    at: int
    market_at: int
    session: int
    seq: int
    origin: str
    method: str
    account_type: int
    account_id: str
    key: str
    outcome: str
    after_push: int
    request: bytes
    reply: bytes
    who: str = ""


class Told(NamedTuple):
    """A push. `day` is YYYYMMDD; `ref` names what it is about: an order, a fill, a code."""

    number: int
    kind: str
    account_type: int
    account_id: str
    day: int
    ref: str
    body: bytes


class Kept(NamedTuple):
    """A row of the state; without a body it is dropped."""

    kind: str
    name: str
    body: bytes | None


class Closing(NamedTuple):
    """What an account had at the end of a day: one record of it."""

    day: int
    account_type: int
    account_id: str
    kind: str
    ref: str
    body: bytes


@dataclass(slots=True)
class Group:
    """What is committed together.

    Attributes:
        cleared: kinds of kept rows that are dropped first, all of them.
        kept: rows of the state; of those of one name the last counts.
        facts: about the whole folder; see `Journal.note`.
    """

    asked: list[Asked] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    cleared: list[str] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    closings: list[Closing] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)


class Journal:
    """The open journal of a folder. Reading is safe on any thread; one thread commits.

    Args:
        folder: made if it is not there.
        owner: who opens it, in a few words, for others who try.
        now: ns since the epoch, for what is dated here.

    Attributes:
        folder, path: where it is.
        epoch: of this life.
        last: number of the last committed push.
        new: the file was made by this opening.

    Raises:
        FolderInUse: someone else has it open.
        JournalUnreadable: the file is another program's, of a newer version, or damaged.
    """

    def __init__(
        self, folder: Path | str, owner: str = "xtnb", *, now: Callable[[], int] = time.time_ns
    ) -> None:
        self.folder = Path(folder)
        self.path = self.folder / FILE
        self._owner = owner
        self._now = now
        self._lock = threading.RLock()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._held = Lock(self.folder, owner)
        self._failed = ""
        try:
            self.new = not holds_journal(self.folder)
            self._connection = self._open()
        except BaseException:
            self._held.release()
            raise
        self._begun = False
        self._closed = False

    def _open(self) -> sqlite3.Connection:
        with readable(self.path):
            if self.path.exists() and not looks_ours(self.path):
                raise JournalUnreadable(str(self.path), "it is not a database", "不是数据库文件")
            if (lost := lost_commits(self.path.with_name(FILE + "-wal"))) > 1:
                raise JournalUnreadable(
                    str(self.path),
                    f"its log is damaged, with {lost} commits behind the damage",
                    f"日志损坏，损坏处之后还有 {lost} 次提交",
                )
            connection = connect(self.path)
            try:
                prepare(connection, self.path)
                (epoch,) = connection.execute("SELECT max(epoch) FROM lives").fetchone()
                (last,) = connection.execute("SELECT max(number) FROM pushes").fetchone()
            except BaseException:
                connection.close()
                raise
        self.epoch = (epoch or 0) + 1
        self.last = last or 0
        return connection

    # -- writing -----------------------------------------------------------------------------

    def commit(self, group: Group) -> None:
        """Write a group; when this returns, it is on the disk.

        Raises:
            JournalFailed: nothing of it is there, and nothing more will be written.
        """
        if self._failed:
            raise JournalFailed(str(self.path), self._failed)
        point("commit.before")
        with self._lock:
            run = self._connection.execute
            try:
                run("BEGIN IMMEDIATE")
                self._write(group)
                run("COMMIT")
            except BaseException as fault:  # what stays open here, readers take for committed
                self._failed = str(fault) or type(fault).__name__
                with suppress(sqlite3.Error):
                    run("ROLLBACK")
                if not isinstance(fault, Exception):
                    raise
                raise JournalFailed(str(self.path), self._failed) from fault
            if group.told:
                self.last = group.told[-1].number
        point("commit.after")

    def _write(self, group: Group) -> None:
        run, many, epoch = self._connection.execute, self._connection.executemany, self.epoch
        if not self._begun:
            life = (epoch, self._now(), self._owner, self.last)
            run("INSERT INTO lives VALUES (?, ?, ?, ?)", life)
            self._begun = True
        for place, told in enumerate(group.told, self.last + 1):
            if told.number != place:
                raise ValueError(f"push {told.number} does not follow push {place - 1}")
        many(
            "INSERT INTO requests VALUES (NULL, ?, ?,?,?,?,?,?,?,?,?,?,?,?,?, ?, ?)",
            [
                (epoch, *row[:-1], crc32(row.reply, crc32(row.request)), row.who)
                for row in group.asked
            ],
        )
        many(
            "INSERT INTO pushes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(row[0], epoch, *row[1:], crc32(row.body)) for row in group.told],
        )
        point("commit.within")
        many("DELETE FROM kept WHERE kind = ?", [(kind,) for kind in group.cleared])
        kept = {(row.kind, row.name): row.body for row in group.kept}
        many(
            "DELETE FROM kept WHERE kind = ? AND name = ?",
            [what for what, body in kept.items() if body is None],
        )
        many(
            "INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?)",
            [(*what, body, crc32(body)) for what, body in kept.items() if body is not None],
        )
        many(
            "INSERT OR REPLACE INTO closings VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(*row, crc32(row.body)) for row in group.closings],
        )
        many("INSERT OR REPLACE INTO facts VALUES (?, ?)", list(group.facts.items()))

    def note(self, name: str, value: str) -> None:
        """Write down a fact about the whole folder, such as the seed of its market."""
        with self._lock:
            try:
                self._connection.execute(
                    "INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value)
                )
            except sqlite3.Error as fault:
                raise JournalFailed(str(self.path), str(fault)) from fault

    # -- reading -----------------------------------------------------------------------------

    def facts(self) -> dict[str, str]:
        """What was noted about the whole folder."""
        return dict(self._all("SELECT name, value FROM facts"))

    def first_of(self, account_type: int, account_id: str, key: str) -> tuple[bytes, bytes] | None:
        """The request of an account that bore this key first, and its reply, if one did."""
        found = self._all(
            "SELECT request, reply, crc FROM requests"
            " WHERE account_type = ? AND account_id = ? AND key = ? AND key <> ''",
            (account_type, account_id, key),
        )
        for request, reply, crc in found:
            self._check(crc32(reply, crc32(request)) == crc, f"the request with key {key}")
            return bytes(request), bytes(reply)
        return None

    def pushes_after(self, number: int, limit: int = 1_000) -> list[tuple[int, bytes]]:
        """Committed pushes that come after a number, encoded, the oldest first."""
        rows = self._all(
            "SELECT number, body, crc FROM pushes WHERE number > ? ORDER BY number LIMIT ?",
            (number, limit),
        )
        return [(row, self._checked(body, crc, f"push {row}")) for row, body, crc in rows]

    def kept(self, kind: str) -> list[tuple[str, bytes]]:
        """The rows of one kind of the state, by name."""
        rows = self._all("SELECT name, body, crc FROM kept WHERE kind = ? ORDER BY name", (kind,))
        return [(name, self._checked(body, crc, f"{kind} {name}")) for name, body, crc in rows]

    def latest(
        self, kind: str, account_type: int, account_id: str, first: int, last: int
    ) -> list[tuple[int, bytes]]:
        """Of each thing that was pushed about, the last push of each day, with the day.

        Args:
            kind: of the pushes.
            first, last: days as YYYYMMDD, both included.
        """
        rows = self._all(
            "SELECT number, day, body, crc FROM pushes WHERE number IN ("
            " SELECT max(number) FROM pushes WHERE day BETWEEN ? AND ? AND kind = ?"
            " AND account_id = ? AND account_type = ? GROUP BY day, ref) ORDER BY number",
            (first, last, kind, account_id, account_type),
        )
        return [(day, self._checked(body, crc, f"push {row}")) for row, day, body, crc in rows]

    def senders(
        self, method: str, account_type: int, account_id: str, since: int
    ) -> list[tuple[int, str, bytes]]:
        """Of the latest requests market time, origin and encoded reply, the latest first.

        Args:
            method: of the requests.
            since: market time, ns.
        """
        rows = self._all(
            "SELECT row, market_at, origin, request, reply, crc FROM"
            " (SELECT * FROM requests ORDER BY row DESC LIMIT ?)"
            " WHERE method = ? AND account_type = ? AND account_id = ? AND market_at >= ?"
            " ORDER BY row DESC",
            (_LATEST, method, account_type, account_id, since),
        )
        found = []
        for row, at, origin, request, reply, crc in rows:
            self._check(crc32(reply, crc32(request)) == crc, f"request {row}")
            found.append((at, origin, bytes(reply)))
        return found

    def told(
        self, kind: str, account_type: int, account_id: str, first: int, last: int
    ) -> list[bytes]:
        """Every push of a kind about an account, from a first day to a last; see `latest`."""
        rows = self._all(
            "SELECT number, body, crc FROM pushes WHERE day BETWEEN ? AND ? AND kind = ?"
            " AND account_id = ? AND account_type = ? ORDER BY number",
            (first, last, kind, account_id, account_type),
        )
        return [self._checked(body, crc, f"push {row}") for row, body, crc in rows]

    def closings(
        self, kind: str, account_type: int, account_id: str, first: int, last: int
    ) -> list[tuple[int, bytes]]:
        """What an account had at the end of days, with the day; see `latest`."""
        rows = self._all(
            "SELECT day, ref, body, crc FROM closings WHERE day BETWEEN ? AND ?"
            " AND account_type = ? AND account_id = ? AND kind = ? ORDER BY day, ref",
            (first, last, account_type, account_id, kind),
        )
        return [
            (day, self._checked(body, crc, f"the {kind} of {day}")) for day, _, body, crc in rows
        ]

    def _all(self, question: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        with self._lock, readable(self.path):
            return self._connection.execute(question, values).fetchall()

    def _checked(self, body: bytes, crc: int, what: str) -> bytes:
        self._check(crc32(body) == crc, what)
        return body

    def _check(self, right: bool, what: str) -> None:
        if not right:
            raise JournalUnreadable(
                str(self.path), f"{what} is not what was written", f"{what} 与写入时不符"
            )

    # -- the end -----------------------------------------------------------------------------

    def close(self) -> None:
        """Put everything into the one file and give the folder up. May be called twice."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            with suppress(sqlite3.Error):
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._connection.close()
            self._held.release()


def holds_journal(folder: Path | str) -> bool:
    """Whether a folder has a journal, begun at least."""
    path = Path(folder) / FILE
    return path.is_file() and path.stat().st_size > 0


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Say in words what is wrong with a file, where SQLite raises."""
    try:
        yield
    except DAMAGE as fault:
        raise JournalUnreadable(str(path), str(fault)) from fault
