"""A child that ends with this process on Windows, however this process ends.

Windows ties no child to its parent, and a process that is ended there gets no chance to
end its own. The system ends the processes of a job object when the last handle to it is
closed, which it does itself for a process that is gone. On other systems a server that
outlived its program gives way at the next start (server.py).
"""

from __future__ import annotations

import ctypes
import logging
import sys
from typing import Any

_log = logging.getLogger("xtnb.link")

_EXTENDED_LIMITS = 9
_KILL_ON_CLOSE = 0x2000
_MAY_ASSIGN = 0x0100 | 0x0001  # PROCESS_SET_QUOTA, PROCESS_TERMINATE


class Limits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION, as 64-bit Windows lays it out."""

    _fields_ = (
        ("process_time", ctypes.c_int64),
        ("job_time", ctypes.c_int64),
        ("flags", ctypes.c_uint32),
        ("least_working_set", ctypes.c_size_t),
        ("most_working_set", ctypes.c_size_t),
        ("processes", ctypes.c_uint32),
        ("affinity", ctypes.c_size_t),
        ("priority", ctypes.c_uint32),
        ("scheduling", ctypes.c_uint32),
        ("io", ctypes.c_uint64 * 6),
        ("memory", ctypes.c_size_t * 4),
    )


_handle: int | None = None  # closed by the system, and by nobody else


def end_with_us(pid: int, kernel: Any = None) -> None:
    """Have the system end that child when this process is gone; nothing but on Windows.

    Args:
        pid: of a child.
        kernel: the functions of kernel32; None takes those of this system.
    """
    global _handle
    if kernel is None:
        if sys.platform != "win32":
            return
        kernel = _kernel()
    if _handle is None:
        _handle = _job(kernel)
    process = kernel.OpenProcess(_MAY_ASSIGN, False, pid) if _handle else None
    tied = process and kernel.AssignProcessToJobObject(_handle, process)
    if process:
        kernel.CloseHandle(process)
    if not tied:
        _log.warning("process %d is not tied to this one, and could outlive it", pid)


def _job(kernel: Any) -> int | None:
    job = kernel.CreateJobObjectW(None, None)
    limits = Limits(flags=_KILL_ON_CLOSE)
    size = ctypes.sizeof(limits)
    if job and kernel.SetInformationJobObject(job, _EXTENDED_LIMITS, ctypes.byref(limits), size):
        return int(job)
    return None


def _kernel() -> Any:
    found = getattr(ctypes, "WinDLL")("kernel32")  # noqa: B009  # mypy knows it on Windows alone
    handle, number = ctypes.c_void_p, ctypes.c_uint32
    for name, result, arguments in (
        ("CreateJobObjectW", handle, (handle, ctypes.c_wchar_p)),
        ("SetInformationJobObject", ctypes.c_int, (handle, ctypes.c_int, handle, number)),
        ("OpenProcess", handle, (number, ctypes.c_int, number)),
        ("AssignProcessToJobObject", ctypes.c_int, (handle, handle)),
        ("CloseHandle", ctypes.c_int, (handle,)),
    ):
        function = getattr(found, name)
        function.restype, function.argtypes = result, arguments
    return found
