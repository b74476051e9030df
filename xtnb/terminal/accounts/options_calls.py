"""What happens when margin at the end of a day is more than the money that there is.

The shortfall is called as the new day begins: it is logged and the account's money is
told. While it lasts nothing is available, so nothing can be opened that costs money.
After `force_after` seconds (a setting; None never) the account's own orders are
cancelled and contracts that need most margin are bought back, with offset flag 50, as
far as money and margin reach. These are limit orders a few ticks above the best offer;
one that did not fill is cancelled and sent anew when the contract's quote moves.

Source: that there is a call and then a forced close is the exchanges' rule; all the
rest is ours.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from xtnb import xtconstant as c
from xtnb.errors import Refused
from xtnb.rules.options_settings import BUY_CLOSE
from xtnb.terminal.accounts.options_state import OptionState
from xtnb.terminal.accounts.orders import Order
from xtnb.vocabulary.money import text
from xtnb.vocabulary.records import Quote

_log = logging.getLogger("xtnb.terminal")

Place = Callable[[Mapping[str, Any], int, bool], tuple[int, Sequence[Order], Refused | None]]
STRATEGY = "强制平仓"
REMARK = "margin call"
_TICKS = 10
_SECOND = 1_000_000_000


class MarginCalls:
    """Watches the shortfall of one account.

    Args:
        state: the account.
        place: sends an order of its own; the last argument says that it is forced.

    Attributes:
        since: market time of the call, ns; None while all is covered.
    """

    __slots__ = ("_forget", "_place", "_state", "_watched", "since")

    def __init__(self, state: OptionState, place: Place) -> None:
        self.since: int | None = None
        self._state = state
        self._place = place
        self._watched: set[str] = set()
        self._forget: Callable[[], None] | None = None

    def begin_day(self) -> None:
        """Call what is short now that the day begins."""
        state = self._state
        short = state.ledger.shortfall
        self.since = state.market.now() if short else None
        if short:
            _log.warning("option account %s: margin call of %s CNY", state.account_id, text(short))
        self.follow()

    def follow(self) -> None:
        """Listen to what is sold, as long as there is a call."""
        state = self._state
        if not state.ledger.shortfall:
            self.since = None
        wanted = set(self._sold()) if self.since is not None else set()
        if wanted == self._watched:
            return
        market = state.market
        for code in wanted - self._watched:
            market.watch(code)
        for code in self._watched - wanted:
            market.unwatch(code)
        self._watched = wanted
        if wanted and self._forget is None:
            self._forget = market.on_quote(self._seen)
        elif not wanted and self._forget is not None:
            self._forget()
            self._forget = None

    def stop(self) -> None:
        """Listen no more."""
        for code in self._watched:
            self._state.market.unwatch(code)
        self._watched = set()
        if self._forget is not None:
            self._forget()
            self._forget = None

    def _seen(self, quote: Quote) -> None:
        if quote.stock_code in self._watched:
            self.check()

    def check(self) -> list[int]:
        """Close by force if it is time; returns the numbers of the orders that it sent."""
        state = self._state
        after = state.settings.force_after
        if self.since is None or after is None:
            return []
        if state.market.now() - self.since < after * _SECOND:
            return []
        for order in list(state.orders.values()):
            if order.open:
                state.market.withdraw(order.fixed["stock_code"], order)
                state.cancel(order, "强制平仓前撤单 / cancelled for the forced close")
        sent: list[int] = []
        for code in self._sold():
            volume = self._needed(code)
            if volume:
                sent += self._send(code, volume)
        return sent

    def _sold(self) -> list[str]:
        """Contracts that need margin, those that need most first."""
        state = self._state
        sold = [
            key for key, held in state.options.items() if held.volume and not (key[1] or key[2])
        ]
        return sorted((key[0] for key in sold), key=lambda code: (-state.margin_of(code), code))

    def _price(self, code: str) -> int:
        state = self._state
        terms = state.terms(code)
        best = state.market.book(code).best_ask or state.market.last_price(code)
        return min(max(best + _TICKS * terms.tick, terms.down), terms.up)

    def _needed(self, code: str) -> int:
        """How many contracts to buy back, as many as can be paid."""
        state = self._state
        ledger, held = state.ledger, state.options[code, False, False]
        each = state.margin_of(code)
        unit = state.terms(code).instrument.unit
        cost = self._price(code) * unit + state.settings.fee(BUY_CLOSE)
        relief = each - cost  # closing also costs the premium
        volume = min(held.usable, state.settings.limit_maximum)
        if relief > 0:
            volume = min(volume, -(-ledger.shortfall // relief))
        while volume > 0:
            if volume * cost <= state.cash.available + min(ledger.margin, volume * each):
                return volume
            volume -= 1
        return 0

    def _send(self, code: str, volume: int) -> list[int]:
        """Send one forced order and let it meet its book."""
        state = self._state
        at = state.market.now() // _SECOND
        wanted = {
            "stock_code": code,
            "order_type": BUY_CLOSE,
            "order_volume": volume,
            "price_type": c.FIX_PRICE,
            "price": self._price(code) / 10_000,
            "strategy_name": STRATEGY,
            "order_remark": REMARK,
        }
        number, orders, _ = self._place(wanted, at, True)
        for order in orders:
            state.floor.match(state, order, at)
        return [number]
