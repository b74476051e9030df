"""An order of an account, as the book, the ledger and the record see it; and what accounts share.

`Floor` is what a terminal hands to its accounts: the market, the numbering of
orders and fills, and the way news goes out. `Books` is what the terminal needs
of an account, whatever it trades.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from xtnb import xtconstant as c
from xtnb.errors import Refused
from xtnb.rules.day import DayRules
from xtnb.terminal.book import BookOrder
from xtnb.terminal.market import Market
from xtnb.vocabulary.codes import PriceType, broker_price_type
from xtnb.vocabulary.records import XtAsset, XtOrder

_OPEN = frozenset({c.ORDER_UNREPORTED, c.ORDER_WAIT_REPORTING, c.ORDER_REPORTED, c.ORDER_PART_SUCC})
_BROKER_CODE = {int(number): broker_price_type(number) for number in PriceType}
_BUY_FLAG = c.OFFSET_FLAG_OPEN
_SELL_FLAG = c.OFFSET_FLAG_CLOSE


class Floor:
    """What the accounts of one terminal share.

    Attributes:
        market: books, prices and time.
        tell: sends news: a `PushKind`, the account's books, a record.
        day: the trading day as YYYYMMDD.
        last_order, last_trade: the numbers given last.
        match: lets an accepted order meet its book and books what comes of it, at an
            epoch second; for orders that an account sends by itself.
        leaving: what to call when the terminal leaves the market, for accounts that
            listen to it.
        common: what the accounts of one kind share, by its class.
    """

    __slots__ = ("common", "day", "last_order", "last_trade", "leaving", "market", "match", "tell")

    match: Callable[[Books, Order, int], None]

    def __init__(self, market: Market, tell: Callable[[str, Books, Any], None], day: str) -> None:
        self.market = market
        self.tell = tell
        self.day = day
        self.last_order = 0
        self.last_trade = 0
        self.leaving: list[Callable[[], None]] = []
        self.common: dict[type, Any] = {}


class Books(Protocol):
    """An account, as its terminal sees it."""

    account_id: str
    account_type: int
    orders: dict[int, Order]

    def enter(
        self, wanted: Mapping[str, Any], at: int
    ) -> tuple[int, Sequence[Order], Refused | None]:
        """Take an order in: its number, what is to be matched, and the refusal if there is one.

        A refused order is kept with status 57 and has moved nothing.
        """
        ...

    def fill(self, order: Order, price: int, volume: int, at: int) -> None:
        """Book one fill."""
        ...

    def cancel(self, order: Order, message: str = "") -> None:
        """End an order: what it holds comes back."""
        ...

    def rebase(self, order: Order) -> None:
        """A market order became a limit order."""
        ...

    def roll(self) -> None:
        """Start a new day, when no order is open."""
        ...

    def asset(self) -> XtAsset:
        """The account's money now."""
        ...

    def move_cash(self, amount: int) -> None:
        """Book money that is paid in, or out where negative, 1e-4 yuan."""
        ...

    def calls(self) -> Mapping[str, Callable[[Mapping[str, Any]], Any]]:
        """The requests that this account answers, by the names of the API."""
        ...


class Order(BookOrder):
    """An order of an account, in the book and in the ledger.

    `freeze_price` is what each unfilled share holds (buys), and the worst price
    that a market order accepts; `held` is the cash that the order holds now;
    `turnover` and `fees` are what its fills came to.
    """

    __slots__ = (
        "fees",
        "fixed",
        "freeze_price",
        "held",
        "kept",
        "message",
        "price_type",
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
    price_type: int
    rules: DayRules
    status: int
    sysid: str
    traded: int
    turnover: int

    def __init__(
        self,
        number: int,
        buy: bool,
        price: int,
        volume: int,
        owner: Any,
        price_type: int,
        fixed: dict[str, Any],
    ) -> None:
        self.id = number
        self.buy = buy
        self.price = price
        self.volume = self.left = volume
        self.owner = owner
        self.price_type = price_type
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


def fixed_part(
    books: Books,
    code: str,
    name: str,
    number: int,
    at: int,
    order_type: int,
    volume: int,
    price_type: int,
    buy: bool,
    shareholder: str,
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
        "secu_account": shareholder,
        "instrument_name": name,
        "account_type": books.account_type,
    }
