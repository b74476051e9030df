"""Small files that are put there whole, and folders for their owner's eyes.

Two things are other than they look on Windows. A file that any program has open at that
moment, be it a reader of ours, a virus scanner or an indexer, cannot be replaced; they let
go within milliseconds. And a folder of the mode 0o700 that is made with an administrator's
rights is closed to the same user without them (python/cpython#157876), so there a folder
has the rights of the one that it is in: those of the user's profile keep others out.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

_PAUSES = (0.001, 0.004, 0.016, 0.064, 0.256) if sys.platform == "win32" else ()
_FOLDER_MODE = 0o777 if sys.platform == "win32" else 0o700
_FILE_MODE = 0o600


def replace(
    fresh: Path,
    file: Path,
    pauses: Sequence[float] = _PAUSES,
    rename: Callable[[Path, Path], None] = os.replace,
) -> None:
    """Give a file the place of another one, or raise OSError and leave both.

    Args:
        pauses: seconds between attempts, as long as the system says that it may not.
    """
    for pause in pauses:
        try:
            rename(fresh, file)
        except PermissionError:
            time.sleep(pause)
        else:
            return
    rename(fresh, file)


def make_folder(folder: Path) -> None:
    """Make a folder, and those that it is in, for its owner's eyes."""
    folder.mkdir(parents=True, exist_ok=True, mode=_FOLDER_MODE)


@contextmanager
def alone(folder: Path, seconds: float) -> Iterator[None]:
    """Keep other programs, and other threads, from doing the same in a folder meanwhile.

    The lock is SQLite's, which ends with a process that dies.

    Args:
        seconds: how long to wait for whoever is there.

    Raises:
        sqlite3.Error: it cannot be had.
    """
    with closing(sqlite3.connect(folder / "lock", timeout=seconds, isolation_level=None)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        yield


def put(file: Path, text: str) -> None:
    """Put a file there whole or not at all, for its owner's eyes; what is there is on the disk.

    Raises:
        OSError: it cannot be written; what was there before stays.
    """
    make_folder(file.parent)
    fresh = file.with_name(f".{file.name}-{secrets.token_hex(8)}")
    try:
        with open(fresh, "x", encoding="utf-8", newline="\n", opener=_own) as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())  # else a power cut may leave the name without the text
        replace(fresh, file)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def _own(path: str, flags: int) -> int:
    return os.open(path, flags, _FILE_MODE)
