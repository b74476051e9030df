"""Why the stream of a served terminal takes no pushes, written down for `xtnb doctor`.

Sessions hear the pushes all the same, and a journal keeps them; but who was away for
longer than the terminal remembers cannot be told what was missed, and asks anew.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

_FILE = "unstored.txt"
_SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")


class Unstored:
    """Keeps a file true while a terminal is served.

    Args:
        place: where a nats-server of the terminal's own has its storage.
    """

    def __init__(self, place: Path) -> None:
        self._file = place / _FILE
        self._said: str | None = None  # of an earlier life there may be one

    def say(self, words: str) -> None:
        """Why pushes are not stored; "" when they are. A disk that is full says it itself."""
        if words == self._said:
            return
        self._said = words
        with suppress(OSError):
            if words:
                self._file.parent.mkdir(parents=True, exist_ok=True)
                self._file.write_text(words, encoding="utf-8")
            else:
                self._file.unlink(missing_ok=True)


def unstored(folder: Path) -> tuple[str, str] | None:
    """Since when, by the clock of Shanghai, and why; None while pushes are stored."""
    for place in (folder, folder / "nats"):
        with suppress(OSError, UnicodeDecodeError):
            words = (place / _FILE).read_text(encoding="utf-8")
            at = datetime.fromtimestamp((place / _FILE).stat().st_mtime, UTC)
            return f"{at.astimezone(_SHANGHAI):%m-%d %H:%M}", words
    return None
