"""Why a MiniQMT could not be connected to, in words.

The vendor's `connect` gives a number other than 0 for every failure, so the reason is
found by looking: at the folder, at what a running terminal leaves in it, at whether it
can be written to, and at the queue of the session's number.

Source: reports of users; the names of the files as they are in the field. Ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from xtnb.link.base import ConnectResult
from xtnb.link.vendor_package import may_write, miniqmt_folder, session_files


@dataclass(frozen=True, slots=True)
class Failure:
    """What is wrong and what to do, in two languages.

    Attributes:
        name: "path", "mode", "permission", "session", "silent" or "package".
        result: what `open` of the link gives.
    """

    name: str
    zh: str
    en: str
    result: int = ConnectResult.UNREACHABLE

    def __str__(self) -> str:
        return f"{self.zh} / {self.en}"


def wrong_path(folder: Path) -> Failure:
    """There is no such folder, or it is not one of a MiniQMT's."""
    inside = folder / "userdata_mini"
    hint = f"：应为 {inside}" if inside.is_dir() else ""
    there = f": it should be {inside}" if inside.is_dir() else ""
    return Failure(
        "path",
        f"路径不对，{folder} 不是 MiniQMT 的 userdata_mini 目录{hint}",
        f"wrong path: {folder} is not the userdata_mini folder of a MiniQMT{there}",
    )


def not_in_minimal_mode(folder: Path) -> Failure:
    """The folder is there, and no terminal in minimal mode has left its files in it."""
    return Failure(
        "mode",
        f"{folder} 中没有极简模式的通信文件：请登录 QMT 客户端，登录时勾选“极简模式”（独立交易）",
        f"{folder} has no queues of a terminal in minimal mode: log in to the QMT client and "
        "tick its minimal mode (极简模式) when you do",
    )


def no_permission(folder: Path) -> Failure:
    """The folder cannot be written to."""
    return Failure(
        "permission",
        f"没有权限写入 {folder}：请把客户端装在 C:\\Program Files 以外，"
        "或以与客户端相同的权限（例如都以管理员身份）运行 Python",
        f"no permission to write to {folder}: install the client outside C:\\Program Files, or run "
        "Python with the client's own rights (both as administrator, say)",
    )


def session_in_use(session: int) -> Failure:
    """Another program has this number, or had it a moment ago."""
    return Failure(
        "session",
        f"会话编号 {session} 正被使用，或刚刚被使用过：换一个编号，或等三秒",
        f"session id {session} is in use, or was a moment ago: take another, or wait three seconds",
        ConnectResult.SESSION_IN_USE,
    )


def silent(folder: Path) -> Failure:
    """`connect` did not return: the other side of the queues is not there."""
    return Failure(
        "silent",
        f"连接 {folder} 没有返回：客户端可能正在启动、已退出，或 Python 运行在另一个 Windows "
        "会话里（例如作为系统服务）；请在登录客户端的同一桌面会话中运行",
        f"connecting to {folder} did not return: the client is starting or has ended, or Python "
        "runs in another Windows session, such as a service; run it in the desktop session in "
        "which the client is logged in",
    )


def refused(folder: Path, result: int) -> Failure:
    """Everything that can be seen from here looks right."""
    return Failure(
        "permission",
        f"MiniQMT 拒绝连接（结果 {result}），目录看来正确：请确认客户端已登录、券商已开通 "
        "MiniQMT 权限，并且 Python 与客户端在同一桌面会话、以相同权限运行",
        f"MiniQMT refused the connection (result {result}) although {folder} looks right: see that "
        "the client is logged in, that the broker has given the account the MiniQMT permission, "
        "and that Python runs in the client's desktop session with the same rights",
    )


def package_failed(fault: Exception) -> Failure:
    """The vendor's package raised an exception."""
    text = f"{type(fault).__name__}: {fault}"
    return Failure(
        "package",
        f"迅投的 Python 包出错（{text}）：运行 xtnb doctor --vendor",
        f"the vendor's package failed ({text}): run xtnb doctor --vendor",
    )


def explained(
    folder: Path, session: int, outcome: int | Exception | None, now: int, ours: bool = False
) -> Failure:
    """Say why it failed.

    Args:
        folder: the userdata_mini that was given.
        session: the session's number.
        outcome: what `connect` gave, the exception, or None when it did not return.
        now: nanoseconds since the epoch.
        ours: the number was made up by chance, so a queue of it is left of its own attempts.
    """
    if isinstance(outcome, Exception):
        return package_failed(outcome)
    if outcome == ConnectResult.SESSION_IN_USE:
        return session_in_use(session)
    if not folder.is_dir() or not _named_like_one(folder):
        return wrong_path(folder)
    found = miniqmt_folder(folder)
    if found is None:
        return not_in_minimal_mode(folder)
    if not may_write(found):
        return no_permission(found)
    if outcome is None:
        return silent(found)
    if not ours and session in session_files(found):
        return session_in_use(session)
    return refused(found, outcome)


def _named_like_one(folder: Path) -> bool:
    """Whether it could be one: by its name, or by what is in it."""
    names = (folder.name.lower(), folder.parent.name.lower())
    return "userdata_mini" in names or miniqmt_folder(folder) is not None
