"""Whole order remarks on disk, because a broker keeps 24 characters of them.

One line of JSON a remark, added as it is sent and read when the file is opened. A
remark is of use for the day of its order, so those of past weeks are left out when the
file has grown. What cannot be read is skipped: the broker's part of it remains.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator, MutableMapping
from pathlib import Path

_log = logging.getLogger("xtnb.link")

FILE = "remarks.jsonl"
_KEPT = 50_000


class KeptRemarks(MutableMapping[str, str]):
    """Tag -> whole remark.

    Args:
        folder: where the file is; made with the first remark.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._lock = threading.Lock()
        self._found = self._read()

    def __getitem__(self, tag: str) -> str:
        return self._found[tag]

    def __setitem__(self, tag: str, remark: str) -> None:
        """Keep a remark. A disk that refuses costs the remark, never the order."""
        with self._lock:
            if self._found.get(tag) == remark:
                return
            self._found[tag] = remark
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps([tag, remark]) + "\n")
            except OSError as fault:
                _log.warning("the remark of an order could not be kept: %s", fault)

    def __delitem__(self, tag: str) -> None:
        del self._found[tag]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def _read(self) -> dict[str, str]:
        try:
            lines = self._path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return {}
        found = {}
        for line in lines[-_KEPT:]:
            try:
                tag, remark = json.loads(line)
            except (ValueError, TypeError, RecursionError):
                continue  # cut off by the end of a process
            if isinstance(tag, str) and isinstance(remark, str):
                found[tag] = remark
        if len(lines) > 2 * _KEPT:
            self._shorten(found)
        return found

    def _shorten(self, found: dict[str, str]) -> None:
        text = "".join(json.dumps([*one]) + "\n" for one in found.items())
        fresh = self._path.with_suffix(".new")
        try:
            fresh.write_text(text, encoding="utf-8")
            fresh.replace(self._path)
        except OSError as fault:
            _log.warning("%s could not be shortened: %s", self._path, fault)
