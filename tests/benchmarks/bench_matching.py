"""Matching alone, beside PyPI's lightmatchingengine on the same stream of orders.

Run: python tests/benchmarks/bench_matching.py

Either side runs in processes of its own on the same version of Python, in
turns, so that both meet the same machine. The stream is made beforehand; what
is timed is the loop over its 200,000 operations, with the making of each order.
Both sides are first run once without a clock, and every fill is compared:
which maker, what price, how many shares, in what order.
"""

from __future__ import annotations

import gc
import hashlib
import json
import statistics
import sys
import time

from order_stream import CANCEL, Operation, stream

OPERATIONS = 200_000
DEPTHS = (200, 1_000, 5_000)
ROUNDS = 3
REPEATS = 3


def ours(first: list[Operation], timed: list[Operation], fills: list | None) -> float:
    """CPU seconds of xtnb; the fills go to `fills` if there is one."""
    from xtnb.terminal.book import Book, BookOrder

    book = Book()
    add, cancel = book.add, book.cancel
    orders = [None]
    keep = orders.append
    count = 0
    for _, number, buy, price, volume in first:
        keep(BookOrder(number, buy, price, volume))
        add(orders[number])
    if fills is not None:
        for kind, number, buy, price, volume in timed:
            if kind == CANCEL:
                assert cancel(orders[number])
            else:
                keep(BookOrder(number, buy, price, volume))
                fills += [(maker.id, at, took) for maker, at, took in add(orders[number])]
        return 0.0
    gc.collect()
    started = time.process_time()
    for kind, number, buy, price, volume in timed:
        if kind:
            cancel(orders[number])
        else:
            order = BookOrder(number, buy, price, volume)
            keep(order)
            count += len(add(order))
    return time.process_time() - started


def peer(first: list[Operation], timed: list[Operation], fills: list | None) -> float:
    """CPU seconds of lightmatchingengine; it numbers orders as the stream does, from 1."""
    from lightmatchingengine.lightmatchingengine import LightMatchingEngine

    engine = LightMatchingEngine()
    add, cancel = engine.add_order, engine.cancel_order
    orders = [None]
    keep = orders.append
    count = 0
    for _, _, buy, price, volume in first:
        keep(add("X", price, volume, 1 if buy else 2)[0])
    if fills is not None:
        for kind, number, buy, price, volume in timed:
            if kind == CANCEL:
                assert cancel(number, "X")
            else:
                # It reports a taker's trade for each level and then those of the makers.
                fills += [
                    (trade.order_id, trade.trade_price, trade.trade_qty)
                    for trade in add("X", price, volume, 1 if buy else 2)[1]
                    if trade.order_id != number
                ]
        return 0.0
    gc.collect()
    started = time.process_time()
    for kind, number, buy, price, volume in timed:
        if kind:
            cancel(number, "X")
        else:
            order, trades = add("X", price, volume, 1 if buy else 2)
            keep(order)
            count += len(trades)
    return time.process_time() - started


def side(name: str, depth: int) -> dict:
    """What one process reports: its fills, and CPU seconds of each repeat."""
    run = {"ours": ours, "peer": peer}[name]
    first, timed = stream(OPERATIONS, depth)
    gc.collect()
    gc.freeze()  # the stream belongs to neither side, so the collector need not walk it
    fills: list = []
    run(first, timed, fills)
    facts = {
        "fills": len(fills),
        "shares": sum(volume for _, _, volume in fills),
        "digest": hashlib.sha256(repr(fills).encode()).hexdigest()[:16],
    }
    fills.clear()
    return {**facts, "seconds": [run(first, timed, None) for _ in range(REPEATS)]}


def main() -> None:
    import peers

    kinds = [operation[0] for operation in stream(OPERATIONS)[1]]
    print(f"matching alone: {OPERATIONS:,} operations, {kinds.count(CANCEL):,} of them cancels")
    print("operations per CPU-second: best (median)")
    for depth in DEPTHS:
        sides = {"ours": sys.executable, "peer": peers.python()}
        reports = {name: [] for name in sides}
        for _ in range(ROUNDS):
            for name, interpreter in sides.items():
                reports[name].append(peers.report(interpreter, __file__, name, str(depth)))
        seconds = {
            name: [second for report in reports[name] for second in report["seconds"]]
            for name in sides
        }
        best = {name: OPERATIONS / min(found) for name, found in seconds.items()}
        middle = {name: OPERATIONS / statistics.median(found) for name, found in seconds.items()}
        print(
            f"{depth:6,} orders resting   "
            f"xtnb {best['ours']:9,.0f} ({middle['ours']:9,.0f})   "
            f"lightmatchingengine {best['peer']:9,.0f} ({middle['peer']:9,.0f})   "
            f"{best['ours'] / best['peer']:.1f} times ({middle['ours'] / middle['peer']:.1f})"
        )
        one, other = reports["ours"][0], reports["peer"][0]
        print(
            f"       fills {one['fills']:,} and {other['fills']:,}, "
            f"shares {one['shares']:,} and {other['shares']:,}, "
            f"same makers, prices and volumes in the same order: "
            f"{'yes' if one['digest'] == other['digest'] else 'NO'}"
        )


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(json.dumps(side(sys.argv[1], int(sys.argv[2]))))
    else:
        main()
