"""The link to a broker's MiniQMT, through the vendor's package.

    link = VendorLink(r"D:\\qmt\\userdata_mini")

Nothing outside the vendor*.py files of this folder (and `xtnb.alias`) knows the vendor:
another gateway is one more file that implements `Link`.

A MiniQMT ends every day and connects nobody twice under one number at once, so a link
that was lost or closed can be opened again: after three seconds, under a new number.

The vendor's defects, by their numbers in behaviour.md, and where each is met:

| # | defect | where |
|---|---|---|
| 1, 2 | waits without limit, in a push for ever | `common_op_sync_with_seq`, `Traffic.wait` |
| 3 | exceptions in callbacks vanish | `_Callback` |
| 4-7 | errors lost, told twice, never told | `_bind` |
| 8 | what was answered is kept for ever | `Trader.forget_answered` |
| 9, 10 | `run_forever`, `sleep` | not called: the session has its own |
| 11 | the event loop of the thread is replaced | `Life._own`, `Trader.__del__` |
| 12 | `query_com_position` has no answer | `_bind` |
| 13, 14 | three borrowing requests cannot be made | `Trader._smt` |
| 15 | `stop` before `start`, and in a callback | `Life._leave`, on the owner's thread |
| 16 | `connected` stays True | not read: `Life.alive` |
| 17 | an account's number as a text | `Whose` |
| 18 | IndexError for no rows | `Life._call` |
| 19 | no `account_classification` | `ours` |
| 20 | an answer may overtake its number | `_Numbering` |
| 21 | writes into the caller's dict | `_algorithm` |
| 22, 23 | other types on failure, in asynchronous queries | `_exported`; not called |
| 24 | asks PyPI when imported | `vendor_package` |
|  | `[]` for failed and for empty | `Accounts.has`, `Call.kinds` |
|  | account type 2 in every response | not read: the request has it |
|  | everything is told again after a reconnect | `Memory.is_news` |
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, MutableMapping
from datetime import datetime, timedelta, timezone
from pathlib import Path

from xtnb.errors import JournalUnreadable, NotConnected
from xtnb.journal.claims import Claims
from xtnb.link.base import ConnectResult, Deliver
from xtnb.link.vendor_asked import Limits
from xtnb.link.vendor_connect import Failure, explained
from xtnb.link.vendor_life import Life
from xtnb.link.vendor_memory import Memory
from xtnb.link.vendor_package import Package, load
from xtnb.vocabulary.messages import Request

_log = logging.getLogger("xtnb.link")

_SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
_FIRST = 1_000_000_000
_MOST_HUNG = 3
_MOST_NUMBERS = 3


def _another(last: int) -> int:
    """A number that no session here had."""
    while (number := _FIRST + secrets.randbelow(_FIRST)) == last:
        pass
    return number


class VendorLink:
    """A link to a real MiniQMT. See `Link`.

    Args:
        path: its userdata_mini folder.
        package: the vendor's package; by default imported when the link is opened.
        limits: how long things may take, and the clocks.
        new_session: the number of the session after the one given, for an opening that
            follows another.
        remarks, claims: where whole order remarks are kept, and the keys that were sent; see
            `Memory`.
        retells: tell on also what the terminal tells again after a reconnect.

    Attributes:
        reason: why the last `open` failed, in both languages; "" when it did not.
    """

    paper = False

    def __init__(
        self,
        path: str,
        package: Package | None = None,
        limits: Limits | None = None,
        new_session: Callable[[int], int] = _another,
        remarks: MutableMapping[str, str] | None = None,
        claims: Claims | None = None,
        retells: bool = False,
    ) -> None:
        self.path = path
        self.terminal = "/".join(part for part in path.replace("\\", "/").split("/") if part)
        self.reason = ""
        self._package = package
        self._limits = limits or Limits()
        self._new_session = new_session
        self._memory = Memory(remarks, claims, self._limits.wall, retells)
        self._life: Life | None = None
        self._hung: list[Life] = []  # whose `connect` has not returned yet
        self._tried = 0.0
        self._epoch = 0
        self._used = 0  # the number of the last session that was connected
        self._numbers: list[int] = []  # tried since that was lost, the last one last
        self._left = 0.0
        self._lock = threading.Lock()

    def open(self, session: int, deliver: Deliver) -> int:
        """Connect, under `session` the first time and under a new number after that.

        Returns:
            0; `ConnectResult.SESSION_IN_USE`; or `UNREACHABLE`. `reason` and the log say
            what is wrong and what to do.

        Raises:
            TerminalUnavailable: the vendor's package cannot be used here.
        """
        with self._lock:
            if self._life is not None and self._life.alive:
                return ConnectResult.OK
            self._leave()
            if not self._may_try():
                return ConnectResult.UNREACHABLE
            package = self._package or load()
            number = self._next_number() if self._used else session
            self._rest()
            self._new_epoch()
            life = Life(
                *(package, self.path, number, self.terminal, self._epoch),
                *(self._memory, deliver, self._limits),
            )
            failure = self._connected(life, number)
            if failure is None:
                self._life, self._used, self.reason = life, number, ""
                self._numbers.clear()
                self._warn()
                return ConnectResult.OK
            if not life.end():
                self._hung.append(life)
            self.reason = str(failure)
            _log.warning("cannot connect to %s: %s", self.path, failure)
            in_use = failure.result == ConnectResult.SESSION_IN_USE
            if in_use and number in self._numbers:
                self._numbers.remove(number)
            return ConnectResult.SESSION_IN_USE if in_use else ConnectResult.UNREACHABLE

    def _next_number(self) -> int:
        """A number for one more attempt after a loss. Each may leave a queue in the folder of
        the MiniQMT, which may be away all night; so a few of them take turns."""
        held = {life.session for life in self._hung}
        free = [number for number in self._numbers if number not in held]
        if free and len(self._numbers) >= _MOST_NUMBERS:
            number = free[0]
            self._numbers.remove(number)
        else:
            number = self._new_session(self._used)
        self._numbers.append(number)
        return number

    def _warn(self) -> None:
        """Say what an earlier process left without an answer."""
        try:
            with self._memory.lock:
                self._memory.warn()
        except JournalUnreadable as fault:
            _log.warning("nothing that bears a key can be sent: %s", fault)

    def send(self, request: Request) -> None:
        """Queue a request for the terminal. Raises NotConnected when it is not there."""
        life = self._life
        if life is None:
            raise NotConnected(f"{request.method}: the link to MiniQMT is not open")
        life.send(request)

    def close(self) -> None:
        """Leave the terminal; after this nothing more is delivered."""
        with self._lock:
            self._leave()
            self._memory.close()

    def _leave(self) -> None:
        life, self._life = self._life, None
        if life is not None:
            life.end()
            self._left = self._limits.now()

    def _may_try(self) -> bool:
        """Whether to make another of the vendor's traders. One whose `connect` never returns
        keeps its thread, so after some of them the next is made a good while later."""
        self._hung = [life for life in self._hung if life.running]
        now = self._limits.now()
        if len(self._hung) >= _MOST_HUNG and now - self._tried < self._limits.patience:
            return False
        self._tried = now
        return True

    def _rest(self) -> None:
        """Wait as long as a MiniQMT needs between two sessions of one program."""
        if self._used:
            rest = self._left + self._limits.rest - self._limits.now()
            if rest > 0:
                self._limits.pause(rest)

    def _new_epoch(self) -> None:
        """A life of its own for each opening, above those of earlier processes."""
        now = self._limits.wall()
        self._epoch = max(self._epoch + 1, now // 1_000_000_000)
        day = datetime.fromtimestamp(now / 1e9, _SHANGHAI)
        with self._memory.lock:
            self._memory.new_day(day.strftime("%Y%m%d"))

    def _connected(self, life: Life, number: int) -> Failure | None:
        folder, now, ours = Path(self.path), self._limits.wall(), number in self._numbers
        try:
            result = life.connect()
        except TimeoutError:
            return explained(folder, number, None, now, ours)
        except Exception as fault:
            _log.debug("the vendor's package raised", exc_info=True)
            return explained(folder, number, fault, now, ours)
        if result == ConnectResult.OK:
            return None
        return explained(folder, number, result, now, ours)
