"""Order forms of every kind of account, in a real JupyterLab: press, confirm, see it done."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.front_end.lab import LabPage
from tests.front_end.test_desk_page import CLEAR, CLOSE, offered, role

OPEN = """import xtnb, ipywidgets
desk = xtnb.paper(seed=7, clock="2026-11-20 09:30:00")
desk.clock.advance(5)
desk.use({account!r}, {kind!r})
form = desk.ticket({code!r})
ipywidgets.Box([form], layout=ipywidgets.Layout(width='380px'))"""
ACCOUNTS = {
    "CREDIT": "1208970161",
    "FUTURE": "2000000365",
    "STOCK_OPTION": "3000000365",
    "FUTURE_OPTION": "3100000365",
    "HUGANGTONG": "4000000365",
    "STOCK": "1000000365",
}
WIDE = """() => [...document.querySelectorAll('.xtnb-ticket *')]
    .filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0
                 && getComputedStyle(e).display !== 'inline'
                 && !e.closest('.attempts'))
    .map(e => e.className + ' ' + e.textContent)"""

SPARE = """e => {
    const pen = document.createElement('canvas').getContext('2d');
    pen.font = getComputedStyle(e).font;
    const text = e.selectedOptions[0].textContent;
    return e.clientWidth - 26 - pen.measureText(text).width;  // less arrow and padding
}"""

TYPE_AND_ENTER = """(e, text) => {
    e.value = text;
    e.dispatchEvent(new Event('input', { bubbles: true }));
    e.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
}"""


@pytest.fixture(scope="module")
def tab(lab, browser):
    opened = lab.open(browser, viewport={"width": 1366, "height": 900})
    yield opened
    opened.close()


@pytest.fixture
def show(tab):
    """Open the form of an account on an empty page; with a code once it has a price."""

    def opened(kind: str, code: str) -> LabPage:
        tab.run_cell(OPEN.format(account=ACCOUNTS[kind], kind=kind, code=code))
        if code:
            expect(role(tab, "code")).to_have_value(re.compile(re.escape(code)))
            offered(tab, "bid-1")
        return tab

    yield opened
    tab.run_cell(CLOSE)
    tab.page.evaluate(CLEAR)
    expect(tab.locator(".xtnb")).to_have_count(0)


def send(page: LabPage, *words: str) -> None:
    """Press send, read the question, confirm, and wait until the order is accepted."""
    attempts = page.locator(".xtnb-ticket .attempt")
    before = attempts.count()
    role(page, "send").click()
    for word in words:
        expect(role(page, "question")).to_contain_text(word)
    role(page, "confirm").click()
    expect(role(page, "volume")).to_have_value("")
    expect(role(page, "said")).to_contain_text("✓ Sent")
    expect(attempts).to_have_count(before + 1)
    expect(attempts.first).to_have_attribute("data-state", re.compile("^(working|done)$"))


def last_order(page: LabPage) -> dict:
    told = page.printed(
        "import json; o = desk.orders().iloc[-1]; print(json.dumps({k: str(o[k]) for k in "
        "('stock_code', 'order_type', 'order_volume', 'order_status')}))"
    )
    return json.loads(told)


def test_a_margin_buy_shows_what_it_ties_up_and_is_sent_as_one(show):
    page = show("CREDIT", "600036.SH")
    role(page, "fin_buy").click()
    expect(role(page, "price")).not_to_have_value("")
    role(page, "volume").fill("200")

    expect(role(page, "margin")).not_to_have_text("–")
    expect(role(page, "ratio")).to_contain_text("→")
    expect(role(page, "quota")).to_contain_text("→")
    send(page, "Margin buy 200", "600036.SH")

    assert last_order(page)["order_type"] == "margin buy"
    role(page, "special").check()
    expect(role(page, "fin_buy_special")).to_have_attribute("aria-pressed", "true")
    expect(role(page, "send")).to_contain_text("Special pool")


def test_cash_is_repaid_in_yuan_without_a_code(show):
    page = show("CREDIT", "")
    expect(role(page, "send")).to_contain_text("choose a code")
    role(page, "repay").click()
    expect(role(page, "code")).to_be_hidden()
    expect(role(page, "send")).to_contain_text("enter an amount")

    role(page, "volume").fill("4000")
    send(page, "Repay cash 4,000 CNY")

    order = last_order(page)
    assert (order["order_type"], order["order_volume"]) == ("repay cash", "4000")


def test_lots_of_today_are_closed_by_themselves(show):
    page = show("FUTURE", "rb2701.SF")
    role(page, "sell_close_today").click()
    expect(role(page, "most")).to_have_text("Closable 4")
    expect(role(page, "long")).to_have_text("today 4 · overnight 6")
    role(page, "down").click()
    role(page, "volume").fill("2")

    send(page, "Sell to close today 2 ×")

    expect(role(page, "long")).to_have_text("today 2 · overnight 6")
    order = last_order(page)
    assert (order["order_type"], order["order_status"]) == ("close today long", "filled")


def test_a_covered_call_is_opened_and_shares_are_locked(show):
    page = show("STOCK_OPTION", "10001103.SHO")
    role(page, "lock").click()
    expect(role(page, "price")).to_be_hidden()
    role(page, "volume").fill("10000")
    send(page, "Lock shares 10,000", "510050.SH")
    expect(role(page, "locked")).to_have_text("free 0 · locked 50,000")

    role(page, "covered_open").click()
    expect(role(page, "price")).not_to_have_value("")
    role(page, "volume").fill("1")
    send(page, "Covered open 1 ×", "10001103.SHO")

    assert last_order(page)["order_type"] == "covered open"


def test_an_option_on_a_future_is_exercised(show):
    page = show("FUTURE_OPTION", "m2705-C-2800.DF")
    role(page, "exercise").click()
    role(page, "volume").fill("1")

    send(page, "Exercise 1")

    assert last_order(page)["order_type"] == "exercise option"


def test_hong_kong_shares_step_by_lots_and_an_odd_lot_is_sold_alone(show):
    page = show("HUGANGTONG", "01810.HGT")
    expect(role(page, "note")).to_contain_text("≈ ¥")
    role(page, "volume").press("ArrowUp")
    expect(role(page, "volume")).to_have_value("200")
    role(page, "volume").fill("60")
    expect(role(page, "refusal")).to_contain_text("odd lots can only be sold")
    expect(role(page, "send")).to_contain_text("Would be refused")

    role(page, "sell").click()
    expect(role(page, "volume")).to_have_value("")  # it was that of the buy
    expect(role(page, "most")).to_have_text("Sellable 2,000 + odd lot 60")
    role(page, "volume").fill("60")
    send(page, "Sell 60 ×", "01810.HGT")

    assert last_order(page)["stock_code"] == "01810.HGT"


def test_enter_takes_a_code_only_where_one_is_meant(show):
    page = show("STOCK", "600000.SH")
    role(page, "code").click()
    page.page.keyboard.type("6000")
    page.page.keyboard.press("Enter")
    expect(page.locator(".found li").first).to_be_visible()
    expect(page.locator('.found [aria-selected="true"]')).to_have_count(0)
    page.page.keyboard.press("Escape")
    assert page.printed("print(form.code)") == "600000.SH"

    role(page, "code").click()
    page.page.keyboard.type("600519")
    page.page.keyboard.press("Enter")

    expect(role(page, "code")).to_have_value("600519.SH 贵州茅台")


def test_enter_never_takes_what_was_found_for_other_letters(show):
    page = show("STOCK", "600000.SH")
    role(page, "code").click()
    page.page.keyboard.type("600519")
    expect(page.locator('.found [aria-selected="true"]')).to_contain_text("贵州茅台")

    role(page, "code").evaluate(TYPE_AND_ENTER, "000001")  # before an answer can come

    expect(role(page, "code")).to_have_value("000001.SZ 平安银行")


def test_a_blocked_form_says_why_and_a_banner_whose_money_it_is(show):
    page = show("STOCK", "600000.SH")
    role(page, "volume").fill("100")
    role(page, "price").fill("10.20")
    send(page, "Buy 100 × 10.20")

    page.run_cell(
        "form.blocked = '等待核对 / being reconciled'\n"
        "form.banner = {'text': '实盘 / LIVE', 'tone': 'red'}"
    )
    role(page, "volume").fill("100")

    expect(role(page, "refusal")).to_have_text("being reconciled")
    expect(role(page, "ticket-banner")).to_have_text("LIVE")
    expect(role(page, "send")).to_be_disabled()
    role(page, "cancel-one").click()
    expect(page.locator(".attempt")).to_have_attribute("data-state", "cancelled")
    page.run_cell("xtnb.options.language = 'zh'")
    expect(role(page, "refusal")).to_have_text("等待核对")
    expect(role(page, "ticket-banner")).to_have_text("实盘")


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("CREDIT", "600036.SH"),
        ("FUTURE", "rb2701.SF"),
        ("STOCK_OPTION", "10001103.SHO"),
        ("FUTURE_OPTION", "m2705-C-2800.DF"),
        ("HUGANGTONG", "00700.HGT"),
    ],
)
def test_no_form_is_cut_off_in_either_language(show, kind, code):
    page = show(kind, code)
    role(page, "half").click()
    expect(role(page, "after")).not_to_have_text("–")

    for language in ("en", "zh"):
        page.run_cell(f"xtnb.options.language = {language!r}")
        expect(page.locator(".xtnb-ticket")).to_have_count(1)
        assert page.page.evaluate(WIDE) == []


@pytest.mark.parametrize("typed", ["1.5", "2.9", "0.5"])
def test_a_part_of_a_share_is_refused_and_stays_as_it_was_typed(show, typed):
    page = show("STOCK", "600000.SH")
    expect(role(page, "price")).not_to_have_value("")
    role(page, "volume").fill(typed)
    role(page, "remark").click()

    expect(role(page, "refusal")).to_contain_text("not a whole number")
    expect(role(page, "send")).to_be_disabled()
    expect(role(page, "volume")).to_have_value(typed)
    role(page, "volume").fill("200")
    expect(role(page, "send")).to_be_enabled()


@pytest.mark.parametrize("typed", ["000001", "maotai"])
def test_nothing_is_sent_while_another_code_is_half_typed(show, typed):
    page = show("STOCK", "600000.SH")
    expect(role(page, "price")).not_to_have_value("")
    role(page, "volume").fill("200")
    expect(role(page, "send")).to_be_enabled()
    expect(role(page, "send")).to_contain_text("600000.SH")

    role(page, "code").fill(typed)
    expect(role(page, "send")).to_be_disabled()
    expect(role(page, "send")).to_contain_text("the code is not chosen yet")
    role(page, "remark").click()  # what was typed is not put back in silence
    expect(role(page, "code")).to_have_value(typed)
    expect(role(page, "send")).to_be_disabled()

    role(page, "code").press("Escape")
    expect(role(page, "code")).to_have_value(re.compile("600000.SH"))
    expect(role(page, "send")).to_be_enabled()


def test_what_is_given_back_is_named_on_the_buttons(show):
    page = show("CREDIT", "600036.SH")

    expect(role(page, "return")).to_have_text("Return shares")
    expect(role(page, "repay")).to_have_text("Repay cash")


def test_what_would_be_refused_is_asked_once_more_even_without_the_confirm_step(show):
    page = show("STOCK", "600000.SH")
    page.run_cell("xtnb.options.confirm = False")
    role(page, "down").click()
    role(page, "volume").fill("150")
    expect(role(page, "send")).to_contain_text("Would be refused")

    role(page, "volume").press("Enter")
    expect(role(page, "refused")).to_contain_text("multiple of 100")
    expect(role(page, "back")).to_be_focused()
    expect(role(page, "refusal")).to_be_hidden()
    page.page.keyboard.press("Enter")
    expect(role(page, "question")).to_be_hidden()
    assert page.printed("print(len(desk.orders()))") == "0"

    role(page, "send").click()
    expect(role(page, "confirm")).to_have_text("Send anyway")
    role(page, "confirm").click()
    expect(page.locator(".attempt")).to_have_attribute("data-state", "refused")

    role(page, "volume").fill("200")
    expect(role(page, "amount")).not_to_have_text("–")
    role(page, "send").click()
    expect(page.locator(".attempt").first).to_have_attribute("data-state", "working")


def test_a_kernel_that_doubts_what_the_page_did_not_is_asked_about(show):
    page = show("STOCK", "600000.SH")
    page.run_cell("xtnb.options.confirm = False")
    role(page, "down").click()
    role(page, "volume").fill("200")
    expect(role(page, "amount")).not_to_have_text("–")

    role(page, "volume").evaluate(TYPE_AND_ENTER, "150")  # before any preview of it can come

    expect(role(page, "refused")).to_contain_text("multiple of 100")
    expect(role(page, "confirm")).to_have_text("Send anyway")
    assert page.printed("print(len(desk.orders()))") == "0"


@pytest.mark.parametrize(
    ("code", "number", "name"),
    [
        ("600000.SH", "42", "最优五档剩撤"),
        ("000001.SZ", "48", "全额成交或撤销"),
        ("000001.SZ", "46", "即时成交剩撤"),
    ],
)
def test_a_market_order_is_named_in_full_and_says_what_it_does(show, code, number, name):
    page = show("STOCK", code)
    for language in ("en", "zh"):
        page.run_cell(f"xtnb.options.language = {language!r}")
        role(page, "type").select_option(number)
        expect(role(page, "does")).to_contain_text("撤销" if language == "zh" else "at once")
        room = role(page, "type").evaluate(SPARE)
        assert room >= 0
    expect(role(page, "type")).to_have_attribute("title", re.compile(f"^{name}: "))
    role(page, "type").select_option("11")
    expect(role(page, "does")).to_be_hidden()


@pytest.mark.parametrize(("side", "word"), [("buy", "Max price"), ("sell", "Min price")])
def test_a_protective_price_says_what_it_is(show, side, word):
    page = show("STOCK", "600000.SH")
    role(page, side).click()
    role(page, "type").select_option("42")

    expect(role(page, "price")).to_have_attribute("aria-label", word)
    expect(role(page, "price")).to_have_attribute("placeholder", "optional")
    expect(role(page, "price")).to_be_enabled()


def test_a_price_off_the_tick_is_said_before_there_is_a_volume(show):
    page = show("HUGANGTONG", "00700.HGT")
    role(page, "sell").click()
    expect(role(page, "most")).to_have_text("Sellable 400")

    role(page, "price").fill("614.53")

    expect(role(page, "refusal")).to_contain_text("tick")
    expect(role(page, "most")).to_have_text("Sellable 400")
