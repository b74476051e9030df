"""The market's part of what is kept: its time, and its state as far as it can give it."""

from __future__ import annotations

from typing import Any

from xtnb.journal import Kept
from xtnb.terminal.accounts.orders import Order
from xtnb.terminal.engine import PaperTerminal
from xtnb.terminal.keeping.codec import KeepingError, pack, unpack
from xtnb.terminal.market import Market

MARKET = "market"
LAYOUT = 1


def market_row(market: Market) -> Kept:
    """The market as it is now."""
    keep = getattr(market, "keep", None)
    return Kept(MARKET, "", pack([LAYOUT, market.now(), keep() if keep else None]))


def kept_time(body: bytes) -> int:
    """Market time, ns, when a row was written."""
    return int(_parts(body)[0])


def restore_market(market: Market, body: bytes) -> None:
    """Give a new market, whose clock stands at `kept_time`, the state of a row."""
    _, state = _parts(body)
    restore = getattr(market, "restore", None)
    if restore is not None and state is not None:
        restore(state)


def put_back(terminal: PaperTerminal, orders: list[Order]) -> None:
    """Rest open orders on their books, first come first; see `Market.put_back`."""
    for order in orders:
        terminal.market.put_back(order.fixed["stock_code"], order)


def _parts(body: bytes) -> list[Any]:
    layout, *parts = unpack(body)
    if layout != LAYOUT:
        raise KeepingError(f"a market of layout {layout} is not known here")
    return list(parts)
