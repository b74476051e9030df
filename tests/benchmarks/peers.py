"""What we measure ourselves against, in an environment of its own.

The peers are no dependency of xtnb. The first benchmark that needs them makes a
virtual environment in the user's cache folder with exactly these versions, on
the Python that runs the benchmark; later runs find it there. To begin afresh,
delete the folder that `folder()` names: python tests/benchmarks/peers.py
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

# vnpy asks for a desktop's worth of packages; these are the ones it imports without a window.
ALONE = ("lightmatchingengine==2019.1.4", "vnpy==4.1.0", "vnpy_paperaccount==1.0.6")
WITH_WHAT_THEY_NEED = (
    "filelock==4.2.11",
    "importlib_metadata==10.2.0",
    "loguru==0.7.3",
    "numpy==2.4.6",
    "ta-lib==0.8.2",
    "tqdm==4.70.1",
    "tzlocal==5.4.5",
)


def folder() -> Path:
    """Where the environment lies: one for each Python and each set of pins."""
    pins = hashlib.sha256(" ".join(ALONE + WITH_WHAT_THEY_NEED).encode()).hexdigest()[:8]
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return user_cache_path("xtnb", appauthor=False) / "benchmarks" / f"peers-{python}-{pins}"


def python() -> str:
    """The interpreter of the peers' environment, which is made if there is none.

    Raises:
        SystemExit: a package could not be installed; pip's words are the reason.
    """
    home = folder()
    binaries = home / ("Scripts" if os.name == "nt" else "bin")
    interpreter = str(binaries / ("python.exe" if os.name == "nt" else "python"))
    finished = home / "finished.txt"
    if not finished.exists():
        print(f"making the peers' environment in {home}", file=sys.stderr)
        venv.EnvBuilder(with_pip=True, clear=True).create(home)
        _install(interpreter, "--no-deps", *ALONE)
        _install(interpreter, "--only-binary", ":all:", *WITH_WHAT_THEY_NEED)
        finished.write_text("\n".join(ALONE + WITH_WHAT_THEY_NEED) + "\n", encoding="utf-8")
    return interpreter


def _install(interpreter: str, *what: str) -> None:
    done = subprocess.run(
        [interpreter, "-m", "pip", "install", "--quiet", "--no-warn-conflicts", *what],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode:
        raise SystemExit(f"the peers' environment could not be made\n{done.stderr}")


def report(interpreter: str, script: str, *arguments: str, cwd: str | None = None) -> Any:
    """Run a script and read the JSON that it prints as its last line."""
    done = subprocess.run(
        [interpreter, str(Path(script).resolve()), *arguments],
        check=True,
        cwd=cwd,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    print(folder())
    print(python())
