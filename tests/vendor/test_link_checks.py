"""The check-list for the machine of a MiniQMT."""

from __future__ import annotations

from dataclasses import replace

import pytest
from click.testing import CliRunner

from tests.vendor.ear import Broker
from tests.vendor.links import AT_ONCE, vendor_package
from tests.vendor.native_quotes import MarketData
from tests.vendor.package import LINKS
from xtnb.cli import main
from xtnb.errors import TerminalUnavailable
from xtnb.journal.claims import Whose
from xtnb.link.codec import encode
from xtnb.link.vendor import VendorLink
from xtnb.link.vendor_checks import Machine, check
from xtnb.link.vendor_memory import shared_claims
from xtnb.vocabulary.messages import Reply, Request
from xtnb.vocabulary.records import XtAccountStatus

WINDOWS = Machine("win32", 64, 1, lambda: vendor_package(MarketData([])))
LISTED = [XtAccountStatus("1000000365", 2, 0)]


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("XTNB_CONFIG", str(tmp_path / "config"))
    return tmp_path / "config"


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "userdata_mini"
    made.mkdir()
    (made / "up_queue_xtquant").write_bytes(b"")
    return made


def run(folder, machine=WINDOWS, **answers):
    broker = Broker(**{"query_account_status": LISTED, **answers})
    if folder is not None:
        LINKS[str(folder)] = broker
    return check(folder, lambda path: VendorLink(path, vendor_package(), AT_ONCE), machine), broker


def wrong(found):
    return [one.name for one in found if one.state == "wrong"]


def test_a_machine_that_is_ready_has_nothing_wrong(folder):
    found, broker = run(folder)

    names = ["system", "desktop", "package", "methods", "spellings", "market data", "folder"]
    assert [one.name for one in found] == [*names, "queues", "keys", "connect", "accounts"]
    assert {one.state for one in found} == {"ok"}
    assert broker.closed == 1
    assert "order_stock" not in broker.methods()


def test_a_python_that_hides_what_it_keeps_is_named(folder):
    found, _ = run(folder, replace(WINDOWS, store=True))

    assert [one.name for one in found if one.state == "note"] == ["python"]
    assert wrong(found) == []


def test_account_numbers_are_not_printed(folder):
    found, _ = run(folder)

    assert "1000000365" not in repr(found)
    assert "65: normal" in found[-1].en


def test_every_finding_speaks_both_languages(folder, tmp_path):
    for where, path in ((WINDOWS, folder), (WINDOWS, tmp_path), (Machine("linux", 64, None), None)):
        for one in run(path, where)[0]:
            assert one.text("zh")
            assert one.text("en")


def test_without_a_folder_only_the_machine_is_looked_at():
    found, _ = run(None)

    assert [one.name for one in found][-1] == "market data"


@pytest.mark.parametrize("machine", [Machine("linux", 64, None), Machine("win32", 32, 1)])
def test_another_system_is_told_to_have_it_served(machine):
    found, _ = run(None, machine)

    assert wrong(found) == ["system"]
    assert "xtnb serve --vendor" in found[0].en


def test_a_service_is_told_to_run_on_the_desktop():
    found, _ = run(None, replace(WINDOWS, desktop=0))

    assert wrong(found) == ["desktop"]


def test_a_package_that_is_missing_is_named(folder):
    def fail():
        raise TerminalUnavailable("没有 / not there")

    found, broker = run(folder, replace(WINDOWS, load=fail))

    (package,) = [one for one in found if one.name == "package"]
    assert (package.zh, package.en) == ("没有", "not there")
    assert broker.opened == 0


def test_what_a_version_lacks_or_spells_otherwise_is_noted():
    package = vendor_package()
    trader = type("XtQuantTrader", (), {})
    bare = type("Client", (), {"SmtAppointmentCancelReq": type("Req", (), {"__slots__": ()})})
    module = type("module", (), {"XtQuantTrader": trader, "_XTQC_": bare})

    found, _ = run(None, replace(WINDOWS, load=lambda: replace(package, trader=module)))

    noted = {one.name: one.en for one in found if one.state == "note"}
    assert set(noted) == {"methods", "spellings", "market data"}
    assert "order_stock_async" in noted["methods"]
    assert "m_strApplyID" in noted["spellings"]


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda folder: (folder / "up_queue_xtquant").unlink(), "minimal mode"),
        (lambda folder: (folder / "up_queue_xtquant").rename(folder.parent / "x"), "minimal mode"),
    ],
)
def test_a_folder_without_queues_is_explained(folder, spoil, word):
    spoil(folder)
    found, broker = run(folder)

    assert wrong(found) == ["folder"]
    assert word in found[-1].en
    assert broker.opened == 0


