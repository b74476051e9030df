"""A terminal that is served by a process which is killed, and notebooks that go on trading.

`Serving` is `xtnb serve FOLDER`, `ServingVendor` is `xtnb serve --vendor FOLDER` over the
vendor's own Python layer, whose terminal lives on in another process. Two kernels send
the same intents, so that each is sent again by somebody else, and one client watches.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from itertools import count
from pathlib import Path
from random import Random

from tests.link.clients import Client
from tests.link.serving import until
from tests.vendor.elsewhere import FarLink, Terminal
from xtnb import desk
from xtnb import xtconstant as c
from xtnb.errors import NotConnected, RequestTimeout
from xtnb.journal import Journal
from xtnb.journal.points import HANDED, PASSED, STREAM, WRITTEN
from xtnb.link.codec import decode
from xtnb.link.keys import KeyRing
from xtnb.link.keys import folder as config
from xtnb.link.nats import NatsLink
from xtnb.link.vendor_memory import tag_of
from xtnb.live.connection import LinkState
from xtnb.live.handle import Order
from xtnb.live.orders import _NEVER as NEVER
from xtnb.terminal.scenario import DEMO_ACCOUNT
from xtnb.vocabulary.messages import Push, PushKind
from xtnb.vocabulary.reconciliation import FindingKind
from xtnb.vocabulary.records import XtOrder, XtTrade
from xtnb.xttrader import XtQuantTrader
from xtnb.xttype import StockAccount

ME = StockAccount(DEMO_ACCOUNT)
CODE = "600000.SH"
SECONDS = 120.0
VENDOR = Path(__file__).parents[1] / "vendor" / "serving.py"
ROOT = Path(__file__).parents[2]


class Serving:
    """`xtnb serve FOLDER`, which may be killed and begun again at its port.

    Args:
        place: for what belongs to the test.
        port: of its nats-server.
        disk: for everything that must last.

    Attributes:
        points: where it may be told to kill itself.
        journal_folder, store: where its journal is, and what its nats-server has.
        may_never_be_known: nobody can tell of an order that is not there whether it will be.
    """

    points = (*WRITTEN, *HANDED, *STREAM)
    may_never_be_known = False

    def __init__(self, place: Path, port: int, disk: Path) -> None:
        self.folder = disk / "terminal"
        self.journal_folder = self.folder
        self.store = self.folder / "nats"
        self.address = f"nats://127.0.0.1:{port}/terminal"
        self._options = ["--port", str(port)]
        self._said = place / "said.txt"
        self.process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        return ["-m", "xtnb", "serve", str(self.folder)]

    def begin(self, kill_at: str = "") -> None:
        """Start it; it may end itself on the way."""
        before = self.said.count(self.address)
        with self._said.open("ab") as said:
            self.process = process = subprocess.Popen(
                [sys.executable, *self.command(), *self._options],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                env={
                    **os.environ,
                    "XTNB_KILL_AT": kill_at,
                    "PYTHONUNBUFFERED": "1",
                    "PYTHONIOENCODING": "utf-8",
                },
            )
        until(lambda: self.said.count(self.address) > before or process.poll() is not None, SECONDS)

    @property
    def said(self) -> str:
        return self._said.read_text("utf-8") if self._said.exists() else ""

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(30)

    def kill_nats(self) -> None:
        """Kill its nats-server alone, which it starts again."""
        kept = json.loads((self.store / "nats-server.json").read_text("utf-8"))
        os.kill(kept["pid"], signal.SIGTERM if os.name == "nt" else signal.SIGKILL)

    def kill_all(self) -> None:
        """Its nats-server too, as when the machine ends. For Linux."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        children = [int(child) for task in tasks for child in task.read_text().split()]
        self.kill()
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)

    def killed_itself(self) -> bool:
        """Whether it has ended, which only a marked point may have done."""
        ended = self.process.poll()
        assert ended in (None, 137), f"it ended with {ended}: {self.said}"
        return ended is not None

    def other(self) -> XtQuantTrader:
        """A session at the terminal itself."""
        return XtQuantTrader.over(NatsLink(self.address, KeyRing().key()), 99)

    def remark(self, key: str) -> str:
        """What the order of a key bears at the terminal."""
        return key

    def end(self) -> None:
        process, self.process = self.process, None
        if process is None:
            return
        if process.poll() is None:
            process.terminate()
            process.wait(30)
        else:  # a test that failed has left it killed
            with suppress(OSError, ValueError):
                self.kill_nats()

    def pushes(self) -> list[Push]:
        """What its journal has told; only once it has ended."""
        with closing(Journal(self.journal_folder, "a check")) as journal:
            return [decode(body) for _, body in journal.pushes_after(0, 10**6)]


