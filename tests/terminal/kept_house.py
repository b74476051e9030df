"""A house whose terminal can end at any moment and come back from what was kept of it.

`Restarted` keeps rows as a journal would, after every request and every move of time.
`restart` throws the terminal away and makes one of the rows, on the market that went on
standing there. A `House` that was never interrupted is its twin.
"""

from __future__ import annotations

from tests.terminal.whole_house import House
from xtnb.terminal.clock import MINUTE
from xtnb.terminal.engine import PaperTerminal
from xtnb.terminal.keeping.house import KINDS, PLAN, Keeper, restore
from xtnb.vocabulary.messages import Request

TASKS = ("TWAP", "VWAP", "ICEBERG")


class Told(House):
    """A house that remembers what it was told."""

    def __init__(self):
        super().__init__()
        self.heard = []

    def ask(self, method, who, **arguments):
        self.seq += 1
        request = Request(self.seq, method, *who, arguments, 1)
        reply = self.terminal.handle(request)
        self.listen(request, reply)
        return reply

    def listen(self, request=None, reply=None):
        pushes = self.terminal.drain()
        if reply is not None:
            self.heard.append(reply)
        self.heard += [push._replace(epoch=0) for push in pushes]
        return pushes

    def next_day(self):
        self.wait(24 * 60)

    def wait(self, minutes):
        self.clock.set(self.clock.now() + minutes * MINUTE)
        self.market.advance(self.clock.now())
        self.listen()

    def task(self, who, algorithm, code, volume, minutes):
        now = 10 * 60
        self.ask(
            "smart_algo_order",
            who,
            stock_code=code,
            order_type=23,
            order_volume=volume,
            price_type=12,
            price=0.0,
            algo_name=algorithm,
            algo_param={},
            start_time=f"{now // 60:02}:00:00",
            end_time=f"{now // 60 + minutes // 60:02}:{minutes % 60:02}:30",
            strategy_name="",
            order_remark="",
        )


class Restarted(Told):
    """A house that is kept, and can be restarted."""

    def __init__(self):
        super().__init__()
        self.keeper = Keeper(self.terminal)
        self.rows = {}
        self.last_push = 0
        self.keep(self.keeper.changes())

    def keep(self, changes):
        for kind in changes.cleared:
            self.rows = {key: row for key, row in self.rows.items() if key[0] != kind}
        for row in changes.kept:
            self.rows[row.kind, row.name] = row

    def listen(self, request=None, reply=None):
        pushes = super().listen(request, reply)
        if pushes:
            self.last_push = pushes[-1].number
        if request is not None:
            self.keeper.asked(request)
        self.keeper.told(pushes)
        self.keep(self.keeper.changes())
        return pushes

    def stored(self):
        found = {kind: [] for kind in KINDS}
        for (kind, name), row in sorted(self.rows.items()):
            found[kind].append((name, row.body))
        return found

    def restart(self):
        stored = self.stored()
        shown = dict(self.market._watching._shown)
        self.terminal.drain()
        self.terminal.close()
        self.terminal = PaperTerminal("house", self.market, (), 2, self.last_push)
        for order in restore(self.terminal, stored):
            self.market.put_back(order.fixed["stock_code"], order)
        self.market._watching._shown.update(shown)
        for key, books in self.terminal.accounts.items():
            if key in self.books:
                self.books[key] = books
        self.keeper = Keeper(self.terminal, stored)
        return self.keeper.changes()

    def everything(self):
        """All rows of the state as it is now, as if nothing had been written before."""
        keeper = Keeper(self.terminal)
        keeper._ranks = dict(self.keeper._ranks)
        rows = {(row.kind, row.name): row for row in keeper.changes().kept}
        self.terminal.at_close = self.keeper._close
        return rows


def differences(left, right):
    """Rows that are not alike, as texts. A plan is written once, and what is left of it counts."""
    return [
        f"{key}: {left.get(key)} != {right.get(key)}"
        for key in sorted({*left, *right})
        if left.get(key) != right.get(key) and key[0] != PLAN
    ]
