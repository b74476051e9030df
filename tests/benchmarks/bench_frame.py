"""100,000 orders to a DataFrame: cold, again, and after a few have changed.

Run: python tests/benchmarks/bench_frame.py

The records are like those of one day in one account: sixty codes, three
strategies, all states. `cold` is the first frame of a new process. After that
`FrameCache` reads only what changed, so the rest is what `desk.orders()` costs a
cell that is run again, without the query itself. The list of dicts is what one
would write by hand.
"""

from __future__ import annotations

import dataclasses
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

ROWS = 100_000
PROCESSES = 5
REPEATS = 7


def records() -> list:
    """Seeded orders, each text an object of its own, as a terminal makes them."""
    from xtnb import xtconstant as c
    from xtnb.rules.instruments import all_instruments
    from xtnb.vocabulary.records import XtOrder

    chance = random.Random(7)
    known = list(all_instruments().values())
    states = [c.ORDER_REPORTED, c.ORDER_PART_SUCC, c.ORDER_SUCCEEDED, c.ORDER_CANCELED]
    found = []
    for number in range(1, ROWS + 1):
        instrument = chance.choice(known)
        volume = 100 * chance.randint(1, 50)
        state = chance.choice(states)
        traded = {c.ORDER_PART_SUCC: volume // 2, c.ORDER_SUCCEEDED: volume}.get(state, 0)
        price = instrument.reference / 10_000
        found.append(
            XtOrder(
                account_id="1000000365",
                stock_code=instrument.stock_code,
                order_id=number,
                order_sysid=f"{number:010d}",
                order_time=1_795_138_200 + number // 8,
                order_type=chance.choice([c.STOCK_BUY, c.STOCK_SELL]),
                order_volume=volume,
                price_type=50,
                price=price,
                traded_volume=traded,
                traded_price=price if traded else 0.0,
                order_status=state,
                status_msg="",
                strategy_name=chance.choice(["momentum", "pairs", "manual"]),
                order_remark=f"note {number}",
                direction=0,
                offset_flag=chance.choice([48, 49]),
                secu_account="A100000365",
                instrument_name=instrument.name,
            )
        )
    return found


def milliseconds(work: Callable[..., object], *arguments: object) -> float:
    started = time.perf_counter()
    work(*arguments)
    return (time.perf_counter() - started) * 1e3


def changed(orders: list, places: list[int]) -> list:
    """The same orders, but new objects at some places."""
    now = list(orders)
    for place in places:
        now[place] = dataclasses.replace(now[place], traded_volume=now[place].order_volume)
    return now


def one_process() -> dict[str, list[float]]:
    """Milliseconds of each case."""
    import pandas as pd

    from xtnb.frames.cache import FrameCache

    orders = records()
    more = [dataclasses.replace(order, order_id=ROWS + order.order_id) for order in orders[:1_000]]
    cache = FrameCache()
    found: dict[str, list[float]] = {"cold": [milliseconds(cache.orders, orders)]}
    chance = random.Random(8)

    def by_hand(now: list) -> object:
        return pd.DataFrame([vars(order) for order in now])

    def note(case: str, now: list) -> None:
        found.setdefault(case, []).append(milliseconds(cache.orders, now))

    for repeat in range(REPEATS):
        note("nothing changed", list(orders))
        orders = changed(orders, chance.sample(range(ROWS), 10))
        orders += more[repeat * 10 : repeat * 10 + 10]
        note("10 changed, 10 new", orders)
        orders = changed(orders, chance.sample(range(ROWS), 1_000))
        note("1,000 changed", orders)
        found.setdefault("all read again", []).append(milliseconds(FrameCache().orders, orders))
    found["list of dicts"] = [milliseconds(by_hand, orders) for _ in range(3)]
    assert len(cache.orders(orders)) == len(orders)
    return found


def main() -> None:
    cases: dict[str, list[float]] = {}
    for _ in range(PROCESSES):
        done = subprocess.run(
            [sys.executable, __file__, "one"],
            check=True,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        for case, found in json.loads(done.stdout).items():
            cases.setdefault(case, []).extend(found)
    print(f"{ROWS:,} orders to a DataFrame, ms: best (median, worst) of {PROCESSES} processes")
    for case, found in cases.items():
        print(f"{case:20s}{min(found):8.1f} ({statistics.median(found):.1f}, {max(found):.1f})")


if __name__ == "__main__":
    if sys.argv[1:] == ["one"]:
        print(json.dumps(one_process()))
    else:
        main()
