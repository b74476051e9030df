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
from datetime import datetime
from pathlib import Path

from xtnb.errors import FolderInUse

LOCK_FILE = "xtnb.lock"
OWNER_FILE = "xtnb.owner"


class Lock:
    """Holds a folder until `release`, or until the process ends.

    Args:
        folder: an existing folder.
        owner: what has it open, in a few words.

    Raises:
        FolderInUse: someone else holds it; the message says who.
    """

    def __init__(self, folder: Path, owner: str) -> None:
        self._folder = folder
        self._connection: sqlite3.Connection | None = sqlite3.connect(
            folder / LOCK_FILE, timeout=0, isolation_level=None, check_same_thread=False
        )
        try:
            self._connection.execute("PRAGMA journal_mode=DELETE")
            self._connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as refused:
            self._connection.close()
            raise FolderInUse(str(folder), owner_of(folder)) from refused
        facts = {
            "owner": owner,
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "since": datetime.now().astimezone().isoformat(timespec="seconds"),
        }
        text = json.dumps(facts, ensure_ascii=False)
        (folder / OWNER_FILE).write_text(text, encoding="utf-8")

    def release(self) -> None:
        """Give the folder up. May be called twice."""
        connection, self._connection = self._connection, None
        if connection is not None:
            (self._folder / OWNER_FILE).unlink(missing_ok=True)
            connection.close()


def owner_of(folder: Path) -> str:
    """Who wrote last that the folder is theirs, in words; "" when nobody did."""
    try:
        facts = json.loads((folder / OWNER_FILE).read_text(encoding="utf-8"))
        return (
            f"{facts['owner']}, process {facts['pid']} on {facts['host']}, since {facts['since']}"
        )
    except (OSError, ValueError, KeyError, TypeError):
        return ""
