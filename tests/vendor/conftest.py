"""Two traders side by side: ours, and the vendor's over the stand-in of its client."""

from __future__ import annotations

import asyncio
import atexit
import gc
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from tests.contract.conftest import REACHES, Reach
from tests.session.scripted import SECONDS, Diary, ScriptedLink
from tests.vendor import package
from xtnb.link.base import Link
from xtnb.xttrader import XtQuantTrader
from xtnb.xttype import StockAccount

NO_ANSWER = "no answer"


def within(call: Callable[[], Any], seconds: float = SECONDS) -> Any:
    """What a call gives, its exception, or NO_ANSWER: the vendor's waits have no limit."""
    future: Future[Any] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as fault:
            future.set_exception(fault)

    threading.Thread(target=run, daemon=True).start()
    done, _ = wait([future], seconds)
    return future.result() if done else NO_ANSWER


@dataclass
class Side:
    """One of the two: a trader, what it heard, and the market behind it."""

    name: str
    trader: Any
    diary: Diary
    link: Any = None
    reach: Reach | None = None

    def __call__(self, method: str, *arguments: Any, **named: Any) -> Any:
        return within(lambda: getattr(self.trader, method)(*arguments, **named))


class Vendor:
    """Makes the vendor's traders."""

    def __init__(self) -> None:
        self.module = package.xttrader()
        self._made: list[Any] = []

    def trader(self, link: Link, callback: object | None, session: int = 1) -> Any:
        path = f"D:\\迅投\\userdata_mini {len(self._made)}"
        package.LINKS[path] = link
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # its event loop
            trader = self.module.XtQuantTrader(path, session, callback)
        self._made.append(trader)
        return trader

    def close(self) -> None:
        for trader in self._made:
            trader.async_client.stop()
            if trader.executor:
                trader.executor.shutdown(wait=False)
                trader.relaxed_resp_executor.shutdown(wait=False)
            trader.loop.close()
            trader.oldloop = a_loop()  # which its __del__ makes the loop of the thread
        self._made.clear()
        package.LINKS.clear()


@cache
def a_loop() -> asyncio.AbstractEventLoop:
    """An event loop that nobody runs, for as long as the process lives."""
    loop = asyncio.new_event_loop()
    atexit.register(loop.close)
    return loop


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    """The vendor's constructor replaces the event loop of the thread; here it is put back."""
    asyncio.set_event_loop(a_loop())
    made = Vendor()
    yield made
    made.close()
    gc.collect(1)  # a trader and its closures are a circle
    asyncio.set_event_loop(a_loop())


def both(vendor: Vendor, links: Callable[[], tuple[Link, Reach | None]]) -> list[Side]:
    """Ours first, then the vendor's: started and connected."""
    sides = []
    for name in ("ours", "theirs"):
        (link, reach), diary = links(), Diary()
        ours = name == "ours"
        trader = XtQuantTrader.over(link, 1, diary) if ours else vendor.trader(link, diary)
        trader.start()
        assert trader.connect() == 0
        sides.append(Side(name, trader, diary, link, reach))
    return sides


def end(sides: list[Side]) -> None:
    """Stop ours, and forget the vendor's."""
    sides[0].trader.stop()
    for side in sides:
        side.trader = None


@pytest.fixture
def scripted(vendor: Vendor) -> Iterator[list[Side]]:
    """Both over links that answer as a test tells them to."""
    sides = both(vendor, lambda: (ScriptedLink(), None))
    yield sides
    end(sides)


@pytest.fixture(params=["local"])
def paper(request: pytest.FixtureRequest, vendor: Vendor) -> Iterator[list[Side]]:
    """Both over paper terminals of their own, which begin alike."""

    def link() -> tuple[Link, Reach]:
        reach = REACHES[request.param]()
        return reach.new_link(), reach

    sides = both(vendor, link)
    yield sides
    end(sides)


@pytest.fixture
def account() -> StockAccount:
    return StockAccount("1")
