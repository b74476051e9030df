"""The vendor's package: whether it can be imported here, and how it is; its folders.

Importing the package as such asks PyPI for a newer version and waits ten seconds
for the answer (defect 24 of the list in vendor.py), so its modules are imported
without its `__init__`. Where `xtnb.alias` has put xtnb in the package's place, the
vendor's modules are imported beside it and do not stay under their names; the
market data of the package is left out then, because it imports parts of itself
late.
"""

from __future__ import annotations

import importlib
import re
import secrets
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.machinery import ExtensionFileLoader, ModuleSpec, PathFinder
from importlib.util import module_from_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from xtnb.errors import TerminalUnavailable

NAME = "xtquant"
_ALIAS = "xtnb.alias"
# What a MiniQMT in minimal mode leaves in its userdata_mini; its queues are per session.
_MARKS = ("up_queue*", "down_queue*", "lock_down_queue*", "miniqmtShm*")
_VERSION = re.compile(r"""^__version__\s*=\s*["']([^"']+)["']""", re.MULTILINE)
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Package:
    """The vendor's package, imported.

    Attributes:
        trader: its module with XtQuantTrader.
        data: its module of market data, or None where that cannot be imported.
        version: as its `__init__` says, "" when it does not.
    """

    trader: Any
    data: Any = None
    version: str = ""


_loaded: list[Package] = []


def folder() -> Path | None:
    """Where the package is installed; None when it is not."""
    spec = _spec()
    places = spec.submodule_search_locations if spec else None
    return Path(next(iter(places))) if places else None


def version() -> str:
    """The version of the installed package; "" when there is none, or it does not say."""
    found = folder()
    if found is None or not (found / "__init__.py").is_file():
        return ""
    said = _VERSION.search((found / "__init__.py").read_text(encoding="utf-8", errors="replace"))
    return said.group(1) if said else ""


def compiled() -> bool:
    """Whether its compiled client fits this Python and this system."""
    found = folder()
    spec = None if found is None else PathFinder.find_spec("xtpythonclient", [str(found)])
    return spec is not None and isinstance(spec.loader, ExtensionFileLoader)


def importable() -> bool:
    """Whether a MiniQMT can be reached from this machine, as far as the package goes."""
    return bool(_loaded) or compiled()


def load() -> Package:
    """Import it, once a process.

    Raises:
        TerminalUnavailable: it is not installed, has no part for this Python or this
            system, or does not import; the text says which, and what to do.
    """
    with _lock:
        if not _loaded:
            _loaded.append(_imported())
        return _loaded[0]


def _imported() -> Package:
    place = folder()
    if place is None:
        raise TerminalUnavailable(
            f"这里没有安装 {NAME}：在 MiniQMT 所在的 Windows 机器上运行 pip install {NAME} / "
            f"{NAME} is not installed here: on the Windows machine of the MiniQMT run "
            f"pip install {NAME}"
        )
    if not compiled():
        python = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise TerminalUnavailable(
            f"{NAME} 没有适用于本系统（{sys.platform}）Python {python} 的部分 / {NAME} has no part "
            f"for Python {python} on this system ({sys.platform}); it is for 64-bit Windows"
        )
    aliased = any(type(finder).__module__ == _ALIAS for finder in sys.meta_path)
    try:
        with _own_names(aliased):
            _package()
            trader = importlib.import_module(f"{NAME}.xttrader")
            data = None if aliased else _market_data()
    except ImportError as fault:
        raise TerminalUnavailable(f"{NAME} 无法导入 / {NAME} does not import: {fault}") from fault
    return Package(trader, data, version())


def _market_data() -> Any:
    try:
        return importlib.import_module(f"{NAME}.xtdata")
    except ImportError:
        return None  # orders go without it; the check-list says so


def _package() -> ModuleType:
    """The package without its `__init__`, or as a program has imported it already."""
    there = sys.modules.get(NAME)
    if there is not None:
        return there
    spec = _spec()
    assert spec is not None  # `folder` has found it
    made = module_from_spec(spec)
    made.__dict__["__version__"] = version()
    sys.modules[NAME] = made
    return made


def _spec() -> ModuleSpec | None:
    return PathFinder.find_spec(NAME)


@contextmanager
def _own_names(aliased: bool) -> Iterator[None]:
    """The package's names mean the vendor's meanwhile, also where xtnb stands in its place."""
    if not aliased:
        yield
        return
    finders = sys.meta_path[:]
    sys.meta_path[:] = [one for one in finders if type(one).__module__ != _ALIAS]
    kept = {name: sys.modules.pop(name) for name in list(sys.modules) if _its(name)}
    try:
        yield
    finally:
        for name in [name for name in sys.modules if _its(name)]:
            del sys.modules[name]
        sys.modules.update(kept)
        sys.meta_path[:] = finders


def _its(name: str) -> bool:
    return name == NAME or name.startswith(f"{NAME}.")


def miniqmt_folder(path: Path) -> Path | None:
    """The userdata_mini of a real MiniQMT that a path names; None for any other path.

    Programs also name its subfolder `userdata`. Known by the files of a terminal that
    has run in minimal mode at least once.
    """
    for folder_ in (path, path.parent) if path.name.lower() == "userdata" else (path,):
        if folder_.is_dir() and any(any(folder_.glob(mark)) for mark in _MARKS):
            return folder_
    return None


def may_write(folder_: Path) -> bool:
    """Whether a file can be made in a folder; `os.access` knows no rights on Windows."""
    probe = folder_ / f"xtnb-{secrets.token_hex(8)}.tmp"
    try:
        probe.touch(exist_ok=False)
    except OSError:
        return False
    with suppress(OSError):
        probe.unlink()
    return True


def session_files(folder_: Path) -> set[int]:
    """The session numbers that have left a queue in a userdata_mini."""
    found = set()
    for entry in folder_.glob("*down_queue*"):
        number = re.search(r"down_queue_win_([0-9]+)", entry.name)
        if number:
            found.add(int(number[1]))
    return found
