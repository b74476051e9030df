"""Servers of one's own: what `xtnb keys config` prints, TLS, and a leaf node in front.

The configurations are those of notebooks/guide_many_machines.md.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from contextlib import ExitStack

import pytest
import trustme
from click.testing import CliRunner

from tests.link.serving import until
from tests.link.test_cluster import free_ports
from tests.project.committed import ROOT
from xtnb import desk
from xtnb.cli import main
from xtnb.endpoints import paper_host
from xtnb.errors import NotConnected, TerminalUnavailable
from xtnb.link.address import parse
from xtnb.link.keys import READER, TERMINAL, TRADER, KeyRing
from xtnb.link.nats import NatsLink
from xtnb.link.server import Tls, program
from xtnb.link.service import Service

GUIDE = (ROOT / "notebooks" / "guide_many_machines.md").read_text(encoding="utf-8")


@pytest.fixture
def leaving():
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def ring(tmp_path, monkeypatch):
    """A configuration folder with keys and the authority that everybody trusts."""
    monkeypatch.setenv("XTNB_CONFIG", str(tmp_path / "config"))
    ring = KeyRing()
    for name, role in {"box-1": TERMINAL, "anna": TRADER, "rita": READER}.items():
        ring.add(name, role)
    ring.add("office-2", TERMINAL, ["office-2"])  # of a leaf node: good for no terminal
    authority = trustme.CA()
    authority.cert_pem.write_to_path(ring.place / "ca.pem")
    issued = authority.issue_cert("127.0.0.1")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    return ring


def printed(*options):
    """What `xtnb keys config` prints."""
    return CliRunner().invoke(main, ["keys", "config", *options, "main"]).output


def start(folder, name, text, leaving, keys=""):
    """Run nats-server on a configuration, as its administrator does; returns its log."""
    keys = keys or printed(*(["--leaf-of", "hub"] if "remotes" in text else []))
    (folder / f"{name}-keys.conf").write_text(keys, encoding="utf-8")
    file, log = folder / f"{name}.conf", folder / f"{name}.log"
    tls = 'tls { cert_file: "cert.pem", key_file: "key.pem" }\n'
    common = f"server_name: {name}\nmax_payload: 8MB\n{tls}include {name}-keys.conf\n"
    file.write_text(common + text, encoding="utf-8")
    process = subprocess.Popen([program(), "-c", file, "-l", log], cwd=folder)
    leaving.callback(process.wait, 10)
    leaving.callback(process.terminate)
    until(lambda: log.exists() and "Server is ready" in log.read_text(encoding="utf-8"))
    return log


@pytest.fixture
def ports(tmp_path, ring, leaving):
    """A hub with JetStream, and a leaf node without it that leads there."""
    hub, leaves, leaf = free_ports(3)
    key = ring.key("office-2")
    tls = 'tls { cert_file: "cert.pem", key_file: "key.pem" }'
    trust = f"tls {{ ca_file: {json.dumps(str(ring.place / 'ca.pem'))} }}"
    start(
        *(tmp_path, "hub"),
        f"""
listen: "127.0.0.1:{hub}"
jetstream {{ store_dir: "streams", sync_interval: always, domain: hub }}
leafnodes {{
  listen: "127.0.0.1:{leaves}"
  authorization {{ nkey: {key.public}, account: XTNB }}
  {tls}
}}
""",
        leaving,
    )
    log = start(
        *(tmp_path, "leaf"),
        f"""
