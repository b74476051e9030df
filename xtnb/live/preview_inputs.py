"""What a preview is made from: the order that is asked about, and what is known now.

`Inputs` is what the rules of an account need. `AskedInputs` asks the terminal for it
at this moment; `KeptInputs` takes what pushes have kept and returns at once, so a form
may ask it at every keystroke.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple, Protocol, TypeVar

from xtnb.errors import InputError, QueryFailed, Refused
from xtnb.live.books import AccountBooks
from xtnb.live.contracts import ContractBooks
from xtnb.live.credit import CreditBooks
from xtnb.live.new_issues import NewIssues, offers_told
from xtnb.live.preview import Preview
from xtnb.rules.collateral import Eligible
from xtnb.rules.ipo import Offer
from xtnb.rules.listed import DayTerms
from xtnb.rules.sessions import second_of_day
from xtnb.rules.validity import not_traded_here, too_fine
from xtnb.session.calls import order_arguments
from xtnb.session.trader import XtQuantTrader
from xtnb.vocabulary.credit import CreditSloCode, StkCompacts, XtCreditDetail
from xtnb.vocabulary.derivatives import XtPositionStatistics
from xtnb.vocabulary.money import YUAN, yuan
from xtnb.vocabulary.records import Quote, StockAccount, XtOrder, XtPosition, XtTrade

T = TypeVar("T")


class Seen(NamedTuple):
    """Best prices and the last price, 1e-4 of the currency; 0 where there is none.

    `second` is the market's time of day when it was seen; -1 for not known.
    """

    bid: int = 0
    ask: int = 0
    last: int = 0
    second: int = -1

    @classmethod
    def of(cls, quote: Quote | None) -> Seen:
        """Read a quote."""
        if quote is None:
            return cls()
        bid = quote.bid_price[0] if quote.bid_price else 0.0
        ask = quote.ask_price[0] if quote.ask_price else 0.0
        second = second_of_day(quote.time * 1_000_000) if quote.time else -1
        last = round(quote.last_price * YUAN)
        return cls(round(bid * YUAN), round(ask * YUAN), last, second)


@dataclass(frozen=True, slots=True)
class Asked:
    """An order of one account, checked as `order_stock` checks it. `price` is as it was given."""

    account_type: int
    stock_code: str
    order_type: int
    volume: int
    price_type: int
    price: float

    @classmethod
    def of(
        cls,
        account_type: int,
        stock_code: str,
        order_type: int,
        volume: int,
        price_type: int,
        price: float,
    ) -> Asked:
        """Check what an order is made of.

        Raises:
            InputError: what `order_stock` would raise.
        """
        asked = order_arguments(stock_code, order_type, volume, price_type, price, "", "")
        return cls(
            account_type,
            asked["stock_code"],
            asked["order_type"],
            asked["order_volume"],
            asked["price_type"],
            asked["price"],
        )

    def exact(self) -> int:
        """The price in whole 1e-4. Raises Refused for one with more digits than any tick."""
        scaled = self.price * YUAN
        exact = round(scaled)
        if not -0.001 < scaled - exact < 0.001:
            raise too_fine(self.price)
        return exact

    def not_traded_here(self, stock_code: str) -> Refused:
        """The refusal of a kind of instrument that this kind of account does not trade."""
        return not_traded_here(stock_code, self.account_type)

    def answer(
        self,
        refusal: Refused | None,
        cash: int,
        after: int | None = None,
        *,
        stock_code: str = "",
        price: int = 0,
        amount: int = 0,
        commission: int = 0,
        stamp_duty: int = 0,
        transfer_fee: int = 0,
        other_fees: int = 0,
        freeze: int = 0,
        freeze_volume: int = 0,
        margin: int | None = None,
        **more: Any,
    ) -> Preview:
        """The preview of this order. Money comes in 1e-4; `more` is as `Preview` has it.

        Args:
            refusal: None when it would be accepted.
            cash, after: available cash before and after; a refusal leaves it as it is.
        """
        done = refusal is None
        return Preview(
            stock_code=stock_code or self.stock_code,
            order_type=self.order_type,
            price_type=self.price_type,
            volume=self.volume,
            price=yuan(price) if price else self.price,
            accepted=done,
            code=int(refusal.code) if refusal else 0,
            reason_zh=refusal.zh if refusal else "",
            reason_en=refusal.en if refusal else "",
            amount=yuan(amount),
            commission=yuan(commission),
            stamp_duty=yuan(stamp_duty),
            transfer_fee=yuan(transfer_fee),
            freeze=yuan(freeze) if done else 0.0,
            freeze_volume=freeze_volume if done else 0,
            cash_before=yuan(cash),
            cash_after=yuan(cash if after is None or not done else after),
            account_type=self.account_type,
            other_fees=yuan(other_fees),
            margin=None if margin is None else yuan(margin if done else 0),
            **more,
        )


class Inputs(Protocol):
    """What is known of an account and of the market now."""

    def day(self, stock_code: str) -> DayTerms:
        """The rules of an instrument today, as agreed. Raises Refused (UNKNOWN_CODE)."""
        ...

    def agreed(self, day: date) -> Any:
        """What the broker agrees with the account; see `xtnb.rules.terms`."""
        ...

    def eligible(self, day: date) -> Eligible | None:
        """What may be bought on margin, sold short and put up; None where that is not told."""
        ...

    def seen(self, stock_code: str) -> Seen:
        """Its prices."""
        ...

    def cash(self) -> int:
        """Available cash, 1e-4 yuan."""
        ...

    def positions(self) -> list[XtPosition]: ...

    def orders(self) -> list[XtOrder]: ...

    def trades(self) -> list[XtTrade]:
        """Today's fills, oldest first."""
        ...

    def last(self, stock_code: str) -> int:
        """The last price of a code that need not be watched, or the previous close."""
        ...

    def statistics(self) -> list[XtPositionStatistics]:
        """The positions of a futures or options account in more detail."""
        ...

    def credit(self) -> XtCreditDetail:
        """Money, debts and quotas of a margin account."""
        ...

    def compacts(self) -> list[StkCompacts]: ...

    def lendable(self) -> list[CreditSloCode]: ...

    def offers(self) -> dict[str, Offer]:
        """What may be subscribed today, by code."""
        ...

    def purchase_limit(self) -> dict[str, int]:
        """How many new shares may be subscribed, by market."""
        ...


