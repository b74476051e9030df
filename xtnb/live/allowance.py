"""What the limits of a terminal leave an account, as the guard in front of it tells: `limits`.

A preview asks the same rules with it as that guard does (rules/limits.py). It is asked
for with each `desk.preview`; a form goes by what was told last, which is asked for every
two seconds while the form watches a code. A terminal without a guard says so once in
each connection. One that cannot be asked leaves what was told before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Lock
from time import monotonic

from xtnb import xtconstant as c
from xtnb.errors import NotConnected, RefusalCode, Refused
from xtnb.live.coalesce import Frames, Slot
from xtnb.live.preview import Preview
from xtnb.live.preview_inputs import Asked
from xtnb.live.watch import Forget
from xtnb.rules.limits import REPAYMENTS, Held, Wanted, read
from xtnb.session.trader import XtQuantTrader
from xtnb.vocabulary.messages import Reply
from xtnb.vocabulary.records import StockAccount

SECONDS = 2.0
_NO_ANSWER = 10.0  # after so long it is asked again
_METHOD = "limits"


class Allowance:
    """What the limits say of one account.

    Args:
        trader: a connected session.
        account: whose limits.
        frames: on whose thread is asked.
        changed: called when something else holds than before.
    """

    def __init__(
        self,
        trader: XtQuantTrader,
        account: StockAccount,
        frames: Frames,
        changed: Callable[[], None],
    ) -> None:
        self._trader = trader
        self._account = account
        self._changed = changed
        self._lock = Lock()
        self._held: Held | None = None
        self._none = self._asking = False
        self._watchers = 0
        self._asked = 0.0
        self._frames = frames
        self._slot: Slot | None = None

    @property
    def kept(self) -> Held | None:
        """What was told last; None for no limits, and before the first answer."""
        return self._held

    def now(self) -> Held | None:
        """What holds at this moment; None for a terminal without limits.

        Raises:
            SessionError: the terminal cannot be asked.
        """
        if not self._none:
            self._take(self._trader.requests.ask(_METHOD, self._account, {}))
        return self._held

    def watch(self) -> Forget:
        """Keep asking until the result is called."""
        with self._lock:
            self._watchers += 1
            if self._slot is None:
                self._slot = self._frames.register(self._ask, _METHOD)
            self._slot.mark()
        watching = [True]

        def forget() -> None:
            if watching:
                watching.pop()
                self._leave(1)

        return forget

    def renew(self) -> None:
        """The link is back, maybe to another terminal than before."""
        with self._lock:
            self._none = self._asking = False
            self._asked = 0.0
            if self._slot is not None:
                self._slot.mark()

    def close(self) -> None:
        """Stop asking, whoever watches. May be called twice."""
        self._leave(self._watchers)

    def _leave(self, watchers: int) -> None:
        slot = None
        with self._lock:
            self._watchers = max(0, self._watchers - watchers)
            if not self._watchers:
                slot, self._slot = self._slot, None
        if slot is not None:
            slot.close()

    def _ask(self) -> None:
        """Ask, unless that was done lately: then when it is time."""
        with self._lock:
            if not self._watchers or self._none:
                return
            wait = self._asked + (_NO_ANSWER if self._asking else SECONDS) - monotonic()
            if wait <= 0:
                self._asked, self._asking = monotonic(), True
        if wait > 0:
            self._later(wait)
            return
        self._later(_NO_ANSWER)
        try:
            self._trader.requests.send(_METHOD, self._account, {}, self._came)
        except NotConnected:
            self._asking = False  # `renew` asks when the link is back

    def _came(self, reply: Reply | None) -> None:
        self._asking = False
        if reply is not None:
            self._take(reply)
        self._later(SECONDS)

    def _later(self, seconds: float) -> None:
        with self._lock:
            if self._slot is not None:
                self._slot.later(seconds)

    def _take(self, reply: Reply) -> None:
        if reply.error:
            return
        held = read(reply.value)
        with self._lock:
            self._none = held is None
            before, self._held = self._held, held
        if str(before) != str(held):  # refusals are no values
            self._changed()


def stopped(held: Held | None) -> str:
    """The kill switch in words, as "中文 / English"; "" while it is off."""
    refusal = None if held is None else held.refusal
    if refusal is None or refusal.code != RefusalCode.STOPPED:
        return ""
    return f"{refusal.zh} / {refusal.en}"


def under_limits(
    preview: Preview,
    asked: Asked,
    held: Held | None,
    last: Callable[[], float | None],
    unit: int | None,
) -> Preview:
    """A preview, refused where the limits refuse the order before any rule is asked.

    Args:
        held: what holds for the account.
        last: finds the last price, where it matters; see `Wanted`.
        unit: what one unit of volume counts for; None for not known.
    """
    if held is None:
        return preview
    price = asked.price if asked.price_type == c.FIX_PRICE else 0.0
    limits = held.limits
    matters = limits.price_distance is not None or (limits.by_value and not price)
    repays = asked.account_type == c.CREDIT_ACCOUNT and asked.order_type in REPAYMENTS
    near = last() if matters and held.refusal is None and not repays else None
    refusal = held.refuses(Wanted(asked.stock_code, asked.volume, price, near, unit, repays))
    return preview if refusal is None else _refused(preview, refusal)


def _refused(preview: Preview, refusal: Refused) -> Preview:
    """It sets nothing aside and changes no figure."""
    return replace(
        preview,
        accepted=False,
        code=int(refusal.code),
        reason_zh=refusal.zh,
        reason_en=refusal.en,
        freeze=0.0,
        freeze_volume=0,
        cash_after=preview.cash_before,
        margin=None if preview.margin is None else 0.0,
        margin_after=preview.margin_before,
        quota_after=preview.quota_before,
        ratio_after=preview.ratio_before,
    )
