"""The audit as it is shown: no request can forge a line of it, or hide the others."""

from __future__ import annotations

from contextlib import closing

import pytest

from tests.durable.test_folders import Ears
from xtnb.folders import audited
from xtnb.journal import Asked, Group, Journal
from xtnb.terminal.scenario import DEMO_ACCOUNT
from xtnb.vocabulary.messages import Request

FORGED = "x]\n2026-11-20 10:00:00  1000****65  order_stock  {}  ok  [anna"


@pytest.mark.parametrize("field", ["method", "account_id", "key", "origin"])
def test_what_a_client_says_of_itself_makes_no_line_of_its_own(tmp_path, field):
    ears = Ears(tmp_path)
    asked = Request(1, "order_stock", 2, DEMO_ACCOUNT, {"note": "a\nb"}, 1, "K", 0, "a cell")
    ears.link.send(asked._replace(**{field: FORGED + "\x1b[2J\u202e\x9b"}))
    ears.reply()
    ears.link.close()

    (line,) = audited(tmp_path, 50)

    assert line.isprintable()


def test_made_up_methods_do_not_hide_what_was_asked(tmp_path):
    row = Asked(1, 1, 1, 1, "", "", 2, "1", "", "", 0, b"", b"")
    with closing(Journal(tmp_path)) as journal:
        rows = [row._replace(method=f"made up {number}") for number in range(40_000)]
        journal.commit(Group(asked=[*rows, row._replace(method="order_stock")]))

    assert "order_stock" in list(audited(tmp_path, 3))[-1]
    assert "order_stock" in list(audited(tmp_path, 3, changes=True))[-1]


def test_queries_are_left_out_where_only_changes_are_asked_for(tmp_path):
    row = Asked(1, 1, 1, 1, "", "query_stock_orders", 2, "1", "", "", 0, b"", b"")
    with closing(Journal(tmp_path)) as journal:
        journal.commit(Group(asked=[row, row._replace(method="order_stock"), row]))

    (line,) = audited(tmp_path, 50, changes=True)
    assert "order_stock" in line
