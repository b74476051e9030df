"""Who may not do what, asked of a real nats-server."""

from __future__ import annotations

import json
import os
import ssl
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue

import pytest
import trustme

from tests.link.clients import ACCOUNT, ORDER, Client, control, wire
from tests.link.serving import until
from xtnb.endpoints import open_link, paper_host
from xtnb.errors import InputError, NotConnected, TerminalUnavailable
from xtnb.journal.whole import alone
from xtnb.link import keys
from xtnb.link.address import Server, parse
from xtnb.link.codec import encode
from xtnb.link.keys import READER, TERMINAL, TRADER, KeyRing
from xtnb.link.nats import NatsLink
from xtnb.link.nkeys import Key
from xtnb.link.protocol import read_subject
from xtnb.link.server import NatsServer, Tls, program
from xtnb.link.service import Service
from xtnb.link.wire import RequestFailed, Wire
from xtnb.vocabulary.messages import Request


@pytest.fixture(scope="module")
def leaving():
    with ExitStack() as stack:
        yield stack


@pytest.fixture(scope="module")
def ring(tmp_path_factory):
    return KeyRing(tmp_path_factory.mktemp("config"))


@pytest.fixture(scope="module")
def service(ring, tmp_path_factory, leaving):
    ring.add("anna", TRADER)
    ring.add("rita", READER)
    ring.add("otto", TRADER, ["elsewhere"])
    link = paper_host(seed=5, clock="hand").link("secure")
    service = Service(link, "main", tmp_path_factory.mktemp("nats"), ring)
    service.start()
    leaving.callback(service.stop)
    return service


@pytest.fixture
def client(service, ring):
    made: list[Client] = []

    def client(name: str | Key, number: int) -> Client:
        key = ring.key(name) if isinstance(name, str) else name
        made.append(Client(NatsLink(service.address, key), number))
        return made[-1]

    yield client
    for one in made:
        one.trader.stop()


def test_a_reader_sees_everything_and_changes_nothing(client):
    reader, trader = client("rita", 1).connect(), client("anna", 2).connect()
    order_id = trader.trader.order_stock(*ORDER)
    until(lambda: reader.settled() == trader.settled() != [])

    for forbidden in (
        lambda: reader.trader.order_stock(*ORDER),
        lambda: reader.trader.cancel_order_stock(ACCOUNT, order_id),
        lambda: reader.trader.fund_transfer(ACCOUNT, 511, 1.0),
        lambda: reader.trader.requests.ask("an unknown method", ACCOUNT, {}),
    ):
        with pytest.raises(NotConnected, match="this key may only read"):
            forbidden()

    assert [order.order_id for order in reader.trader.query_stock_orders(ACCOUNT)] == [order_id]
    assert reader.trader.query_stock_orders(ACCOUNT, True) != []
    assert reader.trader.connected


def test_a_reader_cannot_make_a_traders_key_void(client):
    reader, trader = client("rita", 1).connect(), client("anna", 2).connect()

    with pytest.raises(NotConnected, match="this key may only read"):
        reader.trader.requests.ask("outcome", ACCOUNT, {"keys": ("2026-11-20-open",)})

    names = ("stock_code", "order_type", "order_volume", "price_type", "price")
    order = dict(zip(names, ORDER[1:], strict=True)) | {"strategy_name": "", "order_remark": ""}
    answers = SimpleQueue()
    trader.trader.requests.send("order_stock", ACCOUNT, order, answers.put, "2026-11-20-open")
    assert answers.get(timeout=10).order_id > 0


def test_a_trade_that_is_put_where_reading_is_asked_is_refused(service, ring, client):
    reader = client("rita", 3).connect()
    count = len(reader.trader.query_stock_orders(ACCOUNT))
    fence = reader.link._life.fence
    order = Request(1, "order_stock", 2, ACCOUNT.account_id, {"stock_code": "600000.SH"}, fence)
    way = wire(service, ring.key("rita"))

    said = way.request(read_subject("main", way.key.public), encode(order), 5.0)
    way.close()

    assert b"needs the role trader" in said.data
    assert len(reader.trader.query_stock_orders(ACCOUNT)) == count


