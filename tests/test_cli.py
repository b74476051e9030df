"""The commands: what they print, what they copy, and that the lab serves the quickstart."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from queue import Empty, Queue

import pytest
from click.testing import CliRunner

import xtnb
from xtnb import lab
from xtnb.cli import main
from xtnb.errors import InputError
from xtnb.journal import FILE

QUICKSTART = "00_quickstart.ipynb"


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    (folder / "images").mkdir(parents=True)
    (folder / QUICKSTART).write_text("first", encoding="utf-8")
    (folder / "images" / "desk.png").write_bytes(b"\x89PNG")
    (folder / ".ipynb_checkpoints").mkdir()
    (folder / ".ipynb_checkpoints" / "x.ipynb").write_text("no", encoding="utf-8")
    return folder


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "我的 guide"


def test_the_guide_is_copied_with_its_images_and_without_checkpoints(source, folder):
    said = lab.copy_guide(source, folder)

    assert said == []
    assert (folder / QUICKSTART).read_text(encoding="utf-8") == "first"
    assert (folder / "images" / "desk.png").exists()
    assert not (folder / ".ipynb_checkpoints").exists()


def test_a_changed_notebook_is_kept_and_the_same_guide_says_nothing(source, folder):
    lab.copy_guide(source, folder)
    (folder / QUICKSTART).write_text("mine", encoding="utf-8")

    said = lab.copy_guide(source, folder)

    assert said == []
    assert (folder / QUICKSTART).read_text(encoding="utf-8") == "mine"


def test_a_newer_notebook_is_saved_beside_a_changed_one_and_named_once(source, folder):
    lab.copy_guide(source, folder)
    (folder / QUICKSTART).write_text("mine", encoding="utf-8")
    (source / QUICKSTART).write_text("second", encoding="utf-8")

    said = lab.copy_guide(source, folder)
    again = lab.copy_guide(source, folder)

    assert (folder / QUICKSTART).read_text(encoding="utf-8") == "mine"
    assert (folder / "00_quickstart.new.ipynb").read_text(encoding="utf-8") == "second"
    assert len(said) == 1
    assert "00_quickstart.new.ipynb" in said[0]
    assert again == []


def test_a_changed_file_beside_is_kept_too(source, folder):
    lab.copy_guide(source, folder)
    (folder / QUICKSTART).write_text("mine", encoding="utf-8")
    for newest in ("second", "third"):
        (source / QUICKSTART).write_text(newest, encoding="utf-8")
        lab.copy_guide(source, folder)

    assert (folder / "00_quickstart.new.ipynb").read_text(encoding="utf-8") == "second"
    assert (folder / "00_quickstart.new2.ipynb").read_text(encoding="utf-8") == "third"


def test_an_untouched_notebook_is_replaced_by_the_newer_one(source, folder):
    lab.copy_guide(source, folder)
    (source / QUICKSTART).write_text("second", encoding="utf-8")

    said = lab.copy_guide(source, folder)

    assert said == []
    assert (folder / QUICKSTART).read_text(encoding="utf-8") == "second"


def test_a_file_that_was_there_before_the_guide_is_kept(source, folder):
    folder.mkdir()
    (folder / QUICKSTART).write_text("older than us", encoding="utf-8")

    said = lab.copy_guide(source, folder)

    assert (folder / QUICKSTART).read_text(encoding="utf-8") == "older than us"
    assert len(said) == 1


def test_a_folder_that_is_a_file_is_refused_by_name(source, folder):
    folder.write_text("not a folder", encoding="utf-8")

    with pytest.raises(InputError) as refused:
        lab.copy_guide(source, folder)

    assert refused.value.argument == "--dir"
    assert folder.read_text(encoding="utf-8") == "not a folder"


def test_the_command_says_in_one_line_that_a_folder_cannot_be_used(folder):
    folder.write_text("not a folder", encoding="utf-8")

    result = CliRunner().invoke(main, ["lab", "--no-browser", "--dir", str(folder)])

    assert result.exit_code == 1
    assert result.output.startswith("Error: --dir：应为可写入的目录")
    assert " / --dir: expected a folder that can be written to" in result.output


@pytest.mark.parametrize("port", ["0", "65536", "http"])
def test_a_port_that_is_none_is_refused(port):
    result = CliRunner().invoke(main, ["lab", "--port", port])

    assert result.exit_code == 2
    assert "--port" in result.output


def test_the_module_and_the_command_tell_the_version():
    said = subprocess.run(
        [sys.executable, "-m", "xtnb", "--version"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert said.stdout.strip() == f"xtnb, version {version('xtnb')}"


def test_run_hands_its_arguments_to_the_script_and_opens_the_account(tmp_path):
    script = tmp_path / "策略.py"
    script.write_text(
        "import json, sys\n"
        "from xtquant.xttrader import XtQuantTrader\n"
        "from xtquant.xttype import StockAccount\n"
        "if __name__ == '__main__':\n"
        "    trader = XtQuantTrader('D:\\\\迅投极速交易终端\\\\userdata_mini', 123456)\n"
        "    trader.start()\n"
        "    connected = trader.connect()\n"
        "    asset = trader.query_stock_asset(StockAccount('88001'))\n"
        "    trader.stop()\n"
        "    print(json.dumps([sys.argv[1:], connected, asset.cash]))\n",
        encoding="utf-8",
    )

    options = ["--account", "88001=250000"]

    said = subprocess.run(
        [sys.executable, "-m", "xtnb", "run", *options, str(script), "--account", "mine", "-x"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )

    assert said.returncode == 0, said.stderr
    assert json.loads(said.stdout.splitlines()[-1]) == [["--account", "mine", "-x"], 0, 250_000.0]


def test_run_ends_with_the_exit_code_of_the_script(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("import sys\nsys.exit(3)\n", encoding="utf-8")

    said = subprocess.run([sys.executable, "-m", "xtnb", "run", str(script)], timeout=60)

    assert said.returncode == 3


@pytest.mark.parametrize("account", ["88001", "88001=", "=100", "88001=plenty", "88001=-5"])
def test_run_refuses_an_account_without_an_amount(account, tmp_path):
    script = tmp_path / "script.py"
    script.write_text("", encoding="utf-8")

    result = CliRunner().invoke(main, ["run", "--account", account, str(script)])

    assert result.exit_code == 2
    assert "ID=CASH" in result.output


def test_run_names_a_script_that_is_not_there():
    result = CliRunner().invoke(main, ["run", "nowhere.py"])

    assert result.exit_code == 2
    assert "nowhere.py" in result.output


class Lab:
    """`xtnb lab` in a process of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        options = ["--no-browser", "--port", str(port), "--dir", str(folder)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "xtnb", "lab", *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        self._lines: Queue[str] = Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self._lines.put(line)

    def address(self) -> str:
        """The address that it prints, alone on its line."""
        said = ""
        try:
            while not (found := re.search(r"^ +(http://\S+)$", said, re.MULTILINE)):
                said += self._lines.get(timeout=90)
        except Empty:
            pytest.fail(f"no address after 90 seconds; it said: {said}")
        return found[1]

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(timeout=30)
        self._reader.join(timeout=10)


@pytest.fixture
def running_lab(tmp_path, free_port):
    running = Lab(tmp_path / "guide", free_port)
    yield running
    running.end()


def test_the_lab_serves_the_quickstart_to_who_has_the_token_until_ctrl_c(running_lab):
    address = running_lab.address()
    contents = f"http://localhost:{running_lab.port}/api/contents/{QUICKSTART}"
    token = address.partition("?token=")[2]

    page = urllib.request.urlopen(address, timeout=30).read().decode()
    notebook = urllib.request.urlopen(f"{contents}?token={token}", timeout=30).read()
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(contents, timeout=30)

    assert address.startswith(f"http://localhost:{running_lab.port}/lab/tree/{QUICKSTART}?token=")
    assert "jupyter-config-data" in page
    assert json.loads(notebook)["type"] == "notebook"
    assert refused.value.code == 403
    assert (running_lab.folder / QUICKSTART).exists()
    if sys.platform != "win32":  # there Ctrl+C would reach this process too
        running_lab.process.send_signal(signal.SIGINT)
        assert running_lab.process.wait(timeout=30) == 0


def test_the_source_of_the_guide_has_the_quickstart():
    assert (lab.guide_source() / QUICKSTART).is_file()
    assert lab.default_folder() == Path.home() / "xtnb-guide"


# -- limits ------------------------------------------------------------------------------------


def test_limits_are_shown_as_they_are_written(tmp_path):
    (tmp_path / "limits.toml").write_text(
        "[every]\norder_value = 5000\n[account.7]\nread_only = true\n", encoding="utf-8"
    )

    every = CliRunner().invoke(main, ["limits", str(tmp_path)])
    seven = CliRunner().invoke(main, ["limits", str(tmp_path), "7"])

    assert re.search(r"order_value +5000", every.output)
    assert re.search(r"codes +不限 / no limit", every.output)
    assert re.search(r"read_only +True", seven.output)


def test_the_limits_of_a_real_miniqmt_are_those_of_the_configuration(tmp_path, monkeypatch):
    monkeypatch.setenv("XTNB_CONFIG", str(tmp_path / "config"))
    for place, value in (("config", 5000), ("userdata_mini", 7)):
        (tmp_path / place).mkdir()
        text = f"[every]\norder_value = {value}\n"
        (tmp_path / place / "limits.toml").write_text(text, encoding="utf-8")
    (tmp_path / "userdata_mini" / "up_queue_xtquant").write_bytes(b"")

    shown = CliRunner().invoke(main, ["limits", str(tmp_path / "userdata_mini")])

    assert str(tmp_path / "config" / "limits.toml") in shown.output
    assert re.search(r"order_value +5000", shown.output)


def test_limits_that_cannot_be_read_are_an_error(tmp_path):
    (tmp_path / "limits.toml").write_text("[every]\norder_valu = 1\n", encoding="utf-8")

    result = CliRunner().invoke(main, ["limits", str(tmp_path)])

    assert result.exit_code == 1
    assert "order_valu" in result.output


def test_the_kill_switch_is_set_and_taken_back(tmp_path):
    assert CliRunner().invoke(main, ["stop", str(tmp_path)]).exit_code == 1  # no terminal
    assert (tmp_path / "STOP").exists()
    stopped = CliRunner().invoke(main, ["limits", str(tmp_path)])
    assert "is stopped by the kill switch" in stopped.output
    assert re.search(r"codes +不限", stopped.output)

    (tmp_path / "STOP.txt").touch()  # as Windows' desktop makes one

    assert CliRunner().invoke(main, ["stop", "--undo", str(tmp_path)]).exit_code == 0
    assert list(tmp_path.iterdir()) == []


def test_the_kill_switch_of_nothing_is_a_mistake(tmp_path):
    result = CliRunner().invoke(main, ["stop", str(tmp_path / "nowhere")])

    assert result.exit_code == 2
    assert "neither" in result.output


# -- audit -------------------------------------------------------------------------------------


def test_the_audit_says_who_asked_for_what_and_what_came_of_it(tmp_path):
    with xtnb.paper(tmp_path / "books", seed=7, clock="hand") as desk:
        desk.buy("600000.SH", 100, 10.0, key="opening-1")
        desk.buy("600000.SH", 150, 10.0)

    result = CliRunner().invoke(main, ["audit", str(tmp_path / "books"), "--last", "500"])

    assert result.exit_code == 0, result.output
    sent = [line for line in result.output.splitlines() if "order_stock  {" in line]
    assert len(sent) == 2
    assert "key opening-1  ok  [" in sent[0]
    assert "pid" in sent[0]
    assert "1000****65" in sent[0]
    assert "multiple of 100" in sent[1]


def test_the_audit_shows_what_changes_something_without_the_queries(tmp_path):
    with xtnb.paper(tmp_path / "books", seed=7, clock="hand") as desk:
        order = desk.buy("600000.SH", 100, 10.0)
        for _ in range(60):
            desk.positions()
        desk.cancel(order.id)
        desk.asset()

    run = ["audit", str(tmp_path / "books"), "--last", "2"]
    every, changes = (CliRunner().invoke(main, [*run, *more]).output for more in ([], ["--orders"]))

    assert "order_stock  {" not in every
    assert [line.split("  ")[2] for line in changes.splitlines()] == [
        "order_stock",
        "cancel_order_stock",
    ]


def test_an_audit_of_an_older_version_is_read_without_a_change(tmp_path):
    folder = tmp_path / "books"
    with xtnb.paper(folder, seed=7, clock="hand") as desk:
        desk.buy("600000.SH", 100, 10.0)
    with closing(sqlite3.connect(folder / FILE)) as run:
        run.execute("ALTER TABLE requests DROP COLUMN who")
        run.execute("PRAGMA user_version=1")
        run.execute("PRAGMA journal_mode=DELETE")
    before = (folder / FILE).read_bytes()

    said = CliRunner().invoke(main, ["audit", str(folder)])
    exported = CliRunner().invoke(main, ["export", str(folder), str(tmp_path / "out")])

    assert "order_stock  {" in said.output
    assert (said.exit_code, exported.exit_code) == (0, 0)
    assert (folder / FILE).read_bytes() == before


def test_the_audit_of_a_folder_without_a_terminal_is_an_error(tmp_path):
    assert CliRunner().invoke(main, ["audit", str(tmp_path)]).exit_code == 1
