"""Why a MiniQMT could not be connected to, and where the vendor's package is found."""

from __future__ import annotations

import sys
import types
from dataclasses import replace
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest
from click.testing import CliRunner

import xtnb
from tests.session.scripted import SECONDS
from tests.vendor import package
from tests.vendor.ear import Broker, Ear
from tests.vendor.links import AT_ONCE, vendor_link, vendor_package
from xtnb import alias, endpoints
from xtnb.cli import main
from xtnb.errors import NotConnected, TerminalUnavailable
from xtnb.link import vendor_package as packages
from xtnb.link.base import ConnectResult
from xtnb.link.vendor import VendorLink
from xtnb.link.vendor_connect import explained
from xtnb.rules.limits import read
from xtnb.vocabulary.messages import Request

NOW = 1_795_000_000_000_000_000


@pytest.fixture
def folder(tmp_path):
    """The userdata_mini of a client that has run in minimal mode."""
    made = tmp_path / "国金QMT" / "userdata_mini"
    made.mkdir(parents=True)
    (made / "up_queue_xtquant").write_bytes(b"")
    (made / "down_queue_win_123456").write_bytes(b"")
    return made


def failing(folder, outcome, limits=AT_ONCE):
    """A link to a folder behind which `connect` gives, raises or does that."""
    broker = Broker()
    broker.result = outcome if isinstance(outcome, int) else -1
    package.LINKS[str(folder)] = broker
    if isinstance(outcome, Exception):

        def fail(session, deliver):
            raise outcome

        broker.open = fail
    if outcome is None:
        broker.open = lambda session, deliver: broker.free.wait(5) and -1
    return VendorLink(str(folder), vendor_package(), limits), broker


# -- one case for each reason ------------------------------------------------------------------


def test_a_folder_that_is_not_there_is_a_wrong_path(tmp_path):
    link, _ = failing(tmp_path / "userdata_mini", -1)

    assert link.open(7, Ear()) == ConnectResult.UNREACHABLE
    assert "wrong path" in link.reason
    assert "路径不对" in link.reason


def test_the_folder_above_is_told_to_be_one_too_high(folder):
    found = explained(folder.parent, 7, -1, NOW)

    assert found.name == "path"
    assert str(folder) in found.zh
    assert str(folder) in found.en


def test_a_folder_of_something_else_is_a_wrong_path(tmp_path):
    assert explained(tmp_path, 7, -1, NOW).name == "path"


def test_a_folder_without_queues_is_not_in_minimal_mode(tmp_path):
    (tmp_path / "userdata_mini").mkdir()
    link, _ = failing(tmp_path / "userdata_mini", -1)

    assert link.open(7, Ear()) == ConnectResult.UNREACHABLE
    assert "极简模式" in link.reason
    assert "minimal mode" in link.reason


def test_a_folder_that_cannot_be_written_to_is_a_matter_of_permission(folder, monkeypatch):
    def denied(path, mode=0o666, exist_ok=True):
        raise PermissionError(13, "Access is denied", str(path))

    before = sorted(folder.iterdir())
    allowed = explained(folder, 7, -1, NOW)
    assert sorted(folder.iterdir()) == before
    monkeypatch.setattr(Path, "touch", denied)  # Windows' os.access would say that it may

    found = explained(folder, 7, -1, NOW)

    assert "refused the connection" in allowed.en
    assert (found.name, found.result) == ("permission", ConnectResult.UNREACHABLE)
    assert "install the client outside" in found.en


@pytest.mark.parametrize("outcome", [ConnectResult.SESSION_IN_USE, -1])
def test_a_number_that_is_in_use_is_told_apart(folder, outcome):
    link, _ = failing(folder, outcome)

    assert link.open(123456, Ear()) == ConnectResult.SESSION_IN_USE
    assert "123456" in link.reason


def test_a_connect_that_does_not_return_is_given_up(folder):
    link, broker = failing(folder, None, replace(AT_ONCE, connect=0.1, inner=0.1))

    assert link.open(7, Ear()) == ConnectResult.UNREACHABLE
    assert "did not return" in link.reason
    broker.free.set()


def test_connects_that_never_return_do_not_pile_up(folder):
    clock = [100.0]
    limits = replace(AT_ONCE, connect=0.05, inner=0.05, now=lambda: clock[0])
    link, broker = failing(folder, None, limits)
    tries = []

    def hang(session, deliver):
        tries.append(session)
        return broker.free.wait(SECONDS) and -1

    broker.open = hang
    for _ in range(10):
        assert link.open(7, Ear()) == ConnectResult.UNREACHABLE
        assert "did not return" in link.reason
    assert len(tries) == 3
    clock[0] += limits.patience
    link.open(7, Ear())
    assert len(tries) == 4

    broker.free.set()
    for life in link._hung:
        for thread in life._threads:
            thread.join(SECONDS)
    broker.open = Broker.open.__get__(broker)
    broker.result = 0
    assert link.open(7, Ear()) == 0
    link.close()


