"""What a person sees of a lost link, of a live terminal's lock, and of what was found."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import xtnb
from tests.contract import house
from tests.live.cuttable import CuttableLink
from tests.live.test_connection import CODE, ME, House
from tests.widgets.browser_end import Page
from tests.widgets.test_ticket import attempt, send, wait_for_price, wait_for_state
from xtnb import xtconstant as c
from xtnb.desk import Desk
from xtnb.link.counts import Counts
from xtnb.link.guard import GuardedLink
from xtnb.link.limits import LimitsFile
from xtnb.live.arming import Arming
from xtnb.live.connection import LinkState
from xtnb.live.following import Session
from xtnb.session.trader import XtQuantTrader
from xtnb.vocabulary.reconciliation import FindingKind

PACKAGE = Path(xtnb.__file__).parent


class Hands:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def at_home(web: Page):
    one = House()
    yield one
    one.close()


def live_desk() -> Desk:
    """A desk whose terminal says that its money is real; its lock has a clock by hand."""
    link = CuttableLink(house.host(house.market()).link("demo"))
    link.paper = False
    trader = XtQuantTrader.over(link, 1)
    trader.start()
    assert trader.connect() == 0
    return Desk(Session(link, trader, None, every=0), ME)


@pytest.fixture
def live(web: Page):
    desk = live_desk()
    yield desk
    desk.close()


# -- a lost link -----------------------------------------------------------------------------


def test_a_form_is_blocked_while_the_link_is_lost_and_free_when_it_is_back(web: Page, at_home):
    ticket = at_home.desk.ticket(CODE, volume=100)
    view = web.view(ticket)
    wait_for_price(view)

    at_home.cut()
    view.wait(lambda: "the link is lost" in view.state["blocked"])
    token = send(view, ticket)
    view.wait(lambda: {"kind": "ignored", "token": token} in view.messages)
    at_home.mend()
    view.wait(lambda: view.state["blocked"] == "")

    assert at_home.desk.orders().empty
    send(view, ticket)
    view.wait(lambda: view.sections["attempts"])


def test_an_order_of_unknown_outcome_is_called_unknown_until_its_outcome_is_found(
    web: Page, at_home
):
    ticket = at_home.desk.ticket(CODE, price=10.0, volume=100)
    view = web.view(ticket)
    wait_for_price(view)
    at_home.link.lose_replies = True

    token = send(view, ticket)
    at_home.other.query_stock_orders(ME)  # it has arrived
    at_home.cut()
    row = wait_for_state(view, token, "unknown", "refused")

    assert (row["state"], row["zh"], row["en"]) == ("unknown", "未知", "unknown")
    assert "outcome is unknown" in row["reason_en"]
    assert "Buy 100 × 10.00 浦发银行: unknown" in ticket.remains()["text/html"]
    at_home.mend()
    row = wait_for_state(view, token, "working")
    assert row["id"] == at_home.desk.orders().iloc[0]["order_id"]


def test_no_order_is_called_sent_before_the_terminal_has_taken_it(web: Page, at_home):
    ticket = at_home.desk.ticket(CODE, price=10.0, volume=100)
    view = web.view(ticket)
    strip = web.view(at_home.desk.panel(CODE)._parts["strip"])
    at_home.link.lose_requests.add("order_stock")

    token = send(view, ticket)
    wait_for_state(view, token, "sending")
    assert (view.sections["said"], ticket.volume) == (None, 100)
    at_home.cut()
    wait_for_state(view, token, "unknown")
    assert (view.sections["said"]["state"], ticket.volume) == ("unknown", 0)
    at_home.mend()
    wait_for_state(view, token, "refused")

    assert view.sections["said"]["state"] == "refused"
    strip.wait(lambda: "1 unknown order that never arrived" in strip.sections["news"]["en"])
    assert "1 笔未知委托从未送达" in strip.sections["news"]["zh"]


def test_an_order_that_the_terminal_does_not_take_stays_in_the_form(web: Page, at_home):
    ticket = at_home.desk.ticket(CODE, price=10.0, volume=100)
    view = web.view(ticket)
    at_home.link.refuse.add("order_stock")

    wait_for_state(view, send(view, ticket), "refused")

    assert (view.sections["said"]["state"], ticket.volume) == ("refused", 100)


def test_a_form_says_that_the_account_is_being_compared(web: Page, at_home):
    ticket, said = at_home.desk.ticket(CODE), []
    web.view(ticket)

    def look(state):
        if state is LinkState.RESYNCING:
            said.append(ticket._desk.standing.reason)

    at_home.connection.on_change(look)
    at_home.cut()
    at_home.mend()

    assert said
    assert "being compared" in said[0]
    assert "正在核对" in said[0]


def test_a_reason_that_somebody_else_has_set_stays(web: Page, at_home):
    ticket = at_home.desk.ticket(CODE)
    view = web.view(ticket)
    ticket.blocked = "午休 / lunch"

    at_home.cut()
    at_home.mend()
    view.wait(lambda: view.sections["lost"] is False)

    assert ticket.blocked == "午休 / lunch"


def test_a_code_that_was_entered_without_a_link_is_known_once_it_is_back(web: Page, at_home):
    ticket = at_home.desk.ticket(CODE)
    view = web.view(ticket)
    at_home.cut()
    view.type(code="000001.SZ")

    at_home.mend()

    view.wait(lambda: view.sections["facts"]["known"] and view.sections["quote"])
    assert view.sections["quote"]["code"] == "000001.SZ"


def test_tables_stop_with_a_time_and_go_on(web: Page, at_home):
    table = at_home.desk.live.orders()
    view = web._views[table.model_id]
    view.say({"kind": "snapshot?"})

    at_home.cut()
    view.wait(lambda: [one for one in view.messages if one["kind"] == "stopped"])
    [stamp] = [one["at"] for one in view.messages if one["kind"] == "stopped"]
    at_home.mend()
    view.wait(lambda: any(one["kind"] == "running" for one in view.messages))

    assert len(stamp) == len("14:31:05")
    number = at_home.other.order_stock(ME, CODE, c.STOCK_BUY, 100, c.FIX_PRICE, 10.0)
    view.wait(lambda: number in table.rows and view.messages[-1]["kind"] != "running")


def test_a_table_that_is_opened_without_a_link_begins_stopped(web: Page, at_home):
    at_home.cut()

    view = web._views[at_home.desk.live.positions().model_id]
    view.say({"kind": "snapshot?"})

    view.wait(lambda: any(one["kind"] == "stopped" for one in view.messages))
    at_home.mend()


def test_charts_stop_with_a_time_and_go_on(web: Page, at_home):
    price, held = at_home.desk.chart.price(CODE), at_home.desk.chart.positions()
    view = web.view(price)

    at_home.cut()
    view.wait(lambda: view.sections["head"]["stopped"])
    held.refresh()
    stopped = held.layout.title.text
    at_home.mend()
    view.wait(lambda: view.sections["head"]["stopped"] == "")
    held.refresh()

    assert "stopped" in stopped
    assert "stopped" not in held.layout.title.text


def test_the_gauge_of_a_margin_account_stops_too(web: Page, at_home):
    at_home.desk.use(house.DEMO_CREDIT_ACCOUNT, "CREDIT")
    gauge = at_home.desk.chart.ratio()

    at_home.cut()
    gauge.refresh()
    stopped = gauge.layout.title.text
    at_home.mend()
    gauge.refresh()

    assert "stopped" in stopped
    assert "stopped" not in gauge.layout.title.text


def test_a_chart_that_is_opened_without_a_link_is_filled_when_it_is_back(web: Page, at_home):
    at_home.desk._live.terms_of(CODE)
    at_home.cut()
    view = web.view(at_home.desk.chart.price(CODE))
    assert view.sections["bars"]["time"] == []

    at_home.mend()

    view.wait(lambda: view.sections["bars"]["time"] and view.sections["head"]["last"])


def test_the_strip_shows_the_state_the_seconds_and_what_was_missed(web: Page, at_home):
    panel = at_home.desk.panel(CODE)
    strip = web.view(panel._parts["strip"])
    assert strip.sections["link"] == {"state": "live", "seconds": 0}
    ask = float(at_home.desk.quotes(CODE)["ask1"].iloc[0])

    at_home.cut()
    strip.wait(lambda: strip.sections["link"]["state"] == "lost")
    strip.wait(lambda: strip.sections["link"]["seconds"] >= 1)
    at_home.other.order_stock(ME, CODE, c.STOCK_BUY, 300, c.FIX_PRICE, ask)
    at_home.mend()
    strip.wait(lambda: strip.sections["link"]["state"] == "live")

    strip.wait(lambda: strip.sections["findings"] == 2)
    assert strip.sections["news"]["en"].endswith("1 fill, 1 order from elsewhere")
    assert strip.sections["news"]["zh"].endswith("1 笔成交、1 笔他处委托")


def test_a_break_without_news_is_said_to_be_one(web: Page, at_home):
    strip = web.view(at_home.desk.panel(CODE)._parts["strip"])

    at_home.cut()
    at_home.mend()

    strip.wait(lambda: strip.sections["news"]["en"].startswith("nothing has changed"))


def test_a_cancel_that_cannot_go_out_is_said_and_never_sent_later(web: Page, at_home):
    order = at_home.desk.buy(CODE, 100, 10.0)
    panel = at_home.desk.panel(CODE)
    strip = web.view(panel._parts["strip"])
    at_home.cut()

    strip.say({"kind": "cancel_all"})
    web._views[panel.orders.model_id].say({"kind": "cancel", "key": order.id})
    strip.wait(lambda: "was not sent" in strip.sections["news"]["en"])
    at_home.mend()
    at_home.desk._live.books.settle()

    assert order.status_code == c.ORDER_REPORTED
    assert not [one for one in at_home.link.sent if one.method == "cancel_order_stock"]


def test_a_cancel_goes_out_while_the_account_is_compared(web: Page, at_home):
    order = at_home.desk.buy(CODE, 100, 10.0)
    panel = at_home.desk.panel(CODE)

    def cancel(state):
        if state is LinkState.RESYNCING:
            web._views[panel.orders.model_id].say({"kind": "cancel", "key": order.id})

    at_home.connection.on_change(cancel)
    at_home.cut()
    at_home.mend()

    assert order.wait(10).status_code == c.ORDER_CANCELED


# -- the kill switch -------------------------------------------------------------------------


def test_strip_and_form_say_that_trading_is_stopped_before_a_volume_is_typed(web: Page, tmp_path):
    link = GuardedLink(house.host(house.market()).link("demo"), LimitsFile(tmp_path), Counts())
    trader = XtQuantTrader.over(link, 1)
    trader.start()
    assert trader.connect() == 0
    desk = Desk(Session(link, trader, None, every=0), ME)
    panel = desk.panel(CODE)
    strip, ticket = web.view(panel._parts["strip"]), web.view(panel._parts["ticket"])
    assert strip.sections["news"] == {"zh": "", "en": ""}

    (tmp_path / "STOP").touch()
    strip.wait(lambda: "stopped by the kill switch" in strip.sections["news"]["en"])
    ticket.wait(lambda: "stopped by the kill switch" in ticket.state["blocked"])
    assert "交易已被总开关停止" in strip.sections["news"]["zh"]
    (tmp_path / "STOP").unlink()
    strip.wait(lambda: strip.sections["news"] == {"zh": "", "en": ""})
    ticket.wait(lambda: ticket.state["blocked"] == "")
    desk.close()


# -- what was found --------------------------------------------------------------------------


def test_the_findings_have_a_table_and_the_panel_a_tab_for_them(web: Page, at_home):
    panel = at_home.desk.panel(CODE)
    tabs = web.view(panel._parts["tabs"])
    assert tabs.sections["findings"] == 0
    ask = float(at_home.desk.quotes(CODE)["ask1"].iloc[0])

    at_home.cut()
    bought = at_home.other.order_stock(ME, CODE, c.STOCK_BUY, 300, c.FIX_PRICE, ask)
    at_home.mend()

    tabs.wait(lambda: tabs.sections["findings"] == 2)
    table = at_home.desk.live.reconciliation()
    assert table.rows.records() == at_home.session.findings.records()
    still = table.still()
    assert f">{bought}<" in still
    assert "missed fill" in still
    assert "added" in still
    xtnb.options.language = "zh"
    assert "补收成交" in table.still()
    assert "已补入" in table.still()


def test_an_unknown_order_can_be_asked_for_again_and_its_row_tells_the_outcome(
    web: Page, at_home, monkeypatch
):
    at_home.link.lose_replies = True
    at_home.desk._live.send(CODE, "buy", 100, 10.0)
    at_home.other.query_stock_orders(ME)
    orders = at_home.desk._live.orders
    outcomes = orders._outcomes
    monkeypatch.setattr(orders, "_outcomes", lambda _: None)  # as a terminal that cannot tell
    at_home.cut()
    at_home.mend()
    table = at_home.desk.live.reconciliation()
    view = web._views[table.model_id]
    [doubt] = at_home.session.findings.records()
    assert doubt.kind == FindingKind.STILL_UNKNOWN

    monkeypatch.setattr(orders, "_outcomes", outcomes)
    strip = web.view(at_home.desk.panel(CODE)._parts["strip"])
    view.say({"kind": "ask", "key": doubt.number})
    strip.wait(lambda: at_home.session.findings.get(doubt.number).kind == FindingKind.SENT)
    assert len(at_home.session.findings) == 1
    strip.wait(lambda: strip.sections["news"]["en"].endswith("1 unknown order that had arrived"))
    view.say({"kind": "ask", "key": doubt.number})
    strip.wait(lambda: strip.sections["news"]["en"] == "asked again: nothing new")


# -- a live terminal -------------------------------------------------------------------------


def test_every_form_and_the_panel_of_a_live_terminal_say_so_in_red(web: Page, live):
    ticket, panel = live.ticket(CODE), live.panel(CODE)

    for form in (ticket, panel.ticket):
        assert form.banner == {"text": "实盘 LIVE", "tone": "red"}
    assert web.view(panel._parts["strip"]).sections["account"]["paper"] is False


def test_a_paper_form_has_neither_banner_nor_lock(web: Page, desk):
    view = web.view(desk.ticket(CODE))

    assert view.sections["lock"] is None
    assert (view.state["banner"], view.state["blocked"]) == ({}, "")


def test_a_live_form_sends_after_a_click_on_unlock_and_not_before(web: Page, live):
    ticket = live.ticket(CODE, volume=100)
    view = web.view(ticket)
    wait_for_price(view)
    assert "locked" in view.state["blocked"]
    assert view.sections["lock"] == {"armed": False, "minutes": 0, "can": True}
    token = send(view, ticket)
    view.wait(lambda: {"kind": "ignored", "token": token} in view.messages)

    view.say({"kind": "arm", **view.click()})
    view.wait(lambda: view.state["blocked"] == "")
    assert view.sections["lock"] == {"armed": True, "minutes": 15, "can": True}
    token = send(view, ticket)

    view.wait(lambda: attempt(view, token))
    view.say({"kind": "disarm"})
    view.wait(lambda: "locked" in view.state["blocked"])
    assert len(live.orders()) == 1


def test_a_live_form_locks_itself_when_the_time_is_up(web: Page, live):
    view = web.view(live.ticket(CODE))

    live._session.arming.arm(0.3)
    view.wait(lambda: view.state["blocked"] == "")

    view.wait(lambda: "locked" in view.state["blocked"])
    view.wait(lambda: not view.sections["lock"]["armed"])


def test_a_lost_link_locks_a_live_form_and_it_stays_locked_when_it_is_back(web: Page, live):
    view, link = web.view(live.ticket(CODE)), live._session.link
    view.say({"kind": "arm", **view.click()})
    view.wait(lambda: view.state["blocked"] == "")

    link.cut()
    view.wait(lambda: "the link is lost" in view.state["blocked"])
    view.say({"kind": "arm", **view.click()})
    link.mend()
    view.wait(lambda: "locked" in view.state["blocked"])

    assert not live._session.arming.armed


def test_a_minute_less_is_shown_by_itself():
    from xtnb.live.standing import Standing
    from xtnb.widgets.guard import Guard

    class Form:
        blocked, banner = "", {}

    hands = Hands()
    arming = Arming(live=True, clock=hands, wall=hands)
    guard = Guard(Form(), Standing(False, arming), "")
    arming.arm(130)

    assert (guard.lock()["minutes"], guard.due) == (3, pytest.approx(10.01))
    hands.seconds += guard.due
    assert guard.lock()["minutes"] == 2


def test_only_the_guard_of_a_form_unlocks():
    callers = [
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "arm"
    ]

    assert callers == ["widgets/guard.py"]
