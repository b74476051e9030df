"""Desks whose terminal is in a folder: what comes back, what is refused, and in which words."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from pathlib import Path
from queue import Queue

import pytest

import xtnb
from xtnb import endpoints
from xtnb.errors import (
    FolderInUse,
    InputError,
    JournalFailed,
    JournalUnreadable,
    NotConnected,
    RefusalCode,
    TerminalUnavailable,
)
from xtnb.journal import FILE, Journal, schema
from xtnb.link.durable import DurableTerminal
from xtnb.terminal.scenario import DEMO_ACCOUNT
from xtnb.vocabulary.messages import PushKind, Reply, Request

CODE = "600000.SH"
ORDER = {
    "stock_code": CODE,
    "order_type": 23,
    "order_volume": 100,
    "price_type": 11,
    "price": 10.0,
    "strategy_name": "",
    "order_remark": "",
}


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "券商" / "userdata_mini"


def opened(folder, **wanted):
    return xtnb.paper(folder, **{"seed": 7, "clock": "hand", **wanted})


def figures(desk):
    return (
        desk.asset().to_dict("records"),
        desk.positions().to_dict("records"),
        desk.orders().to_dict("records"),
        desk.trades().to_dict("records"),
        desk.clock.now(),
    )


# -- what comes back -------------------------------------------------------------------------


def test_a_desk_comes_back_as_it_was_left(folder):
    with opened(folder) as desk:
        desk.buy(CODE, 200, 10.60)
        resting = desk.buy(CODE, 300, 10.00)
        desk.sell(CODE, 100, 10.55)
        desk.clock.advance(90)
        before = figures(desk)

    with opened(folder) as desk:
        assert figures(desk) == before
        assert desk.cancel(resting.id)


def test_the_first_words_of_a_folder_hold_for_its_life(folder):
    with opened(folder):
        pass

    for wanted in ({"seed": 8}, {"clock": "open"}):
        with pytest.raises(InputError, match="began with"):
            opened(folder, **wanted)
    with xtnb.paper(folder) as desk:
        assert "durable" in repr(desk)
        assert str(folder.parent) not in repr(desk)


def test_a_cell_that_opens_an_account_can_run_again(folder):
    for _ in range(2):
        with opened(folder, account="77", cash=5_000) as desk:
            assert desk.asset()["cash"].iloc[0] == 5_000


def test_opening_says_in_the_log_that_the_terminal_is_durable(folder, caplog):
    with caplog.at_level(logging.INFO, "xtnb"), opened(folder):
        pass

    assert "is durable" in caplog.text


@pytest.mark.parametrize("form", ["userdata_mini", "./userdata_mini/", "userdata_mini/userdata"])
def test_forms_of_one_path_lead_to_one_folder(form, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert endpoints.folder_of(form) == (tmp_path / "userdata_mini").resolve()


@pytest.mark.skipif(sys.platform == "win32", reason="they are paths there")
@pytest.mark.parametrize("form", [r"D:\qmt\userdata_mini", "D:/qmt/userdata_mini"])
def test_paths_of_another_system_are_names_unless_there_is_such_a_folder(
    form, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    assert endpoints.folder_of(form) is None

    Path(form).mkdir(parents=True)

    assert endpoints.folder_of(form) == Path(form).resolve()


@pytest.mark.parametrize("name", [None, "paper", "nats://127.0.0.1/main", ""])
def test_what_is_no_path_names_no_folder(name):
    assert endpoints.folder_of(name) is None


def test_a_script_is_durable_only_in_a_folder_that_was_begun(folder):
    folder.mkdir(parents=True)
    assert endpoints.open_link(str(folder)).journal is None
    assert not (folder / FILE).exists()
    with opened(folder) as desk:
        same = endpoints.open_link(str(folder))
        assert same.host is desk._session.link.host

    link = endpoints.open_link(str(folder))
    try:
        assert link.journal is not None
    finally:
        link.host.abandon(link.terminal)


# -- what is refused ---------------------------------------------------------------------------


def test_a_folder_is_refused_while_another_process_has_it(folder):
    code = "import sys, xtnb; d = xtnb.paper(sys.argv[1], clock='hand'); print('open', flush=True)"
    code += "; sys.stdin.readline(); d.close()"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as other:
        assert other.stdout.readline().strip() == "open"

        with pytest.raises(FolderInUse, match=f"process {other.pid}"):
            xtnb.paper(folder)

        other.stdin.write("end\n")
        other.stdin.close()
        assert other.wait(60) == 0
    with xtnb.paper(folder) as desk:
        assert len(desk.positions())


def test_a_folder_with_a_market_of_its_own_must_be_the_first(folder):
    with opened(folder):
        pass

    with xtnb.paper(seed=7, clock="hand"), pytest.raises(InputError, match="its own market"):
        opened(folder)


def test_a_new_folder_joins_the_market_that_runs(folder):
    with xtnb.paper(seed=7, clock="hand") as first, xtnb.paper(folder) as second:
        first.clock.advance(5)
        assert second.clock.now() == first.clock.now()


def test_a_damaged_file_is_refused_and_the_folder_is_free_again(folder):
    folder.mkdir(parents=True)
    (folder / FILE).write_bytes(b"no database")

    for _ in range(2):
        with pytest.raises(JournalUnreadable, match="not a database"):
            xtnb.paper(folder)


def test_a_folder_that_cannot_be_made_is_refused_in_words(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")

    with pytest.raises(TerminalUnavailable):
        xtnb.paper(tmp_path / "file" / "userdata_mini")


# -- over one link --------------------------------------------------------------------------------


class Ears:
    """One session of a folder's terminal, and what it hears."""

    def __init__(self, folder, number=1):
        self.number = number
        self.host = endpoints.durable_host(folder.resolve(), 7, "hand")
        self.link = self.host.link(folder.resolve().as_posix())
        self.heard = Queue()
        self.pushes = []
        self.seq = 0
        assert self.link.open(number, self.heard.put) == 0

    def ask(self, method, key="", valid_until=0, **arguments):
        self.send(method, key, valid_until, **arguments)
        return self.reply()

    def send(self, method, key="", valid_until=0, **arguments):
        self.seq += 1
        request = Request(
            self.seq, method, 2, DEMO_ACCOUNT, arguments, self.number, key, valid_until, "cell 3"
        )
        self.link.send(request)

    def reply(self):
        while True:
            item = self.heard.get(timeout=30)
            if isinstance(item, Reply):
                return item
            self.pushes.append(item)

    def order(self, price=10.0, **more):
        return self.ask("order_stock", **{**ORDER, "price": price}, **more)


