"""From a push to the changed pixels, in a real browser.

Run: python tests/benchmarks/bench_pixels.py

A thread of the kernel pushes quotes into a table of 1,000 rows. Every push
carries the moment at which it was made; the page looks, after each frame that
it lays out, at what the cells in sight show, and notes when a value is there
for the first time. Both clocks are the machine's. Printed: median and 99th
percentile of push to pixels, and the share of a core that the kernel used
while it ran, the making of the pushes included and also measured alone.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.front_end.lab import Lab, LabPage, open_browser

ROWS = 1_000
IN_SIGHT = '.xtnb-table [col-id="volume"][role=gridcell]'

SET_UP = """
import json, threading, time
from xtnb.live.store import Table
from xtnb.vocabulary.records import Quote
from xtnb.widgets.columns import Column
from xtnb.widgets.live_table import LiveTable

def quote(row, stamp):
    # The moment of the push, in tenths of a ms of its day, is what the volume shows.
    return Quote(f"{600000 + row}.SH", "浦发银行", int(stamp), 10 + stamp % 1000 / 100, 10.4, 10.6,
                 10.3, 10.4, 11.44, 9.36, int(stamp * 10) % 864_000_000, stamp % 1e6, 5,
                 (10.39, 0, 0, 0, 0), (100, 0, 0, 0, 0), (10.41, 0, 0, 0, 0), (100, 0, 0, 0, 0))

rows = Table(Quote, "stock_code")
for row in range(ROWS):
    rows.apply(quote(row, 0))
columns = ["stock_code", "volume", "instrument_name", Column("last_price", tone="against",
    against="last_close", pick=True), "open", "high", "low", "last_close", "up_limit",
    "down_limit", "amount", "transactions", "time"]
table = LiveTable("quotes", Quote, rows, columns=columns)
table
"""
PUSH = """
def push(rows):
    start, sent = time.perf_counter(), 0
    while (now := time.perf_counter()) < start + seconds:
        while sent < (now - start) * rate:
            rows.apply(quote(sent * 7 % codes, time.time() * 1000))
            sent += 1
        time.sleep(0.001)
    return sent

def measure(rows):
    began, cpu, sent = time.perf_counter(), time.process_time(), []
    worker = threading.Thread(target=lambda: sent.append(push(rows)))
    worker.start()
    worker.join()
    took = time.perf_counter() - began
    return sent[0] / took, (time.process_time() - cpu) / took

sent, cpu = measure(rows)
_, alone = measure(Table(Quote, "stock_code"))  # the same, with nothing on screen
print(json.dumps({"sent": sent, "cpu": cpu, "alone": alone}))
"""
WATCH = """(cells) => {
  const seen = new Map();
  window.benchDelays = [];
  const read = () => {
    const now = Date.now() % 86400000;
    for (const cell of document.querySelectorAll(cells)) {
      const row = cell.closest("[row-id]").getAttribute("row-id");
      const text = cell.textContent;
      const before = seen.get(row);
      seen.set(row, text);
      if (before === undefined || before === text) continue;
      window.benchDelays.push(now - Number(text.replaceAll(",", "")) / 10);
    }
  };
  const frame = () => {
    requestAnimationFrame(frame);
    setTimeout(read); // when this frame has been laid out and painted
  };
  requestAnimationFrame(frame);
}"""


def measure(page: LabPage, seconds: int, rate: int, codes: int) -> dict[str, float]:
    """Push for that many seconds; returns what was seen of it."""
    page.page.evaluate("() => { window.benchDelays.length = 0; }")
    said = page.printed(f"seconds, rate, codes = {seconds}, {rate}, {codes}" + PUSH)
    delays = sorted(page.page.evaluate("() => window.benchDelays"))
    middle, tail = delays[len(delays) // 2], delays[int(len(delays) * 0.99)]
    return {**json.loads(said), "median": middle, "p99": tail, "seen": len(delays)}


def main() -> None:
    """Measure each rate over all rows and over thirty."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=int, default=10)
    arguments.add_argument("--rates", type=int, nargs="+", default=[20, 200, 1_000])
    chosen = arguments.parse_args()
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        Lab(Path(folder)) as lab,
        open_browser() as browser,
    ):
        page = lab.open(browser)
        page.run_cell(f"ROWS = {ROWS}" + SET_UP)
        page.locator(IN_SIGHT).first.wait_for()
        page.page.evaluate(WATCH, IN_SIGHT)
        measure(page, 3, 200, ROWS)  # warm
        for rate in chosen.rates:
            for codes in (ROWS, 30):
                found = measure(page, chosen.seconds, rate, codes)
                print(
                    f"{found['sent']:6.0f} pushes/s over {codes:5,} rows   push to pixels median "
                    f"{found['median']:4.0f} ms  p99 {found['p99']:4.0f} ms   kernel "
                    f"{found['cpu']:.3f} core, of which pushing {found['alone']:.3f}   "
                    f"({found['seen']:,} seen)",
                    flush=True,
                )


if __name__ == "__main__":
    main()
