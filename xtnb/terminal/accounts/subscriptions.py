"""Subscriptions of a stock account to new shares and bonds. 新股申购

A subscription works until the day ends and can be cancelled until then (ours). At
the second turn of the day its numbers are drawn with the market's seed; what was
won is paid and becomes a position that waits for its listing, valued at the issue
price. What the cash does not cover is given up, a whole number of the draw each
time. A prepaid subscription (Beijing) holds its cash until then.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from xtnb import xtconstant as c
from xtnb.errors import Refused
from xtnb.rules.ipo import (
    ALLOTMENT_TURNS,
    QUOTA_DAYS,
    Offer,
    drawn,
    quotas,
    verdict,
)
from xtnb.terminal.accounts.desk_orders import (
    Customer,
    DeskOrder,
    Entered,
    accepted,
    check_fineness,
    refused,
    written,
)
from xtnb.terminal.ledgers.stock import Holding
from xtnb.terminal.ledgers.waiting import Still, Waiting
from xtnb.vocabulary.messages import PushKind

_SIDES = ("SH", "SZ")


@dataclass(slots=True)
class Ticket:
    """A subscription whose day is over.

    Attributes:
        offer, volume: what was subscribed.
        held: cash set aside for it, 1e-4 yuan.
        turns: turns of the day since.
    """

    offer: Offer
    volume: int
    held: int
    turns: int = 0


class SubscriptionDesk:
    """Subscribes for one account.

    Attributes:
        tickets: what waits for its draw, oldest first.
    """

    __slots__ = ("_books", "_offers", "_values", "tickets")

    def __init__(self, books: Customer) -> None:
        self._books = books
        self._offers: dict[int, Offer] = {}  # of working orders, by number
        self._values: deque[dict[str, int]] = deque(maxlen=QUOTA_DAYS + 1)
        self.tickets: list[Ticket] = []

    # -- quotas -----------------------------------------------------------------------------

    def limits(self) -> dict[str, int]:
        """What may still be subscribed today: KCB, SH and SZ, in shares."""
        self._remember_opening()
        past = list(self._values)[:-1]  # to the day before yesterday
        left = quotas({side: sum(day[side] for day in past) // len(past) for side in _SIDES})
        for number, offer in self._offers.items():
            if offer.quota:
                left[offer.quota] -= self._books.orders[number].volume
        return left

    def _remember_opening(self) -> None:
        """Take the days before the account's first one to have been like its opening."""
        if not self._values:
            value = self._value(lambda held: held.yesterday, self._books.market.prev_close)
            self._values.extend([value] * (QUOTA_DAYS + 1))

    def _value(
        self, volume: Callable[[Holding], int], price: Callable[[str], int]
    ) -> dict[str, int]:
        """What the account's shares are worth in Shanghai and in Shenzhen."""
        known = self._books.market.instruments
        found = dict.fromkeys(_SIDES, 0)
        for code, held in self._books.holdings.items():
            if code in known and known[code].kind == "stock" and known[code].market in found:
                found[known[code].market] += volume(held) * price(code)
        return found

    # -- moves ------------------------------------------------------------------------------

    def enter(self, wanted: Mapping[str, Any], at: int, offer: Offer) -> Entered:
        """Take a subscription in; see `Books.enter`. It never meets the market."""
        books = self._books
        order = written(books, self, wanted, at, True, c.BROKER_PRICE_PROP_SUBSCRIBE)
        order.fixed["instrument_name"] = offer.name
        try:
            check_fineness(order, wanted)
            said = verdict(
                offer,
                wanted["order_type"],
                order.price_type,
                order.volume,
                order.price,
                cash=books.cash.available,
                left=self.limits(),
                subscribed=[one.stock_code for one in self._offers.values()],
            )
            books.cash.freeze(said.freeze)
        except Refused as refusal:
            return refused(books, order, refusal)
        order.held, order.freeze_price = said.freeze, order.price
        self._offers[order.id] = offer
        accepted(books, order)
        return order.id, (), None

    def fill(self, order: DeskOrder, price: int, volume: int, at: int) -> None:
        """A subscription has no fills: it is in no book."""
        raise AssertionError("a subscription met the market")

    def cancel(self, order: DeskOrder, message: str) -> None:
        """End an order: quota and cash come back, or, when its day is over, it awaits the draw."""
        books = self._books
        offer = self._offers.pop(order.id)
        held, order.held, order.left = order.held, 0, 0
        if offer.day.strftime("%Y%m%d") != books.floor.day:
            self.tickets.append(Ticket(offer, order.volume, held))
            order.traded = order.volume
            order.turnover = order.volume * offer.price
            waits = "已申购，待配号抽签 / subscribed, awaits the draw"
            books.tell(PushKind.ORDER, books, order.note(c.ORDER_SUCCEEDED, waits))
            return
        books.cash.release(held)
        books.tell(PushKind.ORDER, books, order.note(c.ORDER_CANCELED, message))
        if held:
            books.tell(PushKind.ASSET, books, books.asset())

    def roll(self) -> None:
        """Start a day: remember what shares were worth, and draw what is due."""
        self._remember_opening()
        self._values.append(self._value(lambda held: held.volume, self._books.market.last_price))
        for ticket in self.tickets:
            ticket.turns += 1
        due = [ticket for ticket in self.tickets if ticket.turns >= ALLOTMENT_TURNS]
        self.tickets = [ticket for ticket in self.tickets if ticket.turns < ALLOTMENT_TURNS]
        for ticket in due:
            self._allot(ticket)

    def _allot(self, ticket: Ticket) -> None:
        """Draw the numbers of a ticket, and pay for what was won as far as the cash goes."""
        books, offer = self._books, ticket.offer
        code, cash = offer.stock_code, books.cash
        seed = f"{books.market.seed}:{books.account_id}:{code}:{offer.day}"
        cash.release(ticket.held)
        each = offer.step * offer.price
        paid = min(drawn(seed, ticket.volume // offer.step), cash.available // each)
        if not paid:
            return
        cash.freeze(paid * each)
        cash.spend(paid * each, paid * each)
        holding = books.holdings.get(code)
        if holding is None:
            holding = books.holdings[code] = Waiting(code, Still(offer.price), offer.name)
        holding.buy(paid * offer.step, paid * each, 0, False, books.floor.day)
