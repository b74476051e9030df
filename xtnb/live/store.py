"""What is true now: rows by key, kept by pushes, and the numbered changes that views follow.

A `Table` holds the latest record of each key. A `Feed` follows a table for one
widget: it remembers which rows moved since its last frame and, when asked, says
which cells of them now read differently. So a push costs one dictionary write,
whatever the number of columns, and a row that moved fifty times between two
frames is looked at once.

Frames are numbered by one. A view that misses a number asks for a snapshot,
which holds everything and carries the number of the last patch it includes.

Records are never changed after they are applied; a newer one replaces them.
Every method may be called on any thread. Memory is bounded: `limit` rows, the
oldest leave first, and a feed holds no more than the rows' cells.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from threading import RLock
from typing import Any

from xtnb.errors import InputError

Key = Hashable
Cells = dict[str, Any]
Getter = Callable[[Any], Any]
Listener = Callable[[Any, Cells], None]

ROW_LIMIT = 100_000


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Every row, column by column. `number` is that of the last patch it includes."""

    number: int
    keys: list[Any]
    columns: dict[str, list[Any]]


@dataclass(frozen=True, slots=True)
class Patch:
    """The cells that read differently since patch `number` - 1, and the rows that left.

    A row that is new has all its cells in `changed`.
    """

    number: int
    changed: list[tuple[Any, Cells]] = field(default_factory=list)
    removed: list[Any] = field(default_factory=list)


class Rows:
    """Records by key, those who listen to them, and the feeds that follow them."""

    def __init__(self, record: type, limit: int = ROW_LIMIT) -> None:
        if limit < 1:
            raise InputError("limit", limit, "at least one row")
        self.record = record
        self.limit = limit
        self.lock = RLock()
        self.version = 0
        self.told = True  # else it is empty because the terminal does not tell it
        self._rows: dict[Any, Any] = {}
        self._feeds: list[Feed] = []
        self._listeners: list[Listener] = []

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, key: object) -> bool:
        return key in self._rows

    def get(self, key: Any) -> Any | None:
        """The latest record of `key`, or None."""
        return self._rows.get(key)

    def records(self) -> list[Any]:
        """The latest record of every key, oldest key first."""
        with self.lock:
            return list(self._rows.values())

    def by_key(self) -> dict[Any, Any]:
        """The latest record of every key, as a dictionary of its own."""
        with self.lock:
            return self._rows.copy()

    def keys(self) -> list[Any]:
        """Every key, oldest first."""
        with self.lock:
            return list(self._rows)

    def snapshot(self) -> Snapshot:
        """Every attribute of every row, column by column; its number is the table's version."""
        with self.lock:
            keys, records = list(self._rows), list(self._rows.values())
            version = self.version
        names = list(vars(records[0])) if records else []
        return Snapshot(version, keys, {n: [getattr(r, n) for r in records] for n in names})

    def on_change(self, listener: Listener) -> Callable[[], None]:
        """Call `listener(key, cells)` after each change; the returned function ends that.

        `cells` holds the attributes that changed, all of them for a new row and
        none for a row that left. It is called under the table's lock, in the
        order of the changes, on the thread that brought them: return at once.
        """
        with self.lock:
            self._listeners.append(listener)

        def forget() -> None:
            with self.lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return forget

    def clear(self) -> None:
        """Drop every row."""
        with self.lock:
            for key in list(self._rows):
                self._drop(key)

    def _put(self, key: Any, record: Any) -> None:
        with self.lock:
            before = self._rows.get(key)
            self._rows[key] = record
            self.version += 1
            for feed in self._feeds:
                feed._touch(key)
            if self._listeners:
                cells = _differences(before, record)
                for listener in list(self._listeners):
                    listener(key, cells)
            if before is None and len(self._rows) > self.limit:
                self._drop(next(iter(self._rows)))

    def _drop(self, key: Any) -> None:
        with self.lock:
            if self._rows.pop(key, None) is None:
                return
            self.version += 1
            for feed in self._feeds:
                feed._leave(key)
            for listener in list(self._listeners):
                listener(key, {})