def position_of(inputs: Inputs, stock_code: str) -> tuple[int, int, int]:
    """Of one security: sellable volume, all that is held, what was bought today."""
    for position in inputs.positions():
        if position.stock_code == stock_code:
            return position.can_use_volume, position.volume, position.on_road_volume
    return 0, 0, 0


class AskedInputs:
    """Asked of the terminal when it is needed.

    Args:
        trader, account: whom and about what to ask.
        day: finds the rules of an instrument today.
        quote: finds the quote of a code.
        agreed: what the broker agrees on a day; eligible: what margin trading allows on it.
    """

    def __init__(
        self,
        trader: XtQuantTrader,
        account: StockAccount,
        day: Callable[[str], DayTerms],
        quote: Callable[[str], Quote],
        agreed: Callable[[date], Any],
        eligible: Callable[[date], Eligible | None],
    ) -> None:
        self._trader = trader
        self._account = account
        self.day = day
        self.agreed, self.eligible = agreed, eligible
        self._quote = quote

    def seen(self, stock_code: str) -> Seen:
        """Its prices at this moment."""
        return Seen.of(self._quote(stock_code))

    def cash(self) -> int:
        """Available cash, 1e-4 yuan."""
        asset = _told(self._trader.query_stock_asset(self._account), "asset")
        return round(asset.cash * YUAN)

    def positions(self) -> list[XtPosition]:
        """The positions."""
        return _told(self._trader.query_stock_positions(self._account), "positions")

    def orders(self) -> list[XtOrder]:
        """Today's orders."""
        return _told(self._trader.query_stock_orders(self._account), "orders")

    def trades(self) -> list[XtTrade]:
        """Today's fills."""
        return _told(self._trader.query_stock_trades(self._account), "trades")

    def last(self, stock_code: str) -> int:
        """The last price at this moment."""
        return self.seen(stock_code).last or self.day(stock_code).prev_close

    def statistics(self) -> list[XtPositionStatistics]:
        """The positions in more detail."""
        found = self._trader.query_position_statistics(self._account)
        return _told(found, "position statistics")

    def credit(self) -> XtCreditDetail:
        """Money, debts and quotas."""
        return _told(self._trader.query_credit_detail(self._account), "credit detail")[0]

    def compacts(self) -> list[StkCompacts]:
        """The debt contracts."""
        return _told(self._trader.query_stk_compacts(self._account), "debt contracts")

    def lendable(self) -> list[CreditSloCode]:
        """What can be borrowed."""
        return _told(self._trader.query_credit_slo_code(self._account), "lendable securities")

    def offers(self) -> dict[str, Offer]:
        """What may be subscribed today."""
        return offers_told(self._trader)

    def purchase_limit(self) -> dict[str, int]:
        """How many new shares may be subscribed."""
        return self._trader.query_new_purchase_limit(self._account)


