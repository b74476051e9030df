"""The market of the paper terminal: books, order flow, statistics, quotes and history."""

from xtnb.terminal.market.history import Bar
from xtnb.terminal.market.market import Market
from xtnb.terminal.market.state import MarketState

__all__ = ["Bar", "Market", "MarketState"]
