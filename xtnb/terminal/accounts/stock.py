"""A stock account of the paper terminal: its money, its holdings, its orders, its pushes.

The account is the only writer of its ledgers. It knows four moves: an order is
accepted or refused, is filled, is cancelled. Each leaves the invariants of the
ledgers intact and tells what happened in a fixed order: fill, order, position,
asset. After every move

    total assets == available cash + frozen cash + market value

because total assets are that sum and nothing else is money.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from xtnb import xtconstant as c
from xtnb.errors import Refused
from xtnb.rules.day import DayRules
from xtnb.rules.instruments import Instrument
from xtnb.rules.listed import DayTerms
from xtnb.rules.suggest import unknown_code
from xtnb.rules.terms import StockTerms, told, under
from xtnb.rules.validity import not_traded_here, too_fine
from xtnb.terminal.accounts.counters import Counters
from xtnb.terminal.accounts.desk_orders import DeskOrder
from xtnb.terminal.accounts.orders import Floor, Order, fixed_part
from xtnb.terminal.ledgers.cash import CashLedger
from xtnb.terminal.ledgers.stock import Holding
from xtnb.terminal.scenario import OpeningPosition
from xtnb.vocabulary.messages import PushKind
from xtnb.vocabulary.records import XtAsset, XtOrder, XtPosition, XtTrade

_REPORTED = c.ORDER_REPORTED
_PART_SUCC = c.ORDER_PART_SUCC
_SUCCEEDED = c.ORDER_SUCCEEDED
_BUY = c.STOCK_BUY
_SIDES = frozenset({c.STOCK_BUY, c.STOCK_SELL})
_LATEST = c.LATEST_PRICE
_SECOND = 1_000_000_000
USUAL = StockTerms()


class StockAccountBooks:
    """One stock account on the floor of its terminal.

    Args:
        account_id, cash: as they begin; cash in 1e-4 yuan.
        floor: of its terminal.
        account_type: SECURITY_ACCOUNT, or NEW3BOARD_ACCOUNT, which trades what is
            listed in Beijing.
        settings: what the broker agrees, `StockTerms`; of another kind in its subclasses.
    """

    __slots__ = (
        "_own",
        "account_id",
        "account_type",
        "cash",
        "counters",
        "floor",
        "holdings",
        "market",
        "orders",
        "settings",
        "shareholder",
        "tell",
        "told",
        "trades",
    )

    def __init__(
        self,
        account_id: str,
        cash: int,
        floor: Floor,
        account_type: int = c.SECURITY_ACCOUNT,
        settings: Any = USUAL,
    ) -> None:
        self.account_id = account_id
        self.account_type = account_type
        self.settings = settings
        self._own: dict[str, tuple[DayTerms, DayTerms]] = {}
        self.floor = floor
        self.market = floor.market
        self.tell = floor.tell
        self.cash = CashLedger(cash)
        self.counters = Counters(self)
        self.holdings: dict[str, Holding] = {}
        self.orders: dict[int, Order] = {}
        self.trades: list[dict[str, Any]] = []
        self.told: list[XtTrade] = []
        self.shareholder = {"SH": f"A{account_id[-9:]:0>9}", "SZ": f"{account_id[-10:]:0>10}"}

    def begin(self, positions: Iterable[OpeningPosition]) -> None:
        """Start with holdings; codes that the market does not have are left out."""
        for opening in positions:
            code = opening.stock_code
            instrument = self.market.instruments.get(code)
            if instrument is None:
                continue
            shares = opening.sellable + opening.bought_today
            holding = self.open_holding(code, instrument.name)
            holding.volume = shares
            holding.on_road = 0 if instrument.t0 else opening.bought_today
            holding.sellable = shares - holding.on_road
            holding.yesterday = opening.sellable
            holding.cost = instrument.reference * opening.cost_percent // 100 * shares
            holding.paid = holding.cost
            holding.opened = self.floor.day

    # -- the four moves ---------------------------------------------------------------

    def enter(
        self, wanted: Mapping[str, Any], at: int
    ) -> tuple[int, Sequence[Order], Refused | None]:
        """Take an order in; see `Books.enter`. Frozen cash or shares are told at once."""
        market = self.market
        floor = self.floor
        code = wanted["stock_code"]
        order_type = wanted["order_type"]
        volume = wanted["order_volume"]
        price_type = wanted["price_type"]
        scaled = wanted["price"] * 10_000
        price = round(scaled)
        buy = order_type == _BUY
        instrument = market.instruments.get(code)
        if type(instrument) is not Instrument or order_type not in _SIDES:
            elsewhere = self.counters.enter(wanted, at)
            if elsewhere is not None:
                return elsewhere
        floor.last_order = number = floor.last_order + 1
        name = instrument.name if instrument else ""
        holder = self.shareholder.get(code[-2:], "")
        fixed = fixed_part(
            self, code, name, number, at, order_type, volume, price_type, buy, holder, wanted
        )
        order = Order(number, buy, price, volume, self, price_type, fixed)
        try:
            if instrument is None:
                raise unknown_code(code)
            if not -0.001 < scaled - price < 0.001:
                raise too_fine(wanted["price"])
            book = market.book(code)
            rules = self.terms_of(code)
            if not isinstance(rules, DayRules):
                raise not_traded_here(code, self.account_type)
            order.rules = rules
            holding = self.holdings.get(code)
            freeze_price = rules.check(
                self.account_type,
                order_type,
                price_type,
                volume,
                price,
                sellable=holding.sellable if holding else 0,
                bid=book.best_bid,
                ask=book.best_ask,
                last=market.last_price(code),
                held=holding.volume if holding else 0,
                arriving=holding.on_road if holding else 0,
            )
            if price_type == _LATEST:
                order.price = freeze_price
            order.freeze_price = freeze_price
            if buy:
                cost = freeze_price * volume
                cost += rules.fee_total(True, cost)
                self.cash.freeze(cost)
                order.held = cost
            else:
                assert holding is not None, "the rules let a sale pass without a holding"
                holding.freeze(volume)
        except Refused as refusal:
            order.left = 0
            self.orders[number] = order
            self.tell(PushKind.ORDER, self, order.note(c.ORDER_JUNK, str(refusal)))
            return number, (), refusal
        self.orders[number] = order
        self.tell(PushKind.ORDER, self, order.note(_REPORTED))
        if buy:
            self.tell(PushKind.ASSET, self, self.asset())
        else:
            self.tell(PushKind.POSITION, self, self.position(code))
        return number, (order,), None

    def filled(self, order: Order, price: int, volume: int) -> None:
        """The market's own flow has filled an order that was resting."""
        self.fill(order, price, volume, self.market.now() // _SECOND)

    def fill(self, order: Order, price: int, volume: int, at: int) -> None:
        """Book one fill. `at` is epoch seconds."""
        if type(order) is DeskOrder:
            order.desk.fill(order, price, volume, at)
            return
        floor = self.floor
        floor.last_trade = number = floor.last_trade + 1
        fixed = order.fixed
        code = fixed["stock_code"]
        rules = order.rules
        buy = order.buy
        amount = price * volume
        turnover = order.turnover = order.turnover + amount
        total_fees = rules.fee_total(buy, turnover)
        fee = total_fees - order.fees
        order.fees = total_fees
        traded = order.traded = order.traded + volume
        left = order.volume - traded
        holding = self.holdings.get(code)
        if buy:
            if left:
                rest = order.freeze_price * left
                keep = rest + rules.fee_total(True, turnover + rest) - total_fees
            else:
                keep = 0
            self.cash.spend(order.held - keep, amount + fee)
            order.held = keep
            if holding is None:
                holding = self.open_holding(code, fixed["instrument_name"])
            holding.buy(volume, amount, fee, rules.instrument.t0, floor.day)
        else:
            assert holding is not None, "a sell was accepted without a holding"
            self.cash.receive(amount - fee)
            holding.sell(volume)
        trade = XtTrade.__new__(XtTrade)
        facts = trade.__dict__ = {
            "account_id": self.account_id,
            "stock_code": code,
            "order_type": fixed["order_type"],
            "traded_id": f"{number:012d}",
            "traded_time": at,
            "traded_price": price / 10_000,
            "traded_volume": volume,
            "traded_amount": amount / 10_000,
            "order_id": order.id,
            "order_sysid": order.sysid,
            "strategy_name": fixed["strategy_name"],
            "order_remark": fixed["order_remark"],
            "direction": fixed["direction"],
            "offset_flag": fixed["offset_flag"],
            "commission": fee / 10_000,
            "secu_account": fixed["secu_account"],
            "instrument_name": fixed["instrument_name"],
            "account_type": self.account_type,
        }
        self.trades.append(facts.copy())  # whoever hears of the fill may change what it got
        tell = self.tell
        tell(PushKind.TRADE, self, trade)
        tell(PushKind.ORDER, self, order.note(_PART_SUCC if left else _SUCCEEDED))
        tell(PushKind.POSITION, self, self.position(code))
        tell(PushKind.ASSET, self, self.asset())

    def cancel(self, order: Order, message: str = "") -> None:
        """End an order: what it holds comes back."""
        if type(order) is DeskOrder:
            order.desk.cancel(order, message)
            return
        left = order.volume - order.traded
        order.left = 0
        code = order.fixed["stock_code"]
        if order.buy:
            self.cash.release(order.held)
            order.held = 0
        else:
            self.holdings[code].release(left)
        status = c.ORDER_PART_CANCEL if order.traded else c.ORDER_CANCELED
        self.tell(PushKind.ORDER, self, order.note(status, message))
        if order.buy:
            self.tell(PushKind.ASSET, self, self.asset())
        else:
            self.tell(PushKind.POSITION, self, self.position(code))

    def rebase(self, order: Order) -> None:
        """A market order became a limit order: hold only what its new price needs."""
        left = order.volume - order.traded
        if order.buy and order.price < order.freeze_price:
            order.freeze_price = order.price
            rest = order.price * left
            keep = rest + order.rules.fee_total(True, order.turnover + rest) - order.fees
            self.cash.release(order.held - keep)
            order.held = keep
            self.tell(PushKind.ASSET, self, self.asset())
        self.tell(PushKind.ORDER, self, order.note(order.status))

    def roll(self) -> None:
        """Start a new day: lists are empty, cash is settled, shares have arrived."""
        self.orders.clear()
        self.trades.clear()
        self.told.clear()
        self.cash.settle()
        self.counters.roll()
        for code, holding in list(self.holdings.items()):
            if holding.volume:
                holding.roll()
                self.tell(PushKind.POSITION, self, self.position(code))
            else:
                del self.holdings[code]
        self.tell(PushKind.ASSET, self, self.asset())

    def move_cash(self, amount: int) -> None:
        """Book money that is paid in, or out where negative."""
        self.cash.move(amount)

    def may_leave(self, code: str) -> int:
        """Shares that may be moved to another counter: what may be sold."""
        holding = self.holdings.get(code)
        return holding.sellable if holding else 0

    def terms_of(self, code: str) -> DayTerms:
        """The rules of today under what is agreed. Raises KeyError for an unknown code."""
        listed = self.market.rules(code)
        if self.settings is USUAL:
            return listed
        of, own = self._own.get(code, (None, listed))
        if of is not listed:
            own = under(listed, self.settings)
            self._own[code] = listed, own
        return own

    def open_holding(self, code: str, name: str) -> Holding:
        """An empty holding, ready for a first fill."""
        holding = self.holdings[code] = Holding(code, self.market.mark(code), name)
        return holding

    # -- what it looks like ------------------------------------------------------------

    def asset(self) -> XtAsset:
        """The account's money now."""
        cash = self.cash
        value = sum([held.volume * held.mark.last for held in self.holdings.values()])
        record = XtAsset.__new__(XtAsset)
        record.__dict__ = {
            "account_id": self.account_id,
            "cash": cash.available / 10_000,
            "frozen_cash": cash.frozen / 10_000,
            "market_value": value / 10_000,
            "total_asset": (cash.available + cash.frozen + value) / 10_000,
            "fetch_balance": cash.withdrawable / 10_000,
            "account_type": self.account_type,
        }
        return record

    def records_of_trades(self) -> list[XtTrade]:
        """The day's fills; each is the same object at every call."""
        for facts in self.trades[len(self.told) :]:
            trade = XtTrade.__new__(XtTrade)
            trade.__dict__ = dict(facts)
            self.told.append(trade)
        return list(self.told)

    def position(self, code: str) -> XtPosition:
        """One holding now. Raises KeyError when there is none."""
        held = self.holdings[code]
        volume = held.volume
        last = held.mark.last
        value = volume * last
        profit = value - held.paid
        record = XtPosition.__new__(XtPosition)
        record.__dict__ = {
            "account_id": self.account_id,
            "stock_code": code,
            "volume": volume,
            "can_use_volume": held.sellable,
            "open_price": held.cost / (volume * 10_000) if volume else 0.0,
            "market_value": value / 10_000,
            "frozen_volume": held.frozen,
            "on_road_volume": held.on_road,
            "yesterday_volume": held.yesterday,
            "avg_price": held.paid / (volume * 10_000) if volume else 0.0,
            "direction": 0,
            "last_price": last / 10_000,
            "profit_rate": profit / held.paid if held.paid else 0.0,
            "secu_account": self.shareholder.get(code[-2:], ""),
            "instrument_name": held.name,
            "float_profit": profit / 10_000,
            "open_date": held.opened,
            "position_profit": profit / 10_000,
            "account_type": self.account_type,
        }
        return record

    def calls(self) -> Mapping[str, Callable[[Mapping[str, Any]], Any]]:
        """The queries of the API that a stock account answers; each gives a list of records."""
        return {
            "query_stock_asset": lambda wanted: [self.asset()],
            "query_stock_order": self._one_order,
            "query_stock_orders": self._all_orders,
            "query_stock_trades": lambda wanted: self.records_of_trades(),
            "query_stock_position": self._one_position,
            "query_stock_positions": lambda wanted: [self.position(code) for code in self.holdings],
            **self.counters.calls(),
            "terms": lambda wanted: told(self.settings),
        }

    def _one_order(self, wanted: Mapping[str, Any]) -> list[XtOrder]:
        order = self.orders.get(wanted["order_id"])
        return [order.record] if order else []

    def _all_orders(self, wanted: Mapping[str, Any]) -> list[XtOrder]:
        cancelable = wanted.get("cancelable_only", False)
        return [order.record for order in self.orders.values() if order.open or not cancelable]

    def _one_position(self, wanted: Mapping[str, Any]) -> list[XtPosition]:
        code = wanted["stock_code"]
        return [self.position(code)] if code in self.holdings else []
