"""What a stock account does besides buying and selling, each at its own desk.

Lending (repos), subscribing, and ETF baskets. The account asks `enter` only for an
order that is not plainly of shares, funds or bonds, so those lose no time here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from xtnb import xtconstant as c
from xtnb.rules.bonds import Repo
from xtnb.rules.etf import ORDER_TYPES
from xtnb.rules.ipo import offers, open_to
from xtnb.terminal.accounts.baskets import BasketDesk
from xtnb.terminal.accounts.desk_orders import Customer, Entered
from xtnb.terminal.accounts.repo import RepoDesk
from xtnb.terminal.accounts.subscriptions import SubscriptionDesk


class Counters:
    """The desks of one stock account.

    Attributes:
        repos, subscriptions, baskets: the desks.
    """

    __slots__ = ("_books", "baskets", "repos", "subscriptions")

    def __init__(self, books: Customer) -> None:
        self._books = books
        self.repos = RepoDesk(books)
        self.subscriptions = SubscriptionDesk(books)
        self.baskets = BasketDesk(books)

    def enter(self, wanted: Mapping[str, Any], at: int) -> Entered | None:
        """Take an order in that belongs to a desk; None when it belongs to none.

        An account for Beijing subscribes and does nothing else here.
        """
        market, code = self._books.market, wanted["stock_code"]
        account_type = self._books.account_type
        instrument = market.instruments.get(code)
        if account_type != c.NEW3BOARD_ACCOUNT:
            if wanted["order_type"] in ORDER_TYPES:
                return self.baskets.enter(wanted, at)
            if isinstance(instrument, Repo):
                return self.repos.enter(wanted, at)
        if instrument is None:
            offer = open_to(account_type, offers(market.day())).get(code)
            if offer is not None:
                return self.subscriptions.enter(wanted, at, offer)
        return None

    def roll(self) -> None:
        """Start a day at every desk; sales of the day before are settled already."""
        self.repos.roll(date.fromisoformat(self._books.floor.day))
        self.subscriptions.roll()

    def calls(self) -> Mapping[str, Callable[[Mapping[str, Any]], Any]]:
        """The queries of the API that the desks answer."""
        return {"query_new_purchase_limit": lambda wanted: self.subscriptions.limits()}
