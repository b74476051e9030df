"""What is listed anywhere: the one door to instruments and day rules of every kind.

Stocks and funds, contracts and options differ in what they are and in what the
rules say about them. The market needs little of that: a price to start from, a
tick, limits, what a trade costs, and how lively a book should be. It gets both
here, whatever the kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import cache, lru_cache
from typing import Any, Protocol, runtime_checkable

from xtnb.errors import InputError
from xtnb.rules.bonds import (
    Convertible,
    ConvertibleRules,
    Repo,
    RepoRules,
    convertibles,
    repos,
)
from xtnb.rules.connect import ConnectRules, ConnectStock, connect_stocks
from xtnb.rules.day import DayRules
from xtnb.rules.futures import Future, FuturesDay
from xtnb.rules.futures_listed import all_futures, first_price, future_named
from xtnb.rules.instruments import Instrument, all_instruments
from xtnb.rules.months import DEMO_DAY
from xtnb.rules.options import OptionDay
from xtnb.rules.options_futures import (
    FutureOption,
    FutureOptionDay,
    all_future_options,
    future_option_named,
)
from xtnb.rules.options_listed import (
    OptionContract,
    StockOption,
    all_stock_options,
    stock_option_named,
)


class Listed(Protocol):
    """An instrument of any kind. Kinds other than stocks and funds also have `pace` and `unit`."""

    @property
    def stock_code(self) -> str:
        """Its code with the market, such as "600000.SH" or "rb2701.SF"."""
        ...

    @property
    def name(self) -> str:
        """Its Chinese name."""
        ...

    @property
    def pinyin(self) -> str:
        """Initials of the name."""
        ...

    @property
    def market(self) -> str:
        """The suffix of the code."""
        ...

    @property
    def kind(self) -> str:
        """What it is: "stock", "etf", "future" and so on."""
        ...

    @property
    def reference(self) -> int:
        """The first previous close (or settlement) of the demo, 1e-4 yuan. Ours."""
        ...

    @property
    def float_volume(self) -> int:
        """Shares, units or contracts outside."""
        ...

    @property
    def total_volume(self) -> int:
        """Shares, units or contracts in all."""
        ...

    @property
    def t0(self) -> bool:
        """Whether what is bought may be sold on the same day."""
        ...


class Pace(Protocol):
    """How the demo's order flow treats an instrument that is neither stock nor fund. Ours.

    A pace may also have `lot`, what the flow's orders are a multiple of; 1 if not.
    """

    @property
    def spread(self) -> float:
        """Usual distance of the price from the previous close, as a fraction of it."""
        ...

    @property
    def volume(self) -> int:
        """A usual order, in shares or contracts."""
        ...


class DayTerms(Protocol):
    """What the rules say about one instrument on one day, as far as the market asks."""

    @property
    def instrument(self) -> Any:
        """What it is about."""
        ...

    @property
    def prev_close(self) -> int:
        """Previous close, or settlement, 1e-4 yuan."""
        ...

    @property
    def day(self) -> date:
        """The trading day."""
        ...

    @property
    def up(self) -> int:
        """Limit up, 1e-4 yuan."""
        ...

    @property
    def down(self) -> int:
        """Limit down, 1e-4 yuan; at least a tick."""
        ...

    @property
    def tick(self) -> int:
        """Price step, 1e-4 yuan."""
        ...

    @property
    def lot(self) -> int:
        """Least buy."""
        ...

    @property
    def price_types(self) -> frozenset[int]:
        """What the venue knows."""
        ...


@runtime_checkable
class Settling(Protocol):
    """Day rules of a kind whose next day does not start from the last price."""

    def next_reference(self, last: int, volume: int, amount: int) -> int:
        """The reference of the next day, from the day's figures; the amount is without unit."""
        ...


