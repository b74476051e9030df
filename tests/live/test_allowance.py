"""What limits leave an account: who is asked for it, and when."""

from __future__ import annotations

import pytest

from tests.contract import house
from tests.link.serving import until
from tests.live.cuttable import CuttableLink
from xtnb.link.counts import Counts
from xtnb.link.guard import GuardedLink
from xtnb.link.limits import LimitsFile
from xtnb.live.allowance import Allowance
from xtnb.live.coalesce import Frames
from xtnb.rules.limits import Limits
from xtnb.session.trader import XtQuantTrader
from xtnb.terminal.scenario import DEMO_ACCOUNT
from xtnb.vocabulary.records import StockAccount


class Asking:
    """An allowance over a link that a test can cut, to a terminal with limits or without."""

    def __init__(self, guarded: bool, folder) -> None:
        inner = house.host(house.market()).link("demo")
        if guarded:
            inner = GuardedLink(inner, LimitsFile(folder), Counts())
        self.link = CuttableLink(inner)
        self.trader = XtQuantTrader.over(self.link, 1)
        self.trader.start()
        assert self.trader.connect() == 0
        self.changes = 0
        account = StockAccount(DEMO_ACCOUNT)
        self.allowance = Allowance(self.trader, account, Frames(), self._changed)

    def _changed(self) -> None:
        self.changes += 1

    @property
    def questions(self) -> int:
        return [request.method for request in self.link.sent].count("limits")


@pytest.fixture
def asking(tmp_path):
    made = []

    def asking(guarded: bool) -> Asking:
        made.append(Asking(guarded, tmp_path))
        return made[-1]

    yield asking
    for one in made:
        one.allowance.close()
        one.trader.stop()


def test_a_terminal_without_limits_is_asked_once_in_each_connection(asking):
    one = asking(guarded=False)
    for _ in range(3):
        assert one.allowance.now() is None
    one.allowance.watch()
    assert one.questions == 1

    one.allowance.renew()

    until(lambda: one.questions == 2)
    assert one.changes == 0


def test_it_is_asked_for_while_somebody_watches(asking, tmp_path):
    one = asking(guarded=True)
    assert one.questions == 0

    forget = one.allowance.watch()
    until(lambda: one.allowance.kept is not None)
    (tmp_path / "limits.toml").write_text("[every]\norder_volume = 7\n", encoding="utf-8")
    until(lambda: one.allowance.kept.limits == Limits(order_volume=7))
    forget()
    forget()

    assert one.changes == 2


def test_what_was_told_stays_while_the_link_is_lost(asking, tmp_path):
    one = asking(guarded=True)
    (tmp_path / "STOP").touch()
    before = one.allowance.now()
    assert before.refusal is not None

    one.link.cut()
    one.allowance.watch()

    assert one.allowance.kept is before
