"""How long an order takes there and back. Run: python tests/benchmarks/bench_round_trip.py

Embedded, served, and served with TLS, by the synchronous calls of the API; beside
them, in the same run and in turns, a bare echo of as many bytes over asyncio
streams (a unix socket, TCP on Windows) and over plain NATS request/reply with
nats-py, which are what a program of one's own would begin with. Whoever answers is
in a process of its own; the market stands still. Every order is accepted and rests,
which is checked: one that is refused is a push to its sender besides. Nobody has
subscribed the account, but for the orders whose pushes are heard.
"""

from __future__ import annotations

import asyncio
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import nats
import trustme

from xtnb import xtconstant as c
from xtnb.endpoints import paper_host, people
from xtnb.link.base import Link
from xtnb.link.keys import KeyRing
from xtnb.link.local import LocalLink
from xtnb.link.nats import NatsLink
from xtnb.link.server import Tls, program
from xtnb.link.service import Service
from xtnb.terminal.scenario import DEMO_ACCOUNT
from xtnb.xttrader import XtQuantTrader
from xtnb.xttype import StockAccount, XtOrder

ROUNDS, CALLS = 10, 200
WARM = 50
BYTES = 160  # about what an order takes as a message
ACCOUNT = StockAccount(DEMO_ACCOUNT)
ORDER = (ACCOUNT, "600000.SH", c.STOCK_BUY, 100, c.FIX_PRICE, 9.8)
CASH = {DEMO_ACCOUNT: 1e8}  # for every order; the demo's is spent after a thousand


def terminal() -> LocalLink:
    """A link to a new paper terminal of this process."""
    return paper_host(seed=5, clock="hand", accounts=people(CASH)).link("bench")


# -- who answers, each in a process of its own -----------------------------------------------------


def answer_as(what: str, folder: Path) -> None:
    """Answer until the input ends; the first line of the output says where."""
    if what in ("served", "heard", "tls"):
        tls = Tls(folder / "cert.pem", folder / "key.pem") if what == "tls" else None
        service = Service(terminal(), "main", folder / what, KeyRing(folder / "config"), tls=tls)
        print(service.start(), flush=True)
        threading.Thread(target=service.run, daemon=True).start()
        sys.stdin.read()
        service.stop()
    elif what == "asyncio":
        asyncio.run(_echo(folder))
    else:
        asyncio.run(_responder(folder))


async def _echo(folder: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.CancelledError):  # of the loop, when it ends
            while data := await reader.read(BYTES):
                writer.write(data)
                await writer.drain()

    if sys.platform == "win32":
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
    else:
        path = folder / "echo"
        await asyncio.start_unix_server(serve, path)
        print(path, flush=True)
    await asyncio.to_thread(sys.stdin.read)


