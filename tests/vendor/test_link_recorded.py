"""A MiniQMT as it is served: its journal, its limits and its link, one behind the other."""

from __future__ import annotations

import logging
import threading
from contextlib import closing
from dataclasses import replace
from functools import partial

import pytest

from tests.session.scripted import SECONDS
from tests.vendor.ear import ACCOUNT, Broker, Ear, buy, opened
from tests.vendor.links import AT_ONCE, vendor_link
from xtnb.errors import RefusalCode
from xtnb.journal import Asked, Group, Journal
from xtnb.journal.claims import Claims
from xtnb.link.counts import Counts
from xtnb.link.guard import GuardedLink
from xtnb.link.limits import LimitsFile
from xtnb.link.recorded import RecordedLink
from xtnb.vocabulary.messages import PushKind, Reply, Request

NOON = 1_795_147_200 * 10**9  # 2026-11-20 in Shanghai
PAST = NOON - 1
NUMBER = "1000000365"


class Served:
    """The links in front of a broker that answers as a test tells it."""

    def __init__(self, folder, **answers) -> None:
        self.folder = folder
        self.broker = Broker(**answers)
        claims = Claims(folder / "keys.sqlite", now=lambda: NOON)
        inner = vendor_link(
            self.broker, replace(AT_ONCE, wall=lambda: NOON), claims=claims, retells=True
        )
        self.link = RecordedLink(
            GuardedLink(inner, LimitsFile(folder), Counts()),
            partial(Journal, folder / "journal", "a test"),
            lambda: NOON,
        )
        self.ear = Ear()
        assert self.link.open(7, self.ear) == 0

    def ask(self, request) -> Reply:
        self.link.send(request)
        return self.ear.reply(request.seq)

    def silent(self) -> threading.Event:
        """The broker takes orders and does not answer; set once it has one."""
        came = threading.Event()

        def take(request):
            came.set()
            return []

        self.broker.answers["order_stock"] = take
        return came

    def sent(self) -> list[Request]:
        return [one for one in self.broker.sent if one.method == "order_stock"]


@pytest.fixture
def served(tmp_path):
    one = Served(tmp_path, order_stock=41)
    yield one
    one.link.close()


def outcome(seq: int, *keys: str) -> Request:
    return Request(seq, "outcome", *ACCOUNT, {"keys": keys}, 7)


@pytest.mark.parametrize(
    ("file", "text", "code"),
    [
        ("STOP", "", RefusalCode.STOPPED),
        ("limits.toml", "[every]\norder_volume = 100", RefusalCode.LIMITED),
    ],
)
def test_what_is_forbidden_may_come_again_with_its_key_once_it_is_allowed(served, file, text, code):
    (served.folder / file).write_text(text, encoding="utf-8")
    assert served.ask(buy(1, "K")).error_id == code
    (served.folder / "STOP").unlink(missing_ok=True)
    (served.folder / "limits.toml").write_text("[every]", encoding="utf-8")

    assert [served.ask(buy(seq, "K")).value for seq in (2, 3)] == [41, 41]
    assert len(served.sent()) == 1


def test_what_came_after_its_end_may_come_again_with_its_key_in_time(served):
    assert served.ask(buy(1, "K", valid_until=PAST)).error_id == RefusalCode.EXPIRED

    assert [served.ask(buy(seq, "K")).value for seq in (2, 3)] == [41, 41]
    assert len(served.sent()) == 1


def test_what_ended_while_its_order_was_looked_for_may_come_again_with_its_key():
    wall = [NOON]

    def late(request):
        wall[0] += 10
        return [Reply(request.seq, [])]

    broker = Broker(order_stock=41, query_stock_orders=late)
    link, ear = opened(broker, limits=replace(AT_ONCE, wall=lambda: wall[0]))
    link.send(buy(1, "K", valid_until=NOON + 5))
    assert ear.reply(1).error_id == RefusalCode.EXPIRED

    link.send(buy(2, "K", valid_until=NOON + 50))

    assert ear.reply(2).value == 41
    link.close()


def test_a_key_that_was_made_void_stays_so(served):
    assert served.ask(outcome(1, "K")).value == [None]

    for seq in (2, 3):
        assert served.ask(buy(seq, "K")).error_id == RefusalCode.EXPIRED
    assert served.sent() == []


def test_an_outcome_says_of_a_key_that_was_made_void_the_same_before_and_after_its_order(served):
    served.ask(outcome(1, "K"))
    served.ask(buy(2, "K"))

    assert served.ask(outcome(3, "K", "K")).value == [None, None]


def test_the_key_of_an_order_on_its_way_names_no_other_order(served):
    came = served.silent()
    served.link.send(buy(1, "K"))
    assert came.wait(SECONDS)
    served.link.send(buy(2, "K"))

    other = served.ask(buy(3, "K", remark="another order"))

    assert (other.value, other.error_id) == (-1, RefusalCode.REPEATED)
    served.broker.answer(served.sent()[0], 41)
    assert [served.ear.reply(seq).value for seq in (1, 2)] == [41, 41]
    assert len(served.sent()) == 1


def test_a_repeat_whose_row_can_be_read_no_more_is_not_said_to_be_unsent(tmp_path):
    row = Asked(NOON, NOON, 7, 1, "", "order_stock", *ACCOUNT, "K", "", 0, b"no request", b"")
    with closing(Journal(tmp_path / "journal")) as journal:
        journal.commit(Group(asked=[row]))
    served = Served(tmp_path, order_stock=41)

    for seq in (2, 3):
        assert served.ask(buy(seq, "K")).error_id == RefusalCode.OUTCOME_UNKNOWN
    assert served.sent() == []
    assert served.ask(buy(4, "another")).value == 41
    served.link.close()


def test_no_log_names_the_account_of_what_was_on_its_way(served, caplog):
    came = served.silent()
    served.link.send(buy(1, "K")._replace(account_id=NUMBER))
    assert came.wait(SECONDS)

    served.broker.lose()

    assert served.ear.wait(1)[0].kind == PushKind.DISCONNECTED
    logging.getLogger("xtnb.link").warning("what else is said of %s", NUMBER)
    assert "K was on its way" in caplog.text
    assert NUMBER not in caplog.text
