"""A stock option account of the paper terminal: ten order types over premiums and shares.

The rules (xtnb.rules.options) say whether an order may enter and what it takes; the
books set that aside, and each fill moves premium, margin and contracts.

    48 49   rights: the premium is paid on opening and received on closing
    50 51   obligations: margin is held from acceptance to closing; buying back may pay
            out of the margin that it frees
    52 53   covered calls: locked shares stand for margin
    54 55   exercise: the strike (call) or the shares (put) are set aside at once; it can be
            taken back until the close, and is carried out when the day ends (see
            options_expiry.py)
    56 57   lock and unlock shares, at once

After every move: total assets == cash + frozen cash + market value, less what could not
be paid; `margin` is what the contracts sold require at today's figures, or all the
money that there is, and then the shortfall is called (options_calls.py). A refused
order has moved nothing. Fees of a sale never exceed what it brings (ours).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from xtnb import xtconstant as c
from xtnb.errors import Refused
from xtnb.rules import options_words as words
from xtnb.rules.options import OptionDay, OptionVerdict, halts, lock_verdict, option_verdict
from xtnb.rules.options_settings import (
    BUY_CLOSE,
    BUYS,
    COVERED,
    COVERED_CLOSE,
    COVERED_OPEN,
    LOCK,
    LOCKS,
    OPENS,
    ORDER_TYPES,
    PUT_EXERCISE,
    SELL_OPEN,
    UNLOCK,
    OptionSettings,
)
from xtnb.rules.sessions import second_of_day
from xtnb.rules.suggest import unknown_code
from xtnb.rules.validity import too_fine
from xtnb.terminal.accounts.credit_orders import fill_record
from xtnb.terminal.accounts.options_calls import MarginCalls
from xtnb.terminal.accounts.options_expiry import Clearing, carry_out, settle_side
from xtnb.terminal.accounts.options_orders import OptionOrder, side_of
from xtnb.terminal.accounts.options_state import OptionState
from xtnb.terminal.accounts.orders import Floor, Order, fixed_part
from xtnb.terminal.ledgers.options import OptionHold
from xtnb.vocabulary.messages import PushKind

_NO_FLAG = 0  # of what has no side: exercises and locks


class OptionAccountBooks(OptionState):
    """One stock option account on the floor of its terminal.

    Args:
        account_id, cash: as they begin; cash in 1e-4 yuan.
        floor: of its terminal.
        settings: what the broker agrees; by default as in data/options.json.

    Attributes:
        halted: of contracts that were halted today, the price that did it and the
            market time until when. A move that the account takes no part in is
            noticed at its next order.
    """

    __slots__ = ("_day", "call", "clearing", "halted")

    def __init__(
        self,
        account_id: str,
        cash: int,
        floor: Floor,
        settings: OptionSettings = OptionSettings(),  # noqa: B008 - frozen
    ) -> None:
        super().__init__(account_id, cash, floor, settings)
        self._day = floor.day
        self.halted: dict[str, tuple[int, int]] = {}
        self.clearing: Clearing = floor.common.setdefault(Clearing, Clearing())
        self.clearing.members.append(self)
        self.call = MarginCalls(self, self.place)
        floor.leaving.append(self.call.stop)

    # -- the four moves ---------------------------------------------------------------------

    def enter(
        self, wanted: Mapping[str, Any], at: int
    ) -> tuple[int, Sequence[Order], Refused | None]:
        """Take an order in; see `Books.enter`."""
        return self.place(wanted, at, False)

    def place(
        self, wanted: Mapping[str, Any], at: int, forced: bool
    ) -> tuple[int, Sequence[Order], Refused | None]:
        """`enter`, also for the orders of a forced close, with offset flag 50."""
        order = self._written(wanted, at, forced)
        try:
            self._accept(order, self._judged(order, wanted))
        except Refused as refusal:
            order.left = 0
            self.orders[order.id] = order
            self.tell(PushKind.ORDER, self, order.note(c.ORDER_JUNK, str(refusal)))
            return order.id, (), refusal
        self.orders[order.id] = order
        if order.kind in LOCKS:
            order.left = 0
            order.traded = order.volume
            self.tell(PushKind.ORDER, self, order.note(c.ORDER_SUCCEEDED))
            self.tell(PushKind.POSITION, self, self.position(order.code))
            return order.id, (), None
        self.tell(PushKind.ORDER, self, order.note(c.ORDER_REPORTED))
        self._tell_held(order)
        return order.id, () if order.exercises else (order,), None

    def filled(self, order: Order, price: int, volume: int) -> None:
        """The market's own flow has filled an order that was resting."""
        self.fill(order, price, volume, self.market.now() // 1_000_000_000)

    def fill(self, order: Order, price: int, volume: int, at: int) -> None:
        """Book one fill. `at` is epoch seconds."""
        assert isinstance(order, OptionOrder)
        floor = self.floor
        floor.last_trade = number = floor.last_trade + 1
        amount = price * volume * order.terms.instrument.unit
        fee = order.fee_each * volume
        if not order.buy:
            fee = min(fee, amount)
        order.turnover += price * volume
        order.fees += fee
        order.traded += volume
        self._book(order, volume, amount, fee)
        trade = fill_record(self, order, number, price, volume, fee, at)
        trade.traded_amount = amount / 10_000
        self.trades.append(trade.__dict__.copy())
        status = c.ORDER_PART_SUCC if order.unfilled else c.ORDER_SUCCEEDED
        self.tell(PushKind.TRADE, self, trade)
        self.tell(PushKind.ORDER, self, order.note(status))
        self.tell(PushKind.POSITION, self, self.option_position(order.key))
        self.tell(PushKind.ASSET, self, self.asset())
        self._watch_halt(order.terms)
        self.call.follow()

    def cancel(self, order: Order, message: str = "") -> None:
        """End an order: what it holds comes back. An exercise outlives the close."""
        assert isinstance(order, OptionOrder)
        if order.exercises and self.floor.day != self._day:
            return
        rest = order.unfilled
        order.left = 0
        self._keep(order, 0)
        position = self.options.get(order.key)
        if order.kind not in OPENS and position is not None:
            position.release(rest)
        if position is not None:
            position.cancel_times += 1
        underlying = order.terms.instrument.underlying
        if order.kind == COVERED_OPEN:
            self.ledger.reserve(underlying, -rest * order.shares_each)
        elif order.kind == PUT_EXERCISE:
            self.holdings[underlying].release(rest * order.shares_each)
        status = c.ORDER_PART_CANCEL if order.traded else c.ORDER_CANCELED
        self.tell(PushKind.ORDER, self, order.note(status, message))
        self._tell_held(order)
        self.call.follow()

    def rebase(self, order: Order) -> None:
        """A market order became a limit order: hold only what its new price needs."""
        assert isinstance(order, OptionOrder)
        if order.buy and order.price < order.freeze_price:
            order.freeze_price = order.price
            self._keep(order, order.unfilled)
            self.tell(PushKind.ASSET, self, self.asset())
        self.tell(PushKind.ORDER, self, order.note(order.status))

    def roll(self) -> None:
        """Start a new day: exercises and assignments are settled, expired contracts go,
        margin is taken anew at the day's settlement prices, and then as a stock account.

        What is expired is told once more with a volume of 0.
        """
        day = datetime.strptime(self.floor.day, "%Y%m%d").date()
        self._expire(self.market.day())
        self.ledger.require(self.required_at(lambda code: self._maintenance(code, day)))
        self._day = self.floor.day
        self.halted.clear()
        for key, held in list(self.options.items()):
            if held.volume:
                held.roll()
                self.tell(PushKind.POSITION, self, self.option_position(key))
            else:
                del self.options[key]
        super().roll()
        self.call.begin_day()

    def check_margin(self) -> list[int]:
        """Close by force what a shortfall calls for, if it is time; see options_calls.py."""
        return self.call.check()

    # -- inside a move ----------------------------------------------------------------------

    def _written(self, wanted: Mapping[str, Any], at: int, forced: bool) -> OptionOrder:
        """The order as it was asked for."""
        code, kind = wanted["stock_code"], wanted["order_type"]
        floor = self.floor
        floor.last_order = number = floor.last_order + 1
        instrument = self.market.instruments.get(code)
        buy = kind in BUYS
        volume, price_type = wanted["order_volume"], wanted["price_type"]
        fixed = fixed_part(
            self,
            code,
            instrument.name if instrument else "",
            number,
            at,
            kind,
            volume,
            price_type,
            buy,
            self.shareholder.get(code.rpartition(".")[2], ""),
            wanted,
        )
        key = side_of(code, kind)
        if kind in ORDER_TYPES - LOCKS:
            fixed["direction"] = c.DIRECTION_FLAG_LONG if key[1] else c.DIRECTION_FLAG_SHORT
        fixed["offset_flag"] = _NO_FLAG
        if forced:
            fixed["offset_flag"] = c.OFFSET_FLAG_FORCECLOSE
        elif kind in OPENS:
            fixed["offset_flag"] = c.OFFSET_FLAG_OPEN
        elif kind in BUYS or kind == c.STOCK_OPTION_SELL_CLOSE:
            fixed["offset_flag"] = c.OFFSET_FLAG_CLOSE
        price = round(wanted["price"] * 10_000)
        order = OptionOrder(number, buy, price, volume, self, price_type, fixed)
        order.kind, order.key = kind, key
        order.hold = OptionHold()
        order.margin_each = order.fee_each = order.shares_each = 0
        return order

    def _judged(self, order: OptionOrder, wanted: Mapping[str, Any]) -> OptionVerdict:
        """What the rules say of an order."""
        code, kind = order.code, order.kind
        if kind not in ORDER_TYPES:
            raise words.wrong_order_type(kind)
        if kind in LOCKS:
            room = self.room("", code)
            return lock_verdict(code, kind, order.price_type, order.volume, room)
        if not -0.001 < wanted["price"] * 10_000 - order.price < 0.001:
            raise too_fine(wanted["price"])
        order.terms = terms = self.terms(code)
        if order.exercises and terms.underlying not in self.market.instruments:
            raise unknown_code(terms.underlying)
        if not order.exercises:
            self._watch_halt(terms)
            until = self.halted.get(code, (0, 0))[1]
            if self.market.now() < until:
                raise words.halted(code, second_of_day(until))
        return option_verdict(
            terms,
            kind,
            order.price_type,
            order.volume,
            order.price,
            funds=self.funds(),
            room=self.room(code, terms.instrument.underlying),
            last=self.market.last_price(code),
            settings=self.settings,
            second=second_of_day(self.market.now()),
        )

    def _watch_halt(self, terms: OptionDay) -> None:
        """Halt a contract whose last price is too far from its reference."""
        code, now = terms.instrument.stock_code, self.market.now()
        reference, until = self.halted.get(code, (terms.prev_close, 0))
        last, seconds = self.market.last_price(code), self.settings.halt_seconds
        if seconds and now >= until and halts(reference, last, terms.tick):
            self.halted[code] = last, now + seconds * 1_000_000_000

    def _accept(self, order: OptionOrder, verdict: OptionVerdict) -> None:
        """Set aside what an order takes."""
        kind, volume = order.kind, order.volume
        if kind in LOCKS:
            self._lock(order)
            return
        hold = OptionHold(verdict.cash, verdict.lent)
        self.ledger.take(hold)
        order.hold, order.held = hold, verdict.cash
        option = order.terms.instrument
        order.fee_each = self.settings.fee(kind)
        order.margin_each = order.terms.margin(self.settings.margin_factor)
        order.shares_each = option.unit
        if kind not in OPENS:
            self.options[order.key].freeze(volume)
        if kind == COVERED_OPEN:
            self.ledger.reserve(option.underlying, verdict.shares)
        elif kind == PUT_EXERCISE:
            self.holdings[option.underlying].freeze(verdict.shares)
        if order.price_type == c.LATEST_PRICE or order.exercises:
            order.price = verdict.price
        order.freeze_price = verdict.price

    def _lock(self, order: OptionOrder) -> None:
        holding, volume = self.holdings[order.code], order.volume
        if order.kind == LOCK:
            holding.freeze(volume)
            self.ledger.lock(order.code, volume)
        elif order.kind == UNLOCK:
            self.ledger.lock(order.code, -volume)
            holding.release(volume)

    def _book(self, order: OptionOrder, volume: int, amount: int, fee: int) -> None:
        """Move premium, margin and contracts for a fill."""
        kind, ledger, hold = order.kind, self.ledger, order.hold
        position = self.opened(order.key)
        if kind in OPENS:
            position.open(volume, amount, fee, self.floor.day)
        else:
            position.close(volume, amount, fee)
        if order.buy:
            ledger.pay(hold, amount + fee)
            if kind == BUY_CLOSE:
                ledger.bought_back(order.margin_each * volume)
            elif kind == COVERED_CLOSE:
                underlying = order.terms.instrument.underlying
                ledger.reserve(underlying, -volume * order.shares_each)
            self._keep(order, order.unfilled)
            return
        if kind == SELL_OPEN:
            ledger.secure(hold, order.margin_each * volume)
            order.held = hold.cash
        ledger.receive(amount - fee)

    def _keep(self, order: OptionOrder, left: int) -> None:
        """Lower what an order holds to what `left` contracts need."""
        hold = order.hold
        cash = lent = 0
        if left and order.buy:
            cash = (order.freeze_price * order.shares_each + order.fee_each) * left
            lent = min(hold.lent, order.margin_each * left, cash)
        self.ledger.keep(hold, cash, lent)
        order.held = cash

    def _maintenance(self, code: str, day: date) -> int:
        """Margin of one contract at the end of the day, which is the next day's."""
        option = self.terms(code).instrument
        terms = OptionDay(option, self.market.last_price(code), day, self.spot(option))
        return terms.margin(self.settings.margin_factor)

    def standing(self, day: date) -> list[tuple[str, int, int, bool]]:
        """What expires on a day, for the clearing; see `options_expiry.Member`."""
        asked: dict[str, int] = {}
        for order in self.orders.values():
            if order.open and isinstance(order, OptionOrder) and order.exercises:
                asked[order.code] = asked.get(order.code, 0) + order.unfilled
        found = []
        for code in dict.fromkeys(key[0] for key in self.options):
            option = self.terms(code).instrument
            if option.expiry <= day:
                sold = [self.options.get((code, False, covered)) for covered in (True, False)]
                inside = self.spot(option) - option.strike
                found.append(
                    (
                        code,
                        sum(held.volume for held in sold if held),
                        asked.get(code, 0),
                        inside > 0 if option.call else inside < 0,
                    )
                )
        return found

    def _expire(self, day: date) -> None:
        """Settle what expires on a day: exercises, assignments, and what lapses."""
        self.clearing.close(day)
        for order in list(self.orders.values()):
            if order.open and isinstance(order, OptionOrder) and order.exercises:
                carry_out(self, order)
        left: dict[str, int] = {}
        # rights first, then covered calls: money comes in before it is needed
        for key in sorted(self.options, key=lambda key: (not key[1], not key[2])):
            code, long, _ = key
            if self.terms(code).instrument.expiry > day:
                continue
            assigned = 0
            if not long:
                rest = left.setdefault(code, self.clearing.assigned(self.account_id, code))
                assigned = min(rest, self.options[key].volume)
                left[code] = rest - assigned
            settle_side(self, key, assigned)

    def _tell_held(self, order: OptionOrder) -> None:
        """Tell what an order has frozen, or freed."""
        if order.buy or order.kind == SELL_OPEN or order.exercises:
            self.tell(PushKind.ASSET, self, self.asset())
        if order.key in self.options and order.kind not in OPENS:
            self.tell(PushKind.POSITION, self, self.option_position(order.key))
        underlying = order.terms.instrument.underlying
        if (order.kind in COVERED or order.kind == PUT_EXERCISE) and underlying in self.holdings:
            self.tell(PushKind.POSITION, self, self.position(underlying))
