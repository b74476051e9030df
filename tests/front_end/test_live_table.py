"""What a person sees of LiveTable, in a real JupyterLab."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.front_end.lab import CellError, find_browser, flags
from tests.link.serving import until

SET_UP = """
import threading, time
from xtnb.live.coalesce import frames
from xtnb.live.store import Table
from xtnb.vocabulary.options import options
from xtnb.vocabulary.records import Quote, XtOrder
from xtnb.widgets import shell
from xtnb.widgets.columns import Column
from xtnb.widgets.live_table import LiveTable

def order(number, status=50, price=10.5, side=23, traded=0):
    return XtOrder("1000000365", "600000.SH", number, "S1", 1_763_602_200 + number, side, 12_300,
                   50, price, traded, 0.0, status, "价格错误 / wrong price", "", "", 48, 48,
                   "", "浦发银行")

def quote(code, last, volume):
    return Quote(code, "浦发银行", 1_763_602_200_000, last, 10.4, 10.6, 10.3, 10.4, 11.44, 9.36,
                 volume, 0.0, 0, (10.39,), (100,), (10.41,), (100,))

rows = Table(XtOrder, "order_id")
table = LiveTable("orders", XtOrder, rows, columns=["order_time", "instrument_name", "order_type",
    "price", "order_volume", "traded_price", "order_status", "status_msg"],
    actions=["cancel", "cancel_all"], newest_first=True)
heard = []

def cancel(action):
    heard.append((action.kind, action.key, time.monotonic()))
    for row in rows.records():
        if action.key in (None, row.order_id):
            rows.apply(order(row.order_id, status=54))

