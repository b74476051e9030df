"""What may be passed to xtdata: times, fields, codes. Each check says what it expected."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from typing import Any

from xtnb.errors import InputError
from xtnb.rules.instruments import all_instruments
from xtnb.session.quotes import BAR_FIELDS, PERIODS, TICK_FIELDS

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
DAY_MS = 86_400_000
MARKETS = {
    "SH": "上交所",
    "SZ": "深交所",
    "BJ": "北交所",
    "HK": "港交所",
    "HGT": "沪港通",
    "SGT": "深港通",
    "IF": "中金所",
    "SF": "上期所",
    "DF": "大商所",
    "ZF": "郑商所",
    "GF": "广期所",
    "INE": "能源交易所",
    "SHO": "上证期权",
    "SZO": "深证期权",
    "BKZS": "板块指数",
}
DIVIDENDS = ("none", "front", "back", "front_ratio", "back_ratio")
_TIME_FORM = "text of 8 or 14 digits such as '20261120093000', '' or a datetime"
_NUMBERED = re.compile(r"(ask|bid)(Price|Vol)[1-5]")
Time = str | datetime


def time_range(period: str, start_time: Time, end_time: Time, count: int) -> tuple[int, int, int]:
    """Check a period and a range: start and end in ms, 0 for open, and the count."""
    check_one_of("period", period, PERIODS)
    if isinstance(count, bool) or not isinstance(count, int) or count < -1:
        raise InputError("count", count, "-1, 0 or a number of rows")
    start = milliseconds(start_time, "start_time", end=False)
    end = milliseconds(end_time, "end_time", end=True)
    return start, end, count


def milliseconds(time: Time, argument: str, *, end: bool) -> int:
    """A time as ms since the epoch, 0 for "". A day as an end is its last millisecond."""
    if isinstance(time, datetime):
        moment = time if time.tzinfo else time.replace(tzinfo=SHANGHAI)
        return max(1, round(moment.timestamp() * 1000))
    if not isinstance(time, str):
        raise InputError(argument, time, _TIME_FORM)
    if not time:
        return 0
    forms = {8: "%Y%m%d", 14: "%Y%m%d%H%M%S"}
    try:
        if not (time.isascii() and time.isdigit()):
            raise ValueError("not digits")
        moment = datetime.strptime(time, forms[len(time)]).replace(tzinfo=SHANGHAI)
    except (KeyError, ValueError) as wrong:
        raise InputError(argument, time, _TIME_FORM) from wrong
    whole_day = DAY_MS - 1 if end and len(time) == 8 else 0
    return max(1, round(moment.timestamp() * 1000) + whole_day)


def fields_of_rows(field_list: Iterable[str], period: str) -> tuple[str, ...]:
    """The fields wanted, all of the period when the list is empty."""
    check_one_of("period", period, PERIODS)
    known = TICK_FIELDS if period == "tick" else BAR_FIELDS
    wanted = tuple(texts(field_list, "field_list"))
    for name in wanted:
        numbered = period == "tick" and _NUMBERED.fullmatch(name)
        if name not in known and not numbered:
            raise InputError("field_list", name, f"fields out of {', '.join(known)}")
    return wanted or known


def expand_markets(code_list: Iterable[str]) -> list[str]:
    """Codes, with markets replaced by all codes of theirs; each once."""
    known = all_instruments()
    found: dict[str, None] = {}
    for name in texts(code_list, "code_list"):
        if name in MARKETS:
            found.update((code, None) for code in known if code.endswith(f".{name}"))
        else:
            found[name] = None
    return list(found)


def texts(values: Iterable[str], argument: str) -> list[str]:
    """A list of texts; one text alone is not a list."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise InputError(argument, values, "a list of texts")
    return [text(value, argument) for value in values]


def text(value: str, argument: str) -> str:
    """A text."""
    if not isinstance(value, str):
        raise InputError(argument, value, "text")
    return value


def check_one_of(argument: str, value: Any, allowed: tuple[Any, ...]) -> None:
    """Refuse what is not allowed."""
    if value not in allowed:
        raise InputError(argument, value, f"one of {', '.join(map(repr, allowed))}")


def check_callable(callback: Any) -> None:
    """Refuse a callback that cannot be called."""
    if callback is not None and not callable(callback):
        raise InputError("callback", callback, "a function or None")
