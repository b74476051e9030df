"""Whose key asked: proven by a real nats-server, and kept in the audit of the terminal."""

from __future__ import annotations

import subprocess
from contextlib import ExitStack, closing

import pytest
from click.testing import CliRunner

from tests.link.clients import ACCOUNT, ORDER, Client, control, wire
from tests.link.serving import NAMES, address, nats_server, trader_key, until
from tests.link.test_cluster import free_ports
from xtnb.cli import main
from xtnb.endpoints import link_to_serve
from xtnb.errors import NotConnected, TerminalUnavailable
from xtnb.journal.checkup import look
from xtnb.link.address import Server
from xtnb.link.base import ConnectResult
from xtnb.link.codec import decode, encode, pack, unpack
from xtnb.link.keys import READER, TRADER, KeyRing
from xtnb.link.nats import NatsLink
from xtnb.link.protocol import read_subject, session_subject, trade_subject, version_1_subject
from xtnb.link.serve import TerminalServer
from xtnb.link.server import program
from xtnb.link.service import Service
from xtnb.link.wire import RequestFailed, Wire
from xtnb.vocabulary.messages import Request


@pytest.fixture(scope="module")
def ring(tmp_path_factory):
    ring = KeyRing(tmp_path_factory.mktemp("config"))
    for name, role in {"anna": TRADER, "bea": TRADER, "rita": READER}.items():
        ring.add(name, role)
    return ring


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("terminal") / "main"


@pytest.fixture(scope="module")
def service(ring, folder):
    """A service of a terminal that keeps an audit."""
    link, journal, store = link_to_serve(folder, None, False, "main")
    service = Service(link, "main", store, ring, journal=journal)
    service.start()
    yield service
    service.stop()


@pytest.fixture
def client(service, ring):
    with ExitStack() as leaving:

        def client(name: str, number: int) -> Client:
            made = Client(NatsLink(service.address, ring.key(name)), number).connect()
            leaving.callback(made.trader.stop)
            return made

        yield client


Row = tuple[str, str, str]


@pytest.fixture
def audit(service, folder):
    """Gives the rows that a method has got since the test began: who, origin, outcome."""

    def rows(method: str, since: int) -> list[Row]:
        with closing(look(folder)) as run:
            asked = "SELECT who, origin, outcome FROM requests WHERE method = ? AND row > ?"
            return run.execute(f"{asked} ORDER BY row", (method, since)).fetchall()

    with closing(look(folder)) as run:
        (begin,) = run.execute("SELECT coalesce(max(row), 0) FROM requests").fetchone()
    return lambda method: rows(method, begin)


def test_a_key_cannot_ask_under_the_name_of_another(service, ring, client):
    anna = client("anna", 8)
    way, public = wire(service, ring.key("rita")), ring.key("anna").public
    order = encode(Request(1, "order_stock", 2, ACCOUNT.account_id, {}, anna.link._life.fence))

    for subject in (of("main", public) for of in (read_subject, trade_subject, session_subject)):
        with pytest.raises(RequestFailed, match="may not ask"):
            way.request(subject, order, 5.0)
    way.close()


def test_who_asks_with_the_fence_of_another_key_keeps_nobody_from_coming_again(service, ring):
    anna, bea = (wire(service, ring.key(name)) for name in ("anna", "bea"))
    begun = control(anna, do="open", session=12, fence=0, link="a word")  # its answer is lost
    query = encode(Request(1, "query_stock_asset", 2, ACCOUNT.account_id, {}, begun["fence"]))
    refused = decode(bea.request(read_subject("main", ring.key("bea").public), query, 5.0).data)

    again = control(anna, do="open", session=12, fence=0, link="a word")
    anna.close()
    bea.close()

    assert "is another key's" in refused.error
    assert again["result"] == ConnectResult.OK


def test_the_fence_of_another_key_is_good_for_nothing(service, ring, client):
    anna = client("anna", 9)
    rita, public = wire(service, ring.key("rita")), ring.key("rita").public
    bea, beas = wire(service, ring.key("bea")), ring.key("bea").public
    life = anna.link._life
    of_anna = (2, ACCOUNT.account_id, {"stock_code": "600000.SH"}, life.fence)
    order = encode(Request(1, "order_stock", *of_anna))
    query = encode(Request(2, "query_stock_asset", *of_anna))

    ordered = decode(bea.request(trade_subject("main", beas), order, 5.0).data)
    queried = decode(rita.request(read_subject("main", public), query, 5.0).data)
    taken = control(rita, do="open", session=9, fence=life.fence)
    kept = control(rita, do="keep", fence=life.fence)
    control(rita, do="leave", fence=life.fence)
    rita.close()
    bea.close()

    for said in (ordered, queried):
        assert (said.value, said.error) == (None, "this session is another key's")
    assert (taken["result"], kept["ok"]) == (ConnectResult.SESSION_IN_USE, False)
    assert anna.trader.query_stock_orders(ACCOUNT) is not None
    assert life.alive


@pytest.mark.parametrize(
    "inbox", ["xtnb.main.live", "xtnb.main.notice", "xtnb.main.push.2.1", "xtnb.inbox.ANNA.1.1"]
)
def test_a_terminal_answers_nowhere_but_to_who_asked(inbox, service, ring, client):
    """It may say more than its clients, who must not have it say so for them."""
    anna = ring.key("anna")
    ear, heard = wire(service, anna if "ANNA" in inbox else service._child.own), []
    inbox = inbox.replace("ANNA", anna.public)
    ear.subscribe(inbox, heard.append)
    control(ear, do="ping")
    rita = wire(service, ring.key("rita"))
    public = rita.key.public
    fence = client("rita", 10).link._life.fence
    query = encode(Request(1, "query_account_status", 2, "", {}, fence))

    rita.publish(read_subject("main", public), query, inbox)
    rita.publish(session_subject("main", public), pack({"do": "ping"}), inbox)
    if anna.public not in inbox:
        rita.publish(version_1_subject("main"), pack({"do": "ping"}), inbox)
    control(rita, do="ping")
    rita.request(read_subject("main", public), query, 5.0)
    control(ear, do="ping")

    for way in (rita, ear):
        way.close()
    assert heard == []


