"""Real client programs run where that is asked for: in CI, or with XTNB_PROGRAMS=1."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ASKED_FOR = os.environ.get("CI") == "true" or os.environ.get("XTNB_PROGRAMS") == "1"
# What our own terminal and xtdata need; the programs bring everything else.
OURS = ["msgspec", "pandas", "tzdata"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if ASKED_FOR or "programs" in (config.option.markexpr or ""):
        return
    skip = pytest.mark.skip(reason="real client programs: set XTNB_PROGRAMS=1 to run them")
    for item in items:
        if item.get_closest_marker("programs"):
            item.add_marker(skip)


@pytest.fixture(scope="session")
def environment_of(pytestconfig):
    """Make an environment for a program, once: its name and pip's steps -> its Python."""

    def make(name: str, *steps: list[str]) -> Path:
        folder = Path(pytestconfig.cache.mkdir("programs")) / name
        python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        done, wanted = folder / "installed.txt", "\n".join(map(" ".join, (*steps, OURS)))
        if not done.exists() or done.read_text(encoding="utf-8") != wanted:
            run([sys.executable, "-m", "venv", "--clear", folder])
            for step in (*steps, OURS):
                run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *step])
            done.write_text(wanted, encoding="utf-8")
        return python

    return make


def run(command: list[str | Path]) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout
