"""LiveTable: rows that stay true by themselves, in an output cell.

How the halves talk: a view asks `{kind: "snapshot?"}`; the frame thread answers
with everything, then sends patches of changed cells, numbered by one. A view
that misses a number asks again, and a second after the last patch its number is
repeated, so that a lost last patch is noticed too. The bodies are JSON in a
binary buffer, written once and parsed once. Clicks come back as `Action`s.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import traitlets as t
from IPython.display import publish_display_data

from xtnb.errors import InputError
from xtnb.live.coalesce import frames
from xtnb.live.store import Feed, Rows
from xtnb.vocabulary.fields import fields_of
from xtnb.vocabulary.options import options
from xtnb.widgets.assets import BORROWED, Library, borrow, give_back, reference
from xtnb.widgets.columns import SHANGHAI, Column, bind
from xtnb.widgets.moment import closing
from xtnb.widgets.needs import Books
from xtnb.widgets.shell import Route
from xtnb.widgets.still import still
from xtnb.widgets.wire import Looking

PROGRAM = "live_table.js"
ACTIONS = ("cancel", "cancel_all", "ask")
QUIET_SECONDS = 1.0

log = logging.getLogger("xtnb.widgets")

_TITLES = {
    "orders": ("委托", "Orders"),
    "trades": ("成交", "Trades"),
    "positions": ("持仓", "Positions"),
    "asset": ("资产", "Account"),
    "quotes": ("行情", "Quotes"),
}
_EMPTY = {
    "orders": ("暂无委托", "no orders yet"),
    "trades": ("暂无成交", "no trades yet"),
    "positions": ("暂无持仓", "no positions"),
    "quotes": ("等待行情", "waiting for quotes"),
    "findings": ("没有差异", "nothing differs"),
}
_UNTOLD = ("终端未答复，内容未知", "unknown: the terminal does not tell this")
_WORDS = {
    "cancel": ("撤单", "Cancel"),
    "cancel_all": ("全部撤单", "Cancel all"),
    "ask": ("再次核对", "Ask again"),
    "filter": ("筛选", "filter"),
    "stopped": ("已停止", "stopped"),
}


@dataclass(frozen=True, slots=True)
class Action:
    """A click in a table.

    Attributes:
        kind: "cancel", "cancel_all", "ask" or "pick".
        key: the row's key; None for "cancel_all".
        column, value: for "pick", the column and what its cell showed.
        record: the row's latest record, None when it has left or for "cancel_all".
    """

    kind: str
    key: Any = None
    column: str = ""
    value: Any = None
    record: Any = None


class LiveTable(Looking):
    """Rows by key, updated cell by cell.

    The kernel owns the rows and the words. The browser owns sort order, filter,
    widths, the order of columns and the scroll position; these never come back.

    Args:
        name: "orders", "trades" …: the title, and how it is written in a repr.
        record: the record class, which holds labels, units and digits.
        rows: the table or the stream to show.
        columns: names of fields, or `Column`s. All fields by default.
        actions: "cancel" for a button in each order that can be cancelled,
            "cancel_all" for one above the table, "ask" for one in each finding whose
            outcome is still unknown.
        title: in Chinese and English, when the name is not one of ours.
        newest_first: new rows come at the top.
        max_rows: beyond that many rows the table scrolls.

    Raises:
        InputError: a column that the record does not have, or an unknown action.
    """

    _esm = BORROWED
    _displayed = False

    library = t.Instance(Library).tag(sync=True, to_json=reference)
    columns = t.List(t.Dict()).tag(sync=True)
    words = t.Dict().tag(sync=True)
    actions = t.List(t.Unicode()).tag(sync=True)
    newest_first = t.Bool(False).tag(sync=True)
    max_rows = t.Int(15).tag(sync=True)

    def __init__(
        self,
        name: str,
        record: type,
        rows: Rows,
        *,
        columns: Sequence[str | Column] | None = None,
        actions: Sequence[str] = (),
        title: tuple[str, str] | None = None,
        newest_first: bool = False,
        max_rows: int = 15,
    ) -> None:
        for action in actions:
            if action not in ACTIONS:
                raise InputError("actions", action, f"one of {', '.join(ACTIONS)}")
        wanted = columns if columns is not None else [f.name for f in fields_of(record)]
        self._columns = bind(wanted, record)
        self._name = name
        self._title = title or _TITLES.get(name) or (name, name)
        self._handlers: list[Callable[[Action], None]] = []
        self._wanted = False
        self._stop: datetime | None = None
        self._closed_at: datetime | None = None
        self._stop_told = True
        self._last_patch = False
        super().__init__(
            library=borrow(PROGRAM),
            columns=[column.describe() for column in self._columns],
            words=self._all_words(rows.told),
            actions=list(actions),
            newest_first=newest_first,
            max_rows=max_rows,
        )
        self.ends(lambda: give_back(PROGRAM))
        self._route = Route(self.comm)
        self.rows = rows
        self._slot = frames.register(self._flush, repr(self))
        self._feed = Feed(rows, {c.name: c.read for c in self._columns}, self._slot.mark)
        self.ends(self._feed.close, self._slot.close, options.on_change(self._remask))
        self.on_msg(self._message)

    def on_action(self, handler: Callable[[Action], None]) -> Callable[[], None]:
        """Call `handler(action)` for each click; the returned function ends that.

        It runs on the thread that took the message, the main one or a subshell's:
        hand over to the session and return.
        """
        self._handlers.append(handler)

        def forget() -> None:
            if handler in self._handlers:
                self._handlers.remove(handler)

        return forget

    def keep_to(self, books: Books) -> None:
        """Stop while the link of these books is lost, and go on when it is back."""
        self.ends(books.on_lost(self.stop), books.on_back(self.resume))
        if books.lost:
            self.stop()

    def stop(self) -> None:
        """Say on screen that the rows are those of this moment: the link is lost."""
        self._stop, self._stop_told = self._stop or datetime.now(SHANGHAI), False
        self._slot.mark()

    def resume(self) -> None:
        """The rows are live again."""
        self._stop, self._stop_told = None, False
        self._slot.mark()

    def still(self) -> str:
        """The rows of this moment as HTML, with the time."""
        title = self._title[0] if self.language == "zh" else self._title[1]
        records = self.rows.records()
        if self.newest_first:
            records.reverse()
        return still(title, self._columns, records, str(self.language), self._stop)

    def close(self) -> None:
        """End it: no listener, frame or comm is left, and a time-stamped table stays behind."""
        if self.closed:
            return
        self._closed_at = datetime.now(SHANGHAI)
        if self._displayed:
            with closing(self._closed_at):
                _show(self._still_bundle(), self._display_id, update=True)
        super().close()

    def __repr__(self) -> str:
        return f"LiveTable({self._name!r})"

    @property
    def _display_id(self) -> str:
        return f"xtnb-{self.model_id}"

    def _still_bundle(self) -> dict[str, Any]:
        return {"text/plain": repr(self), "text/html": self.still()}

    def _ipython_display_(self, **_: Any) -> None:
        # By display, not as a result, because only a display can be replaced later.
        if self.closed:
            with closing(self._closed_at or datetime.now(SHANGHAI)):
                _show(self._still_bundle())
            return
        bundle, _ = self._repr_mimebundle_() or ({}, {})
        self._displayed = True
        _show({**self._still_bundle(), **bundle}, self._display_id)

    def _all_words(self, told: bool) -> dict[str, dict[str, str]]:
        empty = _EMPTY.get(self._name, ("无", "none")) if told else _UNTOLD
        pairs = {**_WORDS, "title": self._title, "empty": empty}
        return {name: {"zh": zh, "en": en} for name, (zh, en) in pairs.items()}

    def _message(self, _: Any, message: Any, __: Any) -> None:
        """A view asks for everything, or someone clicked. What does not make sense is ignored."""
        if not isinstance(message, dict):
            return
        self._route.heard()
        kind = message.get("kind")
        if kind == "snapshot?":
            self._wanted = True
            self._stop_told = self._stop is None and self._stop_told
            self._slot.mark()
        elif kind == "ping":
            self.pong(message)
        elif kind == "pick" and message.get("column") in {c.name for c in self._columns}:
            key = message.get("key")
            self._tell(Action(kind, key, message["column"], message.get("value"), self._row(key)))
        elif kind in ("cancel", "ask") and kind in self.actions:
            key = message.get("key")
            if (row := self._row(key)) is not None:
                self._tell(Action(kind, key, record=row))
        elif kind == "cancel_all" and kind in self.actions:
            self._tell(Action(kind))

    def _row(self, key: Any) -> Any:
        return self.rows.get(key) if isinstance(key, str | int | float) else None

    def _tell(self, action: Action) -> None:
        for handler in list(self._handlers):
            try:
                handler(action)
            except Exception:
                log.exception("a handler of %r failed on %r", self, action)

    def _flush(self) -> None:
        """One message for this frame. Runs on the frame thread, the only one that sends rows."""
        if not self._stop_told:
            self._stop_told = True
            stamp = self._stop.strftime("%H:%M:%S") if self._stop else ""
            self._send_frame({"kind": "stopped" if self._stop else "running", "at": stamp})
        if self._wanted:
            self._wanted = False
            everything = self._feed.snapshot()
            body = {"keys": everything.keys, "columns": everything.columns}
            self._send_frame({"kind": "snapshot", "number": everything.number}, body)
        elif patch := self._feed.patch():
            news = {"changed": patch.changed, "removed": patch.removed}
            self._send_frame({"kind": "patch", "number": patch.number}, news)
            self._last_patch = True
            self._slot.later(QUIET_SECONDS)
        elif self._last_patch:
            self._last_patch = False
            self._send_frame({"kind": "still", "number": self._feed.number})

    def _send_frame(self, head: dict[str, Any], body: dict[str, Any] | None = None) -> None:
        buffers = None if body is None else [encode(body)]
        self._route.publish(lambda: self.send(head, buffers=buffers))

    def _remask(self, name: str) -> None:
        if name == "mask_accounts" and self._feed.number:
            self._wanted = True
            self._slot.mark()


def _show(bundle: dict[str, Any], display_id: str | None = None, update: bool = False) -> None:
    publish_display_data(  # type: ignore[no-untyped-call]
        bundle, transient={"display_id": display_id} if display_id else None, update=update
    )


def encode(body: Any) -> bytes:
    """JSON as bytes. What JSON cannot write, such as NaN, becomes null."""
    try:
        return _json(body)
    except ValueError:
        return _json(_finite(body))


def _json(body: Any) -> bytes:
    text = json.dumps(body, allow_nan=False, ensure_ascii=False, separators=(",", ":"), default=str)
    return text.encode("utf-8", "replace")


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple | Iterator):
        return [_finite(item) for item in value]
    return value
