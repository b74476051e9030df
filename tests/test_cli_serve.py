"""`xtnb serve` and `xtnb keys`, as a person types them."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from queue import Empty, Queue

import pytest
import trustme
from click.testing import CliRunner

from tests.link.serving import until
from xtnb import desk
from xtnb.cli import main
from xtnb.link.address import parse_servers
from xtnb.link.invitation import invitation
from xtnb.link.keys import KeyRing
from xtnb.link.wire import Wire


@pytest.fixture
def config(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("XTNB_CONFIG", str(tmp_path / "config"))
    return tmp_path / "config"


def run(*arguments: str):
    return CliRunner().invoke(main, list(arguments))


class Served:
    """`xtnb serve` in a process of its own."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "xtnb", "serve", str(folder), "--port", "0", *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"},
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
            while not (found := re.search(r"^ +((?:nats|tls)://\S+)$", said, re.MULTILINE)):
                said += self._lines.get(timeout=60)
        except Empty:
            pytest.fail(f"no address; it said: {said}")
        return found[1]

    def rest(self) -> str:
        """What it says until it ends by itself."""
        self.process.wait(timeout=60)
        self._reader.join(timeout=10)
        return "".join(self._lines.get_nowait() for _ in range(self._lines.qsize()))

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(timeout=30)
        self._reader.join(timeout=10)


@pytest.fixture
def serve():
    running: list[Served] = []

    def serve(folder: Path, *options: str) -> Served:
        running.append(Served(folder, *options))
        return running[-1]

    yield serve
    for one in running:
        one.end()


def test_a_served_folder_gives_a_desk_and_keeps_its_orders(config, tmp_path, serve):
    folder = tmp_path / "userdata mini"
    first = serve(folder, "--seed", "7")
    address = first.address()
    assert re.fullmatch(r"nats://127\.0\.0\.1:\d+/userdata-mini", address)
    here = desk.connect(address)
    order = here.buy("600000.SH", 200, 9.8)
    assert here.orders()["order_id"].tolist() == [order.id]
    assert repr(here.clock) == "<MarketClock of a terminal elsewhere>"
    if sys.platform != "win32":  # there Ctrl+C would reach this process too
        first.process.send_signal(signal.SIGINT)
        assert first.process.wait(timeout=30) == 0
    first.end()
    until(lambda: not here.trader.connected)

    again = desk.connect(serve(folder).address())

    assert again.orders()["order_id"].tolist() == [order.id]
    again.close()
    here.close()


def test_it_can_end_with_the_program_that_started_it(config, tmp_path, serve):
    first = serve(tmp_path / "terminal", "--until-eof")  # its standard input is empty

    assert first.process.wait(timeout=60) == 0
    assert first.address().endswith("/terminal")


def test_a_folder_with_a_chinese_name_is_served(config, tmp_path, serve):
    address = serve(tmp_path / "交易端" / "模拟盘").address()

    with desk.connect(address) as here:
        assert address.endswith("/main")
        assert len(here.asset()) == 1


