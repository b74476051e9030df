"""The gauge of a margin account: its figure, between the lines that its broker agrees."""

import pytest

from tests.agreed_house import SETTINGS, agreed_host
from tests.contract import house
from tests.live.test_connection import House
from tests.widgets.browser_end import Page
from xtnb import xtconstant as c
from xtnb.desk import Desk, _session
from xtnb.rules.collateral import CreditSettings
from xtnb.xttype import StockAccount

WHOSE = StockAccount("1208970161", "CREDIT")


def lines(figure) -> list[float]:
    """Where the scale is marked, without its ends."""
    return list(figure.data[0].gauge.axis.tickvals)[1:-1]


def per_cent(terms: CreditSettings) -> list[float]:
    return [one / 100 for one in (terms.close_line, terms.warn_line, terms.withdraw_line)]


@pytest.fixture
def agreed(web: Page):
    session = _session(agreed_host("gauge-agreed", 3).link("gauge-agreed"))
    yield Desk(session, WHOSE)
    session.close()


def test_its_lines_are_those_that_the_broker_agrees(agreed):
    gauge = agreed.chart.ratio()

    wanted = per_cent(SETTINGS[c.CREDIT_ACCOUNT])
    assert lines(gauge.figure()) == wanted != per_cent(CreditSettings())
    assert gauge.data[0].gauge.threshold.value == wanted[0]
    assert gauge.data[0].gauge.steps[-1].range[0] == wanted[2]


def test_a_gauge_that_is_opened_without_a_link_asks_for_its_lines_when_it_is_back(web: Page):
    home = House()
    home.desk.use(house.DEMO_CREDIT_ACCOUNT, "CREDIT")
    home.cut()
    gauge = home.desk.chart.ratio()
    assert home.desk._live.agreed.known is None

    home.mend()

    assert home.desk._live.agreed.known == CreditSettings()
    assert lines(gauge.figure()) == per_cent(CreditSettings())
    home.close()
