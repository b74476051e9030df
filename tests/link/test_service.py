"""A terminal with its nats-server: what goes wrong beside it does not end it."""

from __future__ import annotations

import logging
import os
import sys
import threading

from tests.link.clients import Client
from tests.link.serving import until
from xtnb.endpoints import paper_host
from xtnb.link.keys import TRADER, KeyRing
from xtnb.link.nats import NatsLink
from xtnb.link.service import Service


def test_a_list_of_keys_that_cannot_be_read_for_once_ends_nothing(tmp_path, leaving, caplog):
    ring = KeyRing(tmp_path / "config")
    ring.add("anna", TRADER)
    link = paper_host(seed=5, clock="hand").link("kept")
    service = Service(link, "main", tmp_path / "nats", ring)
    leaving.callback(service.stop)
    service.start()
    leaving.callback(sys.setswitchinterval, sys.getswitchinterval())
    runs = threading.Thread(target=service.run, daemon=True)
    runs.start()
    aside = ring.listing.with_name("aside")
    os.replace(ring.listing, aside)
    ring.listing.mkdir()
    with caplog.at_level(logging.WARNING, "xtnb.link"):
        until(lambda: ring.listing.name in caplog.text or not runs.is_alive())

    ring.listing.rmdir()
    os.replace(aside, ring.listing)
    ring.add("bert", TRADER)

    client = Client(NatsLink(service.address, ring.key("bert")))
    leaving.callback(client.trader.stop)
    until(lambda: not runs.is_alive() or client.trader.connect() == 0)
    assert runs.is_alive()
    service.end()
    runs.join(10)
