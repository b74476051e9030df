"""What waits in front of a terminal to be judged: for how long, and who waits behind it."""

from __future__ import annotations

import queue
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.contract import house
from xtnb import xtconstant as c
from xtnb.errors import RefusalCode
from xtnb.link.counts import Counts
from xtnb.link.guard import GuardedLink
from xtnb.link.limits import FILE, LimitsFile
from xtnb.rules.limits import read
from xtnb.terminal.scenario import DEMO_ACCOUNT
from xtnb.vocabulary.messages import Push, PushKind, Reply, Request
from xtnb.vocabulary.records import StockAccount

CODE = "600000.SH"
ME = StockAccount(DEMO_ACCOUNT)
FUTURES = house.ACCOUNTS["futures"]
SECONDS = 10.0


class Silent:
    """A link to a real paper terminal in which some questions get no answer until they may.

    Attributes:
        keeps: whether the answer to a request is kept back.
        kept: what was kept back.
    """

    def __init__(self, inner) -> None:
        self.inner = inner
        self.terminal, self.paper, self.reason = inner.terminal, inner.paper, ""
        self.keeps = lambda request: False
        self.kept: list[Request] = []
        self.sent: list[Request] = []

    def open(self, session, deliver) -> int:
        self.deliver = deliver
        return self.inner.open(session, deliver)

    def send(self, request: Request) -> None:
        self.sent.append(request)
        if self.keeps(request):
            self.kept.append(request)
        else:
            self.inner.send(request)

    def close(self) -> None:
        self.inner.close()


class Ear:
    """Hears what a link delivers."""

    def __init__(self) -> None:
        self.came: queue.SimpleQueue = queue.SimpleQueue()

    def __call__(self, item) -> None:
        if isinstance(item, Reply) or item.kind == PushKind.DISCONNECTED:
            self.came.put(item)

    def next(self):
        return self.came.get(timeout=SECONDS)


class Waits:
    """A guard whose terminal leaves some questions without an answer."""

    def __init__(self, folder: Path, leaving: ExitStack, text: str, patience: float) -> None:
        (folder / FILE).write_text(text, encoding="utf-8")
        self.behind = Silent(house.host(house.market()).link("demo"))
        self.link = GuardedLink(self.behind, LimitsFile(folder), Counts(), patience=patience)
        self.ear = Ear()
        assert self.link.open(7, self.ear) == 0
        leaving.callback(self.link.close)

    def order(self, seq: int, code=CODE, account=ME, price=10.0) -> None:
        asked = {
            "stock_code": code,
            "order_type": c.STOCK_BUY if account is ME else c.FUTURE_OPEN_LONG,
            "order_volume": 100 if account is ME else 1,
            "price_type": c.FIX_PRICE,
            "price": price,
            "strategy_name": "",
            "order_remark": "",
        }
        who = account.account_type, account.account_id
        self.link.send(Request(seq, "order_stock", *who, asked, 7))

    def ask(self, seq: int, method: str, **arguments) -> None:
        self.link.send(Request(seq, method, 2, DEMO_ACCOUNT, arguments, 7))

    def placed(self) -> list[int]:
        return [one.seq for one in self.behind.sent if one.method == "order_stock"]


LONG = 3_600.0
"""Seconds of patience, where nothing may be answered because it is late."""


@pytest.mark.parametrize(
    ("text", "method", "why"),
    [
        ("price_distance = 0.1", "quote_full", f"the quote of {CODE} did not come within 0.05 s"),
        ("order_value = 5000", "instrument", f"the multiplier of {CODE} did not come"),
        ("orders_a_day = 5", "query_stock_orders", "today's orders did not come"),
    ],
)
def test_an_order_that_cannot_be_judged_soon_is_refused(tmp_path, leaving, text, method, why):
    waits = Waits(tmp_path, leaving, f"[every]\n{text}\n", 0.05)
    waits.behind.keeps = lambda request: request.method == method

    waits.order(1)
    reply = waits.ear.next()

    assert (reply.seq, reply.value, reply.error_id) == (1, -1, RefusalCode.LIMITED)
    assert why in reply.error
    assert waits.placed() == []


def test_an_answer_that_comes_too_late_places_no_order(tmp_path, leaving):
    waits = Waits(tmp_path, leaving, "[every]\nprice_distance = 0.1\n", 0.05)
    waits.behind.keeps = lambda request: request.method == "quote_full"
    waits.order(1)
    assert waits.ear.next().error_id == RefusalCode.LIMITED

    waits.behind.inner.send(waits.behind.kept[0])
    waits.ask(2, "query_stock_orders", cancelable_only=False)

    assert (waits.ear.next().value, waits.placed()) == ([], [])


