"""The ticket of every kind of account: its buttons, its figures, and what it sends."""

import pytest

import xtnb
from tests.widgets.browser_end import Page, View
from tests.widgets.test_ticket import attempt, form, send, tokens, wait_for_price, wait_for_state
from xtnb import xtconstant as c
from xtnb.errors import InputError
from xtnb.widgets.actions import actions_of

CREDIT = "1208970161", "CREDIT"
FUTURE = "2000000365", "FUTURE"
OPTION = "3000000365", "STOCK_OPTION"
FUTURE_OPTION = "3100000365", "FUTURE_OPTION"
SHANGHAI_CONNECT = "4000000365", "HUGANGTONG"
CMB, MAOTAI = "600036.SH", "600519.SH"
REBAR, SOYMEAL = "rb2701.SF", "m2701.DF"


def line(view: View, role: str, language: str = "en") -> str:
    return next((row[language] for row in view.sections["lines"] if row["role"] == role), "")


def keys(view: View) -> list[str]:
    return [action["key"] for action in view.sections["facts"]["actions"]]


def open_form(web: Page, desk, account, code, **start) -> tuple:
    ticket = desk.use(*account).ticket(code, **start)
    return ticket, web.view(ticket)


def said(view: View) -> dict:
    return view.sections["preview"] or {}


def test_a_margin_account_has_its_forms_and_tells_margin_quota_and_ratio(web: Page, desk):
    ticket, view = open_form(web, desk, CREDIT, CMB, side="fin_buy", price=41.9, volume=1_000)
    view.wait(lambda: said(view).get("accepted"))

    preview = desk.preview(CMB, c.CREDIT_FIN_BUY, 1_000, 41.9)
    assert line(view, "margin") == f"{preview.margin:,.2f}"
    assert line(view, "ratio").endswith(f"→ {preview.ratio_after:,.2f}%")
    assert line(view, "quota").endswith(f"→ {preview.quota_after:,.0f}")
    assert keys(view)[:8] == [
        *("buy", "sell", "fin_buy", "slo_sell"),
        *("buy_return", "sell_repay", "return", "repay"),
    ]
    assert [action["special"] for action in view.sections["facts"]["actions"][8:]] == [True] * 6
    assert ticket.side == "fin_buy"


def test_a_margin_buy_is_sent_as_one(web: Page, desk):
    ticket, view = open_form(web, desk, CREDIT, CMB, side="fin_buy", price=41.0, volume=500)
    view.wait(lambda: said(view))

    wait_for_state(view, send(view, ticket), "working")

    order = desk.orders().iloc[0]
    assert (order["order_type"], order["order_volume"]) == ("margin buy", 500)


def test_cash_is_repaid_without_a_code_up_to_what_is_due(web: Page, desk):
    ticket, view = open_form(web, desk, CREDIT, "", side="repay")
    view.wait(lambda: view.sections["account"]["most"] > 0)

    view.say({"kind": "preset", "part": "all"})
    view.wait(lambda: said(view).get("accepted"))
    assert ticket.volume == 164_255  # 163,948.68 and the short contract's fee, rounded up
    token = send(view, ticket, volume=4_000)
    wait_for_state(view, token, "done")

    debts = desk.debts()
    assert attempt(view, token)["side_zh"] == "直接还款"
    assert debts["repaid_balance"].sum() + debts["repaid_fare"].sum() == pytest.approx(4_000)


def test_a_margin_form_follows_the_account_and_not_only_the_quotes(web: Page, desk):
    ticket, view = open_form(web, desk, CREDIT, MAOTAI, side="buy_return")
    view.wait(lambda: line(view, "debt") == "100")

    desk.order(CMB, c.CREDIT_FIN_BUY, 100, c.MARKET_PEER_PRICE_FIRST, 0.0)
    before = line(view, "bail")
    view.wait(lambda: line(view, "bail") != before)  # no clock was moved: no quote came

    assert ticket.code == MAOTAI


