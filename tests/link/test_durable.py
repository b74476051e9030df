"""A terminal with its journal, by itself: when what it did is written down."""

from __future__ import annotations

from contextlib import closing
from types import SimpleNamespace

import pytest

from tests.link.serving import until
from xtnb.endpoints import durable_host
from xtnb.journal import Journal
from xtnb.journal.checkup import look
from xtnb.link.durable import DurableTerminal
from xtnb.terminal.scenario import DEMO_ACCOUNT
from xtnb.vocabulary.messages import Push, Reply, Request

SECOND = 1_000_000_000


class Plain:
    """A terminal that answers everything, and has nothing to keep."""

    name, epoch = "plain", 1

    def handle(self, request: Request) -> Reply:
        return Reply(request.seq, [])

    def drain(self) -> list[Push]:
        return []

    def close(self) -> None: ...
    def asked(self, request: Request) -> None: ...
    def told(self, pushes) -> None: ...

    def changes(self) -> SimpleNamespace:
        return SimpleNamespace(cleared=[], kept=[])

    def closings(self) -> list:
        return []


class Clock:
    now = 100 * SECOND

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def terminal(tmp_path, clock):
    plain, journal = Plain(), Journal(tmp_path / "books")
    made = DurableTerminal(plain, plain, journal, lambda: 7, list, clock)
    made.begin({})
    made.moved()
    made.commit()
    yield made
    made.close()


def query(terminal: DurableTerminal, seq: int = 1) -> None:
    request = Request(seq, "query_stock_orders", 2, DEMO_ACCOUNT, {}, who="anna (trader)")
    terminal.note(request, 1, terminal.handle(request))


def written(terminal: DurableTerminal) -> list[int]:
    return [seq for (seq,) in terminal.journal._all("SELECT seq FROM requests ORDER BY row")]


def test_a_query_is_written_down_within_a_second_though_nothing_else_happens(terminal, clock):
    query(terminal)
    assert terminal.behind
    clock.now += SECOND - 1
    terminal.commit()
    assert written(terminal) == []

    clock.now += 1
    terminal.commit()

    assert written(terminal) == [1]
    assert not terminal.behind


def test_queries_wait_no_longer_because_others_follow(terminal, clock):
    for seq in range(1, 5):
        query(terminal, seq)
        clock.now += SECOND // 4
        terminal.commit()

    assert written(terminal) == [1, 2, 3, 4]


def test_a_clock_that_is_put_back_keeps_no_query_waiting(terminal, clock):
    query(terminal)
    clock.now -= 3_600 * SECOND
    terminal.commit()

    assert written(terminal) == [1]


def test_an_order_takes_the_queries_before_it_along(terminal):
    query(terminal)
    order = Request(2, "order_stock", 2, DEMO_ACCOUNT, {}, key="K")
    terminal.note(order, 1, terminal.handle(order))
    terminal.commit()

    assert written(terminal) == [1, 2]


def test_a_quiet_terminal_whose_market_stands_still_writes_its_queries_down(tmp_path):
    folder = tmp_path / "books"
    host = durable_host(folder, 7, "2026-11-20 10:00:00")
    link = host.link(folder.as_posix())
    heard: list[object] = []
    assert link.open(1, heard.append) == 0

    link.send(Request(1, "query_stock_orders", 2, DEMO_ACCOUNT, {"cancelable_only": False}))

    def rows() -> list:
        with closing(look(folder)) as run:
            return run.execute("SELECT method FROM requests").fetchall()

    until(lambda: rows() == [("query_stock_orders",)])
    link.close()


def test_a_wall_clock_that_is_put_back_does_not_end_the_keeping_of_the_market(tmp_path, clock):
    plain, journal, kept = Plain(), Journal(tmp_path / "books"), []
    now = iter(range(1_000))
    with closing(
        DurableTerminal(
            plain, plain, journal, lambda: next(now), lambda: kept.append(1) or [], clock
        )
    ) as made:
        made.begin({})
        made.moved()
        made.commit()
        before = len(kept)

        clock.now -= 3_600 * SECOND
        made.commit()

        assert len(kept) == before + 1
