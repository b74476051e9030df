"""What all tests share: no settings of the user, no deadlines, no silent skips in CI."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from xtnb.vocabulary import masking
from xtnb.vocabulary.options import options

# The machine may be busy; what a property test finds must not depend on it.
settings.register_profile("xtnb", deadline=None)
settings.load_profile("xtnb")

for name in ("XTNB_TERMINAL", "XTNB_ACCOUNTS", "XTNB_SEED", "XTNB_CLOCK"):
    os.environ.pop(name, None)

FRONT_END = Path(__file__).parent / "front_end"


@pytest.fixture(autouse=True)
def nothing_concealed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No account number is masked because another test was at a live terminal."""
    monkeypatch.setattr(masking, "_concealed", set())


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Words are English, whatever the test before has chosen."""
    options.language = "en"
    yield
    options.language = "en"


@pytest.fixture(autouse=True)
def no_drafts_of_others(monkeypatch: pytest.MonkeyPatch, folder_of_states: Path) -> None:
    """What a test leaves on its screens is restored to no other test, and to no user."""
    monkeypatch.setenv("XTNB_STATE", str(folder_of_states / secrets.token_hex(8)))


@pytest.fixture(scope="session")
def folder_of_states(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("states")


@pytest.fixture
def free_port() -> int:
    """A TCP port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """With CI=true a browser test that skips has failed."""
    report = yield
    if os.environ.get("CI") == "true" and report.skipped and FRONT_END in item.path.parents:
        report.outcome = "failed"
        report.longrepr = f"a browser test may not be skipped in CI: {report.longrepr}"
    return report
