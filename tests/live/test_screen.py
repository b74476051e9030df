"""What a client remembers between two kernels: written seldom and whole, never believed blindly."""

from __future__ import annotations

import json
import logging
import threading
from itertools import count
from time import monotonic

import pytest

from tests.contract import house
from tests.live.cuttable import SECONDS, CuttableLink
from xtnb import xtconstant as c
from xtnb.desk import Desk, paper
from xtnb.live.coalesce import Frames
from xtnb.live.following import Session
from xtnb.live.screen import MOST_DRAFTS, SOON, Screen, file_of, folder
from xtnb.session.trader import XtQuantTrader
from xtnb.terminal.scenario import DEMO_ACCOUNT
from xtnb.vocabulary.reconciliation import FindingKind
from xtnb.vocabulary.records import StockAccount

CODE = "600000.SH"
ME = StockAccount(DEMO_ACCOUNT)
FORM = {"code": CODE, "side": "buy", "price_type": 11, "price": 10.5, "volume": 200, "remark": "a"}


class Counted(Frames):
    """Frames that tell how often something was written, and how long it might have waited."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []
        self.written = 0
        self.changed = threading.Condition()

    def _later(self, slot, due) -> None:
        self.waits.append(due - monotonic())
        super()._later(slot, due)

    def _flush(self, slot) -> None:
        super()._flush(slot)
        with self.changed:
            self.written += 1
            self.changed.notify_all()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "one.json"


def test_what_is_put_is_there_in_the_next_kernel(path):
    first = Screen(path, lambda: 1_000.0)
    first.put_draft("panel", FORM)
    first.put_panel({"tab": "trades", "codes": [CODE], "code": CODE})
    first.close()

    second = Screen(path)

    assert second.draft("panel") == {**FORM, "at": 1_000}
    assert second.panel == {"tab": "trades", "codes": [CODE], "code": CODE}
    assert second.draft("ticket") is None
    assert sorted(each.name for each in path.parent.iterdir()) == ["lock", "one.json"]


def test_what_is_put_after_the_end_is_not_remembered(path):
    first = Screen(path)
    first.put_draft("ticket 1", FORM)
    first.close()
    first.put_draft("ticket 2", FORM)

    second = Screen(path)

    assert second.draft("ticket 1")
    assert second.draft("ticket 2") is None


# -- two kernels on one account -----------------------------------------------------------------


def other(**changed) -> dict:
    return {**FORM, **changed}


def test_of_each_draft_the_one_that_changed_last_stays_whoever_writes_last(path):
    now = [1_000.0]
    first, second = Screen(path, lambda: now[0]), Screen(path, lambda: now[0])
    first.put_draft("panel", other(volume=100))
    first.put_draft("ticket 1", other(remark="first"))
    now[0] += 1
    second.put_draft("panel", other(volume=200))
    second.put_draft("ticket 2", other(remark="second"))

    second.close()
    first.close()  # writes last, and knows an older panel

    third = Screen(path)
    assert third.draft("panel")["volume"] == 200
    assert third.draft("ticket 1")["remark"] == "first"
    assert third.draft("ticket 2")["remark"] == "second"


def test_the_layout_and_what_was_seen_are_the_newest_too(path):
    now = [1_000.0]
    first, second = Screen(path, lambda: now[0]), Screen(path, lambda: now[0])
    second.put_panel({"tab": "orders"})
    now[0] += 1
    first.put_panel({"tab": "trades"})
    first.keep_seen(lambda: {"orders": [1]})
    first.close()
    now[0] += 1
    second.put_panel({"tab": "orders"})  # as it was: no change
    second.close()

    third = Screen(path)
    assert third.panel == {"tab": "trades"}
    assert third.seen == {"orders": [1], "at": 1_001.0}


def test_who_does_not_know_better_leaves_what_was_seen(path):
    now = [1_000.0]
    first, lost = Screen(path, lambda: now[0]), Screen(path, lambda: now[0])
    first.keep_seen(lambda: {"orders": [1]})
    first.close()
    now[0] += 60
    lost.keep_seen(lambda: None)
    lost.put_panel({"tab": "trades"})
    lost.close()

    assert Screen(path).seen == {"orders": [1], "at": 1_000.0}


def test_a_draft_of_another_kernel_that_came_meanwhile_is_kept_by_every_write(path):
    first = Screen(path, lambda: 1_000.0)
    first.put_draft("panel", FORM)
    second = Screen(path, lambda: 1_001.0)
    second.put_draft("ticket 2", FORM)
    second.close()

    first._write()

    assert set(json.loads(path.read_text(encoding="utf-8"))["drafts"]) == {"panel", "ticket 2"}
    first.close()


def test_many_kernels_that_write_at_once_lose_nothing(path):
    screens = [Screen(path) for _ in range(6)]
    for number, screen in enumerate(screens):
        screen.put_draft(f"ticket {number}", FORM)

    threads = [threading.Thread(target=screen.close) for screen in screens]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    last = Screen(path)
    assert all(last.draft(f"ticket {number}") for number in range(6))


def test_only_the_latest_drafts_are_kept(path):
    now = [1_000.0]
    screen = Screen(path, lambda: now[0])
    for number in range(MOST_DRAFTS + 5):
        now[0] += 1
        screen.put_draft(f"ticket {number}", FORM)
    screen.close()

    again = Screen(path)
    assert again.draft("ticket 4") is None
    assert again.draft("ticket 5")
    assert again.draft(f"ticket {MOST_DRAFTS + 4}")


def test_a_hundred_changes_are_written_at_most_once_a_second(path):
    registry, now = Counted(), [1_000.0]
    screen = Screen(path, lambda: now[0], registry)
    screen.put_draft("panel", FORM)
    with registry.changed:
        assert registry.changed.wait_for(lambda: registry.written == 1, SECONDS)

    for volume in range(100):
        screen.put_draft("panel", {**FORM, "volume": volume})

    assert registry.written == 1
    with registry.changed:
        assert registry.changed.wait_for(lambda: registry.written == 2, SECONDS)
    assert json.loads(path.read_text(encoding="utf-8"))["drafts"]["panel"]["volume"] == 99
    screen.close()
    assert registry.written == 2


def test_what_a_person_changes_is_written_within_a_fraction_of_a_second(path):
    registry, now = Counted(), [1_000.0]
    screen = Screen(path, lambda: now[0], registry)
    screen.put_draft("panel", FORM)
    with registry.changed:
        assert registry.changed.wait_for(lambda: registry.written == 1, SECONDS)
    screen.touch()  # a push, which may wait longer

    screen.put_draft("panel", other(volume=700))

    assert len(registry.waits) == 2
    assert registry.waits[-1] <= SOON
    screen.close()


def test_a_clock_that_was_set_back_loses_no_change(path):
    first = Screen(path, lambda: 2_000.0)
    first.put_draft("panel", FORM)
    first.put_panel({"tab": "trades"})
    first.keep_seen(lambda: {"orders": [1]})
    first.close()

    second = Screen(path, lambda: 1_000.0)
    assert second.draft("panel")
    second.put_draft("panel", other(volume=700))
    second.put_panel({"tab": "positions"})
    second.keep_seen(lambda: {"orders": [1, 2]})
    second.close()

    third = Screen(path)
    assert third.draft("panel")["volume"] == 700
    assert third.panel == {"tab": "positions"}
    assert third.seen["orders"] == [1, 2]


def test_a_draft_is_that_of_its_notebook_and_the_layout_that_of_all(path, monkeypatch):
    first = Screen(path, notebook="desks/a.ipynb")
    first.put_draft("panel", FORM)
    first.put_panel({"tab": "trades"})
    first.close()

    elsewhere = Screen(path, notebook="desks/b.ipynb")
    monkeypatch.setenv("JPY_SESSION_NAME", "desks/a.ipynb")  # as Jupyter calls it
    again = Screen(path)

    assert elsewhere.draft("panel") is None
    assert elsewhere.panel == {"tab": "trades"}
    assert again.draft("panel")["volume"] == FORM["volume"]
    assert "a.ipynb" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("draft", [None, 5, "", [], {"at": "never"}, {"at": 10**400}])
def test_a_draft_that_is_none_can_be_written_over(path, draft):
    path.parent.mkdir()
    path.write_text(json.dumps({"version": 1, "drafts": {"panel": draft}}), encoding="utf-8")
    first = Screen(path)
    first.draft("panel")

    first.put_draft("panel", FORM)
    first.close()

    assert Screen(path).draft("panel")["volume"] == FORM["volume"]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"version": 2}', '{"version": 1, "drafts": []}', '{"version": 1, "seen": 3}'],
)
def test_a_broken_file_is_as_good_as_none_and_the_log_says_so(path, text, caplog):
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")

    with caplog.at_level(logging.WARNING, "xtnb.live"):
        screen = Screen(path)

    assert (screen.draft("panel"), screen.panel, screen.seen) == (None, {}, {})
    assert len(caplog.records) == 1


def test_a_folder_that_cannot_be_written_is_said_once(tmp_path, caplog):
    (tmp_path / "file").write_text("", encoding="utf-8")
    screen = Screen(tmp_path / "file" / "one.json")

    with caplog.at_level(logging.WARNING, "xtnb.live"):
        screen.put_draft("panel", FORM)
        screen._flush()
        screen._flush()
        screen.close()

    assert len([one for one in caplog.records if "cannot be kept" in one.message]) == 1


def test_without_a_file_nothing_is_remembered():
    screen = Screen()
    screen.put_draft("panel", FORM)
    screen.touch()
    screen.close()

    assert screen._slot is None


def test_the_name_of_the_file_tells_neither_account_nor_terminal():
    name = file_of("D:/qmt/userdata_mini", ME).name

    assert DEMO_ACCOUNT not in name
    assert "qmt" not in name
    assert name != file_of("D:/other", ME).name
    assert name != file_of("D:/qmt/userdata_mini", StockAccount(DEMO_ACCOUNT, "CREDIT")).name


def test_a_terminal_in_memory_leaves_no_file():
    with paper(seed=7, clock="hand") as desk:
        desk.buy(CODE, 100, 10.0)

    assert not folder().exists()


# -- while no notebook was connected ------------------------------------------------------------


class Home:
    """A terminal that goes on while desks come and go, and somebody else's session."""

    def __init__(self) -> None:
        self._sessions = count(3)
        self.host = house.host(house.market())
        self.other = XtQuantTrader.over(self.host.link("demo"), 2)
        self.other.start()
        assert self.other.connect() == 0

    def desk(self) -> Desk:
        link = CuttableLink(self.host.link("demo"))
        trader = XtQuantTrader.over(link, next(self._sessions))
        trader.start()
        assert trader.connect() == 0
        return Desk(Session(link, trader, None, every=0), ME)


