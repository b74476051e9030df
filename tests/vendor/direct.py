"""A script at a MiniQMT over the stand-in, as a program that may be killed.

python tests/vendor/direct.py PORT FOLDER KEY...; the terminal is that of elsewhere.py at
PORT. It sends an order for each key and says "KEY NUMBER": -1 for one that was refused, 0
for one of which nobody knows.
"""

from __future__ import annotations

import sys
from pathlib import Path
from queue import SimpleQueue
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.vendor import package
from tests.vendor.elsewhere import FarLink
from tests.vendor.links import AT_ONCE, vendor_package
from xtnb.link.keys import folder as config
from xtnb.link.vendor import VendorLink
from xtnb.link.vendor_memory import shared_claims
from xtnb.terminal.scenario import DEMO_ACCOUNT
from xtnb.xttrader import XtQuantTrader
from xtnb.xttype import StockAccount

SECONDS = 60.0
RESTING = ("600000.SH", 23, 100, 11, 9.8, "", "")


def script(port: str, folder: str, *keys: str) -> None:
    package.LINKS[folder] = FarLink(int(port))
    claims = shared_claims(Path(folder), config())
    trader = XtQuantTrader.over(VendorLink(folder, vendor_package(), AT_ONCE, claims=claims), 7)
    trader.start()
    assert trader.connect() == 0
    names = "stock_code order_type order_volume price_type price strategy_name order_remark"
    asked = dict(zip(names.split(), RESTING, strict=True))
    answers: SimpleQueue[Any] = SimpleQueue()
    for key in keys:
        trader.requests.send("order_stock", StockAccount(DEMO_ACCOUNT), asked, answers.put, key)
        answer = answers.get(timeout=SECONDS)
        print(key, 0 if answer is None else answer.order_id, flush=True)
    trader.stop()


if __name__ == "__main__":
    script(*sys.argv[1:])
