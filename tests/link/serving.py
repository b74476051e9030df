"""A real nats-server for tests, and terminals that are served through it."""

from __future__ import annotations

import atexit
import functools
import itertools
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from xtnb.link.address import Server
from xtnb.link.base import Link
from xtnb.link.keys import LOCAL, TRADER, User
from xtnb.link.nats import NatsLink
from xtnb.link.nkeys import Key
from xtnb.link.serve import TerminalServer, no_journal
from xtnb.link.server import NatsServer

NAMES = [f"t{number}" for number in range(400)]
_unused = itertools.cycle(NAMES)


@functools.cache
def nats_server() -> NatsServer:
    """One for the whole run of the tests, with a key for every terminal."""
    folder = tempfile.TemporaryDirectory(prefix="xtnb-nats-", ignore_cleanup_errors=True)
    server = NatsServer(Path(folder.name), NAMES)
    server.start([User(LOCAL, trader_key().public, TRADER)])
    atexit.register(folder.cleanup)
    atexit.register(server.stop)
    return server


@functools.cache
def trader_key() -> Key:
    """The key of the tests' clients."""
    return Key.new()


def address(terminal: str) -> str:
    """Where that terminal is served."""
    return f"{nats_server().address}/{terminal}"


def serve(
    link: Link, servers: Sequence[Server] | None = None, **settings: object
) -> TerminalServer:
    """A server of that link under a name of its own; not started."""
    server = nats_server()
    return TerminalServer(link, next(_unused), servers or [server.address], server.own, **settings)


def served(
    link: Link, leaving: ExitStack, journal: Callable[[], Any] = no_journal
) -> Callable[[], Link]:
    """Serve a link until `leaving` is closed; returns what makes links to it."""
    server = serve(link, journal=journal)
    server.start()
    leaving.callback(server.stop)
    return lambda: NatsLink(address(server.name), trader_key())


def until(fact: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait for something that another thread or process brings about."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not fact():
        assert time.monotonic() < deadline, "it did not come about"
        pause.wait(0.01)


class Proxy:
    """A way to a server that a test can freeze or cut."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._flows = threading.Event()
        self._flows.set()
        self._sockets: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._target))
            self._sockets += [near, far]
            for a, b in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(a, b), daemon=True).start()

    def _carry(self, a: socket.socket, b: socket.socket) -> None:
        try:
            while data := a.recv(1 << 16):
                self._flows.wait()
                b.sendall(data)
        except OSError:
            self.cut_one(a)  # a test cut it
        self.cut_one(b)

    @staticmethod
    def cut_one(one: socket.socket) -> None:
        try:
            one.shutdown(socket.SHUT_RDWR)
        except OSError:
            one.close()

    def freeze(self) -> None:
        """Carry nothing; both ends believe that they are connected."""
        self._flows.clear()

    def thaw(self) -> None:
        self._flows.set()

    def cut(self) -> None:
        """End every connection."""
        for one in self._sockets:
            self.cut_one(one)
        self._sockets.clear()

    def close(self) -> None:
        self._listening.close()
        self.thaw()
        self.cut()
