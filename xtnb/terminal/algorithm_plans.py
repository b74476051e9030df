"""How an order is cut up over time: parameters, schedules, valid volumes. 智能算法

TWAP sells or buys equal parts at equal times. VWAP weighs the parts with the
volume that the same minutes of past days had. ICEBERG shows a small part and the
next one when that is done.

The vendor's package names the calls and, in an example, two parameters (m_dLimitOverRate
and m_strCmdRemark); what the algorithms do, the other parameters and all defaults are
ours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

from xtnb.errors import InputError
from xtnb.rules.boards import board_rules
from xtnb.rules.day import DayRules
from xtnb.rules.listed import DayTerms
from xtnb.terminal.clock import MINUTE, MS, midnight
from xtnb.terminal.market import Bar
from xtnb.vocabulary.records import Quote

TWAP, VWAP, ICEBERG = "TWAP", "VWAP", "ICEBERG"
PASSIVE, ACTIVE = 0, 1
LIMIT_RATE = "m_dLimitOverRate"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an algorithm: a number from `low` to `high`, or a text.

    Attributes:
        key: its name in `algo_param`; zh, en: what it is.
        default: what holds when it is not given; its type is that of the parameter.
        low, high: the range of a number.
        unit: of the number.
        choices: the words for each number, where it stands for a choice.
    """

    key: str
    zh: str
    en: str
    default: int | float | str
    low: int = 0
    high: int = 0
    unit: str = ""
    choices: tuple[str, ...] = ()

    def described(self) -> dict[str, Any]:
        """As `get_smart_algo_param` gives it."""
        text = isinstance(self.default, str)
        words = self.choices
        return {
            "key": self.key,
            "name": f"{self.zh} / {self.en}",
            "dataType": "enum" if words else type(self.default).__name__,
            "valueRange": [] if text else [self.low, self.high],
            "defaultValue": self.default,
            "enumName": list(words),
            "enumValue": list(range(len(words))),
            "unit": self.unit,
            "valueRangeByName": [words[0], words[-1]] if words else [],
            "defaultValueByName": words[int(self.default)] if words else "",
        }

    def checked(self, value: object) -> Any:
        """A value for it. Raises InputError for a wrong type, or out of the range."""
        name = f"algo_param[{self.key!r}]"
        if isinstance(self.default, str):
            if not isinstance(value, str):
                raise InputError(name, value, "a text")
            return value
        allowed = int if isinstance(self.default, int) else (int, float)
        number = isinstance(value, allowed) and not isinstance(value, bool)
        if not number or not self.low <= value <= self.high:  # type: ignore[operator]
            whole = "whole number" if allowed is int else "number"
            raise InputError(name, value, f"a {whole} from {self.low} to {self.high}")
        return value


_INTERVAL = Parameter("interval", "下单间隔", "time between slices", 60, 1, 3_600, "s")
_STYLE = Parameter(
    "style",
    "下单方式",
    "how a slice trades",
    ACTIVE,
    PASSIVE,
    ACTIVE,
    choices=("本方最优 / joins its own side", "对手方最优 / takes the other side"),
)
_RATE = Parameter(
    LIMIT_RATE, "量比", "most of what is traded since the start, 0 for no limit", 0.0, 0, 1
)
_REMARK = Parameter("m_strCmdRemark", "投资备注", "remark of the task", "")
_OVER_TIME = (_INTERVAL, _STYLE, _RATE, _REMARK)
PARAMETERS: Mapping[str, tuple[Parameter, ...]] = {
    TWAP: _OVER_TIME,
    VWAP: _OVER_TIME,
    ICEBERG: (
        Parameter("showVolume", "显示数量", "volume shown", 1_000, 1, 10**9, "shares"),
        Parameter("interval", "补单间隔", "time before the next part", 1, 1, 3_600, "s"),
        _REMARK,
    ),
}


def settings_of(algorithm: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of an order, with the defaults of those that it does not name.

    Raises:
        InputError: a parameter that the algorithm does not have, or out of its range.
    """
    known = {parameter.key: parameter for parameter in PARAMETERS[algorithm]}
    for key in given:
        if key not in known:
            raise InputError("algo_param", key, f"one of {', '.join(known)} for {algorithm}")
    return {
        key: parameter.checked(given.get(key, parameter.default))
        for key, parameter in known.items()
    }


def times(start: int, end: int, interval: int) -> list[int]:
    """When the slices are sent: from `start`, every `interval`, before `end`; all in ns."""
    return list(range(start, end, interval))


def targets(total: int, lot: int, weights: Sequence[int]) -> list[int]:
    """How much should be done after each slice: whole lots, and all of it after the last.

    Args:
        total: shares in all.
        lot: what a slice is a multiple of; the last one takes the rest, at least a lot.
        weights: one for each slice; equal parts when they add up to 0.
    """
    sums = list(accumulate(weights))
    if not sums[-1]:
        sums = list(range(1, len(weights) + 1))
    most = max(0, (total - lot) // lot * lot)
    done = [min(total * part // sums[-1] // lot * lot, most) for part in sums]
    done[-1] = total
    return done


def profile(bars: Iterable[Bar | Quote]) -> Counter[int]:
    """Volume by minute of the day, from minute bars; a minute is known by its beginning, ns."""
    found: Counter[int] = Counter()
    for bar in bars:
        if isinstance(bar, Bar):
            minute = bar.time_ms * MS - MINUTE
            found[minute - midnight(minute)] += bar.volume
    return found


def weights(usual: Mapping[int, int], starts: Sequence[int], end: int) -> list[int]:
    """What a profile says of each slice: volume × ns of its minutes that lie in it."""
    edges = [*starts, end]
    found = []
    for begin, stop in pairwise(edges):
        weight, at = 0, begin
        while at < stop:
            minute = at // MINUTE * MINUTE
            until = min(stop, minute + MINUTE)
            weight += usual.get(minute - midnight(minute), 0) * (until - at)
            at = until
        found.append(weight)
    return found


def fit(rules: DayTerms, buy: bool, volume: int, sellable: int) -> int:
    """The largest volume up to this that an order may have; 0 when there is none."""
    if not isinstance(rules, DayRules):
        return volume - volume % rules.lot
    if not buy:
        return rules.round_sell(volume, sellable)
    board = board_rules(rules.instrument, rules.day)
    volume = min(volume, board.limit_maximum)
    if volume < board.buy_minimum:
        return 0
    return volume - (volume - board.buy_minimum) % board.buy_step


def reach(prices: Sequence[int], volumes: Sequence[int], wanted: int) -> int:
    """The price of the level at which a side of the book covers a volume; 0 when it is empty.

    No further from the best price than one per cent, so that no price cage is in the way.
    """
    best = found = prices[0]
    covered = 0
    for price, volume in zip(prices, volumes, strict=True):
        if not price or abs(price - best) * 100 > best:
            break
        found = price
        covered += volume
        if covered >= wanted:
            break
    return found
