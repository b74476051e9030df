"""A desk whose way to the terminal suffers, and what it must know in the end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import count
from random import Random
from typing import TypeVar

from tests.faults.ways import ME, Way
from tests.link.serving import until
from xtnb import xtconstant as c
from xtnb.desk import Desk
from xtnb.errors import NotConnected, RequestTimeout, SessionError
from xtnb.live.connection import LinkState
from xtnb.live.following import Session
from xtnb.session.trader import XtQuantTrader
from xtnb.vocabulary.messages import Push, PushKind
from xtnb.vocabulary.reconciliation import FindingKind
from xtnb.vocabulary.records import XtOrder
from xtnb.vocabulary.subjects import fill_name

CODE = "600000.SH"
SECONDS = 20.0
IMPATIENT = 0.3
T = TypeVar("T")
SETTLED = (FindingKind.SENT, FindingKind.NOT_SENT, FindingKind.STILL_UNKNOWN)


class Trial:
    """A terminal, a desk at it, what was asked for and what was heard.

    Attributes:
        asked: key -> (volume, price) of every order that was sent.
        numbers: key -> order number, of those that the terminal has acknowledged.
        heard: the numbers of the fills that this session was told, in order.
    """

    def __init__(self, way: Way) -> None:
        self.way = way
        self.asked: dict[str, tuple[int, float]] = {}
        self.numbers: dict[str, int] = {}
        self.void: set[str] = set()
        self._keys = count()
        self._changed = threading.Condition()
        self._open()

    # -- a session's life --------------------------------------------------------------------

    def _open(self) -> None:
        self.heard: list[str] = []
        link = self.way.link()
        trader = XtQuantTrader.over(link, 1)
        trader.tap(self._hear)
        trader.start()
        until(lambda: trader.connect() == 0, SECONDS)
        self.session = Session(link, trader, None, every=0)
        self.connection = self.session.connection
        self.connection._chance = Random(1)
        self.connection.on_change(self._note)
        self.desk = Desk(self.session, ME)
        self.known = {one.traded_id for one in self.desk._live.books.trades.records()}

    def _hear(self, push: Push) -> None:
        if push.kind == PushKind.TRADE and push.account_id == ME.account_id:
            self.heard.append(push.record.traded_id)

    def _note(self, state: LinkState) -> None:
        with self._changed:
            self._changed.notify_all()

    def until_live(self) -> None:
        with self._changed:
            live = self._changed.wait_for(lambda: self.connection.state is LinkState.LIVE, SECONDS)
        assert live, f"the session is {self.connection.state}"

    def calm(self, ask: Callable[[], T]) -> T:
        """What is answered once the link holds: a busy machine may lose it for a moment."""
        found: list[T] = []

        def asked() -> bool:
            self.until_live()
            with suppress(SessionError):
                found.append(ask())
            return bool(found)

        until(asked, 3 * SECONDS)
        return found[0]

    def until_lost(self) -> None:
        losses = self.connection.losses
        with self._changed:
            assert self._changed.wait_for(
                lambda: (
                    self.connection.state is not LinkState.LIVE or self.connection.losses > losses
                ),
                SECONDS,
            )

    def end_session(self) -> None:
        self.session.close()

    # -- steps ---------------------------------------------------------------------------------

    def buy(self, volume: int, crossing: bool) -> str:
        """Send a new order, as a cell does."""
        quote = self.way.host.call(lambda: self.way.host.market.quote(CODE))
        price = quote.ask_price[0] if crossing else round(quote.bid_price[0] - 0.05, 2)
        key = f"k{next(self._keys)}"
        self._send(key, volume, price)
        return key

    def again(self, which: int) -> None:
        """Send an order once more, under the key that it had."""
        if self.asked:
            key = sorted(self.asked)[which % len(self.asked)]
            if key not in self.void:
                self._send(key, *self.asked[key])

    def _send(self, key: str, volume: int, price: float) -> None:
        self.asked[key] = volume, price
        try:
            order = self.desk.buy(CODE, volume, price, remark=key, key=key)
        except (RequestTimeout, NotConnected):
            return  # unknown, or not sent
        else:
            if order.unknown:
                assert not order.done, "a time-out was called failed"
            elif order.id > 0:
                assert self.numbers.setdefault(key, order.id) == order.id, "one intent, two orders"

    def time_out(self, volume: int, arrives: bool, crossing: bool) -> None:
        """Send an order whose answer is lost, or which is lost itself."""
        lose = self.way.lose_replies if arrives else self.way.lose_orders
        lose(True)
        self.desk.trader.set_timeout(IMPATIENT)
        self.buy(volume, crossing)
        self.desk.trader.set_timeout(0)
        lose(False)
        doubtful = self.desk._live.orders._unanswered
        assert not [order for order in doubtful if order.done or order.id < 0]

    def stale(self, volume: int) -> None:
        """Send an order that arrives after its end."""
        if not self.way.holds or self.connection.state is not LinkState.LIVE:
            return
        before = len(self.way.other.query_stock_orders(ME))
        self.way.hold()
        self.desk.trader.set_timeout(IMPATIENT)
        key = self.buy(volume, True)
        self.desk.trader.set_timeout(0)
        self.way.flow()
        self.void.add(key)
        self.calm(self.desk.trader.query_account_status)  # it has arrived by now
        assert len(self.way.other.query_stock_orders(ME)) == before, "a stale order was carried out"

    def elsewhere(self, volume: int) -> None:
        """Somebody else trades the same account."""
        quote = self.way.host.call(lambda: self.way.host.market.quote(CODE))
        price = quote.ask_price[0]
        assert self.way.other.order_stock(ME, CODE, c.STOCK_BUY, volume, c.FIX_PRICE, price) > 0

    def cut(self) -> None:
        self.way.cut()
        self.until_lost()

    def mend(self) -> None:
        self.way.mend()
        self.until_live()

    def market(self, seconds: int) -> None:
        self.way.host.advance(seconds)

    def restart_terminal(self) -> None:
        """The terminal's process ends, and another one opens the folder."""
        if self.way.together:
            self.end_session()
        self.way.restart()
        self.way.mend()
        if self.way.together:
            self._open()
        else:
            self.until_live()

    def restart_session(self) -> None:
        """The kernel ends, and another one connects."""
        self.way.mend()
        self.check()
        self.end_session()
        self._open()

    def next_day(self) -> None:
        """A night passes; orders and fills of the day are no more in the lists."""
        self.way.mend()
        self.check()
        self.way.host.advance(86_400)
        self.asked.clear()
        self.numbers.clear()
        self.until_live()
        self.check()

    # -- what must be so -------------------------------------------------------------------------

    def check(self) -> None:
        """LIVE, and everything is as the terminal says."""
        self.way.mend()
        found = self.calm(self.session.compare)
        if self.way.numbered:
            missed = [one for one in found if one.kind not in SETTLED]
            assert missed == [], f"pushes with numbers cannot be missed: {missed}"
        assert [one for one in self.calm(self.session.compare) if one.kind not in SETTLED] == []
        self._tables_agree()
        self._nothing_doubled_or_lost()
        self._every_fill_once()

    def _tables_agree(self) -> None:
        books, other = self.desk._live.books, self.way.other
        told = {
            "orders": {one.order_id: one for one in self._orders()},
            "trades": {
                fill_name(one): replace(one, order_remark=self.way.remark(one.order_remark))
                for one in other.query_stock_trades(ME)
            },
            "positions": {one.stock_code: one for one in other.query_stock_positions(ME)},
        }
        for name, records in told.items():
            known = getattr(books, name).by_key()
            assert {key: vars(one) for key, one in known.items()} == {
                key: vars(one) for key, one in records.items()
            }, name
        assert vars(books.asset.get(ME.account_id)) == vars(other.query_stock_asset(ME))

    def _orders(self) -> list[XtOrder]:
        found = self.way.other.query_stock_orders(ME)
        return [replace(one, order_remark=self.way.remark(one.order_remark)) for one in found]

    def _nothing_doubled_or_lost(self) -> None:
        there: dict[str, list[int]] = {}
        for order in self._orders():
            if order.order_remark:
                there.setdefault(order.order_remark, []).append(order.order_id)
        for key, numbers in there.items():
            assert len(numbers) == 1, f"{key} became {numbers}"
            assert key not in self.void, f"{key} was carried out after its end"
        for key, number in self.numbers.items():
            assert there.get(key) == [number], f"{key} was acknowledged as {number}"

    def _every_fill_once(self) -> None:
        fills = [one.traded_id for one in self.way.other.query_stock_trades(ME)]
        today = [one for one in self.heard if one in set(fills)]
        assert len(set(self.heard)) == len(self.heard), "a fill was told twice"
        assert today == [one for one in fills if one in set(today)], "fills came out of order"
        missed = {
            one.subject
            for one in self.session.findings.records()
            if one.kind == FindingKind.MISSED_FILL
        }
        unheard = set(fills) - set(today) - self.known
        if self.way.numbered:
            assert not unheard, "a fill was not heard"
        else:
            assert unheard <= missed, "a fill was neither heard nor told as missed"

    def close(self) -> None:
        self.way.mend()
        self.end_session()
        self.way.close()
