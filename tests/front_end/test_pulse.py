"""A kernel that does not answer, in a real JupyterLab: nothing looks alive, nothing goes late."""

import copy
import os
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread

import pytest
from playwright.sync_api import expect

from tests.front_end.lab import LabPage
from tests.front_end.test_desk_page import CLOSE, LAPTOP, OPEN, offered, role

WORKING = "mine = desk.buy('600000.SH', 100, desk.quotes('600000.SH')['down_limit'][0])"
SILENT = re.compile(r"The kernel has not answered for \d+ s: nothing can be sent")
LONG = re.compile(r"not answered for ([6-9]|\d\d+) s")
RECONNECTS_MS = 90_000  # JupyterLab tries again after longer and longer whiles
DOUBT = "the cancel may not have arrived"


class Line:
    """Between browser and Jupyter; it can be cut and mended."""

    def __init__(self, url: str) -> None:
        self._there = int(url.rsplit(":", 1)[1])
        self._cut = False
        self._ends: list[socket.socket] = []
        self._door = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._door.getsockname()[1]}"
        Thread(target=self._take, daemon=True).start()

    def cut(self) -> None:
        self._cut = True
        self._hang_up(*self._ends)

    def mend(self) -> None:
        self._cut = False

    def close(self) -> None:
        self.cut()
        self._hang_up(self._door)
        self._door.close()

    def _take(self) -> None:
        with suppress(OSError):  # closed
            while True:
                here, _ = self._door.accept()
                if self._cut:
                    here.close()
                    continue
                there = socket.create_connection(("127.0.0.1", self._there))
                self._ends += [here, there]
                for ends in ((here, there), (there, here)):
                    Thread(target=self._carry, args=ends, daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while said := source.recv(1 << 16):
                target.sendall(said)
        self._hang_up(source, target)

    def _hang_up(self, *ends: socket.socket) -> None:
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def line(lab) -> Iterator[Line]:
    opened = Line(lab.url)
    yield opened
    opened.close()


@pytest.fixture
def page(lab, browser, line) -> Iterator[LabPage]:
    """A panel with an order that works, and a form that only has to be sent."""
    over = copy.copy(lab)
    over.url = line.url
    opened = over.open(browser, **LAPTOP)
    opened.run_cell(OPEN)
    opened.run_cell(WORKING)
    offered(opened, "bid-5")
    role(opened, "bid-5").click()
    role(opened, "volume").fill("200")
    expect(role(opened, "send")).to_be_enabled()
    expect(role(opened, "cancel-all")).to_be_enabled()
    yield opened
    opened.page.context.close()


@contextmanager
def frozen(page: LabPage) -> Iterator[None]:
    """The kernel's process stands still."""
    if not hasattr(signal, "SIGSTOP"):
        pytest.skip("a process cannot be stopped here")
    kernel = int(page.printed("import os; print(os.getpid())"))
    os.kill(kernel, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(kernel, signal.SIGCONT)


def all_has_stopped(page: LabPage, word: str) -> None:
    for stamp in (".xtnb-area-orders output", ".xtnb-price-chart .stamp"):
        expect(page.locator(stamp)).to_contain_text(re.compile(rf"{word} [\d:]{{8}}"))
    expect(role(page, "send")).to_be_disabled()
    for kept in (".xtnb-area-orders output", "[data-role=refusal]"):
        expect(page.locator(kept)).not_to_contain_text(DOUBT)


def test_an_order_that_a_frozen_kernel_got_late_is_not_sent_and_cancels_are(page, tmp_path):
    role(page, "send").click()
    with frozen(page):
        role(page, "confirm").click()
        expect(role(page, "refusal")).to_contain_text(SILENT)
        expect(role(page, "refusal")).to_contain_text("went out is not known yet")
        expect(role(page, "link")).to_contain_text("The kernel has not answered for")
        all_has_stopped(page, "stopped")
        role(page, "cancel-all").click()
        expect(role(page, "news")).to_contain_text(DOUBT)
        page.screenshot(tmp_path / "silent.png", ".xtnb-panel")
        expect(role(page, "link")).to_contain_text(LONG)

    expect(role(page, "link")).to_have_text("connected")
    expect(page.locator(".xtnb-area-orders output")).not_to_contain_text("stopped")
    expect(page.locator(".xtnb-price-chart .stamp")).to_have_count(0)
    attempt = page.locator(".xtnb-ticket .attempt")
    expect(attempt).to_have_attribute("data-state", "late")
    expect(attempt).to_contain_text(re.compile(r"confirmed \d+ s ago, too late: not sent"))
    expect(role(page, "said")).to_contain_text("✕ Not sent, it was too late: Buy 200")
    expect(role(page, "volume")).to_have_value("200")
    told = page.printed("print([*desk.orders()['order_volume']], mine.wait(10).status)")
    assert told == "[100] cancelled"
    page.screenshot(tmp_path / "late.png", ".xtnb-panel")

    role(page, "send").click()
    role(page, "confirm").click()
    expect(attempt.first).to_have_attribute("data-state", "working")
    page.run_cell(CLOSE)
    page.end_kernel()


def test_an_order_confirmed_while_the_line_to_jupyter_is_lost_is_not_sent_once_it_is_back(
    page, line
):
    role(page, "send").click()
    line.cut()
    role(page, "confirm").click()
    expect(role(page, "refusal")).to_contain_text(SILENT)
    expect(role(page, "link")).to_contain_text(LONG)

    line.mend()

    attempt = page.locator(".xtnb-ticket .attempt")
    expect(attempt).to_have_attribute("data-state", "late", timeout=RECONNECTS_MS)
    expect(role(page, "link")).to_have_text("connected")
    expect(role(page, "send")).to_be_enabled()
    assert page.printed("print([*desk.orders()['order_volume']])") == "[100]"
    page.end_kernel()


def test_a_kernel_that_was_shut_down_is_said_to_be_away_and_a_cancel_is_not_silent(page, tmp_path):
    page.run_cell("xtnb.options.language = 'zh'")
    page.end_kernel()

    expect(role(page, "refusal")).to_contain_text(re.compile(r"内核 \d+ 秒无应答，无法下单"))
    expect(role(page, "link")).to_contain_text("秒无应答")
    all_has_stopped(page, "已停止")
    role(page, "cancel-all").click()
    expect(role(page, "news")).to_contain_text("撤单可能未送达")
    page.locator(".xtnb-area-orders button[data-key]").click()
    expect(page.locator(".xtnb-area-orders output")).to_contain_text("撤单可能未送达")
    page.screenshot(tmp_path / "away.png", ".xtnb-panel")
