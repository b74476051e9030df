"""The warning and close-out lines of a margin account, and what happens below them.

While an account owes anything it listens to the market: with each snapshot of a
security that it holds or owes, `check` compares the maintenance ratio with the
lines. A fill or the turn of the day changes a snapshot too, so both are followed by
a check, at the latest half a second of market time later; orders are never sent
from inside a fill, when other fills of the same sweep may still wait to be booked.

Below the warning line nothing more is lent (the rules refuse it), and the account's
money is told once more. Below the close-out line the account's own orders are
cancelled, and orders with offset flag 50 bring the ratio back to `restore_line`:

1. shares owed are bought back, oldest contract first, out of short proceeds and cash;
2. cash repays what is owed in cash, the ordinary pool first;
3. holdings are sold, the most valuable first: to repay while cash is owed, and
   otherwise for cash that buys back more.

They are market orders whose rest is cancelled, so that each check starts afresh.

Source: the lines are brokers' practice; everything else here is ours.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from xtnb import xtconstant as c
from xtnb.errors import Refused
from xtnb.rules.collateral import WHOLE
from xtnb.rules.credit_figures import (
    BUY_TO_RETURN,
    NO_DEBT_RATIO,
    REPAY,
    SELL,
    SELL_TO_REPAY,
    in_pool,
)
from xtnb.rules.day import DayRules
from xtnb.terminal.accounts.credit_state import CreditState
from xtnb.terminal.accounts.orders import Order
from xtnb.vocabulary.messages import PushKind
from xtnb.vocabulary.money import YUAN
from xtnb.vocabulary.records import Quote

_log = logging.getLogger("xtnb.terminal")

Place = Callable[[Mapping[str, Any], int, bool], tuple[int, Sequence[Order], Refused | None]]
_BY_MARKET = {"SZ": c.MARKET_SZ_CONVERT_5_CANCEL}
STRATEGY = "强制平仓"
REMARK = "close-out"


class LineWatch:
    """Watches the lines of one account.

    Args:
        state: the account.
        place: sends an order of its own; the last argument says that it is forced.

    Attributes:
        line: "" above the warning line, "warning" or "close-out" below.
    """

    __slots__ = ("_forget", "_place", "_state", "_watched", "line")

    def __init__(self, state: CreditState, place: Place) -> None:
        self.line = ""
        self._state = state
        self._place = place
        self._watched: set[str] = set()
        self._forget: Callable[[], None] | None = None

    # -- listening -----------------------------------------------------------------------

    def follow(self) -> None:
        """Listen to what the account holds and owes now, as long as it owes anything."""
        state = self._state
        wanted: set[str] = set()
        if state.total_debt():
            wanted.update(code for code, held in state.holdings.items() if held.volume)
            wanted.update(state.debts.by_code())
        if wanted and self._forget is None:
            self._forget = state.market.on_quote(self._seen)
        for code in wanted - self._watched:
            state.market.watch(code)
        for code in self._watched - wanted:
            state.market.unwatch(code)
        if not wanted and self._forget is not None:
            self._forget()
            self._forget = None
            self.line = ""
        self._watched = wanted

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

    # -- the lines -----------------------------------------------------------------------

    def check(self) -> list[int]:
        """Compare the ratio with the lines; returns the numbers of the orders that it sent."""
        state, settings = self._state, self._state.settings
        ratio = state.ratio()
        before = self.line
        if ratio >= settings.warn_line:
            self.line = ""
            return []
        if ratio >= settings.close_line:
            self.line = "warning"
        else:
            self.line = "close-out"
        if self.line != before:
            _log.warning(
                "margin account %s: maintenance ratio %.2f%%, below the %s line",
                state.account_id,
                ratio / 100,
                self.line,
            )
            state.tell(PushKind.ASSET, state, state.asset())
        return self._close_out() if self.line == "close-out" else []

    def _close_out(self) -> list[int]:
        state = self._state
        for order in list(state.orders.values()):
            if order.open:
                state.market.withdraw(order.fixed["stock_code"], order)
                state.cancel(order, "强制平仓前撤单 / cancelled for the close-out")
        sent = self._buy_back() + self._repay()
        cash = state.cash.available
        sent += self._sell()
        if state.cash.available > cash:
            sent += self._buy_back() + self._repay()
        return sent

    def _missing(self) -> int:
        """By how much assets and debt must both fall for the ratio that is to be restored."""
        state = self._state
        assets, debt = state.total_assets(), state.total_debt()
        line = state.settings.restore_line
        if not debt or min(assets * WHOLE // debt, NO_DEBT_RATIO) >= line:
            return 0
        return min(debt, -(-(line * debt - assets * WHOLE) // (line - WHOLE)))

    def _buy_back(self) -> list[int]:
        state, sent = self._state, []
        owed = [(one.code, one.special) for one in state.debts.contracts.values() if one.short]
        for code, special in dict.fromkeys(owed):
            missing = self._missing()
            left = state.debts.shares_owed(code, special)
            if not missing or not left:
                continue
            rules, last = self._terms(code)
            price_type = _BY_MARKET.get(code[-2:], c.MARKET_SH_CONVERT_5_CANCEL)
            volume = min(left, -(-missing // last))
            volume = -(-volume // rules.lot) * rules.lot
            funds = state.ledger.proceeds + state.cash.available
            volume = min(volume, rules.affordable(funds, rules.up, price_type))
            if volume:
                sent += self._send(code, in_pool(BUY_TO_RETURN, special), volume, price_type)
        return sent

    def _repay(self) -> list[int]:
        state, sent = self._state, []
        for special in (False, True):
            due = min(self._missing(), state.debts.cash_due(special))
            amount = min(state.cash.available // YUAN, -(-due // YUAN))
            if amount > 0:
                sent += self._send("", in_pool(REPAY, special), amount, c.FIX_PRICE)
        return sent

    def _sell(self) -> list[int]:
        state, sent = self._state, []
        worth = {code: held.volume * held.mark.last for code, held in state.holdings.items()}
        for code in sorted(worth, key=lambda code: (-worth[code], code)):
            missing = self._missing()
            if not missing or code not in state.holdings:
                continue
            rules, last = self._terms(code)
            price_type = _BY_MARKET.get(code[-2:], c.MARKET_SH_CONVERT_5_CANCEL)
            order_type = SELL
            sellable = state.room(code, False).own
            for special in (False, True):
                if state.debts.cash_due(special):
                    order_type = in_pool(SELL_TO_REPAY, special)
                    sellable = state.holdings[code].sellable
                    break
            volume = -(-missing // last)
            volume = min(-(-volume // rules.lot) * rules.lot, sellable)
            volume = rules.round_sell(volume, state.holdings[code].sellable, price_type)
            if volume:
                sent += self._send(code, order_type, volume, price_type)
        return sent

    def _terms(self, code: str) -> tuple[DayRules, int]:
        """The day's rules and the last price of something that is held or owed."""
        market = self._state.market
        rules = market.rules(code)
        assert isinstance(rules, DayRules), "a margin account trades stocks and funds only"
        return rules, market.last_price(code)

    def _send(self, code: str, order_type: int, volume: int, price_type: int) -> list[int]:
        """Send one forced order and let it meet its book."""
        state = self._state
        at = state.market.now() // 1_000_000_000
        wanted = {
            "stock_code": code,
            "order_type": order_type,
            "order_volume": volume,
            "price_type": price_type,
            "price": 0.0,
            "strategy_name": STRATEGY,
            "order_remark": REMARK,
        }
        number, orders, _ = self._place(wanted, at, True)
        for order in orders:
            state.floor.match(state, order, at)
        return [number]
