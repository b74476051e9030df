"""What the commands say when something is missing, taken or forbidden."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import closing

import pytest
from click.testing import CliRunner

import xtnb
from tests.test_cli_serve import Served
from xtnb.cli import main
from xtnb.journal import Journal
from xtnb.journal.lock import LOCK_FILE

CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("XTNB_CONFIG", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(main, [str(one) for one in arguments])


@pytest.mark.parametrize(
    ("arguments", "code", "next_step"),
    [
        (["keys", "add", "anna", "--role", "trader"], 1, "revoke that one first"),
        (["keys", "add", "a b", "--role", "trader"], 1, "letters, digits"),
        (["keys", "add", "bob", "--role", "reader", "--terminal", "a b"], 1, "letters, digits"),
        (["keys", "revoke", "nobody"], 1, "the name of a key: anna"),
        (["keys", "config", "a b"], 1, "letters, digits"),
        (["audit", "nowhere"], 2, "check the path"),
        (["audit", "empty"], 1, "`xtnb serve` or xtnb.paper()"),
        (["export", "empty", "out"], 1, "`xtnb serve` or xtnb.paper()"),
        (["limits", "nowhere"], 2, "check the path"),
        (["stop", "nowhere"], 2, "check the path"),
        (["doctor"], 2, "FOLDER, or --vendor"),
        (["serve", "empty", "--host", "0.0.0.0"], 1, "--tls-cert"),
        (["serve", "empty", "--tls-cert", __file__], 2, "come together"),
        (["serve", "empty", "--nats", "nats://10.0.0.5:4222"], 1, "tls://"),
        (["serve", "empty", "--nats", "nonsense"], 1, "nats://[user@]host"),
        (["serve", "empty", "--name", "a b", "--port", "0"], 1, "letters, digits"),
        (["keys", "revoke", "a b"], 1, "the name of a key: anna"),
        (["lab", "--no-browser", "--dir", "file"], 1, "can be written to"),
        (["run", "--account", "88001", "file"], 2, "88001=1000000"),
    ],
)
def test_a_mistake_is_said_in_chinese_then_in_english(place, arguments, code, next_step):
    run("keys", "add", "anna", "--role", "trader")

    said = run(*arguments)

    assert said.exit_code == code, said.output
    error = re.search(r"^Error: (.*)", said.output, re.DOTALL | re.MULTILINE)[1]
    zh, slash, en = error.rpartition(" / ")
    assert slash
    assert CHINESE.search(zh)
    assert not CHINESE.search(en)
    assert next_step in en


def test_a_folder_that_another_serves_is_named_with_its_owner(place, monkeypatch):
    server = Served(place / "terminal")
    try:
        server.address()

        said = run("serve", place / "terminal", "--port", "0")
    finally:
        server.end()

    assert said.exit_code == 1
    assert f"xtnb serve, process {server.process.pid} on " in said.output
    assert "Beijing time" in said.output
    assert "paper terminal" not in said.output


def test_a_miniqmt_that_is_served_already_is_refused_before_anything_starts(place):
    with closing(Journal(place / "config" / "served" / "desk02", "xtnb serve --vendor")):
        said = run("serve", "--vendor", "empty", "--name", "desk02")

    assert said.exit_code == 1
    assert f"xtnb serve --vendor, this process {os.getpid()} on " in said.output
    assert not (place / "config" / "served" / "desk02" / "nats-server.conf").exists()


def test_a_folder_whose_lock_cannot_be_written_is_not_called_open(place):
    (place / "empty" / LOCK_FILE).mkdir()

    said = run("serve", place / "empty")

    assert said.exit_code == 1
    assert "choose a folder that you may write to" in said.output
    with pytest.raises(xtnb.errors.TerminalUnavailable, match="cannot be used"):
        xtnb.paper(place / "empty")


def test_what_the_system_refuses_is_said_without_a_traceback(place):
    (place / "empty" / "STOP").mkdir()

    said = run("stop", "empty", "--undo")

    assert said.exit_code == 1
    assert said.output.startswith("Error: 无法读写：")


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_a_kill_switch_that_cannot_be_set_says_that_trading_goes_on(place):
    (place / "empty" / "STOP").symlink_to(place / "nowhere" / "STOP")

    said = run("stop", "empty")

    assert said.exit_code == 1
    assert said.output.startswith("Error: 交易没有停止：")
    assert "Trading is NOT stopped" in said.output


def test_the_kill_switch_in_a_folder_without_a_terminal_is_set_and_fails(place):
    said = run("stop", "empty")

    assert said.exit_code == 1
    assert "Trading is stopped" not in said.output
    assert (place / "empty" / "STOP").exists()
    assert "xtnb stop empty --undo" in said.output
    assert "there is no terminal in that folder" in said.output


@pytest.mark.parametrize(
    ("encoding", "chinese"), [("cp1252", b"??"), ("gbk", "既不是终端的目录".encode("gbk"))]
)
def test_a_screen_without_chinese_gets_the_english_half(encoding, chinese):
    said = subprocess.run(
        [sys.executable, "-m", "xtnb", "limits", "nowhere"],
        capture_output=True,
        timeout=60,
        env={**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"},
    )

    assert said.returncode == 2
    assert chinese in said.stderr
    assert b"is neither a terminal's folder" in said.stderr
    assert b"Traceback" not in said.stderr


def test_a_folder_whose_last_backslash_made_a_quote_of_its_end_is_found(place):
    said = run("limits", f'{place / "empty"}"')

    assert said.exit_code == 0
    assert str(place / "empty" / "limits.toml") in said.output


@pytest.mark.skipif(sys.platform == "win32", reason="a signal there ends without a word")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_served_terminal_ends_well_on_a_signal(place, number):
    server = Served(place / "terminal")
    server.address()

    server.process.send_signal(number)

    assert server.process.wait(60) == 0
    server.end()


def test_serving_says_when_a_folder_had_no_terminal(place):
    def said():
        served = Served(place / "userdata_mini", "--until-eof")  # its standard input is empty
        served.process.wait(timeout=60)
        served.end()
        return "".join(served._lines.queue)

    first, second = said(), said()

    assert "a new folder, with a new paper terminal in it" in first
    assert "nats://" in second
    assert "a new folder" not in second
