"""What may arrive in any form, each as a function of bytes that refuses or takes them.

A target raises nothing but its own refusal, which it swallows; anything else that leaves
it is a finding. `python -m tests.fuzz NAME` looks for such bytes, led by coverage.
"""

from __future__ import annotations

import atexit
import json
import math
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

import msgspec

import xtnb
from xtnb import xtconstant as c
from xtnb.errors import InputError, JournalFailed, Refused, TerminalUnavailable
from xtnb.journal.checkup import examine
from xtnb.journal.lock import OWNER_FILE, owner_of
from xtnb.journal.schema import FILE as JOURNAL_FILE
from xtnb.link.address import parse
from xtnb.link.codec import CodecError, decode, encode, pack, unpack
from xtnb.link.keys import LOCAL, KeyRing
from xtnb.link.limits import FILE as LIMITS_FILE
from xtnb.link.limits import LimitsFile
from xtnb.link.outbox import read_clump
from xtnb.link.vendor_remarks import FILE as REMARKS_FILE
from xtnb.link.vendor_remarks import KeptRemarks
from xtnb.live.screen import Screen
from xtnb.vocabulary.messages import Push, PushKind, Reply, Request
from xtnb.vocabulary.records import XtAsset

Target = Callable[[bytes], None]


@cache
def place() -> Path:
    """A folder for what a target reads; gone with the process."""
    made = Path(tempfile.mkdtemp(prefix="xtnb-fuzz-"))
    atexit.register(shutil.rmtree, made, True)
    return made


# -- what comes over the wire ----------------------------------------------------------------------

ASSET = XtAsset("1000000365", 1.0, 0.0, 2.0, 3.0)
ORDER = {"stock_code": "600000.SH", "order_type": c.STOCK_BUY, "order_volume": 100, "price": 10.5}
MESSAGES = [
    encode(Request(7, "order_stock", c.SECURITY_ACCOUNT, "1000000365", ORDER, 1, "key", 9, "cell")),
    encode(Reply(7, [ASSET], "", 0, 3)),
    encode(Push("main", 1, 3, PushKind.ASSET, c.SECURITY_ACCOUNT, "1000000365", ASSET, 1, 7)),
]


def message(data: bytes) -> None:
    """Request, reply or push."""
    with suppress(CodecError):
        encode(decode(data))


def control(data: bytes) -> None:
    """What opens, keeps and ends a session."""
    with suppress(CodecError):
        pack(unpack(data))


def clump(data: bytes) -> None:
    """Pushes on their way to all."""
    with suppress(ValueError):
        read_clump(data)


def address(data: bytes) -> None:
    """What a person writes into `xtnb.connect`."""
    with suppress(InputError, TerminalUnavailable):
        parse(data.decode("utf-8", "replace"), None)


# -- configuration ---------------------------------------------------------------------------------


def limits(data: bytes) -> None:
    """limits.toml: what cannot be read lets nothing through."""
    (place() / LIMITS_FILE).write_bytes(data)
    with suppress(Refused):
        found = LimitsFile(place()).of("1000000365")
        amounts = (found.order_value, found.value_a_day, found.price_distance)
        assert not any(amount is not None and math.isnan(amount) for amount in amounts), (
            "a limit that compares with nothing forbids nothing"
        )


def users(data: bytes) -> None:
    """users.json: the keys that a server lets in."""
    ring = KeyRing(place())
    ring.listing.write_bytes(data)
    with suppress(InputError):
        for user in ring.users():
            assert isinstance(user.public, str)
            assert isinstance(user.name, str)


def secret(data: bytes) -> None:
    """NAME.key: a secret."""
    ring = KeyRing(place())
    ring.secret_file(LOCAL).parent.mkdir(exist_ok=True)
    ring.secret_file(LOCAL).write_bytes(data)
    with suppress(TerminalUnavailable):
        ring.key()


# -- what is kept for convenience: a broken file is as good as none -------------------------------


def screen(data: bytes) -> None:
    """Drafts and layout."""
    path = place() / "screen.json"
    path.write_bytes(data)
    found = Screen(path)
    assert all(isinstance(one, dict) for one in (found.panel, found.seen))
    found.draft("form")


def remarks(data: bytes) -> None:
    """Remarks that a broker has no room for."""
    (place() / REMARKS_FILE).write_bytes(data)
    assert all(isinstance(one, str) for pair in KeptRemarks(place()).items() for one in pair)


def owner(data: bytes) -> None:
    """Who says that a folder is theirs."""
    (place() / OWNER_FILE).write_bytes(data)
    assert all(isinstance(one, str) for one in owner_of(place()))


# -- recordings ------------------------------------------------------------------------------------


@cache
def recording() -> bytes:
    """The journal of a terminal on which somebody has bought something."""
    folder = place() / "sound"
    desk = xtnb.paper(folder, seed=5, clock="hand")
    desk.buy("600000.SH", 100, price=10.9)
    desk.close()
    return (folder / JOURNAL_FILE).read_bytes()


def journal(data: bytes) -> None:
    """A journal with bytes changed: three of where to, then one that is put there."""
    sound = bytearray(recording())
    for at in range(0, len(data) - 3, 4):
        sound[int.from_bytes(data[at : at + 3], "big") % len(sound)] = data[at + 3]
    _open(bytes(sound), b"")


def log(data: bytes) -> None:
    """A journal with something beside it that says it is its log."""
    _open(recording(), data)


def _open(database: bytes, beside: bytes) -> None:
    folder = place() / "damaged"
    shutil.rmtree(folder, True)
    folder.mkdir()
    (folder / JOURNAL_FILE).write_bytes(database)
    if beside:
        (folder / f"{JOURNAL_FILE}-wal").write_bytes(beside)
    assert all(finding.text("en") for finding in examine(folder))
    with suppress(TerminalUnavailable, JournalFailed):
        xtnb.paper(folder, seed=5, clock="hand").close()


def _text(value: object) -> bytes:
    return json.dumps(value).encode()


# The target, and bytes to begin from.
TARGETS: dict[str, tuple[Target, list[bytes]]] = {
    "message": (message, MESSAGES),
    "control": (control, [pack({"do": "open", "session": 1, "fence": 0, "accounts": [[2, "1"]]})]),
    "clump": (clump, [msgspec.msgpack.encode((1, [(1, "2.1", MESSAGES[2], "1:2", 0)]))]),
    "address": (
        address,
        [b"nats://anna@127.0.0.1:4222/main", b"tls://a,b/main", b"nats://[::1]/x"],
    ),
    "limits": (
        limits,
        [
            b'[every]\norder_value = 5_000.5\n[account.1]\ncodes = ["600*.SH"]\nread_only = true',
            b"every.order_value = nan",
        ],
    ),
    "users": (users, [_text([{"name": "a", "public": "U", "role": "x", "terminals": ["*"]}])]),
    "secret": (secret, [_text({"name": "a", "seed": "SUAA"})]),
    "screen": (screen, [_text({"version": 1, "drafts": {"form": {"at": 1}}, "panel": {}})]),
    "remarks": (remarks, [_text(["tag", "remark"]) + b"\n"]),
    "owner": (
        owner,
        [_text({"owner": "a / b", "pid": 1, "host": "h", "since": "2026-11-20T10:00:00+08:00"})],
    ),
    "journal": (journal, [bytes([0, 0, 18, 1]), bytes([0, 16, 7, 9, 0, 32, 1, 0])]),
    "log": (log, [b"7\x7f\x06\x82" + bytes(60)]),
}