@pytest.fixture
def home():
    one = Home()
    yield one
    one.other.stop()


def kinds(desk: Desk) -> list[str]:
    return sorted(FindingKind(one.kind).name for one in desk._session.findings.records())


def test_an_account_that_was_never_seen_has_missed_nothing(home):
    home.other.order_stock(ME, CODE, c.STOCK_BUY, 100, c.FIX_PRICE, 10.0)

    with home.desk() as desk:
        assert kinds(desk) == []


def test_what_happened_without_a_notebook_is_told_in_the_next_one_and_only_once(home):
    with home.desk() as desk:
        mine = desk.buy(CODE, 200, 10.0)
        ask = float(desk.quotes(CODE)["ask1"].iloc[0])
    assert home.other.cancel_order_stock(ME, mine.id) == 0
    bought = home.other.order_stock(ME, CODE, c.STOCK_BUY, 300, c.FIX_PRICE, ask)

    with home.desk() as desk:
        assert kinds(desk) == ["ELSEWHERE", "MISSED_CHANGE", "MISSED_FILL"]
        table = desk.reconciliation()
        assert set(table["subject"]) >= {str(bought), str(mine.id)}
        assert all("while nobody was connected from here" in done for done in table["done"])
        assert "1 fill, 1 order from elsewhere, 1 order that moved" in desk._live.standing.news

    with home.desk() as desk:
        assert kinds(desk) == []
        assert desk._live.standing.news == ""