def test_a_wrong_folder_is_explained(tmp_path):
    found, _ = run(tmp_path / "nowhere")

    assert wrong(found) == ["folder"]
    assert "wrong path" in found[-1].en


def test_many_queues_that_are_left_are_noted(folder):
    for number in range(30):
        (folder / f"down_queue_win_{number}").write_bytes(b"")

    found, _ = run(folder)

    assert next(one.en for one in found if one.state == "note").startswith("queues of 30")


def keys_of(folder):
    (found,) = [one for one in run(folder)[0] if one.name == "keys"]
    return found


def test_what_was_left_without_an_answer_is_noted_with_where_to_look(folder, place):
    claims = shared_claims(folder, place)
    for method, key in (("order_stock", "K1"), ("fund_transfer", "K2"), ("fund_transfer", "K3")):
        asked = Request(1, method, 2, "1000000365", {}, key=key)
        claims.take(Whose(2, "1000000365", key), encode(asked))
    claims.answer(Whose(2, "1000000365", "K3"), encode(Reply(1, (True, ""))))
    claims.close()

    found = keys_of(folder)

    assert found.state == "note"
    assert (found.en.count("order_stock →"), found.en.count("fund_transfer →")) == (1, 1)
    assert "query_com_fund" in found.zh
    assert "1000000365" not in repr(found)


def test_keys_that_cannot_be_read_are_wrong(folder, place):
    path = shared_claims(folder, place).path
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no database, and long enough for one to be looked for in it" * 40)

    found = keys_of(folder)

    assert found.state == "wrong"
    assert str(path) in found.en


def test_a_connection_that_fails_is_explained(folder):
    broker = Broker()
    broker.result = -1
    LINKS[str(folder)] = broker

    found = check(folder, lambda path: VendorLink(path, vendor_package(), AT_ONCE), WINDOWS)

    assert wrong(found) == ["connect"]
    assert "the broker has given" in found[-1].en


@pytest.mark.parametrize("rows", [[], [XtAccountStatus("1000000365", 2, 1)]])
def test_a_client_without_an_account_that_works_is_explained(folder, rows):
    found, _ = run(folder, query_account_status=rows)

    assert wrong(found) == ["accounts"]


def test_the_command_prints_them_and_fails_when_something_is_wrong(monkeypatch):
    monkeypatch.setattr("xtnb.link.vendor_checks.this_machine", lambda: Machine("linux", 64, None))
    for language, word in (("en", "64-bit linux"), ("zh", "迅投的包只用于 64 位 Windows")):
        ran = CliRunner().invoke(main, ["doctor", "--vendor", "--language", language])

        assert ran.exit_code == 1
        assert ran.output.startswith("[ !! ] system: ")
        assert word in ran.output
    monkeypatch.setattr("xtnb.link.vendor_checks.this_machine", lambda: WINDOWS)
    assert CliRunner().invoke(main, ["doctor", "--vendor"]).exit_code == 0


def test_the_command_names_what_keeps_the_orders_of_that_miniqmt_back(folder, place, monkeypatch):
    monkeypatch.setattr("xtnb.link.vendor_checks.this_machine", lambda: Machine("linux", 64, None))
    served = place / "served" / "main"
    served.mkdir(parents=True)
    command = ["doctor", "--vendor", "--language", "en", str(folder)]
    free = CliRunner().invoke(main, command).output

    for stopped in (folder, place, served):
        (stopped / "STOP").touch()
    (place / "limits.toml").write_text("[every]\norders_a_day = 9\n", encoding="utf-8")
    (served / "limits.toml").write_text("much", encoding="utf-8")
    told = CliRunner().invoke(main, command).output

    assert "trading" not in free
    assert "limits" not in free
    for stopped in (folder, place, served):
        assert f"[note] trading: stopped (STOP), cancels still work; `xtnb stop {stopped}" in told
    assert f"[ ok ] limits: limits.toml can be read ({place / 'limits.toml'})" in told
    assert "[ !! ] limits: limits.toml cannot be read" in told
    assert str(served / "limits.toml") in told
