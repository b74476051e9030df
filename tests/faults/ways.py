"""The ways of reaching a terminal, each with the faults that can befall it.

Behind each is the same: a terminal in a folder, with its journal, whose market is moved
by hand. `Way.restart` ends it as a process ends, and opens the folder again.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from tests.faults.edits import Mischief, loses
from tests.faults.faulty import FaultyLink
from tests.faults.network import DOWN, UP, Network
from tests.link.clients import crash
from tests.link.serving import nats_server, serve, trader_key
from tests.vendor.links import AT_ONCE, vendor_link
from xtnb.endpoints import durable_host
from xtnb.link.base import Link
from xtnb.link.local import PaperHost
from xtnb.link.nats import NatsLink
from xtnb.link.serve import TerminalServer
from xtnb.link.vendor_memory import untagged
from xtnb.session.trader import XtQuantTrader
from xtnb.terminal.scenario import DEMO_ACCOUNT
from xtnb.vocabulary.records import StockAccount

START = "2026-11-20 10:00:00"
ME = StockAccount(DEMO_ACCOUNT)
LEASE = 3.0
QUICK = replace(AT_ONCE, answer=1.0)  # so long an order is looked for before it is unknown


class Way:
    """A terminal, and links to it that a test can break.

    Attributes:
        other: a session of somebody else at the terminal, whom no fault befalls.
        together: terminal and client are one process: they restart together.
        numbered: pushes bear numbers that last, so that none is ever missed.
        holds: what is on its way can be kept there.
    """

    together = False
    numbered = False
    holds = True

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.mischief = Mischief(seed)
        self._begin()

    def _begin(self) -> None:
        self.host: PaperHost = durable_host(self.folder, 7, START)
        self.other = XtQuantTrader.over(self.terminal_link(), 2)
        self.other.start()
        assert self.other.connect() == 0
        assert self.other.subscribe(ME) == 0

    def terminal_link(self) -> Link:
        """A link that nothing befalls."""
        return self.host.link(self.folder.as_posix())

    def link(self) -> Link:
        """A link for a new session."""
        raise NotImplementedError

    def remark(self, at_the_terminal: str) -> str:
        """What an order's remark is to the desk."""
        return at_the_terminal

    def cut(self) -> None: ...
    def mend(self) -> None: ...
    def hold(self) -> None: ...
    def flow(self) -> None: ...
    def lose_replies(self, yes: bool) -> None: ...
    def lose_orders(self, yes: bool) -> None: ...

    def restart(self) -> None:
        """End the terminal, and begin it again from its folder."""
        self.other.stop()
        self._begin()

    def close(self) -> None:
        self.other.stop()


class Embedded(Way):
    """A terminal in the client's own process."""

    together = True

    def link(self) -> Link:
        self.faulty = FaultyLink(self.terminal_link())
        return self.faulty

    def cut(self) -> None:
        self.faulty.cut()

    def mend(self) -> None:
        self.faulty.mend()

    def hold(self) -> None:
        self.faulty.hold()

    def flow(self) -> None:
        self.faulty.flow()

    def lose_replies(self, yes: bool) -> None:
        self.faulty.lose_replies = yes

    def lose_orders(self, yes: bool) -> None:
        self.faulty.lose_orders = yes


class Vendor(Embedded):
    """The terminal behind the vendor's own Python layer; faults befall what is behind that."""

    together = False
    holds = False

    def link(self) -> Link:
        self.faulty = FaultyLink(self.terminal_link(), self.mischief)
        return vendor_link(self.faulty, QUICK)

    def remark(self, at_the_terminal: str) -> str:
        return untagged(at_the_terminal)[1]

    def restart(self) -> None:
        self.faulty.cut()
        super().restart()
        self.faulty.inner = self.terminal_link()


class Served(Way):
    """The terminal served over NATS, with a network between that drops, doubles and delays."""

    numbered = True

    def __init__(self, folder: Path, seed: int) -> None:
        self.network = Network(nats_server().port)
        self.network.edit(DOWN, self.mischief_of(seed))
        self._leaving = ExitStack()
        super().__init__(folder, seed)
        self.mischief = self._mischief
        link = self.terminal_link()
        self.server = serve(link, journal=lambda: link.journal, lease_seconds=LEASE)
        self.server.start()

    def mischief_of(self, seed: int) -> Mischief:
        self._mischief = Mischief(seed)
        return self._mischief

    def link(self) -> Link:
        where = f"nats://127.0.0.1:{self.network.port}/{self.server.name}"
        return NatsLink(where, trader_key())

    def cut(self) -> None:
        self.network.down()

    def mend(self) -> None:
        self.lose_replies(False)
        self.lose_orders(False)
        self.network.up()

    def hold(self) -> None:
        self.network.hold(UP)

    def flow(self) -> None:
        self.network.flow()

    def lose_replies(self, yes: bool) -> None:
        self._mischief.lose_replies = yes

    def lose_orders(self, yes: bool) -> None:
        self.network.edit(UP, loses(".ask.trade") if yes else None)

    def restart(self) -> None:
        name = self.server.name
        crash(self.server)
        self.server.link.close()
        super().restart()
        link, nats = self.terminal_link(), nats_server()
        self.server = TerminalServer(
            *(link, name, [nats.address], nats.own),
            journal=lambda: link.journal,
            lease_seconds=LEASE,
        )
        self.server.start()

    def close(self) -> None:
        self.server.stop()
        super().close()
        self.network.close()


WAYS = {"embedded": Embedded, "served": Served, "vendor": Vendor}
