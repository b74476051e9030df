"""When a contract is traded: the sessions of data/futures.json, if an account keeps to them.

The demo's market trades around the clock, so accounts ignore sessions unless
`FuturesTerms.sessions` is "enforce". A session is read by the time of day alone:
holidays, and nights without a session before them, are not modelled, nor are the call
auctions before a session. Source: the vendor's tradeTime.txt; see the data file.
"""

from __future__ import annotations

from functools import lru_cache

from xtnb.errors import RefusalCode, Refused

_SHANGHAI = 8 * 3_600
_DAY = 86_400


def second_of_day(ns: int) -> int:
    """Seconds since midnight in Shanghai of a moment, ns since the epoch."""
    return (ns // 1_000_000_000 + _SHANGHAI) % _DAY


def shown(second: int) -> str:
    """A time of day as text, "15:30:00"."""
    return f"{second // 3_600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"


@lru_cache(maxsize=256)
def spans(sessions: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    """First and last second of each session; one over midnight becomes two."""
    found: list[tuple[int, int]] = []
    for session in sessions:
        begin, end = (_second(text) for text in session.split("-"))
        found += [(begin, end)] if begin < end else [(begin, _DAY), (0, end)]
    return tuple(found)


def check_session(code: str, sessions: tuple[str, ...], second: int) -> None:
    """Refuse an order outside the sessions of its contract.

    Args:
        code: the contract.
        sessions: as ("21:00-23:00", "09:00-10:15").
        second: of the day; below 0 for not known, which refuses nothing.

    Raises:
        Refused: CLOSED.
    """
    if second < 0 or any(begin <= second < end for begin, end in spans(sessions)):
        return
    listed = "、".join(sessions), ", ".join(sessions)
    raise Refused(
        RefusalCode.CLOSED,
        f"{shown(second)} 不在 {code} 的交易时段：{listed[0]}",
        f"{code} is not traded at {shown(second)}; its sessions are {listed[1]}",
    )


def _second(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 3_600 + int(minutes) * 60
