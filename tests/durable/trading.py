"""A day's trading on a durable terminal, the same at every run; a process that may be killed.

Run as a program it trades in a folder and says what it was told, line by line, as soon as
it was told: `python tests/durable/trading.py FOLDER`. A half-step is one thing that is
committed at once: a move of time, or a burst of requests that wait in the queue together.
"""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from xtnb import endpoints
from xtnb import xtconstant as c
from xtnb.link.codec import encode
from xtnb.vocabulary.messages import PushKind, Reply, Request

SEED = 5
STEPS = 14
STOCK = (c.SECURITY_ACCOUNT, "1000000365")
CREDIT = (c.CREDIT_ACCOUNT, "1208970161")
FUTURES = (c.FUTURE_ACCOUNT, "2000000365")
CODES = {STOCK: "600000.SH", CREDIT: "600036.SH", FUTURES: "rb2701.SF"}
TYPES = {STOCK: (23, 24), CREDIT: (23, 27, 28, 24), FUTURES: (0, 3, 1)}
WAIT = 60


@dataclass
class Trading:
    """One session in a folder, and what it was told."""

    folder: Path
    heard: SimpleQueue = field(default_factory=SimpleQueue)
    replies: dict[int, Reply] = field(default_factory=dict)
    seq: int = 0

    def __post_init__(self):
        self.host = endpoints.durable_host(self.folder.resolve(), SEED, "hand")
        self.name = self.folder.resolve().as_posix()
        self.link = self.host.link(self.name)
        self.answered = threading.Condition()
        assert self.link.open(1, self.hear) == 0
        for who in CODES:
            self.wait([self.send("subscribe", who)])

    def hear(self, item):
        self.heard.put(item)
        if isinstance(item, Reply):
            with self.answered:
                self.replies[item.seq] = item
                self.answered.notify_all()

    def send(self, method, who, key="", **arguments):
        self.seq += 1
        self.link.send(Request(self.seq, method, *who, arguments, 1, key, 0, "a test"))
        return self.seq

    def wait(self, seqs):
        with self.answered:
            done = self.answered.wait_for(lambda: self.replies.keys() >= set(seqs), WAIT)
        assert done, "a request was never answered"
        return [self.replies[seq] for seq in seqs]

    def burst(self, orders):
        """Requests that are in the queue before the first is carried out."""
        gate = threading.Event()
        self.host.post(gate.wait)
        seqs = [self.send("order_stock", who, key, **asked) for who, key, asked in orders]
        gate.set()
        return self.wait(seqs)

    def half_steps(self):
        """What there is to do, one thing after the other."""
        chance = Random(SEED)
        for step in range(STEPS):
            yield lambda: self.host.advance(3.0)
            orders = []
            for place in range(chance.randint(1, 4)):
                who = chance.choice(list(CODES))
                code = CODES[who]
                limits = self.host.call(lambda code=code: self.limits(code))
                orders.append(
                    (
                        who,
                        f"K{step:03}{place}",
                        {
                            "stock_code": code,
                            "order_type": chance.choice(TYPES[who]),
                            "order_volume": chance.choice((100, 200, 300))
                            if who != FUTURES
                            else chance.randint(1, 3),
                            "price_type": c.FIX_PRICE,
                            "price": limits[chance.randint(0, 2)] / 10_000,
                            "strategy_name": "",
                            "order_remark": "中文",
                        },
                    )
                )
            yield lambda orders=orders: self.burst(orders)

    def limits(self, code):
        market = self.host.market
        rules, last = market.rules(code), market.last_price(code)
        tick = rules.tick
        return [max(rules.down, last - 3 * tick), last, min(rules.up, last + 3 * tick)]

    def close(self):
        self.link.close()


def told(item):
    """What was told, as a line."""
    kind = "reply" if isinstance(item, Reply) else item.kind
    number = item.seq if isinstance(item, Reply) else item.number
    return f"{kind} {number} {encode(item).hex()}"


def main(folder):
    lines = threading.Lock()

    class Saying(Trading):
        def hear(self, item):
            if isinstance(item, Reply) or item.kind != PushKind.QUOTE:
                with lines:
                    sys.stdout.write(told(item) + "\n")
                    sys.stdout.flush()
            super().hear(item)

    trading = Saying(Path(folder))
    for half_step in trading.half_steps():
        half_step()
    trading.close()
    print("end", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
