"""A terminal with its nats-server: what goes wrong beside it does not end it."""

from __future__ import annotations

import logging
import os
import sys
import threading

import pytest
import trustme

from tests.link.clients import Client
from tests.link.serving import until
from xtnb.endpoints import paper_host
from xtnb.errors import InputError
from xtnb.link.keys import TRADER, KeyRing
from xtnb.link.nats import NatsLink
from xtnb.link.server import Tls
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


def test_a_certificate_and_a_key_of_another_are_refused_before_a_server_starts(tmp_path):
    for name in ("one", "two"):
        issued = trustme.CA().issue_cert(name)
        issued.cert_chain_pems[0].write_to_path(tmp_path / f"{name}.pem")
        issued.private_key_pem.write_to_path(tmp_path / f"{name}.key")
    link = paper_host(seed=5, clock="hand").link("refused")
    tls = Tls(tmp_path / "one.pem", tmp_path / "two.key")
    service = Service(link, "main", tmp_path / "nats", KeyRing(tmp_path / "config"), tls=tls)

    with pytest.raises(InputError, match="expected the key of the certificate"):
        service.start()

    assert not (tmp_path / "nats" / "nats-server.log").exists()


def test_a_notebook_beside_a_terminal_that_is_open_to_others_goes_over_loopback(tmp_path, leaving):
    authority = trustme.CA()
    issued = authority.issue_cert("n1.desk.example", "127.0.0.1")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    ring = KeyRing(tmp_path / "config")
    link = paper_host(seed=5, clock="hand").link("open")
    tls = Tls(tmp_path / "cert.pem", tmp_path / "key.pem")
    service = Service(link, "main", tmp_path / "nats", ring, host="0.0.0.0", tls=tls)
    leaving.callback(service.stop)

    address = service.start()

    assert address.startswith("tls://n1.desk.example:")
    client = Client(NatsLink(service.near, ring.key(), tmp_path / "ca.pem")).connect()
    client.trader.stop()