class ServingVendor(Serving):
    """`xtnb serve --vendor FOLDER` over the stand-in."""

    points = (*WRITTEN, *HANDED, *PASSED, *STREAM)
    may_never_be_known = True

    def __init__(self, place: Path, port: int, disk: Path) -> None:
        super().__init__(place, port, disk)
        self.terminal = Terminal()
        self.journal_folder = self.store = config() / "served" / "terminal"

    def command(self) -> list[str]:
        return [str(VENDOR), str(self.terminal.port), str(self.folder)]

    def other(self) -> XtQuantTrader:
        return XtQuantTrader.over(FarLink(self.terminal.port), 99)

    def remark(self, key: str) -> str:
        return tag_of((c.SECURITY_ACCOUNT, ME.account_id), key)

    def end(self) -> None:
        super().end()
        self.terminal.close()


WAYS = {"served": Serving, "vendor": ServingVendor}


def intents(seed: int) -> Iterator[tuple[str, float | None]]:
    """Keys and prices, the same for every kernel: some orders trade, the others wait."""
    chance = Random(seed)
    return ((f"k{number}", chance.choice((None, 9.8))) for number in count())


class Kernel:
    """A notebook that sends one order after the other, and comes back when its link is lost.

    Attributes:
        orders: key -> handle, of everything that was asked for.
        acknowledged: how many orders have got a number.
    """

    def __init__(self, address: str, seed: int) -> None:
        self.desk = desk.connect(address)
        self.session = self.desk._session
        self.session.trader.set_timeout(5)
        self.connection = self.session.connection
        self.connection._rest = lambda ended, pause: ended.wait(min(pause, 0.1))
        self.orders: dict[str, Order] = {}
        self.acknowledged = 0
        self._chance = Random(seed)
        self._end = threading.Event()
        self._moved = threading.Event()
        self.connection.on_change(lambda state: self._moved.set())
        self._thread = threading.Thread(target=self._run, args=(intents(seed),))
        self._thread.start()

    def _run(self, asked: Iterator[tuple[str, float | None]]) -> None:
        for key, price in asked:
            while not self._end.is_set() and self.connection.state is not LinkState.LIVE:
                self._moved.wait(1)
                self._moved.clear()
            if self._end.is_set():
                return
            with suppress(NotConnected, RequestTimeout):
                order = self.desk.buy(CODE, 100, price, key=key, remark=key)
                self.acknowledged += order.id > 0
                if order.id <= 0:
                    self._moved.wait(0.1)  # it was not delivered; nor would the next one be
                elif price and self._chance.random() < 0.5:
                    order.cancel()
            if key in self.desk._live.orders._by_key:
                self.orders[key] = self.desk._live.orders._by_key[key]

    def rest(self) -> None:
        """Send no more, and find out what became of everything."""
        self._end.set()
        self._thread.join(SECONDS)
        until(lambda: self.calm(self.session.compare) is not None, SECONDS)

    def calm(self, ask: Callable[[], object]) -> object:
        """What is answered once the link holds; None when it did not."""
        until(lambda: self.connection.state is LinkState.LIVE, SECONDS)
        with suppress(NotConnected, RequestTimeout):
            return ask()
        return None

    def close(self) -> None:
        self._end.set()
        self._thread.join(SECONDS)
        self.session.close()


