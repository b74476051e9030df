"""Small markets for tests, and an account that only remembers its fills."""

import hashlib

from xtnb.rules.instruments import all_instruments
from xtnb.terminal.book import BookOrder
from xtnb.terminal.clock import SECOND, HandClock
from xtnb.terminal.market import Market

PUFA, MOUTAI, STAR, FUND, BANK = "600000.SH", "600519.SH", "688256.SH", "510050.SH", "000725.SZ"
FEW = (PUFA, MOUTAI, STAR, FUND, BANK)


def market(seed=7, codes=FEW, start="2026-11-20 09:30:00", **options):
    known = all_instruments()
    chosen = None if codes is None else [known[code] for code in codes]
    return Market(HandClock(start), seed, chosen, **options)


def walk(trading, seconds, step=1.0):
    """Move on in equal steps, one `yield` after each."""
    start, stop = trading.now(), trading.now() + round(seconds * SECOND)
    count = 0
    while trading.now() < stop:
        count += 1
        trading.advance(min(stop, start + round(count * step * SECOND)))
        yield trading


def run(trading, seconds, step=1.0):
    for _ in walk(trading, seconds, step):
        pass


def digest(trading):
    """Everything that can be seen of a market, as one sha256."""
    seen = hashlib.sha256()
    for code in trading.instruments:
        facts = trading.quote(code), trading.book(code).depth(20), trading.bars(code, "tick")
        seen.update(repr((facts, trading.bars(code, "1m"), trading.bars(code, "1d"))).encode())
    return seen.hexdigest()


class Account:
    """An owner of orders: it puts them on a book and hears of their fills."""

    def __init__(self, trading, code):
        self.trading = trading
        self.code = code
        self.fills = []

    def filled(self, order, price, volume):
        self.fills.append((self.trading.now(), price, volume))

    def send(self, buy, price, volume):
        """An order that trades what it can and rests the remainder. Returns it and its fills."""
        order = BookOrder(1, buy, price, volume, self)
        fills = self.trading.book(self.code).add(order)
        for _, at_price, filled in fills:
            self.trading.note_trade(self.code, at_price, filled)
        return order, fills
