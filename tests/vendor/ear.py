"""A broker that answers as a test tells it, a link to it, and what the link delivers."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

from tests.session.scripted import SECONDS, ScriptedLink, order
from tests.vendor.links import AT_ONCE, vendor_link
from xtnb.link.vendor import VendorLink
from xtnb.link.vendor_asked import Limits
from xtnb.vocabulary.messages import Push, Reply, Request
from xtnb.vocabulary.records import XtOrder, XtTrade

BOUGHT = {
    "stock_code": "600000.SH",
    "order_type": 23,
    "order_volume": 200,
    "price_type": 11,
    "price": 10.5,
    "strategy_name": "s",
    "order_remark": "r",
}
ACCOUNT = (2, "1")


class Clock:
    """Stands until a test moves it, so that on a slow machine nothing lapses by itself."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at

    def lapse(self) -> None:
        """Let everything that waits for an answer have waited for too long."""
        self.at += 1.0


def lapsing(**more: Any) -> tuple[Limits, Clock]:
    """Limits that a test lets lapse, and the clock by which it does."""
    clock = Clock()
    return replace(AT_ONCE, answer=0.1, cancel=0.1, send=0.05, now=clock, **more), clock


class Broker(ScriptedLink):
    """A terminal behind the vendor's package. It does not list its accounts, unless told.

    Attributes:
        orders: what a query of the orders finds.
        hangs: methods whose native call does not return until `free` is set.
    """

    def __init__(self, **answers: Any) -> None:
        super().__init__(**{"query_account_infos": [], **answers})
        self.orders: list[XtOrder] = []
        self.answers.setdefault("query_stock_orders", self._orders)
        self.hangs: set[str] = set()
        self.free = threading.Event()

    def _orders(self, request: Request) -> list[Reply]:
        return [Reply(request.seq, list(self.orders))]

    def send(self, request: Request) -> None:
        if request.method in self.hangs:
            self.sent.append(request)
            self.free.wait(SECONDS)
            return
        super().send(request)

    def methods(self) -> list[str]:
        asked = ("query_account_infos", "query_stock_orders")  # the link's own questions
        return [request.method for request in self.sent if request.method not in asked]


class Ear:
    """Hears what a link delivers; tests wait for it."""

    def __init__(self) -> None:
        self.items: list[Reply | Push] = []
        self._changed = threading.Condition()

    def __call__(self, item: Reply | Push) -> None:
        with self._changed:
            self.items.append(item)
            self._changed.notify_all()

    def wait(self, count: int) -> list[Reply | Push]:
        """Everything, once there are so many."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.items) >= count, SECONDS), self.items
            return list(self.items)

    def reply(self, seq: int) -> Reply:
        """The reply to that request, once it is there."""

        def found() -> list[Reply]:
            return [item for item in self.items if isinstance(item, Reply) and item.seq == seq]

        with self._changed:
            assert self._changed.wait_for(found, SECONDS), self.items
            return found()[0]

    def kinds(self) -> list[str]:
        return ["reply" if isinstance(item, Reply) else item.kind for item in self.items]

    def pushes(self) -> list[Push]:
        return [item for item in self.items if isinstance(item, Push)]


def opened(broker: Broker, **more: Any) -> tuple[VendorLink, Ear]:
    """A link that is open, and its ear."""
    link, ear = vendor_link(broker, **more), Ear()
    assert link.open(7, ear) == 0
    return link, ear


def buy(seq: int = 1, key: str = "", remark: str = "r", **more: Any) -> Request:
    return Request(
        *(seq, "order_stock", *ACCOUNT, {**BOUGHT, "order_remark": remark}, 7), key=key, **more
    )


def query(seq: int = 1, method: str = "query_stock_asset", **arguments: Any) -> Request:
    return Request(seq, method, *ACCOUNT, arguments, 7)


def with_remark(order_id: int, remark: str, **more: Any) -> XtOrder:
    return replace(order(order_id), order_remark=remark, **more)


def fill(order_id: int, traded_id: str, remark: str = "") -> XtTrade:
    return XtTrade(
        *("1", "600000.SH", 23, traded_id, 0, 10.5, 100, 1050.0, order_id, f"S{order_id}"),
        *("s", remark, 0, 48),
    )
