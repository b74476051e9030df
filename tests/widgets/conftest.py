from collections.abc import Iterator

import comm
import pytest

import xtnb
from tests.widgets.browser_end import Page

MORNING = "2026-11-20 09:30:00"


@pytest.fixture(autouse=True)
def usual_options() -> Iterator[None]:
    before = {name: getattr(xtnb.options, name) for name in ("language", "up", "confirm")}
    yield
    xtnb.options.screen = ""
    for name, value in before.items():
        setattr(xtnb.options, name, value)


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Page:
    """A page on which every widget that is made from now on can be seen."""
    page = Page()
    monkeypatch.setattr(comm, "create_comm", page.create_comm)
    return page


@pytest.fixture
def desk(web: Page) -> Iterator[xtnb.Desk]:
    """The demo account on a market that stands at half past nine until it is moved."""
    with xtnb.paper(seed=7, clock=MORNING) as opened:
        opened.clock.advance(5)
        yield opened