def test_a_kernel_that_was_killed_has_left_what_it_knew(home):
    desk = home.desk()
    desk.buy(CODE, 200, 10.0)
    desk._live.screen._flush()  # as the frame thread does; what comes next never runs
    desk._live.screen._closed = True

    with home.desk() as again:
        assert kinds(again) == []
    desk.close()


def test_a_number_that_begins_anew_with_the_day_is_news(home):
    with home.desk() as desk:
        desk.buy(CODE, 200, 10.0)
        path = desk._live.screen.path
    kept = json.loads(path.read_text(encoding="utf-8"))
    kept["seen"]["orders"][0][1] -= 1  # the same number, a day before
    path.write_text(json.dumps(kept), encoding="utf-8")

    with home.desk() as desk:
        assert kinds(desk) == ["ELSEWHERE"]


@pytest.mark.parametrize("seen", [{"orders": 3, "trades": []}, {"orders": [[1, 2]]}, {"at": 5}])
def test_what_was_seen_and_is_not_legible_begins_anew(home, seen, caplog):
    with home.desk() as desk:
        desk.buy(CODE, 200, 10.0)
        path = desk._live.screen.path
    path.write_text(json.dumps({"version": 1, "seen": seen}), encoding="utf-8")

    with home.desk() as desk:
        assert kinds(desk) == []
    assert "not legible" in caplog.text


def test_a_change_during_a_write_is_written_next_and_not_a_minute_later(path):
    registry, wanted, met = Counted(), threading.Event(), threading.Event()

    def known() -> dict:
        met.set()
        assert wanted.wait(SECONDS)
        return {}

    screen = Screen(path, registry=registry)
    screen.keep_seen(known)
    assert met.wait(SECONDS)
    screen.put_panel({"tab": "trades"})
    screen.put_panel({"tab": "positions"})
    wanted.set()

    with registry.changed:
        assert registry.changed.wait_for(lambda: registry.written == 2, SECONDS)
    assert json.loads(path.read_text(encoding="utf-8"))["panel"]["tab"] == "positions"
    screen.close()