listen: "127.0.0.1:{leaf}"
leafnodes {{ remotes: [
  {{ url: "tls://127.0.0.1:{leaves}", nkey: {key.seed}, account: XTNB, {trust} }}
] }}
""",
        leaving,
    )
    until(lambda: "Leafnode connection created" in log.read_text(encoding="utf-8"))
    return hub, leaf


@pytest.fixture
def service(tmp_path, ring, ports, leaving):
    link = paper_host(seed=5, clock="hand").link("joined")
    join = f"tls://box-1@127.0.0.1:{ports[0]}"
    service = Service(link, "main", tmp_path / "nowhere", ring, join=join)
    leaving.callback(service.stop)
    assert service.start() == f"tls://127.0.0.1:{ports[0]}/main"
    return service


def test_orders_and_pushes_pass_a_leaf_node_and_a_reader_stays_one(service, ports, leaving):
    hub, leaf = ports
    near = leaving.enter_context(desk.connect(f"tls://anna@127.0.0.1:{hub}/main"))
    far = leaving.enter_context(desk.connect(f"tls://anna@127.0.0.1:{leaf}/main"))
    reader = leaving.enter_context(desk.connect(f"tls://rita@127.0.0.1:{leaf}/main"))

    sent = [here.buy("600000.SH", 100, 9.8).id for here in (near, far, near, far)]

    for here in (near, far, reader):
        assert here.orders()["order_id"].tolist() == sent
    with pytest.raises(NotConnected, match="may only read"):
        reader.buy("600000.SH", 100, 9.8)
    assert len(near.orders()) == 4


def test_permissions_of_an_older_version_are_said_to_be_old(ring, tmp_path, leaving):
    """They let nobody ask under a key."""
    (port,) = free_ports(1)
    older = re.sub(r"\.(session|ask\.read|ask\.trade)\.U[A-Z2-7]{55}", r".\1", printed())
    text = f'listen: "127.0.0.1:{port}"\njetstream {{ store_dir: "streams" }}\n'
    start(tmp_path, "aged", text, leaving, older)
    link = paper_host(seed=5, clock="hand").link("joined")
    join = f"tls://box-1@127.0.0.1:{port}"
    service = Service(link, "main", tmp_path / "nowhere", ring, join=join)
    leaving.callback(service.stop)
    service.start()

    with pytest.raises(TerminalUnavailable, match="give it what `xtnb keys config` prints now"):
        NatsLink(f"tls://anna@127.0.0.1:{port}/main").open(1, print)


def test_a_session_at_a_leaf_node_fetches_what_it_missed(service, ports, leaving):
    hub, leaf = ports
    near = leaving.enter_context(desk.connect(f"tls://anna@127.0.0.1:{hub}/main"))
    far = leaving.enter_context(desk.connect(f"tls://anna@127.0.0.1:{leaf}/main"))
    far.buy("600000.SH", 100, 9.8)
    far._session.link._life._wire._stream.close()
    until(lambda: far.state != "live")
    near.buy("600000.SH", 100, 9.8)

    until(lambda: far.state == "live")

    assert far.buy("600000.SH", 100, 9.8).id == far.orders()["order_id"].max() == 3


def test_a_certificate_that_nobody_vouches_for_is_refused(service, ports, ring):
    trustme.CA().cert_pem.write_to_path(ring.place / "ca.pem")

    with pytest.raises(NotConnected, match="is of another authority"):
        desk.connect(f"tls://anna@127.0.0.1:{ports[0]}/main")


def test_the_certificate_of_the_guide_is_good_for_each_of_its_names(tmp_path, monkeypatch, leaving):
    monkeypatch.setenv("XTNB_CONFIG", str(tmp_path / "config"))
    recipe = re.search(r"^python -m (trustme .*)$", GUIDE, re.MULTILINE)[1].split()
    subprocess.run([sys.executable, "-m", *recipe], cwd=tmp_path, check=True)
    (tmp_path / "config").mkdir()
    shutil.copy(tmp_path / "client.pem", tmp_path / "config" / "ca.pem")
    tls = Tls(tmp_path / "server.pem", tmp_path / "server.key")
    link = paper_host(seed=5, clock="hand").link("recipe")
    service = Service(link, "main", tmp_path / "nats", KeyRing(), tls=tls)
    leaving.callback(service.stop)

    address = service.start()

    assert list(service.names) == recipe[recipe.index("-i") + 1 :]
    for host in ("127.0.0.1", "localhost"):
        with desk.connect(address.replace("127.0.0.1", host)) as here:
            assert len(here.asset()) == 1


def test_the_address_of_a_cluster_is_one_that_a_notebook_can_use(ring, tmp_path):
    link = paper_host(seed=5, clock="hand").link("joined")
    join = "tls://box-1@n1.example:4222,n2.example:4222"

    service = Service(link, "main", tmp_path / "nowhere", ring, join=join)

    assert service.address == "tls://n1.example:4222,n2.example:4222/main"
    assert str(parse(service.address)) == service.address