def test_where_the_exchange_keeps_days_apart_today_is_closed_by_itself(web: Page, desk):
    ticket, view = open_form(web, desk, FUTURE, REBAR, side="sell_close_today")
    view.wait(lambda: view.sections["account"]["most"] == 4)
    wait_for_price(view)

    assert (line(view, "long"), line(view, "short")) == ("today 4 · overnight 6", "none")
    assert line(view, "unit") == "× 10"
    ticket.fill(price=ticket.price - 2)  # there is but one lot at the best bid
    view.say({"kind": "preset", "part": "all"})
    wait_for_state(view, send(view, ticket), "done")
    view.wait(lambda: line(view, "long", "zh") == "今 0 · 昨 6")

    order = desk.orders().iloc[0]
    assert (order["order_type"], order["traded_volume"]) == ("close today long", 4)


def test_another_exchange_has_no_button_for_days(web: Page, desk):
    ticket, view = open_form(web, desk, FUTURE, REBAR, side="sell_close_past")

    ticket.fill(code=SOYMEAL)
    view.wait(lambda: view.sections["facts"]["code"] == SOYMEAL)

    assert keys(view) == ["buy_open", "buy_close", "sell_open", "sell_close"]
    assert ticket.side == "sell_close"


def test_an_opening_of_futures_shows_the_margin_that_is_then_frozen(web: Page, desk):
    ticket, view = open_form(web, desk, FUTURE, SOYMEAL, price=3_000.0, volume=2)
    view.wait(lambda: said(view).get("accepted"))
    margin, cash = line(view, "margin"), desk.asset().iloc[0]["cash"]
    after = line(view, "after")

    wait_for_state(view, send(view, ticket), "working")

    assert ticket.side == "buy_open"
    assert f"{desk.asset().iloc[0]['cash']:,.2f}" == after
    assert 0 < float(margin.replace(",", "")) < cash


def test_a_click_on_what_can_be_closed_closes_the_side_that_is_held(web: Page, desk):
    panel = desk.use(*FUTURE).panel(REBAR)
    held = {row.stock_code: row for row in desk._live.books.positions.records()}
    page = web._views[panel.positions.model_id]
    key = next(k for k in panel.positions.rows.keys() if k.startswith("rb2705"))  # noqa: SIM118

    page.say({"kind": "pick", "key": key, "column": "can_use_volume", "value": 5})

    assert held["rb2705.SF"].direction == c.DIRECTION_FLAG_SHORT
    ticket = panel.ticket
    assert (ticket.code, ticket.side, ticket.volume) == ("rb2705.SF", "buy_close", 5)


def test_options_show_unit_expiry_and_locked_shares_and_open_covered(web: Page, desk):
    call = "10001103.SHO"
    ticket, view = open_form(web, desk, OPTION, call, side="covered_open", price=0.045, volume=1)
    view.wait(lambda: said(view).get("accepted"))

    assert line(view, "unit") == "10,000"
    assert line(view, "expiry") == "33 days, 12-23"
    assert line(view, "underlying").startswith("510050 ")
    assert line(view, "locked", "zh") == "可用 10,000 · 锁定 40,000"
    wait_for_state(view, send(view, ticket), "working", "done")
    assert desk.orders().iloc[0]["order_type"] == "covered open"


def test_a_lock_bears_the_underlying_and_needs_no_price(web: Page, desk):
    ticket, view = open_form(web, desk, OPTION, "10001103.SHO", side="lock", volume=10_000)
    view.wait(lambda: said(view).get("accepted"))

    assert view.sections["facts"]["sent"] == "510050.SH 上证50ETF"
    wait_for_state(view, send(view, ticket), "done")

    order = desk.orders().iloc[0]
    assert (order["stock_code"], order["order_volume"]) == ("510050.SH", 10_000)


def test_a_put_is_exercised_as_one_and_has_nothing_covered(web: Page, desk):
    ticket, view = open_form(web, desk, OPTION, "90001136.SZO", side="exercise", volume=1)
    view.wait(lambda: said(view))

    assert "covered_open" not in keys(view)
    assert "expiry day only" in said(view)["reason_en"]  # as the terminal would say
    assert ticket._action.order_type == c.STOCK_OPTION_PUT_EXERCISE


