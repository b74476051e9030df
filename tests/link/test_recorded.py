"""A link with a journal on this side: nothing is passed on, or told, before it is written down."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from tests.contract import house
from tests.link.serving import until
from tests.live.cuttable import CuttableLink
from xtnb import xtconstant as c
from xtnb.errors import RefusalCode
from xtnb.journal import Journal
from xtnb.link.codec import decode
from xtnb.link.past import about
from xtnb.link.recorded import RecordedLink
from xtnb.terminal.scenario import DEMO_ACCOUNT
from xtnb.vocabulary.messages import Push, PushKind, Reply, Request

CODE = "600000.SH"
SECONDS = 10.0


class Ear:
    """What a session would hear."""

    def __init__(self) -> None:
        self.heard: list[Reply | Push] = []
        self._changed = threading.Condition()

    def __call__(self, item: Reply | Push) -> None:
        with self._changed:
            self.heard.append(item)
            self._changed.notify_all()

    def reply(self, seq: int) -> Reply:
        return self._wait(lambda item: isinstance(item, Reply) and item.seq == seq)

    def push(self, kind: str) -> Push:
        return self._wait(lambda item: isinstance(item, Push) and item.kind == kind)

    def pushes(self) -> list[Push]:
        return [one for one in self.heard if isinstance(one, Push) and one.kind != PushKind.QUOTE]

    def _wait(self, fits):
        def found():
            return next((item for item in self.heard if fits(item)), None)

        with self._changed:
            assert self._changed.wait_for(found, SECONDS), self.heard
            return found()


class Recorded:
    """A paper terminal that goes on while the link in front of it comes and goes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.wall = time.time_ns
        self.room = True
        self.host = house.host(house.market())
        self.stay = self.host.link("demo")
        assert self.stay.open(99, lambda item: None) == 0
        self.begin()

    def begin(self) -> None:
        self.cuttable = CuttableLink(self.host.link("demo"))
        journal = partial(Journal, self.folder, "a test")
        self.link = RecordedLink(
            self.cuttable, journal, lambda: self.wall(), lambda folder: self.room
        )
        self.ear = Ear()
        assert self.link.open(1, self.ear) == 0
        self.ask(1, "subscribe", {})
        self.ear.reply(1)

    def crash(self) -> None:
        """End without a word to anybody, and begin anew."""
        self.link.close()
        self.begin()

    def ask(
        self, seq: int, method: str, arguments: dict, key: str = "", valid_until: int = 0
    ) -> None:
        whose = 2, DEMO_ACCOUNT
        asked = Request(seq, method, *whose, arguments, 1, key, valid_until, "a cell")
        self.link.send(asked)

    def order(
        self, seq: int, key: str, volume: int = 100, valid_until: int = 0, price: float = 10.0
    ) -> None:
        asked = {
            "stock_code": CODE,
            "order_type": c.STOCK_BUY,
            "order_volume": volume,
            "price_type": c.FIX_PRICE,
            "price": price,
            "strategy_name": "",
            "order_remark": "",
        }
        self.ask(seq, "order_stock", asked, key, valid_until)

    def orders(self) -> list:
        self.ask(900, "query_stock_orders", {"cancelable_only": False})
        found = self.ear.reply(900).value
        self.ear.heard = [one for one in self.ear.heard if getattr(one, "seq", 0) != 900]
        return found

    def close(self) -> None:
        self.link.close()
        self.stay.close()


@pytest.fixture
def recorded(tmp_path):
    one = Recorded(tmp_path)
    yield one
    one.close()


def rows(folder: Path, table: str) -> list:
    journal = Journal(folder, "the test's reading")
    try:
        return journal._all(f"SELECT * FROM {table}")
    finally:
        journal.close()


