"""Limits: what an account may do at most, as whoever runs the terminal has written it down.

`limits.toml` lies in the terminal's folder, and holds for whoever opens that: a notebook, a
script, or a server, whose clients cannot reach it. It is read again when it changes; one
that cannot be read lets nothing through, and one that is gone or empty holds for five
seconds more. A file `STOP` beside it is the kill switch: while it is there no order goes out
of any account, and cancels do. Algorithms of a paper terminal end with their next slice;
those of a broker go on until they are cancelled. What either refuses was placed nowhere and
uses up no key: the same order passes once it is allowed. Windows shows no endings:
`STOP.txt`, as it makes one, stops too, and `limits.toml.txt` lets nothing through until it
has its name. A debt of a margin account can be paid back in cash under every limit but
`read_only`; that is no trade, and is not counted.

    [every]                        # every account, unless it says otherwise
    order_value = 500_000          # price times volume, in the currency of the price
    orders_a_minute = 30

    [account.1000000365]
    codes = ["600*.SH", "510300.SH"]
    price_distance = 0.03          # from the last price, as a fraction of it
    read_only = false

Everything here is ours; by default nothing is limited.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from threading import Lock
from time import monotonic

import msgspec

from xtnb.errors import RefusalCode, Refused
from xtnb.rules.limits import Limits

FILE = "limits.toml"
SWITCH = "STOP"
_SAVING = 5.0  # seconds; editors empty a file, or take it away, before they write it


def switches(folder: Path) -> list[Path]:
    """The files that stop all trading from a folder, those that are there."""
    return [one for one in (folder / SWITCH, folder / f"{SWITCH}.txt") if one.exists()]


class _File(msgspec.Struct, forbid_unknown_fields=True):
    every: dict[str, object] = {}
    account: dict[str, dict[str, object]] = {}


class LimitsFile:
    """The limits of a folder, always those that are in it now. On any thread.

    Args:
        folder: where `limits.toml` and `STOP` are looked for.
        besides: more folders where a `STOP` counts.
        steady: seconds of a clock that is never put right.

    Attributes:
        folders: all of them.
    """

    def __init__(
        self, folder: Path, *besides: Path, steady: Callable[[], float] = monotonic
    ) -> None:
        self._path = folder / FILE
        self.folders = folder, *besides
        self._read_at: tuple[int, int] | None = None
        self._every: dict[str, object] = {}
        self._accounts: dict[str, dict[str, object]] = {}
        self._fault = ""
        self._known: dict[str, Limits] = {}
        self._steady = steady
        self._gone: float | None = None  # since when there is nothing in it
        self._lock = Lock()

    def of(self, account_id: str) -> Limits:
        """The limits of an account.

        Raises:
            Refused: STOPPED, when the kill switch is on or cannot be seen, or when the file
                cannot be read.
        """
        try:
            stopping = [one for folder in self.folders for one in switches(folder)]
        except OSError as fault:
            raise Refused(
                RefusalCode.STOPPED,
                f"无法查看总开关，故不放行任何委托：{fault}",
                f"nobody can see whether the kill switch is on, so no order passes: {fault}",
            ) from fault
        if stopping:
            name = stopping[0].name
            raise Refused(
                RefusalCode.STOPPED,
                f"交易已被总开关停止（{name}）；撤单仍可用",
                f"trading is stopped by the kill switch ({name}); cancels still work",
            )
        return self.written(account_id)

    def written(self, account_id: str) -> Limits:
        """What the file says of an account, whether trading is stopped or not.

        Raises:
            Refused: STOPPED, when the file cannot be read.
        """
        with self._lock:
            self._refresh()
            if self._fault:
                raise Refused(
                    RefusalCode.STOPPED,
                    f"限额文件 {self._path.name} 无法读取，故不放行任何委托：{self._fault}",
                    f"{self._path.name} cannot be read, so it lets no order through: {self._fault}",
                )
            own = self._accounts.get(account_id)
            # a client may make up any number of other accounts
            name = account_id if own is not None else ""
            known = self._known.get(name)
            if known is None:
                known = self._known[name] = _limits({**self._every, **(own or {})})
            return known

    def check(self) -> None:
        """Read the file now.

        Raises:
            Refused: STOPPED, when it cannot be read.
        """
        self.of("")

    def _refresh(self) -> None:
        try:
            seen = self._seen()
        except OSError as fault:
            self._fault, self._read_at = str(fault), None
            return
        if seen is None:
            self._fault, self._read_at, self._gone = f"it is named {FILE}.txt", None, None
            return
        if seen == self._read_at:
            self._gone = None
            return
        if self._is_being_saved(seen):
            return
        try:
            read = _read(self._path) if seen != (0, 0) else _File()
        except OSError as fault:
            self._fault, self._read_at = str(fault), None
            return
        except UnicodeDecodeError as fault:
            self._fault = f"save it as UTF-8 ({fault.reason})"
        except ValueError as fault:  # as are msgspec's errors and tomllib's
            self._fault = str(fault)
        else:
            if (read.every, read.account) != (self._every, self._accounts):
                self._known.clear()
            self._every, self._accounts, self._fault = read.every, read.account, ""
        self._read_at = seen

    def _seen(self) -> tuple[int, int] | None:
        """When it was written and how long it is; None where it lacks its name."""
        try:
            state = self._path.stat()
        except FileNotFoundError:
            return None if self._path.with_name(f"{FILE}.txt").exists() else (0, 0)
        return state.st_mtime_ns, state.st_size

    def _is_being_saved(self, seen: tuple[int, int]) -> bool:
        """Whether what limited until now holds for the moment, although nothing is there."""
        if seen[1] or not (self._every or self._accounts or self._fault):
            self._gone = None
            return False
        now = self._steady()
        self._gone = now if self._gone is None else self._gone
        return now - self._gone < _SAVING


def _read(path: Path) -> _File:
    # Windows' editors may put a mark of three bytes before the text
    read = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8-sig")), _File)
    _limits(read.every)
    for one in read.account.values():
        _limits({**read.every, **one})
    return read


def _limits(written: Mapping[str, object]) -> Limits:
    known = {one.name for one in fields(Limits)}
    if strange := sorted(set(written) - known):
        raise ValueError(f"there is no limit {strange[0]!r}; there are {', '.join(sorted(known))}")
    return msgspec.convert(written, Limits)
