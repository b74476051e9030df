"""Money that a stock account lends: reverse repos. 国债逆回购

An order sets aside face and fee. What is taken leaves the cash and becomes a
position in the repo's code, at its face; at the maturity principal and interest
come back, to be spent at once and withdrawn a day later (ours). Maturity is counted
in turns of the market's day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from xtnb import xtconstant as c
from xtnb.errors import Refused
from xtnb.rules.bonds import FACE, RepoRules
from xtnb.terminal.accounts.desk_orders import (
    Customer,
    DeskOrder,
    Entered,
    accepted,
    check_fineness,
    fill_of,
    refused,
    written,
)
from xtnb.terminal.ledgers.waiting import Still, Waiting
from xtnb.vocabulary.messages import PushKind


@dataclass(frozen=True, slots=True)
class Loan:
    """What one fill lent. Volume in bond units, money in 1e-4 yuan."""

    code: str
    volume: int
    face: int
    interest: int
    due: date


class RepoDesk:
    """Lends the money of one account.

    Attributes:
        loans: what is out, oldest first.
    """

    __slots__ = ("_books", "_terms", "loans")

    def __init__(self, books: Customer) -> None:
        self._books = books
        self._terms: dict[int, RepoRules] = {}
        self.loans: list[Loan] = []

    def enter(self, wanted: Mapping[str, Any], at: int) -> Entered:
        """Take an order of a repo's code in; see `Books.enter`."""
        books = self._books
        sale = wanted["order_type"] != c.STOCK_BUY
        order = written(books, self, wanted, at, not sale, c.BROKER_PRICE_PROP_BUYBACK)
        rules = books.market.rules(wanted["stock_code"])
        assert isinstance(rules, RepoRules), "the code is not a repo's"
        try:
            check_fineness(order, wanted)
            verdict = rules.verdict(
                books.account_type,
                wanted["order_type"],
                order.price_type,
                order.volume,
                order.price,
                cash=books.cash.available,
            )
            books.cash.freeze(verdict.freeze)
        except Refused as refusal:
            return refused(books, order, refusal)
        self._terms[order.id] = rules
        order.held, order.freeze_price = verdict.freeze, order.price
        accepted(books, order)
        return order.id, (order,), None

    def fill(self, order: DeskOrder, price: int, volume: int, at: int) -> None:
        """Book money that was taken, at the rate `price`."""
        books, rules = self._books, self._terms[order.id]
        code, name = order.fixed["stock_code"], order.fixed["instrument_name"]
        order.traded += volume
        order.turnover += price * volume
        fees = rules.fee(order.traded * FACE)
        fee, order.fees = fees - order.fees, fees
        face = volume * FACE
        rest = (order.volume - order.traded) * FACE
        keep = rest + rules.fee(order.volume * FACE) - fees if rest else 0
        books.cash.spend(order.held - keep, face + fee)
        order.held = keep
        holding = books.holdings.get(code)
        if holding is None:
            holding = books.holdings[code] = Waiting(code, Still(FACE), name)
        holding.buy(volume, face, fee, False, books.floor.day)
        self.loans.append(Loan(code, volume, face, rules.interest(face, price), rules.due))
        trade = fill_of(books, order, price, volume, face, fee, at)
        tell = books.tell
        tell(PushKind.TRADE, books, trade)
        tell(PushKind.ORDER, books, order.note(c.ORDER_PART_SUCC if rest else c.ORDER_SUCCEEDED))
        tell(PushKind.POSITION, books, books.position(code))
        tell(PushKind.ASSET, books, books.asset())

    def cancel(self, order: DeskOrder, message: str) -> None:
        """End an order: what is not lent comes back."""
        books = self._books
        order.left = 0
        books.cash.release(order.held)
        order.held = 0
        status = c.ORDER_PART_CANCEL if order.traded else c.ORDER_CANCELED
        books.tell(PushKind.ORDER, books, order.note(status, message))
        books.tell(PushKind.ASSET, books, books.asset())

    def roll(self, day: date) -> None:
        """Start a day: what is due by then comes back with its interest."""
        books = self._books
        self._terms.clear()
        due = [loan for loan in self.loans if loan.due <= day]
        self.loans = [loan for loan in self.loans if loan.due > day]
        for loan in due:
            holding = books.holdings[loan.code]
            assert isinstance(holding, Waiting), "a repo's position is not money lent"
            holding.leave(loan.volume)
            books.cash.receive(loan.face + loan.interest)
        for code in dict.fromkeys(loan.code for loan in due):
            if not books.holdings[code].volume:  # others are told of with the new day
                books.tell(PushKind.POSITION, books, books.position(code))
