"""What an address or a path says by itself: a served terminal, a paper one's name, a folder."""

from __future__ import annotations

import os
import re
from pathlib import Path

from xtnb.errors import InputError, TerminalUnavailable

PAPER = "paper"
_DRIVE = re.compile(r"[A-Za-z]:")


def served(address: object) -> bool:
    """Whether an address leads to a terminal that is served over NATS: nats:// or tls://."""
    return isinstance(address, str) and address.strip().lower().startswith(("nats://", "tls://"))


def terminal_name(address: str | os.PathLike[str] | None) -> str:
    """The name of the paper terminal that an address leads to. See `open_link`."""
    if address is None:
        return PAPER
    if not isinstance(address, str | os.PathLike):
        raise InputError("path", address, "a path or an address as text")
    text = os.fspath(address)
    if not isinstance(text, str) or not text.strip() or "\0" in text:
        raise InputError("path", address, "a path or an address as text, not empty")
    text = text.strip()
    if text.lower() == PAPER:
        return PAPER
    if is_url(text):
        if served(text):
            raise TerminalUnavailable(
                f"{text!r} 是已提供服务的终端而非目录；请用 xtnb.connect({text!r})",
                f"{text!r} is a served terminal, not a folder: xtnb.connect({text!r}) leads there",
            )
        raise TerminalUnavailable(
            f"{text!r}：地址只能以 nats:// 或 tls:// 开头",
            f"{text!r}: of addresses, nats:// and tls:// lead to a terminal",
        )
    if Path(text).is_file():
        raise TerminalUnavailable(
            f"{text!r} 是文件；这里需要 userdata_mini 目录的路径",
            f"{text!r} is a file; the path of a userdata_mini folder is needed",
        )
    parts = [part for part in text.replace("\\", "/").split("/") if part not in ("", ".")]
    if len(parts) > 1 and parts[-1].lower() == "userdata":
        parts.pop()
    if not parts:
        raise TerminalUnavailable(
            f"{text!r} 不是 userdata_mini 目录的路径",
            f"{text!r} is not the path of a userdata_mini folder",
        )
    return "/".join(parts)


def folder_of(address: object) -> Path | None:
    """The folder that a durable terminal of an address is in, or would be; None for a name.

    Any form of path does, "~" too. One that only another system could have, such as
    D:\\qmt\\userdata_mini on Linux, is a name, unless there is such a folder.
    """
    text = os.fspath(address) if isinstance(address, str | os.PathLike) else ""
    if not isinstance(text, str) or not (text := text.strip()) or "\0" in text:
        return None
    if text.lower() == PAPER or is_url(text):
        return None
    folder = Path(text).expanduser()
    if folder.name.lower() == "userdata" and folder.parent.name:
        folder = folder.parent
    foreign = os.name != "nt" and ("\\" in text or _DRIVE.match(text))
    if foreign and not folder.is_dir():
        return None
    return folder.resolve()


def is_url(text: str) -> bool:
    """Whether it is no path. D://qmt//userdata_mini is one, which Windows reads as D:\\qmt\\…"""
    return "://" in (text[2:] if _DRIVE.match(text) else text)
