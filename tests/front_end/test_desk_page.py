"""The desk on one page, in a real JupyterLab: look, click, send, see it filled."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.front_end.lab import CellError, LabPage
from tests.link.serving import until

PINGAN = "000001.SZ"
OPEN = "import xtnb\ndesk = xtnb.paper(seed=7)\npanel = desk.panel()\npanel"
CLOSE = "desk.close()\nxtnb.options.language, xtnb.options.confirm = 'en', True"
CLEAR = "() => window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs')"
LAPTOP = {"viewport": {"width": 1366, "height": 768}}


@pytest.fixture(scope="module")
def tab(lab, browser):
    opened = lab.open(browser, **LAPTOP)
    yield opened
    opened.close()


@pytest.fixture
def page(tab):
    """A desk of its own on a page whose outputs are empty."""
    tab.run_cell(OPEN)
    offered(tab, "bid-5")
    expect(tab.locator(".xtnb-area-quotes .ag-row")).to_have_count(11)
    expect(tab.locator(".xtnb-price-chart .detail")).to_contain_text("O ")
    yield tab
    tab.run_cell(CLOSE)
    tab.page.evaluate(CLEAR)
    expect(tab.locator(".xtnb")).to_have_count(0)


def role(page: LabPage, name: str):
    return page.locator(f"[data-role={name}]")


def offered(page: LabPage, level: str) -> None:
    """Wait until the form has a price, and one at that level: a click on none does nothing."""
    expect(role(page, level).locator(".price")).to_have_text(re.compile(r"^\d"))
    expect(role(page, "price")).not_to_have_value("")


def quote(page: LabPage, name: str, column: str):
    row = page.locator(".xtnb-area-quotes .ag-row").filter(has_text=name)
    return row.locator(f"[col-id={column}]")


def order_cell(page: LabPage, column: str, number: int = 1):
    return page.locator(f'.xtnb-area-orders [row-id="{number}"] [col-id="{column}"]')


def number_in(text: str) -> float:
    return float(text.replace(",", "").replace("+", ""))


def test_a_price_is_clicked_a_buy_confirmed_and_its_fill_is_seen_everywhere(page):
    quote(page, "平安银行", "last_price").click()
    expect(role(page, "code")).to_have_value(re.compile("000001.SZ"))
    expect(page.locator(".xtnb-price-chart .title")).to_contain_text("平安银行")
    offered(page, "ask-5")

    role(page, "ask-5").click()
    asked = number_in(role(page, "price").input_value())
    role(page, "volume").fill("600")
    expect(role(page, "amount")).to_have_text(f"{asked * 600:,.2f}")
    role(page, "send").click()
    expect(role(page, "question")).to_contain_text("600")
    expect(page.locator(".xtnb-ticket .attempt")).to_have_count(0)
    role(page, "confirm").click()

    attempt = page.locator(".xtnb-ticket .attempt")
    expect(attempt).to_have_attribute("data-state", "done")
    expect(attempt.locator(".fills li")).not_to_have_count(0)
    expect(order_cell(page, "order_status")).to_have_text("filled")
    expect(order_cell(page, "traded_volume")).to_have_text("600")
    expect(page.locator(".xtnb-price-chart")).to_have_attribute("data-fills", "1")
    told = page.printed(
        "import json; o = desk.orders().iloc[0]; "
        "print(json.dumps([str(o['stock_code']), int(o['traded_volume'])]))"
    )
    assert json.loads(told) == [PINGAN, 600]


def test_a_double_click_on_confirm_sends_once(page):
    role(page, "bid-5").click()
    role(page, "volume").fill("100")
    role(page, "volume").press("Enter")

    role(page, "confirm").dblclick()

    expect(page.locator(".xtnb-ticket .attempt")).to_have_attribute("data-state", "working")
    assert page.printed("print(len(desk.orders()))") == "1"


def test_escape_ends_the_question_and_a_changed_form_asks_anew(page):
    role(page, "volume").fill("100")
    role(page, "volume").press("Enter")
    expect(role(page, "confirm")).to_be_focused()
    role(page, "confirm").press("Escape")
    expect(role(page, "question")).to_be_hidden()

    role(page, "send").click()
    role(page, "price").press("ArrowUp")

    expect(role(page, "question")).to_be_hidden()
    assert page.printed("print(len(desk.orders()))") == "0"


def test_without_the_confirm_step_one_click_sends(page):
    page.run_cell("xtnb.options.confirm = False")
    role(page, "bid-5").click()
    role(page, "volume").fill("100")

    role(page, "send").click()

    expect(page.locator(".xtnb-ticket .attempt")).to_have_count(1)


def test_a_code_is_found_by_pinyin_with_the_keyboard_alone(page):
    role(page, "code").click()
    page.page.keyboard.type("gzmt")
    expect(page.locator(".xtnb-ticket .found li")).to_contain_text(["贵州茅台"])

    page.page.keyboard.press("Enter")

    expect(role(page, "code")).to_have_value("600519.SH 贵州茅台")
    expect(role(page, "price")).to_have_value(re.compile("^1,"))


def test_the_arrows_step_by_tick_and_by_lot(page):
    price, volume = role(page, "price"), role(page, "volume")
    before = number_in(price.input_value())

    price.press("ArrowUp")
    price.press("Shift+ArrowUp")
    volume.press("ArrowUp")
    volume.press("ArrowUp")

    assert number_in(price.input_value()) == pytest.approx(before + 0.11)
    assert volume.input_value() == "200"


def test_tab_goes_through_the_form_from_top_to_bottom(page):
    role(page, "volume").fill("100")
    role(page, "code").click()
    passed = []
    for _ in range(17):
        page.page.keyboard.press("Tab")
        passed.append(page.page.evaluate("() => document.activeElement.dataset.role"))

    wanted = ["buy", "sell", "type", "price", "volume", "quarter", "all", "remark", "send"]
    assert [name for name in passed if name in wanted] == wanted


def test_a_would_be_refusal_is_told_in_the_language_of_the_moment(page):
    role(page, "volume").fill("150")
    expect(role(page, "refusal")).to_contain_text("multiple of 100")

    role(page, "language").click()

    expect(role(page, "refusal")).to_contain_text("100 的整数倍")
    expect(role(page, "send")).to_contain_text("买入")
    expect(role(page, "cancel-all")).to_contain_text("全部撤单")
    expect(role(page, "tab-orders")).to_contain_text("委托")


def test_cancel_all_and_a_send_work_while_a_cell_runs(page):
    role(page, "bid-5").click()
    role(page, "volume").fill("100")
    expect(role(page, "amount")).not_to_have_text("–")
    busy = page.start_cell("print('busy', flush=True)\nwhile True: pass")
    expect(page.locator(".jp-OutputArea-output").last).to_have_text("busy")

    role(page, "send").click()
    role(page, "confirm").click()
    expect(page.locator(".xtnb-ticket .attempt")).to_have_attribute("data-state", "working")
    role(page, "cancel-all").click()
    expect(page.locator(".xtnb-ticket .attempt")).to_have_attribute("data-state", "cancelled")

    page.interrupt()
    with pytest.raises(CellError, match="KeyboardInterrupt"):
        page.wait_for_cell(busy)


def test_the_page_fits_a_laptop_and_nothing_scrolls_inside(page):
    panel = page.locator(".xtnb-panel")
    box = panel.bounding_box()
    overflowing = page.page.evaluate("""() => [...document.querySelectorAll('.xtnb-panel *')]
        .filter(e => ['auto', 'scroll'].includes(getComputedStyle(e).overflowY)
                     && e.clientHeight > 0 && e.scrollHeight > e.clientHeight + 1)
        .map(e => e.className)""")

    assert box["height"] <= 580
    assert box["width"] <= 1366
    assert overflowing == []
    assert page.page.evaluate("() => document.querySelector('.xtnb-panel').scrollWidth") <= round(
        box["width"]
    )


def test_the_ticket_fits_360_pixels(tab):
    tab.run_cell(
        "import xtnb, ipywidgets\n"
        "desk = xtnb.paper(seed=7)\n"
        "t = desk.ticket('000001.SZ', side='sell', volume=150)\n"
        "ipywidgets.Box([t], layout=ipywidgets.Layout(width='360px'))"
    )
    expect(role(tab, "refusal")).to_contain_text("refused")
    for language, word in (("en", "Sell"), ("zh", "卖出")):
        tab.run_cell(f"xtnb.options.language = {language!r}")
        expect(role(tab, "sell")).to_have_text(word)
        wide = tab.page.evaluate("""() => [...document.querySelectorAll('.xtnb-ticket *')]
            .filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0
                         && getComputedStyle(e).display !== 'inline')
            .map(e => e.className + ' ' + e.textContent)""")
        assert wide == []
    tab.run_cell(CLOSE)
    tab.page.evaluate(CLEAR)


def test_a_second_view_shows_the_same_chart_and_grows_too(page):
    page.run_cell("desk.buy('600000.SH', 100, price_type=44).wait(10)\npanel.chart")

    charts = page.locator(".xtnb-price-chart")
    expect(charts).to_have_count(2)
    for at in range(2):
        expect(charts.nth(at)).to_have_attribute("data-fills", "1")
        expect(charts.nth(at).locator(".detail")).to_contain_text("O ")


def test_fills_that_would_cover_one_another_share_a_mark_until_a_zoom_parts_them(tab):
    tab.run_cell(
        "import xtnb\n"
        "desk = xtnb.paper(seed=7, clock='2026-11-20 09:30:00')\n"
        "for _ in range(6):\n"
        "    desk.clock.advance(60)\n"
        "    desk.buy('600000.SH', 100, price_type=44).wait(10)\n"
        "desk.chart.price('600000.SH')"
    )
    chart = tab.locator(".xtnb-price-chart")
    expect(chart).to_have_attribute("data-fills", "6")
    expect(chart).to_have_attribute("data-marks", "1")

    def each_has_one_once_zoomed_further() -> bool:
        tab.page.mouse.wheel(0, -100)
        return chart.get_attribute("data-marks") == "6"

    chart.hover()
    until(each_has_one_once_zoomed_further)
    chart.dblclick()

    expect(chart).to_have_attribute("data-marks", "1")
    tab.run_cell(CLOSE)
    tab.page.evaluate(CLEAR)


def test_a_dead_kernel_leaves_nothing_that_can_be_sent(lab, browser, tmp_path):
    page = lab.open(browser, **LAPTOP)
    page.run_cell(OPEN)
    offered(page, "bid-5")
    role(page, "bid-5").click()
    role(page, "volume").fill("100")
    expect(role(page, "send")).to_be_enabled()

    page.page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"
    )

    expect(role(page, "refusal")).to_contain_text("kernel is gone")
    expect(role(page, "send")).to_be_disabled()
    expect(role(page, "cancel-all")).to_be_disabled()
    for stamp in (".xtnb-area-orders output", ".xtnb-price-chart .stamp"):
        expect(page.locator(stamp)).to_contain_text(re.compile(r"stopped [\d:]{8} Beijing time"))
    page.screenshot(tmp_path / "dead.png", ".xtnb-panel")
    page.close()


def test_a_closed_desk_leaves_a_picture_with_its_time(tab):
    tab.run_cell(OPEN)
    expect(tab.locator(".xtnb-ticket [data-role=price]")).not_to_have_value("")

    tab.run_cell(CLOSE)

    still = tab.locator(".jp-OutputArea-output").filter(has_text="closed at 20")
    expect(still.first).to_contain_text("market value")
    expect(still.locator("img").first).to_have_js_property("naturalWidth", 720)
    expect(tab.locator(".xtnb")).to_have_count(0)
    tab.page.evaluate(CLEAR)


@pytest.mark.parametrize("typed", ["10。8x", "1o.72", "10,8", "1e3", "--5"])
def test_what_is_no_number_is_left_to_be_mended_and_cannot_be_sent(page, typed):
    role(page, "volume").fill("100")
    role(page, "price").fill(typed)

    expect(role(page, "refusal")).to_contain_text("not a number")
    expect(role(page, "send")).to_be_disabled()
    assert role(page, "price").input_value() == typed


def test_digits_of_a_chinese_keyboard_are_digits(page):
    role(page, "volume").fill("２００")
    role(page, "price").fill("１０。８")

    expect(role(page, "send")).to_contain_text("200 × 10.80")


def test_the_question_shows_every_digit_that_is_sent(page):
    role(page, "volume").fill("200")
    role(page, "price").fill("10.705")

    expect(role(page, "send")).to_contain_text("200 × 10.705")
    expect(role(page, "refusal")).to_contain_text("tick")


def test_the_language_button_changes_no_word_that_a_program_reads(page):
    role(page, "language").click()
    expect(role(page, "buy")).to_have_text("买入")

    order = "order = desk.buy('000001.SZ', 100, desk.quotes('000001.SZ').at[0, 'down_limit'])"
    assert page.printed(f"{order}; print(order.status)") == "working"