def test_an_order_behind_one_that_is_late_goes_when_that_is_refused(tmp_path, leaving):
    waits = Waits(tmp_path, leaving, "[every]\nprice_distance = 0.5\n", 0.05)
    waits.behind.keeps = lambda request: request.arguments.get("codes") == (CODE,)

    waits.order(1)
    waits.link.patience = LONG
    waits.order(2, "510300.SH", price=4.0)

    assert [waits.ear.next().seq, waits.ear.next().seq] == [1, 2]
    assert waits.placed() == [2]


def test_neither_cancels_nor_other_accounts_wait_behind_an_order(tmp_path, leaving):
    waits = Waits(tmp_path, leaving, "[every]\nprice_distance = 0.5\n", LONG)
    waits.order(1)
    number = waits.ear.next().value
    waits.behind.keeps = lambda request: request.arguments.get("codes") == (CODE,)
    waits.order(2)

    waits.ask(3, "cancel_order_stock", order_id=number)
    cancelled = waits.ear.next()
    waits.ask(4, "limits")
    told = waits.ear.next()
    waits.order(5, "510300.SH", FUTURES, 4.0)
    other = waits.ear.next()

    assert (cancelled.seq, cancelled.error) == (3, "")
    assert [told.seq, other.seq] == [4, 5]
    assert waits.placed() == [1, 5]


def test_what_was_ordered_today_counts_though_it_was_told_late(tmp_path, leaving):
    waits = Waits(tmp_path, leaving, "[every]\norders_a_day = 1\n", 0.05)
    waits.behind.keeps = lambda request: request.method == "query_stock_orders"
    waits.order(1)
    assert waits.ear.next().error_id == RefusalCode.LIMITED

    waits.behind.inner.send(waits.behind.kept.pop())
    waits.ask(2, "query_account_status")
    assert waits.ear.next().seq == 2
    waits.link.patience = LONG
    waits.order(3)
    waits.order(4)

    answered = {one.seq: one.error_id for one in (waits.ear.next(), waits.ear.next())}
    assert answered == {3: 0, 4: RefusalCode.LIMITED}
    assert waits.behind.kept == []


def test_a_question_about_limits_is_answered_though_todays_orders_are_not(tmp_path, leaving):
    waits = Waits(tmp_path, leaving, "[every]\norders_a_day = 5\n", 0.05)
    waits.behind.keeps = lambda request: request.method == "query_stock_orders"

    waits.ask(1, "limits")
    held = read(waits.ear.next().value)

    assert "today's orders did not come" in held.refusal.en


def test_what_waited_when_the_link_was_lost_is_neither_placed_nor_answered(tmp_path, leaving):
    waits = Waits(tmp_path, leaving, "[every]\nprice_distance = 0.1\n", LONG)
    waits.behind.keeps = lambda request: request.method == "quote_full"
    waits.order(1)

    waits.behind.deliver(Push("demo", 1, 0, PushKind.DISCONNECTED, 0, "", None))
    lost = waits.ear.next()
    waits.behind.inner.send(waits.behind.kept.pop())
    waits.ask(2, "query_account_status")

    assert (lost.kind, waits.ear.next().seq) == (PushKind.DISCONNECTED, 2)
    assert waits.placed() == []


@pytest.mark.parametrize("first", ["orders_a_day = 1", "price_distance = 0.5\norders_a_day = 1"])
def test_an_order_whose_limits_change_while_it_waits_is_not_judged_by_the_old_ones(
    tmp_path, leaving, first
):
    waits = Waits(tmp_path, leaving, f"[every]\n{first}\n", LONG)
    waits.behind.keeps = lambda request: request.method in ("quote_full", "query_stock_orders")
    waits.order(1)
    waits.order(2)  # behind the first, with nothing of its own to wait for in one case

    (tmp_path / FILE).write_text("[every]\norders_a_day = 2\n", encoding="utf-8")
    waits.behind.keeps = lambda request: False
    for request in waits.behind.kept:
        waits.behind.inner.send(request)
    replies = [waits.ear.next() for _ in range(2)]

    assert [(one.value, one.error_id) for one in replies] == [(-1, RefusalCode.LIMITED)] * 2
    assert all("the limits changed while this waited" in one.error for one in replies)
    assert waits.placed() == []
    waits.order(3)
    assert waits.ear.next().value > 0


def test_an_order_that_waits_while_its_file_is_saved_unchanged_goes_out(tmp_path, leaving):
    waits = Waits(tmp_path, leaving, "[every]\norders_a_day = 1\n", LONG)
    waits.behind.keeps = lambda request: request.method == "query_stock_orders"
    waits.order(1)

    (tmp_path / FILE).write_text("# mine\n[every]\norders_a_day = 1\n", encoding="utf-8")
    waits.behind.inner.send(waits.behind.kept[0])

    assert waits.ear.next().value > 0
