"""Restart of a terminal with many orders of the day. Run: python tests/benchmarks/bench_restart.py

Half of the orders are open, and stand in their queues again. Target: 100,000 in under 2 s.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.bench_durable import Client, rich
from xtnb import endpoints
from xtnb.terminal.scenario import DEMO_ACCOUNT
from xtnb.vocabulary.messages import Request

ORDERS = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
GROUP = 1_000


def main():
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place).resolve() / "userdata_mini"
        host = endpoints.durable_host(folder, 7, "hand", rich())
        client = Client(host, folder.as_posix())
        for first in range(0, ORDERS, GROUP):
            client.send(GROUP)
            for order in range(first + 1, first + GROUP, 2):
                client.seq += 1
                asked = {"order_id": order}
                client.link.send(Request(client.seq, "cancel_order_stock", 2, DEMO_ACCOUNT, asked))
            for _ in range(GROUP // 2):
                client.arrived.acquire()
        client.link.close()
        size = (folder / "xtnb.sqlite").stat().st_size / 1e6
        for _ in range(3):
            begin, worked = time.perf_counter(), time.process_time()
            again = endpoints.durable_host(folder)
            took, worked = time.perf_counter() - begin, time.process_time() - worked
            link = again.link(folder.as_posix())
            assert link.open(1, lambda item: None) == 0
            link.close()
            what = f"{ORDERS:,} orders, half of them open, {size:,.0f} MB"
            print(f"restart with {what}: {took:.2f} s, {worked:.2f} s of CPU")


if __name__ == "__main__":
    main()