def test_a_bank_password_cannot_be_tried_where_reading_is_asked(service, ring, client):
    reader = client("rita", 3).connect()
    fence = reader.link._life.fence
    bank = {"bank_no": "1", "bank_account": "6222", "bank_pwd": "000000"}
    asked = Request(1, "query_bank_amount", 2, ACCOUNT.account_id, bank, fence)
    way = wire(service, ring.key("rita"))

    said = way.request(read_subject("main", way.key.public), encode(asked), 5.0)
    way.close()

    assert b"needs the role trader" in said.data


SUBJECTS = {
    "a push": "xtnb.main.live",
    "a push in the stream": "xtnb.main.push.2.1",
    "a quote": "xtnb.main.quote.600000.SH",
    "a notice": "xtnb.main.notice",
    "an answer to another": "xtnb.inbox.UABC.1.1",
    "a lease": "$KV.XTNB_main_sessions.1",
    "another terminal": "xtnb.other.ask.read.U1",
    "nobody's question": "xtnb.main.ask.read",
    "nobody's order": "xtnb.main.ask.trade",
    "anybody's session": "xtnb.main.session.any",
    "the stream's end": "$JS.API.STREAM.DELETE.XTNB_main",
    "a consumer": "$JS.API.CONSUMER.CREATE.XTNB_main.x",
    "a push of the stream": "$JS.API.DIRECT.GET.XTNB_main",
    "the list of streams": "$JS.API.STREAM.NAMES",
    "the server": "$SYS.REQ.SERVER.PING",
}


@pytest.mark.parametrize("role", ["anna", "rita"])
@pytest.mark.parametrize("what", SUBJECTS)
def test_no_client_may_say(what, role, service, ring):
    way = wire(service, ring.key(role))

    with pytest.raises(RequestFailed, match="may not ask"):
        way.request(SUBJECTS[what], b"", 5.0)

    way.close()


@pytest.mark.parametrize(
    "subject", ["xtnb.inbox.>", "xtnb.main.ask.>", "xtnb.main.session.*", "$KV.>", "$JS.>", ">"]
)
def test_no_client_may_hear(subject, service, ring):
    way, told = wire(service, ring.key("rita")), []
    way.subscribe(subject, told.append)

    until(lambda: told)
    way.close()

    assert told[0].status == 403
    assert "may not hear" in told[0].words


@pytest.mark.parametrize("key", [Key.new(), None])
def test_an_outsider_is_not_let_in(service, key):
    way = Wire(parse(service.address).servers, key)

    with pytest.raises(TerminalUnavailable, match="does not know this key"):
        way.connect()


def test_a_key_for_another_terminal_opens_nothing_here(client):
    otto = client("otto", 4)

    assert otto.trader.connect() == -1
    assert "this key is not for that terminal" in otto.link.reason


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        ("", "the address lacks the terminal's name"),
        ("/", "the address lacks the terminal's name"),
        ("/nosuch", "no terminal of that name is served there"),
    ],
)
def test_a_terminal_that_is_not_there_is_told_from_one_that_was_not_named(
    service, ring, rest, words
):
    address = service.address.removesuffix("/main") + rest

    with pytest.raises(TerminalUnavailable, match=words) as refused:
        NatsLink(address, ring.key("otto")).open(1, print)

    assert "`xtnb serve` prints" in str(refused.value)


@pytest.mark.parametrize("address", ["tls://desk-pc:4311/main", "nats://127.0.0.1/main"])
def test_who_has_no_key_is_told_what_to_write(address, tmp_path, monkeypatch):
    monkeypatch.setenv("XTNB_CONFIG", str(tmp_path))

    with pytest.raises(TerminalUnavailable) as refused:
        NatsLink(address)

    assert f"write {parse(address)}".replace("://", "://NAME@") in str(refused.value)


def test_a_revoked_key_is_not_asked_for_alone(tmp_path):
    ring = KeyRing(tmp_path)
    ring.add("lin", TRADER)
    ring.revoke("lin")

    with pytest.raises(TerminalUnavailable, match="use another key if it was revoked"):
        ring.key("lin")


def test_a_revoked_key_is_out_within_a_moment(service, ring, client):
    ring.add("bob", TRADER)
    key = ring.key("bob")
    service._look()
    bob = client(key, 5).connect()

    ring.revoke("bob")
    service._look()

    assert bob.lost.wait(10)
    assert bob.trader.connect() == -1
    assert "revoked" in bob.link.reason
    with pytest.raises(TerminalUnavailable, match="no key 'bob'"):
        ring.key("bob")


