"""The ticket: what it shows before a send, that it sends once, and what it tells after."""

import threading
from itertools import count

import pytest

import xtnb
from tests.widgets.browser_end import Page, View
from xtnb import xtconstant as c
from xtnb.errors import InputError
from xtnb.live.coalesce import frames
from xtnb.vocabulary.codes import PriceType
from xtnb.vocabulary.messages import Push, PushKind

PUFA, PINGAN, SMIC, BEIJING = "600000.SH", "000001.SZ", "688981.SH", "920445.BJ"
tokens = (f"token-{number}" for number in count())


def form(ticket, **changed):
    shown = {
        "code": ticket.code,
        "side": ticket.side,
        "price_type": ticket.price_type,
        "price": ticket.price,
        "volume": ticket.volume,
        "remark": ticket.remark,
    }
    return {**shown, **changed}


def send(view: View, ticket, token: str = "", **changed) -> str:
    token = token or next(tokens)
    sent = form(ticket, **changed)
    view.say({"kind": "send", "token": token, "form": sent, **view.click()})
    return token


def attempt(view: View, token: str) -> dict:
    return next((row for row in view.sections["attempts"] if row["token"] == token), {})


def wait_for_state(view: View, token: str, *states: str) -> dict:
    view.wait(lambda: attempt(view, token).get("state") in states)
    return attempt(view, token)


def wait_for_price(view: View) -> None:
    view.wait(lambda: view.sections["facts"]["known"] and view.state["price"] > 0)


def test_a_ticket_begins_at_the_best_opposite_price(web: Page, desk):
    buy, sale = desk.ticket(PUFA), desk.ticket(PINGAN, side="sell")

    views = [web.view(buy), web.view(sale)]
    for view in views:
        wait_for_price(view)

    assert buy.price == views[0].sections["quote"]["ask"][0]
    assert sale.price == views[1].sections["quote"]["bid"][0]


def test_a_price_that_was_typed_before_the_first_quote_is_drawn_stays(web: Page, desk):
    ticket = desk.ticket(PINGAN)
    view = web.view(ticket)
    wait_for_price(view)

    with ticket._lock:  # the frame thread comes when both have been heard
        view.type(side="sell")
        view.type(price=12.34)
    view.type(volume=100)
    view.wait(lambda: view.sections["preview"] and view.sections["preview"]["form"]["volume"])

    assert (ticket.side, ticket.price) == ("sell", 12.34)


@pytest.mark.parametrize(
    ("code", "numbers"),
    [
        (PUFA, [11, 5, 42, 43, 44, 45]),
        (PINGAN, [11, 5, 44, 45, 46, 47, 48]),
        (BEIJING, [11, 5, 42, 43, 44, 45]),
    ],
)
def test_only_the_price_types_of_the_venue_are_offered(web: Page, desk, code, numbers):
    facts = web.view(desk.ticket(code)).sections["facts"]

    assert [row["number"] for row in facts["types"]] == numbers
    for row in facts["types"]:
        kind = PriceType(row["number"])
        assert (row["zh"], row["en"]) == (kind.zh, kind.en)


def test_a_code_of_another_venue_brings_a_market_order_back_to_a_limit(web: Page, desk):
    ticket = desk.ticket(PUFA)
    ticket.price_type = c.MARKET_SH_CONVERT_5_CANCEL

    ticket.fill(code=PINGAN)

    assert ticket.price_type == c.FIX_PRICE


def test_leaving_a_limit_leaves_no_price_behind_as_a_protective_price(web: Page, desk):
    ticket = desk.ticket(PUFA, price=10.5)

    web.view(ticket).type(price_type=c.MARKET_SH_CONVERT_5_LIMIT)

    assert ticket.price == 0