def test_a_program_of_an_older_version_hears_that_it_is_one(service, ring):
    way = wire(service, ring.key("anna"))
    opens = {"do": "open", "session": 11, "fence": 0, "who": "old", "accounts": [], "codes": []}

    told = unpack(way.request(version_1_subject("main"), pack(opens), 5.0).data)
    kept = unpack(way.request(version_1_subject("main"), pack({"do": "keep"}), 5.0).data)
    way.close()

    assert told["result"] == ConnectResult.UNREACHABLE
    assert "update the one here" in told["words"]
    assert {"epoch", "last", "lease", "paper", "durable", "now"} <= set(told)
    assert kept["ok"] is False


def test_a_terminal_of_an_older_version_is_said_to_be_one():
    """It hears no subject with a key in it."""
    broker, name = nats_server(), NAMES[-1]
    aged = Wire([broker.address], broker.own)
    aged.connect()
    answer = pack({"epoch": 1, "last": 0, "now": 0})
    aged.subscribe(version_1_subject(name), lambda asked: aged.publish(asked.reply, answer))
    aged.request(version_1_subject(name), pack({"do": "ping"}))

    with pytest.raises(TerminalUnavailable, match="older xtnb than this one: update it there"):
        NatsLink(address(name), trader_key()).open(1, print)
    aged.close()


def test_the_audit_has_whose_key_it_was_and_not_who_it_says_it_is(client, audit, folder, ring):
    anna, bea = client("anna", 1), client("bea", 2)
    anna.trader.requests.origin = lambda: "bea (trader) says bea@desk-7"
    anna.trader.order_stock(*ORDER)
    bea.trader.order_stock(*ORDER)

    (first, told, _), (second, *_) = audit("order_stock")
    assert first == f"anna (trader) {ring.key('anna').public}"
    assert told == "bea (trader) says bea@desk-7"
    assert second == f"bea (trader) {ring.key('bea').public}"
    until(lambda: [who.split()[0] for who, *_ in audit("subscribe")] == ["anna", "bea"])
    shown = CliRunner().invoke(main, ["audit", str(folder)]).output
    sent = [line for line in shown.splitlines() if "order_stock  {" in line][-2:]
    assert f"[anna (trader) {ring.key('anna').public[:8]}… says bea (trader) says" in sent[0]
    assert "[bea (trader) U" in sent[1]


def test_at_a_server_that_asks_nobody_who_he_is_a_key_proves_nothing(ring, tmp_path):
    (port,) = free_ports(1)
    log = tmp_path / "nats.log"
    command = [program(), "-a", "127.0.0.1", "-p", str(port), "-js", "-sd", tmp_path, "-l", log]
    link, journal, _ = link_to_serve(tmp_path / "open", None, False, "open")
    with ExitStack() as leaving:
        process = subprocess.Popen(command)
        leaving.callback(process.wait, 10)
        leaving.callback(process.terminate)
        until(lambda: log.exists() and "Server is ready" in log.read_text(encoding="utf-8"))
        places = [Server("127.0.0.1", port)]
        server = TerminalServer(link, "main", places, None, journal=journal, named=ring.who)
        server.start()
        leaving.callback(server.stop)
        anna = Client(NatsLink(f"nats://127.0.0.1:{port}/main", ring.key("anna")), 1).connect()
        leaving.callback(anna.trader.stop)

        anna.trader.order_stock(*ORDER)

        with closing(look(tmp_path / "open")) as run:
            asked = "SELECT who FROM requests WHERE method = 'order_stock'"
            assert run.execute(asked).fetchall() == [
                (f"unproven anna (trader) {ring.key('anna').public}",)
            ]


def test_who_is_refused_by_the_terminals_server_is_in_the_audit(client, audit, service, ring):
    anna = client("anna", 1)
    rita = client("rita", 2)
    count = len(anna.trader.query_stock_orders(ACCOUNT))
    order = Request(1, "order_stock", 2, ACCOUNT.account_id, {}, 0, "K", 0, "a cell")
    for name, of, whose in (("bea", trade_subject, anna), ("rita", read_subject, rita)):
        way = wire(service, ring.key(name))
        sent = encode(order._replace(session=whose.link._life.fence))
        way.request(of("main", way.key.public), sent, 5.0)
        way.close()

    until(lambda: len(audit("order_stock")) == 2)
    other, reader = audit("order_stock")
    assert (other[0].split()[:2], *other[1:]) == (
        ["bea", "(trader)"],
        "a cell",
        "this session is another key's",
    )
    assert (reader[0].split()[:2], *reader[1:]) == (
        ["rita", "(reader)"],
        "a cell",
        "order_stock needs the role trader",
    )
    assert len(anna.trader.query_stock_orders(ACCOUNT)) == count


def test_what_nats_server_refuses_is_in_its_log_alone(client, audit, service, ring):
    rita, public = client("rita", 1), ring.key("rita").public
    with pytest.raises(NotConnected, match="this key may only read"):
        rita.trader.order_stock(*ORDER)
    rita.trader.query_stock_asset(ACCOUNT)

    log = service._child.folder / "nats-server.log"
    tried = f'Publish Violation - Subject "{trade_subject("main", public)}"'
    until(lambda: tried in log.read_text(encoding="utf-8"))
    assert audit("order_stock") == []