@runtime_checkable
class Derived(Protocol):
    """Day rules of a kind that depends on the previous close of another instrument."""

    @property
    def underlying(self) -> str:
        """The code of that instrument."""
        ...

    def follow(self, prev_close: int) -> None:
        """Take its previous close, 1e-4 yuan."""
        ...


Maker = Callable[[Any, int, date], DayTerms]

_MAKERS: dict[type, Maker] = {
    Instrument: DayRules,
    Future: FuturesDay,
    ConnectStock: ConnectRules,
    Convertible: ConvertibleRules,
    Repo: RepoRules,
    StockOption: OptionDay,
    FutureOption: FutureOptionDay,
}
_STANDING: tuple[Callable[[], dict[str, Any]], ...] = (
    all_instruments,
    convertibles,
    repos,
    connect_stocks,
)
_MONTHLY: tuple[Callable[[date], dict[str, Any]], ...] = (
    all_futures,
    all_stock_options,
    all_future_options,
)


def rules_of(instrument: Listed, prev_close: int, day: date) -> DayTerms:
    """The rules of one instrument on one day.

    Raises:
        InputError: a kind of instrument that no rules are known for.
    """
    make = _MAKERS.get(type(instrument))
    if make is None:
        raise InputError("instrument", instrument, "an instrument of a listed kind")
    return make(instrument, prev_close, day)


def next_reference(rules: DayTerms, last: int, volume: int, amount: int) -> int:
    """What the next day starts from: the last price, or what the kind settles to."""
    return rules.next_reference(last, volume, amount) if isinstance(rules, Settling) else last


def tie(rules: Mapping[str, DayTerms]) -> None:
    """Tell the rules of one day that depend on another instrument what that begins from."""
    for one in rules.values():
        if isinstance(one, Derived) and one.underlying in rules:
            one.follow(rules[one.underlying].prev_close)


@cache
def _standing() -> dict[str, Listed]:
    return {code: listed for each in _STANDING for code, listed in each().items()}


@lru_cache(maxsize=16)
def everything(day: date = DEMO_DAY) -> dict[str, Listed]:
    """Every instrument listed on a day, of every kind, by code. Treat it as constant.

    Stocks, funds and bonds are the same on every day; contracts come and go by their
    months. A contract is listed on every day from its first to its last trading day.
    The day is the market's; the default is the one on which a hand-moved clock starts.
    """
    monthly = {code: listed for each in _MONTHLY for code, listed in each(day).items()}
    return _standing() | monthly


def lookup(stock_code: str, day: date = DEMO_DAY) -> Listed | None:
    """What a code means, also that of a contract that is not listed yet or any more; None for a
    code that means nothing. The day tells the decade of a Zhengzhou code."""
    return (
        everything(day).get(stock_code)
        or future_named(stock_code, day)
        or stock_option_named(stock_code)
        or future_option_named(stock_code, day)
    )


def first_reference(instrument: Listed, last: Callable[[str], int | None]) -> int:
    """The price that a newly listed instrument begins from, 1e-4 yuan, at least a tick. Ours.

    A future begins from the nearest month that is known, an option from the model
    premium at the price of its underlying, anything else from its own price.

    Args:
        instrument: as `everything` gives it on its first day.
        last: the price of another instrument as it is known on that day; None if it is not.
    """
    if isinstance(instrument, Future):
        return first_price(instrument, last)
    if isinstance(instrument, OptionContract):
        spot = last(instrument.underlying)
        if not spot:
            under = lookup(instrument.underlying, instrument.priced_on)
            spot = first_reference(under, last) if under else 0
        return instrument.premium(spot) if spot else instrument.reference
    return last(instrument.stock_code) or instrument.reference


def unit_of(instrument: Listed) -> int:
    """What one unit of volume counts for in an amount: 1, or a contract's multiplier."""
    return int(getattr(instrument, "unit", 1))


def book_of(instrument: Listed) -> str:
    """The code whose book an instrument trades in: its own, unless it shares one."""
    return str(getattr(instrument, "book_of", instrument.stock_code))