def test_what_the_ticket_says_is_what_the_terminal_sets_aside(web: Page, desk):
    ticket = desk.ticket(PUFA, price=10.2, volume=300)
    said = (view := web.view(ticket)).sections["preview"]

    token = send(view, ticket)
    wait_for_state(view, token, "working")
    view.wait(lambda: view.sections["account"]["cash"] == said["cash_after"])

    asset = desk.asset().iloc[0]
    assert said["accepted"]
    assert asset["cash"] == said["cash_after"]
    fees = said["commission"] + said["stamp_duty"] + said["transfer_fee"]
    assert asset["frozen_cash"] == pytest.approx(said["amount"] + fees)


def test_a_refusal_is_told_before_and_after_in_both_languages(web: Page, desk):
    ticket = desk.ticket(PUFA, price=10.5, volume=150)
    view = web.view(ticket)
    said = view.sections["preview"]

    refused = wait_for_state(view, send(view, ticket, anyway=True), "refused")

    assert not said["accepted"]
    assert "100 的整数倍" in said["reason_zh"]
    assert "multiple of 100" in said["reason_en"]
    assert (refused["reason_zh"], refused["reason_en"]) == (said["reason_zh"], said["reason_en"])
    assert (refused["zh"], refused["en"]) == ("废单", "rejected")


def test_a_preview_says_which_form_it_is_of(web: Page, desk):
    ticket = desk.ticket(PUFA, price=10.2, volume=300)
    view = web.view(ticket)

    ticket.fill(volume=150)
    view.wait(lambda: not view.sections["preview"]["accepted"])

    judged = view.sections["preview"]["form"]
    assert judged == {name: form(ticket)[name] for name in judged}
    assert set(judged) == {"code", "side", "price_type", "price", "volume"}


def test_what_would_be_refused_is_sent_only_by_who_has_read_that(web: Page, desk):
    ticket = desk.ticket(PUFA, price=10.5, volume=150)
    view = web.view(ticket)

    token = send(view, ticket)
    view.wait(lambda: any(each["kind"] == "doubted" for each in view.messages))
    (doubt,) = (each for each in view.messages if each["kind"] == "doubted")
    assert doubt["token"] == token
    assert "multiple of 100" in doubt["en"]
    assert "100 的整数倍" in doubt["zh"]
    assert ticket.volume == 150
    assert attempt(view, token) == {}

    wait_for_state(view, send(view, ticket, token, anyway=True), "refused")
    assert len(desk.orders()) == 1


def test_a_sale_of_what_is_held_is_never_kept_back(web: Page, desk):
    ticket = desk.ticket(PINGAN, side="sell", volume=500)
    view = web.view(ticket)
    wait_for_price(view)

    wait_for_state(view, send(view, ticket), "done", "working")


def test_a_token_is_sent_once_however_often_it_comes(web: Page, desk):
    ticket = desk.ticket(PUFA, price=10.2, volume=100)
    view = web.view(ticket)

    token = send(view, ticket)
    for _ in range(3):
        send(view, ticket, token)
    wait_for_state(view, token, "working")

    assert len(desk.orders()) == 1


def test_nothing_is_sent_while_an_answer_is_outstanding(web: Page, desk):
    ticket = desk.ticket(PUFA, price=10.2, volume=100)
    view = web.view(ticket)
    gate = threading.Event()
    desk._session.link.host.post(lambda: gate.wait(20))  # the terminal thinks

    first, second = send(view, ticket), send(view, ticket)
    view.wait(lambda: {"kind": "ignored", "token": second} in view.messages)
    assert view.sections["busy"]
    gate.set()
    wait_for_state(view, first, "working")
    view.wait(lambda: not view.sections["busy"])

    assert len(desk.orders()) == 1
    assert attempt(view, second) == {}


def test_the_next_send_is_free_once_the_answer_is_there(web: Page, desk):
    ticket = desk.ticket(PUFA, price=10.2, volume=100)
    view = web.view(ticket)

    for _ in range(2):
        token = send(view, ticket, volume=100)
        wait_for_state(view, token, "working")
        view.wait(lambda: not view.sections["busy"])

    assert len(desk.orders()) == 2