def test_others_stay_connected_when_a_key_is_revoked(service, ring, client):
    anna = client("anna", 6).connect()
    ring.add("eve", READER)
    service._look()
    ring.revoke("eve")
    service._look()

    assert anna.trader.query_stock_asset(ACCOUNT) is not None
    assert not anna.lost.is_set()


def test_a_lease_cannot_be_ended_with_a_guessed_fence(service, ring, client):
    anna = client("anna", 7).connect()
    way = wire(service, ring.key("rita"))
    mine = anna.link._life.fence
    for fence in (0, 1, mine - 1, mine, mine + 1):
        control(way, do="leave", fence=fence, session=7)
    way.close()

    assert anna.trader.query_stock_asset(ACCOUNT) is not None


# -- plain text and TLS -------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["desk-pc", "10.0.0.5", "192.168.1.7", "example.com", "[::2]"])
def test_plain_text_does_not_leave_the_machine(host, tmp_path):
    with pytest.raises(TerminalUnavailable, match="write tls://"):
        open_link(f"nats://{host}:4222/main")
    if not host.startswith("["):
        with pytest.raises(TerminalUnavailable, match="does not leave this machine; give --tls"):
            NatsServer(tmp_path, ["main"], host=host)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.0.0.9", "[::1]"])
def test_plain_text_within_the_machine_is_fine(host):
    assert parse(f"nats://{host}/main").servers[0].secure is False


def pem(folder: Path, name: str, blobs: list[trustme.Blob]) -> Path:
    file = folder / name
    file.write_bytes(b"".join(blob.bytes() for blob in blobs))
    return file


@pytest.fixture(scope="module")
def secure(ring, tmp_path_factory, leaving):
    """A service with TLS and the authority that signed its certificate."""
    folder, authority = tmp_path_factory.mktemp("tls"), trustme.CA()
    signed = authority.issue_cert("127.0.0.1")
    tls = Tls(
        pem(folder, "cert.pem", signed.cert_chain_pems),
        pem(folder, "key.pem", [signed.private_key_pem]),
    )
    link = paper_host(seed=5, clock="hand").link("tls")
    service = Service(link, "main", folder / "nats", ring, tls=tls)
    service.start()
    leaving.callback(service.stop)
    return service.address, pem(folder, "ca.pem", [authority.cert_pem])


def test_tls_carries_everything(secure, ring):
    address, authority = secure
    assert address.startswith("tls://127.0.0.1:")
    client = Client(NatsLink(address, ring.key("anna"), authority), 1).connect()

    for _ in range(50):
        client.trader.order_stock(*ORDER)

    assert len(client.trader.query_stock_orders(ACCOUNT)) == 50
    assert len(client.settled()) == 100
    client.trader.stop()


def test_the_wrong_authority_is_refused(secure, ring, tmp_path):
    other = pem(tmp_path, "ca.pem", [trustme.CA().cert_pem])

    for authority in (other, None):
        with pytest.raises(TerminalUnavailable, match="its certificate is not trusted here"):
            NatsLink(secure[0], ring.key("anna"), authority).open(1, lambda item: None)


def test_a_certificate_of_another_name_is_refused(secure, ring):
    trust = ssl.create_default_context(cafile=str(secure[1]))
    port = int(secure[0].rpartition(":")[2].partition("/")[0])
    way = Wire([Server("localhost", port, True, trust)], ring.key("anna"))

    with pytest.raises(TerminalUnavailable, match="not for localhost but for 127"):
        way.connect()


def test_an_authority_that_is_missing_or_another_is_said_with_its_place(
    secure, ring, tmp_path, monkeypatch
):
    monkeypatch.setenv("XTNB_CONFIG", str(tmp_path))
    link = NatsLink(secure[0], ring.key("anna"))

    with pytest.raises(TerminalUnavailable) as missing:
        link.open(1, print)
    pem(tmp_path, "ca.pem", [trustme.CA().cert_pem])
    with pytest.raises(TerminalUnavailable) as another:
        NatsLink(secure[0], ring.key("anna")).open(1, print)

    assert f"put the ca.pem of whoever serves into {tmp_path}" in str(missing.value)
    assert f"{tmp_path / 'ca.pem'} is of another authority" in str(another.value)
    assert "_ssl.c" not in str(missing.value) + str(another.value)


def test_plain_text_to_a_server_with_tls_is_refused_in_words(secure, ring):
    with pytest.raises(TerminalUnavailable, match="wants TLS: write tls://"):
        NatsLink(secure[0].replace("tls://", "nats://"), ring.key("anna")).open(1, print)


