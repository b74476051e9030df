"""One terminal, many sessions, one of them frozen. Run: python tests/benchmarks/bench_fanout.py

A terminal that tells 2,000 pushes a second is served to 50 sessions in five processes.
One more session takes nothing for most of the time, as a notebook in a long
computation does, and then comes back. Printed: what each has, what it costs, and how
much memory it takes. Arguments: [sessions] [pushes a second] [seconds].
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import psutil

from xtnb.link.keys import KeyRing
from xtnb.link.nats import NatsLink
from xtnb.link.service import Service
from xtnb.vocabulary.messages import Push, PushKind, Reply, Request
from xtnb.vocabulary.records import XtAsset

PROCESSES = 5
ACCOUNT = "1"


class Source:
    """A link that tells pushes at a pace once it is told to begin."""

    terminal, paper = "source", True

    def __init__(self, rate: int, seconds: float) -> None:
        self._rate, self._seconds = rate, seconds
        self.done = threading.Event()

    def open(self, session, deliver) -> int:
        self._deliver = deliver
        return 0

    def send(self, request: Request) -> None:
        self._deliver(Reply(request.seq, 0))

    def close(self) -> None:
        self.done.set()

    def run(self) -> None:
        begin, number = time.perf_counter(), 0
        while (passed := time.perf_counter() - begin) < self._seconds:
            while number < passed * self._rate:
                number += 1
                asset = XtAsset(ACCOUNT, float(number), 0.0, 0.0, 0.0)
                push = Push("source", 1, number, PushKind.ASSET, 2, ACCOUNT, asset)
                self._deliver(push)
            time.sleep(0.002)
        self.done.set()


class Session:
    """Counts what it hears; the frozen one hears nothing until it is thawed."""

    def __init__(self, address: str, ring: KeyRing, number: int, frozen: bool = False) -> None:
        self.link = NatsLink(address, ring.key())
        self.number, self.count, self.last, self.wrong = number, 0, 0.0, 0
        self.thawed, self.lost = threading.Event(), threading.Event()
        if not frozen:
            self.thawed.set()
        assert self.link.open(number, self.hear) == 0
        self.link.send(Request(1, "subscribe", 2, ACCOUNT, {}, number))

    def hear(self, item: Reply | Push) -> None:
        if isinstance(item, Reply):
            return
        if item.kind == PushKind.DISCONNECTED:
            self.lost.set()
            return
        self.thawed.wait()
        self.count += 1
        self.wrong += item.record.cash != self.last + 1
        self.last = item.record.cash


def usage(process: psutil.Process) -> tuple[float, float]:
    times = process.cpu_times()
    return times.user + times.system, process.memory_info().rss / 1e6


def watch(address: str, folder: str, first: int, count: int, frozen: bool) -> None:
    """A process with some sessions: hears until its input ends, then says what it has."""
    ring = KeyRing(Path(folder))
    sessions = [Session(address, ring, first + n, frozen) for n in range(count)]
    print("ready", flush=True)
    peak, wanted = 0.0, 0

    def look() -> None:
        nonlocal peak
        while not over.wait(0.5):
            peak = max(peak, usage(psutil.Process())[1])

    over = threading.Event()
    threading.Thread(target=look, daemon=True).start()
    cpu = usage(psutil.Process())[0]
    for line in sys.stdin:
        wanted = int(line)
        for session in sessions:
            session.thawed.set()
    deadline = time.monotonic() + 120
    while any(s.last < wanted for s in sessions) and time.monotonic() < deadline:
        for session in sessions:
            if session.lost.is_set():  # as a session of the API would
                session.lost.clear()
                if session.link.open(session.number, session.hear) != 0:
                    session.lost.set()
        time.sleep(0.1)
    over.set()
    told = {
        "counts": Counter(s.count for s in sessions),
        "wrong": sum(s.wrong for s in sessions),
        "cpu": usage(psutil.Process())[0] - cpu,
        "peak": peak,
    }
    print(json.dumps(told), flush=True)
    for session in sessions:
        session.link.close()


def main(sessions: int, rate: int, seconds: float) -> None:
    with ExitStack() as leaving:
        folder = Path(leaving.enter_context(tempfile.TemporaryDirectory()))
        ring = KeyRing(folder / "config")
        source = Source(rate, seconds)
        service = Service(source, "source", folder / "nats", ring)
        address = service.start()
        leaving.callback(service.stop)
        threading.Thread(target=service.run, daemon=True).start()
        each = sessions // PROCESSES
        groups = [(100 * n, each, "") for n in range(1, PROCESSES + 1)] + [(1, 1, "frozen")]
        watchers = [
            subprocess.Popen(
                [sys.executable, __file__, address, str(ring.place), *map(str, group)],
                stdin=-1,
                stdout=-1,
                text=True,
            )
            for group in groups
        ]
        for watcher in watchers:
            assert watcher.stdout.readline() == "ready\n"
        here, nats = psutil.Process(), psutil.Process(service._child._process.pid)
        before = [usage(one)[0] for one in (here, nats)]
        begin = time.perf_counter()
        peaks = [0.0, 0.0]
        told = threading.Thread(target=source.run)
        told.start()
        while told.is_alive():
            told.join(0.5)
            peaks = [max(p, usage(one)[1]) for p, one in zip(peaks, (here, nats), strict=True)]
        made = service._server.last
        took = time.perf_counter() - begin
        for watcher in watchers:
            watcher.stdin.write(f"{made}\n")
            watcher.stdin.close()
        said = [json.loads(watcher.stdout.readline()) for watcher in watchers]
        for watcher in watchers:
            watcher.wait(30)
        spent = [usage(one)[0] - b for one, b in zip((here, nats), before, strict=True)]

    awake, frozen = said[:-1], said[-1]
    heard = sum(int(count) * many for one in awake for count, many in one["counts"].items())
    cpu = sum(one["cpu"] for one in awake)
    counts: Counter[str] = Counter()
    for one in awake:
        counts.update(one["counts"])
    print(f"{made:,} pushes in {took:.0f} s ({made / took:,.0f} a second) to {sessions} sessions")
    wrong = sum(one["wrong"] for one in awake)
    print(f"heard by them: {dict(counts)}; out of order or missing: {wrong}")
    print(f"heard by the frozen one: {frozen['counts']}; wrong: {frozen['wrong']}")
    print(f"CPU, µs: {cpu / heard * 1e6:.1f} a delivery in the sessions;")
    server, broker = (one / made * 1e6 for one in spent)
    print(f"  a push: {server:.0f} in the server, {broker:.0f} in nats-server")
    print(f"peak memory, MB: server {peaks[0]:.0f}, nats-server {peaks[1]:.0f},")
    most = max(one["peak"] for one in awake)
    print(f"  {each} sessions in a process {most:.0f}, the frozen one {frozen['peak']:.0f}")


if __name__ == "__main__":
    if len(sys.argv) > 4:
        where, place, first, count, frozen = sys.argv[1:]
        watch(where, place, int(first), int(count), bool(frozen))
    else:
        given = [float(text) for text in sys.argv[1:]] + [50, 2000, 60][len(sys.argv) - 1 :]
        main(int(given[0]), int(given[1]), given[2])
