"""Screen: what a client remembers of an account between two kernels, in the user's folder.

Drafts of open forms, the layout of the panel, and when the account was last seen with
which orders and fills. A small JSON file for each account of each terminal, named by a
hash so that no account number stands in the clear, replaced as a whole and written by
the frame thread: what a person does within a fifth of a second, for they may restart the
kernel next, all else at most once a second. A broken file is as good as none, and no file
is made for a terminal that lives in memory. Nothing in it can send anything.

Several kernels may have one account open and so one file. Each draft, the layout and what
was seen bear the time of their last change; who writes reads the file first, and of each
the newest stays. A draft is that of its notebook: what was typed in one that is still open
is not offered in another as "not sent", where it could be sent twice.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from math import inf
from pathlib import Path
from threading import Lock
from typing import Any

import platformdirs

from xtnb.journal.whole import alone, make_folder, replace
from xtnb.live.coalesce import Frames, Slot, frames
from xtnb.vocabulary.records import StockAccount

log = logging.getLogger("xtnb.live")

VERSION = 1
PAUSE = 1.0  # seconds between two writes
SOON = 0.2  # the same when a person has changed something
PULSE = 60.0  # seconds after which "last seen" is written anew
MOST_DRAFTS = 50
ALONE = 0.5  # seconds to wait while another kernel writes
_PARTS = ("drafts", "panel", "seen")


def folder() -> Path:
    """The user's folder of xtnb for what may be lost; XTNB_STATE moves it."""
    told = os.environ.get("XTNB_STATE", "")
    return Path(told) if told else Path(platformdirs.user_state_dir("xtnb", appauthor=False))


def file_of(terminal: str, account: StockAccount) -> Path:
    """The file of an account of a terminal; its name tells neither."""
    whose = f"{terminal}\n{account.account_type}\n{account.account_id}"
    return folder() / "screens" / f"{hashlib.sha256(whose.encode()).hexdigest()[:40]}.json"


