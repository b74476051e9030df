"""What a comparison with the terminal finds, of which account, and what it must not find."""

from __future__ import annotations

import pytest

from tests.contract import house
from tests.live.cuttable import CuttableLink
from xtnb.desk import Desk
from xtnb.live.following import Session
from xtnb.session.trader import XtQuantTrader
from xtnb.vocabulary.messages import PushKind
from xtnb.vocabulary.reconciliation import FindingKind

CODE = "600000.SH"


class Accounts:
    """A desk over a paper terminal with an account of every kind."""

    def __init__(self) -> None:
        self.host = house.host(house.market())
        self.link = CuttableLink(self.host.link("demo"))
        trader = XtQuantTrader.over(self.link, 1)
        trader.start()
        assert trader.connect() == 0
        self.session = Session(self.link, trader, None, every=0)
        self.desk = Desk(self.session, house.ACCOUNTS["stock"])


@pytest.fixture
def accounts():
    one = Accounts()
    yield one
    one.session.close()


@pytest.mark.parametrize("kind", ["futures", "options"])
def test_money_that_prices_move_is_no_difference(accounts, kind):
    whose = house.ACCOUNTS[kind]
    desk = accounts.desk.use(whose.account_id, whose.account_type)
    before = desk.asset()

    accounts.host.advance(300)

    assert accounts.session.compare() == []
    assert not desk.asset().equals(before)
    assert desk.reconciliation().empty


def test_money_of_shares_that_was_not_told_is_a_difference(accounts):
    accounts.link.drop = {PushKind.ASSET, PushKind.ORDER}
    accounts.desk.buy(CODE, 100, 9.8)

    found = accounts.session.compare()

    drift = [one.subject for one in found if one.kind == FindingKind.DRIFT]
    assert drift == ["cash", "frozen_cash"]


def test_what_was_found_is_shown_at_the_desk_of_its_account_alone(accounts):
    desk = accounts.desk
    stock = desk.use(house.ACCOUNTS["stock"].account_id)
    futures = desk.use(house.ACCOUNTS["futures"].account_id, "FUTURE")
    panels = [one.panel() for one in (stock, futures)]
    accounts.link.drop = {PushKind.ASSET, PushKind.ORDER}
    stock.buy(CODE, 100, 9.8)

    found = accounts.session.compare()

    assert len(stock.reconciliation()) == len(found) > 0
    assert futures.reconciliation().empty
    counts = [one._parts["tabs"].sections()["findings"] for one in panels]
    strips = [one._parts["strip"].sections()["findings"] for one in panels]
    tables = [len(one.findings.rows) for one in panels]
    assert counts == strips == tables == [len(found), 0]
    assert len(futures.live.reconciliation().rows) == 0
