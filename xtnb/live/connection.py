"""The way back: a session that lost its terminal finds it again, and says where it stands.

    LIVE → LOST → RESYNCING → LIVE

While LOST it tries to connect, at first after a moment and then less often, each
pause a little by chance so that a hundred notebooks do not come back at once. In
RESYNCING it asks for everything again and settles what was under way. Orders go
out in LIVE only; cancels whenever there is a link. No order is ever sent again by
this: what happened to those under way is found out by their keys.

The manual's `XtQuantTrader.connect` stays one-shot; this belongs to a desk.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from enum import StrEnum
from random import Random
from threading import Event, Lock, Thread, current_thread

from xtnb.errors import NotConnected, SessionError
from xtnb.link.base import ConnectResult
from xtnb.session.trader import XtQuantTrader
from xtnb.vocabulary.messages import Push, PushKind

_log = logging.getLogger("xtnb.live")

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 10.0


class LinkState(StrEnum):
    """Where a session stands."""

    LIVE = "live"
    LOST = "lost"
    RESYNCING = "resyncing"
    CLOSED = "closed"


class Connection:
    """Watches the link of a session and brings it back.

    Args:
        trader: a connected session.
        resync: asks the terminal for everything again and settles what was under way;
            raises SessionError when the link is lost meanwhile.
        chance: spreads the pauses.
        compare: compares what is known with the terminal; raises as `resync`.
        every: seconds between two comparisons; 0 for none.
        rest: waits that many seconds or until the event is set; tells whether it is.

    Attributes:
        state: where the session stands.
        losses: how often the link was lost.
    """

    def __init__(
        self,
        trader: XtQuantTrader,
        resync: Callable[[], None],
        chance: Random,
        compare: Callable[[], object] | None = None,
        every: float = 0.0,
        rest: Callable[[Event, float], bool] = Event.wait,
    ) -> None:
        self.state = LinkState.LIVE
        self.losses = 0
        self._trader = trader
        self._resync = resync
        self._chance = chance
        self._rest = rest
        self._ended = Event()
        self._lock = Lock()
        self._thread: Thread | None = None
        self._listeners: list[Callable[[LinkState], None]] = []
        self._fault = ""  # of the last attempt, once the link was there
        self._untap = trader.tap(self._heard)
        trader.requests.without_link = self.without_link
        self._comparing: Thread | None = None
        if compare is not None and every > 0:
            self._comparing = Thread(
                target=self._compare, args=(compare, every), name="xtnb-compare", daemon=True
            )
            self._comparing.start()

    def on_change(self, listener: Callable[[LinkState], None]) -> Callable[[], None]:
        """Call `listener(state)` after each change; the returned function ends that.

        It runs on the push thread or on the thread that reconnects: return at once.
        """
        self._listeners.append(listener)

        def forget() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return forget

    @property
    def why(self) -> str:
        """Why the last attempt to come back failed, as "中文 / English"; "" so far."""
        if self.state is not LinkState.LOST:
            return ""
        return self._trader.requests.unavailable or self._fault

    def without_link(self) -> str:
        """Why nothing can be sent while there is no link, as "中文 / English"."""
        if self.state is LinkState.CLOSED:
            return (
                "已关闭；请用 xtnb.connect() 或 xtnb.paper() 新建 desk / "
                "the desk is closed: open another with xtnb.connect() or xtnb.paper()"
            )
        zh, _, en = self.why.partition(" / ")
        zh, en = (f"（{zh}）", f" ({en or zh})") if self.why else ("", "")
        return (
            f"与终端的连接已断开{zh}，正在重连；未发送 / "
            f"the link to the terminal is lost{en} and is being tried again; nothing was sent"
        )

    def must_be_live(self) -> None:
        """Raise NotConnected when no order may go out now."""
        state = self.state
        if state is LinkState.LOST:
            raise NotConnected(self.without_link())
        if state is LinkState.RESYNCING:
            raise NotConnected(
                "连接已恢复，正在与终端核对，稍后可下单；未发送 / "
                "the link is back and the account is being compared with the terminal; "
                "orders go out again in a moment; nothing was sent"
            )

    def close(self) -> None:
        """Stop watching and trying. May be called twice, on any thread."""
        self._untap()
        self._ended.set()
        with self._lock:
            threads = (self._thread, self._comparing)
            self._thread = self._comparing = None
        for thread in threads:
            if thread is not None and thread is not current_thread():
                thread.join()
        with self._lock:
            self._become(LinkState.CLOSED)
        self._tell()

    # -- how it comes back -------------------------------------------------------------------

    def _heard(self, push: Push) -> None:
        if push.kind != PushKind.DISCONNECTED or self._ended.is_set():
            return
        with self._lock:
            self.losses += 1
            self._become(LinkState.LOST)
            if self._thread is None:
                self._thread = Thread(target=self._return, name="xtnb-reconnect", daemon=True)
                self._thread.start()
        self._tell()

    def _return(self) -> None:
        pause = FIRST_PAUSE
        while not self._ended.is_set():
            if self._rest(self._ended, pause * (0.5 + self._chance.random())):
                return
            pause = min(2 * pause, LONGEST_PAUSE)
            losses = self.losses
            came_back = self._come_back()
            with self._lock:
                # A loss since then has found this thread alive, and relies on it.
                done = came_back and losses == self.losses
                self._become(LinkState.LIVE if done else LinkState.LOST)
                if done:
                    self._thread = None
            self._tell()
            if done:
                return

    def _compare(self, compare: Callable[[], object], every: float) -> None:
        while not self._rest(self._ended, every):
            if self.state is LinkState.LIVE:
                try:
                    compare()
                except SessionError as fault:
                    _log.warning("the account could not be compared: %s", fault)
                except Exception:
                    _log.exception("the account could not be compared")

    def _come_back(self) -> bool:
        """One attempt; whether everything has been told again."""
        try:
            if self._trader.connect() != ConnectResult.OK:
                self._fault = ""
                return False
            with self._lock:
                self._become(LinkState.RESYNCING)
            self._tell()
            self._resync()
        except SessionError as fault:
            self._fault = str(fault)
            _log.warning("the link came back and the account could not be told: %s", fault)
        except Exception:
            _log.exception("the session could not be brought up to date; it is tried again")
        else:
            return True
        return False

    def _become(self, state: LinkState) -> None:
        if self.state is not LinkState.CLOSED:
            self.state = state

    def _tell(self) -> None:
        for listener in list(self._listeners):
            try:
                listener(self.state)
            except Exception:
                _log.exception("%r could not take the state of the link", listener)
