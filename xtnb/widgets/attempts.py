"""One send from a ticket and what became of it: the answer, the state, the fills."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from threading import Lock
from typing import Any

from xtnb import xtconstant as c
from xtnb.live.store import Rows
from xtnb.vocabulary.codes import OrderStatus, PriceType
from xtnb.vocabulary.records import XtTrade
from xtnb.widgets.needs import OrderHandle

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
SHOWN_FILLS = 4

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


class Attempt:
    """A form that was sent once.

    Args:
        token: the view's name for this send.
        form: what was confirmed: code, side, price_type, price, volume, remark.
        name: the instrument's name.
    """

    def __init__(self, token: str, form: dict[str, Any], name: str) -> None:
        self.token = token
        self.name = name
        self.code = str(form.get("code", ""))
        self.side = "sell" if form.get("side") == "sell" else "buy"
        self.price_type = int(form.get("price_type") or c.FIX_PRICE)
        self.price = float(form.get("price") or 0.0)
        self.volume = int(form.get("volume") or 0)
        self.remark = str(form.get("remark") or "")
        self._lock = Lock()
        self._handle: OrderHandle | None = None
        self._failure = ""
        self._fills: dict[str, XtTrade] = {}
        self._trades: Rows | None = None

    @property
    def answered(self) -> bool:
        """True once the terminal has said anything, or nothing could be sent."""
        handle = self._handle
        return bool(self._failure) or (handle is not None and bool(handle.id or handle.error))

    def fail(self, text: str) -> None:
        """Nothing was sent; `text` says why."""
        self._failure = text

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
            new = trade.traded_id not in self._fills
            self._fills[trade.traded_id] = trade
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
            at = f" @ {_price(record.traded_price)}" if done else ""
            status = OrderStatus(record.order_status)
            zh, en = f"{status.zh}{part}{at}", f"{status.en}{part}{at}"
            if not reason and state == "refused":
                reason = record.status_msg
        elif error:
            state, zh, en = "refused", "未成功", "not accepted"
        elif self.answered:
            state, zh, en = "working", OrderStatus.REPORTED.zh, OrderStatus.REPORTED.en
        else:
            state, zh, en = "sending", "发送中", "sending"
        reason_zh, reason_en = both(reason)
        with self._lock:
            fills = list(self._fills.values())[-SHOWN_FILLS:]
        priced = _price(self.price) if self.price > 0 else ""
        kind = PriceType(self.price_type)
        return {
            "token": self.token,
            "buy": self.side == "buy",
            "code": self.code,
            "name": self.name,
            "volume": self.volume,
            "price_zh": priced or kind.zh,
            "price_en": priced or kind.en,
            "state": state,
            "id": handle.id if handle is not None else 0,
            "zh": zh,
            "en": en,
            "reason_zh": reason_zh,
            "reason_en": reason_en,
            "fills": [
                {
                    "time": f"{datetime.fromtimestamp(fill.traded_time, SHANGHAI):%H:%M:%S}",
                    "volume": fill.traded_volume,
                    "price": _price(fill.traded_price),
                }
                for fill in fills
            ],
        }


def _price(value: float) -> str:
    """Two decimals, three where the third is not 0: 10.50, 1.002."""
    text = f"{value:,.3f}"
    return text[:-1] if text.endswith("0") else text
