"""Account numbers of live terminals are masked wherever people look, and nowhere else."""

from __future__ import annotations

import io
import logging

import pytest

from tests.contract import house
from tests.live.cuttable import CuttableLink
from xtnb.desk import Desk
from xtnb.errors import InputError
from xtnb.live.following import Session
from xtnb.session.trader import XtQuantTrader
from xtnb.terminal.scenario import DEMO_ACCOUNT
from xtnb.vocabulary import masking
from xtnb.vocabulary.options import options
from xtnb.vocabulary.records import StockAccount, XtAsset

NUMBER = "8812345678"
MASKED = "8812****78"


@pytest.fixture(autouse=True)
def as_it_was():
    yield
    options.mask_accounts = "live"


def test_a_paper_account_is_shown():
    assert masking.shown(NUMBER) == NUMBER
    assert NUMBER in repr(XtAsset(NUMBER, 1.0, 0.0, 0.0, 1.0))


def test_a_concealed_number_is_masked_in_records_and_accounts():
    masking.conceal(NUMBER)

    assert masking.shown(NUMBER) == MASKED
    assert repr(StockAccount(NUMBER)) == f"StockAccount({MASKED!r}, 'STOCK')"
    shown = repr(XtAsset(NUMBER, 1.0, 0.0, 0.0, 1.0))
    assert NUMBER not in shown
    assert MASKED in shown


def test_whoever_asks_for_the_numbers_gets_them():
    masking.conceal(NUMBER)
    options.mask_accounts = False

    assert NUMBER in repr(XtAsset(NUMBER, 1.0, 0.0, 0.0, 1.0))


def test_numbers_of_paper_accounts_are_masked_on_request():
    options.mask_accounts = True

    assert NUMBER not in repr(XtAsset(NUMBER, 1.0, 0.0, 0.0, 1.0))


@pytest.mark.parametrize("name", masking.LOGGERS)
def test_no_log_has_a_concealed_number_in_it(name):
    masking.conceal(NUMBER)
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    logger = logging.getLogger(f"xtnb.{name}")
    logger.addHandler(handler)
    try:
        try:
            raise ValueError(f"no account {NUMBER}")
        except ValueError:
            logger.exception("account %s failed", NUMBER)
    finally:
        logger.removeHandler(handler)

    assert NUMBER not in text.getvalue()
    assert text.getvalue().count(MASKED) == 2


def test_every_logger_of_the_house_is_covered():
    named = {name for name in logging.root.manager.loggerDict if name.startswith("xtnb.")}

    assert {name.split(".")[1] for name in named} <= set(masking.LOGGERS)


def test_the_desk_of_a_live_terminal_shows_no_number():
    link = CuttableLink(house.host(house.market()).link("demo"))
    link.paper = False
    trader = XtQuantTrader.over(link, 1)
    trader.start()
    assert trader.connect() == 0
    session = Session(link, trader, None, every=0)
    try:
        desk = Desk(session, StockAccount(DEMO_ACCOUNT))
        for shown in (
            desk,
            desk.asset(),
            desk.accounts(),
            trader.query_stock_positions(desk.account),
        ):
            assert DEMO_ACCOUNT not in repr(shown)
        assert desk.accounts()["account_id"].iloc[0] == masking.masked(DEMO_ACCOUNT)
        with pytest.raises(InputError) as wrong:
            desk.use("1000000366")
        assert DEMO_ACCOUNT not in str(wrong.value)
    finally:
        session.close()


class Slow(str):
    """A text during whose cleaning another thread conceals one number more."""

    def replace(self, old: str, new: str) -> str:
        masking.conceal(old[::-1])
        return Slow(super().replace(old, new))


def test_a_text_is_cleaned_while_another_number_is_concealed():
    numbers = [f"77{number}12345{number}" for number in range(20)]
    for number in numbers:
        masking.conceal(number)

    text = masking.cleaned(Slow(" ".join(numbers)))

    assert not [number for number in numbers if number in text]