def test_tls_to_a_server_without_it_is_refused_in_words(service, ring, secure):
    address = service.address.replace("nats://", "tls://")

    with pytest.raises(TerminalUnavailable, match="has no TLS"):
        NatsLink(address, ring.key("anna"), secure[1]).open(1, print)


# -- secrets -------------------------------------------------------------------------------------


def test_a_secret_stands_in_no_repr_and_in_no_error(ring):
    seed = json.loads(ring.secret_file("anna").read_text(encoding="utf-8"))["seed"]
    key = Key.from_seed(seed)
    link = NatsLink("nats://127.0.0.1:4222/main", key)

    for shown in (repr(key), repr(link), repr(vars(link)), repr(ring.users())):
        assert seed not in shown
        assert seed[5:] not in shown
    other = "E" if seed.endswith("A") else "A"
    for wrong in (seed[:-1] + other, seed.lower(), "S" + seed, seed[:20]):
        with pytest.raises(InputError) as refused:
            Key.from_seed(wrong)
        assert wrong not in str(refused.value)
    with pytest.raises(InputError) as refused:
        parse(f"nats://{seed}:x@host/main")
    assert seed not in str(refused.value)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps its own lists of who may read")
def test_secrets_are_for_their_owner_s_eyes(ring):
    files = [ring.listing, *(ring.place / "keys").iterdir()]

    assert len(files) > 2
    assert {os.stat(file).st_mode & 0o777 for file in files} == {0o600}
    assert os.stat(ring.place / "keys").st_mode & 0o777 == 0o700


def test_nothing_that_the_server_keeps_has_a_secret(service, ring):
    seeds = [
        json.loads(file.read_text(encoding="utf-8"))["seed"]
        for file in (ring.place / "keys").iterdir()
    ]

    for file in (*service._child.folder.rglob("*"), ring.listing):
        if file.is_file():
            text = file.read_bytes()
            assert not any(seed.encode() in text for seed in seeds)


def test_keys_have_a_form(ring):
    for name in ("", "a b", "../x", "x" * 65, "a.b"):
        with pytest.raises(InputError, match="name"):
            ring.add(name, READER)
    with pytest.raises(InputError, match="role"):
        ring.add("fine", "admin")
    for taken in ("anna", "Anna"):  # one file for both, where a file system has no cases
        with pytest.raises(InputError, match="a name that no key has"):
            ring.add(taken, READER)
    with pytest.raises(InputError, match="the name of a key: "):
        ring.revoke("nobody")


def test_a_key_that_an_editor_of_windows_has_saved_is_one_still(tmp_path):
    ring = KeyRing(tmp_path)
    user = ring.add("lin", TRADER)
    file = ring.secret_file("lin")
    file.write_text(file.read_text(encoding="utf-8"), encoding="utf-8-sig")

    assert ring.key("lin").public == user.public


def test_a_key_of_the_role_terminal_serves_its_terminal_and_no_other(service, ring):
    ring.add("server2", TERMINAL, ["main"])
    service._look()
    link = paper_host(seed=5, clock="hand").link("joined")
    joined = service.address.replace("nats://", "nats://server2@").removesuffix("/main")

    for name, words in (("main", "is served there already"), ("other", "may not ask")):
        second = Service(link, name, Path("unused"), ring, join=joined)
        with pytest.raises(TerminalUnavailable, match=words):
            second.start()


def test_the_server_is_the_one_that_was_installed():
    assert program().is_file()


def test_keys_that_several_make_and_take_back_at_once_are_all_changed(tmp_path):
    ring = KeyRing(tmp_path)
    for number in range(8):
        ring.add(f"old{number}", READER)

    def change(number: int) -> None:
        KeyRing(tmp_path).revoke(f"old{number}")
        KeyRing(tmp_path).add(f"new{number}", TRADER)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(change, range(8)))

    assert sorted(user.name for user in ring.users()) == [f"new{number}" for number in range(8)]


def test_keys_are_not_changed_while_another_program_changes_them(tmp_path, monkeypatch):
    ring = KeyRing(tmp_path)
    ring.add("anna", TRADER)
    monkeypatch.setattr(keys, "_PATIENCE_SECONDS", 0.01)

    with alone(tmp_path, 1), pytest.raises(TerminalUnavailable, match="another program changes"):
        ring.revoke("anna")

    assert [user.name for user in ring.users()] == ["anna"]
