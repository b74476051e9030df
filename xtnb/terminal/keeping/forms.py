"""What each class of the state is made of.

The fields are read off the classes, so that a new one is stored without being told of
here; what is handed in or derived is named here. When the fields of a class change, its
version rises and `older` gets what makes new values of old ones: a test compares the
fields with those that were written down for the version (tests/terminal/keeping).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from xtnb.rules import ipo, lending
from xtnb.terminal.accounts.baskets import BasketDesk
from xtnb.terminal.accounts.connect import ConnectAccountBooks, ConnectOrder
from xtnb.terminal.accounts.counters import Counters
from xtnb.terminal.accounts.credit import CreditAccountBooks
from xtnb.terminal.accounts.credit_lines import LineWatch
from xtnb.terminal.accounts.credit_orders import CreditOrder
from xtnb.terminal.accounts.desk_orders import DeskOrder
from xtnb.terminal.accounts.futures import FuturesAccountBooks
from xtnb.terminal.accounts.futures_orders import FutureOrder, Roll
from xtnb.terminal.accounts.futures_records import FuturesRecords
from xtnb.terminal.accounts.options import OptionAccountBooks
from xtnb.terminal.accounts.options_calls import MarginCalls
from xtnb.terminal.accounts.options_expiry import Clearing
from xtnb.terminal.accounts.options_futures import FutureClearing, FutureOptionAccountBooks
from xtnb.terminal.accounts.options_futures_records import FutureOptionOrder, FutureOptionRecords
from xtnb.terminal.accounts.options_orders import OptionOrder
from xtnb.terminal.accounts.orders import Order
from xtnb.terminal.accounts.repo import RepoDesk
from xtnb.terminal.accounts.stock import StockAccountBooks
from xtnb.terminal.accounts.subscriptions import SubscriptionDesk, Ticket
from xtnb.terminal.algorithms import Task
from xtnb.terminal.keeping.codec import Form, Forms, Reader
from xtnb.terminal.ledgers.cash import CashLedger
from xtnb.terminal.ledgers.connect import ConnectCash
from xtnb.terminal.ledgers.credit import CreditLedger, Hold
from xtnb.terminal.ledgers.debts import Contract, Debts
from xtnb.terminal.ledgers.elsewhere import Bank, Elsewhere, Shares
from xtnb.terminal.ledgers.futures import FuturesLedger, Side
from xtnb.terminal.ledgers.lending import Lendings, Lent, Renewal
from xtnb.terminal.ledgers.options import OptionHold, OptionLedger, OptionPosition
from xtnb.terminal.ledgers.options_futures import FutureOptionLedger, FutureOptionSide
from xtnb.terminal.ledgers.stock import Holding
from xtnb.terminal.ledgers.waiting import Waiting
from xtnb.terminal.lending import Borrower
from xtnb.terminal.lending_records import Application
from xtnb.terminal.market.tape import Tape
from xtnb.vocabulary.records import XtTrade
from xtnb.vocabulary.transfers import BankTransferStream

_FLOOR = ("floor", "market", "tell", "orders")
_STOCK = (*_FLOOR, "trades", "told", "_own")
_ORDER = ("owner", "kept", "sysid")


def _made_of(kind: type) -> tuple[str, ...]:
    """The fields of a class: its slots, or those of a dataclass."""
    if dataclasses.is_dataclass(kind):
        return tuple(field.name for field in dataclasses.fields(kind))
    slots = {slot for base in kind.__mro__ for slot in vars(base).get("__slots__", ())}
    return tuple(sorted(slots))


def _form(
    kind: type,
    *handed: str,
    version: int = 1,
    fields: tuple[str, ...] = (),
    ready: Callable[[Any, Reader], None] | None = None,
    older: Mapping[int, Callable[[list[Any]], list[Any]]] | None = None,
) -> Form:
    kept = tuple(field for field in fields or _made_of(kind) if field not in handed)
    return Form(kind, kind.__name__, version, kept, frozenset(handed), ready, older or {})


# -- what is handed in when an object was read -------------------------------------------------


def _order_ready(order: Any, reader: Reader) -> None:
    order.owner = reader.handed.books
    order.kept = None
    order.sysid = order.fixed["order_sysid"]


def _watch_ready(watch: Any, reader: Reader) -> None:
    market = reader.handed.market
    for code in sorted(watch._watched):
        market.watch(code)
    watch._forget = market.on_quote(watch._seen) if watch._watched else None


def _without_halts(values: list[Any]) -> list[Any]:
    """Of a stock option account: nothing is halted in version 1."""
    return [*values[:6], {}, *values[6:]]


def _futures_ready(books: Any, reader: Reader) -> None:
    books.records._terms = books.terms


FORMS = [
    # accounts
    _form(StockAccountBooks, *_STOCK),
    _form(ConnectAccountBooks, *_STOCK, "_terms"),
    _form(CreditAccountBooks, *_STOCK),
    _form(OptionAccountBooks, *_STOCK, "clearing", version=2, older={1: _without_halts}),
    _form(FuturesAccountBooks, *_FLOOR, ready=_futures_ready),
    _form(FutureOptionAccountBooks, *_FLOOR, "clearing", ready=_futures_ready),
    _form(FuturesRecords, "_account_id", "_ledger", "_market", "_terms", "_trades"),
    _form(FutureOptionRecords, "_account_id", "_ledger", "_market", "_terms", "_trades"),
    _form(LineWatch, "_forget", "_place", "_state", ready=_watch_ready),
    _form(MarginCalls, "_forget", "_place", "_state", ready=_watch_ready),
    _form(Counters, "_books"),
    _form(RepoDesk, "_books"),
    _form(SubscriptionDesk, "_books"),
    _form(BasketDesk, "_books"),
    _form(Ticket),
    _form(Clearing, "members", fields=("_assigned", "_day")),
    _form(FutureClearing, "members", fields=("_assigned", "_day")),
    # ledgers
    _form(CashLedger),
    _form(ConnectCash),
    _form(CreditLedger, "cash"),
    _form(Hold),
    _form(Contract),
    _form(Debts),
    _form(Bank),
    _form(Shares),
    _form(Elsewhere),
    _form(FuturesLedger),
    _form(Side),
    _form(FutureOptionLedger),
    _form(FutureOptionSide),
    _form(OptionLedger, "cash"),
    _form(OptionHold),
    _form(OptionPosition),
    _form(Holding),
    _form(Waiting),
    _form(Lendings),
    _form(Lent),
    _form(Renewal),
    # orders and tasks
    _form(Order, *_ORDER, ready=_order_ready),
    _form(DeskOrder, *_ORDER, ready=_order_ready),
    _form(ConnectOrder, *_ORDER, ready=_order_ready),
    _form(CreditOrder, *_ORDER, ready=_order_ready),
    _form(OptionOrder, *_ORDER, ready=_order_ready),
    _form(FutureOrder, *_ORDER, ready=_order_ready),
    _form(FutureOptionOrder, *_ORDER, ready=_order_ready),
    _form(
        Task,
        "forget",
        "plan",
        fields=(
            "algorithm",
            "base",
            "books",
            "buy",
            "cancelled",
            "code",
            "end",
            "limit",
            "message",
            "number",
            "orders",
            "settings",
            "start",
            "state",
            "total",
            "wanted",
        ),
    ),
    # beside the accounts
    _form(Borrower),
    _form(Application),
    _form(BankTransferStream),
    _form(XtTrade),
]

# -- what is named instead of stored -----------------------------------------------------------

_Naming = Callable[[Any, Any], tuple[Any, ...] | None]
_DESKS = {RepoDesk: "repos", SubscriptionDesk: "subscriptions", BasketDesk: "baskets"}


def _in_an_order(name: Callable[[Any], tuple[Any, ...]]) -> _Naming:
    """A name that stands in orders only; elsewhere the object itself is stored."""
    return lambda value, owner: name(value) if isinstance(owner, Order) else None


def _listed_name(value: Any, owner: Any) -> tuple[Any, ...] | None:
    """Of rules of a day, and of an instrument; other values of the rules have none."""
    if hasattr(value, "instrument") and hasattr(value, "prev_close"):
        return "own rules" if isinstance(owner, Order) else "rules", value.instrument.stock_code
    if hasattr(value, "stock_code") and hasattr(value, "reference"):
        return "instrument", value.stock_code
    return None


_NAMINGS: dict[type, _Naming | None] = {}


def _naming(kind: type) -> _Naming | None:
    """What names the objects of a class, if they are named at all."""
    if issubclass(kind, Order):
        return lambda value, owner: (
            "order",
            value.owner.account_type,
            value.owner.account_id,
            value.id,
        )
    if issubclass(kind, StockAccountBooks | FuturesAccountBooks):
        return lambda value, owner: ("books", value.account_type, value.account_id)
    if kind is Tape:
        return lambda value, owner: ("mark", owner.code)
    if kind is Roll:
        return lambda value, owner: (
            "roll",
            value.opening.id,
            *[order.id for order in value.closings],
        )
    if kind is Contract:
        return _in_an_order(lambda value: ("debt", value.number))
    if kind is Side:
        return _in_an_order(lambda value: ("side", value.code, value.long))
    if kind is FutureOptionSide:
        return _in_an_order(lambda value: ("option", value.code, value.long))
    if kind in _DESKS:
        return _in_an_order(lambda value: ("desk", _DESKS[kind]))
    if kind is ipo.Offer:
        return lambda value, owner: ("offer", value.day, value.stock_code)
    if kind is lending.Offer:
        return lambda value, owner: ("lendable", value.group, value.code)
    return _listed_name if kind.__module__.startswith("xtnb.rules.") else None


def _name(value: Any, owner: Any) -> tuple[Any, ...] | None:
    kind = type(value)
    try:
        naming = _NAMINGS[kind]
    except KeyError:
        naming = _NAMINGS[kind] = _naming(kind)
    return naming(value, owner) if naming is not None else None


def _roll(reader: Reader, opening: int, *closings: int) -> Roll:
    """The roll of an opening; its orders are put in once all are read, see accounts.py."""
    known = reader.handed.rolls
    if opening not in known:
        roll = Roll.__new__(Roll)
        roll.closings = []
        known[opening] = roll, closings
    found: Roll = known[opening][0]
    return found


HOUSE = Forms(
    FORMS,
    _name,
    {
        "order": lambda reader, kind, number, id: reader.handed.accounts[kind, number].orders[id],
        "books": lambda reader, kind, number: reader.handed.accounts[kind, number],
        "mark": lambda reader, code: reader.handed.market.mark(code),
        "rules": lambda reader, code: reader.handed.market.rules(code),
        "own rules": lambda reader, code: reader.handed.own_rules(code),
        "instrument": lambda reader, code: reader.handed.market.instruments[code],
        "roll": _roll,
        "debt": lambda reader, number: reader.handed.books.debts.contracts[number],
        "side": lambda reader, code, long: reader.handed.books.ledger.sides[code, long],
        "option": lambda reader, code, long: reader.handed.books.ledger.options[code, long],
        "desk": lambda reader, which: getattr(reader.handed.books.counters, which),
        "offer": lambda reader, day, code: ipo.offers(day)[code],
        "lendable": lambda reader, group, code: reader.handed.lendable(group, code),
    },
)
