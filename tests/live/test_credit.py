"""CreditBooks: debts and figures of a margin account follow what happens, not too often."""

from __future__ import annotations

from threading import Event
from time import monotonic

import pytest

import xtnb
from xtnb import xtconstant as c
from xtnb.errors import InputError
from xtnb.live.coalesce import frames

ACCOUNT = "1208970161"


@pytest.fixture
def desk():
    with xtnb.paper(seed=7, clock="hand") as desk:
        yield desk.use(ACCOUNT, "CREDIT")


def until(rows, holds):
    """Wait until it holds of a table."""
    came = Event()
    forget = rows.on_change(lambda *_: holds() and came.set())
    assert holds() or came.wait(20)
    forget()


def test_debts_and_figures_are_those_of_the_queries(desk):
    books = desk._live.credit
    until(books.detail, lambda: len(books.detail))

    assert books.detail.records() == desk.trader.query_credit_detail(desk.account)
    assert books.debts.records() == desk.trader.query_stk_compacts(desk.account)
    assert books.lendable.records() == desk.trader.query_credit_slo_code(desk.account)
    assert desk._live.credit is books


def test_a_new_debt_is_there_without_being_asked_for(desk):
    books = desk._live.credit
    until(books.detail, lambda: len(books.detail))
    before = set(books.debts.keys())
    ask = float(desk.quotes("600036.SH")["ask1"][0])

    order = desk.order("600036.SH", c.CREDIT_FIN_BUY, 100, c.FIX_PRICE, ask)
    order.wait(5)
    until(books.debts, lambda: set(books.debts.keys()) - before)

    assert set(books.debts.keys()) == set(desk.debts()["compact_id"])


def test_many_pushes_lead_to_one_question_a_second(desk):
    books = desk._live.credit
    until(books.detail, lambda: len(books.detail))
    answers = []
    forget = books.detail.on_change(lambda *_: answers.append(1))
    down = float(desk.quotes("600036.SH")["down_limit"][0])
    began = monotonic()

    for _ in range(20):
        desk.order("600036.SH", c.CREDIT_BUY, 100, c.FIX_PRICE, down).cancel()
    forget()

    assert len(answers) <= monotonic() - began + 1


def test_the_ratio_moves_with_the_prices_of_what_is_held(desk):
    books = desk._live.credit
    until(books.detail, lambda: len(books.detail))
    before = books.detail.records()[0].m_dPerAssurescaleValue

    def moved():
        return books.detail.records()[0].m_dPerAssurescaleValue != before

    until(desk._live.books.quotes, lambda: "600036.SH" in desk._live.books.quotes)
    desk.clock.advance(60)
    until(books.detail, moved)


def test_another_kind_of_account_has_no_debts(desk):
    desk.use("1000000365")

    for look in (desk.live.debts, desk.live.credit, desk.chart.ratio):
        with pytest.raises(InputError, match="margin account"):
            look()


def test_a_closed_desk_leaves_no_registration_behind():
    before = len(frames)
    desk = xtnb.paper(seed=7, clock="hand").use(ACCOUNT, "CREDIT")
    desk._live.credit  # noqa: B018
    desk.live.debts()
    desk.chart.ratio()

    desk.close()

    assert len(frames) == before


def test_the_live_tables_and_the_gauge_show_the_debts(desk):
    books = desk._live.credit
    until(books.detail, lambda: len(books.detail))
    detail = desk.credit().iloc[0]

    debts, credit, gauge = desk.live.debts(), desk.live.credit(), desk.chart.ratio()

    assert desk.live.debts() is debts
    assert "601318.SH" in debts.still()
    assert "maintenance ratio" in credit.still()
    assert credit is desk.live.credit()
    figure = gauge.figure()
    assert figure.data[0].value == detail.m_dPerAssurescaleValue
    assert "above the withdraw line" in figure.layout.title.text
    gauge.refresh()
    assert gauge.data[0].value == detail.m_dPerAssurescaleValue
    gauge.close()
    gauge.close()
    assert gauge.closed
    assert "application/vnd.plotly.v1+json" in gauge.remains()


def test_a_ticket_of_a_margin_account_knows_its_figures_once_it_watches(desk):
    ticket = desk.ticket("600036.SH")
    books = desk._live.credit
    until(books.detail, lambda: len(books.detail))

    ticket.fill(price=float(desk.quotes("600036.SH")["bid1"][0]), volume=100)

    assert ticket.sections()["preview"]["accepted"]
