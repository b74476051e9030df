"""A stock account of the paper terminal: its money, its holdings, its orders, its pushes.

The account is the only writer of its ledgers. It knows four moves: an order is
accepted, is filled, is cancelled, is refused. Each leaves the invariants of the
ledgers intact and tells what happened in a fixed order: fill, order, position,
asset. After every move

    total assets == available cash + frozen cash + market value

because total assets are that sum and nothing else is money.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from xtnb import xtconstant as c
from xtnb.rules.day import DayRules
from xtnb.terminal.book import BookOrder
from xtnb.terminal.ledgers.cash import CashLedger
from xtnb.terminal.ledgers.stock import Holding, Mark
from xtnb.vocabulary.codes import PriceType, broker_price_type
from xtnb.vocabulary.messages import PushKind
from xtnb.vocabulary.records import XtAsset, XtOrder, XtPosition, XtTrade

_REPORTED = c.ORDER_REPORTED
_PART_SUCC = c.ORDER_PART_SUCC
_SUCCEEDED = c.ORDER_SUCCEEDED
_OPEN = frozenset({c.ORDER_UNREPORTED, c.ORDER_WAIT_REPORTING, c.ORDER_REPORTED, c.ORDER_PART_SUCC})
_BROKER_CODE = {int(number): broker_price_type(number) for number in PriceType}
_BUY_FLAG = c.OFFSET_FLAG_OPEN
_SELL_FLAG = c.OFFSET_FLAG_CLOSE

Tell = Callable[[str, "StockAccountBooks", Any], None]


class Order(BookOrder):
    """An order of an account, in the book and in the ledger.

    `freeze_price` is what each unfilled share holds (buys); `held` is the cash
    that the order holds now; `turnover` and `fees` are what its fills came to.
    """

    __slots__ = (
        "fees",
        "fixed",
        "freeze_price",
        "held",
        "kept",
        "message",
        "rules",
        "status",
        "sysid",
        "traded",
        "turnover",
    )

    fees: int
    fixed: dict[str, Any]
    freeze_price: int
    held: int
    kept: XtOrder | None
    message: str
    rules: DayRules
    status: int
    sysid: str
    traded: int
    turnover: int

    def __init__(
        self, number: int, buy: bool, price: int, volume: int, owner: Any, fixed: dict[str, Any]
    ) -> None:
        self.id = number
        self.buy = buy
        self.price = price
        self.volume = self.left = volume
        self.owner = owner
        self.fixed = fixed
        self.sysid = fixed["order_sysid"]
        self.fees = self.freeze_price = self.held = self.traded = self.turnover = 0

    @property
    def open(self) -> bool:
        """Whether it can still be filled or cancelled."""
        return self.status in _OPEN

    def note(self, status: int, message: str = "") -> XtOrder:
        """Enter a state and make the record that tells of it."""
        self.status = status
        self.message = message
        self.kept = None
        return self._described()

    @property
    def record(self) -> XtOrder:
        """The order now: the same object until it changes."""
        if self.kept is None:
            self.kept = self._described()
        return self.kept

    def _described(self) -> XtOrder:
        record = XtOrder.__new__(XtOrder)
        traded = self.traded
        record.__dict__ = {
            **self.fixed,
            "price": self.price / 10_000,
            "traded_volume": traded,
            "traded_price": self.turnover / (traded * 10_000) if traded else 0.0,
            "order_status": self.status,
            "status_msg": self.message,
        }
        return record


class StockAccountBooks:
    """One stock account. `mark` finds the price at which a holding is valued."""

    __slots__ = (
        "account_id",
        "account_type",
        "cash",
        "holdings",
        "mark",
        "orders",
        "shareholder",
        "tell",
        "told",
        "trades",
    )

    def __init__(
        self,
        account_id: str,
        cash: int,
        mark: Callable[[str], Mark],
        tell: Tell,
        account_type: int = c.SECURITY_ACCOUNT,
    ) -> None:
        self.account_id = account_id
        self.account_type = account_type
        self.cash = CashLedger(cash)
        self.holdings: dict[str, Holding] = {}
        self.orders: dict[int, Order] = {}
        self.trades: list[dict[str, Any]] = []
        self.told: list[XtTrade] = []
        self.mark = mark
        self.tell = tell
        self.shareholder = {"SH": f"A{account_id[-9:]:0>9}", "SZ": f"{account_id[-10:]:0>10}"}

    # -- the four moves ---------------------------------------------------------------

    def accept(self, order: Order, freeze_price: int) -> None:
        """Freeze what the order needs. Raises Refused, and then nothing has moved."""
        volume = order.volume
        if order.buy:
            wanted = freeze_price * volume
            wanted += order.rules.fee_total(True, wanted)
            self.cash.freeze(wanted)
            order.held = wanted
            order.freeze_price = freeze_price
        else:
            self.holdings[order.fixed["stock_code"]].freeze(volume)
        record = order.note(_REPORTED)
        self.orders[order.id] = order
        self.tell(PushKind.ORDER, self, record)
        if order.buy:
            self.tell(PushKind.ASSET, self, self.asset())
        else:
            self.tell(PushKind.POSITION, self, self.position(order.fixed["stock_code"]))

    def fill(self, order: Order, price: int, volume: int, number: int, at: int, day: str) -> None:
        """Book one fill, the terminal's `number`th. `at` is epoch seconds, `day` is YYYYMMDD."""
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
            holding.buy(volume, amount, fee, rules.instrument.t0, day)
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
        self.trades.append(facts)
        tell = self.tell
        tell(PushKind.TRADE, self, trade)
        tell(PushKind.ORDER, self, order.note(_PART_SUCC if left else _SUCCEEDED))
        tell(PushKind.POSITION, self, self.position(code))
        tell(PushKind.ASSET, self, self.asset())

    def cancel(self, order: Order, message: str = "") -> None:
        """End an order: what it holds comes back."""
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

    def refuse(self, order: Order, reason: str) -> None:
        """Keep a refused order in the day's list; no ledger moves."""
        order.left = 0
        self.orders[order.id] = order
        self.tell(PushKind.ORDER, self, order.note(c.ORDER_JUNK, reason))

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
        for code, holding in list(self.holdings.items()):
            if holding.volume:
                holding.roll()
                self.tell(PushKind.POSITION, self, self.position(code))
            else:
                del self.holdings[code]
        self.tell(PushKind.ASSET, self, self.asset())

    def open_holding(self, code: str, name: str) -> Holding:
        """An empty holding, ready for a first fill."""
        holding = self.holdings[code] = Holding(code, self.mark(code), name)
        return holding

    # -- what it looks like ------------------------------------------------------------

    def asset(self) -> XtAsset:
        """The account's money now."""
        cash = self.cash
        value = 0
        for holding in self.holdings.values():
            value += holding.volume * holding.mark.last
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


def fixed_part(
    books: StockAccountBooks,
    code: str,
    name: str,
    number: int,
    at: int,
    order_type: int,
    volume: int,
    price_type: int,
    buy: bool,
    wanted: Mapping[str, Any],
) -> dict[str, Any]:
    """The attributes of an order's record that never change.

    Positional, because it is on the path of every order.
    """
    return {
        "account_id": books.account_id,
        "stock_code": code,
        "order_id": number,
        "order_sysid": f"{number:010d}",
        "order_time": at,
        "order_type": order_type,
        "order_volume": volume,
        "price_type": _BROKER_CODE.get(price_type, price_type),
        "strategy_name": wanted["strategy_name"],
        "order_remark": wanted["order_remark"],
        "direction": 0,
        "offset_flag": _BUY_FLAG if buy else _SELL_FLAG,
        "secu_account": books.shareholder.get(code[-2:], ""),
        "instrument_name": name,
        "account_type": books.account_type,
    }