class KeptInputs:
    """What pushes have kept, without a question to the terminal.

    Args:
        books: of the account.
        credit: gives the books of a margin account, which are begun when asked for.
        contracts: gives those of a futures or options account likewise.
        day: finds the rules of an instrument today.
        quote: the latest quote of a code, if it is watched.
        agreed: what the broker agrees on a day; eligible: what margin trading allows on it.
        issues: what may be subscribed.
    """

    def __init__(
        self,
        books: AccountBooks,
        credit: Callable[[], CreditBooks],
        contracts: Callable[[], ContractBooks],
        day: Callable[[str], DayTerms],
        quote: Callable[[str], Quote | None],
        agreed: Callable[[date], Any],
        eligible: Callable[[date], Eligible | None],
        issues: NewIssues,
    ) -> None:
        self._books = books
        self._issues = issues
        self._credit = credit
        self._contracts = contracts
        self.day = day
        self.agreed, self.eligible = agreed, eligible
        self._quote = quote

    def seen(self, stock_code: str) -> Seen:
        """Its latest prices."""
        return Seen.of(self._quote(stock_code))

    def cash(self) -> int:
        """Available cash, 1e-4 yuan."""
        asset = self._books.asset.get(self._books.account.account_id)
        return round(asset.cash * YUAN) if asset is not None else 0

    def positions(self) -> list[XtPosition]:
        """The positions."""
        return self._books.positions.records()

    def orders(self) -> list[XtOrder]:
        """Today's orders."""
        return self._books.orders.records()

    def trades(self) -> list[XtTrade]:
        """Today's fills."""
        return self._books.trades.records()

    def last(self, stock_code: str) -> int:
        """Its latest price. Raises InputError for a code that is not watched."""
        seen = self.seen(stock_code)
        if seen == Seen():
            raise _only_asked("baskets")
        return seen.last or self.day(stock_code).prev_close

    def statistics(self) -> list[XtPositionStatistics]:
        """The positions in more detail, of at most a second ago. Raises QueryFailed before."""
        contracts = self._contracts()
        if not contracts.told:
            raise QueryFailed("持仓明细尚未到达 / the details of the positions have not come yet")
        return contracts.statistics.records()

    def credit(self) -> XtCreditDetail:
        """Money, debts and quotas, of at most a second ago. Raises QueryFailed before they came."""
        records = self._credit().detail.records()
        if not records:
            raise QueryFailed(
                "信用账户数据尚未到达 / the figures of the margin account have not come yet"
            )
        detail: XtCreditDetail = records[0]
        return detail

    def compacts(self) -> list[StkCompacts]:
        """The debt contracts."""
        return self._credit().debts.records()

    def lendable(self) -> list[CreditSloCode]:
        """What can be borrowed."""
        return self._credit().lendable.records()

    def offers(self) -> dict[str, Offer]:
        """What may be subscribed today."""
        return self._issues.offers()

    def purchase_limit(self) -> dict[str, int]:
        """How many new shares may be subscribed, of at most a second ago."""
        return self._issues.limits()


def _only_asked(what: str) -> InputError:
    return InputError("account", what, "an account of shares here; desk.preview says it of these")


def _told(answer: T | None, what: str) -> T:
    if answer is None:
        raise QueryFailed(f"{what}: the terminal refused; the log under xtnb.session says why")
    return answer