def lost(folder, limits=AT_ONCE):
    """A link that was lost, and the numbers of its attempts, each of which leaves a queue."""
    link, broker = failing(folder, 0, limits)
    ear, numbers, opens = Ear(), [], broker.open
    assert link.open(7, ear) == 0
    broker.lose()
    ear.wait(1)

    def note(session, deliver):
        numbers.append(session)
        (folder / f"down_queue_win_{session}").touch()
        return opens(session, deliver)

    broker.open = note
    return link, broker, numbers


def test_while_the_terminal_is_away_a_few_numbers_take_turns(folder):
    link, broker, numbers = lost(folder)
    broker.result = -1  # it is logged out for the night
    for _ in range(20):
        assert link.open(7, Ear()) == ConnectResult.UNREACHABLE
        assert "refused the connection" in link.reason
    broker.result = 0
    assert link.open(7, Ear()) == 0

    assert len(numbers) == 21
    assert len(set(numbers)) == len(set(numbers[:3])) == 3
    link.close()


def test_a_number_that_another_has_is_not_tried_again(folder):
    link, broker, numbers = lost(folder)
    broker.result = ConnectResult.SESSION_IN_USE
    for _ in range(5):
        assert link.open(7, Ear()) == ConnectResult.SESSION_IN_USE

    assert len(set(numbers)) == 5
    link.close()


def test_a_number_whose_attempt_has_not_returned_is_not_tried_beside_it(folder):
    clock = [100.0]
    limits = replace(AT_ONCE, connect=SECONDS, inner=0.05, now=lambda: clock[0])
    link, broker, numbers = lost(folder, limits)
    link._limits = replace(limits, connect=0.05)
    note = broker.open
    broker.open = lambda session, deliver: note(session, deliver) and broker.free.wait(SECONDS)
    broker.result = -1
    for _ in range(4):
        link.open(7, Ear())
        clock[0] += limits.patience

    broker.free.set()
    assert len(set(numbers)) == len(numbers) == 4
    link.close()


def test_when_all_looks_right_the_other_reasons_are_listed(folder):
    link, _ = failing(folder, -1)

    assert link.open(7, Ear()) == ConnectResult.UNREACHABLE
    assert "券商已开通" in link.reason
    assert "desktop session" in link.reason


def test_an_exception_of_the_package_is_a_reason_too(folder):
    link, _ = failing(folder, OSError("queue"))

    assert link.open(7, Ear()) == ConnectResult.UNREACHABLE
    assert "OSError: queue" in link.reason


def test_the_reason_is_gone_once_it_connects(folder):
    link, broker = failing(folder, -1)
    link.open(7, Ear())
    broker.result = 0

    assert link.open(7, Ear()) == 0
    assert link.reason == ""
    link.close()


# -- endpoints ---------------------------------------------------------------------------------


def test_a_real_folder_leads_to_its_miniqmt_where_the_package_is(folder, monkeypatch):
    monkeypatch.setattr(endpoints, "importable", lambda: True)

    for path in (folder, str(folder), folder / "userdata"):
        link = endpoints.open_link(path)
        assert isinstance(link.inner, VendorLink)
        assert (link.inner.path, link.paper) == (str(folder), False)


def test_a_real_folder_elsewhere_says_to_serve_it(folder):
    with pytest.raises(TerminalUnavailable, match="xtnb serve --vendor"):
        endpoints.open_link(folder)
    with pytest.raises(TerminalUnavailable, match="xtnb serve --vendor"):
        xtnb.connect(folder)


def test_paper_money_has_no_place_in_a_real_folder(folder, monkeypatch):
    monkeypatch.setattr(endpoints, "importable", lambda: True)

    with pytest.raises(TerminalUnavailable, match="real MiniQMT"):
        xtnb.paper(folder)