async def _responder(folder: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen([program(), "-a", "127.0.0.1", "-p", str(port)], stderr=-3)
    try:
        while True:
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", port)).close()
                break
        there = await nats.connect(f"nats://127.0.0.1:{port}")

        async def reply(message: nats.aio.msg.Msg) -> None:
            await message.respond(message.data)

        await there.subscribe("echo", cb=reply)
        await there.flush()
        print(port, flush=True)
        await asyncio.to_thread(sys.stdin.read)
        await there.close()
    finally:
        server.terminate()
        server.wait()


# -- who asks --------------------------------------------------------------------------------------


def _started(what: str, folder: Path, leaving: ExitStack) -> str:
    process = subprocess.Popen(
        [sys.executable, __file__, what, str(folder)], stdin=-1, stdout=-1, text=True
    )

    def end() -> None:
        process.stdin.close()
        process.wait(30)

    leaving.callback(end)
    return process.stdout.readline().strip()


def _trader(link: Link, number: int, leaving: ExitStack) -> XtQuantTrader:
    trader = XtQuantTrader.over(link, number)
    trader.start()
    assert trader.connect() == 0
    leaving.callback(trader.stop)
    return trader


class Hears:
    """A callback that counts what it hears of orders."""

    def __init__(self) -> None:
        self.orders = 0

    def on_stock_order(self, order: XtOrder) -> None:
        self.orders += 1


def _timed(call: Callable[[], object], count: int) -> list[float]:
    times = []
    for _ in range(count):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return times


class Loop:
    """Asynchronous round trips, timed inside their loop."""

    def __init__(self, leaving: ExitStack) -> None:
        self._runner = asyncio.Runner()
        leaving.callback(self._runner.close)

    def unix(self, where: str) -> Callable[[int], list[float]]:
        if where.isdigit():
            opened = asyncio.open_connection("127.0.0.1", int(where))
        else:
            opened = asyncio.open_unix_connection(where)
        reader, writer = self._runner.run(opened)

        async def there_and_back() -> None:
            writer.write(bytes(BYTES))
            await reader.readexactly(BYTES)

        return lambda count: self._runner.run(self._timed(there_and_back, count))

    def nats(self, port: str, leaving: ExitStack) -> Callable[[int], list[float]]:
        client = self._runner.run(nats.connect(f"nats://127.0.0.1:{port}"))
        leaving.callback(lambda: self._runner.run(client.close()))

        async def there_and_back() -> None:
            await client.request("echo", bytes(BYTES))

        return lambda count: self._runner.run(self._timed(there_and_back, count))

    @staticmethod
    async def _timed(call: Callable[[], object], count: int) -> list[float]:
        times = []
        for _ in range(count):
            start = time.perf_counter()
            await call()
            times.append(time.perf_counter() - start)
        return times


def _same_work(traders: list[XtQuantTrader], ear: Hears) -> str:
    """Whether every side has done the same: so many orders, and all of them rest."""
    rest = [
        sum(order.order_status == c.ORDER_REPORTED for order in trader.query_stock_orders(ACCOUNT))
        for trader in traders
    ]
    sent = WARM + ROUNDS * CALLS
    return f"of {sent:,} orders each, {min(rest):,} to {max(rest):,} rest; {ear.orders:,} heard"


def main() -> None:
    with ExitStack() as leaving:
        folder = Path(leaving.enter_context(tempfile.TemporaryDirectory()))
        authority = trustme.CA()
        signed = authority.issue_cert("127.0.0.1")
        authority.cert_pem.write_to_path(folder / "ca.pem")
        signed.private_key_pem.write_to_path(folder / "key.pem")
        (folder / "cert.pem").write_bytes(b"".join(one.bytes() for one in signed.cert_chain_pems))

        ring = KeyRing(folder / "config")
        key = ring.key(ring.local().name)
        near = _trader(terminal(), 1, leaving)
        served = _trader(NatsLink(_started("served", folder, leaving), key), 1, leaving)
        heard = _trader(NatsLink(_started("heard", folder, leaving), key), 1, leaving)
        ear = Hears()
        heard.register_callback(ear)
        assert heard.subscribe(ACCOUNT) == 0
        address = _started("tls", folder, leaving)
        over_tls = _trader(NatsLink(address, key, folder / "ca.pem"), 1, leaving)
        loop = Loop(leaving)
        echo = loop.unix(_started("asyncio", folder, leaving))
        plain = loop.nats(_started("nats", folder, leaving), leaving)

        def orders(trader: XtQuantTrader) -> Callable[[int], list[float]]:
            return lambda count: _timed(lambda: trader.order_stock(*ORDER), count)

        def queries(trader: XtQuantTrader) -> Callable[[int], list[float]]:
            return lambda count: _timed(lambda: trader.query_stock_order(ACCOUNT, 1), count)

        sides = {
            "asyncio echo": echo,
            "plain NATS request/reply": plain,
            "order, embedded": orders(near),
            "order, served": orders(served),
            "order, served, its pushes heard": orders(heard),
            "order, served with TLS": orders(over_tls),
            "query, embedded": queries(near),
            "query, served": queries(served),
            "query, served with TLS": queries(over_tls),
        }
        times: dict[str, list[float]] = {name: [] for name in sides}
        for side in sides.values():
            side(WARM)
        for _ in range(ROUNDS):
            for name, side in sides.items():
                times[name] += side(CALLS)
        print(_same_work([near, served, heard, over_tls], ear))

    measure = statistics.median(times["plain NATS request/reply"])
    print(f"{'µs, there and back':32} {'p50':>7} {'p99':>7}   times plain NATS")
    for name, found in times.items():
        p99 = statistics.quantiles(found, n=100)[98]
        p50 = statistics.median(found)
        print(f"{name:32} {p50 * 1e6:7.0f} {p99 * 1e6:7.0f}   {p50 / measure:.2f}")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        answer_as(sys.argv[1], Path(sys.argv[2]))
    else:
        main()
