"""Convertible bonds and reverse repos, as a stock account trades them.

A convertible bond (可转债) follows the rules of shares but for its figures: T+0,
limit orders only, ten units a lot, no stamp duty. `ConvertibleRules` is a
`DayRules`, so that everything that asks about a share can ask about a bond.

A reverse repo (国债逆回购) is money lent against bonds: a sale (24), whose price is
the rate in per cent a year. `RepoRules` says what an order sets aside and what
comes back, and when.

Volumes are bond units (张) of 100 yuan face; amounts and prices whole 1e-4 yuan, and
a rate of 1.65 % is 16_500. Figures, with their sources, lie in data/bonds.json.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from xtnb import xtconstant as c
from xtnb.errors import CashShort, InputError, RefusalCode, Refused
from xtnb.rules.boards import price_limits
from xtnb.rules.day import DayRules
from xtnb.rules.fees import FeeRules, FeeSchedule
from xtnb.rules.tables import in_force, load
from xtnb.vocabulary.codes import PriceType
from xtnb.vocabulary.money import YUAN, to_fen

_BONDS = load("bonds")["convertibles"]
_REPOS = load("bonds")["repos"]
_STOCK, _SELL, _LIMIT = c.SECURITY_ACCOUNT, c.STOCK_SELL, c.FIX_PRICE
_MILLION = 1_000_000

FACE = 100 * YUAN
"""Face of one bond unit, 1e-4 yuan."""

CONVERTIBLE_FEES = FeeSchedule(
    _BONDS["fees"]["commission_ppm"],
    int(Decimal(_BONDS["fees"]["minimum"]) * YUAN),
    _BONDS["fees"]["stamp_duty_ppm"],
    _BONDS["fees"]["transfer_fee_ppm"],
)
"""What a broker charges for convertible bonds. Ours."""


def _units(text: str) -> int:
    return int(Decimal(text) * YUAN)


def _row(rows: list[dict[str, Any]], day: date, what: str) -> dict[str, Any]:
    row = in_force(rows, day)
    if row is None:
        raise InputError("day", day, f"a day for which data/bonds.json has a row of {what}")
    return row


class BondPace(NamedTuple):
    """How the demo's flow treats a bond or a repo. Ours; see `rules.listed.Pace`."""

    spread: float
    volume: int
    lot: int


class BondBoard(NamedTuple):
    """What refusals call the place where convertible bonds trade."""

    zh: str = "可转债"
    en: str = "convertible bonds"


_BOND_PACE = BondPace(0.008, 400, 10)
_REPO_PACE = BondPace(0.02, 5_000, 10)
_BOARD = BondBoard()

# -- convertible bonds ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Convertible:
    """One convertible bond. `reference` is a demo previous close, ours."""

    stock_code: str
    name: str
    pinyin: str
    english: str
    market: str
    reference: int
    float_volume: int
    total_volume: int
    pace: BondPace = _BOND_PACE
    board: BondBoard = _BOARD
    kind: str = "convertible"
    t0: bool = True
    unit: int = 1


@cache
def convertibles() -> dict[str, Convertible]:
    """The convertible bonds of the demo, by code. Treat what comes as constant."""
    return {
        row["stock_code"]: Convertible(
            row["stock_code"],
            row["name"],
            row["pinyin"],
            row["english"],
            row["stock_code"][-2:],
            _units(row["reference"]),
            row["float_volume"],
            row["float_volume"],
        )
        for row in _BONDS["rows"]
    }


