"""Who asks: for the audit of a terminal. User, machine, process, notebook and cell."""

from __future__ import annotations

import getpass
import os
import platform
import re
import sys
from functools import cache
from pathlib import PurePath
from typing import Any

_PLACE = re.compile(r"(.+) pid \d+(?: (?!cell |In\[)(.+?))?(?: cell \w+)?(?: In\[[^]]*\])?")


def origin() -> str:
    """Such as "lin@desk-7 pid 4711 plans.ipynb cell 3f2a In[12]"; what is not known is left out."""
    cell = _cell()
    return f"{_place()} {cell}" if cell else _place()


def same_place(told: str) -> bool:
    """Whether an origin is of this user, machine and notebook, whatever the process and cell."""
    ours, theirs = _PLACE.fullmatch(_place()), _PLACE.fullmatch(told)
    return bool(ours and theirs and ours.groups() == theirs.groups())


@cache
def _place() -> str:
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # no such user, as in some containers
        user = "?"
    where = f"{user}@{platform.node()} pid {os.getpid()}"
    notebook = os.environ.get("JPY_SESSION_NAME", "")  # set by jupyter_server for its kernels
    return f"{where} {PurePath(notebook).name}" if notebook else where


def _cell() -> str:
    """The cell that runs, or "" outside IPython; asks no module that is not loaded already."""
    ipython = sys.modules.get("IPython")
    shell: Any = ipython.get_ipython() if ipython is not None else None
    if shell is None:
        return ""
    count = f"In[{getattr(shell, 'execution_count', '?')}]"
    parent = getattr(shell, "parent_header", None) or {}
    metadata = parent.get("metadata", {}) if isinstance(parent, dict) else {}
    cell = str(metadata.get("cellId", ""))[:8] if isinstance(metadata, dict) else ""
    return f"cell {cell} {count}" if cell else count