def test_what_is_sent_is_what_was_confirmed_and_not_what_the_form_holds_now(web: Page, desk):
    ticket = desk.ticket(PUFA, price=10.2, volume=100)
    view = web.view(ticket)
    confirmed = form(ticket, remark="first")
    ticket.fill(price=10.3, volume=900)

    token = next(tokens)
    view.say({"kind": "send", "token": token, "form": confirmed, **view.click()})
    wait_for_state(view, token, "working")

    order = desk.orders().iloc[0]
    assert (order["price"], order["order_volume"], order["order_remark"]) == (10.2, 100, "first")


def test_fills_are_told_as_they_come(web: Page, desk):
    ticket = desk.ticket(PUFA, volume=200)
    view = web.view(ticket)
    wait_for_price(view)

    row = wait_for_state(view, send(view, ticket), "done")
    view.wait(lambda: sum(f["volume"] for f in attempt(view, row["token"])["fills"]) == 200)
    row = attempt(view, row["token"])

    trade = desk.trades().iloc[0]
    assert row["id"] == trade["order_id"]
    assert row["fills"][0]["time"] == "09:30:05"
    assert float(row["fills"][0]["price"]) == trade["traded_price"]
    assert row["en"].startswith("filled @")
    assert row["zh"].startswith("已成 @")


def test_an_order_that_the_session_refuses_to_carry_is_told(web: Page, desk):
    ticket = desk.ticket(PUFA, price=10.2, volume=100)
    view = web.view(ticket)

    token = send(view, ticket, volume=-100)

    assert wait_for_state(view, token, "refused")["reason_en"].startswith("order_volume")
    assert len(desk.orders()) == 0


def test_a_sale_shows_what_may_be_sold_today_and_takes_no_more(web: Page, desk):
    ticket = desk.ticket(PINGAN, side="sell")
    view = web.view(ticket)

    view.say({"kind": "preset", "part": "all"})

    account = view.sections["account"]
    assert (account["sellable"], account["held"]) == (8_000, 10_000)
    assert ticket.volume == 8_000


@pytest.mark.parametrize(("part", "share"), [("quarter", 4), ("third", 3), ("half", 2), ("all", 1)])
def test_a_part_of_the_cash_is_the_largest_valid_buy_that_it_pays_with_fees(
    web: Page, desk, part, share
):
    ticket = desk.ticket(PUFA, price=10.5)
    cash = desk.asset().iloc[0]["cash"] / share

    ticket.preset(part)

    fits = desk.preview(PUFA, "buy", ticket.volume, 10.5)
    more = desk.preview(PUFA, "buy", ticket.volume + 100, 10.5)
    assert fits.cost <= cash < more.cost
    assert ticket.volume % 100 == 0


def test_a_third_of_a_position_is_whole_lots(web: Page, desk):
    ticket = desk.ticket(PINGAN, side="sell", price=11.0)

    ticket.preset("third")

    assert ticket.volume == 2_600


def test_a_code_is_found_by_digits_by_name_and_by_pinyin(web: Page, desk):
    view = web.view(desk.ticket(PUFA))

    for number, text in enumerate(["600519", "茅台", "gzmt"]):
        view.say({"kind": "search", "text": text, "number": number})
        view.wait(lambda number=number: number in [row["number"] for row in answers(view)])

        rows = answers(view)[-1]["rows"]
        assert rows[0] == {"code": "600519.SH", "name": "贵州茅台", "pinyin": "GZMT"}


def answers(view: View) -> list[dict]:
    return [message for message in view.messages if message["kind"] == "found"]


def test_an_unknown_code_is_said_and_leaves_nothing_to_send(web: Page, desk):
    view = web.view(desk.ticket(PUFA))

    view.type(code="600001.SH")
    view.wait(lambda: view.sections["facts"]["code"] == "600001.SH")

    assert not view.sections["facts"]["known"]
    assert "600001.SH" in view.sections["preview"]["reason_zh"]


def test_a_new_code_empties_price_and_volume_and_then_takes_its_own_price(web: Page, desk):
    ticket = desk.ticket(PUFA, price=10.5, volume=300)
    view = web.view(ticket)

    view.type(code=SMIC)
    view.wait(lambda: view.sections["facts"]["code"] == SMIC and view.state["price"] > 50)

    assert ticket.volume == 0


