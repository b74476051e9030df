"""Every error of xtnb, in one tree.

XtnbError
├── InputError              an argument that no terminal could accept (also a ValueError)
├── Refused                 the terminal or the market says no: a code and a text in two languages
│   ├── CashShort           available cash does not cover the order
│   ├── VolumeShort         sellable volume does not cover the order
│   └── …                   see RefusalCode for the reasons that need no facts of their own
├── SessionError            the session cannot carry a request
│   ├── NotConnected        before `connect()`, after `stop()`, or once the link is lost
│   ├── RequestTimeout      no answer within the limit: the outcome is unknown (a TimeoutError)
│   ├── NotArmed            a live account is locked against this order
│   ├── WouldDeadlock       a synchronous request inside a push callback, in default mode
│   └── QueryFailed         the terminal answered a query with an error
├── TerminalUnavailable     a path or an address that leads to no terminal
│   ├── FolderInUse         the folder of a durable terminal is open elsewhere
│   └── JournalUnreadable   its file is damaged, another program's, or of a newer version
└── JournalFailed           what a terminal should keep could not be written (an OSError)

`InputError` and the session errors are raised to the caller. `Refused` never
reaches a caller of the API: the terminal turns it into an order with status 57
and a push, because a refusal by the market is news and not a mistake in a program.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any


class XtnbError(Exception):
    """Root of all errors that xtnb raises."""


class InputError(XtnbError, ValueError):
    """An argument has the wrong form.

    Attributes:
        argument: name of the parameter.
        value: what came.
        expected: the form that was expected, in words.
    """

    def __init__(self, argument: str, value: Any, expected: str) -> None:
        super().__init__(argument, value, expected)
        self.argument = argument
        self.value = value
        self.expected = expected

    def __str__(self) -> str:
        return f"{self.argument}: expected {self.expected}, was {self.value!r}"


class RefusalCode(IntEnum):
    """Why an order or a cancel was refused. The numbers are ours; brokers use their own."""

    UNKNOWN_ACCOUNT = 1001
    UNKNOWN_CODE = 1002
    ORDER_TYPE = 1003
    PRICE_TYPE = 1004
    LOT = 1005
    TOO_LARGE = 1006
    TICK = 1007
    PRICE_LIMIT = 1008
    PRICE_CAGE = 1009
    CASH = 1010
    VOLUME = 1011
    NO_REFERENCE = 1012
    UNKNOWN_ORDER = 1020
    NOT_CANCELLABLE = 1021
    MARGIN = 1030
    QUOTA = 1031
    NOT_ELIGIBLE = 1032
    LENDABLE = 1033
    UPTICK = 1034
    DEBT = 1035
    MARGIN_CALL = 1036
    EXPIRED = 1040
    LOCKED = 1051
    EXERCISE = 1052
    REPEATED = 1060
    OUTCOME_UNKNOWN = 1070
    LIMITED = 1080
    STOPPED = 1081


class Refused(XtnbError):
    """The terminal or the market refuses.

    Attributes:
        code: a `RefusalCode`, the `error_id` of the push.
        zh, en: the reason in words.
    """

    def __init__(self, code: RefusalCode, zh: str, en: str) -> None:
        super().__init__(code, zh, en)
        self.code = code
        self.zh = zh
        self.en = en

    def __str__(self) -> str:
        return f"{self.zh} / {self.en}"


def _amount(units: int) -> str:
    return f"{units / 10_000:,.2f}"


class CashShort(Refused):
    """Available cash does not cover what was wanted. Amounts are 1e-4 yuan."""

    def __init__(self, wanted: int, available: int) -> None:
        super().__init__(
            RefusalCode.CASH,
            f"可用资金 {_amount(available)} 元，不足 {_amount(wanted)} 元",
            f"available cash {_amount(available)} CNY does not cover {_amount(wanted)} CNY",
        )
        self.wanted = wanted
        self.available = available


class VolumeShort(Refused):
    """Sellable volume does not cover what was wanted."""

    def __init__(self, wanted: int, available: int) -> None:
        super().__init__(
            RefusalCode.VOLUME,
            f"可用数量 {available:,}，不足 {wanted:,}",
            f"sellable volume {available:,} does not cover {wanted:,}",
        )
        self.wanted = wanted
        self.available = available


class SessionError(XtnbError):
    """A session cannot carry a request."""


class NotConnected(SessionError, ConnectionError):
    """There is no connection: not yet, not any more, or it was lost."""


class RequestTimeout(SessionError, TimeoutError):
    """No answer came in time. The outcome is unknown: query before sending again."""

    def __init__(self, method: str, seconds: float) -> None:
        super().__init__(method, seconds)
        self.method = method
        self.seconds = seconds

    def __str__(self) -> str:
        return (
            f"{self.method}: no answer within {self.seconds:g} s; the outcome is unknown, "
            "so query the orders before you send again"
        )


class WouldDeadlock(SessionError, RuntimeError):
    """A synchronous request inside a push callback would wait for itself."""

    def __init__(self, method: str) -> None:
        super().__init__(method)
        self.method = method

    def __str__(self) -> str:
        sync = "_sync_" in self.method
        twin = self.method.replace("_sync_", "_async_") if sync else f"{self.method}_async"
        return (
            f"{self.method}() inside a push callback would wait for the callback that calls it. "
            f"Either use {twin}(), or call "
            "set_relaxed_response_order_enabled(True) on the trader"
        )


class NotArmed(SessionError):
    """A live account is locked against this order. Nothing was sent.

    Attributes:
        zh, en: what to do, in words.
    """

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(zh, en)
        self.zh = zh
        self.en = en

    def __str__(self) -> str:
        return f"{self.zh} / {self.en}"


class QueryFailed(SessionError):
    """The terminal answered a query with an error."""


class TerminalUnavailable(XtnbError, ConnectionError):
    """A path or an address leads to no terminal."""


class FolderInUse(TerminalUnavailable):
    """Someone else has the folder of a durable terminal open.

    Attributes:
        folder: which.
        owner: who, in words; "" when that is not known.
    """

    def __init__(self, folder: str, owner: str) -> None:
        super().__init__(folder, owner)
        self.folder = folder
        self.owner = owner

    def __str__(self) -> str:
        who = self.owner or "an unknown owner"
        return (
            f"{self.folder!r} is open already: {who}; close it there, or wait until that "
            "process has ended"
        )


class JournalUnreadable(TerminalUnavailable):
    """The file of a durable terminal cannot be used; it was left as it is.

    Attributes:
        path: the file.
        reason: what is wrong with it.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return (
            f"{self.path!r} cannot be used: {self.reason}. It was left as it is; "
            "`xtnb doctor` on its folder says more"
        )


class JournalFailed(XtnbError, OSError):
    """What a durable terminal should keep could not be written, so it stopped.

    Attributes:
        path: the file.
        reason: why.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.path!r} could not be written: {self.reason}"