def test_a_key_is_carried_out_once_also_after_a_restart(folder):
    ears = Ears(folder)
    first = ears.order(key="K1")
    assert ears.order(key="K1").value == first.value
    ears.link.close()

    ears = Ears(folder)
    assert ears.order(key="K1").value == first.value
    assert len(ears.ask("query_stock_orders", cancelable_only=False).value) == 1
    ears.link.close()


def test_an_order_past_its_end_is_refused_and_never_numbered(folder):
    ears = Ears(folder)

    late = ears.order(key="K1", valid_until=1)

    assert (late.value, late.error_id) == (-1, RefusalCode.EXPIRED)
    assert ears.ask("query_stock_orders", cancelable_only=False).value == []
    assert ears.order(key="K1").value == 1
    ears.link.close()


def test_a_link_that_was_closed_opens_its_folder_again(folder):
    ears = Ears(folder)
    first = ears.order()
    ears.link.close()
    Journal(folder).close()  # nobody holds it meanwhile

    assert ears.link.open(2, ears.heard.put) == 0
    (order,) = ears.ask("query_stock_orders", cancelable_only=False).value
    assert order.order_id == first.value
    ears.link.close()


def test_a_link_to_a_folder_that_went_on_elsewhere_says_so(folder):
    ears = Ears(folder)
    ears.link.close()
    code = "import sys, xtnb; xtnb.paper(sys.argv[1]).close()"
    subprocess.run([sys.executable, "-c", code, str(folder)], check=True, timeout=120)

    assert ears.link.open(1, ears.heard.put) == -1
    assert "used elsewhere" in ears.link.reason


def test_what_waits_together_is_committed_together(folder, monkeypatch):
    ears = Ears(folder)
    groups = []
    commit = Journal.commit
    monkeypatch.setattr(
        Journal,
        "commit",
        lambda self, group: (groups.append(len(group.asked)), commit(self, group)),
    )
    gate = threading.Event()
    ears.host.post(gate.wait)
    for place in range(5):
        ears.seq += 1
        asked = {"order_id": place}
        ears.link.send(Request(ears.seq, "cancel_order_stock", 2, DEMO_ACCOUNT, asked, 1))
    gate.set()
    for _ in range(5):
        ears.reply()

    assert groups == [5]
    ears.link.close()


def test_who_asked_and_what_came_of_it_is_in_the_audit_without_passwords(folder):
    ears = Ears(folder)
    ears.order(price=99.0)
    ears.ask("bank_transfer_in", bank_no="1001", bank_account="x", balance=1.0, bank_pwd="123456")
    journal = ears.link.journal
    rows = journal._connection.execute(
        "SELECT origin, session, method, account_id, outcome, request FROM requests"
    ).fetchall()
    ears.link.close()

    assert [row[:4] for row in rows] == [
        ("cell 3", 1, "order_stock", DEMO_ACCOUNT),
        ("cell 3", 1, "bank_transfer_in", DEMO_ACCOUNT),
    ]
    assert "limit" in rows[0][4]
    assert b"123456" not in rows[1][5]


