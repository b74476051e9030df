"""An account for options on futures: a futures account that also trades options.

Premium is paid and received at once, obligations hold margin, and an exercise (100)
becomes futures lots at the strike when the day ends: a call gives its owner long lots
and the assigned side short ones, a put the other way round. They are settled with that
day's settlement price, which books the profit. Until the close an exercise can be
taken back. On the last day what is in the money exercises itself, and every contract
sold is assigned; on others only what accounts of this terminal exercise is, pro rata
among them. Ours where rules/options_futures.py does not say otherwise.

After every move: equity == available + held by orders + margin in use, as in a futures
account; what options are worth is in their positions. A refused order has moved nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from xtnb import xtconstant as c
from xtnb.errors import Refused
from xtnb.rules.futures import FuturesTerms
from xtnb.rules.futures_orders import NOTHING, Closable
from xtnb.rules.options_futures import (
    FutureOption,
    FutureOptionDay,
    FutureOptionSettings,
    OptionPart,
    future_option_verdict,
)
from xtnb.rules.sessions import second_of_day
from xtnb.rules.suggest import missing, unknown_code
from xtnb.rules.terms import FutureOptionTerms, told
from xtnb.rules.validity import too_fine
from xtnb.terminal.accounts.credit_orders import fill_record
from xtnb.terminal.accounts.futures import FuturesAccountBooks
from xtnb.terminal.accounts.options_expiry import Clearing
from xtnb.terminal.accounts.options_futures_records import FutureOptionOrder, FutureOptionRecords
from xtnb.terminal.accounts.orders import Floor, Order, fixed_part
from xtnb.terminal.ledgers.options_futures import FutureOptionLedger, FutureOptionSide
from xtnb.vocabulary.messages import PushKind


class FutureClearing(Clearing):
    """Assigns exercises of options on futures."""


class FutureOptionAccountBooks(FuturesAccountBooks):
    """One account for options on futures, on the floor of its terminal.

    Args:
        account_id, cash: as they begin; cash in 1e-4 yuan.
        floor: of its terminal.
        terms: what the broker adds to the margin of futures.
        settings: what an option costs.
    """

    __slots__ = ("_day", "clearing", "settings")

    ledger: FutureOptionLedger
    records: FutureOptionRecords

    def __init__(
        self,
        account_id: str,
        cash: int,
        floor: Floor,
        terms: FuturesTerms = FuturesTerms(),  # noqa: B008 - frozen
        settings: FutureOptionSettings = FutureOptionSettings(),  # noqa: B008 - frozen
    ) -> None:
        super().__init__(account_id, cash, floor, terms)
        self.account_type = c.FUTURE_OPTION_ACCOUNT
        self.ledger = FutureOptionLedger(cash, single_side=terms.single_side)
        self.records = FutureOptionRecords(account_id, self.ledger, self.market, terms)
        self.settings = settings
        self.clearing: FutureClearing = floor.common.setdefault(FutureClearing, FutureClearing())
        self.clearing.members.append(self)
        self._day = floor.day

    # -- an order comes in ----------------------------------------------------------------

    def enter(
        self, wanted: Mapping[str, Any], at: int
    ) -> tuple[int, Sequence[Order], Refused | None]:
        """Take an order in; see `Books.enter`."""
        code = wanted["stock_code"]
        if not isinstance(self.market.instruments.get(code), FutureOption):
            return super().enter(wanted, at)
        scaled = wanted["price"] * 10_000
        price = round(scaled)
        try:
            if not -0.001 < scaled - price < 0.001:
                raise too_fine(wanted["price"])
            parts = self.judge_option(
                code, wanted["order_type"], wanted["price_type"], wanted["order_volume"], price
            )
        except Refused as refusal:
            return self._refuse(wanted, at, price, refusal), (), refusal
        orders = [self._take(part, code, wanted, at, price) for part in parts]
        return orders[0].id, () if orders[0].exercises else orders, None

    def judge_option(
        self, code: str, order_type: int, price_type: int, volume: int, price: int
    ) -> tuple[OptionPart, ...]:
        """What an order for an option would come to now; it moves nothing.

        Raises:
            Refused: as `rules.options_futures.future_option_verdict`.
        """
        return future_option_verdict(
            self.option_day(code),
            order_type,
            price_type,
            volume,
            price,
            long=self._free(code, True),
            short=self._free(code, False),
            available=self.ledger.available,
            last=self.market.last_price(code),
            second=second_of_day(self.market.now()),
            terms=self.terms,
            settings=self.settings,
        )

    def _take(
        self, part: OptionPart, code: str, wanted: Mapping[str, Any], at: int, price: int
    ) -> FutureOptionOrder:
        """Number a part, hold what it needs, and tell of it."""
        floor, day = self.floor, self.option_day(code)
        floor.last_order = number = floor.last_order + 1
        order_type, price_type = wanted["order_type"], wanted["price_type"]
        fixed = fixed_part(
            self,
            code,
            day.instrument.name,
            number,
            at,
            order_type,
            part.volume,
            price_type,
            part.buy,
            "",
            wanted,
        )
        fixed["direction"] = c.DIRECTION_FLAG_LONG if part.long else c.DIRECTION_FLAG_SHORT
        fixed["offset_flag"] = part.offset_flag
        order = FutureOptionOrder(number, part.buy, price, part.volume, self, price_type, fixed)
        order.part, order.day, order.side = part, day, self.option_side(code, part.long)
        order.takes = [[today, lots] for today, lots in part.takes]
        if price_type == c.LATEST_PRICE or order.exercises:
            order.price = part.price
        order.freeze_price = part.price
        order.side.set_aside(part.takes)
        self.orders[number] = order
        record = order.note(c.ORDER_REPORTED)
        order.hold(part.held_each)
        self.tell(PushKind.ORDER, self, record)
        self._tell_option_hold(order)
        return order

    # -- an order goes on -----------------------------------------------------------------

    def fill(self, order: Order, price: int, volume: int, at: int) -> None:
        """Book one fill. `at` is epoch seconds."""
        if not isinstance(order, FutureOptionOrder):
            super().fill(order, price, volume, at)
            return
        side, part, unit = order.side, order.part, order.side.unit
        fee = self.settings.fee * volume
        amount = price * volume * unit
        if not order.buy:
            fee = min(fee, amount)
        order.turnover += price * volume
        order.traded += volume
        order.fees += fee
        self.ledger.balance += -amount - fee if order.buy else amount - fee
        if part.opens:
            side.each = part.margin_each
            side.open(volume, amount, fee, self.floor.day)
        else:
            for today, lots in order.take(volume):
                side.close_lots(today, lots, price * lots * unit, fee * lots // volume)
        left = order.volume - order.traded
        record = order.note(c.ORDER_PART_SUCC if left else c.ORDER_SUCCEEDED)
        order.hold(order.held_each)
        self.floor.last_trade = number = self.floor.last_trade + 1
        trade = fill_record(self, order, number, price, volume, fee, at)
        trade.traded_amount = amount / 10_000
        self.records.keep_trade(trade)
        self.tell(PushKind.TRADE, self, trade)
        self.tell(PushKind.ORDER, self, record)
        self.tell(PushKind.POSITION, self, self.records.option_position(side))
        self.tell(PushKind.ASSET, self, self.asset())

    def cancel(self, order: Order, message: str = "") -> None:
        """End an order: what it holds comes back. An exercise outlives the close."""
        if not isinstance(order, FutureOptionOrder):
            super().cancel(order, message)
            return
        if order.exercises and self.floor.day != self._day:
            return
        order.left = 0
        order.side.cancel_times += 1
        for today, lots in order.takes:
            order.side.give_back(today == 1, lots)
        status = c.ORDER_PART_CANCEL if order.traded else c.ORDER_CANCELED
        record = order.note(status, message)
        order.hold(0)
        self.tell(PushKind.ORDER, self, record)
        self._tell_option_hold(order)

    def rebase(self, order: Order) -> None:
        """A market order became a limit order: hold only what its new price needs."""
        if not isinstance(order, FutureOptionOrder):
            super().rebase(order)
            return
        order.freeze_price = order.price
        if order.buy:
            each = order.price * order.side.unit + self.settings.fee
            order.hold(each if order.part.opens else max(0, each - order.part.margin_each))
            self.tell(PushKind.ASSET, self, self.asset())
        self.tell(PushKind.ORDER, self, order.note(order.status))

    def _tell_option_hold(self, order: FutureOptionOrder) -> None:
        if order.part.held_each:
            self.tell(PushKind.ASSET, self, self.asset())
        if not order.part.opens:
            self.tell(PushKind.POSITION, self, self.records.option_position(order.side))

    # -- the day --------------------------------------------------------------------------

    def roll(self) -> None:
        """Exercises and assignments become futures lots, expired contracts go, margin is
        taken anew at the settlement prices, and then as a futures account."""
        new = datetime.strptime(self.floor.day, "%Y%m%d").date()
        old = self.market.day()
        self.clearing.close(old)
        for order in self.orders.values():
            if isinstance(order, FutureOptionOrder) and order.exercises and order.open:
                self._carry_out(order)
        for key, side in list(self.ledger.options.items()):
            self._end_day(side, old, new)
            self.tell(PushKind.POSITION, self, self.records.option_position(side))
            if not side.volume:
                del self.ledger.options[key]
        self._day = self.floor.day
        super().roll()

    def standing(self, day: date) -> list[tuple[str, int, int, bool]]:
        """What may be assigned at the end of a day; see `options_expiry.Member`."""
        asked: dict[str, int] = {}
        for order in self.orders.values():
            if isinstance(order, FutureOptionOrder) and order.exercises and order.open:
                code = order.side.code
                asked[code] = asked.get(code, 0) + order.volume
        found = []
        for code in dict.fromkeys(key[0] for key in self.ledger.options):
            terms = self.option_day(code)
            sold = self.ledger.options.get((code, False))
            inside = terms.last_day and terms.inside(self._settled(terms.underlying))
            found.append((code, sold.volume if sold else 0, asked.get(code, 0), inside))
        return found

    def _carry_out(self, order: FutureOptionOrder) -> None:
        for today, lots in order.part.takes:
            order.side.close_lots(today, lots, 0, 0)
        self._exercised(order.side, order.volume)
        order.traded, order.left = order.volume, 0
        order.turnover = order.price * order.volume
        record = order.note(c.ORDER_SUCCEEDED, "行权已交收 / exercised")
        order.hold(0)
        self.tell(PushKind.ORDER, self, record)

    def _end_day(self, side: FutureOptionSide, old: date, new: date) -> None:
        """Assign, exercise and end one side, or give it its margin for the next day."""
        terms = self.option_day(side.code)
        option = terms.instrument
        settled = self._settled(option.underlying)
        if side.long:
            if terms.last_day and terms.inside(settled):
                self._exercised(side, side.volume)
        else:
            assigned = self.clearing.assigned(self.account_id, side.code)
            if assigned:
                self._lots(option, not option.call, assigned)
                side.set_aside(((False, assigned),))
                side.close_lots(False, assigned, 0, 0)
        if terms.last_day:
            side.end()
            return
        side.roll()
        side.each = FutureOptionDay(option, self.market.last_price(side.code), new, settled).margin(
            self.terms
        )

    def _exercised(self, side: FutureOptionSide, volume: int) -> None:
        option = self.option_day(side.code).instrument
        self.ledger.balance -= self.settings.exercise_fee * volume
        side.fees += self.settings.exercise_fee * volume
        if volume:
            self._lots(option, option.call, volume)

    def _lots(self, option: FutureOption, long: bool, volume: int) -> None:
        """Futures lots at the strike."""
        day = self._contract(option.underlying)
        self.side(day, long).open(volume, option.strike, self._day)

    def _settled(self, code: str) -> int:
        """The settlement price of a future, as far as the day has come."""
        return self.market.settlement(code)

    # -- what it has ------------------------------------------------------------------------

    def option_day(self, code: str) -> FutureOptionDay:
        """The rules of an option today.

        Raises:
            Refused: UNKNOWN_CODE, also where the market lacks its future.
        """
        rules = self.market.rules(code) if code in self.market.instruments else None
        if not isinstance(rules, FutureOptionDay):
            raise missing(code, self.market.day())
        if rules.underlying not in self.market.instruments:
            raise unknown_code(rules.underlying)
        return rules

    def option_side(self, code: str, long: bool) -> FutureOptionSide:
        """One side of an option, empty if there was none."""
        side = self.ledger.options.get((code, long))
        if side is None:
            option = self.option_day(code).instrument
            side = self.ledger.options[code, long] = FutureOptionSide(
                code, option.name, self.market.mark(code), option.unit, long
            )
        return side

    def _free(self, code: str, long: bool) -> Closable:
        side = self.ledger.options.get((code, long))
        return Closable(side.free_today, side.free_past) if side else NOTHING

    def calls(self) -> Mapping[str, Callable[[Mapping[str, Any]], Any]]:
        """The queries of the API that this account answers: options first, then futures."""
        records, options = self.records, self.ledger.options
        return {
            **super().calls(),
            "query_stock_position": lambda wanted: [
                *(
                    records.option_position(side)
                    for side in options.values()
                    if side.code == wanted["stock_code"]
                ),
                *records.positions(wanted["stock_code"]),
            ],
            "query_stock_positions": lambda wanted: [
                *(records.option_position(side) for side in options.values()),
                *records.positions(),
            ],
            "query_position_statistics": lambda wanted: [
                *(
                    records.option_statistics(side, self.option_day(side.code))
                    for side in options.values()
                ),
                *records.statistics(),
            ],
            "terms": lambda wanted: told(FutureOptionTerms(self.terms, self.settings)),
        }