class Table(Rows):
    """The latest record of each key: orders, positions, quotes.

    Args:
        record: the record class.
        key: an attribute's name, or a function of a record. A second record of
            the same key replaces the first.
        limit: rows to keep; the oldest leave first.
    """

    def __init__(self, record: type, key: str | Getter, limit: int = ROW_LIMIT) -> None:
        super().__init__(record, limit)
        self._key: Getter = key if callable(key) else _attribute(key)

    def apply(self, record: Any) -> None:
        """Take a push: a new row, or the new state of one that is there."""
        self._put(self._key(record), record)

    def replace(self, records: Iterable[Any]) -> None:
        """Make the table hold exactly these, as after a query; rows not among them leave."""
        with self.lock:
            news = {self._key(record): record for record in records}
            for key in [key for key in self._rows if key not in news]:
                self._drop(key)
            for key, record in news.items():
                self._put(key, record)

    def remove(self, key: Any) -> None:
        """Drop a row; nothing happens when it is not there."""
        self._drop(key)


class Feed:
    """Follows a table for one widget, frame by frame.

    Nothing is gathered until the first `snapshot`, and after that at most the
    keys that moved since the last frame.

    Args:
        rows: the table or the stream to follow.
        columns: for each column of the widget, how its value is read from a record.
        moved: called when there is something new, under the table's lock:
            it must return at once.
    """

    def __init__(
        self, rows: Rows, columns: Mapping[str, Getter], moved: Callable[[], None] | None = None
    ) -> None:
        self.rows = rows
        self.number = 0
        self._columns = dict(columns)
        self._moved = moved
        self._following = False
        self._touched: dict[Any, None] = {}
        self._sent: dict[Any, tuple[Any, ...]] = {}
        with rows.lock:
            rows._feeds.append(self)

    def snapshot(self) -> Snapshot:
        """Everything, for a view that is new or has missed a frame."""
        getters = list(self._columns.values())
        with self.rows.lock:
            self._following = True
            self._touched.clear()
            self._sent = {
                key: tuple([get(record) for get in getters])
                for key, record in self.rows._rows.items()
            }
            # What the last frames left out is in here: count it, so that a view
            # which skips this snapshot sees that it missed something.
            self.number += 1
            keys, table = list(self._sent), list(self._sent.values())
            number = self.number
        values: list[list[Any]] = [list(column) for column in zip(*table, strict=True)]
        if not values:
            values = [[] for _ in getters]
        return Snapshot(number, keys, dict(zip(self._columns, values, strict=True)))

    def patch(self) -> Patch | None:
        """What changed since the last frame, or None when nothing reads differently."""
        changed: list[tuple[Any, Cells]] = []
        removed: list[Any] = []
        with self.rows.lock:
            touched, self._touched = self._touched, {}
            for key in touched:
                record = self.rows._rows.get(key)
                before = self._sent.get(key)
                if record is None:
                    if before is not None:
                        del self._sent[key]
                        removed.append(key)
                    continue
                cells = self._read(key, record, before)
                if cells:
                    changed.append((key, cells))
            if not changed and not removed:
                return None
            self.number += 1
            return Patch(self.number, changed, removed)

    def close(self) -> None:
        """Stop following."""
        with self.rows.lock:
            self._following = False
            self._touched.clear()
            self._sent.clear()
            if self in self.rows._feeds:
                self.rows._feeds.remove(self)

    def _read(self, key: Any, record: Any, before: tuple[Any, ...] | None) -> Cells:
        now = tuple([get(record) for get in self._columns.values()])
        self._sent[key] = now
        if before is None:
            return dict(zip(self._columns, now, strict=True))
        if now == before:
            return {}
        names = self._columns
        return {n: new for n, new, old in zip(names, now, before, strict=True) if new != old}

    def _leave(self, key: Any) -> None:
        if key in self._sent:
            self._touch(key)
        else:
            self._touched.pop(key, None)  # nobody has seen it, and a frozen feed must not grow

    def _touch(self, key: Any) -> None:
        if self._following:
            self._touched[key] = None
            if self._moved is not None:
                self._moved()


def _attribute(name: str) -> Getter:
    def get(record: Any) -> Any:
        return getattr(record, name)

    return get


def _differences(before: Any | None, record: Any) -> Cells:
    now = vars(record)
    if before is None:
        return dict(now)
    old = vars(before)
    return {name: value for name, value in now.items() if old.get(name) != value}
