"""The audit as it is shown: no request can forge a line of it, or hide the others."""

from __future__ import annotations

from contextlib import closing

import pytest

from tests.durable.test_folders import Ears
from xtnb.folders import audited
from xtnb.journal import Asked, Group, Journal
from xtnb.link.codec import encode
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


NUMBER, CARD = "1000000365", "6222020200112233445"
NOBODY = f"终端没有账号{NUMBER} / the terminal has no account {NUMBER}"


@pytest.mark.parametrize(
    ("account_id", "arguments", "outcome"),
    [
        (NUMBER, {"stock_code": "600000.SH"}, NOBODY),
        ("", {"opt_account_id": NUMBER, "ft_account_id": CARD, "balance": 1.0}, f"{CARD}: no"),
        (NUMBER, {"bank_account": CARD, "balance": 1.0}, "ok"),
        (NUMBER, {"deal_list": [{"m_strAccountID": CARD, "m_nVolume": 100}]}, "ok"),
    ],
)
def test_no_number_of_an_account_or_a_card_is_shown(tmp_path, account_id, arguments, outcome):
    asked = Request(1, "a_method", 2, account_id, arguments, 7)
    row = Asked(1, 1, 7, 1, "", "a_method", 2, account_id, "", outcome, 0, encode(asked), b"")
    with closing(Journal(tmp_path)) as journal:
        journal.commit(Group(asked=[row]))

    (line,) = audited(tmp_path, 1)

    assert NUMBER not in line
    assert CARD not in line
    assert "****" in line
    assert all(name in line for name in arguments)


def test_a_number_hides_nothing_but_itself(tmp_path):
    """Not even where a client makes up an account of one letter or digit."""
    asked = Request(1, "order_stock", 2, "1", {"order_volume": 100, "stock_code": "000001.SZ"}, 7)
    row = Asked(1, 1, 7, 1, "", "order_stock", 2, "1", "", "no account 1", 0, encode(asked), b"")
    with closing(Journal(tmp_path)) as journal:
        journal.commit(Group(asked=[row]))

    (line,) = audited(tmp_path, 1)

    assert '{"order_volume": 100, "stock_code": "000001.SZ"}  no account ****' in line
