"""The guide in JupyterLab: copied into the user's folder, then served from there.

The guide is the notebooks of this version. It is copied, so that what you try
out in it is yours: a notebook that you changed is never written over. When a
later version brings a newer one, it is saved beside yours and a line says so.
What was copied is remembered by its digest in `.xtnb/guide.json`.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

from xtnb.errors import InputError

QUICKSTART = "00_quickstart.ipynb"
DEFAULT_PORT = 8888
_OWN = ".xtnb"  # our notes inside the user's copy
_NOT_COPIED = {".ipynb_checkpoints", "__pycache__", _OWN}

Say = Callable[[str], None]


def default_folder() -> Path:
    """Where the guide goes unless told otherwise: xtnb-guide in the user's home."""
    return Path.home() / "xtnb-guide"


def guide_source() -> Path:
    """The folder of the guide: in an installed package, or beside it in a clone."""
    here = Path(__file__).resolve().parent
    for folder in (here / "guide", here.parent / "notebooks"):
        if (folder / QUICKSTART).is_file():
            return folder
    raise FileNotFoundError(f"the guide is missing from this installation: no {QUICKSTART}")


def copy_guide(source: Path, folder: Path) -> list[str]:
    """Bring the user's copy of the guide up to date and keep what the user changed.

    Args:
        source: the guide of this version.
        folder: the user's copy; made if it is not there.

    Returns:
        One line for each newer file that was saved beside a changed one.

    Raises:
        InputError: `folder` is a file, or cannot be written to.
    """
    notes = folder / _OWN / "guide.json"
    try:
        notes.parent.mkdir(parents=True, exist_ok=True)
        copied: dict[str, str] = json.loads(notes.read_text("utf-8")) if notes.exists() else {}
        said = []
        for path in _files(source):
            name = path.relative_to(source).as_posix()
            newest = path.read_bytes()
            target = folder / name
            digest = hashlib.sha256(newest).hexdigest()
            if not target.exists():
                _write(target, newest)
            elif copied.get(name) != digest and target.read_bytes() != newest:
                if hashlib.sha256(target.read_bytes()).hexdigest() == copied.get(name):
                    _write(target, newest)  # ours of an earlier version, untouched
                else:
                    beside = _save_beside(target, newest)
                    said.append(f"You changed {name}: yours is kept, the new one is {beside.name}")
            copied[name] = digest
        _write(notes, json.dumps(copied, indent=1).encode())
    except (OSError, ValueError) as error:
        expected = f"a folder that can be written to ({error})"
        raise InputError("--dir", str(folder), expected) from error
    return said


def _files(source: Path) -> Iterator[Path]:
    for path in sorted(source.rglob("*")):
        if path.is_file() and not _NOT_COPIED & set(path.relative_to(source).parts):
            yield path


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _save_beside(target: Path, newest: bytes) -> Path:
    """Save under the first name that is free, or that holds just this already."""
    number = 1
    while True:
        tail = ".new" if number == 1 else f".new{number}"
        beside = target.with_name(f"{target.stem}{tail}{target.suffix}")
        if not beside.exists():
            _write(beside, newest)
        if beside.read_bytes() == newest:
            return beside
        number += 1


def serve(folder: Path, *, port: int | None, browser: bool, say: Say) -> None:
    """Serve `folder` with JupyterLab until Ctrl+C, the quickstart open.

    Args:
        folder: the user's copy of the guide.
        port: the port to listen on, or None for 8888 or the next one that is free.
        browser: open the user's browser.
        say: called once with the address, when the server answers there.
    """
    _without_news(folder)
    # imported late: the other commands need not wait for it
    from jupyterlab.labapp import LabApp

    token = secrets.token_urlsafe(24)
    arguments = [
        f"--ServerApp.root_dir={folder}",
        f"--ServerApp.port={port or DEFAULT_PORT}",
        f"--ServerApp.port_retries={50 if port is None else 0}",
        f"--ServerApp.open_browser={browser}",
        f"--ExtensionApp.open_browser={browser}",
        "--ServerApp.answer_yes=True",  # Ctrl+C ends without a question
        "--Application.log_level=WARN",
        f"--IdentityProvider.token={token}",
        f"--LabApp.default_url=/lab/tree/{QUICKSTART}",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # in a container one often is
        arguments.append("--ServerApp.allow_root=True")
    server = LabApp.initialize_server(argv=arguments)
    address = f"http://localhost:{server.port}/lab/tree/{QUICKSTART}?token={token}"
    server.io_loop.add_callback(say, address)  # runs after the server has bound its port
    server.start()


def _without_news(folder: Path) -> None:
    """Spare the first look at the guide JupyterLab's question about its own news."""
    settings = folder / _OWN
    page = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    _write(settings / "labconfig" / "page_config.json", json.dumps(page).encode())
    before = os.environ.get("JUPYTER_CONFIG_PATH")
    paths = [str(settings), *([before] if before else [])]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(paths)
