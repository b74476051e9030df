"""A Stock Connect account of the paper terminal: Hong Kong shares, paid for in yuan.

The account's money is yuan; prices and amounts of orders and fills are Hong Kong
dollars, and so are the fees on a fill. A buy sets yuan aside at the reference rate
of the day; a fill is booked at the reference rate, and when the day ends every
order is counted again at the settlement rate, which gives something back. Shares
can be sold at once; what a sale brought can be spent at once, and withdrawn two
turns of the day later. After every move

    total assets == available cash + frozen cash + market value

with holdings at their last price and the settlement rate. What counts at which
rate before the day is settled is ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from xtnb import xtconstant as c
from xtnb.errors import InputError, Refused
from xtnb.rules.connect import (
    ROUTES,
    ConnectRates,
    ConnectRules,
    ConnectSettings,
    profit,
    rates_on,
    route_code,
)
from xtnb.rules.suggest import unknown_code
from xtnb.rules.validity import not_traded_here, too_fine
from xtnb.terminal.accounts.credit_orders import fill_record
from xtnb.terminal.accounts.orders import Floor, Order, fixed_part
from xtnb.terminal.accounts.stock import StockAccountBooks
from xtnb.terminal.ledgers.connect import ConnectCash
from xtnb.terminal.scenario import OpeningPosition
from xtnb.vocabulary.messages import PushKind
from xtnb.vocabulary.money import YUAN
from xtnb.vocabulary.records import XtAsset, XtPosition

DEMO_SHANGHAI, DEMO_SHENZHEN = "4000000365", "4100000365"


class ConnectOrder(Order):
    """An order with the terms of its day.

    Attributes:
        terms: the rules under which it was accepted.
        charged: yuan that its fills took, or brought, so far.
    """

    __slots__ = ("charged", "terms")

    charged: int
    terms: ConnectRules


class ConnectAccountBooks(StockAccountBooks):
    """One Stock Connect account on the floor of its terminal.

    Args:
        account_id, cash: as they begin; cash in 1e-4 yuan.
        floor: of its terminal.
        account_type: HUGANGTONG_ACCOUNT or SHENGANGTONG_ACCOUNT.
        settings: exchange rates and what else may be set.

    Raises:
        InputError: another account type.
    """

    __slots__ = ("_terms", "route")

    cash: ConnectCash
    settings: ConnectSettings

    def __init__(
        self,
        account_id: str,
        cash: int,
        floor: Floor,
        account_type: int = c.HUGANGTONG_ACCOUNT,
        settings: ConnectSettings = ConnectSettings(),  # noqa: B008 - frozen
    ) -> None:
        if account_type not in ROUTES:
            raise InputError("account_type", account_type, f"one of {sorted(ROUTES)}")
        super().__init__(account_id, cash, floor, account_type, settings)
        self.cash = ConnectCash(cash)
        self.route = ROUTES[account_type]
        own = "SH" if account_type == c.HUGANGTONG_ACCOUNT else "SZ"
        self.shareholder = {self.route[-2:]: self.shareholder[own]}
        self._terms: dict[str, ConnectRules] = {}

    @property
    def rates(self) -> ConnectRates:
        """The exchange rates of the present day."""
        return self.settings.rates or rates_on(self.route, self.market.day())

    # -- the four moves ---------------------------------------------------------------------

    def enter(
        self, wanted: Mapping[str, Any], at: int
    ) -> tuple[int, Sequence[Order], Refused | None]:
        """Take an order in; see `Books.enter`. A code with .HK is read as of this route."""
        order = self._written(wanted, at)
        try:
            self._accept(order, wanted)
        except Refused as refusal:
            order.left = 0
            self.orders[order.id] = order
            self.tell(PushKind.ORDER, self, order.note(c.ORDER_JUNK, str(refusal)))
            return order.id, (), refusal
        self.orders[order.id] = order
        self.tell(PushKind.ORDER, self, order.note(c.ORDER_REPORTED))
        if order.buy:
            self.tell(PushKind.ASSET, self, self.asset())
        else:
            self.tell(PushKind.POSITION, self, self.position(order.fixed["stock_code"]))
        return order.id, (order,), None

    def fill(self, order: Order, price: int, volume: int, at: int) -> None:
        """Book one fill. `at` is epoch seconds."""
        assert isinstance(order, ConnectOrder)
        floor, terms, buy = self.floor, order.terms, order.buy
        code = order.fixed["stock_code"]
        floor.last_trade = number = floor.last_trade + 1
        order.turnover += price * volume
        order.traded += volume
        fees = terms.fee_total(buy, order.turnover)
        fee, order.fees = fees - order.fees, fees
        count = terms.rates.set_aside if buy else terms.rates.brought
        charged = count(terms.net(buy, order.turnover))
        change, order.charged = charged - order.charged, charged
        if buy:
            keep = self._needed(order)
            self.cash.spend(order.held - keep, change)
            order.held = keep
            holding = self.holdings.get(code) or self.open_holding(
                code, order.fixed["instrument_name"]
            )
            holding.buy(volume, price * volume, fee, True, floor.day)
        else:
            self.cash.receive(change)
            self.holdings[code].sell(volume)
        trade = fill_record(self, order, number, price, volume, fee, at)
        self.trades.append(trade.__dict__.copy())
        status = c.ORDER_PART_SUCC if order.volume > order.traded else c.ORDER_SUCCEEDED
        self.tell(PushKind.TRADE, self, trade)
        self.tell(PushKind.ORDER, self, order.note(status))
        self.tell(PushKind.POSITION, self, self.position(code))
        self.tell(PushKind.ASSET, self, self.asset())

    def roll(self) -> None:
        """Start a new day: settle trades at the settlement rate, then as a stock account.

        A purchase gives back what the reference rate took too much; a sale brings what
        it withheld, which can be withdrawn with the rest of that sale.
        """
        for order in self.orders.values():
            if not order.traded:
                continue
            assert isinstance(order, ConnectOrder)
            terms = order.terms
            final = terms.rates.settled(order.buy, terms.net(order.buy, order.turnover))
            if order.buy:
                self.cash.give_back(order.charged - final)
            else:
                self.cash.receive(final - order.charged)
        self._terms.clear()
        super().roll()

    # -- inside a move ----------------------------------------------------------------------

    def _written(self, wanted: Mapping[str, Any], at: int) -> ConnectOrder:
        code = route_code(wanted["stock_code"], self.account_type)
        floor = self.floor
        floor.last_order = number = floor.last_order + 1
        instrument = self.market.instruments.get(code)
        buy = wanted["order_type"] == c.STOCK_BUY
        fixed = fixed_part(
            self,
            code,
            instrument.name if instrument else "",
            number,
            at,
            wanted["order_type"],
            wanted["order_volume"],
            wanted["price_type"],
            buy,
            self.shareholder.get(code[-2:], ""),
            wanted,
        )
        price = round(wanted["price"] * YUAN)
        order = ConnectOrder(
            number, buy, price, wanted["order_volume"], self, wanted["price_type"], fixed
        )
        order.charged = 0
        return order

    def _accept(self, order: ConnectOrder, wanted: Mapping[str, Any]) -> None:
        """Ask the rules, and set aside what the order takes."""
        market, code = self.market, order.fixed["stock_code"]
        if code not in market.instruments:
            raise unknown_code(code)
        terms = self._terms_of(code)
        if not -0.001 < wanted["price"] * YUAN - order.price < 0.001:
            raise too_fine(wanted["price"])
        book, holding = market.book(code), self.holdings.get(code)
        verdict = terms.verdict(
            self.account_type,
            wanted["order_type"],
            order.price_type,
            order.volume,
            order.price,
            cash=self.cash.available,
            sellable=holding.sellable if holding else 0,
            bid=book.best_bid,
            ask=book.best_ask,
            last=market.last_price(code),
            held=holding.volume if holding else 0,
        )
        order.terms = terms
        order.freeze_price = verdict.price
        order.fixed["price_type"] = verdict.broker_price_type
        if order.buy:
            self.cash.freeze(verdict.freeze)
            order.held = verdict.freeze
        else:
            assert holding is not None, "the rules let a sale pass without a holding"
            holding.freeze(order.volume)

    def _terms_of(self, code: str) -> ConnectRules:
        """The rules of today under this account's settings."""
        terms = self._terms.get(code)
        if terms is None:
            listed = self.market.rules(code)
            if not isinstance(listed, ConnectRules):
                raise not_traded_here(code, self.account_type)
            terms = ConnectRules(listed.instrument, listed.prev_close, listed.day, self.settings)
            self._terms[code] = terms
        return terms

    def _needed(self, order: ConnectOrder) -> int:
        """Yuan that the rest of a buy holds."""
        rest = order.volume - order.traded
        if not rest:
            return 0
        whole = order.turnover + order.freeze_price * rest
        return order.terms.rates.set_aside(order.terms.net(True, whole)) - order.charged

    # -- what it looks like -----------------------------------------------------------------

    def asset(self) -> XtAsset:
        """The account's money now, in yuan."""
        record = super().asset()
        rates, cash = self.rates, self.cash
        value = sum(rates.value(held.volume * held.mark.last) for held in self.holdings.values())
        record.market_value = value / YUAN
        record.total_asset = (cash.available + cash.frozen + value) / YUAN
        return record

    def position(self, code: str) -> XtPosition:
        """One holding now: prices in Hong Kong dollars, value and profit in yuan.

        Raises KeyError when there is none.
        """
        record = super().position(code)
        held, rates = self.holdings[code], self.rates
        value = held.volume * held.mark.last
        gain = profit(rates, value, held.paid) / YUAN
        record.market_value = rates.value(value) / YUAN
        record.float_profit = record.position_profit = gain
        return record

    def _one_position(self, wanted: Mapping[str, Any]) -> list[XtPosition]:
        code = route_code(wanted["stock_code"], self.account_type)
        return super()._one_position({**wanted, "stock_code": code})


def demo_positions(account_type: int) -> tuple[OpeningPosition, ...]:
    """What the demo's account of a route holds, an odd lot among it. Ours."""
    route = ROUTES[account_type]
    held = (
        (("00700", 400, 92), ("00941", 3_000, 88), ("01810", 2_060, 104))
        if account_type == c.HUGANGTONG_ACCOUNT
        else (("09988", 600, 97), ("00388", 250, 101), ("01398", 20_000, 90))
    )
    return tuple(OpeningPosition(f"{code}.{route}", many, 0, cost) for code, many, cost in held)


def open_demo(floor: Floor) -> tuple[ConnectAccountBooks, ConnectAccountBooks]:
    """The demo's two accounts, one of each route: half a million yuan and three stocks. Ours."""
    shanghai = ConnectAccountBooks(DEMO_SHANGHAI, 500_000 * YUAN, floor)
    shenzhen = ConnectAccountBooks(DEMO_SHENZHEN, 500_000 * YUAN, floor, c.SHENGANGTONG_ACCOUNT)
    for books in (shanghai, shenzhen):
        books.begin(demo_positions(books.account_type))
    return shanghai, shenzhen
