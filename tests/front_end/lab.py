"""A real JupyterLab with a real kernel, seen by a real browser; for tests, pictures and figures.

    with Lab(folder) as lab, open_browser() as browser:
        page = lab.open(browser)
        page.run_cell("import xtnb")
        page.screenshot(folder / "desk.png")

Everything lives in `folder` and ends with the `with`. The browser is the one of
this machine (Chromium, Chrome or Edge), never a downloaded one.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge")
USUAL = (
    r"%ProgramFiles%\Google\Chrome\Application\chrome.exe",
    r"%ProgramFiles(x86)%\Google\Chrome\Application\chrome.exe",
    r"%LocalAppData%\Google\Chrome\Application\chrome.exe",
    r"%ProgramFiles(x86)%\Microsoft\Edge\Application\msedge.exe",
    r"%ProgramFiles%\Microsoft\Edge\Application\msedge.exe",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
)
START_SECONDS = 90
CELL_MS = 60_000

_RUN = """async (source) => {
  const panel = window.jupyterapp.shell.currentWidget;
  const notebook = panel.content;
  const cells = notebook.model.sharedModel;
  const last = cells.cells.length - 1;
  const empty = last >= 0 && cells.cells[last].source === "";
  const index = empty ? last : last + 1;
  if (empty) cells.cells[last].setSource(source);
  else cells.insertCell(index, {cell_type: "code", source, metadata: {trusted: true}});
  notebook.activeCellIndex = index;
  notebook.deselectAll();
  window.jupyterapp.commands.execute("notebook:run-cell");
  return index;
}"""
_READY = """(name) => {
  const panel = window.jupyterapp?.shell?.currentWidget;
  const kernel = panel?.sessionContext?.session?.kernel;
  return panel?.context?.path === name && panel.content?.model && kernel
    && kernel.connectionStatus === "connected" && ["idle", "busy"].includes(kernel.status);
}"""
_TURN = """async (name) => {
  const before = window.jupyterapp.shell.currentWidget;
  await window.jupyterapp.commands.execute("docmanager:open", {path: name});
  before?.dispose();
}"""
_KERNEL = """() =>
  window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.id ?? ""
"""
_DONE = """(index) => {
  const cell = window.jupyterapp.shell.currentWidget.content.model.cells.get(index);
  return cell.executionState === "idle" && cell.executionCount !== null;
}"""
_OUTPUTS = """(index) =>
  window.jupyterapp.shell.currentWidget.content.model.cells.get(index).outputs.toJSON()
"""


def find_browser() -> str | None:
    """The path of a Chromium, Chrome or Edge on this machine, or None."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    usual = [os.path.expandvars(path) for path in USUAL]
    return next((path for path in usual if Path(path).is_file()), None)


def flags() -> list[str]:
    """What the machine's browser is started with."""
    if sys.platform.startswith("linux"):
        return [*FLAGS, "--no-sandbox"]  # containers have no user namespaces
    return list(FLAGS)


