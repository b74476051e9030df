"""The demo's accounts for options: rights, obligations, and calls covered by shares.

Everything here is ours and stands for nobody's account.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from xtnb.rules.futures_listed import contract
from xtnb.rules.months import DEMO_DAY
from xtnb.rules.options import OptionDay
from xtnb.rules.options_futures import FutureOption, all_future_options, future_option_months
from xtnb.rules.options_listed import StockOption, all_stock_options, option_months
from xtnb.rules.options_settings import OptionSettings
from xtnb.terminal.accounts.futures_opening import OpeningFuture, begin_futures
from xtnb.terminal.accounts.options import OptionAccountBooks
from xtnb.terminal.accounts.options_futures import FutureOptionAccountBooks
from xtnb.terminal.accounts.orders import Floor
from xtnb.terminal.scenario import OpeningPosition
from xtnb.vocabulary.money import YUAN

DEMO_OPTION_ACCOUNT = "3000000365"
DEMO_FUTURE_OPTION_ACCOUNT = "3100000365"


@dataclass(frozen=True, slots=True)
class OpeningContracts:
    """Contracts to begin with.

    Attributes:
        stock_code: the contract.
        rights: bought; otherwise sold, and `covered` by locked shares.
        volume: contracts; premium_percent: of the reference, at which they were opened.
    """

    stock_code: str
    rights: bool
    volume: int
    covered: bool = False
    premium_percent: int = 100


@dataclass(frozen=True, slots=True)
class OpeningOptions:
    """A stock option account to begin with.

    Attributes:
        account_id: its number; cash: 1e-4 yuan, margin included.
        shares: of underlyings, free and to be locked.
        locked: shares to lock, by code.
        contracts: what is held.
        settings: what the broker agrees.
    """

    account_id: str
    cash: int
    shares: tuple[OpeningPosition, ...] = ()
    locked: tuple[tuple[str, int], ...] = ()
    contracts: tuple[OpeningContracts, ...] = ()
    settings: OptionSettings = OptionSettings()  # noqa: RUF009 - frozen


def series(
    underlying: str, call: bool, month: int, place: int, day: date = DEMO_DAY
) -> StockOption:
    """A contract listed on a day: `place` counts its strikes from the lowest, from 0.

    Raises:
        IndexError: there is none.
    """
    chain = [
        option
        for option in all_stock_options(day).values()
        if (option.underlying, option.call, option.expiry.month) == (underlying, call, month)
    ]
    return sorted(chain, key=lambda option: option.strike)[place]


def demo_options(day: date) -> OpeningOptions:
    """The demo's account on a day: two rights, an obligation, and covered calls on 30,000
    shares, all in the second month that is listed, so that they have a month to run."""
    month = int(option_months(day)[1][2:])

    def of(underlying: str, call: bool, place: int) -> str:
        return series(underlying, call, month, place, day).stock_code

    return OpeningOptions(
        DEMO_OPTION_ACCOUNT,
        300_000 * YUAN,
        (OpeningPosition("510050.SH", 50_000, 0, 97), OpeningPosition("159915.SZ", 20_000, 0, 95)),
        (("510050.SH", 40_000),),
        (
            OpeningContracts(of("510300.SH", True, 2), True, 10, False, 92),
            OpeningContracts(of("159915.SZ", False, 1), True, 5, False, 110),
            OpeningContracts(of("510300.SH", False, 1), False, 4, False, 106),
            OpeningContracts(of("510050.SH", True, 3), False, 3, True, 104),
        ),
    )


def open_options(opening: OpeningOptions, floor: Floor) -> OptionAccountBooks:
    """The books of a stock option account; what the market does not have, or what has
    expired, is left out."""
    books = OptionAccountBooks(opening.account_id, opening.cash, floor, opening.settings)
    books.begin(opening.shares)
    for code, shares in opening.locked:
        if code in books.holdings:
            books.holdings[code].freeze(shares)
            books.ledger.lock(code, shares)
    for one in opening.contracts:
        if one.stock_code in books.market.instruments:
            _hold(books, one)
    books.ledger.require(books.required_at(books.margin_of))
    return books


def _hold(books: OptionAccountBooks, one: OpeningContracts) -> None:
    terms: OptionDay = books.terms(one.stock_code)
    option = terms.instrument
    if terms.expired:
        return
    if one.covered:
        shares = option.unit * one.volume
        if books.ledger.free_locked(option.underlying) < shares:
            return
        books.ledger.reserve(option.underlying, shares)
    position = books.opened((one.stock_code, one.rights, one.covered))
    amount = option.reference * one.premium_percent // 100 * option.unit * one.volume
    position.open(one.volume, amount, 0, books.floor.day)
    position.roll()
    position.today = position.open_times = position.open_volume = 0


def future_series(underlying: str, call: bool, place: int, day: date = DEMO_DAY) -> FutureOption:
    """An option on a future listed on a day: `place` counts its strikes from the lowest, from 0.

    Raises:
        IndexError: there is none.
    """
    chain = [
        option
        for option in all_future_options(day).values()
        if (option.underlying, option.call) == (underlying, call)
    ]
    return sorted(chain, key=lambda option: option.strike)[place]


def demo_future_options(floor: Floor) -> FutureOptionAccountBooks:
    """The demo's account for options on futures: rights, obligations, and a future, all in the
    second month whose options are listed."""
    day = floor.market.day()
    meal, copper = (
        contract(product, future_option_months(product, day)[1]).stock_code
        for product in ("m", "cu")
    )
    books = FutureOptionAccountBooks(DEMO_FUTURE_OPTION_ACCOUNT, 500_000 * YUAN, floor)
    begin_future_options(
        books,
        (
            OpeningContracts(future_series(meal, True, 2, day).stock_code, True, 10, False, 93),
            OpeningContracts(future_series(copper, False, 1, day).stock_code, True, 2, False, 108),
            OpeningContracts(future_series(meal, False, 1, day).stock_code, False, 6, False, 105),
        ),
    )
    begin_futures(books, (OpeningFuture(meal, True, 4, 0, 98),))
    return books


def begin_future_options(
    books: FutureOptionAccountBooks, contracts: Iterable[OpeningContracts]
) -> None:
    """Put overnight lots into an account; what the market does not have, or what has
    expired, is left out."""
    market = books.market
    for one in contracts:
        if one.stock_code not in market.instruments:
            continue
        day = books.option_day(one.stock_code)
        option = day.instrument
        if day.day > option.expiry:
            continue
        side = books.option_side(one.stock_code, one.rights)
        amount = option.reference * one.premium_percent // 100 * option.unit * one.volume
        side.open(one.volume, amount, 0, books.floor.day)
        side.each = day.margin(books.terms)
        side.roll()