class ConvertibleRules(DayRules):
    """One convertible bond on one day; see `DayRules`, whose questions it answers."""

    __slots__ = ()

    instrument: Any

    def __init__(
        self,
        instrument: Convertible,
        prev_close: int,
        day: date,
        schedule: FeeSchedule = CONVERTIBLE_FEES,
    ) -> None:
        percent = _row(_BONDS["daily_limit"], day, "daily_limit")["percent"]
        lot = _row(_BONDS["lot"], day, "lot")["unit"]
        maximum = _row(_BONDS["maximum"], day, "maximum")["value"]
        self.instrument = instrument
        self.day = day
        self.prev_close = prev_close
        self.tick = _units(_row(_BONDS["tick"], day, "tick")["value"])
        self.down, self.up = price_limits(prev_close, percent, self.tick)
        self.price_types = frozenset({_LIMIT})
        self.lot = self._buy_minimum = self._buy_step = self._sell_unit = lot
        self._lots = True
        self._limit_maximum = self._market_maximum = maximum
        self._cage = None
        self._fee_rules = FeeRules(self.instrument, day, schedule)
        self._fee_total = self._fee_rules.total

    def check(
        self,
        account_type: int,
        order_type: int,
        price_type: int,
        volume: int,
        price: int,
        *,
        sellable: int,
        bid: int,
        ask: int,
        last: int,
        held: int | None = None,
        arriving: int = 0,
    ) -> int:
        """As `DayRules.check`; only FIX_PRICE enters."""
        if price_type != _LIMIT:
            raise _limit_only("可转债", "a convertible bond", price_type)
        return super().check(
            account_type,
            order_type,
            price_type,
            volume,
            price,
            sellable=sellable,
            bid=bid,
            ask=ask,
            last=last,
            held=held,
            arriving=arriving,
        )


# -- reverse repos -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Repo:
    """One repo: money lent for `tenor` calendar days. `reference` is a demo rate, ours."""

    stock_code: str
    name: str
    pinyin: str
    market: str
    tenor: int
    reference: int
    float_volume: int = 0
    total_volume: int = 0
    pace: BondPace = _REPO_PACE
    kind: str = "repo"
    t0: bool = True
    unit: int = 1


@cache
def repos() -> dict[str, Repo]:
    """The repos of the demo, by code. Treat what comes as constant."""
    return {
        row["stock_code"]: Repo(
            row["stock_code"],
            row["name"],
            row["name"].replace("-", ""),
            row["stock_code"][-2:],
            row["tenor"],
            _units(row["reference"]),
        )
        for row in _REPOS["rows"]
    }


def interest(face: int, rate: int, days: int) -> int:
    """What so much money earns: face × rate × days / 365, half up to the fen, 1e-4 yuan."""
    return to_fen(face * rate * days, 100 * YUAN * _REPOS["year_days"]["value"])


def every_day(day: date) -> bool:
    """The paper market's calendar: each day is a trading day."""
    return True


def maturity(day: date, tenor: int, trades: Callable[[date], bool] = every_day) -> tuple[date, int]:
    """When money lent on a day is back, and for how many days it earns.

    The money is away from the first to the second settlement: the trading day after
    the loan, and the one after its maturity, which is put off to a trading day. It
    can be spent at the maturity already.

    Args:
        day: of the loan.
        tenor: calendar days.
        trades: whether a day is a trading day; the paper market's calendar by default,
            `rules.calendar.is_trading_day` for the exchanges'.

    Source: unverified (rules.md repo interest: actual occupied calendar days).
    """

    def on_or_after(start: date) -> date:
        while not trades(start):
            start += timedelta(days=1)
        return start

    back = on_or_after(day + timedelta(days=tenor))
    first = on_or_after(day + timedelta(days=1))
    second = on_or_after(back + timedelta(days=1))
    return back, (second - first).days


@dataclass(frozen=True, slots=True)
class RepoVerdict:
    """What becomes of money that is lent, if all of it is taken at this rate.

    Attributes:
        rate: per cent a year times 10,000.
        face, fee: what is lent, and the broker's fee; both are set aside, `freeze`.
        due: when it is back.
        days: for how many it earns.
        interest: what it earns.
    """

    rate: int
    face: int
    fee: int
    freeze: int
    due: date
    days: int
    interest: int


