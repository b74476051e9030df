"""The ways in which the methods of the API ask: waiting, with a function, with a callback."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from xtnb.session.calls import checked_listener
from xtnb.session.requests import Requests
from xtnb.vocabulary.records import StockAccount

T = TypeVar("T")


class Asking:
    """What every part of the API is built on.

    Attributes:
        requests: carries what is asked to the terminal; for Desk, not for scripts.
    """

    requests: Requests

    def _one(
        self, record: type[T], method: str, account: StockAccount | None, **arguments: Any
    ) -> T | None:
        found: T | None = self.requests.ask(method, account, arguments)
        return found

    def _sure(
        self, record: type[T], method: str, account: StockAccount | None, **arguments: Any
    ) -> T:
        """Ask for what is there also when the request failed, such as a response."""
        found: T = self.requests.ask(method, account, arguments)
        return found

    def _many(
        self, record: type[T], method: str, account: StockAccount | None, **arguments: Any
    ) -> list[T] | None:
        found: list[T] | None = self.requests.ask(method, account, arguments)
        return found

    def _send(
        self,
        method: str,
        account: StockAccount | None,
        callback: Callable[[Any], Any],
        **arguments: Any,
    ) -> int:
        """Ask, and hand the answer to a function."""
        return self.requests.send(method, account, arguments, checked_listener(callback))

    def _post(self, method: str, account: StockAccount | None, **arguments: Any) -> int:
        """Ask, and let the registered callback hear the answer."""
        return self.requests.send(method, account, arguments)
