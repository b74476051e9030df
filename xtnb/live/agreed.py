"""What a broker agrees with an account, asked of the terminal once a day.

A preview counts with these settings and not with the defaults of this package. A
terminal that tells none, such as the vendor's, leaves it at the defaults; its
previews are then as good as those are.
"""

from __future__ import annotations

from datetime import date
from threading import Lock
from typing import Any

from xtnb import xtconstant as c
from xtnb.rules.collateral import Eligible
from xtnb.rules.terms import KINDS, read
from xtnb.session.trader import XtQuantTrader
from xtnb.vocabulary.records import StockAccount


class Agreed:
    """The settings of one account, by day.

    Args:
        trader: a connected session.
        account: whose settings they are.
    """

    def __init__(self, trader: XtQuantTrader, account: StockAccount) -> None:
        self._trader = trader
        self._account = account
        self._lock = Lock()
        self._day: date | None = None
        self._settings: Any = None
        self._listed: date | None = None
        self._eligible: Eligible | None = None

    @property
    def known(self) -> Any:
        """The settings that were told last; asks nobody. None before that."""
        with self._lock:
            return self._settings

    def on(self, day: date) -> Any:
        """The settings on a day, of the kind of the account; None for a kind without any.

        Raises:
            SessionError: the terminal cannot be asked.
        """
        with self._lock:
            if self._day == day:
                return self._settings
        return self.renew(day)

    def eligible(self, day: date) -> Eligible | None:
        """What may be bought on margin, sold short and put up on a day, and at which ratios.

        None for an account that is no margin account, and where the terminal does not tell.

        Raises:
            SessionError: the terminal cannot be asked.
        """
        if self._account.account_type != c.CREDIT_ACCOUNT:
            return None
        with self._lock:
            if self._listed == day:
                return self._eligible
        subjects = self._trader.query_credit_subjects(self._account)
        found = Eligible.of(subjects, self._trader.query_credit_assure(self._account))
        with self._lock:
            self._listed, self._eligible = day, found
        return found

    def renew(self, day: date | None = None) -> Any:
        """Ask the terminal now. As `on`.

        Args:
            day: on which that is, where it is known.
        """
        kind = self._account.account_type
        if kind not in KINDS:
            return None
        settings = read(kind, self._trader.requests.ask("terms", self._account, {}))
        with self._lock:
            self._day, self._settings = day or self._day, settings
        return settings
