"""One send from a ticket and what became of it: the answer, the state, the fills."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape
from threading import Lock
from typing import Any

from xtnb import xtconstant as c
from xtnb.live.store import Rows
from xtnb.vocabulary.codes import OrderStatus, PriceType
from xtnb.vocabulary.records import XtTrade
from xtnb.vocabulary.subjects import fill_name
from xtnb.widgets.actions import Action
from xtnb.widgets.columns import clock
from xtnb.widgets.needs import OrderHandle

SHOWN_FILLS = 4

CANCELLABLE = frozenset(
    {c.ORDER_UNREPORTED, c.ORDER_WAIT_REPORTING, c.ORDER_REPORTED, c.ORDER_PART_SUCC}
)
_STATES = {
    c.ORDER_SUCCEEDED: "done",
    c.ORDER_PART_CANCEL: "cancelled",
    c.ORDER_CANCELED: "cancelled",
    c.ORDER_JUNK: "refused",
}


def both(text: str) -> tuple[str, str]:
    """Split "中文 / English"; a text in one language stands for both."""
    zh, slash, en = text.partition(" / ")
    return (zh, en) if slash else (text, text)


def listed(attempts: Iterable[Attempt], language: str) -> str:
    """What was sent, as an HTML list that stays behind."""
    lines = [(attempt.said(language), attempt.row()[language]) for attempt in attempts]
    items = "".join(f"<li>{escape(said)}: {escape(state)}</li>" for said, state in lines)
    return f"<ul>{items}</ul>"


class Attempt:
    """A form that was sent once.

    Args:
        token: the view's name for this send.
        form: what was confirmed: price_type, price, volume, remark.
        action: what it does; decides whether the price is sent.
        code: the code that it bears.
        name: the instrument's name; "" for an order that has none.
        decimals: digits of a price.
    """

    def __init__(
        self,
        token: str,
        form: dict[str, Any],
        action: Action,
        code: str,
        name: str,
        decimals: int = 2,
    ) -> None:
        self.token = token
        self.name = name
        self.action = action
        self.code = code
        self.decimals = decimals
        self.price_type = int(form.get("price_type") or c.FIX_PRICE)
        self.price = float(form.get("price") or 0.0)
        if not action.priced:
            self.price_type, self.price = c.FIX_PRICE, 0.0
        self.volume = int(form.get("volume") or 0)
        self.remark = str(form.get("remark") or "")
        self._lock = Lock()
        self._handle: OrderHandle | None = None
        self._failure = ""
        self._late = False
        self._fills: dict[str, XtTrade] = {}
        self._trades: Rows | None = None

    @property
    def answered(self) -> bool:
        """True once the terminal has said anything, or nothing could be sent."""
        handle = self._handle
        return bool(self._failure) or (handle is not None and bool(handle.id or handle.error))

    @property
    def number(self) -> int:
        """The order's number; 0 while there is none."""
        return self._handle.id if self._handle is not None else 0

    def fail(self, text: str, *, late: bool = False) -> None:
        """Nothing was sent; `text` says why, and `late` whether the click came too late."""
        self._failure, self._late = text, late

    def follow(self, handle: OrderHandle, touch: Callable[[], None], trades: Rows) -> None:
        """Take the order's handle; `touch` is called after each change of it."""
        self._trades = trades
        self._handle = handle

        def changed(_: Any) -> None:
            self._catch_up()
            touch()

        handle.on_change(changed)
        self._catch_up()  # it may have been answered before we listened
        touch()

    def take(self, trade: XtTrade) -> bool:
        """Keep a fill if it is this order's; True when it is new here."""
        handle = self._handle
        if handle is None or handle.id <= 0 or trade.order_id != handle.id:
            return False
        with self._lock:
            new = (key := fill_name(trade)) not in self._fills
            self._fills[key] = trade
        return new

    def _catch_up(self) -> None:
        trades, self._trades = self._trades, None
        if trades is None:
            return
        if self._handle is None or self._handle.id <= 0:
            self._trades = trades  # not answered yet: look again at the next change
            return
        for trade in trades.records():
            self.take(trade)

    def row(self) -> dict[str, Any]:
        """All of it as a view shows it."""
        handle = self._handle
        record = handle.record if handle is not None else None
        error = self._failure or (handle.error if handle is not None else "")
        reason = error
        if record is not None:
            state = _STATES.get(record.order_status, "working")
            done, of = record.traded_volume, record.order_volume
            part = f" {done:,}/{of:,}" if 0 < done < of else ""
            at = f" @ {self._price(record.traded_price)}" if done and record.traded_price else ""
            status = OrderStatus(record.order_status)
            zh, en = f"{status.zh}{part}{at}", f"{status.en}{part}{at}"
            if not reason and state == "refused":
                reason = record.status_msg
        elif handle is not None and handle.unknown:
            state, zh, en = "unknown", OrderStatus.UNKNOWN.zh, OrderStatus.UNKNOWN.en
        elif self._late:
            state, zh, en = "late", "未发送", "not sent"
        elif error or self.number < 0:
            state, zh, en = "refused", "未成功", "not accepted"
        elif self.answered:
            state, zh, en = "working", OrderStatus.REPORTED.zh, OrderStatus.REPORTED.en
        else:
            state, zh, en = "sending", "发送中", "sending"
        reason_zh, reason_en = both(reason)
        with self._lock:
            fills = list(self._fills.values())[-SHOWN_FILLS:]
        working = record is not None and record.order_status in CANCELLABLE
        return {
            "token": self.token,
            "buy": self.action.buy,
            "side_zh": self.action.zh,
            "side_en": self.action.en,
            "code": self.code,
            "name": self.name,
            "volume": self.volume,
            "price_zh": self.at("zh"),
            "price_en": self.at("en"),
            "state": state,
            "working": working,
            "id": handle.id if handle is not None else 0,
            "zh": zh,
            "en": en,
            "reason_zh": reason_zh,
            "reason_en": reason_en,
            "fills": [
                {
                    "time": clock(fill.traded_time),
                    "volume": fill.traded_volume,
                    "price": self._price(fill.traded_price),
                }
                for fill in fills
            ],
        }

    def at(self, language: str) -> str:
        """The price, or the price type in words; "" for an order that has neither."""
        if not self.action.priced:
            return ""
        kind = PriceType(self.price_type)
        return self._price(self.price) if self.price > 0 else kind.label(language)

    def outcome(self) -> dict[str, str] | None:
        """What the form says of it: "sent" with a number, "refused", "late" or "unknown".

        None before it is answered.
        """
        state = self.row()["state"]
        if state == "sending":
            return None
        known = state if state in ("refused", "late", "unknown") else "sent"
        return {"state": known, "zh": self.said("zh"), "en": self.said("en")}

    def said(self, language: str) -> str:
        """What was sent: "Buy 200 × 10.50 浦发银行"."""
        action = self.action.zh if language == "zh" else self.action.en
        at = self.at(language)
        return f"{action} {self.volume:,}{f' × {at}' if at else ''} {self.name}".rstrip()

    def _price(self, value: float) -> str:
        """With the digits of the instrument, and those beyond them that say something."""
        text = f"{value:,.4f}"
        whole, _, digits = text.partition(".")
        digits = digits.rstrip("0").ljust(self.decimals, "0")
        return f"{whole}.{digits}" if digits else whole
