"""Screen: what a client remembers of an account between two kernels, in the user's folder.

Drafts of open forms, the layout of the panel, and when the account was last seen with
which orders and fills. A small JSON file for each account of each terminal, named by a
hash so that no account number stands in the clear, replaced as a whole and written by
the frame thread, at most once a second. A broken file is as good as none, and no file
is made for a terminal that lives in memory. Nothing in it can send anything.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any

import platformdirs

from xtnb.live.coalesce import Frames, Slot, frames
from xtnb.vocabulary.records import StockAccount

log = logging.getLogger("xtnb.live")

VERSION = 1
PAUSE = 1.0  # seconds between two writes
PULSE = 60.0  # seconds after which "last seen" is written anew
MOST_DRAFTS = 50
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
    """

    def __init__(
        self,
        path: Path | None = None,
        clock: Callable[[], float] = time.time,
        registry: Frames = frames,
    ) -> None:
        self.path = path
        self._clock = clock
        self._registry = registry
        self._lock = Lock()
        self._writing = Lock()
        self._closed = path is None
        self._slot: Slot | None = None
        self._written = 0.0
        self._warned = False
        self._pending = False
        self._known: Callable[[], dict[str, Any]] | None = None
        self._parts: dict[str, dict[str, Any]] = _read(path) if path is not None else {}

    def draft(self, name: str) -> dict[str, Any] | None:
        """The form that was open under that name, as a kernel has left it."""
        found = self._part("drafts").get(name)
        return dict(found) if isinstance(found, dict) else None

    def put_draft(self, name: str, form: dict[str, Any]) -> None:
        """Remember a form that is open."""
        with self._lock:
            drafts = self._parts.setdefault("drafts", {})
            drafts.pop(name, None)
            drafts[name] = {**form, "at": int(self._clock())}
            while len(drafts) > MOST_DRAFTS:
                del drafts[next(iter(drafts))]
        self.touch()

    def drop_draft(self, name: str) -> None:
        """The form was closed; does nothing once this is closed itself."""
        with self._lock:
            if self._closed or self._parts.get("drafts", {}).pop(name, None) is None:
                return
        self.touch()

    @property
    def panel(self) -> dict[str, Any]:
        """The layout of the panel; empty when there was none."""
        return dict(self._part("panel"))

    def put_panel(self, layout: dict[str, Any]) -> None:
        """Remember the layout of the panel."""
        with self._lock:
            self._parts["panel"] = layout
        self.touch()

    @property
    def seen(self) -> dict[str, Any]:
        """What was known of the account when it was seen last; empty when it never was."""
        return dict(self._part("seen"))

    def keep_seen(self, known: Callable[[], dict[str, Any]]) -> None:
        """From now on write with everything what `known()` says, and the time."""
        self._known = known
        self.touch()

    def touch(self, *_: Any) -> None:
        """There is something to write. Cheap, as often as you like."""
        if self._pending:
            return
        with self._lock:
            if self._closed or self._pending:
                return
            self._pending = True
            if self._slot is None:
                self._slot = self._registry.register(self._flush, "Screen")
            wait = PAUSE - (self._clock() - self._written)
            if wait <= 0:
                self._slot.mark()
            else:
                self._slot.later(min(wait, PAUSE))

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

    def _part(self, name: str) -> dict[str, Any]:
        with self._lock:
            return dict(self._parts.get(name, {}))

    def _flush(self) -> None:
        self._pending = False  # what comes from here on is written the next time
        self._write()
        with self._lock:
            if self._slot is not None and self._known is not None and not self._pending:
                self._slot.later(PULSE)

    def _write(self) -> None:
        with self._writing:  # an older picture never replaces a newer one
            self._write_now()

    def _write_now(self) -> None:
        assert self.path is not None
        seen = {**self._known(), "at": int(self._clock())} if self._known is not None else None
        with self._lock:
            if seen is not None:
                self._parts["seen"] = seen
            text = json.dumps({"version": VERSION, **self._parts}, ensure_ascii=False)
            self._written = self._clock()
        fresh = self.path.with_name(f"{self.path.stem}.{secrets.token_hex(4)}.new")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh.write_text(text, encoding="utf-8")
            os.replace(fresh, self.path)
        except OSError as fault:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)
            if not self._warned:
                self._warned = True
                log.warning("drafts and layout cannot be kept: %s", fault)


def _read(path: Path) -> dict[str, dict[str, Any]]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as fault:
        log.warning("drafts and layout could not be read and begin anew: %s", fault)
        return {}
    sound = isinstance(found, dict) and found.get("version") == VERSION
    if not sound or not all(isinstance(found.get(part, {}), dict) for part in _PARTS):
        log.warning("drafts and layout are of another form and begin anew: %s", path)
        return {}
    return {part: found[part] for part in _PARTS if part in found}
