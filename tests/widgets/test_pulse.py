"""A click that waited on its way does nothing: how old it is, told without a common clock."""

import threading

import pytest

from tests.live.test_connection import CODE
from tests.widgets.browser_end import Page
from tests.widgets.test_reliability import Hands, live_desk
from tests.widgets.test_ticket import form, send, tokens, wait_for_price, wait_for_state
from xtnb.widgets import ticket as of_tickets
from xtnb.widgets.pulse import KEPT_SECONDS, LATE_SECONDS, Beats

PUFA = "600000.SH"


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    """The clock of the pings, moved by hand."""
    hands = Hands()
    monkeypatch.setattr(of_tickets.beats, "_clock", hands)
    return hands


# -- how old a click is ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "passed", "late"),
    [
        (0, 0, False),
        (9_000, 9, False),
        (9_000, 13.9, False),
        (9_000, 14.1, True),
        (0, 48, True),
        (-3_000, 1, False),  # clicked before the answer was taken up
        (-60_000, 1, True),
    ],
)
def test_a_click_is_as_old_as_what_has_passed_since_it_and_its_answer(hands, since, passed, late):
    beats = Beats(hands)
    beats.note("one")
    hands.seconds += passed

    assert bool(beats.late({"beat": "one", "since": since})) is late


def test_how_old_a_late_click_is_is_said_in_both_languages(hands):
    beats = Beats(hands)
    beats.note("one")
    hands.seconds += 50

    said = beats.late({"beat": "one", "since": 2_000})

    assert said == "确认于 48 秒前，已过时，未发送 / confirmed 48 s ago, too late: not sent"


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"beat": "two", "since": 0},
        {"beat": "one"},
        {"beat": "one", "since": None},
        {"beat": "one", "since": True},
        {"beat": "one", "since": float("-inf")},
        {"beat": "one", "since": 60_000},
        {"beat": "one", "since": float("nan")},
        {"beat": ["one"], "since": 0},
    ],
)
def test_a_click_whose_age_cannot_be_told_is_late(hands, message):
    beats = Beats(hands)
    beats.note("one")
    hands.seconds += 1

    assert "cannot be told" in beats.late(message)


def test_a_ping_is_forgotten_long_after_it_could_make_a_click_pass(hands):
    beats = Beats(hands)
    beats.note("one")
    hands.seconds += KEPT_SECONDS + 1
    beats.note("two")

    assert list(beats._came) == ["two"]
    assert KEPT_SECONDS > LATE_SECONDS


# -- a form ----------------------------------------------------------------------------------


def test_every_view_is_answered_at_once_while_nothing_is_shown(web: Page, desk):
    panel = desk.panel(PUFA)
    table = desk.live.orders()

    for widget in (panel.ticket, panel.chart, panel._parts["strip"], panel.orders, table):
        view = web._views[widget.model_id]
        view.say({"kind": "ping", "beat": widget.model_id})
        assert view.messages == [{"kind": "pong", "beat": widget.model_id}]


def test_a_late_send_is_told_and_sends_nothing_and_leaves_the_form_free(web: Page, desk, hands):
    ticket = desk.ticket(PUFA, price=10.2, volume=300)
    view = web.view(ticket)
    confirmed, clicked = form(ticket), view.click()
    hands.seconds += 48

    message = {"kind": "send", "token": next(tokens), "form": confirmed, **clicked}
    view.say(message)
    row = wait_for_state(view, message["token"], "late")

    assert (row["zh"], row["en"], row["id"]) == ("未发送", "not sent", 0)
    assert row["reason_zh"] == "确认于 48 秒前，已过时，未发送"
    assert row["reason_en"] == "confirmed 48 s ago, too late: not sent"
    assert view.sections["said"]["state"] == "late"
    assert (ticket.volume, view.sections["busy"]) == (300, False)
    view.say({**message, **view.click()})  # the token is used up
    wait_for_state(view, send(view, ticket), "working")
    assert len(desk.orders()) == 1


def test_a_late_send_is_told_beside_an_order_that_is_still_under_way(web: Page, desk, hands):
    ticket = desk.ticket(PUFA, price=10.2, volume=300)
    view = web.view(ticket)
    clicked = view.click()
    hands.seconds += 48
    gate = threading.Event()
    desk._session.link.host.post(lambda: gate.wait(20))  # the terminal thinks
    first, second = send(view, ticket), next(tokens)

    view.say({"kind": "send", "token": second, "form": form(ticket), **clicked})
    wait_for_state(view, second, "late")
    assert (view.sections["said"], view.sections["busy"]) == (None, True)
    gate.set()
    wait_for_state(view, first, "working")

    assert len(desk.orders()) == 1


def test_a_cancel_may_come_late(web: Page, desk, hands):
    ticket = desk.ticket(PUFA, price=10.2, volume=300)
    view = web.view(ticket)
    token = send(view, ticket)
    wait_for_state(view, token, "working")
    hands.seconds += 48

    view.say({"kind": "cancel", "token": token})

    wait_for_state(view, token, "cancelled")


def test_a_late_click_unlocks_no_live_terminal(web: Page, hands):
    desk = live_desk()
    ticket = desk.ticket(CODE)
    view = web.view(ticket)
    wait_for_price(view)
    clicked = view.click()
    hands.seconds += 48

    view.say({"kind": "arm", **clicked})
    assert desk._live.standing.arming.armed is False
    view.say({"kind": "arm", **view.click()})

    assert desk._live.standing.arming.armed is True
    desk.close()
