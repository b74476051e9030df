"""A script at a MiniQMT is killed and run again, beside others: each key is one order, or none."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.vendor.direct import SECONDS
from tests.vendor.elsewhere import FarLink, Terminal
from xtnb.journal.points import PASSED
from xtnb.link.vendor_memory import tag_of
from xtnb.terminal.scenario import DEMO_ACCOUNT
from xtnb.xttrader import XtQuantTrader
from xtnb.xttype import StockAccount

ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).parent / "direct.py"
ME = StockAccount(DEMO_ACCOUNT)
KEYS = [f"2026-11-20-{number}" for number in range(6)]
TAGS = {tag_of((ME.account_type, ME.account_id), key): key for key in KEYS}
KILLED = 137


class Broker:
    """The terminal, which lives on, and the scripts that come to it."""

    def __init__(self, place: Path) -> None:
        self.terminal = Terminal()
        self._folder = place / "userdata_mini"
        self._config = place / "config"

    def run(self, kill_at: str = "") -> subprocess.Popen[str]:
        words = [str(PROGRAM), str(self.terminal.port), str(self._folder), *KEYS]
        more = {"XTNB_CONFIG": str(self._config), "XTNB_KILL_AT": kill_at}
        return subprocess.Popen(
            [sys.executable, *words],
            cwd=ROOT,
            env={**os.environ, **more},
            stdout=subprocess.PIPE,
            text=True,
        )

    def orders(self) -> dict[str, int]:
        """Key -> number of what the terminal has."""
        trader = XtQuantTrader.over(FarLink(self.terminal.port), 99)
        trader.start()
        assert trader.connect() == 0
        found = trader.query_stock_orders(ME)
        trader.stop()
        keys = [TAGS[order.order_remark] for order in found]
        assert max(Counter(keys).values(), default=0) <= 1, "a key is two orders"
        return dict(zip(keys, (order.order_id for order in found), strict=True))


@pytest.fixture
def broker(tmp_path):
    made = Broker(tmp_path)
    yield made
    made.terminal.close()


def said(process: subprocess.Popen[str]) -> dict[str, int]:
    """Key -> number, as a script that has ended has said it."""
    text, _ = process.communicate(timeout=SECONDS)
    return {key: int(number) for key, number in (line.split() for line in text.splitlines())}


@pytest.mark.parametrize("point", [one for one in PASSED if one != "passed.on"])
def test_a_script_that_is_killed_and_run_again_sends_no_key_twice(broker, point):
    heard: dict[str, set[int]] = {key: set() for key in KEYS}
    for times in (1, 1, 2, 0):
        process = broker.run(f"{point}:{times}" if times else "")
        for key, number in said(process).items():
            heard[key].add(number)
        assert process.returncode == (KILLED if times else 0)

    there = broker.orders()
    for key in KEYS:
        assert heard[key] <= {0, there.get(key, 0)}
        assert there.get(key, 0) in heard[key]
    assert len(there) == (len(KEYS) if point == "called" else len(KEYS) - 3)


def test_scripts_at_the_same_time_send_each_key_once(broker):
    processes = [broker.run("called:3" if number == 1 else "") for number in range(3)]
    told = [said(process) for process in processes]

    there = broker.orders()
    assert set(there) == set(KEYS)
    for numbers in told:
        for key, number in numbers.items():
            assert number in (0, there[key])
    assert {**said(broker.run())} == there
