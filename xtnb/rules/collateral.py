"""What margin trading allows on a day: eligible securities, haircuts, ratios, lines.

The dated figures lie in data/credit.json with their sources; what no source fixes
is a field of `CreditSettings`, whose defaults are those of the file. Which
securities are eligible, their haircuts and the volumes that can be borrowed are a
demo of ours and stand for no exchange's list.

Ratios and haircuts are whole ten-thousandths (`WHOLE` is 100 %), money is 1e-4 yuan.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from functools import lru_cache

from xtnb import xtconstant as c
from xtnb.errors import InputError
from xtnb.rules.fees import FeeSchedule
from xtnb.rules.tables import in_force, load
from xtnb.vocabulary.credit import CreditAssure, CreditSubjects
from xtnb.vocabulary.money import YUAN

WHOLE = 10_000  # one hundred per cent
LISTED, NOT_LISTED = 48, 49  # fin_status, slo_status, assure_status; as far as is known (U)
_SUFFIX = {c.MARKET_STR_TO_ENUM_MAPPING[market]: market for market in ("SH", "SZ", "BJ")}
_TABLE = load("credit")


def _bp(fraction: str) -> int:
    return int(Decimal(fraction) * WHOLE)


_LINES = _TABLE["lines"]
_INTEREST = _TABLE["interest"]


@dataclass(frozen=True, slots=True)
class CreditSettings:
    """What the broker of a margin account agrees with it.

    Attributes:
        fin_quota, slo_quota: credit lines of margin buying and of short selling,
            1e-4 yuan. Ours.
        fin_rate, slo_rate: yearly interest, ten-thousandths. Ours.
        interest_days: 365 or 360, by contract (U).
        withdraw_line, warn_line, close_line: maintenance ratios, ten-thousandths:
            only what is above the first may be withdrawn (S); below the second
            nothing more can be borrowed (ours); below the third the account is
            closed out. The second and the third are brokers' practice (S).
        restore_line: the ratio that a close-out wants to reach. Ours.
        tenor_days: life of a debt contract, extended by as much when it is due (U).
        interest_of_all_first: a repayment pays the interest of all contracts before
            any principal; False pays contract by contract, interest first (U).
        private_fund: pays the higher margin ratio of short sales.
        uptick_own: the uptick rule also holds for the account's other sales of a
            security that it is short in (one source, S); False only for short sales.
        fees: what it pays for trading.

    Raises:
        InputError: a negative figure, other interest days, or lines out of order.
    """

    fin_quota: int = int(_TABLE["quotas"]["fin"]) * YUAN
    slo_quota: int = int(_TABLE["quotas"]["slo"]) * YUAN
    fin_rate: int = _bp(_INTEREST["fin_rate"])
    slo_rate: int = _bp(_INTEREST["slo_rate"])
    interest_days: int = _INTEREST["days"]
    withdraw_line: int = _bp(_LINES["withdraw"])
    warn_line: int = _bp(_LINES["warn"])
    close_line: int = _bp(_LINES["close"])
    restore_line: int = _bp(_LINES["warn"])
    tenor_days: int = _TABLE["tenor"]["days"]
    interest_of_all_first: bool = False
    private_fund: bool = False
    uptick_own: bool = True
    fees: FeeSchedule = FeeSchedule()  # noqa: RUF009 - frozen

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, int) and value < 0:
                raise InputError(field.name, value, "0 or more")
        if self.interest_days not in (360, 365):
            raise InputError("interest_days", self.interest_days, "360 or 365")
        if self.tenor_days < 1:
            raise InputError("tenor_days", self.tenor_days, "1 or more")
        if not self.close_line <= self.warn_line <= self.withdraw_line:
            raise InputError("warn_line", self.warn_line, "between close_line and withdraw_line")
        if self.restore_line < max(self.close_line, WHOLE + 1):
            raise InputError("restore_line", self.restore_line, "above 100 % and the close line")


@dataclass(frozen=True, slots=True)
class Security:
    """What margin trading may do with one security on one day.

    Attributes:
        stock_code: the security.
        haircut: what its value counts as collateral, ten-thousandths. 折算率
        fin, slo: may be bought on margin, may be sold short.
        lendable: shares that the broker's ordinary pool lends an account.
    """

    stock_code: str
    haircut: int
    fin: bool
    slo: bool
    lendable: int


@lru_cache(maxsize=64)
def securities(day: date) -> Mapping[str, Security]:
    """Every security that counts as collateral on a day, by code. Treat it as constant.

    Source: data/credit.json, ours.
    """
    found = {}
    for entry in _TABLE["securities"]:
        row = in_force(entry["rows"], day)
        if row is not None:
            code = entry["stock_code"]
            found[code] = Security(
                code, _bp(row["haircut"]), row["fin"], row["slo"], row["lendable"]
            )
    return found


@dataclass(frozen=True, slots=True)
class Eligible:
    """What a terminal says of the securities of margin trading on a day.

    Attributes:
        securities: by code; what can be lent is not told here.
        ratios: margin ratios of financing and of short positions by code,
            ten-thousandths; 0 where none is told.
    """

    securities: Mapping[str, Security]
    ratios: Mapping[str, tuple[int, int]]

    @classmethod
    def of(
        cls, subjects: Iterable[CreditSubjects] | None, assures: Iterable[CreditAssure] | None
    ) -> Eligible | None:
        """Read from the answers to query_credit_subjects and query_credit_assure.

        None where a terminal does not tell both, as one of another broker may.
        """
        eligible = {_code(row): row for row in subjects or ()}
        haircuts = {
            _code(row): row.assure_ratio for row in assures or () if row.assure_status == LISTED
        }
        if not eligible or not haircuts:
            return None
        found = {
            code: Security(code, round(haircut * WHOLE), False, False, 0)
            for code, haircut in haircuts.items()
        }
        for code, row in eligible.items():
            fin, slo = row.fin_status == LISTED, row.slo_status == LISTED
            found[code] = Security(code, round(haircuts.get(code, 0) * WHOLE), fin, slo, 0)
        return cls(
            found,
            {
                code: (round(row.fin_ratio * WHOLE), round(row.slo_ratio * WHOLE))
                for code, row in eligible.items()
            },
        )


def _code(row: CreditSubjects | CreditAssure) -> str:
    return f"{row.instrument_id}.{_SUFFIX.get(row.exchange_id, '')}"


def fin_ratio(day: date) -> int:
    """The margin ratio of a financing contract opened on a day. 融资保证金比例"""
    return _ratio("fin_ratio", "value", day)


def slo_ratio(day: date, private_fund: bool = False) -> int:
    """The margin ratio of short positions on a day. 融券保证金比例"""
    return _ratio("slo_ratio", "private_fund" if private_fund else "value", day)


def _ratio(name: str, column: str, day: date) -> int:
    row = in_force(_TABLE[name], day)
    if row is None:
        raise InputError("day", day, f"a day for which data/credit.json has a row of {name}")
    return _bp(row[column])