class GoingOn:
    """Kernels and a watcher at a terminal whose server is killed again and again."""

    def __init__(self, serving: Serving, seed: int) -> None:
        self.serving = serving
        serving.begin()
        self.watcher = Client(NatsLink(serving.address, KeyRing().key()), 7).connect()
        self.kernels = [Kernel(serving.address, seed) for _ in range(2)]

    def acknowledged(self) -> int:
        return sum(kernel.acknowledged for kernel in self.kernels)

    def endure(self, ends: Iterable[str | int]) -> None:
        """Life after life of the server.

        Args:
            ends: of each life: the point at which it kills itself, or after how many more
                orders somebody else kills it; below 0, its nats-server before that.
        """
        for end in ends:
            self.serving.kill()
            self.serving.begin(end if isinstance(end, str) else "")
            if isinstance(end, str):
                until(self.serving.killed_itself, SECONDS)
                continue
            self.trade(abs(end))
            if end < 0:
                self.serving.kill_nats()
                self.trade(1)
        self.serving.kill()
        self.serving.begin()
        assert not self.serving.killed_itself()

    def _all_back(self) -> bool:
        live = all(one.connection.state is LinkState.LIVE for one in self.kernels)
        trader = self.watcher.trader
        return (trader.connected or trader.connect() == 0) and live

    def trade(self, orders: int) -> None:
        """Wait until so many more were acknowledged."""
        enough = self.acknowledged() + orders
        until(lambda: self.acknowledged() >= enough, SECONDS)

    def check(self) -> None:
        """Everything that was acknowledged is there, once, and was told once."""
        until(self._all_back, SECONDS)
        for kernel in self.kernels:
            kernel.rest()
        other = self.serving.other()
        other.start()
        assert other.connect() == 0
        orders, fills = other.query_stock_orders(ME), other.query_stock_trades(ME)
        other.stop()
        self._each_intent_once(orders)
        self._told_once(fills)

    def _each_intent_once(self, orders: list[XtOrder]) -> None:
        by_remark: dict[str, list[int]] = {}
        for order in orders:
            remark = order.order_remark.partition(":")[0]
            by_remark.setdefault(remark, []).append(order.order_id)
        assert [numbers for numbers in by_remark.values() if len(numbers) > 1] == []
        for kernel in self.kernels:
            told = {one.subject: one.kind for one in kernel.session.findings.records()}
            for key in kernel.desk._live.orders._unknown:
                assert self.serving.may_never_be_known, "what became of an order was not found out"
                assert told[key] == FindingKind.STILL_UNKNOWN
                assert self.serving.remark(key) not in by_remark, "it is there and was not found"
            assert not kernel.desk._live.orders._unanswered
        for key in {key for kernel in self.kernels for key in kernel.orders}:
            there = by_remark.get(self.serving.remark(key), [])
            asked = [kernel.orders[key] for kernel in self.kernels if key in kernel.orders]
            assert {order.id for order in asked if order.id > 0} == {*there}, (key, asked, there)
            assert not there or not any(order.error == NEVER for order in asked), (key, asked)

    def _told_once(self, fills: list[XtTrade]) -> None:
        numbers = self.watcher.settled()
        heard = [push for push in self.watcher.pushes if push.kind != PushKind.DISCONNECTED]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        told = [push.record.traded_id for push in heard if push.kind == PushKind.TRADE]
        assert len(told) == len(set(told)), "a fill was told twice"
        assert set(told) <= {fill.traded_id for fill in fills}
        for kernel in self.kernels:
            kernel.close()
        self.watcher.trader.stop()
        self.serving.end()
        stored = [push for push in self.serving.pushes() if push.number >= numbers[0]]
        assert len(stored) >= len(heard), (len(stored), len(heard))
        pairs = [(_about(one), _about(other)) for one, other in zip(heard, stored, strict=False)]
        assert [pair for pair in pairs if pair[0] != pair[1]][:3] == []
        told = [push.record.traded_id for push in stored if push.kind == PushKind.TRADE]
        assert len(told) == len(set(told))
        assert {fill.traded_id for fill in fills} <= set(told)

    def close(self) -> None:
        for kernel in self.kernels:
            kernel.close()
        self.watcher.trader.stop()
        self.serving.end()

    def __enter__(self) -> GoingOn:
        return self

    def __exit__(self, *why: object) -> None:
        self.close()


def _about(push: Push) -> tuple[int, int, str, object]:
    """What a push says, but for who had asked."""
    facts = {**vars(push.record), "seq": 0} if push.record is not None else None
    return push.epoch, push.number, push.kind, facts