@pytest.mark.parametrize("way", ["connect", "serve"])
def test_the_kill_switch_in_its_own_folder_stops_a_miniqmt(folder, monkeypatch, tmp_path, way):
    monkeypatch.setattr(endpoints, "importable", lambda: True)
    monkeypatch.setenv("XTNB_CONFIG", str(tmp_path / "config"))
    if way == "connect":
        link = endpoints.open_link(folder)
    else:
        link = endpoints.link_to_serve(folder, None, True, "main")[0].inner
    heard = []
    link._deliver = heard.append

    said = CliRunner().invoke(main, ["stop", str(folder)])
    link.send(Request(1, "limits", 2, "1", {}))

    assert (said.exit_code, "no terminal" in said.output) == (0, False)
    assert "kill switch" in read(heard[0].value).refusal.en


def test_any_other_path_is_paper(tmp_path):
    (tmp_path / "userdata_mini").mkdir()

    for path in ("paper", r"D:\qmt\userdata_mini", tmp_path / "userdata_mini", None):
        assert endpoints.real_terminal(path) is None
        assert endpoints.open_link(path).paper is True


def test_a_desk_says_why_it_could_not_connect(folder, monkeypatch):
    link, _ = failing(folder, -1)
    monkeypatch.setattr("xtnb.desk.link_of_desk", lambda address: link)

    with pytest.raises(NotConnected, match="desktop session"):
        xtnb.connect(folder)


# -- the package -------------------------------------------------------------------------------


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A package of the vendor's in which only what is imported is written."""
    place = tmp_path / packages.NAME
    place.mkdir()
    text = '__version__ = "9.9"\nraise OSError("asks the network")\n'
    (place / "__init__.py").write_text(text, encoding="utf-8")
    (place / "xttrader.py").write_text("from . import xtpythonclient as _XTQC_\n", encoding="utf-8")
    (place / f"xtpythonclient{EXTENSION_SUFFIXES[0]}").write_bytes(b"")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(packages, "_loaded", [])
    kept = {n: sys.modules.pop(n) for n in list(sys.modules) if n.split(".")[0] == packages.NAME}
    yield place
    for name in [n for n in sys.modules if n.split(".")[0] == packages.NAME]:
        del sys.modules[name]
    sys.modules.update(kept)


def without_extension(place):
    (place / f"xtpythonclient{EXTENSION_SUFFIXES[0]}").unlink()


@pytest.fixture
def compiled(installed, monkeypatch):
    """The same, its compiled client being a Python file for this test."""
    monkeypatch.setattr(packages, "compiled", lambda: True)
    without_extension(installed)
    (installed / "xtpythonclient.py").write_text("here = True\n", encoding="utf-8")
    return installed


def test_the_package_is_imported_without_its_init(compiled):
    found = packages.load()

    assert found.trader._XTQC_.here
    assert found.version == "9.9"
    assert found.data is None
    assert sys.modules[packages.NAME].__version__ == "9.9"
    assert packages.load() is found


def test_a_package_that_a_program_has_imported_is_taken_as_it_is(compiled):
    own = types.ModuleType(packages.NAME)
    own.__path__ = [str(compiled)]
    sys.modules[packages.NAME] = own

    packages.load()

    assert sys.modules[packages.NAME] is own


def test_where_xtnb_stands_in_its_place_both_are_there(compiled):
    alias.install(force=True)
    try:
        found = packages.load()
        import xtquant.xttrader

        assert found.trader._XTQC_.here
        assert xtquant.xttrader is sys.modules["xtnb.xttrader"]
    finally:
        alias.uninstall()


def test_a_compiled_client_for_another_system_is_not_enough(installed):
    assert packages.compiled()
    without_extension(installed)

    assert not packages.importable()
    with pytest.raises(TerminalUnavailable, match=r"for Python 3\.\d+ on this system"):
        packages.load()


def test_a_package_that_does_not_import_says_why(compiled):
    (compiled / "xttrader.py").write_text("import no_such_dll\n", encoding="utf-8")

    with pytest.raises(TerminalUnavailable, match="no_such_dll"):
        packages.load()


def test_no_package_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(packages, "_spec", lambda: None)
    monkeypatch.setattr(packages, "_loaded", [])

    assert (packages.folder(), packages.version(), packages.importable()) == (None, "", False)
    with pytest.raises(TerminalUnavailable, match="pip install"):
        packages.load()
    with pytest.raises(TerminalUnavailable, match="pip install"):
        VendorLink("D:\\qmt\\userdata_mini").open(7, Ear())


def test_sessions_that_left_a_queue_are_known(folder):
    (folder / "lock_down_queue_win_99").write_bytes(b"")

    assert packages.session_files(folder) == {123456, 99}
    assert packages.miniqmt_folder(folder / "userdata") == folder
    assert packages.miniqmt_folder(Path("paper")) is None


def test_a_link_that_was_never_opened_closes_quietly():
    vendor_link(Broker()).close()
