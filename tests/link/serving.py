"""A real nats-server for tests, and terminals that are served through it."""

from __future__ import annotations

import atexit
import functools
import itertools
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from xtnb.link.base import Link
from xtnb.link.keys import LOCAL, TRADER, User
from xtnb.link.nats import NatsLink
from xtnb.link.nkeys import Key
from xtnb.link.serve import TerminalServer
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


def serve(link: Link, **settings: object) -> TerminalServer:
    """A server of that link under a name of its own; not started."""
    server = nats_server()
    return TerminalServer(link, next(_unused), [server.address], server.own, **settings)


def served(link: Link, leaving: ExitStack) -> Callable[[], Link]:
    """Serve a link until `leaving` is closed; returns what makes links to it."""
    server = serve(link)
    server.start()
    leaving.callback(server.stop)
    return lambda: NatsLink(address(server.name), trader_key())
