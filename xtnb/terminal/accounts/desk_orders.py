"""Orders of a stock account that are not plain purchases and sales, and who keeps them.

A desk looks after one kind: money lent, subscriptions, baskets. It takes an order
in, books its fills and its end on the ledgers of the account, and tells of them in
the account's own order: fill, order, position, asset.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from xtnb import xtconstant as c
from xtnb.errors import Refused
from xtnb.rules.validity import too_fine
from xtnb.terminal.accounts.orders import Books, Floor, Order, fixed_part
from xtnb.terminal.ledgers.cash import CashLedger
from xtnb.terminal.ledgers.stock import Holding
from xtnb.terminal.market import Market
from xtnb.vocabulary.messages import PushKind
from xtnb.vocabulary.money import YUAN
from xtnb.vocabulary.records import XtAsset, XtPosition, XtTrade

Entered = tuple[int, Sequence[Order], Refused | None]
"""What `Books.enter` gives."""


class Customer(Books, Protocol):
    """A stock account, as its desks see it."""

    cash: CashLedger
    floor: Floor
    holdings: dict[str, Holding]
    market: Market
    shareholder: dict[str, str]
    tell: Any
    trades: list[dict[str, Any]]

    def asset(self) -> XtAsset:
        """The account's money now."""
        ...

    def position(self, code: str) -> XtPosition:
        """One holding now."""
        ...

    def open_holding(self, code: str, name: str) -> Holding:
        """An empty holding of something that the market has."""
        ...


class Desk(Protocol):
    """Who books what becomes of an order."""

    def fill(self, order: DeskOrder, price: int, volume: int, at: int) -> None:
        """Book one fill."""
        ...

    def cancel(self, order: DeskOrder, message: str) -> None:
        """End an order."""
        ...


class DeskOrder(Order):
    """An order that a desk keeps."""

    __slots__ = ("desk",)

    desk: Desk


def written(
    books: Customer, desk: Desk, wanted: Mapping[str, Any], at: int, buy: bool, broker_code: int
) -> DeskOrder:
    """An order as it was asked for, numbered and not yet accepted.

    Args:
        books, desk: whose it is, and who keeps it.
        wanted: the request's arguments.
        at: epoch seconds.
        buy: the side that it takes in the book and in its offset flag.
        broker_code: what comes back as its price type.
    """
    code = wanted["stock_code"]
    floor = books.floor
    floor.last_order = number = floor.last_order + 1
    instrument = books.market.instruments.get(code)
    fixed = fixed_part(
        books,
        code,
        instrument.name if instrument else "",
        number,
        at,
        wanted["order_type"],
        wanted["order_volume"],
        wanted["price_type"],
        buy,
        books.shareholder.get(code[-2:], ""),
        wanted,
    )
    if wanted["price_type"] == c.FIX_PRICE:
        fixed["price_type"] = broker_code
    price = round(wanted["price"] * YUAN)
    order = DeskOrder(
        number, buy, price, wanted["order_volume"], books, wanted["price_type"], fixed
    )
    order.desk = desk
    return order


def check_fineness(order: DeskOrder, wanted: Mapping[str, Any]) -> None:
    """Refuse a price that no tick could hold. Raises Refused (TICK)."""
    if not -0.001 < wanted["price"] * YUAN - order.price < 0.001:
        raise too_fine(wanted["price"])


def refused(books: Customer, order: DeskOrder, refusal: Refused) -> Entered:
    """Keep an order that has moved nothing, with status 57."""
    order.left = 0
    books.orders[order.id] = order
    books.tell(PushKind.ORDER, books, order.note(c.ORDER_JUNK, str(refusal)))
    return order.id, (), refusal


def accepted(books: Customer, order: DeskOrder) -> None:
    """Keep an order that works now, and tell of it and of the money that it holds."""
    books.orders[order.id] = order
    books.tell(PushKind.ORDER, books, order.note(c.ORDER_REPORTED))
    if order.held:
        books.tell(PushKind.ASSET, books, books.asset())


def fill_of(
    books: Customer, order: DeskOrder, price: int, volume: int, amount: int, fee: int, at: int
) -> XtTrade:
    """Number one fill, keep it, and make its record. Money in 1e-4 yuan, `at` in seconds."""
    floor, fixed = books.floor, order.fixed
    floor.last_trade = number = floor.last_trade + 1
    trade = XtTrade.__new__(XtTrade)
    facts = trade.__dict__ = {
        "account_id": books.account_id,
        "stock_code": fixed["stock_code"],
        "order_type": fixed["order_type"],
        "traded_id": f"{number:012d}",
        "traded_time": at,
        "traded_price": price / YUAN,
        "traded_volume": volume,
        "traded_amount": amount / YUAN,
        "order_id": order.id,
        "order_sysid": order.sysid,
        "strategy_name": fixed["strategy_name"],
        "order_remark": fixed["order_remark"],
        "direction": fixed["direction"],
        "offset_flag": fixed["offset_flag"],
        "commission": fee / YUAN,
        "secu_account": fixed["secu_account"],
        "instrument_name": fixed["instrument_name"],
        "account_type": books.account_type,
    }
    books.trades.append(facts.copy())
    return trade
