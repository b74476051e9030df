"""The check-list for the machine of a MiniQMT: what is found, what it means, what to do.

Most of it can only be seen on Windows with a broker's client running, so a user runs
it there: `xtnb doctor --vendor FOLDER`. It connects and reads; it never orders.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xtnb.errors import JournalUnreadable, TerminalUnavailable
from xtnb.journal.checkup import Finding
from xtnb.link import vendor_package as packages
from xtnb.link.base import ConnectResult, Link
from xtnb.link.vendor_calls import CALLS
from xtnb.link.vendor_connect import Failure, no_permission, not_in_minimal_mode, wrong_path
from xtnb.link.vendor_memory import left_unanswered, shared_claims
from xtnb.vocabulary.codes import AccountStatus, AccountType
from xtnb.vocabulary.messages import Push, Reply, Request
from xtnb.vocabulary.outcomes import to_look_at

_SESSION = 1_999_999_999
_SECONDS = 15.0
_MANY_QUEUES = 20
_DAYS = 3 * 24 * 3600 * 10**9
# What the link calls of the vendor's trader, and does not find out until it needs it.
_METHODS = (
    *("start", "stop", "connect", "subscribe", "unsubscribe", "common_op_sync_with_seq"),
    *(f"{name}_async" for name, call in CALLS.items() if call.later),
    *(name for name, call in CALLS.items() if not call.later),
)
# Spellings that were read in the compiled client and never tried on it.
_FIELDS = {
    "SmtAppointmentCancelReq": "m_strApplyID",
    "SmtCompactRenewalReq": "m_strCompactID",
    "SmtCompactReturnReq": "m_strSrcGroupID",
}


@dataclass(frozen=True, slots=True)
class Machine:
    """What the checks look at; handed in by tests.

    Attributes:
        system: `sys.platform`.
        bits: 64 or 32.
        desktop: the number of the Windows session of this process; None elsewhere.
        load: imports the vendor's package.
        store: Python is that of the Microsoft Store.
    """

    system: str
    bits: int
    desktop: int | None
    load: Callable[[], packages.Package] = packages.load
    store: bool = False


def this_machine() -> Machine:
    """The one that this runs on."""
    bits = 64 if sys.maxsize > 2**32 else 32
    return Machine(sys.platform, bits, _desktop(), store="WindowsApps" in sys.base_prefix)


def _desktop() -> int | None:
    import ctypes

    windows: Any = getattr(ctypes, "windll", None)
    if windows is None:
        return None
    number = ctypes.c_ulong()
    done = windows.kernel32.ProcessIdToSessionId(os.getpid(), ctypes.byref(number))
    return int(number.value) if done else None


def check(
    folder: Path | None, new_link: Callable[[str], Link], machine: Machine | None = None
) -> list[Finding]:
    """All checks, in the order in which they help; what rests on a failed one is left out.

    Args:
        folder: the userdata_mini; None checks the machine alone.
        new_link: makes a link to a MiniQMT, not open yet.
        machine: where; by default here.
    """
    where = machine or this_machine()
    found = list(_machine(where))
    package = None
    if all(one.state != "wrong" for one in found):
        package = _load(where, found)
    if folder is None:
        return found
    failure = _folder_failure(folder)
    found.append(
        _told("folder", failure, f"{folder} 是 MiniQMT 的目录", f"{folder} is a MiniQMT's")
    )
    if failure is None:
        found.extend(_queues(folder))
        found.append(_keys(packages.miniqmt_folder(folder) or folder))
        if package is not None:
            found.extend(_connect(str(packages.miniqmt_folder(folder) or folder), new_link))
    return found


# -- the machine ---------------------------------------------------------------------------------


def _machine(where: Machine) -> Iterator[Finding]:
    if where.system == "win32" and where.bits == 64:
        yield Finding("system", "ok", "64 位 Windows", "64-bit Windows")
    else:
        yield Finding(
            "system",
            "wrong",
            f"本机是 {where.bits} 位 {where.system}；迅投的包只用于 64 位 Windows。"
            "请在客户端所在的 Windows 机器上运行 xtnb serve --vendor，再从这里连接它的地址",
            f"this is {where.bits}-bit {where.system}; the vendor's package is for 64-bit Windows. "
            "Run xtnb serve --vendor on the Windows machine of the client, and connect to it "
            "from here",
        )
        return
    if where.desktop == 0:
        yield Finding(
            "desktop",
            "wrong",
            "Python 作为系统服务运行（会话 0），看不到客户端的共享内存；"
            "请在登录客户端的桌面会话中运行，例如“仅在用户登录时运行”的计划任务",
            "Python runs as a service (session 0) and cannot see the client's shared memory; run "
            "it in the desktop session of the client, for instance as a scheduled task that runs "
            "only when the user is logged on",
        )
    else:
        yield Finding("desktop", "ok", "桌面会话", "a desktop session")
    if where.store:
        yield Finding(
            "python",
            "note",
            "Python 来自微软商店：密钥与已用过的 key 存在它自己的隐藏目录，其他 Python 看不到；"
            "请改用 python.org 的 Python",
            "Python is that of the Microsoft Store: it keeps secrets, and the keys of orders that "
            "were sent, in a hidden folder where no other Python sees them; use one of python.org",
        )


def _load(where: Machine, found: list[Finding]) -> packages.Package | None:
    try:
        package = where.load()
    except TerminalUnavailable as wrong:
        zh, _, en = str(wrong).partition(" / ")
        found.append(Finding("package", "wrong", zh, en or zh))
        return None
    version = package.version or "?"
    found.append(Finding("package", "ok", f"版本 {version}", f"version {version}"))
    found.append(_methods(package))
    found.append(_fields(package))
    if package.data is None:
        found.append(
            Finding(
                "market data",
                "note",
                "行情模块无法导入：可以交易，没有行情和盘口",
                "the module of market data does not import: trading works, quotes do not",
            )
        )
    else:
        found.append(Finding("market data", "ok", "行情模块可用", "the module imports"))
    return package


def _methods(package: packages.Package) -> Finding:
    missing = [name for name in _METHODS if not hasattr(package.trader.XtQuantTrader, name)]
    if not missing:
        return Finding("methods", "ok", "所需方法齐全", "every method that is called is there")
    names = ", ".join(missing)
    return Finding(
        "methods",
        "note",
        f"此版本没有：{names}。这些请求会失败，其余可用；请升级迅投的包",
        f"this version lacks: {names}. Those requests fail, the others work; update the package",
    )


def _fields(package: packages.Package) -> Finding:
    client, other = package.trader._XTQC_, []
    for name, field in _FIELDS.items():
        try:
            setattr(getattr(client, name)(), field, "")
        except (AttributeError, TypeError):
            other.append(f"{name}.{field}")
    if not other:
        return Finding(
            "spellings", "ok", "约券字段名符合", "fields for borrowing are spelt as read"
        )
    names = ", ".join(other)
    return Finding(
        "spellings",
        "note",
        f"字段名不同：{names}。约券的撤销、展期、归还可能失败，请告诉我们",
        f"spelt otherwise: {names}. Cancelling, renewing or returning a loan may fail; please tell "
        "us",
    )


# -- the folder ------------------------------------------------------------------------------------


def _folder_failure(folder: Path) -> Failure | None:
    named = "userdata_mini" in (folder.name.lower(), folder.parent.name.lower())
    real = packages.miniqmt_folder(folder)
    if not folder.is_dir() or not (named or real):
        return wrong_path(folder)
    if real is None:
        return not_in_minimal_mode(folder)
    return None if packages.may_write(real) else no_permission(real)


def _queues(folder: Path) -> Iterator[Finding]:
    left = len(packages.session_files(packages.miniqmt_folder(folder) or folder))
    if left <= _MANY_QUEUES:
        yield Finding("queues", "ok", f"{left} 个会话队列", f"queues of {left} sessions")
        return
    yield Finding(
        "queues",
        "note",
        f"目录中留有 {left} 个会话的队列文件；退出客户端后可以删除 down_queue_win_* ",
        f"queues of {left} sessions are left; with the client closed, down_queue_win_* can be "
        "deleted",
    )


def _keys(folder: Path) -> Finding:
    """What was sent from here these days, and was not answered."""
    from xtnb.link.keys import folder as config

    claims = shared_claims(folder, config())
    try:
        left = list(left_unanswered(claims, time.time_ns() - _DAYS))
    except JournalUnreadable as wrong:
        zh, en = f"不能下单：{wrong.zh}", f"nothing can be sent: {wrong.en}"
        return Finding("keys", "wrong", zh, en)
    finally:
        claims.close()
    if not left:
        return Finding("keys", "ok", "没有未答复的请求", "nothing was left without an answer")
    told: dict[str, list[str]] = {"zh": [], "en": []}
    for at, request in left:
        for language, look in zip(told, to_look_at(request.method), strict=True):
            told[language].append(f"{at:%m-%d %H:%M:%S} {request.method} → {look}")
    return Finding(
        "keys",
        "note",
        f"未得到答复、结果未知的请求，请核对：{'；'.join(told['zh'])}",
        f"not answered, and nobody knows what became of them; look at: {'; '.join(told['en'])}",
    )


def _told(name: str, failure: Failure | None, zh: str, en: str) -> Finding:
    if failure is None:
        return Finding(name, "ok", zh, en)
    return Finding(name, "wrong", failure.zh, failure.en)


# -- the terminal --------------------------------------------------------------------------------


def _connect(path: str, new_link: Callable[[str], Link]) -> Iterator[Finding]:
    link, replies, came = new_link(path), [], threading.Event()

    def hear(item: Reply | Push) -> None:
        if isinstance(item, Reply):
            replies.append(item)
            came.set()

    result = link.open(_SESSION, hear)
    if result != ConnectResult.OK:
        zh, _, en = str(getattr(link, "reason", "")).partition(" / ")
        yield Finding("connect", "wrong", zh or f"结果 {result}", en or f"result {result}")
        return
    try:
        yield Finding("connect", "ok", "连接成功", "connected")
        link.send(Request(1, "query_account_status", 0, "", {}, _SESSION))
        came.wait(_SECONDS)
        yield _accounts(replies[0].value if replies and not replies[0].error else None)
    finally:
        link.close()


def _accounts(rows: list[Any] | None) -> Finding:
    if not rows:
        return Finding(
            "accounts",
            "wrong",
            "客户端没有给出账号：请在客户端登录资金账号",
            "the client lists no account: log in to one in the client",
        )
    told = {"zh": [], "en": []}  # type: dict[str, list[str]]
    for row in rows:
        for language, words in told.items():
            kind = AccountType.label_of(row.account_type, language)
            state = AccountStatus.label_of(row.status, language)
            words.append(f"{kind} …{row.account_id[-2:]}: {state}")
    well = any(row.status == AccountStatus.OK for row in rows)
    state = "ok" if well else "wrong"
    return Finding("accounts", state, "；".join(told["zh"]), "; ".join(told["en"]))
