"""What nobody knows is said, once, and stops nothing else."""

from __future__ import annotations

import pytest

from tests.faults.desks import IMPATIENT, Trial
from tests.faults.ways import Embedded, Vendor
from xtnb.errors import NotConnected, RequestTimeout
from xtnb.live.connection import LinkState
from xtnb.vocabulary.reconciliation import FindingKind

UNKNOWN = FindingKind.STILL_UNKNOWN


@pytest.fixture
def way():
    return Embedded


@pytest.fixture
def trial(way, tmp_path):
    trial = Trial(way(tmp_path / "terminal", 0))
    yield trial
    trial.close()


def doubts(trial: Trial) -> list[str]:
    return [one.subject for one in trial.session.findings.records() if one.kind == UNKNOWN]


@pytest.mark.parametrize("way", [Vendor])
def test_an_order_that_a_broker_cannot_account_for_does_not_keep_the_session_away(trial):
    trial.way.faulty.mischief = None
    trial.time_out(100, arrives=False, crossing=False)
    trial.buy(200, crossing=False)
    trial.cut()
    trial.mend()

    trial.session.compare()
    trial.session.compare()

    assert trial.connection.state is LinkState.LIVE
    assert doubts(trial) == ["k0"]
    assert [one.order_remark for one in trial.desk._live.books.orders.records()] == ["k1"]


@pytest.mark.parametrize("way", [Vendor])
def test_an_order_that_nobody_knows_hides_none_that_somebody_knows(trial):
    trial.way.faulty.mischief = None
    trial.time_out(100, arrives=False, crossing=False)
    trial.time_out(200, arrives=True, crossing=False)

    trial.session.compare()

    kinds = {one.subject: one.kind for one in trial.session.findings.records()}
    assert kinds["k0"] == FindingKind.STILL_UNKNOWN
    assert kinds["k1"] == FindingKind.SENT


def test_an_answer_that_was_lost_stops_no_later_comparison(trial):
    trial.desk.trader.set_timeout(IMPATIENT)
    trial.way.lose_replies(True)
    with pytest.raises(RequestTimeout):
        trial.session.compare()
    trial.way.lose_replies(False)
    trial.desk.trader.set_timeout(0)

    assert trial.session.compare() == []


def test_a_link_that_is_lost_amid_a_comparison_comes_back(trial):
    asked = []

    def cut(request):
        asked.append(request.method)
        if len(asked) == 3:
            trial.way.cut()

    trial.way.faulty.on_send = cut
    with pytest.raises(NotConnected):
        trial.session.compare()
    trial.way.faulty.on_send = None

    trial.check()


def test_a_comparison_over_midnight_calls_no_order_unknown_to_the_terminal(trial):
    trial.buy(100, crossing=False)
    trial.buy(100, crossing=True)

    trial.market(86_400)
    found = trial.session.compare()

    assert [one for one in found if one.kind == FindingKind.GONE] == []
    assert trial.desk._live.books.orders.by_key() == {}
