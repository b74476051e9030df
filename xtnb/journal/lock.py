"""One owner a folder: a lock that the operating system keeps and a dead process gives up.

The lock is SQLite's own exclusive lock on a small file beside the journal; it works
alike on Windows, macOS and Linux, also between two openings in one process. Who has
it stands in a text file next to it, since a locked file cannot be read everywhere.
That text is only for the message: a text without a lock means nothing.
"""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import sys
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path

from xtnb.errors import FolderInUse, TerminalUnavailable

LOCK_FILE = "xtnb.lock"
OWNER_FILE = "xtnb.owner"
# Windows frees the locks of a dead process, but takes its time
_GRACE_SECONDS = 2.0 if sys.platform == "win32" else 0.0
_BEIJING = timezone(timedelta(hours=8))


class Lock:
    """Holds a folder until `release`, or until the process ends.

    Args:
        folder: an existing folder.
        owner: what has it open, in a few words; Chinese / English, or one for both.
        grace: seconds that who holds it has to let go.

    Raises:
        FolderInUse: someone else holds it; the message says who.
        TerminalUnavailable: the lock cannot be written.
    """

    def __init__(self, folder: Path, owner: str, grace: float = _GRACE_SECONDS) -> None:
        self._folder = folder
        self._connection: sqlite3.Connection | None = None
        try:
            self._connection = sqlite3.connect(
                folder / LOCK_FILE,
                timeout=grace,
                isolation_level=None,
                check_same_thread=False,
            )
            self._connection.execute("PRAGMA journal_mode=DELETE")
            self._connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as refused:
            if self._connection is not None:
                self._connection.close()
            if refused.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise FolderInUse(str(folder), *owner_of(folder)) from refused
            raise TerminalUnavailable(
                f"{str(folder)!r} 无法使用：{LOCK_FILE} {refused}；请换一个可写的目录",
                f"{str(folder)!r} cannot be used: {LOCK_FILE} {refused}; choose a folder that "
                "you may write to",
            ) from refused
        facts = {
            "owner": owner,
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "since": datetime.now(_BEIJING).isoformat(timespec="seconds"),
        }
        text = json.dumps(facts, ensure_ascii=False)
        with suppress(OSError):  # it is for a message alone, and a disk may be full
            (folder / OWNER_FILE).write_text(text, encoding="utf-8")

    def release(self) -> None:
        """Give the folder up. May be called twice."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(OSError):
                (self._folder / OWNER_FILE).unlink(missing_ok=True)
            connection.close()


def owner_of(folder: Path) -> tuple[str, str]:
    """Who wrote last that the folder is theirs, in Chinese and English; "" when nobody did."""
    try:
        facts = json.loads((folder / OWNER_FILE).read_text(encoding="utf-8"))
        what, pid, host = str(facts["owner"]), facts["pid"], facts["host"]
        since = f"{datetime.fromisoformat(facts['since']).astimezone(_BEIJING):%Y-%m-%d %H:%M:%S}"
    except (OSError, ValueError, KeyError, TypeError):
        return "", ""
    zh, _, en = what.partition(" / ")
    ours = pid == os.getpid() and host == socket.gethostname()
    return (
        f"{zh}（{'本进程' if ours else '进程'} {pid}，主机 {host}，自北京时间 {since} 起）",
        f"{en or zh}, {'this ' if ours else ''}process {pid} on {host}, since {since} Beijing time",
    )
