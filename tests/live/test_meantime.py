"""What this notebook had sent before its kernel was killed is not taken for somebody else's."""

from __future__ import annotations

import pytest

import xtnb
from xtnb import xtconstant as c
from xtnb.live.meantime import happened, known
from xtnb.live.origin import origin, same_place
from xtnb.vocabulary.reconciliation import FindingKind
from xtnb.vocabulary.subjects import fill_name

CODE = "600000.SH"


def killed(folder, *, sender: str = "") -> int:
    """A kernel that sends an order and ends before it has noted that down."""
    with xtnb.paper(folder, seed=7, clock="hand") as desk:
        screen = desk._live.screen
        screen._flush()
        noted = screen.path.read_text(encoding="utf-8")
        if sender:
            desk.trader.requests.origin = lambda: sender
        number = desk.buy(CODE, 100, 10.0).id
    screen.path.write_text(noted, encoding="utf-8")
    return number


def findings(desk) -> list[tuple[str, str, str]]:
    rows = desk._session.findings.records()
    return [(FindingKind(one.kind).name, one.subject, one.done) for one in rows]


def test_ones_own_last_order_before_a_kill_is_ones_own(tmp_path):
    number = killed(tmp_path)

    with xtnb.paper(tmp_path) as desk:
        (found,) = findings(desk)
        news = desk._live.standing.news

    done = "本笔记本重启前发出 / sent from this notebook before it was restarted"
    assert found == ("EARLIER", str(number), done)
    assert "1 order from before the restart" in news
    assert "1 笔重启前的委托" in news


@pytest.mark.parametrize("sender", ["eve@mars pid 1 plans.ipynb In[3]", "eve@mars pid 1"])
def test_an_order_of_somebody_else_is_from_elsewhere(tmp_path, sender):
    number = killed(tmp_path, sender=sender)

    with xtnb.paper(tmp_path) as desk:
        (found,) = findings(desk)

    assert found[:2] == ("ELSEWHERE", str(number))
    assert "while nobody was connected from here" in found[2]


def test_a_place_is_known_by_user_machine_and_notebook_alone(monkeypatch):
    from xtnb.live import origin as module

    module._place.cache_clear()
    monkeypatch.setenv("JPY_SESSION_NAME", "work/my plans.ipynb")
    here = origin()
    who = here.partition(" pid ")[0]
    module._place.cache_clear()

    monkeypatch.setenv("JPY_SESSION_NAME", "work/my plans.ipynb")
    assert same_place(here)
    assert same_place(f"{who} pid 1 my plans.ipynb cell 3f2a In[12]")
    assert not same_place(f"{who} pid 1 other.ipynb cell 3f2a In[12]")
    assert not same_place(f"{who} pid 1 In[12]")
    assert not same_place("eve@mars pid 1 my plans.ipynb")
    assert not same_place("")
    module._place.cache_clear()


@pytest.mark.parametrize("named", [fill_name, lambda fill: fill.traded_id], ids=["now", "before"])
def test_fills_that_were_noted_are_not_told_again_however_they_were_named(tmp_path, named):
    with xtnb.paper(tmp_path, seed=7, clock="hand") as desk:
        desk.buy(CODE, 100, price_type=c.MARKET_SH_CONVERT_5_CANCEL, price=10.9)
        books = desk._live.books
        (fill,) = books.trades.records()
        seen = known(books)
        seen["trades"] = [[named(fill), day] for _, day in seen["trades"]]

        assert happened(seen, books) == []
        (found,) = happened({**seen, "trades": []}, books)

    assert (FindingKind(found.kind).name, found.subject) == ("MISSED_FILL", fill.traded_id)