@contextmanager
def open_browser(**options: Any) -> Iterator[Browser]:
    """The machine's browser, without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_browser(), args=flags(), headless=True, **options
        )
        yield browser
        browser.close()


class CellError(AssertionError):
    """A cell ended with an error; the message is its traceback."""


class Lab:
    """A JupyterLab server on a free port, in a folder of its own."""

    def __init__(self, folder: Path, environment: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.notebooks = folder / "notebooks"
        self.token = secrets.token_hex(16)
        self.url = ""
        self._environment = environment or {}
        self._process: subprocess.Popen[bytes] | None = None
        self._opened = 0

    def __enter__(self) -> Lab:
        self.notebooks.mkdir(parents=True, exist_ok=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
        command += ["--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}"]
        command += ["--ServerApp.port_retries=0", f"--IdentityProvider.token={self.token}"]
        command += [f"--ServerApp.root_dir={self.notebooks}", "--expose-app-in-browser"]
        command += ["--ServerApp.terminals_enabled=False"]
        self._quiet_settings()
        with (self.folder / "lab.log").open("wb") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self.notebooks,
                env=self._settings_here(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._wait_until_up()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        with suppress(urllib.error.URLError, ConnectionError):
            for kernel in self.ask("GET", "api/kernels"):
                self.ask("DELETE", f"api/kernels/{kernel['id']}")
            self.ask("POST", "api/shutdown")
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def open(
        self, browser: Browser, notebook: str = "", *, dark: bool = False, **options: Any
    ) -> LabPage:
        """Open a notebook, by default a new and empty one, and wait for its kernel.

        Args:
            notebook: a name in `self.notebooks`.
            dark: JupyterLab's dark theme.
            options: for the browser's context, such as viewport or reduced_motion.
        """
        options.setdefault("viewport", {"width": 1280, "height": 800})
        context = browser.new_context(**options)
        page = LabPage(self, context.new_page(), notebook or self.new_notebook())
        page.load()
        if dark:
            page.theme("JupyterLab Dark")
        return page

    def new_notebook(self) -> str:
        """Write an empty notebook and return its name."""
        self._opened += 1
        name = f"page{self._opened}.ipynb"
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        text = {"cells": [], "metadata": {"kernelspec": kernel}, "nbformat": 4}
        (self.notebooks / name).write_text(
            json.dumps({**text, "nbformat_minor": 5}), encoding="utf-8"
        )
        return name

    def ask(self, method: str, path: str) -> Any:
        """Ask the server's REST interface."""
        request = urllib.request.Request(f"{self.url}/{path}", method=method)
        request.add_header("Authorization", f"token {self.token}")
        with urllib.request.urlopen(request, timeout=20) as answer:
            body = answer.read()
        return json.loads(body) if body else None

    def _settings_here(self) -> dict[str, str]:
        names = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
        names += ("JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR")
        here = {name: str(self.folder / name.lower()) for name in names}
        plain = {"PYTHONIOENCODING": "utf-8", "JUPYTER_PLATFORM_DIRS": "1"}
        return {**os.environ, **here, **plain, **self._environment}

    def _quiet_settings(self) -> None:
        quiet = {
            "@jupyterlab/apputils-extension/notification": {
                "fetchNews": "false",
                "checkForUpdates": False,
            },
            "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
        }
        for name, settings in quiet.items():
            path = self.folder / "jupyterlab_settings_dir" / f"{name}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(settings), encoding="utf-8")

    def _wait_until_up(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert self._process is not None
            if self._process.poll() is not None:
                break
            with suppress(urllib.error.URLError, ConnectionError, TimeoutError):
                self.ask("GET", "api/status")
                return
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(0.2)
        log = (self.folder / "lab.log").read_text(encoding="utf-8", errors="replace")
        raise RuntimeError(f"JupyterLab did not start:\n{log[-4000:]}")


class LabPage:
    """One notebook in one tab."""

    def __init__(self, lab: Lab, page: Page, notebook: str) -> None:
        self.lab = lab
        self.page = page
        self.notebook = notebook
        self.console: list[str] = []
        page.on("console", lambda message: self.console.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.console.append(f"error: {error}"))

    def load(self) -> None:
        """Open the notebook, or open it again, and wait until its kernel is idle."""
        self.page.goto(f"{self.lab.url}/doc/tree/{self.notebook}?token={self.lab.token}")
        self._wait_for_kernel()

    def turn_to(self, notebook: str) -> None:
        """Open another notebook in this tab, which is quicker than a new one; this one's ends."""
        self.end_kernel()
        self.page.evaluate(_TURN, notebook)
        self.notebook = notebook
        self.console.clear()
        self._wait_for_kernel()

    def _wait_for_kernel(self) -> None:
        self.page.wait_for_function(_READY, arg=self.notebook, timeout=START_SECONDS * 1000)

    def start_cell(self, source: str) -> int:
        """Add a cell, begin to run it, and return its index without waiting."""
        return int(self.page.evaluate(_RUN, source))

    def wait_for_cell(self, index: int, timeout_ms: int = CELL_MS) -> list[dict[str, Any]]:
        """Wait until a cell has ended and return its outputs.

        Raises:
            CellError: it ended with an error.
        """
        self.page.wait_for_function(_DONE, arg=index, timeout=timeout_ms)
        outputs: list[dict[str, Any]] = self.page.evaluate(_OUTPUTS, index)
        for output in outputs:
            if output["output_type"] == "error":
                raise CellError("\n".join(output["traceback"]))
        return outputs

    def run_cell(self, source: str, timeout_ms: int = CELL_MS) -> list[dict[str, Any]]:
        """Add a cell, run it, and return its outputs once it has ended."""
        return self.wait_for_cell(self.start_cell(source), timeout_ms)

    def interrupt(self) -> None:
        """Press the stop button."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('notebook:interrupt-kernel')")

    def printed(self, source: str) -> str:
        """Run a cell and return what it printed."""
        outputs = self.run_cell(source)
        parts = [output["text"] for output in outputs if output["output_type"] == "stream"]
        return "".join("".join(part) for part in parts).strip()

    def locator(self, selector: str) -> Locator:
        """A playwright locator within the page."""
        return self.page.locator(selector)

    def theme(self, name: str) -> None:
        """Switch JupyterLab to a theme, such as "JupyterLab Dark"."""
        self.page.evaluate(
            "name => window.jupyterapp.commands.execute('apputils:change-theme', {theme: name})",
            name,
        )
        light = "false" if "Dark" in name else "true"
        expect(self.page.locator("body")).to_have_attribute("data-jp-theme-light", light)

    def save(self) -> None:
        """Save the notebook to its file."""
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.context.save()")

    def screenshot(self, path: Path, selector: str = "") -> Path:
        """Take a picture of the page, or of the first element that matches."""
        target: Page | Locator = self.locator(selector).first if selector else self.page
        target.screenshot(path=str(path))
        return path

    def end_kernel(self) -> None:
        """End the notebook's kernel."""
        if kernel := self.page.evaluate(_KERNEL):
            self.lab.ask("DELETE", f"api/kernels/{kernel}")

    def close(self) -> None:
        """Close the tab and end its kernel."""
        self.end_kernel()
        self.page.context.close()