table.on_action(cancel)
"""
TABLE = ".xtnb-table"


def cell(page, key, column):
    return page.locator(f'{TABLE} [row-id="{key}"] [col-id="{column}"]').first


def test_a_table_shows_its_rows_and_follows_every_change(page, tmp_path):
    page.run_cell(SET_UP + "table")
    expect(page.locator(TABLE)).to_contain_text("no orders yet")

    page.run_cell("rows.apply(order(1)); rows.apply(order(2, 57, side=24))")
    expect(cell(page, 1, "order_time")).to_have_text("09:30:01")
    expect(cell(page, 1, "instrument_name")).to_have_text("浦发银行")
    expect(cell(page, 1, "price")).to_have_text("10.50\u2007")
    expect(cell(page, 1, "order_volume")).to_have_text("12,300")
    expect(cell(page, 1, "traded_price")).to_have_text("–")
    expect(cell(page, 1, "order_status")).to_have_text("working")
    expect(cell(page, 2, "order_type")).to_have_class(re.compile(r"\bdown\b"))
    expect(cell(page, 2, "status_msg")).to_have_text("wrong price")
    first_row = page.locator(f'{TABLE} .ag-grid-scrolling-rows [row-index="0"]').first
    expect(first_row).to_have_attribute("row-id", "2")
    red = cell(page, 1, "order_type").evaluate("e => getComputedStyle(e).color")

    page.run_cell("options.language, options.up = 'zh', 'green'")
    expect(cell(page, 1, "order_status")).to_have_text("已报")
    expect(cell(page, 2, "status_msg")).to_have_text("价格错误")
    expect(page.locator(f'{TABLE} .ag-header-cell[col-id="price"]')).to_have_text("委托价格")
    expect(page.locator(f"{TABLE} h3")).to_have_text("委托")
    expect(page.locator(f'{TABLE} button[data-key="1"]')).to_have_text("撤单")
    expect(cell(page, 1, "order_type")).not_to_have_css("color", red)

    page.run_cell("rows.apply(order(1, 55, price=10.512))")
    expect(cell(page, 1, "price")).to_have_text("10.512")
    expect(cell(page, 1, "order_status")).to_have_text("部成")
    page.run_cell("rows.remove(2)")
    expect(page.locator(f'{TABLE} [row-id="2"]')).to_have_count(0)
    page.screenshot(tmp_path / "chinese.png", TABLE)
    assert not [line for line in page.console if "AG Grid" in line]


def test_views_agree_after_a_lost_frame_a_second_view_and_a_reload(page):
    page.run_cell(SET_UP + "table")
    page.run_cell("rows.apply(order(1)); table")
    expect(page.locator(TABLE)).to_have_count(2)

    page.run_cell("table._feed.number += 1  # a frame that no view has seen\nrows.apply(order(2))")
    for view in page.locator(TABLE).all():
        expect(view.locator('[row-id="2"] [col-id="price"]')).to_have_text("10.50\u2007")

    page.save()
    page.load()
    expect(page.locator(TABLE)).to_have_count(2)
    page.run_cell("rows.apply(order(1, price=9.9))")
    for view in page.locator(TABLE).all():
        expect(view.locator('[row-id="1"] [col-id="price"]')).to_have_text("9.90\u2007")


def test_a_time_that_no_clock_shows_is_left_out_and_empties_no_table(page):
    page.run_cell(
        SET_UP + "import dataclasses\n"
        "rows.apply(dataclasses.replace(order(1), order_time=10**15)); rows.apply(order(2)); table"
    )

    expect(cell(page, 2, "order_time")).to_have_text("09:30:02")
    expect(cell(page, 1, "order_volume")).to_have_text("12,300")
    expect(cell(page, 1, "order_time")).to_have_text("")


def test_a_price_can_be_picked_and_orders_cancelled_by_mouse_and_keyboard(page):
    page.run_cell(
        SET_UP + "quotes = Table(Quote, 'stock_code')\n"
        "last = Column('last_price', tone='against', against='last_close', pick=True)\n"
        "shown = ['stock_code', last, Column('last_close', hidden=True)]\n"
        "prices = LiveTable('quotes', Quote, quotes, columns=shown)\n"
        "picked = []\n"
        "prices.on_action(lambda a: picked.append((a.kind, a.key, a.column, a.value)))\n"
        "quotes.apply(quote('600000.SH', 10.5, 100))\n"
        "for n in range(1, 5): rows.apply(order(n))\n"
        "display(prices, table)"
    )
    expect(cell(page, "600000.SH", "last_price")).to_have_class(re.compile(r"\bup\b"))

    cell(page, "600000.SH", "last_price").click()
    page.locator(f'{TABLE} button[data-key="1"]').click()
    expect(page.locator(f'{TABLE} button[data-key="1"]')).to_have_count(0)
    cell(page, 2, "·cancel").click(position={"x": 2, "y": 2})
    page.page.keyboard.press("Enter")
    expect(page.locator(f'{TABLE} button[data-key="2"]')).to_have_count(0)
    page.locator(".xtnb-bar button:visible").click()
    expect(page.locator(f"{TABLE} button[data-key]")).to_have_count(0)

    assert page.printed("print(picked, [a[:2] for a in heard])") == (
        "[('pick', '600000.SH', 'last_price', 10.5)] "
        "[('cancel', 1), ('cancel', 2), ('cancel_all', None)]"
    )


@pytest.mark.parametrize("way", ["addressed", "answering"])
def test_a_click_takes_effect_while_a_cell_keeps_the_kernel_busy(page, way):
    page.run_cell(SET_UP + ("" if way == "addressed" else "shell.PRIVATE = 'renamed'"))
    page.run_cell(
        "table.close(); table = LiveTable('orders', XtOrder, rows, columns=['order_status'],\n"
        "    actions=['cancel', 'cancel_all']); table.on_action(cancel)\n"
        "for n in range(1, 4): rows.apply(order(n))\ntable"
    )
    expect(page.locator(f"{TABLE} button[data-key]")).to_have_count(3)
    busy = page.start_cell("print('busy', flush=True)\nwhile True: sum(range(1000))")
    expect(page.locator(".jp-OutputArea-output").last).to_have_text("busy")

    page.locator(f'{TABLE} button[data-key="1"]').click()
    expect(cell(page, 1, "order_status")).to_have_text("cancelled")
    page.locator(".xtnb-bar button").click()
    for key in (2, 3):
        expect(cell(page, key, "order_status")).to_have_text("cancelled")
    page.interrupt()
    with pytest.raises(CellError, match="KeyboardInterrupt"):
        page.wait_for_cell(busy)

    assert page.printed("print(table._route.way)") == way


def test_a_closed_table_stays_in_the_notebook_with_the_time(page):
    page.run_cell(SET_UP + "rows.apply(order(1)); table")
    expect(cell(page, 1, "order_status")).to_have_text("working")

    page.run_cell("table.close()")
    expect(page.locator(TABLE)).to_have_count(0)
    left = page.locator(".jp-RenderedHTML")
    closed = r"Orders · 1 · closed at 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d"
    expect(left).to_contain_text(re.compile(closed))
    expect(left).to_contain_text("working")
    page.save()

    saved = json.loads((page.lab.notebooks / page.notebook).read_text(encoding="utf-8"))
    output = next(o for c in saved["cells"] for o in c["outputs"] if "data" in o)
    assert list(output["data"]) == ["text/html", "text/plain"]
    assert (
        page.printed(
            "print(len(frames), [t.name for t in threading.enumerate() if 'xtnb' in t.name])"
        )
        == "0 []"
    )


BEIJING = "() => new Date().toLocaleTimeString('en-GB', { timeZone: 'Asia/Shanghai' })"


def test_a_table_whose_kernel_is_gone_says_since_when_by_the_exchanges_clock(page):
    page.run_cell(SET_UP + "rows.apply(order(1)); table")
    expect(cell(page, 1, "order_status")).to_have_text("working")
    before = page.page.evaluate(BEIJING)

    page.page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"
    )

    stamp = page.locator(f"{TABLE}.xtnb-stopped output")
    expect(stamp).to_have_text(re.compile(r"1 · stopped \d\d:\d\d:\d\d Beijing time"))
    said, after = stamp.text_content().split()[3], page.page.evaluate(BEIJING)
    assert before <= said <= after or after < before  # midnight


SPREAD = """() => {
    const table = document.querySelector('.xtnb-table');
    const heads = [...table.querySelectorAll('.ag-header-cell')];
    return heads.reduce((sum, one) => sum + one.offsetWidth, 0) - table.clientWidth;
}"""


def widths(page):
    every = "all => Object.fromEntries(all.map(e => [e.getAttribute('col-id'), e.offsetWidth]))"
    return page.locator(f"{TABLE} .ag-header-cell").evaluate_all(every)


def test_columns_follow_the_width_of_their_box(page):
    page.run_cell(SET_UP + "rows.apply(order(1)); table")
    expect(cell(page, 1, "price")).to_be_visible()
    table = page.locator(TABLE)

    for width in ("1100px", "900px", "420px", "1100px"):
        table.evaluate("(e, width) => e.style.width = width", width)
        narrow = width == "420px"  # too narrow for them: they scroll
        fits = f"({SPREAD})() > 50" if narrow else f"Math.abs(({SPREAD})()) < 4"
        page.page.wait_for_function(f"() => {fits}")


CUT = f"""() => {{
    const cells = [...document.querySelectorAll('{TABLE} .ag-cell.xtnb-number')];
    const edge = document.querySelector('{TABLE} .ag-header-cell[col-id="·cancel"]')
        .getBoundingClientRect().left;
    return cells.filter(e => e.scrollWidth > e.clientWidth
        || e.getBoundingClientRect().right > edge + 1).map(e => e.textContent)
}}"""


def test_no_number_is_cut_when_a_scroll_bar_or_longer_numbers_come(lab, browser):
    """Other tests see no scroll bars: the driver hides them."""
    with_bars = browser.browser_type.launch(
        executable_path=find_browser(), args=flags(), ignore_default_args=["--hide-scrollbars"]
    )
    page = lab.open(with_bars, lab.new_notebook(), viewport={"width": 1300, "height": 800})
    page.run_cell(
        SET_UP + "from xtnb.widgets import tables\ntable = tables.orders(rows)\n"
        "table.on_action(cancel); rows.apply(order(1)); table"
    )
    expect(cell(page, 1, "order_id")).to_be_visible()

    for number, width in ((641, 1300), (642, 1500), (1_234_567_890, 1320)):
        page.run_cell(f"[rows.apply(order(n)) for n in range(max(2, {number} - 40), {number} + 1)]")
        page.page.set_viewport_size({"width": width, "height": 800})
        expect(cell(page, number, "order_id")).to_be_visible()
        page.page.wait_for_function(f"() => !({CUT})().length")
    bar = page.locator(f"{TABLE} .ag-body-vertical-scroll")
    assert bar.evaluate("e => e.offsetWidth") > 0
    with_bars.close()


def test_a_width_that_was_set_by_hand_stays(page):
    page.run_cell(SET_UP + "rows.apply(order(1)); table")
    expect(cell(page, 1, "price")).to_be_visible()
    table = page.locator(TABLE)
    table.evaluate("e => e.style.width = '900px'")
    page.page.wait_for_function(f"() => Math.abs(({SPREAD})()) < 4")
    head = page.locator(f'{TABLE} .ag-header-cell[col-id="price"]')
    box = head.locator(".ag-header-cell-resize").bounding_box()
    before = widths(page)["price"]

    page.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 8)
    page.page.mouse.down()
    page.page.mouse.move(box["x"] + box["width"] / 2 + 60, box["y"] + 8, steps=6)
    page.page.mouse.up()
    chosen = before + 60
    until(lambda: widths(page)["price"] == chosen)
    table.evaluate("e => e.style.width = '1100px'")
    page.page.wait_for_function(f"() => document.querySelector('{TABLE}').clientWidth > 1090")
    page.run_cell("options.language = 'zh'; rows.apply(order(2))")
    expect(cell(page, 2, "order_status")).to_have_text("已报")

    assert widths(page)["price"] == chosen


def test_a_table_that_is_full_from_the_first_moment_says_no_word_of_being_empty(page):
    page.run_cell(SET_UP + "for number in range(1, 400): rows.apply(order(number))")
    page.run_cell("table")
    expect(page.locator(f"{TABLE} output")).to_have_text("399")

    page.run_cell("options.language = 'zh'")
    expect(page.locator(TABLE)).to_contain_text("报单时间")
    for words in ("暂无委托", "no orders yet"):
        expect(page.locator(TABLE).get_by_text(words)).to_be_hidden()
    page.run_cell("options.language = 'en'")


def test_an_empty_table_says_so_in_the_language_of_the_moment(page):
    page.run_cell(SET_UP + "table")
    expect(page.locator(TABLE)).to_contain_text("no orders yet")

    page.run_cell("options.language = 'zh'")

    expect(page.locator(TABLE)).to_contain_text("暂无委托")
    expect(page.locator(TABLE)).not_to_contain_text("no orders yet")
    page.run_cell("rows.apply(order(1))")
    expect(cell(page, 1, "order_status")).to_have_text("已报")
    expect(page.locator(TABLE)).not_to_contain_text("暂无委托")
    page.run_cell("rows.remove(1)")
    expect(page.locator(TABLE)).to_contain_text("暂无委托")