def test_a_click_fills_the_form_and_makes_a_market_order_a_limit_order(web: Page, desk):
    ticket = desk.ticket(PUFA)
    ticket.price_type = c.MARKET_PEER_PRICE_FIRST

    ticket.fill(side="sell", price=10.61, volume=500)

    assert (ticket.side, ticket.price, ticket.volume) == ("sell", 10.61, 500)
    assert ticket.price_type == c.FIX_PRICE


@pytest.mark.parametrize(
    "wrong",
    [
        {"side": "short"},
        {"price": -1.0},
        {"price": float("nan")},
        {"price": "10"},
        {"volume": -100},
        {"volume": 1.5},
        {"volume": True},
    ],
)
def test_a_wrong_fill_says_so_and_changes_nothing(web: Page, desk, wrong):
    ticket = desk.ticket(PUFA, price=10.5, volume=200)

    with pytest.raises(InputError):
        ticket.fill(code=PINGAN, **wrong)

    assert (ticket.code, ticket.side, ticket.price, ticket.volume) == (PUFA, "buy", 10.5, 200)


def test_a_view_gets_everything_when_it_opens_and_numbered_changes_after(web: Page, desk):
    view = web.view(desk.ticket(PUFA, price=10.2))

    view.type(volume=100)
    view.wait(lambda: view.sections["preview"])
    desk.clock.advance(2)
    view.say({"kind": "hello"})
    view.wait(lambda: len(wholes(view)) == 2)

    assert view.numbers == list(range(view.numbers[0], view.numbers[-1] + 1))
    assert set(wholes(view)[-1]["sections"]) == set(view.sections)


def wholes(view: View) -> list[dict]:
    return [message for message in view.messages if message.get("whole")]


def test_words_and_colours_follow_the_options(web: Page, desk):
    view = web.view(desk.ticket(PUFA))

    xtnb.options.language, xtnb.options.up, xtnb.options.confirm = "zh", "green", False

    shown = {name: view.state[name] for name in ("language", "up", "confirm")}
    assert shown == {"language": "zh", "up": "green", "confirm": False}


def test_a_lost_link_freezes_the_ticket(web: Page, desk):
    view = web.view(desk.ticket(PUFA))
    assert not view.sections["lost"]

    desk.trader._dispatcher.deliver(Push("paper", 1, 0, PushKind.DISCONNECTED, 0, "", None))

    view.wait(lambda: view.sections["lost"])


def test_a_closed_ticket_leaves_nothing_behind(web: Page, desk):
    books = desk._live.books
    tables = (books.asset, books.orders, books.trades, books.positions, books.quotes)
    before = [len(table._listeners) for table in tables], len(frames), web.open_comms()

    ticket = desk.ticket(PUFA)
    web.view(ticket)
    ticket.close()
    ticket.close()

    after = [len(table._listeners) for table in tables], len(frames), web.open_comms()
    assert after == before
    assert repr(ticket) == "Ticket('600000.SH')"


@pytest.mark.parametrize("wrong", [{"side": "short"}, {"price": -1.0}, {"volume": 1.5}])
def test_a_ticket_that_cannot_be_made_starts_nothing(web: Page, desk, wrong):
    before = len(frames), web.open_comms()

    with pytest.raises(InputError):
        desk.ticket(PUFA, **wrong)

    assert (len(frames), web.open_comms()) == before


def test_a_closed_ticket_leaves_a_list_of_what_it_sent(web: Page, desk):
    ticket = desk.ticket(PUFA, price=10.2, volume=300)
    view = web.view(ticket)
    wait_for_state(view, send(view, ticket), "working")

    assert "Buy 300 × 10.20 浦发银行: working" in ticket.remains()["text/html"]
    xtnb.options.language = "zh"
    assert "买入 300 × 10.20 浦发银行: 已报" in ticket.remains()["text/html"]
