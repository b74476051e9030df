"""What a server answers itself is in the audit of its terminal, but not without end."""

from __future__ import annotations

import logging

from tests.session.scripted import ScriptedLink
from xtnb.errors import NotConnected
from xtnb.link.desks import Asked
from xtnb.link.notes import MOST_A_SECOND, Notes
from xtnb.vocabulary.messages import Reply, Request

REQUEST = Request(1, "order_stock", 2, "1", {}, key="K", origin="a cell")
ASKED = Asked(0, 0, 1, "", REQUEST, "anna (trader)")
REPLY = Reply(1, None, "this session has ended; connect again")


class AuditedLink(ScriptedLink):
    """A link that keeps what is noted; or is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.noted: list[tuple[Request, Reply]] = []
        self.closed = False

    def note(self, request: Request, reply: Reply) -> None:
        if self.closed:
            raise NotConnected("closed")
        self.noted.append((request, reply))


def test_it_is_noted_with_whose_key_it_was():
    link = AuditedLink()

    Notes(link).add(ASKED, REPLY)

    assert link.noted == [(REQUEST._replace(who="anna (trader)"), REPLY)]


def test_so_many_a_second_and_no_more_and_how_many_is_logged(caplog):
    link, now = AuditedLink(), [10.0]
    notes = Notes(link, lambda: now[0])
    with caplog.at_level(logging.ERROR, "xtnb.link"):
        for _ in range(MOST_A_SECOND + 7):
            notes.add(ASKED, REPLY)
        assert len(link.noted) == MOST_A_SECOND

        now[0] += 1.0
        notes.add(ASKED, REPLY)

    assert len(link.noted) == MOST_A_SECOND + 1
    assert [one.message for one in caplog.records] == ["7 refusals are not in the audit"]


def test_a_link_without_an_audit_or_one_that_is_away_costs_nobody_his_answer():
    link = AuditedLink()
    link.closed = True

    Notes(link).add(ASKED, REPLY)
    Notes(ScriptedLink()).add(ASKED, REPLY)

    assert link.noted == []
