"""From a text to a terminal."""

import pytest

from xtnb.endpoints import link_to_serve, open_link, paper_host, terminal_name
from xtnb.errors import InputError, TerminalUnavailable
from xtnb.link.base import ConnectResult
from xtnb.xttrader import XtQuantTrader
from xtnb.xttype import StockAccount


@pytest.mark.parametrize(
    "path",
    [
        "D:\\迅投极速交易终端 睿智融科版\\userdata_mini",
        "D:\\迅投极速交易终端 睿智融科版\\userdata_mini\\userdata",
        "D:/迅投极速交易终端 睿智融科版/userdata_mini/",
        "D://迅投极速交易终端 睿智融科版//userdata_mini",
    ],
)
def test_a_windows_path_with_chinese_names_one_terminal_on_any_system(path):
    assert terminal_name(path) == "D:/迅投极速交易终端 睿智融科版/userdata_mini"


@pytest.mark.parametrize("nothing", ["", "   ", "\0", "a\0b", 5, b"D:/qmt", 1.5, []])
def test_what_is_no_path_is_named_in_the_error(nothing):
    with pytest.raises(InputError, match="path"):
        terminal_name(nothing)


def test_a_file_is_no_terminal(tmp_path):
    file = tmp_path / "userdata_mini"
    file.write_text("not a folder", encoding="utf-8")

    with pytest.raises(TerminalUnavailable, match="is a file"):
        open_link(file)


def test_an_address_that_this_version_cannot_reach_is_refused_in_words():
    with pytest.raises(TerminalUnavailable, match="nats://desk-pc"):
        open_link("nats://desk-pc:4222/main")


@pytest.mark.parametrize("told", ["paper", '"paper"'])
def test_the_environment_points_a_path_elsewhere(monkeypatch, told):
    monkeypatch.setenv("XTNB_TERMINAL", told)

    assert open_link("D:\\qmt\\userdata_mini").terminal == "paper"


def test_a_running_market_is_shared_if_seed_and_clock_fit():
    host = paper_host(seed=3, clock="hand")
    link = host.link("paper")
    assert link.open(1, lambda item: None) == ConnectResult.OK

    assert paper_host() is host
    assert paper_host(seed=3, clock="hand") is host
    with pytest.raises(InputError, match="seed"):
        paper_host(seed=4)
    with pytest.raises(InputError, match="clock"):
        paper_host(clock="open")
    link.close()


def test_a_market_that_nobody_uses_gives_way_to_a_new_one():
    host = paper_host(seed=3, clock="hand")

    assert paper_host(seed=3, clock="hand") is not host


def test_what_a_script_did_is_still_there_when_it_connects_again():
    paper_host(seed=3, clock="hand")
    first = open_link("D:\\qmt\\userdata_mini")
    host = first.host

    assert open_link("D:\\qmt\\userdata_mini").host is host


@pytest.mark.parametrize("clock", ["noon", "", "2026-13-01", 7])
def test_a_clock_that_is_none_is_named(clock):
    with pytest.raises(InputError, match="clock"):
        paper_host(seed=1, clock=clock)


@pytest.mark.parametrize("seed", ["7", 7.0, True])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(InputError, match="seed"):
        paper_host(seed=seed)


@pytest.mark.parametrize("text", ["8880001", "8880001=", "8880001=much", "=5"])
def test_accounts_from_the_environment_have_a_form(monkeypatch, text):
    paper_host(seed=1, clock="hand")
    monkeypatch.setenv("XTNB_ACCOUNTS", text)
    monkeypatch.setattr("xtnb.endpoints._host", None)

    with pytest.raises(InputError):
        open_link("paper")


def test_what_the_limits_refuse_is_in_the_audit_of_the_served_terminal(tmp_path):
    folder = tmp_path / "books"
    link, journal, _ = link_to_serve(folder, 7, False, "books")
    (folder / "limits.toml").write_text("[every]\nread_only = true\n", encoding="utf-8")
    trader = XtQuantTrader.over(link, 1)
    trader.start()
    assert trader.connect() == 0
    try:
        account = StockAccount("1000000365")
        assert trader.order_stock(account, "600000.SH", 23, 100, 11, 10.0) == -1
        trader.subscribe(account)
        written = journal()._all(
            "SELECT method, outcome FROM requests WHERE method = 'order_stock'"
        )
    finally:
        trader.stop()

    assert [method for method, _ in written] == ["order_stock"]
    assert "read-only" in written[0][1]