class Screen:
    """What is remembered of one account. Every method may be called on any thread.

    Args:
        path: its file; None remembers nothing.
        clock: seconds since the epoch.
        registry: whose thread writes.
        notebook: whose drafts these are; by default what Jupyter calls the one of this
            kernel. Where nothing names it, all share theirs.
    """

    def __init__(
        self,
        path: Path | None = None,
        clock: Callable[[], float] = time.time,
        registry: Frames = frames,
        notebook: str | None = None,
    ) -> None:
        self.path = path
        self._clock = clock
        self._registry = registry
        told = os.environ.get("JPY_SESSION_NAME", "") if notebook is None else notebook
        self._notebook = f" {hashlib.sha256(told.encode()).hexdigest()[:12]}" if told else ""
        self._lock = Lock()
        self._writing = Lock()
        self._closed = path is None
        self._slot: Slot | None = None
        self._written = 0.0
        self._warned = False
        self._pending = inf  # within how many seconds of the last write the next one comes
        self._known: Callable[[], dict[str, Any] | None] | None = None
        self._parts: dict[str, dict[str, Any]] = _read(path) if path is not None else {}

    def draft(self, name: str) -> dict[str, Any] | None:
        """The form that was open under that name, as a kernel has left it."""
        found = self._part("drafts").get(name + self._notebook)
        return dict(found) if isinstance(found, dict) else None

    def put_draft(self, name: str, form: dict[str, Any]) -> None:
        """Remember a form that is open."""
        name += self._notebook
        with self._lock:
            drafts = self._parts.setdefault("drafts", {})
            kept = drafts.get(name)
            if _bare(kept) == form:
                return
            drafts[name] = {**form, "at": self._now(kept)}
        self._write_within(SOON)

    @property
    def panel(self) -> dict[str, Any]:
        """The layout of the panel; empty when there was none."""
        return _bare(self._part("panel")) or {}

    def put_panel(self, layout: dict[str, Any]) -> None:
        """Remember the layout of the panel."""
        with self._lock:
            kept = self._parts.get("panel")
            if _bare(kept) == layout:
                return
            self._parts["panel"] = {**layout, "at": self._now(kept)}
        self._write_within(SOON)

    @property
    def seen(self) -> dict[str, Any]:
        """What was known of the account when it was seen last; empty when it never was."""
        return dict(self._part("seen"))

    def keep_seen(self, known: Callable[[], dict[str, Any] | None]) -> None:
        """From now on write with everything what `known()` says, and the time.

        While it says None, nothing is known that is worth more than what was written before.
        """
        self._known = known
        self.touch()

    def touch(self, *_: Any) -> None:
        """There is something to write. Cheap, as often as you like."""
        self._write_within(PAUSE)

    def close(self) -> None:
        """Write what is not written, and remember nothing from now on."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            slot, self._slot = self._slot, None
        if slot is not None:
            slot.close()
            self._write()

    def _write_within(self, pause: float) -> None:
        if self._pending <= pause:
            return
        with self._lock:
            if self._closed or self._pending <= pause:
                return
            self._pending = pause
            if self._slot is None:
                self._slot = self._registry.register(self._flush, "Screen")
            wait = pause - (self._clock() - self._written)
            if wait <= 0:
                self._slot.mark()
            else:
                self._slot.later(min(wait, pause))

    def _now(self, *before: Any) -> float:
        """The time of a change; none is older than what it replaces, were the clock set back."""
        return max(round(self._clock(), 3), *(_at(entry) for entry in before), 0.0)

    def _part(self, name: str) -> dict[str, Any]:
        theirs = _read(self.path, logging.DEBUG) if self.path is not None else {}
        with self._lock:
            self._parts = _merged(self._parts, theirs)
            return dict(self._parts.get(name, {}))

    def _flush(self) -> None:
        self._pending = inf  # what comes from here on is written the next time
        self._write()
        with self._lock:
            if self._slot is not None and self._known is not None and self._pending == inf:
                self._slot.later(PULSE)

    def _write(self) -> None:
        with self._writing:  # an older picture never replaces a newer one
            self._write_now()

    def _write_now(self) -> None:
        assert self.path is not None
        known = self._known() if self._known is not None else None
        fresh = self.path.with_name(f"{self.path.stem}.{secrets.token_hex(4)}.new")
        try:
            make_folder(self.path.parent)
            with _alone(self.path.parent):
                theirs = _read(self.path, logging.DEBUG)
                with self._lock:
                    if known is not None:
                        at = self._now(self._parts.get("seen"), theirs.get("seen"))
                        self._parts["seen"] = {**known, "at": at}
                    self._parts = _merged(self._parts, theirs)
                    text = json.dumps({"version": VERSION, **self._parts}, ensure_ascii=False)
                    self._written = self._clock()
                fresh.write_text(text, encoding="utf-8")
                replace(fresh, self.path)
        except OSError as fault:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)
            if not self._warned:
                self._warned = True
                log.warning("drafts and layout cannot be kept: %s", fault)


def _merged(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    """Of the layout, of what was seen and of each draft the one that changed last."""
    drafts = {**theirs.get("drafts", {})}
    for name, draft in ours.get("drafts", {}).items():
        drafts[name] = _newer(draft, drafts.get(name))
    latest = sorted(drafts.items(), key=lambda one: _at(one[1]))[-MOST_DRAFTS:]
    parts = {name: _newer(ours.get(name), theirs.get(name)) for name in ("panel", "seen")}
    merged = {"drafts": dict(latest), **parts}
    return {name: merged[name] for name in _PARTS if merged[name]}


def _newer(ours: Any, theirs: Any) -> Any:
    return ours if _at(ours) >= _at(theirs) else theirs


def _at(entry: Any) -> float:
    at = entry.get("at", 0.0) if isinstance(entry, dict) else -1.0
    return at if isinstance(at, int | float) else 0.0


def _bare(entry: Any) -> dict[str, Any] | None:
    if not isinstance(entry, dict):
        return None
    return {key: entry[key] for key in entry if key != "at"}


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other kernels from writing meanwhile; where that cannot be had, go on without."""
    with ExitStack() as held:
        with suppress(sqlite3.Error):
            held.enter_context(alone(folder, ALONE))
        yield


def _read(path: Path, level: int = logging.WARNING) -> dict[str, dict[str, Any]]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as fault:
        log.log(level, "drafts and layout could not be read and begin anew: %s", fault)
        return {}
    sound = isinstance(found, dict) and found.get("version") == VERSION
    if not sound or not all(isinstance(found.get(part, {}), dict) for part in _PARTS):
        log.log(level, "drafts and layout are of another form and begin anew: %s", path)
        return {}
    return {part: found[part] for part in _PARTS if part in found}
