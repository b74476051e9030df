"""The nats-server that is our child: what it leaves to read when it does not do its work."""

from __future__ import annotations

import os
import signal
import sys

import pytest

from xtnb.errors import TerminalUnavailable
from xtnb.link.server import NatsServer, Tls


def test_a_server_that_cannot_read_its_configuration_says_so_and_names_the_file(tmp_path):
    nothing = tmp_path / "tls.pem"
    nothing.write_text("nothing", encoding="utf-8")
    server = NatsServer(tmp_path / "nats", ["main"], tls=Tls(nothing, nothing))

    with pytest.raises(TerminalUnavailable, match="PEM data") as refused:
        server.start([])

    assert not server.running
    assert str(tmp_path / "nats" / "nats-server.err") in str(refused.value)


def test_a_server_that_ends_after_it_began_names_its_log(tmp_path):
    (tmp_path / "streams").write_text("no folder", encoding="utf-8")
    server = NatsServer(tmp_path, ["main"])

    with pytest.raises(TerminalUnavailable, match="not a directory") as refused:
        server.start([])

    assert str(tmp_path / "nats-server.log") in str(refused.value)


def test_what_a_server_says_as_it_breaks_is_kept_up_to_a_limit(tmp_path):
    faults = tmp_path / "nats-server.err"
    faults.write_bytes(b"old\n" * (4 << 20) + b"panic: the last\n")
    server = NatsServer(tmp_path, ["main"])

    server.start([])
    server.stop()

    assert faults.stat().st_size <= 4 << 20
    assert faults.read_bytes().endswith(b"panic: the last\n")


def test_the_log_of_the_life_before_is_kept(tmp_path):
    server = NatsServer(tmp_path, ["main"])
    server.start([])
    server.kill()
    before = (tmp_path / "nats-server.log").read_text(encoding="utf-8")

    server.start([])
    server.stop()

    assert (tmp_path / "nats-server.before.log").read_text(encoding="utf-8") == before
    assert (tmp_path / "nats-server.log").read_text(encoding="utf-8") != before


def test_a_log_that_cannot_be_put_away_keeps_no_server_from_starting(tmp_path):
    server = NatsServer(tmp_path, ["main"])
    server.start([])
    server.stop()
    (tmp_path / "nats-server.before.log" / "in the way").mkdir(parents=True)
    before = (tmp_path / "nats-server.log").read_text(encoding="utf-8")

    server.start([])
    server.stop()

    assert (tmp_path / "nats-server.log").read_text(encoding="utf-8").startswith(before)


@pytest.mark.skipif(sys.platform == "win32", reason="no name has such characters there")
def test_a_folder_is_read_as_it_is_written_with_backslashes_and_quotes(tmp_path):
    folder = tmp_path / 'D:\\users\\new\\张三 "x" $y'
    server = NatsServer(folder, ["main"])

    server.start([])
    server.stop()

    assert (folder / "streams" / "jetstream").is_dir()
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


def test_an_earlier_server_that_ends_as_it_is_to_be_ended_is_not_in_the_way(tmp_path, monkeypatch):
    earlier, later = NatsServer(tmp_path, ["main"]), NatsServer(tmp_path, ["main"])
    earlier.start([])
    end = os.kill

    def ends_by_itself(pid, number):  # as with its program on Windows
        end(pid, signal.SIGTERM)
        raise PermissionError(13, "Access is denied")

    with monkeypatch.context() as windows:
        windows.setattr(os, "kill", ends_by_itself)
        later.start([])

    assert later.running
    later.stop()
    earlier.stop()