def test_an_option_on_a_future_is_exercised_on_any_day(web: Page, desk):
    code = "m2705-C-2800.DF"
    ticket, view = open_form(web, desk, FUTURE_OPTION, code, side="exercise", volume=2)
    view.wait(lambda: said(view).get("accepted"))

    wait_for_state(view, send(view, ticket), "working", "done")

    assert desk.orders().iloc[0]["order_type"] == "exercise option"


def test_hong_kong_prices_are_dollars_with_their_value_in_yuan(web: Page, desk):
    code = "00700.HGT"
    ticket, view = open_form(web, desk, SHANGHAI_CONNECT, code, price=614.5, volume=100)
    view.wait(lambda: said(view).get("accepted"))

    facts, account = view.sections["facts"], view.sections["account"]
    assert (facts["price_en"], facts["lot"], facts["limit_up"]) == ("HKD", 100, 0)
    assert account["note_en"] == "≈ ¥579.14"
    assert line(view, "amount") == "61,450.00"
    assert line(view, "yuan") == "¥57,913.55"
    wait_for_state(view, send(view, ticket), "working", "done")


def test_an_odd_lot_is_only_sold(web: Page, desk):
    code = "01810.HGT"  # a lot is 200, and 2,060 are held
    ticket, view = open_form(web, desk, SHANGHAI_CONNECT, code, side="sell", price=43.0, volume=60)
    view.wait(lambda: said(view).get("accepted"))

    assert view.sections["account"]["en"] == "Sellable 2,000 + odd lot 60"
    ticket.fill(side="buy", price=43.0, volume=60)
    view.wait(lambda: said(view) and not said(view)["accepted"])
    assert "odd lots can only be sold" in said(view)["reason_en"]


@pytest.mark.parametrize(
    ("account", "code", "side", "price", "most"),
    [
        (SHANGHAI_CONNECT, "00700.HGT", "sell", 614.53, "Sellable 400"),
        (SHANGHAI_CONNECT, "01810.HGT", "sell", 43.081, "Sellable 2,000 + odd lot 60"),
        (SHANGHAI_CONNECT, "00700.HGT", "sell", 921.75, "Sellable 400"),
        (FUTURE, "rb2701.SF", "sell_close", 3159.5, "Closable 10"),
        (FUTURE, "rb2701.SF", "sell_close", 9999.0, "Closable 10"),
    ],
)
def test_a_price_at_fault_is_said_and_hides_nothing_that_is_held(
    web: Page, desk, account, code, side, price, most
):
    ticket, view = open_form(web, desk, account, code, side=side)
    view.wait(lambda: view.sections["account"]["en"] == most)

    ticket.fill(price=price)
    view.wait(lambda: said(view).get("accepted") is False)

    assert "price" in said(view)["reason_en"]
    assert view.sections["account"]["en"] == most


def test_a_stock_account_lends_money_and_trades_convertible_bonds(web: Page, desk):
    ticket = desk.ticket("204001.SH", price=1.685, volume=100)
    view = web.view(ticket)
    view.wait(lambda: said(view).get("accepted"))

    assert keys(view) == ["sell"]
    assert (line(view, "amount"), line(view, "interest")) == ("10,000.00", "0.46")
    ticket.fill(code="113052.SH")
    view.wait(lambda: view.sections["facts"]["code"] == "113052.SH")
    facts = view.sections["facts"]
    assert (facts["volume_zh"], facts["decimals"], facts["lot"]) == ("张数", 3, 10)
    assert [row["number"] for row in facts["types"]] == [c.FIX_PRICE]


@pytest.mark.parametrize(
    ("account", "text", "first"),
    [
        (FUTURE, "lwg", "rb2701.SF"),
        (FUTURE, "600000", None),
        (OPTION, "300ETF购12月4700", "10001112.SHO"),
        (FUTURE_OPTION, "m2705", "m2705.DF"),
        (SHANGHAI_CONNECT, "00700.hk", "00700.HGT"),
        (SHANGHAI_CONNECT, "TXKG", "00700.HGT"),
        (CREDIT, "113052", None),
        (CREDIT, "sh600000", "600000.SH"),
        (CREDIT, "600001", None),  # near 600000, but Enter takes what is found alone
    ],
)
def test_only_what_the_account_trades_is_found(web: Page, desk, account, text, first):
    ticket = desk.use(*account).ticket("")

    rows = ticket._form.found(text, 12)

    assert (rows[0]["code"] if rows else None) == first