class RepoRules:
    """One repo on one day.

    Attributes:
        up, down: the highest rate (ours; a repo has no daily limit) and the lowest.
        tick, lot, price_types: as of any instrument.
    """

    __slots__ = (
        "_maximum",
        "day",
        "days",
        "down",
        "due",
        "fee_ppm",
        "instrument",
        "lot",
        "prev_close",
        "price_types",
        "tick",
        "up",
    )

    def __init__(
        self,
        instrument: Repo,
        prev_close: int,
        day: date,
        trades: Callable[[date], bool] = every_day,
    ) -> None:
        self.instrument = instrument
        self.prev_close = prev_close
        self.day = day
        self.tick = _units(_row(_REPOS["tick"][instrument.market], day, "tick")["value"])
        self.lot = _row(_REPOS["lot"], day, "lot")["unit"]
        self._maximum = _row(_REPOS["maximum"], day, "maximum")["value"]
        self.down, self.up = self.tick, _units(_REPOS["highest_rate"]["value"])
        self.price_types = frozenset({_LIMIT})
        self.fee_ppm: int = _REPOS["fee_ppm"][str(instrument.tenor)]
        self.due, self.days = maturity(day, instrument.tenor, trades)

    def fee(self, face: int) -> int:
        """Fee of ONE order of which so much has been lent, 1e-4 yuan."""
        return to_fen(face * self.fee_ppm, _MILLION)

    def interest(self, face: int, rate: int) -> int:
        """What so much money brings at its maturity, 1e-4 yuan."""
        return interest(face, rate, self.days)

    def verdict(
        self,
        account_type: int,
        order_type: int,
        price_type: int,
        volume: int,
        rate: int,
        *,
        cash: int,
    ) -> RepoVerdict:
        """Say whether money may be lent.

        Args:
            account_type, order_type, price_type: numbers of xtconstant.
            volume: bond units of 100 yuan.
            rate: per cent a year times 10,000.
            cash: what is available, 1e-4 yuan.

        Raises:
            Refused: ORDER_TYPE, PRICE_TYPE, LOT, TOO_LARGE, TICK or PRICE_LIMIT.
            CashShort: the cash does not cover face and fee.
        """
        code = self.instrument.stock_code
        if account_type != _STOCK or order_type != _SELL:
            raise Refused(
                RefusalCode.ORDER_TYPE,
                f"{code} 只能在 STOCK 账户以卖出 {_SELL} 融出资金（逆回购）",
                f"{code} can only be lent, a sale ({_SELL}) of a STOCK account",
            )
        if price_type != _LIMIT:
            raise _limit_only("逆回购", "a repo", price_type)
        if volume <= 0 or volume % self.lot:
            raise Refused(
                RefusalCode.LOT,
                f"逆回购须为 {self.lot} 张（面值 {self.lot * 100:,} 元）的整数倍，"
                f"委托 {volume:,} 张",
                f"a repo is a multiple of {self.lot} units ({self.lot * 100:,} CNY face), "
                f"this one is {volume:,}",
            )
        if volume > self._maximum:
            raise Refused(
                RefusalCode.TOO_LARGE,
                f"逆回购单笔最多 {self._maximum:,} 张，委托 {volume:,} 张",
                f"a repo order is at most {self._maximum:,} units, this one is {volume:,}",
            )
        shown, tick = f"{rate / YUAN:.4f}".rstrip("0"), f"{self.tick / YUAN:.3f}"
        if not self.down <= rate <= self.up:
            highest = f"{self.up / YUAN:.3f}"
            raise Refused(
                RefusalCode.PRICE_LIMIT,
                f"利率 {shown} 不在 {tick} 至 {highest} 之内",
                f"rate {shown} is not within {tick} and {highest}",
            )
        if rate % self.tick:
            raise Refused(
                RefusalCode.TICK,
                f"利率 {shown} 不是最小变动单位 {tick} 的整数倍",
                f"rate {shown} is off the tick of {tick}",
            )
        face = volume * FACE
        fee = self.fee(face)
        if face + fee > cash:
            raise CashShort(face + fee, cash)
        earned = self.interest(face, rate)
        return RepoVerdict(rate, face, fee, face + fee, self.due, self.days, earned)


def _limit_only(zh: str, en: str, price_type: int) -> Refused:
    name_zh, name_en = (PriceType.label_of(price_type, language) for language in ("zh", "en"))
    return Refused(
        RefusalCode.PRICE_TYPE,
        f"{zh}没有报价类型 {name_zh}；可用指定价 {_LIMIT}",
        f"{en} has no price type {name_en}; use FIX_PRICE ({_LIMIT})",
    )
