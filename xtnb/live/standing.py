"""Standing: where a session stands, for what shows it: the link, the lock, what was found."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone
from threading import Lock, Thread
from time import monotonic

from xtnb.errors import SessionError
from xtnb.live.arming import Arming
from xtnb.live.connection import LinkState
from xtnb.live.store import Table
from xtnb.vocabulary.reconciliation import Finding, FindingKind

_log = logging.getLogger("xtnb.live")

NEWS_SECONDS = 60.0
_SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
_BLOCKED = {
    LinkState.LOST: (
        "连接已断开，正在重连，暂不能下单 / "
        "the link is lost and is being tried again: nothing can be sent"
    ),
    LinkState.RESYNCING: (
        "已重新连接，正在核对，稍后可下单 / "
        "the link is back; the account is being compared: nothing can be sent yet"
    ),
    LinkState.CLOSED: "已关闭，不能下单 / this is closed: nothing can be sent",
}
_READS = "只读密钥，不能下单或撤单 / this key may only read: nothing can be sent"
_LOCKED = "实盘未解锁，不能下单 / this is a live account and it is locked: nothing can be sent"
_QUIET = "断线期间账户没有变化 / nothing has changed in the account while the link was lost"
_ASKING = "正在向柜台核对 … / asking the terminal …"
_AGREES = "已核对，没有新的差异 / asked again: nothing new"
_NO_ANSWER = "柜台没有答复，请稍后再试 / the terminal did not answer: try again later"
_COUNTED = (
    ((FindingKind.MISSED_FILL,), "笔成交", "fill", "fills"),
    (
        (FindingKind.EARLIER,),
        "笔重启前的委托",
        "order from before the restart",
        "orders from before the restart",
    ),
    ((FindingKind.ELSEWHERE,), "笔他处委托", "order from elsewhere", "orders from elsewhere"),
    ((FindingKind.MISSED_CHANGE,), "笔委托变化", "order that moved", "orders that moved"),
    ((FindingKind.GONE,), "笔委托已不在柜台", "order gone", "orders gone"),
    (
        (FindingKind.SENT,),
        "笔未知委托已送达",
        "unknown order that had arrived",
        "unknown orders that had arrived",
    ),
    (
        (FindingKind.NOT_SENT,),
        "笔未知委托从未送达",
        "unknown order that never arrived",
        "unknown orders that never arrived",
    ),
    ((FindingKind.STILL_UNKNOWN,), "笔未知委托", "unknown order", "unknown orders"),
    ((FindingKind.DRIFT,), "处不符", "difference", "differences"),
)


def counted(found: Iterable[Finding]) -> tuple[str, str]:
    """How many findings of each kind, in Chinese and English; "" for none."""
    kinds = Counter(finding.kind for finding in found)
    zh, en = [], []
    for group, chinese, one, many in _COUNTED:
        if number := sum(kinds[int(kind)] for kind in group):
            zh.append(f"{number:,} {chinese}")
            en.append(f"{number:,} {one if number == 1 else many}")
    return "、".join(zh), ", ".join(en)


class Standing:
    """Where a session stands. Read on any thread.

    Args:
        paper: whether the terminal's money is make-believe.
        arming: whether clicks may trade.
        findings: `Finding` by number.
        compare: compares the accounts with the terminal, and says what it has found;
            raises SessionError.
        clock: seconds that only rise.

    Attributes:
        state: where the link stands.
        why: why it did not come back yet, as "中文 / English".
        reads_only: whether the key may only read.
    """

    def __init__(
        self,
        paper: bool = True,
        arming: Arming | None = None,
        findings: Table | None = None,
        compare: Callable[[], list[Finding]] = list,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.paper = paper
        self.arming = arming if arming is not None else Arming(live=not paper)
        self.findings = findings if findings is not None else Table(Finding, "number")
        self.state = LinkState.LIVE
        self.why = ""
        self.reads_only = False
        self._compare = compare
        self._clock = clock
        self._since = clock()
        self._news = ""
        self._news_until = 0.0
        self._lock = Lock()
        self._of: dict[str, Table] = {}
        self._stopped: dict[str, str] = {}
        self._asking: Thread | None = None
        self._listeners: list[Callable[[], None]] = []
        self._ends = [self.arming.on_change(self._tell), self.findings.on_change(self._found)]

    @property
    def reason(self) -> str:
        """Why a click may send nothing now, as "中文 / English"; "" when it may."""
        if self.state is not LinkState.LIVE:
            zh, _, en = _BLOCKED[self.state].partition(" / ")
            why_zh, _, why_en = self.why.partition(" / ")
            return f"{zh}（{why_zh}） / {en} ({why_en or why_zh})" if self.why else f"{zh} / {en}"
        if self.reads_only:
            return _READS
        return "" if self.arming.armed else _LOCKED

    @property
    def seconds(self) -> int:
        """Since when the link has been in its state."""
        return int(self._clock() - self._since)

    @property
    def news(self) -> str:
        """What was missed, or came of a click, as "中文 / English"; "" a minute later."""
        return self._news if self.news_left else ""

    @property
    def news_left(self) -> float:
        """Seconds for which `news` stays."""
        return max(0.0, self._news_until - self._clock())

    def findings_of(self, account_id: str) -> Table:
        """`Finding` by number, of one account."""
        with self.findings.lock:
            found = self._of.get(account_id)
            if found is None:
                found = self._of[account_id] = Table(Finding, "number", self.findings.limit)
                found.replace(
                    one for one in self.findings.records() if one.account_id == account_id
                )
            return found

    def say(self, text: str) -> None:
        """Have "中文 / English" shown for a minute."""
        self._news, self._news_until = text, self._clock() + NEWS_SECONDS
        self._tell()

    def say_missed(self, found: Iterable[Finding]) -> None:
        """Have it shown what was missed while the link was lost."""
        zh, en = counted(found)
        if zh:
            self.say(f"断线期间：{zh} / while the link was lost: {en}")
        else:
            self.say(_QUIET)

    def say_found(self, found: Iterable[Finding]) -> None:
        """Have it shown what a comparison has found."""
        zh, en = counted(found)
        self.say(f"与柜台核对发现：{zh} / the comparison with the terminal has found: {en}")

    def say_happened(self, found: Iterable[Finding], since: float) -> None:
        """Have it shown what happened while nobody was connected from here, since that time."""
        zh, en = counted(found)
        at = datetime.fromtimestamp(since, _SHANGHAI).strftime("%m-%d %H:%M")
        self.say(
            f"此处未连接期间（北京时间 {at} 起）：{zh} / "
            f"while nobody was connected from here, since {at} Beijing time: {en}"
        )

    def move(self, state: LinkState, why: str = "") -> None:
        """The link has changed its state, or could not, and why not."""
        self.why = why
        if state is not self.state:
            if self.state is LinkState.LIVE or state is LinkState.LIVE:
                self._since = self._clock()  # of a loss, however often it is tried
            self.state = state
        self._tell()

    def ask_again(self) -> None:
        """Compare with the terminal, on a thread of its own, once at a time."""
        with self._lock:
            if self._asking is not None or self.state is not LinkState.LIVE:
                return
            self._asking = Thread(target=self._ask, name="xtnb-ask-again", daemon=True)
            self._asking.start()
        self.say(_ASKING)

    def on_change(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener()` after each change, on any thread; the returned function ends that.

        That arming has lapsed, or that news is a minute old, is told to nobody.
        """
        self._listeners.append(listener)

        def forget() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return forget

    def stopped(self, account_id: str) -> str:
        """That the kill switch of the terminal is on, as "中文 / English"; "" while it is not.

        Known of an account whose limits are asked for, as a form does (live/allowance.py).
        """
        return self._stopped.get(account_id, "")

    def tell_limits(self, account_id: str, stopped: str) -> None:
        """The limits of an account have changed; `stopped` as the method of that name says it."""
        self._stopped[account_id] = stopped
        self._tell()

    def close(self) -> None:
        """Wait for a comparison that is under way, and listen no longer."""
        with self._lock:
            asking = self._asking
        if asking is not None:
            asking.join()
        while self._ends:
            self._ends.pop()()

    def _ask(self) -> None:
        said = _NO_ANSWER
        try:
            said = "" if self._compare() else _AGREES
        except SessionError as fault:
            _log.warning("the account could not be compared: %s", fault)
        except Exception:
            _log.exception("the account could not be compared")
        finally:
            with self._lock:
                self._asking = None
            if said:
                self.say(said)

    def _found(self, number: int, _: object) -> None:
        finding = self.findings.get(number)
        if finding is not None:
            self.findings_of(finding.account_id).apply(finding)
        else:
            for table in self._of.values():
                table.remove(number)
        self._tell()

    def _tell(self) -> None:
        for listener in list(self._listeners):
            listener()
