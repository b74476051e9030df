"""What the moving market costs. Run: python tests/benchmarks/bench_market.py"""

import time
from itertools import islice

from xtnb.rules.instruments import all_instruments
from xtnb.terminal.clock import SECOND, HandClock
from xtnb.terminal.market import Market

SECONDS = 300


def share_of_a_core(count: int, watched: int) -> float:
    """CPU-seconds that one simulated second takes."""
    chosen = list(islice(all_instruments().values(), count))
    market = Market(HandClock(), 7, chosen)
    market.on_quote(lambda quote: None)
    for instrument in chosen[:watched]:
        market.watch(instrument.stock_code)
    start = market.now()
    before = time.process_time()
    for step in range(1, SECONDS * 20 + 1):
        market.advance(start + step * SECOND // 20)
    return (time.process_time() - before) / SECONDS


def nanoseconds_of_a_note() -> float:
    market = Market(HandClock(), 7, flow=False)
    before = time.process_time()
    for _ in range(200_000):
        market.note_trade("600000.SH", 105_200, 100)
    return (time.process_time() - before) / 200_000 * 1e9


if __name__ == "__main__":
    for count, watched in ((30, 0), (30, 30), (60, 0), (60, 60)):
        cost = min(share_of_a_core(count, watched) for _ in range(3))
        print(
            f"{count} instruments, {watched:2} watched  {cost:.5f} CPU-s a second "
            f"= {cost:.2%} of a core  ({SECONDS} s at 2 events/s each, best of 3)"
        )
    print(f"note_trade  {min(nanoseconds_of_a_note() for _ in range(3)):.0f} ns  (best of 3)")
