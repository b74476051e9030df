"""The tables of a journal, their versions, and what a file must be to be opened.

`PRAGMA application_id` says that a file is ours, `PRAGMA user_version` which version.
An older one is brought up to date in one transaction, a newer one is refused. No check
changes a file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path, PurePath

from xtnb.errors import JournalUnreadable

FILE = "xtnb.sqlite"
APPLICATION = 0x78746E62  # "xtnb"
VERSION = 2
_HEADER = b"SQLite format 3\x00"

TABLES = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE lives (
    epoch INTEGER PRIMARY KEY, opened INTEGER NOT NULL, owner TEXT NOT NULL,
    after_push INTEGER NOT NULL
);
CREATE TABLE requests (
    row INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, at INTEGER NOT NULL,
    market_at INTEGER NOT NULL, session INTEGER NOT NULL, seq INTEGER NOT NULL,
    origin TEXT NOT NULL, method TEXT NOT NULL, account_type INTEGER NOT NULL,
    account_id TEXT NOT NULL, key TEXT NOT NULL, outcome TEXT NOT NULL,
    after_push INTEGER NOT NULL, request BLOB NOT NULL, reply BLOB NOT NULL, crc INTEGER NOT NULL,
    who TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX keys ON requests (account_type, account_id, key) WHERE key <> '';
CREATE TABLE pushes (
    number INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, kind TEXT NOT NULL,
    account_type INTEGER NOT NULL, account_id TEXT NOT NULL, day INTEGER NOT NULL,
    ref TEXT NOT NULL, body BLOB NOT NULL, crc INTEGER NOT NULL
);
CREATE INDEX history ON pushes (day, kind, account_id, account_type, ref);
CREATE TABLE closings (
    day INTEGER NOT NULL, account_type INTEGER NOT NULL, account_id TEXT NOT NULL,
    kind TEXT NOT NULL, ref TEXT NOT NULL, body BLOB NOT NULL, crc INTEGER NOT NULL,
    PRIMARY KEY (day, account_type, account_id, kind, ref)
) WITHOUT ROWID;
CREATE TABLE kept (
    kind TEXT NOT NULL, name TEXT NOT NULL, body BLOB NOT NULL, crc INTEGER NOT NULL,
    PRIMARY KEY (kind, name)
) WITHOUT ROWID;
CREATE TRIGGER requests_stay BEFORE UPDATE ON requests
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER requests_remain BEFORE DELETE ON requests
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER pushes_stay BEFORE UPDATE ON pushes
    BEGIN SELECT RAISE(ABORT, 'pushes are append-only'); END;
CREATE TRIGGER pushes_remain BEFORE DELETE ON pushes
    BEGIN SELECT RAISE(ABORT, 'pushes are append-only'); END;
"""
DAMAGE = (sqlite3.DatabaseError, UnicodeDecodeError)  # how reading a damaged file fails
NAMES = frozenset({"facts", "lives", "requests", "pushes", "closings", "kept"})


def _who(connection: sqlite3.Connection) -> None:
    """Of requests that were written down before, only their own word is known."""
    connection.execute("ALTER TABLE requests ADD COLUMN who TEXT NOT NULL DEFAULT ''")


MIGRATIONS: dict[int, Callable[[sqlite3.Connection], None]] = {1: _who}
"""By the version that it starts from: makes the next version of an open file."""


def looks_ours(path: Path) -> bool:
    """Whether a file begins as a SQLite file does. An empty one is not begun yet.

    Only for a file that this process has no connection to: POSIX drops the locks of a
    process with the first of its file handles that is closed.
    """
    with path.open("rb") as file:
        head = file.read(len(_HEADER))
    return head in (b"", _HEADER)


def uri_of(path: PurePath) -> str:
    """A file as SQLite is told of it.

    Raises:
        JournalUnreadable: it lies on another machine. There are no locks there that hold, and
            what counts as written may be lost.
    """
    uri = path.as_uri()
    if not uri.startswith("file:///"):
        raise JournalUnreadable(
            str(path),
            "it is on a network drive; take a folder on a disk of this machine",
            "位于网络驱动器；请改用本机磁盘上的目录",
        )
    return uri


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection, without a look at what is inside."""
    target = uri_of(path.resolve()) + ("?mode=ro" if read_only else "")
    return sqlite3.connect(
        target, uri=True, timeout=5, isolation_level=None, check_same_thread=False
    )


def version_of(connection: sqlite3.Connection, path: Path) -> int:
    """The version of a file's tables; 0 for a new file.

    Raises:
        JournalUnreadable: another program's file, or of a version to come.
    """
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    if not names and not application and not version:
        return 0
    if application != APPLICATION:
        raise JournalUnreadable(
            str(path), "it is the database of another program", "是其他程序的数据库"
        )
    if version > VERSION:
        raise JournalUnreadable(
            str(path),
            f"its tables are of version {version} and this xtnb knows versions up to {VERSION}; "
            "open it with a newer xtnb",
            f"表版本为 {version}，本程序只认识到 {VERSION}；请用更新的 xtnb 打开",
        )
    if not names >= NAMES and version == VERSION:
        missing = ", ".join(sorted(NAMES - names))
        raise JournalUnreadable(str(path), f"it lacks the tables {missing}", f"缺少表 {missing}")
    return int(version)


def prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Bring an open file to the present version: make the tables, or migrate them.

    Raises:
        JournalUnreadable: see `version_of`.
    """
    version = version_of(connection, path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA fullfsync=ON")
    connection.execute("PRAGMA checkpoint_fullfsync=ON")
    if version == VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        if not version:
            for statement in _statements(TABLES):
                connection.execute(statement)
        while version and version < VERSION:
            MIGRATIONS[version](connection)
            version += 1
        connection.execute(f"PRAGMA application_id={APPLICATION}")
        connection.execute(f"PRAGMA user_version={VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _statements(script: str) -> list[str]:
    """The statements of a script; one that is not complete yet goes on."""
    found, statement = [], ""
    for line in script.splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            found.append(statement)
            statement = ""
    return found
