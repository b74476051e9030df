"""A futures account of the paper terminal: margin, positions, orders, pushes.

The account is the only writer of its ledger. What an order comes to is said by
rules/futures_orders.py, the same that a preview asks; here it is numbered, held,
filled, ended and told. After every move

    total assets == cash + frozen cash + market value

where total assets are the account's equity, cash is what is available, frozen cash is
what open orders hold, and market value is the margin in use. That reading of the
asset record for futures is ours; the value of a position is in the position's record.

Cash falls below zero when prices go against the account. Closing stays possible then,
opening does not.

What is still open when the last trading day of a contract ends is settled in cash at that
day's settlement price, and is gone. So it is with index and bond futures in substance. For
other products it is ours: there no one delivers, and nobody has to close before the month
of delivery, which a natural person may not enter; our sources have no rule on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from xtnb import xtconstant as c
from xtnb.errors import Refused
from xtnb.rules.futures import Future, FuturesDay, FuturesTerms, next_contract
from xtnb.rules.futures_orders import (
    NOTHING,
    ROLL_TYPES,
    SPREAD_TYPES,
    Closable,
    Part,
    Prices,
    Verdict,
    judge,
    judge_roll,
    judge_spread,
)
from xtnb.rules.sessions import second_of_day
from xtnb.rules.suggest import missing, unknown_code
from xtnb.rules.terms import told
from xtnb.rules.validity import not_traded_here, too_fine
from xtnb.terminal.accounts.futures_orders import FutureOrder, Roll, described
from xtnb.terminal.accounts.futures_records import FuturesRecords
from xtnb.terminal.accounts.orders import Floor, Order
from xtnb.terminal.book import Book
from xtnb.terminal.ledgers.futures import FuturesLedger, Side
from xtnb.vocabulary.messages import PushKind
from xtnb.vocabulary.records import XtAsset, XtOrder
from xtnb.vocabulary.symbols import legs_of

_SECOND = 1_000_000_000


class FuturesAccountBooks:
    """One futures account on the floor of its terminal.

    Args:
        account_id: its number.
        cash: its balance to begin with, 1e-4 yuan.
        floor: what it shares with the terminal's other accounts.
        terms: what the broker adds to the exchange's terms.
    """

    __slots__ = (
        "account_id",
        "account_type",
        "floor",
        "ledger",
        "market",
        "orders",
        "records",
        "tell",
        "terms",
    )

    def __init__(
        self,
        account_id: str,
        cash: int,
        floor: Floor,
        terms: FuturesTerms = FuturesTerms(),  # noqa: B008 - frozen
    ) -> None:
        self.account_id = account_id
        self.account_type = c.FUTURE_ACCOUNT
        self.floor = floor
        self.market = floor.market
        self.tell = floor.tell
        self.terms = terms
        self.ledger = FuturesLedger(cash, single_side=terms.single_side)
        self.orders: dict[int, Order] = {}
        self.records = FuturesRecords(account_id, self.ledger, self.market, terms)

    # -- an order comes in ----------------------------------------------------------------

    def enter(
        self, wanted: Mapping[str, Any], at: int
    ) -> tuple[int, Sequence[Order], Refused | None]:
        """Take an order in; see `Books.enter`. It may become several orders, which are told one
        by one; the number is that of the first."""
        code = wanted["stock_code"]
        scaled = wanted["price"] * 10_000
        price = round(scaled)
        try:
            if not -0.001 < scaled - price < 0.001:
                raise too_fine(wanted["price"])
            verdict = self.judge(
                code, wanted["order_type"], wanted["price_type"], wanted["order_volume"], price
            )
        except Refused as refusal:
            return self._refuse(wanted, at, price, refusal), (), refusal
        orders = [self._accept(part, wanted, at, price) for part in verdict.parts]
        number = orders[0].id
        if wanted["order_type"] in SPREAD_TYPES:
            return number, self._together(orders, code, wanted["price_type"], price), None
        if wanted["order_type"] in ROLL_TYPES:
            *closings, opening = orders
            roll = Roll(closings, opening)
            for order in orders:
                order.roll = roll
            orders = closings
        return number, orders, None

    def judge(
        self, code: str, order_type: int, price_type: int, volume: int, price: int
    ) -> Verdict:
        """What an order would come to now; it moves nothing. The price is in 1e-4 yuan.

        Raises:
            Refused: as `rules.futures_orders.judge`, `judge_roll` and `judge_spread`;
                UNKNOWN_CODE.
        """
        available, terms = self.ledger.available, self.terms
        if order_type in SPREAD_TYPES:
            legs = legs_of(code)
            if legs is None:
                raise unknown_code(code)
            first, second = legs
            return judge_spread(
                self._contract(first),
                self._contract(second),
                code.partition(" ")[0],
                order_type,
                price_type,
                volume,
                first_long=self._closable(first, long=True),
                second_short=self._closable(second, long=False),
                available=available,
                prices=(self._prices(first), self._prices(second)),
                terms=terms,
            )
        day = self._contract(code)
        long, short = self._closable(code, long=True), self._closable(code, long=False)
        prices = self._prices(code)
        if order_type in ROLL_TYPES:
            later = next_contract(day.instrument, self.market.instruments)
            return judge_roll(
                day,
                self._contract(later.stock_code) if later else None,
                order_type,
                price_type,
                volume,
                price,
                long=long,
                short=short,
                available=available,
                prices=prices,
                terms=terms,
            )
        return judge(
            day,
            order_type,
            price_type,
            volume,
            price,
            long=long,
            short=short,
            available=available,
            prices=prices,
            terms=terms,
        )

    def _refuse(self, wanted: Mapping[str, Any], at: int, price: int, refusal: Refused) -> int:
        floor, code = self.floor, wanted["stock_code"]
        floor.last_order = number = floor.last_order + 1
        instrument = self.market.instruments.get(code)
        name = instrument.name if instrument else ""
        fixed = described(self, number, at, wanted, code, name, None)
        order = Order(
            number, True, price, wanted["order_volume"], self, wanted["price_type"], fixed
        )
        order.left = 0
        self.orders[number] = order
        self.tell(PushKind.ORDER, self, order.note(c.ORDER_JUNK, str(refusal)))
        return number

    def _accept(self, part: Part, wanted: Mapping[str, Any], at: int, price: int) -> FutureOrder:
        """Number a part, hold what it needs, and tell of it."""
        floor, order_type = self.floor, wanted["order_type"]
        floor.last_order = number = floor.last_order + 1
        instrument = part.day.instrument
        fixed = described(self, number, at, wanted, instrument.stock_code, instrument.name, part)
        price_type = wanted["price_type"]
        waits = order_type in ROLL_TYPES and part.opens
        if waits:
            price_type, price = c.FIX_PRICE, 0
        elif order_type in SPREAD_TYPES:
            price_type, price = c.MARKET_CANCEL_ALL, 0
        elif price_type == c.LATEST_PRICE:
            price = part.price
        side = self.side(part.day, part.long)
        order = FutureOrder(part, side, price, price_type, fixed)
        order.owner = self
        if part.opens:
            self.ledger.freeze(side, part.margin, part.fees)
            order.held_margin, order.held_fees = part.margin, part.fees
        else:
            side.freeze(part.takes)
        self.orders[number] = order
        self.tell(
            PushKind.ORDER, self, order.note(c.ORDER_WAIT_REPORTING if waits else c.ORDER_REPORTED)
        )
        self._told_of_hold(order)
        return order

    def _together(
        self, orders: list[FutureOrder], code: str, price_type: int, price: int
    ) -> list[FutureOrder]:
        """Both legs of a combination, if both can be filled in full at its price; else none.

        The legs' prices are the worst that they will meet: nothing happens on the books
        between them.
        """
        worth, market = 0, self.market
        for leg, sign in zip(legs_of(code) or (), (1, -1), strict=True):
            of_leg = [order for order in orders if order.fixed["stock_code"] == leg]
            met = _swept(market.book(leg), of_leg[0], sum(order.volume for order in of_leg))
            if met is None:
                return self._none(orders, "组合的一腿不能全部成交 / a leg cannot be filled in full")
            worth += sign * met
        if price_type == c.LATEST_PRICE:
            first, second = legs_of(code) or ("", "")
            price = self.market.last_price(first) - self.market.last_price(second)
        volume = sum(order.volume for order in orders if order.fixed["stock_code"] == leg)
        opens = orders[0].part.opens
        if worth > price * volume if opens else worth < price * volume:
            return self._none(orders, "组合价格未达到 / the books do not give this price")
        return orders

    def _none(self, orders: list[FutureOrder], message: str) -> list[FutureOrder]:
        for order in orders:
            self.cancel(order, message)
        return []

    # -- an order goes on -----------------------------------------------------------------

    def filled(self, order: FutureOrder, price: int, volume: int) -> None:
        """The market's own flow has filled an order that was resting."""
        self.fill(order, price, volume, self.market.now() // _SECOND)

    def fill(self, order: Order, price: int, volume: int, at: int) -> None:
        """Book one fill. `at` is epoch seconds."""
        assert isinstance(order, FutureOrder), "only orders of this account are filled here"
        side, ledger = order.side, self.ledger
        first = not order.traded
        order.turnover += price * volume
        order.traded += volume
        side.fills += 1
        if order.part.opens:
            side.open(volume, price, self.floor.day)
            side.opened_times += first
        else:
            for of_today, lots in order.take(price, volume):
                ledger.close(side, of_today, lots, price)
        charged = order.charged(self.terms)
        fee = charged - order.fees
        order.fees = charged
        ledger.charge(side, fee)
        if order.part.opens:
            self._hold(order, *order.holds(self.terms))
        self.floor.last_trade = number = self.floor.last_trade + 1
        left = order.volume - order.traded
        tell = self.tell
        tell(PushKind.TRADE, self, self.records.trade(order, number, price, volume, fee, at))
        tell(PushKind.ORDER, self, order.note(c.ORDER_PART_SUCC if left else c.ORDER_SUCCEEDED))
        tell(PushKind.POSITION, self, self.records.position(side))
        tell(PushKind.ASSET, self, self.asset())
        if not left and order.roll:
            self._follow(order.roll)

    def cancel(self, order: Order, message: str = "") -> None:
        """End an order: what it holds comes back. A roll's opening follows its closings."""
        assert isinstance(order, FutureOrder), "only orders of this account are cancelled here"
        self._end(order, message)
        if order.roll and order is not order.roll.opening:
            self._follow(order.roll)

    def _end(self, order: FutureOrder, message: str) -> None:
        order.left = 0
        order.side.cancels += 1
        if order.part.opens:
            self._hold(order, 0, 0)
        else:
            for of_today, lots, *_ in order.takes:
                order.side.release(of_today == 1, lots)
        status = c.ORDER_PART_CANCEL if order.traded else c.ORDER_CANCELED
        self.tell(PushKind.ORDER, self, order.note(status, message))
        self._told_of_hold(order)

    def rebase(self, order: Order) -> None:
        """A market order became a limit order: hold only what its new price needs."""
        assert isinstance(order, FutureOrder), "only orders of this account are re-based here"
        order.freeze_price = order.price
        if order.part.opens:
            order.margin_price = order.price
            self._hold(order, *order.holds(self.terms))
            self.tell(PushKind.ASSET, self, self.asset())
        self.tell(PushKind.ORDER, self, order.note(order.status))

    def _follow(self, roll: Roll) -> None:
        """Send the opening of a roll once its closings are done, for the lots they closed."""
        opening = roll.opening
        if not roll.done or opening.status != c.ORDER_WAIT_REPORTING:
            return
        closed = roll.closed
        if not closed:
            self._end(opening, "未平仓，不展期 / nothing was closed, nothing is rolled")
            return
        book = self.market.book(opening.fixed["stock_code"])
        day = opening.contract
        seen = (book.best_ask if opening.buy else book.best_bid) or day.prev_close
        opening.fixed = {**opening.fixed, "order_volume": closed}
        opening.volume = opening.left = closed
        opening.price = opening.freeze_price = min(max(seen, day.down), day.up)
        opening.margin_price = opening.price if opening.buy else max(opening.price, book.best_bid)
        self._hold(opening, *opening.holds(self.terms))
        self.tell(PushKind.ORDER, self, opening.note(c.ORDER_REPORTED))
        self.tell(PushKind.ASSET, self, self.asset())
        self.floor.match(self, opening, self.market.now() // _SECOND)

    def _hold(self, order: FutureOrder, margin: int, fees: int) -> None:
        """Hold that much from now on; never more than before."""
        self.ledger.release(order.side, order.held_margin - margin, order.held_fees - fees)
        order.held_margin, order.held_fees = margin, fees

    def _told_of_hold(self, order: FutureOrder) -> None:
        if order.part.opens:
            self.tell(PushKind.ASSET, self, self.asset())
        else:
            self.tell(PushKind.POSITION, self, self.records.position(order.side))

    # -- the day --------------------------------------------------------------------------

    def roll(self) -> None:
        """Settle the day that ends; lots are overnight lots now, expired contracts are gone."""
        self.orders.clear()
        self.records.forget_trades()
        self.records.keep_closes()
        ledger, told = self.ledger, []
        for key, side in list(ledger.sides.items()):
            day = self._contract(side.code)
            ledger.settle(side, self.market.settlement(side.code))
            expired = self.floor.day > f"{day.instrument.expiry:%Y%m%d}"
            if expired:
                side.expire()
            if side.volume or expired:
                told.append(side)
            if not side.volume:
                del ledger.sides[key]
        for side in told:
            self.tell(PushKind.POSITION, self, self.records.position(side))
        self.tell(PushKind.ASSET, self, self.asset())

    # -- what it looks like ---------------------------------------------------------------

    def side(self, day: FuturesDay, long: bool) -> Side:
        """The account's side of a contract; an empty one when it has none yet."""
        instrument = day.instrument
        key = instrument.stock_code, long
        side = self.ledger.sides.get(key)
        if side is None:
            side = self.ledger.sides[key] = Side(
                instrument.stock_code,
                long,
                instrument.unit,
                day.margin_rate(self.terms),
                instrument.product.id,
                day.prev_close,
                self.market.mark(instrument.stock_code),
            )
        return side

    def _contract(self, code: str) -> FuturesDay:
        if code not in self.market.instruments:
            raise missing(code, self.market.day())
        rules = self.market.rules(code)
        if not isinstance(rules, FuturesDay) or not isinstance(rules.instrument, Future):
            raise not_traded_here(code, self.account_type)
        return rules

    def _closable(self, code: str, *, long: bool) -> Closable:
        side = self.ledger.sides.get((code, long))
        return Closable(side.free_today, side.free_past) if side else NOTHING

    def _prices(self, code: str) -> Prices:
        book = self.market.book(code)
        second = second_of_day(self.market.now())
        return Prices(book.best_bid, book.best_ask, self.market.last_price(code), second)

    def asset(self) -> XtAsset:
        """The account's money now; see FuturesRecords."""
        return self.records.asset()

    def move_cash(self, amount: int) -> None:
        """Book money that is paid in, or out where negative."""
        self.ledger.balance += amount

    def calls(self) -> Mapping[str, Callable[[Mapping[str, Any]], Any]]:
        """The queries of the API that a futures account answers; each gives a list of records."""
        records = self.records
        return {
            "query_stock_asset": lambda wanted: [self.asset()],
            "query_stock_order": self._one_order,
            "query_stock_orders": self._all_orders,
            "query_stock_trades": lambda wanted: records.trades(),
            "query_stock_position": lambda wanted: records.positions(wanted["stock_code"]),
            "query_stock_positions": lambda wanted: records.positions(),
            "query_position_statistics": lambda wanted: records.statistics(),
            "terms": lambda wanted: told(self.terms),
        }

    def _one_order(self, wanted: Mapping[str, Any]) -> list[XtOrder]:
        order = self.orders.get(wanted["order_id"])
        return [order.record] if order else []

    def _all_orders(self, wanted: Mapping[str, Any]) -> list[XtOrder]:
        cancelable = wanted.get("cancelable_only", False)
        return [order.record for order in self.orders.values() if order.open or not cancelable]


def _swept(book: Book, order: FutureOrder, volume: int) -> int | None:
    """What so many lots would trade for at once, price times lots; None if they cannot."""
    worth = 0
    for maker in book.queue(not order.buy):
        inside = (
            maker.price <= order.freeze_price if order.buy else maker.price >= order.freeze_price
        )
        if not inside:
            return None
        taken = min(volume, maker.left)
        worth += taken * maker.price
        volume -= taken
        if not volume:
            return worth
    return None
