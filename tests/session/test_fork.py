"""A child that a process with a session forks: it shares nothing with it, and harms nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.link.serving import nats_server

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")

REPOSITORY = Path(__file__).parents[2]
CHILD = """
import json, os, sys
def in_a_child(*calls):
    read, write = os.pipe()
    if not os.fork():
        said = []
        for call in calls:
            try:
                said.append(repr(call()))
            except Exception as fault:
                said.append(type(fault).__name__)
        os.write(write, json.dumps(said).encode())
        os._exit(0)
    os.wait()
    return json.loads(os.read(read, 1 << 16))
"""
DESK = """
import xtnb
desk = xtnb.paper(seed=5, clock="2026-11-20 10:00:00")
def buy():
    return desk.buy("600000.SH", 100, 10.0).id
def own():
    return xtnb.paper(seed=5, clock="2026-11-20 10:00:00").buy("600000.SH", 100, 10.0).id
first = buy()
print(json.dumps(in_a_child(buy, lambda: desk.orders(), desk.close, own)))
print(buy() - first)
desk.close()
"""
WIRE = """
from xtnb.link.address import parse
from xtnb.link.nkeys import Key
from xtnb.link.wire import Wire
wire = Wire(parse(sys.argv[1]).servers, Key.from_seed(sys.argv[2]))
wire.connect()
subject = f"{wire.inbox}.echo"
wire.subscribe(subject, lambda message: wire.publish(message.reply, b"here"))
def ask():
    return wire.request(subject, b"", 10).data.decode()
ask()
print(json.dumps(in_a_child(lambda: wire.open, ask, wire.close)))
print(wire.open, ask())
"""


def run(script: str, *arguments: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", CHILD + script, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=REPOSITORY,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_child_cannot_send_over_the_session_of_its_parent():
    said, numbers = run(DESK)

    assert json.loads(said) == ["NotConnected", "NotConnected", "None", "1"]
    assert numbers == "1"


def test_a_child_neither_uses_nor_ends_the_connection_of_its_parent():
    server = nats_server()
    said, alive = run(WIRE, f"{server.address}/any", server.own.seed)

    assert json.loads(said) == ["False", "NotConnected", "None"]
    assert alive == "True here"
