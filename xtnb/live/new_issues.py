"""What may be subscribed, for previews at every keystroke: asked at most once a second."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from threading import Lock
from time import monotonic
from typing import Generic, TypeVar

from xtnb.rules import ipo
from xtnb.rules.ipo import Offer
from xtnb.session.trader import XtQuantTrader
from xtnb.vocabulary.records import StockAccount

T = TypeVar("T")

SECONDS = 1.0


def offers_told(trader: XtQuantTrader) -> dict[str, Offer]:
    """What a terminal offers today, by code, with what the rules know of it besides."""
    told = trader.query_ipo_data()
    days = {str(info["purchaseDate"]) for info in told.values()}
    return {
        code: offer
        for day in days
        for code, offer in ipo.offers(datetime.strptime(day, "%Y%m%d").date()).items()
        if code in told
    }


class NewIssues:
    """Offers and quotas of one account, of at most a second ago.

    Args:
        trader: a connected session.
        account: whose quotas.
    """

    def __init__(self, trader: XtQuantTrader, account: StockAccount) -> None:
        self._offers = _Recent(lambda: offers_told(trader))
        self._limits = _Recent(lambda: trader.query_new_purchase_limit(account))

    def offers(self) -> dict[str, Offer]:
        """What may be subscribed today, by code."""
        return self._offers.value()

    def limits(self) -> dict[str, int]:
        """How many new shares may be subscribed, by market."""
        return self._limits.value()


class _Recent(Generic[T]):
    """An answer that is asked for again when it is a second old."""

    def __init__(self, ask: Callable[[], T]) -> None:
        self._ask = ask
        self._lock = Lock()
        self._kept: tuple[float, T] | None = None

    def value(self) -> T:
        with self._lock:
            kept = self._kept
        if kept is None or monotonic() - kept[0] > SECONDS:
            kept = monotonic(), self._ask()
            with self._lock:
                self._kept = kept
        return kept[1]
