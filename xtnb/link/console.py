"""The window and the signals of a program that serves until it is told to end."""

from __future__ import annotations

import ctypes
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_INPUT = 0xFFFF_FFF6  # STD_INPUT_HANDLE
_QUICK_EDIT, _EXTENDED = 0x0040, 0x0080  # the second says that the first is meant


def end_as_by_ctrl_c() -> None:
    """Take what service managers send, and Windows' Ctrl+Break, for Ctrl+C."""
    for name in ("SIGTERM", "SIGBREAK"):
        number = getattr(signal, name, None)
        if number is not None:
            signal.signal(number, signal.default_int_handler)


@contextmanager
def never_paused(kernel: Any = None) -> Iterator[None]:
    """Let no click into the console window hold the program up; nothing but on Windows.

    A click there selects text, and until it is gone whatever writes into the window waits: a
    thread that logs one line, and with it the orders of everybody. Selecting is off meanwhile.

    Args:
        kernel: the functions of kernel32; None takes those of this system.
    """
    if kernel is None and sys.platform == "win32":
        kernel = _kernel()
    mode = ctypes.c_uint32()
    window = None if kernel is None else kernel.GetStdHandle(_INPUT)
    if kernel is None or not kernel.GetConsoleMode(window, ctypes.byref(mode)):
        yield  # no console, or not ours: a pipe, a service
        return
    kernel.SetConsoleMode(window, mode.value & ~_QUICK_EDIT | _EXTENDED)
    try:
        yield
    finally:
        kernel.SetConsoleMode(window, mode.value)


def _kernel() -> Any:
    found = getattr(ctypes, "WinDLL")("kernel32")  # noqa: B009  # mypy knows it on Windows alone
    handle, number = ctypes.c_void_p, ctypes.c_uint32
    for name, result, arguments in (
        ("GetStdHandle", handle, (number,)),
        ("GetConsoleMode", ctypes.c_int, (handle, handle)),
        ("SetConsoleMode", ctypes.c_int, (handle, number)),
    ):
        function = getattr(found, name)
        function.restype, function.argtypes = result, arguments
    return found