def test_a_port_that_is_taken_is_said(config, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = run("serve", str(tmp_path / "terminal"), "--port", port)

    assert result.exit_code == 1
    assert f"port {port} of 127.0.0.1 cannot be listened on" in result.output
    assert "--port 0" in result.output


def test_a_key_that_is_revoked_while_it_serves_is_out(config, tmp_path, serve):
    assert run("keys", "add", "anna", "--role", "trader").exit_code == 0
    address = serve(tmp_path / "terminal").address()
    here = desk.connect(address.replace("://", "://anna@"))
    assert len(here.asset()) == 1

    assert run("keys", "revoke", "anna").exit_code == 0

    until(lambda: not here.trader.connected)
    here.close()


def test_a_terminal_whose_stream_another_writes_stops_and_says_that_nothing_was_lost(
    config, tmp_path, serve
):
    assert run("keys", "add", "rival", "--role", "terminal").exit_code == 0
    served = serve(tmp_path / "main", "--seed", "7")
    address = served.address()
    here = desk.connect(address)
    here.buy("600000.SH", 200, 9.8)
    rival = Wire(parse_servers(address), KeyRing().key("rival"))
    rival.connect()

    rival.request("xtnb.main.push.2.x", b"a rival")
    here.buy("600000.SH", 200, 9.8)
    said = served.rest()

    rival.close()
    here.close()
    assert served.process.returncode == 1
    assert "another server writes the stream of this terminal; nothing that was" in said


def test_a_key_says_where_its_secret_is_and_is_listed(config):
    added = run("keys", "add", "rita", "--role", "reader", "--terminal", "main")
    listed = run("keys", "list")

    assert str(KeyRing().secret_file("rita")) in added.output
    assert re.search(r"^rita +reader +main +U[A-Z2-7]{55}$", listed.output, re.MULTILINE)
    assert "SU" not in re.sub(r"U[A-Z2-7]{55}", "", added.output + listed.output)


def test_a_key_for_one_terminal_says_what_its_name_is(config):
    some = run("keys", "add", "lin", "--role", "trader", "--terminal", "t1", "--terminal", "t2")
    every = run("keys", "add", "rita", "--role", "reader")

    assert "It is for t1, t2 alone: the name at the end of the address" in some.output
    assert "alone" not in every.output


def test_an_address_with_tls_has_a_name_of_the_certificate(config, tmp_path, serve):
    authority = trustme.CA()
    issued = authority.issue_cert("localhost")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    files = "--tls-cert", str(tmp_path / "cert.pem"), "--tls-key", str(tmp_path / "key.pem")
    config.mkdir()
    authority.cert_pem.write_to_path(config / "ca.pem")

    address = serve(tmp_path / "terminal", "--host", "127.0.0.1", *files).address()

    assert address.startswith("tls://localhost:")
    with desk.connect(address) as here:
        assert len(here.asset()) == 1


@pytest.mark.parametrize(
    ("address", "joined", "alone"),
    [
        ("nats://127.0.0.1:4222/main", False, True),
        ("tls://localhost:4222/main", False, True),
        ("tls://vm:4222/main", False, False),
        ("tls://n1.example,n2.example/main", True, False),
    ],
)
def test_an_address_of_this_machine_is_not_offered_to_others(tmp_path, address, joined, alone):
    said = "\n".join(invitation(address, address, tmp_path, joined, ()))

    assert ("good on this machine alone" in said) is alone
    assert ("From another machine" in said) is not alone


def test_a_certificate_without_a_name_for_the_host_says_what_to_write(tmp_path):
    address = "tls://vm:4222/main"

    said = "\n".join(invitation(address, address, tmp_path, False, ["*.desk.example"]))

    assert f"here it is {tmp_path / 'ca.pem'}" in said
    assert "one of the certificate's names: *.desk.example" in said
    assert "vm is none of them" in said


def test_without_a_key_the_list_says_how_to_make_one(config):
    assert "xtnb keys add NAME" in run("keys", "list").output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["keys", "add", "a b", "--role", "reader"], "letters, digits, - or _"),
        (["keys", "add", "anna", "--role", "king"], "king"),
        (["keys", "revoke", "nobody"], "nobody"),
        (["serve", ".", "--host", "0.0.0.0"], "--tls-cert"),
        (["serve", ".", "--tls-cert", __file__], "come together"),
        (["serve", ".", "--nats", "nats://10.0.0.5:4222"], "tls://"),
        (["serve", ".", "--nats", "nats://127.0.0.1:4222"], "no key"),
        (["serve", ".", "--port", "70000"], "70000"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(config, tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)

    result = run(*arguments)

    assert result.exit_code in (1, 2)
    assert words in result.output
    assert "Traceback" not in result.output


def test_keys_are_printed_for_a_server_of_ones_own(config):
    run("keys", "add", "rita", "--role", "reader", "--terminal", "main")
    rita = KeyRing().users()[0]

    account = json.loads(run("keys", "config", "main", "spare").output)["accounts"]["XTNB"]

    assert account["jetstream"] == "enabled"
    assert [user["nkey"] for user in account["users"]] == [rita.public]
    may_say = account["users"][0]["permissions"]["publish"]["allow"]
    assert f"xtnb.main.ask.read.{rita.public}" in may_say
    assert not any(one.startswith("xtnb.main.ask.trade") for one in may_say)
    assert "spare" not in json.dumps(account)


def test_a_leaf_node_maps_what_it_asks_of_the_hubs_jetstream(config):
    run("keys", "add", "anna", "--role", "trader")
    run("keys", "add", "box-1", "--role", "terminal")

    said = run("keys", "config", "--leaf-of", "hub", "main").output

    assert json.loads(said)["accounts"]["XTNB"]["mappings"] == {"$JS.API.>": "$JS.hub.API.>"}
    assert "$JS.hub.API.CONSUMER.CREATE.XTNB_main.>" in said
