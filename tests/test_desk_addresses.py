"""Where a desk leads: paths that were mistyped, and accounts that are named by a number."""

from __future__ import annotations

import sys

import pytest

import xtnb
from xtnb.errors import InputError, TerminalUnavailable
from xtnb.vocabulary.records import StockAccount


@pytest.fixture
def desk():
    with xtnb.paper(seed=7, clock="hand") as desk:
        yield desk


@pytest.mark.parametrize("name", ["mybok", "mybooks/userdata", ""])
def test_connect_makes_no_terminal_of_a_path_and_names_what_is_near(tmp_path, name):
    xtnb.paper(tmp_path / "mybook", seed=7, clock="hand").close()
    before = sorted(tmp_path.iterdir())

    with pytest.raises(TerminalUnavailable, match="there is no terminal in") as wrong:
        xtnb.connect(tmp_path / name)

    assert ("did you mean 'mybook'?" in str(wrong.value)) == bool(name)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.skipif(sys.platform == "win32", reason="it is a path there")
def test_connect_makes_no_terminal_of_a_path_of_another_system(desk):
    with pytest.raises(TerminalUnavailable, match="xtnb serve --vendor"):
        xtnb.connect(r"E:\qmt\userdata_mni")


def test_new_books_where_others_were_meant_are_spoken_of_once(tmp_path, caplog):
    xtnb.paper(tmp_path / "mybook", seed=7, clock="hand").close()
    assert not caplog.records

    for _ in range(2):
        xtnb.paper(tmp_path / "mybok", seed=7, clock="hand").close()
    (mistyped,) = caplog.records
    (tmp_path / "mybok" / "xtnb.sqlite").rename(tmp_path / "elsewhere.sqlite")
    (tmp_path / "mybook" / "xtnb.sqlite").unlink()
    caplog.clear()
    xtnb.paper(tmp_path / "mybook", seed=7, clock="hand").close()
    (moved,) = caplog.records

    assert "there is 'mybook' beside it" in mistyped.getMessage()
    assert "were books moved away?" in moved.getMessage()


@pytest.mark.parametrize(
    ("number", "kind"),
    [("1000000365", "STOCK"), ("1208970161", "CREDIT"), ("2000000365", "FUTURE")],
)
def test_connect_finds_the_kind_of_an_account_by_its_number(desk, number, kind):
    with xtnb.connect("paper", account=number) as found:
        assert found.account == StockAccount(number, kind)
    with xtnb.connect("paper", number, kind) as told:
        assert told.account == StockAccount(number, kind)


def test_a_number_that_is_none_is_refused_without_a_word_of_a_subscription_to_end(desk, caplog):
    for ask in (desk.use, lambda number: xtnb.connect("paper", account=number)):
        with pytest.raises(InputError, match="an account of this terminal"):
            ask("999")

    assert "unsubscribe" not in caplog.text
