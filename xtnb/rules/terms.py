"""What a broker agrees with an account, and how a terminal tells it: the request `terms`. Ours.

Each kind of account has its settings: fee schedules, margin rates, credit lines,
limits of an order. A terminal tells those of an account as plain values, `told`; who
previews orders reads them back, `read`, and so counts with what the terminal counts
with and not with the defaults of its own package.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, get_args, get_type_hints

from xtnb import xtconstant as c
from xtnb.errors import InputError
from xtnb.rules.bonds import CONVERTIBLE_FEES, ConvertibleRules
from xtnb.rules.collateral import CreditSettings
from xtnb.rules.connect import ConnectRules, ConnectSettings
from xtnb.rules.day import DayRules
from xtnb.rules.fees import FeeSchedule
from xtnb.rules.futures import FuturesTerms
from xtnb.rules.listed import DayTerms
from xtnb.rules.options_futures import FutureOptionSettings
from xtnb.rules.options_settings import OptionSettings


@dataclass(frozen=True, slots=True)
class StockTerms:
    """What a stock account pays.

    Attributes:
        fees: for shares and funds.
        bonds: for convertible bonds; duties in it have no rate of the day to fall back on.

    Raises:
        InputError: a duty of bonds that is None.
    """

    fees: FeeSchedule = FeeSchedule()  # noqa: RUF009 - frozen
    bonds: FeeSchedule = CONVERTIBLE_FEES

    def __post_init__(self) -> None:
        if None in (self.bonds.stamp_duty_ppm, self.bonds.transfer_fee_ppm):
            raise InputError("bonds", self.bonds, "a schedule that names both duties")


@dataclass(frozen=True, slots=True)
class FutureOptionTerms:
    """What an account for options on futures pays and puts up.

    Attributes:
        futures: for the futures that it holds too, and for margins.
        options: for the options.
    """

    futures: FuturesTerms = FuturesTerms()  # noqa: RUF009 - frozen
    options: FutureOptionSettings = FutureOptionSettings()  # noqa: RUF009 - frozen


KINDS: dict[int, type[Any]] = {
    c.SECURITY_ACCOUNT: StockTerms,
    c.NEW3BOARD_ACCOUNT: StockTerms,
    c.CREDIT_ACCOUNT: CreditSettings,
    c.FUTURE_ACCOUNT: FuturesTerms,
    c.FUTURE_OPTION_ACCOUNT: FutureOptionTerms,
    c.STOCK_OPTION_ACCOUNT: OptionSettings,
    c.HUGANGTONG_ACCOUNT: ConnectSettings,
    c.SHENGANGTONG_ACCOUNT: ConnectSettings,
}
"""The settings of each kind of account."""


def told(terms: Any) -> dict[str, Any]:
    """Settings as plain values: numbers, texts, lists, dicts and None."""
    return {field.name: _plain(getattr(terms, field.name)) for field in fields(terms)}


def read(account_type: int, values: Mapping[str, Any] | None) -> Any:
    """The settings of an account from what `told` made of them.

    Names that this version does not know are left out; what is not told, or None for
    all of it, is as by default.

    Raises:
        InputError: a value that no broker could agree.
        KeyError: a kind of account that has no settings.
    """
    return _settings(KINDS[account_type], values or {})


def under(rules: DayTerms, terms: Any) -> DayTerms:
    """The rules of an instrument today for an account with these settings.

    Where the settings do not touch what the rules say, they are the same object.
    """
    if isinstance(rules, ConnectRules) and isinstance(terms, ConnectSettings):
        if terms == ConnectSettings():
            return rules
        return ConnectRules(rules.instrument, rules.prev_close, rules.day, terms)
    if isinstance(rules, ConvertibleRules):
        schedule = terms.bonds if isinstance(terms, StockTerms) else CONVERTIBLE_FEES
        return rules if schedule == CONVERTIBLE_FEES else rules.under(schedule)
    if isinstance(rules, DayRules) and isinstance(terms, StockTerms | CreditSettings):
        return rules if terms.fees == FeeSchedule() else rules.under(terms.fees)
    return rules


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return told(value)
    return sorted(value) if isinstance(value, frozenset) else value


def _settings(kind: type[Any], values: Mapping[str, Any]) -> Any:
    hints = get_type_hints(kind)
    return kind(**{name: _value(hints[name], values[name]) for name in hints if name in values})


def _value(hint: Any, value: Any) -> Any:
    for kind in (hint, *get_args(hint)):
        if is_dataclass(kind) and isinstance(value, Mapping):
            assert isinstance(kind, type)
            return _settings(kind, value)
    return frozenset(value) if isinstance(value, list | tuple) else value