def fill(ears):
    """Leave the file no room to grow, and send until an order finds none."""
    ears.host.call(lambda: ears.link.journal._connection.execute("PRAGMA max_page_count=1"))
    for place in range(200):  # until the pages that are there are full
        reply = ears.order(key=f"K{place}")
        if reply.value is None:
            return reply
    raise AssertionError("there is always room")


def test_a_terminal_that_cannot_write_acknowledges_nothing_and_says_why(folder):
    ears = Ears(folder)
    kept = ears.order()
    ears.ask("subscribe")

    lost = fill(ears)

    assert lost.error_id == RefusalCode.OUTCOME_UNKNOWN
    assert "the terminal has stopped" in lost.error
    assert "full" in lost.error
    assert ears.heard.get(timeout=30).kind == PushKind.DISCONNECTED
    with pytest.raises(NotConnected):
        ears.order()
    assert ears.heard.empty()
    ears.link.close()

    ears = Ears(folder)
    numbers = [one.order_id for one in ears.ask("query_stock_orders", cancelable_only=False).value]
    assert kept.value in numbers
    assert numbers == list(range(1, len(numbers) + 1))
    ears.link.close()


def test_once_there_is_room_again_every_session_comes_back(folder):
    ears, other = Ears(folder), Ears(folder, 2)
    fill(ears)
    assert other.heard.get(timeout=30).kind == PushKind.DISCONNECTED

    for one in (ears, other):
        assert one.link.open(one.number, one.heard.put) == 0
    before = ears.ask("query_stock_orders", cancelable_only=False).value
    assert [push.kind for push in ears.pushes] == [PushKind.DISCONNECTED]
    number = ears.order().value
    assert number == max(one.order_id for one in before) + 1
    (found,) = other.ask("query_stock_order", order_id=number).value
    assert found.order_id == number
    ears.link.close()
    other.link.close()


def test_what_waits_when_a_terminal_stops_is_not_carried_out(folder):
    ears = Ears(folder)
    ears.host.call(lambda: ears.link.journal._connection.execute("PRAGMA max_page_count=1"))
    gate = threading.Event()
    ears.host.post(gate.wait)
    for place in range(2_500):  # more than one group
        ears.send("order_stock", f"K{place}", **ORDER)
    gate.set()
    told = []
    while (item := ears.heard.get(timeout=30)).seq or isinstance(item, Reply):
        told.append(item)
    assert item.kind == PushKind.DISCONNECTED
    doubtful = [one for one in told if one.error_id == RefusalCode.OUTCOME_UNKNOWN]
    assert doubtful

    assert ears.link.open(1, ears.heard.put) == 0
    orders = ears.ask("query_stock_orders", cancelable_only=False).value
    assert len(orders) == len([one for one in told if one.value])
    keys = tuple(f"K{place}" for place in range(2_500))
    outcomes = ears.ask("outcome", keys=keys).value
    assert [one is not None for one in outcomes].count(True) == len(orders)
    ears.link.close()


def open_and_close(ears, times):
    for _ in range(times):
        assert ears.link.open(1, ears.heard.put) == 0
        ears.link.close()


def test_a_folder_that_is_still_full_may_be_tried_again(folder, monkeypatch):
    ears = Ears(folder)
    fill(ears)
    connect = schema.connect
    limited = [True]

    def full(path, **how):
        connection = connect(path, **how)
        if limited[0]:
            connection.execute("PRAGMA max_page_count=1")
        return connection

    monkeypatch.setattr("xtnb.journal.store.connect", full)
    for _ in range(3):
        with pytest.raises(JournalFailed, match="full"):
            open_and_close(ears, 200)  # a file may have pages to spare for some lives
    limited[0] = False

    assert ears.link.open(1, ears.heard.put) == 0
    assert ears.ask("query_stock_orders", cancelable_only=False).value is not None
    ears.link.close()


def test_pushes_are_numbered_without_a_gap_over_lives(folder):
    numbers, epochs = [], []
    for _ in range(3):
        ears = Ears(folder)
        ears.ask("subscribe")
        ears.order()
        ears.host.advance(1)
        ears.link.close()
        pushes = [*ears.pushes, *list(ears.heard.queue)]
        numbers += [push.number for push in pushes]
        epochs += [push.epoch for push in pushes]

    assert numbers == list(range(1, len(numbers) + 1))
    assert epochs == sorted(epochs)
    assert set(epochs) == {1, 2, 3}


def test_a_terminal_in_memory_keeps_its_keys_too():
    host = endpoints.paper_host(seed=7, clock="hand")
    link, heard = host.link("paper"), Queue()
    assert link.open(1, heard.put) == 0
    for seq in (1, 2):
        link.send(Request(seq, "order_stock", 2, DEMO_ACCOUNT, ORDER, 1, "K1"))
    replies = [item for item in (heard.get(timeout=30), heard.get(timeout=30)) if item.value]
    link.close()

    assert [(one.seq, one.value) for one in replies] == [(1, 1), (2, 1)]
    assert not isinstance(host._terminals["paper"], DurableTerminal)
