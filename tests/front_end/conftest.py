"""One browser and one JupyterLab for the tests of this folder.

They end with the folder and not with the session: playwright keeps an event loop
running in the main thread, where other tests have loops of their own.
"""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.front_end.lab import Lab, LabPage, find_browser, open_browser

PATIENCE_MS = 30_000  # what a machine with much else to do may take; a fact is seen at once


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    if find_browser() is None:
        reason = "no Chromium, Chrome or Edge on this machine"
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(f"{reason}, and CI may not skip what only a browser can show")
        pytest.skip(reason)
    expect.set_options(timeout=PATIENCE_MS)
    with open_browser() as found:
        yield found


@pytest.fixture(scope="package")
def lab(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with Lab(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture(scope="package")
def tab(lab: Lab, browser: Browser) -> Iterator[LabPage]:
    opened = lab.open(browser)
    yield opened
    opened.close()


@pytest.fixture
def page(lab: Lab, tab: LabPage) -> LabPage:
    """A new notebook with a kernel of its own, in the tab that all tests share."""
    tab.turn_to(lab.new_notebook())
    return tab
