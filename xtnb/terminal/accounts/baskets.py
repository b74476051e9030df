"""Creating and redeeming ETF units in a stock account. ETF申购, 赎回

Both are done at once, without the market (ours): what is given leaves the holdings,
what is got arrives, cash for substitutes and the difference moves. On the day they
came, bought units can be redeemed and bought stocks used to create, but not sold;
created units and redeemed stocks can be sold, but not used for baskets. A sale
takes what baskets brought first (ours).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xtnb import xtconstant as c
from xtnb.errors import Refused
from xtnb.rules.etf import CREATE, Basket, BasketVerdict, baskets, no_basket, usable
from xtnb.rules.suggest import unknown_code
from xtnb.terminal.accounts.desk_orders import (
    Customer,
    DeskOrder,
    Entered,
    check_fineness,
    fill_of,
    refused,
    written,
)
from xtnb.vocabulary.messages import PushKind


class BasketDesk:
    """Creates and redeems for one account."""

    __slots__ = ("_books",)

    def __init__(self, books: Customer) -> None:
        self._books = books

    def enter(self, wanted: Mapping[str, Any], at: int) -> Entered:
        """Take an order of type 134 or 135 in, and carry it out; see `Books.enter`."""
        books, code = self._books, wanted["stock_code"]
        creates = wanted["order_type"] == CREATE
        order = written(books, self, wanted, at, creates, c.BROKER_PRICE_PROP_ETF)
        try:
            if code not in books.market.instruments:
                raise unknown_code(code)
            basket = self._basket(code)
            check_fineness(order, wanted)
            codes = [code, *(one.stock_code for one in basket.components)]
            said = basket.verdict(
                books.account_type,
                wanted["order_type"],
                order.price_type,
                order.volume,
                cash=books.cash.available,
                usable={each: self.usable(each) for each in codes},
                last={each: books.market.last_price(each) for each in codes},
            )
        except Refused as refusal:
            return refused(books, order, refusal)
        books.orders[order.id] = order
        self._exchange(order, said, at)
        return order.id, (), None

    def fill(self, order: DeskOrder, price: int, volume: int, at: int) -> None:
        """A basket has no fills from the market."""
        raise AssertionError("a basket met the market")

    def cancel(self, order: DeskOrder, message: str) -> None:
        """A basket is never open."""
        raise AssertionError("a basket was open")

    def usable(self, code: str) -> int:
        """What of a holding may be used for baskets now."""
        held = self._books.holdings.get(code)
        if held is None:
            return 0
        fills = (
            (facts["stock_code"], facts["order_type"], int(facts["traded_volume"]))
            for facts in self._books.trades
        )
        return usable(code, held.on_road, held.sellable, held.frozen, fills)

    def _basket(self, code: str) -> Basket:
        basket = baskets().get(code)
        known = self._books.market.instruments
        if basket is None or any(one.stock_code not in known for one in basket.components):
            raise no_basket(code)
        return basket

    def _exchange(self, order: DeskOrder, said: BasketVerdict, at: int) -> None:
        """Move what changes hands, and tell of it."""
        books, volume = self._books, order.volume
        last = books.market.last_price
        outside = said.gives if order.buy else said.gets
        worth = sum(last(code) * many for code, many in outside.items())
        worth += said.cash - said.fee if order.buy else said.fee - said.cash
        for code, many in said.gives.items():
            self._give(code, many)
        if said.cash > 0:
            books.cash.freeze(said.cash)
            books.cash.spend(said.cash, said.cash)
        else:
            books.cash.receive(-said.cash)
        order.left, order.traded = 0, volume
        order.turnover, order.fees = max(0, worth), said.fee
        price = order.turnover // volume
        trade = fill_of(books, order, price, volume, order.turnover, said.fee, at)
        for code, many in said.gets.items():
            value = order.turnover if order.buy else last(code) * many
            holding = books.holdings.get(code)
            if holding is None:
                name = books.market.instruments[code].name
                holding = books.open_holding(code, name)
            fee = said.fee if order.buy else 0
            holding.buy(many, value, fee, True, books.floor.day)
        tell = books.tell
        tell(PushKind.TRADE, books, trade)
        tell(PushKind.ORDER, books, order.note(c.ORDER_SUCCEEDED))
        for code in (*said.gives, *said.gets):
            tell(PushKind.POSITION, books, books.position(code))
        tell(PushKind.ASSET, books, books.asset())

    def _give(self, code: str, many: int) -> None:
        """Take shares out of a holding: those bought today first, then sellable ones."""
        holding = self._books.holdings[code]
        young = min(many, holding.on_road)
        holding.on_road -= young
        holding.frozen += young
        holding.freeze(many - young)
        holding.sell(many)
