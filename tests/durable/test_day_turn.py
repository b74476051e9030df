"""A day that ends within one commit: what is kept is what was, as if each step had its own."""

from __future__ import annotations

import threading

from tests.durable.test_folders import ORDER, Ears

HOURS = 3_600_000_000_000
QUERIES = {
    "query_stock_orders": {"cancelable_only": False},
    "query_stock_trades": {},
    "query_stock_positions": {},
    "query_stock_asset": {},
}


def known(ears: Ears) -> list:
    """What the terminal says of the account now, and of the days before."""
    now = [[vars(one) for one in ears.ask(what, **how).value] for what, how in QUERIES.items()]
    past = []
    for kind in ("orders", "trades", "asset", "positions"):
        days, records = ears.ask("history", kind=kind, start=20261101, end=20261231).value
        past.append((days, [vars(record) for record in records]))
    return [now, past]


def two_days(folder, together: bool) -> tuple[list, list]:
    """Orders on both sides of midnight; what is known then, and once the folder is opened again."""
    ears, gate = Ears(folder), threading.Event()
    if together:
        ears.host.post(gate.wait)
    for hours in (0.5, 23.5, 0.5):
        for price in (10.0, 10.75):
            ears.send("order_stock", **{**ORDER, "price": price})
        ears.host.post(lambda hours=hours: ears.host._walk(round(hours * HOURS)))
    gate.set()
    for _ in range(6):
        assert ears.reply().value > 0
    before = known(ears)
    ears.link.close()
    ears = Ears(folder)
    after = known(ears)
    ears.link.close()
    return before, after


def test_a_midnight_within_one_commit_keeps_what_a_midnight_between_two_does(tmp_path):
    together, apart = (two_days(tmp_path / str(how), how) for how in (True, False))

    assert together[0] == together[1]
    assert together == apart
    days = together[0][1][2][0]
    assert len(days) == 2