def test_the_other_side_takes_price_and_volume_with_it(web: Page, desk):
    ticket = desk.ticket("600000.SH", price=10.5, volume=300)
    view = web.view(ticket)

    view.type(side="sell")
    view.wait(lambda: view.state["volume"] == 0 and view.state["price"] not in (0, 10.5))

    assert ticket.price == view.sections["quote"]["bid"][0]


def test_after_a_send_the_volume_is_gone_and_it_is_said_what_was_sent(web: Page, desk):
    ticket = desk.ticket("600000.SH", price=10.2, volume=300)
    view = web.view(ticket)

    wait_for_state(view, send(view, ticket), "working")

    assert (ticket.price, ticket.volume) == (10.2, 0)
    assert view.sections["said"] == {
        "state": "sent",
        "zh": "买入 300 × 10.20 浦发银行",
        "en": "Buy 300 × 10.20 浦发银行",
    }
    ticket.fill(volume=100)
    view.wait(lambda: view.sections["said"] is None)


def test_what_could_not_be_sent_keeps_its_volume(web: Page, desk):
    ticket = desk.ticket("600000.SH", price=10.2, volume=300)
    view = web.view(ticket)

    wait_for_state(view, send(view, ticket, price=-1.0), "refused")

    assert ticket.volume == 300
    assert view.sections["said"]["state"] == "refused"


def test_a_blocked_form_sends_nothing_and_still_cancels(web: Page, desk):
    ticket = desk.ticket("600000.SH", price=10.2, volume=300)
    view = web.view(ticket)
    working = send(view, ticket)
    wait_for_state(view, working, "working")

    ticket.blocked = "等待核对 / being reconciled"
    token = next(tokens)
    sent = form(ticket, volume=100)
    view.say({"kind": "send", "token": token, "form": sent, **view.click()})
    view.wait(lambda: {"kind": "ignored", "token": token} in view.messages)
    view.say({"kind": "cancel", "token": working})
    wait_for_state(view, working, "cancelled")

    assert len(desk.orders()) == 1
    ticket.blocked = ""
    wait_for_state(view, send(view, ticket, volume=100), "working")


def test_a_banner_has_a_text_and_a_known_tone(web: Page, desk):
    ticket = desk.ticket("600000.SH")
    view = web.view(ticket)

    ticket.banner = {"text": "实盘 / LIVE", "tone": "red"}

    assert view.state["banner"] == {"text": "实盘 / LIVE", "tone": "red"}
    with pytest.raises(InputError, match="a tone, one of red, amber"):
        ticket.banner = {"text": "LIVE", "tone": "loud"}


def test_a_click_fills_the_ticket_of_its_own_account(web: Page, desk):
    shares = desk.ticket("600000.SH")
    quotes = desk.live.quotes(["000001.SZ"])
    futures = desk.use(*FUTURE).ticket(REBAR)

    web._views[quotes.model_id].say({"kind": "pick", "key": "000001.SZ", "column": "stock_code"})

    assert (shares.code, futures.code) == ("000001.SZ", REBAR)


def test_an_action_of_another_account_is_no_side(web: Page, desk):
    with pytest.raises(InputError, match="one of 'buy', 'sell'"):
        desk.ticket("600000.SH", side="fin_buy")
    with pytest.raises(InputError, match="sell_close_today"):
        desk.use(*FUTURE).ticket(REBAR, side="fin_buy")


def test_every_order_type_of_a_form_is_one_of_its_account():
    for kind in (c.CREDIT_ACCOUNT, c.FUTURE_ACCOUNT, c.STOCK_OPTION_ACCOUNT, c.SECURITY_ACCOUNT):
        numbers = [action.order_type for action in actions_of(kind)]
        assert len(set(numbers)) == len(numbers)
        assert all({n} <= xtnb.xtconstant.ORDER_TYPE_SET for n in numbers) == (
            kind in (c.CREDIT_ACCOUNT, c.SECURITY_ACCOUNT)
        )
