"""Sessions of the API over served terminals, for tests."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from queue import SimpleQueue

from tests.link.serving import nats_server, trader_key, until
from xtnb import xtconstant as c
from xtnb.link.address import parse
from xtnb.link.codec import pack, unpack
from xtnb.link.nats import NatsLink
from xtnb.link.nkeys import Key
from xtnb.link.protocol import session_subject
from xtnb.link.serve import TerminalServer
from xtnb.link.service import Service
from xtnb.link.wire import NO_RESPONDERS, RequestFailed, Wire
from xtnb.terminal.scenario import DEMO_ACCOUNT
from xtnb.vocabulary.messages import Push, PushKind
from xtnb.xttrader import XtQuantTrader
from xtnb.xttype import StockAccount

PUFA = "600000.SH"
ACCOUNT = StockAccount(DEMO_ACCOUNT)
ORDER = (ACCOUNT, PUFA, c.STOCK_BUY, 100, c.FIX_PRICE, 9.8)


@dataclass
class Client:
    """A session of the API over a link, and what it heard."""

    link: NatsLink
    number: int = 1
    heard: SimpleQueue = field(default_factory=SimpleQueue)
    pushes: list[Push] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.trader = XtQuantTrader.over(self.link, self.number, self)
        self.lost = threading.Event()
        self.trader.tap(self.pushes.append)
        self.trader.start()

    def on_disconnected(self) -> None:
        self.lost.set()

    def connect(self, subscribe: bool = True) -> Client:
        assert self.trader.connect() == 0, self.link.reason
        if subscribe:
            assert self.trader.subscribe(ACCOUNT) == 0
        return self

    def numbers(self) -> list[int]:
        return [push.number for push in self.pushes if push.kind != PushKind.DISCONNECTED]

    def settled(self) -> list[int]:
        self.trader.query_account_status()
        return self.numbers()


def crash(server: TerminalServer) -> None:
    """The server's process dies: no word, no goodbye. Returns when nats-server knows."""
    server._ended.set()
    server._thread.join(10)
    server._wire.close()
    server._store.close()
    server._news.close()
    server._desks.close(give_back=False)
    wire = Wire([nats_server().address], trader_key())
    wire.connect()
    until(lambda: nobody_serves(wire, server.name))
    wire.close()


def wire(service: Service, key: Key) -> Wire:
    """A connection to a service with a key, and nothing on it."""
    made = Wire(parse(service.address).servers, key)
    made.connect()
    return made


def control(way: Wire, **asked: object) -> dict:
    """What a terminal called main says to a control message."""
    subject = session_subject("main", way.key.public)
    return unpack(way.request(subject, pack(asked), 5.0).data)


def nobody_serves(wire: Wire, name: str) -> bool:
    try:
        wire.request(session_subject(name, trader_key().public), b"", 0.2)
    except RequestFailed as failed:
        return failed.status == NO_RESPONDERS
    return False
