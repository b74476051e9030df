"""Durable orders a second, by how many wait together. Run: python tests/benchmarks/bench_durable.py

Each order is accepted, rests, and is on the disk before it is answered; a group is what
waits in the queue when a commit begins. The last line is the same in memory.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from xtnb import endpoints
from xtnb.terminal.scenario import DEMO_ACCOUNT
from xtnb.vocabulary.messages import Reply, Request

ORDERS = int(sys.argv[1]) if len(sys.argv) > 1 else 4_000
ARGUMENTS = {
    "stock_code": "600000.SH",
    "order_type": 23,
    "order_volume": 100,
    "price_type": 11,
    "price": 10.0,
    "strategy_name": "",
    "order_remark": "",
}


class Client:
    """Sends orders and counts answers."""

    def __init__(self, host, name):
        self.link = host.link(name)
        self.host = host
        self.arrived = threading.Semaphore(0)
        assert self.link.open(1, self.hear) == 0
        self.seq = 0

    def hear(self, item):
        if type(item) is Reply:
            self.arrived.release()

    def send(self, count):
        for _ in range(count):
            self.seq += 1
            key = f"K{self.seq:012}"
            self.link.send(Request(self.seq, "order_stock", 2, DEMO_ACCOUNT, ARGUMENTS, 1, key))
        for _ in range(count):
            self.arrived.acquire()


def measure(client, group):
    begin, worked, laps = time.perf_counter(), time.process_time(), []
    for _ in range(max(1, ORDERS // group)):
        lap = time.perf_counter()
        client.send(group)
        laps.append((time.perf_counter() - lap) * 1e3)
    rate = len(laps) * group / (time.perf_counter() - begin)
    each = (time.process_time() - worked) / (len(laps) * group) * 1e6
    half, most = statistics.median(laps), statistics.quantiles(laps, n=100)[98]
    return (
        f"{rate:8,.0f} orders/s  p50 {half:7.2f} ms  p99 {most:7.2f} ms  {each:5.0f} µs of CPU each"
    )


def main():
    for group in (1, 8, 64, 512):
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place).resolve() / "userdata_mini"
            host = endpoints.durable_host(folder, 7, "hand", rich())
            client = Client(host, folder.as_posix())
            said = measure(client, group)
            client.link.close()
        print(f"groups of {group:3}  {said}")
    client = Client(endpoints.paper_host(7, "hand", rich()), "paper")
    said = measure(client, 64)
    client.link.close()
    print(f"in memory, 64  {said}")


def rich():
    """The demo account with money for all the orders."""
    return (endpoints.opening(DEMO_ACCOUNT, 1e9),)


if __name__ == "__main__":
    main()
