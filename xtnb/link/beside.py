"""Folders that were mistyped: what a path has instead of a terminal, and what lies beside it."""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from difflib import get_close_matches
from itertools import islice
from pathlib import Path

from xtnb.errors import TerminalUnavailable
from xtnb.journal import holds_journal
from xtnb.link.places import PAPER, folder_of
from xtnb.link.vendor_package import miniqmt_folder

_log = logging.getLogger("xtnb.endpoints")

_MOST = 1_000  # entries of a folder that are looked at
_NEAR = 0.6  # as difflib measures it


def must_be_there(address: object) -> None:
    """Raise TerminalUnavailable for a path without a terminal, with the names that are near.

    What is no path, such as "paper", passes.
    """
    text = str(address if address is not None else PAPER).strip()
    if text.lower() == PAPER:
        return
    folder = folder_of(address)
    if folder is None:
        raise TerminalUnavailable(
            f"{text!r} 不是本机的路径：MiniQMT 只能在它所在的 Windows 机器上直接连接，别处请用 "
            f"那里 `xtnb serve --vendor` 给出的地址；模拟请用 xtnb.paper({text!r})",
            f"{text!r} is no path of this machine: a MiniQMT is reached so on its own Windows "
            "machine, and elsewhere by the address that `xtnb serve --vendor` prints there; "
            f"xtnb.paper({text!r}) is paper",
        )
    if holds_journal(folder):
        return
    names = ", ".join(map(repr, near(folder)))
    zh, en = (f"；是否指 {names}？", f"; did you mean {names}?") if names else ("", "")
    raise TerminalUnavailable(
        f"{text!r} 中没有终端{zh}（新建模拟终端请用 xtnb.paper({text!r})）",
        f"there is no terminal in {text!r}{en} (xtnb.paper({text!r}) begins one)",
    )


def near(folder: Path) -> list[str]:
    """Terminals beside a folder whose names are like its own, the likest first."""
    there: dict[str, str] = {}
    with suppress(OSError):
        for one in islice(folder.parent.iterdir(), _MOST):
            if one.name != folder.name and (holds_journal(one) or miniqmt_folder(one)):
                there[os.path.normcase(one.name).lower()] = one.name
    found = get_close_matches(folder.name.lower(), there, n=3, cutoff=_NEAR)
    return [there[name] for name in found]


def say_if_mistaken(folder: Path) -> None:
    """Warn once that new books begin in a folder, where others were probably meant.

    Call it before they are begun. A folder that is plainly new is not spoken of.
    """
    if holds_journal(folder):
        return
    left: list[str] = []
    with suppress(OSError):
        left = sorted(one.name for one in folder.glob("xtnb.*"))
    if names := ", ".join(map(repr, near(folder))):
        zh, en = f"旁边已有 {names}，是否拼写有误？", f"there is {names} beside it: a typing error?"
    elif left:
        files = ", ".join(left)
        zh, en = (
            f"其中已有 {files}，原有账本是否被移走？",
            f"it has {files}: were books moved away?",
        )
    else:
        return
    _log.warning("%s: 新建模拟账本；%s / new paper books begin here; %s", folder, zh, en)
