"""The last day of fund options: exercise, assignment, delivery, and what lapses.

When the expiry day ends, in this order: the clearing says which contracts sold are
assigned; exercises are carried out; assigned sides deliver; the rest lapses. Shares
and cash have moved when the next day begins. Nobody is exercised who did not ask.

Who is assigned (ours): the market's other traders hold the other side of most contracts
and exercise what is in the money at the close, so then every contract sold is assigned.
Of the others only what accounts of this terminal exercise is, pro rata among its
accounts, fractions to the largest remainder first. Of one account's contracts covered
ones are assigned first.

Who cannot deliver (percentage unverified): what an assigned call lacks in shares, and
an assigned put in cash, is settled in cash at the close made worse by a penalty.
"""

from __future__ import annotations

from datetime import date
from typing import Protocol

from xtnb import xtconstant as c
from xtnb.terminal.accounts.options_orders import OptionOrder
from xtnb.terminal.accounts.options_state import Key, OptionState
from xtnb.vocabulary.messages import PushKind


class Member(Protocol):
    """An account that the clearing settles, as far as it asks."""

    account_id: str

    def standing(self, day: date) -> list[tuple[str, int, int, bool]]:
        """Of each contract that expires: code, contracts sold, contracts exercised, and
        whether it is in the money at the close."""
        ...


class Clearing:
    """Assigns exercises to the accounts of one terminal.

    Attributes:
        members: its stock option accounts.
    """

    def __init__(self) -> None:
        self.members: list[Member] = []
        self._day: date | None = None
        self._assigned: dict[tuple[str, str], int] = {}

    def close(self, day: date) -> None:
        """Work out the assignments of a day that ends; asked again, nothing changes."""
        if self._day == day:
            return
        self._day = day
        self._assigned = {}
        sold: dict[str, dict[str, int]] = {}
        exercised: dict[str, int] = {}
        inside: dict[str, bool] = {}
        for member in self.members:
            for code, short, asked, in_the_money in member.standing(day):
                sold.setdefault(code, {})[member.account_id] = short
                exercised[code] = exercised.get(code, 0) + asked
                inside[code] = in_the_money
        for code, shorts in sold.items():
            whole = sum(shorts.values())
            count = whole if inside[code] else min(exercised[code], whole)
            for account_id, part in pro_rata(shorts, count).items():
                self._assigned[account_id, code] = part

    def assigned(self, account_id: str, code: str) -> int:
        """Contracts of an account that are assigned on the day that was closed last."""
        return self._assigned.get((account_id, code), 0)


def pro_rata(shorts: dict[str, int], count: int) -> dict[str, int]:
    """Share `count` contracts out; fractions go to the largest remainder, then the first."""
    whole = sum(shorts.values())
    if not whole:
        return {}
    parts = {name: count * volume // whole for name, volume in shorts.items()}
    rest = count - sum(parts.values())
    by_remainder = sorted(shorts, key=lambda name: -(count * shorts[name] % whole))
    for name in by_remainder[:rest]:
        parts[name] += 1
    return parts


def carry_out(books: OptionState, order: OptionOrder) -> None:
    """Carry out an exercise: strike for shares, or shares for strike."""
    option = order.terms.instrument
    volume = order.unfilled
    shares = volume * option.unit
    paid, fee = option.strike * shares, order.fee_each * volume
    inside = books.spot(option) - option.strike
    worth = max(0, inside if option.call else -inside) * shares
    books.options[order.key].close(volume, worth, fee)
    if option.call:
        books.ledger.pay(order.hold, paid + fee)
        take_in(books, option.underlying, shares, paid, fee)
    else:
        fee = min(fee, paid)
        books.holdings[option.underlying].sell(shares)
        books.ledger.receive(paid - fee)
    order.left = order.held = 0
    order.traded = order.volume
    order.turnover = option.strike * volume
    order.fees = fee
    books.tell(PushKind.ORDER, books, order.note(c.ORDER_SUCCEEDED, "行权已交收 / exercised"))


def settle_side(books: OptionState, key: Key, assigned: int) -> None:
    """End one side of an expired contract: deliver what is assigned, let the rest lapse."""
    code, long, covered = key
    held, ledger = books.options[key], books.ledger
    option = books.terms(code).instrument
    if not long and covered:
        ledger.reserve(option.underlying, -held.volume * option.unit)
        shares = assigned * option.unit
        ledger.lock(option.underlying, -shares)
        if shares:
            books.holdings[option.underlying].sell(shares)
            ledger.receive(option.strike * shares)
    elif not long:
        ledger.bought_back(books.margin_of(code) * held.volume)
        ledger.balance()
        if assigned:
            _deliver(books, key, assigned)
    held.volume = held.usable = held.frozen = held.today = held.amount = held.paid = 0
    books.tell(PushKind.POSITION, books, books.option_position(key))
    del books.options[key]


def _deliver(books: OptionState, key: Key, assigned: int) -> None:
    """Shares for strike, or strike for shares, as far as there are any; cash for the rest."""
    option = books.terms(key[0]).instrument
    ledger, spot, unit = books.ledger, books.spot(option), option.unit
    penalty = books.settings.penalty_percent
    holding = books.holdings.get(option.underlying)
    if option.call:
        whole = min(assigned, holding.sellable // unit if holding else 0)
        if holding and whole:
            holding.freeze(whole * unit)
            holding.sell(whole * unit)
            ledger.receive(option.strike * whole * unit)
        worse = spot * (100 + penalty) - 100 * option.strike
    else:
        paid = option.strike * unit
        whole = 0
        if option.underlying in books.market.instruments:
            whole = min(assigned, (books.cash.available + ledger.margin) // paid)
        if whole:
            ledger.charge(paid * whole)
            take_in(books, option.underlying, whole * unit, paid * whole, 0)
        worse = 100 * option.strike - spot * (100 - penalty)
    rest = assigned - whole
    if rest and worse > 0:
        ledger.charge(worse * unit * rest // 100)


def take_in(books: OptionState, code: str, shares: int, amount: int, fee: int) -> None:
    """Shares of the underlying come in; they can be used at once."""
    holding = books.holdings.get(code)
    if holding is None:
        holding = books.open_holding(code, books.market.instruments[code].name)
    holding.buy(shares, amount, fee, True, books.floor.day)
