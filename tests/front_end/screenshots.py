"""A picture of the real desk in a real JupyterLab.

    python tests/front_end/screenshots.py notebooks/images/desk.png
    python tests/front_end/screenshots.py desk-zh.png --language zh --dark --size 1366x768

The README's picture is made by the first line. It needs a Chromium, Chrome or Edge.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import expect

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.front_end.lab import Lab, LabPage, open_browser

NOTEBOOK = "desk.ipynb"
EMPTY = """{"cells": [], "nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec":
{"name": "python3", "display_name": "Python 3", "language": "python"}}}"""
CHINESE = "\nxtnb.options.language = 'zh'\n"
DESK = 'import xtnb\n\ndesk = xtnb.paper(seed=7)\ndesk.panel("000001.SZ")'


def take(
    target: Path,
    size: tuple[int, int],
    language: str = "en",
    dark: bool = False,
    scale: float = 1.5,
) -> None:
    """Open the desk, trade a little by hand and by code, and take its picture.

    Args:
        target: where the PNG goes; its folder is made.
        size: width and height of the window, CSS pixels.
        language: "en" or "zh".
        dark: JupyterLab's dark theme.
        scale: device pixels a CSS pixel.
    """
    width, height = size
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = tempfile.TemporaryDirectory(prefix="xtnb-picture-")
    with temporary as folder, open_browser() as browser, Lab(Path(folder)) as lab:
        (lab.notebooks / NOTEBOOK).write_text(EMPTY, encoding="utf-8")
        window = {"width": width, "height": height}
        page = lab.open(browser, NOTEBOOK, dark=dark, viewport=window, device_scale_factor=scale)
        page.run_cell(DESK if language == "en" else DESK.replace("\n\n", CHINESE))
        trade(page)
        page.page.mouse.move(0, 0)
        page.locator(".jp-Notebook .jp-Cell").first.scroll_into_view_if_needed()
        page.screenshot(target)
        page.close()


def trade(page: LabPage) -> None:
    """Fill the page with a working order, fills and a form that is ready to send."""

    def role(name: str):
        return page.locator(f"[data-role={name}]")

    expect(role("price")).not_to_have_value("")
    orders = (("sell", "bid-1", "1000"), ("buy", "ask-3", "2000"))
    for sent, (side, price, volume) in enumerate(orders, start=1):
        role(side).click()
        role(price).click()
        role("volume").fill(volume)
        role("send").click()
        role("confirm").click()
        expect(page.locator(".xtnb-ticket .attempt")).to_have_count(sent)
        expect(page.locator(".xtnb-ticket .attempt").first).to_have_attribute(
            "data-state", "done", timeout=60_000
        )
    role("bid-5").click()
    for _ in range(4):  # so that the order's tag leaves the fills on the chart in sight
        role("price").press("ArrowDown")
    role("volume").fill("3000")
    role("send").click()
    role("confirm").click()
    expect(page.locator(".xtnb-price-chart")).to_have_attribute("data-orders", "1")
    role("half").click()
    expect(role("amount")).not_to_have_text("–")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Take a picture of the desk.")
    parser.add_argument("target", type=Path)
    parser.add_argument("--size", default="1440x830", help="window, such as 1366x768")
    parser.add_argument("--language", choices=("en", "zh"), default="en")
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--scale", type=float, default=1.5, help="device pixels a CSS pixel")
    asked = parser.parse_args()
    width, _, height = asked.size.partition("x")
    take(asked.target, (int(width), int(height)), asked.language, asked.dark, asked.scale)
    print(f"{asked.target}: {asked.target.stat().st_size / 1024:,.0f} kB")
