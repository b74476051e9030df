"""The contract of the API, one suite for every link: `pytest tests/contract`.

Each way of reaching a terminal makes a `Reach`: a fresh demo terminal whose
market stands at 10:00 and moves only when told, with as many links to it as a
case wants. A link that arrives later is one more entry of `REACHES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from tempfile import TemporaryDirectory

import pytest

from tests.contract import house
from tests.contract.scripted_link import Gateway
from tests.link.serving import served
from tests.session.scripted import Diary
from tests.vendor.links import vendor_link
from xtnb.journal import Journal
from xtnb.link.base import Link
from xtnb.link.local import PaperHost
from xtnb.link.recorded import RecordedLink
from xtnb.rules.instruments import find
from xtnb.terminal.clock import HandClock
from xtnb.terminal.engine import PaperTerminal
from xtnb.terminal.market import Market
from xtnb.terminal.scenario import DEMO_ACCOUNT, demo
from xtnb.vocabulary.records import Quote
from xtnb.xttrader import XtQuantTrader
from xtnb.xttype import StockAccount

START = "2026-11-20 10:00:00"
# What the demo account holds, and one code that it does not.
CODES = [
    *("600000.SH", "600519.SH", "000001.SZ", "300750.SZ", "688981.SH", "510300.SH"),
    "600036.SH",
]


@dataclass
class Reach:
    """A terminal and the way to it."""

    new_link: Callable[[], Link]
    quote: Callable[[str], Quote]
    advance: Callable[[float], None]
    traders: list[XtQuantTrader] = field(default_factory=list)
    leaving: ExitStack = field(default_factory=ExitStack)

    def trader(self, session: int, callback: object | None = None) -> XtQuantTrader:
        trader = XtQuantTrader.over(self.new_link(), session, callback)
        self.traders.append(trader)
        trader.start()
        return trader

    def close(self) -> None:
        for trader in self.traders:
            trader.stop()
        self.leaving.close()


def _local() -> Reach:
    instruments = [find(code) for code in CODES]
    market = Market(HandClock(START), 7, instruments)
    host = PaperHost(
        market,
        lambda name: PaperTerminal(name, market, demo()),
        None,
        {"seed": 7, "clock": START},
    )
    return Reach(
        new_link=lambda: host.link("contract"),
        quote=lambda code: host.call(lambda: market.quote(code)),
        advance=host.advance,
    )


def _house() -> Reach:
    standing = house.market()
    host = house.host(standing)
    return Reach(
        new_link=lambda: host.link("house"),
        quote=lambda code: host.call(lambda: standing.quote(code)),
        advance=host.advance,
    )


def _one_new_file() -> Reach:
    """A gateway of another kind, which is nothing but scripted_link.py."""
    clock = HandClock(START)
    market = Market(clock, 7, [find(code) for code in CODES])
    gateway = Gateway("gateway", PaperTerminal("gateway", market, demo()))

    def advance(seconds: float) -> None:
        def walk() -> None:
            market.advance(market.now() + round(seconds * 1e9))
            gateway.tell()

        gateway.call(walk)

    leaving = ExitStack()
    leaving.callback(gateway.end)
    return Reach(
        new_link=gateway.link,
        quote=lambda code: gateway.call(lambda: market.quote(code)),
        advance=advance,
        leaving=leaving,
    )


def _through_the_vendor_s_package(reach: Reach) -> Reach:
    behind = reach.new_link
    return replace(reach, new_link=lambda: vendor_link(behind()))


def _over_nats(reach: Reach) -> Reach:
    """The same terminal, served through a real nats-server."""
    return replace(reach, new_link=served(reach.new_link(), reach.leaving))


def _as_serve_vendor_does(reach: Reach) -> Reach:
    """A MiniQMT behind a journal of ours, served: what `xtnb serve --vendor` makes."""
    folder = reach.leaving.enter_context(TemporaryDirectory(ignore_cleanup_errors=True))
    link = RecordedLink(reach.new_link(), lambda: Journal(folder, "the contract"))
    return replace(reach, new_link=served(link, reach.leaving, lambda: link.journal))


REACHES = {
    "local": _local,
    "vendor": lambda: _through_the_vendor_s_package(_local()),
    "nats": lambda: _over_nats(_local()),
    "miniqmt over nats": lambda: _as_serve_vendor_does(_through_the_vendor_s_package(_local())),
    "another gateway": _one_new_file,
}
# The same ways to a terminal with one account of every kind.
HOUSES = {
    "local": _house,
    "vendor": lambda: _through_the_vendor_s_package(_house()),
    "nats": lambda: _over_nats(_house()),
    "miniqmt over nats": lambda: _as_serve_vendor_does(_through_the_vendor_s_package(_house())),
}


@pytest.fixture(params=REACHES)
def reach(request: pytest.FixtureRequest) -> Iterator[Reach]:
    reach = REACHES[request.param]()
    yield reach
    reach.close()


@pytest.fixture
def account() -> StockAccount:
    return StockAccount(DEMO_ACCOUNT)


@pytest.fixture
def diary() -> Diary:
    return Diary()


@pytest.fixture
def trader(reach: Reach, diary: Diary, account: StockAccount) -> XtQuantTrader:
    """Connected and subscribed."""
    trader = reach.trader(1, diary)
    assert trader.connect() == 0
    assert trader.subscribe(account) == 0
    return trader
