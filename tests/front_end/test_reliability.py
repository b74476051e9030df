"""A link that is cut and mended, and a live terminal's lock, in a real JupyterLab."""

import json
import re
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.front_end.lab import LabPage
from tests.front_end.test_desk_page import offered, role
from tests.link.serving import until

ROOT = Path(__file__).resolve().parents[2]
LAPTOP = {"viewport": {"width": 1366, "height": 768}}
OPEN = f"""import os, sys, xtnb
sys.path.insert(0, {json.dumps(str(ROOT))})
from tests.live.cuttable import CuttableLink
from xtnb.desk import Desk
from xtnb.live.following import Session
from xtnb.session.trader import XtQuantTrader

def desk_over(paper, number):
    link = CuttableLink(host.link("paper"))
    link.paper = paper
    trader = XtQuantTrader.over(link, number)
    trader.start()
    assert trader.connect() == 0
    return link, Desk(Session(link, trader, None, every=0), elsewhere.account)

elsewhere = xtnb.paper(seed=7)
host = elsewhere._session.link.host
"""
SHOW = "panel = desk.panel('000001.SZ')\npanel"
CLOSE = "desk.close()\nelsewhere.close()\nxtnb.options.language = 'en'"
RESTART = """() =>
  window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()
"""
CLEAR = "() => window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs')"


@pytest.fixture(scope="module")
def tab(lab, browser):
    opened = lab.open(browser, **LAPTOP)
    yield opened
    opened.close()


@pytest.fixture
def page(tab, tmp_path):
    tab.run_cell(OPEN + f"os.environ['XTNB_STATE'] = {json.dumps(str(tmp_path))}")
    yield tab
    tab.run_cell(CLOSE)
    tab.page.evaluate(CLEAR)
    expect(tab.locator(".xtnb")).to_have_count(0)


def fill(page: LabPage) -> None:
    offered(page, "bid-5")
    role(page, "bid-5").click()
    role(page, "volume").fill("100")


def test_a_cut_link_blocks_the_form_and_stops_the_tables_until_it_is_mended(page):
    page.run_cell("link, desk = desk_over(True, 901)\n" + SHOW)
    fill(page)
    expect(role(page, "send")).to_be_enabled()
    expect(role(page, "link")).to_have_text("connected")
    expect(role(page, "tab-findings")).to_be_hidden()
    page.run_cell("mine = desk.buy('600000.SH', 100, desk.quotes('600000.SH')['down_limit'][0])")
    cancel = page.locator(".xtnb-area-orders button[data-key]")
    expect(cancel).to_have_count(1)

    page.run_cell("link.cut()")
    expect(role(page, "refusal")).to_contain_text("the link is lost and is being tried again")
    expect(role(page, "send")).to_be_disabled()
    expect(role(page, "link")).to_contain_text(re.compile(r"link lost \d+ s"))
    expect(page.locator(".xtnb-area-orders output")).to_contain_text("stopped")
    expect(page.locator(".xtnb-price-chart .stamp")).to_contain_text("stopped")
    expect(page.locator(".xtnb-ticket .stale")).to_have_count(1)
    expect(cancel).to_be_enabled()
    page.run_cell("elsewhere.buy('600000.SH', 300, price_type=44).wait(10)")

    page.run_cell("link.mend()")
    expect(role(page, "link")).to_have_text("connected")
    expect(role(page, "send")).to_be_enabled()
    expect(page.locator(".xtnb-area-orders output")).not_to_contain_text("stopped")
    expect(page.locator(".xtnb-price-chart .stamp")).to_have_count(0)
    expect(role(page, "news")).to_contain_text("1 order from elsewhere")
    role(page, "found").click()
    rows = page.locator(".xtnb-area-findings .ag-row")
    expect(rows.first).to_be_visible()
    badge = role(page, "tab-findings").locator(".badge")
    until(lambda: badge.text_content() == str(rows.count()))
    role(page, "language").click()
    expect(role(page, "news")).to_contain_text("1 笔他处委托")
    expect(rows.filter(has_text="他处委托")).to_have_count(1)

    role(page, "send").click()
    role(page, "confirm").click()
    expect(page.locator(".xtnb-ticket .attempt")).to_have_attribute("data-state", "working")


def test_a_live_form_is_locked_until_a_person_clicks(page):
    page.run_cell("link, desk = desk_over(False, 902)\n" + SHOW)
    fill(page)
    expect(role(page, "ticket-banner")).to_have_text("实盘 LIVE")
    expect(role(page, "banner")).to_have_text("实盘 LIVE")
    expect(role(page, "refusal")).to_contain_text("it is locked")
    expect(role(page, "send")).to_be_disabled()

    page.page.evaluate("() => document.querySelector('[data-role=arm]').click()")  # a script
    page.run_cell("desk._live.books.settle()")
    expect(role(page, "lock-state")).to_have_text("Trading is locked")
    role(page, "arm").click()

    expect(role(page, "lock-state")).to_have_text("Unlocked · 15 min left")
    role(page, "send").click()
    role(page, "confirm").click()
    expect(page.locator(".xtnb-ticket .attempt")).to_have_attribute("data-state", "working")
    role(page, "disarm").click()
    expect(role(page, "refusal")).to_contain_text("it is locked")
    role(page, "arm").click()
    expect(role(page, "lock-state")).to_contain_text("Unlocked")
    page.run_cell("link.cut()")
    expect(role(page, "lock-state")).to_have_text("Trading is locked")
    expect(role(page, "arm")).to_be_disabled()
    page.run_cell("link.mend()")
    expect(role(page, "refusal")).to_contain_text("it is locked")


def kept(states: Path) -> tuple[object, ...]:
    """Volume, remark and tab as the kernel has written them; nothing while it has not."""
    for file in (states / "screens").glob("*.json"):
        with suppress(PermissionError):  # Windows, while it is put there
            written = json.loads(file.read_text(encoding="utf-8"))
            for draft in written.get("drafts", {}).values():
                return draft["volume"], draft["remark"], written.get("panel", {}).get("tab")
    return ()


def test_a_restarted_kernel_has_the_draft_and_the_tab_again(lab, browser, tmp_path):
    page = lab.open(browser, **LAPTOP)
    again = (
        f"import os, xtnb\nos.environ['XTNB_STATE'] = {json.dumps(str(tmp_path / 'state'))}\n"
        f"desk = xtnb.paper({json.dumps(str(tmp_path / 'userdata_mini'))}, seed=7)\n"
        "panel = desk.panel()\npanel"
    )
    page.run_cell(again)
    fill(page)
    role(page, "volume").fill("700")
    role(page, "remark").fill("早盘")
    role(page, "tab-positions").click()
    until(lambda: kept(tmp_path / "state") == (700, "早盘", "positions"))
    page.page.evaluate(RESTART)
    page.page.evaluate(CLEAR)

    page.run_cell(again)

    expect(role(page, "restored")).to_contain_text("Restored draft of")
    expect(role(page, "volume")).to_have_value("700")
    expect(role(page, "remark")).to_have_value("早盘")
    expect(role(page, "tab-positions")).to_have_attribute("aria-selected", "true")
    expect(page.locator(".xtnb-area-positions")).to_be_visible()
    assert page.printed("print(len(desk.orders()))") == "0"
    page.run_cell("desk.close()")
    page.close()
