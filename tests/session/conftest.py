"""A started and connected session over a scripted link."""

from __future__ import annotations

import pytest

from tests.session.scripted import Diary, ScriptedLink
from xtnb.xttrader import XtQuantTrader
from xtnb.xttype import StockAccount


@pytest.fixture
def account():
    return StockAccount("1")


@pytest.fixture
def link():
    return ScriptedLink()


@pytest.fixture
def diary():
    return Diary()


@pytest.fixture
def trader(link, diary):
    trader = XtQuantTrader.over(link, session_id=7, callback=diary)
    trader.start()
    assert trader.connect() == 0
    yield trader
    trader.stop()