def test_pushes_get_the_journals_numbers_and_go_on_after_a_restart(recorded):
    recorded.order(2, "K1")
    recorded.ear.push(PushKind.ASSET)
    first = recorded.ear.pushes()
    recorded.crash()
    recorded.order(2, "K2")
    recorded.ear.push(PushKind.ASSET)
    second = recorded.ear.pushes()

    numbers = [one.number for one in (*first, *second)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert {one.epoch for one in first} < {one.epoch for one in (*first, *second)}
    journal = recorded.link.journal
    assert [decode(body) for _, body in journal.pushes_after(0)][: len(first)] == first


def test_what_a_terminal_tells_again_after_a_restart_is_told_once(recorded):
    recorded.order(2, "K1")
    recorded.ear.push(PushKind.ASSET)
    told = recorded.ear.pushes()
    recorded.crash()

    for push in told:
        recorded.cuttable._heard(push)
    recorded.order(3, "K2")
    recorded.ear.push(PushKind.ORDER)

    again = [one for one in recorded.ear.pushes() if one.kind in (PushKind.ORDER, PushKind.TRADE)]
    known = {one.record.order_id for one in told if one.kind == PushKind.ORDER}
    assert {one.record.order_id for one in again} & known == set()
    assert again[0].number > told[-1].number


def test_a_key_that_was_answered_is_answered_again_after_a_restart(recorded):
    recorded.order(2, "K1")
    number = recorded.ear.reply(2).value
    recorded.crash()

    recorded.order(3, "K1")

    assert recorded.ear.reply(3).value == number
    assert len(recorded.orders()) == 1


def test_a_key_names_one_request_and_no_other(recorded):
    recorded.order(2, "K1")
    recorded.ear.reply(2)
    recorded.order(3, "K1", volume=200)

    assert recorded.ear.reply(3).error_id == RefusalCode.REPEATED
    assert len(recorded.orders()) == 1


def on_its_way(recorded, lost="lose_replies"):
    """An order that left and was not answered when all ended."""
    if lost == "lose_replies":
        recorded.cuttable.lose_replies = True
    else:
        recorded.cuttable.lose_requests = {"order_stock"}
    recorded.order(2, "K1")
    until(lambda: recorded.cuttable.sent[-1].key == "K1")
    recorded.crash()


def test_an_order_on_its_way_at_a_crash_is_asked_for_by_its_key_and_not_sent_again(recorded):
    on_its_way(recorded)

    for seq in (3, 4):
        recorded.order(seq, "K1")
        assert (recorded.ear.reply(seq).value, recorded.ear.reply(seq).error) == (1, "")

    assert [one.method for one in recorded.cuttable.sent].count("outcome") == 1
    assert len(recorded.orders()) == 1


def test_an_order_that_never_arrived_is_said_to_be_void_and_stays_so(recorded):
    on_its_way(recorded, "lose_requests")

    for seq in (3, 4):
        recorded.order(seq, "K1")
        reply = recorded.ear.reply(seq)
        assert (reply.value, reply.error_id) == (-1, RefusalCode.EXPIRED)
        assert "never will" in reply.error
    recorded.ask(5, "outcome", {"keys": ("K1",)})

    assert recorded.ear.reply(5).value == [None]
    assert recorded.orders() == []


def test_an_order_of_which_the_terminal_cannot_tell_stays_unknown_until_it_can(recorded):
    on_its_way(recorded)
    recorded.cuttable.lose_requests = {"outcome"}
    recorded.order(3, "K1")
    until(lambda: recorded.cuttable.sent[-1].method == "outcome")
    recorded.crash()

    recorded.order(4, "K1")

    assert recorded.ear.reply(4).value == 1
    assert len(recorded.orders()) == 1


def test_the_key_of_what_was_on_its_way_names_no_other_order(recorded):
    on_its_way(recorded)

    recorded.order(3, "K1", volume=200)

    assert recorded.ear.reply(3).error_id == RefusalCode.REPEATED
    assert len(recorded.orders()) == 1


def test_a_transfer_on_its_way_stays_unknown_and_says_where_to_look(recorded):
    recorded.cuttable.lose_requests = {"fund_transfer"}
    asked = {"transfer_direction": c.FUNDS_TRANSFER_NORMAL_TO_SPEED, "price": 1.0}
    recorded.ask(2, "fund_transfer", asked, "K1")
    until(lambda: recorded.cuttable.sent[-1].key == "K1")
    recorded.crash()

    recorded.ask(3, "fund_transfer", asked, "K1")

    reply = recorded.ear.reply(3)
    assert reply.error_id == RefusalCode.OUTCOME_UNKNOWN
    assert "query_com_fund" in reply.error
    assert [one.method for one in recorded.cuttable.sent] == ["subscribe"]


@pytest.mark.parametrize("end", ["crash", "loss"])
def test_what_was_on_its_way_is_in_the_audit_once_as_unknown(recorded, end):
    recorded.cuttable.lose_replies = True
    recorded.order(2, "K1")
    recorded.ask(3, "cancel_order_stock", {"order_id": 1})
    recorded.order(4, key="")
    bank = {"bank_no": "1", "bank_account": "", "balance": 1.0, "bank_pwd": "7391", "fund_pwd": ""}
    recorded.ask(5, "bank_transfer_in", bank)
    until(lambda: len(recorded.cuttable.sent) == 5)
    if end == "loss":
        recorded.cuttable.cut()
        recorded.ear.push(PushKind.DISCONNECTED)
    recorded.crash()
    recorded.crash()
    recorded.link.close()

    told = [(row[7], row[6], row[10], row[11]) for row in rows(recorded.folder, "requests")]
    lost = [row for row in told if row[0] != "subscribe"]
    assert [row[:3] for row in lost] == [
        ("order_stock", "a cell", ""),
        ("cancel_order_stock", "a cell", ""),
        ("order_stock", "a cell", ""),
        ("bank_transfer_in", "a cell", ""),
    ]
    looks = "stock_orders", "stock_order", "stock_orders", "bank_transfer_stream"
    assert all(f"query_{look}" in row[3] for look, row in zip(looks, lost, strict=True))
    kept = {kind: name for kind, name, *_ in rows(recorded.folder, "kept")}
    assert kept == {"unknown": f"2/{DEMO_ACCOUNT}/K1"}


def test_what_waits_for_its_answer_without_a_key_is_kept_without_its_password(recorded):
    recorded.cuttable.lose_requests = {"bank_transfer_in"}
    bank = {"bank_no": "1", "bank_account": "", "balance": 1.0, "bank_pwd": "7391", "fund_pwd": ""}
    recorded.ask(2, "bank_transfer_in", bank)
    until(lambda: recorded.cuttable.sent[-1].method == "bank_transfer_in")

    ((_, _, body, _),) = recorded.link.journal._all("SELECT * FROM kept")

    assert decode(body).arguments == {**bank, "bank_pwd": "***"}


def test_nothing_is_kept_of_what_was_answered(recorded):
    recorded.order(2, "K1")
    recorded.order(3, key="")
    recorded.ask(4, "cancel_order_stock", {"order_id": recorded.ear.reply(3).value})
    recorded.ear.reply(4)

    assert recorded.link.journal._all("SELECT * FROM kept") == []


def test_a_key_of_another_trading_day_is_refused_because_its_number_may_be_another_s(recorded):
    day = 24 * 3600 * 10**9
    now = time.time_ns()
    recorded.order(2, "K1", valid_until=now + day // 24)
    recorded.order(3, "K2")
    assert recorded.ear.reply(3).value == 2
    recorded.wall = lambda: now + 2 * day
    recorded.crash()

    recorded.order(4, "K1")
    recorded.order(5, "K2")  # nobody has said when it was

    reply = recorded.ear.reply(4)
    assert (reply.value, reply.error_id) == (-1, RefusalCode.REPEATED)
    assert "order 1" in reply.error
    assert recorded.ear.reply(5).value == 2
    assert len(recorded.orders()) == 2


def test_the_orders_and_fills_of_past_days_come_from_the_journal(recorded):
    now = recorded.host.market.now()
    recorded.wall = lambda: now
    ask = recorded.host.market.quote(CODE).ask_price[-1]
    recorded.order(2, "K1", price=ask)
    recorded.order(3, "K2")
    numbers = {recorded.ear.reply(seq).value for seq in (2, 3)}
    recorded.ear.push(PushKind.TRADE)
    today = int(f"{datetime.fromtimestamp(now / 1e9, UTC) + timedelta(hours=8):%Y%m%d}")

    def history(seq, kind, start=today, end=today):
        recorded.ask(seq, "history", {"kind": kind, "start": start, "end": end})
        return recorded.ear.reply(seq)

    for seq in (4, 14):
        days, orders = history(seq, "orders").value
        assert (set(days), {one.order_id for one in orders}) == ({today}, numbers)
        days, trades = history(seq + 1, "trades").value
        assert (set(days), {one.order_id for one in trades}) == ({today}, {min(numbers)})
        assert len({about(one) for one in trades}) == len(trades)
        assert history(seq + 2, "orders", 20200101, 20200102).value == ([], [])
        assert "not its money and positions" in history(seq + 3, "asset").error
        queries = {one.method for one in recorded.cuttable.sent if "query" in one.method}
        assert queries == ({"query_stock_orders", "query_stock_trades"} if seq == 4 else set())
        recorded.wall = lambda: now + 2 * 24 * 3600 * 10**9
        recorded.crash()


def test_a_repeat_of_what_is_on_its_way_waits_for_the_one_answer(recorded):
    for seq in range(2, 12):
        recorded.order(seq, "K1")

    answers = {recorded.ear.reply(seq).value for seq in range(2, 12)}

    assert len(answers) == 1
    assert len(recorded.orders()) == 1


def test_the_outcome_of_a_key_that_was_answered_comes_from_the_journal(recorded):
    recorded.order(2, "K1")
    number = recorded.ear.reply(2).value
    recorded.crash()

    recorded.ask(3, "outcome", {"keys": ("K1", "never", "K1")})

    assert recorded.ear.reply(3).value == [(number, ""), None, (number, "")]


def test_every_request_is_in_the_audit_with_who_asked_and_what_came_of_it(recorded):
    recorded.order(2, "K1")
    recorded.order(3, "K2", volume=150)
    recorded.ear.reply(3)
    recorded.orders()
    recorded.link.close()

    audit = rows(recorded.folder, "requests")
    told = [(row[7], row[6], bool(row[11])) for row in audit]

    assert told == [
        ("subscribe", "a cell", False),
        ("order_stock", "a cell", False),
        ("order_stock", "a cell", True),
        ("query_stock_orders", "a cell", False),
    ]


def test_what_certainly_did_not_leave_may_be_tried_again_with_its_key(recorded):
    recorded.cuttable.cut_off = True
    recorded.order(2, "K1")
    assert recorded.ear.reply(2).error_id == RefusalCode.NOT_DELIVERED
    recorded.cuttable.cut_off = False

    recorded.order(3, "K1")

    assert recorded.ear.reply(3).value > 0


def test_what_cannot_be_written_down_is_not_sent(recorded):
    recorded.link.journal._connection.close()

    recorded.order(2, "K1")

    assert recorded.ear.reply(2).error_id == RefusalCode.NOT_DELIVERED
    recorded.ear.push(PushKind.DISCONNECTED)
    assert not [one for one in recorded.cuttable.sent if one.method == "order_stock"]


def test_a_folder_in_use_is_said_and_nothing_is_opened(recorded, tmp_path):
    other = RecordedLink(recorded.host.link("demo"), lambda: Journal(tmp_path, "another"))

    with pytest.raises(Exception, match="a test"):
        other.open(2, Ear())
