"""`xtnb serve`: a terminal, the nats-server it is served through, and its keys, together.

The nats-server is a child of this process, or one that runs already. While it
runs, a change of the list of keys is taken over within a second; a child that
died is started again at its port, and the terminal's server connects to it anew.
"""

from __future__ import annotations

import logging
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from xtnb.errors import TerminalUnavailable, XtnbError
from xtnb.link.address import Address, Server, is_loopback, parse_servers
from xtnb.link.base import Link
from xtnb.link.certificates import AUTHORITY, name_for, names_of
from xtnb.link.flood import MOST_UNDER_WAY
from xtnb.link.jetstream import Retention
from xtnb.link.keys import KeyRing
from xtnb.link.news import Pushes
from xtnb.link.serve import TerminalServer, no_journal
from xtnb.link.server import NatsServer, Tls
from xtnb.link.unstored import Unstored

_log = logging.getLogger("xtnb.link")

_EVERYWHERE = ("0.0.0.0", "::")
_LOOK_SECONDS = 0.5
# Windows counts whole milliseconds: of less, threads that wait for their turn would wait none
_TURN_SECONDS = 0.001 if sys.platform == "win32" else 0.0005


class Service:
    """One terminal, served.

    Args:
        link: the terminal; nobody else opens this link.
        name: what clients call it.
        store: a folder for the nats-server's storage; with `join` only for what
            `xtnb doctor` reads.
        ring: the keys that are let in.
        host, port, tls: where the nats-server listens; port 0 is any free one.
        join: the address of a server or cluster that runs already, with the name of
            a key of the role `terminal` before an @; "" starts one of our own.
        authority: a PEM file with the certificates to trust when joining; None takes
            ca.pem beside the keys, or the system's.
        journal: gives the journal of a durable terminal once its link is open, else None.
        kept: how much the stream keeps.
        replicas: on how many servers of a cluster that is joined.
        most_under_way: requests of one session that wait for the terminal at once.

    Attributes:
        names: those that the certificate bears.
    """

    def __init__(
        self,
        link: Link,
        name: str,
        store: Path,
        ring: KeyRing,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: Tls | None = None,
        join: str = "",
        authority: Path | None = None,
        journal: Callable[[], Pushes | None] = no_journal,
        kept: Retention | None = None,
        replicas: int = 1,
        most_under_way: int = MOST_UNDER_WAY,
    ) -> None:
        self.name = name
        self._ring = ring
        self._seen = b""
        self._unstored = Unstored(store)
        self._child: NatsServer | None = None
        if join:
            user = join.partition("://")[2].rpartition("@")[0]
            own = ring.place / AUTHORITY
            self._servers = parse_servers(join, authority or (own if own.exists() else None))
            key = ring.key(user, join.replace(f"{user}@", ""))
        else:
            self._child = NatsServer(store, [name], host, port, tls)
            key = self._child.own
            self._servers = ()
        self._link, self._key, self._journal, self._kept = link, key, journal, kept
        self._replicas, self._most_under_way = replicas, most_under_way
        self._server: TerminalServer | None = None
        self._end = threading.Event()
        self.names: tuple[str, ...] = ()

    def start(self) -> str:
        """Start everything; returns the address for clients.

        Raises:
            TerminalUnavailable: a part of it does not start; says which and why.
        """
        if self._child is not None:
            if tls := self._child.tls:
                self.names = names_of(tls.certificate, tls.key)
            self._ring.local()
            self._seen = self._listing()
            self._child.start(self._ring.users())
            self._servers = (self._child.address,)
        try:
            self._server = TerminalServer(
                *(self._link, self.name, self._servers, self._key),
                journal=self._journal,
                kept=self._kept,
                replicas=self._replicas,
                most_under_way=self._most_under_way,
                named=self._ring.who,
            )
            self._server.start()
        except BaseException:
            self.stop()
            raise
        return self.address

    @property
    def address(self) -> str:
        """What clients connect to."""
        child = self._child
        if child is None:
            return str(Address(self._servers, self.name))
        host = socket.gethostname() if child.host in _EVERYWHERE else child.host
        return self._at(child, name_for(self.names, host))

    @property
    def near(self) -> str:
        """What clients on this machine connect to, where the certificate allows a shorter way."""
        child = self._child
        loopback = next((one for one in self.names if is_loopback(one) and ":" not in one), "")
        if child is None or child.host not in _EVERYWHERE or not loopback:
            return self.address
        return self._at(child, loopback)

    def _at(self, child: NatsServer, host: str) -> str:
        return f"{Server(host, child.port, child.tls is not None)}/{self.name}"

    def run(self) -> str:
        """Serve until `end` is called, or until it cannot go on; returns why, or "".

        This process is the server's: threads take turns more often than usual.
        """
        sys.setswitchinterval(_TURN_SECONDS)
        server = self._server
        if server is None:
            raise TerminalUnavailable("start() comes first")
        while not self._end.is_set() and not server.stopped:
            self._end.wait(_LOOK_SECONDS)
            self._unstored.say(server.trouble)
            try:
                self._look()
            except (XtnbError, OSError) as fault:  # such as a full disk; tried again
                _log.warning("%s", fault)
        self._unstored.say("")
        return server.stopped

    def _look(self) -> None:
        child = self._child
        if child is None or self._end.is_set():
            return
        if not child.running:
            _log.warning("nats-server has ended; it is started again")
            child.start(self._ring.users())
            return
        now = self._listing()
        if now != self._seen:
            child.reload(self._ring.users())
            self._seen = now
            _log.info("the keys are those of %s now", self._ring.listing)

    def _listing(self) -> bytes:
        return self._ring.listing.read_bytes() if self._ring.listing.exists() else b""

    def end(self) -> None:
        """Have `run` return. On any thread."""
        self._end.set()

    def stop(self) -> None:
        """Stop everything."""
        self._end.set()
        if self._server is not None:
            self._server.stop()
        if self._child is not None:
            self._child.stop()
