"""Programs in processes of their own, whose output a test waits for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 60.0


class Program:
    """A running program and the lines that it has printed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._changed:
                self.lines.append(line.rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    def wait(self, ready: Callable[[list[str]], bool], seconds: float = SECONDS) -> list[str]:
        """All lines, once `ready` says yes to them; fails when the program ends before."""
        with self._changed:
            self._changed.wait_for(
                lambda: ready(self.lines) or not self._reader.is_alive(), timeout=seconds
            )
            assert ready(self.lines), "the program printed only:\n" + "\n".join(self.lines)
            return list(self.lines)

    def end(self, seconds: float) -> tuple[int, list[str]]:
        """The exit code and all lines, once the program has come to its end."""
        code = self.process.wait(seconds)
        self._reader.join(SECONDS)
        return code, list(self.lines)

    def interrupt(self) -> int:
        """Press Ctrl+C and return the exit code."""
        if os.name == "nt":
            self.process.send_signal(signal.CTRL_BREAK_EVENT)
        else:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(SECONDS)


@contextmanager
def running(
    arguments: Sequence[str | Path],
    python: str | Path = sys.executable,
    environment: Mapping[str, str] | None = None,
    folder: Path = ROOT,
) -> Iterator[Program]:
    """Run Python with these arguments; what is left of it at the end is killed."""
    with_utf8 = {**os.environ, "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [str(python), *map(str, arguments)],
        cwd=folder,
        env={**with_utf8, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )
    try:
        yield Program(process)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(SECONDS)
        if process.stdout:
            process.stdout.close()
