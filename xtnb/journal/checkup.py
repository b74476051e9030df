"""What a folder has, looked at from outside: it changes nothing, and needs no lock.

`examine` answers with findings, the first of which may be that there is nothing more to
look at. What the rows mean is looked at by who knows (terminal/keeping/checkup.py).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from xtnb.errors import JournalMissing, JournalUnreadable
from xtnb.journal.lock import LOCK_FILE, owner_of
from xtnb.journal.schema import DAMAGE, FILE, VERSION, looks_ours, uri_of, version_of

_BLOBS = {
    "requests": "SELECT row, crc, request, reply FROM requests",
    "pushes": "SELECT number, crc, body FROM pushes",
    "closings": "SELECT day, crc, body FROM closings",
    "kept": "SELECT kind || ' ' || name, crc, body FROM kept",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `state` is "ok", "note" or "wrong"."""

    name: str
    state: str
    zh: str
    en: str

    def text(self, language: str) -> str:
        """The finding in "zh" or "en"."""
        return self.zh if language == "zh" else self.en


def locked(folder: Path) -> bool:
    """Whether somebody has the folder open."""
    path = folder / LOCK_FILE
    if not path.exists():
        return False
    target = uri_of(path.resolve()) + "?mode=rw"
    with closing(sqlite3.connect(target, uri=True, timeout=0, isolation_level=None)) as probe:
        try:
            probe.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            return True
        probe.execute("ROLLBACK")
    return False


def look(folder: Path) -> sqlite3.Connection:
    """A connection that reads and cannot write.

    Raises:
        JournalUnreadable: another program's file.
        JournalMissing: none at all.
    """
    path = folder / FILE
    if not path.is_file():
        raise JournalMissing(str(path))
    taken = locked(folder)
    if not taken and not looks_ours(path):
        raise JournalUnreadable(str(path), "it is not a database", "不是数据库文件")
    # a file that is at rest has no log beside it, and none may be made
    rest = "" if path.with_name(FILE + "-wal").exists() else "&immutable=1"
    target = uri_of(path.resolve()) + "?mode=ro" + rest
    connection = sqlite3.connect(target, uri=True, timeout=5, isolation_level=None)
    try:
        version_of(connection, path)
    except DAMAGE as fault:
        connection.close()
        raise JournalUnreadable(str(path), str(fault)) from fault
    except JournalUnreadable:
        connection.close()
        raise
    return connection


def rows_of(connection: sqlite3.Connection, kind: str) -> list[tuple[str, bytes]]:
    """The kept rows of one kind, by name."""
    found = connection.execute("SELECT name, body FROM kept WHERE kind = ? ORDER BY name", (kind,))
    return [(name, bytes(body)) for name, body in found]


def examine(folder: Path) -> Iterator[Finding]:
    """Look at the file of a folder, one finding after the other."""
    try:
        connection = look(folder)
    except JournalMissing as none:
        yield Finding("file", "wrong", none.zh, none.en)
        return
    except JournalUnreadable as wrong:
        zh, en = f"无法使用：{wrong.reason_zh}", f"cannot be used: {wrong.reason}"
        yield Finding("file", "wrong", zh, en)
        return
    with closing(connection):
        yield _owner(folder)
        try:
            yield from _file(connection, folder)
            yield from _content(connection)
        except DAMAGE as fault:
            yield Finding("file", "wrong", f"文件损坏：{fault}", f"the file is damaged: {fault}")


def _owner(folder: Path) -> Finding:
    if not locked(folder):
        return Finding("owner", "ok", "未被打开", "nobody has it open")
    zh, en = owner_of(folder)
    return Finding(
        "owner", "note", f"已被打开：{zh or '占用者不明'}", f"open: {en or 'by whom, is not known'}"
    )


def _file(connection: sqlite3.Connection, folder: Path) -> Iterator[Finding]:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    state = "ok" if version == VERSION else "note"
    yield Finding(
        "version", state, f"表版本 {version}，本程序 {VERSION}", f"tables {version}, ours {VERSION}"
    )
    sizes = {path.name: path.stat().st_size for path in sorted(folder.glob(FILE + "*"))}
    shown = ", ".join(f"{name} {size / 1e6:,.1f} MB" for name, size in sizes.items())
    yield Finding("size", "ok", shown, shown)
    said = [text for (text,) in connection.execute("PRAGMA integrity_check(5)")]
    if said == ["ok"]:
        yield Finding("integrity", "ok", "数据库完整", "the database is whole")
    else:
        what = "; ".join(said)
        yield Finding("integrity", "wrong", f"数据库损坏：{what}", f"damaged: {what}")


def _content(connection: sqlite3.Connection) -> Iterator[Finding]:
    counts, wrong = {}, []
    for table, question in _BLOBS.items():
        counts[table] = 0
        for name, crc, *bodies in connection.execute(question):
            counts[table] += 1
            found = 0
            for body in bodies:
                found = crc32(body, found)
            if found != crc:
                wrong.append(f"{table} {name}")
    shown = ", ".join(f"{count:,} {table}" for table, count in counts.items())
    if wrong:
        what = ", ".join(wrong[:5])
        yield Finding("checksums", "wrong", f"校验不符：{what}", f"not what was written: {what}")
    else:
        yield Finding("checksums", "ok", f"校验一致：{shown}", f"as written: {shown}")
    first, last, many = connection.execute(
        "SELECT min(number), max(number), count(*) FROM pushes"
    ).fetchone()
    if many and (first, last) != (1, many):
        text = f"{first}..{last}, {many}"
        yield Finding("pushes", "wrong", f"推送编号有缺口：{text}", f"numbers have a gap: {text}")
    else:
        yield Finding("pushes", "ok", f"编号 1 到 {many} 连续", f"1 to {many} without a gap")
    (lives,) = connection.execute("SELECT count(*) FROM lives").fetchone()
    facts = dict(connection.execute("SELECT name, value FROM facts"))
    known = ", ".join(f"{name}={value}" for name, value in sorted(facts.items()))
    yield Finding("lives", "ok", f"打开过 {lives} 次；{known}", f"{lives} so far; {known}")
