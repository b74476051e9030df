"""What limits leave an account, told through every way to a terminal."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from tests.contract import house
from tests.link.test_recorded import Ear
from xtnb import desk
from xtnb.endpoints import link_to_serve
from xtnb.errors import RefusalCode
from xtnb.journal import Journal
from xtnb.link.counts import Counts
from xtnb.link.guard import GuardedLink
from xtnb.link.keys import READER, TRADER, KeyRing
from xtnb.link.limits import LimitsFile
from xtnb.link.recorded import RecordedLink
from xtnb.link.service import Service
from xtnb.rules.limits import Limits, read
from xtnb.terminal.scenario import DEMO_ACCOUNT
from xtnb.vocabulary.messages import Request

CODE = "600000.SH"


@pytest.mark.parametrize("name", ["anna", "rita"])
def test_a_preview_at_a_served_terminal_knows_its_limits(tmp_path, monkeypatch, name):
    monkeypatch.setenv("XTNB_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("XTNB_STATE", str(tmp_path / "state"))
    ring, folder = KeyRing(), tmp_path / "userdata_mini"
    ring.add("anna", TRADER)
    ring.add("rita", READER)
    link, journal, store = link_to_serve(folder, 7, False, "main")
    service = Service(link, "main", store, ring, journal=journal)
    with ExitStack() as leaving:
        where = service.start().replace("://", f"://{name}@")
        leaving.callback(service.stop)
        there = leaving.enter_context(desk.connect(where))

        before = there.preview(CODE, "buy", 300, 10.0)
        (folder / "limits.toml").write_text("[every]\norder_volume = 200\n", encoding="utf-8")
        limited = there.preview(CODE, "buy", 300, 10.0)
        (folder / "STOP").touch()
        stopped = there.preview(CODE, "buy", 100, 10.0)

    assert before.accepted
    assert (limited.code, "the most of one order, 200" in limited.reason_en) == (
        RefusalCode.LIMITED,
        True,
    )
    assert stopped.code == RefusalCode.STOPPED


def test_a_served_miniqmt_tells_its_limits_and_keeps_no_record_of_the_question(tmp_path):
    host = house.host(house.market())
    guarded = GuardedLink(host.link("demo"), LimitsFile(tmp_path), Counts())
    link = RecordedLink(guarded, lambda: Journal(tmp_path, "a test"))
    (tmp_path / "limits.toml").write_text("[every]\norders_a_day = 3\n", encoding="utf-8")
    ear = Ear()
    assert link.open(1, ear) == 0

    link.send(Request(1, "limits", 2, DEMO_ACCOUNT, {}, 1))
    held = read(ear.reply(1).value)
    link.send(Request(2, "query_stock_asset", 2, DEMO_ACCOUNT, {}, 1))
    ear.reply(2)
    link.close()
    journal = Journal(tmp_path, "a test")
    asked = [method for (method,) in journal._all("SELECT method FROM requests")]
    journal.close()

    assert (held.limits, held.counted.orders) == (Limits(orders_a_day=3), 0)
    assert "limits" not in asked
    assert "query_stock_asset" in asked
