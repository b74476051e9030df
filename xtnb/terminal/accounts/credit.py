"""A margin account of the paper terminal: fourteen order types over cash, shares and debts.

The rules (xtnb.rules.margin) say whether an order may enter and what it takes; the
books reserve that, and each fill moves money, shares and debt contracts. The direct
forms (30, 32, 43, 45) need no market: they are done inside `enter`, at once (in
reality shares are returned at night; ours).

After every move

    total assets == free cash + frozen cash + market value + free short proceeds
    total debt == principal + value of the shares owed + interest and fees

and a refused order has moved nothing. Short proceeds pay only for buying back and for
interest; what is left of them becomes own cash when the contracts that brought them
owe no share any more. Own shares are those that no open margin purchase pays for;
only they may be sold as collateral (24) or returned (30), since what is sold of the
others repays first (31). A request names a contract to be repaid first by giving
its number as `order_remark` (ours).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from xtnb import xtconstant as c
from xtnb.errors import Refused
from xtnb.rules.collateral import CreditSettings
from xtnb.rules.credit_figures import (
    BUY,
    BUY_TO_RETURN,
    FIN_BUY,
    ORDER_TYPES,
    REPAY,
    RETURN,
    SELL_TO_REPAY,
    SLO_SELL,
    Verdict,
    base_type,
    needed_margin,
)
from xtnb.rules.day import DayRules
from xtnb.rules.suggest import unknown_code
from xtnb.rules.validity import not_traded_here, too_fine
from xtnb.terminal.accounts import credit_records
from xtnb.terminal.accounts.credit_lines import LineWatch
from xtnb.terminal.accounts.credit_orders import CreditOrder, fill_record
from xtnb.terminal.accounts.credit_state import CreditState
from xtnb.terminal.accounts.orders import Floor, Order, fixed_part
from xtnb.terminal.ledgers.credit import Hold
from xtnb.terminal.ledgers.debts import Contract
from xtnb.vocabulary.messages import PushKind
from xtnb.vocabulary.money import text

_BUYS = frozenset({BUY, FIN_BUY, BUY_TO_RETURN})
_NO_FLAG = 0  # of the direct forms, which have no side


class CreditAccountBooks(CreditState):
    """One margin account on the floor of its terminal.

    Args:
        account_id, cash: as they begin; cash in 1e-4 yuan.
        floor: of its terminal.
        settings: what the broker agrees; by default as in data/credit.json.
    """

    __slots__ = ("lines",)

    def __init__(
        self,
        account_id: str,
        cash: int,
        floor: Floor,
        settings: CreditSettings = CreditSettings(),  # noqa: B008 - frozen
    ) -> None:
        super().__init__(account_id, cash, floor, settings)
        self.lines = LineWatch(self, self.place)
        floor.leaving.append(self.lines.stop)

    # -- the four moves ---------------------------------------------------------------------

    def enter(
        self, wanted: Mapping[str, Any], at: int
    ) -> tuple[int, Sequence[Order], Refused | None]:
        """Take an order in; see `Books.enter`."""
        return self.place(wanted, at, False)

    def place(
        self, wanted: Mapping[str, Any], at: int, forced: bool
    ) -> tuple[int, Sequence[Order], Refused | None]:
        """`enter`, also for the orders of a close-out (`forced`), with offset flag 50."""
        order = self._written(wanted, at, forced)
        try:
            verdict = self._judged(order, wanted)
            self._accept(order, verdict)
        except Refused as refusal:
            order.left = 0
            self.orders[order.id] = order
            self.tell(PushKind.ORDER, self, order.note(c.ORDER_JUNK, str(refusal)))
            return order.id, (), refusal
        self.orders[order.id] = order
        if not verdict.matched:
            self._do_at_once(order, verdict)
            return order.id, (), None
        self.tell(PushKind.ORDER, self, order.note(c.ORDER_REPORTED))
        self._tell_held(order)
        return order.id, (order,), None

    def filled(self, order: Order, price: int, volume: int) -> None:
        """The market's own flow has filled an order that was resting."""
        self.fill(order, price, volume, self.market.now() // 1_000_000_000)

    def fill(self, order: Order, price: int, volume: int, at: int) -> None:
        """Book one fill. `at` is epoch seconds."""
        assert isinstance(order, CreditOrder)
        floor = self.floor
        floor.last_trade = number = floor.last_trade + 1
        amount = price * volume
        order.turnover += amount
        fee = order.rules.fee_total(order.buy, order.turnover) - order.fees
        if not order.buy:
            fee = min(fee, amount)
        order.fees += fee
        order.traded += volume
        self._book(order, price, volume, fee)
        trade = fill_record(self, order, number, price, volume, fee, at)
        self.trades.append(trade.__dict__.copy())
        status = c.ORDER_PART_SUCC if order.unfilled else c.ORDER_SUCCEEDED
        self.tell(PushKind.TRADE, self, trade)
        self.tell(PushKind.ORDER, self, order.note(status))
        self._tell_position(order.code)
        self.tell(PushKind.ASSET, self, self.asset())
        self.lines.follow()

    def cancel(self, order: Order, message: str = "") -> None:
        """End an order: what it holds comes back."""
        assert isinstance(order, CreditOrder)
        rest = order.unfilled
        order.left = 0
        self.ledger.keep(order.hold)
        if order.sells_holding:
            self.holdings[order.code].release(rest)
        status = c.ORDER_PART_CANCEL if order.traded else c.ORDER_CANCELED
        self.tell(PushKind.ORDER, self, order.note(status, message))
        self._tell_held(order)

    def rebase(self, order: Order) -> None:
        """A market order became a limit order: hold only what its new price needs."""
        assert isinstance(order, CreditOrder)
        if order.buy and order.price < order.freeze_price:
            order.freeze_price = order.hold_price = order.price
            self._keep(order, order.hold.returns)
            self.tell(PushKind.ASSET, self, self.asset())
        self.tell(PushKind.ORDER, self, order.note(order.status))

    def roll(self) -> None:
        """Start a new day: interest of the day that ends, then as a stock account.

        Interest is on what is owed at the end of the day, so the day of opening counts
        and that of repayment does not. The lines are looked at with the first prices
        of the new day (see credit_lines.py).
        """
        settings, debts = self.settings, self.debts
        debts.forget_closed()
        debts.accrue(settings.fin_rate, settings.slo_rate, settings.interest_days)
        debts.extend(datetime.strptime(self.floor.day, "%Y%m%d").date(), settings.tenor_days)
        super().roll()
        self.lines.follow()

    def check_lines(self) -> list[int]:
        """Compare the maintenance ratio with the lines now; see credit_lines.py."""
        return self.lines.check()

    # -- inside a move ----------------------------------------------------------------------

    def _written(self, wanted: Mapping[str, Any], at: int, forced: bool) -> CreditOrder:
        """The order as it was asked for."""
        code, order_type = wanted["stock_code"], wanted["order_type"]
        kind, special = base_type(order_type) if order_type in ORDER_TYPES else (order_type, False)
        floor = self.floor
        floor.last_order = number = floor.last_order + 1
        instrument = self.market.instruments.get(code)
        buy = kind in _BUYS
        fixed = fixed_part(
            self,
            code,
            instrument.name if instrument else "",
            number,
            at,
            order_type,
            wanted["order_volume"],
            wanted["price_type"],
            buy,
            self.shareholder.get(code[-2:], ""),
            wanted,
        )
        if forced:
            fixed["offset_flag"] = c.OFFSET_FLAG_FORCECLOSE
        elif kind in (RETURN, REPAY):
            fixed["offset_flag"] = _NO_FLAG
        price = round(wanted["price"] * 10_000)
        order = CreditOrder(
            number, buy, price, wanted["order_volume"], self, wanted["price_type"], fixed
        )
        order.kind, order.special = kind, special
        order.contract = None
        order.hold = Hold(code, special, kind == SLO_SELL, kind == BUY_TO_RETURN)
        return order

    def _judged(self, order: CreditOrder, wanted: Mapping[str, Any]) -> Verdict:
        """What the rules say of an order."""
        market, code, kind = self.market, order.code, order.kind
        asked = (wanted["order_type"], order.price_type, order.volume, order.price)
        funds = self.funds()
        room = self.room(code, order.special)
        if order.fixed["offset_flag"] == c.OFFSET_FLAG_FORCECLOSE:
            room = replace(room, short=0)  # the broker's close-out waits for no price (ours)
        if kind == REPAY:
            return self.rules.verdict(None, *asked, funds=funds, room=room)
        if code not in market.instruments:
            raise unknown_code(code)
        rules = self.terms_of(code)
        if not isinstance(rules, DayRules):
            raise not_traded_here(code, self.account_type)
        if kind != RETURN and not -0.001 < wanted["price"] * 10_000 - order.price < 0.001:
            raise too_fine(wanted["price"])
        book = market.book(code)
        order.rules = rules
        return self.rules.verdict(
            rules,
            *asked,
            funds=funds,
            room=room,
            bid=book.best_bid,
            ask=book.best_ask,
            last=market.last_price(code),
        )

    def _accept(self, order: CreditOrder, verdict: Verdict) -> None:
        """Reserve what an order takes."""
        hold = order.hold
        hold.cash, hold.proceeds = verdict.cash, verdict.proceeds
        hold.margin, hold.quota = verdict.margin, verdict.quota
        hold.borrowed, hold.returns = verdict.borrowed, verdict.returns
        hold.coming = verdict.volume if order.kind == BUY_TO_RETURN else 0
        self.ledger.take(hold)
        if verdict.shares:
            self.holdings[order.code].freeze(verdict.shares)
        if order.price_type == c.LATEST_PRICE:
            order.price = verdict.price
        order.freeze_price, order.hold_price = verdict.price, verdict.hold_price
        order.ratio = verdict.ratio

    def _book(self, order: CreditOrder, price: int, volume: int, fee: int) -> None:
        """Move money, shares and debts for a fill."""
        kind, amount = order.kind, price * volume
        ledger, hold = self.ledger, order.hold
        if kind == BUY:
            ledger.spend(hold, amount + fee)
            self._keep(order)
            self._take_in(order, volume, amount, fee)
        elif kind == FIN_BUY:
            ledger.spend(hold, fee)
            self._contract(order).grow(volume, amount)
            self._keep(order)
            self._take_in(order, volume, amount, fee)
        elif kind == SLO_SELL:
            self._contract(order).grow(volume, amount, amount - fee)
            ledger.receive(amount - fee)
            self._keep(order)
        elif kind == BUY_TO_RETURN:
            back = min(volume, hold.returns)
            of_proceeds = min(hold.proceeds, price * back + fee)
            ledger.spend(hold, amount + fee - of_proceeds, of_proceeds)
            self._keep(order, hold.returns - back)
            self._give_back(order, back)
            if volume > back:
                spare = volume - back
                self._take_in(order, spare, price * spare, fee * spare // volume)
        else:
            net = amount - fee
            repaid = 0
            if kind == SELL_TO_REPAY:
                repaid = self.debts.repay(net, order.special, order.remark)
            self.cash.receive(net - repaid)
            self.holdings[order.code].sell(volume)

    def _keep(self, order: CreditOrder, returns: int = 0) -> None:
        """Lower the hold of an order that borrows or buys to what its rest needs."""
        hold, rest, price = order.hold, order.unfilled, order.hold_price
        amount = price * rest
        fees = 0
        if order.buy and rest:
            fees = order.rules.fee_total(True, order.turnover + amount) - order.fees
        if order.kind == BUY:
            self.ledger.keep(hold, amount + fees)
        elif order.kind == BUY_TO_RETURN:
            proceeds = min(hold.proceeds, price * returns + fees)
            self.ledger.keep(hold, amount + fees - proceeds, proceeds, coming=rest, returns=returns)
        else:
            margin = needed_margin(price, rest, order.ratio)
            borrowed = rest if order.kind == SLO_SELL else 0
            self.ledger.keep(hold, fees, 0, margin, amount, borrowed)

    def _contract(self, order: CreditOrder) -> Contract:
        """The debt contract that an order opens with its first fill."""
        if order.contract is None:
            short = order.kind == SLO_SELL
            order.contract = self.debts.open(
                f"{self.floor.day}{order.id:08d}",
                order.code,
                short,
                order.special,
                order.ratio,
                self.market.day(),
                self.settings.tenor_days,
            )
        return order.contract

    def _take_in(self, order: CreditOrder, volume: int, amount: int, fee: int) -> None:
        """Shares that were bought become a holding."""
        code = order.code
        holding = self.holdings.get(code)
        if holding is None:
            holding = self.open_holding(code, order.fixed["instrument_name"])
        holding.buy(volume, amount, fee, order.rules.instrument.t0, self.floor.day)

    def _give_back(self, order: CreditOrder, volume: int) -> None:
        """Shares go back to the lender; their interest is settled as far as money is there."""
        touched = self.debts.give_back(order.code, volume, order.special, order.remark)
        for contract in touched:
            contract.pay_interest(self.ledger.pay(contract.fare_left))
        self.ledger.unlock(self.debts.locked)

    def _do_at_once(self, order: CreditOrder, verdict: Verdict) -> None:
        """Carry out a form that needs no market."""
        hold = order.hold
        order.left = 0
        order.traded = order.volume
        if order.kind == REPAY:
            repaid = self.debts.repay(verdict.volume, order.special, order.remark)
            self.ledger.spend(hold, repaid)
            message = f"已还 {text(repaid)} 元 / repaid {text(repaid)} CNY"
        else:
            self.holdings[order.code].sell(verdict.volume)
            message = f"已还券 {verdict.volume:,} / returned {verdict.volume:,} shares"
        self.ledger.keep(hold)
        if order.kind == RETURN:
            self._give_back(order, verdict.volume)
        self.tell(PushKind.ORDER, self, order.note(c.ORDER_SUCCEEDED, message))
        if order.kind == RETURN:
            self._tell_position(order.code)
        self.tell(PushKind.ASSET, self, self.asset())
        self.lines.follow()

    def _tell_held(self, order: CreditOrder) -> None:
        """What an order's coming or going changed: shares for a sale, else money."""
        if order.sells_holding:
            self._tell_position(order.code)
        else:
            self.tell(PushKind.ASSET, self, self.asset())

    def _tell_position(self, code: str) -> None:
        if code in self.holdings:
            self.tell(PushKind.POSITION, self, self.position(code))

    # -- what it looks like -----------------------------------------------------------------

    def calls(self) -> Mapping[str, Callable[[Mapping[str, Any]], Any]]:
        """The queries of the API that a margin account answers."""
        return {
            **super().calls(),
            "query_credit_detail": lambda wanted: [credit_records.detail(self)],
            "query_stk_compacts": lambda wanted: credit_records.compacts(self),
            "query_credit_subjects": lambda wanted: credit_records.subjects(self),
            "query_credit_slo_code": lambda wanted: credit_records.slo_codes(self),
            "query_credit_assure": lambda wanted: credit_records.assures(self),
        }
