"""Orders without a pause, for tests of what survives."""

from __future__ import annotations

import threading

from tests.link.clients import ORDER, Client
from xtnb.errors import NotConnected, RequestTimeout


class Load:
    """Sends orders one after the other, and comes back when its link was lost."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.sure: list[int] = []
        self.unknown = 0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        trader = self.client.trader
        while not self._end.is_set():
            try:
                self.sure.append(trader.order_stock(*ORDER))
            except NotConnected as fault:
                self.unknown += "outcome is unknown" in str(fault)
                trader.connect()
            except RequestTimeout:
                self.unknown += 1

    def end(self) -> None:
        self._end.set()
        self._thread.join(60)
